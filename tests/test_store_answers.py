"""What is answered: forms, formats, datasets, descriptions, and what is told when a query is wrong."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import tracemalloc
from pathlib import Path
from xml.etree import ElementTree

import pytest
from pyoxigraph import BlankNode, Literal, NamedNode, Quad, QuerySolutions, RdfFormat, Store, Triple, parse
from store_pool import answered, opened

from gbvkg.errors import FormatMismatch, GbvkgError, QueryError, QueryRefused, QuerySyntax
from gbvkg.formats import RDF, RESULTS
from gbvkg.store import Ask, comma_separated
from gbvkg.store.dataset import Dataset
from gbvkg.store.evaluation import Result, evaluate
from gbvkg.store.frames import Outcome

A, B, C = (NamedNode(f"urn:graph:{name}") for name in "abc")
P, Q, R = (NamedNode(f"urn:p:{name}") for name in "pqr")
LABEL = NamedNode("http://www.w3.org/2000/01/rdf-schema#label")
PREF = NamedNode("http://www.w3.org/2004/02/skos/core#prefLabel")
S, T, U = (NamedNode(f"urn:s:{name}") for name in "stu")
BLANK, DEEPER = BlankNode("one"), BlankNode("two")


@pytest.fixture
def dataset() -> Dataset:
    """Three graphs: S in A, its nested parts in A and B, labels in C."""
    store = Store()
    store.extend(
        [
            Quad(S, P, BLANK, A),
            Quad(BLANK, Q, DEEPER, A),
            Quad(DEEPER, Q, BLANK, B),
            Quad(DEEPER, R, T, B),
            Quad(S, R, Literal("één", language="nl"), B),
            Quad(S, R, Literal("één", language="nl"), C),
            Quad(T, LABEL, Literal("T"), C),
            Quad(P, LABEL, Literal("p"), C),
            Quad(T, PREF, Literal("tee"), C),
            Quad(T, R, U, C),
            Quad(U, R, S, C),
        ]
    )
    return Dataset.with_union(store)


def body(result: Result) -> bytes:
    assert result.outcome is Outcome.ANSWER, result
    return b"".join(result.parts)


def rows(dataset: Dataset, text: str, *, default: tuple[str, ...] | None = None,
         named: tuple[str, ...] | None = None) -> list[str]:  # fmt: skip
    """The first column of a SELECT."""
    answer = body(evaluate(dataset, Ask(text, "csv", None, default, named), 1 << 20)).decode()
    return sorted(row[0] for row in list(csv.reader(io.StringIO(answer)))[1:])


def triples(dataset: Dataset, text: str, **graphs: tuple[str, ...]) -> set[Triple]:
    answer = body(evaluate(dataset, Ask(text, "nt", **graphs), 1 << 20))  # type: ignore[arg-type]
    found = [quad.triple for quad in parse(answer, format=RdfFormat.N_TRIPLES)]
    assert len(found) == len(set(found))
    return set(found)


def shapes(found: set[Triple]) -> set[tuple[str, ...]]:
    """Triples with every blank node alike."""
    return {tuple("_" if isinstance(t, BlankNode) else str(t) for t in triple) for triple in found}


def test_every_format_of_a_select_is_right(dataset: Dataset) -> None:
    """Each result format of the table says the same rows."""
    text = "SELECT ?o { <urn:s:s> <urn:p:r> ?o }"
    parsed = {
        "csv": lambda b: b.decode().split("\r\n")[1],
        "tsv": lambda b: b.decode().split("\n")[1].split('"')[1],
        "json": lambda b: json.loads(b)["results"]["bindings"][0]["o"]["value"],
        "xml": lambda b: ElementTree.fromstring(b).findtext(".//{*}literal"),
    }
    assert set(parsed) == {name for name, row in RESULTS.items() if row.result is not None}
    for name, read in parsed.items():
        assert read(body(evaluate(dataset, Ask(text, name), 1 << 20))) == "één"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("csv", b"true"),
        ("tsv", b"true"),
        ("json", b'{"head":{},"boolean":true}'),
        ("xml", b"<boolean>true</b"),
    ],
)
def test_every_format_of_an_ask_is_right(dataset: Dataset, name: str, expected: bytes) -> None:
    """Also CSV and TSV, which the specification leaves open."""
    result = evaluate(dataset, Ask("ASK { <urn:s:s> ?p ?o }", name), 1 << 20)
    assert result.form == "ASK"
    assert expected in body(result)


@pytest.mark.parametrize("name", RDF)
@pytest.mark.parametrize("text", ["CONSTRUCT WHERE { ?s <urn:p:r> ?o }", "DESCRIBE <urn:s:s>"])
def test_every_format_of_a_graph_is_right(dataset: Dataset, name: str, text: str) -> None:
    """Each RDF format of the table parses back to the same triples."""
    result = evaluate(dataset, Ask(text, "csv", name), 1 << 20)
    found = {quad.triple for quad in parse(body(result), format=RDF[name].rdf)}
    assert shapes(found) == shapes(triples(dataset, text))
    assert result.form == text.split()[0]


def test_a_graph_uses_prefixes_and_only_those_it_needs(dataset: Dataset) -> None:
    """The one prefix table, in every format that has prefixes."""
    text = "CONSTRUCT { ?s <http://www.w3.org/2000/01/rdf-schema#label> ?o } WHERE { ?s ?p ?o } LIMIT 2"
    for name in ("ttl", "trig"):
        answer = body(evaluate(dataset, Ask(text, name), 1 << 20)).decode()
        assert answer.count("@prefix") == 1
        assert " rdfs:label " in answer


def test_a_graph_has_each_triple_once(dataset: Dataset) -> None:
    """Two solutions may construct the same triple, and two graphs hold it."""
    text = "CONSTRUCT { <urn:s:s> <urn:p:p> ?o } WHERE { ?s ?p ?o . ?a ?b ?c }"
    answer = body(evaluate(dataset, Ask(text, "nt"), 1 << 20)).splitlines()
    assert len(answer) == len(set(answer)) == len(set(rows(dataset, "SELECT ?o { ?s ?p ?o }")))


@pytest.mark.parametrize(
    ("text", "select_format", "graph_format", "form"),
    [
        ("SELECT * {}", "ttl", None, "SELECT"),
        ("ASK {}", "nt", "nt", "ASK"),
        ("CONSTRUCT WHERE { ?s ?p ?o }", "json", None, "CONSTRUCT"),
        ("DESCRIBE <urn:s:s>", "json", "csv", "DESCRIBE"),
        ("SELECT * {}", "table", None, "SELECT"),
        ("SELECT * {}", "docx", None, "SELECT"),
    ],
)
def test_a_format_that_does_not_fit(
    small_releases: Path, text: str, select_format: str, graph_format: str | None, form: str
) -> None:
    """The error names the form and the formats that would do."""
    error = refused(small_releases, Ask(text, select_format, graph_format))
    assert isinstance(error, FormatMismatch)
    assert (error.form, error.status) == (form, 406)
    assert ("json, xml" in error.nl) != ("jsonld" in error.nl)


def refused(small_releases: Path, ask: Ask) -> GbvkgError:
    async def run() -> GbvkgError:
        async with opened(small_releases / "2026.1") as pool:
            with pytest.raises(GbvkgError) as caught:
                await pool.ask(ask)
            await pool.ask(Ask("ASK {}", "json"))
            return caught.value

    return asyncio.run(run())


NAMES = "SELECT DISTINCT ?g { GRAPH ?g { ?s ?p ?o } }"
COUNT = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"


def test_the_default_graph_is_the_union(dataset: Dataset) -> None:
    """When nobody names a dataset; a triple in two graphs is one."""
    assert rows(dataset, COUNT) == ["10"]
    assert rows(dataset, NAMES) == [A.value, B.value, C.value]


def test_the_query_names_its_dataset(dataset: Dataset) -> None:
    """FROM and FROM NAMED are not overridden by the union; what is not there is empty."""
    assert rows(dataset, COUNT.replace("{", f"FROM {A} {{", 1)) == ["2"]
    assert rows(dataset, COUNT.replace("{", f"from\n{A}#from\nFrom {B} {{", 1)) == ["5"]
    assert rows(dataset, COUNT.replace("{", "FROM <urn:none> {", 1)) == ["0"]
    assert rows(dataset, NAMES.replace("{", f"FROM {A} {{", 1)) == []
    assert rows(dataset, NAMES.replace("{", f"FROM NAMED {A} {{", 1)) == [A.value]
    assert rows(dataset, COUNT.replace("{", f"FROM NAMED {A} {{", 1)) == ["0"]
    assert rows(dataset, f"PREFIX g: <urn:graph:> {COUNT}".replace("{", "FROM g:a {", 1)) == ["2"]


@pytest.mark.parametrize(
    "text",
    [
        "SELECT ?s { ?s ?p ?o FILTER(?o != 'FROM') }",
        'SELECT ?s { ?s ?p ?o FILTER(?o != """x" FROM <urn:graph:a>""") }',
        "SELECT ?s # FROM <urn:graph:a>\n{ ?s ?p ?o }",
        "SELECT ?from { ?from ?p ?o }",
        "PREFIX from: <urn:p:> SELECT ?s { ?s from:p|!from:from ?o }",
        "SELECT ?s { ?s ?p ?o FILTER(?s != <http://example.org/FROM>) }",
    ],
)
def test_only_a_from_clause_is_one(dataset: Dataset, text: str) -> None:
    """Not a string, a comment, a variable, a name or an IRI with these letters."""
    assert len(rows(dataset, text)) == 10


