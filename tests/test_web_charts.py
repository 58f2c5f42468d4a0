"""Charts of answers, and code to copy."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import pytest
from pyoxigraph import Literal, NamedNode

from gbvkg.queries import Result
from gbvkg.queries.result import Cell, lexical
from gbvkg.vocabulary import expand
from gbvkg.web import snippets
from gbvkg.web.charts import Chart, Heat, chart
from gbvkg.web.pages.facts import is_numeric
from gbvkg.web.pages.values import Labels, Shower, Value
from gbvkg.web.site import Site


def _chart(heads: str, rows: list[tuple[Cell, ...]], roles: dict[str, str], lang: str = "nl") -> Chart | None:
    return chart(
        Result("SELECT", tuple(heads.split()), tuple(rows)), roles, lambda cell, _: lexical(cell), lang
    )


def _day(text: str) -> Literal:
    return Literal(text, datatype=NamedNode(expand("xsd:date")))


def test_bars_share_one_scale_that_has_zero() -> None:
    """The longest is 100; a negative one goes the other way; what has no number is counted."""
    rows: list[tuple[Cell, ...]] = [
        (Literal("a"), Literal(30)),
        (Literal("b"), Literal(-10)),
        (Literal("c"), None),
        (Literal("d"), Literal("x", datatype=NamedNode(expand("xsd:integer")))),
    ]
    found = _chart("x y", rows, {"kind": "bar", "x": "x", "y": "y"})
    assert found
    assert [(bar.label, bar.text, bar.start, bar.length) for bar in found.panels[0].bars] == [
        ("a", "30", 25.0, 75.0),
        ("b", "-10", 0.0, 25.0),
    ]
    assert found.left == 2


@pytest.mark.parametrize("lang", ["nl", "en"])
@pytest.mark.parametrize("name", ["int", "long", "nonNegativeInteger", "decimal", "double", "float"])
def test_a_number_of_any_datatype_is_one_everywhere(name: str, lang: str) -> None:
    """In a fact, in a column of them and in a chart; its datatype says nothing to a reader."""
    text = "12345.5" if name in ("decimal", "double", "float") else "12345"
    term = Literal(text, datatype=NamedNode(expand(f"xsd:{name}")))
    shower = Shower(cast(Site, None), lang, Labels(()), lambda iri: None)
    shown = {"nl": text.replace(".", ",").replace("12", "12.", 1), "en": text.replace("12", "12,", 1)}
    assert shower.value(term) == Value(shown[lang], key=text)
    assert is_numeric([[term], []])
    assert not is_numeric([[term], [Literal(text)]])
    found = _chart("x y", [(Literal("a"), term), (Literal("b"), term)], {"kind": "bar", "x": "x", "y": "y"})
    assert found
    assert found.left == 0
    days = [(_day("2026-01-01"), term), (_day("2026-02-01"), term)]
    moments = _chart("x y", [*days], {"kind": "timeline", "x": "x", "y": "y"})
    assert moments
    assert moments.kind == "lines"


def test_only_zeros_draw_nothing_and_break_nothing() -> None:
    """A scale without an extent."""
    found = _chart("x y", [(Literal(x), Literal(0)) for x in "ab"], {"kind": "bar", "x": "x", "y": "y"})
    assert found
    assert found.panels[0].bars[0].length == 0


def test_a_facet_gives_a_chart_each() -> None:
    """In the order of the rows."""
    rows: list[tuple[Cell, ...]] = [(Literal(p), Literal(x), Literal(1)) for p in "zy" for x in "ab"]
    found = _chart("p x y", rows, {"kind": "bar", "x": "x", "y": "y", "facet": "p"})
    assert found
    assert [panel.title for panel in found.panels] == ["z", "y"]


def test_a_heat_map_tells_zero_from_nothing_and_says_what_zero_means() -> None:
    """Four shades above zero; the word of the state for a zero; a cell without a row is empty."""
    rows: list[tuple[Cell, ...]] = [
        (Literal("r1"), Literal("c1"), Literal(8), Literal("covered")),
        (Literal("r1"), Literal("c2"), Literal(1), Literal("covered")),
        (Literal("r2"), Literal("c1"), Literal(0), Literal("gap")),
    ]
    roles = {"kind": "heatmap", "x": "x", "y": "y", "value": "value", "state": "state"}
    found = _chart("y x value state", rows, roles)
    assert found
    assert found.panels[0].heads == ("c1", "c2")
    assert found.panels[0].rows == (
        ("r1", (Heat("8", 4), Heat("1", 1))),
        ("r2", (Heat("0", 0, "gap", True), Heat("", 0, "", True))),
    )


def test_a_heat_map_of_words() -> None:
    """Words get no shade."""
    roles = {"kind": "heatmap", "x": "x", "y": "y", "value": "value"}
    rows: list[tuple[Cell, ...]] = [(Literal("r"), Literal(c), Literal(v)) for c, v in ("cv", "dw")]
    found = _chart("y x value", rows, roles)
    assert found
    assert found.panels[0].rows == (("r", (Heat("v"), Heat("w"))),)
    assert _chart("y x value", rows[:1] * 3, roles) is None  # the same word everywhere


def test_a_timeline_goes_by_day() -> None:
    """First left, last right, and a row without a day is left to the table."""
    rows: list[tuple[Cell, ...]] = [
        (_day("2025-01-11"), Literal("late"), Literal("who")),
        (_day("2025-01-01"), Literal("early"), None),
        (None, Literal("never"), None),
    ]
    found = _chart("x y s", rows, {"kind": "timeline", "x": "x", "y": "y", "series": "s"})
    assert found
    moments = found.panels[0].moments
    assert [(moment.label, moment.at) for moment in moments] == [("early", 0.0), ("late: who", 100.0)]
    assert found.left == 1


def test_numbers_over_time_are_lines_from_zero() -> None:
    """One line per series; none where one day has two numbers."""
    rows: list[tuple[Cell, ...]] = [
        (_day("2021-12-31"), Literal(10), Literal("one")),
        (_day("2020-12-31"), Literal(5), Literal("one")),
        (_day("2020-12-31"), Literal(1), Literal("two")),
        (_day("2020-12-31"), Literal(2), Literal("two")),
    ]
    found = _chart("x y s", rows, {"kind": "timeline", "x": "x", "y": "y", "series": "s"})
    assert found
    assert found.kind == "lines"
    one, two = found.panels[0].lines
    assert one.points == ((0.0, 15.0), (100.0, 0.0))
    assert one.path == "0,15 100,0"
    assert two.path == ""


def test_the_language_of_the_page_chooses_the_column() -> None:
    """formNl in the header is formEn on an English page."""
    rows: list[tuple[Cell, ...]] = [(Literal("een"), Literal("one"), Literal(1))] * 2
    roles = {"kind": "bar", "x": "formNl", "y": "n"}
    labels = []
    for lang in ("nl", "en"):
        found = _chart("formNl formEn n", rows, roles, lang)
        assert found
        labels.append(found.panels[0].bars[0].label)
    assert labels == ["een", "one"]


def test_nothing_to_draw_is_no_chart() -> None:
    """An empty answer, or one of unknowns."""
    assert _chart("x y", [], {"kind": "bar", "x": "x", "y": "y"}) is None
    assert _chart("x y", [(None, None)], {"kind": "bar", "x": "x", "y": "y"}) is None


def test_a_chart_that_says_nothing_is_not_drawn() -> None:
    """One bar, one moment, one number over time, a heat map without anything above zero: the table is enough,
    and what is left to it is counted.
    """
    bar = {"kind": "bar", "x": "x", "y": "y", "facet": "p"}
    alone: list[tuple[Cell, ...]] = [(Literal("z"), Literal("a"), Literal(3))]
    assert _chart("p x y", alone, bar) is None
    both = alone + [(Literal("y"), Literal(x), Literal(1)) for x in "ab"]
    found = _chart("p x y", both, bar)
    assert found
    assert [panel.title for panel in found.panels] == ["y"]
    assert found.left == 1
    for value in ("early", 5):
        once: list[tuple[Cell, ...]] = [(_day("2025-01-01"), Literal(value))]
        assert _chart("x y", once, {"kind": "timeline", "x": "x", "y": "y"}) is None
    zeros: list[tuple[Cell, ...]] = [(Literal("r"), Literal(c), Literal(0), Literal("gap")) for c in "ab"]
    roles = {"kind": "heatmap", "x": "x", "y": "y", "value": "value", "state": "state"}
    assert _chart("y x value state", zeros, roles) is None


def _asks(address: str) -> Callable[[str], str]:
    return lambda format: f"{address}&format={format}"


@pytest.mark.parametrize("form", ["SELECT", "ASK", "CONSTRUCT", "DESCRIBE"])
def test_python_to_copy_is_python(form: str) -> None:
    """It compiles, and asks the address."""
    code = dict(snippets.of(form, _asks("https://w3id.org/gbvkg/query/x?plan=plan%2Fp")))["Python"]
    compile(code, "snippet", "exec")
    assert "https://w3id.org/gbvkg/query/x?plan=plan%2Fp&format=" in code


@pytest.mark.parametrize("char", ['"', "'", "\\", "`", "$", "\n", " ", "é"])
@pytest.mark.parametrize("form", ["SELECT", "ASK", "CONSTRUCT", "DESCRIBE"])
def test_an_address_that_could_leave_its_quotes_is_refused(form: str, char: str) -> None:
    """Whatever comes from a value is percent-encoded before."""
    with pytest.raises(ValueError, match="percent-encoded"):
        snippets.of(form, _asks(f"https://w3id.org/gbvkg/query/x?y={char}"))
