"""YAML text → a tree of mappings, lists and texts that know their line and column.

Follows the failsafe schema of YAML 1.2 (§10.1): every scalar is the text that was written, so ``27.70``,
``no`` and
``2027-01-05`` stay what they are; types come from the JSON-LD context. This module refuses anchors, aliases,
merge keys, tags, several documents and deep nesting, and never builds a Python object that the file names.
"""

from __future__ import annotations

import re
from functools import cached_property
from typing import Any

import yaml

from gbvkg.sources.files import Limits, too_many
from gbvkg.sources.rules import Faults, Refused, Rule, breach, quoted
from gbvkg.sources.statement import Place

try:
    from yaml import CSafeLoader as _Loader
except ImportError:  # PyYAML built without libyaml: the same events, slower
    from yaml import SafeLoader as _Loader  # type: ignore[assignment]


class Text:
    """A scalar as written; ``empty`` when it says nothing (YAML's null, or only white space), ``plain`` when
    it has no quotation marks and is no block. ``comment`` is what follows a plain one on its line from "#"
    on, which YAML does not read."""

    __slots__ = ("column", "comment", "empty", "line", "plain", "value")

    def __init__(self, value: str, line: int, column: int, plain: bool, comment: str = "") -> None:
        self.value = value
        self.plain = plain
        self.comment = comment
        self.line = line
        self.column = column
        self.empty = value.strip() == "" or (plain and value in _NULLS)


class Listing:
    """A YAML sequence."""

    __slots__ = ("column", "items", "line")

    def __init__(self, line: int, column: int) -> None:
        self.items: list[Node] = []
        self.line = line
        self.column = column


class Mapping:
    """A YAML mapping; ``keys`` and ``values`` run in parallel, in the order of the file."""

    __slots__ = ("column", "entries", "line")

    def __init__(self, line: int, column: int) -> None:
        self.entries: dict[str, tuple[Text, Node]] = {}
        self.line = line
        self.column = column

    def text(self, key: str) -> str:
        """The text under ``key``, or "" when there is none or something else."""
        entry = self.entries.get(key)
        return entry[1].value if entry and isinstance(entry[1], Text) and not entry[1].empty else ""


Node = Text | Listing | Mapping
_NULLS = {"~", "null", "Null", "NULL"}
_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
_COMMENT = re.compile(r"[ \t]+(#.*)")
_QUOTES = (
    "Zet de tekst tussen aanhalingstekens, omdat er een dubbelepunt in staat, of kijk of de sleutel even ver "
    "inspringt als die erboven",
    "Put the text between quotation marks, because it has a colon in it, or see that the key is indented as "
    "far as the one above it",
)
_INDENT = (
    "Laat deze regel even ver inspringen als die ernaast horen; tekst met bijzondere tekens staat helemaal "
    "tussen aanhalingstekens",
    "Indent this line as far as the ones beside it; text with special marks stands between quotation marks "
    "as a whole",
)
_CLOSE = (
    "Sluit wat met { of [ begint, scheid de delen met een komma, en zet tekst met een dubbelepunt, komma of "
    '"#" tussen aanhalingstekens',
    'Close what begins with { or [, put a comma between the parts, and put text with a colon, comma or "#" '
    "between quotation marks",
)
_START = (
    "Met dit teken kan een waarde niet beginnen: zet de tekst tussen aanhalingstekens",
    "A value cannot begin with this mark: put the text between quotation marks",
)
_TAB = ("Hier staat een tab; gebruik spaties om in te springen", "This is a tab; use spaces to indent")
_BACKSLASH = (
    "Zet de tekst tussen enkele aanhalingstekens, omdat er een \\ in staat",
    "Put the text between single quotation marks, because it has a \\ in it",
)
_REMEDIES = (
    ("found a tab character", _TAB),
    ("mapping values are not allowed", _QUOTES),
    ("did not find expected '-' indicator", _INDENT),
    ("did not find expected key", _INDENT),
    (
        "could not find expected ':'",
        (
            "Bij een sleutel hoort een dubbelepunt en een spatie, op de regel hiervoor of op deze",
            "A key has a colon and a space after it, on the line before or on this one",
        ),
    ),
    ("did not find expected ',' or", _CLOSE),
    ("found unexpected end of stream", ("Sluit de aanhalingstekens", "Close the quotation marks")),
    ("found unexpected document indicator", ("Sluit de aanhalingstekens", "Close the quotation marks")),
    (
        "block sequence entries are not allowed",
        (
            "Begin de lijst op een eigen regel onder de sleutel",
            "Begin the list on a line of its own below the key",
        ),
    ),
    ("found unknown escape character", _BACKSLASH),
    ("did not find expected hexdecimal number", _BACKSLASH),
    ("found character that cannot start any token", _START),
    ("did not find expected node content", _START),
)
"""How what the parser of YAML says begins, and what then helps, in Dutch and in English."""


