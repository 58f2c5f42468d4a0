"""What the last run found, so that the next one judges again only what a change can affect.

One JSON file in the project's cache folder, tied to the exact sources, shapes and code that it came from.
Losing or damaging it costs time, never correctness: then everything is judged. This module refuses formats
that can run code, and refuses to use results whose origin it cannot prove.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from itertools import count
from os import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyoxigraph
from pyoxigraph import RdfFormat

from gbvkg.project import read_regular, safe_folder
from gbvkg.validation.constraints import Result
from gbvkg.validation.engine import Engine
from gbvkg.validation.impact import Change, Everything, Impact
from gbvkg.validation.shapes import Constraint, Root, Shapes
from gbvkg.validation.tables import Tables, Term

if TYPE_CHECKING:
    from gbvkg.graph import Loaded

NAME = "validation.json"
_SCHEMA = 1

Progress = Callable[[int, int, str], None]
"""Called with steps done, steps in all, and the name of the shape or rule at hand."""

ByFocus = dict[Term, list[Result]]


@dataclass(eq=False)
class Outcome:
    """The results of one graph by what found them: the number of a root (Core) or of a constraint (SPARQL),
    then the focus node. ``judged`` counts the focus nodes that were looked at to get there.
    """

    core: dict[int, ByFocus] = field(default_factory=dict)
    queries: dict[int, ByFocus] = field(default_factory=dict)
    judged: int = 0

    def results(self) -> Iterator[Result]:
        for group in (self.core, self.queries):
            for by_focus in group.values():
                for results in by_focus.values():
                    yield from results


@dataclass(frozen=True)
class Memory:
    """Where the last outcome is kept, and the reading that says what changed since (``graph.load`` with a
    cache).
    """

    folder: Path
    loaded: Loaded

    @property
    def path(self) -> Path:
        return self.folder / NAME

    def recall(self, shapes: Shapes) -> Outcome | None:
        """The outcome of the sources that ``loaded.before`` and ``loaded.changed`` speak of, or None."""
        if self.loaded.changed is None:
            return None
        try:
            kept = json.loads(read_regular(self.path, -1))
            said = kept["said"]
            if kept["origin"] != _origin(self.loaded.previous_state, shapes) or kept["digest"] != _digest(
                said
            ):
                return None
            return _decode(json.loads(said), shapes)
        except (OSError, ValueError, TypeError, KeyError, IndexError, SyntaxError):
            return None

    def change(self, tables: Tables) -> Change:
        """What the changed files say now and did not say before, and the other way round."""
        changed = self.loaded.changed or frozenset()
        now = {s[:3] for s in self.loaded.dataset.statements if s.place.file in changed}
        before = {statement[:3] for statement in self.loaded.before}
        gone = (
            triple for triple in before - now if triple[2] not in tables.forward(triple[1]).get(triple[0], ())
        )
        return Change(frozenset(now - before), frozenset(gone))

    def keep(self, outcome: Outcome, shapes: Shapes) -> None:
        """Write the outcome beside the old one, then replace it, so that a killed run leaves one of them
        whole.
        """
        said = json.dumps(_encode(outcome), ensure_ascii=False)
        kept = {"origin": _origin(self.loaded.state, shapes), "digest": _digest(said), "said": said}
        if not safe_folder(self.folder):
            return
        try:
            beside = self.path.with_suffix(".new")
            beside.unlink(missing_ok=True)  # a link that somebody left there is not written through
            with beside.open("x", encoding="utf-8") as stream:
                stream.write(json.dumps(kept, ensure_ascii=False))
            replace(beside, self.path)
        except OSError:  # a read-only or full disk: the next run judges everything
            return


def judge_all(engine: Engine, progress: Progress | None = None) -> Outcome:
    """Judge every focus node."""
    outcome, step = Outcome(), _steps(engine, progress)
    for number, root in enumerate(engine.roots):
        step(root.shape.rule)
        _judge_root(engine, outcome, number, root, engine.core.targets(root.targets), {})
    for constraint in engine.asked():
        step(constraint.rule)
        _ask(engine, outcome, constraint, engine.foci(constraint), {})
    return outcome


def _steps(engine: Engine, progress: Progress | None) -> Callable[[str], None]:
    """Tells that one step more has begun."""
    total, done = len(engine.roots) + len(engine.asked()), count()
    return (lambda name: progress(next(done), total, name)) if progress else (lambda name: None)


def judge_again(engine: Engine, change: Change, last: Outcome, progress: Progress | None = None) -> Outcome:
    """The outcome of the new graph, from the ``last`` one and from judging what ``change`` can affect."""
    if not change:
        return Outcome(last.core, last.queries)
    try:
        with Impact(engine, change) as impact:
            roots = [_affected(impact.of_root, root) for root in engine.roots]
            queries = [_affected(impact.of_query, constraint) for constraint in engine.asked()]
    except Everything:
        return judge_all(engine, progress)
    engine.forget()
    outcome, step = Outcome(), _steps(engine, progress)
    for number, (root, affected) in enumerate(zip(engine.roots, roots, strict=True)):
        step(root.shape.rule)
        foci = engine.core.targets(root.targets)
        _judge_root(engine, outcome, number, root, *_split(foci, affected, last.core.get(number, {})))
    for constraint, affected in zip(engine.asked(), queries, strict=True):
        step(constraint.rule)
        known = last.queries.get(constraint.number, {})
        if affected is None or affected:
            _ask(engine, outcome, constraint, *_split(engine.foci(constraint), affected, known))
        elif known:
            outcome.queries[constraint.number] = known
    return outcome


def _affected(ask: Any, about: Root | Constraint) -> set[Term] | None:
    """The affected focus nodes, None for all."""
    try:
        found: set[Term] = ask(about)
    except Everything:
        return None
    return found


def _split(
    foci: dict[Term, None], affected: set[Term] | None, known: ByFocus
) -> tuple[Collection[Term], ByFocus]:
    """The focus nodes to judge, and what is known of the others."""
    if affected is None:
        return foci, {}
    kept = {focus: results for focus, results in known.items() if focus not in affected and focus in foci}
    return [focus for focus in foci if focus in affected], kept


def _judge_root(
    engine: Engine, outcome: Outcome, number: int, root: Root, foci: Collection[Term], known: ByFocus
) -> None:
    outcome.judged += len(foci)
    found = {**known, **dict(engine.judge(root, foci))}
    if found:
        outcome.core[number] = found


def _ask(
    engine: Engine, outcome: Outcome, constraint: Constraint, foci: Collection[Term], known: ByFocus
) -> None:
    outcome.judged += len(foci)
    found = dict(known)
    for result in engine.queries.run(constraint, foci):
        found.setdefault(result.focus, []).append(result)
    if found:
        outcome.queries[constraint.number] = found


# On disk: terms once, as N-Triples; results as rows of numbers


@cache
def _code() -> str:
    """Digest of the code that judges and of the engine below it."""
    digest = sha256(pyoxigraph.__version__.encode())
    for file in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(file.read_bytes())
    return digest.hexdigest()


def _origin(sources: str, shapes: Shapes) -> list[object]:
    return [_SCHEMA, sources, shapes.digest, _code()]


def _digest(said: str) -> str:
    return sha256(said.encode()).hexdigest()


def _encode(outcome: Outcome) -> dict[str, Any]:
    terms: dict[Term, int] = {}

    def number(term: Term) -> int:
        return terms.setdefault(term, len(terms))

    def row(result: Result) -> list[Any]:
        return [
            result.constraint.number,
            number(result.focus),
            None if result.value is None else number(result.value),
            None if result.path is None else number(result.path),
            [[name, number(term)] for name, term in result.bindings],
        ]

    def rows(group: Mapping[int, ByFocus]) -> list[Any]:
        return [
            [
                source,
                [[number(focus), [row(result) for result in results]] for focus, results in by_focus.items()],
            ]
            for source, by_focus in group.items()
        ]

    core, queries = rows(outcome.core), rows(outcome.queries)
    return {"core": core, "queries": queries, "terms": [str(term) for term in terms]}


def _decode(said: dict[str, Any], shapes: Shapes) -> Outcome:
    terms = _terms(said["terms"])

    def term(number: int | None) -> Term | None:
        return None if number is None else terms[number]

    def result(row: list[Any]) -> Result:
        constraint, focus, value, path, bindings = row
        bound = tuple((name, terms[number]) for name, number in bindings)
        return Result(shapes.constraints[constraint], terms[focus], term(value), term(path), bound)

    def group(rows: list[Any]) -> dict[int, ByFocus]:
        return {
            source: {terms[focus]: [result(row) for row in found] for focus, found in by_focus}
            for source, by_focus in rows
        }

    return Outcome(group(said["core"]), group(said["queries"]))


def _terms(written: list[str]) -> list[Term]:
    text = "\n".join(f"<x:s> <x:p> {term} ." for term in written)
    found = [quad.object for quad in pyoxigraph.parse(text, format=RdfFormat.N_TRIPLES)]
    return found
