"""What validation itself says about waivers: cases as files, which ``gbvkg explain`` shows too."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from pyoxigraph import NamedNode, RdfFormat, parse

from gbvkg.graph import load
from gbvkg.project import Project
from gbvkg.validation import validate
from gbvkg.vocabulary import expand, packaged_root

CASES = Path(__file__).parent / "cases" / "waivers"
PROJECT = {
    "dataset.yaml": """\
type: Dataset
id: dataset/zaken
uriSpace: https://voorbeeld.example/id/
version: "2026.1"
issued: 2026-03-01
""",
    "sources/nota.yaml": """\
type: SourceDocument
key: nota
label: {nl: Nota (fictief), en: Nota (fictional)}
""",
    "plans/zaak/plan.yaml": """\
type: ActionPlan
notation: zaak
source: source/nota
label: {nl: Plan (fictief), en: Plan (fictional)}
""",
    "plans/zaak/fiches/7.yaml": """\
type: Action
number: 7
actionOf: plan/zaak
source: source/nota
label: {nl: Campagne (fictief), en: Campaign (fictional)}
""",
}
"""The data around a case: an action with a title and without an indicator, issued on 1 March 2026."""


def _rules() -> set[str]:
    """The rules that the shapes describe as reported by validation itself."""
    kind = NamedNode(expand("gbvsh:ReportingRule"))
    return {
        quad.subject.value.removeprefix(expand("gbvsh:"))
        for path in (packaged_root() / "shapes").rglob("*.ttl")
        for quad in parse(path=str(path), format=RdfFormat.TURTLE)
        if quad.object == kind
    }


def _cases() -> list[tuple[str, Path]]:
    return [(rule.name, case) for rule in sorted(CASES.iterdir()) for case in sorted(rule.iterdir())]


def _project(root: Path, case: Path) -> Project:
    for name, text in PROJECT.items():
        path = root / "data" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    if case.is_dir():
        shutil.copytree(case, root / "data", dirs_exist_ok=True)
    else:
        shutil.copyfile(case, root / "data" / "waivers.yaml")
    return Project.open(root)


def test_every_rule_about_waivers_has_a_right_and_a_wrong_case() -> None:
    """The folders are the rules, and each holds one of both."""
    assert {folder.name for folder in CASES.iterdir()} == _rules()
    for rule in _rules():
        assert sorted(case.stem for case in (CASES / rule).iterdir()) == ["invalid", "valid"], rule


@pytest.mark.parametrize(("rule", "case"), _cases(), ids=lambda value: getattr(value, "stem", value))
def test_case(rule: str, case: Path, tmp_path: Path) -> None:
    """A wrong case fires its rule, at a place in its file; a right one lets its finding through."""
    loaded = load(_project(tmp_path, case))
    assert loaded.findings == []
    report = validate(loaded.dataset)
    about = [f for f in report.findings if f.rule in {expand(f"gbvsh:{name}") for name in _rules()}]
    assert [f.rule for f in about] == ([expand(f"gbvsh:{rule}")] if case.stem == "invalid" else [])
    assert all(f.place and "waivers.yaml" in f.place.file and f.place.line > 1 for f in about)
    waived = {f.rule for f in report.findings if f.waiver}
    assert waived == ({expand("gbvsh:ActionIndicator")} if case.stem == "valid" else set())


@pytest.mark.parametrize(("rule", "case"), _cases(), ids=lambda value: getattr(value, "stem", value))
def test_a_case_says_what_it_shows(rule: str, case: Path) -> None:
    """The first line of its one file: in English and in Dutch."""
    (path,) = case.iterdir() if case.is_dir() else [case]
    first = path.read_text("utf-8").splitlines()[0]
    assert first.startswith("# ")
    assert len(first.split(" / ")) == 2, rule
