"""``Service``: the ASGI application, outermost: who may ask what, how much, and whether the answer is there
already.

Everything here happens before any routing, because it must hold for every path: Host names, sizes and
deadlines of bodies, the budget of a client, security headers, the log. A request takes the site of the moment
and uses no other. This module refuses to look into a body and to build a page.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sys
from collections import Counter
from functools import lru_cache, partial
from pathlib import Path
from time import perf_counter, time
from typing import Any
from urllib.parse import unquote

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gbvkg.config import ServeSettings
from gbvkg.errors import BodyTooLarge, BodyTooSlow, GbvkgError
from gbvkg.web.asgi import preflight
from gbvkg.web.budget import Budget
from gbvkg.web.cache import Headers, Kept, Key, is_fresh
from gbvkg.web.charging import Charge, Timed, charged
from gbvkg.web.clients import UNKNOWN, client_of
from gbvkg.web.current import Current
from gbvkg.web.exchange import Deliver, Whole, written_head
from gbvkg.web.exchange import Request as Incoming
from gbvkg.web.pages import problem_page
from gbvkg.web.plain import ASKED, CLIENT_GONE, Asked
from gbvkg.web.problems import FAULT, PAGE, Problem, answer, fault, not_found, of_error, problem
from gbvkg.web.replies import secured
from gbvkg.web.site import OF_A_RELEASE, Site

log = logging.getLogger("gbvkg.web")

FREE = ("/static/", "/health/", "/metrics", "/releases/", "/robots.txt", "/favicon.ico")
"""Paths below which no worker is asked, so that no turn is needed."""

REFUSALS = {
    found.status: found
    for found in (
        Problem(
            400, "bad-request", "Geen HTTP-verzoek", "Not an HTTP request",
            "Wat binnenkwam, is geen verzoek volgens HTTP/1.1; de verbinding wordt gesloten.",
            "What arrived is no request of HTTP/1.1; the connection is closed.",
        ),
        Problem(
            408, "head-too-slow", "Verzoek te traag", "Request too slow",
            "Het begin van het verzoek was niet op tijd binnen; de verbinding wordt gesloten.",
            "The head of the request did not arrive in time; the connection is closed.",
        ),
        Problem(
            431, "head-too-long", "Begin van het verzoek te lang", "Request head too long",
            "Adres en headers samen zijn te lang; stuur een lange query met POST.",
            "Address and headers together are too long; send a long query with POST.",
        ),
        Problem(500, "fault", "Fout in de dienst", "Error in the service", *FAULT),
        Problem(
            503, "too-many-connections", "Te druk", "Too busy",
            "Er zijn te veel verbindingen; probeer het zo dadelijk opnieuw.",
            "There are too many connections; try again in a moment.", headers={"Retry-After": "5"},
        ),
    )
}  # fmt: skip
"""What is told to a client of which the request did not come in."""

_LONGEST_URL = 65_536
_LONGEST_PLAIN = 60_000
_LONGEST_HEADER = 8_192
_MOST_PARAMETERS = 100
_READING = frozenset(("GET", "HEAD"))
_KEPT = frozenset((200, 301, 303, 304, 308))


class Service:
    """The application over a releases folder; opens the current release at ASGI start-up."""

    def __init__(self, releases: Path, settings: ServeSettings) -> None:
        self.settings = settings
        self.current = Current(releases, settings)
        allowed = (settings.budget_seconds, settings.budget_window)
        most = settings.at_once + settings.queue
        self.budget = Budget(*allowed, most, 0, line="query")  # who waits, waits in the pool
        self.page_budget = Budget(
            *allowed, settings.at_once, settings.queue, settings.query_seconds, line="page"
        )
        self.counts: Counter[tuple[str, int]] = Counter()
        self.hits = 0
        self.seconds = 0.0
        hosts = {host.encode() for host in settings.names}
        self._is_host = lru_cache(maxsize=256)(partial(_is_one_of, hosts))
        self._prefix = settings.prefix
        self._sparql = f"{settings.prefix}/sparql".encode()

    # One request

    def at_hand(self, request: Incoming) -> Whole | None:
        """What is kept to answer with, a 304 when the client has it already."""
        start = perf_counter()
        headers, method = request.headers, request.method
        if method not in _READING or b"range" in headers or not self._is_host(headers.get(b"host", b"")):
            return None
        get = headers.get
        key = request.key = (request.path, request.query, get(b"accept", b""), get(b"accept-language", b""))
        cache = self.current.site.cache
        kept = cache.get(key)
        if held := headers.get(b"if-none-match", b""):
            kept = kept or cache.get(_unchanged(key))
            if kept is not None and is_fresh(kept.etag, held):
                kept = kept.unchanged()
            elif kept is not None and kept.status == 304:
                return None
        if kept is None:
            return None
        self.hits += 1
        self._tell(method, request.path, request.query, kept.status, perf_counter() - start, hit=True)
        return kept.whole if method == "GET" else kept.without_body()

    def soon(self, request: Incoming, deliver: Deliver) -> Asked | None:
        """Have the workers answer a query that is asked plainly; None when it is not, or not now. To be asked
        after ``at_hand``.
        """
        headers, key = request.headers, request.key
        if key is None or request.path != self._sparql or request.method != "GET":
            return None
        start = perf_counter()
        accept = key[2]
        if len(request.query) > _LONGEST_PLAIN or len(accept) > _LONGEST_HEADER:
            return None
        if b"if-none-match" in headers:
            return None
        site = self.current.site
        plain = site.sparql.plain(request.query, accept.decode("latin-1"))
        if plain is None:
            return None
        ticket = self.budget.admit(client_of(request.peer, headers, self.settings.trusted_proxies))
        if ticket is None:
            return None
        try:
            return Asked(self, site, plain, ticket, key, start, deliver)
        except GbvkgError:  # too busy, which is told as always
            ticket.leave()
            return None

    def tell_plain(self, key: Key, seconds: float, status: int = 200) -> None:
        """Count and log what ``soon`` was asked."""
        self._tell("GET", key[0], key[1], status, seconds, hit=False)

    def refusal(self, status: int) -> Whole:
        """What a client is told that is not understood, or not waited for."""
        reply = answer({"type": "http", "headers": []}, REFUSALS[status])
        said = [(name.lower().encode(), value.encode()) for name, value in reply.headers.items()]
        body = reply.body
        assert isinstance(body, bytes)
        length = (b"content-length", b"%d" % len(body))
        return Whole(written_head(status, secured([*said, length])), body)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer what is not kept, and keep it if it may be kept."""
        start = perf_counter()
        headers = dict(scope["headers"])
        asked: Asked | None = scope.get(ASKED)
        site = asked.site if asked else self.current.site
        answer = _Answer(send, scope["method"] == "HEAD")
        charge, epoch = Charge(), site.cache.epoch
        token = charged.set(charge)
        path, query = scope["raw_path"], scope["query_string"]
        try:
            with site:
                await self._within_limits(scope, receive, answer, headers, site, charge)
        except asyncio.CancelledError:
            answer.status = answer.status or CLIENT_GONE
            raise
        finally:
            charged.reset(token)
            self._tell(scope["method"], path, query, answer.status, perf_counter() - start, hit=False)
        may_keep = answer.is_whole and answer.status in _KEPT and answer.is_public
        if scope["method"] == "GET" and may_keep and epoch == site.cache.epoch:
            kept = Kept.of(answer.status, answer.headers, answer.body, answer.etag)
            key = (path, query, headers.get(b"accept", b""), headers.get(b"accept-language", b""))
            site.cache.put(_unchanged(key) if answer.status == 304 else key, kept)

    async def _within_limits(
        self,
        scope: Scope,
        receive: Receive,
        answer: _Answer,
        headers: dict[bytes, bytes],
        site: Site,
        charge: Charge,
    ) -> None:
        request = Request(scope, receive)
        if refusal := self._refuse(request, headers):
            await refusal(scope, receive, answer)
            return
        scope["root_path"] = self._prefix
        scope["gbvkg.current"] = self.current
        scope["gbvkg.service"] = self
        scope[PAGE] = problem_page
        path = scope["path"][len(self._prefix) :]
        body = _Body(receive, self.settings)
        try:
            if scope["method"] == "OPTIONS" and path != "/sparql":
                await preflight("GET, HEAD, OPTIONS")(scope, body, answer)
                return
            if path.startswith(FREE):
                await self._dispatch(path, site)(scope, body, answer)
                return
            if scope["method"] not in ("GET", "HEAD"):
                await body.load()  # before its turn: who sends slowly keeps nobody waiting
            if ASKED in scope:  # in a turn that is over
                await self._reply(request, path, site, body, answer, charge)
                return
            async with self._budget(path).turn(self._client(scope, headers)) as ticket:
                charge.turn = ticket
                try:
                    await Timed(self._reply(request, path, site, body, answer, charge), charge)
                finally:
                    ticket.seconds = charge.seconds
        except GbvkgError as error:
            if not answer.started:
                await of_error(request, error)(scope, receive, answer)
        except Exception:
            log.exception("fault", extra={"path": path})
            if not answer.started:
                await fault(request)(scope, receive, answer)

    async def _reply(
        self, request: Request, path: str, site: Site, body: _Body, answer: _Answer, charge: Charge
    ) -> None:
        began = perf_counter()
        with await self._asked(request, path, site) as asked:
            if asked is not site:  # it may have been opened for this request: processes, threads and all
                charge.loop += perf_counter() - began
            await self._dispatch(path, asked)(request.scope, body, answer)
        answer.is_public &= asked is site

    def _budget(self, path: str) -> Budget:
        """Pages have a line of their own: they do not wait behind the queries of somebody at that address."""
        return self.budget if path == "/sparql" or path.startswith("/query/") else self.page_budget

    def _client(self, scope: Scope, headers: dict[bytes, bytes]) -> str:
        peer = scope.get("client") or (UNKNOWN,)
        return client_of(peer[0], headers, self.settings.trusted_proxies)

    async def _asked(self, request: Request, path: str, site: Site) -> Site:
        """The site of the release that is asked: ``?release=``, else the one at hand."""
        if b"release=" not in request.scope["query_string"] or not path.startswith(OF_A_RELEASE):
            return site
        if request.method not in ("GET", "HEAD") and path != "/sparql":
            return site
        version = request.query_params.get("release", "")
        return await self.current.of(version) if version else site

    def _dispatch(self, path: str, site: Site) -> ASGIApp:
        return site.sparql if path == "/sparql" else site.app

    def _refuse(self, request: Request, headers: dict[bytes, bytes]) -> Any:
        """The problem with a request whatever it asks; None when there is none."""
        scope = request.scope
        if not self._is_host(headers.get(b"host", b"")):
            return problem(
                request, 421, "Verkeerde host", "Misdirected request",
                "Deze dienst antwoordt niet onder die naam. De beheerder stelt de namen in met GBVKG_HOSTS.",
                "This service does not answer to that name. Its operator sets the names with GBVKG_HOSTS.",
                type="host",
            )  # fmt: skip
        if len(scope.get("raw_path", b"")) + len(scope["query_string"]) > _LONGEST_URL:
            return problem(
                request, 414, "Adres te lang", "URI too long",
                f"Een adres mag {_LONGEST_URL} bytes lang zijn; stuur een lange query met POST.",
                f"An address may have {_LONGEST_URL} bytes; send a long query with POST.",
                type="uri-too-long",
            )  # fmt: skip
        if len(headers.get(b"accept", b"")) > _LONGEST_HEADER:
            return problem(
                request, 400, "Accept te lang", "Accept too long",
                f"De header Accept mag {_LONGEST_HEADER} bytes lang zijn.",
                f"The header Accept may have {_LONGEST_HEADER} bytes.",
                type="header-too-long",
            )  # fmt: skip
        if scope["query_string"].count(b"&") >= _MOST_PARAMETERS and not scope["path"].endswith("/sparql"):
            return problem(
                request, 400, "Te veel parameters", "Too many parameters",
                f"Een verzoek mag {_MOST_PARAMETERS} parameters hebben.",
                f"A request may have {_MOST_PARAMETERS} parameters.",
                type="too-many-parameters",
            )  # fmt: skip
        if not scope["path"].startswith(self._prefix + "/"):
            nl, en = f"Alles staat hier onder {self._prefix}/.", f"Everything is below {self._prefix}/ here."
            return not_found(request, nl, en)
        return None

    def _tell(
        self, method: str, path: bytes, query: bytes, status: int, seconds: float, *, hit: bool
    ) -> None:
        self.counts[method if method in _METHODS else "other", status] += 1
        self.seconds += seconds
        if not self.settings.access_log:
            return
        line: dict[str, Any] = {
            "time": round(time(), 3), "method": method, "path": unquote(path.decode("ascii", "replace")),
            "status": status, "ms": round(seconds * 1000, 2), "kept": hit,
        }  # fmt: skip
        if self.settings.log_queries:
            line["query"] = query.decode("ascii", "replace")
        sys.stderr.write(json.dumps(line) + "\n")


