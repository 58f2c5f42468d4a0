"""What the garbage collector of the serving process looks at."""

from __future__ import annotations

import asyncio
import gc
import shutil
import weakref
from collections.abc import Iterator
from pathlib import Path

import pytest

from gbvkg import release
from gbvkg.config import ServeSettings
from gbvkg.web.collecting import THRESHOLDS, settle
from gbvkg.web.current import Current
from tests.small_project import make


@pytest.fixture(autouse=True)
def _as_it_was() -> Iterator[None]:
    """The collector of this process as the other tests have it."""
    thresholds = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*thresholds)


class Ring:
    """An object that only the collector takes away."""

    def __init__(self) -> None:
        self.me = self


def test_what_is_set_aside_is_collected_the_next_time() -> None:
    """The collector does not look at what was there; what went of it is gone after the next time."""
    ring = Ring()
    settle()
    assert gc.get_freeze_count() > 1000
    assert gc.get_threshold() == THRESHOLDS
    held = weakref.ref(ring)
    del ring
    gc.collect()
    assert held() is not None
    settle()
    assert held() is None


def test_a_release_that_was_replaced_leaves_memory(tmp_path: Path) -> None:
    """Set aside when it was opened, it goes when another has taken its place."""
    out = tmp_path / "releases"

    def publish(version: str) -> None:
        shutil.rmtree(tmp_path / "p", ignore_errors=True)
        release.publish(make(tmp_path / "p", version=version), out)

    async def scene() -> None:
        settings = ServeSettings(access_log=False, poll_seconds=0.05)
        current = Current(out, settings)
        calls = []

        def settled() -> None:
            settle()
            calls.append(current.site.version)

        current.settled = settled
        await current.start()
        old = weakref.ref(current.site)
        await asyncio.to_thread(publish, "2026.2")
        async with asyncio.timeout(30):
            while len(calls) < 2:
                await asyncio.sleep(0.05)
        assert calls == ["2026.1", "2026.2"]
        assert old() is None
        await current.stop()

    publish("2026.1")
    asyncio.run(scene())
