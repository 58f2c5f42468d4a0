"""``Pages``: the pages of one release, each asked for and sent, and what they share: words for terms, names,
lists. This module refuses to arrange what a page says: that is in the module of the page and its template.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from functools import lru_cache, partial
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gbvkg.errors import GbvkgError
from gbvkg.web import graphs
from gbvkg.web.aside import aside
from gbvkg.web.charging import Charge, Timed, charged
from gbvkg.web.pages import api, compare, graph, home, ontology, releases, static, thing
from gbvkg.web.pages.changes import told
from gbvkg.web.pages.citing import Subject
from gbvkg.web.pages.describing import Describer
from gbvkg.web.pages.finding import page
from gbvkg.web.pages.frame import language, respond, unchanged
from gbvkg.web.pages.history import chain, steps
from gbvkg.web.pages.lists import Lists
from gbvkg.web.pages.members import members, property_of
from gbvkg.web.pages.names import Names
from gbvkg.web.pages.once import Once
from gbvkg.web.pages.questions import Answers
from gbvkg.web.pages.said import Said, said_of
from gbvkg.web.pages.terms import Terms
from gbvkg.web.pages.thing import ThingPage
from gbvkg.web.problems import not_found, of_error
from gbvkg.web.related import about
from gbvkg.web.replies import link

if TYPE_CHECKING:
    from gbvkg.web.site import Site

_NOTHING = (
    "Niets verwijst zo naar dit ding, of er zijn minder bladzijden.",
    "Nothing refers to this thing like that, or there are fewer pages.",
)


FOLDERS = 1000
"""Beginnings of IRIs for which it is known which queries can be asked about what is there."""


class Pages:
    """What the pages of one release need, looked up once."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.answers: OrderedDict[tuple[object, ...], Answers] = OrderedDict()
        self.names = Names(site)
        self.lists = Lists(site)
        self.about = lru_cache(FOLDERS)(partial(about, site))
        """The queries that can be asked about each thing whose IRI begins like this, up to its last slash."""
        self.documentation = ontology.Documentation(site)
        self._terms = Once(lambda: Terms.load(site))

    def routes(self) -> list[Route]:
        return [
            Route("/", self.home, methods=["GET"]),
            Route("/docs", self.api, methods=["GET"]),
            Route("/releases/", self.releases, methods=["GET"]),
            Route("/releases/{version}/", self.release, methods=["GET"]),
            Route("/compare", self.compare, methods=["GET"]),
            Route("/static/{version}/{name}", self.static, methods=["GET"]),
            *self.lists.routes(),
        ]

    async def terms(self) -> Terms:
        """The words for classes and properties, read at the first request; at the next one if that failed."""
        return await self._terms.get()

    async def static(self, request: Request) -> Response:
        """A static file."""
        return await static.serve(request, static.static(self.site.settings.theme))

    async def home(self, request: Request) -> Response:
        """What there is, how much is known, how fresh it is, and ways in."""
        if kept := unchanged(self.site, request):
            return kept
        lang = language(request)
        values = await home.home(self.site, await self.terms(), lang)
        void = link(self.site.path("/.well-known/void"), "describedby", type="text/turtle")
        return respond(self.site, request, "home.html", values, home.subject(self.site, values), links=[void])

    async def api(self, request: Request) -> Response:
        """The documentation of the API."""
        if kept := unchanged(self.site, request):
            return kept
        values = api.api(await aside(request.app.openapi), language(request))
        return respond(self.site, request, "api.html", values, Subject(values["t"]["title"], "APIReference"))

    async def releases(self, request: Request) -> Response:
        """Which releases there are."""
        folder = self.site.release.parent
        values = await asyncio.to_thread(releases.listed, folder, self._current(request), language(request))
        subject = releases.catalogue(self.site, values)
        return respond(self.site, request, "releases.html", values, subject, kept=False)

    async def release(self, request: Request) -> Response:
        """The files of a release and what changed in it."""
        folder, version = self.site.release.parent, request.path_params["version"]
        current = self._current(request)
        try:
            values = await asyncio.to_thread(releases.release, folder, version, current, language(request))
        except GbvkgError as error:
            return of_error(request, error)
        subject = releases.subject(self.site, values)
        return respond(self.site, request, "release.html", values, subject, kept=False)

    async def compare(self, request: Request) -> Response:
        """What changed between any two releases."""
        return await compare.compare(self.site, request)

    @staticmethod
    def _current(request: Request) -> str:
        found: Site = request.scope["gbvkg.current"].site
        return found.version

    # A thing

    async def said(self, request: Request, iri: str) -> Said:
        """What the page about a thing is made of; what its sections ask is asked at the same time. Reading
        the answers, in tasks of their own, is charged to the request.
        """
        charge = charged.get() or Charge()
        now = Timed(said_of(self.site, iri), charge)
        ahead = Timed(thing.ask_ahead(self.site, iri, language(request)), charge)
        found: tuple[Said, None] = await asyncio.gather(now, ahead)
        return found[0]

    async def graph(self, request: Request, iri: str, links: list[str], headers: dict[str, str]) -> Response:
        """The document about a named graph."""
        beside = await chain(self.site)
        found = await graphs.graph(self.site, iri)
        values = await graph.values(self.site, found, language(request))
        subject = graph.subject(self.site, found, values)
        return respond(
            self.site, request, "graph.html", values, subject,
            links=links, headers=headers, kept=beside.is_certain, beside=beside.tag,
        )  # fmt: skip

    async def thing(
        self, request: Request, iri: str, links: list[str], headers: dict[str, str], said: Said | None = None
    ) -> Response:
        """The document about a thing; ``?cite=`` gives a citation of it, ``?in=`` what points at it."""
        lang, beside = language(request), await chain(self.site)
        send = partial(respond, self.site, request, kept=beside.is_certain, beside=beside.tag)
        if iri == ontology.ONTOLOGY:
            values, subject = await self.documentation.page(lang)
            return await aside(partial(send, "ontology.html", values, subject, links=links, headers=headers))
        describer = Describer(self.site, await self.terms(), iri, lang)
        if property_ := property_of(request.query_params.get("in", "")):
            found = await members(describer, property_, page(request))
            if found is None:
                return not_found(request, *_NOTHING)
            return send("members.html", found.values, found.subject)
        said = said or await self.said(request, iri)
        shown = ThingPage(describer, said)
        about = await shown.thing()
        moments = await steps(self.site, beside, iri, said.statements)
        history = await told(describer, moments, shown.facts.named)
        values = thing.values(self.site, about, lang) | {"history": history}
        subject = thing.subject(self.site, about)
        return send("thing.html", values, subject, links=links, headers=headers)
