"""gbvkg.web.charging: what a request costs."""

from __future__ import annotations

import asyncio
import time

import pytest

from gbvkg.web.charging import LOOP, Charge, Timed


def test_only_what_holds_the_loop_counts() -> None:
    """Waiting is free, however long; what is done before and after it is not."""

    async def work() -> str:
        time.sleep(0.02)
        await asyncio.sleep(0.2)
        time.sleep(0.02)
        return "done"

    async def scene() -> None:
        charge = Charge(workers=1.0)
        assert await Timed(work(), charge) == "done"
        assert 0.04 <= charge.loop < 0.15
        assert charge.seconds == 1.0 + LOOP * charge.loop

    asyncio.run(scene())


def test_an_error_and_a_hang_up_count_too() -> None:
    """And both come through as they are."""

    async def fails() -> None:
        await asyncio.sleep(0)
        time.sleep(0.02)
        raise ValueError("so")

    async def waits() -> None:
        try:
            await asyncio.sleep(10)
        finally:
            time.sleep(0.02)

    async def scene() -> None:
        charge = Charge()
        with pytest.raises(ValueError, match="so"):
            await Timed(fails(), charge)
        assert charge.loop >= 0.02
        charge = Charge()

        async def timed() -> None:
            await Timed(waits(), charge)

        task = asyncio.create_task(timed())
        await asyncio.sleep(0.1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert 0.02 <= charge.loop < 0.09

    asyncio.run(scene())


def test_a_timeout_inside_works_as_ever() -> None:
    """The task is the same one."""

    async def work() -> None:
        async with asyncio.timeout(0.05):
            await asyncio.sleep(10)

    async def scene() -> None:
        with pytest.raises(TimeoutError):
            await Timed(work(), Charge())

    asyncio.run(scene())
