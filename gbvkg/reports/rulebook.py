"""What is said about each rule: its name, what it asks, and the sentence that it enforces.

One rule is one named node of ``shapes/*.ttl`` (a property shape, a ``sh:sparql`` constraint, a rule of the
readers or of the reasoner) or one check query of ``queries/hygiene``. The rulebook refuses to check
anything; it is the dictionary behind reports and ``gbvkg explain``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import TYPE_CHECKING

from pyoxigraph import Literal, NamedNode

from gbvkg.findings import Severity
from gbvkg.project import Project
from gbvkg.validation.shapes import Written, parse
from gbvkg.validation.tables import Tables
from gbvkg.vocabulary import expand, shrink

if TYPE_CHECKING:
    from gbvkg.queries import Check

SEVERITIES = {
    expand("sh:Violation"): Severity.VIOLATION,
    expand("sh:Warning"): Severity.WARNING,
    expand("sh:Info"): Severity.INFO,
}

Texts = dict[str, str]
Facts = dict[str, list[NamedNode | Literal]]
"""Predicate → values, of one node of the shapes."""


def rule_name(iri: str) -> str:
    """The name that a user types: the local name of a rule of ours, else the short form of its IRI."""
    space = expand("gbvsh:")
    return iri.removeprefix(space) if iri.startswith(space) else shrink(iri)


@dataclass(frozen=True)
class Rule:
    """``name``, ``label``, ``description`` and ``message`` are per language, and empty where nothing is
    said.

    ``file`` is relative to the project; ``quote`` the sentence of the source that the rule enforces;
    ``see_also`` where that sentence or more is found; ``profile`` the IRI of its severity profile;
    ``component`` the SHACL constraint component when it has just one.
    """

    iri: str
    file: str = ""
    name: Texts = field(default_factory=dict)
    label: Texts = field(default_factory=dict)
    description: Texts = field(default_factory=dict)
    message: Texts = field(default_factory=dict)
    quote: str = ""
    see_also: tuple[str, ...] = ()
    profile: str = ""
    severity: Severity | None = None
    component: str = ""

    @property
    def short(self) -> str:
        return rule_name(self.iri)

    def title(self, lang: str) -> str:
        return self.name.get(lang) or self.label.get(lang) or self.short


class Rulebook:
    """All rules of a project: of its shapes at once, of its check queries when one is asked for."""

    def __init__(self, written: Written, project: Project) -> None:
        self._written = written
        self._project = project
        self._made: dict[str, Rule] = {}

    @classmethod
    def read(cls, project: Project) -> Rulebook:
        """The rules of the project. Raises ProjectError for a file of its shapes that is not Turtle."""
        return cls(parse(sorted(project.folder("shapes").glob("*.ttl"))), project)

    @cached_property
    def _of_checks(self) -> dict[str, Rule]:
        from gbvkg.queries import read_checks

        checks = read_checks(self._project)
        return {check.rule: _rule_of_check(check) for check in checks}

    def get(self, iri: str) -> Rule:
        """The rule, or a nameless one when nothing describes it (a rule from elsewhere)."""
        if iri not in self._made:
            self._made[iri] = self._make(iri)
        return self._made[iri]

    def _make(self, iri: str) -> Rule:
        home = self._written.homes.get(iri)
        if home is not None and iri.startswith(expand("gbvsh:")):
            return _rule(iri, f"shapes/{home}", _facts(self._written.graph, NamedNode(iri)))
        is_check = iri.startswith(expand("gbvsh:Hygiene"))
        return self._of_checks.get(iri, Rule(iri)) if is_check else Rule(iri)

    def __iter__(self) -> Iterator[Rule]:
        """The rules that have a name, by name; shapes that only hold rules, groups and profiles have none."""
        ours = (iri for iri in self._written.homes if iri.startswith(expand("gbvsh:")))
        rules = [*map(self.get, ours), *self._of_checks.values()]
        return iter(sorted((rule for rule in rules if rule.name), key=lambda rule: rule.short))

    def __contains__(self, iri: object) -> bool:
        return isinstance(iri, str) and bool(self.get(iri).name)


def _rule_of_check(check: Check) -> Rule:
    query = check.query
    file = f"queries/{query.topic}/{query.path.name}"
    return Rule(
        check.rule, file, query.summary, {}, query.description, check.message, severity=check.severity
    )


def _facts(graph: Tables, node: NamedNode) -> Facts:
    """What is said of ``node``: predicate → values; a blank one counts as said, without value."""
    return {
        predicate.value: [value for value in values if isinstance(value, NamedNode | Literal)]
        for predicate in graph.predicates()
        if (values := graph.forward(predicate).get(node))
    }


def _rule(iri: str, file: str, facts: Facts) -> Rule:
    """A property shape without a profile is part of another shape, in whose name its findings are."""
    profile = next((v.value for v in facts.get(expand("gbvsh:profile"), [])), "")
    only_a_part = not profile and any(
        v.value == expand("sh:PropertyShape") for v in facts.get(expand("rdf:type"), [])
    )
    names = _texts(facts, "sh:name")
    severity = [SEVERITIES[v.value] for v in facts.get(expand("sh:severity"), []) if v.value in SEVERITIES]
    return Rule(
        iri,
        file,
        {} if only_a_part else names,
        names if only_a_part else _texts(facts, "rdfs:label"),
        _texts(facts, "sh:description"),
        _texts(facts, "sh:message"),
        next((v.value for v in facts.get(expand("gbv:sourceQuote"), [])), ""),
        tuple(v.value for v in facts.get(expand("rdfs:seeAlso"), [])),
        profile,
        severity[0] if severity else None,
        _component(facts),
    )


def _texts(facts: Facts, term: str) -> Texts:
    values = [v for v in facts.get(expand(term), []) if isinstance(v, Literal) and v.language]
    return {str(v.language): v.value for v in values}


PARAMETERS = (
    "class",
    "datatype",
    "nodeKind",
    "minCount",
    "maxCount",
    "minExclusive",
    "minInclusive",
    "maxExclusive",
    "maxInclusive",
    "minLength",
    "maxLength",
    "pattern",
    "languageIn",
    "uniqueLang",
    "equals",
    "disjoint",
    "lessThan",
    "lessThanOrEquals",
    "not",
    "and",
    "or",
    "xone",
    "node",
    "hasValue",
    "in",
    "closed",
)


def _component(facts: Facts) -> str:
    """The constraint component (SHACL §4) of a rule that has exactly one; else "": a finding cannot tell."""
    if expand("sh:select") in facts:
        return expand("sh:SPARQLConstraintComponent")
    used = facts.keys() & _parameters()
    name = used.pop().rpartition("#")[2] if len(used) == 1 else ""
    return expand(f"sh:{name[0].upper()}{name[1:]}ConstraintComponent") if name else ""


@cache
def _parameters() -> frozenset[str]:
    return frozenset(expand(f"sh:{name}") for name in PARAMETERS)
