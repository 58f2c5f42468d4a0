"""What follows from the data and the ontology: derivations by rule, and consistency by a reasoner.

``materialise`` runs the CONSTRUCT rules of ``queries/rules`` and is part of every build; ``check`` asks
HermiT (Java) whether the ontology contradicts itself, and runs only when asked for. This package refuses to
judge completeness: an open world has no missing values, so that is the work of the shapes.
"""

from gbvkg.reasoning.consistency import check, check_project, ontology_files
from gbvkg.reasoning.hermit import Answer, consult
from gbvkg.reasoning.rules import Rule, materialise, read_rules

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
