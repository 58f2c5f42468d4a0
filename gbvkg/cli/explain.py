"""A rule in words: what it asks, why, and a right and a wrong example from the test cases.

The examples are the very files that the tests hold the rule to, so an explanation cannot be out of date.
This module refuses to explain what no shape describes.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path

from gbvkg.errors import UnknownRule
from gbvkg.findings import Severity
from gbvkg.reports import Rule, Rulebook
from gbvkg.reports.material import SEVERITY_WORDS, in_language, visible
from gbvkg.vocabulary import expand, packaged_root

NAMES = {"valid": ("valid", "clean"), "invalid": ("invalid", "mutant")}
WIDTH = 100
EXPECTED = "# The expected report"
LONGEST_EXAMPLE = 60
"""Lines of a case that are shown."""

WORDS = {
    "nl": {
        "severity": "Ernst",
        "profile": "Profiel",
        "asks": "Wat ze vraagt",
        "message": "Wat gbvkg zegt",
        "quote": "De zin die ze afdwingt",
        "source": "Bron",
        "file": "Staat in",
        "valid": "Goed",
        "invalid": "Fout",
        "more": "… nog {count} regels",
        "none": "Voor deze regel is er geen voorbeeld.",
        "list": "{count} regels. Meer over een regel: gbvkg explain REGEL",
    },
    "en": {
        "severity": "Severity",
        "profile": "Profile",
        "asks": "What it asks",
        "message": "What gbvkg says",
        "quote": "The sentence that it enforces",
        "source": "Source",
        "file": "Is in",
        "valid": "Right",
        "invalid": "Wrong",
        "more": "… {count} more lines",
        "none": "There is no example for this rule.",
        "list": "{count} rules. More about a rule: gbvkg explain RULE",
    },
}


def find(rules: Rulebook, name: str) -> Rule:
    """The rule of that name, IRI or prefixed name. Raises UnknownRule that suggests the nearest one."""
    asked = name.removeprefix("gbvsh:").removeprefix(expand("gbvsh:"))
    by_name = {rule.short: rule for rule in rules}
    for candidate in (asked, asked.removeprefix("<").removesuffix(">")):
        if candidate in by_name:
            return by_name[candidate]
    raise _unknown(visible(name[:80]), asked, by_name)


def _unknown(shown: str, asked: str, names: Iterable[str]) -> UnknownRule:
    folded = {name.casefold(): name for name in names}
    near = get_close_matches(asked.casefold(), folded, 1, 0.5)
    nl = f' Bedoelde u "{folded[near[0]]}"?' if near else " De lijst: gbvkg explain."
    en = f' Did you mean "{folded[near[0]]}"?' if near else " The list: gbvkg explain."
    return UnknownRule(f'Er is geen regel "{shown}".{nl}', f'There is no rule "{shown}".{en}')


def listing(rules: Rulebook, lang: str) -> str:
    """All rules: name and title."""
    rows = [(rule.short, rule.title(lang)) for rule in rules]
    width = max((len(name) for name, _ in rows), default=0)
    lines = [f"{name:<{width}}  {title}" for name, title in rows]
    return "\n".join([*lines, "", WORDS[lang]["list"].format(count=len(rows))]) + "\n"


def explanation(rule: Rule, rules: Rulebook, lang: str) -> str:
    """Everything about one rule, for a reader."""
    words = WORDS[lang]
    severity = SEVERITY_WORDS[lang][Severity.VIOLATION if rule.severity is None else rule.severity]
    parts = [
        f"{rule.short}: {rule.title(lang)}",
        _fact(words["severity"], severity)
        + _fact(words["profile"], rules.get(rule.profile).title(lang) if rule.profile else ""),
        _section(words["asks"], in_language(rule.description, lang)),
        _section(words["message"], in_language(rule.message, lang)),
        _section(words["quote"], f"“{rule.quote}”" if rule.quote else ""),
        "".join(_fact(words["source"], iri) for iri in rule.see_also) + _fact(words["file"], rule.file),
        *(examples(rule, lang) or [words["none"] + "\n"]),
    ]
    return visible("\n".join(part for part in parts if part))


def _fact(label: str, value: str) -> str:
    return f"{label}: {value}\n" if value else ""


def _section(label: str, text: str) -> str:
    if not text:
        return ""
    wrapped = textwrap.fill(text, WIDTH, initial_indent="  ", subsequent_indent="  ", break_on_hyphens=False)
    return f"{label}:\n{wrapped}\n"


def examples(rule: Rule, lang: str) -> list[str]:
    """The first right and the first wrong case of a rule, as they are in the test folder."""
    words = WORDS[lang]
    found = [(kind, case) for kind in NAMES for case in cases(rule, kind)[:1]]
    return [f"{words[kind]} ({case.name}):\n{_shown(case, words['more'])}" for kind, case in found]


def cases(rule: Rule, kind: str) -> list[Path]:
    """The cases of a rule of one kind, "valid" or "invalid": files of that name, or the files of a folder
    of it.

    A check query has its cases under its own name: clean and mutant.
    """
    root = packaged_root() / "tests" / "cases"
    folders = [root / "shapes" / rule.short, root / "sources" / rule.short]
    if rule.file.startswith("queries/"):
        folders = [root / "hygiene" / Path(rule.file).stem]
    found: list[Path] = []
    for path in (
        path for folder in folders for name in NAMES[kind] for path in sorted(folder.glob(f"{name}*"))
    ):
        found += [path] if path.is_file() else sorted(inner for inner in path.rglob("*") if inner.is_file())
    return found


def _shown(case: Path, more: str) -> str:
    """The part of a case that a reader came for: without prefixes, and up to the report that the tests
    expect.
    """
    lines = case.read_text("utf-8", errors="replace").partition(EXPECTED)[0].strip().splitlines()
    told = [line for line in lines if not line.startswith("@prefix")]
    kept = [line for line, before in zip(told, ["", *told], strict=False) if line or before]
    rest = len(kept) - LONGEST_EXAMPLE
    tail = [more.format(count=rest)] if rest > 0 else []
    return textwrap.indent("\n".join([*kept[:LONGEST_EXAMPLE], *tail]), "  ") + "\n"
