"""A stable query never changes what it asks, from release to release."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_project import make

from gbvkg import release
from gbvkg.errors import QueryChanged
from gbvkg.project import Project

CHANGES = {
    "what it asks": ("gbv:actionOf $plan", "gbv:continues $plan"),
    "a column": ("SELECT ?action ?label", "SELECT ?label ?action"),
    "a default": ("default: nl", "default: en"),
    "the type of a parameter": ("plan: {type: iri", "plan: {type: string"),
    "its stability": ("stability: stable", "stability: experimental"),
}


@pytest.fixture
def published(tmp_path: Path) -> tuple[Project, Path]:
    """A project with its first release, made anew as its second version."""
    out = tmp_path / "releases"
    release.publish(make(tmp_path / "project"), out)
    return make(tmp_path / "project", "2026.2"), out


def changed(project: Project, old: str, new: str, name: str = "titles") -> None:
    path = project.root / f"queries/small/{name}.rq"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


@pytest.mark.parametrize("what", CHANGES)
def test_a_release_with_another_question_under_a_stable_name_is_refused(
    published: tuple[Project, Path], what: str
) -> None:
    """Before anything is written; the error names the query."""
    project, out = published
    changed(project, *CHANGES[what])
    with pytest.raises(QueryChanged, match="titles") as refused:
        release.publish(project, out)
    assert "titles" in refused.value.nl
    assert [path.name for path in sorted(out.iterdir()) if path.is_dir()] == ["2026.1", "current"]


def test_words_about_a_query_may_change_and_a_query_may_go(published: tuple[Project, Path]) -> None:
    """What no program leans on; an experimental query may become anything."""
    project, out = published
    changed(project, "Titels van acties", "Hoe acties heten")
    changed(project, "ORDER BY ?action ?label", "ORDER BY ?action  ?label # as ever")
    changed(project, "?action a gbv:Action", "?action a gbv:Plan", "draft")
    (project.root / "queries/small/lineage.rq").unlink()
    assert release.publish(project, out).name == "2026.2"


def test_the_name_of_a_query_that_went_stays_taken(published: tuple[Project, Path]) -> None:
    """It does not come back as something else, however many releases later."""
    project, out = published
    (project.root / "queries/small/titles.rq").unlink()
    release.publish(project, out)
    project = make(project.root, "2026.3")
    changed(project, *CHANGES["what it asks"])
    with pytest.raises(QueryChanged, match="titles"):
        release.publish(project, out)
    assert release.publish(make(project.root, "2026.3"), out).name == "2026.3"
