"""Clients that others wrote ask the running service, and get what the release holds.

What is right is read from the release's own files, or asked of ``gbvkg query``: never of the service.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from email.message import Message
from html import unescape
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote, urlencode
from urllib.request import Request, urlopen
from xml.dom.minidom import Document

import pandas
import pytest
import rdflib
import sparqldataframe
from pyoxigraph import DefaultGraph, QuerySolutions, QueryTriples, RdfFormat, Store
from rdflib.compare import to_isomorphic
from rdflib.plugins.stores.sparqlstore import SPARQLStore
from SPARQLWrapper import (
    CSV,
    GET,
    JSON,
    JSONLD,
    N3,
    POST,
    POSTDIRECTLY,
    RDFXML,
    TSV,
    TURTLE,
    URLENCODED,
    XML,
    SPARQLWrapper,
    SPARQLWrapper2,
)
from SPARQLWrapper.SPARQLExceptions import SPARQLWrapperException

from gbvkg.release.manifest import QUADS
from gbvkg.vocabulary import expand
from tests.serving import Served, released, serving

Row = tuple[str, ...]
Asker = Callable[[str, str], list[Row]]
"""The rows of an endpoint's answer to a query, in order; "" is what is not bound."""

COLUMNS = ("action", "number", "label", "lang")
QUESTION = """PREFIX gbv: <https://w3id.org/gbvkg/ns#>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
SELECT ?action ?number ?label (LANG(?label) AS ?lang)
WHERE {
  ?action a gbv:Action ; rdfs:label ?label .
  OPTIONAL { ?action gbv:number ?number }
}
ORDER BY ?action ?lang
"""
"""Has numbers, cells without a value, accents, quotes and commas."""

ACTION = "https://w3id.org/gbvkg/id/action/vap-sg-2020/11"
PATH = "action/vap-sg-2020/11"
AREA = "http://themis.vlaanderen.be/id/beleidsveld/0a86df18-bf47-403b-aa35-98c938679482"
STATEMENTS = f"CONSTRUCT WHERE {{ <{ACTION}> ?property ?value }}"
EVERYTHING = "SELECT ?s ?p ?o WHERE { ?s ?p ?o . VALUES ?time { 1 2 3 4 5 6 7 8 } }"
LIMIT = 5_000_000
"""Bytes of the largest answer: ``EVERYTHING`` has more."""

COMUNICA = Path(__file__).parent / "clients/node_modules/@comunica/query-sparql/bin/query.js"

pytestmark = [
    pytest.mark.xdist_group("clients"),  # one service for all
    pytest.mark.filterwarnings(  # SPARQLWrapper 2.0 and rdflib's JSON-LD parser read into it
        "ignore:ConjunctiveGraph is deprecated, use Dataset instead.:DeprecationWarning"
    ),
]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The real data."""
    log = tmp_path_factory.mktemp("clients") / "log"
    with serving(released(), log, result_bytes=str(LIMIT)) as found:
        yield found


@pytest.fixture(scope="module")
def endpoint(served: Served) -> str:
    return f"{served.url}/sparql"


@pytest.fixture(scope="module")
def folder() -> Path:
    """The release that is served."""
    return (released() / "current").resolve()


@pytest.fixture(scope="module")
def held(folder: Path) -> Store:
    """What the release holds, read from its N-Quads."""
    store = Store()
    store.bulk_load(path=str(folder / QUADS), format=RdfFormat.N_QUADS)
    return store


@pytest.fixture(scope="module")
def rows(held: Store) -> list[Row]:
    """The answer to ``QUESTION``."""
    found = held.query(QUESTION, use_default_graph_as_union=True)
    assert isinstance(found, QuerySolutions)
    answer = [tuple(_text(row[name]) for name in COLUMNS) for row in found]
    assert len(answer) > 20
    assert {bool(row[1]) for row in answer} == {True, False}
    assert any("é" in row[2] for row in answer)
    return answer


@pytest.fixture(scope="module")
def statements(held: Store) -> rdflib.Graph:
    """The answer to ``STATEMENTS``."""
    found = held.query(STATEMENTS, use_default_graph_as_union=True)
    assert isinstance(found, QueryTriples)
    graph = rdflib.Graph().parse(data="".join(f"{triple} .\n" for triple in found), format="nt")
    assert len(graph) > 20
    return graph


@pytest.fixture(scope="module")
def actions_csv(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What ``gbvkg query actions --format csv`` writes."""
    path = tmp_path_factory.mktemp("command") / "actions.csv"
    command = [sys.executable, "-m", "gbvkg", "query", "actions", "--out", str(released())]
    subprocess.run([*command, "--format", "csv", "--output", str(path)], check=True, timeout=60)
    return path.read_bytes().decode()


