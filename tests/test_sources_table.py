"""Tables: a CSVW description turns rows into statements, and every fault is found at its cell."""

from __future__ import annotations

import csv
import json
import re
from io import StringIO
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyoxigraph import Literal, RdfFormat, parse

from gbvkg import sources
from gbvkg.project import Project
from gbvkg.sources.csvw import Template
from gbvkg.sources.reading import Reading
from gbvkg.sources.statement import Statement

ROOT = Path(__file__).parent.parent
PROJECT = Project.open(ROOT)
BASE = f"{PROJECT.base}id/"
XSD = "http://www.w3.org/2001/XMLSchema#"

COLUMNS: list[dict[str, Any]] = [
    {"name": "key", "titles": "key", "required": True, "suppressOutput": True},
    {"name": "date", "titles": "date", "propertyUrl": "dct:issued", "datatype": "date"},
    {"name": "label", "titles": "label", "propertyUrl": "rdfs:label", "lang": "nl"},
]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    data = tmp_path / "data"
    data.mkdir()
    (data / "dataset.yaml").write_text(f'uriSpace: {BASE}\nversion: "2026.1"\nissued: 2026-11-22\n')
    return Project.open(tmp_path)


def describe(columns: list[dict[str, Any]], name: str = "zaak.csv", **more: Any) -> dict[str, Any]:
    schema = {"aboutUrl": "zaak/{key}", "columns": columns}
    return {"@context": "http://www.w3.org/ns/csvw", "url": name, "tableSchema": schema, **more}


def read(project: Project, text: str | bytes, description: dict[str, Any], name: str = "zaak.csv") -> Reading:
    path = project.data / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    (project.data / f"{name}-metadata.json").write_text(json.dumps(description))
    return sources.read_source(path, project, f"data/{name}")


def rules(reading: Reading) -> list[tuple[str, tuple[int, int]]]:
    return [(f.rule.rpartition("#")[2], f.place[1:]) for f in reading.findings if f.place]


def ntriples(statements: list[Statement]) -> set[str]:
    return {f"{s.subject} {s.predicate} {s.object} ." for s in statements}


# --- the example of the recommendation ----------------------------------------------------------------------

TREES = """\
GID,On Street,Species,Trim Cycle,Diameter at Breast Ht,Inventory Date,Comments,Protected
1,ADDISON AV,Celtis australis,Large Tree Routine Prune,11,10/18/2010,,
2,EMERSON ST,Liquidambar styraciflua,Large Tree Routine Prune,11,6/2/2010,,
6,ADDISON AV,Robinia pseudoacacia,Large Tree Routine Prune,29,6/1/2010,trunk decay; beware of BEES,YES
"""
TREES_DESCRIPTION = {
    "@context": ["http://www.w3.org/ns/csvw", {"@language": "en"}],
    "url": "tree-ops-ext.csv",
    "dc:title": "Tree Operations",
    "dcat:keyword": ["tree", "street", "maintenance"],
    "tableSchema": {
        "primaryKey": "GID",
        "aboutUrl": "https://example.org/tree-ops-ext#gid-{GID}",
        "columns": [
            {"name": "GID", "titles": ["GID", "Generic Identifier"], "dc:description": "An identifier",
             "datatype": "string", "required": True, "suppressOutput": True},
            {"name": "on_street", "titles": "On Street", "propertyUrl": "https://example.org/#on_street"},
            {"name": "species", "titles": "Species", "propertyUrl": "https://example.org/#species"},
            {"name": "trim_cycle", "titles": "Trim Cycle", "propertyUrl": "https://example.org/#trim_cycle",
             "lang": "en"},
            {"name": "dbh", "titles": "Diameter at Breast Ht", "propertyUrl": "https://example.org/#dbh",
             "datatype": "integer"},
            {"name": "inventory_date", "titles": "Inventory Date", "propertyUrl": "https://example.org/#inventory_date",
             "datatype": {"base": "date", "format": "M/d/yyyy"}},
            {"name": "comments", "titles": "Comments", "propertyUrl": "https://example.org/#comments",
             "separator": ";"},
            {"name": "protected", "titles": "Protected", "propertyUrl": "https://example.org/#protected",
             "datatype": {"base": "boolean", "format": "YES|NO"}, "default": "NO"},
        ],
    },
}  # fmt: skip


