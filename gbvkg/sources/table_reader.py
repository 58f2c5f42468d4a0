"""CSV and TSV files → statements, as their CSVW description says; SSSOM mappings by the description shipped
for them.

Follows "Generating RDF from Tabular Data on the Web" in minimal mode, with four differences: relative IRIs
resolve against
``<base>id/`` as in YAML, compact IRIs use the one prefix table, nothing makes a blank node, and a column with
both a separator and a valueUrl gives one IRI per item. This module refuses a column or a cell that it cannot
read; it never skips one in silence.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from io import StringIO

from pyoxigraph import Literal, NamedNode

from gbvkg.sources.context import Context
from gbvkg.sources.csvw import Column, Description, Template
from gbvkg.sources.files import Limits, too_many
from gbvkg.sources.lexical import XSD, expected, is_valid, repair
from gbvkg.sources.references import Problem, misspelled, resolve
from gbvkg.sources.rules import Faults, Refused, Rule, breach, did_you_mean, nearest, quoted
from gbvkg.sources.statement import Object, Place, Statement
from gbvkg.sources.yaml_tree import Listing, Node, Text, compose
from gbvkg.sources.yaml_tree import Mapping as YamlMapping

_SET_SLOTS = {
    "cardinality_scope", "comment", "creator_id", "creator_label", "curie_map", "extension_definitions",
    "license", "mapping_set_confidence", "mapping_set_description", "mapping_set_id", "mapping_set_title",
    "mapping_set_version", "publication_date", "see_also", "sssom_version",
}  # fmt: skip
"""Slots of a mapping set that describe the file and say nothing about a mapping (SSSOM, class MappingSet)."""


@dataclass
class _Row:
    """One row: where it starts, its number, the lexical form of each cell and the cell's own place."""

    line: int
    number: int
    values: dict[str, str] = field(default_factory=dict)
    lists: dict[str, list[str]] = field(default_factory=dict)
    places: dict[str, Place] = field(default_factory=dict)