def test_the_protocol_replaces_what_the_query_names(dataset: Dataset) -> None:
    """SPARQL 1.1 Protocol §2.1.4: one list given is the whole dataset, and what is not there is empty."""
    text = COUNT.replace("{", f"FROM {A} {{", 1)
    assert rows(dataset, text, default=(C.value,)) == ["6"]
    assert rows(dataset, COUNT, default=(A.value, B.value)) == ["5"]
    assert rows(dataset, COUNT, default=("urn:none",)) == ["0"]
    assert rows(dataset, COUNT, named=(B.value,)) == ["0"]
    assert rows(dataset, NAMES, named=(B.value,)) == [B.value]
    assert rows(dataset, NAMES, default=(B.value,)) == []
    assert rows(dataset, NAMES, default=(B.value,), named=(A.value, "urn:none")) == [A.value]
    assert rows(dataset, NAMES, default=(), named=()) == []


def test_a_description_is_bounded_by_iris(dataset: Dataset) -> None:
    """All about S, through blank nodes in any graph and round in circles; labels of all it mentions."""
    found = triples(dataset, "DESCRIBE <urn:s:s>")
    expected = {
        (str(S), str(P), "_"), ("_", str(Q), "_"), ("_", str(R), str(T)), (str(S), str(R), '"één"@nl'),
        (str(T), str(LABEL), '"T"'), (str(T), str(PREF), '"tee"'), (str(P), str(LABEL), '"p"'),
    }  # fmt: skip
    assert shapes(found) == expected
    assert len(found) == len(expected) + 1  # two blank nodes are each other's Q


