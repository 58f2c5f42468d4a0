"""The page about one thing: what the release says of it, arranged by the view of its class.

One question gives the thing with all that belongs to it, and what points at it; a view may ask more. What no
view names is shown all the same. This module refuses to leave anything out but what ``views.toml`` hides.
"""

from __future__ import annotations

import asyncio
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyoxigraph import Literal, NamedNode

from gbvkg.queries.result import Cell, Result
from gbvkg.vocabulary import expand
from gbvkg.web.charts import Chart, chart
from gbvkg.web.pages.asking import COUNTS, NEAR, SHOWN, about_query, members_query
from gbvkg.web.pages.model import Branch, Fact, Group, Node, Part, Table, Thing
from gbvkg.web.pages.sentences import notes, slots
from gbvkg.web.pages.terms import Terms
from gbvkg.web.pages.values import Labels, Shower, Value, best, in_language
from gbvkg.web.pages.views import Section, sections_of, views

if TYPE_CHECKING:
    from gbvkg.web.site import Bindings, Site, Term

_NUMBER = re.compile(r"(\d+)")
_LIMIT = re.compile(r"\bLIMIT (\d+)\s*$")

TYPE = expand("rdf:type")
DEEP = 4

MANY, FEW = 60, 3
"""A table of more than so many rows is folded; in a tree of more branches, what has more than so few leaves.
"""

Statements = dict[str, dict[str, list["Term"]]]


@dataclass(frozen=True)
class Said:
    """What the release says of a thing and of what belongs to it, and what points at it."""

    iri: str
    statements: Statements
    incoming: list[Bindings]

    @property
    def of_it(self) -> dict[str, list[Term]]:
        """What is said of the thing itself; nothing when the release does not describe it."""
        return self.statements.get(self.iri, {})


async def said_of(site: Site, iri: str) -> Said:
    """Asks one question; nothing is said of what the release does not describe. Raises as ``Site.rows``."""
    said = Said(iri, {}, [])
    for row in await site.rows(about_query(), {"thing": NamedNode(iri)}):
        if "by" in row:
            said.incoming.append(row)
            continue
        values = said.statements.setdefault(row["subject"].value, {}).setdefault(row["property"].value, [])
        if (value := row["value"]) not in values:
            values.append(value)
    return said


