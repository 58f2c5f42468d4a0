"""A list of things as a table to take away: CSV, an Excel workbook, or JSON-LD.

Columns come in the order in which the page of the list shows what they say. One with things as values has two
columns, their labels and their IRIs; no two columns are called the same. In a workbook every cell is a text:
no formula, no link. CSV (RFC 4180, UTF-8) is for spreadsheets and sent as an attachment: what one would take
for a formula has ``'`` before it. Who wants it exact asks JSON-LD, or a query as CSV. This module refuses to
cut: a text that a cell has no room for is an error that says what to ask for instead.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
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


@dataclass(frozen=True)
class Columns:
    """What columns are called (``heading``) and how they follow each other: those of texts that come
    ``first``, the IRI, ``then`` others, and the rest by ``rank`` (the empty name is the place of who has
    none) and heading. ``told`` are columns that are no properties: name → thing → values.
    """

    heading: Callable[[str], str]
    first: Sequence[str] = ()
    then: Sequence[str] = ()
    rank: Mapping[str, int] = field(default_factory=dict)
    told: Mapping[str, Mapping[str, list[Term]]] = field(default_factory=dict)

    def before(self, names: set[str], linked: set[str]) -> list[str]:
        """Those before the IRI."""
        return [name for name in dict.fromkeys(self.first) if name in names - linked]

    def after(self, names: set[str]) -> list[str]:
        """Those of ``names`` that follow it."""
        known = [name for name in dict.fromkeys(self.then) if name in names]
        between = self.rank.get("", 0)

        def place(name: str) -> tuple[int, str, str]:
            return self.rank.get(name, between), self.heading(name), name

        return [*known, *sorted(names.difference(known), key=place)]


def table(
    rows: Sequence[Bindings],
    things: Sequence[str],
    lang: str,
    columns: Columns,
    label: Callable[[str], str],
) -> Table:
    """Headings and one row per thing, in the order of ``things``; ``rows`` have thing, property and value."""
    said: dict[str, dict[str, list[Term]]] = {iri: {} for iri in things}
    for row in _sorted(rows):
        if row["thing"].value in said:
            said[row["thing"].value].setdefault(row["property"].value, []).append(row["value"])
    for name, values in columns.told.items():
        for iri in said.keys() & values.keys():
            alike = len(set(values[iri])) == 1
            said[iri][name] = values[iri][:1] if alike else values[iri]
    names = {name for found in said.values() for name in found}
    linked = {
        name
        for found in said.values()
        for name, terms in found.items()
        if any(isinstance(term, NamedNode) for term in terms)
    }
    before = columns.before(names, linked)
    after = columns.after(names.difference(before))
    used = Counter(map(columns.heading, names))

    def heads(name: str) -> list[str]:
        head = columns.heading(name)
        if used[head] > 1 and name not in columns.told:
            head = f"{head} ({short(name)})"
        return [head, f"{head} (IRI)"] if name in linked else [head]

    def cells(iri: str, name: str) -> list[str]:
        terms = in_language(said[iri].get(name, []), lang)
        texts = [JOINED.join(label(t.value) if isinstance(t, NamedNode) else t.value for t in terms)]
        if name in linked:
            texts.append(JOINED.join(t.value for t in terms if isinstance(t, NamedNode)))
        return texts

    def line(iri: str) -> list[str]:
        own, more = ([cell for name in some for cell in cells(iri, name)] for some in (before, after))
        return [*own, iri, *more]

    head = [text for name in before for text in heads(name)]
    head += ["IRI", *(text for name in after for text in heads(name))]
    return [head, *map(line, things)]


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
