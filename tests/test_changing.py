"""What docs/changing.md promises: the domain is changed by editing data, and no Python."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from gbvkg import graph, queries, validation
from gbvkg.project import Project

REPOSITORY = Path(__file__).parent.parent
PLAN = "vap-ggg-2025"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the whole project, as somebody who changes it would have."""
    for name in ("ontology", "shapes", "queries", "data"):
        shutil.copytree(REPOSITORY / name, tmp_path / name)
    return tmp_path


def rules_of(root: Path) -> set[str]:
    loaded = graph.load(Project.open(root))
    report = validation.validate(loaded.dataset)
    found = [*loaded.findings, *report.findings]
    return {re.split("[#]", f.rule)[-1] for f in found if not f.waiver}


def append(path: Path, text: str) -> None:
    path.write_text(path.read_text("utf-8") + text, "utf-8")


def fiche(number: int, extra: str = "") -> str:
    return f"""\
type: Action
number: {number}
actionOf: plan/{PLAN}
reportingStatus: official-action
label: {{nl: "Proefactie (fictief)", en: "Trial action (fictional)"}}
source: source/gbvkg-curation
primaryObjective: objective/{PLAN}/OD-1.1
{extra}"""


def write_fiche(root: Path, number: int, extra: str = "") -> None:
    folder = root / "data" / "plans" / PLAN / "fiches"
    folder.mkdir(exist_ok=True)
    (folder / f"{number}.yaml").write_text(fiche(number, extra), "utf-8")


def test_the_real_data_has_no_open_violation(project: Path) -> None:
    """The starting point of every other test here."""
    loaded = graph.load(Project.open(project))
    report = validation.validate(loaded.dataset)
    assert not loaded.findings
    assert report.conforms


def test_a_new_fiche_is_judged(project: Path) -> None:
    """Row 1: a fiche without lead and indicators is read, and the gate names both rules."""
    write_fiche(project, 1)
    assert {"ActionLead", "ActionIndicator"} <= rules_of(project)


def test_a_new_plan_is_read(project: Path) -> None:
    """Row 2: a folder with a plan file is a plan, in a graph of its own."""
    folder = project / "data" / "plans" / "vap-proef-2030"
    folder.mkdir()
    (folder / "plan.yaml").write_text(
        """\
type: ActionPlan
notation: vap-proef-2030
label: {nl: "Proefplan (fictief)", en: "Trial plan (fictional)"}
source: source/gbvkg-curation
isCompleteList: false
""",
        "utf-8",
    )
    loaded = graph.load(Project.open(project))
    assert not loaded.findings
    assert any(name.value.endswith("id/graph/plan/vap-proef-2030") for name in loaded.dataset.graphs())


def test_a_new_property_and_its_rule(project: Path) -> None:
    """Rows 3 and 4: a term, its YAML key and a shape give a new field that the gate judges."""
    append(
        project / "ontology" / "gbv.ttl",
        """
gbv:townHall a owl:DatatypeProperty ; rdfs:label "stadhuis"@nl , "town hall"@en ;
    skos:definition "Proefeigenschap."@nl , "Trial property."@en ; rdfs:isDefinedBy <https://w3id.org/gbvkg/ns> .
""",
    )
    context = project / "ontology" / "context.jsonld"
    text = context.read_text("utf-8")
    context.write_text(text.replace('"type": "@type",', '"type": "@type",\n    "townHall": {"@id": "gbv:townHall"},', 1), "utf-8")
    (project / "shapes" / "trial.ttl").write_text(
        """\
@prefix gbv: <https://w3id.org/gbvkg/ns#> .
@prefix gbvsh: <https://w3id.org/gbvkg/ns/shapes#> .
@prefix sh: <http://www.w3.org/ns/shacl#> .
gbvsh:TrialShape a sh:NodeShape ; sh:targetClass gbv:Action ; sh:property gbvsh:TrialTownHall .
gbvsh:TrialTownHall a sh:PropertyShape ; sh:path gbv:townHall ; sh:maxLength 5 ; sh:severity sh:Violation ;
    gbvsh:profile gbvsh:structure ; sh:name "stadhuis"@nl , "town hall"@en ;
    sh:message "Ten hoogste vijf tekens."@nl , "At most five characters."@en .
""",
        "utf-8",
    )
    write_fiche(project, 1, "townHall: te lang stadhuis\n")
    assert "TrialTownHall" in rules_of(project)
    write_fiche(project, 1, "townHall: kort\n")
    assert "TrialTownHall" not in rules_of(project)


def test_a_new_query(project: Path) -> None:
    """Row 5: a file is a named query with a documented, bound parameter."""
    (project / "queries" / "competency" / "trial-question.rq").write_text(
        """\
#+ summary: {nl: "Hoe heet dit ding?", en: "What is this thing called?"}
#+ stability: experimental
#+ parameters:
#+   thing: {type: iri, summary: {nl: "een ding", en: "a thing"}, example: "https://w3id.org/gbvkg/id/plan/vap-ggg-2025"}
#+ columns:
#+   label: {nl: "naam", en: "name"}
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
SELECT ?label WHERE { $thing rdfs:label ?label } ORDER BY ?label
""",
        "utf-8",
    )
    opened = Project.open(project)
    catalogue = queries.Catalogue(opened)
    store = graph.load(opened).dataset.store()
    result = catalogue.run("trial-question", store, {"thing": f"{opened.base}id/plan/{PLAN}"})
    assert "gendergerelateerd geweld" in result.serialize("csv")


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace('"Actie"', '"Maatregel"'),
        lambda text: text.replace("@en", "@en", 1),
    ],
    ids=["label", "same"],
)
def test_a_text(project: Path, change: Callable[[str], str]) -> None:
    """Row 6: a changed label in the ontology changes no verdict."""
    path = project / "ontology" / "gbv.ttl"
    before = rules_of(project)
    path.write_text(change(path.read_text("utf-8")), "utf-8")
    assert rules_of(project) == before
