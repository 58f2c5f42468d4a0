"""The walls around a worker: each alone keeps a query from the network, and all together from more."""

from __future__ import annotations

import asyncio
import os
import platform
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from pyoxigraph import Store
from store_pool import children, opened, zygote_of

from gbvkg.errors import GbvkgError
from gbvkg.store import Ask, Spool, sealing, snapshot, worker


class Canary:
    """A server on loopback that counts who calls."""

    def __init__(self) -> None:
        self.hits = 0
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = self._server.getsockname()[1]
        threading.Thread(target=self._count, daemon=True).start()

    def _count(self) -> None:
        with suppress(OSError):
            while True:
                line, _ = self._server.accept()
                self.hits += 1
                line.close()

    def close(self) -> None:
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()


@pytest.fixture
def canary() -> Iterator[Canary]:
    bird = Canary()
    yield bird
    bird.close()


def calls(port: int) -> dict[str, str]:
    """Every way to have an engine call an address."""
    iri = f"<http://127.0.0.1:{port}/sparql>"
    pattern = "{ ?s ?p ?o }"
    return {
        "plain": f"SELECT * {{ SERVICE {iri} {pattern} }}",
        "silent": f"SELECT * {{ SERVICE SILENT {iri} {pattern} }}",
        "lower case": f"select * {{ service {iri} {pattern} }}",
        "mixed case": f"SELECT * {{ SeRvIcE sIlEnT {iri} {pattern} }}",
        "comment between": f"SELECT * {{ SERVICE # {iri}\n{iri} {pattern} }}",
        "no space": f"SELECT*{{SERVICE{iri}{pattern}}}",
        "prefixed": f"PREFIX c: <http://127.0.0.1:{port}/> SELECT * {{ SERVICE c:sparql {pattern} }}",
        "base": f"BASE <http://127.0.0.1:{port}/> SELECT * {{ SERVICE <sparql> {pattern} }}",
        "escaped": f"SELECT * {{ SERVICE <http://127.0.0.1:{port}/\\u0073parql> {pattern} }}",
        "exists": f"ASK {{ FILTER EXISTS {{ SERVICE {iri} {pattern} }} }}",
        "not exists": f"ASK {{ FILTER NOT EXISTS {{ SERVICE {iri} {pattern} }} }}",
        "optional": f"SELECT * {{ ?a ?b ?c OPTIONAL {{ SERVICE {iri} {pattern} }} }}",
        "minus": f"SELECT * {{ ?s ?p ?o MINUS {{ SERVICE {iri} {pattern} }} }}",
        "union": f"SELECT * {{ {pattern} UNION {{ SERVICE {iri} {pattern} }} }}",
        "sub-select": f"SELECT * {{ {{ SELECT * {{ SERVICE {iri} {pattern} }} }} }}",
        "in a graph": f"SELECT * {{ GRAPH ?g {{ SERVICE {iri} {pattern} }} }}",
        "construct": f"CONSTRUCT {{ ?s ?p ?o }} WHERE {{ SERVICE {iri} {pattern} }}",
        "describe": f"DESCRIBE ?s {{ SERVICE {iri} {pattern} }}",
        "variable": f"SELECT * {{ VALUES ?x {{ {iri} }} SERVICE ?x {pattern} }}",
        "bound later": f"SELECT * {{ BIND({iri} AS ?x) SERVICE ?x {pattern} }}",
        "from": f"SELECT * FROM {iri} {pattern}",
        "from named": f"SELECT * FROM NAMED {iri} {{ GRAPH ?g {pattern} }}",
        "describe address": f"DESCRIBE {iri}",
        "load": f"LOAD {iri}",
        "insert": f"INSERT {{ ?s ?p ?o }} WHERE {{ SERVICE {iri} {pattern} }}",
    }


