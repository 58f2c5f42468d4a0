"""The process that serves: granian around ``Service``, on one event loop, stopped by SIGTERM or Ctrl-C.

One process is enough, because it only hands out answers; the work is in the workers of the pool. A release
that cannot be served is an error before the first connection is accepted. This module refuses to be a proxy:
TLS and compression are for what stands in front.
"""

from __future__ import annotations

import asyncio
import resource
import signal
import socket
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.server.embed import Server

from gbvkg.config import ServeSettings
from gbvkg.errors import BackEndUnavailable
from gbvkg.web.logs import to_standard_error
from gbvkg.web.service import Service

HEADER_SECONDS = 10
"""How long the head of a request may take to arrive."""

BUFFER = 1 << 17
"""Bytes of a request's head and of an answer on its way, for each connection: the longest address that is
answered, its headers, and no more, because a thousand readers may be slow at the same time.
"""

BACKLOG, AT_ONCE = 1024, 2048
"""Connections that may wait to be accepted, and requests at hand at the same time."""


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
    _check_free(settings)
    service = Service(releases, settings)
    await service.current.start()
    server: Any = Server(
        service,
        address=settings.host,
        port=settings.port,
        interface=Interfaces.ASGINL,
        http=HTTPModes.http1,
        websockets=False,
        backlog=BACKLOG,
        backpressure=AT_ONCE,
        http1_settings=HTTP1Settings(header_read_timeout=HEADER_SECONDS * 1000, max_buffer_size=BUFFER),
        log_enabled=False,
    )
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, server.stop)
    try:
        announce(f"http://{_place(settings)}{settings.prefix}/", service.current.site.version)
        await server.serve()
    finally:
        await service.current.stop()


def _place(settings: ServeSettings) -> str:
    """Host and port as an address has them: IPv6 in brackets (RFC 3986 §3.2.2)."""
    host = settings.host.strip("[]")
    return f"[{host}]:{settings.port}" if ":" in host else f"{host}:{settings.port}"


def _check_free(settings: ServeSettings) -> None:
    """Raises BackEndUnavailable when the address cannot be had: granian would only log it."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host.strip("[]"), settings.port))
        except OSError as error:
            where = _place(settings)
            raise BackEndUnavailable(
                f"{where} is niet vrij ({error.strerror}); kies een andere poort met --port.",
                f"{where} is not free ({error.strerror}); choose another port with --port.",
            ) from None


__all__ = ["run"]
