"""A real service for tests: a release made once per test run, ``gbvkg serve`` in a process of its own, and a
canary that counts who knocks.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import gettempdir

import httpx

from benchmarks.servers import free_port, running
from gbvkg import release
from gbvkg.project import Project

GBVKG = (sys.executable, "-m", "gbvkg")


def released(project: Path | None = None) -> Path:
    """A releases folder with the release of a project (default: the real data), made once per test run.

    Nobody may change it. Runs in parallel wait for the one that makes it.
    """
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID") or f"alone-{os.getpid()}"
    name = project.name if project else "real"
    folder = Path(gettempdir()) / f"gbvkg-tests-{os.getuid()}" / f"{run}-{name}"
    folder.parent.mkdir(mode=0o700, exist_ok=True)
    with (folder.parent / f"{folder.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "current").exists():
            _clear_old(folder.parent)
            shutil.rmtree(folder, ignore_errors=True)
            release.publish(Project.open(project), folder)
    return folder


def _clear_old(folder: Path) -> None:
    """Remove what runs of more than an hour ago left behind."""
    for old in folder.glob("*"):
        if time.time() - old.stat().st_mtime > 3600:
            shutil.rmtree(old, ignore_errors=True) if old.is_dir() else old.unlink(missing_ok=True)


class Served:
    """A running service: ``url`` without slash at the end, ``process`` and a client that follows nothing."""

    def __init__(self, process: subprocess.Popen[bytes], url: str, log: Path) -> None:
        self.process = process
        self.url = url
        self.log = log
        self.client = httpx.Client(base_url=url, timeout=30, follow_redirects=False)

    def get(self, path: str, **headers: str) -> httpx.Response:
        return self.client.get(path, headers={k.replace("_", "-"): v for k, v in headers.items()})

    def sparql(self, query: str, **headers: str) -> httpx.Response:
        """POST the query; headers with underscores for hyphens."""
        given = {k.replace("_", "-"): v for k, v in headers.items()}
        kind = {"Content-Type": "application/sparql-query"}
        return self.client.post("/sparql", content=query.encode(), headers=kind | given)


@contextmanager
def serving(releases: Path, log: Path, *, command: Sequence[str] = GBVKG, **environ: str) -> Iterator[Served]:
    """``gbvkg serve`` over a releases folder until the block ends; ``environ`` are its ``GBVKG_`` settings,
    ``command`` is what starts gbvkg.

    Its standard error is in the file ``log``. Raises RuntimeError with that log when it does not start.
    """
    port = free_port()
    given = {f"GBVKG_{name.upper()}": value for name, value in environ.items()}
    url = f"http://127.0.0.1:{port}{given.get('GBVKG_PREFIX', '')}"
    told = [*command, "serve", "--port", str(port), "--out", str(releases)]
    with running(told, f"{url}/health/ready", given, log=log) as process:
        served = Served(process, url, log)
        try:
            yield served
        finally:
            served.client.close()


class Canary:
    """A server on loopback that only counts connections: nothing of ours may ever reach it."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self.hits = 0
        threading.Thread(target=self._listen, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/canary"

    def _listen(self) -> None:
        while True:
            try:
                knocker, _ = self._socket.accept()
            except OSError:
                return
            self.hits += 1
            knocker.close()

    def close(self) -> None:
        self._socket.close()


@contextmanager
def canary() -> Iterator[Canary]:
    bird = Canary()
    try:
        yield bird
    finally:
        bird.close()
