"""What every writer of a report gets: the findings, the rules' words, the source lines, and safe text.

Labels and messages come from files that anybody may have written, so ``visible`` shows what a terminal, an
XML parser or a reader's eye would otherwise be steered by. This module refuses to read a source outside the
project.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Protocol

from gbvkg.findings import Finding, Severity
from gbvkg.project import Project
from gbvkg.reports.rulebook import Rule, Rulebook
from gbvkg.sources.statement import Place
from gbvkg.vocabulary import LANGUAGES, packaged_root, referred

SEVERITY_WORDS = {
    "nl": {Severity.VIOLATION: "overtreding", Severity.WARNING: "waarschuwing", Severity.INFO: "mededeling"},
    "en": {Severity.VIOLATION: "violation", Severity.WARNING: "warning", Severity.INFO: "info"},
}
PLURALS = {
    "nl": {
        Severity.VIOLATION: "overtredingen",
        Severity.WARNING: "waarschuwingen",
        Severity.INFO: "mededelingen",
    },
    "en": {Severity.VIOLATION: "violations", Severity.WARNING: "warnings", Severity.INFO: "infos"},
}
LONGEST_SOURCE = 8 * 1024 * 1024
"""Bytes of a source file above which no excerpt is shown."""


class Report(Protocol):
    """What a validation hands over: ``findings`` in their sorted order, and whether a release may go on."""

    @property
    def findings(self) -> Sequence[Finding]: ...

    @property
    def conforms(self) -> bool: ...


@dataclass(frozen=True)
class Material:
    """The report, the rules that it names, and for whom it is written."""

    report: Report
    rules: Rulebook
    lang: str
    project: Project
    colour: bool = False
    partial: bool = False

    @cached_property
    def findings(self) -> list[Finding]:
        return list(self.report.findings)

    @property
    def open(self) -> list[Finding]:
        """The findings that no waiver lets through."""
        return [finding for finding in self.findings if not finding.waiver]

    @property
    def waived(self) -> list[Finding]:
        return [finding for finding in self.findings if finding.waiver]

    def counts(self) -> dict[Severity, int]:
        """How many findings of each severity no waiver lets through."""
        counted = Counter(finding.severity for finding in self.open)
        return {severity: counted[severity] for severity in Severity}

    def rule(self, finding: Finding) -> Rule:
        return self.rules.get(finding.rule)

    def used_rules(self) -> list[Rule]:
        """The rules that found something, by name."""
        return sorted({f.rule: self.rule(f) for f in self.findings}.values(), key=lambda rule: rule.short)

    def message(self, finding: Finding) -> str:
        return in_language(finding.message, self.lang)

    def advice(self, finding: Finding) -> str:
        """What would be right, from the rule's description; "" when there is none or the message has said
        it.
        """
        advice = in_language(self.rule(finding).description, self.lang)
        return "" if advice in self.message(finding) else advice

    def thing(self, iri: str) -> str:
        """A thing in short: its reference when it is of this project, else prefix:local or the IRI."""
        return referred(iri, self.project.base).strip("<>")

    def lines(self, place: Place) -> list[str]:
        """The lines of the source file, or [] when it cannot be shown."""
        return _lines(self.project.root, place.file) or _lines(packaged_root().resolve(), place.file)

    def summary(self) -> str:
        """One line that counts."""
        return SUMMARIES[self.lang](self)


def in_language(texts: dict[str, str], lang: str) -> str:
    """The text in ``lang``, or in the other language when there is none."""
    return texts.get(lang) or next((texts[other] for other in LANGUAGES if texts.get(other)), "")


def both_languages(texts: dict[str, str]) -> dict[str, str]:
    """The Dutch and English texts, without control characters, in that order."""
    return {lang: visible(texts[lang]) for lang in LANGUAGES if texts.get(lang)}


def visible(text: str, keep: str = "\n\t") -> str:
    """``text`` with every character that steers instead of shows written as an escape.

    Control characters (a terminal obeys them, XML 1.0 §2.2 forbids them), bidirectional overrides (they
    show other text than is there, Unicode TR 36 §3.6), lone surrogates and non-characters. ``keep`` stays
    as it is.
    """
    return "".join(c if c in keep or not _steers(c) else f"\\u{{{ord(c):x}}}" for c in text)


def _steers(char: str) -> bool:
    if " " <= char <= "~":
        return False
    return unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp") or char in "\ufffe\uffff"


@lru_cache(maxsize=64)
def _lines(root: Path, file: str) -> list[str]:
    try:
        path = (root / file).resolve()
        if not path.is_relative_to(root) or not path.is_file() or path.stat().st_size > LONGEST_SOURCE:
            return []
        return path.read_text("utf-8", errors="replace").splitlines()
    except (OSError, ValueError):
        return []


def _counted(material: Material) -> list[str]:
    one, many = SEVERITY_WORDS[material.lang], PLURALS[material.lang]
    return [
        f"{count} {one[severity] if count == 1 else many[severity]}"
        for severity, count in material.counts().items()
        if count
    ]


def _summary_nl(material: Material) -> str:
    let_through = len(material.waived)
    tail = f"; {let_through} met een ontheffing doorgelaten" if let_through else ""
    here = " in deze bestanden" if material.partial else ""
    if not material.open:
        return f"In orde: geen bevindingen{here}{tail}."
    verdict = (
        f"Niets{here} houdt publicatie tegen" if material.report.conforms else "Publicatie houdt hier op"
    )
    return f"{_series(_counted(material), 'en')}{tail}. {verdict}."


def _summary_en(material: Material) -> str:
    let_through = len(material.waived)
    tail = f"; {let_through} let through by a waiver" if let_through else ""
    here = " in these files" if material.partial else ""
    if not material.open:
        return f"All is well: no findings{here}{tail}."
    verdict = f"Nothing{here} stops publication" if material.report.conforms else "Publication stops here"
    return f"{_series(_counted(material), 'and')}{tail}. {verdict}."


def _series(items: list[str], last: str) -> str:
    return f" {last} ".join([", ".join(items[:-1]), items[-1]]) if len(items) > 1 else items[0]


SUMMARIES = {"nl": _summary_nl, "en": _summary_en}
