"""The pool against real processes: queueing, cancelling, crashes, restarts, big answers, two releases."""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest
from store_pool import ENDLESS, LIMITS, POINT, answered, children, eventually, gone, opened, state, zygote_of

from gbvkg.errors import (
    BackEndUnavailable,
    PoolBusy,
    QueryError,
    QueryTimeout,
    ReleaseCorrupt,
    ResultTooLarge,
    WorkerLost,
)
from gbvkg.release.manifest import read_manifest
from gbvkg.store import Ask, Limits, Pool, Spool, pool, snapshot, zygote

NUMBERS = " ".join(map(str, range(100)))

ROWS = Ask(f"SELECT * {{ VALUES ?a {{ {NUMBERS} }} VALUES ?b {{ {NUMBERS} }} }}", "json")
"""An answer of more than 1 MB."""

TITLE = Ask(
    "PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>"
    ' SELECT ?title { <https://small.example/id/action/p/1> rdfs:label ?title FILTER(LANG(?title) = "nl") }',
    "csv",
)


def test_two_releases_are_served_side_by_side(small_releases: Path) -> None:
    """Nothing is shared between pools: each answers from its own release, ``current`` from where it led."""

    async def run() -> list[object]:
        async with opened(small_releases / "2026.1") as old, opened(small_releases / "current") as new:
            assert new.snapshot.path == (small_releases / "2026.2").resolve()
            answers = await asyncio.gather(*(p.ask(TITLE) for p in (old, new, old, new)))
            return [answer.body for answer in answers]

    old, new = b"title\r\nEerste actie\r\n", b"title\r\nNieuwe titel\r\n"
    assert asyncio.run(run()) == [old, new, old, new]


def test_many_at_once_all_get_their_own_answer(small_releases: Path) -> None:
    """Answers are never mixed up, also when more ask than there are workers."""

    async def run() -> None:
        async with opened(small_releases / "2026.1", workers=2, queue=500) as pool:
            asks = [Ask(f"SELECT ({n} AS ?n) {{}}", "csv") for n in range(500)]
            answers = await asyncio.gather(*map(pool.ask, asks))
            assert [answer.body for answer in answers] == [b"n\r\n%d\r\n" % n for n in range(500)]

    asyncio.run(run())


def test_the_queue_is_bounded(small_releases: Path) -> None:
    """One runs, one waits, the next is told when to come back; who waits is served in the end."""

    async def run() -> None:
        async with opened(small_releases / "2026.1", queue=1) as pool:
            running = asyncio.create_task(pool.ask(ENDLESS, Limits(0.5)))
            await asyncio.sleep(0.05)
            waiting = asyncio.create_task(pool.ask(POINT))
            await asyncio.sleep(0)
            assert (pool.busy, pool.waiting) == (1, 1)
            with pytest.raises(PoolBusy) as caught:
                await pool.ask(POINT)
            assert caught.value.retry_after >= 1
            assert caught.value.status == 503
            assert (await waiting).form == "ASK"
            with pytest.raises(QueryTimeout):
                await running

    asyncio.run(run())


def test_nobody_waits_longer_than_a_query_may_take(small_releases: Path) -> None:
    """A question that got no worker in its own time is refused, and leaves the queue."""

    async def run() -> None:
        async with opened(small_releases / "2026.1") as pool:
            running = asyncio.create_task(pool.ask(ENDLESS))
            await asyncio.sleep(0.05)
            began = time.monotonic()
            with pytest.raises(PoolBusy):
                await pool.ask(POINT, Limits(0.2))
            assert time.monotonic() - began < 0.5
            assert pool.waiting == 0
            with pytest.raises(QueryTimeout):
                await running

    asyncio.run(run())


