"""The rules of reading: each is in the code and in shapes/reading.ttl, and has cases that fire and do not."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from pyoxigraph import NamedNode, RdfFormat, parse

from gbvkg import graph
from gbvkg.project import Project
from gbvkg.sources.files import LIMITS, Limits
from gbvkg.sources.rules import Rule, did_you_mean, nearest

ROOT = Path(__file__).parent.parent
CASES = ROOT / "tests" / "cases" / "sources"
DATASET = """\
type: Dataset
id: dataset/zaken
uriSpace: https://example.org/zaken/id/
version: "2026.1"
issued: 2026-11-22
"""
SH = "http://www.w3.org/ns/shacl#"


def _described() -> dict[str, dict[str, set[str]]]:
    found: dict[str, dict[str, set[str]]] = {}
    for quad in parse(path=ROOT / "shapes" / "reading.ttl", format=RdfFormat.TURTLE):
        language = getattr(quad.object, "language", None) or ""
        found.setdefault(quad.subject.value, {}).setdefault(quad.predicate.value, set()).add(language)
    return found


def _project(tmp_path: Path, case: Path) -> Project:
    data = tmp_path / "data"
    if case.is_dir():
        shutil.copytree(case, data)
        links = data / "links.json"
        for name, target in (json.loads(links.read_text()) if links.exists() else {}).items():
            (data / name).symlink_to(target)
        links.unlink(missing_ok=True)
    else:
        data.mkdir()
        for path in case.parent.glob(case.name + "*"):
            shutil.copy(path, data)
    (data / "dataset.yaml").write_text(DATASET, "utf-8")
    return Project.open(tmp_path)


def _limits(rule: str) -> Limits:
    path = CASES / rule / "limits.json"
    return Limits(**json.loads(path.read_text())) if path.exists() else LIMITS


def _cases(kind: str) -> list[tuple[str, Path]]:
    return [
        (folder.name, case)
        for folder in sorted(CASES.iterdir())
        for case in sorted(folder.glob(f"{kind}*"))
        if not case.name.endswith("-metadata.json")
    ]


def test_code_and_description_name_the_same_rules() -> None:
    """A rule that the readers apply is described, and a described rule is applied."""
    assert set(_described()) == {rule.iri for rule in Rule}


def test_every_rule_is_described_in_both_languages() -> None:
    """Name and description are in Dutch and in English, and the rule says why it exists."""
    for rule, properties in _described().items():
        assert properties[SH + "name"] == {"nl", "en"}, rule
        assert properties[SH + "description"] == {"nl", "en"}, rule
        assert "http://www.w3.org/2000/01/rdf-schema#seeAlso" in properties, rule


@pytest.mark.parametrize("kind", ["invalid", "valid"])
def test_every_rule_has_a_case(kind: str) -> None:
    """The case folders are the rules: none is missing, and none tests a rule that is gone."""
    assert {rule for rule, _ in _cases(kind)} == {rule.term for rule in Rule}


@pytest.mark.parametrize(("rule", "case"), _cases("invalid"), ids=lambda value: getattr(value, "name", value))
def test_invalid_case_fires_its_rule_only(rule: str, case: Path, tmp_path: Path) -> None:
    """A wrong file breaks its own rule, at a place, in two languages, and no other rule."""
    found = graph.load(_project(tmp_path, case), limits=_limits(rule)).findings
    also = {"ReadingTooManyFaults": {"ReadingUnknownKey"}}.get(rule, set())  # the faults that were too many
    assert {finding.rule.rpartition("#")[2] for finding in found} == {rule} | also
    for finding in found:
        assert set(finding.message) == {"nl", "en"}
        assert finding.place is not None
        assert finding.place.file.startswith("data/")


@pytest.mark.parametrize(("rule", "case"), _cases("valid"), ids=lambda value: getattr(value, "name", value))
def test_valid_case_is_silent(rule: str, case: Path, tmp_path: Path) -> None:
    """The right counterpart of a wrong file gives no finding at all, and is read."""
    loaded = graph.load(_project(tmp_path, case), limits=_limits(rule))
    assert loaded.findings == []
    assert any(
        s.place.file != "data/dataset.yaml" for s in loaded.dataset.statements if "data/" in s.place.file
    )


@pytest.mark.parametrize(
    ("case", "places"),
    [
        ("ReadingUnknownKey/invalid.yaml", {(6, 1)}),
        ("ReadingDuplicateKey/invalid.yaml", {(7, 1)}),
        ("ReadingWrongType/invalid.yaml", {(6, 22), (7, 12), (8, 7)}),
        ("ReadingUnknownReference/invalid.yaml", {(6, 16), (7, 17)}),
        ("ReadingDuplicateIdentifier/invalid.yaml", {(6, 11)}),
        ("ReadingBlankNode/invalid.ttl", {(2, 38)}),
        ("ReadingTableHeader/invalid.csv", {(1, 2)}),
    ],
)
def test_finding_points_at_the_fault(case: str, places: set[tuple[int, int]], tmp_path: Path) -> None:
    """Line and column are those of the wrong key, value or cell."""
    found = graph.load(_project(tmp_path, CASES / case)).findings
    assert {finding.place[1:] for finding in found if finding.place} == places


@pytest.mark.parametrize(
    ("case", "words"),
    [
        ("ReadingUnknownKey/invalid.yaml", 'Bedoelde u "startDate"?'),
        ("ReadingUnknownType/invalid.yaml", 'Bedoelde u "ActionPlan"?'),
        ("ReadingUnknownPrefix/invalid.yaml", 'Bedoelde u "eurovoc"?'),
        ("ReadingUnknownReference/invalid.yaml", 'Bedoelde u "plan/zaak"?'),
        (
            "ReadingUnknownReference/invalid.yaml",
            '"SGX" bestaat niet: geen enkel bestand beschrijft het. Bedoelde u "SG',
        ),
        ("ReadingUnknownReference/invalid.yaml", '"plan/zaag" bestaat niet'),
        ("ReadingDuplicateIdentifier/invalid", "Nummer 7 is al gebruikt in data/plans/zaak/fiches/7.yaml"),
        ("ReadingWrongType/invalid.yaml", "een bestaande dag als jjjj-mm-dd"),
        ("ReadingBadLanguage/invalid.yaml", 'Bedoelde u "nl-BE"?'),
        ("ReadingDuplicateIdentifier/invalid.yaml", "data/invalid.yaml:1:3"),
        ("ReadingTableHeader/invalid.csv", 'Bedoelde u "date"?'),
        ("ReadingTableDescription/invalid.csv", 'Bedoelde u "datatype"?'),
        ("ReadingFileName/invalid", "data/plans/zaak/fiches/7.yaml"),
    ],
)
def test_message_names_what_would_be_right(case: str, words: str, tmp_path: Path) -> None:
    """A message tells the nearest right value, or where the other one is."""
    found = graph.load(_project(tmp_path, CASES / case)).findings
    assert any(words in finding.message["nl"] for finding in found), [f.message for f in found]


def test_nearest_ignores_case_and_keeps_silent_when_nothing_resembles() -> None:
    """A suggestion is a value of the list as it is spelled there, or none."""
    assert nearest("startdate", ["startDate", "endDate"]) == "startDate"
    assert nearest("xyz", ["startDate", "endDate"]) == ""
    assert did_you_mean("") == ("", "")


def test_nearest_prefers_two_characters_that_changed_places() -> None:
    """Of equally similar values a swap is the likeliest slip; a more similar value still comes first."""
    assert nearest("sgd", ["xsd", "sdg"]) == "sdg"
    assert nearest("sgd", ["sgda", "xsd", "sdg"]) == "sgda"


def test_rule_iris_are_in_the_shapes_namespace() -> None:
    """Rules of the readers are named like shapes, so that waivers and explain treat them alike."""
    assert NamedNode(Rule.SYNTAX.iri).value == "https://w3id.org/gbvkg/ns/shapes#ReadingSyntax"
