"""The answer to a query as an Excel workbook: one sheet of rows, one sheet that says where they come from.

The columns are those of the page, in its language; beside the name of a thing stands its IRI, and beside the
words for a code the code. Every cell is a text, a number, a date or a truth value, as its RDF datatype says;
nothing in it can act: no formula, no link, no macro. A number that Excel could not hold to its last digit
stays a text. This module refuses, with what to ask for instead, rows and texts that a sheet has no room for:
it never cuts.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

import xlsxwriter
from pyoxigraph import Literal, NamedNode

from gbvkg.errors import NotAcceptable
from gbvkg.queries import Query
from gbvkg.queries.parameters import Term
from gbvkg.queries.result import Cell, Row, lexical
from gbvkg.vocabulary import expand
from gbvkg.web.answers import NUMBERS, read
from gbvkg.web.aside import aside
from gbvkg.web.pages import frame
from gbvkg.web.query_table import Reading, reading

if TYPE_CHECKING:
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

    from gbvkg.store import Spool
    from gbvkg.web.site import Site

ROWS = 1_048_575
"""Rows below the headings in one sheet."""

CHARACTERS = 32_767
"""In one cell."""

DIGITS = 15
"""That Excel keeps of a number."""

WIDEST = 60
"""Characters that a column is made wide at most."""

Held = str | int | float | bool | date | None
"""What a cell of a sheet has."""

OPTIONS = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}
"""Nothing in a workbook of ours can act, whatever its texts begin with."""


async def written(
    site: Site, query: Query, terms: Mapping[str, Term], body: bytes | Spool, lang: str
) -> bytes:
    """The workbook of an answer in SPARQL JSON. The same answer gives the same bytes.

    Raises NotAcceptable, with the formats that can hold it, for an answer that a sheet cannot; else as
    ``Site.rows``.
    """
    result = await aside(read, query, body)
    if len(result.rows) > ROWS:
        raise _too_much(query)
    return await aside(_written, site, await reading(site, query, result, lang), terms)


def _written(site: Site, answer: Reading, terms: Mapping[str, Term]) -> bytes:
    query, lang = answer.query, answer.lang
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, OPTIONS)
    issued = datetime.fromisoformat(site.manifest.issued[:10])
    book.set_properties({"title": query.summary[lang], "created": issued})
    formats = {
        "head": book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1}),
        "text": book.add_format({"text_wrap": True, "valign": "top"}),
        "date": book.add_format({"num_format": "yyyy-mm-dd", "align": "left", "valign": "top"}),
        "plain": book.add_format({"valign": "top"}),
    }
    texts = frame.texts("queries", lang)["workbook"]
    sheet = book.add_worksheet(texts["rows"])
    if not _rows(sheet, _columns(answer, texts), len(answer.result.rows), formats):
        book.close()
        raise _too_much(query)
    facts = _facts(site, query, terms, len(answer.result.rows), lang)
    _about(book.add_worksheet(texts["about"]), facts, formats)
    book.close()
    return out.getvalue()


def _too_much(query: Query) -> NotAcceptable:
    from gbvkg.formats import XLSX
    from gbvkg.web.query_api import offered

    others = tuple((row.name, row.media_type) for row in offered(query) if row is not XLSX)
    return NotAcceptable(
        f"Dit antwoord past niet in een werkblad van Excel ({ROWS} rijen, {CHARACTERS} tekens per cel)."
        " Vraag het als csv of json.",
        f"This answer does not fit in a sheet of Excel ({ROWS} rows, {CHARACTERS} characters in a cell)."
        " Ask for it as csv or json.",
        others,
    )


@dataclass(frozen=True)
class _Column:
    """A column of the sheet: ``cells`` makes its values, of all rows, each time that it is asked."""

    head: str
    cells: Callable[[], Iterator[Held]]


def _columns(answer: Reading, texts: Mapping[str, str]) -> list[_Column]:
    """Those of the page, each with what it stands for beside it: the IRI of a thing, the code of words."""
    rows = list(answer.result.rows)
    things = answer.things(rows)
    found = []
    for i in answer.telling(rows):
        name = answer.result.variables[i]
        head = answer.heading(name)
        if i in things or answer.has_codes(name):
            exact = texts["iri"] if i in things else texts["code"]
            found.append(_Column(head, partial(_in_words, answer, i)))
            found.append(_Column(f"{head} ({exact})", partial(_exact, answer, i)))
        else:
            found.append(_Column(head, partial(_typed, answer, i)))
    return found


def _in_words(answer: Reading, column: int) -> Iterator[Held]:
    name = answer.result.variables[column]
    for row in answer.result.rows:
        has_word = isinstance(row[column], NamedNode) or answer.has_codes(name)
        yield answer.shown(row, column).text or None if has_word else _held(answer, row, column)


def _exact(answer: Reading, column: int) -> Iterator[Held]:
    has_codes = answer.has_codes(answer.result.variables[column])
    for row in answer.result.rows:
        is_exact = isinstance(row[column], NamedNode) or has_codes
        yield lexical(row[column]) or None if is_exact else None


def _typed(answer: Reading, column: int) -> Iterator[Held]:
    return (_held(answer, row, column) for row in answer.result.rows)


def _held(answer: Reading, row: Row, column: int) -> Held:
    cell = row[column]
    return typed(cell) if cell is not None else answer.shown(row, column).text or None


def _rows(sheet: Worksheet, columns: list[_Column], count: int, formats: Mapping[str, Format]) -> bool:
    """Write headings and rows; False when a text is too long for a cell."""
    for place, column in enumerate(columns):
        sheet.write_string(0, place, column.head, formats["head"])
        longest = 0
        for number, value in enumerate(column.cells(), 1):
            if isinstance(value, str) and len(value) > CHARACTERS:
                return False
            if number <= 1000:
                longest = max(longest, len(str(value or "")))
            _write(sheet, number, place, value, formats)
        sheet.set_column(place, place, min(WIDEST, max(12, longest, len(column.head)) + 1))
    sheet.freeze_panes(1, 0)
    if count:
        sheet.autofilter(0, 0, count, len(columns) - 1)
    return True


def _write(sheet: Worksheet, row: int, column: int, value: Held, formats: Mapping[str, Format]) -> None:
    if value is None:
        return
    if isinstance(value, bool):
        sheet.write_boolean(row, column, value, formats["plain"])
    elif isinstance(value, int | float):
        sheet.write_number(row, column, value, formats["plain"])
    elif isinstance(value, date):
        sheet.write_datetime(row, column, value, formats["date"])
    else:
        sheet.write_string(row, column, value, formats["text"])


def typed(cell: Cell) -> Held:
    """What Excel holds for a term: the value where that says all of it, else the text."""
    text = lexical(cell)
    if cell is None or not isinstance(cell, Literal):
        return text or None
    kind = cell.datatype.value
    if kind == expand("xsd:boolean") and text in ("true", "false", "1", "0"):
        return text in ("true", "1")
    if kind == expand("xsd:date"):
        return _date(text)
    return _number(text) if kind in NUMBERS else text


def _date(text: str) -> str | date:
    """Excel has no days before 1900, no time zones, and a 29 February 1900 that never was."""
    try:
        found = date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        found = None
    return found if found and found >= date(1900, 3, 1) else text


def _number(text: str) -> str | int | float:
    digits = text.lower().partition("e")[0].lstrip("+-").replace(".", "").lstrip("0")
    try:
        value = float(text)
    except ValueError:
        return text
    if len(digits) > DIGITS or value != value or value in (float("inf"), float("-inf")):
        return text
    return int(text) if text.lstrip("+-").isdecimal() else value


def _facts(
    site: Site, query: Query, terms: Mapping[str, Term], count: int, lang: str
) -> list[tuple[str, str]]:
    texts = frame.texts("queries", lang)["workbook"]
    given = [(query.parameters[name].summary[lang], term.value) for name, term in terms.items()]
    facts = [
        (texts["question"], query.summary[lang]),
        (texts["explanation"], query.description.get(lang, "")),
        *given,
        (texts["count"], str(count)),
        (texts["release"], site.version),
        (texts["issued"], site.manifest.issued[:10]),
        (texts["licence"], site.licence),
        (texts["address"], site.public(site.path(f"/query/{query.name}"))),
    ]
    return [(head, text) for head, text in facts if text]


def _about(sheet: Worksheet, facts: Sequence[tuple[str, str]], formats: Mapping[str, Any]) -> None:
    sheet.set_column(0, 0, 24)
    sheet.set_column(1, 1, 100)
    for row, (head, text) in enumerate(facts):
        sheet.write_string(row, 0, head, formats["head"])
        sheet.write_string(row, 1, text, formats["text"])
