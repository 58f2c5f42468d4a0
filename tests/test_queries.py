"""The catalogue: headers, parameters bound as terms, results."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path

import pytest
import rdflib
from hypothesis import given, settings
from hypothesis import strategies as st
from pyoxigraph import (
    BlankNode,
    Literal,
    NamedNode,
    Quad,
    QueryResultsFormat,
    Store,
    parse,
    parse_query_results,
)
from rdflib.plugins.sparql import prepareQuery

from gbvkg import formats
from gbvkg.errors import BadParameter, ProjectError, UnknownQuery, UsageError
from gbvkg.project import Project
from gbvkg.queries import Catalogue, Parameter, hygiene, read_query
from gbvkg.queries.layout import CELL_WIDTH
from gbvkg.queries.parameters import TYPES, bind
from gbvkg.queries.result import FORMATS, Cell, Column, Result, Row, lexical
from gbvkg.queries.tokens import scan
from gbvkg.vocabulary import LANGUAGES, expand

CATALOGUE = Catalogue(Project.open())

HOSTILE = [
    'zzz")||true||CONTAINS(?v,"',
    "zzz') || true || CONTAINS(?v, '",
    "} #",
    "# comment",
    "> } UNION { ?s ?p ?o",
    "\\u0022 || true",
    "\\\\u0022 || true",
    "\\U00000022",
    "\\",
    '\\"',
    '"""',
    "'''",
    '"@en',
    '"^^<http://www.w3.org/2001/XMLSchema#integer>',
    "a\nb\r\nc\td",
    "\u202eevil\u202c",
    "\x01\x1b[31m\x7f",
    "$value ?value",
    "%22 %0A",
    "javascript:alert(1)",
    "𝄞 é €",
    "",
]

BODY = 'SELECT ?s WHERE { ?s ?p ?v FILTER(CONTAINS(STR(?v), $value) || "$value" = "#") } ORDER BY ?s'


def text_parameter(name: str = "value", **kinds: object) -> Parameter:
    return Parameter(name, str(kinds.pop("type", "string")), {"nl": "x", "en": "x"}, "x", **kinds)  # type: ignore[arg-type]


def some_store() -> Store:
    made = Store()
    for n in range(3):
        made.add(
            Quad(NamedNode(f"http://e.example/{n}"), NamedNode("http://e.example/p"), Literal(f"value {n}"))
        )
    return made


# ── parameters ──


@pytest.mark.parametrize("value", HOSTILE, ids=ascii)
def test_no_text_changes_the_query(value: str) -> None:
    """Whatever the text, the tokens, and rdflib's algebra but for one literal, are those of a harmless
    text.
    """
    term = text_parameter().read(value)
    bound = bind(BODY, {"value": term})
    harmless = bind(BODY, {"value": Literal("harmless")})
    assert [t.kind for t in scan(bound)] == [t.kind for t in scan(harmless)]
    assert algebra(bound).replace(repr(rdflib.Literal(value)), "?") == algebra(harmless).replace(
        repr(rdflib.Literal("harmless")), "?"
    )


@pytest.mark.parametrize("value", HOSTILE, ids=ascii)
def test_a_text_arrives_as_it_was_typed(value: str) -> None:
    """Both engines read back exactly the text, even rdflib, which undoes codepoint escapes before backslash
    pairs.
    """
    bound = bind("SELECT ?v WHERE { BIND($value AS ?v) }", {"value": text_parameter().read(value)})
    assert [row[0].value for row in Store().query(bound)] == [value]  # type: ignore[union-attr]
    assert [str(row[0]) for row in rdflib.Graph().query(bound)] == [value]  # type: ignore[index]


@pytest.mark.parametrize("value", [value for value in HOSTILE if value], ids=ascii)
def test_a_hostile_search_finds_nothing(value: str) -> None:
    """A filter with a hostile text is as strict as with any other text that is nowhere in the data."""
    assert list(some_store().query(bind(BODY, {"value": text_parameter().read(value)}))) == []  # type: ignore[arg-type]


@settings(max_examples=150, deadline=None)
@given(
    st.text(max_size=60).filter(lambda text: "\x00" not in text and not re.search("[\ud800-\udfff]", text))
)
def test_any_text_survives(value: str) -> None:
    """For any text: one string token, and the engine gives it back."""
    bound = bind("SELECT ?v WHERE { BIND($value AS ?v) }", {"value": text_parameter().read(value)})
    assert [row[0].value for row in Store().query(bound)] == [value]  # type: ignore[union-attr]


def algebra(text: str) -> str:
    return repr(prepareQuery(text).algebra)


