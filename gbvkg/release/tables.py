"""CSV per class, with a CSVW description: the dataset for people with a spreadsheet.

A class has a table when the context has a term for it and the data an instance; a column is a property that
some instance has, in the order of the shapes (``sh:order``), then of the context. No class is named here.

Conventions, all of them said in ``metadata.json`` too (CSV on the Web, W3C 2015):

- first column ``id``; a column per language (``label_nl``, ``label_en``); things are full IRIs;
- more values in a cell are joined by the ``separator`` of their column, a character that no value of it
contains;
- text that a spreadsheet would run as a formula (starting with = + - @, tab or return) gets one ' in front,
and so
  does text that starts with ' before such a character, so that the rule can be undone (``unguarded``);
- an empty cell is no value. An empty text cannot be told from it; the other formats can.

This module refuses to translate or shorten a value.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pyoxigraph import Literal, NamedNode

from gbvkg.errors import ReleaseError
from gbvkg.release.jsonld import Context
from gbvkg.release.labels import Labels
from gbvkg.release.order import RDF_TYPE, Row, by_subject
from gbvkg.vocabulary import LANGUAGES, expand

Order = Mapping[tuple[str, str], float]
"""(class, property) → ``sh:order``."""

_SEPARATORS = "|¦‖␞"
_RUNS = ("=", "+", "-", "@", "\t", "\r")
_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")
_XSD = expand("xsd:")
_LAST = float("inf")
_CSVW_TYPES = {
    "anyURI", "base64Binary", "boolean", "date", "dateTime", "dateTimeStamp", "dayTimeDuration", "decimal",
    "double", "duration", "float", "gDay", "gMonth", "gMonthDay", "gYear", "gYearMonth", "hexBinary", "int",
    "integer", "long", "nonNegativeInteger", "positiveInteger", "string", "time", "yearMonthDuration",
}  # fmt: skip
"""CSVW §5.11.1: the XML Schema types that have a name of their own."""


@dataclass(frozen=True, slots=True)
class Column:
    """One property in one language ("" for none). ``separator`` is "" when no cell has more values."""

    name: str
    property: str
    language: str
    datatype: str
    separator: str


@dataclass(frozen=True, slots=True)
class Table:
    """The instances of one class. A row is a thing's IRI and, per column, the lexical forms of its values."""

    file: str
    cls: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, tuple[tuple[str, ...], ...]], ...]


_Values = dict[tuple[str, str], list[NamedNode | Literal]]
"""(property, language) → values of one thing."""


def tables(triples: Sequence[Row], context: Context, order: Order) -> list[Table]:
    """The tables of ``triples`` (in the order of ``order.union``), by file name."""
    members: dict[str, list[tuple[str, _Values]]] = {}
    for subject, about in by_subject(triples):
        kinds, values = _read(about)
        for cls in sorted(kinds & context.classes.keys()):
            members.setdefault(cls, []).append((subject.value, values))
    return sorted((_table(cls, rows, context, order) for cls, rows in members.items()), key=lambda t: t.file)


def write_table(table: Table) -> str:
    """The table as CSV (RFC 4180: commas, quotes doubled, CRLF); UTF-8 without a byte order mark."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(["id", *(column.name for column in table.columns)])
    for subject, cells in table.rows:
        joined = (c.separator.join(values) for c, values in zip(table.columns, cells, strict=True))
        writer.writerow([subject, *map(guarded, joined)])
    return out.getvalue()


def write_metadata(group: Iterable[Table], labels: Labels) -> str:
    """The CSVW description (Metadata Vocabulary for Tabular Data) of all tables, as JSON."""
    described = {
        "@context": ["http://www.w3.org/ns/csvw", {"@language": "nl"}],
        "dialect": {"encoding": "utf-8", "header": True, "lineTerminators": ["\r\n"]},
        "rdfs:comment": _texts(_GUARD_NOTE),
        "tables": [_table_metadata(table, labels) for table in group],
    }
    return json.dumps(described, ensure_ascii=False, indent=1) + "\n"


def guarded(cell: str) -> str:
    """``cell`` as a spreadsheet shows it instead of running it (OWASP, CSV injection)."""
    return f"'{cell}" if _runs(cell) and not _NUMBER.fullmatch(cell) else cell


def unguarded(cell: str) -> str:
    """What ``guarded`` was given."""
    return cell[1:] if cell.startswith("'") and _runs(cell) else cell


def _runs(cell: str) -> bool:
    return cell.lstrip("'").startswith(_RUNS)


_GUARD_NOTE = {
    "nl": "Tekst die een rekenblad als formule zou uitvoeren, begint met een extra apostrof.",
    "en": "Text that a spreadsheet would run as a formula starts with an extra apostrophe.",
}


def _read(about: Iterable[Row]) -> tuple[set[str], _Values]:
    kinds: set[str] = set()
    values: _Values = {}
    for _, predicate, value, _ in about:
        if predicate.value == RDF_TYPE:
            kinds.add(value.value)
        else:
            language = value.language or "" if isinstance(value, Literal) else ""
            values.setdefault((predicate.value, language), []).append(value)
    return kinds, values


def _table(cls: str, members: list[tuple[str, _Values]], context: Context, order: Order) -> Table:
    found = {key for _, values in members for key in values}
    keys = sorted(found, key=lambda key: _position(cls, key, context, order))
    names = _names(keys, context)
    columns = tuple(
        _column(names[key], key, [values[key] for _, values in members if key in values]) for key in keys
    )
    rows = tuple(
        (subject, tuple(tuple(value.value for value in values.get(key, ())) for key in keys))
        for subject, values in members
    )
    return Table(_file_name(context.classes[cls]), cls, columns, rows)


def _position(cls: str, key: tuple[str, str], context: Context, order: Order) -> tuple[object, ...]:
    iri, language = key
    position = context.positions.get(iri, len(context.positions))
    speech = LANGUAGES.index(language) if language in LANGUAGES else len(LANGUAGES)
    return order.get((cls, iri), _LAST), position, iri, language != "", speech, language


def _names(keys: Iterable[tuple[str, str]], context: Context) -> dict[tuple[str, str], str]:
    """Column names: the context's term, else the prefixed name; with the language behind it."""
    names: dict[tuple[str, str], str] = {}
    for iri, language in keys:
        terms = context.properties.get(iri)
        name = re.sub(r"\W", "_", terms[0].name if terms else context.name(iri), flags=re.ASCII)
        name = f"{name}_{language.replace('-', '_')}" if language else name
        while name in (*names.values(), "id"):
            name += "_"
        names[iri, language] = name
    return names


