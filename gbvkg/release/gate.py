"""The gate: a project → its dataset with all that follows from it, and the verdict on it.

One function for the release and for whoever only wants the verdict, so that they cannot differ. This module
refuses to write anything, apart from the cache that it is given.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from gbvkg import graph, queries, reasoning, validation
from gbvkg.errors import GateClosed
from gbvkg.findings import Finding, Severity, Stage
from gbvkg.graph import Dataset
from gbvkg.project import Project
from gbvkg.sources.unread import Unread
from gbvkg.validation import Report, waivers
from gbvkg.validation.memory import Memory

Progress = Callable[[int, int, str], None]
"""Called with steps done, steps in all, and the name of the step at hand."""

STAGES = ("read", "rules", "shapes", "checks")


@dataclass(frozen=True)
class Judgement:
    """``dataset`` has the inferred graph too; ``report`` what reading, shapes and check queries found."""

    dataset: Dataset
    report: Report


def judge(
    project: Project,
    progress: Progress | None = None,
    *,
    files: Progress | None = None,
    engine: str = "default",
    cache: Path | None = None,
    reason: bool = False,
) -> Judgement:
    """Read the project, apply its rules, and judge it by its shapes and check queries.

    The shapes judge what was written: what the rules add to it, nobody can correct in a source file. The
    check queries look at both. ``engine`` is one of ``validation.ENGINES``. With ``cache``, a folder of
    gbvkg's own, only what a change since the last run can affect is read and judged again, with the same
    verdict. ``reason`` lets the OWL reasoner look at ontology and data too.

    Raises ProjectError for a project whose own shapes, rules or queries are malformed, and
    BackEndUnavailable when the reasoner does not answer; never for what its data says.
    """
    step = progress or (lambda done, of, name: None)
    step(0, len(STAGES), "read")
    loaded = graph.load(project, files, cache)
    step(1, len(STAGES), "rules")
    dataset = loaded.dataset.with_statements(reasoning.materialise(loaded.dataset))
    reasoned = reasoning.check_project(project, loaded.dataset.statements) if reason else []
    step(2, len(STAGES), "shapes")
    previous = Memory(cache, loaded) if cache else None
    found = [*loaded.findings, *reasoned]
    report = validation.validate(
        loaded.dataset,
        reading=found,
        deferred=loaded.deferred,
        unread=loaded.unread,
        engine=engine,
        previous=previous,
    )
    step(3, len(STAGES), "checks")
    checks = queries.read_checks(project)
    checked = queries.hygiene(project, dataset.store(), dataset.place, checks)
    repeats = {check.rule: check.repeats for check in checks}
    return Judgement(dataset, with_checks(report, checked, loaded.deferred, loaded.unread, repeats))


def with_checks(
    report: Report,
    found: Iterable[Finding],
    deferred: Iterable[Finding] = (),
    unread: Unread | None = None,
    repeats: Mapping[str, Collection[str]] | None = None,
) -> Report:
    """``report`` and the findings of the check queries, under the same waivers.

    A waiver that covers only one of these is not unused. A fault is told once, where it was written: a check
    adds nothing about what the readers refused (``deferred`` too) or could not read, nor about a thing that
    breaks one of the rules that it ``repeats``.
    """
    told = _Told([*report.findings, *report.silenced, *deferred], unread, repeats or {})
    open_ = [each for each in found if not told.covers(each)]
    waived = waivers.apply(open_, report.waivers)
    used = {finding.waiver for finding in waived if finding.waiver}
    kept = [each for each in report.findings if each.rule != waivers.UNUSED or each.focus not in used]
    return Report(sorted([*kept, *waived], key=Finding.sort_key), report.waivers, report.silenced)


class _Told:
    """What needs no check to tell it again."""

    def __init__(
        self, findings: list[Finding], unread: Unread | None, repeats: Mapping[str, Collection[str]]
    ) -> None:
        self.unread = unread
        self.repeats = repeats
        self.refused: set[str] = set()
        self.weight: dict[tuple[str, str], Severity] = {}
        repeated = {rule for rules in repeats.values() for rule in rules}
        for each in findings:
            if each.value and each.stage < Stage.RECORD and each.severity is Severity.VIOLATION:
                self.refused.add(_bare(each.value))
            if each.rule in repeated:
                for thing in (each.focus, _bare(each.value)):
                    known = self.weight.get((each.rule, thing), each.severity)
                    self.weight[each.rule, thing] = min(known, each.severity)

    def covers(self, finding: Finding) -> bool:
        """Whether another finding, of no less weight, says the same or says why this one cannot be known."""
        if self.unread and self.unread.ontology:
            return True
        value = _bare(finding.value)
        if value in self.refused:
            return True
        if self.unread and any(map(self.unread.describes, (finding.focus, value))):
            return True
        rules = self.repeats.get(finding.rule, ())
        weights = [self.weight.get((rule, finding.focus)) for rule in rules]
        return any(weight is not None and weight <= finding.severity for weight in weights)


def _bare(term: str) -> str:
    """The IRI in N-Triples form without its brackets; any other term as it is."""
    return term[1:-1] if term.startswith("<") else term


def pass_gate(report: Report) -> None:
    """Raises GateClosed, with the report, when a violation is not waived."""
    if report.conforms:
        return
    count = report.counts()[Severity.VIOLATION]
    nl = "1 overtreding houdt" if count == 1 else f"{count} overtredingen houden"
    en = "1 violation stops" if count == 1 else f"{count} violations stop"
    raise GateClosed(
        f"{nl} de release tegen; er is niets geschreven. Bekijk ze met: gbvkg validate.",
        f"{en} the release; nothing was written. See them with: gbvkg validate.",
        report,
    )
