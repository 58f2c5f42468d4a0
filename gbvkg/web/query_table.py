"""The answer to a named query as people read it, on its page and in its workbook: words for codes, names for
things, and of columns that say the same in several languages that of the reader.

This module refuses to change a row: what a program reads (JSON, XML, CSV, TSV) is never made here.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from pyoxigraph import Literal, NamedNode

from gbvkg.queries.result import Result, for_reader, left_unsaid, lexical
from gbvkg.web.pages.describing import Describer
from gbvkg.web.pages.values import Value

if TYPE_CHECKING:
    from gbvkg.queries import Query
    from gbvkg.queries.result import Cell, Row
    from gbvkg.web.pages.values import Shower
    from gbvkg.web.site import Site


class Reading:
    """A result for a reader of one language. ``result`` has the columns of that language, with all rows."""

    def __init__(self, query: Query, result: Result, shower: Shower) -> None:
        self.query = query
        self.lang = shower.lang
        self.result = for_reader(result, shower.lang)
        self._shower = shower

    def heading(self, name: str) -> str:
        """What a column is called."""
        return self.query.columns[name].heading[self.lang] if name in self.query.columns else name

    def has_codes(self, name: str) -> bool:
        """Whether a column has codes, for which there are words."""
        return name in self.query.columns and bool(self.query.columns[name].values)

    def value(self, cell: Cell, name: str) -> Value:
        """A cell of a column as it is shown."""
        if cell is None:
            return Value("")
        words = self.query.columns[name].values if name in self.query.columns else {}
        if isinstance(cell, Literal) and cell.value in words:
            return Value(words[cell.value][self.lang], key=cell.value)
        return self._shower.value(cell)

    def shown(self, row: Row, column: int) -> Value:
        """A cell of a row as it is shown, with words for what is not known where the column has some."""
        if unsaid := left_unsaid(self.result, row, column, self.lang):
            return Value(unsaid)
        return self.value(row[column], self.result.variables[column])

    def things(self, rows: Iterable[Row]) -> set[int]:
        """The columns that have things (IRIs) in some row."""
        return {i for row in rows for i, cell in enumerate(row) if isinstance(cell, NamedNode)}

    def groups(self, rows: Iterable[Row]) -> list[tuple[str, list[Row]]]:
        """The rows that belong together, each under its heading, in their order; those of most, "", first.
        Apart are rows with such a state that name one thing, among rows that name more.
        """
        every = list(rows)
        if all(_things(row) < 2 for row in every):
            return [("", every)]
        found: dict[str, list[Row]] = {}
        for row in every:
            found.setdefault(self._apart(row) if _things(row) < 2 else "", []).append(row)
        return sorted(found.items(), key=lambda group: bool(group[0]))

    def _apart(self, row: Row) -> str:
        for name, cell in zip(self.result.variables, row, strict=True):
            column = self.query.columns.get(name)
            if column and cell is not None and (heading := column.apart.get(lexical(cell))):
                return heading[self.lang]
        return ""

    def filled(self, rows: Iterable[Row]) -> set[int]:
        """The columns that show something in some row."""
        every = range(len(self.result.variables))
        return {i for row in rows for i in every if row[i] is not None or self.shown(row, i).text}

    def telling(self, rows: list[Row]) -> list[int]:
        """The columns but those that repeat, in every row, the name that the thing of another column has."""
        things = self.things(rows)
        return [
            i
            for i in range(len(self.result.variables))
            if i in things or not any(self._repeats(rows, i, other) for other in things)
        ]

    def _repeats(self, rows: list[Row], column: int, other: int) -> bool:
        return any(row[column] is not None for row in rows) and all(
            self.shown(row, column).text == self.shown(row, other).text for row in rows
        )


def _things(row: Row) -> int:
    return sum(isinstance(cell, NamedNode) for cell in row)


async def reading(site: Site, query: Query, result: Result, lang: str, rows: int | None = None) -> Reading:
    """The result with names for what is in its first ``rows``, or in all. Raises as ``Site.rows``."""
    describer = Describer(site, await site.pages.terms(), site.manifest.dataset, lang)
    await describer.name(
        cell.value for row in result.rows[:rows] for cell in row if isinstance(cell, NamedNode)
    )
    return Reading(query, result, describer.show)
