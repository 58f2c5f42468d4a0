"""The SPARQL 1.1 Protocol: what asks is answered, what asks wrongly and every update is refused.

Twice: by requests of our own, and by those of the W3C suite where it is present. Its manifest is read from
the folder in GBVKG_CONFORMANCE, or from ``../shared/conformance``; each of its tests has a counterpart here.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from urllib.parse import urlencode, urlsplit

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

needs_suite = pytest.mark.skipif(
    not SUITE.is_dir(),
    reason=f"no W3C suite in {SUITE}: set GBVKG_CONFORMANCE to the folder that has sparql-protocol/",
)

Term = NamedNode | BlankNode | Literal


@dataclass(frozen=True)
class Exchange:
    """A request and what is expected of its answer: ``statuses`` like 415 or 4xx; "" is anything."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    statuses: frozenset[str]
    format: str = ""
    boolean: str = ""


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


def send(client: Client, exchange: Exchange) -> Got:
    headers = {name.replace("-", "_"): value for name, value in exchange.headers.items()}
    address = urlsplit(exchange.path)
    return client(exchange.method, address.query, exchange.body, address.path, **headers)


def judge(exchange: Exchange, got: Got) -> None:
    """Whether the answer is what the manifest expects."""
    assert {f"{got.status // 100}xx", str(got.status)} & exchange.statuses, (got.status, got.text)
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


@contextmanager
def nothing_changes(client: Client) -> Iterator[None]:
    count = "SELECT (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } }"
    before = client.get(count, "text/csv").text
    yield
    assert client.get(count, "text/csv").text == before


# Requests of our own

THING = "https://small.example/id/thing/"
HELD = "https://small.example/id/graph/"
FORM = {"content-type": "application/x-www-form-urlencoded"}
QUERY = {"content-type": "application/sparql-query"}
UPDATE = {"content-type": "application/sparql-update"}
QUADS = "".join(
    f'<{THING}{name}> <https://small.example/ns#name> "{name}" <{HELD}{name}> .\n'
    for name in ("red", "green", "blue")
)
"""Three graphs, each with the name of one thing."""


def known(*names: str, graph: str = "") -> str:
    """A query: whether all these things have a name, in the default graph or in any named one."""
    each = [f"<{THING}{name}> ?p{name} ?o{name} ." for name in names]
    if graph:
        each = [f"GRAPH ?{graph}{number} {{ {text} }}" for number, text in enumerate(each)]
    return f"ASK {{ {' '.join(each)} }}"


def address(*parameters: tuple[str, str]) -> str:
    """``/sparql`` with parameters; a graph is one of the three by its name."""
    return "/sparql?" + urlencode([(k, HELD + v if k.endswith("-uri") else v) for k, v in parameters])


def answers(
    method: str,
    path: str,
    body: str = "",
    headers: dict[str, str] | None = None,
    *,
    format: str,
    boolean: str = "",
) -> Exchange:
    return Exchange(method, path, headers or {}, body.encode(), frozenset({"200"}), format, boolean)


def refuses(
    status: int, method: str, path: str, body: str | bytes = "", headers: dict[str, str] | None = None
) -> Exchange:
    sent = body.encode() if isinstance(body, str) else body
    return Exchange(method, path, headers or {}, sent, frozenset({str(status)}))


def form(**fields: str) -> str:
    return urlencode(fields)


def whether(method: str, query: str, *dataset: tuple[str, str], expected: bool) -> Exchange:
    """A yes or no, asked by GET or by a POST of the query itself, of a dataset in the address."""
    yes = str(expected).lower()
    if method == "GET":
        return answers("GET", address(("query", query), *dataset), format="boolean", boolean=yes)
    return answers("POST", address(*dataset), query, QUERY, format="boolean", boolean=yes)


DEFAULTS = (("default-graph-uri", "red"), ("default-graph-uri", "green"))
NAMED = (("named-graph-uri", "red"), ("named-graph-uri", "green"))
MIXED = (("default-graph-uri", "blue"), *NAMED)
INTO = "INSERT { GRAPH <https://small.example/id/graph/new> { ?s a <x:y> } } WHERE { ?s ?p ?o }"
BOTH = known("blue")[:-1] + known("red", "green", graph="g").removeprefix("ASK {")
NEW = "ASK { GRAPH <https://small.example/id/graph/new> { ?s ?p ?o } }"

