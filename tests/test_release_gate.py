"""The gate: one fault is told once, by whoever knows its place."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from gbvkg import queries
from gbvkg.errors import ProjectError
from gbvkg.findings import Finding, Severity, Stage
from gbvkg.project import Project
from gbvkg.release import gate
from gbvkg.validation import Report
from gbvkg.vocabulary import packaged_root

EXAMPLE = Path(__file__).parent.parent / "examples" / "fictional-plan"


def test_a_reference_to_nothing_is_told_once(tmp_path: Path) -> None:
    """A wrong code gives the reader's finding at its place, and no check repeats it about derived triples."""
    shutil.copytree(EXAMPLE / "data", tmp_path / "data")
    fiche = tmp_path / "data" / "plans" / "vap-fictief" / "fiches" / "1.yaml"
    written = fiche.read_text("utf-8")
    assert "addressesForm: [IFG]" in written
    fiche.write_text(written.replace("addressesForm: [IFG]", "addressesForm: [SGGG]"), "utf-8")
    report = gate.judge(Project.open(tmp_path)).report
    told = [finding.rule.partition("#")[2] for finding in report.findings if "SGGG" in finding.value]
    assert told == ["ReadingUnknownReference"]
    assert not report.conforms


# --- one fault, one finding ---------------------------------------------------------------------------------

FICHE = "data/plans/vap-fictief/fiches/1.yaml"


def told(root: Path) -> list[str]:
    """The names of the rules that the violations and warnings of the project name."""
    report = gate.judge(Project.open(root)).report
    return [f.rule.partition("#")[2] for f in report.findings if f.severity is not Severity.INFO]


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    """A copy of a complete plan: 115 actions declared, 115 there, and nothing wrong."""
    shutil.copytree(EXAMPLE / "data", tmp_path / "data")
    return tmp_path


def change(root: Path, name: str, old: str, new: str) -> None:
    text = (root / name).read_text("utf-8")
    assert old in text
    (root / name).write_text(text.replace(old, new, 1), "utf-8")


def test_a_complete_plan_has_no_fault_and_a_missing_fiche_one(plan: Path) -> None:
    """The rule that the tests below silence is at work."""
    assert told(plan) == []
    (plan / FICHE).unlink()
    assert told(plan) == ["PlanCompleteCount"]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("number: 1\n", "number: &a 1\n", ["ReadingAliasRefused"]),
        ("number: 1\n", "number: !!int 1\n", ["ReadingTagRefused"]),
        ("number: 1\n", "number:\n\t1\n", ["ReadingSyntax"]),
        ("number: 1\n", "number: 1\0\n", ["ReadingNotText"]),
        ("number: 1\n", f"number: {'[' * 60}{']' * 60}\n", ["ReadingTooDeep"]),
        ("type: Action\n", "type: Actoin\n", ["ReadingUnknownType"]),
        ("type: Action\n", "", ["ReadingMissingKey"]),
        ("number: 1\n", "", ["ReadingMissingKey"]),
        ("number: 1\n", "number: 2\n", ["ReadingDuplicateIdentifier"]),
        ("number: 1\n", "number: een\n", ["ReadingWrongType"]),
        ("number: 1\n", "number: 1.0\n", ["ReadingWrongType"]),
        ("number: 1\n", "number: 0\n", ["ReadingWrongType"]),
        ("number: 1\n", "number: 01\n", ["ReadingWrongType"]),
        ("number: 1\n", "number:\n", ["ReadingEmptyValue"]),
        ("number: 1\n", "number: [1, 2]\n", ["ReadingWrongType"]),
        ("number: 1\n", "number: {a: b}\n", ["ReadingWrongType"]),
    ],
)
def test_a_fiche_that_cannot_be_read_is_told_once(
    plan: Path, old: str, new: str, expected: list[str]
) -> None:
    """The plan does not lack an action as well, and nothing that the fiche describes is unknown."""
    change(plan, FICHE, old, new)
    assert told(plan) == expected


@pytest.mark.parametrize(("text", "count"), [("", 1), ("- a\n- b\n", 2)])
def test_a_fiche_that_says_nothing_is_told_once(plan: Path, text: str, count: int) -> None:
    """An empty file, and a list of words instead of a thing: a finding per word."""
    (plan / FICHE).write_text(text, "utf-8")
    found = told(plan)
    assert len(found) == count
    assert all(rule.startswith("Reading") for rule in found)


def test_another_fault_of_the_plan_is_still_told(plan: Path) -> None:
    """Only what counts actions waits for the fiche: the other actions are judged."""
    change(plan, FICHE, "number: 1\n", "number: &a 1\n")
    change(plan, "data/plans/vap-fictief/fiches/2.yaml", "endDate: 2028-03-22\n", "endDate: 2040-01-01\n")
    assert "ReadingAliasRefused" in told(plan)
    assert "ActionPeriodInPlan" in told(plan)


