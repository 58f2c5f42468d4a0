"""The base IRI, the one prefix table and the languages of a label.

The prefix table is the prefix part of ``ontology/context.jsonld``; nothing else in gbvkg spells a namespace
out. This module refuses to know any class or property of the domain: those are data.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

BASE = "https://w3id.org/gbvkg/"
"""Base IRI of the ontology, its code lists and the packaged data: ns# terms, id/ things, doc/ documents."""

LANGUAGES = ("nl", "en")
"""Languages that every text for a user must have, in order of preference."""


@cache
def packaged_root() -> Path:
    """The project folder that came with gbvkg: inside the wheel, or the clone that gbvkg runs from."""
    inside = Path(__file__).parent / "project"
    return inside if inside.is_dir() else Path(__file__).parent.parent


@cache
def context() -> dict[str, object]:
    """The term definitions of ``ontology/context.jsonld`` (JSON-LD 1.1)."""
    path = packaged_root() / "ontology" / "context.jsonld"
    loaded: dict[str, dict[str, object]] = json.loads(path.read_text("utf-8"))
    return loaded["@context"]


@cache
def prefixes() -> dict[str, str]:
    """Prefix → namespace IRI, in the order of the table."""
    return {
        term: value
        for term, value in context().items()
        if isinstance(value, str) and value.endswith(("#", "/")) and not term.startswith("@")
    }


def expand(curie: str) -> str:
    """The IRI of ``prefix:local``.

    Raises KeyError when the prefix is not in the table.
    """
    prefix, _, local = curie.partition(":")
    return prefixes()[prefix] + local


@cache
def _by_length() -> list[tuple[str, str]]:
    return sorted(((ns, prefix) for prefix, ns in prefixes().items()), key=lambda row: -len(row[0]))


def referred(iri: str, base: str) -> str:
    """A thing as the sources of the project with this base IRI refer to it (``mandate/els-1``), else as
    ``shrink`` has it.
    """
    home = f"{base}id/"
    return iri.removeprefix(home) if iri.startswith(home) else shrink(iri)


def shrink(iri: str) -> str:
    """``prefix:local`` for an IRI of the table's longest matching namespace, else ``<iri>``."""
    for namespace, prefix in _by_length():
        if iri.startswith(namespace) and "/" not in iri[len(namespace) :] and iri != namespace:
            return f"{prefix}:{iri[len(namespace) :]}"
    return f"<{iri}>"
