"""Words for what a page about a thing mentions, in its language: names that are looked up, once, when needed.

This module refuses to know how a page is arranged.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING

from pyoxigraph import NamedNode

from gbvkg.web.pages.asking import members_query
from gbvkg.web.pages.terms import Terms
from gbvkg.web.pages.values import Labels, Shower
from gbvkg.web.pages.views import views

if TYPE_CHECKING:
    from gbvkg.web.site import Site


class Describer:
    """Words for the page of one thing in one language."""

    def __init__(self, site: Site, terms: Terms, iri: str, lang: str) -> None:
        self.site = site
        self.terms = terms
        self.iri = iri
        self.lang = lang
        self.labels = Labels(views().labels)
        self.show = Shower(site, lang, self.labels, self._term)

    def _term(self, iri: str) -> str | None:
        return self.terms.label(iri, self.lang) if self.terms.knows(iri) else None

    async def name(self, iris: Iterable[str], told: Collection[str] = ()) -> None:
        """Look up the names that are not known yet; of a thing of ours of which all is ``told``, all is."""
        names, known = self.site.pages.names, self.show.named
        missing = [iri for iri in dict.fromkeys(iris) if iri not in self.labels and iri not in known]
        nameless = {iri for iri in missing if iri in told and names.href(iri)}
        known |= await names.of([iri for iri in missing if iri not in nameless], self.terms)

    async def members(self, property_: str, page: int, size: int) -> list[str]:
        """One page of what points at the thing by a property; the labels are known afterwards."""
        values = {"thing": NamedNode(self.iri), "property": NamedNode(property_)}
        rows = await self.site.rows(members_query(size, (page - 1) * size), values)
        found = [row["from"].value for row in rows]
        await self.name(found)
        return found

    def incoming_title(self, property_: str) -> str:
        """The heading of what points here by a property."""
        words = views().incoming.get(property_)
        return words[self.lang] if words else f"“{self.terms.label(property_, self.lang)}”"
