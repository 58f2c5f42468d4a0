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
    rows: dict[tuple[str, str, str, str], Quad] = {}
    for subject, predicate, value, graph, place in statements:
        text = str(value)
        blank = isinstance(subject, BlankNode) or isinstance(value, BlankNode)
        if blank or text.endswith(("--ltr", "--rtl")):
            raise _unpublishable(f"{subject} {predicate} {text}", str(place))
        key = (graph.value, subject.value, _type_first(predicate.value), text)
        if key not in rows:
            rows[key] = Quad(subject, predicate, value, graph)
    return _sorted(rows)


def union(quads: Iterable[Quad]) -> list[Quad]:
    """The triples of all graphs together, as quads of the default graph, in the order of ``ordered``."""
    rows: dict[tuple[str, str, str, str], Quad] = {}
    for subject, predicate, value, _ in quads:
        key = ("", subject.value, _type_first(predicate.value), str(value))
        if key not in rows:
            rows[key] = Quad(subject, predicate, value)
    return _sorted(rows)


def _type_first(predicate: str) -> str:
    return "" if predicate == RDF_TYPE else predicate


def _sorted(rows: dict[tuple[str, str, str, str], Quad]) -> list[Quad]:
    names = {name for key in rows for name in key[:2]}
    rank = {name: place for place, name in enumerate(sorted(names, key=natural))}
    return [rows[key] for key in sorted(rows, key=lambda key: (rank[key[0]], rank[key[1]], key[2], key[3]))]


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
