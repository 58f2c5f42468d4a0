"""The answer to a named query: rows in a fixed order, variables in the order of the SELECT, and how they are
written.

It refuses to shorten or translate what a machine will read: only ``table``, which is for eyes, wraps long
cells, fits a terminal, names columns and states in the reader's language and shows the control characters
that a terminal would obey.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from json.encoder import encode_basestring

from pyoxigraph import BlankNode, Literal, NamedNode, Triple, parse_query_results, serialize

from gbvkg import formats
from gbvkg.errors import UsageError
from gbvkg.queries.layout import laid_out
from gbvkg.vocabulary import BASE, LANGUAGES, expand, prefixes, shrink

Cell = NamedNode | BlankNode | Literal | None
Row = tuple[Cell, ...]

_STRING = expand("xsd:string")

FORMATS: dict[str, tuple[str, ...]] = {
    "SELECT": tuple(formats.RESULTS),
    "ASK": tuple(formats.RESULTS),
    "CONSTRUCT": ("table", "csv", *formats.RDF),
}
"""Form of a query → names of the formats that can hold its answer, the one for eyes first."""

_HOLDS = {
    "CONSTRUCT": ("een graaf", "a graph"),
    "SELECT": ("een tabel", "a table"),
    "ASK": ("ja of nee", "yes or no"),
}


@dataclass(frozen=True)
class Column:
    """A heading per language, and for a column of states the words for each state.

    ``unbound`` are the words for an empty cell of a row that names one thing and states, and says no more:
    what this column would have of the thing is not known. ``apart`` are headings for rows with such a state
    that name one thing, which a page shows by themselves.
    """

    heading: dict[str, str]
    values: dict[str, dict[str, str]] = field(default_factory=dict)
    unbound: dict[str, str] = field(default_factory=dict)
    apart: dict[str, dict[str, str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Result:
    """``form`` is SELECT, CONSTRUCT or ASK. A CONSTRUCT has the columns subject, predicate and object.

    ``base`` is the base IRI of the project, which a table leaves out.
    """

    form: str
    variables: tuple[str, ...]
    rows: tuple[Row, ...]
    columns: dict[str, Column] = field(default_factory=dict)
    base: str = BASE

    def serialize(self, format: str, lang: str = "nl", width: int | None = None) -> str:
        """The result as text in one of the formats that ``FORMATS`` names for its form.

        ``width``, in characters, is for ``table`` only: its lines fit in it; None is for files and pipes,
        where nothing depends on a terminal. Same rows, same text. Raises UsageError for a format that is
        unknown or cannot hold this kind of result.
        """
        check_format(self.form, format)
        if format in formats.RDF:
            return self._graph(formats.RDF[format])
        if format == "table":
            return _table(self, lang, width)
        row = formats.result(format)
        return WRITERS[format](self) if format in WRITERS else _through_json(self, row)

    def _graph(self, format: formats.Format) -> str:
        triples = [Triple(*row) for row in self.rows]  # type: ignore[arg-type]
        return _text(serialize(triples, format=format.rdf, prefixes=_used_prefixes(self.rows)))

    def records(self) -> list[dict[str, str]]:
        """Per row, variable → lexical form of what is bound (the CSV view: no datatype, no language)."""
        return [
            {name: lexical(cell) for name, cell in zip(self.variables, row, strict=True) if cell is not None}
            for row in self.rows
        ]


def check_format(form: str, format: str) -> None:
    """Raises UsageError, naming what is possible, when the answer to a query of this form cannot be so
    written.
    """
    if format in FORMATS[form]:
        return
    names, (nl, en) = ", ".join(FORMATS[form]), _HOLDS[form]
    raise UsageError(
        f'Deze vraag geeft {nl}; dat kan niet als "{format}". Kies uit: {names}.',
        f'This query gives {en}, which "{format}" cannot hold. Choose from: {names}.',
    )


def lexical(cell: Cell) -> str:
    """SPARQL 1.1 CSV §3.2: an IRI or a lexical form as it is, "" for an unbound variable."""
    if cell is None:
        return ""
    return str(cell) if isinstance(cell, BlankNode) else cell.value


def _csv(result: Result) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(result.variables)
    writer.writerows([lexical(cell) for cell in row] for row in result.rows)
    return out.getvalue()


def _json(result: Result) -> str:
    if result.form == "ASK":
        answer = {"head": {}, "boolean": lexical(result.rows[0][0]) == "true"}
        return json.dumps(answer, indent=1) + "\n"
    # Laid out as json.dumps(…, indent=1) would, which takes ten times as long over a hundred thousand cells.
    names = [encode_basestring(name) for name in result.variables]
    variables = _layout("[]", names, 2)
    bindings = _layout("[]", [_json_binding(names, row) for row in result.rows], 2)
    head, results = f'{{\n  "vars": {variables}\n }}', f'{{\n  "bindings": {bindings}\n }}'
    return f'{{\n "head": {head},\n "results": {results}\n}}\n'


def _json_binding(names: list[str], row: Row) -> str:
    cells = zip(names, row, strict=True)
    return _layout("{}", [f"{name}: {_json_term(cell)}" for name, cell in cells if cell is not None], 3)


def _json_term(cell: NamedNode | BlankNode | Literal) -> str:
    if isinstance(cell, NamedNode):
        rows = {"type": "uri", "value": cell.value}
    elif isinstance(cell, BlankNode):
        rows = {"type": "bnode", "value": cell.value}
    else:
        rows = {"type": "literal", "value": cell.value}
        if cell.language:
            rows["xml:lang"] = cell.language
        elif cell.datatype.value != _STRING:
            rows["datatype"] = cell.datatype.value
    return _layout("{}", [f'"{key}": {encode_basestring(value)}' for key, value in rows.items()], 4)


def _layout(brackets: str, parts: list[str], depth: int) -> str:
    if not parts:
        return brackets
    inside = (",\n" + " " * (depth + 1)).join(parts)
    return f"{brackets[0]}\n{' ' * (depth + 1)}{inside}\n{' ' * depth}{brackets[1]}"


def _through_json(result: Result, format: formats.Format) -> str:
    parsed = parse_query_results(_json(result), format=formats.RESULTS["json"].result)
    return _text(parsed.serialize(format=format.result))


def _text(written: bytes | None) -> str:
    return (written or b"").decode("utf-8")


def _used_prefixes(rows: Iterable[Row]) -> dict[str, str]:
    iris = {cell.value for row in rows for cell in row if isinstance(cell, NamedNode)}
    return {name: ns for name, ns in prefixes().items() if any(iri.startswith(ns) for iri in iris)}


def _table(result: Result, lang: str, width: int | None) -> str:
    result = for_reader(result, lang)
    heads = [_heading(result, name, lang) for name in result.variables]
    body = [
        [
            left_unsaid(result, row, i, lang) or _shown(result, name, row[i], lang)
            for i, name in enumerate(result.variables)
        ]
        for row in result.rows
    ]
    return laid_out(heads, body, width) + _count(len(body), lang) + "\n"


def for_reader(result: Result, lang: str) -> Result:
    """The result without the columns that say the same in another language, as ``labelEn`` beside
    ``labelNl``.
    """
    own = lang.capitalize()
    twins = {name.removesuffix(own) for name in result.variables if name.endswith(own)}
    others = {stem + other.capitalize() for stem in twins for other in LANGUAGES if other != lang}
    kept = [i for i, name in enumerate(result.variables) if name not in others]
    rows = tuple(tuple(row[i] for i in kept) for row in result.rows)
    return replace(result, variables=tuple(result.variables[i] for i in kept), rows=rows)


def left_unsaid(result: Result, row: Row, column: int, lang: str) -> str:
    """The words for an empty cell, when its column has some and the row says nothing else of a thing; ""
    otherwise.
    """
    known = result.columns.get(result.variables[column])
    if row[column] is not None or known is None or not known.unbound:
        return ""
    said = [(name, cell) for name, cell in zip(result.variables, row, strict=True) if cell is not None]
    rest = [name for name, cell in said if not isinstance(cell, NamedNode)]
    has_states = bool(rest) and all(name in result.columns and result.columns[name].values for name in rest)
    return known.unbound.get(lang, "") if has_states and len(said) - len(rest) == 1 else ""


def _heading(result: Result, name: str, lang: str) -> str:
    column = result.columns.get(name)
    return column.heading.get(lang, name) if column else name


def _shown(result: Result, name: str, cell: Cell, lang: str) -> str:
    text = lexical(cell)
    if isinstance(cell, NamedNode):
        home = f"{result.base}id/"
        text = text.removeprefix(home) if text.startswith(home) else shrink(text).strip("<>")
    elif name in result.columns:
        text = result.columns[name].values.get(text, {}).get(lang, text)
    return "".join(c if c.isprintable() or c == "\n" else f"\\u{ord(c):04x}" for c in text)


def _count(number: int, lang: str) -> str:
    if lang == "nl":
        return "1 rij" if number == 1 else f"{number} rijen"
    return "1 row" if number == 1 else f"{number} rows"


WRITERS: dict[str, Callable[[Result], str]] = {"csv": _csv, "json": _json}
"""Formats for machines that are written here, because rows, heads or bytes must not depend on the engine's
version."""
