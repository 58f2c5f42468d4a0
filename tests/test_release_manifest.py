"""The manifest: a copy of a release is whole or the fault is named."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, Store, serialize

from gbvkg.errors import ReleaseCorrupt
from gbvkg.release import manifest

QUADS = [
    Quad(
        NamedNode("https://x.org/s"),
        NamedNode("https://x.org/p"),
        Literal(text),
        NamedNode("https://x.org/g"),
    )
    for text in ("a", "b")
]
ABOUT = {
    "dataset": "https://x.org/d", "version": "2026.1", "issued": "2026-11-22", "tool": "gbvkg 0",
    "inputs": "0", "quads": 2, "graphs": {"https://x.org/g": 2}, "findings": {}, "previous": None,
}  # fmt: skip


@pytest.fixture
def release(tmp_path: Path) -> Path:
    path = tmp_path / "2026.1"
    (path / "csv").mkdir(parents=True)
    (path / "csv/things.csv").write_text("id\r\n")
    serialize(QUADS, str(path / "dataset.nq"), format=RdfFormat.N_QUADS)
    store = Store(str(path / "store"))
    store.bulk_extend(QUADS)
    store.flush()
    del store
    manifest.write_store_manifest(path)
    manifest.write_manifest(path, **ABOUT)
    return path


def test_a_whole_release_verifies(release: Path) -> None:
    """The manifest comes back as it was written, also from a copy elsewhere, and after the store was read."""
    written = manifest.read_manifest(release)
    assert [file.path for file in written.files] == ["csv/things.csv", "dataset.nq"]
    assert [file.media_type for file in written.files] == ["text/csv", "application/n-quads"]
    assert (written.version, written.quads, written.graphs) == ("2026.1", 2, {"https://x.org/g": 2})
    assert manifest.verify(release) == written
    assert manifest.verify(release) == written
    copy = shutil.copytree(release, release.parent / "copy")
    assert manifest.verify(copy) == written


def test_the_store_is_not_in_the_manifest(release: Path) -> None:
    """Its bytes differ from build to build; the manifest's must not."""
    assert "store" not in (release / "manifest.json").read_text()
    assert json.loads((release / "store.json").read_text())["quads"] == 2


def edit_manifest(**change: object) -> Callable[[Path], object]:
    def damage(release: Path) -> None:
        path = release / "manifest.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | change))

    return damage


def one_sst(release: Path) -> Path:
    return max((release / "store").glob("*.sst"), key=lambda path: path.stat().st_size)


FILE = {"path": "csv/things.csv", "size": 4, "sha256": "0", "media_type": "text/csv"}

DAMAGE: dict[str, tuple[Callable[[Path], object], str]] = {
    "changed byte": (lambda r: (r / "dataset.nq").write_bytes(b"x" * 142), "dataset.nq was changed"),
    "same size": (lambda r: (r / "csv/things.csv").write_text("ID\r\n"), "csv/things.csv was changed"),
    "cut": (lambda r: (r / "dataset.nq").write_text(""), "dataset.nq was changed"),
    "missing": (lambda r: (r / "csv/things.csv").unlink(), "csv/things.csv is missing"),
    "extra": (lambda r: (r / "csv/extra.csv").write_text(""), "csv/extra.csv does not belong"),
    "extra link": (lambda r: (r / "link").symlink_to("/etc"), "link does not belong"),
    "file by link": (
        lambda r: (r / "csv/things.csv").symlink_to((r / "csv/things.csv").rename(r.parent / "t")),
        "csv/things.csv was changed",
    ),
    "no manifest": (lambda r: (r / "manifest.json").unlink(), "manifest.json is missing"),
    "no store manifest": (lambda r: (r / "store.json").unlink(), "store.json is missing"),
    "not JSON": (lambda r: (r / "manifest.json").write_text("{"), "manifest.json is not a release's"),
    "nested JSON": (lambda r: (r / "manifest.json").write_text("[" * 100_000), "not a release's manifest"),
    "other layout": (edit_manifest(layout=2), "not a release's manifest"),
    "other keys": (edit_manifest(colour="red"), "not a release's manifest"),
    "path outside": (edit_manifest(files=[FILE | {"path": "../../etc/passwd"}]), "not a release's manifest"),
    "absolute path": (edit_manifest(files=[FILE | {"path": "/etc/passwd"}]), "not a release's manifest"),
    "wrong count": (edit_manifest(quads=3), "dataset.nq: 2 lines, not 3"),
    "store cut": (lambda r: one_sst(r).write_bytes(b""), "sst was changed"),
    "store gone": (lambda r: shutil.rmtree(r / "store"), "store/CURRENT is missing"),
    "store file extra": (lambda r: (r / "store/x").write_text(""), "store/x does not belong"),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_every_damage_is_named(release: Path, name: str) -> None:
    """Each kind of damage is found, and the message says which file, in both languages."""
    damage, message = DAMAGE[name]
    damage(release)
    with pytest.raises(ReleaseCorrupt, match=r"Release 2026\.1 is damaged") as caught:
        manifest.verify(release)
    assert message in caught.value.en
    assert "beschadigd" in caught.value.nl


def test_a_store_with_other_quads_is_found(release: Path) -> None:
    """Even when somebody made the store anew and its manifest claims the old count."""
    shutil.rmtree(release / "store")
    store = Store(str(release / "store"))
    store.add(QUADS[0])
    store.flush()
    del store
    manifest.write_store_manifest(release)
    path = release / "store.json"
    path.write_text(path.read_text().replace('"quads": 1', '"quads": 2'))
    with pytest.raises(ReleaseCorrupt, match="store: 1 quads, not 2"):
        manifest.verify(release)


def test_a_long_list_of_damage_is_cut(release: Path) -> None:
    """A message stays readable."""
    for number in range(30):
        (release / f"extra{number:02}").write_text("")
    with pytest.raises(ReleaseCorrupt, match=r"extra19 does not belong \(\+10\)\."):
        manifest.verify(release)
