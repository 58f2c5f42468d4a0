"""SHACL Core (SHACL §4): every constraint becomes a function on the tables that returns the offending
values.

Constraints are bound once per run, so that judging a focus node is a handful of dictionary look-ups. This
module refuses to judge SPARQL-based constraints itself: it asks the ``Judge`` it was given.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from typing import NamedTuple, Protocol

from pyoxigraph import BlankNode, Literal, NamedNode

from gbvkg.errors import ProjectError
from gbvkg.validation import paths
from gbvkg.validation.literals import compare, in_language_range, is_well_typed
from gbvkg.validation.paths import SH
from gbvkg.validation.shapes import Constraint, Shape, Shapes, Targets, sh
from gbvkg.validation.tables import Tables, Term, Values

Check = Callable[[Term, Values], Sequence[Term | None]]
"""focus node, value nodes → offending values; None stands for a result without sh:value."""


class Result(NamedTuple):
    """One validation result before it becomes a finding. ``path`` overrides the shape's own path."""

    constraint: Constraint
    focus: Term
    value: Term | None = None
    path: Term | None = None
    bindings: tuple[tuple[str, Term], ...] = ()


class Judge(Protocol):
    """Who decides whether a node satisfies a SPARQL-based constraint when only conformance is asked."""

    def holds(self, constraint: Constraint, focus: Term, values: Values) -> bool: ...


class BoundShape:
    """A shape whose constraints are functions on one set of tables."""

    __slots__ = ("_checks", "_closed", "_judge", "_nested", "_queries", "_step", "_without_values")

    def __init__(self, shape: Shape, core: Core) -> None:
        self._step = None if shape.path is None else paths.bind(shape.path, core.tables)
        self._judge = core.judge
        self._queries = [constraint for constraint in shape.constraints if constraint.query is not None]
        self._nested: list[BoundShape] = []
        self._closed: list[tuple[Constraint, Callable[[Term], list[tuple[NamedNode, Term]]]]] = []
        self._checks: list[tuple[Constraint, Check]] = []
        for constraint in shape.constraints:
            if constraint.local == "PropertyConstraintComponent":
                self._nested.append(core.bound(constraint.shapes[0]))
            elif constraint.local == "ClosedConstraintComponent":
                self._closed.append((constraint, _closed(constraint, core)))
            elif constraint.query is None:
                self._checks.append((constraint, _BINDERS[constraint.local](constraint, core)))
        self._without_values = [row for row in self._checks if row[0].local in _ASK_FOR_VALUES]

    def values(self, focus: Term) -> Values:
        return (focus,) if self._step is None else self._step(focus)

    def judge(self, focus: Term, results: list[Result]) -> None:
        """Append a result for every offence of ``focus``. SPARQL-based constraints are left to the
        set-level run.
        """
        values = (focus,) if self._step is None else self._step(focus)
        for constraint, check in self._checks if values else self._without_values:
            for value in check(focus, values):
                results.append(Result(constraint, focus, value))
        for constraint, offences in self._closed:
            for node in values:
                results.extend(Result(constraint, focus, value, path) for path, value in offences(node))
        for shape in self._nested:
            for node in values:
                shape.judge(node, results)

    def conforms(self, focus: Term) -> bool:
        """Whether ``focus`` has no offence at all, SPARQL-based constraints included (SHACL §3.4.1)."""
        values = (focus,) if self._step is None else self._step(focus)
        return (
            not any(check(focus, values) for _, check in (self._checks if values else self._without_values))
            and not any(offences(node) for _, offences in self._closed for node in values)
            and all(shape.conforms(node) for shape in self._nested for node in values)
            and all(self._judge.holds(constraint, focus, values) for constraint in self._queries)
        )


class Core:
    """Binds shapes to tables and finds focus nodes."""

    def __init__(self, shapes: Shapes, tables: Tables, judge: Judge) -> None:
        self.shapes = shapes
        self.tables = tables
        self.judge = judge
        self._bound: dict[int, BoundShape] = {}

    def bound(self, shape: Shape) -> BoundShape:
        found = self._bound.get(id(shape))
        if found is None:
            found = self._bound[id(shape)] = BoundShape(shape, self)
        return found

    def targets(self, targets: Targets) -> dict[Term, None]:
        """``focus_nodes`` in this graph."""
        return focus_nodes(targets, self.tables)


def focus_nodes(targets: Targets, tables: Tables) -> dict[Term, None]:
    """The focus nodes of a shape (SHACL §2.1.3), each once."""
    found: dict[Term, None] = dict.fromkeys(targets.nodes)
    for cls in targets.classes:
        found.update(dict.fromkeys(tables.instances(cls)))
    for predicate in targets.subjects_of:
        found.update(dict.fromkeys(tables.forward(predicate)))
    for predicate in targets.objects_of:
        found.update(dict.fromkeys(tables.backward(predicate)))
    return found


