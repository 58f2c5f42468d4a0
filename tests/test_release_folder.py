"""The releases folder: names, the lock, the switch."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from gbvkg.errors import (
    BadVersion,
    ReleaseBusy,
    ReleaseCorrupt,
    ReleaseNotFound,
    UsageError,
    VersionExists,
    VersionNotNewer,
)
from gbvkg.release import folder


@pytest.mark.parametrize(
    "version", ["2026.1", "2026.12.3", "2026-11-22", "2026.1-draft", "2026-11-22-b2", "0001.1", "2026.001"]
)
def test_a_version_is_a_year_and_numbers(version: str) -> None:
    """What names a release."""
    assert folder.checked_version(version) == version


@pytest.mark.parametrize(
    "version",
    [
        "", ".", "..", "current", "2026", "2026.", "2026.1/", "../2026.1", "/2026.1", "2026.1/../..",
        "..%2f2026.1", "..%5c2026.1", "2026.1\n", "2026.1\0", "2026.1 ", "2026.1.2.3", "2026.1234", "2026.1-",
        "2026.1-A", "\uff12\uff10\uff12\uff16.1", ".building-2026.1-3",
        "2026.1" + "-a" * 300, "2026.1-" + "a" * 300,
    ],
)  # fmt: skip
def test_anything_else_is_refused(version: str, tmp_path: Path) -> None:
    """A name from outside cannot lead out of the folder, nor to what is not a release."""
    with pytest.raises(BadVersion) as caught:
        folder.checked_version(version)
    assert "geen versie" in caught.value.nl
    assert len(caught.value.en) < 500
    assert caught.value.en.isprintable()
    if version != "current":
        with pytest.raises(BadVersion):
            folder.find(tmp_path, version)


def make(out: Path, *versions: str) -> None:
    for version in versions:
        (out / version).mkdir(parents=True)


def test_versions_are_listed_by_age_and_nothing_else_is(tmp_path: Path) -> None:
    """10 comes after 9; files, links, unfinished folders and other names are no releases."""
    make(tmp_path / "drafts", "2026.1", "2026.1.1", "2026.1-draft", "2026.1-b9", "2026.1-b10", "2026.1.1-b1")
    order = ["2026.1-b9", "2026.1-b10", "2026.1-draft", "2026.1", "2026.1.1-b1", "2026.1.1"]
    assert folder.versions(tmp_path / "drafts") == order
    make(tmp_path, "2026.10", "2026.9", "2025-12-17", ".building-2026.11-1", "notes")
    (tmp_path / "2026.11").write_text("a file")
    (tmp_path / "2026.12").symlink_to("/")
    assert folder.versions(tmp_path) == ["2025-12-17", "2026.9", "2026.10"]
    assert folder.versions(tmp_path / "absent") == []
    with pytest.raises(ReleaseNotFound, match=r"there is: 2025-12-17, 2026.9, 2026.10") as missed:
        folder.find(tmp_path, "2026.12")
    present = ("2025-12-17", "2026.9", "2026.10")
    assert (missed.value.asked, missed.value.present) == ("2026.12", present), "for who words it otherwise"
    assert folder.find(tmp_path, "2026.9") == tmp_path / "2026.9"


def test_current_is_a_relative_link_that_moves_in_one_step(tmp_path: Path) -> None:
    """The releases folder can be copied or mounted elsewhere as it is."""
    make(tmp_path, "2026.1", "2026.2")
    assert folder.current(tmp_path) is None
    with pytest.raises(ReleaseNotFound, match="gbvkg publish") as missed:
        folder.find(tmp_path)
    assert (missed.value.asked, missed.value.present) == ("current", ("2026.1", "2026.2"))
    for version in ("2026.1", "2026.2", "2026.1"):
        folder.switch(tmp_path / version)
        assert os.readlink(tmp_path / "current") == version
        assert folder.find(tmp_path) == tmp_path / version
    assert sorted(path.name for path in tmp_path.iterdir()) == ["2026.1", "2026.2", "current"]


@pytest.mark.parametrize("target", ["2026.9", "/etc", "../elsewhere/2026.1", "2026.1/store", "."])
def test_a_current_that_leads_elsewhere_is_not_followed(tmp_path: Path, target: str) -> None:
    """Only a release beside the link is served."""
    make(tmp_path, "2026.1")
    (tmp_path / "current").symlink_to(target)
    with pytest.raises(ReleaseCorrupt, match="does not lead to a release"):
        folder.find(tmp_path)


@pytest.mark.parametrize("kind", ["folder", "file"])
def test_what_is_called_current_and_is_no_link_is_not_a_release(tmp_path: Path, kind: str) -> None:
    """A publish did not make it; so it is left alone, and the message says what to do."""
    if kind == "folder":
        make(tmp_path, "current")
    else:
        (tmp_path / "current").write_text("2026.1")
    for ask in (folder.current, folder.latest):
        with pytest.raises(ReleaseCorrupt, match="Give it another name and publish again"):
            ask(tmp_path)


@pytest.mark.parametrize("target", ["2026.9", "/etc", "."])
def test_a_link_adrift_counts_as_the_newest_release(tmp_path: Path, target: str) -> None:
    """So that a next publish can repair it, and does not go back in time."""
    (tmp_path / "current").symlink_to(target)
    assert folder.is_adrift(tmp_path)
    assert folder.latest(tmp_path) is None
    make(tmp_path, "2026.1", "2026.2")
    assert folder.latest(tmp_path) == tmp_path / "2026.2"
    with pytest.raises(VersionNotNewer, match=r"2026\.1\.9 is older than 2026\.2"):
        folder.check_newer(tmp_path, "2026.1.9")
    folder.switch(tmp_path / "2026.1")
    assert not folder.is_adrift(tmp_path)
    assert folder.latest(tmp_path) == tmp_path / "2026.1"
    folder.check_newer(tmp_path, "2026.1.9")


def test_a_file_is_no_folder_of_releases(tmp_path: Path) -> None:
    """Said as wrong usage."""
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="file is no folder that can hold releases: Not a directory"):
        folder.versions(tmp_path / "file")


def test_the_lock_is_not_a_link(tmp_path: Path) -> None:
    """Nothing outside the folder is made or opened through it."""
    (tmp_path / "out").mkdir()
    (tmp_path / "out/.lock").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match="symbolic links"), folder.publishing(tmp_path / "out"):
        pass
    assert not (tmp_path / "elsewhere").exists()


def test_an_unfinished_release_leaves_nothing(tmp_path: Path) -> None:
    """An error, or Ctrl-C, while writing: the folder is as it was."""

    def fail(failure: type[BaseException]) -> None:
        with folder.publishing(tmp_path), folder.building(tmp_path, "2026.2") as path:
            (path / "half").write_text("x")
            raise failure

    make(tmp_path, "2026.1")
    for failure in (ValueError, KeyboardInterrupt):
        with pytest.raises(failure):
            fail(failure)
    assert sorted(path.name for path in tmp_path.iterdir()) == [".lock", "2026.1"]


def test_install_never_overwrites(tmp_path: Path) -> None:
    """Also an empty folder, which rename(2) would replace, and a dangling link are left alone."""
    make(tmp_path, "2026.1")
    (tmp_path / "2026.2").symlink_to("nowhere")
    for version in ("2026.1", "2026.2"):
        with folder.building(tmp_path, version) as path, pytest.raises(VersionExists):
            folder.install(path, version)
    with folder.building(tmp_path, "2026.3") as path:
        (path / "file").write_text("x")
        assert folder.install(path, "2026.3") == tmp_path / "2026.3"
    assert (tmp_path / "2026.3/file").read_text() == "x"


HOLDER = """
import sys, pathlib
from gbvkg.release import folder
with folder.publishing(pathlib.Path(sys.argv[1])):
    with folder.building(pathlib.Path(sys.argv[1]), "2026.7"):
        print("held", flush=True)
        sys.stdin.read()
"""


def test_one_publisher_at_a_time_and_the_dead_are_cleaned_up(tmp_path: Path) -> None:
    """A second publisher is told at once; the lock and the leavings of a killed one do not outlive it."""
    (tmp_path / ".current-99").symlink_to("2026.1")
    command = [sys.executable, "-c", HOLDER, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(ReleaseBusy, match="Another process"), folder.publishing(tmp_path):
            pass
        holder.kill()
        holder.wait()
    assert [path.name for path in tmp_path.glob(".building-*")] == [f".building-2026.7-{holder.pid}"]
    with folder.publishing(tmp_path):
        assert [path.name for path in tmp_path.iterdir()] == [".lock"]
