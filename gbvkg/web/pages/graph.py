"""The page about a named graph: what it holds, where that comes from, and how to take it along.

This module refuses to list the statements of a graph: they are a download, and on the pages of the things.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyoxigraph import NamedNode

from gbvkg.vocabulary import expand
from gbvkg.web.graphs import NamedGraph, content
from gbvkg.web.negotiation import DOWNLOADS
from gbvkg.web.pages.citing import Subject
from gbvkg.web.pages.describing import Describer
from gbvkg.web.pages.frame import texts

if TYPE_CHECKING:
    from gbvkg.web.site import Site

_APART = frozenset(expand(name) for name in ("rdf:type", "rdfs:label"))


async def values(site: Site, found: NamedGraph, lang: str) -> dict[str, Any]:
    """What ``graph.html`` needs. Asks one question, for names."""
    terms = await site.pages.terms()
    describer = Describer(site, terms, found.iri, lang)
    things = [value.value for _, value in found.said if isinstance(value, NamedNode)]
    await describer.name([site.manifest.dataset, *things, *(class_ for class_, _ in found.classes)])
    facts: dict[str, list[Any]] = {}
    for property_, value in found.said:
        if property_ not in _APART:
            facts.setdefault(property_, []).append(describer.show.value(value))
    t = texts("graph", lang)
    return {
        "t": t,
        "title": t["title"].format(name=found.names[lang]),
        "graph": found,
        "dataset": describer.show.link(site.manifest.dataset),
        "facts": [(terms.label(property_, lang), shown) for property_, shown in facts.items()],
        "classes": [
            (terms.label(class_, lang), site.href(class_) or "", count) for class_, count in found.classes
        ],
        "formats": texts("thing", lang)["formats"],
        "content": [(row.name, content(site, found.iri, row.name)) for row in DOWNLOADS if row.rdf],
        "about": [(row.name, site.page(found.iri, row.extension)) for row in DOWNLOADS],
        "sparql": content(site, found.iri, None),
    }


def subject(site: Site, found: NamedGraph, values: dict[str, Any]) -> Subject:
    """What the page is about, to be cited."""
    about = {
        "@type": "Dataset",
        "@id": found.iri,
        "name": values["title"],
        "isPartOf": {"@id": site.manifest.dataset},
    }
    return Subject(values["title"], "WebPage", {"about": about}, at=site.page(found.iri))
