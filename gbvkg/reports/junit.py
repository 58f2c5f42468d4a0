"""The report as JUnit XML, the format that every CI shows: a suite per file, a case per finding.

A violation is a failure. A warning, an info or a waived finding is a skipped case with its message, so that
it is seen and stops nothing. It refuses to invent durations: every ``time`` is 0.
"""

from __future__ import annotations

from itertools import groupby
from xml.sax.saxutils import escape, quoteattr

from gbvkg.findings import Finding, Severity
from gbvkg.reports.material import SEVERITY_WORDS, Material, both_languages, visible

ALL_WELL = {"nl": "geen bevindingen", "en": "no findings"}


def write(material: Material) -> str:
    """One ``testsuites`` element; a report without findings holds one case that passes."""
    findings = sorted(material.findings, key=_file)
    suites = [_suite(material, file, list(rows)) for file, rows in groupby(findings, _file)]
    if not suites:
        case = f'<testcase classname="gbvkg" name={quoteattr(ALL_WELL[material.lang])} time="0"/>'
        counts = 'tests="1" failures="0" skipped="0" time="0"'
        suites = [f'  <testsuite name="gbvkg" {counts}>\n    {case}\n  </testsuite>']
    failures = sum(map(_fails, findings))
    head = (
        f'<testsuites name="gbvkg validate" tests="{len(findings) or 1}" failures="{failures}" '
        f'skipped="{len(findings) - failures}" time="0">'
    )
    return "\n".join(['<?xml version="1.0" encoding="UTF-8"?>', head, *suites, "</testsuites>"]) + "\n"


def _file(finding: Finding) -> str:
    return finding.place.file if finding.place else ""


def _fails(finding: Finding) -> bool:
    return finding.severity is Severity.VIOLATION and not finding.waiver


def _suite(material: Material, file: str, findings: list[Finding]) -> str:
    failures = sum(map(_fails, findings))
    name = _attribute(file or material.project.base)
    counts = f'tests="{len(findings)}" failures="{failures}" skipped="{len(findings) - failures}" time="0"'
    cases = [_case(material, finding) for finding in findings]
    return "\n".join([f"  <testsuite name={name} {counts}>", *cases, "  </testsuite>"])


def _case(material: Material, finding: Finding) -> str:
    rule = material.rule(finding).short
    where = material.thing(finding.focus) if finding.focus else str(finding.place or "")
    place = finding.place
    line = f' line="{place.line}"' if place and place.line else ""
    head = f"classname={_attribute(rule)} name={_attribute(f'{rule}: {where}')}{line}"
    return f'    <testcase {head} time="0">\n      {_outcome(material, finding)}\n    </testcase>'


def _outcome(material: Material, finding: Finding) -> str:
    message = _attribute(material.message(finding))
    if not _fails(finding):
        word = finding.waiver or SEVERITY_WORDS[material.lang][finding.severity]
        return f"<skipped message={_attribute(f'{word}: {material.message(finding)}')}/>"
    texts = [f"{lang}: {text}" for lang, text in both_languages(finding.message).items()]
    body = "\n".join([visible(str(finding.place or finding.focus)), *texts])
    return (
        f"<failure type={_attribute(material.rule(finding).short)} message={message}>{escape(body)}</failure>"
    )


def _attribute(text: str) -> str:
    return quoteattr(visible(text, keep=""))