def test_the_canary_sings(canary: Canary) -> None:
    """Without a wall the engine does call: otherwise these tests would prove nothing."""
    with pytest.raises(OSError, match=r"."):
        list(Store().query(calls(canary.port)["plain"]))
    assert canary.hits == 1


@pytest.mark.parametrize("quads", [snapshot.IN_MEMORY_BELOW, 0], ids=["memory", "disk"])
def test_no_query_reaches_the_network(
    small_releases: Path, canary: Canary, monkeypatch: pytest.MonkeyPatch, quads: int
) -> None:
    """Not in any form, straight at the pool."""
    monkeypatch.setattr(snapshot, "IN_MEMORY_BELOW", quads)

    async def run() -> None:
        async with opened(small_releases / "2026.1") as pool:
            for text in calls(canary.port).values():
                with suppress(GbvkgError):
                    answer = await pool.ask(Ask(text, "json", "nt"))
                    assert not isinstance(answer.body, Spool)
            graphs = (f"http://127.0.0.1:{canary.port}/",)
            answer = await pool.ask(Ask("SELECT * { ?s ?p ?o }", "csv", None, graphs, graphs))
            assert answer.body == b"s,p,o\r\n"

    asyncio.run(run())
    assert canary.hits == 0


WALLS = {
    "network namespace": "assert sealing.leave_network()",
    "system calls": "assert sealing.deny_system_calls()",
    "file descriptors": "sealing.open_no_more()",
}


