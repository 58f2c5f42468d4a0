"""One verified release, as a pool takes it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from gbvkg.errors import ReleaseCorrupt
from gbvkg.store import Snapshot


def test_a_snapshot_is_the_release_itself(small_releases: Path) -> None:
    """A link is followed once: when it is switched later, the snapshot stays what it was."""
    opened = Snapshot.open(small_releases / "current")
    assert opened.path == (small_releases / "2026.2").resolve()
    assert opened.manifest.version == "2026.2"
    assert sum(opened.graphs.values()) == opened.manifest.quads
    assert opened.in_memory


@pytest.mark.parametrize(
    "name", ["dataset.nq", "dataset.ttl.gz", "manifest.json", "store.json", "store/CURRENT"]
)
@pytest.mark.parametrize("change", ["grow", "remove"])
def test_a_release_that_is_not_its_manifest_is_refused(
    small_releases: Path, tmp_path: Path, name: str, change: str
) -> None:
    """Whichever file it is."""
    copy = tmp_path / "2026.1"
    shutil.copytree(small_releases / "2026.1", copy)
    if change == "remove":
        (copy / name).unlink()
    else:
        with (copy / name).open("ab") as file:
            file.write(b"x")
    with pytest.raises(ReleaseCorrupt):
        Snapshot.open(copy)


def test_what_is_no_release_is_refused(tmp_path: Path) -> None:
    """An empty folder, and none at all."""
    for path in (tmp_path, tmp_path / "none"):
        with pytest.raises(ReleaseCorrupt):
            Snapshot.open(path)
