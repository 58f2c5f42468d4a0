"""What went wrong, for machines and for people: problem details (RFC 9457), in Dutch and in English.

JSON unless a client prefers HTML. ``type`` is a tag URI (RFC 4151) that ends in the slug of the error: a name
to compare, not an address. This module refuses to show an error that was not made for a reader: of a bug of
ours it says no more than that it is one.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Scope

from gbvkg.errors import GbvkgError, NotAcceptable, ReleaseNotFound
from gbvkg.formats import HTML, Format
from gbvkg.web.asgi import Reply, header
from gbvkg.web.negotiation import choose
from gbvkg.web.replies import common_headers

JSON = Format("problem", "json", "application/problem+json", aliases=("application/json",))
TYPE = "tag:w3id.org,2026:gbvkg/problem/"
PAGE = "gbvkg.problem_page"
"""The key of an ASGI scope under which a function from scope and Problem to a whole page may be."""

RETRY = 10
"""Seconds after which to try again, when the error does not know better."""

TITLES: dict[str, tuple[str, str]] = {
    "query": ("Vraag kan niet uitgevoerd worden", "Query cannot be evaluated"),
    "query-syntax": ("Geen geldige SPARQL", "Not valid SPARQL"),
    "query-refused": ("Vraag geweigerd", "Query refused"),
    "format-mismatch": ("Formaat bestaat niet voor deze vraag", "No such format for this query"),
    "not-acceptable": ("Formaat niet beschikbaar", "Format not available"),
    "query-timeout": ("Vraag duurt te lang", "Query takes too long"),
    "query-too-much-memory": ("Vraag gebruikt te veel geheugen", "Query uses too much memory"),
    "result-too-large": ("Antwoord te groot", "Answer too large"),
    "worker-lost": ("Vraag afgebroken", "Query broken off"),
    "pool-busy": ("Te druk", "Too busy"),
    "budget-spent": ("Te veel gevraagd", "Too much asked"),
    "back-end-unavailable": ("Dienst niet beschikbaar", "Service not available"),
    "release-not-found": ("Release niet gevonden", "Release not found"),
    "release-corrupt": ("Release niet te gebruiken", "Release cannot be used"),
    "bad-version": ("Geen versie", "No version"),
    "unknown-query": ("Vraag niet gevonden", "Query not found"),
    "bad-parameter": ("Parameter klopt niet", "Parameter is wrong"),
    "unknown-thing": ("Niet in deze release", "Not in this release"),
    "body-too-large": ("Inhoud te groot", "Content too large"),
    "body-too-slow": ("Inhoud te traag", "Content too slow"),
}
"""Slug of an error → title, nl and en."""

FAULT = (
    "Dit had niet mogen gebeuren; het staat in het logboek van de beheerder.",
    "This should not have happened; it is in the operator's log.",
)

log = logging.getLogger("gbvkg.web")

_STATUSES = {
    "back-end-unavailable": 503, "release-not-found": 404, "bad-version": 404, "unknown-query": 404,
    "bad-parameter": 400, "release-corrupt": 503,
}  # fmt: skip
"""Slug → status, for errors that do not come from the service and have none of their own."""

_RETRIES = {"release-corrupt": 60}
"""Slug → seconds after which to try again, where these are others than ``RETRY``."""


@dataclass(frozen=True)
class Problem:
    """``slug`` tells the kind; ``members`` go into the JSON as they are (RFC 9457 §3.2)."""

    status: int
    slug: str
    title_nl: str
    title_en: str
    detail_nl: str
    detail_en: str
    members: Mapping[str, object] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)


def problem(
    request: Request,
    status: int,
    title_nl: str,
    title_en: str,
    detail_nl: str,
    detail_en: str,
    *,
    type: str,
    headers: Mapping[str, str] | None = None,
    **members: object,
) -> Response:
    """The response to a request that cannot be met; ``type`` is a slug."""
    found = Problem(status, type, title_nl, title_en, detail_nl, detail_en, members, headers or {})
    return _response(request, found)


def not_found(request: Request, nl: str, en: str, **members: object) -> Response:
    """404: what is not there, in both languages; ``members`` may say what is."""
    return _response(request, Problem(404, "not-found", "Niet gevonden", "Not found", nl, en, members))


def of_error(request: Request, error: GbvkgError) -> Response:
    """The response that an error of ours stands for."""
    return _response(request, described(error))


def fault(request: Request) -> Response:
    """The response to a request that met a bug of ours: no more than that it is one."""
    return problem(
        request, 500, "Fout in de dienst", "Error in the service",
        *FAULT, type="fault",
    )  # fmt: skip


def told(error: GbvkgError) -> tuple[str, str]:
    """What a client may read of an error, nl and en: nothing of the machine, whose folders are named in what
    an error says to who works at it.
    """
    if isinstance(error, ReleaseNotFound) and error.asked:
        there = ", ".join(error.present)
        return (
            f"Er is geen release {error.asked}." + (f" Er zijn: {there}." if there else ""),
            f"There is no release {error.asked}." + (f" There are: {there}." if there else ""),
        )
    is_for_clients = hasattr(error, "status") or error.slug in _STATUSES
    return (error.nl, error.en) if is_for_clients else FAULT


def described(error: GbvkgError) -> Problem:
    """The problem that an error of ours is; 500 for one that no request can cause, which goes in the log."""
    status = getattr(error, "status", _STATUSES.get(error.slug, 500))
    title_nl, title_en = TITLES.get(error.slug, ("Fout in de dienst", "Error in the service"))
    members: dict[str, object] = {
        name: getattr(error, name) for name in ("line", "column", "form") if hasattr(error, name)
    }
    if isinstance(error, NotAcceptable):
        members["alternatives"] = [{"format": name, "media_type": kind} for name, kind in error.alternatives]
    headers = {}
    if status in (429, 503):
        headers["Retry-After"] = str(getattr(error, "retry_after", _RETRIES.get(error.slug, RETRY)))
    nl, en = told(error)
    if status == 500:
        log.error("error", extra={"slug": error.slug, "reason": error.en})
    return Problem(status, error.slug, title_nl, title_en, nl, en, members, headers)


def answer(scope: Scope, found: Problem) -> Reply:
    """The problem in JSON, or in HTML for who prefers that; never refused for its format."""
    format = _format(header(scope, b"accept"))
    if format is HTML:
        body = scope.get(PAGE, _page)(scope, found).encode()
        kind = "text/html; charset=utf-8"
    else:
        body, kind = _json(found), format.media_type
    headers = common_headers() | {
        "Content-Type": kind,
        "Content-Language": "nl, en",
        "Cache-Control": "no-store",
        "Vary": "Accept, Accept-Language" if format is HTML else "Accept",
    }
    return Reply(found.status, headers | dict(found.headers), body)


def _response(request: Request, found: Problem) -> Response:
    reply = answer(request.scope, found)
    assert isinstance(reply.body, bytes)
    return Response(reply.body, reply.status, dict(reply.headers))


def _format(accept: str) -> Format:
    try:
        return choose(accept, (JSON, HTML))
    except NotAcceptable:
        return JSON


def _json(found: Problem) -> bytes:
    content = {
        "type": TYPE + found.slug,
        "title": found.title_nl,
        "status": found.status,
        "detail": found.detail_nl,
        "title_en": found.title_en,
        "detail_en": found.detail_en,
        **found.members,
    }
    return (json.dumps(content, ensure_ascii=False, indent=1) + "\n").encode("utf-8", "backslashreplace")


def _page(scope: Scope, found: Problem) -> str:
    """The page of a problem, with nothing but what a browser has: no style, no script, no image."""
    title_nl, title_en, detail_nl, detail_en = (
        _text(text) for text in (found.title_nl, found.title_en, found.detail_nl, found.detail_en)
    )
    items = "".join(
        f"<li>{_item(item)}</li>\n" for value in found.members.values() for item in _listed(value)
    )
    more = f"<ul>\n{items}</ul>\n" if items else ""
    return (
        f'<!doctype html>\n<html lang="nl">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{found.status} {title_nl}</title>\n</head>\n<body>\n<main>\n"
        f"<h1>{title_nl}</h1>\n<p>{detail_nl}</p>\n"
        f'<section lang="en">\n<h2>{title_en}</h2>\n<p>{detail_en}</p>\n</section>\n'
        f"{more}</main>\n</body>\n</html>\n"
    )


def _listed(value: object) -> list[object]:
    return list(value) if isinstance(value, list | tuple) else []


def _item(item: object) -> str:
    if isinstance(item, Mapping):
        return _text(", ".join(str(part) for part in item.values()))
    text = _text(str(item))
    is_path = isinstance(item, str) and item.startswith("/") and not item.startswith(("//", "/\\"))
    return f'<a href="{text}">{text}</a>' if is_path else text


def _text(text: str) -> str:
    return escape(text.encode("utf-8", "backslashreplace").decode())
