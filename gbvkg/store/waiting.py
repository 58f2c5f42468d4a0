"""Whose question is next: each asker has a line of its own, and the lines take turns.

So who asks much waits for itself, and for nobody longer than one question each. This module refuses to know
what a worker is.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from gbvkg.store.channel import Job

_ASKERS = 8
"""So many askers with a full line fill the pool's."""


class Turn(Protocol):
    """On whose behalf is asked. ``name`` is the asker: "" for the service itself."""

    @property
    def name(self) -> str: ...

    def begin(self) -> None:
        """A worker is to take the question. May raise a GbvkgError, which is told instead of an answer."""


_QUICK = 0.002
"""Seconds. What takes less is over before it is worth a core to itself."""

_WEIGHT = 0.2
"""Of the last question in what one usually takes."""


class Asker:
    """``running`` counts the questions of one asker that workers have, ``waiting`` are the others; ``usual``
    is how many seconds one took lately.
    """

    __slots__ = ("_lines", "name", "running", "usual", "waiting")

    def __init__(self, name: str, lines: Waiting) -> None:
        self.name = name
        self.running = 0
        self.usual = 0.0
        self.waiting: deque[Job] = deque()
        self._lines = lines

    def done(self, seconds: float | None = None) -> None:
        """A worker is rid of a question, which took so long, if that is known."""
        self.running -= 1
        if seconds is not None:
            self.usual += _WEIGHT * (seconds - self.usual)
        self._lines.forget(self)


class Waiting:
    """The lines of a pool: ``each`` questions for one asker, of which ``at_once`` have a worker at most, and
    ``slow`` while they are slow: more of these than there are cores only take the caches from each other.
    """

    def __init__(self, each: int, at_once: int, slow: int) -> None:
        self._each, self._at_once, self._slow = each, at_once, slow
        self._askers: dict[str, Asker] = {}
        self._turns: deque[Asker] = deque()
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Job]:
        return (job for asker in self._turns for job in asker.waiting)

    def asker(self, name: str) -> Asker:
        """What is known of an asker while it has a question here."""
        found = self._askers.get(name)
        if found is None:
            found = self._askers[name] = Asker(name, self)
        return found

    def may_run(self, asker: Asker) -> bool:
        """Whether another worker may take a question of this asker."""
        most = self._at_once if asker.usual < _QUICK else self._slow
        return asker.running < most or not asker.name

    def add(self, job: Job) -> bool:
        """Put a question at the end of its line; False when the line is full."""
        asker = job.asker
        if len(asker.waiting) >= self._each or self._count >= _ASKERS * self._each:
            self.forget(asker)
            return False
        if not asker.waiting:
            self._turns.append(asker)
        asker.waiting.append(job)
        self._count += 1
        return True

    def take(self) -> Job | None:
        """The next question that a worker may have; None when there is none."""
        for _ in range(len(self._turns)):
            asker = self._turns.popleft()
            job = asker.waiting.popleft() if self.may_run(asker) else None
            if asker.waiting:
                self._turns.append(asker)
            if job is not None:
                self._count -= 1
                return job
        return None

    def remove(self, job: Job) -> bool:
        """Take a question out of its line; False when it is in none."""
        asker = job.asker
        try:
            asker.waiting.remove(job)
        except ValueError:
            return False
        self._count -= 1
        if not asker.waiting:
            self._turns.remove(asker)
            self.forget(asker)
        return True

    def forget(self, asker: Asker) -> None:
        """Nothing is kept of who has no question here."""
        if not asker.running and not asker.waiting:
            self._askers.pop(asker.name, None)
