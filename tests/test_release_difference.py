"""The difference between two releases: what it finds, and how it says it."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from pyoxigraph import Literal, NamedNode, RdfFormat, parse

from gbvkg.errors import ReleaseCorrupt, UsageError
from gbvkg.release.difference import FORMATS, Diff, compare, diff
from gbvkg.release.manifest import write_manifest
from gbvkg.release.order import ordered
from gbvkg.release.writers import write_nquads
from gbvkg.sources.statement import Place, Statement
from gbvkg.vocabulary import BASE, expand

Row = tuple[str, str, NamedNode | Literal, str]


def iri(local: str) -> NamedNode:
    return NamedNode(expand(local) if ":" in local else f"{BASE}id/{local}")


def row(subject: str, predicate: str, value: NamedNode | Literal, graph: str = "plan/p") -> Row:
    return subject, predicate, value, graph


def text(words: str, lang: str = "nl") -> Literal:
    return Literal(words, language=lang)


def write(path: Path, rows: list[Row]) -> Path:
    statements = [Statement(iri(s), iri(p), o, iri(f"graph/{g}"), Place("test")) for s, p, o, g in rows]
    with path.open("wb") as out:
        write_nquads(ordered(statements), out)
    return path


ONTOLOGY = [
    row("gbv:Action", "rdfs:label", text("Actie"), "ontology"),
    row("gbv:Action", "rdfs:label", text("Action", "en"), "ontology"),
    row("gbv:leadMandatary", "rdfs:label", text("trekker"), "ontology"),
    row("gbv:leadMandatary", "rdfs:label", text("lead", "en"), "ontology"),
    row("gbv:number", "rdfs:label", text("nummer"), "ontology"),
]
OLD = [
    *ONTOLOGY,
    row("person/1", "foaf:name", Literal("Ann A.")),
    row("person/2", "foaf:name", Literal("Bert B.")),
    row("action/p/12", "rdf:type", iri("gbv:Action")),
    row("action/p/12", "rdfs:label", text("Oude titel")),
    row("action/p/12", "gbv:leadMandatary", iri("person/1"), "inferred"),
    row("action/p/12", "gbv:number", Literal("12", datatype=iri("xsd:integer"))),
    row("action/p/12", "gbv:targetsGroup", iri("concept/target-group/children")),
    row("action/p/9", "rdf:type", iri("gbv:Action")),
    row("action/p/9", "rdfs:label", text("Vervallen")),
    row("publication/1", "rdf:type", iri("prov:Activity"), "provenance"),
]
NEW = [
    *ONTOLOGY,
    row("person/1", "foaf:name", Literal("Ann A."), "government"),  # moved to another graph: no change
    row("person/2", "foaf:name", Literal("Bert B.")),
    row("action/p/12", "rdf:type", iri("gbv:Action")),
    row("action/p/12", "rdfs:label", text('Nieuwe "titel"')),
    row("action/p/12", "rdfs:label", text("New title", "en")),
    row("action/p/12", "gbv:leadMandatary", iri("person/2"), "inferred"),
    row("action/p/12", "gbv:number", Literal("012", datatype=iri("xsd:integer"))),  # another lexical form
    row("action/p/100", "rdf:type", iri("gbv:Action")),
    row("action/p/100", "rdfs:label", text("Erbij")),
    row("action/p/100", "gbv:addressesForm", iri("concept/violence-form/SG")),
    row("publication/2", "rdf:type", iri("prov:Activity"), "provenance"),
    row("finding/1", "rdf:type", iri("sh:ValidationResult"), "findings"),
]


@pytest.fixture
def found(tmp_path: Path) -> Diff:
    return compare(write(tmp_path / "old.nq", OLD), write(tmp_path / "new.nq", NEW), "2026.1", "2026.2")


def test_things_are_added_removed_or_changed(found: Diff) -> None:
    """Per subject, in human order; provenance and findings are not data, another graph is no change."""
    end = f"{BASE}id/action/p/"
    assert [change.subject for change in found.changes] == [f"{end}9", f"{end}12", f"{end}100"]
    assert [change.subject for change in found.removed] == [f"{end}9"]
    assert [change.subject for change in found.changed] == [f"{end}12"]
    assert [change.subject for change in found.added] == [f"{end}100"]
    changed = {(each.property, each.language) for each in found.changed[0].properties}
    label = expand("rdfs:label")
    assert changed == {
        (label, "nl"), (label, "en"), (expand("gbv:leadMandatary"), ""), (expand("gbv:number"), ""),
        (expand("gbv:targetsGroup"), ""),
    }  # fmt: skip


def test_the_words_come_from_the_labels(found: Diff) -> None:
    """Things are called as the newer release labels them, else by the end of their IRI."""
    assert found.serialize("text", "nl") == (
        "Van release 2026.1 naar 2026.2: 1 toegevoegd, 1 verwijderd, 1 gewijzigd.\n\n"
        "Actie p/9 (Vervallen): verwijderd\n"
        'Actie p/12 (Nieuwe "titel"): label (en) toegevoegd: "New title"\n'
        'Actie p/12 (Nieuwe "titel"): label (nl) gewijzigd van "Oude titel" naar "Nieuwe \\"titel\\""\n'
        'Actie p/12 (Nieuwe "titel"): trekker gewijzigd van Ann A. naar Bert B.\n'
        'Actie p/12 (Nieuwe "titel"): nummer gewijzigd van 12 naar 012\n'
        'Actie p/12 (Nieuwe "titel"): targetsGroup verwijderd: target-group/children\n'
        "Actie p/100 (Erbij): toegevoegd\n"
    )
    assert "Action p/12 (New title): lead changed from Ann A. to Bert B.\n" in found.serialize("text", "en")


def test_a_foreign_property_has_our_word_and_an_unknown_one_its_prefixed_name(tmp_path: Path) -> None:
    """A label that the release publishes comes first, then the term of the context, then prefix:local."""
    thing = row("action/p/1", "rdf:type", iri("dcat:Dataset"))
    more = [
        thing,
        row("action/p/1", "dct:source", iri("source/s")),
        row("action/p/1", "dct:temporal", text("ooit")),
        row("action/p/1", "dct:issued", text("toen")),
        row("dct:issued", "rdfs:label", text("uitgegeven op"), "ontology"),
    ]
    found = compare(write(tmp_path / "old.nq", [thing]), write(tmp_path / "new.nq", more), "1", "2")
    assert [line.partition(": ")[2] for line in found.words(found.changed[0], "nl")] == [
        'uitgegeven op (nl) toegevoegd: "toen"',
        "source toegevoegd: s",
        'dct:temporal (nl) toegevoegd: "ooit"',
    ]
    assert found.words(found.changed[0], "nl")[0].startswith("Dataset p/1: ")


def release_of(folder: Path, rows: list[Row], version: str) -> Path:
    folder.mkdir()
    write(folder / "dataset.nq", rows)
    facts = {"dataset": "d", "version": version, "issued": "2026-01-01", "tool": "t", "inputs": "i"}
    write_manifest(folder, **facts, quads=len(rows), graphs={}, findings={}, previous=None)
    return folder


@pytest.mark.parametrize("harm", ["changed", "missing", "link", "unlisted"])
@pytest.mark.parametrize("side", [0, 1])
def test_a_release_that_is_not_what_its_manifest_says_is_not_compared(
    tmp_path: Path, side: int, harm: str
) -> None:
    """What is read is held against the checksum of the manifest first, on both sides."""
    both = [release_of(tmp_path / "a", OLD, "2026.1"), release_of(tmp_path / "b", NEW, "2026.2")]
    assert (diff(*both).old, diff(*both).new, len(diff(*both).changes)) == ("2026.1", "2026.2", 3)
    quads = both[side] / "dataset.nq"
    if harm == "changed":
        quads.write_bytes(quads.read_bytes().replace(b"12", b"13"))
    elif harm == "link":
        quads.rename(tmp_path / "elsewhere.nq")
        quads.symlink_to(tmp_path / "elsewhere.nq")
    else:
        quads.unlink()
        if harm == "unlisted":
            facts = {"dataset": "d", "version": "1", "issued": "", "tool": "t", "inputs": "i"}
            write_manifest(both[side], **facts, quads=0, graphs={}, findings={}, previous=None)
            write(quads, NEW)
    with pytest.raises(ReleaseCorrupt, match=r"dataset\.nq was changed or is missing") as caught:
        diff(*both)
    assert both[side].name in caught.value.nl
    assert "is gewijzigd of ontbreekt" in caught.value.nl


SHAPES = """
    @prefix sh: <http://www.w3.org/ns/shacl#> . @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
    @prefix dcat: <http://www.w3.org/ns/dcat#> . @prefix x: <https://x.org/> .
    x:S sh:targetClass dcat:Dataset ; rdfs:label "Gegevensset"@nl , "Data set"@en ;
        sh:property [ sh:path dcat:endDate ; sh:name "Einde"@nl , "End"@en ] .
