"""Validation: the project's SHACL shapes over a dataset → one sorted list of findings, waivers applied.

Stage RECORD is SHACL Core, stage PLAN is SHACL-SPARQL. ``validate`` is the one verdict behind the command
line, the release gate and CI. This module refuses to read files of data, to look at the clock, and to call
a rule satisfied that could not be evaluated.
"""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from pyoxigraph import Literal, NamedNode

from gbvkg.errors import UsageError
from gbvkg.findings import Finding, Severity, Stage
from gbvkg.sources import graph_of
from gbvkg.sources.statement import Place
from gbvkg.sources.unread import Unread
from gbvkg.validation import follow_on, waivers
from gbvkg.validation import paths as property_paths
from gbvkg.validation import shapes as shapes_graph
from gbvkg.validation.constraints import Result
from gbvkg.validation.engine import Engine
from gbvkg.validation.follow_on import Judged
from gbvkg.validation.memory import Memory, Progress, judge_again, judge_all
from gbvkg.validation.profiles import Profiles
from gbvkg.validation.shapes import Root, Shapes
from gbvkg.validation.tables import Tables
from gbvkg.validation.waivers import Places, Waiver
from gbvkg.validation.wording import Wording

if TYPE_CHECKING:
    from gbvkg.graph import Dataset

ENGINES = ("default", "pyshacl")


@dataclass(frozen=True)
class Report:
    """The verdict. ``findings`` are sorted and include the waived ones and those of reading that were
    passed in. ``silenced`` are the ones that follow from those and are not told.
    """

    findings: list[Finding]
    waivers: list[Waiver] = field(default_factory=list)
    silenced: list[Finding] = field(default_factory=list)

    @property
    def conforms(self) -> bool:
        """Whether a release may go on: no violation that is not waived."""
        return not any(f.severity is Severity.VIOLATION and not f.waiver for f in self.findings)

    def counts(self) -> dict[Severity, int]:
        """How many findings of each severity no waiver lets through."""
        open_ = [finding.severity for finding in self.findings if not finding.waiver]
        return {severity: open_.count(severity) for severity in Severity}


def validate(
    dataset: Dataset,
    *,
    shapes: Shapes | None = None,
    reading: Iterable[Finding] = (),
    deferred: Iterable[Finding] = (),
    unread: Unread | None = None,
    paths: Sequence[Path] | None = None,
    engine: str = "default",
    previous: Memory | None = None,
    progress: Progress | None = None,
) -> Report:
    """Judge ``dataset`` by ``shapes`` (the project's own when None).

    ``reading`` are the findings of stages FILE to LIST: they come into the report and silence their
    follow-on errors, as do ``deferred``, which are not told, and ``unread``. ``paths`` keeps the findings
    placed in those files or folders; the whole graph is judged all the same, because rules look across
    files. ``engine`` is one of ``ENGINES``.

    Raises ProjectError for ill-formed shapes and for a rule that cannot be evaluated, UsageError for
    another engine.
    """
    if engine not in ENGINES:
        raise UsageError(f"Onbekende engine: {engine}.", f"Unknown engine: {engine}.")
    with _without_collecting():
        used = shapes_graph.load(dataset.project) if shapes is None else shapes
        tables = Tables((s.subject, s.predicate, s.object) for s in dataset.statements)
        if engine == "default":
            results = _by_default(used, tables, previous, progress)
        else:
            results = _by_reference(used, tables)
        report = conclude(results, used, tables, dataset, reading, deferred, unread)
    return report if paths is None else placed_in(report, paths, dataset.project.root)


