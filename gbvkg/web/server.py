"""The process that serves: HTTP/1.1 to ``Service``, on one event loop, until SIGTERM or Ctrl-C.

One process is enough, because it only hands out answers; the work is in the workers of the pool. A release
that cannot be served is an error before the first connection is accepted. This module refuses to be a proxy:
TLS and compression are for what stands in front.
"""

from __future__ import annotations

import asyncio
import os
import resource
import signal
import socket
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from gbvkg.config import ServeSettings
from gbvkg.errors import BackEndUnavailable
from gbvkg.web.collecting import settle
from gbvkg.web.connection import SYSTEM, Connection, Lines, Pace
from gbvkg.web.logs import to_standard_error
from gbvkg.web.service import Service

HEADER_SECONDS = 10
"""How long the head of a request may take to arrive."""

IDLE_SECONDS = 75
"""How long a connection may say nothing between requests: longer than a proxy keeps one for later."""

GRACE_SECONDS = 10
"""How long requests under way may go on once the service is to stop."""

BACKLOG, AT_ONCE = 1024, 2048
"""Connections that may wait to be accepted, and that are open at the same time."""


def run(releases: Path, settings: ServeSettings, announce: Callable[[str, str], None]) -> None:
    """Serve the releases of a folder until SIGTERM or SIGINT; ``announce`` is told the address and the
    version, once it answers.

    Raises ReleaseNotFound, ReleaseCorrupt, BackEndUnavailable (the address is taken).
    """
    to_standard_error()
    raise_file_limit()
    with asyncio.Runner(loop_factory=_loop()) as runner:
        runner.run(_serve(releases, settings, announce))


def raise_file_limit() -> None:
    """Let this process have as many open files as the system lets it (getrlimit(2), RLIMIT_NOFILE): each
    connection, worker and big answer is one, and the usual soft limit of 1024 is less than ``AT_ONCE``.
    """
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(OSError, ValueError):  # where the system says no, the limit stays as it is
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _loop() -> Callable[[], asyncio.AbstractEventLoop] | None:
    with suppress(ImportError):
        import uvloop

        return uvloop.new_event_loop
    return None


async def _serve(releases: Path, settings: ServeSettings, announce: Callable[[str, str], None]) -> None:
    service = Service(releases, settings)
    lines = Lines(service, Pace(HEADER_SECONDS, IDLE_SECONDS, settings.send_seconds), AT_ONCE)
    async with await _bound(lines, settings) as server:  # before the release is opened, which takes longer
        try:
            service.current.settled = settle
            await service.current.start()
            await server.start_serving()
            announce(f"http://{_place(settings)}{settings.prefix}/", service.current.site.version)
            stopped = _stopped()
            await _until(stopped, lines)
            server.close()
            await _emptied(lines, stopped)
        finally:
            lines.abort()
            await service.current.stop()


async def _bound(lines: Lines, settings: ServeSettings) -> asyncio.Server:
    """A server at the address, not listening yet. Raises BackEndUnavailable when it cannot be had."""
    loop = asyncio.get_running_loop()
    host = settings.host.strip("[]")
    try:
        server = await loop.create_server(
            lambda: Connection(lines), host, settings.port, backlog=BACKLOG, start_serving=False
        )
        for listener in server.sockets:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SYSTEM)  # and so have those it accepts
        return server
    except OSError as error:
        where, why = _place(settings), os.strerror(error.errno) if error.errno else str(error)
        raise BackEndUnavailable(
            f"{where} is niet vrij ({why}); kies een andere poort met --port.",
            f"{where} is not free ({why}); choose another port with --port.",
        ) from None


def _stopped() -> asyncio.Event:
    """Set by SIGTERM and SIGINT."""
    loop, stopped = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    return stopped


async def _until(stopped: asyncio.Event, lines: Lines) -> None:
    """Wait, and do meanwhile what is due each second."""
    while not stopped.is_set():
        with suppress(TimeoutError):
            await asyncio.wait_for(stopped.wait(), 1)
        lines.tick()


async def _emptied(lines: Lines, stopped: asyncio.Event) -> None:
    """Let the requests under way be answered, for ``GRACE_SECONDS`` at most or until somebody says again
    that it is to stop.
    """
    lines.close()
    stopped.clear()
    for _ in range(GRACE_SECONDS * 20):
        if stopped.is_set() or not lines.open:
            return
        await asyncio.sleep(0.05)


def _place(settings: ServeSettings) -> str:
    """Host and port as an address has them: IPv6 in brackets (RFC 3986 §3.2.2)."""
    host = settings.host.strip("[]")
    return f"[{host}]:{settings.port}" if ":" in host else f"{host}:{settings.port}"


__all__ = ["run"]