# Binders: one per constraint component


def _each(test: Callable[[Term], object]) -> Check:
    return lambda _, values: [value for value in values if not test(value)]


def _class(constraint: Constraint, core: Core) -> Check:
    instances = core.tables.instances(constraint.parameter)
    return lambda _, values: [value for value in values if value not in instances]


def _datatype(constraint: Constraint, _: Core) -> Check:
    wanted = constraint.parameter
    iri = getattr(wanted, "value", "")
    return _each(lambda v: type(v) is Literal and v.datatype == wanted and is_well_typed(v.value, iri))


_KINDS: dict[str, tuple[type, ...]] = {
    "IRI": (NamedNode,),
    "BlankNode": (BlankNode,),
    "Literal": (Literal,),
    "BlankNodeOrIRI": (BlankNode, NamedNode),
    "BlankNodeOrLiteral": (BlankNode, Literal),
    "IRIOrLiteral": (NamedNode, Literal),
}


def _node_kind(constraint: Constraint, _: Core) -> Check:
    name = getattr(constraint.parameter, "value", "").removeprefix(SH)
    if name not in _KINDS:
        raise _bad_parameter(constraint, "sh:nodeKind")
    kinds = _KINDS[name]
    return _each(lambda value: isinstance(value, kinds))


def _count(constraint: Constraint) -> int:
    parameter = constraint.parameter
    if not isinstance(parameter, Literal) or not parameter.value.lstrip("+").isdigit():
        raise _bad_parameter(constraint, "een geheel getal / a whole number")
    return int(parameter.value)


def _bad_parameter(constraint: Constraint, expected: str) -> ProjectError:
    return ProjectError(
        f"Regel {constraint.rule}: {constraint.parameter} is geen geldige parameter ({expected}).",
        f"Rule {constraint.rule}: {constraint.parameter} is not a valid parameter ({expected}).",
    )


_FAILS: tuple[None] = (None,)


def _min_count(constraint: Constraint, _: Core) -> Check:
    least = _count(constraint)
    return lambda _, values: () if len(values) >= least else _FAILS


def _max_count(constraint: Constraint, _: Core) -> Check:
    most = _count(constraint)
    return lambda _, values: () if len(values) <= most else _FAILS


def _range(*accepted: int) -> Callable[[Constraint, Core], Check]:
    def bind(constraint: Constraint, _: Core) -> Check:
        bound = constraint.parameter
        return _each(lambda value: compare(value, bound) in accepted)

    return bind


def _string(value: Term) -> str | None:
    """SPARQL ``str()``: None for a blank node, which has none."""
    return None if isinstance(value, BlankNode) else value.value


def _length(is_max: bool) -> Callable[[Constraint, Core], Check]:
    def bind(constraint: Constraint, _: Core) -> Check:
        limit = _count(constraint)

        def fits(value: Term) -> bool:
            text = _string(value)
            return text is not None and (len(text) <= limit if is_max else len(text) >= limit)

        return _each(fits)

    return bind


_FLAGS = {"i": re.IGNORECASE, "s": re.DOTALL, "m": re.MULTILINE, "x": re.VERBOSE}


def _pattern(constraint: Constraint, core: Core) -> Check:
    source = getattr(constraint.parameter, "value", "")
    names = core.shapes.graph.forward(sh("flags")).get(constraint.shape.node, ())
    try:
        flags = [_FLAGS[flag] for term in names for flag in getattr(term, "value", "")]
        search = re.compile(source, sum(flags, re.NOFLAG)).search
    except (re.error, KeyError):
        raise _bad_parameter(constraint, "reguliere uitdrukking / regular expression") from None
    return _each(lambda value: not isinstance(value, BlankNode) and search(value.value))


def _language_in(constraint: Constraint, core: Core) -> Check:
    wanted = [getattr(item, "value", "") for item in core.shapes.graph.list_items(constraint.parameter)]

    def speaks(value: Term) -> bool:
        tag = value.language if type(value) is Literal else None
        return tag is not None and any(in_language_range(tag, language) for language in wanted)

    return _each(speaks)


def _unique_lang(_: Constraint, __: Core) -> Check:
    def repeated(_: Term, values: Values) -> list[None]:
        tags = [value.language.lower() for value in values if type(value) is Literal and value.language]
        return [None for tag in set(tags) if tags.count(tag) > 1]

    return repeated


def _beside(constraint: Constraint, core: Core) -> Callable[[Term], Values]:
    """focus node → its values for the predicate that the parameter names."""
    if not isinstance(constraint.parameter, NamedNode):
        raise _bad_parameter(constraint, "IRI")
    table = core.tables.forward(constraint.parameter)
    return lambda focus: table.get(focus, ())


