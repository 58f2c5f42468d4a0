"""A project folder: what makes one, and what is said about a folder that is none."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from gbvkg.errors import BadVersion, ProjectError
from gbvkg.project import Project, checked_version
from gbvkg.vocabulary import BASE, packaged_root

SPACE = "uriSpace: https://p.example/id/\n"
VERSION = 'version: "2026.10"\n'


def described(root: Path, text: str | bytes) -> Path:
    (root / "data").mkdir()
    (root / "data/dataset.yaml").write_bytes(text if isinstance(text, bytes) else text.encode())
    return root


def test_base_and_version_come_from_the_description(tmp_path: Path) -> None:
    """Nothing else of it is looked at: a date that no calendar has is for the reader to tell."""
    project = Project.open(described(tmp_path, SPACE + VERSION + "issued: 2026-02-30\n"))
    assert (project.base, project.version) == ("https://p.example/", "2026.10")
    assert (project.data, project.releases) == (tmp_path / "data", tmp_path / "releases")


def test_what_a_project_lacks_comes_from_the_packaged_one(tmp_path: Path) -> None:
    """A folder of its own goes first; a file of that name is none."""
    project = Project.open(described(tmp_path, SPACE + VERSION))
    (tmp_path / "shapes").mkdir()
    (tmp_path / "queries").write_text("")
    assert project.folder("shapes") == tmp_path / "shapes"
    assert project.folder("queries") == packaged_root() / "queries"
    assert project.folder("ontology") == packaged_root() / "ontology"


def test_the_packaged_project_is_the_default() -> None:
    """Without a folder: the data that came along, under the base of the ontology."""
    project = Project.open()
    assert (project.root, project.base) == (packaged_root().resolve(), BASE)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", '"uriSpace" must be'),
        ("- uriSpace\n", '"uriSpace" must be'),
        (VERSION, '"uriSpace" must be'),
        ("uriSpace: [https://p.example/id/]\n", '"uriSpace" must be'),
        ("uriSpace: https://p.example/\n", '"uriSpace" must be'),
        ("uriSpace: /id/\n", '"uriSpace" must be'),
        ("uriSpace: https://p example/id/\n", '"uriSpace" must be'),
        (SPACE, '"version" is missing or not a string'),
        (SPACE + "version: 2026.10\n", '"version" is missing or not a string'),
        ("a: [", "cannot be read"),
        ("[" * 5000, "cannot be read"),
        (b"\xff", "cannot be read"),
        ("? {a: b}\n: c\n", '"uriSpace" must be'),
        ("a: " + "x" * 5_000_000, "cannot be read"),
    ],
)
def test_a_malformed_description_is_named(tmp_path: Path, text: str | bytes, message: str) -> None:
    """Each fault is a ProjectError with the file in it, and never a traceback."""
    with pytest.raises(ProjectError, match=message) as caught:
        Project.open(described(tmp_path, text))
    assert all("dataset.yaml" in words for words in (caught.value.nl, caught.value.en))


def test_a_folder_or_file_that_is_no_project_is_said(tmp_path: Path) -> None:
    """Also when the name is that of a file, or where the description should be there is a folder."""
    (tmp_path / "file").write_text("")
    for path in (tmp_path, tmp_path / "absent", tmp_path / "file"):
        with pytest.raises(ProjectError, match="is not a project folder"):
            Project.open(path)
    (tmp_path / "data/dataset.yaml").mkdir(parents=True)
    with pytest.raises(ProjectError, match="cannot be read"):
        Project.open(tmp_path)


@pytest.mark.parametrize("version", ["../../x", "1", "2026", "2026.1/..", "2026.1\\n", ""])
def test_a_version_that_no_release_can_have_is_refused(tmp_path: Path, version: str) -> None:
    """What publishing would refuse is refused at once, before it can stand in an IRI or a path."""
    with pytest.raises(ProjectError, match="is not the version of a release"):
        Project.open(described(tmp_path, f'{SPACE}version: "{version}"\n'))
    with pytest.raises(BadVersion):
        checked_version(version)


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("urispace: https://p.example/id/\n" + VERSION, "1:1", 'Did you mean "uriSpace"?'),
        ("type: Dataset\nuriSpace: /id/\n", "2:11", "must be an IRI"),
        (SPACE + 'version: "../x"\n', "2:10", "such as 2026.1"),
        (SPACE + "version: 2026\n", "2:10", "between quotes"),
        (SPACE + 'verison: "2026.1"\n', "2:1", 'Did you mean "version"?'),
        (SPACE, "1:1", "is missing"),
        (SPACE + "a: b: c\n", "2:5", "cannot be read as YAML"),
    ],
)
def test_a_fault_of_the_description_has_its_place(tmp_path: Path, text: str, place: str, words: str) -> None:
    """File, line and column, what would be right, and one exit code whatever the fault is."""
    with pytest.raises(ProjectError) as caught:
        Project.open(described(tmp_path, text))
    assert f"data/dataset.yaml:{place}: " in caught.value.en
    assert f"data/dataset.yaml:{place}: " in caught.value.nl
    assert words in caught.value.en
    assert caught.value.exit_code == 2


def test_the_description_is_opened_like_any_source(tmp_path: Path) -> None:
    """A pipe does not hang, and a link out of the project is not followed."""
    (tmp_path / "elsewhere.yaml").write_text(SPACE + VERSION)
    root = tmp_path / "project"
    (root / "data").mkdir(parents=True)
    path = root / "data/dataset.yaml"
    os.mkfifo(path)
    for target in ("../../elsewhere.yaml", "/dev/zero", "absent.yaml", "dataset.yaml"):
        with pytest.raises(ProjectError, match="cannot be read"):
            Project.open(root)
        path.unlink()
        path.symlink_to(target)
    with pytest.raises(ProjectError, match="cannot be read"):
        Project.open(root)
