"""One request and its answer on a connection, as ASGI has them: ``scope``, ``receive`` and ``send``.

An answer is framed by the length that it says it has, or in chunks (RFC 9112 §6); one that turns out to have
another length is broken off, because what follows it would be taken for a part of it. This module refuses a
header with a line break in it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Scope

    from gbvkg.web.connection import Connection

log = logging.getLogger("gbvkg.web")

_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_BODILESS = frozenset((204, 304))
_PHRASES = {status.value: status.phrase for status in HTTPStatus}


class Whole(NamedTuple):
    """An answer that is there: ``head`` of ``written_head``, and all bytes of the body."""

    head: bytes
    body: bytes


@dataclass(slots=True)
class Request:
    """A request as it arrived: the path not decoded, header names in lower case, each once; ``peer`` is the
    address that is connected, ``keeps`` says whether another request may follow. ``key`` is what an
    answer is kept under, None while nobody looked.
    """

    method: str
    path: bytes
    query: bytes
    headers: dict[bytes, bytes]
    peer: str
    keeps: bool
    version: str = "1.1"
    key: tuple[bytes, bytes, bytes, bytes] | None = None


class Underway(Protocol):
    """A request that is being answered."""

    def hang_up(self) -> None:
        """Nobody waits for the answer any more."""


Deliver = Callable[["Whole | None", dict[str, Any]], None]
"""Takes an answer that was promised; or None, when the application is to answer, and what is in its scope
then besides.
"""


def written_head(status: int, headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    """Status line and headers, each with its end of line; more may follow (RFC 9112 §2.1).

    Raises ValueError for a header that would be more than one line.
    """
    lines = [_status_line(status)]
    lines += [b"%b: %b\r\n" % header for header in headers]
    head = b"".join(lines)
    if not head.count(b"\n") == head.count(b"\r") == len(lines) or b"\0" in head:
        raise ValueError(f"a header has a line break: {head[:500]!r}")
    return head


@lru_cache(maxsize=64)
def _status_line(status: int) -> bytes:
    return f"HTTP/1.1 {status} {_PHRASES.get(status, '')}\r\n".encode("ascii")


class Exchange:
    """``keeps`` says whether another request may follow on the line, ``is_read`` that all of this one came,
    ``is_over`` that all of the answer is on its way; ``ahead`` counts the bytes of a body that wait.
    """

    __slots__ = (
        "_arrived", "_awaited", "_expects", "_head", "_is_bodiless", "_is_chunked", "_is_told", "_left",
        "_line", "_task", "ahead", "has_begun", "is_over", "is_read", "keeps", "scope",
    )  # fmt: skip

    def __init__(self, line: Connection, scope: Scope, *, keeps: bool, is_read: bool, expects: bool) -> None:
        self.scope = scope
        self.keeps = keeps
        self.is_read = is_read
        self.has_begun = self.is_over = False
        self.ahead = 0
        self._line = line
        self._expects = expects
        self._arrived = bytearray()
        self._awaited: asyncio.Future[None] | None = None
        self._is_told = False
        self._task: asyncio.Task[None] | None = None
        self._head = b""
        self._is_bodiless = scope["method"] == "HEAD"
        self._is_chunked = False
        self._left: int | None = None

    # What the connection tells

    def begin(self, app: ASGIApp, loop: asyncio.AbstractEventLoop) -> None:
        """Let the application answer."""
        self._task = loop.create_task(self._run(app))

    def feed(self, data: bytes) -> None:
        """A part of the body came."""
        self._arrived += data  # not in a list: a part may be one byte
        self.ahead += len(data)
        self._wake()

    def end(self) -> None:
        """The body is whole."""
        self.is_read = True
        self._wake()

    def hang_up(self) -> None:
        """Nobody waits for the answer any more."""
        if self._task is not None:
            self._task.cancel()

    def _wake(self) -> None:
        if self._awaited is not None and not self._awaited.done():
            self._awaited.set_result(None)

    async def _run(self, app: ASGIApp) -> None:
        try:
            await app(self.scope, self.receive, self.send)
        except asyncio.CancelledError:
            if not self._line.is_gone:
                raise
        except Exception:
            log.exception("fault", extra={"path": self.scope["path"]})
        finally:
            self._line.over(self)

    # What the application asks

    async def receive(self) -> Message:
        """The next part of the body; after the last, wait until the client hangs up."""
        if self._expects:
            self._expects = False
            if not self.has_begun and not self._arrived:
                self._line.write(_CONTINUE)
        while not (self._arrived or self._line.is_gone or (self.is_read and not self._is_told)):
            self._awaited = asyncio.get_running_loop().create_future()
            await self._awaited
        if self._line.is_gone:
            return {"type": "http.disconnect"}
        data = bytes(self._arrived)
        self._arrived.clear()
        self.ahead = 0
        self._line.read_on()
        self._is_told = self.is_read
        return {"type": "http.request", "body": data, "more_body": not self.is_read}

    async def send(self, message: Message) -> None:
        """Put a part of the answer on its way. Waits, if more is to come, while the client leaves too much
        unread. Raises RuntimeError for a part out of turn, ValueError for a header that cannot be sent.
        """
        if message["type"] == "http.response.start":
            self._start(message)
            return
        if not self._head or self.is_over:
            raise RuntimeError("a part of an answer that has not started, or is over")
        more = message.get("more_body", False)
        data = self._framed(message.get("body", b""), more)
        self.is_over = not more
        if data and not self._line.is_gone:
            self._line.write(data)
            if more and self._line.is_paused:
                await self._line.drained()

    def _start(self, message: Message) -> None:
        if self._head:
            raise RuntimeError("an answer that starts twice")
        status, headers = message["status"], message.get("headers", ())
        self._head = written_head(status, headers)
        self._is_bodiless |= status in _BODILESS
        for name, value in headers:
            if name == b"content-length":
                self._left = int(value)

    def _framed(self, body: bytes, more: bool) -> bytes:
        """The bytes to send for a part of the body; those of the head go before the first."""
        head = b""
        if not self.has_begun:
            self.has_begun = True
            self.keeps &= self.is_read
            head = self._head + self._framing(body, more) + self._line.ending(self.keeps)
        if self._is_bodiless:
            return head
        if self._is_chunked:
            chunk = b"%x\r\n%b\r\n" % (len(body), body) if body else b""
            return head + chunk + (b"" if more else b"0\r\n\r\n")
        if self._left is not None:
            self._left -= len(body)
            if self._left < 0 or (self._left and not more):
                raise RuntimeError("an answer has another length than it said")
        return head + body if head else body

    def _framing(self, body: bytes, more: bool) -> bytes:
        if self._left is not None or self._is_bodiless:
            return b""
        if not more:
            return b"content-length: %d\r\n" % len(body)
        if self.scope["http_version"] == "1.1":
            self._is_chunked = True
            return b"transfer-encoding: chunked\r\n"
        self.keeps = False
        return b""
