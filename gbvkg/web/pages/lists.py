"""Search, the list of each class, and the overview of the classes: pages, CSV, Excel workbooks and JSON-LD.

The index behind them is made once for each release. Nothing of a request becomes part of a query but the
IRIs of things that were found. This module refuses a list of a class that the release does not have.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from pyoxigraph import NamedNode
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gbvkg.formats import HTML, Format
from gbvkg.vocabulary import LANGUAGES
from gbvkg.web.aside import aside
from gbvkg.web.indexing import build, every
from gbvkg.web.negotiation import choose, release_and_language
from gbvkg.web.pages import tables
from gbvkg.web.pages.citing import Subject, listed
from gbvkg.web.pages.describing import Describer
from gbvkg.web.pages.finding import SIZE, Finder, Listed, NoSuchPage, Search, overview, questions
from gbvkg.web.pages.frame import VARY, language, respond, tag, texts, unchanged
from gbvkg.web.pages.once import Once
from gbvkg.web.pages.sentences import Lines, lines, notes
from gbvkg.web.pages.views import views
from gbvkg.web.problems import not_found
from gbvkg.web.replies import redirect, reply
from gbvkg.web.search import Index

if TYPE_CHECKING:
    from gbvkg.web.site import Bindings, Site

AT_ONCE = 500
"""Things in one question for what is said of them."""

_OF_CLASS = """SELECT DISTINCT ?thing ?property ?value
WHERE {{ {} ?thing ?property ?value . FILTER(ISIRI(?thing)) }}"""
_OF_THINGS = (
    "SELECT DISTINCT ?thing ?property ?value WHERE {{ VALUES ?thing {{ {} }} ?thing ?property ?value }}"
)


class Lists:
    """Search and lists of one release."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self._index = Once(self._indexed)
        self._listed: dict[tuple[str, str], Once[Listed]] = {}

    def routes(self) -> list[Route]:
        return [
            Route("/search", self.search, methods=["GET"]),
            Route("/search.{kind}", self.search, methods=["GET"]),
            Route("/list", self.to_overview, methods=["GET"]),
            Route("/doc", self.to_overview, methods=["GET"]),
            Route("/doc/", self.to_overview, methods=["GET"]),
            Route("/list/", self.overview, methods=["GET"]),
            Route("/list/{name}", self.listing, methods=["GET"]),
        ]

    async def index(self) -> Index:
        """What search and lists are made from: made once, before a release is served; of an older one, and
        when that failed, when it is first asked for.
        """
        return await self._index.get()

    async def _indexed(self) -> Index:
        terms = await self.site.pages.terms()
        named = {class_: [terms.label(class_, lang) for lang in LANGUAGES] for class_ in views().classes}
        return await build(self.site, questions(named))

    async def finder(self) -> Finder:
        """What arranges an answer."""
        return Finder(self.site, await self.index(), await self.site.pages.terms())

    def names_at(self, href: str, lang: str) -> tuple[str, str]:
        """What the thing of a document here is called, and in which language; "" without an index yet."""
        index = self._index.there
        if index is None:
            return "", ""
        path = href.partition("?")[0].removeprefix(self.site.path("/doc/", release=None))
        found = (index.by_iri.get(iri) for iri in self.site.iris(path))
        return next((doc.label(lang) for doc in found if doc), ("", ""))

    def classes(self, iri: str) -> tuple[str, ...]:
        """The classes of a thing, in no order; none without an index yet, nor of what is in no list."""
        index = self._index.there
        doc = index.by_iri.get(iri) if index is not None else None
        return tuple(sorted(doc.classes)) if doc is not None else ()

    # Search

    async def search(self, request: Request) -> Response:
        """What the words of ``?q=`` find, as a page or, by extension, as a file."""
        format = _format(request, request.path_params.get("kind", ""))
        if isinstance(format, Response):
            return format
        if kept := unchanged(self.site, request, format.name):
            return kept
        finder = await self.finder()
        # off the event loop: a word that nothing has is compared with every word of the release
        found = await aside(finder.search, request)
        if format is HTML:
            try:
                values = finder.results(request, found)
            except NoSuchPage as error:
                return _beyond(request, error)
            subject = self._subject(f"{values['title']}: {found.asked}", "SearchResultsPage", values)
            return respond(self.site, request, "finding.html", values, subject)
        return await self._found(request, finder, found, format)

    async def _found(self, request: Request, finder: Finder, found: Search, format: Format) -> Response:
        docs = finder.index.page(found.found, found.things)
        if format.name == "jsonld":
            things = [doc.iri for doc in docs]
            said = [
                row
                for start in range(0, len(things), AT_ONCE)
                for row in await every(self.site, _OF_THINGS.format(_nodes(things[start : start + AT_ONCE])))
            ]
            body = await aside(tables.as_jsonld, said, things)
        else:
            lang = language(request)
            told = await aside(finder.table, docs, found, lang)
            body = await aside(tables.written, told, format, texts("finding", lang)["search"])
        return self._file(request, body, format, texts("finding", language(request))["file"])

    # Lists

    async def to_overview(self, request: Request) -> Response:
        """The overview, at its own address."""
        return redirect(self.site.path("/list/", **release_and_language(request)), 308)

    async def overview(self, request: Request) -> Response:
        """The classes of the release, with how many things each has."""
        if kept := unchanged(self.site, request):
            return kept
        values = overview(await self.finder(), language(request))
        rows = [row for _, group in values["groups"] for row in group]
        kinds = [(self.site.public(row["href"]), row["title"]) for row in rows]
        more = {"mainEntity": listed(kinds, len(kinds))}
        subject = Subject(values["t"]["kinds"], "CollectionPage", more)
        return respond(self.site, request, "kinds.html", values, subject)

    async def listing(self, request: Request) -> Response:
        """The things of a class, as a page or, by extension, as a file."""
        name, dot, kind = request.path_params["name"].partition(".")
        finder = await self.finder()
        class_, _ = finder.index.of_class(name)
        if not class_:
            return not_found(request, "Zo een lijst is er niet.", "There is no such list.")
        format = _format(request, kind, bool(dot))
        if isinstance(format, Response):
            return format
        if kept := unchanged(self.site, request, format.name):
            return kept
        lang = language(request)
        said = await self.listed(class_, lang)
        if format is HTML:
            try:
                values = finder.listing(request, class_, name, said)
            except NoSuchPage as error:
                return _beyond(request, error)
            subject = self._subject(values["title"], "CollectionPage", values)
            return respond(self.site, request, "finding.html", values, subject)
        things = [doc.iri for doc in finder.listed(request, name, said)]
        rows = await every(self.site, _OF_CLASS.format(views().pattern(class_)))
        body = await aside(_written, finder, rows, things, class_, said.lines, format, lang)
        return self._file(request, body, format, name)

    async def listed(self, class_: str, lang: str) -> Listed:
        """What a list of a class says of itself and its things, asked once for each language."""
        key = (class_, lang)
        if key not in self._listed:
            self._listed[key] = Once(partial(self._told, class_, lang))
        return await self._listed[key].get()

    async def _told(self, class_: str, lang: str) -> Listed:
        view = views().classes.get(class_)
        describer = Describer(self.site, await self.site.pages.terms(), self.site.manifest.dataset, lang)
        told = await notes(describer, view.notes if view else ())
        asked = view.listed if view else ()
        return await aside(
            Listed.of,
            (await self.index()).in_order(class_),
            [text for texts in told.values() for text in texts],
            await lines(describer, asked),
            next((sentence.empty[lang] for sentence in asked if lang in sentence.empty), ""),
        )

    def _subject(self, title: str, kind: str, values: dict[str, Any]) -> Subject:
        links = [row["link"] for row in values["rows"]]
        things = [(self.site.public(link.href) if link.href else "", link.text) for link in links]
        first = (values["position"][0] - 1) * SIZE + 1
        more = {"mainEntity": listed(things, values["total"], first)}
        return Subject(title, kind, more, at=values["address"])

    def _file(self, request: Request, body: bytes, format: Format, name: str) -> Response:
        return reply(
            request, body, format.media_type, tag=tag(self.site, request, format.name),
            licence=self.site.licence, vary=VARY,
            headers={"Content-Disposition": f'attachment; filename="{name}.{format.extension}"'},
        )  # fmt: skip


