"""gbvkg.web.connection: HTTP/1.1 to who speaks it well, badly or with intent."""

from __future__ import annotations

import asyncio
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest

from gbvkg.web.connection import AHEAD, BEHIND, LINGER, LONGEST_HEAD, MOST_HEADERS, Connection, Lines, Pace
from gbvkg.web.exchange import Deliver, Request, Underway, Whole, written_head

App = Callable[[Any, Any, Any], Awaitable[None]]

KEPT = Whole(written_head(200, [(b"content-length", b"5"), (b"x-is", b"kept")]), b"kept\n")
PLAIN = "Host: x\r\n\r\n"


PACE = Pace(5, 5, 5)


class Promise:
    """What ``soon`` gave: delivered by the test, or hung up."""

    def __init__(self, deliver: Deliver) -> None:
        self.deliver = deliver
        self.is_hung_up = False

    def hang_up(self) -> None:
        self.is_hung_up = True


class Served:
    """A front of which the test says what it answers; ``asked`` is what reached the application."""

    def __init__(self, app: App | None = None) -> None:
        self.app = app or echo
        self.asked: list[Any] = []
        self.bodies: list[bytes] = []
        self.promises: list[Promise] = []
        self.hung_up = 0

    def at_hand(self, request: Request) -> Whole | None:
        if request.path != b"/kept":
            return None
        return KEPT if request.method == "GET" else Whole(KEPT.head, b"")

    def soon(self, request: Request, deliver: Deliver) -> Underway | None:
        if request.path != b"/soon":
            return None
        self.promises.append(Promise(deliver))
        return self.promises[-1]

    def refusal(self, status: int) -> Whole:
        return Whole(written_head(status, [(b"content-length", b"2")]), b"no")

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.asked.append(scope)
        try:
            await self.app(scope, receive, send)
        except asyncio.CancelledError:
            self.hung_up += 1
            raise


async def echo(scope: Any, receive: Any, send: Any) -> None:
    """Method, path, query and body of a request."""
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body", False):
            break
    said = b"%s %s %s [%s]" % (scope["method"].encode(), scope["path"].encode(), scope["query_string"], body)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": said})