@pytest.mark.parametrize(
    "name",
    [
        "data/plans/vap-fictief/plan.yaml",
        "data/sources/sources.yaml",
        "data/government/persons.yaml",
        "data/government/organisations.yaml",
        "data/government/policy-fields.ttl",
    ],
)
def test_a_file_that_cannot_be_read_is_told_once(plan: Path, name: str) -> None:
    """The references of 115 fiches to what it describes are not told as well."""
    (plan / name).write_text("[", "utf-8")
    assert told(plan) == ["ReadingSyntax"]


@pytest.mark.parametrize("name", ["gbv.ttl", "code-lists/violence-form.ttl", "code-lists/unit.ttl"])
def test_an_ontology_that_cannot_be_read_is_told_once(plan: Path, name: str) -> None:
    """No class, property or code of it is unknown, and no rule judges without it."""
    shutil.copytree(packaged_root() / "ontology", plan / "ontology")
    (plan / "ontology" / name).write_text("@prefix", "utf-8")
    assert told(plan) == ["ReadingSyntax"]


def test_a_wrong_source_is_told_once_per_place(plan: Path) -> None:
    """The parts of a fiche inherit its source; it is written, and so wrong, once."""
    change(plan, FICHE, "source: source/fictief", "source: source/fictie")
    assert told(plan) == ["ReadingUnknownReference"]
    again = plan / "data/plans/vap-fictief/fiches/2.yaml"
    change(plan, again.relative_to(plan).as_posix(), "source: source/fictief", "source: source/fictie")
    assert told(plan) == ["ReadingUnknownReference"] * 2


SKOS = "@prefix skos: <http://www.w3.org/2004/02/skos/core#> .\n"
LIST = "https://w3id.org/gbvkg/id/concept/violence-form/"


@pytest.mark.parametrize(
    ("turtle", "rule", "check"),
    [
        (
            f"<{LIST}SG> skos:broader <{LIST}SGG> . <{LIST}SGG> skos:broader <{LIST}SG> .",
            "ConceptBroaderCycle",
            "HygieneCircularBroader",
        ),
        (f'<{LIST}SG> skos:notation "SGG" .', "ConceptNotationUnique", "HygieneSameNotationInScheme"),
        (f'<{LIST}SG> skos:prefLabel "x"@fr . <{LIST}SGG> skos:prefLabel "x"@fr .', "ConceptPrefLabelUnique",
         "HygieneSameLabelInScheme"),
        (
            "<https://fictief.example/gbvkg/id/action/vap-fictief/1> "
            f"<https://w3id.org/gbvkg/ns#adressesForm> <{LIST}SG> .",
            "ReadingUnknownReference",
            "HygieneUndefinedProperty",
        ),
    ],
)  # fmt: skip
def test_a_check_does_not_repeat_a_rule(plan: Path, turtle: str, rule: str, check: str) -> None:
    """One fault that a rule and a check can both see is told by the rule, which has its place; or by what
    silences that rule."""
    (plan / "data" / "extra.ttl").write_text(SKOS + turtle + "\n", "utf-8")
    report = gate.judge(Project.open(plan)).report
    found = [f.rule.partition("#")[2] for f in report.findings]
    assert rule in found or rule in [f.rule.partition("#")[2] for f in report.silenced]
    assert check not in found


def test_a_check_still_fires_about_another_thing_or_with_more_weight() -> None:
    """Only the same thing, and only what weighs as much, makes a check silent."""

    def finding(rule: str, focus: str, severity: Severity) -> Finding:
        return Finding(severity, rule, Stage.PLAN, {"nl": "", "en": ""}, focus)

    repeats = {"check": ("rule",)}
    report = Report([finding("rule", "a", Severity.WARNING)])
    for focus, severity, fires in (
        ("a", Severity.WARNING, False),
        ("a", Severity.INFO, False),
        ("a", Severity.VIOLATION, True),
        ("b", Severity.WARNING, True),
    ):
        both = gate.with_checks(report, [finding("check", focus, severity)], repeats=repeats)
        assert (len(both.findings) == 2) is fires


def test_the_rules_that_checks_repeat_exist() -> None:
    """A name in ``repeats`` that no shape and no reader has would silence nothing."""
    shapes = "".join(path.read_text("utf-8") for path in (packaged_root() / "shapes").glob("*.ttl"))
    names = [name for check in queries.read_checks(Project.open()) for name in check.query.repeats]
    assert len(names) >= 5
    assert [name for name in names if f"\ngbvsh:{name}\n" not in shapes] == []


def test_the_header_of_a_check_takes_only_a_list_of_names(tmp_path: Path) -> None:
    """``repeats`` is data, and wrong data is refused with its line."""
    text = (packaged_root() / "queries" / "hygiene" / "circular-broader.rq").read_text("utf-8")
    path = tmp_path / "hygiene" / "circular-broader.rq"
    path.parent.mkdir()
    path.write_text(text.replace("repeats: [ConceptBroaderCycle]", "repeats: ConceptBroaderCycle"), "utf-8")
    with pytest.raises(ProjectError, match=r"circular-broader\.rq:\d+: .*list of names"):
        queries.read_query(path)
