"""Search and lists: what is shown of the index, narrowed by facets and page by page.

Facets are compared with sets and what was typed with words: nothing of a request becomes part of a query.
This module refuses a class that the release does not have.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from starlette.requests import Request

from gbvkg.web.indexing import Questions
from gbvkg.web.pages.frame import here, language, number, texts
from gbvkg.web.pages.sentences import Lines
from gbvkg.web.pages.terms import Terms
from gbvkg.web.pages.values import Value, is_web
from gbvkg.web.pages.views import query, views
from gbvkg.web.search import (
    CLASS,
    LONGEST,
    UNKNOWN,
    Doc,
    Found,
    Index,
    Text,
    Things,
    local,
    passage,
)

if TYPE_CHECKING:
    from gbvkg.web.site import Site

SIZE = 25
"""Things on one page."""

VALUES = 12
"""Values of a facet that are offered, those with most things."""

MOST = 20
"""Values of a facet that are read."""

MISTAKEN = 64
"""Characters that are shown and repeated of a value that nothing has."""

SNIPPET = 260
TELLING = 12
"""Characters from which a text tells more than the number or code that stands above it."""


def questions(kinds: Mapping[str, Sequence[str]]) -> Questions:
    """What the index asks, made from ``views.toml``; ``kinds`` are the names of each class.

    IRIs are asked as strings: in CSV the engine puts a string with a comma between quotes, an IRI not.
    """
    view = views()
    order = tuple(dict.fromkeys(iri for found in view.classes.values() for iri in found.order))
    read = " ".join(f"<{iri}>" for iri in dict.fromkeys((*view.labels, *view.texts, *order)))
    more = (
        f"{{ {view.pattern(found.iri)} BIND(<{found.iri}> AS ?class) }}"
        for found in view.classes.values()
        if found.valued_by
    )
    patterns = " UNION ".join(("{ ?thing a ?class }", *more))
    return Questions(
        classes="SELECT DISTINCT (STR(?thing) AS ?iri) (STR(?class) AS ?kind) "
        f"WHERE {{ {patterns} FILTER(ISIRI(?thing)) }}",
        texts="SELECT DISTINCT (STR(?thing) AS ?iri) ?property ?text (LANG(?text) AS ?lang) "
        f"WHERE {{ VALUES ?property {{ {read} }} "
        "?thing ?property ?text FILTER(ISIRI(?thing) && ISLITERAL(?text)) }",
        facets={
            name: query(
                "SELECT DISTINCT (STR(?thing) AS ?iri) (STR(?value) AS ?found) "
                f"WHERE {{ ?thing {facet.path} ?value FILTER(ISIRI(?value)) }}"
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
    """The things of a list in order, and what it says above them (``notes``) and of each (``lines``)."""

    docs: Sequence[Doc]
    notes: list[str]
    lines: Lines
    empty: str

    @classmethod
    def of(cls, docs: Sequence[Doc], notes: list[str], lines: Lines, empty: str) -> Listed:
        """The things that lines are about come first, in their order; the others after them as they were."""
        place = {iri: number for number, iri in enumerate(lines.said)}
        return cls(sorted(docs, key=lambda doc: place.get(doc.iri, len(place))), notes, lines, empty)

    def said_of(self, iri: str) -> list[str]:
        """The lines under the name of a thing."""
        return self.lines.said.get(iri) or ([self.empty] if self.empty else [])


Here = Callable[..., str]
"""Makes the address of a page with some of its parameters changed, or without them (None)."""


class NoSuchPage(Exception):
    """A page beyond the last of ``pages``, which is at the address ``last``."""

    def __init__(self, pages: int, last: str) -> None:
        super().__init__(pages)
        self.pages = pages
        self.last = last


@dataclass(frozen=True)
class Search:
    """What is asked of search: its words, what they find, and what facets leave of that."""

    asked: str
    found: Found
    chosen: Mapping[str, Sequence[str]]
    things: Things


class Finder:
    """Search and lists of one release."""

    def __init__(self, site: Site, index: Index, terms: Terms) -> None:
        self.site = site
        self.index = index
        self.terms = terms

    def search(self, request: Request) -> Search:
        """What a request for search finds."""
        asked = request.query_params.get("q", "")[:LONGEST].strip()
        found = self.index.search(asked)
        chosen = self.chosen(request)
        return Search(asked, found, chosen, self.index.narrowed(found.things, chosen))

    def results(self, request: Request, search: Search) -> dict[str, Any]:
        """What the page of search needs. Raises NoSuchPage."""
        lang = language(request)
        found, things = search.found, search.things
        link = self._here(request, search.chosen, search.asked)
        return {
            "title": texts("finding", lang)["search"],
            "about": "",
            "asked": search.asked,
            "instead": sorted(found.instead.items()),
            "facets": self.facets(link, found.things, search.chosen, lang),
            "downloads": self._downloads(link, "/search", lang),
            "is_search": True,
            "notes": [],
        } | self._rows(
            request,
            link,
            things.bit_count(),
            lambda start: [
                self._row(doc, lang, passage(doc, found.stems, lang))
                for doc in self.index.page(found, things, start, SIZE)
            ],
        )

    def listing(self, request: Request, class_: str, name: str, said: Listed) -> dict[str, Any]:
        """What the page of a list needs. Raises NoSuchPage."""
        lang = language(request)
        every = self.index.of_class(name)[1]
        chosen = self.chosen(request)
        docs = self.listed(request, name, said)
        view = views().classes.get(class_)
        link = self._here(request, chosen)
        return {
            "title": self.title(class_, lang),
            "about": view.about.get(lang, "") if view else "",
            "instead": [],
            "facets": self.facets(link, every, chosen, lang),
            "downloads": self._downloads(link, f"/list/{name}", lang),
            "is_search": False,
            "notes": said.notes,
        } | self._rows(
            request,
            link,
            len(docs),
            lambda start: [
                self._row(doc, lang, _telling(doc, lang)) | {"lines": said.said_of(doc.iri)}
                for doc in docs[start : start + SIZE]
            ],
        )

    def listed(self, request: Request, name: str, said: Listed) -> Sequence[Doc]:
        """The things of a list that its facets leave, in order."""
        every = self.index.of_class(name)[1]
        things = self.index.narrowed(every, self.chosen(request))
        if things == every:
            return said.docs
        kept = {doc.iri for doc in self.index.among(things)}
        return [doc for doc in said.docs if doc.iri in kept]

    def title(self, class_: str, lang: str) -> str:
        """What several things of a class are called."""
        view = views().classes.get(class_)
        label = self.terms.label(class_, lang)
        return view.plural[lang] if view and view.plural else label[:1].upper() + label[1:]

    def _here(self, request: Request, chosen: Mapping[str, Sequence[str]], asked: str = "") -> Here:
        """Addresses with what is asked and chosen, as far as it was read."""
        shown = [(name, self._brief(name, value)) for name, values in chosen.items() for value in values]
        return partial(here, request, [*([("q", asked)] if asked else []), *shown])

    def _downloads(self, link: Here, path: str, lang: str) -> list[tuple[str, str]]:
        suffix = link(page=None, format=None, lang=lang).partition("?")[2]
        address = self.site.path(path, release=None)
        return [(kind, f"{address}.{kind}?{suffix}") for kind in ("csv", "xlsx", "jsonld")]

    def table(self, docs: Sequence[Doc], search: Search, lang: str) -> list[list[str]]:
        """What was found as a table to take away: headings, and a row for each thing, in the order of the
        page.
        """
        t = texts("finding", lang)
        rows = (
            [
                " ".join(self.terms.label(iri, lang) for iri in kinds(doc)),
                " ".join(marks_of(doc)),
                doc.label(lang)[0],
                doc.iri,
                passage(doc, search.found.stems, lang).text,
            ]
            for doc in docs
        )
        return [[t["kind"], t["mark"], t["label"], "IRI", t["passage"]], *rows]

    # Facets

    def chosen(self, request: Request) -> dict[str, list[str]]:
        """Facet → the values that the request asks for and something has, at most MOST. When nothing has one,
        the first of them stands for all, cut short: nothing has that either, because IRIs have no ellipsis.
        """
        asked = {name: request.query_params.getlist(name) for name in (CLASS, *views().facets)}
        return {
            name: self._known(name, values) or self._whole(name, _cut(values[0]))
            for name, values in asked.items()
            if values
        }

    def _known(self, name: str, values: Sequence[str]) -> list[str]:
        iris = dict.fromkeys(iri for value in dict.fromkeys(values) for iri in self._whole(name, value))
        every = self.index.every
        return [iri for iri in iris if self.index.narrowed(every, {name: [iri]})][:MOST]

    def _whole(self, name: str, value: str) -> list[str]:
        """The values that a short one in an address stands for."""
        if name == CLASS:
            return [iri for iri in self.index.classes() if local(iri) == value] or [value]
        return [value if value == UNKNOWN or ":" in value else f"{self.site.base}id/{value}"]

    def _brief(self, name: str, value: str) -> str:
        """How a value of a facet stands in an address."""
        return local(value) if name == CLASS and ":" in value else value.removeprefix(f"{self.site.base}id/")

    def facets(
        self, link: Here, things: Things, chosen: Mapping[str, Sequence[str]], lang: str
    ) -> list[dict[str, Any]]:
        """The facets that tell the things apart, with how many each value leaves of what the others leave."""
        titles = {name: facet.title[lang] for name, facet in views().facets.items()}
        if CLASS in chosen or len(self.index.counts(things, CLASS)) > 1:
            titles = {CLASS: texts("finding", lang)["kind"]} | titles
        return [
            found
            for name, title in titles.items()
            if (found := self._facet(link, name, title, things, chosen, lang))
        ]

    def _facet(
        self,
        link: Here,
        name: str,
        title: str,
        things: Things,
        chosen: Mapping[str, Sequence[str]],
        lang: str,
    ) -> dict[str, Any]:
        others = {other: values for other, values in chosen.items() if other != name}
        left = self.index.narrowed(things, others)
        mine, count = chosen.get(name, []), left.bit_count()
        # what all of them have tells nothing apart
        counts = self.index.counts(left, name)
        tally = {value: size for value, size in counts.items() if size < count or value in mine}
        if (len(counts) < 2 or not tally) and not mine:
            return {}
        ranked = sorted(tally, key=lambda value: (value == UNKNOWN, -tally[value], value))
        shown = [*mine, *(value for value in ranked if value not in mine)][: max(VALUES, len(mine))]
        if UNKNOWN in tally and UNKNOWN not in shown:
            shown[-1] = UNKNOWN
        return {
            "name": name,
            "title": title,
            "is_chosen": bool(mine),
            "values": [
                {
                    "label": self.label(value, lang),
                    "count": number(tally.get(value, 0), lang),
                    "chosen": value in mine,
                    "href": link(page=None, **{name: None if value in mine else self._brief(name, value)}),
                }
                for value in shown
            ],
        }

    # Rows

    def name(self, iri: str, lang: str) -> str:
        """The whole label of a thing or a class."""
        doc = self.index.by_iri.get(iri)
        return doc.label(lang)[0] if doc else self.terms.label(iri, lang)

    def label(self, iri: str, lang: str) -> Value:
        """What a thing or a class is called where room is short."""
        if iri == UNKNOWN:
            return Value(texts("finding", lang)["unknown"])
        if iri in self.index.by_iri:
            doc = self.index.by_iri[iri]
            text, tag = doc.label(lang)
            view = views().of(doc.classes)
            marks = " ".join(marks_of(doc)) if view and view.order else ""
            return Value(snippet(f"{marks} {text}".strip(), 90), lang=tag if tag != lang else "")
        return Value(self.terms.label(iri, lang))

    def _rows(
        self, request: Request, link: Here, total: int, rows: Callable[[int], list[dict[str, Any]]]
    ) -> dict[str, Any]:
        lang = language(request)
        pages = max(1, -(-total // SIZE))
        current = page(request)
        if current > pages:
            raise NoSuchPage(pages, link(page=str(pages) if pages > 1 else None))
        start = (current - 1) * SIZE
        shown = rows(start)
        return {
            "t": texts("finding", lang),
            "address": link(page=None, format=None, lang=None, release=None),
            "total": total,
            "first": number(start + 1, lang),
            "last": number(start + len(shown), lang),
            "rows": shown,
            "before": link(page=str(current - 1)) if current > 1 else "",
            "after": link(page=str(current + 1)) if current < pages else "",
            "position": (current, pages),
        }

    def _row(self, doc: Doc, lang: str, told: Text) -> dict[str, Any]:
        text, tag = doc.label(lang)
        href = self.site.href(doc.iri) or (self.site.page(doc.iri) if is_web(doc.iri) else "")
        said = told.text if len(told.text) > TELLING else ""
        return {
            "link": Value(text, href, lang=tag if tag != lang else ""),
            "kinds": [self.terms.label(iri, lang) for iri in kinds(doc)],
            "marks": marks_of(doc),
            "text": Value(snippet(said), lang=told.lang if told.lang != lang else ""),
            "lines": [],
        }


def overview(finder: Finder, lang: str) -> dict[str, Any]:
    """What the page of the classes needs: those whose plural a view knows, in its order, and the rest."""
    known = {iri: view for iri, view in views().classes.items() if view.plural}
    counted = finder.index.classes()
    others = sorted(counted.keys() - known.keys(), key=lambda iri: finder.title(iri, lang).casefold())
    t = texts("finding", lang)
    groups = ((t["kinds_known"], [iri for iri in known if iri in counted]), (t["kinds_other"], others))

    def row(iri: str) -> dict[str, Any]:
        about = known[iri].about.get(lang, "") if iri in known else ""
        href = finder.site.path(f"/list/{local(iri)}")
        return {"title": finder.title(iri, lang), "count": counted[iri], "href": href, "about": about}

    return {"t": t, "groups": [(title, [row(iri) for iri in iris]) for title, iris in groups]}


def kinds(doc: Doc) -> list[str]:
    """The class that tells most of a thing."""
    known = list(views().classes)
    left = doc.classes - views().unlisted
    return sorted(left, key=lambda iri: (known.index(iri) if iri in known else len(known), iri))[:1]


def _telling(doc: Doc, lang: str) -> Text:
    return next((text for text in doc.texts if text.lang == lang), Text(0, "", ""))


def marks_of(doc: Doc) -> list[str]:
    """The number or code of a thing: what it is in order of, but for the things among that."""
    return [said for said in doc.order if ":" not in said]


def _cut(value: str) -> str:
    return value if len(value) <= MISTAKEN else value[: MISTAKEN - 1] + "…"


def snippet(text: str, length: int = SNIPPET) -> str:
    """The beginning of a text, cut between words."""
    return text if len(text) <= length else text[:length].rsplit(" ", 1)[0] + " …"


def page(request: Request) -> int:
    """The number of the page asked for; 1 when it is no number, and no more than the number of any page."""
    text = request.query_params.get("page", "1")
    return max(1, int(text[:7])) if text.isascii() and text.isdecimal() else 1