def _beyond(request: Request, error: NoSuchPage) -> Response:
    """404 that says how many pages there are and leads to the last: the first would look like an answer."""
    count = error.pages
    return not_found(
        request,
        f"Zo veel bladzijden zijn er niet; er {'is er 1' if count == 1 else f'zijn er {count}'}.",
        f"There are not that many pages: there {'is 1' if count == 1 else f'are {count}'}.",
        pages=count,
        suggestions=[error.last],
    )


def _format(request: Request, kind: str, by_extension: bool = False) -> Format | Response:
    """What is asked for by extension, else by negotiation. Raises NotAcceptable."""
    if kind or by_extension:
        names, path = ", ".join(tables.FILES), request.url.path.partition(".")[0]
        return tables.FILES.get(kind) or not_found(
            request,
            f"Een lijst bestaat niet als {kind!r}; wel als {names}.",
            f"A list does not exist as {kind!r}, but as {names}.",
            suggestions=[path, *(f"{path}.{name}" for name in tables.FILES)],
        )
    offered = (HTML, *tables.FILES.values())
    return choose(request.headers.get("accept"), offered, request.query_params.get("format"))


def _written(
    finder: Finder,
    rows: list[Bindings],
    things: list[str],
    class_: str,
    told: Lines,
    format: Format,
    lang: str,
) -> bytes:
    """The list as a file. Its columns come as the page has them, then those that the page has no room for."""
    if format.name == "jsonld":
        return tables.as_jsonld(rows, things)
    view, known = views().classes.get(class_), views().columns

    def heading(name: str) -> str:
        return known[name][lang] if name in told.columns else finder.terms.label(name, lang, (class_,))

    columns = tables.Columns(
        heading,
        (*(view.order if view else ()), *views().labels),
        (*told.columns, *views().texts),
        views().rank,
        told.columns,
    )
    found = tables.table(rows, things, lang, columns, lambda iri: finder.name(iri, lang))
    return tables.written(found, format, finder.terms.label(class_, lang))


def _nodes(iris: list[str]) -> str:
    return " ".join(str(NamedNode(iri)) for iri in iris)
