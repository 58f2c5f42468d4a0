"""What ``gbvkg diff`` says of two releases, for a page.

It runs in a process of its own, so that nobody waits for it but who asks, with a deadline and as much memory
as ``MEMORY``; one at a time, for whoever asks the same once, and what was found is kept. Of a long answer the
first lines are kept and the others counted. This module refuses to compare more than ``WAITING`` others wait
for.
"""

from __future__ import annotations

import asyncio
import os
import resource
import subprocess
import sys
import threading
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import IO

from gbvkg.errors import PoolBusy
from gbvkg.release.manifest import MANIFEST, sha256
from gbvkg.web.charging import Charge, charged

SECONDS = 60.0
"""That a comparison may take; two releases of a million statements each take 15 of a processor."""

MEMORY = 4_000_000_000
"""Bytes of address space of its process; the same two releases need 1.7 GB of memory."""

LINES = 1000
"""Lines of the answer that are kept."""

LONGEST = 2000
"""Characters of a line that are kept."""

KEPT, WAITING = 32, 4
"""Answers that are kept, and comparisons that are under way or waited for."""


@dataclass(frozen=True)
class Comparison:
    """The first line says how much changed; ``lines`` are the first of what did, ``more`` how many follow."""

    head: str
    lines: tuple[str, ...]
    more: int


class NotCompared(Exception):
    """There is no answer. ``is_too_much``: it would take longer or need more memory than is given."""

    def __init__(self, is_too_much: bool) -> None:
        super().__init__()
        self.is_too_much = is_too_much


_Key = tuple[str, str, str]
_kept: OrderedDict[_Key, Comparison] = OrderedDict()
_asked: dict[_Key, asyncio.Future[Comparison]] = {}
_turn = asyncio.Lock()


async def compared(old: Path, new: Path, lang: str) -> Comparison:
    """What changed from the release in one folder to that in another, in words.

    Raises NotCompared, and PoolBusy when enough wait already. Its time is charged to the request at hand.
    """
    marks = await asyncio.to_thread(lambda: [sha256(release / MANIFEST) for release in (old, new)])
    key = (marks[0], marks[1], lang)
    if key in _kept:
        _kept.move_to_end(key)
        return _kept[key]
    if key not in _asked:
        if len(_asked) >= WAITING:
            raise PoolBusy(
                "De dienst vergelijkt al andere releases; probeer het straks opnieuw.",
                "The service is comparing other releases already; try again soon.",
                int(SECONDS),
            )
        _asked[key] = asyncio.ensure_future(_found(key, old, new))
        _asked[key].add_done_callback(lambda done: _done(key, done))
    return await asyncio.shield(_asked[key])


def _done(key: _Key, task: asyncio.Future[Comparison]) -> None:
    del _asked[key]
    if not task.cancelled() and task.exception() is None:
        _kept[key] = task.result()
        if len(_kept) > KEPT:
            _kept.popitem(last=False)


async def _found(key: _Key, old: Path, new: Path) -> Comparison:
    charge = charged.get() or Charge()
    async with _turn:
        began = perf_counter()
        try:
            return await _apart(partial(_run, old, new, key[2]))
        finally:
            charge.workers += perf_counter() - began


async def _apart(work: Callable[[], Comparison]) -> Comparison:
    """What ``work`` returns or raises, done in a thread for which a service that ends does not wait."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[Comparison] = loop.create_future()

    def tell(result: Comparison | None, error: BaseException | None) -> None:
        if error is not None:
            done.set_exception(error)
        elif result is not None:
            done.set_result(result)

    def run() -> None:
        try:
            answer: tuple[Comparison | None, BaseException | None] = (work(), None)
        except BaseException as error:
            answer = (None, error)
        with suppress(RuntimeError):  # the service ended
            loop.call_soon_threadsafe(tell, *answer)

    threading.Thread(target=run, name="comparison", daemon=True).start()
    return await done


def _run(old: Path, new: Path, lang: str) -> Comparison:
    told = (sys.executable, "-P", "-s", "-m", "gbvkg", "--lang", lang, "diff", str(old), str(new))
    with subprocess.Popen(
        told, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        env=_environment(), cwd="/", start_new_session=True,
    ) as child:  # fmt: skip
        assert child.stdout is not None
        with suppress(ProcessLookupError):  # it is done already
            resource.prlimit(child.pid, resource.RLIMIT_AS, (MEMORY, MEMORY))
            most = max(1, int(SECONDS))  # also when the service ends meanwhile
            resource.prlimit(child.pid, resource.RLIMIT_CPU, (most, most))
        deadline = threading.Timer(SECONDS, child.kill)
        deadline.start()
        try:
            answer = _read(child.stdout)
        finally:
            deadline.cancel()
    if child.returncode == 0:
        return answer
    raise NotCompared(is_too_much=child.returncode < 0 or child.returncode == _FAULT)


_FAULT = 70
"""Exit code of gbvkg for what is no error of who asks, such as no memory (EX_SOFTWARE of sysexits)."""


def _environment() -> dict[str, str]:
    """Only what Python needs to find the same modules: the server's environment may hold secrets."""
    path = os.pathsep.join(os.path.abspath(entry) for entry in sys.path if entry)
    return {"PATH": os.defpath, "PYTHONPATH": path, "PYTHONUTF8": "1"}


def _read(stream: IO[bytes]) -> Comparison:
    head = stream.readline().decode().strip()
    lines: list[str] = []
    more = 0
    for line in stream:
        text = line.decode().rstrip("\n")
        if text and len(lines) < LINES:
            lines.append(text if len(text) <= LONGEST else f"{text[:LONGEST]} …")
        elif text:
            more += 1
    return Comparison(head, tuple(lines), more)
