"""The writers: same quads, same bytes; and every format says the same as every other."""

from __future__ import annotations

import gzip
import io
import json
import random
from pathlib import Path
from typing import Any

import pytest
import rdflib
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st
from pyld import jsonld as pyld
from pyoxigraph import BlankNode, Literal, NamedNode, Quad, RdfFormat, parse

from gbvkg import formats
from gbvkg.errors import ReleaseError
from gbvkg.release import jsonld, writers
from gbvkg.release.order import natural, ordered, union
from gbvkg.release.writers import WRITERS, write_gzip, write_zstandard
from gbvkg.sources.statement import Place, Statement
from gbvkg.vocabulary import BASE, context, expand

NOWHERE = Place("test.yaml", 1, 1)
XSD = "http://www.w3.org/2001/XMLSchema#"
GRAPHS = [NamedNode(f"{BASE}id/graph/plan/p{n}") for n in (1, 2)]


def iri(local: str) -> NamedNode:
    return NamedNode(expand(local) if local.partition(":")[0] in context() else local)


def statement(s: str, p: str, o: NamedNode | Literal, graph: NamedNode = GRAPHS[0]) -> Statement:
    return Statement(NamedNode(f"{BASE}id/{s}"), iri(p), o, graph, NOWHERE)


def typed(lexical: str, datatype: str) -> Literal:
    return Literal(lexical, datatype=NamedNode(XSD + datatype))


SAMPLE = [
    statement("action/p/2", "rdf:type", iri("gbv:Action")),
    statement("action/p/2", "rdf:type", NamedNode("https://example.org/other/Kind")),
    statement("action/p/2", "rdfs:label", Literal("Twee", language="nl")),
    statement("action/p/2", "rdfs:label", Literal("Deux", language="nl")),
    statement("action/p/2", "rdfs:label", Literal("Two", language="en")),
    statement("action/p/2", "rdfs:label", Literal("without a language")),
    statement("action/p/2", "rdfs:label", typed("7", "integer")),
    statement("action/p/2", "gbv:number", typed("2", "integer")),
    statement("action/p/2", "gbv:number", typed("02", "integer")),
    statement("action/p/2", "gbv:number", typed("99999999999999999999", "integer")),
    statement("action/p/2", "gbv:value", typed("12345.00", "decimal")),
    statement("action/p/2", "gbv:value", typed("1.5E0", "double")),
    statement("action/p/2", "gbv:isCompleteList", typed("true", "boolean")),
    statement("action/p/2", "gbv:isCompleteList", typed("0", "boolean")),
    statement("action/p/2", "dcat:startDate", typed("2025-12-17", "date")),
    statement("action/p/2", "dcat:startDate", typed("2025", "gYear")),
    statement("action/p/2", "dcat:startDate", Literal("ooit", language="nl")),
    statement("action/p/2", "gbv:actionOf", NamedNode(f"{BASE}id/plan/p")),
    statement("action/p/2", "gbv:actionOf", Literal("a text where a thing belongs")),
    statement("action/p/2", "gbv:addressesForm", NamedNode(f"{BASE}id/concept/violence-form/SG")),
    statement("action/p/2", "gbv:addressesForm", NamedNode("https://example.org/form/a:b")),
    # The last segments are terms of the context: short, they would be read as those terms.
    statement("action/p/2", "gbv:unit", NamedNode(f"{BASE}id/concept/unit/number")),
    statement("action/p/2", "gbv:direction", NamedNode(f"{BASE}id/concept/direction/key")),
    statement("action/p/2", "gbv:inPhase", NamedNode(f"{BASE}id/concept/chain-phase/")),
    statement("action/p/2", "skos:notation", Literal("OD 1.4")),
    statement("action/p/2", "skos:notation", Literal("OD", language="nl")),
    statement("action/p/2", "skos:notation", NamedNode("urn:uuid:1")),
    statement("action/p/2", "https://example.org/p/q#r", Literal('a "quoted" \\ <tag> & \r\n\ttail .\n')),
    statement("action/p/2", "https://example.org/p/zonder", Literal("", language="nl")),
    statement("action/p/2", "skos:note", Literal("Brusselse é ✓ \u2028 𝄞 ]]> {@nl}", language="nl-be")),
    statement("action/p/10", "rdf:type", iri("gbv:Action"), GRAPHS[1]),
    statement("action/p/10", "gbv:continues", NamedNode(f"{BASE}id/action/p/2"), GRAPHS[1]),
    statement("action/p/2", "rdf:type", iri("gbv:Action"), GRAPHS[1]),
    statement("untyped", "gbv:hasIndicator", NamedNode(f"{BASE}id/indicator/p/2/a"), GRAPHS[1]),
]


def written(name: str, statements: list[Statement]) -> bytes:
    quads = ordered(statements)
    out = io.BytesIO()
    WRITERS[name](quads if formats.RDF[name].named_graphs else union(quads), out)
    return out.getvalue()


def expected(name: str, statements: list[Statement]) -> set[Quad]:
    if formats.RDF[name].named_graphs:
        return {Quad(*row[:4]) for row in statements}
    return {Quad(*row[:3]) for row in statements}


