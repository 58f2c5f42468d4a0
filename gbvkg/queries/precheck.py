"""The check of a stranger's query before an engine sees it: how large it is, and that it stays inside.

An engine may crash on what nests deep, plan for minutes what joins much, and call any address that SERVICE
names, some while they still read. This check makes of that a clear refusal; the wall behind it is the process
that evaluates the query (no network, a deadline, a memory limit). It refuses to parse: whether the tokens
form a query is for the engine to say. It reads as our engine reads (pyoxigraph), which takes ``trueSERVICE``
as two tokens and a ``<`` in an expression as an operator where a token of SPARQL 1.1 §19.8 would be longer.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple, NoReturn

from gbvkg.errors import QueryRefused, QuerySyntax

FORMS = ("SELECT", "ASK", "CONSTRUCT", "DESCRIBE")
UPDATES = frozenset(["INSERT", "DELETE", "LOAD", "CLEAR", "DROP", "CREATE", "ADD", "MOVE", "COPY", "WITH"])


class Limit(NamedTuple):
    """``most`` is what still passes; ``nl`` and ``en`` name what is counted."""

    most: int
    nl: str
    en: str


LIMITS: dict[str, Limit] = {
    "bytes": Limit(32_768, "bytes tekst", "bytes of text"),
    "nesting": Limit(100, "haakjes in elkaar", "brackets inside each other"),
    "group": Limit(100, "tripelpatronen in één groep", "triple patterns in one group"),
    "patterns": Limit(400, "tripelpatronen", "triple patterns"),
    "operators": Limit(1_000, "bewerkingstekens zoals + && ! |", "operators such as + && ! |"),
    "OPTIONAL": Limit(60, "keer OPTIONAL", "times OPTIONAL"),
    "UNION": Limit(100, "keer UNION", "times UNION"),
    "MINUS": Limit(60, "keer MINUS", "times MINUS"),
    "EXISTS": Limit(60, "keer EXISTS", "times EXISTS"),
    "FILTER": Limit(200, "keer FILTER", "times FILTER"),
    "AS": Limit(200, "keer BIND of AS", "times BIND or AS"),
    "SELECT": Limit(40, "keer SELECT", "times SELECT"),
    "VALUES": Limit(40, "keer VALUES", "times VALUES"),
    "values": Limit(4_000, "waarden in VALUES", "values in VALUES"),
}
"""What is counted → how many may be. Each is well below what crashes pyoxigraph 0.5.13 or makes it plan for
more than a second (on one core: 100 triple patterns with one subject 0.8 s, 100 OPTIONALs 1.1 s, 100 nested
``[ ]`` 1.2 s; it crashes from 1,000 nested EXISTS, 4,000 BINDs, 8,000 UNIONs, 8,000 times ``+``), and above
every query of the catalogue.
"""

_HEX = "[0-9A-Fa-f]"
_ESCAPE = rf"""\\(?:[tbnrf"'\\] | u(?![dD][89a-fA-F]){_HEX}{{4}}
               | U000(?!0[dD][89a-fA-F]){_HEX}{{5}} | U0010{_HEX}{{4}})"""
_LOCAL = r"""(?:(?![.-])(?:[\w:-]|%[0-9A-Fa-f]{2}|\\[^\suU]|\.(?=[\w:%\\-]))++)?+"""
_TOKEN = re.compile(
    rf"""
      (?P<comment>\#[^\r\n]*+)
    | (?P<iri><(?:[^<>"{{}}|^`\\\x00-\x20]|\\u[0-9A-Fa-f]{{4}}|\\U[0-9A-Fa-f]{{8}})*+>)
    | (?P<variable>[?$]\w++)
    | (?P<name>[^\W\d_][\w.-]*+)(?P<prefixed>:{_LOCAL})?+
    | (?P<term>_?:{_LOCAL}
        | \"{{3}}(?:\"{{0,2}}(?:[^"\\]|{_ESCAPE}))*+\"{{3}} | '{{3}}(?:'{{0,2}}(?:[^'\\]|{_ESCAPE}))*+'{{3}}
        | "(?!"")(?:[^"\\\r\n]|{_ESCAPE})*+" | '(?!'')(?:[^'\\\r\n]|{_ESCAPE})*+')
    | (?P<number>\w++)
    | (?P<language>@[A-Za-z][A-Za-z0-9-]*+)
    | (?P<mark>&&|\|\||\^\^|\S)
    """,
    re.VERBOSE,
)
"""Every repetition is possessive and no failed one is tried twice, so that reading is linear in the text. An
escape that the engine refuses ends no string here either: an engine that goes back would take ``""`` instead.
"""

_SHORT = 280
"""Characters. So many hold no keyword more often than may be: 41 times SELECT is longer, as are 61 MINUS."""
_MARKS = 90
"""So many characters that may stand for a pattern are below every limit."""
_SIMPLE = re.compile(
    r"""\s*+ (?: PREFIX \s++ [\w-]*+ : \s*+ <[^<>{}]*+> \s*+ )*+
    (?P<form>SELECT|ASK|CONSTRUCT|DESCRIBE) (?![\w.:-]) [^{}]*+ \{ [^{}]*+ \} [^{}]*+ \Z""",
    re.VERBOSE | re.IGNORECASE | re.ASCII,
)
"""A query of one group, if it has no strings, escapes and other brackets."""

_OTHER = re.compile(r"""["'\\()[\]]""")

_ABSOLUTE = re.compile(r"<[A-Za-z][\w+.-]*://")
_SPELT = re.compile(r"(?:\w|\\u[0-9A-Fa-f]{4}|\\U[0-9A-Fa-f]{8})+")
_CLOSING = {")": "(", "]": "[", "}": "{"}
_OPERATORS = frozenset(("+", "-", "*", "/", "!", "|", "&", "=", "<", ">", "^", "&&", "||"))
_OWN_SCOPE = frozenset(("OPTIONAL", "UNION", "MINUS", "EXISTS"))
_PROLOGUE = frozenset(("PREFIX", "BASE", "VERSION"))


def check(text: str) -> str:
    """The form of a query that may be asked: one of ``FORMS``, or "" when its first keyword is none of them.

    Raises QueryRefused, which names the limit or what is not allowed, and QuerySyntax for brackets that do
    not match and strings without an end; nothing else, whatever the text. Takes time linear in the text.
    """
    most = LIMITS["bytes"].most
    if len(text) > most or len(text.encode("utf-8", "surrogatepass")) > most:
        raise _too_much("bytes")
    return _read(text)


@lru_cache(maxsize=256)
def _read(text: str) -> str:
    return _glance(text) or _every_token(text)


def _glance(text: str) -> str:
    """The form of a text so short and simple that no limit can be met, else "": what most questions of
    programs are, told eight times as fast. It lets nothing pass that is over a limit or reaches outside;
    a bracket in a comment, at which ``_every_token`` stops, is left for the engine to find.
    """
    if len(text) > _SHORT or "SERVICE" in text.upper():
        return ""
    count = text.count
    if count(".") + count(";") + count(",") + count("/") > _MARKS or _OTHER.search(text) is not None:
        return ""
    found = _SIMPLE.match(text)
    if found is None:
        return ""
    return found["form"].upper()


def _every_token(text: str) -> str:
    reading = _Reading(text)
    for match in _TOKEN.finditer(text):
        reading.take(match)
    return reading.end()


@dataclass(slots=True)
class _Frame:
    """What is between two brackets. ``patterns`` is how many triple patterns are joined in it."""

    bracket: str
    start: int
    patterns: int = 0
    child: int = 0
    """What the last group in it added, taken back when a UNION turns out to follow."""
    is_own_scope: bool = False
    is_values: bool = False
    is_counted: bool = True


class _Reading:
    """One pass over the tokens of a query, with just enough memory to tell what each token is for."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.form = ""
        self.has_form = False
        self.keyword = ""
        self.is_operand = False
        self.frame = _Frame("", 0)
        self.stack = [self.frame]
        self.counts = dict.fromkeys(LIMITS, 0)
        self.prefixes: set[str] = set()
        self.suspect: re.Match[str] | None = None

    def take(self, match: re.Match[str]) -> None:
        kind = match.lastgroup or "mark"
        if kind == "comment":
            return
        if self.suspect:
            self._settle(match)
        _TAKE[kind](self, match)

    def end(self) -> str:
        if len(self.stack) > 1:
            self._stop(
                self.frame.start,
                f"Bij dit haakje hoort geen sluitend haakje: {self.frame.bracket}",
                f"This bracket is never closed: {self.frame.bracket}",
            )
        return self.form

    # Tokens

    def _operand(self, match: re.Match[str]) -> None:
        frame = self.frame
        if frame.is_values:
            self._count("values", match.start())
        elif self.is_operand and frame.bracket == "(":
            self._patterns(2)  # two terms side by side: members of a list
        self.is_operand = True

    def _number(self, match: re.Match[str]) -> None:
        self._no_service(match, match.group())
        self._operand(match)

    def _language(self, match: re.Match[str]) -> None:
        self._no_service(match, match.group())

    def _iri(self, match: re.Match[str]) -> None:
        text = match.group()
        if self.is_operand and self.frame.bracket == "(" and not _ABSOLUTE.match(text):
            self._ambiguous(match, text)
        self._operand(match)

    def _ambiguous(self, match: re.Match[str], text: str) -> None:
        """``<…>`` after an operand: an engine may read ``<`` as an operator, and what follows as tokens."""
        if any(char in text for char in "'()#"):
            raise _refused(
                self._at(match.start()),
                'zet een spatie na "<", of schrijf de IRI voluit; hier kan het beide betekenen',
                'put a space after "<", or write the IRI in full; here it can mean either',
            )
        self._count("operators", match.start(), len(text))

    def _prefixed(self, match: re.Match[str]) -> None:
        prefix = match.group("name")
        if self.keyword == "PREFIX" and not self.has_form:
            self.prefixes.add(prefix)
            self.keyword = ""
        elif "SERVICE" in prefix.upper():
            self.suspect = match
        self._operand(match)

    def _settle(self, match: re.Match[str]) -> None:
        """A prefix that holds SERVICE: a name when the prefix is known, but no name comes before ``{``."""
        suspect, self.suspect = self.suspect, None
        if suspect and (match.group() == "{" or suspect.group("name") not in self.prefixes):
            self._service(suspect.start())

    def _word(self, match: re.Match[str]) -> None:
        text = match.group().upper()
        self._no_service(match, text)
        if "." in text or "-" in text:
            self._patterns(text.count("."))
            text = re.split("[.-]", text)[-1]
        if not self.has_form:
            self._first(match, text)
        if text == "UNION":
            self.frame.patterns -= self.frame.child
        if text in self.counts:
            self._count(text, match.start())
        self.keyword = text
        self.is_operand = text.endswith(("TRUE", "FALSE"))

    def _first(self, match: re.Match[str], text: str) -> None:
        if text in UPDATES:
            raise _refused(
                self._at(match.start()),
                f"{text} wijzigt gegevens, en deze dienst geeft ze enkel. Stel een vraag met SELECT, ASK, "
                "CONSTRUCT of DESCRIBE",
                f"{text} changes data, and this service only gives them. Ask with SELECT, ASK, CONSTRUCT or "
                "DESCRIBE",
            )
        if text not in _PROLOGUE:
            self.has_form = True
            self.form = next((form for form in FORMS if text.startswith(form)), "")

    def _mark(self, match: re.Match[str]) -> None:
        mark = match.group()
        self.is_operand = False
        if mark in "({[":
            self._open(mark, match.start())
        elif mark in ")}]":
            self._close(mark, match.start())
        elif mark in ".;,":
            self._patterns(1 if self.frame.bracket in ("{", "[") else 0)
        elif mark in _OPERATORS:
            self._count("operators", match.start())
            self._patterns(1 if mark == "/" else 0)
        elif mark in "\"'":
            self._stop(match.start(), "Deze tekst heeft geen einde", "This string has no end")
        elif mark == "\\":
            self._escape(match)

    def _escape(self, match: re.Match[str]) -> None:
        """Codepoint escapes outside a string (SPARQL 1.1 §19.2): what a word says should be seen."""
        before = re.search(r"\w*$", self.text[max(0, match.start() - 20) : match.start()])
        start = match.start() - len(before.group() if before else "")
        spelt = _SPELT.match(self.text, start)
        word = re.sub(r"\\(?:u(.{4})|U(.{8}))", _character, spelt.group()) if spelt else ""
        self._no_service(match, word)
        raise _refused(
            self._at(match.start()),
            "schrijf het teken zelf in plaats van een escape; die mag enkel in een tekst of IRI",
            "write the character itself instead of an escape, which is for strings and IRIs only",
        )

    # Brackets

    def _open(self, bracket: str, start: int) -> None:
        parent = self.frame
        frame = _Frame(bracket, start, is_values=parent.is_values, is_counted=parent.is_counted)
        if bracket == "{":
            frame.is_own_scope = self.keyword in _OWN_SCOPE
            frame.is_values = self.keyword == "VALUES"
            frame.is_counted = not frame.is_values and self.keyword != "CONSTRUCT"
            self.keyword = ""
        self.frame = frame
        self.stack.append(frame)
        if len(self.stack) - 1 > LIMITS["nesting"].most:
            raise _too_much("nesting", self._at(start))
        if bracket != "(":
            self._patterns(1)

    def _close(self, bracket: str, start: int) -> None:
        frame = self.frame
        if frame.bracket != _CLOSING[bracket]:
            nl, en = "Bij dit haakje hoort geen openend haakje", "This bracket was never opened"
            self._stop(start, f"{nl}: {bracket}", f"{en}: {bracket}")
        self.stack.pop()
        parent = self.frame = self.stack[-1]
        if bracket == "}" and frame.patterns > LIMITS["group"].most:
            raise _too_much("group", self._at(frame.start))
        parent.child = 1 if frame.is_own_scope else frame.patterns
        parent.patterns += parent.child
        self.is_operand = bracket != "}"

    # Counting and refusing

    def _patterns(self, number: int) -> None:
        if number and self.frame.is_counted:
            self.frame.patterns += number
            self._count("patterns", self.frame.start, number)

    def _count(self, name: str, start: int, number: int = 1) -> None:
        self.counts[name] += number
        if self.counts[name] > LIMITS[name].most:
            raise _too_much(name, self._at(start))

    def _no_service(self, match: re.Match[str], text: str) -> None:
        if "SERVICE" in text.upper():
            self._service(match.start())

    def _service(self, start: int) -> NoReturn:
        raise _refused(
            self._at(start),
            "SERVICE mag niet: deze dienst vraagt niets aan andere. Doe dat zelf en voeg de antwoorden samen",
            "SERVICE is not allowed: this service asks no other. Do so yourself, and join the answers",
        )

    def _stop(self, start: int, nl: str, en: str) -> NoReturn:
        line, column = self._at(start)
        raise QuerySyntax(
            f"{nl} (regel {line}, kolom {column}).", f"{en} (line {line}, column {column}).", line, column
        )

    def _at(self, start: int) -> tuple[int, int]:
        line = self.text.count("\n", 0, start) + 1
        return line, start - self.text.rfind("\n", 0, start)


_TAKE: dict[str, Callable[[_Reading, re.Match[str]], None]] = {
    "iri": _Reading._iri,
    "variable": _Reading._operand,
    "name": _Reading._word,
    "prefixed": _Reading._prefixed,
    "term": _Reading._operand,
    "number": _Reading._number,
    "language": _Reading._language,
    "mark": _Reading._mark,
}
"""Kind of a token, a group name of ``_TOKEN`` → what reads it."""


def _character(match: re.Match[str]) -> str:
    number = int(match.group(1) or match.group(2), 16)
    return chr(number) if number < 0x110000 else ""


def _refused(at: tuple[int, int], nl: str, en: str) -> QueryRefused:
    return QueryRefused(f"Regel {at[0]}, kolom {at[1]}: {nl}.", f"Line {at[0]}, column {at[1]}: {en}.")


def _too_much(name: str, at: tuple[int, int] | None = None) -> QueryRefused:
    most, nl, en = LIMITS[name]
    where_nl, where_en = (f" (regel {at[0]})", f" (line {at[0]})") if at else ("", "")
    return QueryRefused(
        f"De vraag heeft meer dan {most} {nl}{where_nl}. "
        "Splits ze in kleinere vragen, of download de release.",
        f"The query has more than {most} {en}{where_en}. "
        "Split it into smaller queries, or download the release.",
    )
