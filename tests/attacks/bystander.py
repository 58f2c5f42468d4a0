"""What holds whatever an attacker does: the same process answers the next query, and is no larger for it."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from serving import Served

SECONDS, MEMORY, RESULT = 1.5, 150, 2_000_000
"""Limits of the attacked service: deadline, MB for a query, bytes of an answer."""

SHORT = {
    "query_seconds": str(SECONDS),
    "query_memory": str(MEMORY),
    "result_bytes": str(RESULT),
    "body_seconds": "2",
    "budget_seconds": "1000000",
    "workers": "2",
}

GROWTH = 50_000_000
"""Bytes that the parent may grow by during an attack."""

POINT = "ASK { ?s ?p ?o }"


@contextmanager
def unharmed(served: Served) -> Iterator[None]:
    """Afterwards the same process runs, answers the next query and has not grown by ``GROWTH``."""
    served.sparql(POINT).raise_for_status()
    before = resident(served.process.pid)
    yield
    assert served.process.poll() is None, served.log.read_text()[-2000:]
    after = served.sparql(POINT)
    assert after.status_code == 200, after.text
    assert after.json()["boolean"] is True
    assert resident(served.process.pid) - before < GROWTH


def refused(answer: httpx.Response, *statuses: int) -> dict[str, Any]:
    """The problem that an answer is, in whole: never a 200, never cut, always with what to do.

    Fails when it is none, or when a 429 or 503 does not say when to come back.
    """
    assert answer.status_code in statuses, (answer.status_code, answer.text[:300])
    assert answer.headers["content-type"].startswith("application/problem+json")
    problem: dict[str, Any] = answer.json()
    assert problem["status"] == answer.status_code
    assert problem["detail"]
    assert problem["detail_en"]
    if answer.status_code in (429, 503):
        assert int(answer.headers["retry-after"]) >= 1
    return problem


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Fails when the block takes longer."""
    start = time.perf_counter()
    yield
    took = time.perf_counter() - start
    assert took < seconds, f"{took:.1f} s"


def resident(pid: int) -> int:
    """Bytes of memory that a process has in use; 0 when it is gone."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * 4096
    except (OSError, IndexError):
        return 0


def family(pid: int) -> list[int]:
    """A process and all that came of it."""
    found = [pid]
    for one in found:
        for task in Path(f"/proc/{one}/task").glob("*/children"):
            try:
                found += [int(child) for child in task.read_text().split()]
            except OSError:
                continue  # it ended just now
    return found


def processor(pid: int) -> float:
    """Seconds of processor time that a process and what came of it, living or reaped, have used."""
    ticks = 0
    for one in family(pid):
        try:
            fields = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        ticks += sum(map(int, fields[11:15]))
    return ticks / 100


def said(served: Served, request: str | bytes, seconds: float = 10) -> bytes:
    """What the service sends back to these very bytes, until it hangs up or ``seconds`` have passed."""
    data = request if isinstance(request, bytes) else request.encode()
    got = b""
    with connected(served, seconds) as line:
        line.sendall(data)
        try:
            while part := line.recv(65536):
                got += part
        except (TimeoutError, ConnectionError):
            pass
    return got


def connected(served: Served, seconds: float = 10) -> socket.socket:
    """An open line to the service."""
    return socket.create_connection(("127.0.0.1", served.client.base_url.port or 80), timeout=seconds)


def status(reply: bytes) -> int:
    """The status of a raw reply; 0 for a line that was closed without one."""
    return int(reply.split(None, 2)[1]) if reply.startswith(b"HTTP/1.1 ") else 0
