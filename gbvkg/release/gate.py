"""The gate: a project → its dataset with all that follows from it, and the verdict on it.

One function for the release and for whoever only wants the verdict, so that they cannot differ. This module
refuses to write anything, apart from the cache that it is given.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from gbvkg import graph, queries, reasoning, validation
from gbvkg.errors import GateClosed
from gbvkg.findings import Finding, Severity, Stage
from gbvkg.graph import Dataset
from gbvkg.project import Project
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
    report = validation.validate(loaded.dataset, reading=found, engine=engine, previous=previous)
    step(3, len(STAGES), "checks")
    return Judgement(dataset, with_checks(report, queries.hygiene(project, dataset.store(), dataset.place)))


def with_checks(report: Report, found: Iterable[Finding]) -> Report:
    """``report`` and the findings of the check queries, under the same waivers.

    A waiver that covers only one of these is not unused. What the readers already refused, a check does not
    refuse again: a reference to nothing is told once, where it was written.
    """
    refused = {
        each.value
        for each in report.findings
        if each.value and each.stage < Stage.RECORD and each.severity is Severity.VIOLATION
    }
    waived = waivers.apply((each for each in found if each.value not in refused), report.waivers)
    used = {finding.waiver for finding in waived if finding.waiver}
    kept = [each for each in report.findings if each.rule != waivers.UNUSED or each.focus not in used]
    return Report(sorted([*kept, *waived], key=Finding.sort_key), report.waivers)


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