@contextmanager
def _without_collecting() -> Iterator[None]:
    """Judging makes many small objects and no circular garbage; the collector would look at all of them,
    over and over.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _by_default(
    used: Shapes, tables: Tables, previous: Memory | None, progress: Progress | None
) -> list[Result]:
    """The default engine, and pySHACL for the shapes that it does not vouch for."""
    bound = Engine(used, tables)
    last = previous.recall(used) if previous else None
    if previous and last:
        outcome = judge_again(bound, previous.change(tables), last, progress)
    else:
        outcome = judge_all(bound, progress)
    if previous:
        previous.keep(outcome, used)
    unproven = [root for root in used.roots if root.unproven]
    return [*outcome.results(), *(_by_reference(used, tables, unproven) if unproven else ())]


def _by_reference(used: Shapes, tables: Tables, roots: Sequence[Root] | None = None) -> list[Result]:
    from gbvkg.validation import reference

    return reference.run(used, tables, roots)


def conclude(
    results: Iterable[Result],
    used: Shapes,
    tables: Tables,
    dataset: Dataset,
    reading: Iterable[Finding] = (),
    deferred: Iterable[Finding] = (),
    unread: Unread | None = None,
) -> Report:
    """Results → report: weighed by profile, placed, worded, waived, without follow-on errors, sorted."""
    reading = list(reading)
    today = waivers.reference_date(tables, dataset.project.base)
    judged = _judged(results, Profiles(used, tables, today), Wording(tables, dataset.project.base), dataset)
    written = waivers.read(tables, used, today, _waivers_elsewhere(tables, dataset))
    granted = waivers.without_wrong(written, (each.finding for each in judged))
    waived = waivers.apply((each.finding for each in judged), granted)
    kept = follow_on.silence(
        (Judged(finding, each.result) for finding, each in zip(waived, judged, strict=True)),
        [*reading, *deferred],
        unread,
    )
    findings = [*reading, *kept, *waivers.about(granted, waived, dataset)]
    told = set(map(id, kept))
    silenced = [finding for finding in waived if id(finding) not in told]
    return Report(sorted(findings, key=Finding.sort_key), granted, silenced)


def _waivers_elsewhere(tables: Tables, dataset: Dataset) -> set[str]:
    """The waivers of which something is stated outside the graph of the one file for waivers."""
    found = set(waivers.nodes(tables))
    home = graph_of(dataset.project, waivers.FILE)
    if not found:
        return set()
    return {s.subject.value for s in dataset.statements if s.graph != home and s.subject in found}


def _judged(results: Iterable[Result], profiles: Profiles, wording: Wording, places: Places) -> list[Judged]:
    """One finding per different result: a thing that breaks a rule twice in the same way is told once."""
    found: dict[tuple[object, ...], Judged] = {}
    for result in results:
        finding = _finding(result, profiles, wording, places)
        key = (finding.rule, finding.focus, finding.path, finding.value, *sorted(finding.message.items()))
        found.setdefault(key, Judged(finding, result))
    return list(found.values())


def _finding(result: Result, profiles: Profiles, wording: Wording, places: Places) -> Finding:
    constraint = result.constraint
    return Finding(
        profiles.severity(result),
        constraint.rule,
        Stage.RECORD if constraint.query is None else Stage.PLAN,
        wording.message(result),
        _bare(result.focus),
        path_name(result),
        "" if result.value is None else str(result.value),
        _place(result, places),
    )


def _bare(term: object) -> str:
    return term.value if isinstance(term, NamedNode) else str(term)


def path_name(result: Result) -> str:
    """The path that a finding names: the one that the result gives, else the shape's."""
    if isinstance(result.path, NamedNode):
        return result.path.value
    return property_paths.name(result.constraint.shape.path)


def _place(result: Result, places: Places) -> Place | None:
    """Where the offending statement is: the value, else the property, else the thing, else the value's own
    place.
    """
    focus, path = result.focus, result.constraint.shape.path
    predicate = result.path if isinstance(result.path, NamedNode) else None
    if predicate is None and path is not None:
        if path[0] == "inverse" and path[1][0] == "iri" and isinstance(result.value, NamedNode):
            return places.place(result.value, path[1][1], None)
        predicate = next(property_paths.predicates(path), None)
    if isinstance(focus, Literal):
        return None
    place = places.place(focus, predicate, result.value) if predicate else places.place(focus)
    if place is None and isinstance(result.value, NamedNode):
        return places.place(result.value)
    return place


def placed_in(report: Report, wanted: Sequence[Path], root: Path) -> Report:
    """The findings placed in one of the files or folders."""
    folders = [_relative(path, root) for path in wanted]
    kept = [
        finding
        for finding in report.findings
        if finding.place is not None
        and any(finding.place.file == name or finding.place.file.startswith(f"{name}/") for name in folders)
    ]
    return Report(kept, report.waivers, report.silenced)


def _relative(path: Path, root: Path) -> str:
    resolved = path.resolve()
    return resolved.relative_to(root).as_posix() if resolved.is_relative_to(root) else path.as_posix()