@asynccontextmanager
async def listening(served: Served, pace: Pace = PACE, most: int = 100) -> AsyncIterator[Any]:
    """The lines of a server and a function that connects to it; ``tick`` is the test's to call."""
    loop = asyncio.get_running_loop()
    lines = Lines(served, pace, most)
    server = await loop.create_server(lambda: Connection(lines), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    opened: list[asyncio.StreamWriter] = []

    async def connect() -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        opened.append(writer)
        return reader, writer

    try:
        yield lines, connect
    finally:
        for writer in opened:
            writer.close()
        server.close()
        lines.abort()
        await asyncio.sleep(0.01)
        assert not lines.open


def said(*requests: str | bytes, served: Served | None = None, **options: Any) -> bytes:
    """All that comes back for these bytes, sent one after the other, until the line is closed or quiet."""

    async def scene() -> bytes:
        async with listening(served or Served(), **options) as (_, connect):
            reader, writer = await connect()
            for request in requests:
                writer.write(request if isinstance(request, bytes) else request.encode())
                await asyncio.sleep(0.02)
            got = b""
            with suppress(TimeoutError, ConnectionError):
                while part := await asyncio.wait_for(reader.read(1 << 16), 0.3):
                    got += part
            return got

    return asyncio.run(scene())


def bodies(answer: bytes) -> list[bytes]:
    """The bodies of answers in a row that all say their length."""
    found = []
    while answer:
        head, _, rest = answer.partition(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        found.append(rest[:length])
        answer = rest[length:]
    return found


def statuses(answer: bytes) -> list[int]:
    return [int(part[:3]) for part in answer.split(b"HTTP/1.1 ")[1:]]


# What is said well


def test_answers_come_in_the_order_of_the_requests() -> None:
    """Requests behind one another (RFC 9112 §9.3.2), kept or not, in one write or in pieces."""
    asked = "".join(f"GET {path} HTTP/1.1\r\n{PLAIN}" for path in ("/a?b=c", "/kept", "/d%20e", "/kept"))
    expected = [b"GET /a b=c []", b"kept\n", b"GET /d e  []", b"kept\n"]
    assert bodies(said(asked)) == expected
    assert bodies(said(*(asked[i : i + 7] for i in range(0, len(asked), 7)))) == expected


def test_a_body_arrives_whole() -> None:
    """With its length or in chunks; what follows is the next request; trailers are let pass."""
    whole = f"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhelloGET /kept HTTP/1.1\r\n{PLAIN}"
    assert bodies(said(whole)) == [b"POST /a  [hello]", b"kept\n"]
    chunks = (
        "POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
        f"2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\nX-Trailer: 1\r\n\r\nGET /kept HTTP/1.1\r\n{PLAIN}"
    )
    assert bodies(said(chunks)) == [b"POST /a  [hello]", b"kept\n"]
    assert bodies(said(*(chunks[i : i + 5] for i in range(0, len(chunks), 5)))) == [
        b"POST /a  [hello]",
        b"kept\n",
    ]
    empty = f"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\nGET /kept HTTP/1.1\r\n{PLAIN}"
    assert bodies(said(empty)) == [b"POST /a  []", b"kept\n"]


def test_a_large_body_waits_for_its_reader() -> None:
    """No more than what may be ahead is taken from the line while nobody asks for it."""
    size = 5_000_000

    async def slow(scope: Any, receive: Any, send: Any) -> None:
        await asyncio.sleep(0.2)
        served.bodies.append(b"%d" % size if sent() >= size else b"held up")
        await echo(scope, receive, send)

    served = Served(slow)
    writers: list[asyncio.StreamWriter] = []

    def sent() -> int:
        return size - writers[0].transport.get_write_buffer_size()

    async def scene() -> bytes:
        async with listening(served) as (_, connect):
            reader, writer = await connect()
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65_536)
            writers.append(writer)
            writer.write(b"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % size)
            writer.write(b"x" * size)
            head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)
            return bytes(head)

    assert b"content-length: %d" % (size + len("POST /a  []")) in asyncio.run(scene())
    assert served.bodies == [b"held up"]


def test_the_client_is_told_to_go_on() -> None:
    """Expect: 100-continue (RFC 9110 §10.1.1), only when somebody wants the body."""
    head = "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n"
    assert said(head, "hi").startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n")

    async def refuses(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 413, "headers": []})
        await send({"type": "http.response.body", "body": b"too much"})

    answer = said(head, served=Served(refuses))
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"connection: close" in answer


def test_a_target_may_be_an_address() -> None:
    """Absolute form and asterisk (RFC 9112 §3.2); the host is then that of the target."""
    served = Served()
    said("GET http://other.example:81/a?b HTTP/1.1\r\nHost: x\r\n\r\n", served=served)
    said("GET http://[::1] HTTP/1.1\r\nHost: x\r\n\r\n", served=served)
    said("OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n", served=served)
    found = [
        (scope["path"], scope["query_string"], dict(scope["headers"])[b"host"]) for scope in served.asked
    ]
    assert found == [
        ("/a", b"b", b"other.example:81"),
        ("/", b"", b"[::1]"),
        ("*", b"", b"x"),
    ]
    assert statuses(said("GET ftp://x/a HTTP/1.1\r\nHost: x\r\n\r\n")) == [400]
    assert statuses(said("GET a HTTP/1.1\r\nHost: x\r\n\r\n")) == [400]


def test_headers_of_one_name_are_one_list() -> None:
    """RFC 9110 §5.2; names in lower case, the scope as ASGI has it."""
    served = Served()
    said("GET /%C3%A9 HTTP/1.1\r\nHost: x\r\nACCEPT: a\r\nAccept: b\r\n\r\n", served=served)
    (scope,) = served.asked
    assert scope["headers"] == [(b"host", b"x"), (b"accept", b"a, b")]
    assert (scope["path"], scope["raw_path"]) == ("/é", b"/%C3%A9")
    assert scope["client"][0] == "127.0.0.1"