@pytest.mark.parametrize(
    ("text", "subjects"),
    [
        ("DESCRIBE <urn:s:s> <urn:s:u>", {S, T, P, U}),
        ("PREFIX s: <urn:s:> DESCRIBE s:u", {U}),
        ("BASE <urn:s:> DESCRIBE <urn:s:u>", {U}),
        ("DESCRIBE ?x { ?x <urn:p:r> <urn:s:s> }", {U}),
        ("DESCRIBE ?x ?y WHERE { ?x <urn:p:r> ?y FILTER(?y = <urn:s:s>) }", {U, S, T, P}),
        ("DESCRIBE <urn:s:u> ?x { ?x <urn:p:none> ?y }", {U}),
        ("DESCRIBE * { ?x <urn:p:r> <urn:s:s> }", {U}),
        ("DESCRIBE*{?x <urn:p:r> <urn:s:s>}", {U}),
        ("DESCRIBE ?x VALUES ?x { <urn:s:u> }", {U}),
        ("DESCRIBE ?x { ?x <urn:p:r> ?y } ORDER BY DESC(STR(?x)) LIMIT 1", {U}),
        ("DESCRIBE ?x { ?x <urn:p:r> ?y } GROUP BY ?x HAVING(STR(?x) = 'urn:s:u')", {U}),
        ("describe <urn:s:none>", set()),
        ("DESCRIBE ?x { }", set()),
        ("DESCRIBE ?x", set()),
        ("# DESCRIBE <urn:s:s>\nDESCRIBE <urn:s:u> # FROM <urn:graph:a>", {U}),
        ('DESCRIBE ?x { ?x <urn:p:r> <urn:s:s> FILTER("WHERE {" != "") }', {U}),
        ("DESCRIBE <urn:s:u> FROM <urn:graph:a>", set()),
        ("DESCRIBE <urn:s:u> FROM <urn:graph:c>", {U}),
        ("DESCRIBE ?x FROM NAMED <urn:graph:c> { GRAPH ?g { ?x <urn:p:r> <urn:s:s> } }", {U}),
        ("PREFIX g: <urn:graph:> DESCRIBE <urn:s:s> FROM g:a FROM NAMED g:b WHERE {}", {S}),
    ],
)
def test_what_is_described(dataset: Dataset, text: str, subjects: set[NamedNode]) -> None:
    """IRIs and variables in every form of the grammar; a dataset bounds the description too."""
    found = {triple.subject for triple in triples(dataset, text)}
    assert {term for term in found if not isinstance(term, BlankNode)} == subjects


