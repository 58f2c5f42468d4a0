"""What a request costs: time of the workers, and time in which the serving process did nothing for others.

All clients share one event loop, so a second of it is dearer than a second of one worker among several. This
module refuses to know how much anybody may spend.
"""

from __future__ import annotations

from collections.abc import Awaitable, Generator
from contextvars import ContextVar
from dataclasses import dataclass
from time import perf_counter
from typing import Any

from gbvkg.store import OURS, Turn

LOOP = 4
"""What a second on the event loop counts for: who spends all that a client may has a quarter of the loop."""


@dataclass(slots=True)
class Charge:
    """Seconds of workers and of the event loop that one request took so far."""

    workers: float = 0.0
    loop: float = 0.0
    turn: Turn = OURS
    """On whose behalf the request asks."""

    @property
    def seconds(self) -> float:
        """What the client is charged."""
        return self.workers + LOOP * self.loop


class Asking:
    """One question on behalf of ``turn``, which takes time from when a worker takes it."""

    __slots__ = ("_began", "_turn", "name")

    def __init__(self, turn: Turn) -> None:
        self._turn = turn
        self._began: float | None = None
        self.name = turn.name

    def begin(self) -> None:
        self._turn.begin()
        self._began = perf_counter()

    @property
    def seconds(self) -> float:
        """Since a worker took it; 0 if none did."""
        return 0.0 if self._began is None else perf_counter() - self._began


charged: ContextVar[Charge | None] = ContextVar("charged", default=None)
"""Where the time of the request at hand is added up."""


class Timed:
    """An awaitable that adds to ``charge`` the time in which it, not what it waits for, holds the loop."""

    __slots__ = ("_charge", "_work")

    def __init__(self, work: Awaitable[Any], charge: Charge) -> None:
        self._work = work
        self._charge = charge

    def __await__(self) -> Generator[Any, Any, Any]:
        steps, charge = self._work.__await__(), self._charge
        began = perf_counter()
        try:
            waiting = next(steps)
            while True:
                charge.loop += perf_counter() - began
                try:
                    sent = yield waiting
                except BaseException as error:
                    began = perf_counter()
                    waiting = steps.throw(error)
                else:
                    began = perf_counter()
                    waiting = steps.send(sent)
        except StopIteration as end:
            return end.value
        finally:
            charge.loop += perf_counter() - began
