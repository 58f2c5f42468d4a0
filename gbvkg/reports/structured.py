"""The report as JSON, described by ``findings.schema.json`` beside this file (JSON Schema 2020-12).

``version`` is the version of that description: it grows by one when a key changes meaning or goes, never
when one is added. It refuses to translate: every text is there in Dutch and in English.
"""

from __future__ import annotations

import json
from typing import Any

from gbvkg import __version__
from gbvkg.findings import Finding, Severity
from gbvkg.reports.material import Material, both_languages, visible
from gbvkg.reports.rulebook import Rule

VERSION = 1


def write(material: Material) -> str:
    """One JSON object, keys in a fixed order, UTF-8."""
    return json.dumps(report(material), ensure_ascii=False, indent=2) + "\n"


def report(material: Material) -> dict[str, Any]:
    """The report as a JSON value."""
    counts = material.counts()
    return {
        "version": VERSION,
        "tool": {"name": "gbvkg", "version": __version__},
        "project": {"base": material.project.base, "version": material.project.version},
        "conforms": material.report.conforms,
        "summary": {
            **{severity.name.lower(): counts[severity] for severity in Severity},
            "waived": len(material.waived),
        },
        "rules": [rule_entry(rule) for rule in material.used_rules()],
        "findings": [finding_entry(finding, material) for finding in material.findings],
    }


def rule_entry(rule: Rule) -> dict[str, Any]:
    """A rule that found something; texts that the shapes lack are empty objects."""
    return {
        "iri": rule.iri,
        "short": rule.short,
        "name": both_languages(rule.name),
        "description": both_languages(rule.description),
    }


def finding_entry(finding: Finding, material: Material) -> dict[str, Any]:
    """One finding; "" and null mean that it is about a whole file or that its place is not known."""
    place = finding.place
    return {
        "severity": finding.severity.name.lower(),
        "stage": finding.stage.name.lower(),
        "rule": finding.rule,
        "focus": visible(finding.focus),
        "path": visible(finding.path),
        "value": visible(finding.value),
        "message": both_languages(finding.message),
        "place": {"file": visible(place.file), "line": place.line, "column": place.column} if place else None,
        "waiver": finding.waiver,
    }