def test_the_example_of_the_recommendation(project: Project) -> None:
    """csv2rdf, minimal mode, "tree-ops-ext.csv": formats, lists, a default and a language."""
    reading = read(project, TREES, TREES_DESCRIPTION, "tree-ops-ext.csv")
    assert reading.findings == []
    expected = """
        PREFIX : <https://example.org/#> PREFIX tree: <https://example.org/tree-ops-ext#gid->
        PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>
        tree:1 :on_street "ADDISON AV" ; :species "Celtis australis" ; :dbh 11 ;
            :trim_cycle "Large Tree Routine Prune"@en ;
            :inventory_date "2010-10-18"^^xsd:date ; :protected false .
        tree:2 :on_street "EMERSON ST" ; :species "Liquidambar styraciflua" ; :dbh 11 ;
            :trim_cycle "Large Tree Routine Prune"@en ;
            :inventory_date "2010-06-02"^^xsd:date ; :protected false .
        tree:6 :on_street "ADDISON AV" ; :species "Robinia pseudoacacia" ; :dbh 29 ;
            :trim_cycle "Large Tree Routine Prune"@en ;
            :inventory_date "2010-06-01"^^xsd:date ; :protected true ;
            :comments "trunk decay", " beware of BEES" .
    """
    wanted = {f"{q.subject} {q.predicate} {q.object} ." for q in parse(expected, format=RdfFormat.TURTLE)}
    assert ntriples(reading.statements) == wanted


# --- the real tables ----------------------------------------------------------------------------------------

REAL = sorted(path for path in (ROOT / "data").rglob("*.csv"))


def _by_hand(path: Path) -> set[str]:
    """The triples of a table by a direct reading of its description: what the recommendation says, row by
    row."""
    schema = json.loads(path.with_name(path.name + "-metadata.json").read_text("utf-8"))["tableSchema"]
    context = sources.context(PROJECT)
    found = set()
    for row in csv.DictReader(StringIO(path.read_text("utf-8"))):

        def iri(template: str, row: dict[str, str] = row) -> str:
            text = re.sub(r"\{(\w+)\}", lambda m: quote(row[m[1]], safe="~"), template)
            return f"<{context.expand(text, BASE)}>"

        for column in schema["columns"]:
            virtual = column.get("virtual", False)
            value = "" if virtual else row[column["titles"]]
            if column.get("suppressOutput") or not (virtual or value):
                continue
            subject = iri(column.get("aboutUrl", schema["aboutUrl"]))
            if "valueUrl" in column:
                item = iri(column["valueUrl"])
            elif column.get("lang"):
                item = str(Literal(value, language=column["lang"]))
            else:
                item = (
                    str(Literal(value))
                    if column.get("datatype", "string") == "string"
                    else (f'"{value}"^^<{XSD}{column["datatype"]}>')
                )
            found.add(f"{subject} {iri(column['propertyUrl'])} {item} .")
    return found


@pytest.mark.parametrize("path", REAL, ids=lambda path: path.name)
def test_real_table_says_what_its_description_says(path: Path) -> None:
    """Every table of the real data is read without a finding, and cell by cell as described."""
    reading = sources.read_source(path, PROJECT, path.relative_to(ROOT).as_posix())
    assert reading.findings == []
    assert ntriples(reading.statements) == _by_hand(path)
    assert len(ntriples(reading.statements)) == len(reading.statements)


def test_real_tables_were_found() -> None:
    """The test above had something to test."""
    assert {"mandates.csv", "observations.csv"} <= {path.name for path in REAL}


# --- SSSOM --------------------------------------------------------------------------------------------------

SSSOM = """\
# curie_map:
#   eurovoc: "http://eurovoc.europa.eu/"
# mapping_set_id: "https://example.org/set"
# mapping_set_source:
#   - "https://example.org/a"
#   - "https://example.org/b"
# mapping_date: "2026-11-22"
object_id\tmapping_id\tsubject_id\tpredicate_id\tmapping_justification\tconfidence
eurovoc:4727\tgbvkg:mapping/1\tgbvkg:concept/violence-form/SG\tskos:exactMatch\tsemapv:ManualMappingCuration\t0.90
"""


def sssom(project: Project, text: str) -> Reading:
    path = project.data / "zaak.sssom.tsv"
    path.write_text(text)
    return sources.read_source(path, project, "data/zaak.sssom.tsv")