@pytest.mark.parametrize(
    "value",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "file:///etc/hostname",
        "mailto:a@b.example",
        "action/vap-sg-2020/11",
        "/id/action",
        "//e.example/x",
        "http:x",
        "http://",
        "https://e.example/a b",
        "https://e.example/> } UNION { ?s ?p <https://e.example/",
        'https://e.example/"',
        "https://e.example/{x}",
        "https://e.example/\\u0022",
        "https://e.example/a\nb",
        "https://e.example/\u202egpj.exe",
        "https://e.example/%zz",
        "https://[:::]/x",
        "https://e.example:port/",
        " https://e.example/x",
        "https://e.example/x\n",
        "HTTPS",
        "https://e.example/" + "x" * 3000,
        "",
    ],
    ids=lambda value: ascii(value[:40]),
)
def test_what_is_no_absolute_web_iri_is_refused(value: str) -> None:
    """RFC 3987 syntax, http or https, absolute, no bidirectional controls (§4.1), nothing a query could end
    with.
    """
    with pytest.raises(BadParameter) as caught:
        text_parameter(type="iri").read(value)
    assert "http" in caught.value.nl
    assert "For example: x" in caught.value.en


@pytest.mark.parametrize(
    "value",
    [
        "https://w3id.org/gbvkg/id/action/vap-sg-2020/11",
        "http://themis.vlaanderen.be/id/beleidsveld/187f47a9-98a3-474c-86d4-1cb009d2fc5c",
        "https://e.example",
        "https://é.example/ü?x=1&y=(2)#f",
        "http://[2001:db8::1]:8080/x%20y",
    ],
)
def test_an_absolute_iri_is_one_token(value: str) -> None:
    """A valid IRI is bound as it is."""
    assert bind("$v", {"v": text_parameter(type="iri").read(value)}) == f"<{value}>"


BASE_OF = "https://e.example/"


@pytest.mark.parametrize(
    "value", ["plan/vap-sg-2020", "action/vap-sg-2020/11", "objective/p/OD-1.4", "person/é", "x/%C3%A9"]
)
def test_the_short_form_of_a_table_is_minted_and_bound(value: str) -> None:
    """What a table prints can be typed: <base>id/ is put before it, and it is the same term as the whole
    IRI.
    """
    parameter = text_parameter(type="iri")
    term = parameter.read(value, BASE_OF)
    assert term == parameter.read(f"{BASE_OF}id/{value}", BASE_OF) == NamedNode(f"{BASE_OF}id/{value}")
    assert bind("$v", {"v": term}) == f"<{BASE_OF}id/{value}>"
    with pytest.raises(BadParameter):
        parameter.read(value)  # without a base nothing is minted


@pytest.mark.parametrize(
    "value",
    [
        *(value for value in HOSTILE if "/" in value),
        *(f"plan/{value}" for value in HOSTILE if value not in ("", "javascript:alert(1)", "'''")),
        "javascript:alert(1)",
        "javascript:/x",
        "data:text/html,x",
        "file:///etc/hostname",
        "//e.example/x",
        "/id/action",
        "plan",
        "plan/",
        "plan//x",
        "plan/..",
        "plan/../../x",
        "plan/./x",
        "plan/%2e%2E/x",
        "Plan/x",
        "plan/x?y",
        "plan/x#y",
        "plan/x> } UNION { ?s ?p <https://e.example/",
        "plan/x y",
        "plan/x\n",
        "plan/\u202ex",
        "plan/%zz",
        "plan/" + "x" * 1990,
    ],
    ids=lambda value: ascii(value[:40]),
)
def test_no_short_form_leads_elsewhere(value: str) -> None:
    """The minted IRI is judged like any other: nothing that ends a token, leaves the folder or is too
    long.
    """
    with pytest.raises(BadParameter) as caught:
        text_parameter(type="iri").read(value, BASE_OF)
    assert "soort/kenmerk" in caught.value.nl
    assert "kind/reference" in caught.value.en


def test_a_query_takes_the_short_form_of_its_own_project(tmp_path: Path) -> None:
    """The base is that of the project, and both forms make the same query."""
    query = Catalogue(project_with(tmp_path, {"mine/labels.rq": GOOD})).get("labels")
    assert query.bind({"about": "plan/p"}) == query.bind({"about": "https://e.example/id/plan/p"})
    assert query.terms({"about": "plan/p"}) == {"about": NamedNode("https://e.example/id/plan/p")}


def store_of(*iris: str) -> Store:
    made = Store()
    for iri in iris:
        made.add(Quad(NamedNode(iri), NamedNode(expand("rdf:type")), NamedNode("https://e.example/class")))
    return made


