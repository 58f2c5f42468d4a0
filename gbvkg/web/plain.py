"""A query that is asked plainly: ``GET /sparql?query=…`` for a table or a graph, and nothing else.

What programs ask most, answered in two steps, before and after a worker, without a task and messages in
between. What is not plain is left to the application, and so is telling what went wrong and sending what is
large: it gets what the worker said, and does the rest as always. This module refuses to decide anything in
another way than the application would; a test holds the two side by side.
"""

from __future__ import annotations

from asyncio import Future, get_running_loop
from time import perf_counter
from typing import TYPE_CHECKING, NamedTuple

from gbvkg.store import Answer, Ask
from gbvkg.web.budget import Ticket
from gbvkg.web.cache import LARGEST, Kept, Key
from gbvkg.web.charging import LOOP
from gbvkg.web.exchange import Deliver, Whole

if TYPE_CHECKING:
    from gbvkg.web.service import Service
    from gbvkg.web.site import Site

ASKED = "gbvkg.asked"
"""The key of an ASGI scope under which the ``Asked`` is that a worker has answered already."""

CLIENT_GONE = 499
"""In the log only: nobody got an answer."""


class Plain(NamedTuple):
    """What is asked; ``head`` has the status and all headers of an answer but its length."""

    ask: Ask
    head: bytes
    tag: bytes


class Asked:
    """A plain query with the workers, until it is delivered or the client hangs up."""

    __slots__ = (
        "_deliver",
        "_epoch",
        "_key",
        "_plain",
        "_service",
        "_start",
        "_ticket",
        "_took",
        "job",
        "site",
    )

    def __init__(
        self,
        service: Service,
        site: Site,
        plain: Plain,
        ticket: Ticket,
        key: Key,
        start: float,
        deliver: Deliver,
    ) -> None:
        """Raises PoolBusy and BackEndUnavailable when the workers do not take it."""
        self._start = start
        self.job = site.pool.submit(plain.ask, turn=ticket)
        self.site = site.__enter__()
        self._service, self._plain, self._ticket, self._key = service, plain, ticket, key
        self._deliver: Deliver | None = deliver
        self._epoch = site.cache.epoch
        self.job.answer.add_done_callback(self._answered)
        self._took = perf_counter() - self._start

    @property
    def answer(self) -> Future[Answer]:
        """What the workers said."""
        return self.job.answer

    def hang_up(self) -> None:
        """Nobody waits for the answer any more: the worker is freed."""
        self._deliver = None
        self.site.pool.abandon(self.job)
        self.job.answer.cancel()

    def end(self) -> None:
        """The site is not needed any more."""
        self.site.__exit__()

    def _answered(self, answer: Future[Answer]) -> None:
        start, deliver, ticket = perf_counter(), self._deliver, self._ticket
        if deliver is None:
            ticket.leave()
            self._service.tell_plain(self._key, start - self._start, CLIENT_GONE)
            self.end()
            return
        if answer.exception() is not None or not isinstance(body := answer.result().body, bytes):
            ticket.leave()
            deliver(None, {ASKED: self})
            get_running_loop().call_soon(self.end)  # by then the application uses the site, or never will
            return
        whole = Whole(b"%bcontent-length: %d\r\n" % (self._plain.head, len(body)), body)
        cache = self.site.cache
        if len(body) <= LARGEST and self._epoch == cache.epoch:
            cache.put(self._key, Kept(200, whole, self._plain.tag))
        now = perf_counter()
        self._service.tell_plain(self._key, now - self._start)
        ticket.seconds = answer.result().seconds + LOOP * (self._took + now - start)
        ticket.leave()
        self.end()
        deliver(whole, {})  # last, because it goes on to what is asked behind it