@dataclass
class TableReader:
    """Reads one table. ``by_name`` matches columns by their title in any order, as SSSOM allows.

    ``unread`` is where the IRIs of the things begin that the table describes in what could not be read,
    ``lost`` the IRIs of the properties whose column the header does not have.
    """

    context: Context
    base: str
    shown: str
    graph: NamedNode
    description: Description
    by_name: bool = False
    statements: list[Statement] = field(default_factory=list)
    findings: Faults = field(default_factory=Faults)
    unread: set[str] = field(default_factory=set)
    lost: set[str] = field(default_factory=set)
    _absent: set[str] = field(default_factory=set)
    _told: set[tuple[str, Place]] = field(default_factory=set)
    _said: set[tuple[object, object, object]] = field(default_factory=set)
    _keys: dict[tuple[str, ...], int] = field(default_factory=dict)
    _nodes: dict[str, NamedNode | Problem] = field(default_factory=dict)
    _defaults: dict[str, tuple[str, Place]] = field(default_factory=dict)

    def read(self, text: str, limits: Limits) -> None:
        """Fills ``statements`` and ``findings`` from ``text``; raises Refused for an unreadable table."""
        if self.by_name:
            self._header_block(text, limits)
        records = self._records(text)
        line, titles = next(records, (1, []))
        order = self._order(titles, line)
        for number, (start, cells) in enumerate(records, 1):
            if len(cells) != len(order):
                self._ragged(start, len(cells), len(order))
                continue
            row = self._row(start, number, cells, order)
            if row is not None:
                self._emit(row)
            if len(self.statements) > limits.statements:
                raise too_many(Place(self.shown, start), limits.statements)

    # --- text → cells ---------------------------------------------------------------------------------------

    def _records(self, text: str) -> Iterator[tuple[int, list[str]]]:
        dialect = self.description.dialect
        lines = _Lines(text, dialect.comment)
        reader = csv.reader(
            lines,
            delimiter=dialect.delimiter,
            quotechar=dialect.quote,
            quoting=csv.QUOTE_MINIMAL if dialect.quote else csv.QUOTE_NONE,
            doublequote=dialect.double_quote,
            escapechar=None if dialect.double_quote else "\\",
            strict=True,
        )
        while True:
            lines.fresh = True
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                raise self._broken(lines, error) from None
            if cells:  # a blank line says nothing
                yield lines.start, cells

    def _broken(self, lines: _Lines, error: csv.Error) -> Refused:
        return Refused(
            breach(
                Rule.SYNTAX,
                Place(self.shown, lines.start),
                f"Deze rij is niet leesbaar ({error}). Kijk naar de aanhalingstekens.",
                f"This row cannot be read ({error}). Look at the quotation marks.",
            )
        )

    def _ragged(self, line: int, found: int, wanted: int) -> None:
        self._report(
            Rule.SYNTAX,
            Place(self.shown, line),
            f"Deze rij heeft {found} cellen in plaats van {wanted}. Zet tekst met een scheidingsteken tussen "
            "aanhalingstekens.",
            f"This row has {found} cells instead of {wanted}. Put text with a delimiter between quotation "
            "marks.",
        )

    # --- header ---------------------------------------------------------------------------------------------

    def _order(self, titles: list[str], line: int) -> list[Column | None]:
        """The column of each cell of a row; None, and a finding, for one that nobody reads."""
        real = self.description.real
        order: list[Column | None] = []
        for n, title in enumerate(titles):
            candidates: Sequence[Column] = real if self.by_name else real[n : n + 1]
            column = next((c for c in candidates if title in c.titles and c not in order), None)
            if column is None:
                self._strange_title(title, Place(self.shown, line, n + 1), candidates or real)
            order.append(column)
        lost = [c for c in (real if not self.by_name else [c for c in real if c.required]) if c not in order]
        if lost and not any(f.rule == Rule.TABLE_HEADER.iri for f in self.findings):
            self._lost_titles([c.titles[0] for c in lost if c.name not in self._defaults], line)
        if any(f.rule == Rule.TABLE_HEADER.iri for f in self.findings):
            self._lose({c.name for c in real if c not in order and c.name not in self._defaults})
        return order

    def _lose(self, names: set[str]) -> None:
        """The columns that the header lacks are told once: every row will miss them."""
        self._absent = names
        for column in self.description.columns:
            if names & set(column.about.variables if column.about else ()):
                self.unread.add(self._space(column))
            templates = [template for template in (column.value, column.property) if template]
            needed = {column.name, *(name for template in templates for name in template.variables)}
            if names & needed and column.property is not None and not column.property.variables:
                found = resolve(column.property.text, self.context, f"{self.base}id/")
                if isinstance(found, NamedNode):
                    self.lost.add(found.value)

    def spaces(self) -> set[str]:
        """Where the IRIs of everything that the table describes begin."""
        return {self._space(column) for column in self.description.columns if column.about}

    def _space(self, column: Column) -> str:
        begin = column.about.text.partition("{")[0] if column.about else ""
        found = resolve(f"{begin}x", self.context, f"{self.base}id/")
        return found.value.removesuffix("x") if isinstance(found, NamedNode) else f"{self.base}id/{begin}"

    def _strange_title(self, title: str, place: Place, candidates: Sequence[Column]) -> None:
        known = [t for column in candidates for t in column.titles]
        nl, en = did_you_mean(known[0] if len(known) == 1 else nearest(title, known))
        self._report(
            Rule.TABLE_HEADER,
            place,
            f"De beschrijving kent hier geen kolom {quoted(title)}.{nl}",
            f"The description has no column {quoted(title)} here.{en}",
        )

    def _lost_titles(self, titles: list[str], line: int) -> None:
        if titles:
            names = ", ".join(titles)
            self._report(
                Rule.TABLE_HEADER,
                Place(self.shown, line),
                f"Deze kolommen ontbreken: {names}. Voeg ze toe aan de koprij.",
                f"These columns are missing: {names}. Add them to the header row.",
            )

    def _header_block(self, text: str, limits: Limits) -> None:
        """The YAML comments before an SSSOM table: a prefix map, and values that hold for every row."""
        lines = []
        for line in StringIO(text, newline=""):
            if not line.startswith("#"):
                break
            lines.append(" " + line[1:])  # the same columns as in the file
        root = compose("".join(lines), self.shown, limits, self.findings)
        for key, value in root.entries.values() if isinstance(root, YamlMapping) else ():
            self._header_slot(key, value)

    def _header_slot(self, key: Text, value: Node) -> None:
        names = {column.name for column in self.description.real}
        if key.value == "curie_map" and isinstance(value, YamlMapping):
            for prefix, space in value.entries.values():
                if isinstance(space, Text):
                    self._declare(prefix, space)
        elif key.value in names and isinstance(value, Text | Listing) and (text := _joined(value)):
            self._defaults[key.value] = text, Place(self.shown, value.line, value.column)
        elif key.value not in _SET_SLOTS:
            nl, en = did_you_mean(nearest(key.value, _SET_SLOTS | names))
            self._report(
                Rule.UNKNOWN_KEY,
                Place(self.shown, key.line, key.column),
                f"De kop van een SSSOM-bestand kent {quoted(key.value)} niet.{nl}",
                f"The header of an SSSOM file has no {quoted(key.value)}.{en}",
            )

    def _declare(self, prefix: Text, space: Text) -> None:
        place = Place(self.shown, prefix.line, prefix.column)
        finding = misspelled(prefix.value, space.value, place, self.context)
        if finding:
            self.findings.add(finding)

    # --- cells ----------------------------------------------------------------------------------------------

    def _row(self, line: int, number: int, cells: list[str], order: list[Column | None]) -> _Row | None:
        row = _Row(line, number)
        whole = True
        for n, (column, text) in enumerate(zip(order, cells, strict=True)):
            if column is not None:
                place = Place(self.shown, line, n + 1)
                whole &= self._cell(row, column, text, place)
        for name, (text, place) in self._defaults.items():
            if name not in row.places:
                column = next(c for c in self.description.real if c.name == name)
                whole &= self._cell(row, column, text, place)
        if not whole:
            self.unread |= set(self._subjects(row))
        return row if whole and self._unique(row) else None

    def _subjects(self, row: _Row) -> Iterator[str]:
        """The IRIs of the things that a row describes, as far as its cells give them."""
        for template in {column.about for column in self.description.columns if column.about}:
            values = {**row.values, "_row": str(row.number), "_sourceRow": str(row.line)}
            if all(values.get(name) for name in template.variables):
                found = resolve(template.expand(values), self.context, f"{self.base}id/")
                if isinstance(found, NamedNode):
                    yield found.value

    def _cell(self, row: _Row, column: Column, text: str, place: Place) -> bool:
        """Enters the value of one cell in ``row``; False when the finding about it makes the row unusable."""
        if column.datatype != XSD + "string":
            text = " ".join(text.split())  # CSVW Tabular Data Model §6.4
        text = text or column.default
        if not column.nulls or text not in column.nulls:
            parts = text.split(column.separator) if column.separator else [text]
            row.places[column.name] = place
            row.lists[column.name] = [column.normal(part) for part in parts]
            row.values[column.name] = ",".join(row.lists[column.name])
            fits = [
                self._valid(column, part, normal, place)  # a finding for each item that does not fit
                for part, normal in zip(parts, row.lists[column.name], strict=True)
            ]
            return all(fits)
        if column.required:
            self._report(
                Rule.EMPTY_VALUE,
                place,
                f'Kolom "{column.titles[0]}" is verplicht en hier leeg. Vul een waarde in.',
                f'Column "{column.titles[0]}" is required and empty here. Fill in a value.',
            )
        return not column.required

    def _valid(self, column: Column, text: str, normal: str, place: Place) -> bool:
        if (normal or not text) and is_valid(normal, column.datatype):
            return True
        nl, en = expected(column.datatype)
        ask_nl, ask_en = did_you_mean(repair(text, column.datatype))
        self._report(
            Rule.WRONG_TYPE,
            place,
            f'Kolom "{column.titles[0]}" vraagt {nl}; hier staat {quoted(text)}.{ask_nl}',
            f'Column "{column.titles[0]}" takes {en}; here is {quoted(text)}.{ask_en}',
            value=str(Literal(text)),
        )
        return False

    def _unique(self, row: _Row) -> bool:
        names = self.description.primary_key
        if not names or self._absent.intersection(names):
            return True
        key = tuple(row.values.get(name, "") for name in names)
        first = self._keys.setdefault(key, row.line)
        if first != row.line:
            self._report(
                Rule.DUPLICATE_IDENTIFIER,
                row.places.get(names[0], Place(self.shown, row.line)),
                f"De sleutel {', '.join(key)} staat al op regel {first}. Geef deze rij een andere sleutel.",
                f"The key {', '.join(key)} is already on line {first}. Give this row another key.",
            )
        return first == row.line

    # --- statements -----------------------------------------------------------------------------------------

    def _emit(self, row: _Row) -> None:
        for n, column in enumerate(self.description.columns):
            if not column.suppressed and (column.virtual or column.name in row.values):
                self._emit_column(column, n + 1, row)

    def _emit_column(self, column: Column, number: int, row: _Row) -> None:
        place = row.places.get(_written_in(column), Place(self.shown, row.line, 1))
        own = {
            "_row": str(row.number),
            "_sourceRow": str(row.line),
            "_column": str(number),
            "_sourceColumn": str(number),
            "_name": column.name,
        }
        subject = self._node(column.about, row, own, place)
        predicate = self._node(column.property, row, own, place)
        if subject is None or predicate is None:
            return
        for value in self._objects(column, row, own, place, (subject.value, predicate.value)):
            if (subject, predicate, value) not in self._said:  # RDF is a set; rows may repeat what they share
                self._said.add((subject, predicate, value))
                self.statements.append(Statement(subject, predicate, value, self.graph, place))

    def _objects(
        self, column: Column, row: _Row, own: Mapping[str, str], place: Place, about: tuple[str, str]
    ) -> list[Object]:
        if column.value is not None:
            items = row.lists.get(column.name, []) if column.separator else [""]
            nodes = [
                self._node(column.value, row, {**own, column.name: item} if item else own, place, about)
                for item in items
            ]
            return [node for node in nodes if node is not None]
        texts = row.lists.get(column.name) or ([column.default] if column.default else [])
        return [_literal(column, text) for text in texts]

    def _node(
        self,
        template: Template | None,
        row: _Row,
        own: Mapping[str, str],
        place: Place,
        about: tuple[str, str] = ("", ""),
    ) -> NamedNode | None:
        """The IRI of a template; ``about`` is the subject and the property that it is the value of."""
        if template is None:
            return None
        try:
            text = template.expand({**row.values, **own} if template.variables else own)
        except KeyError as missing:
            if missing.args[0] not in self._absent:
                self._report(
                    Rule.EMPTY_VALUE,
                    place,
                    f"De IRI {template.text} heeft een waarde in kolom {missing.args[0]} nodig.",
                    f"The IRI {template.text} needs a value in column {missing.args[0]}.",
                    about=about,
                )
            return None
        found = self._nodes.get(text)
        if found is None:
            found = self._nodes[text] = resolve(text, self.context, f"{self.base}id/")
        if isinstance(found, NamedNode):
            return found
        if (text, place) not in self._told:
            self._told.add((text, place))
            self._report(found.rule, place, found.nl, found.en, about=about)
        return None

    def _report(
        self, rule: Rule, place: Place, nl: str, en: str, value: str = "", about: tuple[str, str] = ("", "")
    ) -> None:
        focus, path = about
        self.findings.add(breach(rule, place, nl, en, focus=focus, path=path, value=value))


