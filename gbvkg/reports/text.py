"""The report for a terminal: one block per finding, in the shape that linters have made familiar.

    ActionLead overtreding: Actie 12 heeft geen trekkende minister.
      --> data/plans/vap-ggg-2025/fiches/12.yaml:17:3
       |
    17 | lead: []
       | ^^^^
       |
    hulp: Zet onder "lead" wie de actie trekt. Meer weten: gbvkg explain ActionLead

It refuses to wrap or to draw boxes: a line stays a line for grep and for a log.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter

from gbvkg.findings import Finding, Severity
from gbvkg.reports.material import SEVERITY_WORDS, Material, visible
from gbvkg.reports.rulebook import rule_name
from gbvkg.sources.statement import Place

WIDTH = 100
"""Characters of a source line that are shown around the place."""

COLOURS = {Severity.VIOLATION: "31", Severity.WARNING: "33", Severity.INFO: "36"}
BOLD, BLUE = "1", "34"

WORDS = {
    "nl": {
        "help": "hulp",
        "more": "Meer weten: gbvkg explain {rule}",
        "project": "(hele project)",
        "notes": "{count}x {rule} ({word}): {title}. De eerste: {where}",
        "all": "Elke mededeling voluit: gbvkg validate data",
    },
    "en": {
        "help": "help",
        "more": "Learn more: gbvkg explain {rule}",
        "project": "(whole project)",
        "notes": "{count}x {rule} ({word}): {title}. The first: {where}",
        "all": "Every info in full: gbvkg validate data",
    },
}


_QUOTED = r""" "(?:\\.|[^"\\])*" | '(?:''|[^'])*' | -(?=\s) """
_END = r"\s*(?: :(?:\s|\Z) | \s\# | \Z"
WORD = re.compile(r"[^\s:,]+")
SCALAR = re.compile(rf"{_QUOTED} | \S.*?(?={_END}))", re.VERBOSE)
IN_BRACKETS = re.compile(rf"{_QUOTED} | \S.*?(?={_END} | [],}}]))", re.VERBOSE)
"""What is underlined: a word, or a scalar of YAML 1.2 (§7.3) on one line."""

MANY = 10
"""Findings above which a tally per rule comes before the line that counts them all."""


def write(material: Material) -> str:
    """Blocks of the findings that no waiver lets through, a tally when they are many, and a line that
    counts. Infos that repeat each other take one line per rule, unless somebody asked for these files.
    """
    infos = Counter(finding.rule for finding in material.open if finding.severity is Severity.INFO)
    repeated = {rule for rule, count in infos.items() if count > 1 and not material.partial}
    notes = [each for each in material.open if each.rule in repeated and each.severity is Severity.INFO]
    told = [each for each in material.open if each.rule not in repeated or each.severity is not Severity.INFO]
    blocks = [_block(material, finding) for finding in told]
    tally = ["\n".join(_tally(material, told))] if len(blocks) > MANY else []
    return "\n\n".join([*blocks, *_notes(material, notes), *tally, material.summary()]) + "\n"


def _notes(material: Material, notes: list[Finding]) -> list[str]:
    """One line for each rule of ``notes``, the most frequent first, and how to see them all."""
    words, rules = WORDS[material.lang], Counter(finding.rule for finding in notes)
    first = {finding.rule: finding for finding in reversed(notes)}
    lines = [
        words["notes"].format(
            count=count,
            rule=rule_name(rule),
            word=SEVERITY_WORDS[material.lang][Severity.INFO],
            title=_one_line(material.rule(first[rule]).title(material.lang)),
            where=_where(material, first[rule]),
        )
        for rule, count in sorted(rules.items(), key=lambda row: (-row[1], row[0]))
    ]
    return ["\n".join([*lines, words["all"]])] if lines else []


def _tally(material: Material, told: list[Finding]) -> list[str]:
    """How often each rule found something, the worst severity first, then the most frequent."""
    counted = Counter((finding.severity, finding.rule) for finding in told)
    rows = sorted(counted.items(), key=lambda row: (row[0][0], -row[1], row[0][1]))
    words, width = SEVERITY_WORDS[material.lang], len(str(max(counted.values())))
    return [f"{count:>{width}}x {rule_name(rule)} ({words[severity]})" for (severity, rule), count in rows]


