"""The things that a parameter of a named query can be, as its form offers them: by name, in groups where the
list of their class has them, as ministers of today before those of the past.

This module refuses to offer more than ``CHOICES``: of more, a reader types the name.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyoxigraph import Literal, NamedNode

from gbvkg.errors import BadParameter, PoolBusy, QueryError
from gbvkg.web.pages.describing import Describer
from gbvkg.web.pages.sentences import groups
from gbvkg.web.pages.values import natural
from gbvkg.web.pages.views import views
from gbvkg.web.related import homes, is_of_kind

if TYPE_CHECKING:
    from gbvkg.queries import Parameter
    from gbvkg.queries.parameters import Term
    from gbvkg.web.site import Site

CHOICES = 500
"""Things that a field offers."""

_THINGS = f"""SELECT ?thing (GROUP_CONCAT(DISTINCT STR(?type)) AS ?types)
WHERE {{ ?thing a ?type . FILTER(ISIRI(?thing) && STRSTARTS(STR(?thing), $space)) }}
GROUP BY ?thing
ORDER BY ?thing
LIMIT {CHOICES * 10}
"""

_OPAQUE = re.compile(r"(?=.*[0-9])[0-9a-f-]{20,}")
"""A reference that is a number for machines, as a UUID: it tells a reader nothing."""


@dataclass(frozen=True)
class Choice:
    """One thing that a parameter can be: ``value`` is what is sent, ``group`` the heading it is under."""

    value: str
    label: str
    iri: str
    group: str = ""


class Choices:
    """The choices of one release, each looked up once."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self._found: dict[tuple[str, str], tuple[Choice, ...]] = {}

    async def of(self, parameter: Parameter, lang: str) -> tuple[Choice, ...]:
        """The things of a parameter's kind; none when they are many or workers busy."""
        if not parameter.kind:
            return ()
        key = (f"{parameter.kind} {parameter.example}", lang)
        if key not in self._found:
            try:
                self._found[key] = await self._find(parameter, lang)
            except (QueryError, PoolBusy):
                return ()
        return self._found[key]

    async def _find(self, parameter: Parameter, lang: str) -> tuple[Choice, ...]:
        """Things whose IRI is built as that of the example: what belongs to a thing has a longer one."""
        base = self.site.base
        rows = [row for home in homes(parameter, base) for row in await self._things(home)]
        types = {iri: classes.split(" ") for iri, classes in rows if is_of_kind(parameter, iri, base)}
        if len(types) > CHOICES:
            return ()
        describer = Describer(self.site, await self.site.pages.terms(), self.site.manifest.dataset, lang)
        await describer.name(types)
        names = {iri: self._name(describer, parameter, iri) for iri in types}
        view = views().of(next(iter(types.values()), []))
        under = await groups(self.site, view.listed if view else (), lang)
        return self._ordered(parameter, names, under)

    async def _things(self, home: str) -> list[tuple[str, str]]:
        rows = await self.site.rows(_THINGS, {"space": Literal(home)})
        return [(row["thing"].value, row["types"].value) for row in rows]

    def _name(self, describer: Describer, parameter: Parameter, iri: str) -> str:
        """What a thing is called; "" for what nobody named."""
        show = describer.show
        is_named = show.has_label(iri) or describer.terms.knows(iri) or show.named[iri].elsewhere
        return show.label(iri)[0] if is_named else ""

    def _ordered(
        self, parameter: Parameter, names: dict[str, str], under: dict[str, str]
    ) -> tuple[Choice, ...]:
        kind = f"{parameter.kind}/"
        refs = {iri: self.short(parameter, NamedNode(iri)).removeprefix(kind) for iri in names}
        are_opaque = any(map(_OPAQUE.fullmatch, refs.values()))
        often = Counter(names.values())
        headings = list(dict.fromkeys(under.values()))

        def label(iri: str) -> str:
            ref, name = refs[iri], names[iri]
            # of somebody else: its address tells a reader nothing
            tells = ref != iri and (not are_opaque or often[name] > 1)
            return (f"{name} ({ref})" if tells else name) if name else ref

        def place(iri: str) -> tuple[object, ...]:
            group, last = under.get(iri), iri.rpartition("/")[2]
            is_numbered = not are_opaque and refs[iri] != iri and any(map(str.isdecimal, last))
            order = headings.index(group) if group in headings else len(headings)
            return order, natural(iri if is_numbered else label(iri)), iri

        return tuple(
            Choice(self.short(parameter, NamedNode(iri)), label(iri), iri, under.get(iri, ""))
            for iri in sorted(names, key=place)
        )

    def short(self, parameter: Parameter, term: Term) -> str:
        """What to send for a term: ``kind/reference`` where that stands for its IRI."""
        home = f"{self.site.base}id/"
        if parameter.type == "iri" and term.value.startswith(home):
            rest = term.value.removeprefix(home)
            try:
                if parameter.read(rest, self.site.base) == term:
                    return rest
            except BadParameter:
                return term.value
        return term.value
