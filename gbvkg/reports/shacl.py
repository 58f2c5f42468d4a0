"""The report as a SHACL validation report (SHACL §3.6) in Turtle.

Results are named by what they say, not by blank nodes, so that two reports can be compared line by line. A
finding that a waiver lets through is in it as well, with the waiver, because SHACL found it;
``sh:conforms`` is SHACL's, so one violation, warning or info makes it false (§3.6.1.1). It refuses to guess
a constraint component that the rule does not tell.
"""

from __future__ import annotations

import json
import re
from urllib.parse import quote

from pyoxigraph import BlankNode, RdfFormat, parse

from gbvkg.findings import Finding, Severity
from gbvkg.reports.material import Material, both_languages, visible
from gbvkg.reports.sarif import fingerprint
from gbvkg.vocabulary import prefixes, shrink

SEVERITIES = {Severity.VIOLATION: "sh:Violation", Severity.WARNING: "sh:Warning", Severity.INFO: "sh:Info"}
USED = ("dct", "gbv", "gbvsh", "sh", "xsd")


def write(material: Material) -> str:
    """Turtle with sorted results; nothing in it depends on when or where it was made."""
    named: dict[str, Finding] = {}
    for finding in material.findings:
        named.setdefault(f"{material.project.base}id/finding/{fingerprint(finding)}", finding)
    report = f"<{material.project.base}id/report/{material.project.version}>"
    lines = [f"@prefix {prefix}: <{prefixes()[prefix]}> ." for prefix in USED]
    lines += ["", f"{report} a sh:ValidationReport ;"]
    if named:
        results = " ,\n    ".join(f"<{iri}>" for iri in named)
        lines += [f"  sh:conforms false ;\n  sh:result\n    {results} ."]
    else:
        lines += ["  sh:conforms true ."]
    return "\n".join([*lines, *(_result(iri, finding, material) for iri, finding in named.items())]) + "\n"


def _result(iri: str, finding: Finding, material: Material) -> str:
    rows = [
        ("a", ["sh:ValidationResult"]),
        ("sh:focusNode", [_iri(finding.focus)] if finding.focus else []),
        ("sh:resultPath", [_iri(finding.path)] if finding.path else []),
        ("sh:value", [_term(finding.value)] if finding.value else []),
        ("sh:resultSeverity", [SEVERITIES[finding.severity]]),
        ("sh:sourceShape", [_iri(finding.rule)]),
        ("sh:sourceConstraintComponent", [_iri(c)] if (c := material.rule(finding).component) else []),
        (
            "sh:resultMessage",
            [f"{_string(text)}@{lang}" for lang, text in both_languages(finding.message).items()],
        ),
        ("gbvsh:waiver", [_iri(finding.waiver)] if finding.waiver else []),
        ("gbvsh:place", [_string(visible(str(finding.place)))] if finding.place else []),
    ]
    body = " ;\n  ".join(f"{predicate} {' , '.join(objects)}" for predicate, objects in rows if objects)
    return f"\n<{iri}> {body} ."


def _iri(iri: str) -> str:
    """The IRI as Turtle; what is none, or hides characters, is percent-encoded behind a URN that says so."""
    short = shrink(iri)
    if re.fullmatch(rf"({'|'.join(USED)}):[A-Za-z][\w-]*", short):
        return short
    fine = visible(iri, keep="") == iri and _parses(f"<{iri}>")
    return f"<{iri}>" if fine else f"<urn:gbvkg:not-an-iri:{quote(iri, safe='', errors='replace')}>"


def _parses(term: str) -> bool:
    """Whether ``term`` is one N-Triples term that is not a blank node."""
    try:
        quads = list(parse(f"<x:s> <x:p> {term} .", format=RdfFormat.N_TRIPLES))
    except SyntaxError:
        return False
    return len(quads) == 1 and not isinstance(quads[0].object, BlankNode)


def _term(value: str) -> str:
    """``value`` when it is an N-Triples term; else a string that shows it."""
    return value if visible(value, keep="") == value and _parses(value) else _string(visible(value))


def _string(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
