"""A project folder: where the ontology, shapes, queries and data of one publication are.

A folder is a project when it has ``data/dataset.yaml``. What it does not have itself (ontology, shapes,
queries) comes from the project that gbvkg was shipped with. This module refuses to read any of the files it
points at, except the two settings that reading needs: the base IRI and the version.
"""

from __future__ import annotations

import errno
import os
import re
import stat
from contextlib import suppress
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

import yaml

from gbvkg.errors import BadVersion, ProjectError
from gbvkg.vocabulary import packaged_root

_SPACE = re.compile(r"https?://[^\s<>\"{}|\\^`]+/id/")
VERSION = re.compile(r"[0-9]{4}([.-][0-9]{1,3}){1,2}(-[a-z][a-z0-9]{0,19})?")
"""What a version may be: the name of a release, and so never a path."""

LARGEST = 5_000_000
"""How many bytes a YAML source may have, the description of the project included."""

_TEXT = "tag:yaml.org,2002:str"


@dataclass(frozen=True)
class Project:
    """Paths of one project. ``base`` ends in "/"; things live under ``base + "id/"``."""

    root: Path
    base: str
    version: str

    @classmethod
    def open(cls, root: Path | None = None) -> Project:
        """The project in ``root``, or the packaged one.

        Raises ProjectError, naming file, line and column, when ``data/dataset.yaml`` is absent, is not to be
        read safely, or has no right ``uriSpace`` or ``version``.
        """
        folder = (root or packaged_root()).resolve()
        path = folder / "data" / "dataset.yaml"
        settings = _settings(folder, path)
        space, version = settings.text("uriSpace"), settings.text("version")
        if space is None or not _SPACE.fullmatch(space):
            raise settings.fault(
                "uriSpace",
                '"uriSpace" moet een IRI (http of https) zijn die op "/id/" eindigt.',
                '"uriSpace" must be an IRI (http or https) that ends in "/id/".',
            )
        if version is None:
            raise settings.fault(
                "version",
                '"version" ontbreekt of is geen tekst (zet ze tussen aanhalingstekens).',
                '"version" is missing or not a string (put it between quotes).',
            )
        try:
            return cls(folder, space.removesuffix("id/"), checked_version(version))
        except BadVersion as error:
            raise settings.fault("version", error.nl, error.en) from None

    def folder(self, name: str) -> Path:
        """``ontology``, ``shapes`` or ``queries`` of this project, or the packaged one when it has none."""
        own = self.root / name
        return own if own.is_dir() else packaged_root() / name

    @property
    def data(self) -> Path:
        return self.root / "data"

    @property
    def releases(self) -> Path:
        """Where releases go unless told otherwise: in the project, or for the wheel's own in the current
        folder.
        """
        inside_wheel = self.root == packaged_root().resolve() and self.root.name == "project"
        return (Path.cwd() if inside_wheel else self.root) / "releases"


def checked_version(version: str) -> str:
    """``version`` if it can name a release: a year and numbers, as 2026.1, 2026.1.2, 2026-11-22 or
    2026.1-draft.

    Raises BadVersion for everything else.
    """
    if VERSION.fullmatch(version):
        return version
    shown = ascii(version[:80])
    raise BadVersion(
        f"{shown} is geen versie van een release; gebruik een jaar en nummers, zoals 2026.1 of 2026-11-22.",
        f"{shown} is not the version of a release; use a year and numbers, such as 2026.1 or 2026-11-22.",
    )


class _Settings:
    """The keys of ``data/dataset.yaml``, with where they are; what they mean is for the reader of sources."""

    def __init__(self, path: Path, root: yaml.Node | None) -> None:
        self.path = path
        rows = root.value if isinstance(root, yaml.MappingNode) else []
        self.rows = {key.value: (key, value) for key, value in rows if isinstance(key, yaml.ScalarNode)}

    def text(self, name: str) -> str | None:
        """The text under a key; None when there is none or something else, such as a number."""
        value = self.rows[name][1] if name in self.rows else None
        return value.value if isinstance(value, yaml.ScalarNode) and value.tag == _TEXT else None

    def fault(self, name: str, nl: str, en: str) -> ProjectError:
        """What is wrong with the value of a key, at its place; of an absent key at the one that it may be."""
        near = get_close_matches(name.casefold(), {key.casefold(): key for key in self.rows}, 1)
        meant = next((key for key in self.rows if near and key.casefold() == near[0]), "")
        if name in self.rows:
            mark = self.rows[name][1].start_mark
        elif meant:
            mark = self.rows[meant][0].start_mark
            nl += f' De sleutel "{meant}" bestaat niet. Bedoelde u "{name}"?'
            en += f' The key "{meant}" does not exist. Did you mean "{name}"?'
        else:
            return ProjectError(f"{self.path}:1:1: {nl}", f"{self.path}:1:1: {en}")
        place = f"{self.path}:{mark.line + 1}:{mark.column + 1}"
        return ProjectError(f"{place}: {nl}", f"{place}: {en}")


def _settings(folder: Path, path: Path) -> _Settings:
    """What ``data/dataset.yaml`` says.

    Raises ProjectError when the file is absent, outside the project, no regular file, too large or no YAML.
    """
    try:
        return _Settings(path, yaml.compose(_text(folder, path), Loader=yaml.SafeLoader))
    except (yaml.YAMLError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        place = f"{path}:{mark.line + 1}:{mark.column + 1}" if mark else f"{path}"
        problem = getattr(error, "problem", None) or " ".join(str(error).split())
        raise ProjectError(
            f"{place}: is niet leesbaar als YAML: {problem}.", f"{place}: cannot be read as YAML: {problem}."
        ) from error


def _text(folder: Path, path: Path) -> str:
    """The text of ``path``, opened as carefully as any source."""
    if not os.path.lexists(path):
        raise ProjectError(
            f"{folder} is geen projectmap: {path} ontbreekt.", f"{folder} is not a project folder: no {path}."
        )
    problem: tuple[object, object] = (
        "geen gewoon bestand in de projectmap",
        "no regular file in the project",
    )
    try:
        if is_regular_inside(path, folder):
            content = read_regular(path, LARGEST + 1)
            if len(content) <= LARGEST:
                return content.decode("utf-8-sig")
            problem = (f"groter dan {LARGEST} bytes", f"larger than {LARGEST} bytes")
    except (OSError, UnicodeDecodeError) as error:
        problem = (error, error)
    raise ProjectError(f"{path} is niet leesbaar: {problem[0]}", f"{path} cannot be read: {problem[1]}")


# --- opening a file that somebody else made -----------------------------------------------------------------


def is_regular_inside(path: Path, root: Path) -> bool:
    """Whether ``path``, its links followed, is a regular file below the resolved folder ``root``.

    Raises OSError when there is no such file.
    """
    real = os.path.realpath(path, strict=True)
    return real.startswith(f"{root}{os.sep}") and stat.S_ISREG(os.stat(real).st_mode)


def read_regular(path: Path, most: int) -> bytes:
    """The first ``most`` bytes of a regular file, all of it for -1. Never waits for the other end of a pipe.

    Raises OSError for anything that cannot be opened or is no regular file.
    """
    with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as stream:
        if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
        return stream.read(most)


def safe_folder(folder: Path) -> bool:
    """Whether ``folder`` is a folder of its own, made when absent. A link is not: it may lead anywhere."""
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        return stat.S_ISDIR(os.lstat(folder).st_mode)
    return False
