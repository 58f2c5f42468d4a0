"""The default engine: Core on tables and SPARQL-based constraints as set-level queries, over one set of
shapes.

Judging a graph is: find the focus nodes of every root shape, judge each of them (Core), and run every
SPARQL-based constraint once over the focus nodes that property shapes lead to. This module refuses roots
with ``unproven`` features; the caller hands those to pySHACL.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from gbvkg.validation import paths
from gbvkg.validation.constraints import Core, Result
from gbvkg.validation.paths import EMPTY, Path
from gbvkg.validation.shapes import Constraint, Root, Shape, Shapes
from gbvkg.validation.sparql import Queries
from gbvkg.validation.tables import Tables, Term, Values


class Route(NamedTuple):
    """A way from a root's focus nodes to the focus nodes of a SPARQL-based constraint."""

    root: Root
    path: Path
    constraint: Constraint


def routes(root: Root) -> Iterator[Route]:
    """The SPARQL-based constraints whose results a root reports: its own and its property shapes'."""

    def follow(shape: Shape, path: Path) -> Iterator[Route]:
        for constraint in shape.constraints:
            if constraint.query is not None:
                yield Route(root, path, constraint)
            elif constraint.local == "PropertyConstraintComponent":
                beyond = path if shape.path is None else paths.join(path, shape.path)
                yield from follow(constraint.shapes[0], beyond)

    return follow(root.shape, EMPTY)


class Engine:
    """Shapes bound to one graph."""

    def __init__(self, shapes: Shapes, tables: Tables) -> None:
        self.shapes = shapes
        self.tables = tables
        self.roots = [root for root in shapes.roots if not root.unproven]
        self.routes: dict[int, list[Route]] = {}
        for root in self.roots:
            for route in routes(root):
                self.routes.setdefault(route.constraint.number, []).append(route)
        self.forget()

    def forget(self) -> None:
        """Bind anew: the tables were changed."""
        self.queries = Queries(self.shapes, self.tables, self._values_of)
        self.core = Core(self.shapes, self.tables, self.queries)
        self._foci: dict[object, dict[Term, None]] = {}

    def _values_of(self, shape: Shape, focus: Term) -> Values:
        return self.core.bound(shape).values(focus)

    def judge(self, root: Root, foci: Iterable[Term]) -> Iterator[tuple[Term, list[Result]]]:
        """Core: the focus nodes of ``root`` that have results, each with its results."""
        bound = self.core.bound(root.shape)
        for focus in foci:
            results: list[Result] = []
            bound.judge(focus, results)
            if results:
                yield focus, results

    def foci(self, constraint: Constraint) -> dict[Term, None]:
        """The focus nodes of a SPARQL-based constraint: what its routes reach from the roots' focus nodes.

        Constraints with the same routes get the same dict.
        """
        key = self._way(constraint.number)
        if key not in self._foci:
            self._foci[key] = {
                focus: None
                for route in self.routes.get(constraint.number, ())
                for step in (paths.bind(route.path, self.tables),)
                for start in self.core.targets(route.root.targets)
                for focus in step(start)
            }
        return self._foci[key]

    def asked(self) -> list[Constraint]:
        """The SPARQL-based constraints that report results; those with the same focus nodes together, so that
        these are written into the store once.
        """
        together: dict[object, list[Constraint]] = {}
        for number in sorted(self.routes):
            together.setdefault(self._way(number), []).append(self.shapes.constraints[number])
        return [constraint for group in together.values() for constraint in group]

    def _way(self, number: int) -> object:
        return tuple((id(route.root.shape), route.path) for route in self.routes.get(number, ()))
