"""The rules that reading applies, and how a breach of one becomes a finding.

Each rule is described for people in ``shapes/reading.ttl`` under the same name (prefix ``gbvsh:``). This
module refuses to read anything: it only names rules, words findings and looks for the nearest right value.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import SequenceMatcher, get_close_matches
from enum import Enum

from gbvkg.findings import Finding, Severity, Stage
from gbvkg.sources.statement import Place
from gbvkg.vocabulary import expand

_LONGEST = 80
_FEW = 12
_TIES = 5
"""How many of the most similar values are looked at for two characters that changed places."""


class Rule(Enum):
    """Name of the rule in ``gbvsh:`` and the stage at which it is applied."""

    UNREADABLE = ("ReadingUnreadable", Stage.FILE)
    OUTSIDE_PROJECT = ("ReadingOutsideProject", Stage.FILE)
    TOO_LARGE = ("ReadingTooLarge", Stage.FILE)
    NOT_TEXT = ("ReadingNotText", Stage.FILE)
    SYNTAX = ("ReadingSyntax", Stage.FILE)
    TOO_MANY_FAULTS = ("ReadingTooManyFaults", Stage.FILE)
    TOO_DEEP = ("ReadingTooDeep", Stage.FILE)
    ALIAS_REFUSED = ("ReadingAliasRefused", Stage.FILE)
    TAG_REFUSED = ("ReadingTagRefused", Stage.FILE)
    REMOTE_CONTEXT = ("ReadingRemoteContext", Stage.FILE)
    FORMAT_REFUSED = ("ReadingFormatRefused", Stage.FILE)
    UNKNOWN_FILE = ("ReadingUnknownFile", Stage.FILE)
    FILE_NAME = ("ReadingFileName", Stage.FILE)
    BLANK_NODE = ("ReadingBlankNode", Stage.FILE)
    TABLE_DESCRIPTION = ("ReadingTableDescription", Stage.FILE)
    TABLE_HEADER = ("ReadingTableHeader", Stage.FILE)
    UNKNOWN_KEY = ("ReadingUnknownKey", Stage.CELL)
    DUPLICATE_KEY = ("ReadingDuplicateKey", Stage.CELL)
    MISSING_KEY = ("ReadingMissingKey", Stage.CELL)
    WRONG_TYPE = ("ReadingWrongType", Stage.CELL)
    EMPTY_VALUE = ("ReadingEmptyValue", Stage.CELL)
    REPEATED_VALUE = ("ReadingRepeatedValue", Stage.CELL)
    HASH_IN_TEXT = ("ReadingHashInText", Stage.CELL)
    CURLY_QUOTES = ("ReadingCurlyQuotes", Stage.CELL)
    AMBIGUOUS_NUMBER = ("ReadingAmbiguousNumber", Stage.CELL)
    BAD_LANGUAGE = ("ReadingBadLanguage", Stage.CELL)
    BAD_IRI = ("ReadingBadIri", Stage.CELL)
    RESERVED_IDENTIFIER = ("ReadingReservedIdentifier", Stage.CELL)
    UNKNOWN_PREFIX = ("ReadingUnknownPrefix", Stage.CELL)
    PREFIX_SPELLING = ("ReadingPrefixSpelling", Stage.CELL)
    UNKNOWN_TYPE = ("ReadingUnknownType", Stage.LIST)
    UNKNOWN_REFERENCE = ("ReadingUnknownReference", Stage.LIST)
    DUPLICATE_IDENTIFIER = ("ReadingDuplicateIdentifier", Stage.LIST)

    def __init__(self, term: str, stage: Stage) -> None:
        self.term = term
        self.stage = stage

    @property
    def iri(self) -> str:
        return expand(f"gbvsh:{self.term}")


class Refused(Exception):
    """A file cannot be read any further; ``finding`` says why. Never leaves the package."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.message["en"])
        self.finding = finding


class Enough(Exception):
    """A file has so many faults that the rest of it is not looked at. Never leaves the package."""


class Faults(list[Finding]):
    """The findings about one file. ``add`` raises Enough at the ``MOST``-th, after a finding that says so."""

    MOST = 500

    def add(self, finding: Finding) -> None:
        self.append(finding)
        if len(self) < self.MOST:
            return
        place = finding.place or Place("")
        self.append(
            breach(
                Rule.TOO_MANY_FAULTS,
                place,
                f"{self.MOST} fouten in dit bestand; vanaf hier is het niet verder gelezen. Verbeter eerst "
                "deze.",
                f"{self.MOST} faults in this file; from here it was not read any further. Correct these "
                "first.",
            )
        )
        raise Enough


def breach(
    rule: Rule, place: Place, nl: str, en: str, *, focus: str = "", path: str = "", value: str = ""
) -> Finding:
    """A violation of ``rule`` at ``place``; ``nl`` and ``en`` say what is wrong and what would be right."""
    return Finding(Severity.VIOLATION, rule.iri, rule.stage, {"nl": nl, "en": en}, focus, path, value, place)


def quoted(text: str) -> str:
    """``text`` between quotation marks for a message: on one line, and cut when it is long."""
    line = " ".join(text.split())
    return f'"{line}"' if len(line) <= _LONGEST else f'"{line[: _LONGEST - 1]}…"'


def nearest(wrong: str, right: Iterable[str]) -> str:
    """The most similar of ``right``, or "" when nothing resembles ``wrong``; case does not matter.

    Of equally similar ones it is that in which two neighbouring characters changed places, the commonest slip
    (Damerau 1964).
    """
    if len(wrong) > _LONGEST:
        return ""
    folded: dict[str, str] = {}
    for candidate in right:
        folded.setdefault(candidate.casefold(), candidate)
    typed = wrong.casefold()
    matches = get_close_matches(typed, folded, _TIES, 0.6 if len(wrong) > 3 else 0.5)
    if not matches:
        return ""
    best = SequenceMatcher(None, matches[0], typed).ratio()
    swapped = (m for m in matches if _swapped(m, typed) and SequenceMatcher(None, m, typed).ratio() == best)
    return folded[next(swapped, matches[0])]


def _swapped(one: str, other: str) -> bool:
    """Whether the two differ only in the order of two neighbouring characters."""
    if len(one) != len(other):
        return False
    differs = [n for n, (a, b) in enumerate(zip(one, other, strict=True)) if a != b]
    if len(differs) != 2:
        return False
    first, second = differs
    return second == first + 1 and one[first] == other[second] and one[second] == other[first]


def choose_from(right: Iterable[str]) -> tuple[str, str]:
    """All of a few right values in Dutch and in English, or two empty strings when there are too many to
    name."""
    values = list(right)
    listed = ", ".join(values)
    return (f" Kies uit: {listed}.", f" Choose from: {listed}.") if 0 < len(values) <= _FEW else ("", "")


def did_you_mean(suggestion: str) -> tuple[str, str]:
    """The closing question in Dutch and in English, or two empty strings."""
    return (f' Bedoelde u "{suggestion}"?', f' Did you mean "{suggestion}"?') if suggestion else ("", "")