def test_the_protocols_datasetbounds_a_description(dataset: Dataset) -> None:
    """Its default and its named graphs, and no other."""
    found = triples(dataset, "DESCRIBE <urn:s:s>", default_graphs=(A.value,))
    assert shapes(found) == {(str(S), str(P), "_"), ("_", str(Q), "_")}
    found = triples(dataset, "DESCRIBE <urn:s:s>", default_graphs=(A.value,), named_graphs=(C.value,))
    assert (str(P), str(LABEL), '"p"') in shapes(found)


@pytest.mark.parametrize(
    ("text", "line", "column", "cause"),
    [
        ("SELECT * { ?s ?p ?o", 1, 20, '"}"'),
        ("SELECT *\n{ ?s ?p }", 2, 10, ""),
        ("SELECT * {\n ?s foaf:name ?o }", 2, 5, "foaf:"),
        ("SELECT ?é {\r\n\t?é é:é ?o }", 2, 5, "é:"),
        ("", 1, 1, ""),
        ("INSERT DATA { <urn:a> <urn:b> <urn:c> }", 1, 10, ""),
        ("DESCRIBE ?x WHERE { ?x", 1, 23, ""),
        ("DESCRIBE <urn:x> WHERE { ?x", 1, 28, ""),
        ("DESCRIBE <urn:x>\n{ ?x ?y ?z", 2, 11, '"}"'),
        ("SELECT ?x (COUNT(*) AS ?n) { ?x ?y ?z }", 1, 40, "SELECT"),
        ("SELECT * { ?s ?p <relative> }", 1, 28, "IRI"),
        ('SELECT * { ?s ?p "note: open }', 1, 31, ""),
        ("ASK { ?s ?p '\ud800' }", 1, 14, "Unicode"),
    ],
)
def test_a_wrong_query_is_told_where(
    small_releases: Path, text: str, line: int, column: int, cause: str
) -> None:
    """Line and character from 1, in Dutch and in English, and in one line each."""
    error = refused(small_releases, Ask(text, "json", "ttl"))
    assert isinstance(error, QuerySyntax)
    assert (error.line, error.column, error.status) == (line, column, 400)
    for sentence in (error.nl, error.en):
        assert cause in sentence
        assert f" {line}, " in sentence
        assert "\n" not in sentence
        assert "\\u" not in sentence
        assert len(sentence) < 400
    assert error.nl.startswith("De vraag is geen geldige SPARQL: op regel")


