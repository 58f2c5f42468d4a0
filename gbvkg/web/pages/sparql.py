"""``/sparql`` for people: the page around the endpoint, and what its editor completes from.

A query that comes in an address is shown; only the form, which posts, runs it. The page has its own policy,
because the editor makes style rules, which need the nonce of this answer. This module refuses to evaluate.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Scope

from gbvkg.errors import GbvkgError
from gbvkg.formats import RDF, RESULTS
from gbvkg.queries.precheck import check
from gbvkg.store import whole
from gbvkg.web import sparql_page
from gbvkg.web.aside import aside
from gbvkg.web.pages import frame
from gbvkg.web.pages.citing import Subject
from gbvkg.web.pages.once import Once
from gbvkg.web.problems import described
from gbvkg.web.replies import CACHING, common_headers, is_held, policy, reply

if TYPE_CHECKING:
    from gbvkg.web.site import Site
    from gbvkg.web.sparql import Question


async def sparql(site: Site, scope: Scope, question: Question) -> ASGIApp:
    """The page with the query of ``question``, and when it is to run with its answer or what is wrong."""
    request = Request(scope)
    lang, nonce = frame.language(request), secrets.token_urlsafe(16)
    answer = problem = None
    status, more = 200, {}
    if question.run and question.text is not None:
        try:
            answer = await _answer(site, lang, question)
        except GbvkgError as error:
            found = described(error)
            status, more = found.status, dict(found.headers)
            problem = {
                "title": found.title_nl if lang == "nl" else found.title_en,
                "detail": error.text(lang),
            }
    if lang not in site.examples:
        await aside(sparql_page.examples, site, lang)
    values = sparql_page.context(
        site,
        lang,
        nonce=nonce,
        query=question.text or "",
        chosen=request.query_params.get("example", ""),
        answer=answer,
        problem=problem,
    )
    title = values["texts"]["title"]
    api = {"@type": "WebAPI", "name": title, "url": site.public(site.path("/sparql", release=None))}
    subject = Subject(title, "WebPage", {"mainEntity": api}, ("query", "example"))
    around = frame.context(request, site, lang, subject)
    if asked := frame.citation_asked(request, site, around):
        return asked
    body = frame.render("sparql.html", {**around, **values})
    headers = common_headers(site.licence) | {
        "Content-Security-Policy": policy(nonce),
        "Cache-Control": CACHING["none"],
        "Content-Language": lang,
        "Vary": ", ".join(frame.VARY),
    }
    return Response(body, status, headers | more, "text/html; charset=utf-8")


async def _answer(site: Site, lang: str, question: Question) -> sparql_page.Answer:
    form = check(question.text or "")
    format = RESULTS["json"] if form in ("SELECT", "ASK") else RDF["ttl"]
    found = await site.sparql.ask(question, format)
    body = whole(found.body)
    return await aside(sparql_page.answered, site, lang, found.form, body, found.seconds)


def routes(site: Site) -> list[Route]:
    """What the editor completes from."""

    made = Once(lambda: sparql_page.vocabulary(site))

    async def vocabulary(request: Request) -> Response:
        tag = site.etag("vocabulary")
        body = b"" if is_held(request, tag) else await made.get()
        return reply(request, body, "application/json", tag=tag, licence=site.licence, vary=())

    return [Route("/sparql/vocabulary.json", vocabulary, methods=["GET"])]


__all__ = ["routes", "sparql"]
