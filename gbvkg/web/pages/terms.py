"""What classes and properties are called, in the release at hand.

A label comes from the release: its ontology first, then the ``sh:name`` that its shapes give the property for
the class at hand, then for any class. ``views.toml`` knows the words for terms of standards that neither
names. This module refuses to invent: what nobody names is called by its local name.
"""

from __future__ import annotations

import asyncio
import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING

from pyoxigraph import Literal

from gbvkg.vocabulary import LANGUAGES
from gbvkg.web.pages.shapes import Rule, Words, read
from gbvkg.web.pages.views import query, views

if TYPE_CHECKING:
    from gbvkg.web.site import Site

_LABELS = query("""
SELECT ?term ?label WHERE {
  VALUES ?type {
    owl:Class rdfs:Class owl:ObjectProperty owl:DatatypeProperty owl:AnnotationProperty rdf:Property
  }
  ?term a ?type ; rdfs:label ?label .
}
ORDER BY ?term ?label
""")


_KEPT = 4096
"""How many sets of properties are kept in order, and labels of facts: things of a class mostly have the same
ones."""


class Terms:
    """Labels of classes and properties of one release."""

    def __init__(self, labels: dict[str, Words], rules: list[Rule]) -> None:
        self.rules = rules
        self._labels = labels
        self._names = names_of(rules)
        self._said: dict[tuple[str, str, tuple[str, ...]], str] = {}
        self.ordered = lru_cache(_KEPT)(self._ordered)
        self.of_fact = lru_cache(_KEPT)(self._of_fact)

    @classmethod
    async def load(cls, site: Site) -> Terms:
        """Read them; the shapes off the event loop."""
        labels: dict[str, Words] = defaultdict(dict)
        for row in await site.rows(_LABELS):
            label = row["label"]
            if isinstance(label, Literal) and label.language in LANGUAGES:
                labels[row["term"].value].setdefault(label.language, label.value)
        rules = await asyncio.to_thread(read, site.release / "inputs" / "shapes")
        return cls(dict(labels), rules)

    def label(self, iri: str, lang: str, classes: Iterable[str] = ()) -> str:
        """The label of a term as a property of ``classes``, in ``lang`` if it has one, else in another."""
        key = (iri, lang, tuple(classes))
        if (said := self._said.get(key)) is None:
            said = self._label(*key)
            if self.knows(iri):  # what nobody named may be anything: there is no end to it
                self._said[key] = said
        return said

    def _label(self, iri: str, lang: str, classes: tuple[str, ...]) -> str:
        found = self._labels.get(iri) or self._names.of(iri, classes) or views().terms.get(iri) or {}
        return found.get(lang) or next(iter(found.values()), "") or local_name(iri)

    def _of_fact(self, iri: str, lang: str, classes: tuple[str, ...]) -> str:
        """What a property is called where a page says it of a thing."""
        words = views().fact.get(iri)
        return words[lang] if words else self.label(iri, lang, classes)

    def _ordered(self, properties: tuple[str, ...], lang: str, classes: tuple[str, ...]) -> list[str]:
        """The properties of a thing that are shown, as ``views.toml`` orders them, then by label."""
        rank, hidden = views().rank, views().hidden
        between = rank[""]
        return sorted(
            (iri for iri in properties if iri not in hidden),
            key=lambda iri: (rank.get(iri, between), self.label(iri, lang, classes), iri),
        )

    def knows(self, iri: str) -> bool:
        """Whether somebody named the term."""
        return iri in self._labels or iri in views().terms or bool(self._names.of(iri, ()))


class Names:
    """``sh:name`` by class and property."""

    def __init__(self) -> None:
        self._of_class: dict[tuple[str, str], Words] = {}
        self._anywhere: dict[str, Counter[tuple[tuple[str, str], ...]]] = defaultdict(Counter)

    def add(self, owner: str, path: str, words: Words) -> None:
        key = tuple(sorted(words.items()))
        self._anywhere[path][key] += 1
        self._of_class.setdefault((owner, path), words)

    def of(self, path: str, classes: Iterable[str]) -> Words:
        """The name in the first of the classes that has one, else the one most used."""
        for owner in classes:
            if (owner, path) in self._of_class:
                return self._of_class[owner, path]
        if path in views().terms or path not in self._anywhere:
            return {}
        return dict(min(self._anywhere[path].items(), key=lambda row: (-row[1], row[0]))[0])


def names_of(rules: Iterable[Rule]) -> Names:
    """The names that rules give the properties that they are about."""
    names = Names()
    for rule in rules:
        names_a_demand = any(":" in text for text in rule.name.values())  # "Title: not empty"
        if rule.path and rule.name and not names_a_demand:
            names.add(rule.owner, rule.path, rule.name)
    return names


def local_name(iri: str) -> str:
    """The last part of an IRI, in words."""
    name = re.split(r"[#/]", iri.rstrip("#/"))[-1] or iri
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name).replace("_", " ").lower()