def _block(material: Material, finding: Finding) -> str:
    lines = [
        _head(material, finding),
        f"  {_paint(material, '-->', BLUE)} {_where(material, finding)}",
        *_excerpt(material, finding.place),
        *_help(material, finding),
    ]
    return "\n".join(lines)


def _head(material: Material, finding: Finding) -> str:
    word = SEVERITY_WORDS[material.lang][finding.severity]
    name = _paint(material, material.rule(finding).short, BOLD, COLOURS[finding.severity])
    return (
        f"{name} {_paint(material, word, COLOURS[finding.severity])}: {_one_line(material.message(finding))}"
    )


def _where(material: Material, finding: Finding) -> str:
    """The place, or the thing it is about when the place is not known."""
    shown = str(finding.place) if finding.place and finding.place.file else ""
    return _one_line(shown or material.thing(finding.focus) or WORDS[material.lang]["project"])


def _excerpt(material: Material, place: Place | None) -> list[str]:
    """The line before, the line itself and a mark under the place."""
    lines = material.lines(place) if place and place.line else []
    if not place or not 1 <= place.line <= len(lines):
        return []
    gutter = len(str(place.line))
    bar = _paint(material, "|", BLUE)
    first = place.line - 1 if place.line > 1 and lines[place.line - 2].strip() else place.line
    start = max(0, place.column - 1 - WIDTH // 2)
    yaml = place.file.endswith((".yaml", ".yml"))
    shown = [
        f"{number:>{gutter}} {bar} {_cut(lines[number - 1], start)}".rstrip()
        for number in range(first, place.line + 1)
    ]
    mark = (
        [f"{' ' * gutter} {bar} {_mark(material, lines[place.line - 1], place.column, start, yaml)}"]
        if place.column
        else []
    )
    return [f"{' ' * gutter} {bar}", *shown, *mark, f"{' ' * gutter} {bar}"]


def _cut(line: str, start: int) -> str:
    """A window of the line, so that a file of one endless line does not flood the terminal."""
    window = line[start : start + WIDTH]
    return ("…" if start else "") + _one_line(window) + ("…" if len(line) > start + WIDTH else "")


def _mark(material: Material, line: str, column: int, start: int, yaml: bool) -> str:
    """Spaces up to the column, as wide as what stands above them, and carets under the word there; in YAML
    under the whole value or key."""
    before = ("…" if start else "") + _one_line(line[start : column - 1])
    word = _value(line[: column - 1], yaml).match(line[column - 1 : start + WIDTH])
    carets = "^" * (_width(_one_line(word[0])) if word else 1)
    return " " * _width(before) + _paint(material, carets, BOLD, "31")


def _value(before: str, yaml: bool) -> re.Pattern[str]:
    """What stands at a place: in YAML a scalar or a key, which ends sooner within brackets or braces."""
    if not yaml:
        return WORD
    inside = any(before.count(opening) > before.count(closing) for opening, closing in ("[]", "{}"))
    return IN_BRACKETS if inside else SCALAR


def _width(text: str) -> int:
    """Columns that a terminal gives to ``text`` (Unicode UAX 11; combining marks take none)."""
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text
    )


def _help(material: Material, finding: Finding) -> list[str]:
    words = WORDS[material.lang]
    more = (
        [words["more"].format(rule=finding_rule)] if (finding_rule := _explained(material, finding)) else []
    )
    advice = [_one_line(text)] if (text := material.advice(finding)) else []
    parts = [*advice, *more]
    return [f"{_paint(material, words['help'], BOLD)}: {' '.join(parts)}"] if parts else []


def _explained(material: Material, finding: Finding) -> str:
    """The name to give to ``gbvkg explain``, "" for a rule that the shapes do not describe."""
    return material.rule(finding).short if finding.rule in material.rules else ""


def _one_line(text: str) -> str:
    return visible(" ".join(text.split("\n")).replace("\t", "    "), keep="")


def _paint(material: Material, text: str, *codes: str) -> str:
    return f"\x1b[{';'.join(codes)}m{text}\x1b[0m" if material.colour else text