def test_a_thing_that_is_nowhere_is_told_with_near_ones(tmp_path: Path) -> None:
    """Whatever a parameter names and no statement is about, with the nearest things of the same kind."""
    files = {"mine/labels.rq": GOOD.replace("type: iri", "type: iri, kind: plan")}
    query = Catalogue(project_with(tmp_path, files)).get("labels")
    home = "https://e.example/id/"
    store = store_of(f"{home}plan/vap-sg-2020", f"{home}plan/other", f"{home}action/vap-sg-2020/1")
    (absent,) = query.absent(store, {"about": "plan/vap-sg-2021"})
    assert (absent.parameter, absent.iri) == ("about", f"{home}plan/vap-sg-2021")
    assert absent.near == (f"{home}plan/vap-sg-2020",)
    assert absent.nl.endswith("komt in deze release niet voor. Bedoelde u plan/vap-sg-2020?")
    assert absent.en.endswith("plan/vap-sg-2021 is not in this release. Did you mean plan/vap-sg-2020?")
    (few,) = query.absent(store, {"about": "plan/zzz"})
    assert few.en.endswith("Did you mean plan/other or plan/vap-sg-2020?")
    (foreign,) = query.absent(store_of("http://x.example/a/1"), {"about": "http://x.example/a/2"})
    assert foreign.near == ("http://x.example/a/1",)
    (alone,) = query.absent(Store(), {"about": "http://x.example/a/2"})
    assert alone.nl.endswith("niet voor.")


def test_a_thing_that_is_only_an_object_is_known(tmp_path: Path) -> None:
    """A statement that mentions it is enough; without a value there is nothing to know."""
    query = Catalogue(project_with(tmp_path, {"mine/labels.rq": GOOD})).get("labels")
    store = store_of("https://e.example/id/plan/p")
    assert query.absent(store, {"about": "https://e.example/class"}) == []
    assert query.absent(store) == []


@pytest.mark.parametrize(
    "value",
    [
        "2021-02-29",
        "2021-13-01",
        "21-01-01",
        "2021-1-1",
        "20210101",
        "2021-01-01T00:00:00",
        "2021-01-01Z",
        "\u0662\u0660\u0662\u0661-\u0660\u0661-\u0660\u0661",
        "today",
        "",
    ],
)
def test_a_date_is_a_real_day(value: str) -> None:
    """A day that no calendar has, or another spelling, is refused."""
    with pytest.raises(BadParameter):
        text_parameter(type="date").read(value)


@pytest.mark.parametrize("value", ["01", "+1", "-0", "1.0", "1e3", "0x1", "\u0663", "1 ", "", "9" * 30])
def test_an_integer_is_canonical(value: str) -> None:
    """One spelling per number, so that one question has one address."""
    with pytest.raises(BadParameter):
        text_parameter(type="integer").read(value)


@pytest.mark.parametrize(
    ("type_", "value", "written"),
    [
        ("date", "2024-02-29", '"2024-02-29"^^<http://www.w3.org/2001/XMLSchema#date>'),
        ("integer", "-12", '"-12"^^<http://www.w3.org/2001/XMLSchema#integer>'),
        ("integer", "0", '"0"^^<http://www.w3.org/2001/XMLSchema#integer>'),
        ("string", "SD 1", '"SD 1"'),
    ],
)
def test_a_typed_value_is_a_typed_literal(type_: str, value: str, written: str) -> None:
    """Dates and integers carry their datatype."""
    assert bind("$v", {"v": text_parameter(type=type_).read(value)}) == written


@pytest.mark.parametrize("value", ["a\x00b", "a\ud800b", "x" * 2001])
def test_a_text_that_cannot_be_said_is_refused(value: str) -> None:
    """NUL and lone surrogates are in no RDF literal; a very long text is refused too."""
    with pytest.raises(BadParameter) as caught:
        text_parameter().read(value)
    caught.value.en.encode("utf-8")  # and the message itself can be printed


def test_only_parameter_tokens_are_replaced() -> None:
    """A $name in a string, an IRI or a comment, and ?name, stay as they are."""
    text = 'SELECT ?a WHERE { ?a <http://e.example/$a> "$a", \'$a\', """$a""" ; ?b $a } # $a'
    assert bind(text, {"a": Literal("x")}) == text.replace("?b $a", '?b "x"')


def test_unknown_missing_and_bad_parameters_say_what_would_be_right() -> None:
    """Each error names the parameter, in nl and en, with the nearest name, the type and an example."""
    query = CATALOGUE.get("lead-of-action-on-date")
    for values, words in [
        ({"dat": "2021-07-15"}, ('"dat"', '"date"')),
        ({"zzz": "1"}, ("action, date",)),
        ({"date": "15/7/2021"}, ('"date"', "15/7/2021", "2021-07-15")),
    ]:
        with pytest.raises(BadParameter) as caught:
            query.bind(values)
        for word in words:
            assert word in caught.value.nl
            assert word in caught.value.en
    with pytest.raises(BadParameter, match="is missing: give a complete IRI") as caught:
        CATALOGUE.get("action-dossier").bind({})
    assert CATALOGUE.get("action-dossier").required == ["action"]
    assert "of de korte vorm soort/kenmerk" in caught.value.nl
    assert caught.value.nl.endswith("Bijvoorbeeld: action/vap-sg-2020/11"), "as short as it may be typed"


