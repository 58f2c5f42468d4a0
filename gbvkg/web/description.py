"""The service description of the endpoint (SPARQL 1.1 Service Description), with the graphs of the release.

It is made of the format table and the manifest, so that it says what the endpoint does and nothing more. This
module refuses to claim a feature by name: what is not written here is not there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from pyoxigraph import Literal, NamedNode, Triple, serialize

from gbvkg.formats import Format
from gbvkg.vocabulary import expand, prefixes

if TYPE_CHECKING:
    from gbvkg.web.site import Site

SD = "http://www.w3.org/ns/sparql-service-description#"
"""Not in the one prefix table, which is for the data: the vocabulary describes an endpoint only."""

_TITLE = {"nl": "SPARQL-dienst, alleen om te lezen", "en": "Read-only SPARQL service"}
_COMMENT = {
    "nl": "Zonder FROM, default-graph-uri of named-graph-uri is de standaardgraaf de vereniging van alle "
    "graven met een naam. SERVICE en SPARQL Update bestaan hier niet. Een vraag mag {seconds:g} seconden "
    "duren en een antwoord {megabytes:g} MB groot zijn; wat meer is, geeft een fout, nooit een deel.",
    "en": "Without FROM, default-graph-uri or named-graph-uri the default graph is the union of all named "
    "graphs. There is no SERVICE and no SPARQL Update here. A query may take {seconds:g} seconds and an "
    "answer may have {megabytes:g} MB; what is more gives an error, never a part.",
}


class ServiceDescription:
    """The description of the endpoint of one release; ``offered`` is every format that it answers in."""

    def __init__(self, site: Site, offered: Sequence[Format]) -> None:
        self.site = site
        self.offered = offered
        self._written: dict[str, bytes] = {}

    def write(self, format: Format) -> bytes:
        """The description in an RDF format."""
        if format.name not in self._written:
            assert format.rdf is not None
            known = {**prefixes(), "sd": SD}
            used = {name: space for name, space in known.items() if space in self._spelt}
            written = serialize(self.triples, format=format.rdf, prefixes=used)
            assert written is not None
            self._written[format.name] = written
        return self._written[format.name]

    @cached_property
    def triples(self) -> list[Triple]:
        return list(self._service())

    @cached_property
    def _spelt(self) -> str:
        return "\n".join(str(triple) for triple in self.triples)

    def _service(self) -> Iterator[Triple]:
        endpoint = self.site.public(self.site.path("/sparql"))
        service, dataset = NamedNode(f"{endpoint}#service"), NamedNode(f"{endpoint}#dataset")
        yield _typed(service, f"{SD}Service")
        yield Triple(service, NamedNode(f"{SD}endpoint"), NamedNode(endpoint))
        yield Triple(service, NamedNode(f"{SD}supportedLanguage"), NamedNode(f"{SD}SPARQL11Query"))
        yield Triple(service, NamedNode(f"{SD}feature"), NamedNode(f"{SD}UnionDefaultGraph"))
        for iri in dict.fromkeys(format.iri for format in self.offered):
            yield Triple(service, NamedNode(f"{SD}resultFormat"), NamedNode(iri))
        settings = self.site.settings
        figures = {"seconds": settings.query_seconds, "megabytes": settings.result_bytes / 1_000_000}
        for lang in _TITLE:
            title = Literal(_TITLE[lang], language=lang)
            comment = Literal(_COMMENT[lang].format(**figures), language=lang)
            yield Triple(service, NamedNode(expand("rdfs:label")), title)
            yield Triple(service, NamedNode(expand("rdfs:comment")), comment)
        yield Triple(service, NamedNode(f"{SD}defaultDataset"), dataset)
        yield from self._dataset(endpoint, dataset)

    def _dataset(self, endpoint: str, dataset: NamedNode) -> Iterator[Triple]:
        """The dataset of a query that names none: every graph with how many triples are in it."""
        union = NamedNode(f"{endpoint}#default-graph")
        yield _typed(dataset, f"{SD}Dataset")
        yield Triple(dataset, NamedNode(expand("dct:isVersionOf")), NamedNode(self.site.manifest.dataset))
        yield Triple(dataset, NamedNode(expand("owl:versionInfo")), Literal(self.site.version))
        if self.site.licence:
            yield Triple(dataset, NamedNode(expand("dct:license")), NamedNode(self.site.licence))
        yield Triple(dataset, NamedNode(f"{SD}defaultGraph"), union)
        yield _typed(union, f"{SD}Graph")
        for number, (name, size) in enumerate(sorted(self.site.manifest.graphs.items()), 1):
            named, graph = NamedNode(f"{endpoint}#named-{number}"), NamedNode(f"{endpoint}#graph-{number}")
            yield Triple(dataset, NamedNode(f"{SD}namedGraph"), named)
            yield _typed(named, f"{SD}NamedGraph")
            yield Triple(named, NamedNode(f"{SD}name"), NamedNode(name))
            yield Triple(named, NamedNode(f"{SD}graph"), graph)
            yield _typed(graph, f"{SD}Graph")
            yield Triple(graph, NamedNode(expand("void:triples")), Literal(size))


def _typed(subject: NamedNode, kind: str) -> Triple:
    return Triple(subject, NamedNode(expand("rdf:type")), NamedNode(kind))
