"""Which ontology, shapes, context and queries a release was made with: their versions and their hashes.

A version is what the part says of itself (``owl:versionInfo``, ``version``) and tells people what to expect;
the hash is over its files and tells whether two releases were made with exactly the same. This module refuses
to make a version up: a part that says none has none.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml
from pyoxigraph import Literal, NamedNode, RdfFormat, parse

from gbvkg.errors import ProjectError
from gbvkg.release.inputs import Input
from gbvkg.vocabulary import expand

CONTEXT = "ontology/context.jsonld"
QUERIES = "queries/version.yaml"


@dataclass(frozen=True)
class Used:
    """``sha256`` is over lines "<SHA-256>  <name>" of the part's files, by name; ``inputs`` are the names."""

    version: str | None
    sha256: str
    inputs: tuple[str, ...]


def read_used(inputs: Sequence[Input]) -> dict[str, Used]:
    """The parts by name: "ontology" (all of its folder but the context), "shapes", "context" and "queries"
    (with the rules). Raises ProjectError for a version that is no text.
    """
    return {
        part: Used(version(files), _digest(files), tuple(each.name for each in files))
        for part, (belongs, version) in _PARTS.items()
        for files in [[each for each in inputs if belongs(each.name)]]
    }


def _digest(files: Iterable[Input]) -> str:
    lines = "".join(f"{each.sha256}  {each.name}\n" for each in sorted(files, key=lambda each: each.name))
    return hashlib.sha256(lines.encode()).hexdigest()


def _of_namespace(prefix: str) -> Callable[[Sequence[Input]], str | None]:
    """Reads the ``owl:versionInfo`` of the ontology whose terms have this prefix, out of Turtle files."""
    node = NamedNode(expand(f"{prefix}:").removesuffix("#"))
    info = NamedNode(expand("owl:versionInfo"))

    def version(files: Sequence[Input]) -> str | None:
        found = [
            quad.object.value
            for each in files
            if each.path.suffix == ".ttl" and node.value.encode() in each.path.read_bytes()
            for quad in parse(path=str(each.path), format=RdfFormat.TURTLE)
            if quad.subject == node and quad.predicate == info and isinstance(quad.object, Literal)
        ]
        return min(found, default=None)

    return version


def _of_context(files: Sequence[Input]) -> str | None:
    return _text(files, CONTEXT, "owl:versionInfo", json.loads)


def _of_queries(files: Sequence[Input]) -> str | None:
    return _text(files, QUERIES, "version", yaml.safe_load)


def _text(files: Sequence[Input], name: str, key: str, load: Callable[[str], object]) -> str | None:
    """The text at ``key`` in the file ``name``; None when there is no such file or key."""
    path = next((each.path for each in files if each.name == name), None)
    if path is None:
        return None
    value = _loaded(path, load).get(key)
    if value is None or isinstance(value, str):
        return value
    raise ProjectError(
        f'{path}: "{key}" is geen tekst (zet ze tussen aanhalingstekens).',
        f'{path}: "{key}" is not a string (put it between quotes).',
    )


def _loaded(path: Path, load: Callable[[str], object]) -> dict[object, object]:
    try:
        content = load(path.read_text("utf-8"))
    except (ValueError, yaml.YAMLError, RecursionError) as error:
        nl, en = f"{path} is niet leesbaar: {error}", f"{path} cannot be read: {error}"
        raise ProjectError(nl, en) from error
    return content if isinstance(content, dict) else {}


_PARTS: dict[str, tuple[Callable[[str], bool], Callable[[Sequence[Input]], str | None]]] = {
    "ontology": (lambda name: name.startswith("ontology/") and name != CONTEXT, _of_namespace("gbv")),
    "shapes": (lambda name: name.startswith("shapes/"), _of_namespace("gbvsh")),
    "context": (lambda name: name == CONTEXT, _of_context),
    "queries": (lambda name: name.startswith("queries/"), _of_queries),
}
"""Name → which inputs belong to it, and what reads its version."""