# ── the catalogue ──


def test_every_query_keeps_the_rules() -> None:
    """Both languages for whatever a user reads, prefixes that are all used, and an example that its type
    accepts.
    """
    assert CATALOGUE.names() == sorted(CATALOGUE.names())
    for query in map(CATALOGUE.get, CATALOGUE.names()):
        texts = [query.summary, *(p.summary for p in query.parameters.values())]
        texts += [column.heading for column in query.columns.values()]
        texts += [words for column in query.columns.values() for words in column.values.values()]
        texts += [column.unbound for column in query.columns.values() if column.unbound]
        assert all(text[lang].strip() for text in texts for lang in LANGUAGES)
        assert query.form == "CONSTRUCT" or set(query.columns) == set(query.variables)
        for prefix in re.findall(r"^PREFIX (\S+):", query.text, re.MULTILINE):
            assert len(re.findall(rf"(?<![\w:-]){prefix}:", query.text)) > 1, (
                f"{query.name}: {prefix} is not used"
            )


def test_actions_are_listed_by_number() -> None:
    """1, 2, 10 and not 1, 10, 2: before the IRI of an action stands its number, an integer, in each order."""
    found = 0
    for query in map(CATALOGUE.get, CATALOGUE.names()):
        order = re.findall(r"\?(\w+)", query.text.rpartition("ORDER BY")[2])
        for action, number in (("action", "number"), ("actionA", "numberA"), ("actionB", "numberB")):
            if action in order:
                assert order.index(number) < order.index(action), query.name
                assert f"gbv:number ?{number}" in query.text, query.name
                found += 1
    assert found > 10


@pytest.mark.parametrize(
    ("name", "column"), [("lead-of-action-on-date", "action"), ("claims-without-source", "claim")]
)
def test_action_10_comes_after_action_9(name: str, column: str) -> None:
    """Whatever their IRIs: an order of texts would put 100 before 9."""
    store = Store()
    for number in (100, 9, 10, 1):
        action = NamedNode(f"https://w3id.org/gbvkg/id/action/p/{number}")
        whole = Literal(str(number), datatype=NamedNode(expand("xsd:integer")))
        store.add(Quad(action, NamedNode(expand("rdf:type")), NamedNode(expand("gbv:Action"))))
        store.add(Quad(action, NamedNode(expand("gbv:number")), whole))
    rows = CATALOGUE.run(name, store).records()
    assert [row[column].rpartition("/")[2] for row in rows] == ["1", "9", "10", "100"]


def test_every_shared_heading_is_used() -> None:
    """A heading that no query has any more is removed."""
    folder = Project.open().folder("queries")
    shared = set(re.findall(r"^(\w+):", (folder / "columns.yaml").read_text("utf-8"), re.MULTILINE))
    used = set()
    for path in folder.glob("*/*.rq"):
        if path.parent.name != "rules":
            own = set(
                re.findall(r"^#\+   (\w+):", path.read_text("utf-8").partition("columns:")[2], re.MULTILINE)
            )
            used |= set(read_query(path).variables) - own
    assert shared == used


def test_the_nearest_name_is_suggested() -> None:
    """A typing error in a name gets the name that was meant; a name like no other gets the command that
    lists them.
    """
    with pytest.raises(UnknownQuery, match='Did you mean "latest-status"') as caught:
        CATALOGUE.get("latest-staus")
    assert 'Bedoelde u "latest-status"' in caught.value.nl
    with pytest.raises(UnknownQuery, match="gbvkg query --list"):
        CATALOGUE.get("\x1b[31mxyzzy")


def project_with(tmp_path: Path, files: dict[str, str]) -> Project:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "dataset.yaml").write_text(
        'uriSpace: https://e.example/id/\nversion: "2026.1"\n', "utf-8"
    )
    for name, text in files.items():
        path = tmp_path / "queries" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return Project.open(tmp_path)


GOOD = """\
#+ summary: {nl: Wat is er?, en: What is there?}
#+ parameters:
#+   about: {type: iri, optional: true, summary: {nl: waarover, en: about}, example: "https://e.example/1"}
#+ columns:
#+   value: {nl: waarde, en: value}
#+ stability: stable
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
SELECT ?value WHERE { $about rdfs:label ?value }
ORDER BY ?value
"""


def test_a_project_has_its_own_catalogue(tmp_path: Path) -> None:
    """Adding a file adds a query: no Python changes; rules and checks are not public queries."""
    files = {"mine/labels.rq": GOOD, "rules/x.rq": "not a query", "hygiene/y.rq": "not a check"}
    project = project_with(tmp_path, files)
    assert Catalogue(project).names() == ["labels"]
    query = Catalogue(project).get("labels")
    assert (query.topic, query.base, query.stability) == ("mine", "https://e.example/", "stable")
    with pytest.raises(ProjectError, match=r"y\.rq:1"):
        hygiene(project, Store())


