"""Severity profiles: how heavily a breach of a rule weighs, for which plan, on which date.

A profile is data: ``gbvsh:profile`` on a shape or SPARQL constraint names it, and a profile with
``gbvsh:deadlinePath`` (a SHACL path from the focus node to a date) has a deadline. Its rules warn up to and
including that date and violate after it; the date compared with is the data set's own. Other rules weigh
what their sh:severity says. This module refuses to guess a deadline: where the path leads nowhere, a rule
only warns.
"""

from __future__ import annotations

from pyoxigraph import Literal, NamedNode

from gbvkg.findings import Severity
from gbvkg.validation import paths
from gbvkg.validation.constraints import Result
from gbvkg.validation.literals import compare
from gbvkg.validation.paths import SH, Step
from gbvkg.validation.shapes import SHAPES, Shapes
from gbvkg.validation.tables import Tables, Term

_SEVERITIES = {
    SH + "Violation": Severity.VIOLATION,
    SH + "Warning": Severity.WARNING,
    SH + "Info": Severity.INFO,
}


class Profiles:
    """Weighs results of one graph on the day ``today``."""

    def __init__(self, shapes: Shapes, tables: Tables, today: Literal | None) -> None:
        self._today = today
        self._steps: dict[str, list[Step]] = {}
        for profile, found in shapes.graph.forward(NamedNode(SHAPES + "deadlinePath")).items():
            steps = [paths.bind(paths.parse(shapes.graph, path), tables) for path in found]
            self._steps[getattr(profile, "value", "")] = steps

    def severity(self, result: Result) -> Severity:
        """The severity of a finding; an unknown one (SHACL allows any IRI) counts as a violation."""
        stated = _SEVERITIES.get(result.constraint.severity, Severity.VIOLATION)
        steps = self._steps.get(result.constraint.profile)
        if steps is None or stated is Severity.INFO:
            return stated
        return Severity.VIOLATION if self._is_late(result.focus, steps) else Severity.WARNING

    def _is_late(self, focus: Term, steps: list[Step]) -> bool:
        """Whether a deadline of the focus node has passed."""
        dates = (date for step in steps for date in step(focus))
        return any(isinstance(date, Literal) and compare(date, self._today) == -1 for date in dates)
