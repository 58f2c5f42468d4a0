"""A connection of HTTP/1.1 (RFC 9112): requests in, answers out in the order in which they were asked.

llhttp reads what arrives. An answer that is at hand is written at once; the rest goes to an ASGI application,
one request of a connection at a time. All that a peer may make this process hold has a bound here: heads,
bodies ahead of their reader, answers ahead of theirs, requests behind one another, and the time that each may
take. This module refuses to guess where a request ends: after what it cannot read, the line is closed.
"""

from __future__ import annotations

import asyncio
import logging
import sys
from collections import deque
from dataclasses import dataclass
from email.utils import formatdate
from fcntl import ioctl
from termios import TIOCOUTQ
from time import monotonic
from typing import Any, Protocol, cast
from urllib.parse import unquote_to_bytes

from httptools import (
    HttpParserCallbackError,
    HttpParserError,
    HttpParserInvalidURLError,
    HttpParserUpgrade,
    HttpRequestParser,
    parse_url,
)

from gbvkg.web.exchange import Deliver, Exchange, Request, Underway, Whole

log = logging.getLogger("gbvkg.web")

LONGEST_HEAD = 1 << 17
"""Bytes of a request's head, and of sizes of chunks and trailers between two parts of a body."""

MOST_HEADERS = 100
BEHIND = 8
"""Requests that may wait behind the one at hand (RFC 9112 §9.3.2); after more, the line is closed."""

AHEAD = 1 << 16
"""Bytes of a body, or of an answer, that may be ahead of who reads it."""

SYSTEM = 1 << 18
"""Bytes of an answer that the system may hold for one client: else it takes 4 MB for who does not read."""

LEAST = 1 << 14
"""Bytes of an answer that a client takes in ``Pace.send`` seconds if it reads at all."""

LINGER = 2.0
"""Seconds in which what a client still sends is thrown away, so that it can read why it was refused."""