OURS: dict[str, list[Exchange]] = {
    "query_get": [
        whether("GET", known("red", "green", "blue"), expected=True),
        whether("GET", known("red", "purple"), expected=False),
    ],
    "query_post_form": [
        answers("POST", "/sparql", form(query=known("red")), FORM, format="boolean", boolean="true"),
        answers("POST", "/sparql", form(query=known("purple")), FORM, format="boolean", boolean="false"),
    ],
    "query_post_direct": [
        whether("POST", known("blue"), expected=True),
        whether("POST", known("purple"), expected=False),
    ],
    "query_dataset_default_graphs_get": [
        whether("GET", known("red", "green"), *DEFAULTS, expected=True),
        whether("GET", known("red", "blue"), *DEFAULTS, expected=False),
        whether("GET", known("red", graph="g"), *DEFAULTS, expected=False),
    ],
    "query_dataset_default_graphs_post": [
        whether("POST", known("red", "green"), *DEFAULTS, expected=True),
        whether("POST", known("blue"), *DEFAULTS, expected=False),
    ],
    "query_dataset_named_graphs_get": [
        whether("GET", known("red", "green", graph="g"), *NAMED, expected=True),
        whether("GET", known("blue", graph="g"), *NAMED, expected=False),
        whether("GET", known("red"), *NAMED, expected=False),
    ],
    "query_dataset_named_graphs_post": [
        whether("POST", known("red", "green", graph="g"), *NAMED, expected=True),
        whether("POST", known("blue", graph="g"), *NAMED, expected=False),
    ],
    "query_dataset_full": [
        whether("POST", BOTH, *MIXED, expected=True),
        whether("POST", known("blue", graph="g"), *MIXED, expected=False),
        whether("POST", known("red"), *MIXED, expected=False),
    ],
    "query_multiple_dataset": [
        whether("POST", known("red").replace("ASK", f"ASK FROM <{HELD}blue>"), *DEFAULTS, expected=True),
        whether("POST", known("blue").replace("ASK", f"ASK FROM <{HELD}blue>"), *DEFAULTS, expected=False),
    ],
    "query_content_type_select": [
        answers("POST", "/sparql", "SELECT ?o { ?s ?p ?o } LIMIT 1", QUERY, format="tabular"),
        answers("GET", address(("query", "SELECT * {}")), format="tabular"),
    ],
    "query_content_type_ask": [
        answers("POST", "/sparql", known("red"), QUERY, format="boolean"),
        answers("POST", "/sparql", known("red"), {**QUERY, "accept": "application/xml"}, format="boolean"),
    ],
    "query_content_type_describe": [
        answers("POST", "/sparql", f"DESCRIBE <{THING}red>", QUERY, format="RDF"),
        answers("GET", address(("query", "DESCRIBE <x:nothing>")), format="RDF"),
    ],
    "query_content_type_construct": [
        answers("POST", "/sparql", "CONSTRUCT WHERE { ?s ?p ?o }", QUERY, format="RDF"),
        answers("POST", "/sparql", "CONSTRUCT { <a> <b> ?o } WHERE { ?s ?p ?o }", QUERY, format="RDF"),
    ],
    "bad_query_method": [
        refuses(405, method, address(("query", known("red"))), "", FORM)
        for method in ("PUT", "DELETE", "PATCH")
    ],
    "bad_multiple_queries": [
        refuses(400, "GET", address(("query", known("red")), ("query", known("green")))),
        refuses(400, "POST", "/sparql", f"{form(query='ASK {}')}&{form(query='ASK { }')}", FORM),
    ],
    "bad_query_wrong_media_type": [
        refuses(415, "POST", "/sparql", known("red"), {"content-type": kind})
        for kind in ("text/html", "application/json", "application/sparql-results+json")
    ],
    "bad_query_missing_form_type": [refuses(415, "POST", "/sparql", form(query=known("red")))],
    "bad_query_missing_direct_type": [refuses(415, "POST", "/sparql", known("red"))],
    "bad_query_non_utf8": [
        refuses(
            415, "POST", "/sparql", known("red").encode("utf-16"),
            {"content-type": "application/sparql-query; charset=utf-16"},
        ),
    ],
    "bad_query_syntax": [
        refuses(400, "GET", address(("query", "ASK { ?s ?p"))),
        refuses(400, "POST", "/sparql", "SELECT WHERE", QUERY),
        refuses(400, "POST", "/sparql", form(query="red, green and blue"), FORM),
    ],
    "update_post_direct": [refuses(403, "POST", "/sparql", "DROP ALL", UPDATE)],
    "update_post_form": [refuses(403, "POST", "/sparql", form(update="DROP SILENT ALL"), FORM)],
    "update_dataset_default_graph": [
        refuses(403, "POST", address(("using-graph-uri", "red")), INTO, UPDATE),
        whether("POST", NEW, expected=False),
    ],
    "update_dataset_default_graphs": [
        refuses(403, "POST", address(("using-graph-uri", "red"), ("using-graph-uri", "blue")), INTO, UPDATE),
        whether("POST", NEW, expected=False),
    ],
    "update_dataset_named_graphs": [
        refuses(403, "POST", address(("using-named-graph-uri", "red")), INTO, UPDATE),
        whether("POST", NEW, expected=False),
    ],
    "update_dataset_full": [
        refuses(
            403, "POST", address(("using-graph-uri", "red"), ("using-named-graph-uri", "blue")), INTO, UPDATE
        ),
        whether("POST", NEW, expected=False),
    ],
    "update_base_uri": [
        refuses(403, "POST", "/sparql", "INSERT DATA { GRAPH <id/graph/new> { <a> <b> <c> } }", UPDATE),
        whether("POST", NEW, expected=False),
    ],
    "bad_update_get": [refuses(403, "GET", address(("update", "DROP ALL")))],
    "bad_multiple_updates": [
        refuses(403, "POST", "/sparql", f"{form(update='DROP ALL')}&{form(update='CLEAR ALL')}", FORM),
    ],
    "bad_update_wrong_media_type": [
        refuses(415, "POST", "/sparql", "DROP ALL", {"content-type": "text/html"}),
    ],
    "bad_update_missing_form_type": [refuses(415, "POST", "/sparql", form(update="DROP ALL"))],
    "bad_update_non_utf8": [
        refuses(
            403, "POST", "/sparql", "DROP ALL".encode("utf-16"),
            {"content-type": "application/sparql-update; charset=utf-16"},
        ),
    ],
    "bad_update_syntax": [refuses(403, "POST", "/sparql", "DROP EVERYTHING, please", UPDATE)],
    "bad_update_dataset_conflict": [
        refuses(
            403, "POST", address(("using-named-graph-uri", "red")),
            f"WITH <{HELD}red> DELETE {{ ?s ?p ?o }} WHERE {{ ?s ?p ?o }}", UPDATE,
        ),
    ],
}  # fmt: skip
"""Name of a test of the suite → requests that show the same of this endpoint."""


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    with serving_quads(tmp_path_factory.mktemp("protocol"), QUADS) as found:
        yield found


