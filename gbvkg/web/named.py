"""The named queries as an API and as pages: ``/query/``, ``/query/<name>`` and ``/query/<name>.rq``.

Each query of the catalogue is one operation, made from its header. What a client sends becomes RDF terms in
the places of parameters, never text of a query, and a parameter that a query does not have is refused: an
answer to another question than the one that was asked is worse than none. An answer depends on the release
and its parameters alone, so it has a strong entity tag and may be kept.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from fastapi import APIRouter, FastAPI
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from gbvkg.errors import BadParameter, UnknownQuery
from gbvkg.formats import HTML, XLSX, Format
from gbvkg.queries import Absent, Query
from gbvkg.queries.parameters import Term, bind
from gbvkg.store import Ask, Spool
from gbvkg.vocabulary import LANGUAGES
from gbvkg.web import openapi, query_api, workbook
from gbvkg.web.meant import with_kinds
from gbvkg.web.negotiation import choose, not_acceptable, release_and_language
from gbvkg.web.pages import frame
from gbvkg.web.pages.citing import KINDS
from gbvkg.web.problems import TITLES, problem
from gbvkg.web.query_api import LIST, offered
from gbvkg.web.query_page import QueryPages
from gbvkg.web.replies import is_held, link, redirect, reply

if TYPE_CHECKING:
    from gbvkg.web.site import Site

DESCRIPTION = query_api.DESCRIPTION

OFFERED = ("format", "lang", "release")
"""Parameters of every query, unless it has one of its own by that name: then the headers decide."""

RESERVED = (*OFFERED, "cite")
"""The same, and the one that links of a page have."""

ATTACHED = ("csv", "tsv", "xlsx")
"""Formats that a browser saves under a name."""

_RQ = "application/sparql-query"


class Named:
    """The named queries of one release."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.pages = QueryPages(site)

    def router(self) -> APIRouter:
        router = APIRouter()
        described: dict[str, Any] = {"methods": ["GET"], "response_class": Response}
        router.add_api_route("/query/", _overview, **described, **query_api.list_operation())
        queries = [self.site.catalogue.get(name) for name in self.site.catalogue.names()]
        for query in queries:
            router.add_api_route(f"/query/{query.name}", _by_name, **described, **query_api.operation(query))
        names = [query.name for query in queries]
        router.add_api_route("/query/{name}.rq", _text, **described, **query_api.text_operation(names))
        router.routes.append(Route("/query", self.home, methods=["GET"]))
        router.routes.append(Route("/query/", self.overview, methods=["GET"]))  # HEAD too
        router.routes.append(Route("/query/{name}.rq", self.text, methods=["GET"]))
        router.routes.append(Route("/query/{name}", self.by_name, methods=["GET"]))
        return router

    async def home(self, request: Request) -> Response:
        """The list, at its own address."""
        return redirect(self.site.path("/query/", **release_and_language(request)), 308)

    async def overview(self, request: Request) -> Response:
        """All queries, by topic: for programs in JSON, for people as a page."""
        _only(request, {})
        format = _format(request, LIST, {})
        if format is HTML:
            return frame.unchanged(self.site, request) or self.pages.overview(request)
        body = json.dumps(query_api.listed(self.site), ensure_ascii=False, indent=1) + "\n"
        return reply(
            request,
            body,
            format.media_type,
            tag=self.site.etag("queries", format.name, self.site.settings.prefix),
            licence=self.site.licence,
            vary=frame.VARY,
        )

    async def text(self, request: Request) -> Response:
        """The file of a query, header and all."""
        query = self._find(request, request.path_params["name"])
        if isinstance(query, Response):
            return query
        tag = self.site.etag("query-text", query.name)
        links = [link(self.site.path(f"/query/{query.name}"), "describes")]
        return reply(request, query.text, _RQ, tag=tag, licence=self.site.licence, vary=(), links=links)

    async def by_name(self, request: Request) -> Response:
        """The answer to the query that the path ends with, and to whatever is not the name of one."""
        query = self._find(request, request.scope["path"].rpartition("/")[2])
        return query if isinstance(query, Response) else await self.answer(query, request)

    def _find(self, request: Request, name: str) -> Query | Response:
        try:
            return self.site.catalogue.get(name)
        except UnknownQuery:
            return self._unknown(request, name)

    def _unknown(self, request: Request, name: str) -> Response:
        near = get_close_matches(name[:200], self.site.catalogue.names(), 3, 0.5)
        links = [self.site.path(f"/query/{other}") for other in near] or [self.site.path("/query/")]
        return problem(
            request,
            404,
            "Vraag niet gevonden",
            "Query not found",
            f"Er is geen vraag met die naam. {'Bedoelde u' if near else 'De lijst'}: {', '.join(links)}",
            f"There is no query by that name. {'Did you mean' if near else 'The list'}: {', '.join(links)}",
            type="unknown-query",
            suggestions=links,
        )

    # The answer to one query

    async def answer(self, query: Query, request: Request) -> Response:
        """The answer in the format that is asked for; a page with a form for people."""
        format = _format(request, offered(query), query.parameters)
        if format is HTML:
            if left := _without_blanks(request, query):
                return redirect(left, vary=frame.VARY)
            return await self._page(query, request)
        terms = query.terms(await with_kinds(self.site, query, given(request, query)))
        tag = self._tag(query, terms, format, frame.language(request) if format is XLSX else "")
        headers = self._attached(query, format)
        send = partial(
            reply,
            request,
            kind=format.media_type,
            tag=tag,
            licence=self.site.licence,
            vary=frame.VARY,
            links=[link(self.site.path(f"/query/{query.name}.rq"), "describedby", type=_RQ)],
            headers=headers,
        )
        if is_held(request, tag) and request.headers["if-none-match"].strip() != "*":
            return send(b"")
        if absent := await self.pages.absent(query, terms, frame.language(request)):
            return self._absent(request, query, terms, absent)
        body = await self._body(query, terms, format, frame.language(request))
        return send(body) if isinstance(body, bytes) else _streamed(send(b""), body)

    def _absent(
        self, request: Request, query: Query, terms: Mapping[str, Term], absent: Sequence[Absent]
    ) -> Response:
        """404: an empty answer would say that there is such a thing, of which nothing is known."""
        near = [self.pages.path(query, terms, {one.parameter: iri}) for one in absent for iri in one.near]
        return problem(
            request,
            404,
            *TITLES["unknown-thing"],
            " ".join(one.nl for one in absent),
            " ".join(one.en for one in absent),
            type="unknown-thing",
            suggestions=near,
        )

    async def _page(self, query: Query, request: Request) -> Response:
        return frame.unchanged(self.site, request) or await self.pages.show(
            request, query, partial(given, request, query)
        )

    async def _body(
        self, query: Query, terms: Mapping[str, Term], format: Format, lang: str
    ) -> bytes | Spool:
        text = bind(query.text, terms)
        if format is not XLSX:
            return (await self.site.ask(Ask(text, format.name))).body
        answer = await self.site.ask(Ask(text, "json"))
        return await workbook.written(self.site, query, terms, answer.body, lang)

    def _tag(self, query: Query, terms: Mapping[str, Term], format: Format, lang: str) -> str:
        bound = [f"{name}={terms[name]}" for name in sorted(terms)]
        return self.site.etag("query", query.name, *bound, format.name, lang)

    def _attached(self, query: Query, format: Format) -> dict[str, str]:
        if format.name not in ATTACHED:
            return {}
        name = f"{query.name}-{self.site.version}.{format.extension}"
        return {"Content-Disposition": f'attachment; filename="{name}"'}


