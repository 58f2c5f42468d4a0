"""A thing as it was at some moment (RFC 7089): a TimeGate leads to the release of then, a TimeMap lists all.

They have addresses of their own (RFC 7089 §4.2, pattern 2), which every document about a thing names. What
they answer depends on which releases are there, so it is asked again each time. This module refuses to guess
between releases: what was in force is what the last release before that moment says.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from email.utils import format_datetime
from typing import TYPE_CHECKING, NamedTuple

from pyoxigraph import NamedNode
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gbvkg.web.pages.history import older_with
from gbvkg.web.problems import not_found, problem
from gbvkg.web.replies import etag, link, redirect, reply

if TYPE_CHECKING:
    from gbvkg.web.site import Site

LINK_FORMAT = "application/link-format"
"""RFC 6690 §7.4."""

_MOMENT = "%a, %d %b %Y %H:%M:%S GMT"
"""RFC 9110 §5.6.7."""

_IS_THERE = "SELECT ?property WHERE { $thing ?property ?value } LIMIT 1"
_LONGEST = 2000


class Memento(NamedTuple):
    """A release that describes the thing; ``issued`` is its day, yyyy-mm-dd."""

    version: str
    issued: str


def links(site: Site, iri: str) -> list[str]:
    """Where the TimeGate and the TimeMap of a thing are, for the header Link of its documents."""
    return [
        link(site.path("/timegate", iri=iri), "timegate"),
        link(site.path("/timemap", iri=iri), "timemap", type=LINK_FORMAT),
    ]


def http_date(day: str) -> str:
    """The beginning of a day, yyyy-mm-dd, as HTTP writes it (RFC 9110 §5.6.7)."""
    return format_datetime(_beginning(day), usegmt=True)


def _beginning(day: str) -> datetime:
    return datetime.combine(date.fromisoformat(day[:10]), time(tzinfo=UTC))


class TimeTravel:
    """TimeGates and TimeMaps, seen from the site of one release."""

    def __init__(self, site: Site) -> None:
        self.site = site

    def routes(self) -> list[Route]:
        return [
            Route("/timegate", self.gate, methods=["GET"]),
            Route("/timemap", self.map, methods=["GET"]),
        ]

    async def gate(self, request: Request) -> Response:
        """302 to the last release before the moment in ``Accept-Datetime``, the first one for a moment before
        it, the last one without (RFC 7089 §4.5.3). Never kept by who does not look at that header.
        """
        asked = request.headers.get("accept-datetime")
        moment = datetime.max.replace(tzinfo=UTC) if asked is None else _moment(asked)
        if moment is None:
            return _no_moment(request)
        iri = request.query_params.get("iri", "")
        if not (there := await self._mementos(iri)):
            return self._nothing(request)
        before = [memento for memento in there if _beginning(memento.issued) <= moment]
        found = before[-1] if before else there[0]
        original = self.site.page(iri, release=None)
        return redirect(
            self.site.page(iri, release=found.version),
            302,
            vary=("Accept-Datetime",),
            links=[link(original, "original"), *links(self.site, iri)[1:]],
            cache="checked",
        )

    async def map(self, request: Request) -> Response:
        """All releases with the thing, the oldest first (RFC 7089 §5)."""
        site, iri = self.site, request.query_params.get("iri", "")
        if not (there := await self._mementos(iri)):
            return self._nothing(request)
        rows = [
            link(site.public(site.page(iri, release=None)), "original"),
            link(site.public(site.path("/timemap", iri=iri)), "self", type=LINK_FORMAT),
            link(site.public(site.path("/timegate", iri=iri)), "timegate"),
        ]
        for place, (version, issued) in enumerate(there):
            ends = [name for name, at in (("first", 0), ("last", len(there) - 1)) if at == place]
            address = site.public(site.page(iri, release=version))
            rows.append(link(address, " ".join([*ends, "memento"]), datetime=http_date(issued)))
        body = ",\n".join(rows) + "\n"
        return reply(
            request, body, LINK_FORMAT, tag=etag(body), licence=site.licence, cache="checked", vary=()
        )

    async def _mementos(self, iri: str) -> list[Memento]:
        """The releases that describe a thing, in the order in which they were made, as far back as histories
        go.
        """
        if len(iri) > _LONGEST or not (node := _node(iri)):
            return []
        site = self.site
        found = [Memento(past.version, past.issued) for past in await older_with(site, iri)]
        if await site.rows(_IS_THERE, {"thing": node}):
            found.append(Memento(site.version, site.manifest.issued))
        return found

    def _nothing(self, request: Request) -> Response:
        example = self.site.path("/timegate", iri=self.site.manifest.dataset)
        return not_found(
            request,
            f"Geen release zegt iets over wat na ?iri= staat. Bijvoorbeeld: {example}",
            f"No release says anything about what follows ?iri=. For example: {example}",
        )


def _moment(text: str) -> datetime | None:
    try:
        return datetime.strptime(text.strip(), _MOMENT).replace(tzinfo=UTC)
    except ValueError:
        return None


def _no_moment(request: Request) -> Response:
    example = http_date("2026-01-31")
    return problem(
        request,
        400,
        "Geen moment",
        "No moment",
        f"De header Accept-Datetime is een moment zoals HTTP het schrijft, bijvoorbeeld: {example}",
        f"The header Accept-Datetime is a moment as HTTP writes it, for example: {example}",
        type="bad-datetime",
        headers={"Vary": "Accept-Datetime"},
    )


def _node(iri: str) -> NamedNode | None:
    try:
        return NamedNode(iri)
    except ValueError:
        return None


def routes(site: Site) -> list[Route]:
    """``/timegate`` and ``/timemap`` of one release."""
    return TimeTravel(site).routes()
