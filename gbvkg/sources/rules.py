"""The rules that reading applies, and how a breach of one becomes a finding.

Each rule is described for people in ``shapes/reading.ttl`` under the same name (prefix ``gbvsh:``). This
module refuses to read anything: it only names rules, words findings and looks for the nearest right value.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from enum import Enum

from gbvkg.findings import Finding, Severity, Stage
from gbvkg.sources.statement import Place
from gbvkg.vocabulary import expand


class Rule(Enum):
    """Name of the rule in ``gbvsh:`` and the stage at which it is applied."""

    UNREADABLE = ("ReadingUnreadable", Stage.FILE)
    OUTSIDE_PROJECT = ("ReadingOutsideProject", Stage.FILE)
    TOO_LARGE = ("ReadingTooLarge", Stage.FILE)
    NOT_TEXT = ("ReadingNotText", Stage.FILE)
    SYNTAX = ("ReadingSyntax", Stage.FILE)
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
    BAD_LANGUAGE = ("ReadingBadLanguage", Stage.CELL)
    BAD_IRI = ("ReadingBadIri", Stage.CELL)
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


def breach(
    rule: Rule, place: Place, nl: str, en: str, *, focus: str = "", path: str = "", value: str = ""
) -> Finding:
    """A violation of ``rule`` at ``place``; ``nl`` and ``en`` say what is wrong and what would be right."""
    return Finding(Severity.VIOLATION, rule.iri, rule.stage, {"nl": nl, "en": en}, focus, path, value, place)


def nearest(wrong: str, right: Iterable[str]) -> str:
    """The most similar of ``right``, or "" when nothing resembles ``wrong``; case does not matter."""
    folded: dict[str, str] = {}
    for candidate in right:
        folded.setdefault(candidate.casefold(), candidate)
    matches = get_close_matches(wrong.casefold(), folded, 1, 0.6)
    return folded[matches[0]] if matches else ""


def did_you_mean(suggestion: str) -> tuple[str, str]:
    """The closing question in Dutch and in English, or two empty strings."""
    return (f' Bedoelde u "{suggestion}"?', f' Did you mean "{suggestion}"?') if suggestion else ("", "")
