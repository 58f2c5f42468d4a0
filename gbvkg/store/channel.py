"""The server's end of one worker: one question at a time out, its whole answer back.

Nothing here waits: the event loop calls when there is something to read. This module refuses to read an
answer that is longer than was allowed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from socket import socket

from gbvkg.store import frames, outcomes
from gbvkg.store.frames import Outcome, Reply
from gbvkg.store.question import Answer, Limits
from gbvkg.store.spool import BLOCK, IN_MEMORY, Allowance, Spool
from gbvkg.store.waiting import Asker, Turn

_DETAILS = 1 << 20
"""Bytes that a reply without an answer may have."""

_LATER = 5
"""Seconds. When there is no room for a big answer, others are on their way."""


class Job:
    """One question, waiting or under way; ``answer`` is done when it is answered, failed or cancelled."""

    __slots__ = ("answer", "asker", "channel", "frame", "limits", "turn", "until")

    def __init__(
        self, frame: bytes, limits: Limits, answer: asyncio.Future[Answer], turn: Turn, asker: Asker
    ) -> None:
        self.frame = frame
        self.limits = limits
        self.answer = answer
        self.turn = turn
        self.asker = asker
        self.channel: Channel | None = None
        self.until = 0.0

    def fail(self, error: Exception) -> None:
        if not self.answer.done():
            self.answer.set_exception(error)


class Channel:
    """``done`` is called with the channel after each answer, ``broken`` when it will give none any more,
    ``late`` when its deadline is over.
    """

    def __init__(
        self,
        number: int,
        stream: socket,
        allowance: Allowance,
        *,
        done: Callable[[Channel, Reply], None],
        broken: Callable[[Channel], None],
        late: Callable[[Channel], None],
    ) -> None:
        self.number = number
        self.job: Job | None = None
        self.has_served = False
        stream.setblocking(False)
        self._stream = stream
        self._number = stream.fileno()
        self._allowance = allowance
        self._done, self._broken, self._late = done, broken, late
        self._loop = asyncio.get_running_loop()
        self._deadline = 0.0
        self._alarm: asyncio.TimerHandle | None = None
        self._unsent = b""
        self._head: Reply | None = None
        self._start = b""
        self._body: bytearray | Spool | None = None
        self._got = 0
        self._loop.add_reader(self._number, self._readable)

    def run(self, job: Job) -> None:
        """Send a question to the worker, which must be free."""
        self.job = job
        job.channel = self
        job.asker.running += 1
        self._watch(self._loop.time() + job.limits.seconds)
        try:
            sent = self._stream.send(job.frame)
        except BlockingIOError:
            sent = 0
        except OSError:
            return  # it died; its end of file follows
        if sent < len(job.frame):
            self._unsent = job.frame[sent:]
            self._loop.add_writer(self._number, self._writable)

    def close(self) -> None:
        """Let go of the line; nothing is called any more."""
        if self._stream.fileno() < 0:
            return
        self._loop.remove_reader(self._number)
        self._loop.remove_writer(self._number)
        self._stream.close()
        if self.job is not None:
            self.job.asker.done(self.job.limits.seconds)  # as if it took all that it may
        if self._alarm is not None:
            self._alarm.cancel()
        if isinstance(self._body, Spool):
            self._body.close()
        self._body = None

    def _watch(self, deadline: float) -> None:
        """One timer lasts for many questions: it is only set anew when it would ring too late."""
        self._deadline = deadline
        if self._alarm is None or self._alarm.when() > deadline:
            if self._alarm is not None:
                self._alarm.cancel()
            self._alarm = self._loop.call_at(deadline, self._rings)

    def _rings(self) -> None:
        self._alarm = None
        if self.job is None:
            return
        if self._loop.time() >= self._deadline:
            self._late(self)
        else:
            self._alarm = self._loop.call_at(self._deadline, self._rings)

    def _writable(self) -> None:
        try:
            self._unsent = self._unsent[self._stream.send(self._unsent) :]
        except BlockingIOError:
            return
        except OSError:
            self._unsent = b""
        if not self._unsent:
            self._loop.remove_writer(self._number)

    def _readable(self) -> None:
        try:
            data = self._stream.recv(BLOCK)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data or self.job is None:  # an idle worker has nothing to say
            self._broken(self)
            return
        try:
            self._take(data)
        except ValueError:
            self.job.fail(outcomes.lost())
            self._broken(self)
        except OSError:  # no room to keep it
            self.job.fail(outcomes.busy(_LATER))
            self._broken(self)

    def _take(self, data: bytes) -> None:
        if self._head is None:
            data = self._start + data
            if len(data) < frames.REPLY.size:
                self._start = data
                return
            self._start = b""
            head = frames.read_reply_head(data)
            self._measure(head)
            if len(data) == frames.REPLY.size + head.length:  # the common case: all in one piece
                self._finish(head, data[frames.REPLY.size :])
                return
            self._expect(head)
            data = data[frames.REPLY.size :]
        self._append(data)

    def _measure(self, head: Reply) -> None:
        assert self.job is not None
        if head.length > (self.job.limits.result if head.outcome is Outcome.ANSWER else _DETAILS):
            raise ValueError(head.length)

    def _expect(self, head: Reply) -> None:
        assert self.job is not None
        self._head, self._got = head, 0
        if head.length <= IN_MEMORY:
            self._body = bytearray()
        elif self._allowance.take(head.length):
            self._body = Spool(self._allowance, head.length)
        else:
            self.job.fail(outcomes.busy(_LATER))
            raise ValueError(head.length)

    def _append(self, data: bytes) -> None:
        head, body = self._head, self._body
        assert head is not None
        self._got += len(data)
        if self._got > head.length:
            raise ValueError(self._got)
        if isinstance(body, Spool):
            body.write(data)
        elif body is not None:
            body += data
        if self._got == head.length:
            self._head = self._body = None
            assert body is not None
            self._finish(head, bytes(body) if isinstance(body, bytearray) else body)

    def _finish(self, head: Reply, body: bytes | Spool) -> None:
        job = self.job
        assert job is not None
        if head.outcome is not Outcome.ANSWER:
            assert isinstance(body, bytes)  # no details are as long as a spool
            job.fail(outcomes.error_of(head, frames.details(body), job.limits))
        elif not job.answer.done():
            job.answer.set_result(Answer(head.form, body, head.seconds))
        elif isinstance(body, Spool):
            body.close()
        self.job = None
        job.asker.done(head.seconds)
        self.has_served = True
        self._done(self, head)
