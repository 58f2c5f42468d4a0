"""A rule in words: what it asks, why, what to write, and a right and a wrong example from the test cases.

The examples are the very files that the tests hold the rule to, so an explanation cannot be out of date. A
rule is found by its name or by words of its title, in either language. This module refuses to explain what no
shape describes.
"""

from __future__ import annotations

import re
import textwrap
import unicodedata
from collections import Counter
from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path

from gbvkg.cli import example
from gbvkg.errors import UnknownRule
from gbvkg.findings import Severity
from gbvkg.reports import Rule, Rulebook
from gbvkg.reports.material import SEVERITY_WORDS, in_language, visible
from gbvkg.vocabulary import expand

NAMES = {"valid": ("valid", "clean"), "invalid": ("invalid", "mutant")}
WIDTH = 100
LONGEST_EXAMPLE = 60
"""Lines of a case that are shown."""
SHORTEST_STEM = 4
"""Letters at the start of a word that must agree for two words to be forms of one: trekker, trekkende."""

WORDS = {
    "nl": {
        "severity": "Ernst",
        "profile": "Profiel",
        "asks": "Wat ze vraagt",
        "write": "Wat u schrijft",
        "key": "De sleutel {key} bij type: {owners}. Erachter komt {value}.",
        "or": " of ",
        "message": "Wat gbvkg zegt",
        "quote": "De zin die ze afdwingt",
        "source": "Bron",
        "file": "Staat in",
        "valid": "Goed",
        "invalid": "Fout",
        "case": "uit de proefgevallen, {name}",
        "more": "… nog {count} regels",
        "none": "Voor deze regel is er geen voorbeeld.",
        "list": "{count} regels. Meer over een regel: gbvkg explain REGEL",
        "ttl": "Voor wie Turtle leest: gbvkg explain {rule} --format ttl",
    },
    "en": {
        "severity": "Severity",
        "profile": "Profile",
        "asks": "What it asks",
        "write": "What you write",
        "key": "The key {key} of type: {owners}. After it comes {value}.",
        "or": " or ",
        "message": "What gbvkg says",
        "quote": "The sentence that it enforces",
        "source": "Source",
        "file": "Is in",
        "valid": "Right",
        "invalid": "Wrong",
        "case": "from the test cases, {name}",
        "more": "… {count} more lines",
        "none": "There is no example for this rule.",
        "list": "{count} rules. More about a rule: gbvkg explain RULE",
        "ttl": "For who reads Turtle: gbvkg explain {rule} --format ttl",
    },
}


def answer(rules: Rulebook, asked: str, lang: str, form: str = "text") -> str:
    """What ``gbvkg explain`` shows: the rule, the rules that ``asked`` may mean, or all when it is "".

    Raises UnknownRule, with the nearest ones, when ``asked`` is like nothing.
    """
    found = candidates(rules, asked) if asked else list(rules)
    if len(found) == 1:
        return explanation(found[0], rules, lang, form)
    return listing(found, lang)


def candidates(rules: Rulebook, asked: str) -> list[Rule]:
    """The rule of that name, IRI or prefixed name; else the rules whose title has all the words that were
    asked for, or forms of them; else those that say them elsewhere. Raises UnknownRule.
    """
    name = asked.removeprefix("<").removesuffix(">").removeprefix("gbvsh:").removeprefix(expand("gbvsh:"))
    every = list(rules)
    by_name = {rule.short: rule for rule in every}
    if name in by_name:
        return [by_name[name]]
    words = _words(asked)
    for texts in (_titles, _all_texts):
        if words and (found := [rule for rule in every if any(_has(words, text) for text in texts(rule))]):
            return found
    raise _unknown(visible(asked[:80]), name, every)


def _titles(rule: Rule) -> Iterable[str]:
    return rule.name.values()


def _all_texts(rule: Rule) -> Iterable[str]:
    return [*rule.description.values(), *rule.message.values()]


def _has(words: list[str], text: str) -> bool:
    """Whether each of ``words`` starts a word of ``text``, but for its own ending."""
    there = _words(text)
    return all(any(word.startswith(_stem(asked)) for word in there) for asked in words)


def _words(text: str) -> list[str]:
    """The words in small letters without accents."""
    bare = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return re.findall(r"\w+", bare.casefold())


def _stem(word: str) -> str:
    return word[: max(SHORTEST_STEM, len(word) - 2)]


def _unknown(shown: str, asked: str, rules: list[Rule]) -> UnknownRule:
    names = {rule.short.casefold(): rule.short for rule in rules}
    titles = {" ".join(_words(title)): rule.short for rule in rules for title in rule.name.values()}
    near = [names[match] for match in get_close_matches(asked.casefold(), names, 3, 0.6)]
    near += [titles[match] for match in get_close_matches(" ".join(_words(asked)), titles, 3, 0.6)]
    listed = [f'"{name}"' for name in dict.fromkeys(near)][:3]
    nl = f" Bedoelde u {' of '.join(listed)}?" if listed else " De lijst: gbvkg explain."
    en = f" Did you mean {' or '.join(listed)}?" if listed else " The list: gbvkg explain."
    return UnknownRule(f'Er is geen regel "{shown}".{nl}', f'There is no rule "{shown}".{en}')


