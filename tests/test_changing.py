"""What docs/changing.md promises: the domain is changed by editing data, and no Python."""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import small_project
from serving import Served, serving

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


# Pages: no project but the service is changed, so these stand on a copy of its code with the data beside it

WORKSHOPS = """
@prefix gbv: <https://w3id.org/gbvkg/ns#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix dct: <http://purl.org/dc/terms/> .
<https://small.example/id/workshop/1> a gbv:Workshop ; rdfs:label "Eerste werkwinkel"@nl ;
    gbv:hall <https://small.example/id/hall/1> ; dct:source <https://small.example/id/source/note> .
<https://small.example/id/workshop/2> a gbv:Workshop ; rdfs:label "Tweede werkwinkel"@nl ;
    gbv:hall <https://small.example/id/hall/2> ; dct:source <https://small.example/id/source/note> .
<https://small.example/id/hall/1> a gbv:Hall ; rdfs:label "Grote zaal"@nl .
<https://small.example/id/hall/2> a gbv:Hall ; rdfs:label "Kelder"@nl .
"""
TERMS = """
gbv:Workshop a owl:Class ; rdfs:label "Werkwinkel"@nl , "Workshop"@en .
gbv:Hall a owl:Class ; rdfs:label "Zaal"@nl , "Hall"@en .
gbv:hall a owl:ObjectProperty ; rdfs:label "zaal"@nl , "hall"@en .
"""
VIEW = """
[class."gbv:Workshop"]
plural = { nl = "Werkwinkels", en = "Workshops" }
[[class."gbv:Workshop".section]]
name = "where"
nl = "Waar het doorgaat"
en = "Where it takes place"
properties = ["gbv:hall"]

[facet.hall]
nl = "In welke zaal"
en = "In which hall"
path = "gbv:hall"
"""


@pytest.fixture(scope="module")
def changed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The service of a copy of our code, after each change to its pages that docs/changing.md tells of."""
    root = tmp_path_factory.mktemp("changed")
    code, theme = root / "code", root / "theme"
    for name in ("gbvkg", "ontology", "shapes", "queries", "data"):
        shutil.copytree(REPOSITORY / name, code / name, ignore=shutil.ignore_patterns("__pycache__"))
    edit(code / "gbvkg/web/views.toml", "\n[facet.plan]\n", f"\n{VIEW}\n[facet.plan]\n")
    edit(code / "gbvkg/web/texts/finding.toml", 'search = "Zoeken"', 'search = "Opzoeken"')
    theme.mkdir()
    (theme / "theme.css").write_text(":root { --accent: #7a1f4e }", "utf-8")
    (theme / "logo.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"/>', "utf-8")
    project = small_project.make(root / "project")
    append(project.root / "ontology/gbv.ttl", TERMS)
    (project.root / "data/plans/p/workshops.ttl").write_text(WORKSHOPS, "utf-8")
    shutil.copy(project.root / "queries/small/draft.rq", project.root / "queries/small/trial.rq")
    release.publish(Project.open(project.root), root / "releases")
    command = ["env", f"PYTHONPATH={code}", sys.executable, "-P", "-m", "gbvkg"]
    with serving(root / "releases", root / "log", command=command, theme=str(theme)) as served:
        yield served


def page(served: Served, path: str) -> str:
    answer = served.get(path, accept="text/html", accept_language="nl")
    assert answer.status_code == 200, answer.text
    return answer.text


def test_a_page_of_a_class(changed: Served) -> None:
    """Row 11: its section stands on the page of a thing, and its plural above the list."""
    assert "Waar het doorgaat" in page(changed, "/doc/workshop/1")
    assert "<h1>Werkwinkels</h1>" in page(changed, "/list/Workshop")


def test_a_facet(changed: Served) -> None:
    """Row 12: lists can be narrowed by it, and the numbers are right."""
    found = page(changed, "/list/Workshop")
    assert "In welke zaal" in found
    narrowed = re.search(r'href="([^"]*hall=[^"]*)"[^>]*><span[^>]*>Kelder', found)
    assert narrowed
    left = page(changed, narrowed[1].replace("&amp;", "&"))
    assert "Tweede werkwinkel" in left
    assert "Eerste werkwinkel" not in left


def test_a_text_of_the_pages(changed: Served) -> None:
    """Row 13: what a page says."""
    assert "Opzoeken" in page(changed, "/search")


def test_a_query_is_served(changed: Served) -> None:
    """Row 5, where it is served: the new file has a page and answers."""
    assert "/query/trial" in page(changed, "/query/")
    assert changed.get("/query/trial?format=csv").text.splitlines()[0] == "action"


def test_a_theme(changed: Served) -> None:
    """Row 14: its colours are loaded after ours, and the logo stands beside the name."""
    home = page(changed, "/")
    styles = re.findall(r'<link rel="stylesheet" href="([^"]+)"', home)
    assert "--accent: #7a1f4e" in changed.get(styles[-1]).text
    logo = re.search(r'<img[^>]* src="([^"]*logo[^"]*)"', home)
    assert logo
    assert changed.get(logo[1]).headers["content-type"].startswith("image/svg+xml")
