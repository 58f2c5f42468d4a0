"""What is said of a thing as facts: values under their label, and what belongs to it with facts of its own.

Each statement is shown once. This module refuses to leave anything out but what ``views.toml`` hides, says
elsewhere or keeps for a page of its own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import TYPE_CHECKING

from pyoxigraph import NamedNode

from gbvkg.web.answers import are_numbers
from gbvkg.web.pages.describing import Describer
from gbvkg.web.pages.model import Fact, Node, Table
from gbvkg.web.pages.said import TYPE, Statements
from gbvkg.web.pages.values import Value, in_language, natural
from gbvkg.web.pages.views import views

if TYPE_CHECKING:
    from gbvkg.web.site import Term

DEEP = 4
"""Parts of parts that are shown; what is deeper has a page."""


class FactWriter:
    """Facts of one thing and of what belongs to it; ``taken`` is what is shown, as thing and property."""

    def __init__(self, describer: Describer, statements: Statements) -> None:
        self.site, self.terms, self.lang = describer.site, describer.terms, describer.lang
        self.iri, self.show = describer.iri, describer.show
        self.incoming_title = describer.incoming_title
        self.views, self.statements = views(), statements
        self.taken: set[tuple[str, str]] = set()
        self._owner: dict[str, str] = {}
        self._back: dict[tuple[str, str], list[Term]] = defaultdict(list)
        """``^property`` and value → what says so, for what is shown from the other side."""
        for subject, said in statements.items():
            for name in self.views.labels:
                for value in said.get(name, ()):
                    describer.labels.add(subject, name, value)
            for name in self.views.owned_inverse:
                for value in said.get(name, ()):
                    self._back[f"^{name}", value.value].append(NamedNode(subject))

    def ordered(self, said: dict[str, list[Term]], types: tuple[str, ...]) -> list[str]:
        return self.terms.ordered(tuple(said), self.lang, types)

    def fact(self, subject: str, iri: str, types: tuple[str, ...], depth: int) -> Fact | None:
        terms = self._terms(subject, iri)
        if not terms or (subject, iri) in self.taken:
            return None
        self.taken.add((subject, iri))
        view, name = self.views, iri.removeprefix("^")
        is_back = name != iri
        label = self.incoming_title(name) if is_back else self.terms.of_fact(name, self.lang, types)
        fact = Fact(label, self.site.pages.names.href(name), [], name in view.quotes)
        fact.is_folded = depth > 1 and name in view.folded
        whole: list[Term] = []
        if (is_back or name in view.owned) and depth < DEEP:
            whole = [t for t in terms if isinstance(t, NamedNode) and self._is_described(t.value)]
        apart = [*whole, *self._terms(subject, view.beyond[name])] if name in view.beyond else whole
        fact.values = self.shown([t for t in terms if t not in apart] if apart else terms)
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
        words = self.views.unknown.get(value.key)
        return Value(words[self.lang], value.href, value.external, key=value.key) if words else value

    def _terms(self, subject: str, iri: str) -> list[Term]:
        """The values of a property, or with ``^`` what has the subject as value."""
        if iri[0] == "^":
            return self._back.get((iri, subject), [])
        said = self.statements.get(subject)
        return said.get(iri, []) if said else []

    def _is_described(self, iri: str) -> bool:
        return TYPE in self.statements.get(iri, {})

    def _add_nodes(self, fact: Fact, parent: str, iris: list[str], depth: int) -> None:
        rows = [iri for iri in iris if self._row_of(iri)] if len(iris) > 1 else []
        if len(rows) > 1:
            fact.table = self._node_table(rows, parent)
            iris = [iri for iri in iris if iri not in rows]
        in_order = sorted(iris, key=self._place) if len(iris) > 1 else iris
        fact.nodes = [self._node(iri, parent, depth) for iri in in_order]

    def _row_of(self, iri: str) -> tuple[str, ...]:
        view = self.views.of(term.value for term in self._terms(iri, TYPE))
        return view.row if view else ()

    def _place(self, iri: str) -> tuple[object, ...]:
        """Where a thing stands among others that belong to the same."""
        said = self.statements[iri]
        place = next((natural(said[name][0].value) for name in self.views.sort if name in said), [])
        return place, self._when(said)[0], natural(self.show.link(iri).text), iri

    def _node(self, iri: str, parent: str, depth: int) -> Node:
        said = self.statements[iri]
        types = tuple(term.value for term in said.get(TYPE, ()))
        view = self.views.of(types)
        for name in self.views.owned_inverse:
            if any(term.value == parent for term in said.get(name, ())):
                self.taken.add((iri, name))
        self.taken.update((iri, name) for name in self.views.aside)
        for repeated, by in ((self.views.sources, self.iri), (self.views.inherited, parent)):
            self.taken.update((iri, name) for name in repeated if self._is_said(iri, name, by))
        self._owner[iri] = parent
        names = view.brief if view and view.brief else self.with_back(iri, self.ordered(said, types))
        facts = [fact for name in names if (fact := self.fact(iri, name, types, depth + 1))]
        return Node(iri, self.named(iri), facts, self._when(said)[1] if view and view.is_timed else "")

    def named(self, iri: str) -> Value:
        """What is part of the page by its label, else by what it is: that says more than its IRI."""
        link = self.show.link(iri)
        types = self._terms(iri, TYPE)
        if self.show.has_label(iri) or not types:
            return link
        kind = self.terms.label(types[0].value, self.lang)
        return Value(f"{kind[:1].upper()}{kind[1:]}", link.href, link.external, key=iri)

    def _is_said(self, iri: str, name: str, by: str) -> bool:
        """Whether a thing says something by a property, and all of it is said ``by`` another by it."""
        said = self._terms(iri, name)
        return bool(said) and set(said) <= set(self._terms(by, name))

    def with_back(self, iri: str, names: list[str]) -> list[str]:
        return [*names, *(f"^{name}" for name in self.views.owned_inverse if (f"^{name}", iri) in self._back)]

    def _when(self, said: dict[str, list[Term]]) -> tuple[str, str]:
        """When it starts, and whether it is so on the day of the release (the end is exclusive)."""
        starts = [term.value for iri in self.views.start for term in said.get(iri, [])]
        ends = [term.value for iri in self.views.end for term in said.get(iri, [])]
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
            [self.shown(in_language(self._terms(node, iri), self.lang)) for iri in columns] for node in keyed
        ]
        return Table(heads, rows, [is_numeric(self._terms(node, iri) for node in iris) for iri in columns])

    def _key(self, subject: str, name: str) -> tuple[bool, list[object], str]:
        terms = in_language(self._terms(subject, name), self.lang)
        return (bool(terms), natural(terms[0].value) if terms else [], "")

    def shown(self, terms: list[Term]) -> list[Value]:
        if len(terms) == 1:
            return [self.show.value(terms[0])]
        values = [self.show.value(term) for term in in_language(terms, self.lang)]
        return sorted(values, key=lambda value: (natural(value.text), value.key))


def is_numeric(columns: Iterable[Iterable[Term]]) -> bool:
    """Whether what is in the cells of a column is numbers."""
    return are_numbers(term for terms in columns for term in terms)
