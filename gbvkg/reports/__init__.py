"""Findings for people and for machines: one report, six formats.

A report never changes what was found: it words, places and counts it. This package refuses to decide
whether a release may go on, to read the clock, and to trust a label: whatever the data says is shown, never
obeyed.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from gbvkg.errors import UsageError
from gbvkg.project import Project
from gbvkg.reports.material import Material, Report
from gbvkg.reports.rulebook import Rule, Rulebook, rule_name

FORMATS = {
    "text": "gbvkg.reports.text",
    "json": "gbvkg.reports.structured",
    "sarif": "gbvkg.reports.sarif",
    "junit": "gbvkg.reports.junit",
    "ttl": "gbvkg.reports.shacl",
    "html": "gbvkg.reports.page",
}
"""Format → the module that writes it; imported when asked for, so that plain text starts fast."""


def render(
    report: Report, format: str, lang: str, project: Project, *, colour: bool = False, partial: bool = False
) -> str:
    """The report as text, ending in a newline; the same report gives the same characters.

    ``lang`` is "nl" or "en"; the machine formats hold both and use ``lang`` only where their standard has
    room for one. ``colour`` adds ANSI colours to ``text`` and is ignored by the rest. Raises UsageError for
    an unknown format.
    """
    if format not in FORMATS:
        known = ", ".join(FORMATS)
        raise UsageError(
            f'Onbekend formaat "{format}"; kies uit: {known}.',
            f'Unknown format "{format}"; choose from: {known}.',
        )
    write: Callable[[Material], str] = import_module(FORMATS[format]).write
    return write(Material(report, Rulebook.read(project), lang, project, colour, partial))


__all__ = ["FORMATS", "Report", "Rule", "Rulebook", "render", "rule_name"]
