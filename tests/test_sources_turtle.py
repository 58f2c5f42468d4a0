"""Turtle sources: pyoxigraph's triples, placed by a scan of the same text."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import rdflib
from hypothesis import given, settings
from hypothesis import strategies as st
from pyoxigraph import BlankNode, Literal, NamedNode, Quad, RdfFormat, parse, serialize

from gbvkg import sources
from gbvkg.project import Project
from gbvkg.sources import turtle_reader
from gbvkg.sources.files import LIMITS
from gbvkg.sources.statement import Statement

ROOT = Path(__file__).parent.parent
PROJECT = Project.open(ROOT)
GRAPH = NamedNode("https://example.org/graph")
BASE = "https://example.org/id/"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"


def read(text: str) -> list[Statement]:
    return turtle_reader.read_turtle(text, "zaak.ttl", BASE, GRAPH, LIMITS)


def _written_at(text: str, offset: int, directives: str) -> Any:
    """The object that a parser finds at ``offset``, or None where a bracket or a blank node label stands."""
    written = ""
    while text[offset : offset + 1] not in ("[", "(") and not text.startswith("_:", offset):
        token = turtle_reader._TOKEN.match(text, offset)
        if token is None or not (
            token.lastgroup in ("skip", "suffix") or written.rstrip().endswith("^^") or not written
        ):
            break
        written += "" if token.lastgroup == "skip" else token[0]
        offset = token.end()
    if not written:
        return None
    document = f"{directives}<urn:s> <urn:p> {written} ."
    return next(iter(parse(document, format=RdfFormat.TURTLE, base_iri=BASE))).object


def check_places(text: str) -> int:
    """Asserts that each triple of ``text`` has a place and that its object is written there."""
    statements = read(text)
    places = turtle_reader.places(text, "zaak.ttl")
    assert len(places) == len(statements)
    starts = [0, *(match.end() for match in re.finditer("\r\n|\r|\n", text))]
    directives = "\n".join(re.findall(r"(?im)^@?(?:prefix|base)\b.*$", text)) + "\n"
    checked = 0
    for statement, place in zip(statements, places, strict=True):
        if statement.predicate.value == f"{RDF}rest" or isinstance(statement.object, BlankNode):
            continue
        found = _written_at(text, starts[place.line - 1] + place.column - 1, directives)
        if found is not None:  # a nil list is written as ( )
            assert found == statement.object, place
            checked += 1
    return checked


FILES = sorted(
    [*(ROOT / "ontology").rglob("*.ttl"), *(ROOT / "data").rglob("*.ttl"), *(ROOT / "shapes").glob("*.ttl")]
)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_places_in_real_files(path: Path) -> None:
    """At the place of each triple of every Turtle file in the project its object is written."""
    assert check_places(path.read_text("utf-8")) > 0


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_two_parsers_find_the_same_triples(path: Path) -> None:
    """pyoxigraph and rdflib read as many triples, and the same ones that have no blank node."""
    text = path.read_text("utf-8")
    graph = rdflib.Graph().parse(data=text, format="turtle", publicID=BASE)
    ours = read(text)
    assert len(graph) == len({s[:3] for s in ours})
    named = {tuple(map(str, s[:3])) for s in ours if not _blank(s)}
    lines = {
        line for line in graph.serialize(format="nt").splitlines() if line and "_:" not in line.split('"')[0]
    }
    assert {
        tuple(map(str, quad))[:3] for line in lines for quad in parse(line, format=RdfFormat.N_TRIPLES)
    } >= {triple for triple in named if "_:" not in " ".join(triple[:2])}


def _blank(statement: Statement) -> bool:
    return isinstance(statement.subject, BlankNode) or isinstance(statement.object, BlankNode)


def test_real_files_were_found() -> None:
    """The tests above had something to test."""
    assert {"gbv.ttl", "reading.ttl", "violence-form.ttl"} <= {path.name for path in FILES}


# --- generated documents ------------------------------------------------------------------------------------

_NAME = st.from_regex(r"[A-Za-z][A-Za-z0-9._-]{0,5}[A-Za-z0-9]", fullmatch=True)
_IRI = st.one_of(
    _NAME.map(lambda n: NamedNode(f"https://example.org/ns#{n}")),
    _NAME.map(lambda n: NamedNode(f"urn:x:{n}")),
)
_LITERAL = st.one_of(
    st.text(st.characters(codec="utf-8"), max_size=12).map(Literal),
    st.tuples(
        st.text(max_size=8).filter(lambda t: max(t, default="a") <= "\ud7ff"),
        st.sampled_from(["nl", "en-GB"]),
    ).map(lambda pair: Literal(pair[0], language=pair[1])),
    st.integers().map(Literal),
    st.booleans().map(Literal),
    st.decimals(allow_nan=False, allow_infinity=False).map(
        lambda d: Literal(f"{d:f}", datatype=NamedNode("http://www.w3.org/2001/XMLSchema#decimal"))
    ),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.builds(Quad, _IRI, _IRI, st.one_of(_IRI, _LITERAL)), max_size=12))
def test_places_in_serialised_graphs(quads: list[Quad]) -> None:
    """Whatever pyoxigraph writes, its scan places, literals with quotes, brackets and line ends included."""
    written = serialize(quads, format=RdfFormat.TURTLE, prefixes={"ex": "https://example.org/ns#"})
    text = (written or b"").decode()
    assert check_places(text) == len(read(text))


_TERM = st.sampled_from(
    ["ex:a", "ex:a.b", "<b>", "<b#(>", '"x"', "'y]'", '"""l"\n."""@nl', "'''m'n'''", '"1"^^ex:t',
     '"2" ^^ <urn:t>',
     "4", "-4.5", "1e3", ".5", "true", '"a\\"b(["', "ex:a\\,b", '"q"@en-GB', "ex:", "()", "_:n", "[]"]
)  # fmt: skip
_SPACE = st.sampled_from([" ", "\n", "\r\n", "\t", " # ( [ \" '\n"])