def test_sssom_row_is_a_mapping_and_the_mapped_triple(project: Project) -> None:
    """Columns in any order; the values of the header block hold for every row."""
    reading = sssom(project, SSSOM)
    assert reading.findings == []
    expected = f"""
        PREFIX gbv: <https://w3id.org/gbvkg/ns#> PREFIX sssom: <https://w3id.org/sssom/> PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>
        PREFIX dct: <http://purl.org/dc/terms/> PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
        <{BASE}concept/violence-form/SG> skos:exactMatch <http://eurovoc.europa.eu/4727> .
        <{BASE}mapping/1> a gbv:PlanMapping ; gbv:mappingSubject <{BASE}concept/violence-form/SG> ;
            gbv:mappingPredicate skos:exactMatch ; gbv:mappingObject <http://eurovoc.europa.eu/4727> ;
            sssom:mapping_justification <https://w3id.org/semapv/vocab/ManualMappingCuration> ;
            sssom:confidence 0.90 ; sssom:mapping_date "2026-11-22"^^xsd:date ;
            dct:source <https://example.org/a> , <https://example.org/b> .
    """
    wanted = {f"{q.subject} {q.predicate} {q.object} ." for q in parse(expected, format=RdfFormat.TURTLE)}
    assert ntriples(reading.statements) == wanted


def test_sssom_comments_have_their_language(project: Project) -> None:
    """SSSOM says no language of a comment: here the slot is English, and comment_nl beside it Dutch."""
    head, row = SSSOM.splitlines()[-2:]
    text = SSSOM.replace(head, f"{head}\tcomment\tcomment_nl").replace(row, f"{row}\twider\truimer")
    said = {str(s.object) for s in sssom(project, text).statements if s.predicate.value.endswith("#comment")}
    assert said == {'"wider"@en', '"ruimer"@nl'}


def test_sssom_places(project: Project) -> None:
    """A cell is at its row and column, a value of the header block at its own line."""
    places = {s.predicate.value.rpartition("/")[2]: s.place[1:] for s in sssom(project, SSSOM).statements}
    assert places["confidence"] == (9, 6)
    assert places["mapping_date"] == (7, 17)


@pytest.mark.parametrize(
    ("old", "new", "rule", "place"),
    [
        ('eurovoc: "http:', 'eurovoc: "https:', "ReadingPrefixSpelling", (2, 5)),
        ("mapping_set_id", "mapping_set_identity", "ReadingUnknownKey", (3, 3)),
        ("\tconfidence", "\tconfidense", "ReadingTableHeader", (8, 6)),
        ("\tmapping_id", "", "ReadingTableHeader", (8, 0)),
        ("\t0.90", "\t0,90", "ReadingWrongType", (9, 6)),
        ("\tskos:exactMatch", "\tskoz:exactMatch", "ReadingUnknownPrefix", (9, 4)),
        ("\tskos:exactMatch", "\t", "ReadingEmptyValue", (9, 4)),
        ("\t0.90", "", "ReadingSyntax", (9, 0)),
        ("\t0.90", '\t"0.90', "ReadingSyntax", (9, 0)),
    ],
)
def test_sssom_faults(project: Project, old: str, new: str, rule: str, place: tuple[int, int]) -> None:
    """What is wrong in a mapping table is found where it is."""
    assert (rule, place) in rules(sssom(project, SSSOM.replace(old, new, 1)))


def test_the_same_mapping_twice(project: Project) -> None:
    """The primary key of the description is kept."""
    row = SSSOM.splitlines()[-1]
    assert rules(sssom(project, f"{SSSOM}{row}\n")) == [("ReadingDuplicateIdentifier", (10, 2))]


