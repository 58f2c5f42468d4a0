"""The generator of fictional plans: reproducible, marked as invented, sound, and its defects are caught."""

from __future__ import annotations

import csv
import json
import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from benchmarks import generate
from gbvkg import graph, reasoning
from gbvkg.findings import Severity
from gbvkg.project import Project
from gbvkg.queries import Catalogue
from gbvkg.release import gate
from gbvkg.reports import Rulebook
from gbvkg.vocabulary import expand

REPOSITORY = Path(__file__).parent.parent
EXAMPLE = REPOSITORY / "examples" / "fictional-plan"
PLAN = "https://fictief.example/gbvkg/id/plan/vap-fictief"
MARKS = {"nl": " (fictief)", "en": " (fictional)"}


def files_of(root: Path) -> dict[str, bytes]:
    return {
        p.relative_to(root).as_posix(): p.read_bytes()
        for p in sorted(root.rglob("*"))
        if p.is_file() and p.name != "README.md" and ".gbvkg" not in p.parts and "releases" not in p.parts
    }


def test_example_is_what_the_generator_writes(tmp_path: Path) -> None:
    """The committed example is the output of the documented command, byte for byte."""
    generate.generate(tmp_path, 115)
    assert files_of(tmp_path) == files_of(EXAMPLE)


def test_same_seed_same_bytes(tmp_path: Path) -> None:
    """The options decide everything; another seed decides otherwise."""
    for name, seed in (("a", 5), ("b", 5), ("c", 6)):
        generate.generate(tmp_path / name, 40, defects=20, seed=seed)
    assert files_of(tmp_path / "a") == files_of(tmp_path / "b") != files_of(tmp_path / "c")


def test_a_fiche_does_not_depend_on_how_many_there_are(tmp_path: Path) -> None:
    """Action 7 of seed 1 is the same action in a small and in a large plan."""
    for count in (10, 60):
        generate.generate(tmp_path / str(count), count)
    fiche = "data/plans/vap-fictief/fiches/7.yaml"
    assert (tmp_path / "10" / fiche).read_bytes() == (tmp_path / "60" / fiche).read_bytes()


def test_written_over_an_earlier_run(tmp_path: Path) -> None:
    """A smaller run leaves nothing of a larger one behind."""
    generate.generate(tmp_path, 30, defects=50)
    generate.generate(tmp_path, 3)
    assert len(list((tmp_path / "data/plans/vap-fictief/fiches").iterdir())) == 3
    assert not (tmp_path / "defects.json").exists()


