"""The SPARQL endpoint: every form, format, header and refusal, over real workers."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes, urlencode

import pytest
from endpoint import LIMITS, Client, scope_of, serving_quads
from hypothesis import given, settings
from hypothesis import strategies as st
from pyoxigraph import Literal, NamedNode, QuerySolutions, RdfFormat, Store, parse
from starlette.responses import PlainTextResponse

from gbvkg.errors import BackEndUnavailable, GbvkgError
from gbvkg.formats import RDF, RESULTS
from gbvkg.web.description import SD
from gbvkg.web.sparql import GRAPHS, TABLES, Question, _unquoted

ONE = "https://small.example/id/graph/one"
TWO = "https://small.example/id/graph/two"
LABEL = "http://www.w3.org/2000/01/rdf-schema#label"
FORM = "application/x-www-form-urlencoded"
QUERY = "application/sparql-query"
UPDATE = "application/sparql-update"
UTF_16 = "ASK {}".encode("utf-16")
JSON = "application/sparql-results+json"
ALL = "SELECT ?s ?o { ?s ?p ?o } ORDER BY ?s ?o"
ENDLESS = "SELECT (COUNT(*) AS ?n) {" + " . ".join(f"?s{i} ?p{i} ?o{i}" for i in range(7)) + " }"
MANY = "".join(
    f'<https://small.example/id/n/{n}> <{LABEL}> "{n}" <{ONE}> .\n' for n in range(60)
)  # enough for a product that never ends
QUADS = (
    f'<https://small.example/id/a> <{LABEL}> "Zoë, \\"één\\""@nl <{ONE}> .\n'
    f"<https://small.example/id/a> <https://small.example/ns#next> <https://small.example/id/b> <{ONE}> .\n"
    f'<https://small.example/id/b> <{LABEL}> "=1+1" <{TWO}> .\n'
) + MANY


async def _page(scope: Any, question: Question) -> PlainTextResponse:
    return PlainTextResponse(f"page:{question.text}:{question.run}", media_type="text/html")


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    with serving_quads(tmp_path_factory.mktemp("sparql"), QUADS) as found:
        yield found


@pytest.fixture
def paged(client: Client) -> Client:
    """The same endpoint with a page for people."""
    return Client(client.runner, client.site, _page)


def rows(got: Any) -> list[dict[str, Any]]:
    assert got.status == 200, got.text
    found: list[dict[str, Any]] = json.loads(got.body)["results"]["bindings"]
    return found


# Asking


def test_the_three_ways_to_ask_give_the_same(client: Client) -> None:
    """GET, a form and the query itself (Protocol §2.1)."""
    form = urlencode({"query": ALL}).encode()
    answers = [
        client.get(ALL),
        client("POST", "", form, content_type=FORM),
        client("POST", "", form, content_type=f"{FORM}; charset=UTF-8"),
        client("POST", "", ALL.encode(), content_type=f'{QUERY};charset="utf-8"'),
        client.post(ALL),
    ]
    assert {(got.status, got.body) for got in answers} == {(200, answers[0].body)}
    assert len(rows(answers[0])) == 63


def test_a_percent_sign_is_decoded_once(client: Client) -> None:
    """What a client writes in a string reaches the engine as it is, also "%41" and "+"."""
    query = 'SELECT ("%41 + é&=;" AS ?x) {}'
    form = urlencode({"query": query}).encode()
    for got in (client.get(query), client("POST", "", form, content_type=FORM), client.post(query)):
        assert rows(got)[0]["x"]["value"] == "%41 + é&=;"


def test_the_dataset_of_the_protocol(client: Client) -> None:
    """default-graph-uri and named-graph-uri, in the address or in the form, go before FROM (§2.1.4)."""
    every = "SELECT * { ?s ?p ?o FILTER(?o = '=1+1') }"
    for graph, number in ((ONE, 0), (TWO, 1), ("https://small.example/none", 0)):
        given = {"query": every, "default-graph-uri": graph}
        assert len(rows(client("GET", urlencode(given)))) == number
        assert len(rows(client("POST", "", urlencode(given).encode(), content_type=FORM))) == number
        address = urlencode({"default-graph-uri": graph})
        assert len(rows(client("POST", address, every.encode(), content_type=QUERY))) == number
    named = "SELECT DISTINCT ?g FROM <https://small.example/none> { GRAPH ?g { ?s ?p ?o } }"
    got = rows(client("GET", urlencode({"query": named, "named-graph-uri": TWO})))
    assert [row["g"]["value"] for row in got] == [TWO]
    both = urlencode([("query", every), ("default-graph-uri", ONE), ("default-graph-uri", TWO)])
    assert len(rows(client("GET", both))) == 1


def test_without_a_dataset_all_graphs_are_asked(client: Client) -> None:
    """The default graph is their union; FROM in the query narrows it."""
    assert len(rows(client.get("SELECT * { ?s ?p ?o }"))) == 63
    assert len(rows(client.get(f"SELECT * FROM <{TWO}> {{ ?s ?p ?o }}"))) == 1


def test_a_relative_iri_is_relative_to_the_base_of_the_release(client: Client) -> None:
    """Never to the Host that a client happened to ask; BASE in the query goes before it."""
    got = rows(client.get("SELECT ?o { <id/a> <ns#next> ?o }", host="evil.example"))
    assert [row["o"]["value"] for row in got] == ["https://small.example/id/b"]
    assert rows(client.get("BASE <https://small.example/id/> SELECT ?o { <a> ?p <b> }"))
    wrong = json.loads(client.get("SELECT ?o {\n <id/a> ?p ?o . } }").body)
    assert (wrong["line"], wrong["column"]) == (2, 19)
    wrong = json.loads(client.get("SELECT ?o {\n <id/a> ?p ?o ?q }").body)
    assert wrong["line"] == 2
    assert "regel 2" in wrong["detail"]
    assert "line 2" in wrong["detail_en"]


# Formats


@pytest.mark.parametrize("format", TABLES, ids=lambda row: row.name)
def test_a_table_in_every_format(client: Client, format: Any) -> None:
    """By Accept and by ?format=, with its own Content-Type; csv and tsv to be saved."""
    by_header = client.get(ALL, format.media_type)
    by_name = client.get(ALL, "image/png", format=format.name)
    assert by_header.body == by_name.body
    text = format.media_type.startswith("text/")
    assert by_header.headers["content-type"] == format.media_type + ("; charset=utf-8" if text else "")
    saved = f'attachment; filename="sparql-2026.1.{format.name}"'
    assert by_header.headers.get("content-disposition") == (saved if text else None)
    assert "Zoë".encode() in by_header.body


def test_csv_is_exact(client: Client) -> None:
    """As SPARQL 1.1 Results CSV says: a value that looks like a formula is not changed."""
    found = list(csv.reader(io.StringIO(client.get(ALL, "text/csv").text)))
    assert ["https://small.example/id/b", "=1+1"] in found
    assert ["https://small.example/id/a", 'Zoë, "één"'] in found


@pytest.mark.parametrize("format", GRAPHS, ids=lambda row: row.name)
@pytest.mark.parametrize("query", ["CONSTRUCT WHERE { ?s ?p ?o }", "DESCRIBE <https://small.example/id/a>"])
def test_a_graph_in_every_format(client: Client, query: str, format: Any) -> None:
    """The same triples in each, with its own Content-Type."""
    got = client.get(query, format.media_type)
    assert (got.status, got.headers["content-type"].partition(";")[0]) == (200, format.media_type)
    found = {quad.triple for quad in parse(got.body, format=format.rdf)}
    assert found == {quad.triple for quad in parse(client.get(query).body, format=RdfFormat.TURTLE)}
    assert len(found) == (63 if query.startswith("CONSTRUCT") else 3)


def test_a_boolean(client: Client) -> None:
    """ASK in JSON for who has no preference."""
    got = client.get("ASK {}")
    assert (got.headers["content-type"], json.loads(got.body)["boolean"]) == (JSON, True)


@pytest.mark.parametrize(
    ("query", "accept", "format", "there"),
    [
        (ALL, "text/turtle", "", TABLES),
        (ALL, "image/png", "", TABLES),
        (ALL, "", "ttl", TABLES),
        ("DESCRIBE <x:y>", "text/csv", "", GRAPHS),
        ("CONSTRUCT WHERE { ?s ?p ?o }", "image/*", "", GRAPHS),
    ],
)
def test_what_is_not_there_is_406(client: Client, query: str, accept: str, format: str, there: Any) -> None:
    """With the formats of this form of query; nothing is evaluated for it."""
    asked = len(client.site.asked)
    got = client.get(query, accept, format=format)
    assert got.status == 406
    found = json.loads(got.body)["alternatives"]
    assert found == [{"format": row.name, "media_type": row.media_type} for row in there]
    assert got.headers["vary"] == "Accept"
    assert len(client.site.asked) == asked


def test_the_first_format_of_several_counts(client: Client) -> None:
    """SPARQLWrapper sends its parameters twice, under three names."""
    given = [("query", "DESCRIBE <x:y>"), ("format", "json-ld"), ("format", "a/b,c/d"), ("output", "json-ld")]
    assert client("GET", urlencode(given)).headers["content-type"] == "application/ld+json"


# Headers


def test_the_headers_of_an_answer(client: Client) -> None:
    """Any origin may read it, without credentials; it depends on Accept; a cache must ask again."""
    got = client.get(ALL, origin="https://other.example")
    said = got.headers
    assert said["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in said
    assert said["vary"] == "Accept"
    assert said["cache-control"] == "public, max-age=0, must-revalidate"
    assert said["link"] == '<https://small.example/licence>; rel="license"'
    assert said["content-length"] == str(len(got.body))
    assert said["etag"].startswith('"')


def test_a_preflight(client: Client) -> None:
    """A script of any origin may send a query as POST (Fetch §3.2.2)."""
    got = client("OPTIONS", origin="https://other.example", access_control_request_method="POST")
    assert (got.status, got.body) == (204, b"")
    assert got.headers["access-control-allow-origin"] == "*"
    assert "POST" in got.headers["access-control-allow-methods"]
    assert "Content-Type" in got.headers["access-control-allow-headers"]
    assert "access-control-allow-credentials" not in got.headers


def test_head_is_get_without_its_body(client: Client) -> None:
    """Same status and headers, also for a problem."""
    for query in (ALL, "SELECT"):
        given = urlencode({"query": query})
        get, head = client("GET", given), client("HEAD", given)
        assert (head.status, head.headers, head.body) == (get.status, get.headers, b"")


def test_the_etag_tells_representations_apart(client: Client) -> None:
    """Query, dataset and format each make another; the same request has the same."""
    given = [
        client.get(ALL),
        client.get(ALL, "text/csv"),
        client.get(f"{ALL} "),
        client("GET", urlencode({"query": ALL, "default-graph-uri": ONE})),
        client("GET", urlencode({"query": ALL, "named-graph-uri": ONE})),
    ]
    tags = [got.headers["etag"] for got in given]
    assert len(set(tags)) == len(tags)
    assert client.get(ALL, "application/json").headers["etag"] == tags[0]


def test_who_has_it_gets_304(client: Client) -> None:
    """Without a worker being asked; another format is not the same thing."""
    tag = client.get(ALL).headers["etag"]
    asked = len(client.site.asked)
    for held in (tag, f'"x", {tag}', f"W/{tag}"):
        got = client.get(ALL, if_none_match=held)
        assert (got.status, got.body, got.headers["etag"]) == (304, b"", tag)
        assert got.headers["vary"] == "Accept"
    assert len(client.site.asked) == asked
    assert client.get(ALL, "text/csv", if_none_match=tag).status == 200


def test_any_answer_is_one_that_there_is(client: Client) -> None:
    """``*`` holds for every answer, and a query that has none is still wrong (RFC 9110 §13.2.1)."""
    assert client.get(ALL, if_none_match="*").status == 304
    assert client.get("SELECT wrong", if_none_match="*").status == 400


@pytest.mark.parametrize(
    "query",
    [
        "SELECT (NOW() AS ?x) {}",
        "SELECT (rand#\n() AS ?x) {}",
        "SELECT (STRUUID() AS ?x) {}",
        "SELECT (1+UUID () AS ?x) {}",
        "SELECT ?x { BIND(BNODE() AS ?x) }",
        f"CONSTRUCT {{ [] <{LABEL}> ?o }} WHERE {{ ?s ?p ?o }}",
        f"CONSTRUCT {{ _:b <{LABEL}> ?o }} WHERE {{ ?s ?p ?o }}",
    ],
)
def test_what_differs_each_time_is_not_kept(client: Client, query: str) -> None:
    """No ETag and no caching for an answer with the time, chance or fresh names in it."""
    got = client.get(query)
    assert got.status == 200, got.text
    assert "etag" not in got.headers
    assert got.headers["cache-control"] == "no-store"


def test_the_answer_to_a_post_is_not_kept(client: Client) -> None:
    """A cache cannot tell one from another (RFC 9110 §9.3.3)."""
    got = client.post(ALL)
    assert got.headers["cache-control"] == "no-store"
    assert "etag" not in got.headers


# Refusals


@pytest.mark.parametrize(
    ("method", "address", "body", "headers", "status", "slug"),
    [
        ("GET", "query=ASK%20%7B%7D&query=ASK%20%7B%7D", b"", {}, 400, "query-twice"),
        ("POST", "query=ASK%7B%7D", b"ASK {}", {"content_type": QUERY}, 400, "query-twice"),
        ("POST", "query=ASK%7B%7D", b"query=ASK%7B%7D", {"content_type": FORM}, 400, "query-twice"),
        ("POST", "", b"", {"content_type": FORM}, 400, "query-missing"),
        ("POST", "", b"q=ASK%7B%7D", {"content_type": FORM}, 400, "query-missing"),
        ("POST", "", b"ASK {}", {}, 415, "unsupported-media-type"),
        ("POST", "", b"ASK {}", {"content_type": "text/plain"}, 415, "unsupported-media-type"),
        ("POST", "", b"{}", {"content_type": "application/json"}, 415, "unsupported-media-type"),
        ("POST", "", b"x", {"content_type": "multipart/form-data"}, 415, "unsupported-media-type"),
        ("POST", "", b"x", {"content_type": QUERY, "content_encoding": "gzip"}, 415, "unsupported-encoding"),
        ("POST", "", UTF_16, {"content_type": f"{QUERY}; charset=UTF-16"}, 415, "not-utf-8"),
        ("POST", "", UTF_16, {"content_type": QUERY}, 400, "not-utf-8"),
        ("POST", "", b"ASK { 's\xe9' }", {"content_type": QUERY}, 400, "not-utf-8"),
        ("POST", "", b"query=%E9", {"content_type": FORM}, 400, "not-utf-8"),
        ("POST", "", b"query=\xe9", {"content_type": FORM}, 400, "not-utf-8"),
        ("GET", "query=%E9", b"", {}, 400, "not-utf-8"),
        ("GET", "query=ASK%7B%7D&default-graph-uri=relative", b"", {}, 400, "bad-graph"),
        ("GET", "query=ASK%7B%7D&named-graph-uri=", b"", {}, 400, "bad-graph"),
        ("GET", "&".join(["a=b"] * 501), b"", {}, 400, "too-many-parameters"),
        ("PUT", "query=ASK%7B%7D", b"", {}, 405, "method-not-allowed"),
        ("DELETE", "", b"", {}, 405, "method-not-allowed"),
        ("PATCH", "", b"", {"content_type": UPDATE}, 405, "method-not-allowed"),
        ("GET", "update=CLEAR%20ALL", b"", {}, 403, "read-only"),
        ("POST", "", b"update=CLEAR+ALL", {"content_type": FORM}, 403, "read-only"),
        ("POST", "", b"query=ASK%7B%7D&update=CLEAR+ALL", {"content_type": FORM}, 403, "read-only"),
        ("POST", "", b"CLEAR ALL", {"content_type": UPDATE}, 403, "read-only"),
        ("POST", "using-graph-uri=x:y", b"ASK {}", {"content_type": QUERY}, 403, "read-only"),
        ("GET", "query=", b"", {}, 400, "query-syntax"),
        ("GET", "query=SELECT", b"", {}, 400, "query-syntax"),
        ("GET", "query=LOAD%20%3Cfile%3A%2F%2F%2Fetc%2Fhostname%3E", b"", {}, 400, "query-refused"),
        ("GET", "query=INSERT%20DATA%20%7B%7D", b"", {}, 400, "query-refused"),
        ("GET", "query=ASK%20%7BSERVICE%20%3Cx%3Ay%3E%7B%7D%7D", b"", {}, 400, "query-refused"),
    ],
)  # fmt: skip
def test_what_is_no_query_operation(
    client: Client, method: str, address: str, body: bytes, headers: dict[str, str], status: int, slug: str
) -> None:
    """Each has its status and its name, is told in Dutch and English, and is no update to any engine."""
    got = client(method, address, body, **headers)
    found = json.loads(got.body)
    assert (got.status, found["status"], found["type"].rpartition("/")[2]) == (status, status, slug)
    assert found["detail"]
    assert found["detail_en"] != found["detail"]
    assert got.headers["access-control-allow-origin"] == "*"
    assert got.headers["cache-control"] == "no-store"
    if status == 405:
        assert got.headers["allow"] == "GET, HEAD, POST, OPTIONS"
    if status == 415 and slug == "unsupported-media-type":
        assert got.headers["accept-post"] == f"{QUERY}, {FORM}"


def test_a_syntax_error_has_its_place(client: Client) -> None:
    """Line and column as data, and in the sentence of each language."""
    got = client.get("SELECT * {\n  ?s ?p ?o ;; . ?x\n}")
    found = json.loads(got.body)
    assert (got.status, found["line"]) == (400, 3)
    assert isinstance(found["column"], int)
    assert f"regel {found['line']}" in found["detail"]
    assert f"line {found['line']}" in found["detail_en"]


def test_from_fetches_nothing(client: Client) -> None:
    """A graph that is not in the release is an empty one, whatever its address."""
    query = "SELECT * FROM <http://127.0.0.1:1/x> FROM NAMED <file:///etc/hostname> { ?s ?p ?o }"
    assert rows(client.get(query)) == []


# Limits


def test_what_takes_too_long_is_503(client: Client) -> None:
    """With the limit in both languages and when to come back; the next query is answered."""
    start = time.monotonic()
    got = client.get(ENDLESS)
    assert time.monotonic() - start < LIMITS.seconds + 2
    found = json.loads(got.body)
    assert (got.status, found["type"].rpartition("/")[2]) == (503, "query-timeout")
    assert "3 seconden" in found["detail"]
    assert int(got.headers["retry-after"]) > 0
    assert client.get("ASK {}").status == 200


def test_what_is_too_large_is_never_cut(client: Client) -> None:
    """A problem, not the first part of the answer with 200."""
    got = client.get("SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i } LIMIT 100000", "text/csv")
    found = json.loads(got.body)
    assert (got.status, found["type"].rpartition("/")[2]) == (503, "result-too-large")


def test_a_large_answer_is_whole(client: Client) -> None:
    """It comes in parts that together are as long as was said, and ends as it should."""
    got = client.get("SELECT * { ?a ?b ?c . ?d ?e ?f } LIMIT 10000")
    assert len(got.body) > 1_000_000
    assert got.headers["content-length"] == str(len(got.body))
    assert len(rows(got)) == 63 * 63


def test_who_waits_too_long_is_turned_away(client: Client) -> None:
    """Two workers and a queue of four: the seventh query at once gets 503 with Retry-After."""

    async def together() -> list[Any]:
        given = urlencode({"query": ENDLESS})
        return await asyncio.gather(*(client.ask("GET", given, b"", "/sparql") for _ in range(8)))

    found = client.runner.run(together())
    kinds = [json.loads(got.body)["type"].rpartition("/")[2] for got in found]
    assert kinds.count("pool-busy") >= 2
    assert all(got.status == 503 and int(got.headers["retry-after"]) > 0 for got in found)


def test_a_request_that_is_cancelled_frees_its_worker(client: Client) -> None:
    """As it is when the client hangs up: at once, long before the deadline."""

    async def run() -> float:
        async def receive() -> Any:
            return {"type": "http.request", "body": b"", "more_body": False}

        start = time.monotonic()
        task = asyncio.ensure_future(
            client.endpoint.answer(scope_of("GET", urlencode({"query": ENDLESS})), receive)
        )
        await asyncio.sleep(0.2)
        assert client.site.pool.busy == 1
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert client.site.pool.busy == client.site.pool.waiting == 0
        return time.monotonic() - start

    assert client.runner.run(run()) < LIMITS.seconds - 1
    assert client.get("ASK {}").status == 200


def test_half_a_body_is_no_query(client: Client) -> None:
    """Who hangs up in the middle of a query has asked nothing."""
    messages = [{"type": "http.request", "body": b"ASK {}", "more_body": True}]

    async def receive() -> Any:
        return messages.pop() if messages else {"type": "http.disconnect"}

    got: Any = client.runner.run(client.endpoint.answer(scope_of("POST", content_type=QUERY), receive))
    assert (got.status, json.loads(got.body)["type"].rpartition("/")[2]) == (400, "body-cut")


def test_a_limit_of_the_service_is_a_problem(client: Client) -> None:
    """What ``receive`` raises when a body is too large or too slow is told as any other problem."""

    class TooLarge(GbvkgError):
        slug = "body-too-large"
        status = 413

    async def receive() -> Any:
        raise TooLarge("Te groot.", "Too large.")

    got: Any = client.runner.run(client.endpoint.answer(scope_of("POST", content_type=QUERY), receive))
    assert got.status == 413


def test_the_time_of_a_worker_is_told(client: Client) -> None:
    """So that it can be charged."""

    async def receive() -> Any:
        return {"type": "http.request"}

    scope = scope_of("GET", urlencode({"query": ALL}))
    got: Any = client.runner.run(client.endpoint.answer(scope, receive))
    assert 0 < got.seconds < 3


def test_a_closed_pool_is_503(tmp_path: Path) -> None:
    """While the service stops, a late query is told so."""
    with serving_quads(tmp_path, QUADS) as client:
        client.runner.run(client.site.pool.close())
        got = client.get("ASK {}")
        assert (got.status, json.loads(got.body)["type"].rpartition("/")[2]) == (503, BackEndUnavailable.slug)


QUOTED = st.sampled_from([*"%=_ a1Ff\t.\r\n", "%41", "%3d", "%C3", "%0A", "%%", "=3D", "=\n"])


@given(st.lists(QUOTED).map("".join))
@settings(max_examples=2000, deadline=None)
def test_what_is_quoted_is_read_as_by_the_library(text: str) -> None:
    """Also what is no quotation, half of one, or would be one in a letter."""
    data = text.encode()
    assert _unquoted(data) == unquote_to_bytes(data)


# People


def test_a_browser_gets_the_page(paged: Client) -> None:
    """A link shows the query and does not run it; a form that is sent does."""
    browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
    assert paged("GET", accept=browser).text == "page:None:False"
    assert paged.get("ASK {}", browser).text == "page:ASK {}:False"
    assert paged.get("ASK {", browser).text == "page:ASK {:False"
    form = urlencode({"query": "ASK {}"}).encode()
    assert paged("POST", "", form, content_type=FORM, accept=browser).text == "page:ASK {}:True"
    assert paged.get("ASK {}", format="html").text == "page:ASK {}:False"


def test_a_page_takes_nothing_from_machines(paged: Client) -> None:
    """Who does not prefer HTML gets data, and what is wrong as a problem."""
    assert paged.get("ASK {}").headers["content-type"] == JSON
    assert (
        paged.get("ASK {}", "text/csv;q=0.9, text/html;q=0.8").headers["content-type"].startswith("text/csv")
    )
    assert paged.get("ASK {", "application/json").status == 400
    got = paged.get("ASK {}", "text/turtle, text/html;q=0.5")
    assert got.text == "page:ASK {}:False"
    assert paged.get("ASK {}").headers["vary"] == "Accept, Accept-Language"


# The service description


def described(client: Client, accept: str = "") -> Store:
    got = client("GET", **({"accept": accept} if accept else {}))
    assert got.status == 200, got.text
    store = Store()
    kind = got.headers["content-type"].partition(";")[0]
    store.load(got.body, format=RdfFormat.from_media_type(kind))
    return store


def values(store: Store, name: str) -> set[str]:
    found = store.query(f"SELECT ?o {{ ?s <{SD}{name}> ?o }}", use_default_graph_as_union=True)
    assert isinstance(found, QuerySolutions)
    return {str(row["o"].value) for row in found}  # type: ignore[union-attr]


@pytest.mark.parametrize("format", GRAPHS, ids=lambda row: row.name)
def test_the_description_in_every_format(client: Client, format: Any) -> None:
    """The same triples in each; Turtle for who has no preference."""
    found = {quad.triple for quad in described(client, format.media_type)}
    assert found == {quad.triple for quad in described(client)}
    assert client("GET").headers["content-type"] == "text/turtle; charset=utf-8"


def test_the_description_is_true(client: Client) -> None:
    """Every format that it names is answered, and each that is answered is named; no update, no SERVICE."""
    store = described(client)
    formats = {row.iri: row for row in (*RESULTS.values(), *RDF.values()) if row.iri}
    assert values(store, "resultFormat") == set(formats)
    for iri in values(store, "resultFormat"):
        query = "ASK {}" if formats[iri].result else "DESCRIBE <x:y>"
        assert client.get(query, formats[iri].media_type).status == 200
    assert values(store, "supportedLanguage") == {f"{SD}SPARQL11Query"}
    assert values(store, "feature") == {f"{SD}UnionDefaultGraph"}
    assert values(store, "endpoint") == {"https://small.example/sparql"}


def test_the_description_names_every_graph(client: Client) -> None:
    """With as many triples as it has; and nothing of it is a blank node."""
    store = described(client)
    assert values(store, "name") == {ONE, TWO}
    query = (
        f"SELECT ?name ?n {{ ?x <{SD}name> ?name ; <{SD}graph>/<http://rdfs.org/ns/void#triples> ?n }} "
        "ORDER BY ?name"
    )
    found = store.query(query)
    assert isinstance(found, QuerySolutions)
    counted = {str(row["name"].value): int(row["n"].value) for row in found}  # type: ignore[union-attr]
    for name, number in counted.items():
        got = rows(client("GET", urlencode({"query": "SELECT * { ?s ?p ?o }", "default-graph-uri": name})))
        assert len(got) == number
    assert all(isinstance(quad.subject, NamedNode) for quad in store)
    assert all(isinstance(quad.object, NamedNode | Literal) for quad in store)


def test_the_description_is_kept(client: Client) -> None:
    """It has an ETag of the release and of its format, and 304 for who has it."""
    got = client("GET")
    tag = got.headers["etag"]
    assert client("GET", if_none_match=tag).status == 304
    assert client("GET", accept="application/n-triples").headers["etag"] != tag
    assert client("GET", accept="image/png").status == 406
    assert client("HEAD").body == b""
