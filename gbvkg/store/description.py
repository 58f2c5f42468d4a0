"""DESCRIBE: the concise bounded description of what a query selects, with labels of all that it mentions.

SPARQL 1.1 §16.4 leaves open what a description is. Ours has every statement about each resource and, from
there, about the blank nodes in them; and labels of every IRI mentioned, so that a reader need not look each
up. It is taken from all graphs of the query's dataset, named ones included. This module refuses to fetch.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from pyoxigraph import BlankNode, NamedNode, QuerySolutions, Store, Triple

from gbvkg.store.reading import Reading, described
from gbvkg.vocabulary import expand

LABELS = ("rdfs:label", "skos:prefLabel", "dct:title", "foaf:name")
"""What counts as a label."""

Graphs = list[NamedNode] | None
"""The graphs to look in; None for all."""


def describe(
    store: Store, text: str, reading: Reading, graphs: Graphs, options: dict[str, Any]
) -> list[Triple]:
    """The description, each triple once. ``options`` is what ``Store.query`` takes; ``graphs`` is the
    protocol's dataset, None when it names none. Raises as ``Store.query`` does.
    """
    plan = described(text, reading)
    if plan.solutions is None or plan.solutions == text:
        store.query(text, **options)  # for its syntax alone
    if graphs is None and plan.graphs is not None:
        graphs = [term for term in _terms(store, plan.graphs, {}) if isinstance(term, NamedNode)]
    resources = dict.fromkeys(_terms(store, plan.resources, {}) if plan.resources else ())
    if plan.solutions is not None:
        resources |= dict.fromkeys(_terms(store, plan.solutions, options))
    triples = dict.fromkeys(_bounded(store, resources, graphs))
    labels = _labels(store, dict.fromkeys(_mentioned(triples)), graphs)
    return list(triples | dict.fromkeys(labels))


def _terms(store: Store, query: str, options: dict[str, Any]) -> Iterator[Any]:
    solutions = store.query(query, **options)
    assert isinstance(solutions, QuerySolutions)
    for solution in solutions:
        yield from (term for term in solution if term is not None)


def _bounded(store: Store, resources: Iterable[Any], graphs: Graphs) -> Iterator[Triple]:
    waiting = [term for term in resources if isinstance(term, NamedNode | BlankNode)]
    seen = set(waiting)
    for subject in waiting:
        for triple in _statements(store, subject, None, graphs):
            yield triple
            if isinstance(triple.object, BlankNode) and triple.object not in seen:
                seen.add(triple.object)
                waiting.append(triple.object)


def _labels(store: Store, mentioned: Iterable[NamedNode], graphs: Graphs) -> Iterator[Triple]:
    properties = [NamedNode(expand(name)) for name in LABELS]
    for resource in mentioned:
        for label in properties:
            yield from _statements(store, resource, label, graphs)


def _mentioned(triples: Iterable[Triple]) -> Iterator[NamedNode]:
    for triple in triples:
        yield from (term for term in triple if isinstance(term, NamedNode))


def _statements(store: Store, subject: Any, predicate: Any, graphs: Graphs) -> Iterator[Triple]:
    for graph in (None,) if graphs is None else graphs:
        for quad in store.quads_for_pattern(subject, predicate, None, graph):
            yield quad.triple
