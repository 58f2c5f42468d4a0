"""The files that a release is made from: their names, hashes and, for all but the data, copies.

The data itself is in the release as the dataset; of its files the release tells the hash. This module
refuses to copy a file that is no longer what it was when it was hashed, one that a link fetches from outside
the project, and one that nothing reads: notes and editors' backups are not anybody's to publish.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from gbvkg import __version__
from gbvkg.errors import ReleaseError
from gbvkg.project import Project
from gbvkg.release.manifest import sha256
from gbvkg.sources.files import check_inside, data_files
from gbvkg.sources.rules import Refused
from gbvkg.vocabulary import packaged_root

COPIED = {
    "ontology": {".ttl", ".jsonld", ".yaml", ".json"},
    "shapes": {".ttl"},
    "queries": {".rq", ".yaml"},
}
"""Folder → the suffixes of what is read in it."""

FOLDER = "inputs"


@dataclass(frozen=True, slots=True)
class Input:
    """``name`` is relative to the project, with "/", also when the file came with gbvkg."""

    name: str
    path: Path
    size: int
    sha256: str


def read_inputs(project: Project) -> list[Input]:
    """Every file of the project's data, and every one of its ontology, shapes and queries that is read; by
    name, hidden ones left alone.

    Raises ReleaseError for a link that leaves the project and for what is no regular file.
    """
    folders = {"data": project.data, **{name: project.folder(name) for name in COPIED}}
    found = [
        _input(f"{name}/{path.relative_to(folder).as_posix()}", path, project)
        for name, folder in folders.items()
        for path in data_files(folder)
        if path.suffix in COPIED.get(name, {path.suffix})
    ]
    return sorted(found, key=lambda each: each.name)


def digest(inputs: Sequence[Input]) -> str:
    """One SHA-256 for all inputs and the version of gbvkg: equal when a release would come out the same."""
    lines = "".join(f"{each.sha256}  {each.name}\n" for each in inputs)
    return hashlib.sha256(f"gbvkg {__version__}\n{lines}".encode()).hexdigest()


def copy_inputs(inputs: Sequence[Input], release: Path) -> None:
    """``inputs/`` of a release: the copies, and ``index.json`` with the name, size and SHA-256 of every
    input.

    Raises ReleaseError when a file, also one that is not copied, changed since ``read_inputs``.
    """
    folder = release / FOLDER
    for each in inputs:
        if not each.path.is_file() or sha256(each.path) != each.sha256:
            raise _changed(each.name)
        if each.name.startswith(tuple(f"{name}/" for name in COPIED)):
            target = folder / each.name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(each.path, target)
            if sha256(target) != each.sha256:
                raise _changed(each.name)
    rows = [{"name": each.name, "size": each.size, "sha256": each.sha256} for each in inputs]
    text = json.dumps({"digest": digest(inputs), "inputs": rows}, ensure_ascii=False, indent=1)
    (folder / "index.json").write_text(text + "\n", "utf-8")


def _input(name: str, path: Path, project: Project) -> Input:
    own = path.is_relative_to(project.root)
    if not name.isprintable():
        shown = ascii(name)
        raise ReleaseError(
            f"{shown} heeft een onzichtbaar of onleesbaar teken in zijn naam. Hernoem het bestand of de map.",
            f"{shown} has an invisible or unreadable character in its name. Rename the file or the folder.",
        )
    try:
        check_inside(path, project.root if own else packaged_root().resolve(), name)
        return Input(name, path, path.stat().st_size, sha256(path))
    except Refused as refused:
        raise ReleaseError(*(refused.finding.message[lang] for lang in ("nl", "en"))) from None
    except OSError as error:
        raise ReleaseError(
            f"{name} is niet leesbaar: {error.strerror}.", f"{name} cannot be read: {error.strerror}."
        ) from error


def _changed(name: str) -> ReleaseError:
    return ReleaseError(
        f"{name} is gewijzigd terwijl de release gemaakt werd; publiceer opnieuw.",
        f"{name} was changed while the release was being made; publish again.",
    )