def _text(term: Any) -> str:
    return "" if term is None else str(getattr(term, "value", term))


def _csv(text: str | bytes) -> list[Row]:
    """The rows of a table in CSV, after a look at its header."""
    lines = list(csv.reader(io.StringIO(text if isinstance(text, str) else text.decode())))
    assert tuple(lines[0]) == COLUMNS
    return [tuple(line) for line in lines[1:]]


def _frame(frame: pandas.DataFrame) -> list[Row]:
    """The rows of a table; pandas makes a floating number of a whole one beside an empty cell."""
    assert tuple(frame.columns) == COLUMNS
    numbers = frame["number"].astype("Float64").astype("Int64").astype("string").fillna("")
    return list(frame.assign(number=numbers).itertuples(index=False, name=None))


def _tool(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


def _run(*command: str, given: str | None = None) -> str:
    """What a command writes. Raises CalledProcessError when it fails."""
    done = subprocess.run(command, input=given, capture_output=True, text=True, timeout=60)
    if done.returncode:
        raise subprocess.CalledProcessError(done.returncode, command, done.stdout, done.stderr)
    return done.stdout


# curl


def curl(*arguments: str, given: str | None = None) -> str:
    return _run(_tool("curl"), "--silent", "--show-error", *arguments, given=given)


CURL = {
    "get": ("--get", "--data-urlencode", "query@-"),
    "form": ("--data-urlencode", "query@-"),
    "direct": ("--data-binary", "@-", "--header", "Content-Type: application/sparql-query"),
}


@pytest.mark.parametrize("way", CURL)
def test_curl_asks_in_every_way_of_the_protocol(endpoint: str, rows: list[Row], way: str) -> None:
    """SPARQL 1.1 Protocol §2.1: the same rows by GET and by both kinds of POST."""
    found = curl("--fail", "--header", "Accept: text/csv", *CURL[way], endpoint, given=QUESTION)
    assert _csv(found) == rows


def test_curl_gets_what_the_command_says(served: Served, actions_csv: str) -> None:
    """A named query over HTTP is the named query of the command line, to the byte."""
    found = curl("--fail", f"{served.url}/query/actions?format=csv")
    assert found.splitlines() == actions_csv.splitlines()


def test_curl_follows_a_thing_to_its_document(served: Served, statements: rdflib.Graph) -> None:
    """303, and then the format that was asked for."""
    for kind, parser in (("text/turtle", "turtle"), ("application/n-triples", "nt")):
        found = curl("--fail", "--location", "--header", f"Accept: {kind}", f"{served.url}/id/{PATH}")
        assert _about_action(rdflib.Graph().parse(data=found, format=parser)) == set(statements)


def _copied(served: Served, path: str) -> dict[str, str]:
    """Tool and code that a page of the service shows to copy, as a person does: the text of each block."""
    with urlopen(Request(served.url + path, headers={"Accept": "text/html"})) as answer:
        page = answer.read().decode()
    blocks = re.findall(r'aria-label="(curl|Python)"><code>(.*?)</code>', page, re.DOTALL)
    return {tool: unescape(code) for tool, code in blocks}


@pytest.mark.parametrize(
    ("path", "told"),
    [
        (f"/doc/{PATH}", PATH),
        (f"/about?iri={quote(AREA, safe='')}", AREA.rpartition("/")[2]),
        ("/query/actions?plan=plan/vap-sg-2020", PATH),
        (f"/query/action-dossier?action={PATH}", PATH),
    ],
)
def test_what_a_page_gives_to_copy_works(served: Served, path: str, told: str) -> None:
    """Pasted as it stands into a shell and into Python, it gets the data from this service."""
    code = _copied(served, path)
    assert served.url in code["curl"]
    _tool("curl")
    assert told in _run("sh", "-c", code["curl"]).replace("\\/", "/")  # as Turtle writes names
    pasted = f"{code['Python']}\nprint(set(graph) if 'graph' in vars() else table.to_csv())\n"
    assert told in _run(sys.executable, "-", given=pasted)


def test_curl_has_it_already(served: Served, tmp_path: Path) -> None:
    """What has not changed is not sent again: a table, a document, and a file of the release."""
    tag = tmp_path / "tag"
    for path in (f"/sparql?{urlencode({'query': QUESTION})}", f"/doc/{PATH}.ttl", _file("dataset.nq")):
        first = curl("--fail", "--etag-save", str(tag), served.url + path)
        said = ("--write-out", "%{http_code}")
        again = curl("--fail", "--etag-compare", str(tag), *said, served.url + path)
        assert (bool(first), again) == (True, "304")


def test_curl_goes_on_with_a_download(served: Served, folder: Path, tmp_path: Path) -> None:
    """A download that broke off is taken up where it ended, and is whole by its checksum."""
    path = tmp_path / "dataset.nq"
    curl("--fail", "--range", "0-99999", "--output", str(path), served.url + _file("dataset.nq"))
    assert path.stat().st_size == 100_000
    said = ("--continue-at", "-", "--output", str(path), "--write-out", "%{http_code}")
    assert curl("--fail", *said, served.url + _file("dataset.nq")) == "206"
    assert path.read_bytes() == (folder / "dataset.nq").read_bytes()
    sums = curl("--fail", served.url + _file("SHA256SUMS"))
    assert f"{hashlib.sha256(path.read_bytes()).hexdigest()}  dataset.nq\n" in sums


def test_a_client_of_the_old_days_is_understood(endpoint: str, rows: list[Row]) -> None:
    """HTTP/1.0, without Accept or User-Agent: a table in JSON, a graph in Turtle."""
    old = ("--fail", "--http1.0", "--header", "Accept:", "--header", "User-Agent:", *CURL["get"], endpoint)
    found = json.loads(curl(*old, given=QUESTION))
    assert _bindings(found) == rows
    graph = rdflib.Graph().parse(data=curl(*old, given=STATEMENTS), format="turtle")
    assert (rdflib.URIRef(ACTION), rdflib.RDF.type, rdflib.URIRef(expand("gbv:Action"))) in graph


def _bindings(found: Any) -> list[Row]:
    """The rows of SPARQL JSON (SPARQL 1.1 Query Results JSON Format)."""
    assert tuple(found["head"]["vars"]) == COLUMNS
    solutions = found["results"]["bindings"]
    return [tuple(row[name]["value"] if name in row else "" for name in COLUMNS) for row in solutions]


def _file(name: str) -> str:
    return f"/releases/{(released() / 'current').resolve().name}/{name}"


def _about_action(graph: rdflib.Graph) -> set[tuple[Any, ...]]:
    """What a document says of the action; it also has labels of what it mentions."""
    return set(graph.triples((rdflib.URIRef(ACTION), None, None)))


# Spreadsheets and pandas

TABLES = (
    "/query/actions?format=csv", "/query/actions?format=xlsx", "/list/Action.csv", "/list/Action.xlsx",
    f"/doc/{PATH}.csv", "file:csv/actions.csv", f"/sparql?format=csv&query={quote(QUESTION)}",
)  # fmt: skip


@pytest.mark.parametrize("path", TABLES, ids=lambda path: path[:20])
def test_a_spreadsheet_looks_before_it_gets(served: Served, path: str) -> None:
    """HEAD and then GET, as spreadsheets do: the same type, name, tag and length, and only then a body."""
    url = served.url + (_file(path.removeprefix("file:")) if path.startswith("file:") else path)
    (head, nothing), (headers, body) = (_urllib(url, method) for method in ("HEAD", "GET"))
    for name in ("Content-Type", "Content-Disposition", "ETag", "Content-Length", "Last-Modified"):
        assert head.get(name) == headers.get(name), name
    assert (nothing, headers["Content-Length"]) == (b"", str(len(body)))
    assert headers.get_content_type() == ("text/csv" if "csv" in path else EXCEL)
    assert body.startswith(b"PK\x03\x04") == ("xlsx" in path)


EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def _urllib(url: str, method: str) -> tuple[Message, bytes]:
    with urlopen(Request(url, method=method), timeout=30) as answer:
        return answer.headers, answer.read()


def test_pandas_reads_a_query_from_its_address(endpoint: str, rows: list[Row]) -> None:
    """pandas sends no Accept of its own: the address says what is wanted, or the header that is given."""
    address = f"{endpoint}?{urlencode({'query': QUESTION})}"
    for frame in (
        pandas.read_csv(f"{address}&format=csv", keep_default_na=False, na_values={"number": ""}),
        pandas.read_csv(
            address, storage_options={"Accept": "text/csv"}, keep_default_na=False, na_values={"number": ""}
        ),
    ):
        assert _frame(frame) == rows


def test_pandas_reads_a_named_query(served: Served, actions_csv: str) -> None:
    """The rows of ``gbvkg query``."""
    found = pandas.read_csv(f"{served.url}/query/actions?format=csv")
    pandas.testing.assert_frame_equal(found, pandas.read_csv(io.StringIO(actions_csv)))


def test_pandas_reads_a_list_a_thing_and_a_file(served: Served, rows: list[Row], held: Store) -> None:
    """Every action once in the list and in the table of the release; every statement about one of them."""
    actions = {row[0] for row in rows}
    listed = pandas.read_csv(f"{served.url}/list/Action.csv")
    assert sorted(listed["IRI"]) == sorted(actions)
    table = pandas.read_csv(served.url + _file("csv/actions.csv"))
    assert set(table.iloc[:, 0]) == actions
    about = pandas.read_csv(f"{served.url}/doc/{PATH}.csv")
    expected = held.query(
        f"SELECT DISTINCT ?p ?o WHERE {{ <{ACTION}> ?p ?o }}", use_default_graph_as_union=True
    )
    assert isinstance(expected, QuerySolutions)
    assert sorted(about[["property", "value"]].itertuples(index=False, name=None)) == sorted(
        (_text(row["p"]), _text(row["o"])) for row in expected
    )


def test_sparqldataframe(endpoint: str, rows: list[Row]) -> None:
    """It names its format in the address."""
    assert _frame(sparqldataframe.query(endpoint, QUESTION)) == rows


# SPARQLWrapper

WAYS = {"get": (GET, URLENCODED), "form": (POST, URLENCODED), "direct": (POST, POSTDIRECTLY)}


def _wrapper(endpoint: str, query: str, format: str, way: str = "get") -> SPARQLWrapper:
    wrapper = SPARQLWrapper(endpoint, returnFormat=format)
    method, kind = WAYS[way]
    wrapper.setMethod(method)
    wrapper.setRequestMethod(kind)
    wrapper.setQuery(query)
    return wrapper


def _converted(endpoint: str, query: str, format: str, way: str = "get") -> Any:
    """The answer as SPARQLWrapper converts it: a dict, a document, a graph or bytes."""
    return _wrapper(endpoint, query, format, way).queryAndConvert()


def _elements(found: Document) -> list[Row]:
    """The rows of SPARQL XML (SPARQL Query Results XML Format §2.3)."""
    answer = []
    for result in found.getElementsByTagName("result"):
        bindings = result.getElementsByTagName("binding")
        row = {b.getAttribute("name"): b.firstChild.firstChild for b in bindings if b.firstChild}
        answer.append(tuple(getattr(row.get(name), "data", "") for name in COLUMNS))
    return answer


def _tsv(found: bytes) -> list[Row]:
    """The rows of SPARQL TSV (SPARQL 1.1 Query Results CSV and TSV Formats §4), whose cells are in Turtle."""
    lines = found.decode().splitlines()
    assert lines[0].split("\t") == [f"?{name}" for name in COLUMNS]
    return [tuple(_turtle(cell) for cell in line.split("\t")) for line in lines[1:]]


def _turtle(cell: str) -> str:
    return str(rdflib.util.from_n3(cell)) if cell else ""


READERS: dict[str, Callable[[Any], list[Row]]] = {JSON: _bindings, XML: _elements, CSV: _csv, TSV: _tsv}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("format", READERS)
def test_sparqlwrapper_reads_tables(endpoint: str, rows: list[Row], format: str, way: str) -> None:
    """Each format as SPARQLWrapper converts it."""
    assert READERS[format](_converted(endpoint, QUESTION, format, way)) == rows


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("format", [TURTLE, N3, JSONLD, RDFXML, XML])
def test_sparqlwrapper_reads_graphs(endpoint: str, statements: rdflib.Graph, format: str, way: str) -> None:
    """Turtle as text, the others as a graph."""
    found = _converted(endpoint, STATEMENTS, format, way)
    graph = rdflib.Graph().parse(data=found, format="turtle") if isinstance(found, bytes) else found
    assert set(graph) == set(statements)


@pytest.mark.parametrize("way", WAYS)
def test_sparqlwrapper_asks_yes_or_no_and_describes(
    endpoint: str, statements: rdflib.Graph, way: str
) -> None:
    """ASK in both formats that have it, true and false; DESCRIBE."""
    for query, expected in ((f"ASK {{ <{ACTION}> ?p ?o }}", True), ("ASK { <urn:none> ?p ?o }", False)):
        assert _converted(endpoint, query, JSON, way)["boolean"] is expected
        said = _converted(endpoint, query, XML, way).getElementsByTagName("boolean")[0]
        assert said.firstChild.data == str(expected).lower()
    found = _converted(endpoint, f"DESCRIBE <{ACTION}>", RDFXML, way)
    assert _about_action(found) == set(statements)


def test_sparqlwrapper2_gives_terms(endpoint: str, rows: list[Row]) -> None:
    """The other interface of SPARQLWrapper."""
    wrapper = SPARQLWrapper2(endpoint)
    wrapper.setQuery(QUESTION)
    found: Any = wrapper.query()
    assert [
        tuple(row[name].value if name in row else "" for name in COLUMNS) for row in found.bindings
    ] == rows


# rdflib


def _select(found: Any) -> list[Row]:
    """The rows of a result of rdflib."""
    return [tuple(map(_text, row)) for row in found]


def _store(endpoint: str, method: str, format: str = "xml") -> rdflib.Graph:
    return rdflib.Graph(SPARQLStore(endpoint, method=method, returnFormat=format))


@pytest.mark.parametrize("method", ["GET", "POST", "POST_FORM"])
def test_a_graph_of_rdflib_over_the_endpoint(
    endpoint: str, rows: list[Row], statements: rdflib.Graph, held: Store, method: str
) -> None:
    """Questions, statements that fit a pattern, how many there are, and a graph; SPARQL XML by default."""
    graph = _store(endpoint, method)
    assert _select(graph.query(QUESTION)) == rows
    assert _about_action(graph) == set(statements)
    assert len(graph) == len({(quad.subject, quad.predicate, quad.object) for quad in held})
    assert set(graph.query(STATEMENTS)) == set(statements)


@pytest.mark.parametrize("format", ["json", "csv", "tsv"])
def test_a_graph_of_rdflib_in_other_formats(endpoint: str, rows: list[Row], format: str) -> None:
    """Every format that rdflib reads."""
    assert _select(_store(endpoint, "GET", format).query(QUESTION)) == rows


def test_rdflib_parses_a_thing_from_its_address(served: Served, statements: rdflib.Graph) -> None:
    """By its own Accept, over the redirect, and by each extension: the same document."""
    parsed = rdflib.Graph().parse(f"{served.url}/id/{PATH}")
    assert _about_action(parsed) == set(statements)
    for extension in ("ttl", "jsonld", "nt", "rdf"):
        other = rdflib.Graph().parse(f"{served.url}/doc/{PATH}.{extension}")
        assert to_isomorphic(other) == to_isomorphic(parsed), extension


def test_rdflib_parses_the_ontology_from_the_address_of_a_term(served: Served, held: Store) -> None:
    """Who looks up ``/ns#Action`` asks for ``/ns``, and finds the term there, as every other one."""
    parsed = rdflib.Graph().parse(f"{served.url}/ns#Action")
    terms = {str(s) for s in parsed.subjects() if str(s).startswith(expand("gbv:"))}
    known = {quad.subject.value for quad in held if str(quad.subject).startswith(f"<{expand('gbv:')}")}
    assert terms == known
    assert (rdflib.URIRef(expand("gbv:Action")), rdflib.RDF.type, rdflib.OWL.Class) in parsed


def test_rdflib_asks_through_service(endpoint: str, rows: list[Row]) -> None:
    """SERVICE in a client's own query (SPARQL 1.1 Federated Query §2)."""
    asked = QUESTION.replace("WHERE {", f"WHERE {{ SERVICE <{endpoint}> {{").replace("}\nORDER", "}}\nORDER")
    found = _select(rdflib.Graph().query(asked))
    assert found == rows


# Oxigraph


def test_pyoxigraph_asks_through_service(endpoint: str, rows: list[Row]) -> None:
    """SERVICE, joined with what only the client knows."""
    own = Store()
    own.update(f'INSERT DATA {{ <{ACTION}> <urn:mine> "x" }}')
    found = own.query(
        f"""SELECT ?action ?label WHERE {{ ?action <urn:mine> ?x . SERVICE <{endpoint}> {{
        ?action a <{expand("gbv:Action")}> ; <{expand("rdfs:label")}> ?label }} }}"""
    )
    assert isinstance(found, QuerySolutions)
    expected = sorted((row[0], row[2]) for row in rows if row[0] == ACTION)
    assert sorted((_text(row["action"]), _text(row["label"])) for row in found) == expected


def test_pyoxigraph_loads_a_document(served: Served, statements: rdflib.Graph) -> None:
    """LOAD by its own Accept (it follows no redirect, so it is given the document)."""
    own = Store()
    own.update(f"LOAD <{served.url}/doc/{PATH}>")
    parsed = rdflib.Graph().parse(
        data=own.dump(format=RdfFormat.N_TRIPLES, from_graph=DefaultGraph()), format="nt"
    )
    assert _about_action(parsed) == set(statements)


# Comunica


def comunica(source: str, query: str, format: str = "application/sparql-results+json") -> str:
    node = _tool("node")
    if not COMUNICA.is_file():
        pytest.skip("comunica is not installed: npm ci in tests/clients")
    return _run(node, str(COMUNICA), source, query, "-t", format)


def test_comunica_finds_out_what_it_is_asking(
    served: Served, rows: list[Row], statements: rdflib.Graph
) -> None:
    """It is told an address only, and makes out that this is an endpoint."""
    found = json.loads(comunica(f"{served.url}/sparql", QUESTION))
    assert _bindings(found) == rows
    graph = comunica(f"{served.url}/sparql", STATEMENTS, "application/n-triples")
    assert set(rdflib.Graph().parse(data=graph, format="nt")) == set(statements)


def test_comunica_asks_a_thing(served: Served, rows: list[Row]) -> None:
    """A thing as a source: its IRI leads to the document, and the query runs over that."""
    found = json.loads(comunica(f"{served.url}/id/{PATH}", QUESTION))
    assert _bindings(found) == [row for row in rows if row[0] == ACTION]


# Redland


def roqet(endpoint: str, query: str) -> list[Row]:
    return _csv(_run(_tool("roqet"), "-q", "-p", endpoint, "-r", "csv", "-e", query))


def test_roqet(endpoint: str, rows: list[Row]) -> None:
    """It asks for SPARQL XML."""
    assert roqet(endpoint, QUESTION) == rows


@pytest.mark.parametrize("parser", ["guess", "rdfxml", "turtle", "ntriples"])
def test_rapper(served: Served, statements: rdflib.Graph, parser: str) -> None:
    """A thing by the Accept of each parser, over the redirect."""
    found = _run(_tool("rapper"), "-q", "-i", parser, "-o", "ntriples", f"{served.url}/id/{PATH}")
    assert _about_action(rdflib.Graph().parse(data=found, format="nt")) == set(statements)


# What is too much


ADDRESS = urlencode({"query": EVERYTHING, "format": "csv"})
REFUSED: dict[str, tuple[Callable[[str], object], type[Exception]]] = {
    "SPARQLWrapper": (lambda url: _converted(url, EVERYTHING, JSON), HTTPError),
    "SPARQLWrapper csv": (lambda url: _converted(url, EVERYTHING, CSV, "direct"), HTTPError),
    "pandas": (lambda url: pandas.read_csv(f"{url}?{ADDRESS}"), HTTPError),
    "pyoxigraph": (lambda url: list(_ask_service(url)), OSError),
    "comunica": (lambda url: comunica(url, EVERYTHING), subprocess.CalledProcessError),
    "curl": (lambda url: curl("--fail", f"{url}?{ADDRESS}"), subprocess.CalledProcessError),
    "roqet": (lambda url: roqet(url, EVERYTHING), subprocess.CalledProcessError),
}


def _ask_service(url: str) -> QuerySolutions:
    found = Store().query(f"SELECT * WHERE {{ SERVICE <{url}> {{ {EVERYTHING} }} }}")
    assert isinstance(found, QuerySolutions)
    return found


@pytest.mark.parametrize("client", REFUSED)
def test_no_client_takes_a_part_for_the_whole(endpoint: str, client: str) -> None:
    """An answer over the limit is an error in every client, never a shorter table."""
    ask, error = REFUSED[client]
    with pytest.raises(error) as caught:
        ask(endpoint)
    assert "503" in f"{caught.value} {getattr(caught.value, 'stderr', '')}"
    _close(caught.value)


def test_rdflib_takes_no_part_for_the_whole(endpoint: str) -> None:
    """By GET it raises; by POST rdflib 7.6 returns the refusal in place of a result, and no row."""
    with pytest.raises(ValueError, match="something wrong") as caught:
        _store(endpoint, "GET").query(EVERYTHING)
    refusal = caught.value.__context__
    assert isinstance(refusal, HTTPError)
    assert refusal.code == 503
    _close(refusal)
    returned: Any = _store(endpoint, "POST").query(EVERYTHING)
    assert returned[0] == 503


def _close(error: BaseException | None) -> None:
    """Close the answers that a client left open when it raised."""
    while error is not None:
        if isinstance(error, HTTPError):
            error.close()
        error = error.__cause__ or error.__context__


def test_a_mistake_is_an_error_with_its_place(endpoint: str) -> None:
    """SPARQLWrapper shows what the service says of the query."""
    with pytest.raises(SPARQLWrapperException, match=r"line 2") as caught:
        _wrapper(endpoint, "SELECT *\nWHERE { ?s ?p }", JSON).query()
    _close(caught.value)
