"""The manifest: what a release consists of, so that anybody can tell whether a copy is whole.

``manifest.json`` lists every file with its size, SHA-256 and media type, and is the same for the same input.
The embedded store is the one thing that never comes out byte for byte the same, so its files are in
``store.json``. This module refuses a manifest that names a file outside its own folder.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from pyoxigraph import Store

from gbvkg.errors import ReleaseCorrupt
from gbvkg.formats import media_type_of_file

MANIFEST = "manifest.json"
STORE = "store"
STORE_MANIFEST = "store.json"
QUADS = "dataset.nq"

Problem = tuple[str, str]
"""What is wrong with one file, in Dutch and in English."""

_LAYOUT = 1
_SHOWN = 20


@dataclass(frozen=True)
class File:
    """``path`` is relative to the release, with "/"; ``size`` in bytes; ``sha256`` in lower-case hex."""

    path: str
    size: int
    sha256: str
    media_type: str


@dataclass(frozen=True)
class Manifest:
    """What ``manifest.json`` says.

    ``dataset`` is the IRI of the dataset, ``graphs`` the number of quads per named graph, ``findings`` the
    number per severity ("waived" apart), ``inputs`` one SHA-256 over everything that the release was made
    from, ``previous`` the version and the manifest's SHA-256 of the release before it.
    """

    dataset: str
    version: str
    issued: str
    tool: str
    inputs: str
    quads: int
    graphs: dict[str, int]
    findings: dict[str, int]
    previous: dict[str, str] | None
    files: tuple[File, ...]
    layout: int = _LAYOUT


def sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def files_in(folder: Path, root: Path) -> tuple[File, ...]:
    """Every file under ``folder``, by path relative to ``root``."""
    return tuple(_file(path, root) for path in sorted(_walk(folder)))


def write_manifest(release: Path, **about: Any) -> Manifest:
    """Write ``manifest.json`` of all in ``release`` except the store; ``about`` has the other fields."""
    files = [file for file in files_in(release, release) if not _belongs_to_store(file.path)]
    manifest = Manifest(files=tuple(files), **about)
    _dump(asdict(manifest), release / MANIFEST)
    return manifest


def write_store_manifest(release: Path) -> None:
    """Write ``store.json``: the files of the embedded store, and how many quads it holds."""
    quads = len(Store.read_only(str(release / STORE)))
    files = [asdict(file) for file in files_in(release / STORE, release)]
    _dump({"layout": _LAYOUT, "quads": quads, "files": files}, release / STORE_MANIFEST)


def read_manifest(release: Path) -> Manifest:
    """The manifest of a release. Raises ReleaseCorrupt when it is absent, unreadable or of another layout."""
    path = release / MANIFEST
    content = _read(path)
    try:
        return Manifest(**{**content, "files": _listed(path, content)})
    except (TypeError, KeyError):
        raise _unreadable(path) from None


def read_store_manifest(release: Path) -> tuple[int, tuple[File, ...]]:
    """How many quads the embedded store holds, and its files. Raises as ``read_manifest`` does."""
    path = release / STORE_MANIFEST
    content = _read(path)
    try:
        return int(content["quads"]), _listed(path, content)
    except (TypeError, KeyError, ValueError):
        raise _unreadable(path) from None


def verify(release: Path) -> Manifest:
    """The manifest, when the release is exactly what it says.

    Every file is there with its size and SHA-256, no other file or link is, the N-Quads have as many lines
    as the manifest counts, and the store opens and has as many quads as were put in. Raises ReleaseCorrupt
    that names the files otherwise.
    """
    manifest = read_manifest(release)
    quads, store_files = read_store_manifest(release)
    expected = {file.path: file for file in (*manifest.files, *store_files)}
    problems = _differences(release, expected)
    if not problems:
        problems = _miscounts(release, manifest.quads, quads)
    if problems:
        raise corrupt(release, problems)
    return manifest


def _walk(folder: Path) -> list[Path]:
    found = [Path(parent, name) for parent, _, names in os.walk(folder) for name in names]
    links = [Path(parent, name) for parent, names, _ in os.walk(folder) for name in names]
    return found + [path for path in links if path.is_symlink()]


def _file(path: Path, root: Path) -> File:
    relative = path.relative_to(root)
    return File(relative.as_posix(), path.stat().st_size, sha256(path), media_type_of_file(relative))


def _belongs_to_store(path: str) -> bool:
    return path == STORE_MANIFEST or path.startswith(f"{STORE}/")


def _dump(content: Mapping[str, Any], path: Path) -> None:
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", "utf-8")


def _read(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_bytes())
    except FileNotFoundError:
        raise corrupt(path.parent, [(f"{path.name} ontbreekt", f"{path.name} is missing")]) from None
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, dict) or content.get("layout") != _LAYOUT:
        raise _unreadable(path)
    return content


def _listed(path: Path, content: dict[str, Any]) -> tuple[File, ...]:
    files = tuple(File(**row) for row in content["files"])
    if not all(_inside(file.path) and isinstance(file.size, int) for file in files):
        raise _unreadable(path)
    return files


def _inside(path: str) -> bool:
    parts = PurePosixPath(path).parts
    return bool(parts) and ".." not in parts and not path.startswith("/") and "\0" not in path


def _differences(release: Path, expected: Mapping[str, File]) -> list[Problem]:
    present = {path.relative_to(release).as_posix(): path for path in _walk(release)}
    missing = [name for name in expected if name not in present]
    strange = [name for name in present if name not in {*expected, MANIFEST, STORE_MANIFEST}]
    changed = [name for name in expected if name in present and _changed(present[name], expected[name])]
    return [
        *((f"{name} ontbreekt", f"{name} is missing") for name in sorted(missing)),
        *((f"{name} hoort er niet", f"{name} does not belong") for name in sorted(strange)),
        *((f"{name} is gewijzigd", f"{name} was changed") for name in sorted(changed)),
    ]


def _changed(path: Path, file: File) -> bool:
    if path.is_symlink() or not path.is_file() or path.stat().st_size != file.size:
        return True
    return sha256(path) != file.sha256


def _miscounts(release: Path, quads: int, stored: int) -> list[Problem]:
    problems = []
    with (release / QUADS).open("rb") as file:
        lines = sum(1 for _ in file)
    if lines != quads:
        problems.append((f"{QUADS}: {lines} regels, niet {quads}", f"{QUADS}: {lines} lines, not {quads}"))
    found = _stored(release / STORE)
    if found != stored:
        problems.append((f"{STORE}: {found} quads, niet {stored}", f"{STORE}: {found} quads, not {stored}"))
    return problems


def _stored(path: Path) -> int:
    try:
        return len(Store.read_only(str(path)))
    except OSError:
        return -1  # it does not open


def _unreadable(path: Path) -> ReleaseCorrupt:
    nl, en = f"{path.name} is geen manifest van een release", f"{path.name} is not a release's manifest"
    return corrupt(path.parent, [(nl, en)])


def corrupt(release: Path, problems: list[Problem]) -> ReleaseCorrupt:
    dutch, english = (", ".join(texts[:_SHOWN]) for texts in zip(*problems, strict=True))
    more = f" (+{len(problems) - _SHOWN})" if len(problems) > _SHOWN else ""
    return ReleaseCorrupt(
        f"Release {release.name} is beschadigd: {dutch}{more}. Zet een goede kopie terug.",
        f"Release {release.name} is damaged: {english}{more}. Restore it from a good copy.",
    )
