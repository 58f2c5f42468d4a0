"""Charts of answers, drawn by the server: what a header's ``chart`` names, as tables with bars in them.

Every label and number is text of the page: it can be read aloud, found, copied and made larger, and nothing
depends on colour. A drawing beside the text is decoration for who sees it. Roles in a header: ``x``, ``y``,
``value`` (of a heat map), ``facet`` (a chart for each), ``series`` (a line for each) and ``state`` (the word
for a zero). This module refuses to draw what is not known: such rows are counted and left to the table.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from pyoxigraph import Literal

from gbvkg.queries.result import Cell, Result, Row, lexical
from gbvkg.vocabulary import LANGUAGES
from gbvkg.web.answers import are_numbers, is_number

SHADES = 4
"""Steps of a heat map above zero."""

MOST = 200
"""Bars, or points of a series, that are drawn; a drawing of more says less than the table."""

WIDTH, HEIGHT = 100.0, 30.0
"""Of a drawing, in units of its own."""

Show = Callable[[Cell, str], str]
"""The text for a cell of a column."""


@dataclass(frozen=True)
class Bar:
    """``start`` and ``length`` on a scale of ``WIDTH``."""

    label: str
    text: str
    start: float
    length: float


@dataclass(frozen=True)
class Heat:
    """A cell of a heat map: ``shade`` is 0 to ``SHADES``, ``word`` says what a zero means."""

    text: str
    shade: int = 0
    word: str = ""
    is_empty: bool = False


@dataclass(frozen=True)
class Moment:
    """Something on a day; ``at`` on a scale of ``WIDTH``."""

    day: str
    label: str
    at: float


@dataclass(frozen=True)
class Line:
    """A series of numbers over time, as the points of a polyline in ``WIDTH`` by ``HEIGHT``."""

    label: str
    points: tuple[tuple[float, float], ...]
    moments: tuple[tuple[str, str], ...]

    @property
    def path(self) -> str:
        """The points of a line through all; "" where one day has two numbers, or there is one point."""
        if len({x for x, _ in self.points}) < max(2, len(self.points)):
            return ""
        return " ".join(f"{x:g},{y:g}" for x, y in self.points)


@dataclass(frozen=True)
class Panel:
    """One chart of possibly several: ``title`` is the facet's."""

    title: str
    bars: tuple[Bar, ...] = ()
    heads: tuple[str, ...] = ()
    rows: tuple[tuple[str, tuple[Heat, ...]], ...] = ()
    moments: tuple[Moment, ...] = ()
    lines: tuple[Line, ...] = ()

    @property
    def tells(self) -> bool:
        """Whether the drawing says more than the table: it compares two, or has something above zero."""
        cells = [cell for _, row in self.rows for cell in row if not cell.is_empty]
        return (
            len(self.bars) > 1
            or len(self.moments) > 1
            or any(len(line.points) > 1 for line in self.lines)
            or len(self.lines) > 1
            or any(cell.shade for cell in cells)
            or len({cell.text for cell in cells}) > 1
        )


@dataclass(frozen=True)
class Chart:
    """``kind`` is the header's, or "lines" for a timeline of numbers. ``left`` rows are not drawn."""

    kind: str
    panels: tuple[Panel, ...]
    left: int = 0
    names: Mapping[str, str] = field(default_factory=dict)


def chart(result: Result, roles: Mapping[str, str], show: Show, lang: str) -> Chart | None:
    """The chart that ``roles`` (a header's ``chart``) name; None when it would say nothing."""
    names = {
        role: _in_language(name, result.variables, lang) for role, name in roles.items() if role != "kind"
    }
    drawer = _Drawer(result, names, show)
    kind = roles["kind"]
    if kind == "timeline" and drawer.is_numeric("y"):
        kind = "lines"
    drawable = [row for row in result.rows if drawer.can_draw(row, kind)]
    groups = _grouped(drawable, lambda row: drawer.text(row, "facet"))
    panels = [(drawer.panel(kind, title, rows), len(rows)) for title, rows in groups]
    telling = [(panel, count) for panel, count in panels if panel.tells]
    if not telling:
        return None
    drawn = sum(count for _, count in telling)
    return Chart(kind, tuple(panel for panel, _ in telling), len(result.rows) - drawn, names)


def _in_language(name: str, variables: Iterable[str], lang: str) -> str:
    """``formEn`` for ``formNl`` on an English page, where the query has both."""
    for other in LANGUAGES:
        twin = name.removesuffix(other.capitalize()) + lang.capitalize()
        if name.endswith(other.capitalize()) and twin in variables:
            return twin
    return name


def _grouped(rows: Iterable[Row], key: Callable[[Row], str]) -> list[tuple[str, list[Row]]]:
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(key(row), []).append(row)
    return list(groups.items())


