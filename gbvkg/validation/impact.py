"""What a change can affect: the focus nodes whose verdict may differ after triples were added or removed.

Every place where judging a shape or a query may read a triple is known beforehand (``Read``): a path from
the focus node, a predicate, and which end of the triple the path reaches. Walking that path back from a
changed triple, over the old and the new graph together, gives a superset of the affected focus nodes. Where
no such way back exists (a pattern that only a FILTER relates to ``$this``), everything is affected. This
module refuses to guess less than that.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from pyoxigraph import Literal, NamedNode

from gbvkg.validation import paths
from gbvkg.validation.engine import Engine, Route
from gbvkg.validation.literals import CANONICALISED, value_key
from gbvkg.validation.paths import EMPTY, Edge, Path
from gbvkg.validation.shapes import Constraint, Root, Shape, Targets
from gbvkg.validation.sparql import Plan
from gbvkg.validation.syntax import Group, Pattern
from gbvkg.validation.tables import RDF_TYPE, SUBCLASS_OF, Tables, Term, Triple

_PAIRED = ("Equals", "Disjoint", "LessThan", "LessThanOrEquals")


class Change(NamedTuple):
    """Triples that are new and triples that are gone."""

    added: frozenset[Triple]
    removed: frozenset[Triple]

    def __bool__(self) -> bool:
        return bool(self.added or self.removed)

    def triples(self) -> frozenset[Triple]:
        return self.added | self.removed

    @classmethod
    def between(cls, old: Iterable[Triple], new: Iterable[Triple]) -> Change:
        before, after = frozenset(old), frozenset(new)
        return cls(after - before, before - after)


class Read(NamedTuple):
    """From the focus node ``before`` leads to the subject (the object when ``backward``) of a triple of
    ``predicate`` (of any when None).
    """

    before: Path
    predicate: NamedNode | None
    backward: bool


class Everything(Exception):
    """The change can affect every focus node."""


def target_reads(targets: Targets) -> set[Read]:
    """What deciding that a node is a focus node reads."""
    found = {Read(EMPTY, predicate, False) for predicate in targets.subjects_of}
    found |= {Read(EMPTY, predicate, True) for predicate in targets.objects_of}
    return found | ({Read(EMPTY, RDF_TYPE, False)} if targets.classes else set())


def shape_reads(shape: Shape, reports: bool = True) -> set[Read]:
    """What judging a focus node by ``shape`` reads. With ``reports`` SPARQL-based constraints are left out,
    because they are evaluated on their own; where only conformance counts they make everything affected.

    Raises Everything.
    """
    here = shape.path or EMPTY
    found = path_reads(here)
    for constraint in shape.constraints:
        if constraint.query is None:
            found |= _constraint_reads(constraint, here, reports)
        elif not reports:
            raise Everything
    return found


def path_reads(path: Path) -> set[Read]:
    return {Read(edge.before, edge.predicate, edge.backward) for edge in paths.edges(path)}


def _constraint_reads(constraint: Constraint, here: Path, reports: bool) -> set[Read]:
    name = constraint.local.removesuffix("ConstraintComponent")
    if name == "Class":
        return {Read(here, RDF_TYPE, False)}
    if name == "Closed":
        return {Read(here, None, False)}
    if name in _PAIRED and isinstance(constraint.parameter, NamedNode):
        return {Read(EMPTY, constraint.parameter, False)}
    nested_reports = reports and name == "Property"
    return {
        read._replace(before=paths.join(here, read.before))
        for shape in constraint.shapes + constraint.siblings
        for read in shape_reads(shape, nested_reports)
    }


class Impact:
    """The consequences of one change. ``engine`` is bound to the new graph; its tables hold the old triples
    as well while this object is used as a context.
    """

    def __init__(self, engine: Engine, change: Change) -> None:
        self.engine = engine
        self.tables = engine.tables
        self.change = change
        self._restored: list[Triple] = []
        self._same: dict[object, list[Term]] | None = None

    def __enter__(self) -> Impact:
        self._restored = [triple for triple in self.change.removed if self.tables.add(triple)]
        if any(triple[1] == SUBCLASS_OF for triple in self.change.triples()):
            self.__exit__()
            raise Everything
        return self

    def __exit__(self, *_: object) -> None:
        for triple in self._restored:
            self.tables.discard(triple)

    def of_root(self, root: Root) -> set[Term]:
        """The nodes that ``root`` must judge again. Raises Everything."""
        return self._readers(target_reads(root.targets) | shape_reads(root.shape))

    def of_query(self, constraint: Constraint) -> set[Term]:
        """The focus nodes for which a SPARQL-based constraint must be evaluated again. Raises Everything."""
        plan = self.engine.queries.plans[constraint.number]
        found = {node for route in self.engine.routes[constraint.number] for node in self._of_route(route)}
        if plan.source.is_ask and constraint.shape.path is not None:
            found |= self._readers(path_reads(constraint.shape.path))
        for group in plan.query.where.walk():
            if group.kind != "graph":
                found |= _OfGroup(self, plan, group).affected()
        return found

    def _of_route(self, route: Route) -> set[Term]:
        starts = self._readers(target_reads(route.root.targets) | path_reads(route.path))
        step = paths.bind(route.path, self.tables)
        return {node for start in starts for node in step(start)}

    def _readers(self, reads: Iterable[Read]) -> set[Term]:
        by_predicate: dict[NamedNode | None, list[Read]] = {}
        for read in reads:
            by_predicate.setdefault(read.predicate, []).append(read)
        found: set[Term] = set()
        for subject, predicate, value in self.change.triples():
            for read in (*by_predicate.get(predicate, ()), *by_predicate.get(None, ())):
                found |= self.step({value if read.backward else subject}, paths.invert(read.before))
        return found

    def step(self, nodes: Iterable[Term], path: Path) -> set[Term]:
        """All nodes that ``path`` reaches from ``nodes``, in the old and the new graph together."""
        bound = paths.bind(path, self.tables)
        return {value for node in nodes for value in bound(node)}

    def fan_out(self, nodes: Iterable[Term], path: Path) -> int:
        """How many nodes ``step`` would at most find."""
        bound = paths.bind(path, self.tables)
        return sum(len(bound(node)) for node in nodes)

    def with_equals(self, nodes: set[Term]) -> set[Term]:
        """``nodes`` and the literals that a store cannot tell from them, because it canonicalises."""
        typed = [node for node in nodes if isinstance(node, Literal) and node.datatype.value in CANONICALISED]
        if not typed:
            return nodes
        if self._same is None:
            self._same = _by_value(self.tables)
        return nodes.union(*(self._same.get(value_key(node), ()) for node in typed))


def _by_value(tables: Tables) -> dict[object, list[Term]]:
    index: dict[object, list[Term]] = {}
    literals = {
        v for _, _, v in tables.triples() if isinstance(v, Literal) and v.datatype.value in CANONICALISED
    }
    for literal in literals:
        index.setdefault(value_key(literal), []).append(literal)
    return index


class _OfGroup:
    """The way back from the triple patterns of one group of a query to ``?this``.

    A solution of the group matters only together with the patterns of the group itself and with the
    patterns that stand before it in the groups around it, up to a sub-SELECT (inside which only ``?this``
    keeps its meaning); so a chain of those patterns that share variables leads to every focus node that the
    changed triple can concern.
    """

    def __init__(self, impact: Impact, plan: Plan, group: Group) -> None:
        self.impact = impact
        self.group = group
        self.goals: dict[str, Path] = {"?this": EMPTY}
        if plan.source.is_ask:
            self.goals["?value"] = plan.constraint.shape.path or EMPTY
        self.patterns = list(_in_scope(group))

    def affected(self) -> set[Term]:
        found: set[Term] = set()
        for pattern in self.group.patterns:
            if _ranges_over_all_nodes(pattern, self.patterns, self.goals):
                raise Everything
            for triple in self.impact.change.triples():
                for known in self._matches(pattern, triple):
                    found |= self._foci(known, pattern)
        return found

    def _matches(self, pattern: Pattern, triple: Triple) -> Iterator[dict[str, set[Term]]]:
        """The ways in which the triple takes part in the pattern: variable → nodes that it may be."""
        subject, predicate, value = triple
        places = [Edge(EMPTY, predicate, False, EMPTY)] if pattern.path is None else paths.edges(pattern.path)
        for edge in places:
            if edge.predicate != predicate:
                continue
            start, end = (value, subject) if edge.backward else (subject, value)
            starts = self.impact.step({start}, paths.invert(edge.before))
            ends = self.impact.step({end}, edge.after)
            if starts and ends:
                yield {pattern.subject: starts, pattern.object: ends}

    def _foci(self, known: dict[str, set[Term]], pattern: Pattern) -> set[Term]:
        """From the variables of the pattern to a goal, along patterns that share variables."""
        if _contradicts(known):
            return set()
        reached = {name: nodes for name, nodes in known.items() if name.startswith("?")}
        while not self.goals.keys() & reached.keys():
            if not self._extend(reached, pattern):
                raise Everything
        name = next(name for name in self.goals if name in reached)
        return self.impact.step(reached[name], paths.invert(self.goals[name]))

    def _extend(self, reached: dict[str, set[Term]], skip: Pattern) -> bool:
        """Reach one variable more, by the step that leads to the fewest nodes; False when there is none."""
        steps = [
            (self.impact.with_equals(reached[here]), path, there)
            for pattern in self.patterns
            if pattern is not skip and pattern.path is not None
            for here, path, there in (
                (pattern.subject, pattern.path, pattern.object),
                (pattern.object, paths.invert(pattern.path), pattern.subject),
            )
            if here in reached and there.startswith("?") and there not in reached
        ]
        if not steps:
            return False
        nodes, path, there = min(steps, key=lambda step: self.impact.fan_out(step[0], step[1]))
        reached[there] = self.impact.step(nodes, path)
        return True


def _contradicts(known: dict[str, set[Term]]) -> bool:
    """Whether an IRI that the pattern names is not among the nodes that the triple allows there."""
    return any(NamedNode(name[1:-1]) not in nodes for name, nodes in known.items() if name.startswith("<"))


def _in_scope(group: Group) -> Iterator[Pattern]:
    yield from group.patterns
    inner, around = group, group.parent
    while around is not None and inner.kind != "select":
        yield from (pattern for pattern in around.patterns if pattern.position < inner.start)
        inner, around = around, around.parent


def _ranges_over_all_nodes(pattern: Pattern, patterns: list[Pattern], goals: dict[str, Path]) -> bool:
    """Whether a path of zero length may match nodes that no other pattern names (SPARQL 1.1 §18.4)."""
    if pattern.path is None or not _is_nullable(pattern.path):
        return False
    ends = {pattern.subject, pattern.object}
    if any(not end.startswith("?") or end in goals for end in ends):
        return False
    others = (p for p in patterns if p is not pattern and (p.path is None or not _is_nullable(p.path)))
    return not any(ends & {other.subject, other.object} for other in others)


def _is_nullable(path: Path) -> bool:
    kind, *rest = path
    if kind in ("iri", "plus"):
        return kind == "plus" and _is_nullable(rest[0])
    if kind in ("star", "optional"):
        return True
    return (any if kind == "alternative" else all)(_is_nullable(part) for part in rest)
