"""The axioms of an ontology as an index, to find two classes of one thing that exclude each other.

This module follows the axioms that usually cause a contradiction (class and property hierarchies, domains,
ranges, intersections, existential restrictions). It refuses to decide whether there is one: it may miss a
contradiction, and only a reasoner says that one exists.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import combinations
from typing import Any

from pyoxigraph import NamedNode, Triple

from gbvkg.vocabulary import expand, shrink

Node = Any
"""A term of an RDF 1.1 triple. (The type hints of pyoxigraph also allow the triple terms of RDF 1.2.)"""

Reasons = dict[Node, str]
"""Class → why the thing at hand belongs to it: the triple that says so, in short form."""

Clash = tuple[NamedNode, str, NamedNode, str]
"""Two disjoint classes that one thing would have, each with its reason."""


def iri(curie: str) -> NamedNode:
    """The node of ``prefix:local``."""
    return NamedNode(expand(curie))


TYPE = iri("rdf:type")
_FIRST, _REST = iri("rdf:first"), iri("rdf:rest")
_SUB_CLASS, _SUB_PROPERTY = iri("rdfs:subClassOf"), iri("rdfs:subPropertyOf")
_DOMAIN, _RANGE = iri("rdfs:domain"), iri("rdfs:range")
_EQUIVALENT, _DISJOINT = iri("owl:equivalentClass"), iri("owl:disjointWith")
_INTERSECTION = iri("owl:intersectionOf")
_ON_PROPERTY, _SOME = iri("owl:onProperty"), iri("owl:someValuesFrom")


class Axioms:
    """The axioms by subject and predicate. ``types`` has what each thing is by its types and by its links."""

    def __init__(self, triples: Iterable[Triple]) -> None:
        self._objects: dict[tuple[Node, NamedNode], list[Node]] = defaultdict(list)
        self.types: dict[Node, Reasons] = defaultdict(dict)
        links: list[Node] = []
        for triple in triples:
            self._objects[_key(triple)].append(triple.object)
            if triple.predicate != TYPE:
                links.append(triple)
            else:
                _note(self.types, triple.subject, triple.object, triple)
        for link in links:
            self._type_ends(link)

    def _type_ends(self, link: Node) -> None:
        for side, end in ((_DOMAIN, link.subject), (_RANGE, link.object)):
            for kind in self._ends(link.predicate, side):
                _note(self.types, end, kind, link)

    def _get(self, subject: Node, predicate: NamedNode) -> list[Node]:
        return self._objects.get((subject, predicate), [])

    def _ends(self, link: NamedNode, side: NamedNode) -> Iterator[Node]:
        """Domains or ranges of a property and of those above it."""
        seen, todo = {link}, [link]
        while todo:
            at = todo.pop()
            yield from self._get(at, side)
            above = [p for p in self._get(at, _SUB_PROPERTY) if p not in seen]
            seen.update(above)
            todo += above

    def above(self, kinds: Reasons) -> Reasons:
        """``kinds`` and every class that follows from them, each with the reason of its origin."""
        known, todo = dict(kinds), list(kinds)
        while todo:
            at = todo.pop()
            for kind in self._next(at):
                if kind not in known:
                    known[kind] = known[at]
                    todo.append(kind)
        return known

    def _next(self, kind: Node) -> Iterator[Node]:
        yield from self._get(kind, _SUB_CLASS)
        yield from self._get(kind, _EQUIVALENT)
        for head in self._get(kind, _INTERSECTION):
            yield from self._members(head)
        if self._get(kind, _SOME):
            for link in self._get(kind, _ON_PROPERTY):
                yield from self._ends(link, _DOMAIN)

    def _members(self, node: Node) -> Iterator[Node]:
        while first := self._get(node, _FIRST):
            yield first[0]
            node = self._get(node, _REST)[0]

    def clash(self, kinds: Reasons) -> Clash | None:
        """The first pair of disjoint classes among those that follow from ``kinds``, or None."""
        known = self.above(kinds)
        named = sorted((kind for kind in known if isinstance(kind, NamedNode)), key=lambda kind: kind.value)
        for one, other in combinations(named, 2):
            if other in self._get(one, _DISJOINT) or one in self._get(other, _DISJOINT):
                return one, known[one], other, known[other]
        return None


def _key(triple: Node) -> tuple[Node, NamedNode]:
    return triple.subject, triple.predicate


def _note(types: dict[Node, Reasons], thing: Node, kind: Node, triple: Node) -> None:
    words = " ".join(shrink(term.value) for term in (triple.subject, triple.predicate, triple.object))
    types[thing].setdefault(kind, words)
