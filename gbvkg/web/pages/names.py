"""What the things of one release are called, and where their pages are, as far as somebody asked.

Pages name the same plans, ministers and concepts over and over: what was looked up is kept, the least
recently used first to go, never more than ``MOST`` things. This module refuses to look up a term that the
ontology names.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import TYPE_CHECKING

from gbvkg.web.pages.asking import elsewhere_query, labels_query
from gbvkg.web.pages.values import Labels, Named
from gbvkg.web.pages.views import views

if TYPE_CHECKING:
    from gbvkg.web.pages.terms import Terms
    from gbvkg.web.site import Bindings, Site

MOST = 10_000
"""Things. Each takes some kilobytes at most: labels in two languages and what links to it look like."""

AT_ONCE = 1000
"""Things in one question."""


class Names:
    """Names of things of one release."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._kept: OrderedDict[str, Named] = OrderedDict()
        self.href = lru_cache(MOST)(lambda iri: site.href(iri) or "")

    def __len__(self) -> int:
        return len(self._kept)

    def learn(self, told: Iterable[tuple[str, str, object]]) -> None:
        """Keep all labels of some things, told as thing, property and label. A thing without any is left for
        ``of``, which knows where else to look.
        """
        labels = _labels(told)
        for iri in labels:
            if iri not in self._kept:
                self._keep(iri, Named(labels.of(iri)))

    async def of(self, iris: Iterable[str], terms: Terms) -> dict[str, Named]:
        """The names of different things; one question or two for those that nobody asked about before."""
        found: dict[str, Named] = {}
        missing = []
        for iri in iris:
            if (named := self._kept.get(iri)) is not None:
                self._kept.move_to_end(iri)
                found[iri] = named
            elif terms.knows(iri):
                found[iri] = self._keep(iri, Named([]))
            else:
                missing.append(iri)
        return found | {iri: self._keep(iri, named) for iri, named in (await self._asked(missing)).items()}

    async def _asked(self, iris: list[str]) -> dict[str, Named]:
        told = await self._rows(labels_query, sorted(iris))
        labels = _labels((row["subject"].value, row["property"].value, row["value"]) for row in told)
        foreign = [iri for iri in iris if iri not in labels and not self._site.href(iri)]
        rows = await self._rows(elsewhere_query, sorted(foreign))
        elsewhere = {row["thing"].value: row["text"].value for row in rows}
        return {iri: Named(labels.of(iri), elsewhere.get(iri, "")) for iri in iris}

    async def _rows(self, question: Callable[[list[str]], str], iris: list[str]) -> list[Bindings]:
        parts = [iris[start : start + AT_ONCE] for start in range(0, len(iris), AT_ONCE)]
        return [row for part in parts for row in await self._site.rows(question(part))]

    def _keep(self, iri: str, named: Named) -> Named:
        self._kept[iri] = named
        while len(self._kept) > MOST:
            self._kept.popitem(last=False)
        return named


def _labels(told: Iterable[tuple[str, str, object]]) -> Labels:
    labels = Labels(views().labels)
    for iri, property_, label in told:
        labels.add(iri, property_, label)
    return labels
