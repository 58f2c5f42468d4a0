"""A project folder: where the ontology, shapes, queries and data of one publication are.

A folder is a project when it has ``data/dataset.yaml``. What it does not have itself (ontology, shapes,
queries) comes from the project that gbvkg was shipped with. This module refuses to read any of the files it
points at, except the two settings that reading needs: the base IRI and the version.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import yaml

from gbvkg.errors import ProjectError
from gbvkg.vocabulary import packaged_root

_SPACE = re.compile(r"https?://[^\s<>\"{}|\\^`]+/id/")
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

        Raises ProjectError when ``data/dataset.yaml`` is absent or lacks ``uriSpace`` or ``version``.
        """
        folder = (root or packaged_root()).resolve()
        path = folder / "data" / "dataset.yaml"
        settings = _settings(folder, path)
        space, version = settings.get("uriSpace"), settings.get("version")
        if space is None or not _SPACE.fullmatch(space):
            raise ProjectError(
                f'{path}: "uriSpace" moet een IRI (http of https) zijn die op "/id/" eindigt.',
                f'{path}: "uriSpace" must be an IRI (http or https) that ends in "/id/".',
            )
        if version is None:
            raise ProjectError(
                f'{path}: "version" ontbreekt of is geen tekst (zet ze tussen aanhalingstekens).',
                f'{path}: "version" is missing or not a string (put it between quotes).',
            )
        return cls(folder, space.removesuffix("id/"), version)

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


def _settings(folder: Path, path: Path) -> dict[str, str]:
    """The top-level texts of ``data/dataset.yaml``; other values are for the reader of sources to judge.

    Raises ProjectError when the file is absent or no YAML.
    """
    try:
        node = yaml.compose(path.read_text("utf-8"), Loader=yaml.SafeLoader)
    except (FileNotFoundError, NotADirectoryError):
        raise ProjectError(
            f"{folder} is geen projectmap: {path} ontbreekt.", f"{folder} is not a project folder: no {path}."
        ) from None
    except (yaml.YAMLError, UnicodeDecodeError, OSError, RecursionError) as error:
        nl, en = f"{path} is niet leesbaar: {error}", f"{path} cannot be read: {error}"
        raise ProjectError(nl, en) from error
    rows = node.value if isinstance(node, yaml.MappingNode) else []
    return {key.value: value.value for key, value in rows if value.tag == _TEXT}
