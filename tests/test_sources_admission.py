"""What no source may say: one judgement for YAML, Turtle and tables."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gbvkg import graph
from gbvkg.project import Project
from gbvkg.sources.references import is_plain_iri
from gbvkg.vocabulary import BASE

OWN = "https://example.org/zaken/"
DATASET = f'type: Dataset\nid: dataset/zaken\nuriSpace: {OWN}id/\nversion: "2026.1"\nissued: 2026-11-22\n'
LABEL = "http://www.w3.org/2000/01/rdf-schema#label"
SEE = "http://www.w3.org/2000/01/rdf-schema#seeAlso"
FORMATS = ("yaml", "ttl", "csv")


def _source(root: Path, format: str, subject: str, see: str) -> None:
    data = root / "data"
    data.mkdir()
    (data / "dataset.yaml").write_text(DATASET)
    if format == "yaml":
        (data / "x.yaml").write_text(
            f"id: {json.dumps(subject)}\ntype: Concept\nseeAlso: {json.dumps(see)}\n"
        )
    elif format == "ttl":
        (data / "x.ttl").write_text(f"<{subject}> <{SEE}> <{see}> .")
    else:
        column = {"name": "s", "propertyUrl": SEE, "aboutUrl": "{+s}", "valueUrl": "{+o}"}
        columns = [column, {"name": "o", "suppressOutput": True}]
        (data / "x.csv").write_text(f's,o\n"{subject}","{see}"\n')
        (data / "x.csv-metadata.json").write_text(
            json.dumps(
                {"@context": "http://www.w3.org/ns/csvw", "url": "x.csv", "tableSchema": {"columns": columns}}
            )
        )


def _rules(root: Path) -> list[str]:
    found = graph.load(Project.open(root)).findings
    assert all(f.place and f.place.file.startswith("data/x.") and f.place.line for f in found), found
    return [f.rule.rpartition("#")[2] for f in found]


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize(
    ("subject", "see", "rules"),
    [
        (f"{OWN}id/a/b", "https://e.example/x", []),
        ("http://themis.vlaanderen.be/id/beleidsveld/1", "urn:isbn:1", []),
        (f"{OWN}id/a/b", "mailto:a@e.example", []),
        (f"{BASE}ns#Action", "https://e.example/", ["ReadingReservedIdentifier"]),
        (f"{BASE}ns/shapes#ReadingSyntax", "https://e.example/", ["ReadingReservedIdentifier"]),
        (f"{BASE}id/graph/ontology", "https://e.example/", ["ReadingReservedIdentifier"]),
        (f"{OWN}id/graph/findings", "https://e.example/", ["ReadingReservedIdentifier"]),
        (f"{OWN}ns#Mine", "https://e.example/", ["ReadingReservedIdentifier"]),
        ("urn:a:b", "https://e.example/", ["ReadingBadIri"]),
        ("https://e.example/a/%2E%2e/b", "https://e.example/", ["ReadingBadIri"]),
        ("https://e.example/a\u202eb", "https://e.example/", ["ReadingBadIri"]),
        (f"{OWN}id/a/b", "https://e.example/%2e%2E/b", ["ReadingBadIri"]),
        (f"{OWN}id/a/b", "https://e.example/a\u200bb", ["ReadingBadIri"]),
    ],
)  # fmt: skip
def test_subject_and_reference_are_judged_alike(
    tmp_path: Path, format: str, subject: str, see: str, rules: list[str]
) -> None:
    """The same IRI is right or wrong in every format, at its place.

    The template of a table writes what is not ASCII as %XX, so that nothing is hidden.
    """
    if format == "csv" and not (subject + see).isascii():
        rules = []
    _source(tmp_path, format, subject, see)
    assert _rules(tmp_path) == rules


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("see", ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd"])
def test_a_scheme_that_is_no_address_is_refused(tmp_path: Path, format: str, see: str) -> None:
    """What a browser would run or open from the disk is no reference."""
    _source(tmp_path, format, f"{OWN}id/a/b", see)
    assert _rules(tmp_path) == ["ReadingBadIri" if format == "ttl" else "ReadingUnknownPrefix"]


@pytest.mark.parametrize(
    ("iri", "plain"),
    [
        ("https://e.example/a..b/.c/d.?x=/../#/./", True),
        ("https://e.example/a/.", False),
        ("https://e.example/a/../b", False),
        ("https://e.example/a%2f..%2Fb", False),
        ("https://e.example/%00", False),
        ("https:///a", False),
        ("https:a", False),
        ("urn:a:b", True),
        ("ftp://e.example/", False),
        ("", False),
    ],
)
def test_plain_iri(iri: str, plain: bool) -> None:
    """RFC 3986 §6.2.2.3, also for what a proxy would decode; a query and a fragment are no path."""
    assert is_plain_iri(iri) is plain


@pytest.mark.parametrize("text", ["a\\u0001b", "a\\u007fb", "a\\u0085b", "a\\ufffeb"])
def test_control_characters_are_no_text(tmp_path: Path, text: str) -> None:
    """Escaped in YAML or Turtle: what XML cannot say is not published in any format."""
    _source(tmp_path, "ttl", f"{OWN}id/a/b", "https://e.example/")
    (tmp_path / "data/x.ttl").write_text(f'<a/b> <{LABEL}> "{text}"@nl .')
    assert _rules(tmp_path) == ["ReadingNotText"]
    (tmp_path / "data/x.ttl").unlink()
    (tmp_path / "data/x.yaml").write_text(f'id: a/b\ntype: Concept\nlabel: {{nl: "{text}"}}\n')
    assert _rules(tmp_path) == ["ReadingNotText"]


def test_line_ends_and_tabs_are_text(tmp_path: Path) -> None:
    """White space that XML knows stays."""
    _source(tmp_path, "ttl", f"{OWN}id/a/b", "https://e.example/")
    (tmp_path / "data/x.ttl").write_text(f'<a/b> <{LABEL}> "a\\t\\r\\nb"@nl .')
    assert _rules(tmp_path) == []


@pytest.mark.parametrize("tag", ["en--rtl", "abcdefgh"])
def test_a_language_is_a_language_tag_in_turtle_too(tmp_path: Path, tag: str) -> None:
    """A base direction of RDF 1.2 is in no other format; a tag of eight letters names no language."""
    _source(tmp_path, "ttl", f"{OWN}id/a/b", "https://e.example/")
    (tmp_path / "data/x.ttl").write_text(f'<a/b> <{LABEL}> "a"@{tag} .')
    assert _rules(tmp_path) == ["ReadingBadLanguage"]


def test_a_day_with_a_time_zone_is_refused(tmp_path: Path) -> None:
    """With a hint at the day itself."""
    _source(tmp_path, "yaml", f"{OWN}id/a/b", "https://e.example/")
    (tmp_path / "data/x.yaml").write_text("id: plan/b\ntype: ActionPlan\nstartDate: 2028-01-25+14:00\n")
    assert _rules(tmp_path) == ["ReadingWrongType"]
    (finding,) = graph.load(Project.open(tmp_path)).findings
    assert "without a time zone" in finding.message["en"]
    assert 'Did you mean "2028-01-25"?' in finding.message["en"]
