"""Publishing is all or nothing: killed, interrupted or on a full disk, readers see a whole release."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
import small_project

from gbvkg import release
from gbvkg.errors import ReleaseWriteFailed
from gbvkg.release import publication
from gbvkg.release.publication import STAGES
from gbvkg.release.sections import SECTIONS

HERE = Path(__file__).parent


@pytest.mark.slow
def test_killed_at_any_point_the_old_or_the_new_release_is_whole(tmp_path: Path) -> None:
    """kill -9 at every stage and at 20 random moments: ``current`` is whole, old or new; a retry succeeds."""
    command = [sys.executable, str(HERE / "publish_and_kill.py"), str(tmp_path), "354", "20"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    points = [json.loads(line) for line in done.stdout.splitlines()]
    assert [point["stage"] for point in points] == [*STAGES, *[""] * 20]
    before = "2026.1"
    for point in points:
        version, after, then = point["version"], point["after"], point["then"]
        assert after["current"] in (before, version)
        assert (point["ended"], after["current"]) in ((-9, before), (-9, version), (0, version))
        assert point["retry"] == (
            1 if after["current"] == version else 0
        )  # it is there already, from these sources
        assert (then["current"], then["unfinished"]) == (version, 0)
        assert then["versions"][-1] == version
        before = version
    # The test is worth something only when publishers died in the middle of writing.
    assert sum(point["after"]["unfinished"] for point in points) >= len(SECTIONS)


def interrupt(stage: str, done: int, total: int, name: str) -> None:
    if name == stage:
        raise KeyboardInterrupt


def listing(out: Path) -> list[str]:
    return sorted(path.name for path in out.iterdir())


def test_ctrl_c_leaves_nothing_half_done(tmp_path: Path) -> None:
    """Interrupted at any stage: the old release is current, nothing else is there, and a retry succeeds."""
    out = tmp_path / "releases"
    release.publish(small_project.make(tmp_path), out)
    project = small_project.make(tmp_path, "2026.2", "Anders")
    for stage in STAGES:
        with pytest.raises(KeyboardInterrupt):
            release.publish(project, out, partial(interrupt, stage))
        assert listing(out) == [".lock", "2026.1", "current"]
        assert release.find(out) == out / "2026.1"
    assert release.publish(project, out) == release.find(out) == out / "2026.2"


def test_a_publish_cut_off_before_the_switch_is_finished(tmp_path: Path) -> None:
    """Died between the rename and the switch: publishing the same sources again does what is left."""
    out = tmp_path / "releases"
    first = release.publish(small_project.make(tmp_path), out)
    (out / "current").unlink()
    assert release.publish(small_project.make(tmp_path), out) == first == release.find(out)
    project = small_project.make(tmp_path, "2026.2", "Anders")
    second = release.publish(project, out)
    made = (second / "manifest.json").stat()
    (out / "current").unlink()
    (out / "current").symlink_to("2026.1")
    assert release.publish(project, out) == second == release.find(out)
    assert (second / "manifest.json").stat().st_mtime_ns == made.st_mtime_ns


LIMITED = """
import resource, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
import small_project
from gbvkg import release
from gbvkg.errors import ReleaseWriteFailed
root, limit = Path(sys.argv[2]), int(sys.argv[3])
project = small_project.make(root, "2026.2", "Anders")
release.publish, release.judge(project)  # imports all while files can still be written
hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
try:
    release.publish(project, root / "releases")
