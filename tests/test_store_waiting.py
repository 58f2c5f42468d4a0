"""gbvkg.store.waiting: who asks much waits for itself, and for nobody else."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from store_pool import ENDLESS, LIMITS, POINT

from gbvkg.errors import BudgetSpent, PoolBusy, QueryTimeout
from gbvkg.store import OURS, Ask, Limits, Pool
from gbvkg.store.channel import Job
from gbvkg.store.waiting import Waiting


class Somebody:
    """A turn that counts its beginnings, and may refuse them."""

    def __init__(self, name: str, *, refuses: bool = False) -> None:
        self.name = name
        self.refuses = refuses
        self.begun = 0

    def begin(self) -> None:
        self.begun += 1
        if self.refuses:
            raise BudgetSpent("Op.", "Spent.", 1)


def _job(lines: Waiting, name: str) -> Job:
    nobody_waits: Any = None
    return Job(name.encode(), Limits(), nobody_waits, Somebody(name), lines.asker(name))


def _taken(lines: Waiting, *, starts: bool = False) -> str:
    names = ""
    while (job := lines.take()) is not None:
        names += job.asker.name
        if starts:
            job.asker.running += 1
    return names


def test_lines_take_turns() -> None:
    """One question of each that waits, in the order in which they came, then the next of each."""
    lines = Waiting(each=10, at_once=9, slow=9)
    for name in "aaabbc":
        assert lines.add(_job(lines, name))
    assert len(lines) == len(list(lines)) == 6
    assert _taken(lines) == "abcaba"
    assert len(lines) == 0


def test_one_asker_has_so_many_workers() -> None:
    """The others go past; when one of its questions is done, its next has its turn. We have no such bound."""
    lines = Waiting(each=10, at_once=2, slow=2)
    first = [_job(lines, name) for name in "aaab"]
    for job in first:
        lines.add(job)
    assert _taken(lines, starts=True) == "aba"
    assert not lines.may_run(lines.asker("a"))
    first[0].asker.done(0.0)
    assert _taken(lines, starts=True) == "a"
    for _ in range(5):
        lines.add(_job(lines, ""))
    assert _taken(lines, starts=True) == ""
    assert lines.asker("").running == 5


def test_who_asks_what_is_slow_has_fewer_workers() -> None:
    """Until what it asks is quick again; one who was killed was slow."""
    lines = Waiting(each=50, at_once=4, slow=1)
    for _ in range(20):
        lines.add(_job(lines, "a"))
    asker = lines.asker("a")
    assert _taken(lines, starts=True) == "aaaa"
    asker.done(0.0001)
    assert lines.may_run(asker)
    asker.done(1.0)
    assert not lines.may_run(asker)
    asker.done(0.0001)
    asker.done(0.0001)
    assert _taken(lines, starts=True) == "a"
    for _ in range(30):
        asker.done(0.0001)
        asker.running += 1
    assert _taken(lines, starts=True) == "aaa"


def test_each_line_is_bounded_and_so_are_all() -> None:
    """A full line keeps nobody else out, until so many are full that all are."""
    lines = Waiting(each=2, at_once=1, slow=1)
    assert [lines.add(_job(lines, "a")) for _ in range(3)] == [True, True, False]
    accepted = sum(lines.add(_job(lines, str(n // 2))) for n in range(100))
    assert accepted + 2 == len(lines) == 16


def test_who_leaves_the_line_is_forgotten() -> None:
    """Nothing is kept of who has no question; one who left is not taken."""
    lines = Waiting(each=5, at_once=1, slow=1)
    one, other = _job(lines, "a"), _job(lines, "a")
    lines.add(one)
    lines.add(other)
    assert lines.remove(one)
    assert not lines.remove(one)
    assert lines.asker("a") is other.asker
    assert lines.remove(other)
    assert lines.asker("a") is not other.asker
    assert _taken(lines) == ""


def test_a_greedy_asker_leaves_workers_to_others(small_releases: Path) -> None:
    """With every question of one endless, another is answered at once, in the same pool."""

    async def run() -> None:
        pool = await Pool.open(small_releases / "2026.1", workers=2, limits=LIMITS, queue=20, at_once=1)
        try:
            greedy = Somebody("greedy")
            waiting = [asyncio.create_task(pool.ask(ENDLESS, turn=greedy)) for _ in range(4)]
            await asyncio.sleep(0.05)
            assert (pool.busy, pool.waiting, greedy.begun) == (1, 3, 1)
            for _ in range(20):
                answer = await asyncio.wait_for(pool.ask(POINT, turn=Somebody("other")), 0.5)
                assert answer.form == "ASK"
            found = await asyncio.gather(*waiting, return_exceptions=True)
            kinds = Counter(type(error) for error in found)
            assert kinds[QueryTimeout] >= 1
            assert set(kinds) <= {QueryTimeout, PoolBusy}
            assert (pool.busy, pool.waiting) == (0, 0)
        finally:
            await pool.close()

    asyncio.run(run())


def test_who_may_have_no_more_is_told_when_its_turn_comes(small_releases: Path) -> None:
    """No worker is asked, and the next in line is."""

    async def run() -> None:
        pool = await Pool.open(small_releases / "2026.1", workers=1, limits=LIMITS, queue=20)
        try:
            spent = Somebody("spent", refuses=True)
            with pytest.raises(BudgetSpent):
                await pool.ask(POINT, turn=spent)
            running = asyncio.create_task(pool.ask(ENDLESS, Limits(0.2)))
            await asyncio.sleep(0.02)
            refused = asyncio.create_task(pool.ask(POINT, turn=spent))
            behind = asyncio.create_task(pool.ask(POINT, turn=Somebody("behind")))
            await asyncio.sleep(0)
            assert (spent.begun, pool.waiting) == (1, 2)
            with pytest.raises(QueryTimeout):
                await running
            with pytest.raises(BudgetSpent):
                await refused
            assert (await behind).form == "ASK"
            assert spent.begun == 2
            assert (pool.busy, pool.waiting) == (0, 0)
        finally:
            await pool.close()

    asyncio.run(run())


def test_hanging_up_gives_the_next_of_the_same_asker_its_turn(small_releases: Path) -> None:
    """A slot that a killed worker held is given back once."""

    async def run() -> None:
        pool = await Pool.open(small_releases / "2026.1", workers=2, limits=LIMITS, queue=20, at_once=1)
        try:
            one = Somebody("one")
            for _ in range(5):
                task = asyncio.create_task(pool.ask(ENDLESS, turn=one))
                await asyncio.sleep(0.02)
                waiting = asyncio.create_task(pool.ask(Ask("ASK {}", "json"), turn=one))
                await asyncio.sleep(0)
                assert pool.waiting == 1
                task.cancel()
                assert (await asyncio.wait_for(waiting, 0.8)).form == "ASK"
            assert pool.ask(POINT, turn=OURS).close() is None
            assert (pool.busy, pool.waiting) == (0, 0)
        finally:
            await pool.close()

    asyncio.run(run())


def test_hanging_up_all_the_time_keeps_nobody_waiting(small_releases: Path) -> None:
    """A worker that was killed counts until it is gone, for the pool and for who asked: no more processes are
    started than there may be, and the others have their workers.
    """

    async def run() -> None:
        pool = await Pool.open(small_releases / "2026.1", workers=2, limits=LIMITS, queue=20, at_once=1)
        try:
            first = pool._numbers
            for _ in range(300):
                pool.abandon(pool.submit(ENDLESS, turn=Somebody("greedy")))
            assert (pool.alive, pool.busy, pool.waiting, pool._numbers) == (2, 0, 0, first)
            answer = await asyncio.wait_for(pool.ask(POINT, turn=Somebody("other")), 0.5)
            assert answer.form == "ASK"
            assert (await asyncio.wait_for(pool.ask(POINT, turn=Somebody("greedy")), 0.5)).form == "ASK"
            assert pool._numbers == first + 1
            assert not pool._waiting._askers
        finally:
            await pool.close()

    asyncio.run(run())
