"""The derivations: ``queries/rules/*.rq``, one CONSTRUCT per OWL axiom, run to a fixpoint.

Each file says in its ``#+`` header which axiom of the ontology it carries out; a test proves the files and a
reasoner equal. This module refuses to know any of them: a new rule is a new file.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pyoxigraph import NamedNode, Quad, QueryTriples, Store, Triple

from gbvkg.errors import ProjectError
from gbvkg.sources.statement import Place, Statement
from gbvkg.vocabulary import expand, prefixes

if TYPE_CHECKING:
    from gbvkg.graph import Dataset
    from gbvkg.project import Project

GRAPH = "id/graph/inferred"
"""Path, after the base IRI, of the graph that holds what the rules derive."""

_COMMENT = re.compile(r"^\s*#.*$", re.MULTILINE)
_TERM = re.compile(
    r"<(?P<iri>[^<>\s]+)>|(?<![\w?$<:-])(?:(?P<prefix>[a-z][\w-]*):(?P<local>\w(?:[\w.-]*[\w-])?)|(?P<type>a)(?=[\s<]))"
)


@dataclass(frozen=True)
class Rule:
    """One rule file. ``mentions`` are the IRIs in its text, ``a`` included.

    Only statements whose predicate it mentions are shown to a rule: a variable in the place of a predicate
    stands for one of those.
    """

    name: str
    text: str
    place: Place
    mentions: frozenset[NamedNode]

    def conclusions(self, store: Store) -> Iterator[Triple]:
        """What the rule derives from the default graph of ``store``, also what is there already."""
        answer = store.query(self.text)
        assert isinstance(answer, QueryTriples)
        return iter(answer)


def read_rules(project: Project) -> list[Rule]:
    """The rules of a project by file name.

    Raises ProjectError for a file that is not a CONSTRUCT query, naming file and line.
    """
    paths = sorted((project.folder("queries") / "rules").glob("*.rq"))
    return [_rule(path.stem, path.read_text("utf-8")) for path in paths]


def _rule(name: str, text: str) -> Rule:
    file = f"queries/rules/{name}.rq"
    head = re.search(r"^\s*CONSTRUCT\b", text, re.MULTILINE)
    try:
        if head is None or not isinstance(Store().query(text), QueryTriples):
            raise ProjectError(
                f"{file}:1: een regel is een CONSTRUCT.", f"{file}:1: a rule is a CONSTRUCT query."
            )
    except SyntaxError as error:
        raise ProjectError(
            f"{file}: geen geldige SPARQL: {error}", f"{file}: not valid SPARQL: {error}"
        ) from None
    line = text.count("\n", 0, head.end()) + 1
    return Rule(name, text, Place(file, line), frozenset(_mentions(text)))


def _mentions(text: str) -> Iterator[NamedNode]:
    known = prefixes()
    for found in _TERM.finditer(_COMMENT.sub("", text)):
        if found["iri"]:
            yield NamedNode(found["iri"])
        elif found["prefix"] in known:
            yield NamedNode(known[found["prefix"]] + found["local"])
        elif found["type"]:
            yield NamedNode(expand("rdf:type"))


def materialise(dataset: Dataset) -> list[Statement]:
    """All that the rules derive from ``dataset`` and that it does not hold yet, in graph ``inferred``.

    Sorted, without repetitions, and the same for the same dataset; the place of a statement is the rule that
    derived it first. Raises ProjectError for a file that is not a rule.
    """
    rules = read_rules(dataset.project)
    wanted = frozenset().union(*(rule.mentions for rule in rules))
    store = Store()
    store.extend(Quad(s.subject, s.predicate, s.object) for s in dataset.statements if s.predicate in wanted)
    graph = NamedNode(dataset.project.base + GRAPH)
    derived = (_statement(triple, graph, rule.place) for rule, triple in _fixpoint(rules, store))
    return sorted(derived, key=lambda s: (s.subject.value, s.predicate.value, s.object.value))


def _statement(triple: Any, graph: NamedNode, place: Place) -> Statement:
    return Statement(triple.subject, triple.predicate, triple.object, graph, place)


def _fixpoint(rules: list[Rule], store: Store) -> Iterator[tuple[Rule, Triple]]:
    """Adds to ``store`` until no rule adds anything; a rule runs again when a predicate it mentions grew."""
    step, ran, grown = 0, dict.fromkeys(rules, -1), dict[NamedNode, int]()
    while due := _due(rules, ran, grown):
        ran[due] = step
        fresh = _add(store, due.conclusions(store))
        if fresh:
            step += 1
            grown |= dict.fromkeys((triple.predicate for triple in fresh), step)
        yield from ((due, triple) for triple in fresh)


def _due(rules: list[Rule], ran: dict[Rule, int], grown: dict[NamedNode, int]) -> Rule | None:
    return next((r for r in rules if ran[r] < max((grown.get(p, 0) for p in r.mentions), default=0)), None)


def _add(store: Store, conclusions: Iterable[Triple]) -> list[Triple]:
    fresh = [t for t in set(conclusions) if Quad(t.subject, t.predicate, t.object) not in store]
    store.extend(Quad(t.subject, t.predicate, t.object) for t in fresh)
    return fresh
