"""The shapes that a release was made with, as far as a reader wants to know them: which rule is about what.

Read from ``inputs/shapes`` of the release. This module refuses to validate anything.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pyoxigraph import Literal, NamedNode, RdfFormat, Store

from gbvkg.vocabulary import LANGUAGES, expand

Words = dict[str, str]

_VARIABLE = re.compile(r"\{[?$]\w+\}")
"""What SHACL puts a value for in a message (§5.3.2): of a rule on its own there is none."""


@dataclass(frozen=True)
class Rule:
    """A demand on the things of a class. ``path`` is "" for one on more than one plain property; ``demand``
    is what the rule asks for, in words without variables.
    """

    iri: str
    owner: str
    path: str
    name: Words
    demand: Words
    severity: str
    order: float


def read(folder: Path) -> list[Rule]:
    """The rules of every shape with a target class (SHACL §2.1.3), in the order of the form."""
    found = []
    for path in sorted(folder.glob("*.ttl")):
        store = Store()
        store.load(path=path, format=RdfFormat.TURTLE)
        for quad in store.quads_for_pattern(None, _node("sh:targetClass"), None, None):
            for name in ("sh:property", "sh:sparql"):
                for part in _objects(store, quad.subject, name):
                    found.append(_rule(store, part, quad.object))
    return sorted(found, key=lambda rule: (rule.owner, rule.order, rule.iri))


def _rule(store: Store, part: Any, owner: Any) -> Rule:
    paths = _objects(store, part, "sh:path")
    plain = paths[0].value if len(paths) == 1 and isinstance(paths[0], NamedNode) else ""
    orders = _objects(store, part, "sh:order")
    severities = _objects(store, part, "sh:severity")
    return Rule(
        part.value,
        owner.value,
        plain,
        _words(_objects(store, part, "sh:name") or _objects(store, part, "rdfs:label")),
        _demand(_objects(store, part, "sh:description"), _objects(store, part, "sh:message")),
        severities[0].value if severities else expand("sh:Violation"),
        float(orders[0].value) if orders else 1e9,
    )


def _demand(descriptions: list[Any], messages: list[Any]) -> Words:
    """What the rule asks for: its description, else the message about what does not do so."""
    said = _words(messages) | _words(descriptions)
    return {lang: _VARIABLE.sub("…", text) for lang, text in said.items()}


def _objects(store: Store, subject: Any, name: str) -> list[Any]:
    found = store.quads_for_pattern(subject, _node(name), None, None)
    return sorted({quad.object for quad in found}, key=str)


def _words(terms: list[Any]) -> Words:
    return {t.language: t.value for t in terms if isinstance(t, Literal) and t.language in LANGUAGES}


def _node(name: str) -> NamedNode:
    return NamedNode(expand(name))