def _column(name: str, key: tuple[str, str], cells: list[list[NamedNode | Literal]]) -> Column:
    kinds = {_datatype(value) for cell in cells for value in cell}
    datatype = kinds.pop() if len(kinds) == 1 else f"{_XSD}string"
    several = any(len(cell) > 1 for cell in cells)
    return Column(name, *key, datatype, _separator(name, cells) if several else "")


def _datatype(value: NamedNode | Literal) -> str:
    if isinstance(value, NamedNode):
        return ""
    return f"{_XSD}string" if value.language else value.datatype.value


def _separator(name: str, cells: list[list[NamedNode | Literal]]) -> str:
    used = {char for cell in cells for value in cell for char in _SEPARATORS if char in value.value}
    free = [char for char in _SEPARATORS if char not in used]
    if not free:
        raise ReleaseError(
            f'Kolom "{name}": elk scheidingsteken ({_SEPARATORS}) komt in een waarde voor.',
            f'Column "{name}": every separator ({_SEPARATORS}) occurs in a value.',
        )
    return free[0]


def _file_name(term: str) -> str:
    """``OperationalObjective`` → ``operational-objectives.csv``."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", term).lower()
    if re.search(r"[^aeiou]y$", words):
        return f"{words[:-1]}ies.csv"
    return f"{words}es.csv" if re.search(r"(s|x|z|ch|sh)$", words) else f"{words}s.csv"


def _table_metadata(table: Table, labels: Labels) -> dict[str, object]:
    identity: dict[str, object] = {"name": "id", "titles": "id", "datatype": "anyURI", "required": True}
    kind = {"name": "type", "virtual": True, "propertyUrl": "rdf:type", "valueUrl": table.cls}
    return {
        "url": table.file,
        "dc:title": _texts(labels.both(table.cls)),
        "tableSchema": {
            "aboutUrl": "{+id}",
            "primaryKey": "id",
            # The identifier is the subject of the row and not one of its values.
            "columns": [
                {**identity, "suppressOutput": True},
                *(_column_metadata(column, table.cls, labels) for column in table.columns),
                kind,
            ],
        },
    }


def _column_metadata(column: Column, cls: str, labels: Labels) -> dict[str, object]:
    described: dict[str, object] = {"name": column.name, "titles": column.name}
    described["propertyUrl"] = column.property
    if title := labels.both(column.property, cls):
        described["dc:title"] = _texts(title)
    if column.language:
        described["lang"] = column.language
    if column.separator:
        described["separator"] = column.separator
    if column.datatype:
        described["datatype"] = _csvw_type(column.datatype)
    elif column.separator:
        described["datatype"] = "anyURI"  # CSVW §6.4.5: a valueUrl would make one IRI of the whole cell
    else:
        described["valueUrl"] = f"{{+{column.name}}}"
    return described


def _csvw_type(datatype: str) -> object:
    name = datatype.removeprefix(_XSD)
    return name if name in _CSVW_TYPES else {"@id": datatype, "base": "string"}


def _texts(texts: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"@value": text, "@language": lang} for lang, text in texts.items()]
