"""How things get their IRI: the table ``ontology/identifiers.yaml``, read once.

A reference comes from the plan and a number or key, never from a title or a person. This module refuses to
invent: without the values that the table asks for there is no IRI.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cached_property, lru_cache
from pathlib import Path

import yaml

from gbvkg.errors import ProjectError

SEGMENT = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._~-]*[A-Za-z0-9_~-])?\Z")
"""One segment of a reference: what is unreserved in an IRI (RFC 3986 §2.3) and no dot at either end."""


@dataclass(frozen=True)
class Row:
    """How a class mints: ``kind`` segment, ``key`` term, ``parent`` term, "^" (the enclosing thing) or ""."""

    kind: str
    key: str
    parent: str


@dataclass(frozen=True)
class Identifiers:
    """The whole table. ``files`` maps a pattern of file paths below ``data/`` to the class whose reference it
    repeats,
    ``texts`` the same for the plain texts kept beside a source document; ``graphs`` maps a path to its named
    graph."""

    classes: dict[str, Row]
    inherit: tuple[str, ...] = ()
    files: dict[str, str] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    graphs: dict[str, str] = field(default_factory=dict)
    anywhere: tuple[str, ...] = ()
    """Classes whose things keep the IRI, of whatever kind, of what they were before; they mint none."""

    def expected_path(self, relative: str, class_name: str, reference: str) -> str:
        """The path below ``data/`` that a file with this thing must have, or "" for any."""
        for pattern, owner in self.files.items():
            if owner == class_name and fnmatchcase(relative, _glob(pattern)):
                parent, _, key = reference.rpartition("/")
                return pattern.replace("{parent}", parent).replace("{key}", key)
        return ""

    @cached_property
    def kinds(self) -> frozenset[str]:
        """Every kind that a class of the table mints."""
        return frozenset(row.kind for row in self.classes.values())

    def kind_of(self, class_name: str) -> str:
        """The kind of the things of a class, or "" when the table does not have the class."""
        row = self.classes.get(class_name)
        return row.kind if row else ""

    def owner_of(self, relative: str) -> str:
        """The class of the thing that the file ``relative`` (below ``data/``) must describe, or ""."""
        return self.promise_of(relative)[0]

    def promise_of(self, relative: str) -> tuple[str, str, str]:
        """The class of the thing that the file ``relative`` (below ``data/``) must describe, the reference of
        the thing that it is part of, and its own key; empty for a file that promises nothing."""
        for pattern, owner in self.files.items():
            found = re.fullmatch(re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(pattern)), relative)
            if found:
                parts = found.groupdict()
                return owner, parts.get("parent", ""), parts.get("key", "")
        return "", "", ""

    def text_of(self, relative: str) -> str:
        """``kind/key`` of the thing whose text the file ``relative`` (below ``data/``) is, or ""."""
        for pattern, owner in self.texts.items():
            match = re.fullmatch(re.escape(pattern).replace(r"\{key\}", r"([^/]+)"), relative)
            if match:
                return f"{self.classes[owner].kind}/{match.group(1)}"
        return ""

    def graph_of(self, relative: str) -> str:
        """The name (after ``<base>id/graph/``) of the graph for the file ``relative`` below ``data/``."""
        folders = relative.split("/")
        for pattern, name in self.graphs.items():
            if fnmatchcase(relative, pattern):
                return name.format(*folders)
        return folders[0].partition(".")[0]


def _glob(pattern: str) -> str:
    return pattern.replace("{parent}", "*").replace("{key}", "*")


@lru_cache(maxsize=8)
def _load(path: Path, _stamp: int) -> Identifiers:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        table = yaml.load(path.read_text("utf-8"), Loader=loader)
        default = table["default"]
        rows = {
            name: Row(row["kind"], row.get("key", default["key"]), row.get("parent", default["parent"]) or "")
            for name, row in table["classes"].items()
        }
        more = {name: dict(table.get(name) or {}) for name in ("files", "texts", "graphs")}
        inherit, anywhere = (tuple(table.get(name, ())) for name in ("inherit", "anywhere"))
        return Identifiers(rows, inherit, **more, anywhere=anywhere)
    except (OSError, yaml.YAMLError, KeyError, TypeError, AttributeError, ValueError) as error:
        raise ProjectError(f"{path} is niet leesbaar: {error}", f"{path} cannot be read: {error}") from error


def load_identifiers(path: Path) -> Identifiers:
    """The table in ``path``. Raises ProjectError when it is absent or malformed."""
    try:
        stamp = path.stat().st_mtime_ns
    except OSError as error:
        raise ProjectError(f"{path} ontbreekt.", f"{path} is missing.") from error
    return _load(path, stamp)
