"""Retired things: what was published and is withdrawn or merged stays known by its IRI, as data."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from pyoxigraph import NamedNode, RdfFormat, parse

from gbvkg import graph, release, validation
from gbvkg.project import Project
from gbvkg.vocabulary import expand
from gbvkg.web.pages import releases

REPOSITORY = Path(__file__).parent.parent
THINGS = "https://w3id.org/gbvkg/id"
PLAN = "vap-sg-2020"
RETIRED = """\
- type: RetiredThing
  id: action/vap-sg-2020/r18
  deprecated: true
  label: {nl: Een ingetrokken actie (proef), en: A withdrawn action (trial)}
  note: {nl: Stond er bij vergissing (proef)., en: Was there by mistake (trial).}
  source: source/gbvkg-curation
- type: RetiredThing
  id: action/vap-sg-2020/r19
  deprecated: true
  isReplacedBy: action/vap-sg-2020/r17
  label: {nl: Een samengevoegde actie (proef), en: A merged action (trial)}
  note: {nl: Was dezelfde actie (proef)., en: Was the same action (trial).}
  source: source/gbvkg-curation
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the whole project in which two actions are retired, as docs/changing.md says."""
    for name in ("ontology", "shapes", "queries", "data"):
        shutil.copytree(REPOSITORY / name, tmp_path / name)
    (tmp_path / "data/retired.yaml").write_text(RETIRED, "utf-8")
    for number in ("r18", "r19"):
        (tmp_path / f"data/plans/{PLAN}/fiches/{number}.yaml").unlink()
    waivers = tmp_path / "data/waivers.yaml"
    kept = [
        line
        for line in waivers.read_text("utf-8").splitlines(True)
        if "/r18" not in line and "/r19" not in line
    ]
    waivers.write_text("".join(kept), "utf-8")
    return tmp_path


def judged(root: Path) -> list[tuple[str, str]]:
    """Findings about the retired things, by rule and thing."""
    loaded = graph.load(Project.open(root))
    found = [*loaded.findings, *validation.validate(loaded.dataset).findings]
    about = {f"{THINGS}/action/{PLAN}/{number}": number for number in ("r18", "r19")}
    return sorted((f.rule.rpartition("#")[2], about[f.focus]) for f in found if f.focus in about)


def test_retired_things_are_published(project: Path) -> None:
    """Nothing stands in the way, and what a service needs to answer 410 or 301 is in the release."""
    judgement = release.judge(Project.open(project))
    assert judgement.report.conforms
    retired = {f"{THINGS}/action/{PLAN}/{number}" for number in ("r18", "r19")}
    assert not [f for f in judgement.report.findings if f.focus in retired or f.value.strip("<>") in retired]
    path = release.publish(Project.open(project), project / "releases")
    said = {
        (str(quad.subject)[-4:-1], quad.predicate.value, str(quad.object))
        for quad in parse(path=str(path / "dataset.nq"), format=RdfFormat.N_QUADS)
        if isinstance(quad.subject, NamedNode) and quad.subject.value in retired
        if quad.graph_name == NamedNode(f"{THINGS}/graph/retired")
    }
    true = '"true"^^<http://www.w3.org/2001/XMLSchema#boolean>'
    assert {
        row for row in said if row[1] not in {expand("rdfs:label"), expand("skos:note"), expand("dct:source")}
    } == {
        ("r18", expand("rdf:type"), f"<{expand('gbv:RetiredThing')}>"),
        ("r18", expand("owl:deprecated"), true),
        ("r19", expand("rdf:type"), f"<{expand('gbv:RetiredThing')}>"),
        ("r19", expand("owl:deprecated"), true),
        ("r19", expand("dct:isReplacedBy"), f"<{THINGS}/action/{PLAN}/r17>"),
    }
    assert "r18" in (path / "csv/retired-things.csv").read_text("utf-8")
    assert "/r18" not in (path / "csv/actions.csv").read_text("utf-8")


def test_the_difference_says_that_a_thing_was_retired(
    project: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """It is told as the same thing that became something else, not as one that went and one that came."""
    out = tmp_path_factory.mktemp("releases")
    release.publish(Project.open(REPOSITORY), out)
    described = project / "data/dataset.yaml"
    text, version = described.read_text("utf-8"), Project.open(project).version
    described.write_text(text.replace(f'version: "{version}"', 'version: "2099.1"'), "utf-8")
    release.publish(Project.open(project), out)
    found = release.diff(out / version, out / "2099.1")
    change = next(each for each in found.changes if each.subject.endswith("/r19"))
    assert change.kind == "changed"
    words = " ".join(found.words(change, "nl"))
    assert "ingetrokken ding" in words
    assert "Vervangen door toegevoegd" in words
    ended = {each.subject.rpartition("/")[2]: each for each in found.changes if each.became}
    assert {name: each.became for name, each in ended.items()} == {"r18": "withdrawn", "r19": "merged"}
    assert found.words(ended["r18"], "nl")[0].endswith(": ingetrokken")
    assert found.words(ended["r18"], "en")[0].endswith(": withdrawn")
    assert ": samengevoegd met " in found.words(ended["r19"], "nl")[0]
    assert ": merged with " in found.words(ended["r19"], "en")[0]
    assert "(1 ingetrokken, 1 samengevoegd)." in found.serialize("text", "nl").splitlines()[0]
    assert "(1 withdrawn, 1 merged)." in found.serialize("text", "en").splitlines()[0]
    for lang, said in (
        ("nl", ("1 ingetrokken, 1 samengevoegd.", "samengevoegd met ")),
        ("en", ("1 withdrawn, 1 merged.", "merged with ")),
    ):
        values = releases.release(out, "2099.1", "2099.1", lang)
        page = " ".join([releases.counted(values["changes"]["counts"], lang), *values["changes"]["words"]])
        assert all(text in page for text in said)
        assert values["changes"]["counts"]["changed"] == len(found.changed) - 2


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("  deprecated: true\n", "", [("RetiredDeprecated", "r18"), ("RetiredDeprecated", "r19")]),
        ("vap-sg-2020/r17", "vap-sg-2020/r18", [("RetiredReplacementLives", "r19")]),
        (", en: Was the same action (trial).", "", [("RetiredReason", "r19")]),
    ],
)
def test_what_is_retired_carelessly_is_a_violation(
    project: Path, old: str, new: str, expected: list[tuple[str, str]]
) -> None:
    """Without the mark, without a reason in both languages, or led on to something that is gone too."""
    path = project / "data/retired.yaml"
    assert old in path.read_text("utf-8")
    path.write_text(path.read_text("utf-8").replace(old, new), "utf-8")
    assert judged(project) == expected


def test_a_retired_thing_that_is_still_described_is_a_violation(project: Path) -> None:
    """One IRI, one meaning: the old fiche goes."""
    name = f"data/plans/{PLAN}/fiches/r19.yaml"
    shutil.copyfile(REPOSITORY / name, project / name)
    assert ("ReadingDuplicateIdentifier", "r19") in judged(project)


def test_a_retired_thing_keeps_its_iri(project: Path) -> None:
    """None is made for it, so it must be given; and it may be of any kind."""
    path = project / "data/retired.yaml"
    objective = RETIRED.replace("action/vap-sg-2020/r18", "objective/vap-sg-2020/OD-9.9")
    path.write_text(objective, "utf-8")
    assert graph.load(Project.open(project)).findings == []
    path.write_text(RETIRED.replace("  id: action/vap-sg-2020/r18\n", ""), "utf-8")
    (found,) = graph.load(Project.open(project)).findings
    assert found.rule == expand("gbvsh:ReadingMissingKey")
    assert '"id"' in found.message["nl"]


def test_who_still_refers_to_a_retired_thing_is_warned(project: Path) -> None:
    """Named with the thing that is gone, so that the reference can be moved to its successor."""
    fiche = project / f"data/plans/{PLAN}/fiches/r17.yaml"
    fiche.write_text(fiche.read_text("utf-8") + "seeAlso: action/vap-sg-2020/r19\n", "utf-8")
    report = release.judge(Project.open(project)).report
    warned = [f for f in report.findings if f.rule == expand("gbvsh:HygieneDeprecatedTermUsed")]
    assert [(f.focus[-3:], f.value.strip("<>")[-3:]) for f in warned] == [("r17", "r19")]
    assert report.conforms
