"""Server processes, for measuring and for tests."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx


def free_port() -> int:
    """A port of loopback that nobody listens at now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def running(
    command: Sequence[str],
    address: str,
    environ: Mapping[str, str] | None = None,
    *,
    log: Path = Path(os.devnull),
    seconds: float = 60,
    status: int = 200,
) -> Iterator[subprocess.Popen[bytes]]:
    """A server process that is ready, until the block ends: ``address`` answered with ``status`` before.

    What it says is in the file ``log``. Raises RuntimeError with that when it ends, or is not ready within
    ``seconds``; TimeoutExpired when it had to be killed because it did not end within 20 s of being asked.
    """
    with log.open("wb") as said:
        process = subprocess.Popen(command, stdout=said, stderr=said, env={**os.environ, **(environ or {})})
    try:
        _wait_until_ready(process, address, log, seconds, status)
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise


def _wait_until_ready(
    process: subprocess.Popen[bytes], address: str, log: Path, seconds: float, status: int
) -> None:
    end = time.monotonic() + seconds
    with httpx.Client(timeout=30) as client:
        while time.monotonic() < end:
            if process.poll() is not None:
                raise RuntimeError(f"{process.args!r} ended: {_read(log)}")
            try:
                if client.get(address).status_code == status:
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.05)
    raise RuntimeError(f"{address} does not get ready: {_read(log)}")


def _read(log: Path) -> str:
    return log.read_text("utf-8", "replace") if log.is_file() else ""
