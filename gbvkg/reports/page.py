"""The report as one HTML page: no script, no request, readable by a screen reader and on paper.

It follows WCAG 2.2 AA: a language per page, headings in order, a caption and header cells per table,
severities as words and never by colour alone, contrast above 4.5 in light and dark. Nothing of the data is
trusted: every text is escaped, only http(s) addresses become links, and a policy in the page itself forbids
everything but its own style.
"""

from __future__ import annotations

from collections import Counter
from html import escape
from itertools import groupby
from pathlib import Path

from gbvkg import __version__
from gbvkg.findings import Finding
from gbvkg.reports.material import SEVERITY_WORDS, Material, in_language, visible
from gbvkg.reports.rulebook import Rule

STYLE = Path(__file__).with_name("page.css").read_text("utf-8").strip()
POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"

WORDS = {
    "nl": {
        "title": "Controle van de gegevens",
        "skip": "Naar de bevindingen",
        "version": "Versie",
        "base": "Basis-IRI",
        "summary": "Samenvatting",
        "per_rule": "Bevindingen per regel",
        "rule": "Regel",
        "meaning": "Wat ze vraagt",
        "open": "Open",
        "let_through": "Met ontheffing",
        "findings": "Bevindingen",
        "waived": "Met een ontheffing doorgelaten",
        "line": "regel",
        "column": "kolom",
        "about": "Over",
        "found": "Gevonden",
        "fix": "Zo lost u het op",
        "waiver": "Ontheffing",
        "no_file": "Over het hele project",
        "excerpt": "Regel in het bronbestand",
        "none": "Geen bevindingen.",
        "made": "Gemaakt met gbvkg",
    },
    "en": {
        "title": "Check of the data",
        "skip": "Skip to the findings",
        "version": "Version",
        "base": "Base IRI",
        "summary": "Summary",
        "per_rule": "Findings per rule",
        "rule": "Rule",
        "meaning": "What it asks",
        "open": "Open",
        "let_through": "With a waiver",
        "findings": "Findings",
        "waived": "Let through by a waiver",
        "line": "line",
        "column": "column",
        "about": "About",
        "found": "Found",
        "fix": "How to fix it",
        "waiver": "Waiver",
        "no_file": "About the whole project",
        "excerpt": "Line in the source file",
        "none": "No findings.",
        "made": "Made with gbvkg",
    },
}


def write(material: Material) -> str:
    """A complete HTML document."""
    words = WORDS[material.lang]
    title = f"{words['title']}: {material.project.version}"
    parts = [
        "<!doctype html>",
        f'<html lang="{material.lang}">',
        "<head>",
        '<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{_safe(title)}</title>",
        f"<style>{STYLE}</style>",
        "</head>",
        "<body>",
        f'<a href="#findings">{words["skip"]}</a>',
        "<main>",
        f"<h1>{_safe(title)}</h1>",
        f"<p>{words['base']}: {_link(material.project.base)}</p>",
        f"<h2>{words['summary']}</h2>",
        f"<p>{_safe(material.summary())}</p>",
        *_rules(material),
        f'<h2 id="findings">{words["findings"]}</h2>',
        *_by_file(material, material.open),
        *([f"<h2>{words['waived']}</h2>", *_by_file(material, material.waived)] if material.waived else []),
        "</main>",
        f"<footer><p>{words['made']} {_safe(__version__)}.</p></footer>",
        "</body>",
        "</html>",
    ]
    return "\n".join(parts) + "\n"


def _rules(material: Material) -> list[str]:
    """A table of the rules that found something: how often in the open, and how often under a waiver."""
    words = WORDS[material.lang]
    if not material.findings:
        return []
    keys = ("rule", "meaning", "open", "let_through")
    heads = "".join(f'<th scope="col">{words[key]}</th>' for key in keys)
    counts = [Counter(finding.rule for finding in part) for part in (material.open, material.waived)]
    rows = [
        _rule_row(rule, material, [count[rule.iri] for count in counts]) for rule in material.used_rules()
    ]
    caption = f"<caption>{words['per_rule']}</caption>"
    return ["<table>", caption, f"<thead><tr>{heads}</tr></thead>", "<tbody>", *rows, "</tbody>", "</table>"]


