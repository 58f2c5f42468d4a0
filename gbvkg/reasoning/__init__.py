"""What follows from the data and the ontology: derivations by rule, and consistency by a reasoner.

``materialise`` runs the CONSTRUCT rules of ``queries/rules`` and is part of every build; ``check`` asks
HermiT (Java) whether the ontology contradicts itself, and runs only when asked for. This package refuses to
judge completeness: an open world has no missing values, so that is the work of the shapes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gbvkg.lazily import lazily
from gbvkg.reasoning.rules import Rule, materialise, read_rules

if TYPE_CHECKING:
    from gbvkg.reasoning.consistency import check, check_project, ontology_files
    from gbvkg.reasoning.hermit import Answer, consult

_HOMES = {
    "Answer": "hermit",
    "check": "consistency",
    "check_project": "consistency",
    "consult": "hermit",
    "ontology_files": "consistency",
}
"""Name → its module, imported when asked for: a build without the reasoner does not wait for what runs it."""


__getattr__ = lazily(__name__, _HOMES)

__all__ = [
    "Answer",
    "Rule",
    "check",
    "check_project",
    "consult",
    "materialise",
    "ontology_files",
    "read_rules",
]