class Describer:
    """Answers for one thing in one language."""

    def __init__(self, site: Site, terms: Terms, iri: str, lang: str) -> None:
        self.site = site
        self.terms = terms
        self.iri = iri
        self.lang = lang
        self.statements: Statements = {}
        self.labels = Labels(views().labels)
        self.show = Shower(site, lang, self.labels, self._term)
        self._taken: set[tuple[str, str]] = set()
        self._owner: dict[str, str] = {}
        self._notes: dict[str, list[str]] = {}
        self._back: dict[tuple[str, str], list[Term]] = defaultdict(list)
        """``^property`` and value → what says so, for what is shown from the other side."""

    def _term(self, iri: str) -> str | None:
        return self.terms.label(iri, self.lang) if self.terms.knows(iri) else None

    async def thing(self, said: Said | None = None) -> Thing:
        """The page, of what was ``said_of`` the thing. Asks one question for each section that has one, and
        one or two for names that no page of the release needed before.
        """
        said = said or await said_of(self.site, self.iri)
        self._read(said.statements)
        self.site.pages.names.learn(said.incoming)
        types = self._types(said)
        sections = sections_of(tuple(types))
        answers: dict[str, list[Bindings]] = {}
        if any(part.query or part.notes for part in sections):
            named = dict.fromkeys(name for part in sections for name in part.notes)
            answers, self._notes = await asyncio.gather(self._answers(sections), notes(self, named))
        counts, members = await self._pointing(said.incoming)
        terms = [term for found in self.statements.values() for values in found.values() for term in values]
        terms += [term for rows in answers.values() for row in rows for term in row.values()]
        things = [*self.statements, *(iri for found in members.values() for iri in found)]
        await self.name([*things, *(term.value for term in terms if isinstance(term, NamedNode))])
        return self._thing(types, sections, answers, self._groups(counts, members))

    def _types(self, said: Said) -> list[str]:
        """The classes of the thing; also those that only a view knows, by what points at it."""
        pointing = {row["by"].value for row in said.incoming}
        more = [iri for iri, view in views().classes.items() if pointing.intersection(view.valued_by)]
        return [*more, *(term.value for term in said.of_it.get(TYPE, []))]

    def _read(self, statements: Statements) -> None:
        self.statements = statements
        for subject, said in statements.items():
            for property_ in views().labels:
                for value in said.get(property_, ()):
                    self.labels.add(subject, property_, value)
            for property_, values in said.items():
                if property_ in views().owned_inverse:
                    for value in values:
                        self._back[f"^{property_}", value.value].append(NamedNode(subject))

    # Sections that ask

    async def _answers(self, sections: Iterable[Section]) -> dict[str, list[Bindings]]:
        asking = [part for part in sections if part.query]
        values = slots(self.site, self.lang) | {"thing": NamedNode(self.iri)}
        found = await asyncio.gather(*(self.site.rows(part.query, values) for part in asking))
        return {part.name: rows for part, rows in zip(asking, found, strict=True)}

    async def name(self, iris: Iterable[str]) -> None:
        """Look up the names that are not known yet; of a thing of ours on this page all is known."""
        names, known = self.site.pages.names, self.show.named
        missing = [iri for iri in dict.fromkeys(iris) if iri not in self.labels and iri not in known]
        nameless = {iri for iri in missing if iri in self.statements and names.href(iri)}
        known |= await names.of([iri for iri in missing if iri not in nameless], self.terms)

    # What points here

    async def _pointing(self, rows: list[Bindings]) -> tuple[dict[str, int], dict[str, list[str]]]:
        """By property: how many things point here, and all or the first of them."""
        members: dict[str, list[str]] = defaultdict(list)
        pairs = dict.fromkeys((row["by"].value, row["subject"].value) for row in rows)
        for by, thing in pairs:
            members[by].append(thing)
        if len(pairs) <= NEAR:
            return {property_: len(found) for property_, found in members.items()}, members
        every = await self.site.rows(COUNTS, {"thing": NamedNode(self.iri)})
        counts = {row["property"].value: int(row["number"].value) for row in every}
        counts = {iri: count for iri, count in counts.items() if iri not in views().hidden_incoming}
        found = await asyncio.gather(*(self.members(property_, 1, SHOWN) for property_ in counts))
        return counts, dict(zip(counts, found, strict=True))

    def _groups(self, counts: dict[str, int], members: dict[str, list[str]]) -> list[Group]:
        known = list(views().incoming)
        order = sorted(counts, key=lambda iri: (known.index(iri) if iri in known else len(known), iri))
        return [self._group(iri, counts[iri], members[iri]) for iri in order]

    async def members(self, property_: str, page: int, size: int) -> list[str]:
        """One page of what points at the thing by a property; the labels are known afterwards."""
        values = {"thing": NamedNode(self.iri), "property": NamedNode(property_)}
        rows = await self.site.rows(members_query(size, (page - 1) * size), values)
        found = [row["from"].value for row in rows]
        await self.name(found)
        return found

    def _group(self, property_: str, count: int, members: list[str]) -> Group:
        links = sorted(
            (self.show.link(iri) for iri in members), key=lambda value: (natural(value.text), value.key)
        )
        return Group(property_, self.incoming_title(property_), count, links[:SHOWN])

    def incoming_title(self, property_: str) -> str:
        """The heading of what points here by a property."""
        words = views().incoming.get(property_)
        return words[self.lang] if words else f"“{self.terms.label(property_, self.lang)}”"

    # The page

    def _thing(
        self,
        types: list[str],
        sections: Iterable[Section],
        answers: dict[str, list[Bindings]],
        groups: list[Group],
    ) -> Thing:
        said = self.statements.get(self.iri, {})
        view = views().of(types)
        lead, sources, kicker = self._lead(said), self._sources(said), self._kicker(said)
        self._taken |= {(self.iri, name) for part in sections for name in part.covers}
        parts = [self._part(section, types, answers) for section in sections]
        parts = [*filter(None, parts), *self._rest(said, types)]
        label, lang = self.show.label(self.iri)
        return Thing(
            self.iri, label, lang, [self._kind(iri) for iri in self._ranked(types)], kicker, lead,
            parts, sources, self._without_repeats(groups, answers), view, types,
        )  # fmt: skip

    def _without_repeats(self, groups: list[Group], answers: dict[str, list[Bindings]]) -> list[Group]:
        """Without the groups whose members all stand in a section already."""
        shown = {term.value for rows in answers.values() for row in rows for term in row.values()}
        return [
            g for g in groups if g.count > len(g.values) or not {value.key for value in g.values} <= shown
        ]

    def _ranked(self, types: list[str]) -> list[str]:
        known = list(views().classes)
        return sorted(types, key=lambda iri: (known.index(iri) if iri in known else len(known), iri))

    def _kind(self, iri: str) -> Value:
        href = self.site.href(iri) or ""
        return Value(self.terms.label(iri, self.lang), href, key=iri)

    def _kicker(self, said: dict[str, list[Term]]) -> str:
        found = next((iri for iri in views().kickers if iri in said), "")
        self._taken.add((self.iri, found))
        return said[found][0].value if found else ""

    def _lead(self, said: dict[str, list[Term]]) -> list[Value]:
        for iri in views().leads:
            if iri in said:
                self._taken.add((self.iri, iri))
                text = best([term for term in said[iri] if isinstance(term, Literal)], self.lang)
                return [self.show.value(text)] if text is not None else []
        return []

    def _sources(self, said: dict[str, list[Term]]) -> list[Value]:
        found = [term for iri in views().sources for term in said.get(iri, [])]
        self._taken |= {(self.iri, iri) for iri in views().sources}
        return self._shown(found)

    def _part(self, section: Section, types: list[str], answers: dict[str, list[Bindings]]) -> Part:
        part = Part(
            section.name, section.title[self.lang], section.empty.get(self.lang, ""),
            section.intro.get(self.lang, ""),
            [text for name in section.notes for text in self._notes[name]],
        )  # fmt: skip
        if section.query:
            answer = answers.get(section.name, [])
            if section.kind == "tree":
                part.tree = self._tree(answer)
            elif answer and section.chart:
                part.chart = self._chart(section, answer) if len(answer) > 1 else None
            elif answer:
                part.table = self._answer_table(section, answer)
        else:
            part.facts = [f for iri in section.properties if (f := self._fact(self.iri, iri, types, 1))]
        if part.facts or part.table or part.tree or part.chart:
            part.empty = ""
        elif not part.empty:
            part.intro = ""
        is_long = part.table is not None and len(part.table.rows) > MANY
        part.is_folded = (section.is_folded or is_long) and not part.empty
        count, limit = len(answers.get(section.name, ())), _LIMIT.search(section.query)
        part.cut = count if limit and count == int(limit[1]) else 0
        return part

    def _rest(self, said: dict[str, list[Term]], types: list[str]) -> list[Part]:
        """What no section shows: facts together, and each kind of thing that belongs here by itself."""
        names = self._with_back(self.iri, self._ordered(said, types))
        facts = [fact for iri in names if (fact := self._fact(self.iri, iri, types, 1))]
        plain = Part("facts", "", facts=[fact for fact in facts if not (fact.nodes or fact.table)])
        nested = [
            Part(f"part-{number}", fact.label, facts=[fact])
            for number, fact in enumerate(facts)
            if fact.nodes or fact.table
        ]
        return [part for part in (*nested, plain) if part.facts]

    def _ordered(self, said: dict[str, list[Term]], types: Sequence[str]) -> list[str]:
        return self.terms.ordered(tuple(said), self.lang, tuple(types))

    # Facts and what belongs to a thing

    def _fact(self, subject: str, iri: str, types: list[str], depth: int) -> Fact | None:
        if (subject, iri) in self._taken:
            return None
        self._taken.add((subject, iri))
        terms = self._terms(subject, iri)
        if not terms:
            return None
        view, name = views(), iri.removeprefix("^")
        is_back = name != iri
        label = self.incoming_title(name) if is_back else self.terms.of_fact(name, self.lang, tuple(types))
        fact = Fact(label, self.site.pages.names.href(name), [], name in view.quotes)
        fact.is_folded = depth > 1 and name in view.folded
        whole: list[Term] = []
        if (is_back or name in view.owned) and depth < DEEP:
            whole = [t for t in terms if _is_iri(t) and self._is_described(t.value)]
        apart = [*whole, *self._terms(subject, view.beyond.get(name, "-"))]
        fact.values = self._shown([t for t in terms if t not in apart] if apart else terms)
        if name in view.unit_of:
            fact.values = self._measured(fact.values, subject, view.unit_of[name])
        if name == view.unknown_property:
            fact.values = [self._unknown(value) for value in fact.values]
        if name in view.labels and {value.text for value in fact.values} == {self.show.label(subject)[0]}:
            return None  # the heading says it
        if not (fact.values or whole):
            return None
        if whole:
            self._add_nodes(fact, subject, [term.value for term in whole], depth)
        return fact

    def _measured(self, values: list[Value], subject: str, name: str) -> list[Value]:
        """Numbers with their unit beside them: that of the thing, else of what it belongs to."""
        units = self._terms(subject, name) or self._terms(self._owner.get(subject, ""), name)
        text = ", ".join(self.show.value(unit).text for unit in units)
        return [Value(v.text, v.href, v.external, v.lang, text or v.note, v.key) for v in values]

    def _unknown(self, value: Value) -> Value:
        words = views().unknown.get(value.key)
        return Value(words[self.lang], value.href, value.external, key=value.key) if words else value

    def _terms(self, subject: str, iri: str) -> list[Term]:
        """The values of a property, or with ``^`` what has the subject as value."""
        if iri[0] == "^":
            return self._back.get((iri, subject), [])
        return self.statements.get(subject, {}).get(iri, [])

    def _is_described(self, iri: str) -> bool:
        return TYPE in self.statements.get(iri, {})

    def _add_nodes(self, fact: Fact, parent: str, iris: list[str], depth: int) -> None:
        rows = [iri for iri in iris if self._row_of(iri)] if len(iris) > 1 else []
        if len(rows) > 1:
            fact.table = self._node_table(rows, parent)
            iris = [iri for iri in iris if iri not in rows]
        nodes = [self._node(iri, parent, depth) for iri in iris]
        fact.nodes = [node for _, node in sorted(nodes, key=lambda pair: pair[0])]

    def _row_of(self, iri: str) -> tuple[str, ...]:
        view = views().of(term.value for term in self._terms(iri, TYPE))
        return view.row if view else ()

    def _node(self, iri: str, parent: str, depth: int) -> tuple[tuple[object, ...], Node]:
        said = self.statements[iri]
        types = [term.value for term in said.get(TYPE, [])]
        view = views().of(types)
        for name in views().owned_inverse:
            if any(term.value == parent for term in said.get(name, ())):
                self._taken.add((iri, name))
        for name in said:
            if (
                name in views().aside
                or (name in views().sources and self._is_said(iri, name, self.iri))
                or (name in views().inherited and self._is_said(iri, name, parent))
            ):
                self._taken.add((iri, name))
        self._owner[iri] = parent
        names = view.brief if view and view.brief else self._with_back(iri, self._ordered(said, types))
        facts = [fact for name in names if (fact := self._fact(iri, name, types, depth + 1))]
        kinds = [self.terms.label(kind, self.lang) for kind in types]
        since, when = self._when(said)
        when = when if view and view.is_timed else ""
        place = next((natural(said[name][0].value) for name in views().sort if name in said), [])
        order = (place, since, natural(self.show.link(iri).text), iri)
        return order, Node(iri, self.named(iri), kinds, facts, when)

    def named(self, iri: str) -> Value:
        """What is part of the page by its label, else by what it is: that says more than its IRI."""
        link = self.show.link(iri)
        types = self._terms(iri, TYPE)
        if self.show.has_label(iri) or not types:
            return link
        kind = self.terms.label(types[0].value, self.lang)
        return Value(f"{kind[:1].upper()}{kind[1:]}", link.href, link.external, key=iri)

    def _is_said(self, iri: str, name: str, by: str) -> bool:
        """Whether all that a thing says by a property is said ``by`` another by it."""
        return set(self._terms(iri, name)) <= set(self._terms(by, name))

    def _with_back(self, iri: str, names: list[str]) -> list[str]:
        return [*names, *(f"^{name}" for name in views().owned_inverse if (f"^{name}", iri) in self._back)]

    def _when(self, said: dict[str, list[Term]]) -> tuple[str, str]:
        """When it starts, and whether it is so on the day of the release (the end is exclusive)."""
        starts = [term.value for iri in views().start for term in said.get(iri, [])]
        ends = [term.value for iri in views().end for term in said.get(iri, [])]
        today = self.site.manifest.issued
        if ends and ends[0] <= today:
            return (starts or [""])[0], "past"
        if starts and starts[0] <= today:
            return starts[0], "current"
        return (starts or [""])[0], ""

    def _node_table(self, iris: list[str], parent: str) -> Table:
        """Without a column that nothing is in, or that says in each row what the owner says already."""
        columns = [
            name
            for name in dict.fromkeys(name for iri in iris for name in self._row_of(iri))
            if any(found := [self._terms(node, name) for node in iris])
            and any(terms != self._terms(parent, name) for terms in found)
        ]
        types = [term.value for term in self._terms(iris[0], TYPE)]
        heads = [self.terms.label(iri, self.lang, types) for iri in columns]
        keyed = sorted(iris, key=lambda iri: [*(self._key(iri, name) for name in columns), (False, [], iri)])
        rows = [
            [self._shown(in_language(self._terms(node, iri), self.lang)) for iri in columns] for node in keyed
        ]
        return Table(heads, rows, [_is_numeric(self._terms(node, iri) for node in iris) for iri in columns])

    def _key(self, subject: str, name: str) -> tuple[bool, list[object], str]:
        terms = in_language(self._terms(subject, name), self.lang)
        return (bool(terms), natural(terms[0].value) if terms else [], "")

    def _shown(self, terms: list[Term]) -> list[Value]:
        values = [self.show.value(term) for term in in_language(terms, self.lang)]
        if len(values) < 2:
            return values
        return sorted(values, key=lambda value: (natural(value.text), value.key))

    # Answers of sections

    def _answer_table(self, section: Section, rows: list[Bindings]) -> Table:
        names = [name for name in _variables(section.query) if any(name in row for row in rows)]
        heads = [views().columns.get(name, {}).get(self.lang, name) for name in names]
        cells = [[[self.show.value(row[name])] if name in row else [] for name in names] for row in rows]
        return Table(
            heads, cells, [_is_numeric([row[name]] for row in rows if name in row) for name in names]
        )

    def _chart(self, section: Section, rows: list[Bindings]) -> Chart | None:
        names = tuple(_variables(section.query))
        cells = tuple(tuple(row.get(name) for name in names) for row in rows)
        result = Result("SELECT", names, cells)
        return chart(result, section.chart, self._cell, self.lang)

    def _cell(self, cell: Cell, name: str) -> str:
        return self.show.value(cell).text if isinstance(cell, NamedNode | Literal) else ""

    def _tree(self, rows: list[Bindings]) -> list[Branch]:
        branches: dict[str, Branch] = {}
        parents: dict[str, str] = {}
        for row in rows:
            iri = row["node"].value
            if iri not in branches:
                mark = row["mark"].value if "mark" in row else ""
                text = row["definition"].value if "definition" in row else ""
                branches[iri] = Branch(mark, self.show.link(iri), text)
            if "parent" in row and iri not in parents:
                parents[iri] = row["parent"].value
        roots = []
        for iri in branches:
            parent = parents.get(iri, "")
            if parent in branches and not _leads_to(parents, parent, iri):
                branches[parent].children.append(branches[iri])
            else:
                roots.append(branches[iri])
        if len(branches) > MANY:
            for branch in branches.values():
                branch.is_folded = len(branch.children) > FEW and not any(b.children for b in branch.children)
        return roots


def natural(text: str) -> list[object]:
    """A key that sorts texts with their numbers as numbers: OD 9 before OD 10."""
    key: list[object] = []
    for number, part in enumerate(_NUMBER.split(text.casefold())):
        key.append(int(part) if number % 2 else part)
    return key


def _leads_to(parents: dict[str, str], start: str, goal: str) -> bool:
    """Whether going up from ``start`` ends at ``goal``: a tree in the data may go round."""
    seen = set()
    while start and start not in seen:
        if start == goal:
            return True
        seen.add(start)
        start = parents.get(start, "")
    return False


def _variables(text: str) -> list[str]:
    head = text[text.index("SELECT") :].partition("WHERE")[0]
    return [word[1:] for word in head.split() if word.startswith("?")]


def _is_iri(term: object) -> bool:
    return isinstance(term, NamedNode)


def _is_numeric(columns: Iterable[Iterable[Term]]) -> bool:
    terms = [term for terms in columns for term in terms]
    return bool(terms) and all(
        isinstance(t, Literal) and t.datatype.value in (expand("xsd:integer"), expand("xsd:decimal"))
        for t in terms
    )