@pytest.mark.parametrize("wall", WALLS)
def test_each_wall_holds_alone(canary: Canary, wall: str) -> None:
    """If two of the three fell, the third would still do."""
    if wall == "network namespace" and subprocess.run(["unshare", "-Un", "true"], check=False).returncode:
        pytest.skip("this kernel or container makes no user namespaces")
    script = f"""
import sys
from pyoxigraph import Store
from gbvkg.store import sealing
store = Store()
{WALLS[wall]}
try:
    list(store.query(sys.argv[1]))
except OSError as error:
    print(error)
assert bool(store.query("ASK {{}}"))
"""
    done = subprocess.run(
        [sys.executable, "-c", script, calls(canary.port)["plain"]],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()
    assert canary.hits == 0


FORBIDDEN = {
    "a socket": "socket.socket()",
    "a pair of sockets": "socket.socketpair()",
    "another program": "os.execv('/bin/true', ['true'])",
    "a signal to another": "os.kill(os.getppid(), 0)",
    "a file removed": "os.unlink(sys.argv[1])",
    "a file renamed": "os.rename(sys.argv[1], sys.argv[1] + 'x')",
    "a folder": "os.mkdir(sys.argv[1] + 'd')",
    "other rights": "os.chmod(sys.argv[1], 0o777)",
    "a link": "os.symlink('/', sys.argv[1] + 'l')",
}


@pytest.mark.parametrize("what", FORBIDDEN)
def test_system_calls_are_denied(tmp_path: Path, what: str) -> None:
    """With "operation not permitted", and not before the filter is there."""
    target = tmp_path / "file"
    target.write_text("x")
    script = f"""
import os, socket, sys
from gbvkg.store import sealing
assert sealing.deny_system_calls()
try:
    {FORBIDDEN[what]}
except PermissionError:
    sys.exit(7)
"""
    done = subprocess.run([sys.executable, "-c", script, str(target)], check=False)
    assert done.returncode == 7
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
    assert target.stat().st_mode & 0o777 != 0o777


def test_the_numbers_are_the_kernels() -> None:
    """Where the kernel's headers are installed, the list says what they say."""
    headers = {
        0: Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h"),
        1: Path("/usr/include/asm-generic/unistd.h"),
    }
    for column, path in headers.items():
        if not path.is_file():
            pytest.skip(f"{path} is not installed")
        text = path.read_text("utf-8")
        known = {name: int(n) for name, n in re.findall(r"#define __NR(?:3264)?_(\w+)\s+(\d+)", text)}
        for name, row in sealing._DENIED.items():
            assert row[column] == known.get(name), (name, path)


def test_this_machine_is_one_of_those() -> None:
    """The filter is there for the two machines that gbvkg is served from."""
    assert set(sealing._ARCHITECTURES) == {"x86_64", "aarch64"}
    assert platform.machine() in sealing._ARCHITECTURES


def test_a_worker_holds_no_more_than_it_needs(small_releases: Path) -> None:
    """Three times the null device, its line, and how large it is: no file of the release, no other socket."""

    async def run() -> list[str]:
        async with opened(small_releases / "2026.1", workers=2) as pool:
            assert pool.zygote is not None
            children = Path(f"/proc/{pool.zygote}/task/{pool.zygote}/children").read_text().split()
            held = [sorted(str(f.readlink()) for f in Path(f"/proc/{c}/fd").iterdir()) for c in children]
            status = Path(f"/proc/{children[0]}/status").read_text()
            limits = Path(f"/proc/{children[0]}/limits").read_text()
            assert re.search(r"Max open files\s+0\s+0 ", limits)
            assert re.search(r"Max core file size\s+0\s+0 ", limits)
            assert "NoNewPrivs:\t1" in status
            assert "Seccomp:\t2" in status
            assert Path(f"/proc/{children[0]}/oom_score_adj").read_text() == "1000\n"
            assert held[0][:3] == held[1][:3]
            return [re.sub(r"\d+", "N", name) for name in held[0]]

    assert asyncio.run(run()) == ["/dev/null"] * 3 + ["/proc/N/statm", "socket:[N]"]


def test_a_server_may_open_all_that_the_system_lets_it_and_a_worker_still_nothing(
    small_releases: Path,
) -> None:
    """The soft limit of open files becomes the hard one in the server; its workers' stays 0."""
    script = (
        "import asyncio, re, resource, sys\n"
        "from pathlib import Path\n"
        "from gbvkg.store import Pool\n"
        "from gbvkg.web.server import raise_file_limit\n"
        "hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]\n"
        "resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))\n"
        "raise_file_limit()\n"
        "assert resource.getrlimit(resource.RLIMIT_NOFILE) == (hard, hard)\n"
        "async def main():\n"
        "    pool = await Pool.open(Path(sys.argv[1]), workers=1)\n"
        "    child = Path(f'/proc/{pool.zygote}/task/{pool.zygote}/children').read_text().strip()\n"
        "    limits = Path(f'/proc/{child}/limits').read_text()\n"
        "    print(re.search(r'Max open files +(\\d+) +(\\d+) ', limits).groups())\n"
        "    await pool.close()\n"
        "asyncio.run(main())\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(small_releases / "2026.1")],
        capture_output=True, text=True, check=False, timeout=60,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])},
    )  # fmt: skip
    assert done.stdout == "('0', '0')\n", done.stderr


def test_a_worker_takes_no_turn_from_others(small_releases: Path) -> None:
    """It is behind the server, and waits until who is at work lets go."""

    async def run() -> tuple[list[int], list[int]]:
        async with opened(small_releases / "2026.1", workers=2) as pool:
            workers = list(children(zygote_of(pool)))
            return [os.sched_getscheduler(one) for one in workers], [
                os.getpriority(os.PRIO_PROCESS, one) - os.getpriority(os.PRIO_PROCESS, 0) for one in workers
            ]

    scheduled, behind = asyncio.run(run())
    assert scheduled == [os.SCHED_BATCH] * 2
    assert min(behind) > 0


@pytest.mark.parametrize("name", ["nice", "sched_setscheduler"])
def test_a_worker_that_may_not_stand_back_works_all_the_same(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Where a unit or a container forbids it."""

    def refused(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    for one in ("nice", "sched_setscheduler"):
        monkeypatch.setattr(os, one, refused if one == name else lambda *_: None)
    worker._stand_back()