_METHODS = frozenset(("GET", "HEAD", "POST", "OPTIONS", "PUT", "DELETE", "PATCH"))


def _is_one_of(hosts: set[bytes], host: bytes) -> bool:
    """Whether a Host header names one of ``hosts``, with any port; all do when "*" is among them."""
    name, colon, port = host.rpartition(b":")
    if not colon or host.endswith(b"]"):
        name, port = host, b""
    return (b"*" in hosts or name.lower() in hosts) and (not port or port.isdigit())


def _unchanged(key: Key) -> Key:
    """Where it is kept that an answer has not changed, when the answer itself is not."""
    return (b"304 " + key[0], *key[1:])


class _Answer:
    """The ``send`` of one request: adds what every answer has, and remembers a small one."""

    def __init__(self, send: Send, is_head: bool) -> None:
        self._send = send
        self._is_head = is_head
        self.status = 0
        self.headers: Headers = []
        self.body = b""
        self.started = False
        self.is_whole = False
        self.is_public = False
        self.etag = b""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            message = self._start(message)
        elif message["type"] == "http.response.body":
            message = self._part(message)
        await self._send(message)

    def _start(self, message: Message) -> Message:
        self.started = True
        self.status = message["status"]
        self.headers = secured(message.get("headers", ()))
        names = dict(self.headers)
        is_public = names.get(b"cache-control", b"").startswith(b"public")
        self.is_public = is_public and (b"etag" in names or b"location" in names)
        self.etag = names.get(b"etag", b"")
        return {**message, "headers": self.headers}

    def _part(self, message: Message) -> Message:
        body = message.get("body", b"")
        more = message.get("more_body", False)
        if not self.body and not more:
            self.body, self.is_whole = body, True
        else:
            self.body = b"-"  # in parts: too large to keep
        return {**message, "body": b""} if self._is_head else message


