"""A document about a thing in JSON-LD, compacted with the context of its release: its keys are the terms of
the fiches, as in the JSON-LD of the release itself.

The part of the context that a document uses is written in it, so that nobody needs the network to read it.
This module refuses what that JSON-LD has no words for (a blank node, a term about a triple, an IRI that would
be read as a prefixed name): who asks then writes it in another way.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from pathlib import Path
from typing import Any

from pyoxigraph import DefaultGraph, Literal, NamedNode, RdfFormat, Triple, parse

from gbvkg import vocabulary
from gbvkg.errors import ReleaseError
from gbvkg.release.jsonld import Context, node
from gbvkg.release.order import RDF_TYPE, Row

NAME = "context.jsonld"
"""The file of a release with its whole context."""

LARGEST = 2_000_000
"""Bytes of N-Triples that are compacted: that of 190 terms of an ontology takes a fifth of it, and 40 ms."""


def context(release: Path) -> Context:
    """The context of a release; of one that brings none, the one that came with gbvkg."""
    path = release / NAME
    if not path.is_file():
        return Context(vocabulary.context())
    return Context(json.loads(path.read_text("utf-8"))["@context"])


def compacted(lines: bytes, about: str, known: Context) -> bytes | None:
    """JSON-LD 1.1 of N-Triples, the node of ``about`` first and a node a line; None for what it cannot say,
    and for more than ``LARGEST`` bytes.

    The same triples give the same bytes, in whatever order they come.
    """
    if len(lines) > LARGEST:
        return None
    try:
        nodes = [node(subject, rows, known) for subject, rows in _by_subject(lines, about)]
    except ReleaseError:
        return None
    written = ",\n".join(map(_dump, nodes))
    return f'{{"@context":{_dump(_used(known, nodes))},\n"@graph":[\n{written}\n]}}\n'.encode()


def _by_subject(lines: bytes, about: str) -> Iterator[tuple[NamedNode, list[Row]]]:
    """The rows of each thing in order, the type first. Sorted as lines, which is much faster than as terms,
    and keeps other threads waiting for less long.
    """
    own = f"<{about}> ".encode()
    told = sorted(set(lines.splitlines()))
    first = [line for line in told if line.startswith(own)]
    rest = [line for line in told if not line.startswith(own)]
    rows = (_row(quad.triple) for quad in parse(b"\n".join(first + rest), format=RdfFormat.N_TRIPLES))
    for subject, members in groupby(rows, lambda row: row.subject):
        found = list(members)
        types = [row for row in found if row.predicate.value == RDF_TYPE]
        yield subject, types + [row for row in found if row.predicate.value != RDF_TYPE]


def _row(triple: Triple) -> Row:
    subject, predicate, value = triple
    is_sayable = isinstance(value, NamedNode) or (isinstance(value, Literal) and not value.direction)
    if not isinstance(subject, NamedNode) or not is_sayable:
        raise ReleaseError("geen JSON-LD", "no JSON-LD")
    return Row(subject, predicate, value, DefaultGraph())


def _used(known: Context, nodes: Iterable[Mapping[str, Any]]) -> dict[str, object]:
    """The definitions that nodes need, with those that these need in turn."""
    definitions, used = known.definitions, set()

    def add(name: str) -> None:
        for term in (name, name.partition(":")[0]):
            if term in definitions and term not in used:
                used.add(term)
                for text in _texts(definitions[term]):
                    add(text)

    for name in ("@version", known.id):
        add(name)
    for found in nodes:
        for name in _names(found, known.type):
            add(name)
    return {name: definition for name, definition in definitions.items() if name in used}


def _names(found: Any, kind: str) -> Iterator[str]:
    """What is read with the context: keys, classes and datatypes."""
    if isinstance(found, list):
        for value in found:
            yield from _names(value, kind)
    elif isinstance(found, dict):
        for key, value in found.items():
            yield key
            yield from _texts(value) if key in (kind, "@type") else _names(value, kind)


def _texts(found: object) -> Iterator[str]:
    if isinstance(found, str):
        yield found
    elif isinstance(found, list):
        for value in found:
            yield from _texts(value)
    elif isinstance(found, dict):
        for value in found.values():
            yield from _texts(value)


def _dump(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