# --- descriptions -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"url": "ander.csv"}, '"url" must be "zaak.csv"'),
        ({"tableSchema": "http://127.0.0.1:9/schema.json"}, "must be a JSON object"),
        ({"dialect": {"encoding": "latin-1"}}, "utf-8"),
        ({"dialect": {"skipRows": 1}}, '"skipRows"'),
        ({"dialect": {"delimiter": "ab"}}, "one character"),
        ({"tables": []}, '"tables"'),
        ({"aboutURL": "x"}, 'Did you mean "aboutUrl"?'),
        ({"tableSchema": {"columns": COLUMNS, "aboutUrl": "x/{kee}"}}, 'Did you mean "key"?'),
        ({"tableSchema": {"columns": COLUMNS, "aboutUrl": "x/{key*}"}}, "template"),
        ({"tableSchema": {"columns": COLUMNS}}, "aboutUrl"),
        ({"tableSchema": {"columns": [*COLUMNS, COLUMNS[0]], "aboutUrl": "x/{key}"}}, "twice"),
        ({"tableSchema": {"columns": COLUMNS, "aboutUrl": "x/{key}", "primaryKey": "kee"}}, "primaryKey"),
        ({"tableSchema": {"columns": [], "aboutUrl": "x/{key}"}}, "columns"),
        ({"tableSchema": {"columns": [{"titles": "key"}], "aboutUrl": "x"}}, '"name"'),
        (
            {"tableSchema": {"columns": [{**COLUMNS[1], "datatype": "dat"}], "aboutUrl": "x"}},
            'Did you mean "date"?',
        ),
        (
            {
                "tableSchema": {
                    "columns": [{**COLUMNS[1], "datatype": {"base": "date", "format": "yyyy"}}],
                    "aboutUrl": "x",
                }
            },
            "format",
        ),
        (
            {"tableSchema": {"columns": [{**COLUMNS[2], "lang": "nederlands"}], "aboutUrl": "x"}},
            "language tag",
        ),
    ],
)
def test_wrong_description_is_refused(project: Project, change: dict[str, Any], words: str) -> None:
    """What gbvkg does not follow in a description is an error that names it, never something skipped."""
    reading = read(project, "key,date,label\n", {**describe(COLUMNS), **change})
    assert [f.rule.rpartition("#")[2] for f in reading.findings] == ["ReadingTableDescription"]
    assert words in reading.findings[0].message["en"]
    assert reading.findings[0].place is not None
    assert reading.findings[0].place.file == "data/zaak.csv-metadata.json"


@pytest.mark.parametrize(
    "context",
    ["http://127.0.0.1:9/c", ["http://www.w3.org/ns/csvw", "http://127.0.0.1:9/c"], None,
     ["http://www.w3.org/ns/csvw", {"@base": "http://127.0.0.1:9/"}]],
)  # fmt: skip
def test_other_context_is_refused(project: Project, context: Any) -> None:
    """A description has the context of CSVW and no other."""
    reading = read(project, "key,date,label\n", {**describe(COLUMNS), "@context": context})
    assert [f.rule.rpartition("#")[2] for f in reading.findings] == ["ReadingRemoteContext"]


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "1", '{"a": 1, "a": 2}', "[" * 100_000, "\ufeff{}", "nul\x00"]
)
def test_broken_description(project: Project, text: str) -> None:
    """A description that is no JSON object gives one finding."""
    (project.data / "zaak.csv").write_text("key\n")
    (project.data / "zaak.csv-metadata.json").write_text(text)
    assert len(sources.read_source(project.data / "zaak.csv", project, "data/zaak.csv").findings) == 1


def test_table_without_description(project: Project) -> None:
    """A table that nothing describes says nothing, and that is an error."""
    (project.data / "los.csv").write_text("a,b\n1,2\n")
    reading = sources.read_source(project.data / "los.csv", project, "data/los.csv")
    assert rules(reading) == [("ReadingTableDescription", (0, 0))]


# --- cells --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("key,date,label\na,2026-01-01,x\n", []),
        ("key,date,label\r\na,2026-01-01,x\r\n\r\n", []),
        ("\ufeffkey,date,label\na,,\n", []),
        ('# comment\nkey,date,label\na,2026-01-01,"x\ny"\nb,2026-13-01,z\n', [("ReadingWrongType", (5, 2))]),
        (
            "key,label,date\na,x,2026-01-01\n",
            [("ReadingTableHeader", (1, 2)), ("ReadingTableHeader", (1, 3))],
        ),
        ("key,date\na,2026-01-01\n", [("ReadingTableHeader", (1, 0))]),
        ("key,date,label,more\na,2026-01-01,x,y\n", [("ReadingTableHeader", (1, 4))]),
        ("key,date,label\n,2026-01-01,x\n", [("ReadingEmptyValue", (2, 1))]),
        ("key,date,label\na,2026-01-01\n", [("ReadingSyntax", (2, 0))]),
        ('key,date,label\na,2026-01-01,"x\n', [("ReadingSyntax", (2, 0))]),
        ("", [("ReadingTableHeader", (1, 0))]),
        ("key,date,label\na b/ç,2026-01-01,x\n", []),
    ],
)
def test_cells(project: Project, text: str, found: list[tuple[str, tuple[int, int]]]) -> None:
    """Rows count physical lines, columns count cells; quoted line ends and comments are fine."""
    assert rules(read(project, text, describe(COLUMNS))) == found


