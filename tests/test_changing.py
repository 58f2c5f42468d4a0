"""What docs/changing.md promises: the domain is changed by editing data, and no Python."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from gbvkg import graph, queries, reasoning, release, validation
from gbvkg.project import Project

REPOSITORY = Path(__file__).parent.parent
EXAMPLE = REPOSITORY / "examples" / "fictional-plan"
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
    skos:definition "Proefeigenschap."@nl , "Trial property."@en ;
    rdfs:isDefinedBy <https://w3id.org/gbvkg/ns> .
""",
    )
    context = project / "ontology" / "context.jsonld"
    text = context.read_text("utf-8")
    context.write_text(
        text.replace('"type": "@type",', '"type": "@type",\n    "townHall": {"@id": "gbv:townHall"},', 1),
        "utf-8",
    )
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


def edit(path: Path, old: str, new: str) -> None:
    """Replace the first ``old``, which must be there: an edit that changes nothing proves nothing."""
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


def test_a_text(project: Path) -> None:
    """Row 6: a changed label reaches the release; one in a single language does not pass unseen."""
    ontology, before = project / "ontology" / "gbv.ttl", rules_of(project)
    edit(ontology, 'rdfs:label "actieplan"@nl', 'rdfs:label "beleidsplan"@nl')
    made = release.publish(Project.open(project), project / "releases")
    assert "beleidsplan" in (made / "csv" / "metadata.json").read_text("utf-8")
    edit(ontology, 'rdfs:label "beleidsplan"@nl , "action plan"@en', 'rdfs:label "beleidsplan"@nl')
    assert rules_of(project) - before


CONCEPT = """
<https://w3id.org/gbvkg/id/concept/phenomenon/trial> a skos:Concept , gbv:Phenomenon ;
  skos:prefLabel "proef"@nl {english} ; skos:notation "trial" ;
  skos:definition "Een proefbegrip."@nl , "A trial concept."@en ;
  skos:inScheme <https://w3id.org/gbvkg/id/conceptscheme/phenomenon> ;
  skos:topConceptOf <https://w3id.org/gbvkg/id/conceptscheme/phenomenon> ;
  dct:source <https://w3id.org/gbvkg/id/source/gbvkg-curation> .
"""


def test_a_code_list(project: Path) -> None:
    """Row 7: a concept is there once it is written, and SKOS rules judge it."""
    before = rules_of(project)
    path = project / "ontology" / "code-lists" / "phenomenon.ttl"
    text = path.read_text("utf-8")
    append(path, CONCEPT.format(english=', "trial"@en'))
    write_fiche(project, 1, "addressesPhenomenon: [trial]\n")
    loaded = graph.load(Project.open(project))
    assert not loaded.findings
    path.write_text(text + CONCEPT.format(english=""), "utf-8")
    (project / "data" / "plans" / PLAN / "fiches" / "1.yaml").unlink()
    assert rules_of(project) - before


def test_a_change_of_minister(tmp_path: Path) -> None:
    """Row 8: one responsibility is closed and the next one opened; both questions are then answered."""
    root = tmp_path / "plan"
    shutil.copytree(EXAMPLE, root, ignore=shutil.ignore_patterns("releases", ".gbvkg"))
    path = root / "data/plans/vap-fictief/fiches/115.yaml"
    opened = re.search(r"mandatary: (mandate/[\w-]+)\n    startDate: ([0-9-]+)\n", path.read_text("utf-8"))
    assert opened
    mandate, start = opened.groups()
    action = "https://fictief.example/gbvkg/id/action/vap-fictief/115"
    asked = {"action": action, "date": "2028-06-01"}
    assert leads(root, asked) == [mandate]
    lead = f"    mandatary: {mandate}\n    startDate: {start}\n"
    after = "lead:\n  - type: LeadResponsibility\n    key: lead-2\n    competence: policy-field/welzijn\n"
    edit(path, lead, f"{lead}    endDate: 2028-01-01\n")
    edit(path, "lead:\n", f"{after}    mandatary: mandate/els-2\n    startDate: 2028-01-01\n")
    assert leads(root, asked) == ["mandate/els-2"]
    assert leads(root, asked | {"date": "2027-12-31"}) == [mandate]


def leads(root: Path, asked: dict[str, str]) -> list[str]:
    opened = Project.open(root)
    store = release.judge(opened).dataset.store()
    rows = queries.Catalogue(opened).run("lead-of-action-on-date", store, asked).records()
    return [row["mandate"].removeprefix(f"{opened.base}id/") for row in rows]


def test_a_new_derivation(project: Path) -> None:
    """Row 9: a rule file puts what follows from it in the graph of inferences."""
    text = """\
#+ summary: {nl: Een proefregel., en: A trial rule.}
PREFIX gbv: <https://w3id.org/gbvkg/ns#>
PREFIX dct: <http://purl.org/dc/terms/>
CONSTRUCT { ?plan dct:hasPart ?objective }
WHERE { ?objective gbv:objectiveOf ?plan }
"""
    (project / "queries" / "rules" / "R99-trial.rq").write_text(text, "utf-8")
    inferred = reasoning.materialise(graph.load(Project.open(project)).dataset)
    assert {s.place.file for s in inferred if s.predicate.value == "http://purl.org/dc/terms/hasPart"} == {
        "queries/rules/R99-trial.rq"
    }


def test_a_new_link(project: Path) -> None:
    """Row 10: a row is a link in the graph; without its justification the row is refused."""
    path = project / "data" / "links" / "forms-eurovoc.sssom.tsv"
    lines = path.read_text("utf-8").rstrip("\n").split("\n")
    head = next(line for line in lines if line.startswith("mapping_id")).split("\t")
    row = dict(zip(head, lines[-1].split("\t"), strict=True))
    row |= {"mapping_id": "gbvkg:mapping/trial", "object_id": "eurovoc:1", "object_label": "proef"}
    append(path, "\t".join(row.values()) + "\n")
    loaded = graph.load(Project.open(project))
    assert not loaded.findings
    assert any(str(s.object) == "<http://eurovoc.europa.eu/1>" for s in loaded.dataset.statements)
    before = rules_of(project)
    edit(path, "\t".join(row.values()), "\t".join((row | {"mapping_justification": ""}).values()))
    assert rules_of(project) - before
