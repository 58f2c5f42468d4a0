"""CSV per class: exact, ordered, safe in a spreadsheet, and described well enough to be read back."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import Literal, NamedNode, Quad

from gbvkg.errors import ReleaseError
from gbvkg.release.fields import Fields
from gbvkg.release.jsonld import Context
from gbvkg.release.labels import Labels
from gbvkg.release.order import ordered, union
from gbvkg.release.tables import (
    guarded,
    tables,
    unguarded,
    write_metadata,
    write_table,
)
from gbvkg.sources.statement import Place, Statement
from gbvkg.vocabulary import BASE, context, expand

XSD = "http://www.w3.org/2001/XMLSchema#"
CONTEXT = Context(context())


def thing(ref: str) -> NamedNode:
    return NamedNode(f"{BASE}id/{ref}")


def typed(text: str, datatype: str) -> Literal:
    return Literal(text, datatype=NamedNode(XSD + datatype))


def triples(*rows: tuple[str, str, NamedNode | Literal]) -> list[Quad]:
    graph = thing("graph/x")
    statements = [
        Statement(thing(s), NamedNode(p if "//" in p else expand(p)), o, graph, Place("t"))
        for s, p, o in rows
    ]
    return union(ordered(statements))


ACTION, PERSON = NamedNode(expand("gbv:Action")), NamedNode(expand("person:Person"))

SAMPLE = triples(
    ("action/p/10", "rdf:type", ACTION),
    ("action/p/10", "rdfs:label", Literal("Tien", language="nl")),
    ("action/p/9", "rdf:type", ACTION),
    ("action/p/9", "rdfs:label", Literal('Nine; with, "quotes"\nand a line', language="en")),
    ("action/p/9", "rdfs:label", Literal("Negen", language="nl")),
    ("action/p/9", "gbv:number", typed("9", "integer")),
    ("action/p/9", "gbv:inPhase", thing("concept/chain-phase/aftercare")),
    ("action/p/9", "gbv:targetsGroup", thing("concept/target-group/children")),
    ("action/p/9", "gbv:targetsGroup", thing("concept/target-group/migrants")),
    ("action/p/9", "skos:altLabel", Literal("een|twee", language="nl")),
    ("action/p/9", "skos:altLabel", Literal("=HYPERLINK(1)", language="nl")),
    ("action/p/9", "skos:notation", Literal("-")),
    ("action/p/9", "dcat:startDate", typed("2025-12-17", "date")),
    ("action/p/9", "https://x.org/odd-name", typed("x", "language")),
    ("person/1", "rdf:type", PERSON),
    ("person/1", "rdf:type", NamedNode("http://www.w3.org/2002/07/owl#NamedIndividual")),
    ("person/1", "foaf:name", Literal("Ann")),
    ("untyped", "rdfs:label", Literal("nobody", language="nl")),
)


def cells(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline=""), strict=True))


def test_a_class_of_the_context_with_instances_has_a_table() -> None:
    """Files are called after the context's class terms; OWL's own classes and untyped things have none."""
    assert [table.file for table in tables(SAMPLE, CONTEXT, {})] == ["actions.csv", "persons.csv"]
    names = {
        "gbv:OperationalObjective": "operational-objectives.csv",
        "gbv:LeadResponsibility": "lead-responsibilities.csv",
        "mandaat:Mandataris": "mandataries.csv",
        "skos:Concept": "concepts.csv",
    }
    for cls, file in names.items():
        rows = triples(("a", "rdf:type", NamedNode(expand(cls))))
        assert [table.file for table in tables(rows, CONTEXT, {})] == [file]


def test_the_cells_are_exact() -> None:
    """Rows in human order, a column per language, more values joined, an empty cell for no value."""
    actions, persons = (cells(write_table(table)) for table in tables(SAMPLE, CONTEXT, {}))
    assert actions == [
        [
            "id", "label_nl", "label_en", "altLabel_nl", "notation", "startDate", "number", "targetsGroup",
            "inPhase", "https___x_org_odd_name",
        ],
        [
            f"{BASE}id/action/p/9", "Negen", 'Nine; with, "quotes"\nand a line', "'=HYPERLINK(1)¦een|twee",
            "'-", "2025-12-17", "9",
            f"{BASE}id/concept/target-group/children|{BASE}id/concept/target-group/migrants",
            f"{BASE}id/concept/chain-phase/aftercare", "x",
        ],
        [f"{BASE}id/action/p/10", "Tien", "", "", "", "", "", "", "", ""],
    ]  # fmt: skip
    assert persons == [["id", "name"], [f"{BASE}id/person/1", "Ann"]]


def test_the_shapes_order_the_columns() -> None:
    """What a form asks first comes first; what no shape orders comes after, in the order of the context."""
    order = {(ACTION.value, expand("gbv:inPhase")): 1.0, (ACTION.value, expand("gbv:number")): 0.5}
    header = cells(write_table(tables(SAMPLE, CONTEXT, order)[0]))[0]
    assert header[:5] == ["id", "number", "inPhase", "label_nl", "label_en"]


def read_back(metadata: dict[str, Any], files: dict[str, str]) -> set[tuple[str, str, str, str]]:
    """Triples of a table group, as far as we use CSVW (Generating RDF from Tabular Data, minimal mode)."""
    found = set()
    for table in metadata["tables"]:
        columns = table["tableSchema"]["columns"]
        header, *rows = cells(files[table["url"]])
        assert header == [column["titles"] for column in columns if not column.get("virtual")]
        for row in rows:
            for column, cell in zip(columns, [*row, ""], strict=True):
                if column.get("virtual"):
                    found.add((row[0], expand(column["propertyUrl"]), f"<{column['valueUrl']}>", ""))
                elif cell and not column.get("suppressOutput"):
                    found |= {(row[0], column["propertyUrl"], *value) for value in values_of(column, cell)}
    return found


def values_of(column: dict[str, Any], cell: str) -> list[tuple[str, str]]:
    text = unguarded(cell)
    parts = text.split(column["separator"]) if "separator" in column else [text]
    if column.get("valueUrl") == f"{{+{column['name']}}}":
        return [(f"<{part}>", "") for part in parts]
    datatype = column["datatype"] if isinstance(column["datatype"], str) else column["datatype"]["@id"]
    datatype = datatype if "//" in datatype else XSD + datatype
    if datatype == f"{XSD}anyURI":
        return [(f"<{part}>", "") for part in parts]
    return [(part, column.get("lang", datatype)) for part in parts]


def as_rows(quads: list[Quad]) -> set[tuple[str, str, str, str]]:
    rows = set()
    for s, p, o, _ in quads:
        kind = "" if isinstance(o, NamedNode) else (o.language or o.datatype.value)
        rows.add((s.value, p.value, o.value if kind else f"<{o.value}>", kind))
    return rows


def test_the_description_reads_the_tables_back() -> None:
    """With the metadata, the CSV says the same triples as every other format about everything in a table."""
    group = tables(SAMPLE, CONTEXT, {})
    metadata = json.loads(write_metadata(group, Labels(SAMPLE)))
    files = {table.file: write_table(table) for table in group}
    without = {row for row in as_rows(SAMPLE) if row[0].endswith("untyped") or row[2].endswith("Individual>")}
    assert len(without) == 2
    assert read_back(metadata, files) == as_rows(SAMPLE) - without


def test_the_description_is_csvw() -> None:
    """Context, dialect, and for each column what CSVW §5.6 asks: unique name, title, property."""
    rows = [Quad(ACTION, NamedNode(expand("rdfs:label")), Literal("Actie", language="nl")), *SAMPLE]
    metadata = json.loads(write_metadata(tables(SAMPLE, CONTEXT, {}), Labels(rows)))
    assert metadata["@context"][0] == "http://www.w3.org/ns/csvw"
    assert metadata["tables"][0]["dc:title"] == [{"@value": "Actie", "@language": "nl"}]
    for table in metadata["tables"]:
        columns = table["tableSchema"]["columns"]
        assert len({column["name"] for column in columns}) == len(columns)
        assert all("propertyUrl" in column for column in columns if column["name"] != "id")
        assert columns[-1] == {
            "name": "type", "virtual": True, "propertyUrl": "rdf:type", "valueUrl": columns[-1]["valueUrl"],
        }  # fmt: skip


def test_a_column_is_called_as_the_form_calls_the_field() -> None:
    """Of a term that nobody labels here: with the table's class, else with any; a label comes first."""
    fields = Fields(
        names={
            (ACTION.value, expand("dcat:startDate")): {
                "nl": "Begin van de actie",
                "en": "Start of the action",
            },
            ("", expand("foaf:name")): {"nl": "Naam", "en": "Name"},
            (ACTION.value, expand("gbv:number")): {"nl": "Nummer (formulier)"},
        },
        classes={PERSON.value: {"nl": "Persoon", "en": "Person"}},
    )
    labelled = triples(("x", "rdf:type", ACTION))
    labelled += [
        Quad(
            NamedNode(expand("gbv:number")), NamedNode(expand("rdfs:label")), Literal("nummer", language="nl")
        )
    ]
    metadata = json.loads(write_metadata(tables(SAMPLE, CONTEXT, {}), Labels(labelled, fields)))
    titles = {
        column["name"]: {text["@language"]: text["@value"] for text in column["dc:title"]}
        for table in metadata["tables"]
        for column in table["tableSchema"]["columns"]
        if "dc:title" in column
    }
    assert titles == {
        "startDate": {"nl": "Begin van de actie", "en": "Start of the action"},
        "name": {"nl": "Naam", "en": "Name"},
        "number": {"nl": "nummer"},
    }
    assert metadata["tables"][1]["dc:title"][0] == {"@value": "Persoon", "@language": "nl"}