def changed(old: str, new: str) -> str:
    assert old in GOOD
    return GOOD.replace(old, new)


@pytest.mark.parametrize(
    ("text", "line", "word"),
    [
        ("SELECT ?x WHERE { ?x ?y ?z } ORDER BY ?x", 1, "no header"),
        (changed(", en: What is there?", ""), 1, '"summary" lacks the text "en"'),
        (changed("stability", "stabilty"), 6, "meant: stability"),
        (changed("stable", "eternal"), 6, "must be one of: stable, experimental"),
        (changed("type: iri", "type: uri"), 3, "must be one of: iri, string, date, integer"),
        (changed('"https://e.example/1"', "e/1"), 3, "not a complete IRI"),
        (changed(', example: "https://e.example/1"', ""), 3, "lacks an example"),
        (changed("optional: true", "required: false"), 3, "meant:"),
        (changed("#+ columns:", "#+ columns: ["), 6, "not YAML"),
        (changed("#+ stability: stable", "#+ stability: stable\n#+ stability: stable"), 7, "is there twice"),
        (changed("en: value}", "en: value, unbound: {nl: x}}"), 5, "lacks the text"),
        (changed("en: value}", "en: value, apart: {gap: {nl: x, en: x}}}"), 5, 'there is no "gap"'),
        (changed("#+   value:", "#+   walue:"), 5, 'column "walue" is not in the SELECT'),
        (changed("?value WHERE", "?value ?more WHERE"), 4, 'column "more" has no heading'),
        (changed("$about", "$bout"), 8, "$bout is not declared"),
        (changed("$about", "?x"), 3, 'parameter "about" is not used'),
        (
            changed("$about rdfs:label ?value", "$about rdfs:label ?value . ?about ?p ?o"),
            8,
            "?about = $about only",
        ),
        (changed("?value WHERE", "* WHERE"), 8, "name the columns"),
        (changed("ORDER BY ?value", ""), 8, "no ORDER BY"),
        (
            changed("{ $about", "{ SERVICE <http://e.example/> { ?a ?b ?c } $about"),
            8,
            "SERVICE is not allowed",
        ),
        (
            changed("{ $about", "{ service silent <http://e.example/> { ?a ?b ?c } $about"),
            8,
            "service is not allowed",
        ),
        (changed("WHERE {", "FROM <http://e.example/> WHERE {"), 8, "FROM is not allowed"),
        (changed("{ $about", "{ BIND(NOW() AS ?n) $about"), 8, "NOW is not allowed"),
        (
            changed("{ $about", "{ SERV\\u0049CE <http://e.example/> { ?a ?b ?c } $about"),
            8,
            "escape outside a string",
        ),
        (
            changed("SELECT ?value WHERE { $about rdfs:label ?value }\nORDER BY ?value", "DESCRIBE $about"),
            8,
            "no SELECT",
        ),
        (changed("SELECT ?value WHERE", "DELETE"), 8, "no SELECT"),
        (changed("?value }", "?value"), 9, "not valid SPARQL"),
        (changed("http://www.w3.org/2000/01", "https://www.w3.org/2000/01"), 7, "prefix rdfs: is <https"),
        (changed("PREFIX rdfs:", "PREFIX schema:"), 7, "prefix schema:"),
        (changed("#+ stability", "#+ chart: {kind: pie}\n#+ stability"), 6, '"chart.kind" must be one of'),
        (
            changed("#+ stability", "#+ chart: {kind: bar, x: value, y: nothing}\n#+ stability"),
            6,
            'no column "nothing"',
        ),
        (
            changed("#+ stability", "#+ chart: {kind: bar, x: value}\n#+ stability"),
            6,
            'the chart lacks a column for "y"',
        ),
        (
            changed("#+ stability", "#+ chart: {kind: bar, x: value, y: value, serie: value}\n#+ stability"),
            6,
            'there is no "serie"',
        ),
    ],
    ids=lambda value: re.sub(r"\W+", "-", value)[:40] if isinstance(value, str) and "#+" not in value else "",
)
def test_a_broken_file_is_refused_with_its_place(tmp_path: Path, text: str, line: int, word: str) -> None:
    """Every rule of the catalogue has a file that breaks it; the error names file and line, in both
    languages.
    """
    project = project_with(tmp_path, {"mine/labels.rq": text})
    with pytest.raises(ProjectError) as caught:
        Catalogue(project)
    assert f"labels.rq:{line}: " in caught.value.en
    assert f"labels.rq:{line}: " in caught.value.nl
    assert word in caught.value.en


def test_names_are_kebab_case_and_unique(tmp_path: Path) -> None:
    """The file stem is a public name: one query per name, in any topic."""
    project = project_with(tmp_path, {"a/labels.rq": GOOD, "b/labels.rq": GOOD})
    with pytest.raises(ProjectError, match='is called "labels" too'):
        Catalogue(project)
    path = tmp_path / "queries" / "a" / "All_Labels.rq"
    path.write_text(GOOD, "utf-8")
    with pytest.raises(ProjectError, match="kebab-case"):
        read_query(path)


