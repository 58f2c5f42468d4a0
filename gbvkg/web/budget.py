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


class Ticket:
    """One turn, on behalf of which questions are asked. ``seconds`` is what it is charged; None for what it
    took since the first question began.
    """

    __slots__ = ("_budget", "_client", "name", "seconds", "start")

    def __init__(self, budget: Budget, client: _Client) -> None:
        self._budget, self._client, self.name = budget, client, client.asker
        self.start: float | None = None
        self.seconds: float | None = None

    def begin(self) -> None:
        """It takes time from now on. Raises BudgetSpent when there is none left."""
        self._budget.begin(self._client, self)

    def leave(self) -> None:
        """The turn is over."""
        self._budget.leave(self._client, self)


@dataclass(slots=True)
class _Client:
    asker: str
    spent: deque[tuple[int, float]] = field(default_factory=deque)
    """(the second in which it was spent, how much), one entry per second, so that asking is quick."""
    total: float = 0.0
    entered: int = 0
    """Turns that are not over, of which ``begun`` take time, since moments that add up to ``starts``."""
    begun: int = 0
    starts: float = 0.0
    waiting: deque[asyncio.Future[None]] = field(default_factory=deque)


class Budget:
    """``seconds`` of processing per ``window`` seconds, ``at_once`` queries running and ``queue`` waiting,
    none for longer than ``patience`` seconds, per client. A pool knows a client by ``line`` and its name.
    """

    def __init__(
        self,
        seconds: float,
        window: float,
        at_once: int,
        queue: int,
        patience: float = math.inf,
        clock: Callable[[], float] = monotonic,
        line: str = "",
    ) -> None:
        self.seconds, self.window, self.at_once, self.queue = seconds, window, at_once, queue
        self.patience = patience
        self._clock = clock
        self._line = line
        self._clients: dict[str, _Client] = {}
        self._sweep_at = _MANY

    def __len__(self) -> int:
        return len(self._clients)

    def turn(self, name: str) -> Turn:
        """Wait for this client's turn, and charge it for the time that the block takes.

        Entering raises BudgetSpent when it has used its time, or has too many waiting.
        """
        return Turn(self, name)

    def admit(self, name: str) -> Ticket | None:
        """A turn, to be ended by its ``leave``; None for a client that has to wait or is refused."""
        client = self.client(name)
        if client.entered >= self.at_once or client.waiting or self._used(client) >= self.seconds:
            return None
        client.entered += 1
        return Ticket(self, client)

    async def enter(self, client: _Client) -> None:
        """See ``turn``."""
        self._check(client)
        if client.entered >= self.at_once or client.waiting:
            await self._wait(client)
            try:
                self._check(client)
            except BudgetSpent:
                self._wake(client)
                raise
        client.entered += 1

    def begin(self, client: _Client, ticket: Ticket) -> None:
        """See ``Ticket.begin``."""
        self._check(client)
        if ticket.start is None:
            ticket.start = self._clock()
            client.begun += 1
            client.starts += ticket.start

    def leave(self, client: _Client, ticket: Ticket) -> None:
        """End a turn, and give the next one."""
        client.entered -= 1
        now, took = self._clock(), 0.0
        if ticket.start is not None:
            took = now - ticket.start
            client.begun -= 1
            client.starts = client.starts - ticket.start if client.begun else 0.0
        self._charge(client, now, took if ticket.seconds is None else ticket.seconds)
        self._wake(client)

    def client(self, name: str) -> _Client:
        """What is known of a client; made for one that is new."""
        client = self._clients.get(name)
        if client is None:
            if len(self._clients) >= self._sweep_at:
                self._forget_quiet()
            client = self._clients[name] = _Client(f"{self._line} {name}")
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
        while client.waiting and client.entered < self.at_once:
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
        return client.total + client.begun * now - client.starts

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
        most = self.at_once + self.queue
        return BudgetSpent(
            f"U vraagt meer dan deze dienst per gebruiker kan geven: {self.seconds:g} seconden rekentijd per "
            f"{self.window:g} seconden en {most} vragen tegelijk, de wachtende inbegrepen. Probeer "
            f"opnieuw na {after} s, of download de release.",
            f"You ask for more than this service can give a user: {self.seconds:g} seconds of processing per "
            f"{self.window:g} seconds and {most} queries at a time, with those that wait. Try again "
            f"after {after} s, or download the release.",
            after,
        )

    def _forget_quiet(self) -> None:
        for name, client in list(self._clients.items()):
            if not client.entered and not client.waiting and not self._used(client):
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
        self._ticket = Ticket(budget, self._client)

    async def __aenter__(self) -> Ticket:
        await self._budget.enter(self._client)
        return self._ticket

    async def __aexit__(self, *_: object) -> None:
        self._budget.leave(self._client, self._ticket)
