"""One finding, whoever made it: the reader, a shape, a check query or the reasoner.

Rules are named by IRI (prefix ``gbvsh:``), so that a finding, a waiver, a test case and ``gbvkg explain``
speak of the same thing. This module refuses to decide what a finding means for a release: that is the
gate's work.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING

from gbvkg.vocabulary import expand

if TYPE_CHECKING:  # the readers make findings, so importing them here would be a circle
    from gbvkg.sources.statement import Place


class Severity(IntEnum):
    """SHACL's three severities (SHACL §2.1.4), the worst first."""

    VIOLATION = 0
    WARNING = 1
    INFO = 2


class Stage(IntEnum):
    """When a finding is made; a thing that fails a stage is not looked at by a later one (DESIGN §4)."""

    FILE = 1  # the file itself: encoding, syntax, size, nesting
    CELL = 2  # keys and types of values
    LIST = 3  # values of code lists and references
    RECORD = 4  # SHACL on one thing
    PLAN = 5  # SHACL-SPARQL and check queries over the whole graph
    LOGIC = 6  # OWL consistency


def check_rule(name: str) -> str:
    """The IRI of a check query's rule, after its file: ``blank-node`` gives ``gbvsh:HygieneBlankNode``."""
    return expand("gbvsh:Hygiene") + "".join(part.capitalize() for part in name.split("-"))


@dataclass(frozen=True, slots=True)
class Finding:
    """``rule``, ``focus`` and ``path`` are IRIs (``focus``/``path`` "" when the finding is about a file).

    ``value`` is the offending term in N-Triples form or "". ``message`` has a complete sentence per language
    that says what is wrong and what would be right. ``waiver`` is the IRI of the waiver that lets it through,
    or "".
    """

    severity: Severity
    rule: str
    stage: Stage
    message: dict[str, str] = field(hash=False)
    focus: str = ""
    path: str = ""
    value: str = ""
    place: Place | None = None
    waiver: str = ""

    def sort_key(self) -> tuple[object, ...]:
        """Total order: severity, then place, rule, focus, path, value, message."""
        place = self.place or ("", 0, 0)
        said = sorted(self.message.items())
        return (self.severity, place, self.rule, self.focus, self.path, self.value, said)