def _format(request: Request, formats: Sequence[Format], known: Mapping[str, object]) -> Format:
    """The format to answer in. Raises NotAcceptable, also for a format that was left empty."""
    if "cite" not in known and request.query_params.get("cite") in KINDS:
        return HTML  # how to cite an answer is asked of its page
    asked = None if "format" in known else request.query_params.get("format")
    if asked == "":
        raise not_acceptable(formats, asked)
    return choose(request.headers.get("accept"), formats, asked)


# What FastAPI gets are functions of this module: it keeps every endpoint that it ever saw, as long as the
# process lives, and a method or closure would keep the release that it belongs to.


async def _overview(request: Request) -> Response:
    return await _of(request).overview(request)


async def _by_name(request: Request) -> Response:
    return await _of(request).by_name(request)


async def _text(request: Request) -> Response:
    return await _of(request).text(request)


def _of(request: Request) -> Named:
    """The queries of the application that answers ``request``."""
    found: Named = request.app.state.named
    return found


def given(request: Request, query: Query) -> dict[str, str]:
    """What the client gives for the parameters of ``query``, as text.

    Raises BadParameter for one that there is not, for one that is there twice, and for a language that we do
    not speak.
    """
    return _only(request, query.parameters)


def _only(request: Request, known: Mapping[str, object]) -> dict[str, str]:
    values: dict[str, str] = {}
    for name, value in request.query_params.multi_items():
        if name in values:
            raise BadParameter(
                f'Parameter "{name}" staat er meer dan eens; geef één waarde.',
                f'Parameter "{name}" is there more than once; give one value.',
            )
        if name not in RESERVED and name not in known:
            raise _unknown_parameter(name, [*known])
        values[name] = value
    if values.get("release") == "":
        raise BadParameter('Parameter "release" is leeg.', 'Parameter "release" is empty.')
    if "lang" not in known and values.get("lang", LANGUAGES[0]) not in LANGUAGES:
        names = ", ".join(LANGUAGES)
        raise BadParameter(f'Parameter "lang": kies uit {names}.', f'Parameter "lang": choose from {names}.')
    return {name: value for name, value in values.items() if name in known}


def _unknown_parameter(name: str, own: list[str]) -> BadParameter:
    """The error that says what there is: what a query has of its ``own`` before what every query has."""
    near = get_close_matches(name[:200], own, 1, 0.5) or get_close_matches(name[:200], OFFERED, 1, 0.7)
    shown = name[:80].encode("unicode_escape").decode() if not name.isprintable() else name[:80]
    there = ", ".join(dict.fromkeys((*own, *OFFERED)))
    nl, en = (f'Bedoelde u "{near[0]}"? ', f'Did you mean "{near[0]}"? ') if near else ("", "")
    return BadParameter(
        f'Parameter "{shown}" bestaat hier niet. {nl}Er zijn: {there}.',
        f'There is no parameter "{shown}" here. {en}There are: {there}.',
    )


def _without_blanks(request: Request, query: Query) -> str:
    """The address without the fields that a reader left empty in the form; "" when there are none."""
    every = request.query_params.multi_items()
    kept = [(name, value) for name, value in every if value or name not in query.parameters]
    path = request.url.path
    return "" if len(kept) == len(every) else path + (f"?{urlencode(kept)}" if kept else "")


def _streamed(head: Response, body: Spool) -> Response:
    """A big answer: whole, of known length, read from its file while it is sent."""

    def chunks() -> Any:
        try:
            yield from body
        finally:
            body.close()

    headers = {name: value for name, value in head.headers.items() if name != "content-length"}
    return StreamingResponse(chunks(), head.status_code, headers | {"content-length": str(len(body))})


def include(app: FastAPI, site: Site) -> None:
    """Add ``/query/…`` of one release to its application."""
    app.state.named = Named(site)
    app.include_router(app.state.named.router())
    openapi.complete(app, site)