"""


def release_with_shapes(folder: Path, rows: list[Row], shapes: str) -> Path:
    made = release_of(folder, rows, "1")
    (made / "inputs/shapes").mkdir(parents=True)
    (made / "inputs/shapes/a.ttl").write_text(shapes)
    facts = {"dataset": "d", "version": "1", "issued": "2026-01-01", "tool": "t", "inputs": "i"}
    write_manifest(made, **facts, quads=len(rows), graphs={}, findings={}, previous=None)
    return made


def test_a_foreign_term_is_called_as_the_form_calls_it(tmp_path: Path) -> None:
    """In words and in the table, in both languages; also when only the older release has the shape."""
    thing = [row("dataset/d", "rdf:type", iri("dcat:Dataset"))]
    more = [*thing, row("dataset/d", "dcat:endDate", text("toen"))]
    bare = release_of(tmp_path / "a", thing, "1")
    named = release_with_shapes(tmp_path / "b", more, SHAPES)
    for old, new, kind in ((bare, named, "toegevoegd"), (named, bare, "verwijderd")):
        found = diff(old, new)
        assert found.words(found.changed[0], "nl") == [f'Gegevensset d: Einde (nl) {kind}: "toen"']
        (line,) = csv.DictReader(io.StringIO(found.serialize("csv")))
        assert (line["property_nl"], line["property_en"]) == ("Einde", "End")
        assert json.loads(found.serialize("json"))["changes"][0]["properties"][0]["label"] == {
            "nl": "Einde", "en": "End",
        }  # fmt: skip


def test_shapes_that_are_not_those_of_the_manifest_give_no_words(tmp_path: Path) -> None:
    """Changed, added or a link: nothing of a release that is not what it says; nor what is no Turtle."""
    named = release_with_shapes(tmp_path / "a", NEW, SHAPES)
    shape = named / "inputs/shapes/a.ttl"
    for harm in (
        lambda: shape.write_text(SHAPES.replace("Einde", "Eind")),
        lambda: (shape.write_text(SHAPES), (named / "inputs/shapes/b.ttl").write_text("")),
        lambda: ((named / "inputs/shapes/b.ttl").unlink(), shape.unlink(), shape.symlink_to("/dev/zero")),
    ):
        harm()
        with pytest.raises(ReleaseCorrupt, match="inputs/shapes was changed"):
            diff(named, named)
    broken = release_with_shapes(tmp_path / "b", NEW, "no Turtle")
    with pytest.raises(ReleaseCorrupt, match="inputs/shapes cannot be read"):
        diff(broken, broken)


def test_nothing_changed_is_said(tmp_path: Path) -> None:
    """An empty difference is an answer."""
    path = write(tmp_path / "a.nq", OLD)
    same = compare(path, path, "2026.1", "2026.2")
    assert same.serialize("text", "nl").endswith("0 gewijzigd.\n\nNiets gewijzigd.\n")
    assert same.serialize("text", "en").endswith("0 changed.\n\nNothing changed.\n")
    assert json.loads(same.serialize("json"))["changes"] == []
    assert list(parse(same.serialize("ttl"), format=RdfFormat.TURTLE)) == []


def test_the_json_has_both_languages_and_exact_terms(found: Diff) -> None:
    """For programs: N-Triples terms, and the words for whoever shows them."""
    data = json.loads(found.serialize("json"))
    assert data["counts"] == {"added": 1, "removed": 1, "changed": 1, "withdrawn": 0, "merged": 0}
    change = data["changes"][1]
    assert (change["kind"], change["class"]) == ("changed", expand("gbv:Action"))
    assert change["label"] == {"nl": 'Nieuwe "titel"', "en": "New title"}
    assert len(change["words"]["nl"]) == len(change["words"]["en"]) == len(change["properties"]) == 5
    number = next(each for each in change["properties"] if each["property"] == expand("gbv:number"))
    assert number["removed"] == ['"12"^^<http://www.w3.org/2001/XMLSchema#integer>']


def test_the_csv_has_a_row_per_statement(found: Diff) -> None:
    """All that came and went, safe in a spreadsheet."""
    rows = list(csv.DictReader(io.StringIO(found.serialize("csv"))))
    assert len(rows) == 2 + 8 + 3
    lead = [each for each in rows if each["property_nl"] == "trekker"]
    assert [(each["operation"], each["value"]) for each in lead] == [
        ("removed", f"{BASE}id/person/1"),
        ("added", f"{BASE}id/person/2"),
    ]


def test_the_turtle_can_replay_the_difference(found: Diff) -> None:
    """The changesets hold exactly the statements that came and went."""
    quads = list(parse(found.serialize("ttl"), format=RdfFormat.TURTLE))
    part = {
        name: {q.subject: q.object for q in quads if q.predicate == iri(f"rdf:{name}")}
        for name in ("subject", "predicate", "object")
    }
    for operation, side in (("cs:addition", "added"), ("cs:removal", "removed")):
        lines = [q.object for q in quads if q.predicate == iri(operation)]
        replayed = {tuple(str(part[name][line]) for name in part) for line in lines}
        assert replayed == {
            (f"<{change.subject}>", f"<{each.property}>", str(value))
            for change in found.changes
            for each in change.properties
            for value in getattr(each, side)
        }


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_is_the_same_every_time(found: Diff, tmp_path: Path, name: str) -> None:
    """Same releases, same text."""
    again = compare(
        write(tmp_path / "o.nq", OLD[::-1]), write(tmp_path / "n.nq", NEW[::-1]), "2026.1", "2026.2"
    )
    assert again.serialize(name) == found.serialize(name)


def test_what_cannot_be_compared_is_said(found: Diff, tmp_path: Path) -> None:
    """No release, no file, no such format."""
    with pytest.raises(ReleaseCorrupt, match=r"manifest\.json is missing"):
        diff(tmp_path, tmp_path)
    with pytest.raises(ReleaseCorrupt, match=r"old2\.nq is missing"):
        compare(tmp_path / "old2.nq", tmp_path / "new.nq", "1", "2")
    with pytest.raises(UsageError, match="choose from: text, json, csv, ttl"):
        found.serialize("html")
