"""The page about one thing: what the release says of it, arranged by the view of its class.

What is said of the thing comes with one question; a view may ask more. What no view names is shown all the
same. This module refuses to know a class: sections are in ``views.toml``.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, Any

from pyoxigraph import Literal, NamedNode

from gbvkg.queries.result import Cell, Result
from gbvkg.vocabulary import shrink
from gbvkg.web import snippets
from gbvkg.web.charts import Chart, chart
from gbvkg.web.negotiation import DOWNLOADS
from gbvkg.web.pages.asking import COUNTS, NEAR, SHOWN
from gbvkg.web.pages.citing import Subject
from gbvkg.web.pages.describing import Describer
from gbvkg.web.pages.facts import FactWriter, is_numeric
from gbvkg.web.pages.frame import texts
from gbvkg.web.pages.model import Group, Part, Table, Thing
from gbvkg.web.pages.questions import Answers, answers
from gbvkg.web.pages.said import TYPE, Incoming, Said
from gbvkg.web.pages.sentences import slots, worded
from gbvkg.web.pages.trees import tree
from gbvkg.web.pages.values import Value, best, is_web, natural
from gbvkg.web.pages.views import Section, limit, sections_of, variables, views

if TYPE_CHECKING:
    from gbvkg.web.site import Bindings, Site, Term

_SAID_OF = "SELECT ?property ?value\nWHERE {{ <{iri}> ?property ?value }}\nORDER BY ?property ?value"

MANY = 60
"""A table of more rows than this is folded."""


class ThingPage:
    """The page of the thing of a describer, of what was ``said`` of it."""

    def __init__(self, describer: Describer, said: Said) -> None:
        self.describer, self.said = describer, said
        self.site, self.terms, self.lang = describer.site, describer.terms, describer.lang
        self.iri, self.show = said.iri, describer.show
        self.facts = FactWriter(describer, said.statements)
        self._answered: Answers = {}

    async def thing(self) -> Thing:
        """The page. Asks one question for sections and their notes, another for those about some properties
        only, and one or two for names that no page of the release needed before.
        """
        said = self.said
        if not said.is_cut:
            self.site.pages.names.learn(row[1:] for row in said.incoming)
        types = self._types()
        sections = sections_of(types)
        answered = await _asked(self.site, self.iri, self.lang, _always(sections))
        if covering := [part for part in sections if self._says(part.covers)]:
            answered = answered | await _asked(self.site, self.iri, self.lang, covering)
        self._answered = answered
        counts, members = await self._pointing(said.incoming)
        terms = [term for each in said.statements.values() for values in each.values() for term in values]
        terms += [term for rows in answered.values() for row in rows for term in row.values()]
        things = [*said.statements, *(iri for some in members.values() for iri in some)]
        iris = [*things, *(term.value for term in terms if isinstance(term, NamedNode))]
        await self.describer.name(iris, () if said.is_cut else said.statements)
        found = {part.name: answered[part.name] for part in sections if part.name in answered}
        return self._thing(types, sections, found, self._groups(counts, members))

    def _types(self) -> tuple[str, ...]:
        """The classes of the thing; also those that only a view knows, by what points at it."""
        pointing = {by for by, *_ in self.said.incoming}
        more = [iri for iri, view in views().classes.items() if pointing.intersection(view.valued_by)]
        return (*more, *(term.value for term in self.said.of_it.get(TYPE, [])))

    def _says(self, properties: Collection[str]) -> bool:
        """Whether something may be said of the thing by one of these."""
        said = self.said
        return bool(properties) and (said.is_cut or not said.of_it.keys().isdisjoint(properties))

    # What points here

    async def _pointing(self, rows: list[Incoming]) -> tuple[dict[str, int], dict[str, list[str]]]:
        """By property: how many things point here, and all or the first of them."""
        members: dict[str, list[str]] = defaultdict(list)
        pairs = dict.fromkeys((by, thing) for by, thing, *_ in rows)
        for by, thing in pairs:
            members[by].append(thing)
        if len(pairs) <= NEAR and not self.said.is_cut:
            return {property_: len(found) for property_, found in members.items()}, members
        every = await self.site.rows(COUNTS, {"thing": NamedNode(self.iri)})
        counts = {row["property"].value: int(row["number"].value) for row in every}
        counts = {iri: count for iri, count in counts.items() if iri not in views().hidden_incoming}
        found = await asyncio.gather(*(self.describer.members(property_, 1, SHOWN) for property_ in counts))
        return counts, dict(zip(counts, found, strict=True))

    def _groups(self, counts: dict[str, int], members: dict[str, list[str]]) -> list[Group]:
        known = list(views().incoming)
        order = sorted(counts, key=lambda iri: (known.index(iri) if iri in known else len(known), iri))
        return [self._group(iri, counts[iri], members[iri]) for iri in order]

    def _group(self, property_: str, count: int, members: list[str]) -> Group:
        links = sorted(
            (self.show.link(iri) for iri in members), key=lambda value: (natural(value.text), value.key)
        )
        return Group(property_, self.describer.incoming_title(property_), count, links[:SHOWN])

    # The page

    def _thing(
        self,
        types: tuple[str, ...],
        sections: Iterable[Section],
        answers: dict[str, list[Bindings]],
        groups: list[Group],
    ) -> Thing:
        said = self.said.of_it
        view = views().of(types)
        lead, sources, kicker = self._lead(said), self._sources(said), self._kicker(said)
        self.facts.taken |= {(self.iri, name) for part in sections for name in part.covers}
        parts = [self._part(section, types, answers) for section in sections]
        parts = [*filter(None, parts), *self._rest(said, types)]
        label, lang = self.show.label(self.iri)
        return Thing(
            self.iri, label, lang, [self._kind(iri) for iri in self._ranked(types)], kicker, lead,
            parts, sources, self._without_repeats(groups, answers), view, types, self.said.is_cut,
        )  # fmt: skip

    def _without_repeats(self, groups: list[Group], answers: dict[str, list[Bindings]]) -> list[Group]:
        """Without the groups whose members all stand in a section already."""
        shown = {term.value for rows in answers.values() for row in rows for term in row.values()}
        return [
            g for g in groups if g.count > len(g.values) or not {value.key for value in g.values} <= shown
        ]

    def _ranked(self, types: tuple[str, ...]) -> list[str]:
        known = list(views().classes)
        return sorted(types, key=lambda iri: (known.index(iri) if iri in known else len(known), iri))

    def _kind(self, iri: str) -> Value:
        href = self.site.href(iri) or ""
        return Value(self.terms.label(iri, self.lang), href, key=iri)

    def _kicker(self, said: dict[str, list[Term]]) -> str:
        found = next((iri for iri in views().kickers if iri in said), "")
        self.facts.taken.add((self.iri, found))
        return said[found][0].value if found else ""

    def _lead(self, said: dict[str, list[Term]]) -> list[Value]:
        for iri in views().leads:
            if iri in said:
                self.facts.taken.add((self.iri, iri))
                text = best([term for term in said[iri] if isinstance(term, Literal)], self.lang)
                return [self.show.value(text)] if text is not None else []
        return []

    def _sources(self, said: dict[str, list[Term]]) -> list[Value]:
        found = [term for iri in views().sources for term in said.get(iri, [])]
        self.facts.taken |= {(self.iri, iri) for iri in views().sources}
        return self.facts.shown(found)

    def _part(self, section: Section, types: tuple[str, ...], answers: dict[str, list[Bindings]]) -> Part:
        part = Part(
            section.name, section.title[self.lang], section.empty.get(self.lang, ""),
            section.intro.get(self.lang, ""),
            [text for name in section.notes for text in self._note(name)],
        )  # fmt: skip
        if section.query:
            answer = answers.get(section.name, [])
            if section.kind == "tree":
                part.tree = tree(answer, self.show.link)
            elif answer and section.chart:
                part.chart = self._chart(section, answer) if len(answer) > 1 else None
            elif answer:
                part.table = self._answer_table(section, answer)
        else:
            part.facts = [f for iri in section.properties if (f := self.facts.fact(self.iri, iri, types, 1))]
        if part.facts or part.table or part.tree or part.chart:
            part.empty = ""
        elif not part.empty:
            part.intro = ""
        is_long = part.table is not None and len(part.table.rows) > MANY
        part.is_folded = (section.is_folded or is_long) and not part.empty
        count = len(answers.get(section.name, ()))
        part.cut = count if count == limit(section.query) else 0
        return part

    def _note(self, name: str) -> list[str]:
        return worded(self.describer, views().notes[name], self._answered.get(f"{_NOTE}{name}", ()))

    def _rest(self, said: dict[str, list[Term]], types: tuple[str, ...]) -> list[Part]:
        """What no section shows: facts together, and each kind of thing that belongs here by itself."""
        names = self.facts.with_back(self.iri, self.facts.ordered(said, types))
        facts = [fact for iri in names if (fact := self.facts.fact(self.iri, iri, types, 1))]
        plain = Part("facts", "", facts=[fact for fact in facts if not (fact.nodes or fact.table)])
        nested = [
            Part(f"part-{number}", fact.label, facts=[fact])
            for number, fact in enumerate(facts)
            if fact.nodes or fact.table
        ]
        return [part for part in (*nested, plain) if part.facts]

    # Answers of sections

    def _answer_table(self, section: Section, rows: list[Bindings]) -> Table:
        names = [name for name in variables(section.query) if any(name in row for row in rows)]
        heads = [views().columns.get(name, {}).get(self.lang, name) for name in names]
        cells = [[[self.show.value(row[name])] if name in row else [] for name in names] for row in rows]
        return Table(heads, cells, [is_numeric([row[name]] for row in rows if name in row) for name in names])

    def _chart(self, section: Section, rows: list[Bindings]) -> Chart | None:
        names = variables(section.query)
        cells = tuple(tuple(row.get(name) for name in names) for row in rows)
        result = Result("SELECT", names, cells)
        drawn = chart(result, section.chart, self._cell, self.lang)
        if drawn and drawn.kind == "lines" and not any(line.path for p in drawn.panels for line in p.lines):
            return None  # dots, each on a line of its own, show no course
        return drawn

    def _cell(self, cell: Cell, name: str) -> str:
        return self.show.value(cell).text if isinstance(cell, NamedNode | Literal) else ""


_NOTE = "note "
"""Before the name of a note, among the names of sections."""


async def ask_ahead(site: Site, iri: str, lang: str) -> None:
    """Ask what the page about a thing will, before it is known what is said of the thing: the answers are
    kept for the page. Nothing of what search does not know. Raises as ``Site.rows``.
    """
    await _asked(site, iri, lang, _always(sections_of(site.pages.lists.classes(iri))))


def _always(sections: Iterable[Section]) -> list[Section]:
    """Those that are asked whatever is said of a thing."""
    return [part for part in sections if not part.covers]


async def _asked(site: Site, iri: str, lang: str, sections: Collection[Section]) -> Answers:
    """What sections and their notes ask of a thing."""
    questions = {part.name: part.query for part in sections if part.query}
    questions |= {f"{_NOTE}{name}": views().notes[name].query for part in sections for name in part.notes}
    return await answers(site, questions, slots(site, lang) | {"thing": NamedNode(iri)})


def values(site: Site, thing: Thing, lang: str) -> dict[str, Any]:
    """What ``thing.html`` needs, but for the history."""
    short = thing.iri.removeprefix(f"{site.base}id/")
    return {
        "t": texts("thing", lang),
        "chart_words": texts("queries", lang),
        "thing": thing,
        "foreign": "" if site.href(thing.iri) else thing.iri if is_web(thing.iri) else "",
        "members": {g.name: site.page(thing.iri, **{"in": shrink(g.name)}) for g in thing.incoming},
        "downloads": [(format.name, site.page(thing.iri, format.extension)) for format in DOWNLOADS],
        "asked_about": [
            (query.summary[lang], site.path(f"/query/{query.name}", **{parameter.name: short}))
            for query, parameter in site.pages.about(thing.iri[: thing.iri.rfind("/") + 1])
        ],
        "sparql": site.path("/sparql", query=_SAID_OF.format(iri=thing.iri)),
        "snippets": snippets.of("DESCRIBE", lambda extension: site.public(site.page(thing.iri, extension))),
    }


def subject(site: Site, thing: Thing) -> Subject:
    """What the page is about, to be cited."""
    about = {
        "@type": thing.view.schema if thing.view and thing.view.schema else "Thing",
        "@id": thing.iri,
        "name": thing.label,
        **({"description": thing.lead[0].text} if thing.lead else {}),
    }
    return Subject(thing.label, "WebPage", {"about": about}, at=site.page(thing.iri))