def test_row_with_a_fault_says_nothing(project: Project) -> None:
    """Half a row could say something else than the row."""
    reading = read(project, "key,date,label\na,2026-02-30,x\nb,2026-02-28,y\n", describe(COLUMNS))
    assert {s.subject.value for s in reading.statements} == {f"{BASE}zaak/b"}


def test_virtual_column_and_missing_variable(project: Project) -> None:
    """A virtual column speaks for each row; an IRI whose variable is empty is an error."""
    columns = [
        *COLUMNS,
        {"name": "of", "virtual": True, "propertyUrl": "dct:isPartOf", "valueUrl": "deel/{label}"},
    ]
    reading = read(project, "key,date,label\na,,x y\nb,,\n", describe(columns))
    assert f"<{BASE}zaak/a> <http://purl.org/dc/terms/isPartOf> <{BASE}deel/x%20y> ." in ntriples(
        reading.statements
    )
    assert rules(reading) == [("ReadingEmptyValue", (3, 1))]


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("a/{v}", "a/x%2Fy%20%C3%A9%25"),
        ("{+v}", "x/y%20%C3%A9%"),
        ("a{#v}", "a#x/y%20%C3%A9%"),
        ("{v}-{_row}", "x%2Fy%20%C3%A9%25-1"),
    ],
)
def test_uri_templates(template: str, text: str) -> None:
    """RFC 6570: simple, reserved and fragment expansion."""
    assert Template.parse(template).expand({"v": "x/y é%", "_row": "1"}) == text


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=80), st.sampled_from([",", "\t"]))
def test_any_table_gives_statements_or_findings(
    tmp_path_factory: pytest.TempPathFactory, text: str, mark: str
) -> None:
    """No table raises, with or without a right header row."""
    root = tmp_path_factory.mktemp("tabel")
    (root / "data").mkdir()
    (root / "data" / "dataset.yaml").write_text(f'uriSpace: {BASE}\nversion: "2026.1"\n')
    project = Project.open(root)
    header = mark.join(("key", "date", "label"))
    for content in (text, f"{header}\n{text}"):
        raw = content.encode("utf-8", "surrogatepass")
        read(project, raw, describe(COLUMNS, dialect={"delimiter": mark}))


# --- one fault, one finding ---------------------------------------------------------------------------------


def test_a_column_that_the_header_lacks_is_told_once(project: Project) -> None:
    """Not again in every row; what the rows lack for it is handed on, with what could not get an IRI."""
    rows = "".join(f"{n},2026-01-01,x\n" for n in range(50))
    described = describe(COLUMNS)
    described["tableSchema"]["primaryKey"] = "key"
    key = read(project, "kee,date,label\n" + rows, described)
    assert rules(key) == [("ReadingTableHeader", (1, 1))]
    assert (key.statements, key.unread) == ([], [f"{BASE}zaak/"])
    label = read(project, "key,date,lable\n" + rows, describe(COLUMNS))
    assert rules(label) == [("ReadingTableHeader", (1, 3))]
    assert label.lost == ["http://www.w3.org/2000/01/rdf-schema#label"]
    assert (len(label.statements), label.unread) == (50, [])


def test_what_a_row_or_table_with_a_fault_describes_is_handed_on(project: Project) -> None:
    """So that no reference to it is called unknown."""
    row = read(project, "key,date,label\na,2026-02-30,x\nb,2026-02-28,y\n", describe(COLUMNS))
    assert row.unread == [f"{BASE}zaak/a"]
    table = read(project, 'key,date,label\na,2026-01-01,"x\n', describe(COLUMNS))
    assert (table.statements, table.unread) == ([], [f"{BASE}zaak/"])


def test_an_unknown_prefix_is_told_once_per_cell_and_says_of_what(project: Project) -> None:
    """The mapping does not lack an object as well: the finding names the mapping and the property."""
    wrong = SSSOM.replace("eurovoc:4727\t", "eurovok:4727\t")
    assert wrong != SSSOM
    found = sssom(project, wrong).findings
    assert [f.rule.rpartition("#")[2] for f in found] == ["ReadingUnknownPrefix"]
    assert found[0].focus
    assert found[0].path.startswith("http")