@pytest.mark.parametrize(
    ("request_head", "is_kept"),
    [
        ("HTTP/1.1\r\nHost: x", True),
        ("HTTP/1.1\r\nHost: x\r\nConnection: keep-alive", True),
        ("HTTP/1.1\r\nHost: x\r\nConnection: close", False),
        ("HTTP/1.0", False),
        ("HTTP/1.0\r\nConnection: keep-alive", False),
        ("HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket", False),
        (
            "HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: x",
            False,
        ),
    ],
)
@pytest.mark.parametrize("path", ["/kept", "/a"])
def test_the_line_is_kept_for_who_may_keep_it(request_head: str, is_kept: bool, path: str) -> None:
    """Whoever is to hang up is told so, also when it asked for another protocol (RFC 9110 §7.8)."""

    async def scene() -> tuple[bytes, bool]:
        async with listening(Served()) as (_, connect):
            reader, writer = await connect()
            writer.write(f"GET {path} {request_head}\r\n\r\n".encode())
            answer = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 2)
            with suppress(TimeoutError):
                while await asyncio.wait_for(reader.read(100), 0.2):
                    pass
                return answer, False
            return answer, True

    answer, stays = asyncio.run(scene())
    assert stays == is_kept
    assert (b"connection: close" not in answer) == is_kept


def test_an_answer_in_parts_is_in_chunks_or_has_its_length() -> None:
    """RFC 9112 §6: who reads knows where it ends; an old client by the end of the line."""

    async def parts(scope: Any, receive: Any, send: Any) -> None:
        headers = [(b"content-length", b"6")] if scope["path"] == "/known" else []
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"abc", "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": True})
        await send({"type": "http.response.body", "body": b"def"})

    def body(request: str) -> bytes:
        head, _, rest = said(request, served=Served(parts)).partition(b"\r\n\r\n")
        assert (b"transfer-encoding: chunked" in head) == rest.startswith(b"3\r\n")
        return rest

    assert body(f"GET / HTTP/1.1\r\n{PLAIN}") == b"3\r\nabc\r\n3\r\ndef\r\n0\r\n\r\n"
    assert body(f"GET /known HTTP/1.1\r\n{PLAIN}") == b"abcdef"
    assert body("GET / HTTP/1.0\r\n\r\n") == b"abcdef"
    assert body(f"HEAD / HTTP/1.1\r\n{PLAIN}") == b""
    assert body(f"HEAD /known HTTP/1.1\r\n{PLAIN}") == b""


