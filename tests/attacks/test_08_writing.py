"""Row 8: whatever would write, or read from elsewhere, by way of a query."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from bystander import refused, unharmed
from serving import Canary, Served

UPDATES = [
    "INSERT DATA { <a:b> <a:b> <a:b> }",
    "insert { ?s ?p 1 } where { ?s ?p ?o }",
    "DELETE WHERE { ?s ?p ?o }",
    "WITH <a:g> DELETE { ?s ?p ?o } WHERE { ?s ?p ?o }",
    "LOAD <file:///etc/hostname>",
    "LOAD SILENT <{canary}>",
    "CLEAR ALL",
    "DROP DEFAULT",
    "CREATE GRAPH <a:g>",
    "COPY DEFAULT TO <a:g>",
    "PREFIX a: <a:> # select\nMOVE DEFAULT TO a:g",
    "SELECT * { ?s ?p ?o } ; DROP ALL",
]


@pytest.fixture(autouse=True)
def nothing_changes(service: Served, bird: Canary) -> Iterator[None]:
    """As many quads afterwards, and nobody called."""
    before = _count(service)
    yield
    assert _count(service) == before > 10_000
    time.sleep(0.1)
    assert bird.hits == 0


def _count(service: Served) -> int:
    found = service.sparql("SELECT (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } }").json()
    return int(found["results"]["bindings"][0]["n"]["value"])


@pytest.mark.parametrize("text", UPDATES)
def test_an_update_is_refused(service: Served, bird: Canary, text: str) -> None:
    """As a query, as an update, and by the Content-Type of one."""
    text = text.replace("{canary}", bird.url)
    update = {"Content-Type": "application/sparql-update"}
    with unharmed(service):
        refused(service.sparql(text), 400)
        refused(service.client.get("/sparql", params={"query": text}), 400)
        refused(service.client.get("/sparql", params={"update": text}), 400, 403)
        refused(service.client.post("/sparql", data={"update": text}), 400, 403)
        refused(service.client.post("/sparql", data={"query": "ASK {}", "update": text}), 400, 403)
        refused(service.client.post("/sparql", content=text, headers=update), 403, 415)


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "POST"])
@pytest.mark.parametrize("path", ["/sparql?default", "/sparql?graph=a:g", "/data", "/doc/action/x", "/store"])
def test_there_is_no_graph_store(service: Served, method: str, path: str) -> None:
    """Nor any other way to write over HTTP."""
    turtle = {"Content-Type": "text/turtle"}
    refused(service.client.request(method, path, content="<a:b> <a:b> 1 .", headers=turtle), 404, 405, 415)


@pytest.mark.parametrize("query", [
    "SELECT * FROM <{canary}> { ?s ?p ?o }",
    "SELECT * FROM NAMED <{canary}> { GRAPH ?g { ?s ?p ?o } }",
    "SELECT * FROM <file:///etc/hostname> { ?s ?p ?o }",
    "SELECT * { GRAPH <{canary}> { ?s ?p ?o } }",
    "CONSTRUCT FROM <{canary}> WHERE { ?s ?p ?o }",
    "DESCRIBE <{canary}>",
])  # fmt: skip
def test_a_graph_elsewhere_is_empty(service: Served, bird: Canary, query: str) -> None:
    """FROM names a graph of the release; what is not there is not fetched."""
    query = query.replace("{canary}", bird.url)
    with unharmed(service):
        answer = service.sparql(query)
        assert answer.status_code == 200
        if query.startswith("SELECT"):
            assert answer.json()["results"]["bindings"] == []


@pytest.mark.parametrize("name", ["default-graph-uri", "named-graph-uri"])
def test_a_dataset_elsewhere_is_empty(service: Served, bird: Canary, name: str) -> None:
    """The same by the parameters of the protocol."""
    asked = {"query": "SELECT * { { ?s ?p ?o } UNION { GRAPH ?g { ?s ?p ?o } } }"}
    with unharmed(service):
        for iri in (bird.url, "file:///etc/hostname"):
            answer = service.client.get("/sparql", params=asked | {name: iri})
            assert answer.status_code == 200
            assert answer.json()["results"]["bindings"] == []
