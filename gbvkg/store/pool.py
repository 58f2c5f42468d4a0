"""``Pool``: questions in, whole answers or errors out, over worker processes that are killed when need be.

One event loop, no threads: a question is one frame to a free worker and one frame back. A deadline, a
cancelled task and a crash all end the same way: the worker is killed and another is forked at once. This
module refuses to let more than a bounded number of questions wait.
"""

from __future__ import annotations

import asyncio
import math
import os
from pathlib import Path

from gbvkg.errors import GbvkgError, QueryError
from gbvkg.store import frames, outcomes, zygote
from gbvkg.store.channel import Channel, Job
from gbvkg.store.frames import Reply
from gbvkg.store.nursery import Nursery
from gbvkg.store.question import Answer, Ask, Limits
from gbvkg.store.snapshot import Snapshot
from gbvkg.store.spool import Allowance
from gbvkg.store.waiting import Asker, Turn, Waiting

SPOOLED = 1_000_000_000
"""Bytes that all big answers together may take while they wait for their readers."""

_FIRST, _PATIENT = Ask("ASK {}", "json"), Limits(seconds=60.0)
"""Asked of each worker before a pool is open: then all have what they need."""

_SOONEST, _LATEST = 0.1, 5.0
"""Seconds between starts of a process that keeps ending."""

_RETRY = _LATEST / 10
"""Seconds until workers that could not be had are tried again."""

_PATIENCE = 1.25
"""Times what a query may take: so long may one wait, which is until those are gone that began just before it
and ran out of time.
"""

_LOOK = 0.1
"""Seconds between two looks at who waits for too long."""

_WEIGHT = 0.1
"""Of the last question in what a question usually takes."""


class _Ours:
    """The turn of the service itself."""

    name = ""

    def begin(self) -> None:
        """Whenever there is a worker."""


OURS = _Ours()