def test_every_rdf_format_has_a_writer() -> None:
    """All but N-Triples, which would say nothing that N-Quads does not."""
    assert set(WRITERS) == set(formats.RDF) - {"nt"}


@pytest.mark.parametrize("name", WRITERS)
def test_the_order_of_the_input_does_not_show(name: str) -> None:
    """Same statements in any order, with doubles: same bytes."""
    first = written(name, SAMPLE)
    for seed in range(5):
        shuffled = SAMPLE + SAMPLE[:7]
        random.Random(seed).shuffle(shuffled)
        assert written(name, shuffled) == first


@pytest.mark.parametrize("name", WRITERS)
def test_pyoxigraph_reads_back_the_same_quads(name: str) -> None:
    """Every term comes back with its lexical form, language and datatype."""
    found = set(parse(written(name, SAMPLE), format=formats.RDF[name].rdf))
    assert found == expected(name, SAMPLE)


@pytest.mark.parametrize("name", WRITERS)
def test_pyoxigraph_reads_back_nothing(name: str) -> None:
    """An empty dataset is a readable file."""
    assert list(parse(written(name, []), format=formats.RDF[name].rdf)) == []


RDFLIB = {"trig": "trig", "nq": "nquads", "ttl": "turtle", "jsonld": "json-ld", "rdf": "xml"}


def rdflib_quads(data: bytes, syntax: str) -> set[tuple[Any, ...]]:
    dataset = rdflib.Dataset()
    dataset.parse(data=data, format=syntax)
    return {(s, p, o, g if isinstance(g, rdflib.URIRef) else None) for s, p, o, g in dataset.quads()}


