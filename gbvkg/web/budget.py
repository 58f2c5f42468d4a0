"""What each client may ask of the workers: so much processing time per window, so many queries at once.

Time is charged while a query runs, not only when it is done, so that many at once do not get past it. This
module refuses to know how a client is recognised, and keeps nothing of one that has been quiet for a window.
"""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic

from gbvkg.errors import BudgetSpent

_MANY = 1000
"""From this many clients on, those that have been quiet are looked for and forgotten."""


@dataclass(slots=True)
class Ticket:
    """One turn. ``seconds`` is what it is charged; None for as long as it took."""

    start: float
    seconds: float | None = None


@dataclass(slots=True)
class _Client:
    spent: deque[tuple[int, float]] = field(default_factory=deque)
    """(the second in which it was spent, how much), one entry per second, so that asking is quick."""
    total: float = 0.0
    running: list[Ticket] = field(default_factory=list)
    waiting: deque[asyncio.Future[None]] = field(default_factory=deque)


class Budget:
    """``seconds`` of processing per ``window`` seconds, ``at_once`` queries running and ``queue`` waiting,
    none for longer than ``patience`` seconds, per client.
    """

    def __init__(
        self,
        seconds: float,
        window: float,
        at_once: int,
        queue: int,
        patience: float = math.inf,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self.seconds, self.window, self.at_once, self.queue = seconds, window, at_once, queue
        self.patience = patience
        self._clock = clock
        self._clients: dict[str, _Client] = {}
        self._sweep_at = _MANY

    def __len__(self) -> int:
        return len(self._clients)

    def turn(self, name: str) -> Turn:
        """Wait for this client's turn, and charge it for the time that the block takes.

        Entering raises BudgetSpent when it has used its time, or has too many waiting.
        """
        return Turn(self, name)

    async def enter(self, client: _Client) -> Ticket:
        """See ``turn``."""
        self._check(client)
        if len(client.running) >= self.at_once or client.waiting:
            await self._wait(client)
        ticket = Ticket(self._clock())
        client.running.append(ticket)
        try:
            self._check(client)
        except BudgetSpent:
            self.leave(client, ticket)
            raise
        return ticket

    def leave(self, client: _Client, ticket: Ticket) -> None:
        """End a turn, and give the next one."""
        client.running.remove(ticket)
        now = self._clock()
        self._charge(client, now, now - ticket.start if ticket.seconds is None else ticket.seconds)
        self._wake(client)

    def client(self, name: str) -> _Client:
        """What is known of a client; made for one that is new."""
        client = self._clients.get(name)
        if client is None:
            if len(self._clients) >= self._sweep_at:
                self._forget_quiet()
            client = self._clients[name] = _Client()
        return client

    def _charge(self, client: _Client, now: float, seconds: float) -> None:
        second = int(now)
        if client.spent and client.spent[-1][0] == second:
            client.spent[-1] = (second, client.spent[-1][1] + seconds)
        else:
            client.spent.append((second, seconds))
        client.total += seconds

    async def _wait(self, client: _Client) -> None:
        if len(client.waiting) >= self.queue:
            raise self._refusal(1)
        loop = asyncio.get_running_loop()
        turn: asyncio.Future[None] = loop.create_future()
        client.waiting.append(turn)
        until = None if math.isinf(self.patience) else loop.call_later(self.patience, self._give_up, turn)
        try:
            await turn
        except (BudgetSpent, asyncio.CancelledError):
            self._abandon(client, turn)
            raise
        finally:
            if until is not None:
                until.cancel()

    def _give_up(self, turn: asyncio.Future[None]) -> None:
        if not turn.done():
            turn.set_exception(self._refusal(1))

    def _abandon(self, client: _Client, turn: asyncio.Future[None]) -> None:
        if turn in client.waiting:
            client.waiting.remove(turn)
        else:
            self._wake(client)  # our turn had come: the next one's now

    def _wake(self, client: _Client) -> None:
        while client.waiting and len(client.running) < self.at_once:
            turn = client.waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return

    def used(self, name: str) -> float:
        """Seconds that a client has used in the last window, those of running queries included."""
        client = self._clients.get(name)
        return self._used(client) if client else 0.0

    def _used(self, client: _Client) -> float:
        now = self._clock()
        while client.spent and client.spent[0][0] <= now - self.window:
            client.total -= client.spent.popleft()[1]
        if not client.spent:
            client.total = 0.0  # no rounding errors are carried along
        return client.total + sum(now - ticket.start for ticket in client.running)

    def _check(self, client: _Client) -> None:
        over = self._used(client) - self.seconds
        if over < 0:
            return
        after = self.window
        for second, seconds in client.spent:
            over -= seconds
            if over < 0:
                after = second + self.window - self._clock()
                break
        raise self._refusal(max(1, math.ceil(after)))

    def _refusal(self, after: int) -> BudgetSpent:
        return BudgetSpent(
            f"U vraagt meer dan deze dienst per gebruiker kan geven: {self.seconds:g} seconden rekentijd per "
            f"{self.window:g} seconden en {self.queue} wachtende vragen. Probeer opnieuw na {after} s, of "
            "download de release.",
            f"You ask for more than this service can give a user: {self.seconds:g} seconds of processing per "
            f"{self.window:g} seconds and {self.queue} waiting queries. Try again after {after} s, or "
            "download the release.",
            after,
        )

    def _forget_quiet(self) -> None:
        for name, client in list(self._clients.items()):
            if not client.running and not client.waiting and not self._used(client):
                del self._clients[name]
        self._sweep_at = max(_MANY, 2 * len(self._clients))


class Turn:
    """The block of ``Budget.turn``. Written out, because every request that is not answered from what is kept
    passes here.
    """

    __slots__ = ("_budget", "_client", "_ticket")

    def __init__(self, budget: Budget, name: str) -> None:
        self._budget = budget
        self._client = budget.client(name)

    async def __aenter__(self) -> Ticket:
        self._ticket = await self._budget.enter(self._client)
        return self._ticket

    async def __aexit__(self, *_: object) -> None:
        self._budget.leave(self._client, self._ticket)
