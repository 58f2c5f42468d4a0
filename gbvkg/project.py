"""A project folder: where the ontology, shapes, queries and data of one publication are.

A folder is a project when it has ``data/dataset.yaml``. What it does not have itself (ontology, shapes, queries)
comes from the project that gbvkg was shipped with. This module refuses to read any of the files it points at,
except the two settings that reading needs: the base IRI and the version.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import yaml

from gbvkg.errors import ProjectError
from gbvkg.vocabulary import packaged_root


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
        try:
            settings = yaml.safe_load(path.read_text("utf-8"))
        except FileNotFoundError:
            raise ProjectError(
                f"{folder} is geen projectmap: {path} ontbreekt.", f"{folder} is not a project folder: no {path}."
            ) from None
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            raise ProjectError(f"{path} is niet leesbaar: {error}", f"{path} cannot be read: {error}") from error
        space, version = (settings or {}).get("uriSpace"), (settings or {}).get("version")
        if not isinstance(space, str) or not space.endswith("/id/"):
            raise ProjectError(
                f'{path}: "uriSpace" moet een IRI zijn die op "/id/" eindigt.',
                f'{path}: "uriSpace" must be an IRI that ends in "/id/".',
            )
        if not isinstance(version, str):
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
        """Where releases go unless told otherwise: beside the project, or in the current folder for the wheel's own."""
        inside_wheel = self.root == packaged_root().resolve() and self.root.name == "project"
        return (Path.cwd() if inside_wheel else self.root) / "releases"

    def is_packaged(self) -> bool:
        return self.root == packaged_root().resolve()
