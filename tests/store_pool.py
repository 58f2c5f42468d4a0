"""A pool over a release, as the tests of gbvkg.store open it, and a look at its processes."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from gbvkg.store import Answer, Ask, Limits, Pool

LIMITS = Limits(seconds=1.0, memory=300_000_000, result=5_000_000)

POINT = Ask("ASK { ?s ?p ?o }", "json")

ENDLESS = Ask("SELECT (COUNT(*) AS ?n) {" + " . ".join(f"?s{i} ?p{i} ?o{i}" for i in range(6)) + "}", "json")


@asynccontextmanager
async def opened(
    release: Path, workers: int = 1, limits: Limits = LIMITS, queue: int = 8
) -> AsyncIterator[Pool]:
    """A pool with small limits, closed afterwards."""
    pool = await Pool.open(release, workers=workers, limits=limits, queue=queue)
    try:
        yield pool
    finally:
        await pool.close()


def answered(release: Path, *asks: Ask, limits: Limits = LIMITS) -> list[Answer]:
    """The answers of a pool of one worker."""

    async def run() -> list[Answer]:
        async with opened(release, limits=limits) as pool:
            return [await pool.ask(ask) for ask in asks]

    return asyncio.run(run())


def zygote_of(pool: Pool) -> int:
    """The process that forks the workers of ``pool``."""
    assert pool.zygote is not None
    return pool.zygote


def children(process: int) -> dict[int, str]:
    """The children of a process, each with its state: R running, S sleeping, Z dead and not reaped …"""
    try:
        numbers = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    except OSError:
        return {}
    return {int(number): state(int(number)) for number in numbers}


def state(process: int) -> str:
    """The state of a process, "" when there is none."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return ""


def gone(*processes: int) -> bool:
    """Whether none of them runs; one that its last parent, init, has still to reap is gone too."""
    return all(state(process) in ("", "Z") for process in processes)


def eventually(true: Callable[[], bool], seconds: float = 2.0) -> bool:
    """Whether ``true`` comes true in time."""
    until = time.monotonic() + seconds
    while not true() and time.monotonic() < until:
        time.sleep(0.01)
    return true()


def resident(process: int | None = None) -> int:
    """Bytes of memory that a process holds; this one if None."""
    pages = Path(f"/proc/{process or 'self'}/statm").read_text().split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE")