def compose(text: str, shown: str, limits: Limits, faults: Faults) -> Node | None:
    """The tree of the one document in ``text``, None when it is empty; adds what is wrong with keys to
    ``faults``.

    Raises Refused for a file that cannot be read as a whole. Memory is bounded by the text and by ``limits``:
    nothing is ever repeated.
    """
    composer = _Composer(text, shown, limits, faults)
    try:
        return composer.run()
    except yaml.MarkedYAMLError as error:
        raise composer.syntax(error.problem_mark or error.context_mark, error.problem or "") from None
    except yaml.reader.ReaderError as error:
        raise composer.control_character(error) from None
    finally:
        composer.loader.dispose()


class _Composer:
    def __init__(self, text: str, shown: str, limits: Limits, faults: Faults) -> None:
        self.text = text
        self.shown = shown
        self.limits = limits
        self.faults = faults
        self.nodes = 0
        self.stack: list[Mapping | Listing] = []
        self.pending: list[Text | None] = []  # per open mapping: the key that waits for its value
        self.root: Node | None = None
        self.documents = 0
        self.comments = " #" in text or "\t#" in text
        self.loader = _Loader.__new__(_Loader)

    def run(self) -> Node | None:
        self.loader = loader = _Loader(self.text)
        scalar, start_map, start_list = yaml.ScalarEvent, yaml.MappingStartEvent, yaml.SequenceStartEvent
        while True:
            event: Any = loader.get_event()
            kind = type(event)
            if kind is scalar:
                self._refuse_marks(event)
                mark = event.start_mark
                plain = event.implicit[0]
                comment = self._comment(event.end_mark) if plain and self.comments else ""
                self._add(Text(event.value, mark.line + 1, mark.column + 1, plain, comment))
            elif kind is start_map or kind is start_list:
                self._open(event, Mapping if kind is start_map else Listing)
            elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
                self._close()
            elif kind is yaml.AliasEvent:
                raise self._alias(event.start_mark)
            elif kind is yaml.DocumentStartEvent:
                self._begin_document(event.start_mark)
            elif kind is yaml.StreamEndEvent:
                return self.root

    @cached_property
    def _lines(self) -> list[str]:
        return _BREAK.split(self.text)

    def _comment(self, mark: Any) -> str:
        """What stands after a plain scalar on the line where it ends, from "#" on, or ""."""
        line = self._lines[mark.line] if mark.line < len(self._lines) else ""
        found = _COMMENT.match(line, mark.column)
        return found[1].rstrip() if found else ""

    def _begin_document(self, mark: Any) -> None:
        self.documents += 1
        if self.documents > 1:
            raise self.syntax(mark, "more than one document in a file")

    def _refuse_marks(self, event: Any) -> None:
        if event.anchor is not None:
            raise self._alias(event.start_mark)
        if event.tag is not None:
            raise Refused(
                breach(
                    Rule.TAG_REFUSED,
                    self._place(event.start_mark),
                    f"Het YAML-label {quoted(event.tag)} wordt niet gelezen. Laat het weg; het type volgt "
                    "uit de "
                    "sleutel.",
                    f"The YAML tag {quoted(event.tag)} is not read. Leave it out; the key decides the type.",
                )
            )

    def _open(self, event: Any, kind: type[Mapping] | type[Listing]) -> None:
        self._refuse_marks(event)
        if len(self.stack) >= self.limits.depth:
            raise Refused(
                breach(
                    Rule.TOO_DEEP,
                    self._place(event.start_mark),
                    f"Dieper genest dan {self.limits.depth} niveaus. Beschrijf het geneste ding apart en "
                    "verwijs "
                    "ernaar.",
                    f"Nested deeper than {self.limits.depth} levels. Describe the nested thing apart and "
                    "refer to "
                    "it.",
                )
            )
        mark = event.start_mark
        node = kind(mark.line + 1, mark.column + 1)
        self._add(node)
        self.stack.append(node)
        self.pending.append(None)

    def _close(self) -> None:
        self.stack.pop()
        self.pending.pop()

    def _add(self, node: Node) -> None:
        self.nodes += 1
        if self.nodes > self.limits.nodes:
            raise too_many(Place(self.shown, node.line, node.column), self.limits.nodes)
        if not self.stack:
            self.root = node
            return
        parent = self.stack[-1]
        if type(parent) is Listing:
            parent.items.append(node)
            return
        key = self.pending[-1]
        if key is None:
            self.pending[-1] = self._key(node)
        else:
            self.pending[-1] = None
            self._enter(parent, key, node)  # type: ignore[arg-type]

    def _key(self, node: Node) -> Text:
        if type(node) is Text:
            if node.value == "<<":
                raise self._alias(node)
            return node
        raise Refused(
            breach(
                Rule.WRONG_TYPE,
                Place(self.shown, node.line, node.column),
                "Een sleutel moet één woord zijn, geen lijst of blok.",
                "A key must be one word, not a list or a block.",
            )
        )

    def _enter(self, parent: Mapping, key: Text, node: Node) -> None:
        first = parent.entries.setdefault(key.value, (key, node))
        if first[0] is not key:
            self.faults.add(
                breach(
                    Rule.DUPLICATE_KEY,
                    Place(self.shown, key.line, key.column),
                    f"De sleutel {quoted(key.value)} staat al op regel {first[0].line}. "
                    "Voeg de waarden samen in een lijst of schrap er een.",
                    f"The key {quoted(key.value)} is already on line {first[0].line}. "
                    "Join the values in one list or remove one.",
                )
            )

    def _place(self, mark: Any) -> Place:
        return Place(self.shown, mark.line + 1, mark.column + 1) if mark else Place(self.shown)

    def _alias(self, where: Any) -> Refused:
        place = Place(self.shown, where.line, where.column) if type(where) is Text else self._place(where)
        return Refused(
            breach(
                Rule.ALIAS_REFUSED,
                place,
                "YAML-ankers (&), verwijzingen (*) en samenvoegingen (<<) worden niet gelezen. "
                "Schrijf de waarde voluit.",
                "YAML anchors (&), aliases (*) and merge keys (<<) are not read. Write the value out in "
                "full.",
            )
        )

    def syntax(self, mark: Any, problem: str) -> Refused:
        nl, en = self._remedy(mark, problem)
        return Refused(
            breach(
                Rule.SYNTAX,
                self._place(mark),
                f"Dit is geen geldige YAML. {nl} ({problem}).",
                f"This is not valid YAML. {en} ({problem}).",
            )
        )

    def _remedy(self, mark: Any, problem: str) -> tuple[str, str]:
        """What helps against a problem of the parser, in Dutch and in English, without a full stop."""
        line = self._lines[mark.line] if mark and mark.line < len(self._lines) else ""
        if mark and line[mark.column : mark.column + 1] == "\t":
            return _TAB
        for words, remedy in _REMEDIES:
            if problem.startswith(words):
                return remedy
        return (
            "Kijk naar inspringing, dubbelepunten en aanhalingstekens; de lezer van YAML zegt",
            "Look at indentation, colons and quotation marks; the reader of YAML says",
        )

    def control_character(self, error: yaml.reader.ReaderError) -> Refused:
        before = self.text.encode()[: error.position].decode("utf-8", "replace")  # libyaml counts bytes
        return Refused(
            breach(
                Rule.NOT_TEXT,
                Place(self.shown, before.count("\n") + 1, len(before.rpartition("\n")[2]) + 1),
                f"Een stuurteken ({error.reason}) hoort niet in tekst. Verwijder het.",
                f"A control character ({error.reason}) does not belong in text. Remove it.",
            )
        )
