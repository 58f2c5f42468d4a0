"""A worker: forked, sealed, then one query after the other until it is killed or its server goes away.

It holds an answer back until it is whole and sends its head first, so that a server knows at once whether
there is one and how long it is. This module refuses to send half an answer.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from socket import socket

from gbvkg.store import frames, sealing
from gbvkg.store.dataset import Dataset
from gbvkg.store.evaluation import Result, evaluate
from gbvkg.store.frames import Outcome

_GRACE = 5
"""Seconds of processor time beyond the deadline; the server kills on time, this is for when it cannot."""

_ENOUGH = 1.0
"""Seconds, much less than ``_GRACE``, for which one limit of processor time serves all questions."""

_NICE = 5
"""How far behind the server a worker stands (nice(2)): who only fetches waits for nobody's query."""

_PAGE = os.sysconf("SC_PAGE_SIZE")
_WORTH_A_LOOK = 0.05
"""Seconds. What took less cannot have grown much."""

_BLOCK = 1 << 16


def work(channel: socket, zygote: int, release: Callable[[], Dataset]) -> None:
    """Serve on ``channel`` till it closes; ``release`` gives the dataset. Never returns: the process ends."""
    try:
        _seal_off(channel, zygote)
        dataset = release()
        with open("/proc/self/statm", "rb", buffering=0) as statm:
            sealing.open_no_more()
            _Bench(dataset, channel, statm.fileno()).serve()
    except (OSError, EOFError):
        os._exit(0)  # the server is gone
    except BaseException:
        os._exit(1)


def _seal_off(channel: socket, zygote: int) -> None:
    for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
    signal.set_wakeup_fd(-1)
    sealing.die_with(zygote)
    sealing.close_all_but({channel.fileno()})
    sealing.offer_to_the_killer()
    _stand_back()
    sealing.leave_no_core()
    sealing.deny_system_calls()


def _stand_back() -> None:
    """Take no processor away from who has it when a question comes (sched(7), SCHED_BATCH): the server then
    does more of what waits before workers have their turn, and all of it costs a fifth less.
    """
    with suppress(OSError):  # a stricter system call filter than ours: then all of it is only slower
        os.nice(_NICE)
        os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))


class _Bench:
    """The dataset, where requests come in, and how much memory there was before the first."""

    def __init__(self, dataset: Dataset, channel: socket, statm: int) -> None:
        self._dataset = dataset
        self._channel = channel
        self._statm = statm
        self._base = self._size()
        self._memory = -1
        self._seconds = self._until = 0.0

    def serve(self) -> None:
        """One request after the other. Raises EOFError or OSError when there will be no more."""
        while True:
            data = self._receive(b"", frames.REQUEST.size)
            head = frames.read_request_head(data)
            data = self._receive(data, frames.REQUEST.size + head.options + head.text)
            question = frames.question(head, data)
            self._confine(head.seconds, head.memory)
            began = time.perf_counter()
            try:
                result = evaluate(self._dataset, question, head.result)
            except BaseException as error:  # a panic of the engine is no Exception, and leaves it unsound
                result = Result(Outcome.BROKEN, details={"message": str(error)})
            took = time.perf_counter() - began
            self._send(result, took, self._is_worn(result.outcome, took))

    def _confine(self, seconds: float, memory: int) -> None:
        if memory != self._memory:
            sealing.limit_memory(self._base + memory)
            self._memory = memory
        now = time.perf_counter()
        if seconds != self._seconds or now > self._until:  # not for each question anew
            self._seconds, self._until = seconds, now + _ENOUGH
            sealing.limit_processor(int(time.process_time() + seconds + _GRACE) + 1)

    def _is_worn(self, outcome: Outcome, took: float) -> bool:
        """Whether a fresh process should take over: this one is unsound, or keeps what a query took."""
        if outcome in (Outcome.MEMORY, Outcome.BROKEN):
            return True
        return took > _WORTH_A_LOOK and self._size() - self._base > self._memory // 4

    def _size(self) -> int:
        return int(os.pread(self._statm, 100, 0).split()[0]) * _PAGE

    def _receive(self, data: bytes, size: int) -> bytes:
        """``data`` and what comes after it, ``size`` bytes or more: a server sends one request at a time."""
        while len(data) < size:
            more = self._channel.recv(max(_BLOCK, size - len(data)))
            if not more:
                raise EOFError
            data += more
        return data

    def _send(self, result: Result, took: float, last: bool) -> None:
        parts = result.parts
        if result.outcome is not Outcome.ANSWER:
            parts = [frames.explained(result.details)]
        length = sum(map(len, parts))
        head = frames.reply_head(result.outcome, result.form, last, took, length)
        if length < _BLOCK:
            self._channel.sendall(b"".join((head, *parts)))
        else:
            self._channel.sendall(head)
            for part in parts:
                self._channel.sendall(part)
        if last:
            os._exit(0)