def test_a_known_prefix_is_told_with_the_line_to_add(small_releases: Path) -> None:
    """It can be copied as it is; of a prefix that nobody here knows no more is said than that."""
    error = refused(small_releases, Ask("SELECT * { ?s dct:title ?o }", "json"))
    line = "PREFIX dct: <http://purl.org/dc/terms/>"
    assert error.nl.endswith(f"de prefix dct: is niet gedeclareerd; zet {line} bovenaan de vraag.")
    assert error.en.endswith(f"the prefix dct: is not declared; put {line} at the top of the query.")
    strange = refused(small_releases, Ask("SELECT * { ?s nobody:title ?o }", "json"))
    assert "nobody:" in strange.nl
    assert "PREFIX" not in strange.nl + strange.en


def test_a_function_that_is_not_there(small_releases: Path) -> None:
    """It is named."""
    error = refused(small_releases, Ask("SELECT (<urn:f>(1) AS ?x) {}", "json"))
    assert type(error) is QueryError
    assert "<urn:f>" in error.nl
    assert error.status == 400


@pytest.mark.parametrize("text", ["ASK { SERVICE <http://127.0.0.1:9999/> { ?s ?p ?o } }"])
def test_a_service_is_refused_by_name(small_releases: Path, text: str) -> None:
    """Also when nothing looked at the query before."""
    error = refused(small_releases, Ask(text, "json"))
    assert isinstance(error, QueryRefused)
    assert "SERVICE" in error.nl


def test_a_graph_that_is_no_iri(small_releases: Path) -> None:
    """A parameter of the protocol may be anything."""
    error = refused(small_releases, Ask("ASK {}", "json", None, ("no iri",)))
    assert type(error) is QueryError


FUNCTIONS = (
    "NOW()", "RAND()", "UUID()", "STRUUID()", "BNODE()", "IRI('urn:x')", "SHA512('x')", "MD5('x')",
    "REGEX('x', 'X', 'i')", "REPLACE('x', 'x', 'y')", "UCASE('é')", "ENCODE_FOR_URI('é')", "TZ(NOW())",
    "STRDT('1', <http://www.w3.org/2001/XMLSchema#integer>)", "STRLANG('x', 'nl')", "1 / 3",
    "<http://www.w3.org/2001/XMLSchema#dateTime>('2026-01-01T00:00:00Z')",
)  # fmt: skip


def test_every_kind_of_function_works_behind_the_walls(small_releases: Path) -> None:
    """Chance, the clock, hashes and expressions need nothing that was taken from a worker."""
    asks = [Ask(f"SELECT ({function} AS ?x) {{}}", "csv") for function in FUNCTIONS]
    for answer, function in zip(answered(small_releases / "2026.1", *asks), FUNCTIONS, strict=True):
        assert isinstance(answer.body, bytes)
        assert len(answer.body.splitlines()[1]) > 0, function


def test_the_form_is_told_over_the_line(small_releases: Path) -> None:
    """As the worker read it, with a prologue and comments before."""
    texts = {
        "SELECT": "PREFIX a: <urn:a:> # SELECT\nSELECT * {}",
        "ASK": "BASE <urn:x:y> ask {}",
        "CONSTRUCT": "CONSTRUCT {} WHERE {}",
        "DESCRIBE": 'VERSION "1.2" PREFIX : <urn:> DESCRIBE :x',
    }
    answers = answered(small_releases / "2026.1", *(Ask(text, "json", "ttl") for text in texts.values()))
    assert [answer.form for answer in answers] == list(texts)


