"""Search and lists: what is shown of the index, narrowed by facets and page by page.

Facets are compared with sets and what was typed with words: nothing of a request becomes part of a query.
This module refuses a class that the release does not have.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from starlette.requests import Request

from gbvkg.web.pages.frame import here, language, number, texts
from gbvkg.web.pages.terms import Terms
from gbvkg.web.pages.values import Value, is_web
from gbvkg.web.pages.views import query, views
from gbvkg.web.search import LONGEST, Doc, Index, Questions, Text, counts, local, narrowed

if TYPE_CHECKING:
    from gbvkg.web.site import Site

SIZE = 25
"""Things on one page."""

VALUES = 12
"""Values of a facet that are offered, those with most things."""

SNIPPET = 260
TELLING = 12
"""Characters from which a text tells more than the number or code that stands above it."""

CLASS = "class"
"""The facet of search that is not data: the class of a thing."""


def questions(kinds: Mapping[str, Sequence[str]]) -> Questions:
    """What the index asks, made from ``views.toml``; ``kinds`` are the names of each class."""
    view = views()
    order = tuple(dict.fromkeys(iri for found in view.classes.values() for iri in found.order))
    read = " ".join(f"<{iri}>" for iri in dict.fromkeys((*view.labels, *view.texts, *order)))
    return Questions(
        classes="SELECT DISTINCT ?thing ?class WHERE { ?thing a ?class FILTER(ISIRI(?thing)) } "
        "ORDER BY ?thing ?class",
        texts=f"SELECT DISTINCT ?thing ?property ?text WHERE {{ VALUES ?property {{ {read} }} "
        "?thing ?property ?text FILTER(ISIRI(?thing) && ISLITERAL(?text)) } ORDER BY ?thing ?property ?text",
        facets={
            name: query(
                f"SELECT DISTINCT ?thing ?value WHERE {{ ?thing {facet.path} ?value }} ORDER BY ?thing ?value"
            )
            for name, facet in view.facets.items()
        },
        labels=view.labels,
        order=order,
        first=view.first_facet,
        texts_first=view.texts,
        minor=view.minor,
        marks=view.kickers,
        kinds=kinds,
        unlisted=view.unlisted,
    )


@dataclass(frozen=True)
class Listed:
    """What a list says above its things (``notes``) and of each (``lines``, in the order of the list)."""

    notes: list[str] = field(default_factory=list)
    lines: dict[str, list[str]] = field(default_factory=dict)
    empty: str = ""

    def of(self, iri: str) -> list[str]:
        """The lines under the name of a thing."""
        return self.lines.get(iri) or ([self.empty] if self.empty else [])

    def in_order(self, docs: list[Doc]) -> list[Doc]:
        """The things that lines are about first, in their order; the others after them as they were."""
        place = {iri: number for number, iri in enumerate(self.lines)}
        return sorted(docs, key=lambda doc: place.get(doc.iri, len(place)))


class Finder:
    """Search and lists of one release."""

    def __init__(self, site: Site, index: Index, terms: Terms) -> None:
        self.site = site
        self.index = index
        self.terms = terms

    def search(self, request: Request) -> dict[str, Any]:
        """What the page of search needs."""
        lang = language(request)
        asked = request.query_params.get("q", "")[:LONGEST].strip()
        found = self.index.search(asked, lang) if asked else None
        hits = found.hits if found else []
        chosen = self.chosen(request)
        every = [hit.doc for hit in hits]
        names = set(request.query_params.getlist(CLASS)[:20])
        classes = {iri for doc in every for iri in doc.classes if local(iri) in names}
        passages = {hit.doc.iri: hit.passage for hit in hits}
        docs = narrowed(every, chosen)
        kept = [doc for doc in docs if not names or doc.classes & classes]
        return {
            "title": texts("finding", lang)["search"],
            "about": "",
            "asked": asked,
            "instead": sorted(found.instead.items()) if found else [],
            "facets": [
                self._classes(request, docs, sorted(classes), lang),
                *self.facets(request, [hit.doc for hit in hits], chosen, lang),
            ],
            "downloads": [],
            "is_search": True,
            "notes": [],
        } | self._rows(request, kept, lang, passages)

    def listing(
        self, request: Request, class_: str, docs: list[Doc], name: str, said: Listed
    ) -> dict[str, Any]:
        """What the page of a list needs; ``docs`` are all things of the class, in order."""
        lang = language(request)
        chosen = self.chosen(request)
        kept = narrowed(docs, chosen)
        view = views().classes.get(class_)
        label = self.terms.label(class_, lang)
        address = self.site.path(f"/list/{name}", release=None)
        suffix = here(request, page=None, lang=lang).partition("?")[2]
        return {
            "title": view.plural[lang] if view and view.plural else label[:1].upper() + label[1:],
            "about": view.about.get(lang, "") if view else "",
            "instead": [],
            "facets": self.facets(request, docs, chosen, lang),
            "downloads": [(kind, f"{address}.{kind}?{suffix}") for kind in ("csv", "xlsx", "jsonld")],
            "is_search": False,
            "notes": said.notes,
        } | self._rows(request, kept, lang, {}, said)

    # Facets

    def chosen(self, request: Request) -> dict[str, list[str]]:
        """Facet → the values that the request asks for."""
        asked = {name: request.query_params.getlist(name)[:20] for name in views().facets}
        return {name: [self.whole(value) for value in values] for name, values in asked.items() if values}

    def whole(self, value: str) -> str:
        """The IRI that a short value in an address stands for."""
        return value if ":" in value else f"{self.site.base}id/{value}"

    def brief(self, name: str, iri: str) -> str:
        """How a value of a facet stands in an address."""
        return local(iri) if name == CLASS else iri.removeprefix(f"{self.site.base}id/")

    def facets(
        self, request: Request, docs: list[Doc], chosen: dict[str, list[str]], lang: str
    ) -> list[dict[str, Any]]:
        """The facets that tell the things apart, with how many each value leaves."""
        found = []
        for name, facet in views().facets.items():
            others = {other: values for other, values in chosen.items() if other != name}
            tally = counts(narrowed(docs, others), name)
            mine = chosen.get(name, [])
            if len(tally) > 1 or mine:
                found.append(self._facet(request, name, facet.title[lang], tally, mine, lang))
        return found

    def _classes(self, request: Request, docs: list[Doc], chosen: list[str], lang: str) -> dict[str, Any]:
        tally = Counter(iri for doc in docs for iri in doc.classes if iri not in views().unlisted)
        title = texts("finding", lang)["kind"]
        return self._facet(request, CLASS, title, tally, chosen, lang)

    def _facet(
        self, request: Request, name: str, title: str, tally: Counter[str], chosen: list[str], lang: str
    ) -> dict[str, Any]:
        ranked = sorted(tally, key=lambda iri: (-tally[iri], iri))
        shown = [*chosen, *(iri for iri in ranked if iri not in chosen)][: max(VALUES, len(chosen))]
        return {
            "name": name,
            "title": title,
            "values": [
                {
                    "label": self.label(iri, lang),
                    "count": number(tally.get(iri, 0), lang),
                    "chosen": iri in chosen,
                    "href": here(
                        request, page=None, **{name: None if iri in chosen else self.brief(name, iri)}
                    ),
                }
                for iri in shown
            ],
        }

    # Rows

    def name(self, iri: str, lang: str) -> str:
        """The whole label of a thing or a class."""
        doc = self.index.by_iri.get(iri)
        return doc.label(lang)[0] if doc else self.terms.label(iri, lang)

    def label(self, iri: str, lang: str) -> Value:
        """What a thing or a class is called where room is short."""
        if iri in self.index.by_iri:
            doc = self.index.by_iri[iri]
            text, tag = doc.label(lang)
            view = views().of(doc.classes)
            marks = " ".join(marks_of(doc)) if view and view.order else ""
            return Value(snippet(f"{marks} {text}".strip(), 90), lang=tag if tag != lang else "")
        return Value(self.terms.label(iri, lang))

    def _rows(
        self,
        request: Request,
        docs: list[Doc],
        lang: str,
        passages: dict[str, Text],
        said: Listed | None = None,
    ) -> dict[str, Any]:
        current = page(request)
        pages = max(1, -(-len(docs) // SIZE))
        current = min(current, pages)
        shown = docs[(current - 1) * SIZE : current * SIZE]
        return {
            "t": texts("finding", lang),
            "total": len(docs),
            "first": number((current - 1) * SIZE + 1, lang),
            "last": number((current - 1) * SIZE + len(shown), lang),
            "rows": [
                self._row(doc, lang, passages.get(doc.iri)) | {"lines": said.of(doc.iri) if said else []}
                for doc in shown
            ],
            "before": here(request, page=str(current - 1)) if current > 1 else "",
            "after": here(request, page=str(current + 1)) if current < pages else "",
            "position": (current, pages),
        }

    def _row(self, doc: Doc, lang: str, passage: Text | None) -> dict[str, Any]:
        text, tag = doc.label(lang)
        href = self.site.href(doc.iri) or (self.site.page(doc.iri) if is_web(doc.iri) else "")
        _, tag_of, said = passage or next((t for t in doc.texts if t.lang == lang), Text(0, "", ""))
        said = said if len(said) > TELLING else ""
        return {
            "link": Value(text, href, lang=tag if tag != lang else ""),
            "kinds": [self.terms.label(iri, lang) for iri in self._telling(doc.classes)],
            "marks": marks_of(doc),
            "text": Value(snippet(said), lang=tag_of if tag_of != lang else ""),
        }

    def _telling(self, classes: set[str]) -> list[str]:
        """The class that tells most of a thing."""
        known = list(views().classes)
        left = classes - views().unlisted
        return sorted(left, key=lambda iri: (known.index(iri) if iri in known else len(known), iri))[:1]


def marks_of(doc: Doc) -> list[str]:
    """The number or code of a thing: what it is in order of, but for the things among that."""
    return [said for said in doc.order if ":" not in said]


def snippet(text: str, length: int = SNIPPET) -> str:
    """The beginning of a text, cut between words."""
    return text if len(text) <= length else text[:length].rsplit(" ", 1)[0] + " …"


def page(request: Request) -> int:
    """The number of the page asked for; 1 when it is no number."""
    text = request.query_params.get("page", "1")
    return max(1, int(text)) if text.isascii() and text.isdecimal() and len(text) < 7 else 1