class Pool:
    """Workers over one release. Belongs to the event loop that opened it."""

    def __init__(self, snapshot: Snapshot, workers: int, limits: Limits, waiting: Waiting) -> None:
        """Use ``open``."""
        self.snapshot = snapshot
        self.limits = limits
        self.workers = workers
        self.has_network_wall = False
        self._loop = asyncio.get_running_loop()
        self._allowance = Allowance(SPOOLED)
        self._waiting = waiting
        self._idle: list[Channel] = []
        self._channels: dict[int, Channel] = {}
        self._dying: dict[int, Job] = {}
        self._dead: dict[int, int] = {}
        self._killed: dict[int, Asker] = {}
        self._numbers = 0
        self._usual = 0.0
        self._pause = _SOONEST
        self._closed = False
        self._missing: asyncio.TimerHandle | None = None
        self._looking: asyncio.TimerHandle | None = None
        self._ready: asyncio.Future[None] = self._loop.create_future()
        self._nursery: Nursery | None = None

    @classmethod
    async def open(
        cls,
        release: Path,
        *,
        workers: int | None = None,
        limits: Limits | None = None,
        queue: int = 64,
        at_once: int | None = None,
        slow: int | None = None,
    ) -> Pool:
        """A pool over a release that was verified just now; ``workers`` is the number of processors if None.
        Each asker may have ``at_once`` of them (all, if None), ``slow`` while its questions are slow (as
        many, if None), and ``queue`` questions waiting.

        Raises ReleaseCorrupt, and BackEndUnavailable when the processes do not start.
        """
        snapshot = await asyncio.to_thread(Snapshot.open, release)
        workers = workers or os.cpu_count() or 1
        at_once = at_once or workers
        pool = cls(snapshot, workers, limits or Limits(), Waiting(queue, at_once, slow or at_once))
        pool._start()
        try:
            await pool._ready
            await asyncio.gather(*(pool.ask(_FIRST, _PATIENT) for _ in range(pool.workers)))
        except QueryError as error:
            await pool.close()
            raise outcomes.not_started(None) from error
        except BaseException:
            await pool.close()
            raise
        return pool

    async def ask(self, ask: Ask, limits: Limits | None = None, turn: Turn = OURS) -> Answer:
        """The whole answer.

        Raises a QueryError that says why there is none, PoolBusy when too many wait or this one waited for a
        quarter longer than a query may take, BackEndUnavailable when the pool is closed, and what ``turn``
        raises. Cancelling kills the worker.
        """
        job = self.submit(ask, limits, turn)
        try:
            return await job.answer
        except asyncio.CancelledError:
            self.abandon(job)
            raise

    def submit(self, ask: Ask, limits: Limits | None = None, turn: Turn = OURS) -> Job:
        """Ask, without waiting: ``answer`` of what this gives has what ``ask`` gives or raises.

        Raises PoolBusy when too many wait, BackEndUnavailable when the pool is closed.
        """
        if self._closed:
            raise outcomes.closed()
        limits = limits or self.limits
        frame = frames.request(ask, limits)
        asker = self._waiting.asker(turn.name)
        job = Job(frame, limits, self._loop.create_future(), turn, asker)
        if self._idle and self._waiting.may_run(asker):
            self._begin(self._idle.pop(), job)
        else:
            self._wait(job)
        return job

    def abandon(self, job: Job) -> None:
        """Nobody wants this answer any more: the worker is killed that is at it."""
        if job.channel is not None and job.channel.job is job:
            self._kill(job.channel)
        else:
            self._waiting.remove(job)

    async def close(self) -> None:
        """End all processes; who still waits gets BackEndUnavailable. Returns when they are gone."""
        self._closed = True
        self._stop_retrying()
        self._fail_all(outcomes.closed())
        nursery, self._nursery = self._nursery, None
        if nursery is not None:
            nursery.close()
            await nursery.ended()

    @property
    def waiting(self) -> int:
        """How many questions wait for a worker."""
        return len(self._waiting)

    @property
    def zygote(self) -> int | None:
        """The number of the process that workers are forked from; None while there is none."""
        return self._nursery.pid if self._nursery is not None else None

    @property
    def busy(self) -> int:
        """How many workers are at work."""
        return sum(channel.job is not None for channel in self._channels.values())

    @property
    def alive(self) -> int:
        """How many workers there are, at work, free or just killed: fewer than ``workers`` while some could
        not be had.
        """
        return len(self._channels) + len(self._killed)

    def _wait(self, job: Job) -> None:
        job.until = self._loop.time() + _PATIENCE * job.limits.seconds
        if not self._waiting.add(job):
            raise outcomes.busy(self._patience())
        if self._looking is None:
            self._looking = self._loop.call_later(_LOOK, self._look)

    def _look(self) -> None:
        """Refuse who waits for too long: one timer for all."""
        now, patience = self._loop.time(), self._patience()
        for job in [job for job in self._waiting if job.until <= now]:
            self._waiting.remove(job)
            job.fail(outcomes.busy(patience))
        self._looking = self._loop.call_later(_LOOK, self._look) if self._waiting else None

    def _patience(self) -> int:
        """Whole seconds until those that wait will have been answered, as things go now."""
        return max(1, math.ceil(self._usual * len(self._waiting) / self.workers))

    def _start(self) -> None:
        if self._closed:
            return
        try:
            self._nursery = Nursery(self.snapshot, self._hear, self._restart)
        except OSError:  # no file can be opened, or no process started: as if it ended at once
            self._restart(None)

    def _hear(self, what: bytes, number: int, code: int) -> None:
        if what == zygote.READY:
            self._pause = _SOONEST
            self.has_network_wall = bool(code & zygote.WALLS_NETWORK)
            for _ in range(self.workers):
                self._grow()
            if not self._ready.done():
                self._ready.set_result(None)
            return
        if number in self._killed:
            self._bury(number)
        job = self._dying.pop(number, None)
        if job is not None:
            job.fail(outcomes.error_of_death(code, job.limits))
        elif (
            number in self._channels
        ):  # its last answer may be on the line still; the end of file comes after
            self._dead[number] = code

    def _bury(self, number: int) -> None:
        """A worker that was killed is gone: another may come in its place, and who asked it may ask another.

        Not before, else who asks and hangs up all the time has processes started faster than they end.
        """
        self._killed.pop(number).done()
        self._grow()
        self._go_on()

    def _restart(self, code: int | None) -> None:
        """The process that forks is gone, and its workers with it."""
        self._stop_retrying()
        for channel in list(self._channels.values()):
            channel.close()
            if channel.job is not None:
                channel.job.fail(outcomes.lost())
        self._channels.clear()
        self._idle.clear()
        for job in self._dying.values():
            job.fail(outcomes.lost())
        self._dying.clear()
        self._dead.clear()
        for asker in self._killed.values():
            asker.done()
        self._killed.clear()
        self._nursery = None
        if not self._ready.done():
            self._ready.set_exception(outcomes.not_started(code))
        else:
            self._loop.call_later(self._pause, self._start)
            self._pause = min(2 * self._pause, _LATEST)

    def _grow(self) -> None:
        """One worker more, which takes a question at once when one waits."""
        if self._nursery is None or self._closed or self.alive >= self.workers:
            return
        self._numbers += 1
        try:
            line = self._nursery.fork(self._numbers)
        except OSError:  # no file can be opened now; or that process is gone, and its end, on its way, helps
            self._grow_later()
            return
        channel = Channel(
            self._numbers, line, self._allowance, done=self._free, broken=self._crash, late=self._stop
        )
        self._channels[self._numbers] = channel
        self._employ(channel)

    def _grow_later(self) -> None:
        """One timer for all workers that are missing, however many."""
        if self._missing is None and not self._closed:
            self._missing = self._loop.call_later(_RETRY, self._fill)

    def _fill(self) -> None:
        self._missing = None
        while self._missing is None and self._nursery is not None and self.alive < self.workers:
            self._grow()

    def _stop_retrying(self) -> None:
        if self._missing is not None:
            self._missing.cancel()
            self._missing = None

    def _employ(self, channel: Channel) -> None:
        """Give a free worker its next question, if there is one."""
        self._idle.append(channel)
        self._go_on()

    def _go_on(self) -> None:
        while self._idle and (job := self._waiting.take()) is not None:
            self._begin(self._idle.pop(), job)

    def _begin(self, channel: Channel, job: Job) -> None:
        """Let a free worker answer, unless whoever asks may have no more."""
        try:
            job.turn.begin()
        except GbvkgError as error:
            job.fail(error)
            self._waiting.forget(job.asker)
        if job.answer.done():
            self._idle.append(channel)
        else:
            channel.run(job)

    def _free(self, channel: Channel, reply: Reply) -> None:
        self._usual += _WEIGHT * (reply.seconds - self._usual)
        if reply.last:
            self._lose(channel)
        else:
            self._employ(channel)

    def _crash(self, channel: Channel) -> None:
        """The line broke: what its process died of comes as news."""
        job, number = channel.job, channel.number
        code = self._dead.get(number)
        self._kill(channel)
        if job is None:
            return
        if code is None:
            self._dying[number] = job
        else:
            job.fail(outcomes.error_of_death(code, job.limits))

    def _stop(self, channel: Channel) -> None:
        job = channel.job
        self._kill(channel)
        if job is not None:
            job.fail(outcomes.timeout(job.limits))

    def _kill(self, channel: Channel) -> None:
        number, job = channel.number, channel.job
        if self._nursery is not None:
            self._nursery.kill(number)
            if job is not None and number not in self._dead:
                self._killed[number] = job.asker
                job.asker.running += 1  # until it is gone
        self._lose(channel)

    def _lose(self, channel: Channel) -> None:
        """Let go of a worker that will not answer any more, and have another in its place."""
        channel.close()
        self._channels.pop(channel.number, None)
        self._dead.pop(channel.number, None)
        if channel in self._idle:
            self._idle.remove(channel)
        if channel.has_served or channel.job is not None:
            self._grow()
        else:  # it cannot even start: do not try as fast as the machine can
            self._grow_later()
        self._go_on()  # whoever asked may have another worker now

    def _fail_all(self, error: GbvkgError) -> None:
        for job in list(self._waiting):
            self._waiting.remove(job)
            job.fail(error)
        if self._looking is not None:
            self._looking.cancel()
            self._looking = None
        for channel in self._channels.values():
            channel.close()
            if channel.job is not None:
                channel.job.fail(error)
        self._channels.clear()
        self._idle.clear()
        for job in self._dying.values():
            job.fail(error)
        self._dying.clear()
