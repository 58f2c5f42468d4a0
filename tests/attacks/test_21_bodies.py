"""Row 21: bodies without end and clients that never finish what they began."""

from __future__ import annotations

import selectors
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from bystander import SHORT, connected, resident, said, status, unharmed, within
from serving import Served, released, serving

from gbvkg.web.cache import LARGEST

HEAD = "POST /sparql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/sparql-query\r\n"
STALLED = 200
OTHER = "203.0.113.9"


@pytest.fixture(scope="module")
def proxied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A service behind a proxy on this machine, so that there is another client."""
    limits = SHORT | {"trusted_proxies": "127.0.0.0/8"}
    with serving(released(), tmp_path_factory.mktemp("bodies") / "log", **limits) as found:
        yield found


@pytest.mark.parametrize("how", ["with its length", "in chunks"])
def test_a_huge_body_is_refused_early(service: Served, how: str) -> None:
    """413 before a hundredth of 300 MB has been taken."""
    size, sent = 300_000_000, 0
    block = b"x" * 65536
    is_whole = how == "with its length"
    declared = f"Content-Length: {size}" if is_whole else "Transfer-Encoding: chunked"
    with unharmed(service), within(5), connected(service, 5) as line:
        line.sendall(f"{HEAD}{declared}\r\n\r\n".encode())
        reply = b""
        line.setblocking(False)
        end = time.monotonic() + 5
        while not reply and sent < size and time.monotonic() < end:
            try:
                reply = line.recv(4096)
            except BlockingIOError:
                try:
                    framed = block if is_whole else b"10000\r\n" + block + b"\r\n"
                    sent += line.send(framed)
                except BlockingIOError:
                    time.sleep(0.01)
            except ConnectionError:
                break
    assert sent < 10_000_000
    assert status(reply) == 413 or not reply


def test_a_body_that_says_what_it_is_not(service: Served) -> None:
    """Lengths that contradict each other are no request: nothing is smuggled behind one."""
    smuggled = "GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with unharmed(service):
        for declared in (
            "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "Content-Length: 3\r\nContent-Length: 100\r\n\r\nASK",
            "Content-Length: -1\r\n\r\n",
            "Transfer-Encoding: xchunked\r\n\r\n",
            "Content-Length: 3 \r\nTransfer-Encoding : chunked\r\n\r\nASK",
        ):
            reply = said(service, HEAD + declared + smuggled, 3)
            assert status(reply) in (0, 400, 408, 501), (declared, reply[:200])
            assert b"live\n" not in reply


@pytest.mark.parametrize(
    ("sent", "seconds"),
    [(HEAD + "Content-Length: 100\r\n\r\nASK", 6), (HEAD, 15)],
    ids=["bodies", "heads"],
)
def test_stalled_requests_are_closed_and_others_served(proxied: Served, sent: str, seconds: float) -> None:
    """200 connections that stop in the middle are all closed in time, and a page takes less than a second."""
    start = time.monotonic()
    lines = [connected(proxied) for _ in range(STALLED)]
    try:
        with unharmed(proxied):
            for line in lines:
                line.sendall(sent.encode())
            for _ in range(3):
                with within(1):
                    assert proxied.get("/", x_forwarded_for=OTHER).status_code == 200
                    assert proxied.sparql("ASK {}", x_forwarded_for=OTHER).status_code == 200
            assert _until_closed(lines, start + seconds) == 0
    finally:
        for line in lines:
            line.close()


def _until_closed(lines: list[socket.socket], end: float) -> int:
    """How many are still open when all are closed, or at ``end``."""
    with selectors.DefaultSelector() as selector:
        for line in lines:
            line.setblocking(False)
            selector.register(line, selectors.EVENT_READ)
        while selector.get_map() and time.monotonic() < end:
            for key, _ in selector.select(0.2):
                try:
                    data = key.fileobj.recv(4096)  # type: ignore[union-attr]
                except ConnectionError:
                    data = b""
                if not data:
                    selector.unregister(key.fileobj)
        return len(selector.get_map())


def test_idle_connections_cost_nothing(service: Served) -> None:
    """500 that say nothing at all: others are served."""
    lines = [connected(service) for _ in range(500)]
    try:
        with unharmed(service), within(1):
            assert service.get("/").status_code == 200
    finally:
        for line in lines:
            line.close()


def test_a_reader_that_stops_holds_nobody_up(service: Served) -> None:
    """Large answers that nobody reads to the end: others are served."""
    request = "GET /releases/2026.1/dataset.nq HTTP/1.1\r\nHost: localhost\r\n\r\n"
    lines = [connected(service) for _ in range(50)]
    try:
        with unharmed(service):
            for line in lines:
                line.sendall(request.encode())
            with within(1):
                assert service.get("/").status_code == 200
                assert service.sparql("ASK {}").status_code == 200
    finally:
        for line in lines:
            line.close()


def test_readers_that_stop_cost_little_memory(service: Served) -> None:
    """400 large files that nobody reads on, with no proxy in front."""
    request = b"GET /releases/2026.1/dataset.nq HTTP/1.1\r\nHost: localhost\r\n\r\n"
    before = resident(service.process.pid)
    lines = [connected(service) for _ in range(400)]
    try:
        for line in lines:
            line.sendall(request)
        time.sleep(5)
        assert resident(service.process.pid) - before < 400 * 450_000
    finally:
        for line in lines:
            line.close()


def test_a_kept_answer_that_nobody_reads_is_there_once(service: Served) -> None:
    """300 who ask for the same 800 kB, which costs no budget, and do not read it."""
    rows = quote("SELECT * { ?s ?p ?o } LIMIT 3000")
    asked = f"GET /sparql?query={rows} HTTP/1.1\r\nHost: localhost\r\nAccept: application/json\r\n\r\n"
    for _ in range(2):
        answer = service.get(f"/sparql?query={rows}", accept="application/json")
    assert 500_000 < len(answer.content) < LARGEST
    before = resident(service.process.pid)
    lines = []
    try:
        for _ in range(300):
            lines.append(line := socket.socket())
            line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            line.connect(("127.0.0.1", service.client.base_url.port))
            line.sendall(asked.encode())
        time.sleep(1)
        assert resident(service.process.pid) - before < 30_000_000
    finally:
        for line in lines:
            line.close()


@pytest.mark.parametrize(("length", "expected"), [(65_000, 404), (65_600, 414), (200_000, 431)])
def test_a_long_address_is_answered(service: Served, length: int, expected: int) -> None:
    """Up to what the service promises as what is asked, from there on as too long."""
    with connected(service) as line:
        line.sendall(f"GET /{'x' * (length - 1)} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        assert line.recv(12) == f"HTTP/1.1 {expected}".encode()


def test_who_does_not_read_a_large_answer_is_let_go(tmp_path: Path) -> None:
    """What is held for a reader that stopped is given back; the answer ends short of the length it has."""
    rows = quote("SELECT * { ?s ?p ?o . ?a ?b ?c } LIMIT 60000")
    asked = f"GET /sparql?query={rows} HTTP/1.1\r\nHost: localhost\r\nAccept: application/json\r\n\r\n"
    limits = SHORT | {"send_seconds": "1", "result_bytes": "40000000"}
    with serving(released(), tmp_path / "log", **limits) as served:
        with unharmed(served), connected(served, 10) as line:
            line.sendall(asked.encode())
            time.sleep(4)
            reply = b""
            while part := line.recv(1 << 20):
                reply += part
        head, _, body = reply.partition(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        assert 0 < len(body) < length


def test_parameters_without_end_are_refused(service: Served) -> None:
    """A page repeats its parameters in its links, so there are not thousands of them."""
    with unharmed(service), within(1):
        answer = service.get("/search?q=de&" + "&".join(f"a{n}=" for n in range(9000)))
        assert answer.status_code == 400
        assert service.get("/search?q=de&" + "&".join(f"a{n}=" for n in range(50))).status_code == 200