def _sequence(objects: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    pairs = st.lists(st.tuples(st.lists(objects, min_size=1, max_size=3), _SPACE), min_size=1, max_size=3)
    return pairs.map(lambda rows: " ;".join(f"{s}ex:p{s}{f' ,{s}'.join(os)} " for os, s in rows))


_OBJECT = st.recursive(
    _TERM,
    lambda inner: st.one_of(
        _sequence(inner).map(lambda body: f"[{body}]"),
        st.lists(inner, max_size=3).map(lambda items: f"( {' '.join(items)} )"),
    ),
    max_leaves=8,
)
_SUBJECT = st.one_of(st.sampled_from(["ex:s", "<s>", "_:n", "( 1 ex:b )", "[ ex:p 1 ]"]))
_STATEMENT = st.tuples(_SUBJECT, _sequence(_OBJECT), _SPACE).map(
    lambda row: f"{row[0]}{row[2]}{row[1]};{row[2]}.{row[2]}"
)


@settings(max_examples=300, deadline=None)
@given(st.lists(_STATEMENT, max_size=4), st.booleans())
def test_places_in_nested_text(statements: list[str], old: bool) -> None:
    """Blank node property lists, collections, comments and every spelling of a literal keep their order."""
    head = "@prefix ex: <https://example.org/ns#> .\n" if old else "PREFIX ex: <https://example.org/ns#>\n"
    check_places(head + "".join(statements))


# --- refusals -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "bracket", ["[", "(", "<<(", "<<", "[ <urn:p> ", "( ( ", "{", "ex:a\\#[", '"x" [', "<a#\\u0041>["]
)
def test_deep_nesting_is_refused_without_a_crash(bracket: str) -> None:
    """200,000 open brackets end in one finding; the parser, which would end the process, never sees them."""
    text = "@prefix ex: <urn:x:> . <urn:s> <urn:p> " + bracket * 200_000
    reading = sources.read_content(text.encode(), Path("data/z.ttl"), PROJECT, "data/z.ttl")
    assert reading.statements == []
    assert {f.rule.rpartition("#")[2] for f in reading.findings} <= {"ReadingTooDeep", "ReadingSyntax"}


def test_brackets_in_text_do_not_count() -> None:
    """A label may say (fictief) as often as it likes."""
    lines = [f'<urn:s{n}> <urn:p> "een [ tekst ((" , <urn:x#(> . # [[[' for n in range(200)]
    assert len(read("\n".join(lines))) == 400


def test_syntax_error_has_its_line_and_column() -> None:
    """The finding points at the character that is wrong."""
    reading = sources.read_content(b"<urn:s> <urn:p>\n   foo:a .", Path("data/z.ttl"), PROJECT, "data/z.ttl")
    assert [(f.rule.rpartition("#")[2], f.place) for f in reading.findings] == [
        ("ReadingSyntax", ("data/z.ttl", 2, 4))
    ]


def test_triple_terms_are_refused() -> None:
    """RDF 1.2 triple terms have no place in a dataset of plain triples."""
    text = b"<urn:s> <urn:p> <<( <urn:a> <urn:b> <urn:c> )>> ."
    reading = sources.read_content(text, Path("data/z.ttl"), PROJECT, "data/z.ttl")
    assert [f.rule.rpartition("#")[2] for f in reading.findings] == ["ReadingFormatRefused"]


def test_wrong_literal_is_found_with_its_place() -> None:
    """A date that does not exist is a finding in Turtle too."""
    text = b'<x/s> <urn:p> 1 ;\n  <urn:q> "2026-02-30"^^<http://www.w3.org/2001/XMLSchema#date> .'
    reading = sources.read_content(text, Path("data/z.ttl"), PROJECT, "data/z.ttl")
    assert [(f.rule.rpartition("#")[2], f.place) for f in reading.findings] == [
        ("ReadingWrongType", ("data/z.ttl", 2, 11))
    ]


def test_skolem_iris_depend_on_the_description_only() -> None:
    """In a file of the ontology a blank node gets an IRI that labels, order and other statements do not
    change."""
    one = "<urn:s> <urn:p> [ <urn:q> 1 ; <urn:r> ( 2 3 ) ] ."
    two = "<urn:other> <urn:p> 9 . _:x <urn:r> _:l1 ; <urn:q> 1 . <urn:s> <urn:p> _:x ."
    two += f"_:l1 <{RDF}first> 2 ; <{RDF}rest> _:l2 . _:l2 <{RDF}first> 3 ; <{RDF}rest> <{RDF}nil> ."
    first, second = (turtle_reader.skolemise(read(text), BASE) for text in (one, two))
    assert {s[:3] for s in first} == {s[:3] for s in second if s.subject.value != "urn:other"}
    assert not any(_blank(s) for s in first)


def test_relative_iris_resolve_against_the_project() -> None:
    """As in YAML: kind/reference is a thing of the project."""
    reading = sources.read_content(b"<plan/a> <urn:p> 1 .", Path("data/z.ttl"), PROJECT, "data/z.ttl")
    assert [s.subject.value for s in reading.statements] == [f"{PROJECT.base}id/plan/a"]
