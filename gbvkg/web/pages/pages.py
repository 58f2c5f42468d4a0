"""``Pages``: the pages of one release, and what they share: words for terms, the index, the history.

This module refuses to arrange what a page says: that is in the module of the page and its template.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from pyoxigraph import NamedNode
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gbvkg.errors import GbvkgError
from gbvkg.formats import RDF, RESULTS
from gbvkg.vocabulary import expand, shrink
from gbvkg.web import graphs, snippets
from gbvkg.web.pages import api, graph, home, ontology, releases, static
from gbvkg.web.pages.changes import told
from gbvkg.web.pages.citing import Subject, listed
from gbvkg.web.pages.describing import Describer
from gbvkg.web.pages.finding import page
from gbvkg.web.pages.frame import (
    language,
    number,
    respond,
    texts,
    unchanged,
)
from gbvkg.web.pages.history import chain, steps
from gbvkg.web.pages.lists import Lists
from gbvkg.web.pages.model import Thing
from gbvkg.web.pages.names import Names
from gbvkg.web.pages.once import Once
from gbvkg.web.pages.said import Said, said_of
from gbvkg.web.pages.terms import Terms
from gbvkg.web.pages.thing import ThingPage
from gbvkg.web.pages.values import is_web
from gbvkg.web.problems import not_found, of_error
from gbvkg.web.replies import link

if TYPE_CHECKING:
    from gbvkg.web.site import Site

MEMBERS = 100
"""How many of what points at a thing stand on one page."""

_NOTHING = (
    "Niets verwijst zo naar dit ding, of er zijn minder bladzijden.",
    "Nothing refers to this thing like that, or there are fewer pages.",
)
_SAID_OF = "SELECT ?property ?value\nWHERE {{ <{iri}> ?property ?value }}\nORDER BY ?property ?value"


class Pages:
    """What the pages of one release need, looked up once."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.names = Names(site)
        self.lists = Lists(site)
        self._terms = Once(lambda: Terms.load(site))

    def routes(self) -> list[Route]:
        return [
            Route("/", self.home, methods=["GET"]),
            Route("/docs", self.api, methods=["GET"]),
            Route("/releases/", self.releases, methods=["GET"]),
            Route("/releases/{version}/", self.release, methods=["GET"]),
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
        values = api.api(request.app.openapi(), language(request))
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

    @staticmethod
    def _current(request: Request) -> str:
        found: Site = request.scope["gbvkg.current"].site
        return found.version

    # A thing

    async def said(self, iri: str) -> Said:
        """What the page about a thing is made of."""
        return await said_of(self.site, iri)

    async def graph(self, request: Request, iri: str, links: list[str], headers: dict[str, str]) -> Response:
        """The document about a named graph."""
        beside = await chain(self.site)
        found = await graphs.graph(self.site, iri)
        values = await graph.values(self.site, found, language(request))
        title = values["title"]
        about = {
            "@type": "Dataset",
            "@id": iri,
            "name": title,
            "isPartOf": {"@id": self.site.manifest.dataset},
        }
        subject = Subject(title, "WebPage", {"about": about}, at=self.site.page(iri))
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
            values = await ontology.ontology(self.site, await self.terms(), lang)
            subject = ontology.subject(self.site, values)
            return await asyncio.to_thread(
                send, "ontology.html", values, subject, links=links, headers=headers
            )
        describer = Describer(self.site, await self.terms(), iri, lang)
        if property_ := _expanded(request.query_params.get("in", "")):
            return await self._members(request, describer, property_, send)
        said = said or await self.said(iri)
        shown = ThingPage(describer, said)
        thing = await shown.thing()
        moments = await steps(self.site, beside, iri, said.statements)
        values = self._values(thing, lang) | {"history": await told(describer, moments, shown.facts.named)}
        return send("thing.html", values, self._subject(thing), links=links, headers=headers)

    def _values(self, thing: Thing, lang: str) -> dict[str, Any]:
        site, t = self.site, texts("thing", lang)
        return {
            "t": t,
            "chart_words": texts("queries", lang),
            "thing": thing,
            "foreign": "" if site.href(thing.iri) else thing.iri if is_web(thing.iri) else "",
            "members": {g.name: site.page(thing.iri, **{"in": shrink(g.name)}) for g in thing.incoming},
            "downloads": self._downloads(thing.iri),
            "sparql": site.path("/sparql", query=_SAID_OF.format(iri=thing.iri)),
            "snippets": snippets.of(
                "DESCRIBE", lambda extension: site.public(site.page(thing.iri, extension))
            ),
        }

    def _downloads(self, iri: str) -> list[tuple[str, str]]:
        formats = (RDF["ttl"], RDF["jsonld"], RDF["nt"], RDF["rdf"], RESULTS["csv"])
        return [(format.name, self.site.page(iri, format.extension)) for format in formats]

    def _subject(self, thing: Thing) -> Subject:
        about = {
            "@type": thing.view.schema if thing.view and thing.view.schema else "Thing",
            "@id": thing.iri,
            "name": thing.label,
            **({"description": thing.lead[0].text} if thing.lead else {}),
        }
        return Subject(thing.label, "WebPage", {"about": about}, at=self.site.page(thing.iri))

    async def _members(
        self, request: Request, describer: Describer, property_: str, send: Callable[..., Response]
    ) -> Response:
        """What points at a thing by one property, page by page; 404 where nothing does."""
        current = page(request)
        members = await describer.members(property_, current, MEMBERS + 1)
        if not members:
            return not_found(request, *_NOTHING)
        await describer.name([describer.iri])
        values = [describer.show.link(iri) for iri in members[:MEMBERS]]
        label, label_lang = describer.show.label(describer.iri)
        name, title = shrink(property_), describer.incoming_title(property_)
        things = [(self.site.public(value.href) if value.href else "", value.text) for value in values]
        more = {"mainEntity": listed(things, len(things), (current - 1) * MEMBERS + 1)}
        subject = Subject(
            f"{label}: {title}", "CollectionPage", more, at=self.site.page(describer.iri, **{"in": name})
        )

        def to(number: int, there: bool) -> str:
            return self.site.page(describer.iri, **{"in": name, "page": str(number)}) if there else ""

        return send(
            "members.html",
            {
                "t": texts("thing", describer.lang),
                "label": label,
                "label_lang": label_lang,
                "title": title,
                "back": self.site.page(describer.iri),
                "values": values,
                "first": number((current - 1) * MEMBERS + 1, describer.lang),
                "last": number((current - 1) * MEMBERS + len(values), describer.lang),
                "before": to(current - 1, current > 1),
                "after": to(current + 1, len(members) > MEMBERS),
            },
            subject,
        )


def _expanded(name: str) -> str:
    """The IRI of ``prefix:local`` or ``<IRI>``; "" for anything else."""
    if name.startswith("<") and name.endswith(">"):
        return name[1:-1] if _node(name[1:-1]) else ""
    try:
        iri = expand(unquote(name))
    except KeyError:
        return ""
    return iri if _node(iri) else ""


def _node(iri: str) -> NamedNode | None:
    try:
        return NamedNode(iri)
    except ValueError:
        return None