def test_refuses_a_folder_of_somebody_else(tmp_path: Path) -> None:
    """Data that the generator did not write is never removed."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data/dataset.yaml").write_text("uriSpace: https://w3id.org/gbvkg/id/\n")
    with pytest.raises(FileExistsError):
        generate.generate(tmp_path, 3)
    with pytest.raises(SystemExit, match="2"):
        generate.main(["--out", str(tmp_path), "--actions", "3"])
    assert (tmp_path / "data/dataset.yaml").exists()


def test_large_runs_are_several_plans(tmp_path: Path) -> None:
    """Every action is in one plan, and no plan is larger than asked."""
    generate.generate(tmp_path, 25, plan_size=10)
    counts = {p.name: len(list((p / "fiches").iterdir())) for p in (tmp_path / "data/plans").iterdir()}
    assert counts == {"vap-fictief-1": 10, "vap-fictief-2": 10, "vap-fictief-3": 5}
    loaded = graph.load(Project.open(tmp_path))
    assert loaded.findings == []


def test_quick_yaml_is_yaml(tmp_path: Path) -> None:
    """What the quick writer writes is what a YAML reader reads."""
    draw = generate.draw_action(1, "vap-fictief", 12)
    thing = generate.fiche(draw)
    assert yaml.safe_load(generate.as_yaml(thing)) == thing


# ── nothing in it is real ──

TEXTS = ("label", "title", "description", "definition", "prefLabel", "noBaselineReason", "noTargetReason")


def texts_of(value: Any, key: str = "") -> Iterator[dict[str, str]]:
    if isinstance(value, list):
        for item in value:
            yield from texts_of(item, key)
    elif isinstance(value, dict):
        if key in TEXTS:
            yield value
        for inner, item in value.items():
            yield from texts_of(item, inner)


def test_every_label_is_marked() -> None:
    """No label, title or definition of the example can be mistaken for a real one, in either language."""
    found = 0
    for path in EXAMPLE.glob("data/**/*.yaml"):
        for texts in texts_of(yaml.safe_load(path.read_text("utf-8"))):
            found += 1
            assert set(texts) == set(MARKS), path
            assert all(text.endswith(MARKS[lang]) for lang, text in texts.items()), (path, texts)
    turtle = (EXAMPLE / "data/government/policy-fields.ttl").read_text("utf-8")
    for text, lang in re.findall(r'"([^"]*)"@(\w+)', turtle):
        found += 1
        assert text.endswith(MARKS[lang])
    assert found > 500


def test_no_real_base_and_no_real_name() -> None:
    """The base IRI is its own, and no invented minister has the family name of a real one."""
    assert Project.open(EXAMPLE).base == "https://fictief.example/gbvkg/"
    with (REPOSITORY / "data/government/persons.csv").open(encoding="utf-8") as stream:
        real = " ".join(" ".join(row.values()) for row in csv.DictReader(stream))
    for minister in generate.drawn_from()["ministers"]:
        assert minister["familyName"] not in real


def test_objectives_are_the_real_ones() -> None:
    """Notations and wording are those of the real plan: only the mark is added."""
    real = yaml.safe_load((REPOSITORY / "data/plans/vap-ggg-2025/plan.yaml").read_text("utf-8"))["objectives"]
    ours = yaml.safe_load((EXAMPLE / "data/plans/vap-fictief/plan.yaml").read_text("utf-8"))["objectives"]
    assert len(ours) == 14
    assert [(o["notation"], o["label"]["nl"].removesuffix(MARKS["nl"])) for o in ours] == [
        (o["notation"], o["label"]["nl"]) for o in real
    ]


# ── the example is worth trying ──


@pytest.fixture(scope="module")
def judged() -> gate.Judgement:
    return gate.judge(Project.open(EXAMPLE))


def test_example_conforms(judged: gate.Judgement) -> None:
    """Without planted defects there is no violation and no warning."""
    assert [f for f in judged.report.findings if f.severity is not Severity.INFO] == []
    assert judged.report.conforms


@pytest.mark.parametrize("question", ["possible-overlaps", "form-gaps", "lead-changes"])
def test_example_has_something_to_find(judged: gate.Judgement, question: str) -> None:
    """Overlaps, gaps and lead changes occur, and the named queries find them."""
    answer = Catalogue(Project.open(EXAMPLE)).get(question).run(judged.dataset.store(), {"plan": PLAN})
    assert answer.rows


def test_example_has_late_actions() -> None:
    """Some actions should have ended before the reference date, and nobody reported them completed."""
    today = yaml.safe_load((EXAMPLE / "data/dataset.yaml").read_text("utf-8"))["issued"]
    late = 0
    for path in EXAMPLE.glob("data/plans/*/fiches/*.yaml"):
        fiche = yaml.safe_load(path.read_text("utf-8"))
        done = any(statement["status"] == "completed" for statement in fiche.get("progress", []))
        late += isinstance(today, date) and fiche["endDate"] < today and not done
    assert late >= 3


# ── planted defects are found ──


@pytest.fixture(scope="module")
def ill(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[dict[str, str]]]:
    out = tmp_path_factory.mktemp("ill")
    generate.generate(out, 230, defects=50, seed=2)
    return out, json.loads((out / "defects.json").read_text("utf-8"))


def test_every_kind_is_planted(ill: tuple[Path, list[dict[str, str]]]) -> None:
    """Half of 230 actions is enough for every kind, and the list is as long as was asked."""
    _, listed = ill
    assert len(listed) == 115
    assert {row["defect"] for row in listed} == set(generate.PLANTERS)


def test_every_kind_has_a_described_rule() -> None:
    """The rule named for a defect exists in the shapes."""
    named = generate.drawn_from()["defects"]
    assert set(named) == set(generate.PLANTERS)
    rules = Rulebook.read(Project.open(EXAMPLE))
    assert [rule for rule in named.values() if expand(f"gbvsh:{rule}") not in rules] == []


def test_every_defect_is_found(ill: tuple[Path, list[dict[str, str]]]) -> None:
    """Each planted defect is a finding of its rule in its file, and sound fiches have none.

    The action whose number another one took is described twice, so it is not sound either.
    """
    out, listed = ill
    found = defaultdict(set)
    for finding in gate.judge(Project.open(out)).report.findings:
        if finding.place and finding.severity is not Severity.INFO:
            found[finding.place.file].add(finding.rule)
    missed = [row for row in listed if row["rule"] not in found[row["file"]]]
    assert missed == []
    fiches = {path.relative_to(out).as_posix() for path in out.glob("data/plans/*/fiches/*.yaml")}
    doubled = {row["action"].rpartition("/")[2] for row in listed if row["defect"] == "duplicate-number"}
    victims = {f"data/plans/vap-fictief/fiches/{number}.yaml" for number in doubled}
    sound = fiches - {row["file"] for row in listed} - victims
    assert {file: found[file] for file in sound if found[file]} == {}


def test_size_of_an_action() -> None:
    """An action is of realistic size: what the measurements count in."""
    statements = graph.load(Project.open(EXAMPLE)).dataset.statements
    in_fiches = [s for s in statements if "/fiches/" in s.place.file]
    assert 40 <= len(in_fiches) / 115 <= 100


def test_inferred_graph_is_not_empty(judged: gate.Judgement) -> None:
    """The derivations have something to derive from."""
    assert reasoning.materialise(graph.load(Project.open(EXAMPLE)).dataset)