@pytest.mark.parametrize(
    ("extra", "word"),
    [
        ("", "a check has severity"),
        ("#+ severity: warning\n", "a check has severity"),
        ("#+ severity: bad\n", "must be one of: violation, warning, info"),
        ("#+ severity: info\n#+ message: {nl: '{?nowhere}', en: '{?nowhere}'}\n", "no column ?nowhere"),
    ],
)
def test_a_broken_check_is_refused(tmp_path: Path, extra: str, word: str) -> None:
    """A check says how bad its finding is and what to do, and speaks only of columns that it has."""
    text = (
        "#+ summary: {nl: a, en: a}\n" + extra + "#+ columns: {focus: {nl: a, en: a}}\n#+ stability: stable\n"
    )
    project = project_with(
        tmp_path, {"hygiene/check.rq": text + "SELECT ?focus WHERE { ?focus ?p ?o } ORDER BY ?focus\n"}
    )
    with pytest.raises(ProjectError, match=re.escape(word)):
        hygiene(project, Store())


def test_the_union_of_all_graphs_is_asked(tmp_path: Path) -> None:
    """A query without GRAPH sees every named graph; an optional parameter without value is a wildcard."""
    query = Catalogue(project_with(tmp_path, {"mine/labels.rq": GOOD})).get("labels")
    store = Store()
    for n in (2, 1):
        subject, graph = NamedNode(f"https://e.example/{n}"), NamedNode(f"https://e.example/g{n}")
        store.add(Quad(subject, NamedNode(expand("rdfs:label")), Literal(f"label {n}"), graph))
    assert query.run(store).records() == [{"value": "label 1"}, {"value": "label 2"}]
    assert query.run(store, {"about": "https://e.example/2"}).records() == [{"value": "label 2"}]


# ── results ──

IRI = NamedNode("https://w3id.org/gbvkg/id/action/p/1")
ROWS = (
    (IRI, Literal('état, "wit"', language="fr"), Literal("gap")),
    (NamedNode(expand("skos:Concept")), Literal("1.50", datatype=NamedNode(expand("xsd:decimal"))), None),
)
COLUMNS = {
    "z": Column({"nl": "ding", "en": "thing"}),
    "state": Column({"nl": "stand", "en": "state"}, {"gap": {"nl": "hiaat", "en": "gap"}}),
}
RESULT = Result("SELECT", ("z", "a", "state"), ROWS, COLUMNS)


def test_csv_is_sparql_csv() -> None:
    """SPARQL 1.1 CSV: variables as written in the SELECT, CRLF, whole IRIs, lexical forms, codes
    untranslated.
    """
    text = RESULT.serialize("csv")
    assert text.splitlines(keepends=True)[0] == "z,a,state\r\n"
    assert list(csv.reader(io.StringIO(text, newline=""))) == [
        ["z", "a", "state"],
        [IRI.value, 'état, "wit"', "gap"],
        [expand("skos:Concept"), "1.50", ""],
    ]


def test_json_is_sparql_json() -> None:
    """SPARQL 1.1 JSON, which pyoxigraph reads back as the same terms in the same order."""
    text = RESULT.serialize("json")
    assert json.loads(text)["head"]["vars"] == ["z", "a", "state"]
    parsed = parse_query_results(text, format=QueryResultsFormat.JSON)
    assert [tuple(row) for row in parsed] == list(ROWS)  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "rows",
    [(), ((None, None),), *(((Literal(value), None), (IRI, BlankNode("b"))) for value in HOSTILE)],
    ids=ascii,
)
def test_json_is_laid_out_as_the_standard_library_does(rows: tuple[Row, ...]) -> None:
    """Indented by one, for any text, no rows, and a row in which nothing is bound."""
    text = Result("SELECT", ("é", "a"), rows).serialize("json")
    assert text == json.dumps(json.loads(text), ensure_ascii=False, indent=1) + "\n"
    found = json.loads(text)["results"]["bindings"]
    assert [row.get("é", {}).get("value") for row in found] == [row[0] and lexical(row[0]) for row in rows]


@pytest.mark.parametrize("name", sorted(set(formats.RESULTS) - {"table"}))
def test_every_result_format_of_the_table_is_written(name: str) -> None:
    """What the format table lists, a result can be."""
    assert "https://w3id.org/gbvkg/id/action/p/1" in RESULT.serialize(name)