COLUMNS = {
    "SELECT * { ?z ?p ?a }": "z p a",
    "SELECT DISTINCT * { $z ?p $a . ?z ?q ?a }": "z p a q",
    "SELECT*{?z?p?a}": "z p a",
    "PREFIX a: <urn:p:> SELECT * { ?z a:r/a:r* ?a OPTIONAL { ?m a:r+ ?b } }": "z a m b",
    'SELECT * # ?a first?\n { <urn:s:s#?b> ?p ?z . FILTER(\'?a\' != """?b""") BIND(1 AS ?a) }': "p z a",
    "SELECT * { BIND(1 AS ?z) BIND(?unbound AS ?b) }": "z b",
    "SELECT * { VALUES (?z ?c) { (1 2) } ?b ?a ?y }": "z c b a y",
    "SELECT * { ?z ?p ?a } VALUES ?b { 1 }": "z p a b",
    "SELECT * { { SELECT ?z (COUNT(?c) AS ?a) { ?z ?b ?c } GROUP BY ?z } ?z ?y ?x }": "z a y x",
    "SELECT * { { SELECT * { ?z ?b ?a } ORDER BY ?a } }": "z b a",
    "SELECT * { ?z ?p ?a MINUS { ?q ?r ?s } FILTER EXISTS { ?n ?m ?z } }": "z p a",
    "SELECT * { { ?z ?p ?a } UNION { ?y ?p ?b } } ORDER BY ?b ?nothing LIMIT 3": "z p a y b",
    "SELECT * { GRAPH ?g { _:n ?z ?a } }": "g z a",
    "SELECT * FROM <urn:graph:a> FROM NAMED <urn:graph:b> { ?z ?p ?a }": "z p a",
    "SELECT * { ?\u00e9\u0301 ?a\u00b7b ?a }": "\u00e9\u0301 a\u00b7b a",
    "SELECT * {}": "",
    "SELECT ?b ?a { ?a ?p ?b }": "b a",
}
"""Query → the names of its columns."""


@pytest.mark.parametrize("text", COLUMNS)
def test_columns_stand_in_the_order_of_the_query(dataset: Dataset, text: str) -> None:
    """In every format, for the same variables and the same rows as the engine gives by itself."""
    expected = COLUMNS[text].split()

    def told(result_format: str) -> bytes:
        return body(evaluate(dataset, Ask(text, result_format), 1 << 20))

    tree = ElementTree.fromstring(told("xml"))
    name = "{http://www.w3.org/2005/sparql-results#}variable"
    assert json.loads(told("json"))["head"]["vars"] == expected
    assert [element.attrib["name"] for element in tree.iter(name)] == expected
    assert told("csv").decode().splitlines()[0].split(",") == (expected or [""])
    assert told("tsv").decode().splitlines()[0].split("\t") == ([f"?{n}" for n in expected] or [""])
    found = dataset.store.query(text)
    assert isinstance(found, QuerySolutions)
    assert sorted(expected) == sorted(variable.value for variable in found.variables)
    assert len(json.loads(told("json"))["results"]["bindings"]) == len(list(found))


@pytest.mark.parametrize(
    "text", ["ASK { SELECT * { ?z ?p ?a } }", "CONSTRUCT { ?z ?p ?a } { SELECT * { ?z ?p ?a } }"]
)
def test_a_star_within_another_form_is_left_alone(dataset: Dataset, text: str) -> None:
    """It has no columns."""
    assert body(evaluate(dataset, Ask(text, "json", graph_format="nt"), 1 << 20))