def test_cancelling_frees_the_worker_at_once(small_releases: Path) -> None:
    """Who hangs up leaves nothing running: the worker is killed, another answers, nothing is left over."""

    async def run() -> None:
        async with opened(small_releases / "2026.1", limits=Limits(20.0)) as pool:
            (worker,) = children(zygote_of(pool))
            task = asyncio.create_task(pool.ask(ENDLESS))
            await asyncio.sleep(0.1)
            assert eventually(lambda: state(worker) == "R")
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            began = time.monotonic()
            await pool.ask(POINT)
            assert time.monotonic() - began < 0.5
            assert eventually(lambda: state(worker) == "")
            assert eventually(lambda: len(children(zygote_of(pool))) == 1)

    asyncio.run(run())


def test_cancelling_who_waits_leaves_the_worker_alone(small_releases: Path) -> None:
    """Only the one that hangs up goes; the query under way is answered."""

    async def run() -> None:
        async with opened(small_releases / "2026.1", limits=Limits(20.0)) as pool:
            before = children(zygote_of(pool)).keys()
            running = asyncio.create_task(pool.ask(ROWS))
            waiting = asyncio.create_task(pool.ask(POINT))
            await asyncio.sleep(0)
            waiting.cancel()
            assert (await running).form == "SELECT"
            assert waiting.cancelled()
            assert pool.waiting == 0
            assert children(zygote_of(pool)).keys() == before

    asyncio.run(run())


def test_a_timeout_does_not_wait_for_a_longer_one(small_releases: Path) -> None:
    """Each question has its own deadline, also right after one with a later deadline on the same worker."""

    async def run() -> None:
        async with opened(small_releases / "2026.1", limits=Limits(30.0)) as pool:
            await pool.ask(POINT)
            began = time.monotonic()
            with pytest.raises(QueryTimeout) as caught:
                await pool.ask(ENDLESS, Limits(0.25))
            assert 0.2 < time.monotonic() - began < 0.6
            assert "0.25 seconden" in caught.value.nl
            with pytest.raises(QueryTimeout):
                await pool.ask(ENDLESS, Limits(0.2))

    asyncio.run(run())


def test_a_worker_that_is_killed_is_replaced(small_releases: Path) -> None:
    """Idle or at work, by whomever: the next question is answered, and a question under way gets an error."""

    async def run() -> None:
        async with opened(small_releases / "2026.1", limits=Limits(20.0)) as pool:
            (idle,) = children(zygote_of(pool))
            os.kill(idle, signal.SIGKILL)
            await asyncio.sleep(0.1)
            await pool.ask(POINT)
            (busy,) = children(zygote_of(pool))
            assert busy != idle
            task = asyncio.create_task(pool.ask(ENDLESS))
            await asyncio.sleep(0.1)
            os.kill(busy, signal.SIGSEGV)
            with pytest.raises(WorkerLost):
                await task
            await pool.ask(POINT)

    asyncio.run(run())


def test_the_forking_process_is_started_anew(small_releases: Path) -> None:
    """When it dies, running questions fail, waiting ones are answered by the next, and no worker is left."""

    async def run() -> None:
        async with opened(small_releases / "2026.1", limits=Limits(20.0)) as pool:
            first = zygote_of(pool)
            (worker,) = children(first)
            running = asyncio.create_task(pool.ask(ENDLESS))
            waiting = asyncio.create_task(pool.ask(POINT))
            await asyncio.sleep(0.1)
            os.kill(first, signal.SIGKILL)
            with pytest.raises(WorkerLost):
                await running
            assert (await waiting).form == "ASK"
            assert zygote_of(pool) != first
            assert eventually(lambda: gone(first, worker))

    asyncio.run(run())


def test_closing_ends_every_process(small_releases: Path) -> None:
    """Also one that is at work; who asks then, or still waits, is told."""

    async def run() -> None:
        pool = await Pool.open(small_releases / "2026.1", workers=1, limits=Limits(20.0))
        processes = [zygote_of(pool), *children(zygote_of(pool))]
        running = asyncio.create_task(pool.ask(ENDLESS))
        waiting = asyncio.create_task(pool.ask(POINT))
        await asyncio.sleep(0.1)
        await pool.close()
        for task in (running, waiting):
            with pytest.raises(BackEndUnavailable):
                await task
        with pytest.raises(BackEndUnavailable):
            await pool.ask(POINT)
        assert eventually(lambda: not any(map(state, processes)), 0.2)

    asyncio.run(run())