def listing(rules: list[Rule], lang: str) -> str:
    """Rules, one a line: name and title, and what it says where another has the same title."""
    titles = Counter(rule.title(lang) for rule in rules)
    rows = [(rule.short, _told_apart(rule, lang, titles[rule.title(lang)] > 1)) for rule in rules]
    width = max((len(name) for name, _ in rows), default=0)
    lines = [f"{name:<{width}}  {title}" for name, title in rows]
    return visible("\n".join([*lines, "", WORDS[lang]["list"].format(count=len(rows))]) + "\n")


def _told_apart(rule: Rule, lang: str, shared: bool) -> str:
    """The title, with the first sentence of the message when the title is ``shared``."""
    said = in_language(rule.message, lang).partition(". ")[0].rstrip(".") if shared else ""
    return f"{rule.title(lang)}: {said}" if said else rule.title(lang)


def explanation(rule: Rule, rules: Rulebook, lang: str, form: str = "text") -> str:
    """Everything about one rule, for a reader; ``form`` "ttl" shows the cases as they are."""
    words = WORDS[lang]
    severity = SEVERITY_WORDS[lang][Severity.VIOLATION if rule.severity is None else rule.severity]
    parts = [
        f"{rule.short}: {rule.title(lang)}",
        _fact(words["severity"], severity)
        + _fact(words["profile"], rules.get(rule.profile).title(lang) if rule.profile else ""),
        _section(words["asks"], in_language(rule.description, lang)),
        _section(words["write"], _what_to_write(rule, lang)),
        _section(words["message"], in_language(rule.message, lang)),
        _section(words["quote"], f"“{rule.quote}”" if rule.quote else ""),
        "".join(_fact(words["source"], iri) for iri in rule.see_also) + _fact(words["file"], rule.file),
        *(_examples(rule, lang, form) or [words["none"] + "\n"]),
    ]
    return visible("\n".join(part for part in parts if part))


def _fact(label: str, value: str) -> str:
    return f"{label}: {value}\n" if value else ""


def _section(label: str, text: str) -> str:
    if not text:
        return ""
    wrapped = textwrap.fill(text, WIDTH, initial_indent="  ", subsequent_indent="  ", break_on_hyphens=False)
    return f"{label}:\n{wrapped}\n"


def _what_to_write(rule: Rule, lang: str) -> str:
    """The key of the fiche that the rule is about and what comes after it; "" when it is not about one."""
    words, field = WORDS[lang], example.field(cases(rule, "invalid"))
    if field is None:
        return ""
    owners = words["or"].join(field.owners)
    return words["key"].format(key=field.key, owners=owners, value=field.value[lang])


def _examples(rule: Rule, lang: str, form: str) -> list[str]:
    """The first right and the first wrong case of a rule."""
    words = WORDS[lang]
    found = [(words[kind], case) for kind in NAMES for case in cases(rule, kind)[:1]]
    fiches = {case: example.as_fiche(case) for _, case in found} if form == "text" else {}
    shown = [
        f"{_heading(word, case, lang)}\n{_shown(fiches.get(case, ''), case, lang)}" for word, case in found
    ]
    return [*shown, words["ttl"].format(rule=rule.short) + "\n"] if any(fiches.values()) else shown


def _heading(word: str, case: Path, lang: str) -> str:
    told = example.told(case).get(lang, "")
    source = WORDS[lang]["case"].format(name=case.name)
    return f"{word}: {told} ({source})" if told else f"{word} ({source}):"


def cases(rule: Rule, kind: str) -> list[Path]:
    """The cases of a rule of one kind, "valid" or "invalid": files of that name, or the files of a folder
    of it.

    A check query has its cases under its own name: clean and mutant.
    """
    root = example.root()
    folders = [root / kept / rule.short for kept in ("shapes", "sources", "waivers", "reasoning")]
    if rule.file.startswith("queries/"):
        folders = [root / "hygiene" / Path(rule.file).stem]
    found: list[Path] = []
    for path in (
        path for folder in folders for name in NAMES[kind] for path in sorted(folder.glob(f"{name}*"))
    ):
        found += [path] if path.is_file() else sorted(inner for inner in path.rglob("*") if inner.is_file())
    return found


def _shown(fiche: str, case: Path, lang: str) -> str:
    """The fiche, or the part of the case that a reader came for: without prefixes, comments that only the
    tests read, and the report that they expect.
    """
    text = fiche or case.read_text("utf-8", errors="replace").partition(example.EXPECTED)[0]
    aside = ("@prefix", "@base", "# ") if case.suffix == ".ttl" else ()
    told = [line for line in text.strip().splitlines() if not line.startswith(aside)]
    kept = [line for line, before in zip(told, ["", *told], strict=False) if line or before]
    rest = len(kept) - LONGEST_EXAMPLE
    tail = [WORDS[lang]["more"].format(count=rest)] if rest > 0 else []
    return textwrap.indent("\n".join([*kept[:LONGEST_EXAMPLE], *tail]), "  ") + "\n"
