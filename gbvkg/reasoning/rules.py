"""The derivations: ``queries/rules/*.rq``, one CONSTRUCT per OWL axiom, run to a fixpoint.

Each file says in its ``#+`` header which axiom of the ontology it carries out; a test proves the files and a
reasoner equal. This module refuses to know any of them: a new rule is a new file. It also refuses a rule
that reaches outside the dataset (SERVICE, FROM), that makes new things, and that never comes to an end,
whether it goes on deriving (bounds on runs and statements) or searches and finds nothing (a bound on time).
The engine cannot be told to stop: a search that is given up goes on in its thread until the process ends, so
whoever gets that error should not live on for long.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from functools import partial
from threading import Thread
from typing import TYPE_CHECKING, Any

from pyoxigraph import Literal, NamedNode, Quad, QueryTriples, Store, Triple

from gbvkg.errors import ProjectError
from gbvkg.queries.tokens import forbidden, meaningful
from gbvkg.sources.statement import Place, Statement
from gbvkg.vocabulary import expand, prefixes

if TYPE_CHECKING:
    from gbvkg.graph import Dataset
    from gbvkg.project import Project

GRAPH = "id/graph/inferred"
"""Path, after the base IRI, of the graph that holds what the rules derive."""

MOST_RUNS = 100
"""How often one rule may run: longer than any chain of things above things."""

MOST_AT_LEAST, MOST_PER_STATEMENT = 100_000, 10
"""How many statements the rules may derive: so many, and in a large dataset so many per statement of it."""

MOST_SECONDS = 120.0
"""How long one run of a rule may take; with 3,000 actions (244,000 statements) the longest took 0.3 s. The
limit can only stop a build, never change what it derives."""

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
    place = Place(f"queries/rules/{name}.rq", 1)
    if found := forbidden(meaningful(text)):  # first: an engine that reads a SERVICE may already call it
        token, nl, en = found
        raise _refused(Place(place.file, token.line), nl, en)
    head = re.search(r"^\s*CONSTRUCT\b", text, re.MULTILINE)
    try:
        if head is None or not isinstance(Store().query(text), QueryTriples):
            raise _refused(place, "een regel is een CONSTRUCT", "a rule is a CONSTRUCT query")
    except (SyntaxError, RuntimeError) as error:
        raise _refused(place, f"geen geldige SPARQL: {error}", f"not valid SPARQL: {error}") from None
    line = text.count("\n", 0, head.end()) + 1
    return Rule(name, text, Place(place.file, line), frozenset(_mentions(text)))


def _refused(place: Place, nl: str, en: str) -> ProjectError:
    at = f"{place.file}:{place.line}"
    return ProjectError(f"{at}: {nl}.", f"{at}: {en}.")


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
    derived it first. Raises ProjectError for a file that is not a rule, and for a rule that makes new things
    or does not come to an end.
    """
    rules = read_rules(dataset.project)
    wanted = frozenset().union(*(rule.mentions for rule in rules))
    store = Store()
    store.extend(Quad(s.subject, s.predicate, s.object) for s in dataset.statements if s.predicate in wanted)
    known = {term for s in dataset.statements for term in s[:3]} | wanted
    graph = NamedNode(dataset.project.base + GRAPH)
    most = max(MOST_AT_LEAST, MOST_PER_STATEMENT * len(dataset.statements))
    derived = [_statement(triple, graph, rule.place) for rule, triple in _fixpoint(rules, store, known, most)]
    return sorted(derived, key=lambda s: (s.subject.value, s.predicate.value, s.object.value))


def _statement(triple: Any, graph: NamedNode, place: Place) -> Statement:
    return Statement(triple.subject, triple.predicate, triple.object, graph, place)


def _fixpoint(
    rules: list[Rule], store: Store, known: Collection[object], most: int
) -> Iterator[tuple[Rule, Triple]]:
    """Adds to ``store`` until no rule adds anything; a rule runs again when a predicate it mentions grew."""
    step, ran, grown, runs = 0, dict.fromkeys(rules, -1), dict[NamedNode, int](), Counter[Rule]()
    while due := _due(rules, ran, grown):
        ran[due] = step
        runs[due] += 1
        fresh = _add(store, due, known, most)
        most -= len(fresh)
        if most < 0 or runs[due] > MOST_RUNS:
            raise _refused(due.place, *_ENDLESS)
        if fresh:
            step += 1
            grown |= dict.fromkeys((triple.predicate for triple in fresh), step)
        yield from ((due, triple) for triple in fresh)


_ENDLESS = (
    "de regel blijft afleiden en komt niet tot een einde; leg haar beperkter vast",
    "the rule goes on deriving and comes to no end; make it narrower",
)


def _due(rules: list[Rule], ran: dict[Rule, int], grown: dict[NamedNode, int]) -> Rule | None:
    return next((r for r in rules if ran[r] < max((grown.get(p, 0) for p in r.mentions), default=0)), None)


def _add(store: Store, rule: Rule, known: Collection[object], most: int) -> list[Triple]:
    """What the rule adds: all of it, or when that is more than ``most`` just one statement more than that."""
    fresh = _in_time(partial(_fresh, store, rule, most), rule)
    for triple in fresh:
        _check_known(triple, rule, known)
    store.extend(Quad(t.subject, t.predicate, t.object) for t in fresh)
    return fresh


def _fresh(store: Store, rule: Rule, most: int) -> list[Triple]:
    """What the rule derives and ``store`` does not hold, until that is more than ``most`` statements."""
    fresh: dict[Triple, None] = {}
    for triple in rule.conclusions(store):
        if Quad(triple.subject, triple.predicate, triple.object) not in store:
            fresh[triple] = None
        if len(fresh) > most:
            break
    return list(fresh)


def _in_time(work: Callable[[], list[Triple]], rule: Rule) -> list[Triple]:
    """What ``work`` gives, done in a thread: so that a search without end can be left, and Ctrl-C is heard
    during one.
    """
    done: list[list[Triple] | BaseException] = []

    def run() -> None:
        try:
            done.append(work())
        except BaseException as error:  # whatever it is, it is raised below, where somebody listens
            done.append(error)

    thread = Thread(target=run, daemon=True)
    thread.start()
    thread.join(MOST_SECONDS)
    if not done:
        raise _refused(rule.place, *_TOO_LONG)
    if isinstance(done[0], BaseException):
        raise done[0]
    return done[0]


_TOO_LONG = (
    f"de regel zoekt langer dan {MOST_SECONDS:.0f} seconden; verbind de voorwaarden met gedeelde variabelen",
    f"the rule searches for more than {MOST_SECONDS:.0f} seconds; connect its conditions by shared variables",
)


def _check_known(triple: Any, rule: Rule, known: Collection[object]) -> None:
    """A rule relates what is there; literals may be worked out, as the store already rewrites them."""
    for term in (triple.subject, triple.predicate, triple.object):
        if term not in known and not isinstance(term, Literal):
            shown = ascii(term.value[:200])
            raise _refused(
                rule.place,
                f"de regel maakt een naam die nergens staat ({shown}); een regel verbindt wat er is",
                f"the rule makes a name that is nowhere ({shown}); a rule relates what is there",
            )