except ReleaseWriteFailed as error:
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    print(error)
"""


@pytest.mark.parametrize("limit", [0, 1, 100, 4_096, 20_000, 62_000])
def test_when_a_file_cannot_grow_the_old_release_stays(tmp_path: Path, limit: int) -> None:
    """Whoever runs it, without a disk of its own: a process that may write no file above a limit (setrlimit,
    RLIMIT_FSIZE) fails to write as on a full disk, at another file for each limit.
    """
    out = tmp_path / "releases"
    release.publish(small_project.make(tmp_path), out)
    command = [sys.executable, "-B", "-c", LIMITED, str(HERE), str(tmp_path), str(limit)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert "De vorige release blijft de huidige" in done.stdout or "previous release stays" in done.stdout
    assert "File too large" in done.stdout
    assert listing(out) == [".lock", "2026.1", "current"]
    release.verify(release.find(out))
    project = small_project.make(tmp_path, "2026.2", "Anders")
    assert release.verify(release.publish(project, out)).version == "2026.2"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 3 MB; skipped only where nobody may mount one (a limit on files is tried above)."""
    path = tmp_path / "disk"
    path.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(path)],
        capture_output=True,
        text=True,
        check=False,
    )
    if mounted.returncode:
        if os.geteuid() == 0 and "permission denied" not in mounted.stderr.lower():
            pytest.fail(f"root could not mount: {mounted.stderr}")
        pytest.skip(f"cannot mount: {mounted.stderr}")
    yield path
    subprocess.run(["umount", "-l", str(path)], check=True)


def fill(folder: Path, keep: int) -> Path:
    """A file that leaves ``keep`` bytes free."""
    free = os.statvfs(folder)
    path = folder / "ballast"
    path.write_bytes(b"\0" * max(0, free.f_bavail * free.f_frsize - keep))
    return path


@pytest.mark.parametrize("keep", [0, 4_096, 40_000, 150_000, 300_000, 600_000])
def test_on_a_full_disk_the_old_release_stays(
    small_disk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, keep: int
) -> None:
    """Full at six points of writing: an error says so, nothing is left over, and a retry succeeds."""
    monkeypatch.setattr(publication, "SPACE_AT_LEAST", 0)
    monkeypatch.setattr(publication, "SPACE_PER_QUAD", 0)
    out = small_disk / "releases"
    release.publish(small_project.make(tmp_path), out)
    project = small_project.make(tmp_path, "2026.2", "Anders")
    ballast = fill(small_disk, keep)
    with pytest.raises(ReleaseWriteFailed, match="No space left on device") as caught:
        release.publish(project, out)
    assert "De vorige release blijft de huidige" in caught.value.nl
    assert listing(out) == [".lock", "2026.1", "current"]
    release.verify(release.find(out))
    ballast.unlink()
    release.verify(release.publish(project, out))


def test_too_little_space_is_said_before_writing(small_disk: Path, tmp_path: Path) -> None:
    """A disk that cannot hold the release is refused at once."""
    seen: list[str] = []
    with pytest.raises(ReleaseWriteFailed, match=r"3 MB free, 32 MB needed"):
        release.publish(
            small_project.make(tmp_path), small_disk / "releases", lambda done, total, name: seen.append(name)
        )
    assert "dataset" not in seen
    assert listing(small_disk / "releases") == [".lock"]


UNPRIVILEGED = """
import os, sys, pathlib
from gbvkg import release
from gbvkg.errors import ReleaseWriteFailed
from gbvkg.project import Project
project = Project.open(pathlib.Path(sys.argv[1]))
release.publish, release.judge(project)  # imports all while the interpreter's own files can still be read
os.setuid(65534) if os.geteuid() == 0 else None
try:
    release.publish(project, pathlib.Path(sys.argv[2]))
except ReleaseWriteFailed as error:
    print(error)
"""


def test_without_permission_it_says_so(tmp_path: Path) -> None:
    """A releases folder that may not be written in."""
    small_project.make(tmp_path / "project")
    out = tmp_path / "releases"
    out.mkdir(mode=0o555)
    shared = Path(tempfile.gettempdir())
    for path in (tmp_path, *(parent for parent in tmp_path.parents if shared in parent.parents)):
        path.chmod(path.stat().st_mode | 0o055)
    command = [sys.executable, "-c", UNPRIVILEGED, str(tmp_path / "project"), str(out)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "Permission denied" in done.stdout
    assert list(out.iterdir()) == []