def _written_in(column: Column) -> str:
    """The column that the value of ``column`` is written in: of a virtual one, what its value is made of."""
    made_of = column.value.variables if column.virtual and column.value else ()
    return made_of[0] if made_of else column.name


def _joined(value: Text | Listing) -> str:
    """A value of the header block as a cell would have it: SSSOM separates the items of a list by |."""
    if isinstance(value, Text):
        return "" if value.empty else value.value
    return "|".join(item.value for item in value.items if isinstance(item, Text))


def _literal(column: Column, text: str) -> Literal:
    if column.datatype != XSD + "string":
        return Literal(text, datatype=NamedNode(column.datatype))
    return Literal(text, language=column.language) if column.language else Literal(text)


class _Lines:
    """The lines of a text without comments, for csv; ``start`` is where the record begins."""

    def __init__(self, text: str, comment: str) -> None:
        self.lines = StringIO(
            text, newline=""
        )  # ends a line at LF, CR and CRLF only, and keeps what it found
        self.comment = comment
        self.fresh = True
        self.number = 0
        self.start = 0

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        for line in self.lines:
            self.number += 1
            if self.fresh and self.comment and line.startswith(self.comment):
                continue
            if self.fresh:
                self.start = self.number
                self.fresh = False
            return line
        raise StopIteration