@pytest.mark.parametrize("status", [204, 304])
def test_some_answers_have_no_body(status: int) -> None:
    """RFC 9110 §6.4.1: the next answer begins right after the head."""

    async def none(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": b"not to be sent"})

    answer = said(f"GET / HTTP/1.1\r\n{PLAIN}GET /kept HTTP/1.1\r\n{PLAIN}", served=Served(none))
    assert statuses(answer) == [status, 200]
    assert b"not to be sent" not in answer
    assert b"content-length" not in answer.partition(b"\r\n\r\n")[0]


@pytest.mark.parametrize(
    "framing", ["Content-Length: 5\r\n\r\nhello", "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"]
)
def test_a_body_arrives_also_with_a_wish_for_another_protocol(framing: str) -> None:
    """As clients in Java send it to a server that they do not know yet; nothing behind it is answered."""
    wish = "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAM\r\n"
    asked = f"POST /a HTTP/1.1\r\nHost: x\r\n{wish}{framing}"
    for sent in (
        [asked],
        [asked[i : i + 3] for i in range(0, len(asked), 3)],
        [f"{asked}GET /kept HTTP/1.1\r\n{PLAIN}"],
    ):
        answer = said(*sent)
        assert bodies(answer) == [b"POST /a  [hello]"]
        assert b"connection: close" in answer


# What was promised


def test_a_promise_is_kept_in_its_turn() -> None:
    """What comes later is given later, and those behind it after it; None is for the application."""
    served = Served()

    async def scene() -> bytes:
        async with listening(served) as (_, connect):
            reader, writer = await connect()
            writer.write((f"GET /soon HTTP/1.1\r\n{PLAIN}" * 2 + f"GET /kept HTTP/1.1\r\n{PLAIN}").encode())
            await asyncio.sleep(0.05)
            assert len(served.promises) == 1
            served.promises[0].deliver(Whole(KEPT.head, b"soon\n"), {})
            await asyncio.sleep(0.05)
            served.promises[1].deliver(None, {"more": "said"})
            await asyncio.sleep(0.05)
            return bytes(await reader.read(1 << 16))

    assert bodies(asyncio.run(scene())) == [b"soon\n", b"GET /soon  []", b"kept\n"]
    assert [scope["more"] for scope in served.asked] == ["said"]


def test_who_hangs_up_is_not_answered() -> None:
    """The task of an application is cancelled, and what was promised is called off."""

    async def waits(scope: Any, receive: Any, send: Any) -> None:
        await asyncio.sleep(30)

    served = Served(waits)

    async def scene() -> None:
        async with listening(served) as (lines, connect):
            for path in ("/soon", "/a"):
                _, writer = await connect()
                writer.write(f"GET {path} HTTP/1.1\r\n{PLAIN}".encode())
                await asyncio.sleep(0.05)
                writer.close()
            await asyncio.sleep(0.1)
            assert not lines.open

    asyncio.run(scene())
    assert served.hung_up == 1
    assert [promise.is_hung_up for promise in served.promises] == [True]


# What is said badly


@pytest.mark.parametrize(
    "request_text",
    [
        "nonsense\r\n\r\n",
        "GET / HTTP/1.1\r\n\r\n",
        "GET http://x/ HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x, y\r\n\r\n",
        "GET / HTTP/1.1\nHost x\r\n\r\n",
        "GET / HTTP/3.0\r\nHost: x\r\n\r\n",
        "GET / HTTP/1.1\r\n Host: x\r\n\r\n",
        "GET / HTTP/1.1\r\nHost : x\r\n\r\n",
        "GET / HTTP/1.1\r\nA: b\x00c\r\n\r\n",
        "GET / HTTP/1.1\rHost: x\r\r",
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: +3\r\n\r\nabc",
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3,3\r\n\r\nabc",
        "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\nabc",
        "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n-2\r\nab\r\n0\r\n\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ],
)
def test_what_is_not_http_is_refused_and_nothing_after_it_is_read(request_text: str) -> None:
    """One answer, 400, and the line is closed: no request can hide behind another."""
    served = Served()
    answer = said(request_text + f"GET /kept HTTP/1.1\r\n{PLAIN}", served=served)
    assert set(statuses(answer)) <= {400}
    assert b"kept" not in answer
    assert b"connection: close" in answer


def test_a_head_has_a_bound() -> None:
    """In bytes, in headers, in headers of one name: 431, whether it comes to an end or not."""
    assert statuses(said(f"GET /{'x' * 2 * LONGEST_HEAD} HTTP/1.1\r\n{PLAIN}")) == [431]
    assert statuses(said(f"GET /{'x' * 2 * LONGEST_HEAD}")) == [431]
    assert statuses(said(f"GET / HTTP/1.1\r\nA: {'x' * 2 * LONGEST_HEAD}")) == [431]
    many = "".join(f"A{n}: b\r\n" for n in range(MOST_HEADERS))
    assert statuses(said(f"GET / HTTP/1.1\r\n{many}{PLAIN}")) == [431]
    assert statuses(
        said(f"GET / HTTP/1.1\r\n{'A: b' + chr(13) + chr(10)}" * 1 + "A: b\r\n" * 5000 + PLAIN)
    ) == [431]
    assert statuses(said(f"GET / HTTP/1.1\r\n{'A: b' + chr(13) + chr(10)}" + "A: b\r\n" * 90 + PLAIN)) == [
        200
    ]


def test_what_is_between_parts_of_a_body_has_a_bound() -> None:
    """Extensions of chunks and trailers without end are no body, and are not read for ever."""
    head = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert 200 not in statuses(said(f"{head}1;{'x' * 3 * LONGEST_HEAD}"))
    assert 200 not in statuses(said(f"{head}1\r\na\r\n0\r\n" + "A: b\r\n" * LONGEST_HEAD))
    assert 200 not in statuses(said(f"{head}1\r\na\r\n0\r\nA: {'x' * 3 * LONGEST_HEAD}"))


def test_only_so_many_requests_wait_behind_one() -> None:
    """Who sends more than may wait is answered that far; then the line is closed."""

    async def slow(scope: Any, receive: Any, send: Any) -> None:
        await asyncio.sleep(0.01)
        await echo(scope, receive, send)

    served = Served(slow)
    answer = said(f"GET /a HTTP/1.1\r\n{PLAIN}" * 500, served=served)
    assert len(statuses(answer)) == len(served.asked) == BEHIND + 1


def test_only_so_many_bodies_wait_behind_one() -> None:
    """Requests with a body are counted as well, and what is held of a body is bytes, however it was cut."""
    gate = asyncio.Event()

    async def waits(scope: Any, receive: Any, send: Any) -> None:
        await gate.wait()
        await echo(scope, receive, send)

    served = Served(waits)
    head = b"POST /a HTTP/1.1\r\nHost: x\r\n"
    body = head + b"Content-Length: 2\r\n\r\nhi" + head + b"Transfer-Encoding: chunked\r\n\r\n"
    body += b"2\r\nab\r\n" * 5_000 + b"0\r\n\r\n"

    async def scene() -> bytes:
        async with listening(served) as (lines, connect):
            reader, writer = await connect()
            for _ in range(BEHIND):
                writer.write(body)
                await asyncio.sleep(0.02)
            (line,) = lines.open
            assert sys.getsizeof(line._behind[0][1]._arrived) < 100_000
            gate.set()
            return bytes(await asyncio.wait_for(reader.read(), 2))

    assert len(statuses(asyncio.run(scene()))) == len(served.asked) == BEHIND + 1


def test_what_waits_for_a_reader_is_answered_before_a_refusal() -> None:
    """And nothing after the last answer on a line."""
    large = Whole(written_head(200, [(b"content-length", b"3000000")]), b"x" * 3_000_000)
    served = Served()
    served.at_hand = lambda request: large if request.path == b"/large" else KEPT  # type: ignore[method-assign]

    async def scene(asked: str) -> list[int]:
        async with listening(served) as (_, connect):
            reader, writer = await connect()
            writer.transport.pause_reading()
            writer.write(asked.encode())
            await asyncio.sleep(0.1)
            writer.transport.resume_reading()
            return statuses(await asyncio.wait_for(reader.read(), 2))

    asked = "".join(f"GET /{path} HTTP/1.1\r\n{PLAIN}" for path in ("large", "large", "kept"))
    assert asyncio.run(scene(f"{asked}nonsense\r\n\r\n")) == [200, 200, 200]
    old = "GET /large HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"
    assert asyncio.run(scene(old * 2)) == [200]
    first = f"GET /large HTTP/1.1\r\n{PLAIN}"
    assert asyncio.run(scene(first + old * 2)) == [200, 200]


def test_a_refused_request_does_not_come_before_an_earlier_one() -> None:
    """The earlier one is answered first; then the line is closed."""

    async def slow(scope: Any, receive: Any, send: Any) -> None:
        await asyncio.sleep(0.05)
        await echo(scope, receive, send)

    chunked = "POST /b HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"
    for refused in ("nonsense\r\n\r\n", chunked):
        served = Served(slow)
        answer = said(f"GET /a HTTP/1.1\r\n{PLAIN}{refused}", served=served)
        assert statuses(answer) == [200]
        assert len(served.asked) == 1


def test_who_is_refused_can_read_why() -> None:
    """Also while it still sends: the line stays open for that long."""

    async def refuses(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 413, "headers": []})
        await send({"type": "http.response.body", "body": b"too much"})

    head = f"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: {10 * AHEAD}\r\n\r\n"
    answer = said(head, *(["x" * AHEAD] * 10), served=Served(refuses))
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert answer.endswith(b"too much")


# Applications that fail


def _broken(*messages: dict[str, Any], error: bool = False) -> Served:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        for message in messages:
            await send(message)
        if error:
            raise ZeroDivisionError("planted")

    return Served(app)


START = {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"6")]}