SERVER = """
import asyncio, sys
from pathlib import Path
from gbvkg.store import Ask, Limits, Pool

async def main():
    pool = await Pool.open(Path(sys.argv[1]), workers=2, limits=Limits(60.0))
    task = asyncio.create_task(pool.ask(Ask(sys.argv[2], "json")))
    await asyncio.sleep(0.1)
    print(pool.zygote, flush=True)
    await task

asyncio.run(main())
"""


def test_no_orphans(small_releases: Path) -> None:
    """When the server is killed with a query under way, all its processes are gone in no time."""
    command = [sys.executable, "-c", SERVER, str(small_releases / "2026.1"), ENDLESS.text]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        process = int(server.stdout.readline())
        workers = children(process)
        assert len(workers) == 2
        assert "R" in workers.values()
        server.kill()
    assert eventually(lambda: gone(process, *workers))


@pytest.mark.slow
def test_a_worker_ends_also_when_its_server_hangs(small_releases: Path) -> None:
    """A server that is stopped cannot kill on time: then the limit of processor time does, seconds later."""
    script = SERVER.replace("Limits(60.0)", "Limits(0.5)")
    command = [sys.executable, "-c", script, str(small_releases / "2026.1"), ENDLESS.text]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        assert server.stdout is not None
        process = int(server.stdout.readline())
        try:
            workers = list(children(process))
            server.send_signal(signal.SIGSTOP)
            assert eventually(lambda: any(map(gone, workers)), 60)
        finally:
            server.kill()
    assert eventually(lambda: gone(process, *workers))


def test_a_pool_may_live_in_any_thread(small_releases: Path) -> None:
    """Its processes do not depend on the thread that started them, only on the server."""
    found: list[object] = []

    def serve() -> None:
        found.append(answered(small_releases / "2026.1", TITLE)[0].body)

    thread = threading.Thread(target=serve)
    thread.start()
    thread.join()
    assert found == [b"title\r\nEerste actie\r\n"]


def test_a_big_answer_is_a_spool(small_releases: Path) -> None:
    """It is whole, comes in chunks, can be read again and says how long it is."""
    (answer,) = answered(small_releases / "2026.1", ROWS)
    assert isinstance(answer.body, Spool)
    chunks = list(answer.body)
    assert max(map(len, chunks)) <= 65536
    body = b"".join(chunks)
    assert len(body) == len(answer.body) > 1 << 20
    assert len(json.loads(body)["results"]["bindings"]) == 10_000
    assert b"".join(answer.body) == body
    answer.body.close()