def _equals(constraint: Constraint, core: Core) -> Check:
    beside = _beside(constraint, core)

    def differing(focus: Term, values: Values) -> list[Term | None]:
        others = beside(focus)
        return [*(v for v in values if v not in others), *(o for o in others if o not in values)]

    return differing


def _disjoint(constraint: Constraint, core: Core) -> Check:
    beside = _beside(constraint, core)

    def shared(focus: Term, values: Values) -> list[Term]:
        others = beside(focus)
        return [value for value in values if value in others]

    return shared


def _less_than(*accepted: int) -> Callable[[Constraint, Core], Check]:
    def bind(constraint: Constraint, core: Core) -> Check:
        beside = _beside(constraint, core)
        return lambda focus, values: [
            value for value in values for other in beside(focus) if compare(value, other) not in accepted
        ]

    return bind


def _counting(accepts: Callable[[int, int], bool]) -> Callable[[Constraint, Core], Check]:
    """not, and, or, xone, node: by the number of sub-shapes that a value conforms to, and how many there
    are.
    """

    def bind(constraint: Constraint, core: Core) -> Check:
        tests = [core.bound(shape).conforms for shape in constraint.shapes]
        total = len(tests)
        if total == 1:
            test = tests[0]
            return _each(lambda value: accepts(int(test(value)), 1))
        return _each(lambda value: accepts(sum(test(value) for test in tests), total))

    return bind


def _qualified(fits: Callable[[int, int], bool]) -> Callable[[Constraint, Core], Check]:
    def bind(constraint: Constraint, core: Core) -> Check:
        bound = _count(constraint)
        conforms = core.bound(constraint.shapes[0]).conforms
        siblings = [core.bound(shape).conforms for shape in constraint.siblings]

        def check(_: Term, values: Values) -> Sequence[None]:
            count = sum(
                conforms(value) and not any(sibling(value) for sibling in siblings) for value in values
            )
            return () if fits(count, bound) else _FAILS

        return check

    return bind


def _in(constraint: Constraint, core: Core) -> Check:
    allowed = set(core.shapes.graph.list_items(constraint.parameter))
    return lambda _, values: [value for value in values if value not in allowed]


def _has_value(constraint: Constraint, _: Core) -> Check:
    wanted = constraint.parameter
    return lambda _, values: () if wanted in values else _FAILS


def closed_predicates(constraint: Constraint, graph: Tables) -> Collection[Term]:
    """The predicates that sh:closed allows: the property shapes' paths that are IRIs, and
    sh:ignoredProperties.
    """
    node = constraint.shape.node
    allowed = {
        path
        for shape in graph.forward(sh("property")).get(node, ())
        for path in graph.forward(sh("path")).get(shape, ())
    }
    for ignored in graph.forward(sh("ignoredProperties")).get(node, ()):
        allowed.update(graph.list_items(ignored))
    return allowed


def _closed(constraint: Constraint, core: Core) -> Callable[[Term], list[tuple[NamedNode, Term]]]:
    allowed = closed_predicates(constraint, core.shapes.graph)
    tables = [(p, core.tables.forward(p)) for p in core.tables.predicates() if p not in allowed]
    return lambda node: [(predicate, value) for predicate, table in tables for value in table.get(node, ())]


_BINDERS: dict[str, Callable[[Constraint, Core], Check]] = {
    f"{name}ConstraintComponent": bind
    for name, bind in {
        "Class": _class,
        "Datatype": _datatype,
        "NodeKind": _node_kind,
        "MinCount": _min_count,
        "MaxCount": _max_count,
        "MinExclusive": _range(1),
        "MinInclusive": _range(0, 1),
        "MaxExclusive": _range(-1),
        "MaxInclusive": _range(-1, 0),
        "MinLength": _length(is_max=False),
        "MaxLength": _length(is_max=True),
        "Pattern": _pattern,
        "LanguageIn": _language_in,
        "UniqueLang": _unique_lang,
        "Equals": _equals,
        "Disjoint": _disjoint,
        "LessThan": _less_than(-1),
        "LessThanOrEquals": _less_than(-1, 0),
        "Not": _counting(lambda count, _: count == 0),
        "And": _counting(lambda count, total: count == total),
        "Or": _counting(lambda count, _: count >= 1),
        "Xone": _counting(lambda count, _: count == 1),
        "Node": _counting(lambda count, _: count == 1),
        "QualifiedMinCount": _qualified(lambda count, bound: count >= bound),
        "QualifiedMaxCount": _qualified(lambda count, bound: count <= bound),
        "In": _in,
        "HasValue": _has_value,
    }.items()
}

_ASK_FOR_VALUES = frozenset(
    f"{name}ConstraintComponent" for name in ("MinCount", "HasValue", "Equals", "QualifiedMinCount")
)
"""The components that can be offended where there is no value node (SHACL §4); all others judge values."""