@pytest.mark.parametrize(
    ("lang", "head", "state", "count"), [("nl", "ding", "hiaat", "2 rijen"), ("en", "thing", "gap", "2 rows")]
)
def test_a_table_speaks_the_language_of_the_reader(lang: str, head: str, state: str, count: str) -> None:
    """Headings and states are translated, IRIs shortened, an unnamed column keeps its variable."""
    lines = RESULT.serialize("table", lang).splitlines()
    assert lines[0].split() == [head, "a", "stand" if lang == "nl" else "state"]
    assert lines[2].split()[0] == "action/p/1"
    assert lines[2].endswith(state)
    assert lines[3].split() == ["skos:Concept", "1.50"]
    assert lines[-1] == count


def test_a_table_leaves_out_the_twin_of_another_language() -> None:
    """A reader of Dutch sees labelNl and not labelEn; a column without twin stays; CSV keeps all."""
    result = Result(
        "SELECT", ("labelNl", "labelEn", "partEn"), ((Literal("ja"), Literal("yes"), Literal("part")),)
    )
    assert result.serialize("table", "nl").split()[:2] == ["labelNl", "partEn"]
    assert result.serialize("table", "en").split()[:2] == ["labelEn", "partEn"]
    assert result.serialize("csv", "nl").startswith("labelNl,labelEn,partEn\r\n")


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ((IRI, Literal("gap"), None, None), "hoeveel is niet bekend"),
        ((IRI, Literal("gap"), None, Literal("3")), "3"),
        ((IRI, Literal("gap"), Literal("20"), None), ""),
        ((IRI, None, None, None), ""),
        ((IRI, Literal("gap"), IRI, None), ""),
        ((None, Literal("gap"), None, None), ""),
    ],
    ids=["nothing else", "known", "a number", "no state", "two things", "no thing"],
)
def test_a_row_that_says_nothing_says_what_is_not_known(row: tuple[Cell, ...], said: str) -> None:
    """In a table for eyes, in the column that has words for it; what programs read stays empty."""
    unheld = Column(
        {"nl": "niet opgenomen", "en": "not held"}, {}, {"nl": "hoeveel is niet bekend", "en": "x"}
    )
    result = Result("SELECT", ("z", "state", "n", "unheld"), (row,), {**COLUMNS, "unheld": unheld})
    line = result.serialize("table", "nl").splitlines()[2]
    assert line.endswith(said)
    assert ("niet bekend" in line) == ("niet bekend" in said)
    assert "niet bekend" not in result.serialize("csv") + result.serialize("json")


def test_a_table_wraps_and_shows_what_a_terminal_would_obey() -> None:
    """Long cells go on in the next line, whole; escape sequences and bidirectional controls are shown, not
    sent.
    """
    result = Result("SELECT", ("a", "b"), ((Literal("woord " * 40), Literal("\x1b[31m\u202erood")),))
    text = result.serialize("table", "nl")
    assert text.count("woord") == 40
    assert max(map(len, text.splitlines())) <= CELL_WIDTH + 2 + len("\\u001b[31m\\u202erood")
    assert "\x1b" not in text
    assert "\\u001b[31m\\u202erood" in text
    assert text.endswith("1 rij\n")


def lines_of(result: Result, width: int | None) -> list[str]:
    return result.serialize("table", "nl", width).splitlines()


WIDE = Result(
    "SELECT",
    ("number", "title", "remark", "empty"),
    (
        (Literal("1"), Literal("een lange titel " * 4), Literal("en nog wat woorden " * 3), None),
        (Literal("2"), Literal("kort"), Literal("x" * 90), None),
    ),
)


@pytest.mark.parametrize("width", [40, 60, 80, 120, 200])
def test_a_table_fits_its_terminal_and_loses_nothing(width: int) -> None:
    """Wide columns give way, narrow ones do not; every character is there."""
    lines = lines_of(WIDE, width)
    assert max(map(len, lines)) <= width
    assert lines[0].startswith("number  ")
    letters = "".join(lines).replace(" ", "")
    assert letters.count("x") == 90
    assert "".join(lines).count("titel") + "".join(lines).count("woorden") == 7
    assert lines[-1] == "2 rijen"


def test_without_a_terminal_a_table_is_complete() -> None:
    """In a file or a pipe a table is the same whatever the terminal: cells of CELL_WIDTH, all columns."""
    assert WIDE.serialize("table") == WIDE.serialize("table", "nl", 1000)
    assert max(map(len, lines_of(WIDE, None))) > 2 * CELL_WIDTH


@pytest.mark.parametrize("width", [24, 30, 36])
def test_a_table_too_narrow_to_read_is_a_block_per_row(width: int) -> None:
    """Heading and value beside each other, without what is not there, a line between the rows."""
    lines = lines_of(WIDE, width)
    assert max(map(len, lines)) <= width
    assert lines[0].split() == ["number", "1"]
    assert sum(line == "─" * width for line in lines) == 2
    assert not any(line.startswith("empty") for line in lines)
    assert "".join(lines).count("x") == 90


