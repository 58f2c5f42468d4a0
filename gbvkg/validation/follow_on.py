"""Follow-on errors: what is reported only because something else was reported already (DESIGN §4).

A finding of stage RECORD or PLAN is dropped when an earlier stage has a finding about the same matter:
about the focus node, the value, or another thing that the rule's query returned with it, at a property that
the rule reads (or, for reading, about the thing as a whole). So a date that is not a date does not also
start after its end, and a missing lead is not also incompetent. It is dropped too when it is about what a
refused file may have described, or counts the parts of a thing of which a refused file has one.

Dropping only defers: this module refuses to let anything silence a finding that weighs more, and a waived
finding silences nothing, because what is waived will not be repaired and then judged again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from pyoxigraph import NamedNode

from gbvkg.findings import Finding, Severity, Stage
from gbvkg.sources.unread import Unread
from gbvkg.validation import paths
from gbvkg.validation.constraints import Result
from gbvkg.validation.shapes import Constraint, Shape
from gbvkg.validation.sparql import plan

_PAIRED = ("Equals", "Disjoint", "LessThan", "LessThanOrEquals")


class Judged(NamedTuple):
    """A finding and the result that it came from."""

    finding: Finding
    result: Result


class _Cause(NamedTuple):
    stage: Stage
    severity: Severity
    path: str


def silence(
    judged: Iterable[Judged], reading: Iterable[Finding], unread: Unread | None = None
) -> list[Finding]:
    """The findings of ``judged`` that no finding of ``reading`` and nothing that is ``unread`` explains.

    Without the ontology no class and no property means anything, so then none is left.
    """
    if unread and unread.ontology:
        return []
    judged = list(judged)
    causes: dict[str, list[_Cause]] = {}
    for finding in reading:
        _note(causes, finding, [finding.path])
    for finding, result in judged:
        if finding.stage is Stage.RECORD:
            _note(causes, finding, [predicate.value for predicate in _own_predicates(result.constraint)])
    reads: dict[int, frozenset[str] | None] = {}
    return [
        finding
        for finding, result in judged
        if not _is_explained(finding, result, causes, reads)
        and not (unread and _is_unread(finding, result, unread, reads))
    ]


def _note(causes: dict[str, list[_Cause]], finding: Finding, properties: Iterable[str]) -> None:
    if finding.focus and not finding.waiver:
        known = causes.setdefault(finding.focus, [])
        known.extend(_Cause(finding.stage, finding.severity, each) for each in properties)


def _is_explained(
    finding: Finding, result: Result, causes: dict[str, list[_Cause]], reads: dict[int, frozenset[str] | None]
) -> bool:
    properties = _reads(result, reads)
    return any(
        cause.stage < finding.stage
        and cause.severity <= finding.severity
        and (not cause.path or properties is None or cause.path in properties)
        for thing in _things(result)
        for cause in causes.get(thing, ())
    )


def _reads(result: Result, known: dict[int, frozenset[str] | None]) -> frozenset[str] | None:
    number = result.constraint.number
    if number not in known:
        known[number] = read_properties(result.constraint)
    return known[number]


def _is_unread(
    finding: Finding, result: Result, unread: Unread, reads: dict[int, frozenset[str] | None]
) -> bool:
    """Whether a file that could not be read may have said what the rule misses."""
    properties = _reads(result, reads)
    return (
        unread.counts(finding.focus, properties)
        or (finding.place is not None and unread.lacks(finding.place.file, properties))
        or any(map(unread.describes, _things(result)))
    )


def _things(result: Result) -> set[str]:
    terms = (result.focus, result.value, *(term for _, term in result.bindings))
    return {term.value for term in terms if isinstance(term, NamedNode)}


def read_properties(constraint: Constraint) -> frozenset[str] | None:
    """IRIs of the properties that judging the constraint may read; None when it may read any."""
    if constraint.query is not None:
        predicates = plan(constraint).predicates
        return None if predicates is None else frozenset(predicate.value for predicate in predicates)
    found = {predicate.value for predicate in _own_predicates(constraint)}
    for shape in constraint.shapes + constraint.siblings:
        inner = _of_shape(shape)
        if inner is None:
            return None
        found |= inner
    return frozenset(found)


def _of_shape(shape: Shape) -> set[str] | None:
    found = {predicate.value for predicate in paths.predicates(shape.path)} if shape.path else set()
    for constraint in shape.constraints:
        inner = read_properties(constraint)
        if inner is None:
            return None
        found |= inner
    return found


def _own_predicates(constraint: Constraint) -> Iterator[NamedNode]:
    if constraint.shape.path is not None:
        yield from paths.predicates(constraint.shape.path)
    paired = constraint.local.removesuffix("ConstraintComponent") in _PAIRED
    if paired and isinstance(constraint.parameter, NamedNode):
        yield constraint.parameter