@pytest.mark.parametrize("name", OURS)
def test_the_protocol(ours: Client, name: str) -> None:
    """Each request of our own has the answer that is expected of it, and none changes anything."""
    with nothing_changes(ours):
        for exchange in OURS[name]:
            judge(exchange, send(ours, exchange))


# The suite


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    lines = [
        line.rstrip().removesuffix(".") + f"<{GRAPH}data{number}.rdf> ."
        for number in (1, 2, 3)
        for line in (SUITE / f"data{number}.nt").read_text().splitlines()
    ]
    with serving_quads(tmp_path_factory.mktemp("suite"), "\n".join(lines) + "\n") as found:
        yield found


@pytest.mark.conformance
@needs_suite
def test_the_manifest_was_read() -> None:
    """20 tests ask, 14 update, 7 of those rightly; none is left out, and each has a counterpart above."""
    assert (len(READ), len(WRITE), len(UPDATES)) == (20, 14, 7)
    assert set(WRITE) >= UPDATES
    assert set(OURS) == {*READ, *WRITE}


@pytest.mark.conformance
@needs_suite
@pytest.mark.parametrize("name", READ)
def test_a_read_test_passes(client: Client, name: str) -> None:
    """Each as the manifest says."""
    for exchange in suite()[name]:
        judge(exchange, send(client, exchange))


@pytest.mark.conformance
@needs_suite
@pytest.mark.parametrize("name", WRITE)
def test_an_update_is_refused(client: Client, name: str) -> None:
    """A wrong update gets the 4xx of the manifest; a right one gets 403 and changes nothing."""
    with nothing_changes(client):
        for exchange in suite()[name]:
            got = send(client, exchange)
            if name not in UPDATES:
                judge(exchange, got)
            elif exchange.boolean:
                assert (got.status, json.loads(got.body)["boolean"]) == (200, False)
            else:
                assert got.status == 403
                assert json.loads(got.body)["type"].endswith("read-only")
