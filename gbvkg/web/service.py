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
from contextlib import AbstractAsyncContextManager, nullcontext
from functools import lru_cache, partial
from pathlib import Path
from time import perf_counter, time
from typing import Any

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gbvkg.config import ServeSettings
from gbvkg.errors import BodyTooLarge, BodyTooSlow, GbvkgError
from gbvkg.web.asgi import preflight
from gbvkg.web.attended import Attended, ClientGone
from gbvkg.web.budget import Budget
from gbvkg.web.cache import Headers, Kept, Key, is_fresh
from gbvkg.web.charging import Charge, Timed, charged
from gbvkg.web.clients import client_of
from gbvkg.web.current import Current
from gbvkg.web.pages import problem_page
from gbvkg.web.problems import PAGE, fault, not_found, of_error, problem
from gbvkg.web.replies import policy
from gbvkg.web.site import OF_A_RELEASE, Site

log = logging.getLogger("gbvkg.web")

POLICY = policy().encode()
SECURITY: Headers = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"strict-origin-when-cross-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
]
"""On every answer; ``POLICY`` (CSP level 3) too, unless an answer has a policy of its own. A page needs no
more: what a Permissions-Policy would forbid takes a script, and only ours runs.
"""

FREE = ("/static/", "/health/", "/metrics", "/releases/", "/robots.txt", "/favicon.ico")
"""Paths below which no worker is asked, so that no turn is needed."""

_LONGEST_URL = 65_536
_LONGEST_HEADER = 8_192
_MOST_PARAMETERS = 100
_KEPT = frozenset((200, 301, 303, 304, 308))


class Service:
    """The application over a releases folder; opens the current release at ASGI start-up."""

    def __init__(self, releases: Path, settings: ServeSettings) -> None:
        self.settings = settings
        self.current = Current(releases, settings)
        self.budget, self.page_budget = (
            Budget(
                settings.budget_seconds,
                settings.budget_window,
                settings.at_once,
                settings.queue,
                settings.query_seconds,
            )
            for _ in range(2)
        )
        self.counts: Counter[tuple[str, int]] = Counter()
        self.hits = 0
        self.seconds = 0.0
        hosts = {host.encode() for host in settings.names}
        self._is_host = lru_cache(maxsize=256)(partial(_is_one_of, hosts))
        self._prefix = settings.prefix

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self._http(scope, receive, send)
        elif scope["type"] == "lifespan":
            await self._lifespan(receive, send)

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        while True:
            kind = (await receive())["type"]
            step = self.current.start if kind == "lifespan.startup" else self.current.stop
            try:
                await step()
            except GbvkgError as error:
                sys.stderr.write(f"gbvkg: {error.nl}\ngbvkg: {error.en}\n")
                await send({"type": f"{kind}.failed", "message": error.en})
                return
            await send({"type": f"{kind}.complete"})
            if kind == "lifespan.shutdown":
                return

    # One request

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        start = perf_counter()
        headers = _headers(scope)
        key = _key(scope, headers)
        if (kept := self._kept(scope, headers, key)) is not None:
            self.hits += 1
            status = kept.status
            said, body = kept.headers, kept.body
            if scope["method"] == "HEAD":
                said, body = kept.headers_of_head(), b""
            await send({"type": "http.response.start", "status": status, "headers": said})
            await send({"type": "http.response.body", "body": body})
        else:
            status = await self._work(scope, receive, send, headers, key)
        self._tell(scope, status, perf_counter() - start, kept is not None)

    def _kept(self, scope: Scope, headers: dict[bytes, bytes], key: Key) -> Kept | None:
        """What is kept to answer with, a 304 when the client has it already."""
        if scope["method"] not in ("GET", "HEAD") or not self._is_host(headers.get(b"host", b"")):
            return None
        cache = self.current.site.cache
        kept, held = cache.get(key), headers.get(b"if-none-match", b"")
        if not held:
            return kept
        if kept is None:
            kept = cache.get(_unchanged(key))
            return kept if kept is not None and is_fresh(kept.etag, held) else None
        return kept.unchanged() if is_fresh(kept.etag, held) else kept

    async def _work(
        self, scope: Scope, receive: Receive, send: Send, headers: dict[bytes, bytes], key: Key
    ) -> int:
        """Answer what is not kept, and keep it if it may be kept."""
        site = self.current.site
        answer = _Answer(send, scope["method"] == "HEAD", self.settings.send_seconds)
        charge, epoch = Charge(), site.cache.epoch
        token = charged.set(charge)
        try:
            with site:
                await self._within_limits(scope, receive, answer, headers, site, charge)
        finally:
            charged.reset(token)
        may_keep = answer.is_whole and answer.status in _KEPT and answer.is_public
        if scope["method"] == "GET" and may_keep and epoch == site.cache.epoch:
            kept = Kept.of(answer.status, answer.headers, answer.body, answer.etag)
            site.cache.put(_unchanged(key) if answer.status == 304 else key, kept)
        return answer.status

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
            async with (
                self._attended(scope, path, body),
                self._budget(path).turn(self._client(scope, headers)) as ticket,
            ):
                try:
                    await Timed(self._reply(request, path, site, body, answer, charge), charge)
                finally:
                    ticket.seconds = charge.seconds
        except GbvkgError as error:
            if not answer.started:
                await of_error(request, error)(scope, receive, answer)
        except ClientGone:
            answer.status = answer.status or _CLIENT_GONE
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

    def _attended(self, scope: Scope, path: str, body: _Body) -> AbstractAsyncContextManager[None]:
        """Lets go when the client hangs up; the endpoint, which may have a body to read, does so itself."""
        attends = scope["method"] in ("GET", "HEAD") and path != "/sparql"
        return Attended(body) if attends else nullcontext()

    def _budget(self, path: str) -> Budget:
        """Pages have a line of their own: they do not wait behind the queries of somebody at that address."""
        return self.budget if path == "/sparql" or path.startswith("/query/") else self.page_budget

    def _client(self, scope: Scope, headers: dict[bytes, bytes]) -> str:
        return client_of(scope, headers, self.settings.trusted_proxies)

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

    def _tell(self, scope: Scope, status: int, seconds: float, hit: bool) -> None:
        self.counts[scope["method"] if scope["method"] in _METHODS else "other", status] += 1
        self.seconds += seconds
        if not self.settings.access_log:
            return
        line: dict[str, Any] = {
            "time": round(time(), 3), "method": scope["method"], "path": scope["path"], "status": status,
            "ms": round(seconds * 1000, 2), "kept": hit,
        }  # fmt: skip
        if self.settings.log_queries:
            line["query"] = scope["query_string"].decode("ascii", "replace")
        sys.stderr.write(json.dumps(line) + "\n")