@pytest.mark.filterwarnings("ignore::DeprecationWarning:rdflib")
@pytest.mark.parametrize("name", WRITERS)
def test_rdflib_reads_back_the_same_quads(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second library agrees (told to keep lexical forms, which it changes by default)."""
    monkeypatch.setattr(rdflib, "NORMALIZE_LITERALS", False)
    monkeypatch.setattr(rdflib.term, "_toPythonMapping", {})
    # Whatever it is told, it reads the bare number 02 of Turtle and TriG as 2.
    sample = [row for row in SAMPLE if row.object != typed("02", "integer")]
    found, wanted = (
        rdflib_quads(written(name, sample), RDFLIB[name]),
        rdflib_quads(written("nq", sample), "nquads"),
    )
    if formats.RDF[name].named_graphs:
        assert found == wanted
    else:
        assert {quad[:3] for quad in found} == {quad[:3] for quad in wanted}


def test_pyld_reads_back_the_same_quads() -> None:
    """The JSON-LD reference processor agrees, without any document loader: the file needs no network."""

    def no_loader(url: str, options: object) -> None:
        raise AssertionError(url)

    document = json.loads(written("jsonld", SAMPLE))
    lines = pyld.to_rdf(document, {"format": "application/n-quads", "documentLoader": no_loader})
    assert set(parse(lines, format=RdfFormat.N_QUADS)) == expected("jsonld", SAMPLE)


def test_json_ld_uses_the_terms_of_the_fiches() -> None:
    """What the YAML sources call a thing, the published JSON calls it."""
    document = json.loads(written("jsonld", SAMPLE))
    assert document["@context"] == context()
    graph = document["@graph"][0]
    node = graph["@graph"][0]
    assert graph["id"] == GRAPHS[0].value
    assert node["type"] == ["https://example.org/other/Kind", "Action"]
    assert node["label"] == {"nl": ["Deux", "Twee"], "en": "Two", "@none": "without a language"}
    assert node["number"] == ["02", 2, "99999999999999999999"]
    assert node["startDate"] == "2025-12-17"
    assert node["addressesForm"] == ["https://example.org/form/a:b", "SG"]
    assert node["unit"] == f"{BASE}id/concept/unit/number"


def test_json_ld_refuses_what_it_cannot_say() -> None:
    """``time:now`` would be read as a name in the namespace of the prefix ``time``."""
    row = Quad(NamedNode("time:now"), iri("rdfs:label"), Literal("x"), GRAPHS[0])
    with pytest.raises(ReleaseError, match="is a prefix of the context"):
        jsonld.write([row], io.BytesIO())


@pytest.mark.parametrize(
    ("predicate", "value"),
    [("https://example.org/p/12", "x"), ("rdfs:label", "bell \x07"), ("rdfs:label", "\ufffe")],
)
def test_rdf_xml_refuses_what_it_cannot_say(predicate: str, value: str) -> None:
    """No file that its reader would refuse or change."""
    with pytest.raises(ReleaseError, match="cannot be written as RDF/XML") as caught:
        written("rdf", [statement("a", predicate, Literal(value))])
    assert "kan niet als RDF/XML" in caught.value.nl


def test_blank_nodes_and_directions_are_refused_with_their_place() -> None:
    """Nothing published has a blank node."""
    row = SAMPLE[0]
    rows = [
        row._replace(subject=BlankNode("b")),
        row._replace(object=BlankNode("b")),
        row._replace(object=next(parse('<a:a> <a:b> "x"@ar--rtl .', format=RdfFormat.N_TRIPLES)).object),
    ]
    for bad in rows:
        with pytest.raises(ReleaseError, match=r"test\.yaml:1:1: .* cannot be published"):
            ordered([bad])


def test_nquads_are_canonical() -> None:
    """Lines in code point order, one spelling per term, no empty line (RDFC-1.0, canonical N-Quads)."""
    odd = Literal('\x08\t\n\x0b\x0c\r"\\\x1f\x7f\x80é')
    text = written("nq", [*SAMPLE, statement("z", "rdfs:label", odd)])
    lines = text.decode().split("\n")
    assert lines[-1] == ""
    assert lines[:-1] == sorted(set(lines[:-1]))
    assert r'"\b\t\n\u000B\f\r\"\\\u001F\u007F' + '\x80é"' in text.decode()


def test_turtle_is_readable() -> None:
    """Prefixes, "a" first, one empty line between subjects, things in human order."""
    text = written("ttl", SAMPLE).decode()
    assert f"<{BASE}id/action/p/2> a <https://example.org/other/Kind> , gbv:Action ;\n" in text
    assert text.index(f"\n\n<{BASE}id/action/p/2> a") < text.index(f"\n\n<{BASE}id/action/p/10> a")
    assert "\n\n\n" not in text
    names = [line.split()[1] for line in text.splitlines() if line.startswith("@prefix")]
    assert names == ["dcat:", "gbv:", "rdfs:", "skos:", "xsd:"]
    assert text.endswith(" .\n")


@pytest.mark.parametrize("name", ["ttl", "trig"])
def test_a_prefix_that_only_the_first_subject_has_is_declared(name: str) -> None:
    """The first line of Turtle has nothing in front of it, and is still read back."""
    row = statement("x", "rdf:type", NamedNode("https://example.org/Kind"))
    rows = [row._replace(subject=NamedNode(expand("skos:Concept")))]
    text = written(name, rows)
    assert set(parse(text, format=formats.RDF[name].rdf)) == expected(name, rows)
    assert b"@prefix skos:" in text


def test_a_long_file_is_written_as_a_short_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the pieces end that a file is written in does not show."""
    whole = {name: written(name, SAMPLE) for name in WRITERS}
    for size in (1, 2, 50):
        monkeypatch.setattr(writers, "_ROWS", size)
        monkeypatch.setattr(writers, "_BYTES", size)
        assert {name: written(name, SAMPLE) for name in WRITERS} == whole


def test_natural_order_is_total() -> None:
    """9 before 10, and two spellings of a number still have one order."""
    assert sorted(["a/10", "a/9", "a/09", "a"], key=natural) == ["a", "a/09", "a/9", "a/10"]


def test_compressed_copies_depend_on_the_content_only(tmp_path: Path) -> None:
    """No file name, time or system inside; and they unpack to the original."""
    copies = []
    for folder in ("a", "b"):
        path = tmp_path / folder / f"{folder}.nq"
        path.parent.mkdir()
        path.write_bytes(written("nq", SAMPLE))
        copies.append((write_gzip(path).read_bytes(), write_zstandard(path).read_bytes()))
    assert copies[0] == copies[1]
    assert gzip.decompress(copies[0][0]) == written("nq", SAMPLE)
    assert zstandard.ZstdDecompressor().decompress(copies[0][1]) == written("nq", SAMPLE)


NOT_IN_XML = "\ufffe\uffff" + "".join(map(chr, [*range(9), 11, 12, *range(14, 32)]))
_TEXT = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters=NOT_IN_XML),
    max_size=12,
)
_LITERALS = st.one_of(
    _TEXT.map(Literal),
    st.builds(lambda text, tag: Literal(text, language=tag), _TEXT, st.sampled_from(["nl", "en", "nl-be"])),
    st.builds(typed, _TEXT, st.sampled_from(["integer", "decimal", "boolean", "date", "string", "anyURI"])),
    st.integers().map(lambda number: typed(str(number), "integer")),
)
_TERMS = sorted(name for name, row in context().items() if isinstance(row, dict))
_PREDICATES = st.sampled_from(
    sorted({str(row["@id"]) for row in context().values() if isinstance(row, dict) and "@id" in row})
)
_CONCEPTS = st.builds(
    lambda kind, local: NamedNode(f"{BASE}id/concept/{kind}/{local}"),
    st.sampled_from(["unit", "verdict", "violence-form"]),
    st.sampled_from([*_TERMS, "", "SG", "a:b", "a/b", "a%20b", ".", "..", "é", "@id", "id", "type"]),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(_PREDICATES, st.one_of(_LITERALS, _CONCEPTS)), max_size=8))
def test_any_text_survives_every_format(pairs: list[tuple[str, NamedNode | Literal]]) -> None:
    """Property: what goes in comes out, in all formats, for any term of the context and any value."""
    rows = [statement("action/p/1", predicate, value) for predicate, value in pairs]
    for name in WRITERS:
        assert set(parse(written(name, rows), format=formats.RDF[name].rdf)) == expected(name, rows)