def test_columns_of_one_name_are_told_apart() -> None:
    """Two properties outside the context that end alike."""
    rows = triples(
        ("a", "rdf:type", ACTION),
        ("a", "https://x.org/a-b", Literal("1")),
        ("a", "https://x.org/a_b", Literal("2")),
    )
    header = cells(write_table(tables(rows, CONTEXT, {})[0]))[0]
    assert header == ["id", "https___x_org_a_b", "https___x_org_a_b_"]


def test_a_column_without_a_free_separator_is_refused() -> None:
    """Better no release than a cell that cannot be taken apart."""
    rows = triples(
        ("a", "rdf:type", ACTION), ("a", "skos:note", Literal("|¦‖␞")), ("a", "skos:note", Literal("x"))
    )
    with pytest.raises(ReleaseError, match='Column "note"'):
        tables(rows, CONTEXT, {})


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("=1+1", "'=1+1"), ("@SUM(A1)", "'@SUM(A1)"), ("+32 2 553", "'+32 2 553"), ("-- geen", "'-- geen"),
        ("\tx", "'\tx"), ("\rx", "'\rx"), ("'=1", "''=1"), ("-5", "-5"), ("+1.5e3", "+1.5e3"),
        ("'t Zand", "'t Zand"), ("", ""), ("'", "'"), ("a=b", "a=b"), ("-", "'-"),
    ],
)  # fmt: skip
def test_formulas_are_guarded(text: str, cell: str) -> None:
    """Numbers and ordinary apostrophes stay; what would run does not."""
    assert guarded(text) == cell
    assert unguarded(cell) == text


@given(st.text("'=+-@\t\r1ae.", max_size=6))
def test_the_guard_can_always_be_undone(text: str) -> None:
    """Property: nothing is lost, and nothing that runs is left unless it is a number."""
    assert unguarded(guarded(text)) == text