def test_spools_have_a_bound_together(small_releases: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While one is held there is no room for the next; closing or dropping it makes room."""
    monkeypatch.setattr(pool, "SPOOLED", 3_000_000)

    async def run() -> None:
        async with opened(small_releases / "2026.1") as pool:
            held = await pool.ask(ROWS)
            with pytest.raises(PoolBusy):
                await pool.ask(ROWS)
            assert isinstance(held.body, Spool)
            held.body.close()
            held.body.close()
            dropped = await pool.ask(ROWS)
            del dropped
            await pool.ask(ROWS)

    asyncio.run(run())


@pytest.mark.parametrize("ask", [POINT, ROWS])
def test_the_result_limit_is_exact(small_releases: Path, ask: Ask) -> None:
    """An answer of as many bytes as allowed is given whole, one byte more is refused: never a part."""
    (answer,) = answered(small_releases / "2026.1", ask)
    size = len(answer.body)

    async def run() -> None:
        async with opened(small_releases / "2026.1") as pool:
            whole = await pool.ask(ask, Limits(LIMITS.seconds, LIMITS.memory, size))
            assert len(whole.body) == size
            with pytest.raises(ResultTooLarge):
                await pool.ask(ask, Limits(LIMITS.seconds, LIMITS.memory, size - 1))

    asyncio.run(run())


def test_a_long_question_is_sent_whole(small_releases: Path) -> None:
    """Longer than a socket holds at once."""
    text = "ASK {}" + " " * 3_000_000
    (answer,) = answered(small_releases / "2026.1", Ask(text, "csv"))
    assert answer.body == b"true"


def test_a_worker_that_grew_is_replaced(small_releases: Path) -> None:
    """What a heavy query took is given back to the system; its answer comes all the same."""
    text = 'SELECT (STRLEN(?v23) AS ?n) { BIND("xxxxxxxxxxxxxxxx" AS ?v0) '
    text += "".join(f"BIND(CONCAT(?v{i}, ?v{i}) AS ?v{i + 1})" for i in range(23)) + "}"

    async def run() -> bytes | Spool:
        async with opened(small_releases / "2026.1", limits=Limits(20.0, 1_000_000_000)) as pool:
            answer = await pool.ask(Ask(text, "csv"))
            await pool.ask(POINT)
            assert len(children(zygote_of(pool))) == 1
            return answer.body

    assert asyncio.run(run()) == b"n\r\n134217728\r\n"


def test_a_release_from_disk(small_releases: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Above the size for memory, each worker opens the store itself; limits hold just the same."""
    rows = Ask("SELECT * { ?s ?p ?o } ORDER BY ?s ?p ?o", "csv")
    in_memory = answered(small_releases / "2026.1", rows, TITLE)
    monkeypatch.setattr(snapshot, "IN_MEMORY_BELOW", 0)
    from_disk = answered(small_releases / "2026.1", rows, TITLE)
    assert len(in_memory[0].body) > 10_000
    assert [answer.body for answer in from_disk] == [answer.body for answer in in_memory]

    async def run() -> None:
        async with opened(small_releases / "2026.1") as pool:
            with pytest.raises(QueryTimeout):
                await pool.ask(ENDLESS)
            await pool.ask(POINT)

    asyncio.run(run())


def test_a_damaged_release_is_not_opened(small_releases: Path, tmp_path: Path) -> None:
    """Whatever differs from the manifest: nothing is served from it, and no process is started."""
    copy = tmp_path / "2026.1"
    subprocess.run(["cp", "-r", small_releases / "2026.1", copy], check=True)
    with (copy / "dataset.nq").open("ab") as file:
        file.write(b"<urn:s> <urn:p> <urn:o> .\n")
    with pytest.raises(ReleaseCorrupt):
        asyncio.run(Pool.open(copy))


def test_a_process_that_does_not_start_is_an_error(
    small_releases: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Opening does not wait for ever."""
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(BackEndUnavailable):
        asyncio.run(Pool.open(small_releases / "2026.1"))


def test_a_worker_that_cannot_open_the_release_is_an_error(
    small_releases: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A store that goes between verifying and opening: the pool does not open, and no process is left."""
    copy = tmp_path / "2026.1"
    subprocess.run(["cp", "-r", small_releases / "2026.1", copy], check=True)
    (copy / "store" / "CURRENT").unlink()
    monkeypatch.setattr(snapshot, "IN_MEMORY_BELOW", 0)
    monkeypatch.setattr(snapshot, "verify", lambda path, contents: read_manifest(path))
    before = children(os.getpid())
    with pytest.raises(BackEndUnavailable):
        asyncio.run(Pool.open(copy, workers=2))
    assert children(os.getpid()).keys() <= before.keys()


def test_a_big_answer_without_room_is_refused(
    small_releases: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When no temporary file can be written: not a cut answer, not a wait until the deadline."""

    async def run() -> None:
        async with opened(small_releases / "2026.1") as pool:
            monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "not-there"))
            with pytest.raises(PoolBusy):
                await pool.ask(ROWS)
            await pool.ask(POINT)

    asyncio.run(run())


def test_a_storm_leaves_nothing_behind(small_releases: Path) -> None:
    """Bombs, cancelled tasks and good questions at once: the good are answered, and no process, timer, file
    descriptor or waiting question is left over.
    """
    chance = random.Random(7)

    async def one(pool: Pool, number: int) -> bytes | Spool | None:
        kind = chance.random()
        if kind < 0.1:
            with suppress(QueryError, PoolBusy):
                await pool.ask(ENDLESS, Limits(0.05))
        elif kind < 0.2:
            task = asyncio.create_task(pool.ask(ENDLESS))
            await asyncio.sleep(chance.random() / 50)
            task.cancel()
            with suppress(asyncio.CancelledError, PoolBusy):
                await task
        elif kind < 0.3:
            with suppress(QueryError, PoolBusy):
                await pool.ask(Ask("SELECT * " + "{" * 100_000, "csv"))
        else:
            answer = await pool.ask(Ask(f"SELECT ({number} AS ?n) {{}}", "csv"), Limits(30.0))
            assert answer.body == b"n\r\n%d\r\n" % number
            return answer.body
        return None

    async def run() -> None:
        async with opened(small_releases / "2026.1", workers=2, queue=1000, limits=Limits(30.0)) as pool:
            await pool.ask(POINT)
            descriptors = len(os.listdir("/proc/self/fd"))
            results = await asyncio.gather(*(one(pool, number) for number in range(150)))
            assert sum(result is not None for result in results) > 80
            await pool.ask(POINT)
            assert (pool.waiting, pool.busy) == (0, 0)
            assert len(os.listdir("/proc/self/fd")) == descriptors
            assert eventually(lambda: len(children(zygote_of(pool))) == 2)
            assert len(os.listdir(f"/proc/{pool.zygote}/fd")) < 12

    asyncio.run(run())


def test_a_question_costs_the_server_little(small_releases: Path) -> None:
    """At most 0.35 ms of the server's processor time, so that one process can hand on 2,500 a second."""

    async def run() -> float:
        async with opened(small_releases / "2026.1", workers=2) as pool:
            began = time.process_time()
            for _ in range(50):
                await asyncio.gather(*(pool.ask(TITLE) for _ in range(10)))
            return (time.process_time() - began) / 500

    assert asyncio.run(run()) < 0.00035


def test_the_forking_process_has_one_thread(small_releases: Path) -> None:
    """A fork of a process with more would not be sound: with another thread it refuses to serve."""
    script = (
        "import sys, threading, time\n"
        "threading.Thread(target=time.sleep, args=(5,), daemon=True).start()\n"
        "from gbvkg.store import zygote\n"
        "sys.exit(zygote.main(sys.argv[1:]))\n"
    )
    command = [sys.executable, "-c", script, str(small_releases / "2026.1"), "memory", "0", "0"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "thread" in done.stderr
    assert zygote.ORDER.size < 64


def test_the_time_is_the_workers(small_releases: Path) -> None:
    """``seconds`` is what the query took, not what it waited."""

    async def run() -> float:
        async with opened(small_releases / "2026.1") as pool:
            running = asyncio.create_task(pool.ask(ENDLESS, Limits(0.4)))
            answer = await pool.ask(POINT)
            with pytest.raises(QueryTimeout):
                await running
            return answer.seconds

    assert 0 < asyncio.run(run()) < 0.2


def in_a_child(script: str, *arguments: str) -> str:
    """What a process of its own prints that runs ``script`` after the imports that it needs."""
    script = (
        "import asyncio, os, resource, signal, sys, time\n"
        "from pathlib import Path\n"
        "from gbvkg.store import Ask, Limits, Pool\n"
        "from store_pool import POINT, children, opened\n" + script
    )
    path = os.pathsep.join((str(Path(__file__).parent), str(Path(__file__).parents[1])))
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", script, *arguments],
        capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": path}, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout


OUT_OF_FILES = """
def limit(number):
    resource.setrlimit(resource.RLIMIT_NOFILE, (number, hard))

async def until(true, seconds=10):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, true.__code__.co_firstlineno
        await asyncio.sleep(0.01)

async def main():
    async with opened(Path(sys.argv[1]), workers=3) as pool:
        first, *others = children(pool.zygote)
        assert pool.alive == pool.workers == 3
        tries, fork = [], pool._nursery.fork
        pool._nursery.fork = lambda number: (tries.append(number), fork(number))[1]
        limit(3)
        os.kill(first, signal.SIGKILL)
        await until(lambda: pool.alive == 2)
        await pool.ask(POINT)
        for worker in others:
            os.kill(worker, signal.SIGKILL)
        await until(lambda: pool.alive == 0)
        tries.clear()
        await asyncio.sleep(1.2)
        assert 1 <= len(tries) <= 3, tries
        limit(soft)
        await pool.ask(POINT, Limits(5.0))
        await until(lambda: pool.alive == len(children(pool.zygote)) == 3)
        await asyncio.gather(*(pool.ask(POINT) for _ in range(3)))
        assert pool._missing is None
        old = pool.zygote
        limit(3)
        os.kill(old, signal.SIGKILL)
        await until(lambda: pool.zygote is None)
        await asyncio.sleep(0.5)
        assert (pool.zygote, pool.alive) == (None, 0)
        limit(soft)
        await pool.ask(POINT, Limits(10.0))
        assert pool.zygote != old
        await until(lambda: pool.alive == 3)
        limit(3)
        pool._kill(next(iter(pool._channels.values())))
        pool._kill(next(iter(pool._channels.values())))
        timer = pool._missing
        await pool.close()
        assert timer.cancelled() and pool._missing is None
    limit(soft)
    print("well")

soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
asyncio.run(main())
"""


def test_no_worker_is_lost_for_ever_when_files_run_out(small_releases: Path) -> None:
    """Workers and the process that forks them come back when files can be opened again; meanwhile ``alive``
    says how many there are, and one timer tries for all.
    """
    assert in_a_child(OUT_OF_FILES, str(small_releases / "2026.1")) == "well\n"


def test_a_pool_that_can_open_no_file_says_so(small_releases: Path) -> None:
    """To open it is an error that the command knows, not one of the system."""
    script = (
        "from gbvkg.errors import BackEndUnavailable\n"
        "from gbvkg.store.snapshot import Snapshot\n"
        "soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)\n"
        "snapshot = Snapshot.open(Path(sys.argv[1]))\n"
        "Snapshot.open = classmethod(lambda cls, release: snapshot)\n"
        "async def main():\n"
        "    for free in (0, 2):\n"  # not even a socket pair; that, but no pipe to start a process with
        "        held = os.dup(0)\n"
        "        os.close(held)\n"
        "        await asyncio.to_thread(int)\n"
        "        resource.setrlimit(resource.RLIMIT_NOFILE, (held + free, hard))\n"
        "        try:\n"
        "            await Pool.open(Path(sys.argv[1]), workers=1)\n"
        "        except BackEndUnavailable:\n"
        "            print('told')\n"
        "        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))\n"
        "asyncio.run(main())\n"
    )
    assert in_a_child(script, str(small_releases / "2026.1")) == "told\n" * 2


def test_an_order_to_kill_is_kept_while_the_line_is_full(small_releases: Path) -> None:
    """The process that forks is stopped and its line filled: what was to be killed is killed when it goes on,
    and replaced.
    """

    async def run() -> None:
        async with opened(small_releases / "2026.1", limits=Limits(20.0)) as pool:
            (worker,) = children(zygote_of(pool))
            nursery = pool._nursery
            assert nursery is not None
            running = asyncio.create_task(pool.ask(ENDLESS))
            await asyncio.sleep(0.1)
            os.kill(zygote_of(pool), signal.SIGSTOP)
            for number in range(10_000):
                nursery.kill(1 << 40 | number)
            assert nursery._unsent
            running.cancel()
            await asyncio.sleep(0.1)
            assert (len(pool._channels), state(worker)) == (0, "R")
            os.kill(zygote_of(pool), signal.SIGCONT)
            assert (await pool.ask(POINT)).form == "ASK"
            assert not nursery._unsent
            assert pool.alive == 1
            assert eventually(lambda: state(worker) == "")

    asyncio.run(run())