class _Drawer:
    def __init__(self, result: Result, names: Mapping[str, str], show: Show) -> None:
        self.result = result
        self.names = names
        self.show = show
        self.places = {role: result.variables.index(name) for role, name in names.items()}

    def cell(self, row: Row, role: str) -> Cell:
        return row[self.places[role]] if role in self.places else None

    def text(self, row: Row, role: str) -> str:
        cell = self.cell(row, role)
        return "" if cell is None else self.show(cell, self.names[role])

    def number(self, row: Row, role: str) -> float | None:
        cell = self.cell(row, role)
        if not isinstance(cell, Literal) or not is_number(cell):
            return None
        try:
            found = float(cell.value)
        except ValueError:  # "many"^^xsd:integer: RDF allows what its datatype does not
            return None
        return found if abs(found) < 1e15 else None

    def is_numeric(self, role: str) -> bool:
        return are_numbers(self.cell(row, role) for row in self.result.rows)

    def day(self, row: Row) -> int | None:
        try:
            return date.fromisoformat(lexical(self.cell(row, "x"))[:10]).toordinal()
        except ValueError:
            return None

    def can_draw(self, row: Row, kind: str) -> bool:
        if any(self.cell(row, role) is None for role in ("x", "y")):
            return False
        if kind == "heatmap":
            return self.cell(row, "value") is not None
        if kind == "bar":
            return self.number(row, "y") is not None
        return self.day(row) is not None and (kind != "lines" or self.number(row, "y") is not None)

    def panel(self, kind: str, title: str, rows: list[Row]) -> Panel:
        if kind == "heatmap":
            return self.heatmap(title, rows)
        if kind == "bar":
            return Panel(title, bars=self.bars(rows))
        if kind == "lines":
            return Panel(title, lines=self.lines(rows))
        return Panel(title, moments=self.moments(rows))

    def bars(self, rows: list[Row]) -> tuple[Bar, ...]:
        numbers = [self.number(row, "y") or 0.0 for row in rows]
        low, high = min(0.0, *numbers), max(0.0, *numbers)
        unit = WIDTH / ((high - low) or 1.0)
        return tuple(
            Bar(
                self.text(row, "x"),
                self.text(row, "y"),
                round((min(0.0, number) - low) * unit, 2),
                round(abs(number) * unit, 2),
            )
            for row, number in list(zip(rows, numbers, strict=True))[:MOST]
        )

    def heatmap(self, title: str, rows: list[Row]) -> Panel:
        heads = tuple(dict.fromkeys(self.text(row, "x") for row in rows))
        high = max((self.number(row, "value") or 0.0 for row in rows), default=0.0)
        table = []
        for label, own in _grouped(rows, lambda row: self.text(row, "y")):
            by_head = dict(_grouped(own, lambda row: self.text(row, "x")))
            table.append((label, tuple(self.heat(by_head.get(head, []), high) for head in heads)))
        return Panel(title, heads=heads, rows=tuple(table))

    def heat(self, rows: list[Row], high: float) -> Heat:
        if not rows:
            return Heat("", is_empty=True)
        text = ", ".join(dict.fromkeys(self.text(row, "value") for row in rows))
        numbers = [self.number(row, "value") for row in rows]
        largest = max((number for number in numbers if number is not None), default=None)
        if largest is None:
            return Heat(text)
        if largest <= 0:
            return Heat(text, 0, self.text(rows[0], "state"), True)
        return Heat(text, max(1, min(SHADES, round(SHADES * largest / high))))

    def moments(self, rows: list[Row]) -> tuple[Moment, ...]:
        rows = sorted(rows, key=lambda row: self.day(row) or 0)[:MOST]
        place = _scale([self.day(row) or 0 for row in rows], WIDTH)
        return tuple(Moment(self.text(row, "x"), self._named(row), place(self.day(row) or 0)) for row in rows)

    def _named(self, row: Row) -> str:
        return ": ".join(filter(None, (self.text(row, "y"), self.text(row, "series"))))

    def lines(self, rows: list[Row]) -> tuple[Line, ...]:
        days = [self.day(row) or 0 for row in rows]
        numbers = [self.number(row, "y") or 0.0 for row in rows]
        across, up = _scale(days, WIDTH), _scale([0.0, *numbers], HEIGHT)
        return tuple(
            self.line(label, sorted(own, key=lambda row: self.day(row) or 0)[:MOST], across, up)
            for label, own in _grouped(rows, lambda row: self.text(row, "series"))
        )

    def line(
        self, label: str, rows: list[Row], across: Callable[[float], float], up: Callable[[float], float]
    ) -> Line:
        points = tuple(
            (across(self.day(row) or 0), round(HEIGHT - up(self.number(row, "y") or 0.0), 2)) for row in rows
        )
        return Line(label, points, tuple((self.text(row, "x"), self.text(row, "y")) for row in rows))


def _scale(values: Iterable[float], size: float) -> Callable[[float], float]:
    """Places ``values`` on 0 to ``size``; a single one in the middle."""
    every = list(values)
    low, span = min(every), max(every) - min(every)
    return lambda value: round((value - low) / span * size, 2) if span else size / 2
