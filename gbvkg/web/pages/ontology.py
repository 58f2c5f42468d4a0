"""The documentation of the ontology: every class and property with its meaning, in one language at a time.

Made from the ontology graph and the shapes of the release: a term that is added there stands here. Each term
has its local name as anchor, so that its IRI leads to it. All of it is the same for a whole release, and
long: it is written once, beside the event loop. This module refuses to know any term.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from markupsafe import Markup
from pyoxigraph import Literal, NamedNode

from gbvkg.vocabulary import BASE, LANGUAGES, expand, shrink
from gbvkg.web.aside import aside
from gbvkg.web.negotiation import DOWNLOADS
from gbvkg.web.pages.citing import Subject
from gbvkg.web.pages.describing import Describer
from gbvkg.web.pages.frame import render, texts
from gbvkg.web.pages.once import Once
from gbvkg.web.pages.said import TYPE, Statements
from gbvkg.web.pages.shapes import Rule
from gbvkg.web.pages.values import Value, best, in_language
from gbvkg.web.pages.views import query, views

if TYPE_CHECKING:
    from gbvkg.web.site import Bindings, Site, Term

ONTOLOGY = f"{BASE}ns"

_TERMS = query("""
SELECT DISTINCT ?term ?property ?value WHERE {
  { ?term rdfs:isDefinedBy $ontology } UNION { BIND($ontology AS ?term) }
  ?term ?property ?value .
}
""")

KINDS = ("owl:Class", "owl:ObjectProperty", "owl:DatatypeProperty", "owl:AnnotationProperty")
"""The parts of the page."""

_DEFINITION, _EXAMPLE = expand("skos:definition"), expand("skos:example")
_APART = frozenset((_DEFINITION, _EXAMPLE, TYPE, expand("rdfs:isDefinedBy"), expand("rdfs:label")))
_SHOWN = frozenset((expand("dct:title"), expand("dct:description")))
"""What the top of the page says of the ontology."""

_DOMAIN, _ABOVE = expand("rdfs:domain"), expand("rdfs:subClassOf")


@dataclass
class Entry:
    """One term. ``facts`` are label and values; ``fields`` the properties of a class."""

    iri: str
    anchor: str
    name: str
    label: str
    definition: Value | None
    examples: list[Value]
    facts: list[tuple[str, list[Value]]]
    fields: list[Value] = field(default_factory=list)
    below: list[Value] = field(default_factory=list)
    rules: list[dict[str, str]] = field(default_factory=list)


class Documentation:
    """The documentation in one release, written when somebody asks for it first in a language."""

    def __init__(self, site: Site) -> None:
        self._written = {lang: Once(partial(_written, site, lang)) for lang in LANGUAGES}

    async def page(self, lang: str) -> tuple[dict[str, Any], Subject]:
        """What ``ontology.html`` needs, and what the page is about. Raises as ``Site.rows``."""
        return await self._written[lang].get()


async def _written(site: Site, lang: str) -> tuple[dict[str, Any], Subject]:
    """Asks one question for the terms and one for labels of other things."""
    terms = await site.pages.terms()
    describer = Describer(site, terms, ONTOLOGY, lang)
    rows = await site.rows(_TERMS, {"ontology": NamedNode(ONTOLOGY)})
    said = await aside(_said, describer, rows)
    await describer.name(
        term.value
        for found in said.values()
        for values in found.values()
        for term in values
        if isinstance(term, NamedNode)
    )
    return await aside(_page, site, _Writer(describer, said, terms.rules))


def _said(describer: Describer, rows: Iterable[Bindings]) -> Statements:
    said: Statements = defaultdict(lambda: defaultdict(list))
    for row in rows:
        said[row["term"].value][row["property"].value].append(row["value"])
        describer.labels.add(row["term"].value, row["property"].value, row["value"])
    return said


def _page(site: Site, writer: _Writer) -> tuple[dict[str, Any], Subject]:
    t, header = texts("ontology", writer.lang), writer.header
    groups = [(shrink(kind), writer.group(kind)) for kind in map(expand, KINDS)]
    values = {
        "t": t,
        "title": writer.title,
        "description": writer.text(header, expand("dct:description")),
        "facts": writer.facts({iri: found for iri, found in header.items() if iri not in _SHOWN}),
        "groups": groups,
        "formats": texts("thing", writer.lang)["formats"],
        "downloads": [(row.name, site.page(ONTOLOGY, row.extension)) for row in DOWNLOADS if row.rdf],
        "iri": ONTOLOGY,
        "terms": Markup(render("terms.html", {"t": t, "groups": groups})),
    }
    return values, _subject(site, writer.title, groups)


def _subject(site: Site, title: str, groups: list[tuple[str, list[Entry]]]) -> Subject:
    """The page as a set of defined terms."""
    terms = [
        {"@type": "DefinedTerm", "@id": entry.iri, "name": entry.label, "termCode": entry.name}
        for _, entries in groups
        for entry in entries
    ]
    told = {"@type": "DefinedTermSet", "@id": ONTOLOGY, "name": title, "hasDefinedTerm": terms}
    return Subject(title, "WebPage", {"mainEntity": told}, at=site.page(ONTOLOGY))


class _Writer:
    def __init__(self, describer: Describer, said: Statements, rules: list[Rule]) -> None:
        self._describer = describer
        self.lang = describer.lang
        self.title = describer.show.label(ONTOLOGY)[0]
        self.header = said.get(ONTOLOGY, {})
        self._said = said
        self._rules = rules
        self._pointing = {name: _pointing(said, name) for name in (_DOMAIN, _ABOVE)}

    def group(self, kind: str) -> list[Entry]:
        """The terms of a kind, by label."""
        iris = [iri for iri, found in self._said.items() if NamedNode(kind) in found.get(TYPE, ())]
        entries = [self._entry(iri) for iri in iris if iri != ONTOLOGY]
        return sorted(entries, key=lambda entry: (entry.label.casefold(), entry.iri))

    def _entry(self, iri: str) -> Entry:
        found = self._said[iri]
        return Entry(
            iri,
            iri.rpartition("#")[2],
            shrink(iri),
            self._describer.show.label(iri)[0],
            self.text(found, _DEFINITION),
            self._values(found.get(_EXAMPLE, [])),
            self.facts(found),
            [self._link(other) for other in self._pointing[_DOMAIN].get(iri, ())],
            [self._link(other) for other in self._pointing[_ABOVE].get(iri, ())],
            [self._rule(rule) for rule in self._rules if rule.owner == iri],
        )

    def text(self, found: dict[str, list[Term]], name: str) -> Value | None:
        """The text by a property in the language of the page."""
        text = best([term for term in found.get(name, []) if isinstance(term, Literal)], self.lang)
        return self._describer.show.value(text) if text is not None else None

    def facts(self, found: dict[str, list[Term]]) -> list[tuple[str, list[Value]]]:
        """Every other property, with its label."""
        names = [iri for iri in found if iri not in _APART]
        rows = [(self._describer.terms.label(iri, self.lang), self._values(found[iri]), iri) for iri in names]
        return [(label, values) for label, values, _ in sorted(rows, key=lambda row: (row[0], row[2]))]

    def _values(self, terms: list[Term]) -> list[Value]:
        values = (self._describer.show.value(term) for term in in_language(terms, self.lang))
        return sorted(values, key=lambda value: (value.text, value.key))

    def _link(self, iri: str) -> Value:
        return self._describer.show.link(iri)

    def _rule(self, rule: Rule) -> dict[str, str]:
        words = views().terms.get(rule.severity, {})
        return {
            "iri": rule.iri,
            "name": rule.name.get(self.lang) or rule.iri.rpartition("#")[2],
            "demand": rule.demand.get(self.lang, ""),
            "severity": words.get(self.lang, ""),
        }


def _pointing(said: Statements, name: str) -> dict[str, list[str]]:
    """What points at each thing by a property, in the order of their IRIs."""
    found: dict[str, list[str]] = defaultdict(list)
    for iri in sorted(said):
        for value in said[iri].get(name, ()):
            found[value.value].append(iri)
    return found
