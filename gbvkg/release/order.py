"""The published order of quads: the one place that decides what comes before what.

Every file of a release is written from the result of ``ordered``; that order, and not the order in which
sources were read, is what makes two builds give the same bytes. This module refuses blank nodes: a reader
could not tell two releases' blank nodes apart, so nothing published has one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from itertools import groupby
from operator import attrgetter
from typing import Any, NamedTuple, TypeVar

from pyoxigraph import BlankNode, DefaultGraph, Literal, NamedNode

from gbvkg.errors import ReleaseError
from gbvkg.sources.statement import Object, Statement
from gbvkg.vocabulary import expand

RDF_TYPE = expand("rdf:type")

Term = NamedNode | Literal | BlankNode
_T = TypeVar("_T")

_DIGITS = re.compile("([0-9]+)")

NaturalKey = tuple[tuple[str | int, ...], str]


def natural(iri: str) -> NaturalKey:
    """A sort key under which ``…/action/x/9`` comes before ``…/action/x/10``; total ("1" is not "01")."""
    return tuple(int(part) if part.isascii() and part.isdigit() else part for part in _DIGITS.split(iri)), iri


class Row(NamedTuple):
    """A published quad. Rows share their terms, which pyoxigraph's own ``Quad`` would copy at each look."""

    subject: NamedNode
    predicate: NamedNode
    object: NamedNode | Literal
    graph_name: NamedNode | DefaultGraph


def ordered(statements: Iterable[Statement]) -> list[Row]:
    """Rows without doubles: by graph, subject (natural order), predicate (type first), object.

    Raises ReleaseError for a blank node or a literal with a base direction, which not every format can hold.
    """
    one: dict[Term, Term] = {}  # of equal terms the first: most are there many times
    rows: dict[Row, None] = {}
    for subject, predicate, value, graph, place in statements:
        if isinstance(subject, BlankNode) or not _sayable(value):
            raise _unpublishable(f"{subject} {predicate} {value}", str(place))
        terms = (one.setdefault(term, term) for term in (subject, predicate, value, graph))
        rows[Row(*terms)] = None  # type: ignore[arg-type]
    return _sorted(rows)


def union(rows: Iterable[Row]) -> list[Row]:
    """The triples of all graphs together, as rows of the default graph, in the order of ``ordered``."""
    default = DefaultGraph()
    return _sorted(dict.fromkeys(row._replace(graph_name=default) for row in rows))


def _sayable(value: Object) -> bool:
    return not isinstance(value, BlankNode) and not (isinstance(value, Literal) and value.direction)


def _sorted(rows: Collection[Row]) -> list[Row]:
    graphs = _ranks((row.graph_name for row in rows), lambda graph: natural(_name(graph)))
    subjects = _ranks((row.subject for row in rows), lambda subject: natural(subject.value))
    predicates = _ranks((row.predicate for row in rows), lambda predicate: _type_first(predicate.value))
    objects = _ranks((row.object for row in rows), str)

    def rank(row: Row) -> tuple[int, int, int, int]:
        graph, subject = graphs[row.graph_name], subjects[row.subject]
        return graph, subject, predicates[row.predicate], objects[row.object]

    return sorted(rows, key=rank)


def _ranks(terms: Iterable[_T], key: Callable[[_T], Any]) -> dict[_T, int]:
    """Each term's place in the order of ``key``: comparing numbers is quick, and they take little room."""
    return {term: rank for rank, term in enumerate(sorted(set(terms), key=key))}


def _name(graph: NamedNode | DefaultGraph) -> str:
    return graph.value if isinstance(graph, NamedNode) else ""


def _type_first(predicate: str) -> str:
    return "" if predicate == RDF_TYPE else predicate


def by_graph(rows: Iterable[Row]) -> Iterator[tuple[NamedNode | DefaultGraph, Iterator[Row]]]:
    """The runs of rows of one graph, for input in the order of ``ordered``."""
    return groupby(rows, attrgetter("graph_name"))


def by_subject(rows: Iterable[Row]) -> Iterator[tuple[NamedNode, Iterator[Row]]]:
    """The runs of rows about one subject, for the rows of one graph in the order of ``ordered``."""
    return groupby(rows, attrgetter("subject"))


def _unpublishable(statement: str, place: str) -> ReleaseError:
    return ReleaseError(
        f"{place}: {statement} kan niet gepubliceerd worden: gebruik een IRI in plaats van een lege knoop, "
        "en tekst zonder schrijfrichting.",
        f"{place}: {statement} cannot be published: use an IRI instead of a blank node, "
        "and text without a base direction.",
    )