def _rule_row(rule: Rule, material: Material, counts: list[int]) -> str:
    """A row whose cells say what they are: on a narrow screen they stand below each other, without heads."""
    words = WORDS[material.lang]
    title, asks = rule.title(material.lang), in_language(rule.description, material.lang)
    meaning = f"<b>{_safe(title)}</b>" + (f"<br>{_safe(asks)}" if asks else "")
    head = f'<th scope="row"><code>{_safe(rule.short)}</code></th>'
    numbers = "".join(
        f'<td data-label="{words[key]}">{count}</td>'
        for key, count in zip(("open", "let_through"), counts, strict=True)
    )
    return f'<tr id="{_safe(rule.short)}">{head}<td>{meaning}</td>{numbers}</tr>'


def _by_file(material: Material, findings: list[Finding]) -> list[str]:
    """Articles under a heading per file, worst first within a file."""
    words = WORDS[material.lang]
    if not findings:
        return [f"<p>{words['none']}</p>"]
    ordered = sorted(findings, key=lambda f: (_file(f), f.sort_key()))
    parts: list[str] = []
    for file, rows in groupby(ordered, _file):
        parts.append(f"<section><h3>{_safe(file or words['no_file'])}</h3>")
        parts += [_article(material, finding) for finding in rows]
        parts.append("</section>")
    return parts


def _file(finding: Finding) -> str:
    return finding.place.file if finding.place else ""


def _article(material: Material, finding: Finding) -> str:
    words, rule = WORDS[material.lang], material.rule(finding)
    severity = finding.severity.name.lower()
    word = SEVERITY_WORDS[material.lang][finding.severity].capitalize()
    anchor = f'<a href="#{_safe(rule.short)}"><code>{_safe(rule.short)}</code></a>'
    parts = [
        f'<article class="{severity}"><h4><b>{word}</b> {anchor}{_position(material, finding)}</h4>',
        f"<p>{_safe(material.message(finding))}</p>",
        *_excerpt(material, finding),
        *_line(words["about"], _link(finding.focus, material.thing(finding.focus)) if finding.focus else ""),
        *_line(words["found"], f"<code>{_safe(finding.value)}</code>" if _tells(finding) else ""),
        *_line(words["fix"], _safe(material.advice(finding))),
        *_line(words["waiver"], _link(finding.waiver) if finding.waiver else ""),
        "</article>",
    ]
    return "\n".join(parts)


def _tells(finding: Finding) -> bool:
    """Whether the value says more than what the finding is about."""
    return finding.value not in ("", f"<{finding.focus}>")


def _position(material: Material, finding: Finding) -> str:
    words, place = WORDS[material.lang], finding.place
    if not place or not place.line:
        return ""
    column = f", {words['column']} {place.column}" if place.column else ""
    return f" · {words['line']} {place.line}{column}"


def _excerpt(material: Material, finding: Finding) -> list[str]:
    place = finding.place
    lines = material.lines(place) if place and place.line else []
    if not place or not 1 <= place.line <= len(lines):
        return []
    label = WORDS[material.lang]["excerpt"]
    return [f'<pre tabindex="0" aria-label="{label}"><code>{_safe(lines[place.line - 1][:400])}</code></pre>']


def _line(label: str, content: str) -> list[str]:
    return [f"<p>{label}: {content}</p>"] if content else []


def _link(iri: str, shown: str = "") -> str:
    """A link for http(s); any other scheme is only shown."""
    text = f"<code>{_safe(shown or iri)}</code>"
    return f'<a href="{_safe(iri)}">{text}</a>' if iri.startswith(("http://", "https://")) else text


def _safe(text: str) -> str:
    return escape(visible(text), quote=True)
