"""A list of things as a table to take away: CSV, an Excel workbook, or JSON-LD.

A property with things as values has two columns, their labels and their IRIs; no two columns are called the
same. In a workbook every cell is a text: no formula, no link. CSV (RFC 4180, UTF-8) is for spreadsheets and
sent as an attachment: what one would take for a formula has ``'`` before it. Who wants it exact asks JSON-LD,
or a query as CSV. This module refuses to cut: a text that a cell has no room for is an error that says what
to ask for instead.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import xlsxwriter
from pyoxigraph import Literal, NamedNode, RdfFormat, Triple, serialize

from gbvkg.errors import NotAcceptable
from gbvkg.formats import RDF, RESULTS, XLSX, Format
from gbvkg.vocabulary import prefixes
from gbvkg.web.pages.values import in_language, short
from gbvkg.web.workbook import CHARACTERS, OPTIONS, ROWS

if TYPE_CHECKING:
    from gbvkg.web.site import Bindings, Term

FILES = {row.extension: row for row in (RESULTS["csv"], XLSX, RDF["jsonld"])}
"""Extension → format of a list as a file."""

JOINED = " | "
_NOT_IN_A_NAME = "[]:*?/\\'"
"""Characters of the name of a sheet that Excel refuses."""

_FORMULA = re.compile(r"\s*[=+\-@\uff1d\uff0b\uff0d\uff20]|[\t\r\n]")
"""How a cell begins that a spreadsheet takes for a formula (OWASP, CSV Injection; ASVS 5.0 §1.2.10)."""

_NUMBER = re.compile(r"[+-][0-9]+([.,][0-9]+)?([eE][+-]?[0-9]{1,3})?")

Table = list[list[str]]


def table(
    rows: Sequence[Bindings],
    things: Sequence[str],
    lang: str,
    heading: Callable[[str], str],
    label: Callable[[str], str],
) -> Table:
    """Headings and one row per thing, in the order of ``things``; ``rows`` have thing, property and value."""
    said: dict[str, dict[str, list[Term]]] = {iri: {} for iri in things}
    for row in _sorted(rows):
        if row["thing"].value in said:
            said[row["thing"].value].setdefault(row["property"].value, []).append(row["value"])
    properties = sorted(
        {iri for found in said.values() for iri in found}, key=lambda iri: (heading(iri), iri)
    )
    linked = {
        iri
        for iri in properties
        for found in said.values()
        for term in found.get(iri, ())
        if isinstance(term, NamedNode)
    }
    heads = ["IRI"]
    names = Counter(heading(iri) for iri in properties)
    for iri in properties:
        name = heading(iri) if names[heading(iri)] == 1 else f"{heading(iri)} ({short(iri)})"
        heads += [name, f"{name} (IRI)"] if iri in linked else [name]
    return [heads, *(_row(iri, said[iri], properties, linked, lang, label) for iri in things)]


def _row(
    thing: str,
    said: dict[str, list[Term]],
    properties: list[str],
    linked: set[str],
    lang: str,
    label: Callable[[str], str],
) -> list[str]:
    cells = [thing]
    for iri in properties:
        terms = in_language(said.get(iri, []), lang)
        cells.append(JOINED.join(label(t.value) if isinstance(t, NamedNode) else t.value for t in terms))
        if iri in linked:
            cells.append(JOINED.join(t.value for t in terms if isinstance(t, NamedNode)))
    return cells


def _sorted(rows: Sequence[Bindings]) -> list[Bindings]:
    return sorted(rows, key=lambda row: (row["thing"].value, row["property"].value, str(row["value"])))


def written(found: Table, format: Format, title: str) -> bytes:
    """The table as CSV or as a workbook. Raises NotAcceptable when it does not fit."""
    return as_workbook(found, title) if format is XLSX else as_csv(found)


def as_csv(found: Table) -> bytes:
    """RFC 4180, with a byte order mark so that a spreadsheet reads it as UTF-8; no cell is a formula."""
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerows(map(_quiet, row) for row in found)
    return b"\xef\xbb\xbf" + text.getvalue().encode("utf-8", "backslashreplace")


def _quiet(cell: str) -> str:
    """The cell as a spreadsheet may have it: a plain number with its sign stays one."""
    return f"'{cell}" if _FORMULA.match(cell) and not _NUMBER.fullmatch(cell) else cell


def as_workbook(found: Table, title: str) -> bytes:
    """One sheet of texts. Raises NotAcceptable when a text or the rows do not fit."""
    if len(found) > ROWS or any(len(cell) > CHARACTERS for row in found for cell in row):
        raise NotAcceptable(
            "Een tekst of het aantal rijen is te groot voor een Excel-blad; vraag csv of jsonld.",
            "A text or the number of rows is too large for an Excel sheet; ask for csv or jsonld.",
            tuple((row.name, row.media_type) for row in FILES.values() if row is not XLSX),
        )
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, OPTIONS) as workbook:
        sheet = workbook.add_worksheet(
            "".join(char for char in title if char not in _NOT_IN_A_NAME)[:31] or "data"
        )
        bold = workbook.add_format({"bold": True})
        for number, row in enumerate(found):
            for column, cell in enumerate(row):
                sheet.write_string(number, column, cell, bold if number == 0 else None)
        sheet.freeze_panes(1, 1)
        sheet.set_column(0, max(len(found[0]) - 1, 0), 28)
    return file.getvalue()


def as_jsonld(rows: Sequence[Bindings], things: Sequence[str]) -> bytes:
    """JSON-LD 1.1 of what is said of the things."""
    kept = set(things)
    triples = [
        Triple(row["thing"], row["property"], row["value"])  # type: ignore[arg-type]
        for row in _sorted(rows)
        if row["thing"].value in kept and isinstance(row["value"], NamedNode | Literal)
    ]
    written = serialize(triples, format=RdfFormat.JSON_LD, prefixes=prefixes())
    assert written is not None
    return written
