"""What is asked after a value that refers to nothing: a code or thing by its name, else an example."""

from __future__ import annotations

from pathlib import Path

import pytest

from gbvkg import graph
from gbvkg.project import Project
from gbvkg.reports import render
from gbvkg.validation import Report

OWN = "https://example.org/zaken/"
FILES = {
    "dataset.yaml": f'{{type: Dataset, id: dataset/zaken, uriSpace: "{OWN}id/", version: "2026.1"}}\n',
    "plans/zaak/plan.yaml": """\
type: ActionPlan
notation: zaak
label: {nl: Een plan, en: A plan}
objectives:
  - {type: StrategicObjective, notation: SD-1, label: {nl: Veilig wonen, en: Safe living}}
  - {type: OperationalObjective, notation: OD-1.1, label: {nl: Samen sterk, en: Strong together}}
""",
    "government/mandates.yaml": """\
- {type: Mandatary, key: els-1, label: {nl: "Els Peeters: Welzijn", en: "Els Peeters: Welfare"}}
- {type: Mandatary, key: els-2, label: {nl: "Els Peeters: Werk", en: "Els Peeters: Work"}}
""",
    "plans/zaak/fiches/7.yaml": """\
type: Action
number: 7
actionOf: plan/zaak
primaryObjective: objective/zaak/OD-1.1
lead: [{type: LeadResponsibility, key: l, mandatary: mandate/els-1}]
""",
}
FICHE = "type: Action\nnumber: 8\nactionOf: plan/zaak\n"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    for name, text in FILES.items():
        path = tmp_path / "data" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return Project.open(tmp_path)


def messages(project: Project, line: str) -> list[dict[str, str]]:
    (project.data / "plans/zaak/fiches/8.yaml").write_text(f"{FICHE}{line}\n", "utf-8")
    return [finding.message for finding in graph.load(project).findings]


@pytest.mark.parametrize(
    ("line", "nl", "en"),
    [
        (
            "addressesForm: [Intrafamiliaal  geweld]",
            '"Intrafamiliaal geweld" is geen code. Bedoelde u "IFG" (intrafamiliaal geweld)?',
            '"Intrafamiliaal geweld" is no code. Did you mean "IFG" (intrafamily violence)?',
        ),
        (
            "progress: [{type: ProgressStatement, key: a, status: in uitvoering}]",
            '"in uitvoering" is geen code. Bedoelde u "in-progress" (in uitvoering)?',
            '"in uitvoering" is no code. Did you mean "in-progress"?',
        ),
        (
            "primaryObjective: OD 1.1",
            '"OD 1.1" is geen verwijzing. Bedoelde u "objective/zaak/OD-1.1"?',
            '"OD 1.1" is no reference. Did you mean "objective/zaak/OD-1.1"?',
        ),
        (
            "primaryObjective: OD-1.1",
            '"OD-1.1" bestaat niet: geen enkel bestand beschrijft het. Bedoelde u "objective/zaak/OD-1.1"?',
            '"OD-1.1" does not exist: no file describes it. Did you mean "objective/zaak/OD-1.1"?',
        ),
        (
            "primaryObjective: samen sterk",
            '"samen sterk" is geen verwijzing. Bedoelde u "objective/zaak/OD-1.1"?',
            '"samen sterk" is no reference. Did you mean "objective/zaak/OD-1.1"?',
        ),
        (
            "lead: [{type: LeadResponsibility, key: m, mandatary: Els Peeters}]",
            '"Els Peeters" is geen verwijzing. Bedoelde u "mandate/els-1" of "mandate/els-2"?',
            '"Els Peeters" is no reference. Did you mean "mandate/els-1" or "mandate/els-2"?',
        ),
        (
            "lead: [{type: LeadResponsibility, key: m, mandatary: Jo Janssens}]",
            '"Jo Janssens" is geen verwijzing. Schrijf een verwijzing, zoals mandate/els-1.',
            '"Jo Janssens" is no reference. Write a reference, like mandate/els-1.',
        ),
        (
            "indicators: [{type: QuantitativeIndicator, key: i, direction: omhoog maar}]",
            '"omhoog maar" is geen code. Kies uit: decrease (daling), increase (stijging), '
            "maintain (behoud), qualitative (kwalitatief).",
            '"omhoog maar" is no code. Choose from: decrease, increase, maintain, qualitative.',
        ),
        (
            "indicators: [{type: QuantitativeIndicator, key: i, unit: aantal}]",
            '"aantal" bestaat niet: geen enkel bestand beschrijft het. Bedoelde u "count" (aantal)?',
            '"aantal" does not exist: no file describes it. Did you mean "count"?',
        ),
    ],
)
def test_what_is_asked_after_a_wrong_value(project: Project, line: str, nl: str, en: str) -> None:
    """A code by its Dutch or English name, a thing by its last part or its name, else an example."""
    assert messages(project, line) == [{"nl": nl, "en": en}]


@pytest.mark.parametrize("line", ["page: geen adres", "contributesTo: a/../b", 'source: "https:// x"'])
def test_what_is_no_name_is_not_guessed(project: Project, line: str) -> None:
    """Without anything alike under the key, or for what was meant as an address, the general advice stays."""
    assert any("Write kind/reference" in message["en"] for message in messages(project, line))


def test_more_than_a_few_that_fit_are_not_named(project: Project) -> None:
    """Four things of one name: an example instead of a guess."""
    path = project.data / "government/mandates.yaml"
    more = '- {type: Mandatary, key: els-%d, label: {nl: "Els Peeters: Zorg", en: "Els Peeters: Care"}}\n'
    path.write_text(path.read_text("utf-8") + more % 3 + more % 4, "utf-8")
    line = "lead: [{type: LeadResponsibility, key: m, mandatary: Els Peeters}]"
    assert messages(project, line)[0]["nl"].endswith("zoals mandate/els-1.")


@pytest.mark.parametrize(
    ("line", "carets"),
    [
        ("primaryObjective: OD 1.9  # welke?", "^^^^^^"),
        ("addressesForm: [in de straat, SGG]", "^^^^^^^^^^^^"),
        ('addressesForm: ["in de, straat", SGG]', "^^^^^^^^^^^^^^^"),
        ("addressesForm: ['in de, straat', SGG]", "^^^^^^^^^^^^^^^"),
        ("bestaat niet: 1", "^^^^^^^^^^^^"),
    ],
)
def test_the_whole_value_is_underlined(project: Project, line: str, carets: str) -> None:
    """Not only its first word, and not what comes after it."""
    (project.data / "plans/zaak/fiches/8.yaml").write_text(f"{FICHE}{line}\n", "utf-8")
    findings = graph.load(project).findings
    marks = [
        row.partition("|")[2].strip()
        for row in render(Report(findings), "text", "nl", project).splitlines()
        if "^" in row
    ]
    assert marks == [carets]
