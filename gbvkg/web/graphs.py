"""What a named graph of a release is: which data set it is part of, what it holds, of which sources.

A graph has an IRI of ours, so it has a document as any thing has. What the manifest counts, what the release
says of itself and what its statements name is all that is told; this module refuses to guess what a graph is
about from its name: what it is called is in ``views.toml``, or is the name of the plan or code list in it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyoxigraph import Literal, NamedNode, RdfFormat, Triple, serialize

from gbvkg.formats import RDF, Format
from gbvkg.queries.parameters import fill
from gbvkg.vocabulary import LANGUAGES, expand, prefixes
from gbvkg.web.json_ld import compacted
from gbvkg.web.pages.frame import texts
from gbvkg.web.pages.values import best
from gbvkg.web.pages.views import views

if TYPE_CHECKING:
    from gbvkg.web.site import Site, Term

_SAID = "SELECT ?property ?value WHERE { $graph ?property ?value }"
_ABOUT = """PREFIX dcat: <http://www.w3.org/ns/dcat#>
PREFIX dct: <http://purl.org/dc/terms/>
PREFIX prov: <http://www.w3.org/ns/prov#>
SELECT DISTINCT ?property ?value
WHERE {
  { GRAPH $graph { ?thing dct:source ?value } BIND(dct:source AS ?property) }
  UNION
  {
    VALUES ?property { dct:license dct:publisher }
    $dataset ?property ?value
  }
  UNION
  {
    VALUES ?property { prov:wasGeneratedBy dct:issued }
    ?release prov:specializationOf $dataset ; dcat:version $version ; ?property ?value
  }
  FILTER(ISIRI(?value) || ISLITERAL(?value))
}
ORDER BY ?property ?value
"""
_CLASSES = """SELECT ?class (COUNT(DISTINCT ?thing) AS ?count)
WHERE { GRAPH $graph { ?thing a ?class } }
GROUP BY ?class
ORDER BY DESC(?count) ?class
"""
_EVERYTHING = "CONSTRUCT { ?s ?p ?o }\nWHERE { GRAPH <%s> { ?s ?p ?o } }"


@dataclass(frozen=True)
class NamedGraph:
    """``names`` are by language; ``triples`` is their number; ``said`` is property and value, in an order
    that does not change; ``classes`` is class and how many things of it the graph describes, most first.
    """

    iri: str
    names: dict[str, str]
    triples: int
    said: list[tuple[str, Term]]
    classes: list[tuple[str, int]]


def is_graph(site: Site, iri: str) -> bool:
    """Whether the release has a graph of this name."""
    return iri in site.manifest.graphs


async def graph(site: Site, iri: str) -> NamedGraph:
    """What is known of a graph of the release. Asks three questions; raises as ``Site.rows``."""
    node = NamedNode(iri)
    values: dict[str, NamedNode | Literal] = {
        "graph": node,
        "dataset": NamedNode(site.manifest.dataset),
        "version": Literal(site.version),
    }
    rows = [*await site.rows(fill(_SAID, {"graph": node})), *await site.rows(fill(_ABOUT, values))]
    told = {(row["property"].value, row["value"]): None for row in rows}
    counted = await site.rows(fill(_CLASSES, {"graph": node}))
    return NamedGraph(
        iri,
        await _names(site, iri),
        site.manifest.graphs[iri],
        list(told),
        [(row["class"].value, int(row["count"].value)) for row in counted],
    )


async def _names(site: Site, iri: str) -> dict[str, str]:
    """By language; what nobody named is called by the end of its address."""
    base, _, end = iri.rpartition("/id/graph/")
    if end in views().graphs:
        return views().graphs[end]
    for begin, other in views().graph_of.items():
        if end.startswith(begin):
            thing = f"{base}/id/{other}{end.removeprefix(begin)}"
            labels = (await site.pages.names.of([thing], await site.pages.terms()))[thing].labels
            found = {lang: best(labels, lang) for lang in LANGUAGES}
            return {lang: label.value if label else end for lang, label in found.items()}
    return dict.fromkeys(LANGUAGES, end)


def content(site: Site, iri: str, format: str | None) -> str:
    """The address here of all statements of a graph; without a format, of the page with that query."""
    return site.path("/sparql", query=_EVERYTHING % iri, format=format)


def statements(site: Site, found: NamedGraph) -> Iterator[tuple[str, Term]]:
    """What is said of the graph itself, as property and value."""
    own = NamedNode(found.iri)
    for subject, predicate, value in _triples(site, found):
        if subject == own:
            yield predicate.value, value


def written(site: Site, found: NamedGraph, format: Format) -> bytes:
    """The description in an RDF format."""
    own = NamedNode(found.iri)
    triples = sorted(_triples(site, found), key=lambda triple: triple.subject != own)
    if format is RDF["jsonld"]:
        lines = serialize(triples, format=RdfFormat.N_TRIPLES)
        if lines and (terse := compacted(lines, found.iri, site.json_ld_context)):
            return terse
    spelt = "\n".join(map(str, triples))
    used = {name: space for name, space in prefixes().items() if space in spelt}
    body = serialize(triples, format=format.rdf, prefixes=used)
    assert body is not None
    return body


def _triples(site: Site, found: NamedGraph) -> Iterator[Triple]:
    """The graph as a part of the data set (VoID §4.4), with a partition for each class (§4.3)."""
    node = NamedNode(found.iri)

    def say(name: str, value: NamedNode | Literal, of: NamedNode = node) -> Triple:
        return Triple(of, NamedNode(expand(name)), value)

    yield say("rdf:type", NamedNode(expand("void:Dataset")))
    for lang, name in found.names.items():
        title = texts("graph", lang)["label"].format(name=name, version=site.version)
        yield say("rdfs:label", Literal(title, language=lang))
    yield say("void:triples", Literal(found.triples))
    yield say("void:sparqlEndpoint", NamedNode(site.public(site.path("/sparql"))))
    yield say("void:dataDump", NamedNode(site.public(content(site, found.iri, "ttl"))))
    yield say("dct:isPartOf", NamedNode(site.manifest.dataset))
    yield say("void:subset", node, NamedNode(site.manifest.dataset))
    yield say("dcat:version", Literal(site.version))
    for property_, value in found.said:
        assert isinstance(value, NamedNode | Literal)
        yield Triple(node, NamedNode(property_), value)
    for number, (class_, count) in enumerate(found.classes, 1):
        part = NamedNode(f"{found.iri}#class-{number}")
        yield say("void:classPartition", part)
        yield say("void:class", NamedNode(class_), part)
        yield say("void:entities", Literal(count), part)
