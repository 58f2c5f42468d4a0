"""The files that a release is made from: their names, hashes and, for all but the data, copies.

The data itself is in the release as the dataset; of its files the release tells the hash. This module
refuses to copy a file that is no longer what it was when it was hashed.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from gbvkg import __version__
from gbvkg.errors import ReleaseError
from gbvkg.project import Project
from gbvkg.release.manifest import sha256

COPIED = ("ontology", "shapes", "queries")
FOLDER = "inputs"


@dataclass(frozen=True, slots=True)
class Input:
    """``name`` is relative to the project, with "/", also when the file came with gbvkg."""

    name: str
    path: Path
    size: int
    sha256: str


def read_inputs(project: Project) -> list[Input]:
    """Every file of the project's data, ontology, shapes and queries, by name; hidden ones left alone."""
    folders = {"data": project.data, **{name: project.folder(name) for name in COPIED}}
    found = [
        _input(f"{name}/{path.relative_to(folder).as_posix()}", path)
        for name, folder in folders.items()
        for path in _walk(folder)
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
    rows = [{"name": each.name, "size": each.size, "sha256": each.sha256} for each in inputs]
    text = json.dumps({"digest": digest(inputs), "inputs": rows}, ensure_ascii=False, indent=1)
    (folder / "index.json").write_text(text + "\n", "utf-8")


def _input(name: str, path: Path) -> Input:
    return Input(name, path, path.stat().st_size, sha256(path))


def _walk(folder: Path) -> Iterator[Path]:
    for parent, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith((".", "__pycache__"))]
        for name in files:
            path = Path(parent, name)
            if not name.startswith(".") and path.is_file():
                yield path


def _changed(name: str) -> ReleaseError:
    return ReleaseError(
        f"{name} is gewijzigd terwijl de release gemaakt werd; publiceer opnieuw.",
        f"{name} was changed while the release was being made; publish again.",
    )