@pytest.mark.parametrize(
    "served",
    [
        _broken(error=True),
        _broken(),
        _broken({"type": "http.response.body", "body": b"x"}),
        _broken({"type": "http.response.start", "status": 200, "headers": [(b"a", b"b\r\nSet-Cookie: c")]}),
        _broken({"type": "http.response.start", "status": 200, "headers": [(b"a\n", b"b")]}),
        _broken(START, START),
    ],
    ids=["error", "nothing", "no start", "split", "split name", "two starts"],
)
def test_a_fault_of_the_application_is_500(served: Served) -> None:
    """Whole and alone: nothing of what it began is sent."""
    answer = said(f"GET / HTTP/1.1\r\n{PLAIN}", served=served)
    assert statuses(answer) == [500]
    assert b"set-cookie" not in answer.lower()


@pytest.mark.parametrize(
    "parts",
    [[b"abc"], [b"abc", b"defg"], [b"abcdefg"]],
    ids=["too short", "too long", "too long at once"],
)
def test_an_answer_of_another_length_is_broken_off(parts: list[bytes]) -> None:
    """What follows would be taken for a part of it: the line is closed before the end."""
    messages = [{"type": "http.response.body", "body": part, "more_body": True} for part in parts]
    served = _broken(START, *messages, {"type": "http.response.body", "body": b""})
    answer = said(f"GET / HTTP/1.1\r\n{PLAIN}GET /kept HTTP/1.1\r\n{PLAIN}", served=served)
    assert b"kept" not in answer
    assert len(answer.partition(b"\r\n\r\n")[2]) < 6


