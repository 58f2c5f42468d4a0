"""SPARQL-based constraints (SHACL §5, §6), each as one query over all its focus nodes.

SHACL pre-binds ``$this`` by joining it into every part of the query (appendix A). Here a named graph of the
store lists the focus nodes, and a pattern that reads it is put at the start of every group in which a
pre-bound variable occurs. In the algebra that SHACL allows (join, left join, union, filter, extend, and
projection or grouping that keeps ``$this``), solutions that all bind ``$this`` never mix, so the set-level
answer is the union of the answers per focus node. Where that does not hold (LIMIT, OFFSET, a sub-SELECT
inside EXISTS, which would also be evaluated for every row) the same query runs once per focus node. This
module refuses (ProjectError) what SHACL forbids, GRAPH over anything but ``$shapesGraph``, and a query that
fails when it runs: a rule that cannot be evaluated never counts as satisfied.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

from pyoxigraph import DefaultGraph, Literal, NamedNode, Quad, QuerySolutions, Store, Triple

from gbvkg.errors import ProjectError
from gbvkg.validation import paths
from gbvkg.validation.constraints import Result
from gbvkg.validation.lateral import Edit, hints
from gbvkg.validation.literals import CANONICALISED
from gbvkg.validation.shapes import Constraint, QuerySource, Shape, Shapes
from gbvkg.validation.syntax import Group, Query, QueryReader, tokenize
from gbvkg.validation.tables import Tables, Term, Values

_MACHINERY = "urn:gbvkg:validation:"
_FOCUS_GRAPH = NamedNode(_MACHINERY + "focus-nodes")
_SHAPES_GRAPH = NamedNode(_MACHINERY + "shapes-graph")
_SET = NamedNode(_MACHINERY + "focus-set")
_ROW = NamedNode(_MACHINERY + "row")
_THIS = NamedNode(_MACHINERY + "this")
_VALUE = NamedNode(_MACHINERY + "value")
_CANONICAL = NamedNode(_MACHINERY + "canonical")

ValuesOf = Callable[[Shape, Term], Values]


@dataclass(eq=False, slots=True)
class Plan:
    """How one constraint is evaluated. ``predicates`` is None when the query may read any triple."""

    constraint: Constraint
    source: QuerySource
    query: Query
    text: str
    per_focus: bool
    predicates: frozenset[NamedNode] | None


def plan(constraint: Constraint) -> Plan:
    """The plan of a SPARQL-based constraint; made once.

    Raises ProjectError for a query that SHACL forbids or that cannot be pre-bound, and says why.
    """
    source = constraint.query
    assert source is not None
    if source.plan is None:
        source.plan = _plan(constraint, source)
    found: Plan = source.plan
    return found


def _plan(constraint: Constraint, source: QuerySource) -> Plan:
    prebound = {"this", "shapesGraph", "currentShape", *source.parameters} | (
        {"value"} if source.is_ask else set()
    )
    text = _with_path(source.text, constraint)
    reader = QueryReader(text, prebound, source.prefixes, constraint.rule)
    query = reader.read()
    _check_form(reader, query, source)
    needs_rows = any(group.kind == "select" and group.inside("exists") for group in query.where.walk())
    return Plan(
        constraint,
        source,
        query,
        _rewrite(query, constraint, source, prebound),
        query.is_sliced or needs_rows,
        _predicates(query.where),
    )


def _with_path(text: str, constraint: Constraint) -> str:
    path = constraint.shape.path
    if "PATH" not in text:
        return text
    out, at = [], 0
    for token in tokenize(text):
        if token.kind == "var" and token.text[1:] == "PATH":
            if path is None:
                raise ProjectError(
                    f"De SPARQL-regel {constraint.rule} gebruikt $PATH op een node shape.",
                    f"The SPARQL rule {constraint.rule} uses $PATH on a node shape.",
                )
            written = paths.text(path)
            out += [text[at : token.start], written if path[0] == "iri" else f"({written})"]
            at = token.end
    return "".join([*out, text[at:]])


def _check_form(reader: QueryReader, query: Query, source: QuerySource) -> None:
    if source.is_ask != (query.form == "ASK"):
        raise reader.refusal(
            "sh:ask verwacht ASK en sh:select verwacht SELECT",
            "sh:ask expects ASK and sh:select expects SELECT",
        )
    if not source.is_ask and not {"?this", "*"} & set(query.projected):
        raise reader.refusal("de SELECT geeft $this niet terug", "the SELECT does not return $this")
    for group in query.where.walk():
        if group.kind == "graph" and group.graph[1:] != "shapesGraph":
            raise reader.refusal(
                "GRAPH mag alleen $shapesGraph lezen; de regels zien alle grafen als één",
                "GRAPH may only read $shapesGraph; rules see all graphs as one",
            )


def _predicates(where: Group) -> frozenset[NamedNode] | None:
    found: set[NamedNode] = set()
    for group in where.walk():
        for pattern in group.patterns:
            if pattern.path is None:
                return None
            found.update(paths.predicates(pattern.path))
    return frozenset(found)


def _rewrite(query: Query, constraint: Constraint, source: QuerySource, prebound: set[str]) -> str:
    """The query text with the pre-bound variables joined into every group that needs them."""
    names = {f"?{name}" for name in prebound}
    joined = _joined(constraint, source, query)
    edits, given = hints(query.where)
    edits += [
        (group.start, group.start, joined)
        for group in query.where.walk()
        if not group.holds_select
        and group not in given
        and (group.kind in ("where", "select") or (group.kind != "exists" and group.mentions(names)))
    ]
    if query.form == "ASK":
        edits.append((query.head.start, query.where.start, "SELECT DISTINCT ?this ?value WHERE {"))
    declared = sorted(item for item in source.prefixes.items() if f"{item[0]}:" in query.text)
    prefixes = "".join(f"PREFIX {name}: <{iri}>\n" for name, iri in declared)
    return prefixes + _edited(query.text, edits)


def _edited(text: str, edits: list[Edit]) -> str:
    """``text`` with each span (start, end) replaced; replacements come before insertions at their end."""
    out, at = [], 0
    for start, end, new in sorted(edits, key=lambda edit: edit[:2]):
        out += [text[at:start], new]
        at = end
    return "".join([*out, text[at:]])


def _joined(constraint: Constraint, source: QuerySource, query: Query) -> str:
    if source.is_ask:
        triples = f"{_SET} {_ROW} ?gbvkgRow . ?gbvkgRow {_THIS} ?this . ?gbvkgRow {_VALUE} ?value"
    else:
        triples = f"{_SET} {_THIS} ?this"
    constants: dict[str, Term] = dict(source.parameters)
    used = {name for group in query.where.walk() for name in group.variables}
    if "?shapesGraph" in used:
        constants["shapesGraph"] = _SHAPES_GRAPH
    if "?currentShape" in used:
        constants["currentShape"] = constraint.shape.node
    values = "".join(
        f" VALUES ?{name} {{ {_constant(term, constraint)} }}" for name, term in sorted(constants.items())
    )
    return f" GRAPH {_FOCUS_GRAPH} {{ {triples} }}{values} "


def _constant(term: Term, constraint: Constraint) -> str:
    if isinstance(term, NamedNode | Literal):
        return str(term)
    raise ProjectError(
        f"Regel {constraint.rule}: een blanke knoop kan niet vooraf gebonden worden.",
        f"Rule {constraint.rule}: a blank node cannot be pre-bound.",
    )


class Queries:
    """Evaluates SPARQL-based constraints over a private in-memory store of the tables."""

    def __init__(self, shapes: Shapes, tables: Tables, values_of: ValuesOf) -> None:
        self.shapes = shapes
        self.tables = tables
        self.values_of = values_of
        self.plans = {c.number: plan(c) for c in shapes.constraints if c.query is not None}
        self._store: Store | None = None
        self._marked: Collection[Term] | None = None
        self._held: dict[tuple[int, Term], bool] = {}
        self._written: dict[Term, list[Term]] | None = None

    def store(self) -> Store:
        """All triples that some query may read, in the default graph; loaded once."""
        if self._store is None:
            self._store = Store()
            predicates: set[NamedNode] | None = set()
            for each in self.plans.values():
                predicates = (
                    None if predicates is None or each.predicates is None else predicates | each.predicates
                )
            self._store.bulk_extend(Quad(s, p, o) for s, p, o in self.tables.triples(predicates))
            if any(
                "?shapesGraph" in group.variables
                for p in self.plans.values()
                for group in p.query.where.walk()
            ):
                self._store.extend(Quad(s, p, o, _SHAPES_GRAPH) for s, p, o in self.shapes.graph.triples())
        return self._store

    def holds(self, constraint: Constraint, focus: Term, values: Values) -> bool:
        """Whether ``focus`` satisfies the constraint; remembered, because sh:node may ask more than once."""
        key = (constraint.number, focus)
        if key not in self._held:
            self._held[key] = not self.run(constraint, [focus])
        return self._held[key]

    def run(self, constraint: Constraint, foci: Collection[Term]) -> list[Result]:
        """The results of one constraint for the given focus nodes; the same collection again costs less.

        Raises ProjectError when the engine cannot evaluate the query or the query binds ``?failure`` (SHACL
        §5.3.2).
        """
        each = self.plans[constraint.number]
        batches = [[focus] for focus in foci] if each.per_focus else [foci]
        return [result for batch in batches if batch for result in self._run(each, batch)]

    def _run(self, each: Plan, foci: Collection[Term]) -> Iterator[Result]:
        pairs = self._mark_pairs(each, foci) if each.source.is_ask else []
        if not each.source.is_ask:
            self._mark(foci)
        rows = list(self._rows(each))
        originals = {self._canonical(focus): focus for focus in foci if _is_canonicalised(focus)}
        if each.source.is_ask:
            holding = {(row["this"], row["value"]) for row in rows}
            for focus, value in pairs:
                if (self._canonical(focus), self._canonical(value)) not in holding:
                    yield Result(
                        each.constraint, focus, value, None, tuple(sorted(each.source.parameters.items()))
                    )
            return
        for row in rows:
            focus = originals.get(row["this"], row["this"])
            yield from self._results(each, focus, row)

    def _mark(self, foci: Collection[Term]) -> None:
        """Write the focus nodes into the focus graph, unless they are there."""
        if foci is not self._marked:
            self.store().remove_graph(_FOCUS_GRAPH)
            self.store().extend(Quad(_SET, _THIS, focus, _FOCUS_GRAPH) for focus in foci)
            self._marked = foci

    def _mark_pairs(self, each: Plan, foci: Collection[Term]) -> list[tuple[Term, Term]]:
        """Write the pairs of focus node and value node into the focus graph (ASK judges value nodes, SHACL
        §6.2.3).
        """
        pairs = [(focus, value) for focus in foci for value in self.values_of(each.constraint.shape, focus)]
        self.store().remove_graph(_FOCUS_GRAPH)
        self._marked = None
        for number, (focus, value) in enumerate(pairs):
            row = NamedNode(f"{_SET.value}/{number}")
            triples = ((_SET, _ROW, row), (row, _THIS, focus), (row, _VALUE, value))
            self.store().extend(Quad(*triple, _FOCUS_GRAPH) for triple in triples)
        return pairs

    def _rows(self, each: Plan) -> Iterator[dict[str, Term]]:
        try:
            solutions = self.store().query(each.text)
            assert isinstance(solutions, QuerySolutions)
            names = [variable.value for variable in solutions.variables]
            seen = set()
            for solution in solutions:
                row = tuple(solution)
                if row not in seen:
                    seen.add(row)
                    yield {name: term for name, term in zip(names, row, strict=True) if term is not None}
        except (SyntaxError, RuntimeError, OSError, ValueError) as error:
            rule = each.constraint.rule
            raise ProjectError(
                f"De SPARQL-regel {rule} kan niet worden uitgevoerd: {error}",
                f"The SPARQL rule {rule} cannot be evaluated: {error}",
            ) from None

    def _results(self, each: Plan, focus: Term, row: dict[str, Term]) -> Iterator[Result]:
        if getattr(row.get("failure"), "value", "") == "true":
            raise ProjectError(
                f"De SPARQL-regel {each.constraint.rule} meldt ?failure bij {focus}.",
                f"The SPARQL rule {each.constraint.rule} reports ?failure for {focus}.",
            )
        path = row.get("path")
        bound = {
            name: term for name, term in row.items() if not name.startswith("gbvkg")
        } | each.source.parameters
        value = row.get("value", focus if each.constraint.shape.path is None else None)
        for written in self._as_written(value, focus) if _is_canonicalised(value) else (value,):
            yield Result(
                each.constraint,
                focus,
                written,
                path if isinstance(path, NamedNode) else None,
                tuple(sorted(bound.items())),
            )

    # The store canonicalises typed literals; findings speak of what was written.

    def _canonical(self, term: Term) -> Term:
        if not _is_canonicalised(term):
            return term
        scratch = Store()
        scratch.add(Quad(_CANONICAL, _CANONICAL, term))
        quad: Quad = next(iter(scratch))
        assert not isinstance(quad.object, Triple)
        return quad.object

    def _as_written(self, canonical: Term | None, focus: Term) -> list[Term]:
        """The literals of the data that the store shows as ``canonical``: those at the focus node, else
        all.
        """
        if self._written is None:
            self._written = self._index_literals()
        written = self._written.get(canonical, []) if canonical is not None else []
        near = [
            term
            for term in written
            if any(term in self.tables.forward(p).get(focus, ()) for p in self.tables.predicates())
        ]
        return near or written[:1] or [canonical]  # type: ignore[list-item]

    def _index_literals(self) -> dict[Term, list[Term]]:
        literals = list(dict.fromkeys(o for _, _, o in self.tables.triples() if _is_canonicalised(o)))
        scratch = Store()
        scratch.extend(
            Quad(NamedNode(f"{_MACHINERY}{i}"), _CANONICAL, term) for i, term in enumerate(literals)
        )
        index: dict[Term, list[Term]] = {}
        for quad in scratch.quads_for_pattern(None, _CANONICAL, None, DefaultGraph()):
            term = literals[int(quad.subject.value[len(_MACHINERY) :])]  # type: ignore[union-attr]
            assert not isinstance(quad.object, Triple)
            index.setdefault(quad.object, []).append(term)
        return index


def _is_canonicalised(term: object) -> bool:
    return type(term) is Literal and term.datatype.value in CANONICALISED
