"""A statement and its place: what every reader produces and everything after it consumes."""

from __future__ import annotations

from typing import NamedTuple

from pyoxigraph import BlankNode, Literal, NamedNode

Subject = NamedNode | BlankNode
Object = NamedNode | BlankNode | Literal


class Place(NamedTuple):
    """Where a statement was written: a file of the project, line and column from 1 (0: the whole file)."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return ":".join([self.file, *(str(n) for n in (self.line, self.column) if n)])


class Statement(NamedTuple):
    """One quad and its place. Terms keep their lexical form exactly as written (no canonicalisation)."""

    subject: Subject
    predicate: NamedNode
    object: Object
    graph: NamedNode
    place: Place