# Clients that take their time


def test_who_takes_too_long_is_let_go() -> None:
    """A head that does not come to an end gets 408; a line that says nothing is closed; a busy one is not."""
    gate = asyncio.Event()

    async def waits(scope: Any, receive: Any, send: Any) -> None:
        await gate.wait()
        await echo(scope, receive, send)

    async def scene() -> None:
        async with listening(Served(waits), Pace(0.1, 0.3, 5)) as (lines, connect):
            stalled, quiet, busy, new = [await connect() for _ in range(4)]
            stalled[1].write(b"GET / HTTP/1.1\r\nHost")
            quiet[1].write(f"GET /kept HTTP/1.1\r\n{PLAIN}".encode())
            busy[1].write(f"GET / HTTP/1.1\r\n{PLAIN}".encode())
            await asyncio.sleep(0.2)
            lines.tick()
            assert (await asyncio.wait_for(stalled[0].read(12), 1)) == b"HTTP/1.1 408"
            assert (await asyncio.wait_for(new[0].read(12), 1)) == b"HTTP/1.1 408"
            assert (await quiet[0].readuntil(b"kept\n")).startswith(b"HTTP/1.1 200")
            assert len(lines.open) == 4
            await asyncio.sleep(0.2)
            lines.tick()
            assert await asyncio.wait_for(quiet[0].read(), 1) == b""
            gate.set()
            assert (await asyncio.wait_for(busy[0].read(12), 1)) == b"HTTP/1.1 200"

    asyncio.run(scene())


