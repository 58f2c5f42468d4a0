"""The manifest: what a release consists of, so that anybody can tell whether a copy is whole.

``manifest.json`` lists every file with its size, SHA-256 and media type, and is the same for the same input.
The embedded store is the one thing that never comes out byte for byte the same, so its files are in
``store.json``. This module refuses a manifest that names a file outside its own folder, and trusts nothing in
a release that came from elsewhere: whatever is in it, the answer is ReleaseCorrupt.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import Any, NoReturn

from pyoxigraph import Store

from gbvkg.errors import ReleaseCorrupt
from gbvkg.formats import media_type_of_file
from gbvkg.release.agreement import Problem, disagreements

MANIFEST = "manifest.json"
STORE = "store"
STORE_MANIFEST = "store.json"
QUADS = "dataset.nq"

MOST_BYTES = 16_000_000
"""How large a manifest may be; one of 100 files has 20 kB."""

_LAYOUT = 1
_SHOWN = 20
_LONGEST = 200


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
    from, ``previous`` the version and the manifest's SHA-256 of the release before it. ``used`` has, for
    ontology, shapes, context and queries, the version that they say they have (None for none) and one SHA-256
    over their files; it is None in a release made before it was told.
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
    used: dict[str, dict[str, str | None]] | None = None
    layout: int = _LAYOUT


def sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def files_in(folder: Path, root: Path) -> tuple[File, ...]:
    """Every file under ``folder``, by path relative to ``root``."""
    return tuple(_file(path, root) for path in sorted(_walk(folder)))


def write_manifest(release: Path, **about: Any) -> Manifest:
    """Write ``manifest.json`` of all in ``release`` except the store; ``about`` has the other fields."""
    (release / MANIFEST).unlink(missing_ok=True)  # it does not list itself
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
        manifest = Manifest(**{**content, "files": _listed(path, content)})
    except (TypeError, KeyError):
        raise _unreadable(path) from None
    if not _is_sound(manifest) or any(_belongs_to_store(file.path) for file in manifest.files):
        raise _unreadable(path)
    return manifest


def read_store_manifest(release: Path) -> tuple[int, tuple[File, ...]]:
    """How many quads the embedded store holds, and its files. Raises as ``read_manifest`` does."""
    path = release / STORE_MANIFEST
    content = _read(path)
    try:
        quads, files = content["quads"], _listed(path, content)
    except (TypeError, KeyError):
        raise _unreadable(path) from None
    if not _is_count(quads) or not all(file.path.startswith(f"{STORE}/") for file in files):
        raise _unreadable(path)
    return quads, files


def verify(release: Path, *, contents: bool = True) -> Manifest:
    """The manifest, when the release is exactly what it says.

    Every file is there with its size and SHA-256, no other file, folder or link is, the N-Quads have as many
    lines as the manifest counts, and the store opens and has as many quads as were put in. With ``contents``
    every serialisation, compressed copy and the store are also compared with the N-Quads; without, it is for
    a release that this process just wrote. Raises ReleaseCorrupt that names the files otherwise.
    """
    manifest = read_manifest(release)
    quads, store_files = read_store_manifest(release)
    expected = {file.path: file for file in (*manifest.files, *store_files)}
    try:
        problems = _differences(release, expected) or _miscounts(release, manifest.quads, quads)
        if contents and not problems:
            checksums = {file.path: file.sha256 for file in manifest.files}
            problems = disagreements(release, checksums, manifest.graphs)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        problems = [(f"een bestand is niet leesbaar: {reason}", f"a file cannot be read: {reason}")]
    if problems:
        raise corrupt(release, problems)
    return manifest


def _is_sound(manifest: Manifest) -> bool:
    """Whether the fields are of their types: JSON can say anything."""
    texts = (manifest.dataset, manifest.version, manifest.issued, manifest.tool, manifest.inputs)
    previous = manifest.previous
    return (
        all(isinstance(text, str) for text in texts)
        and _is_count(manifest.quads)
        and all(_are_counts(counts) for counts in (manifest.graphs, manifest.findings))
        and (previous is None or _names_a_release(previous))
        and (manifest.used is None or _tells_what_was_used(manifest.used))
        and len({file.path for file in manifest.files}) == len(manifest.files)
    )


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _are_counts(value: object) -> bool:
    return isinstance(value, dict) and all(map(_is_count, value.values()))


def _names_a_release(value: object) -> bool:
    wanted = {"version", "manifest_sha256"}
    return (
        isinstance(value, dict) and value.keys() == wanted and all(isinstance(v, str) for v in value.values())
    )


def _tells_what_was_used(value: object) -> bool:
    return isinstance(value, dict) and all(
        isinstance(part, dict)
        and part.keys() == {"version", "sha256"}
        and isinstance(part["sha256"], str)
        and isinstance(part["version"], str | None)
        for part in value.values()
    )


def _walk(folder: Path) -> list[Path]:
    found = [Path(parent, name) for parent, _, names in os.walk(folder) for name in names]
    links = [Path(parent, name) for parent, names, _ in os.walk(folder) for name in names]
    return found + [path for path in links if path.is_symlink()]


def _folders(root: Path) -> list[str]:
    folders = (Path(parent, name) for parent, names, _ in os.walk(root) for name in names)
    return [path.relative_to(root).as_posix() for path in folders if not path.is_symlink()]


def _file(path: Path, root: Path) -> File:
    relative = path.relative_to(root)
    return File(relative.as_posix(), path.stat().st_size, sha256(path), media_type_of_file(relative))


def _belongs_to_store(path: str) -> bool:
    return path == STORE_MANIFEST or path.startswith(f"{STORE}/")


def _dump(content: Mapping[str, Any], path: Path) -> None:
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", "utf-8")


def _read(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(_bytes(path), parse_constant=_no_number)
    except (FileNotFoundError, NotADirectoryError):
        raise corrupt(path.parent, [(f"{path.name} ontbreekt", f"{path.name} is missing")]) from None
    except (ValueError, OSError, RecursionError):
        content = None
    if not isinstance(content, dict) or content.get("layout") != _LAYOUT:
        raise _unreadable(path)
    return content


def _bytes(path: Path) -> bytes:
    """The content of a regular file of at most ``MOST_BYTES``; never waits for a pipe, follows no link."""
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(handle, "rb") if stat.S_ISREG(os.fstat(handle).st_mode) else _closed(handle) as file:
        content = file.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise ValueError(path)
    return content


def _closed(handle: int) -> NoReturn:
    os.close(handle)
    raise ValueError("not a regular file")


def _no_number(constant: str) -> NoReturn:
    """NaN and Infinity are no JSON (RFC 8259 §6), though Python reads them."""
    raise ValueError(constant)


def _listed(path: Path, content: dict[str, Any]) -> tuple[File, ...]:
    files = tuple(File(**row) for row in content["files"])
    for file in files:
        texts = (file.path, file.sha256, file.media_type)
        if not all(isinstance(text, str) for text in texts) or not _is_count(file.size):
            raise _unreadable(path)
        if not _inside(file.path):
            raise _unreadable(path)
    return files


def _inside(path: str) -> bool:
    parts = PurePosixPath(path).parts
    return (
        path == "/".join(parts) and bool(parts) and ".." not in parts and path[0] != "/" and "\0" not in path
    )


def _differences(release: Path, expected: Mapping[str, File]) -> list[Problem]:
    present = {path.relative_to(release).as_posix(): path for path in _walk(release)}
    missing = [name for name in expected if name not in present]
    parents = {parent.as_posix() for name in expected for parent in PurePosixPath(name).parents}
    strange = [name for name in present if name not in {*expected, MANIFEST, STORE_MANIFEST}]
    strange += [name for name in _folders(release) if name not in parents]
    if QUADS not in expected:
        missing.append(QUADS)
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
    """The error that names what is wrong; names out of a release are shown, not obeyed."""
    dutch, english = (", ".join(map(_shown, texts[:_SHOWN])) for texts in zip(*problems, strict=True))
    more = f" (+{len(problems) - _SHOWN})" if len(problems) > _SHOWN else ""
    name = _shown(release.name)
    return ReleaseCorrupt(
        f"Release {name} is beschadigd: {dutch}{more}. Zet een goede kopie terug.",
        f"Release {name} is damaged: {english}{more}. Restore it from a good copy.",
    )


def _shown(text: str) -> str:
    """``text`` without characters that steer a terminal or hide, and not too long."""
    seen = "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)
    return seen if len(seen) <= _LONGEST else f"{seen[:_LONGEST]}…"
