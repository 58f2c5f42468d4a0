"""The W3C tests of the SPARQL 1.1 Protocol: every read test passes, every update is refused.

The manifest is read from the folder in GBVKG_CONFORMANCE, or from ``../shared/conformance``.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from endpoint import Client, Got, serving_quads
from pyoxigraph import BlankNode, Literal, NamedNode, RdfFormat, Store, parse

FOLDER = os.environ.get("GBVKG_CONFORMANCE", str(Path(__file__).parents[2] / "shared" / "conformance"))
SUITE = Path(FOLDER) / "sparql-protocol"
MF = "http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#"
HT = "http://www.w3.org/2011/http#"
CNT = "http://www.w3.org/2011/content#"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
GRAPH = "http://kasei.us/2009/09/sparql/data/"

UPDATES = {
    "update_dataset_default_graph", "update_dataset_default_graphs", "update_dataset_named_graphs",
    "update_dataset_full", "update_post_form", "update_post_direct", "update_base_uri",
}  # fmt: skip
"""The tests that expect an update to be done; here it is refused, and what it would write is not there."""

pytestmark = [
    pytest.mark.conformance,
    pytest.mark.skipif(
        not SUITE.is_dir(),
        reason=f"no W3C suite in {SUITE}: set GBVKG_CONFORMANCE to the folder that has sparql-protocol/",
    ),
]

Term = NamedNode | BlankNode | Literal


@dataclass(frozen=True)
class Exchange:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    statuses: frozenset[str]
    format: str
    boolean: str


class Manifest:
    """The manifest as a graph, walked by property."""

    def __init__(self) -> None:
        self.store = Store()
        self.store.load(path=str(SUITE / "manifest.ttl"), format=RdfFormat.TURTLE, base_iri="urn:manifest")

    def all(self, subject: Term, iri: str) -> list[Term]:
        assert isinstance(subject, NamedNode | BlankNode)
        found = [quad.object for quad in self.store.quads_for_pattern(subject, NamedNode(iri), None)]
        return [term for term in found if isinstance(term, NamedNode | BlankNode | Literal)]

    def one(self, subject: Term, iri: str) -> Term:
        (found,) = self.all(subject, iri)
        return found

    def value(self, subject: Term, iri: str) -> str:
        found = self.all(subject, iri)
        return getattr(found[0], "value", "") if found else ""

    def members(self, head: Term) -> Iterator[Term]:
        while head != NamedNode(f"{RDF}nil"):
            yield self.one(head, f"{RDF}first")
            head = self.one(head, f"{RDF}rest")

    def tests(self) -> dict[str, list[Exchange]]:
        entries = next(self.store.quads_for_pattern(None, NamedNode(f"{MF}entries"), None)).object
        assert isinstance(entries, BlankNode)
        return {self._name(test): self._exchanges(test) for test in self.members(entries)}

    def _name(self, test: Term) -> str:
        assert isinstance(test, NamedNode)
        return test.value.rpartition("#")[2]

    def _exchanges(self, test: Term) -> list[Exchange]:
        requests = self.one(self.one(test, f"{MF}action"), f"{HT}requests")
        return [self._exchange(request) for request in self.members(requests)]

    def _exchange(self, request: Term) -> Exchange:
        headers = {
            self.value(row, f"{HT}fieldName"): self.value(row, f"{HT}fieldValue")
            for head in self.all(request, f"{HT}headers")
            for row in self.members(head)
        }
        body = b""
        for content in self.all(request, f"{HT}body"):
            encoding = self.value(content, f"{CNT}characterEncoding")
            body = self.value(content, f"{CNT}chars").encode(encoding)
        answer = self.one(request, f"{HT}resp")
        statuses = {getattr(s, "value", "")[-3:] for s in self.all(answer, f"{MF}expectedStatus")}
        return Exchange(
            self.value(request, f"{HT}methodName"),
            self.value(request, f"{HT}absolutePath"),
            headers,
            body,
            frozenset(statuses),
            self.value(answer, f"{MF}expectedFormat"),
            self.value(answer, f"{MF}expectedBoolean"),
        )


@cache
def suite() -> dict[str, list[Exchange]]:
    return Manifest().tests() if SUITE.is_dir() else {}


READ = sorted(name for name in suite() if "update" not in name)
WRITE = sorted(name for name in suite() if "update" in name)


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    lines = [
        line.rstrip().removesuffix(".") + f"<{GRAPH}data{number}.rdf> ."
        for number in (1, 2, 3)
        for line in (SUITE / f"data{number}.nt").read_text().splitlines()
    ]
    with serving_quads(tmp_path_factory.mktemp("protocol"), "\n".join(lines) + "\n") as found:
        yield found


def send(client: Client, exchange: Exchange) -> Got:
    headers = {name.replace("-", "_"): value for name, value in exchange.headers.items()}
    address = urlsplit(exchange.path)
    return client(exchange.method, address.query, exchange.body, address.path, **headers)


def judge(exchange: Exchange, got: Got) -> None:
    """Whether the answer is what the manifest expects."""
    assert f"{got.status // 100}xx" in exchange.statuses, (got.status, got.text)
    kind = got.headers.get("content-type", "").partition(";")[0]
    if exchange.format == "boolean":
        assert kind in ("application/sparql-results+json", "application/sparql-results+xml")
    elif exchange.format == "tabular":
        assert kind in ("application/sparql-results+json", "text/csv", "text/tab-separated-values")
    elif exchange.format == "RDF":
        assert kind == "text/turtle"
        list(parse(got.body, format=RdfFormat.TURTLE))
    if exchange.boolean:
        assert json.loads(got.body)["boolean"] is (exchange.boolean == "true")


def test_the_manifest_was_read() -> None:
    """20 tests ask, 14 update, 7 of those rightly; none is left out."""
    assert (len(READ), len(WRITE), len(UPDATES)) == (20, 14, 7)
    assert set(WRITE) >= UPDATES


@pytest.mark.parametrize("name", READ)
def test_a_read_test_passes(client: Client, name: str) -> None:
    """Each as the manifest says."""
    for exchange in suite()[name]:
        judge(exchange, send(client, exchange))


@pytest.mark.parametrize("name", WRITE)
def test_an_update_is_refused(client: Client, name: str) -> None:
    """A wrong update gets the 4xx of the manifest; a right one gets 403 and changes nothing."""
    before = client.get("SELECT (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } }", "text/csv").text
    for exchange in suite()[name]:
        got = send(client, exchange)
        if name not in UPDATES:
            judge(exchange, got)
        elif exchange.boolean:
            assert (got.status, json.loads(got.body)["boolean"]) == (200, False)
        else:
            assert got.status == 403
            assert json.loads(got.body)["type"].endswith("read-only")
    assert client.get("SELECT (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } }", "text/csv").text == before