def test_a_reader_that_stops_is_let_go_and_one_that_is_slow_is_not() -> None:
    """Who takes some of an answer all the time is waited for; what is held for the other is given back."""
    size = 30_000_000

    async def large(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for _ in range(size // AHEAD):
            await send({"type": "http.response.body", "body": b"x" * AHEAD, "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    served = Served(large)

    async def scene() -> None:
        async with listening(served, Pace(5, 5, 0.2)) as (lines, connect):
            stopped, slow = [await connect() for _ in range(2)]
            for _, writer in (stopped, slow):
                writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
                writer.write(f"GET / HTTP/1.1\r\n{PLAIN}".encode())
            stopped[1].transport.pause_reading()
            for _ in range(12):
                await slow[0].read(400_000)
                await asyncio.sleep(0.05)
                lines.tick()
            assert len(lines.open) == 1
            assert served.hung_up == 1
            assert all(line.transport.get_write_buffer_size() < 3 * AHEAD for line in lines.open)

    asyncio.run(scene())


def test_there_is_room_for_so_many() -> None:
    """One more makes the line go that was idle longest; when none is, it is told to come back."""

    async def waits(scope: Any, receive: Any, send: Any) -> None:
        await asyncio.sleep(5)

    async def scene() -> None:
        async with listening(Served(waits), most=2) as (lines, connect):
            first, second = [await connect() for _ in range(2)]
            await asyncio.sleep(0.05)
            third = await connect()
            await asyncio.sleep(0.05)
            assert await asyncio.wait_for(_rest(first[0]), 1) == b""
            for _, writer in (second, third):
                writer.write(f"GET / HTTP/1.1\r\n{PLAIN}".encode())
            await asyncio.sleep(0.05)
            fourth = await connect()
            assert (await asyncio.wait_for(fourth[0].read(12), 1)) == b"HTTP/1.1 503"
            assert len([line for line in lines.open if not line.is_idle]) == 2

    asyncio.run(scene())


async def _rest(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.read()
    except ConnectionError:
        return b""


def test_closing_answers_what_is_under_way() -> None:
    """And nothing after it: idle lines go at once, the others after their answer."""
    gate = asyncio.Event()

    async def waits(scope: Any, receive: Any, send: Any) -> None:
        await gate.wait()
        await echo(scope, receive, send)

    async def scene() -> None:
        async with listening(Served(waits)) as (lines, connect):
            idle, busy, several = [await connect() for _ in range(3)]
            busy[1].write(f"GET / HTTP/1.1\r\n{PLAIN}".encode())
            several[1].write(
                f"GET / HTTP/1.1\r\n{PLAIN}{f'GET /kept HTTP/1.1{chr(13)}{chr(10)}{PLAIN}' * 2}".encode()
            )
            await asyncio.sleep(0.05)
            lines.close()
            assert await asyncio.wait_for(idle[0].read(), 1) == b""
            gate.set()
            answer = await asyncio.wait_for(busy[0].read(), 1)
            assert statuses(answer) == [200]
            assert statuses(await asyncio.wait_for(several[0].read(), 1)) == [200, 200, 200]
            late = await connect()
            assert (await asyncio.wait_for(late[0].read(12), 1)) == b"HTTP/1.1 503"

    asyncio.run(scene())


@pytest.mark.parametrize(
    "sent", ["nonsense", "POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz"]
)
def test_who_was_refused_does_not_stay(sent: str) -> None:
    """Not even when it never hangs up; in a body, with an application that had not begun."""

    async def scene() -> None:
        async with listening(Served()) as (lines, connect):
            reader, writer = await connect()
            writer.write(f"{sent}\r\n\r\n".encode())
            assert (await reader.read(12)) == b"HTTP/1.1 400"
            (line,) = lines.open
            line.look(line.since + LINGER + 1)
            await asyncio.sleep(0.05)
            assert not lines.open

    asyncio.run(scene())


def test_each_request_has_the_version_that_it_said() -> None:
    """Also when others came behind it before it was its turn."""

    async def parts(scope: Any, receive: Any, send: Any) -> None:
        await asyncio.sleep(0.05)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"abc", "more_body": True})
        await send({"type": "http.response.body", "body": b"def"})

    served = Served(parts)
    answer = said(f"GET /a HTTP/1.1\r\n{PLAIN}GET /b HTTP/1.0\r\nHost: x\r\n\r\n", served=served)
    assert [scope["http_version"] for scope in served.asked] == ["1.1", "1.0"]
    assert answer.count(b"transfer-encoding: chunked") == 1
    assert answer.endswith(b"abcdef")