class Front(Protocol):
    """What is served."""

    def at_hand(self, request: Request) -> Whole | None:
        """The answer to a request without a body, when there is no need to wait for it."""

    def soon(self, request: Request, deliver: Deliver) -> Underway | None:
        """Begin to answer a request without a body that needs no application."""

    def refusal(self, status: int) -> Whole:
        """What to say to a client that is not understood or not waited for (400, 408, 431, 500, 503)."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer any request (ASGI); cancelled when the client hangs up."""


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds that a client may take: ``head`` for the head of a request, ``idle`` between two requests,
    ``send`` for the next ``LEAST`` bytes of an answer.
    """

    head: float
    idle: float
    send: float


class Lines:
    """All connections of one server, ``most`` at a time: from then on the one that is idle longest goes."""

    def __init__(self, front: Front, pace: Pace, most: int) -> None:
        self.front = front
        self.pace = pace
        self.most = most
        self.open: set[Connection] = set()
        self.is_closing = False
        self.endings = (b"", b"")
        """What ends the head of an answer: the last one on its line, and one after which others may come."""
        self.tick()

    def tick(self) -> None:
        """What is due each second: the date of answers, and the clients that take too long."""
        date = b"date: %b\r\n" % formatdate(usegmt=True).encode("ascii")
        self.endings = (date + b"connection: close\r\n\r\n", date + b"\r\n")
        now = monotonic()
        for line in tuple(self.open):
            line.look(now)

    def has_room(self) -> bool:
        """Whether one more may come, for which an idle one is let go of if need be."""
        if len(self.open) < self.most:
            return not self.is_closing
        idle = min((line for line in self.open if line.is_idle), key=lambda line: line.since, default=None)
        if idle is not None:
            idle.transport.abort()
            self.open.discard(idle)
        return idle is not None and not self.is_closing

    def close(self) -> None:
        """Let no further request come; those that came are answered."""
        self.is_closing = True
        for line in tuple(self.open):
            line.close_when_done()

    def abort(self) -> None:
        """Let go of all that is still open."""
        for line in tuple(self.open):
            line.transport.abort()


class Connection(asyncio.Protocol):
    """One of ``lines``. ``is_paused`` says that the client leaves too much of an answer unread; ``since`` is
    when what it does now began.
    """

    __slots__ = (
        "_asked", "_behind", "_drained", "_headers", "_in_head", "_is_deaf", "_lines", "_loop", "_marked",
        "_marked_at", "_now", "_parser", "_peer", "_place", "_plainly", "_raw", "_reading", "_repeated",
        "_target", "_written", "is_gone", "is_paused", "since", "transport",
    )  # fmt: skip

    transport: asyncio.Transport

    def __init__(self, lines: Lines) -> None:
        self._lines = lines
        self._loop = asyncio.get_running_loop()
        self._parser: Any = HttpRequestParser(self)
        self._headers: dict[bytes, bytes] = {}
        self._target = b""
        self._in_head = True
        self._plainly = b""
        self._repeated = 0
        self._raw = 0
        self._now: Underway | None = None
        self._asked: Request | None = None
        self._reading: Exchange | None = None
        self._behind: deque[tuple[Request, Exchange | None]] = deque()
        self._is_deaf = False
        self.since = self._marked_at = monotonic()
        self._written = self._marked = 0
        self._drained: asyncio.Future[None] | None = None
        self.is_gone = self.is_paused = False

    # What the event loop tells

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.transport.set_write_buffer_limits(AHEAD)
        self._peer = _place(transport.get_extra_info("peername"))
        self._place = _place(transport.get_extra_info("sockname"))
        if not self._lines.has_room():
            self._refuse(503)
        self._lines.open.add(self)

    def connection_lost(self, error: Exception | None) -> None:
        self.is_gone = self._is_deaf = True
        self._lines.open.discard(self)
        self._behind.clear()
        self._parser = None  # they hold each other
        self._wake()
        if self._now is not None:
            self._now.hang_up()

    def pause_writing(self) -> None:
        self.is_paused = True

    def resume_writing(self) -> None:
        self.is_paused = False
        self._wake()
        self._loop.call_soon(self._next)  # not now: it may close the line, in the middle of its writing

    def data_received(self, data: bytes) -> None:
        if len(data) <= AHEAD:
            self._feed(data)
            return
        for start in range(0, len(data), AHEAD):
            self._feed(data[start : start + AHEAD])

    def _feed(self, data: bytes) -> None:
        if self._is_deaf:
            return
        self._raw += len(data)
        try:
            self._parser.feed_data(data)
        except HttpParserUpgrade as end:
            if self._plainly and not self._is_deaf:  # the body follows, which the parser left alone
                self._parser, head, self._plainly = HttpRequestParser(self), self._plainly, b""
                self._feed(head + data[end.args[0] :])
            else:
                self._is_deaf = True  # what follows is another protocol, which is not spoken here
        except HttpParserCallbackError:
            log.exception("fault")
            self._refuse(500)
        except HttpParserError:
            self._refuse(400)
        if self._raw > LONGEST_HEAD:
            self._refuse(431 if self._in_head else 400)

    # What the parser tells

    def on_message_begin(self) -> None:
        self._headers = {}
        self._target = b""
        self._in_head = True
        self._repeated = 0
        if self._now is None:
            self.since = monotonic()

    def on_url(self, part: bytes) -> None:
        self._target += part

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self._in_head:
            return  # a trailer: we know none (RFC 9110 §6.5.1)
        name = name.lower()
        if name not in self._headers:
            self._headers[name] = value
        elif self._repeated < MOST_HEADERS:  # one list (RFC 9110 §5.2)
            self._repeated += 1
            self._headers[name] += b", " + value

    def on_headers_complete(self) -> None:
        self._in_head = False
        headers = self._headers
        if len(headers) + self._repeated >= MOST_HEADERS:
            self._refuse(431)
        elif b"," in headers.get(b"host", b",") and not self._may_lack_host():
            self._refuse(400)  # several, or none (RFC 9112 §3.2)
        elif b"transfer-encoding" in headers or headers.get(b"content-length", b"0") != b"0":
            self._raw = 0
            if b"upgrade" in headers and self._parser.should_upgrade():
                self._plainly = self._without_upgrade()
            else:
                self._take(is_read=False)

    def on_body(self, data: bytes) -> None:
        self._raw = 0
        if self._reading is not None and not self._is_deaf:
            self._reading.feed(data)
            if self._reading.ahead > AHEAD:
                self.transport.pause_reading()

    def on_message_complete(self) -> None:
        self._raw = 0
        if self._plainly:
            return
        if self._reading is not None:
            self._reading.end()
            self._reading = None
            self._is_deaf = self._is_deaf or len(self._behind) >= BEHIND
        else:
            self._take(is_read=True)

    def _may_lack_host(self) -> bool:
        return b"host" not in self._headers and bool(self._parser.get_http_version() == "1.0")

    def _without_upgrade(self) -> bytes:
        """The head of a request that has a body and asks for another protocol besides, without that wish:
        clients in Java do so (RFC 9110 §7.8 lets it be ignored).
        """
        parser = self._parser
        version = parser.get_http_version().encode("ascii")
        said = b"%b %b HTTP/%b\r\n" % (parser.get_method(), self._target, version)
        kept = [pair for pair in self._headers.items() if pair[0] not in (b"connection", b"upgrade")]
        return said + b"".join(b"%b: %b\r\n" % pair for pair in kept) + b"Connection: close\r\n\r\n"

    # Requests

    def _take(self, *, is_read: bool) -> None:
        """Answer a request at once, or see to it that it is answered when it is its turn."""
        if self._is_deaf:
            return
        parser, headers, target = self._parser, self._headers, self._target
        method = parser.get_method().decode("ascii")
        version = parser.get_http_version()
        keeps = parser.should_keep_alive()
        if b"connection" in headers or method == "CONNECT":
            keeps = keeps and version == "1.1" and not parser.should_upgrade()
        if not target.startswith(b"/"):
            found = _absolute(target)
            if found is None:
                self._refuse(400)
                return
            headers[b"host"], target = found[0] or headers.get(b"host", b""), found[1]
        path, _, query = target.partition(b"?")
        request = Request(method, path, query, headers, self._peer[0], keeps, version)
        exchange = None
        if not is_read:
            exchange = self._reading = self._exchange(request, is_read=False)
        if self._now is None and not self._behind and not self.is_paused:
            self._answer(request, exchange)
        else:
            self._behind.append((request, exchange))
            self._is_deaf = self._is_deaf or (len(self._behind) >= BEHIND and is_read)

    def _answer(self, request: Request, exchange: Exchange | None) -> None:
        """``exchange`` is that of a request with a body."""
        front = self._lines.front
        if exchange is None:
            if (whole := front.at_hand(request)) is not None:
                self._give(whole, request.keeps)
                return
            if (soon := front.soon(request, self._deliver)) is not None:
                self._now, self._asked = soon, request
                return
            exchange = self._exchange(request, is_read=True)
        self._now = exchange
        exchange.begin(front, self._loop)

    def _deliver(self, whole: Whole | None, more: dict[str, Any]) -> None:
        """Give what ``soon`` promised."""
        request, self._now, self._asked = self._asked, None, None
        assert request is not None
        if whole is None:
            self._now = exchange = self._exchange(request, is_read=True)
            exchange.scope.update(more)
            exchange.begin(self._lines.front, self._loop)
        else:
            self.since = monotonic()
            self._give(whole, request.keeps)
            self._next()

    def _exchange(self, request: Request, *, is_read: bool) -> Exchange:
        version = request.version
        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.4"},
            "http_version": version,
            "method": request.method,
            "scheme": "http",
            "path": unquote_to_bytes(request.path).decode("utf-8", "replace"),
            "raw_path": request.path,
            "query_string": request.query,
            "root_path": "",
            "headers": list(request.headers.items()),
            "client": self._peer,
            "server": self._place,
        }
        expects = request.headers.get(b"expect", b"").lower() == b"100-continue" and version == "1.1"
        return Exchange(self, scope, keeps=request.keeps, is_read=is_read, expects=expects)

    def _next(self) -> None:
        """Answer those that wait, one after the other."""
        while self._behind and self._now is None and not self.is_paused and not self.is_gone:
            self._answer(*self._behind.popleft())
        if self._is_deaf and self._now is None and not self._behind and not self.is_gone:
            self.transport.close()

    def over(self, exchange: Exchange) -> None:
        """The application is done with a request."""
        self._now = None
        self.since = monotonic()
        if self.is_gone:
            return
        if not exchange.is_over:  # it failed
            if exchange.has_begun:
                self.transport.abort()
            else:
                self._refuse(500)
        elif not exchange.is_read:
            self._linger()
        elif not exchange.keeps or (self._lines.is_closing and not self._behind):
            self.transport.close()
        else:
            self.read_on()
            self._next()

    # Answers

    def write(self, data: bytes) -> None:
        """Send these bytes, as soon as the client takes them."""
        self._written += len(data)
        self.transport.write(data)

    def ending(self, keeps: bool) -> bytes:
        """The headers that each answer has, and the end of its head; ``keeps`` if the line stays open."""
        return self._lines.endings[keeps]

    def _give(self, whole: Whole, keeps: bool) -> None:
        if self._lines.is_closing and not self._behind:
            keeps = False
        if len(whole.body) > AHEAD:  # not copied: what is kept may be on its way to thousands
            self.write(whole.head + self._lines.endings[keeps])
            self.write(whole.body)
        else:
            self.write(b"".join((whole.head, self._lines.endings[keeps], whole.body)))
        if not keeps:
            self._is_deaf = True
            self._behind.clear()
            self.transport.close()

    async def drained(self) -> None:
        """Wait until the client took most of what was written, or is gone."""
        while self.is_paused and not self.is_gone:
            self._drained = self._loop.create_future()
            await self._drained

    def _wake(self) -> None:
        if self._drained is not None and not self._drained.done():
            self._drained.set_result(None)

    def read_on(self) -> None:
        """Have more of a body come, if it was held up."""
        if not self.transport.is_reading() and not self.is_gone:
            self.transport.resume_reading()

    # Ends

    def _refuse(self, status: int) -> None:
        """Read no further; say why, unless an earlier request is still to be answered."""
        if self._is_deaf:
            return
        self._is_deaf = True
        reading = self._reading
        if self._now is not reading or self._behind:
            if reading is not None:
                self._behind.pop()  # it will never be whole
            return
        if reading is None or not reading.has_begun:
            self._give_last(self._lines.front.refusal(status))
        else:
            self.transport.abort()
        if reading is not None:
            self._now = None  # what is called off before it began does not tell that it is over
            reading.hang_up()

    def _give_last(self, whole: Whole) -> None:
        self.write(b"".join((whole.head, self._lines.endings[False], whole.body)))
        self._linger()

    def _linger(self) -> None:
        """Close as soon as the client does, or ``LINGER`` seconds later: with what it still sends unread, it
        might lose what it was told (RFC 9112 §9.6).
        """
        self._is_deaf = True
        self.since = monotonic()
        self.read_on()
        self.transport.write_eof()

    def close_when_done(self) -> None:
        """Let no further request come."""
        if self.is_idle:
            self.transport.close()

    @property
    def is_idle(self) -> bool:
        """Whether no request is at hand."""
        return self._now is None and not self._behind

    def look(self, now: float) -> None:
        """Whether the client still does something; let go of it if not."""
        left = self.transport.get_write_buffer_size()
        if left:
            taken = self._written - left - self._on_its_way()
            if taken - self._marked >= LEAST:
                self._marked, self._marked_at = taken, now
            elif now - self._marked_at > self._lines.pace.send:
                self.transport.abort()
            return
        self._marked, self._marked_at = self._written, now
        if self._now is not None:
            return
        age, pace = now - self.since, self._lines.pace
        if self._is_deaf:
            if age > LINGER:
                self.transport.abort()
        elif self._in_head:
            if age > pace.head:
                self._refuse(408)
        elif age > pace.idle:
            self.transport.close()

    def _on_its_way(self) -> int:
        """Bytes that the system has taken and the client has not acknowledged (tcp(7), SIOCOUTQ)."""
        number = self.transport.get_extra_info("socket").fileno()
        try:
            return int.from_bytes(ioctl(number, TIOCOUTQ, bytes(4)), sys.byteorder)
        except OSError:
            return 0


def _place(address: Any) -> tuple[str, int]:
    """Host and port of what a socket of the Internet family calls an address; of none, nothing."""
    return (address[0], address[1]) if isinstance(address, tuple) else ("", 0)


def _absolute(target: bytes) -> tuple[bytes, bytes] | None:
    """Authority and origin-form of a request target that is no path (RFC 9112 §3.2); None when it is neither
    an address nor "*".
    """
    if target == b"*":
        return b"", target
    try:
        url = parse_url(target)
    except HttpParserInvalidURLError:
        return None
    if url.schema not in (b"http", b"https") or not url.host:
        return None
    host = b"[%b]" % url.host if b":" in url.host else url.host
    authority = host if url.port is None else b"%b:%d" % (host, url.port)
    path = url.path or b"/"
    return authority, path if url.query is None else path + b"?" + url.query