def test_a_fault_after_a_star_is_told_at_its_own_place(dataset: Dataset) -> None:
    """What the user wrote is what is judged, not what is made of it."""
    result = evaluate(dataset, Ask("SELECT * { ?z ?p ?a }\nGROUP BY ?z", "json"), 1 << 20)
    assert result.outcome is Outcome.SYNTAX
    assert result.details["line"] == 2


COMMA = 'SELECT (<urn:a,b> AS ?x) (1 AS ?y) ("q\\"," AS ?z) ?u ("l\\n,m"@nl AS ?v) {}'


def test_an_iri_with_a_comma_is_one_field_of_csv(dataset: Dataset) -> None:
    """RFC 4180 §2.6: the engine leaves it unquoted, which would make two of it."""
    assert body(evaluate(dataset, Ask(COMMA, "csv"), 1 << 20)).decode() == (
        'x,y,z,u,v\r\n"urn:a,b",1,"q"",",,"l\n,m"\r\n'
    )
    one = body(evaluate(dataset, Ask("SELECT (<urn:a,b> AS ?x) {}", "csv"), 1 << 20))
    assert one == b'x\r\n"urn:a,b"\r\n'


def test_such_an_answer_is_not_larger_than_allowed(dataset: Dataset) -> None:
    """What was written in vain does not count; what is written does."""
    size = len(body(evaluate(dataset, Ask(COMMA, "csv"), 1 << 20)))
    assert evaluate(dataset, Ask(COMMA, "csv"), size).outcome is Outcome.ANSWER
    assert evaluate(dataset, Ask(COMMA, "csv"), size - 1).outcome is Outcome.TOO_LARGE


@pytest.mark.parametrize(
    "text",
    [
        "SELECT ?g ?s ?p ?o { GRAPH ?g { ?s ?p ?o } } ORDER BY ?g ?s ?p ?o",
        "SELECT ?s ?none { ?s ?p ?o } ORDER BY ?s",
        "SELECT ?none {}",
        "SELECT * {}",
        "SELECT ?a { VALUES ?a { '' ',' '\"' '\\r\\n' '\\r' ' ' 1.5 true 'x'@nl } }",
    ],
)
def test_our_csv_is_that_of_the_engine_where_it_is_right(dataset: Dataset, text: str) -> None:
    """Byte for byte, so that nobody can tell which of the two wrote it."""
    theirs = body(evaluate(dataset, Ask(text, "csv"), 1 << 20))
    found = dataset.store.query(text)
    assert isinstance(found, QuerySolutions)
    assert comma_separated.is_table([theirs], len(found.variables))
    ours = io.BytesIO()
    comma_separated.write(found, ours)
    assert ours.getvalue() == theirs


@pytest.mark.parametrize("size", [1, 7, 100_000])
def test_a_table_is_looked_through_without_a_copy_of_the_whole(size: int) -> None:
    """Wherever the parts are cut, within letters too; memory stays far below the size of the answer."""
    text = ("één,twee\r\n" + '"a\r\nb","""é"""\r\n' * 2000).encode()
    parts = [text[at : at + size] for at in range(0, len(text), size)]
    assert comma_separated.is_table(parts, 2)
    assert not comma_separated.is_table([*parts, b"a,b,c\r\n"], 2)
    row = b"x" * 99 + b",y\r\n"
    tracemalloc.start()
    try:
        assert comma_separated.is_table((row * 1000 for _ in range(200)), 2)
        assert tracemalloc.get_traced_memory()[1] < 2_000_000
    finally:
        tracemalloc.stop()


def test_a_triple_term_does_not_break_a_row_of_csv(dataset: Dataset) -> None:
    """RDF 1.2: what is inside it may have quotes, commas and lines of its own."""
    text = 'SELECT ?a ?b { VALUES (?a ?b) { ("one" <<( <urn:a> <urn:p> "x\\nfalse,row" )>>) } }'
    answer = body(evaluate(dataset, Ask(text, "csv"), 1 << 20)).decode()
    assert [len(row) for row in csv.reader(io.StringIO(answer, newline=""))] == [2, 2]