class _Body:
    """The ``receive`` of one request, with a limit on the size of its body and on how long it may take."""

    def __init__(self, receive: Receive, settings: ServeSettings) -> None:
        self._receive = receive
        self._left = settings.body_bytes
        self._seconds = settings.body_seconds
        self._deadline = 0.0
        self._done = False
        self._loaded: list[Message] = []

    async def load(self) -> None:
        """Wait for the whole body. Raises BodyTooLarge and BodyTooSlow."""
        loaded = []
        while not self._done:
            loaded.append(await self())
            if loaded[-1]["type"] == "http.disconnect":
                break
        self._loaded = loaded

    async def __call__(self) -> Message:
        if self._loaded:
            return self._loaded.pop(0)
        if self._done:
            return await self._receive()
        loop = asyncio.get_running_loop()
        self._deadline = self._deadline or loop.time() + self._seconds
        try:
            async with asyncio.timeout_at(self._deadline):
                message = await self._receive()
        except TimeoutError:
            raise BodyTooSlow(
                f"De inhoud van het verzoek was na {self._seconds:g} s niet binnen.",
                f"The request's body had not arrived after {self._seconds:g} s.",
            ) from None
        self._left -= len(message.get("body", b""))
        if self._left < 0:
            raise BodyTooLarge(
                "De inhoud van het verzoek is te groot voor deze dienst.",
                "The request's body is too large for this service.",
            )
        self._done = not message.get("more_body", False)
        return message