def test_no_width_is_too_small() -> None:
    """A terminal of one column gets an answer too."""
    for width in (0, 1, 5):
        assert lines_of(WIDE, width)[-1] == "2 rijen"
        assert lines_of(Result("SELECT", ("a",), ()), width)[-1] == "0 rijen"


def test_a_graph_is_turtle_and_a_table_is_not(tmp_path: Path) -> None:
    """A CONSTRUCT is written in every RDF format, sorted; a SELECT as a graph, or a graph as JSON rows, is
    refused.
    """
    graph = Result(
        "CONSTRUCT",
        ("subject", "predicate", "object"),
        ((IRI, NamedNode(expand("rdfs:label")), Literal("x")),),
    )
    for name, row in formats.RDF.items():
        assert len(list(parse(graph.serialize(name), format=row.rdf))) == 1
    assert "@prefix rdfs:" in graph.serialize("ttl")
    assert graph.serialize("csv").startswith("subject,predicate,object\r\n")
    for result, name in ((RESULT, "ttl"), (graph, "json"), (graph, "xml"), (RESULT, "docx"), (graph, "docx")):
        with pytest.raises(UsageError) as caught:
            result.serialize(name)
        assert ", ".join(FORMATS[result.form]) in caught.value.nl
        assert "csv" in caught.value.nl
        assert "csv" in caught.value.en


def test_ask_answers_yes_or_no(tmp_path: Path) -> None:
    """An ASK is one cell in CSV and a boolean in JSON."""
    text = "#+ summary: {nl: Iets?, en: Anything?}\n#+ stability: experimental\nASK { ?s ?p ?o }\n"
    query = Catalogue(project_with(tmp_path, {"mine/anything.rq": text})).get("anything")
    assert json.loads(query.run(Store()).serialize("json")) == {"head": {}, "boolean": False}
    filled = some_store()
    assert json.loads(query.run(filled).serialize("json")) == {"head": {}, "boolean": True}
    assert query.run(filled).serialize("csv") == "answer\r\ntrue\r\n"


def test_each_form_is_written_in_its_formats_and_in_no_other(tmp_path: Path) -> None:
    """``Query.formats`` is what ``serialize`` does, and the error names it before the query runs."""
    header = "#+ summary: {nl: a, en: a}\n#+ columns: {s: {nl: a, en: a}}\n#+ stability: stable\n"
    plain = header.replace("#+ columns: {s: {nl: a, en: a}}\n", "")
    files = {
        "mine/select.rq": header + "SELECT ?s WHERE { ?s ?p ?o } ORDER BY ?s\n",
        "mine/ask.rq": plain + "ASK { ?s ?p ?o }\n",
        "mine/construct.rq": plain + "CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o }\n",
    }
    catalogue = Catalogue(project_with(tmp_path, files))
    assert {catalogue.get(name).form for name in catalogue.names()} == set(FORMATS)
    for query in map(catalogue.get, catalogue.names()):
        answer = query.run(some_store())
        for name in {*formats.RESULTS, *formats.RDF}:
            if name in query.formats:
                query.check_format(name)
                assert answer.serialize(name)
                continue
            with pytest.raises(UsageError, match=re.escape(", ".join(query.formats))):
                query.check_format(name)


def test_a_page_about_a_query_can_be_made_from_its_attributes() -> None:
    """All that a form, a page and an API description show is public, in both languages, for every query."""
    for query in map(CATALOGUE.get, CATALOGUE.names()):
        assert query.stability in ("stable", "experimental")
        assert query.form in FORMATS
        assert re.fullmatch(r"(CQ\d+)?", query.answers)
        assert set(query.summary) == set(query.description) == set(LANGUAGES), query.name
        assert set(query.chart.values()) - {query.chart.get("kind")} <= set(query.variables)
        assert query.form == "CONSTRUCT" or set(query.columns) == set(query.variables)
        assert query.required == [name for name, each in query.parameters.items() if each.required]
        for name, each in query.parameters.items():
            assert (each.name, set(each.summary)) == (name, set(LANGUAGES))
            assert each.type in TYPES
            assert each.read(each.example)
            assert each.required == (each.default is None and not each.optional)


def test_tokens_joined_are_the_text() -> None:
    """The tokeniser loses nothing, in any query file."""
    for path in Project.open().folder("queries").glob("*/*.rq"):
        text = path.read_text("utf-8")
        assert "".join(token.text for token in scan(text)) == text
        assert not [t for t in scan(text) if t.kind == "mark" and t.text in "\"'"]


def test_every_parameter_type_is_explained() -> None:
    """The types of a header are those that a value is read for; each has an example that is refused."""
    wrong = {"iri": "x", "string": "\x00", "date": "x", "integer": "x"}
    assert set(TYPES) == set(wrong)
    for name, value in wrong.items():
        with pytest.raises(BadParameter) as caught:
            text_parameter(type=name).read(value)
        nl, en = TYPES[name]
        assert nl.removeprefix("een ") in caught.value.nl
        assert en in caught.value.en
