"""The report as SARIF 2.1.0 (OASIS, Static Analysis Results Interchange Format), for code hosts and editors.

Paths are relative to ``%SRCROOT%``, so that the same findings give the same file on every machine. It
refuses to name a time or a machine: SARIF has fields for both, and they would make two equal reports
differ.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any
from urllib.parse import quote

from gbvkg import __version__
from gbvkg.findings import Finding, Severity
from gbvkg.reports.material import Material, both_languages, in_language, visible
from gbvkg.reports.rulebook import Rule

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
HOME = "https://w3id.org/gbvkg/"
LEVELS = {Severity.VIOLATION: "error", Severity.WARNING: "warning", Severity.INFO: "note"}


def write(material: Material) -> str:
    """One run with its rules and results."""
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [_run(material)]}
    return json.dumps(log, ensure_ascii=False, indent=2) + "\n"


def _run(material: Material) -> dict[str, Any]:
    rules = material.used_rules()
    places = {rule.iri: index for index, rule in enumerate(rules)}
    return {
        "tool": {
            "driver": {
                "name": "gbvkg",
                "version": __version__,
                "informationUri": HOME,
                "rules": [_descriptor(rule, material.lang) for rule in rules],
            }
        },
        "language": material.lang,
        "columnKind": "unicodeCodePoints",
        "results": [_result(finding, places[finding.rule], material) for finding in material.findings],
    }


def _descriptor(rule: Rule, lang: str) -> dict[str, Any]:
    """A reportingDescriptor (§3.49); the help text is the rule's description and its source sentence."""
    name = visible(rule.title(lang))
    description = visible(in_language(rule.description, lang)) or name
    descriptor: dict[str, Any] = {
        "id": rule.short,
        "name": rule.short,
        "shortDescription": {"text": name},
        "fullDescription": {"text": description},
        "help": {"text": _help(rule, description)},
        "properties": {
            "iri": rule.iri,
            "name": both_languages(rule.name),
            "description": both_languages(rule.description),
        },
    }
    if rule.severity is not None:
        descriptor["defaultConfiguration"] = {"level": LEVELS[rule.severity]}
    if rule.iri.startswith(("http://", "https://")):
        descriptor["helpUri"] = rule.iri
    return descriptor


def _help(rule: Rule, description: str) -> str:
    quoted = [f"“{visible(rule.quote)}”"] if rule.quote else []
    return "\n\n".join([description, *quoted, f"gbvkg explain {rule.short}"])


def _result(finding: Finding, index: int, material: Material) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": material.rule(finding).short,
        "ruleIndex": index,
        "level": LEVELS[finding.severity],
        "message": {"text": visible(material.message(finding))},
        "locations": [_location(finding, material)],
        "partialFingerprints": {"finding/v1": fingerprint(finding)},
        "properties": {
            "message": both_languages(finding.message),
            "stage": finding.stage.name.lower(),
            "focus": visible(finding.focus),
            "path": visible(finding.path),
            "value": visible(finding.value),
        },
    }
    if finding.waiver:
        result["suppressions"] = [{"kind": "external", "status": "accepted", "justification": finding.waiver}]
    return result


def _location(finding: Finding, material: Material) -> dict[str, Any]:
    """A location (§3.28): the place in the file, and the thing as a logical location."""
    location: dict[str, Any] = {}
    place = finding.place
    if place and place.file:
        physical: dict[str, Any] = {"artifactLocation": {"uri": quote(place.file), "uriBaseId": "%SRCROOT%"}}
        if place.line:
            physical["region"] = {"startLine": place.line}
            if place.column:
                physical["region"]["startColumn"] = place.column
        location["physicalLocation"] = physical
    if finding.focus:
        name = visible(material.thing(finding.focus))
        location["logicalLocations"] = [
            {"name": name, "fullyQualifiedName": visible(finding.focus), "kind": "resource"}
        ]
    return location


def fingerprint(finding: Finding) -> str:
    """What stays the same when lines move: rule, focus, path and value."""
    parts = [finding.rule, finding.focus, finding.path, finding.value]
    if not finding.focus and finding.place:
        parts += [finding.place.file, finding.message.get("en", "")]
    return hashlib.sha256("\x00".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:32]
