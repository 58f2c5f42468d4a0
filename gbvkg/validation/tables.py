"""The data as one dictionary per predicate: what the Core constraints read.

All named graphs count as one graph (the union default graph); a triple stated twice counts once. Lookups
are by term as written, so "1.0" and "1.00" are two values. This module refuses to evaluate anything: it
looks up.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from pyoxigraph import BlankNode, Literal, NamedNode

Subject = NamedNode | BlankNode
Term = NamedNode | BlankNode | Literal
Triple = tuple[Subject, NamedNode, Term]
Values = Collection[Term]
Index = dict[Term, Values]

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RDFS = "http://www.w3.org/2000/01/rdf-schema#"
RDF_TYPE = NamedNode(RDF + "type")
SUBCLASS_OF = NamedNode(RDFS + "subClassOf")

_MANY = 8
"""From this many values on, a list becomes a dict, so that hubs (a plan of 11,500 actions) stay linear."""
_NOTHING: Index = {}


def _put(index: Index, key: Term, value: Term) -> bool:
    """Add ``value`` under ``key`` once; whether it was new."""
    values = index.get(key)
    if values is None:
        index[key] = [value]
        return True
    if value in values:
        return False
    if type(values) is dict:
        values[value] = None
    else:
        values.append(value)  # type: ignore[attr-defined]
        if len(values) == _MANY:
            index[key] = dict.fromkeys(values)
    return True


def _drop(index: Index, key: Term, value: Term) -> None:
    values = index.get(key, ())
    if value not in values:
        return
    if len(values) == 1:
        del index[key]
    elif type(values) is dict:
        del values[value]
    else:
        values.remove(value)  # type: ignore[attr-defined]


class Tables:
    """Per-predicate tables, forward (subject → objects) and, on demand, backward (object → subjects)."""

    def __init__(self, triples: Iterable[tuple[Subject, NamedNode, Term]] = ()) -> None:
        self._forward: dict[NamedNode, Index] = {}
        self._backward: dict[NamedNode, Index] = {}
        self._instances: dict[Term, set[Term]] = {}
        forward = self._forward
        for subject, predicate, value in triples:
            table = forward.get(predicate)
            if table is None:
                table = forward[predicate] = {}
            _put(table, subject, value)

    def add(self, triple: Triple) -> bool:
        """State one more triple; whether it was new."""
        subject, predicate, value = triple
        self._instances.clear()
        new = _put(self._forward.setdefault(predicate, {}), subject, value)
        if new and predicate in self._backward:
            _put(self._backward[predicate], value, subject)
        return new

    def discard(self, triple: Triple) -> None:
        subject, predicate, value = triple
        self._instances.clear()
        _drop(self._forward.get(predicate, _NOTHING), subject, value)
        _drop(self._backward.get(predicate, _NOTHING), value, subject)

    def forward(self, predicate: NamedNode) -> Index:
        """subject → objects of ``predicate``. The table itself: do not change it."""
        return self._forward.get(predicate, _NOTHING)

    def backward(self, predicate: NamedNode) -> Index:
        """object → subjects of ``predicate``."""
        table = self._backward.get(predicate)
        if table is None:
            table = self._backward[predicate] = {}
            for subject, values in self.forward(predicate).items():
                for value in values:
                    _put(table, value, subject)
        return table

    def predicates(self) -> Collection[NamedNode]:
        return self._forward.keys()

    def triples(self, predicates: Iterable[NamedNode] | None = None) -> Iterator[Triple]:
        """All triples of the given predicates (of all when None)."""
        for predicate in self._forward if predicates is None else predicates:
            for subject, values in self.forward(predicate).items():
                for value in values:
                    yield subject, predicate, value  # type: ignore[misc]

    def instances(self, cls: Term) -> set[Term]:
        """SHACL instances of ``cls``: typed with it or with a subclass (SHACL §1.1, rdfs:subClassOf in the
        data).
        """
        known = self._instances.get(cls)
        if known is None:
            typed = self.backward(RDF_TYPE)
            known = {node for sub in self.subclasses(cls) for node in typed.get(sub, ())}
            self._instances[cls] = known
        return known

    def subclasses(self, cls: Term) -> set[Term]:
        """``cls`` and everything below it."""
        return reach(cls, self.backward(SUBCLASS_OF))

    def list_items(self, head: Term) -> list[Term]:
        """Members of an RDF list; stops at a malformed or circular tail."""
        items: list[Term] = []
        seen: set[Term] = set()
        first, rest = self.forward(NamedNode(RDF + "first")), self.forward(NamedNode(RDF + "rest"))
        while head not in seen and head in first:
            seen.add(head)
            items.extend(first[head])
            head = next(iter(rest.get(head, ())), head)
        return items


def reach(start: Term, step: Index) -> set[Term]:
    """``start`` and all that can be reached from it by ``step``."""
    found, todo = {start}, [start]
    while todo:
        for node in step.get(todo.pop(), ()):
            if node not in found:
                found.add(node)
                todo.append(node)
    return found
