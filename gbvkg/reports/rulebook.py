"""What the shapes say about each rule: its name, why it is there, what it asks.

One rule is one named node of ``shapes/*.ttl``: a node shape, a property shape, a ``sh:sparql`` constraint
or a rule of the readers. The rulebook refuses to check anything; it is the dictionary behind reports and
``gbvkg explain``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path

from pyoxigraph import Literal, NamedNode, RdfFormat, parse

from gbvkg.errors import ProjectError
from gbvkg.findings import Severity
from gbvkg.project import Project
from gbvkg.vocabulary import expand, shrink

SEVERITIES = {
    expand("sh:Violation"): Severity.VIOLATION,
    expand("sh:Warning"): Severity.WARNING,
    expand("sh:Info"): Severity.INFO,
}

Texts = dict[str, str]


def rule_name(iri: str) -> str:
    """The name that a user types: the local name of a rule of ours, else the short form of its IRI."""
    space = expand("gbvsh:")
    return iri.removeprefix(space) if iri.startswith(space) else shrink(iri)


@dataclass(frozen=True)
class Rule:
    """``name``, ``description`` and ``message`` are per language, and empty where the shapes say nothing.

    ``quote`` is the sentence of the source that the rule enforces, ``see_also`` where that sentence or more
    is found, ``profile`` the notation of its severity profile, ``component`` the SHACL constraint component
    when it has just one.
    """

    iri: str
    file: str = ""
    name: Texts = field(default_factory=dict)
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
        return self.name.get(lang) or self.short


class Rulebook:
    """All named rules of a project's shapes."""

    def __init__(self, rules: dict[str, Rule]) -> None:
        self._rules = rules

    @classmethod
    def read(cls, project: Project) -> Rulebook:
        """The rules in the project's ``shapes`` folder. Raises ProjectError for a file that is not Turtle."""
        files = sorted(project.folder("shapes").glob("*.ttl"))
        return cls(_read(tuple((path, path.stat().st_mtime_ns) for path in files)))

    def get(self, iri: str) -> Rule:
        """The rule, or a nameless one when the shapes do not describe it (a rule from elsewhere)."""
        return self._rules.get(iri) or Rule(iri)

    def __iter__(self) -> Iterator[Rule]:
        """The rules that have a name, by name."""
        return iter(sorted((r for r in self._rules.values() if r.name), key=lambda r: r.short))

    def __contains__(self, iri: object) -> bool:
        return iri in self._rules


@lru_cache(maxsize=8)
def _read(files: tuple[tuple[Path, int], ...]) -> dict[str, Rule]:
    rules: dict[str, Rule] = {}
    for path, _ in files:
        for iri, facts in _subjects(path).items():
            rules[iri] = _rule(iri, path.name, facts)
    return rules


Facts = dict[str, list[NamedNode | Literal]]


def _subjects(path: Path) -> dict[str, Facts]:
    """The statements about each IRI of our shapes namespace, by predicate."""
    found: dict[str, Facts] = {}
    space = expand("gbvsh:")
    try:
        for quad in parse(path=str(path), format=RdfFormat.TURTLE):
            subject, value = quad.subject, quad.object
            if isinstance(subject, NamedNode) and subject.value.startswith(space):
                facts = found.setdefault(subject.value, {})
                if isinstance(value, NamedNode | Literal):
                    facts.setdefault(quad.predicate.value, []).append(value)
                else:
                    facts.setdefault(quad.predicate.value, [])
    except SyntaxError as error:
        raise ProjectError(f"{path} is geen Turtle: {error}", f"{path} is not Turtle: {error}") from error
    return found


def _rule(iri: str, file: str, facts: Facts) -> Rule:
    severity = [SEVERITIES[v.value] for v in facts.get(expand("sh:severity"), []) if v.value in SEVERITIES]
    return Rule(
        iri,
        file,
        _texts(facts, "sh:name") or _texts(facts, "rdfs:label"),
        _texts(facts, "sh:description"),
        _texts(facts, "sh:message"),
        next((v.value for v in facts.get(expand("gbv:sourceQuote"), [])), ""),
        tuple(v.value for v in facts.get(expand("rdfs:seeAlso"), [])),
        next((shrink(v.value).partition(":")[2] for v in facts.get(expand("gbvsh:profile"), [])), ""),
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