_CLIENT_GONE = 499
"""In the log only: nobody got an answer."""
_METHODS = frozenset(("GET", "HEAD", "POST", "OPTIONS", "PUT", "DELETE", "PATCH"))


def _is_one_of(hosts: set[bytes], host: bytes) -> bool:
    """Whether a Host header names one of ``hosts``, with any port; all do when "*" is among them."""
    name, colon, port = host.rpartition(b":")
    if not colon or host.endswith(b"]"):
        name, port = host, b""
    return (b"*" in hosts or name.lower() in hosts) and (not port or port.isdigit())


def _headers(scope: Scope) -> dict[bytes, bytes]:
    """Header → value; the values of one that is sent more than once are one list (RFC 9110 §5.2)."""
    found: dict[bytes, bytes] = dict(scope["headers"])
    if len(found) != len(scope["headers"]):
        found = {}
        for name, value in scope["headers"]:
            found[name] = b", ".join((found[name], value)) if name in found else value
    return found


def _key(scope: Scope, headers: dict[bytes, bytes]) -> Key:
    path = scope.get("raw_path") or scope["path"].encode()
    get = headers.get
    return (path, scope["query_string"], get(b"accept", b""), get(b"accept-language", b""))


def _unchanged(key: Key) -> Key:
    """Where it is kept that an answer has not changed, when the answer itself is not."""
    return (b"304 " + key[0], *key[1:])


class _Answer:
    """The ``send`` of one request: adds what every answer has, and remembers a small one."""

    def __init__(self, send: Send, is_head: bool, seconds: float) -> None:
        self._send = send
        self._seconds = seconds
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
        if not message.get("more_body", False):
            await self._send(message)
            return
        try:
            async with asyncio.timeout(self._seconds):
                await self._send(message)
        except TimeoutError:  # what is held for who does not read is held from everybody
            raise ClientGone from None

    def _start(self, message: Message) -> Message:
        self.started = True
        self.status = message["status"]
        said = list(message.get("headers", ()))
        names = dict(said)
        if b"content-security-policy" not in names:
            said.append((b"content-security-policy", POLICY))
        if b"access-control-allow-origin" not in names:
            said.append((b"access-control-allow-origin", b"*"))
        self.headers = said + SECURITY
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
