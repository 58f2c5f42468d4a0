"""The published order of quads: the one place that decides what comes before what.

Every file of a release is written from the result of ``ordered``; that order, and not the order in which
sources were read, is what makes two builds give the same bytes. This module refuses blank nodes: a reader
could not tell two releases' blank nodes apart, so nothing published has one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import groupby

from pyoxigraph import BlankNode, NamedNode, Quad

from gbvkg.errors import ReleaseError
from gbvkg.sources.statement import Statement

RDF_TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"

_DIGITS = re.compile("([0-9]+)")

NaturalKey = tuple[tuple[str | int, ...], str]


def natural(iri: str) -> NaturalKey:
    """A sort key under which ``…/action/x/9`` comes before ``…/action/x/10``; total ("1" is not "01")."""
    return tuple(int(part) if part.isascii() and part.isdigit() else part for part in _DIGITS.split(iri)), iri


def ordered(statements: Iterable[Statement]) -> list[Quad]:
    """Quads without doubles: by graph, subject (natural order), predicate (type first), object.

    Raises ReleaseError for a blank node or a literal with a base direction, which not every format can hold.
    """
    keys: dict[str, NaturalKey] = {}
    rows: dict[tuple[NaturalKey, NaturalKey, str, str], Quad] = {}
    for subject, predicate, value, graph, place in statements:
        text = str(value)
        blank = isinstance(subject, BlankNode) or isinstance(value, BlankNode)
        if blank or text.endswith(("--ltr", "--rtl")):
            raise _unpublishable(f"{subject} {predicate} {text}", str(place))
        key = (
            keys.setdefault(graph.value, natural(graph.value)),
            keys.setdefault(subject.value, natural(subject.value)),
            "" if predicate.value == RDF_TYPE else predicate.value,
            text,
        )
        rows.setdefault(key, Quad(subject, predicate, value, graph))
    return [rows[key] for key in sorted(rows)]


def union(quads: Iterable[Quad]) -> list[Quad]:
    """The triples of all graphs together, as quads of the default graph, in the order of ``ordered``."""
    keys: dict[str, NaturalKey] = {}
    rows: dict[tuple[NaturalKey, str, str], Quad] = {}
    for subject, predicate, value, _ in quads:
        key = (
            keys.setdefault(subject.value, natural(subject.value)),
            "" if predicate.value == RDF_TYPE else predicate.value,
            str(value),
        )
        rows.setdefault(key, Quad(subject, predicate, value))
    return [rows[key] for key in sorted(rows)]


def by_graph(quads: Iterable[Quad]) -> Iterator[tuple[NamedNode, Iterator[Quad]]]:
    """The runs of quads of one graph, for input in the order of ``ordered``."""
    return groupby(quads, lambda quad: quad.graph_name)


def by_subject(quads: Iterable[Quad]) -> Iterator[tuple[NamedNode, Iterator[Quad]]]:
    """The runs of quads about one subject, for the quads of one graph in the order of ``ordered``."""
    return groupby(quads, lambda quad: quad.subject)


def _unpublishable(statement: str, place: str) -> ReleaseError:
    return ReleaseError(
        f"{place}: {statement} kan niet gepubliceerd worden: gebruik een IRI in plaats van een lege knoop, "
        "en tekst zonder schrijfrichting.",
        f"{place}: {statement} cannot be published: use an IRI instead of a blank node, "
        "and text without a base direction.",
    )
