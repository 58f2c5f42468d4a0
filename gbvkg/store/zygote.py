"""The process that workers are forked from: it has the release loaded, and nothing else to do.

It has one thread, so that a fork is sound; it leaves the network before it opens anything; and it alone
reaps, so that a number it kills is always its own child's. The server speaks to it over a socket of whole
messages; when that closes, it and all workers end. This module refuses to evaluate a query.
"""

from __future__ import annotations

import gc
import os
import select
import signal
import socket
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from struct import Struct
from typing import NoReturn

from gbvkg.store import sealing
from gbvkg.store.dataset import Dataset
from gbvkg.store.evaluation import evaluate
from gbvkg.store.question import Ask
from gbvkg.store.worker import work

ORDER = Struct("<cQ")
"""Server to zygote: FORK (with a socket) or KILL, and the number that the server gave the worker."""

NEWS = Struct("<cQi")
"""Zygote to server: READY or DIED, the worker's number, and how it ended: minus the signal, or the status."""

FORK, KILL, READY, DIED = b"f", b"k", b"r", b"d"

WALLS_NETWORK = 1
"""What READY carries: 1 when the network was left, else 0."""

_WARM = (
    Ask("SELECT * { GRAPH ?g { ?s ?p ?o } FILTER(STRLEN(STR(?s)) > 0) } LIMIT 1", "json"),
    Ask("ASK FROM <urn:x> {}", "xml"),
    Ask("SELECT * {} LIMIT 0", "csv"),
    Ask("CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o } LIMIT 1", "ttl"),
    Ask("DESCRIBE <urn:x> ?s { ?s ?p ?o } LIMIT 1", "jsonld", None, ("urn:x",), ("urn:x",)),
    Ask("no query", "json"),
    Ask("\ud800", "json"),
)
"""Evaluated once before the first fork: a sealed worker can import nothing any more."""


def main(arguments: list[str]) -> int:
    """``RELEASE memory|disk CONTROL PARENT``: serve forks till the socket CONTROL closes.

    PARENT is the process to die with, 0 when its thread may end before it does.
    """
    release, kind, control, parent = arguments
    left = sealing.leave_network()
    if int(parent):
        sealing.die_with(int(parent), signal.SIGTERM)
    sealing.limit_stack()
    dataset, opened = _prepared(Path(release), kind == "memory")
    for ask in _WARM:
        evaluate(dataset, ask, 1 << 20)
    gc.collect()
    gc.freeze()  # what is shared stays shared: no collector writes to its pages
    if len(os.listdir("/proc/self/task")) != 1:
        sys.stderr.write("gbvkg.store: more than one thread, so that a fork would not be sound\n")
        return 1
    with socket.socket(fileno=int(control)) as server:
        server.send(NEWS.pack(READY, 0, WALLS_NETWORK if left else 0))
        _Nursery(server, opened).tend()
    return 0


def _prepared(release: Path, in_memory: bool) -> tuple[Dataset, Callable[[], Dataset]]:
    """A dataset to warm up with, and what gives a worker its own."""
    if not in_memory:  # RocksDB has threads: only after the fork
        return Dataset.in_memory(), partial(Dataset.on_disk, release / "store")
    dataset = Dataset.in_memory(release / "dataset.nq")
    return dataset, lambda: dataset


class _Nursery:
    """The living workers by process number, and by the server's number for them."""

    def __init__(self, server: socket.socket, opened: Callable[[], Dataset]) -> None:
        self._server = server
        self._opened = opened
        self._numbers: dict[int, int] = {}
        self._processes: dict[int, int] = {}
        self._bell, ring = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        os.set_blocking(ring, False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGTERM, _end)
        signal.set_wakeup_fd(ring, warn_on_full_buffer=False)

    def tend(self) -> None:
        """Do what the server orders and tell it who died, until it is gone."""
        waiting = select.poll()
        waiting.register(self._server, select.POLLIN)
        waiting.register(self._bell, select.POLLIN)
        try:
            while True:
                ready = {number for number, _ in waiting.poll()}
                if self._bell in ready:
                    self._reap()
                if self._server.fileno() in ready:
                    self._obey()
        except (EOFError, OSError):
            for process in self._numbers:
                os.kill(process, signal.SIGKILL)
            for process in self._numbers:
                os.waitpid(process, 0)

    def _obey(self) -> None:
        message, files, *_ = socket.recv_fds(self._server, ORDER.size, 1)
        if not message:
            raise EOFError
        order, number = ORDER.unpack(message)
        if order == FORK:
            self._fork(number, socket.socket(fileno=files[0]))
        elif number in self._processes:
            os.kill(self._processes[number], signal.SIGKILL)

    def _fork(self, number: int, channel: socket.socket) -> None:
        zygote = os.getpid()
        with channel:
            try:
                process = os.fork()
            except OSError as error:
                self._tell(number, error.errno or 1)
                return
            if process == 0:
                _become_worker(channel, zygote, self._opened)
        self._numbers[process] = number
        self._processes[number] = process

    def _reap(self) -> None:
        try:
            while os.read(self._bell, 4096):
                continue
        except BlockingIOError:
            pass
        while self._numbers:
            process, status = os.waitpid(-1, os.WNOHANG)
            if process == 0:
                return
            number = self._numbers.pop(process)
            del self._processes[number]
            self._tell(number, os.waitstatus_to_exitcode(status))

    def _tell(self, number: int, code: int) -> None:
        self._server.send(NEWS.pack(DIED, number, code))


def _end(*_: object) -> NoReturn:
    raise EOFError


def _become_worker(channel: socket.socket, zygote: int, opened: Callable[[], Dataset]) -> NoReturn:
    try:
        work(channel, zygote, opened)
    finally:
        os._exit(1)
