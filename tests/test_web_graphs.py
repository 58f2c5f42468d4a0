"""The named graphs of a release: each has a document that says what it is."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from pyoxigraph import RdfFormat, Store, parse
from rdflib import DCTERMS, PROV, RDF, RDFS, VOID, Graph, URIRef

from gbvkg.release.manifest import read_manifest
from gbvkg.web.statements import COLUMNS
from tests.serving import Served, released, serving

BASE = "https://w3id.org/gbvkg/"
PLAN = f"{BASE}id/graph/plan/vap-sg-2020"


@pytest.fixture(scope="module")
def release() -> Path:
    return released() / "current"


@pytest.fixture(scope="module")
def held(release: Path) -> Store:
    """The release itself."""
    store = Store()
    store.bulk_load(path=str(release / "dataset.nq"), format=RdfFormat.N_QUADS)
    return store


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The real data, below a prefix."""
    with serving(released(), tmp_path_factory.mktemp("graphs") / "log", prefix="/kg") as found:
        yield found


def _here(address: str) -> str:
    """An address of the service as its client asks it."""
    parts = urlsplit(address)
    return parts.path.removeprefix("/kg") + (f"?{parts.query}" if parts.query else "")


def test_every_graph_leads_to_what_it_is(served: Served, release: Path) -> None:
    """303 and a description with the number of statements that the manifest counts, as any thing has."""
    graphs = read_manifest(release.resolve()).graphs
    assert len(graphs) > 20
    for iri, size in graphs.items():
        answer = served.get(iri.removeprefix(BASE.rstrip("/")))
        assert answer.status_code == 303
        found = served.get(_here(answer.headers["location"]), accept="text/turtle")
        said = Graph().parse(data=found.text, format="turtle")
        node = URIRef(iri)
        assert [int(value) for value in said.objects(node, VOID.triples)] == [size]
        assert (node, RDF.type, VOID.Dataset) in said
        assert len(set(said.objects(node, RDFS.label))) == 2
        assert f'<{iri}>; rel="describes"' in found.headers["link"]
        assert f'<{iri.replace("/id/", "/doc/")}>; rel="canonical"' in found.headers["link"]


def test_every_graph_has_a_name(served: Served, release: Path) -> None:
    """Its address is no name: it is called as what it holds, in both languages."""
    for iri in read_manifest(release.resolve()).graphs:
        end = iri.rpartition("/id/graph/")[2]
        said = Graph().parse(data=served.get(f"/doc/graph/{end}.ttl").text, format="turtle")
        names = {str(label) for label in said.objects(URIRef(iri), RDFS.label)}
        assert len(names) == 2 or end == "ontology", iri
        assert not any(f"“{end}”" in name for name in names), iri


def test_void_names_every_graph_as_a_part(served: Served, release: Path) -> None:
    """So that who begins there finds them, with their sizes."""
    said = Graph().parse(data=served.get("/.well-known/void").text, format="turtle")
    dataset = URIRef(f"{BASE}id/dataset/gbvkg")
    sizes = {
        str(part): int(str(said.value(part, VOID.triples)))
        for part in said.objects(dataset, VOID.subset)
        if (part, RDF.type, VOID.Dataset) in said
    }
    assert sizes == read_manifest(release.resolve()).graphs


def test_what_is_said_is_what_the_release_says(served: Served, held: Store) -> None:
    """Sources and classes are those of the statements; licence, publisher and activity those of the release;
    the dump has all statements and the endpoint is this one.
    """
    said = Graph().parse(data=served.get("/doc/graph/plan/vap-sg-2020.ttl").text, format="turtle")
    node = URIRef(PLAN)
    sources = held.query(
        f"SELECT DISTINCT ?o {{ GRAPH <{PLAN}> {{ ?s <http://purl.org/dc/terms/source> ?o }} }}"
    )
    assert {str(value) for value in said.objects(node, DCTERMS.source)} == {row[0].value for row in sources}
    classes = {
        (str(said.value(part, VOID["class"])), int(str(said.value(part, VOID.entities))))
        for part in said.objects(node, VOID.classPartition)
    }
    counted = held.query(
        f"SELECT ?class (COUNT(DISTINCT ?s) AS ?n) {{ GRAPH <{PLAN}> {{ ?s a ?class }} }} GROUP BY ?class"
    )
    assert classes == {(row[0].value, int(row[1].value)) for row in counted}
    assert said.value(node, DCTERMS.license)
    assert str(said.value(node, PROV.wasGeneratedBy)) == f"{BASE}id/publication/2026.1"
    assert str(said.value(node, DCTERMS.isPartOf)) == f"{BASE}id/dataset/gbvkg"
    assert str(said.value(node, VOID.sparqlEndpoint)) == f"{served.url}/sparql"
    dump = str(said.value(node, VOID.dataDump))
    assert dump.startswith(f"{served.url}/sparql?")
    statements = parse(served.get(_here(dump)).text, format=RdfFormat.TURTLE)
    assert len(set(statements)) == int(str(said.value(node, VOID.triples)))


def test_a_graph_has_the_formats_of_any_document(served: Served, release: Path) -> None:
    """Also CSV, a page in both languages, 304, 404 with what is near, and ?release=."""
    here = "/doc/graph/plan/vap-sg-2020"
    tags = set()
    for kind in ("text/html", "text/turtle", "application/ld+json", "application/rdf+xml",
                 "application/n-triples", "text/csv"):  # fmt: skip
        found = served.get(here, accept=kind)
        assert found.status_code == 200
        assert found.headers["content-type"].partition(";")[0] == kind
        tags.add(found.headers["etag"])
        assert served.get(here, accept=kind, if_none_match=found.headers["etag"]).status_code == 304
    assert len(tags) == 6
    size = read_manifest(release.resolve()).graphs[PLAN]
    rows = list(csv.reader(io.StringIO(served.get(f"{here}.csv").text)))
    assert tuple(rows[0]) == COLUMNS
    assert ["http://rdfs.org/ns/void#triples", str(size)] in [row[:2] for row in rows]
    for lang, title in (
        ("nl", "Deel “Vlaams actieplan ter bestrijding van seksueel geweld 2020"),
        ("en", "Part “Flemish action plan to combat sexual violence 2020"),
    ):
        page = served.get(f"{here}?lang={lang}", accept="text/html").text
        assert f"<h1>{title}" in page
        assert 'href="/kg/sparql?query=' in page
        assert ">CC0 1.0</a></dd>" in page
        cited = served.get(f"{here}?lang={lang}&cite=text", accept="text/html").text
        assert title in cited
        assert f"{BASE}doc/graph/plan/vap-sg-2020?release=2026.1" in cited
    old = served.get(f"{here}.ttl?release=2026.1")
    assert "memento-datetime" in old.headers
    missing = served.get("/doc/graph/plan/vap-sg-2021", accept="application/json")
    assert missing.status_code == 404
    assert f"/kg{here}" in missing.json()["suggestions"]
