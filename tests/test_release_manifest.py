"""The manifest: a copy of a release is whole or the fault is named."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard
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


def test_what_was_used_comes_back(release: Path) -> None:
    """With a version or without; and a manifest from before it was told is still one."""
    used = {"shapes": {"version": "1.0.0", "sha256": "0"}, "queries": {"version": None, "sha256": "1"}}
    assert manifest.write_manifest(release, **ABOUT, used=used) == manifest.verify(release)
    assert manifest.read_manifest(release).used == used
    path = release / "manifest.json"
    old = json.loads(path.read_text())
    del old["used"]
    path.write_text(json.dumps(old))
    assert manifest.verify(release).used is None


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


def in_place_of_manifest(release: Path) -> Path:
    (release / "manifest.json").unlink()
    return release / "manifest.json"


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
    "empty folder": (lambda r: (r / "csv/empty").mkdir(), "csv/empty does not belong"),
    "folder as manifest": (lambda r: in_place_of_manifest(r).mkdir(), "not a release's manifest"),
    "pipe as manifest": (lambda r: os.mkfifo(in_place_of_manifest(r)), "not a release's manifest"),
    "link as manifest": (
        lambda r: in_place_of_manifest(r).symlink_to("/dev/zero"),
        "not a release's manifest",
    ),
    "huge manifest": (lambda r: os.truncate(r / "manifest.json", 6 << 30), "not a release's manifest"),
    "huge store manifest": (
        lambda r: os.truncate(r / "store.json", 6 << 30),
        "store.json is not a release's",
    ),
    "pipe as file": (
        lambda r: (r / "csv/things.csv").unlink() or os.mkfifo(r / "csv/things.csv"),  # type: ignore[func-returns-value]
        "csv/things.csv was changed",
    ),
    "previous is a text": (edit_manifest(previous="abc"), "not a release's manifest"),
    "previous is half": (edit_manifest(previous={"version": "2026.0"}), "not a release's manifest"),
    "graphs is a number": (edit_manifest(graphs=5), "not a release's manifest"),
    "graphs of texts": (edit_manifest(graphs={"g": "2"}), "not a release's manifest"),
    "version is a list": (edit_manifest(version=[]), "not a release's manifest"),
    "quads is true": (edit_manifest(quads=True), "not a release's manifest"),
    "infinitely many": (edit_manifest(quads=float("inf")), "not a release's manifest"),
    "infinitely many stored": (
        lambda r: (r / "store.json").write_text('{"layout": 1, "quads": Infinity, "files": []}'),
        "store.json is not a release's",
    ),
    "more than any number stored": (
        lambda r: (r / "store.json").write_text('{"layout": 1, "quads": 1e999, "files": []}'),
        "store.json is not a release's",
    ),
    "used is a list": (edit_manifest(used=[]), "not a release's manifest"),
    "used is half": (edit_manifest(used={"shapes": {"sha256": "0"}}), "not a release's manifest"),
    "used version is a number": (
        edit_manifest(used={"shapes": {"version": 1, "sha256": "0"}}),
        "not a release's manifest",
    ),
    "used has no hash": (
        edit_manifest(used={"shapes": {"version": "1", "sha256": None}}),
        "not a release's manifest",
    ),
    "files is a number": (edit_manifest(files=5), "not a release's manifest"),
    "file of lists": (edit_manifest(files=[FILE | {"path": []}]), "not a release's manifest"),
    "file twice": (edit_manifest(files=[FILE, FILE]), "not a release's manifest"),
    "path with a detour": (edit_manifest(files=[FILE | {"path": "csv//things.csv"}]), "not a release's"),
    "store in the manifest": (edit_manifest(files=[FILE | {"path": "store/x"}]), "not a release's manifest"),
    "no quads at all": (
        lambda r: (r / "dataset.nq").unlink() or manifest.write_manifest(r, **ABOUT),  # type: ignore[func-returns-value]
        "dataset.nq is missing",
    ),
    "other graphs": (edit_manifest(graphs={"https://x.org/other": 2}), "dataset.nq says something else"),
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


def test_a_name_out_of_a_release_is_shown_and_not_obeyed(release: Path) -> None:
    """No terminal is steered by a file name, and no line is forged."""
    (release / "a\x1b[2J\n\u202e.csv").write_text("")
    (release / ("b" * 250)).write_text("")
    with pytest.raises(ReleaseCorrupt) as caught:
        manifest.verify(release)
    assert caught.value.en.isprintable()
    assert caught.value.nl.isprintable()
    assert r"a\x1b[2J\n\u202e.csv does not belong" in caught.value.en
    assert "b" * 200 + "…" in caught.value.en


# --- every form says the same -------------------------------------------------------------------------------

BOMB = "".join(f'<!ENTITY e{n + 1} "{f"&e{n};" * 10}">' for n in range(6))
XML = 'xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:x="https://x.org/"'
ABOUT_S = '<r:Description r:about="https://x.org/s">'
SAME = '<https://x.org/s> <https://x.org/p> "a", "b" .'

FORMS: dict[str, tuple[str, str, str]] = {
    "right": ("dataset.ttl", SAME, ""),
    "right in graphs": ("dataset.trig", f"<https://x.org/g> {{ {SAME} }}", ""),
    "right as XML": (
        "dataset.rdf", f"<r:RDF {XML}>{ABOUT_S}<x:p>a</x:p><x:p>b</x:p></r:Description></r:RDF>", ""
    ),
    "one less": ("dataset.ttl", '<https://x.org/s> <https://x.org/p> "a" .', "says something else"),
    "another": ("dataset.ttl", SAME.replace('"b"', '"c"'), "says something else"),
    "one more": ("dataset.nt", SAME.replace(', "b"', "."), "cannot be read"),
    "other graph": ("dataset.trig", SAME, "says something else"),
    "no Turtle": ("dataset.ttl", "<", "cannot be read"),
    "far context": (
        "dataset.jsonld", '{"@context": "http://127.0.0.1:9/", "@id": "https://x.org/s"}', "cannot be read"
    ),
    "entities": (
        "dataset.rdf",
        f'<!DOCTYPE x [<!ENTITY e0 "aaaaaaaaaa">{BOMB}]><r:RDF {XML}>{ABOUT_S}<x:p>&e6;</x:p>'
        "</r:Description></r:RDF>",
        "cannot be read",
    ),
    "deep": ("dataset.rdf", f"<r:RDF {XML}>" + f"{ABOUT_S}<x:p>" * 200_000, "cannot be read"),
}  # fmt: skip


@pytest.mark.parametrize("name", FORMS)
def test_every_form_says_the_same(release: Path, name: str) -> None:
    """A serialisation that says something else is found, also when all checksums are right."""
    file, text, message = FORMS[name]
    (release / file).write_text(text)
    manifest.write_manifest(release, **ABOUT)
    if not message:
        manifest.verify(release)
        return
    with pytest.raises(ReleaseCorrupt, match=f"{file} {message}"):
        manifest.verify(release)
    assert manifest.verify(release, contents=False).version == "2026.1"


PACK = {"gz": lambda content: gzip.compress(content, mtime=0), "zst": zstandard.compress}


@pytest.mark.parametrize("suffix", PACK)
@pytest.mark.parametrize("what", ["same", "other", "bomb", "cut", "more"])
def test_every_compressed_copy_unpacks_to_the_file(release: Path, suffix: str, what: str) -> None:
    """Another content is found, damage too, and a bomb is not unpacked beyond the size of the file."""
    plain, pack = (release / "dataset.nq").read_bytes(), PACK[suffix]
    content = {
        "same": pack(plain),
        "other": pack(plain.replace(b'"a"', b'"c"')),
        "bomb": pack(bytes(1 << 26)),
        "cut": pack(plain)[:-9],
        "more": pack(plain) + pack(b"x"),
    }[what]
    (release / f"dataset.nq.{suffix}").write_bytes(content)
    manifest.write_manifest(release, **ABOUT)
    if what == "same":
        manifest.verify(release)
        return
    with pytest.raises(ReleaseCorrupt, match=rf"dataset\.nq\.{suffix} is not dataset\.nq"):
        manifest.verify(release)


def test_the_store_says_what_the_files_say(release: Path) -> None:
    """As many quads are not the same quads."""
    shutil.rmtree(release / "store")
    store = Store(str(release / "store"))
    store.bulk_extend(Quad(*quad.triple, NamedNode("https://x.org/other")) for quad in QUADS)
    store.flush()
    del store
    manifest.write_store_manifest(release)
    with pytest.raises(ReleaseCorrupt, match="store says something else"):
        manifest.verify(release)


# --- who only reads -----------------------------------------------------------------------------------------

READING = """
import sys, pathlib
from gbvkg.release import folder, manifest
out = pathlib.Path(sys.argv[1])
made = manifest.verify(folder.find(out, "2026.1"), contents=False)
assert made.version == "2026.1" and manifest.read_manifest(out / "2026.1") == made
assert folder.versions(out) == ["2026.1"] and folder.current(out) is None
print(*sys.modules)
"""
READERS = {
    "gbvkg", "gbvkg.errors", "gbvkg.formats", "gbvkg.lazily", "gbvkg.project", "gbvkg.vocabulary",
    "gbvkg.release", "gbvkg.release.agreement", "gbvkg.release.folder", "gbvkg.release.manifest",
}  # fmt: skip
"""All of gbvkg that a process needs that finds, reads and verifies releases: nothing that makes them."""


def test_reading_a_release_loads_nothing_of_the_make_half(release: Path) -> None:
    """A service finds and verifies releases without the readers, the shapes, the engines and the writers."""
    command = [sys.executable, "-c", READING, str(release.parent)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert {name for name in loaded if name.partition(".")[0] == "gbvkg"} <= READERS
    assert not loaded & {"rdflib", "pyshacl", "owlready2", "sqlite3", "SPARQLWrapper"}
