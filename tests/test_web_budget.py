"""gbvkg.web.budget: what each client may ask of the workers."""

from __future__ import annotations

import asyncio

import pytest

from gbvkg.errors import BudgetSpent
from gbvkg.web.budget import Budget


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_client_gets_its_seconds_per_window_and_no_more() -> None:
    """What was spent comes back after a window; the refusal says when."""

    async def scene() -> None:
        clock = Clock()
        budget = Budget(10, 60, 2, 5, clock=clock)
        async with budget.turn("a") as ticket:
            ticket.begin()
            clock.now += 11
        with pytest.raises(BudgetSpent) as refused:
            async with budget.turn("a"):
                pass
        assert 0 < refused.value.retry_after <= 60
        async with budget.turn("b"):
            pass
        clock.now += refused.value.retry_after + 1
        async with budget.turn("a"):
            pass

    asyncio.run(scene())


def test_a_ticket_may_say_what_it_cost() -> None:
    """Waiting for a worker is not the client's fault."""

    async def scene() -> None:
        clock = Clock()
        budget = Budget(10, 60, 2, 5, clock=clock)
        async with budget.turn("a") as ticket:
            ticket.begin()
            clock.now += 30
            ticket.seconds = 1.5
        assert budget.used("a") == 1.5

    asyncio.run(scene())


def test_what_waits_in_a_pool_takes_no_time() -> None:
    """A turn is charged from its first question on, and refused if others spent all meanwhile."""

    async def scene() -> None:
        clock = Clock()
        budget = Budget(10, 60, 3, 5, clock=clock)
        async with budget.turn("a") as waiting:
            clock.now += 9
            assert budget.used("a") == 0
            async with budget.turn("a") as running:
                running.begin()
                running.begin()
                clock.now += 11
                assert budget.used("a") == 11
                with pytest.raises(BudgetSpent):
                    waiting.begin()
        assert budget.used("a") == 11

    asyncio.run(scene())


def test_running_queries_count_while_they_run() -> None:
    """Many at once do not get past the budget."""

    async def scene() -> None:
        clock = Clock()
        budget = Budget(10, 60, 3, 5, clock=clock)
        async with budget.turn("a") as ticket:
            ticket.begin()
            clock.now += 11
            with pytest.raises(BudgetSpent):
                async with budget.turn("a"):
                    pass

    asyncio.run(scene())


def test_at_most_so_many_run_and_the_next_waits_its_turn() -> None:
    """First come, first served; one that hangs up leaves its place to the next."""

    async def scene() -> None:
        budget = Budget(100, 60, 1, 5)
        order: list[str] = []
        gate = asyncio.Event()

        async def ask(name: str) -> None:
            async with budget.turn("a"):
                order.append(name)
                await gate.wait()

        tasks = [asyncio.create_task(ask(name)) for name in "abc"]
        await asyncio.sleep(0)
        assert order == ["a"]
        tasks[1].cancel()
        await asyncio.sleep(0)
        gate.set()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert order == ["a", "c"]

    asyncio.run(scene())


def test_the_queue_of_a_client_is_bounded() -> None:
    """One client cannot make an endless line."""

    async def scene() -> None:
        budget = Budget(100, 60, 1, 1)
        gate = asyncio.Event()

        async def ask() -> None:
            async with budget.turn("a"):
                await gate.wait()

        tasks = [asyncio.create_task(ask()) for _ in range(3)]
        done, _ = await asyncio.wait(tasks, timeout=0.1)
        assert len(done) == 1
        assert isinstance(done.pop().exception(), BudgetSpent)
        gate.set()
        await asyncio.gather(*tasks, return_exceptions=True)

    asyncio.run(scene())


def test_a_turn_given_to_one_who_just_left_goes_to_the_next() -> None:
    """No place is lost between being woken and being cancelled."""

    async def scene() -> None:
        budget = Budget(100, 60, 1, 5)
        reached: list[str] = []
        first = asyncio.Event()

        async def ask(name: str, until: asyncio.Event | None = None) -> None:
            async with budget.turn("a"):
                reached.append(name)
                if until:
                    await until.wait()

        one = asyncio.create_task(ask("one", first))
        await asyncio.sleep(0)
        two = asyncio.create_task(ask("two"))
        three = asyncio.create_task(ask("three"))
        await asyncio.sleep(0)
        first.set()
        await one
        two.cancel()
        await asyncio.gather(two, return_exceptions=True)
        await asyncio.wait_for(three, 1)
        assert reached[-1] == "three"

    asyncio.run(scene())


def test_quiet_clients_are_forgotten() -> None:
    """The table of clients does not grow with every address that ever asked."""

    async def scene() -> None:
        clock = Clock()
        budget = Budget(10, 60, 2, 5, clock=clock)
        for number in range(3000):
            async with budget.turn(str(number)) as ticket:
                ticket.begin()
                clock.now += 0.1
        assert len(budget) < 2500

    asyncio.run(scene())


def test_nobody_waits_for_longer_than_the_patience() -> None:
    """Who is refused in time can try elsewhere; the one after it keeps its place in the line."""

    async def scene() -> None:
        budget = Budget(100, 60, 1, 5, patience=0.05)
        gate = asyncio.Event()

        async def ask() -> None:
            async with budget.turn("a"):
                await gate.wait()

        first = asyncio.create_task(ask())
        await asyncio.sleep(0)
        with pytest.raises(BudgetSpent):
            await ask()
        late = asyncio.create_task(ask())
        await asyncio.sleep(0.01)
        gate.set()
        await asyncio.gather(first, late)

    asyncio.run(scene())
