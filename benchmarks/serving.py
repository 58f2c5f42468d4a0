"""Measure the service beside its peers: the same release, the same questions, in the same run.

    python -m benchmarks.serving                    a generated plan of 1,150 actions
    python -m benchmarks.serving --actions 11500    a larger one
    python -m benchmarks.serving --release DIR      a releases folder of your own

Peers are ``oxigraph serve-read-only`` (PyPI oxigraph) and rdflib-endpoint. Load comes from wrk, which the
Debian package of that name has. Every question is another text, so that no cache answers it, unless a cache
is what is measured. The bars are ratios: kept answers at 64 connections at least twice the uncached rate of
oxigraph; an uncached point query at least a third of it; an uncached query over facets level with it; the
page of an action within 5 ms and a 304 within 1 ms at the median; and while one client asks for bombs,
another's p95 stays under twice what it was.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import httpx
from pyoxigraph import Store

from benchmarks.servers import free_port, running

ROOT = Path(__file__).parent.parent
CONNECTIONS = (1, 8, 64)
LEVEL = 0.9
"""What counts as level, between two runs on one machine."""

POINT = """SELECT ?label WHERE { <%s> <http://www.w3.org/2000/01/rdf-schema#label> ?label }"""
FACETS = """SELECT ?type (COUNT(?thing) AS ?count) WHERE { ?thing a ?type } GROUP BY ?type ORDER BY ?type"""
NAMED = "plan-overview"
"""A query of the release that takes no parameters, so that its text can be asked of any server."""

BOMB = "SELECT (COUNT(*) AS ?n) WHERE { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"


@dataclass(frozen=True)
class Rate:
    """What wrk saw: answers per second, p50 and p99 in milliseconds, and answers that were not 2xx or 3xx."""

    per_second: float
    p50: float
    p99: float
    failed: int


@dataclass(frozen=True)
class Peer:
    """A server of SPARQL: the address that a query is added to."""

    name: str
    endpoint: str


def load(address: str, connections: int, seconds: int, *, unique: bool, header: str = "") -> Rate:
    """Ask for ``address`` as fast as the answers come; ``unique`` makes each query another text than any
    before, also those of earlier calls, which a server may have kept.
    """
    said = ""
    if header:
        name, _, value = header.partition(": ")
        said += f'wrk.headers["{name}"] = "{value}"\n'
    if unique:
        path = f"{address.split('/', 3)[3]}%23{time.monotonic_ns()}"
        said += f'local n = 0\nrequest = function() n = n + 1 return wrk.format("GET", "/{path}x" .. n) end\n'
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(said)
        script.flush()
        command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "30s", "--latency"]
        done = subprocess.run(
            [*command, "-s", script.name, address], capture_output=True, text=True, check=True
        )
    return _read(done.stdout)


def _read(told: str) -> Rate:
    rate = re.search(r"Requests/sec:\s*([\d.]+)", told)
    failed = re.search(r"Non-2xx or 3xx responses: (\d+)", told)
    assert rate, told
    return Rate(float(rate[1]), _latency(told, "50%"), _latency(told, "99%"), int(failed[1]) if failed else 0)


def _latency(told: str, share: str) -> float:
    found = re.search(rf"{share}\s+([\d.]+)(us|ms|s)", told)
    return float(found[1]) * {"us": 0.001, "ms": 1.0, "s": 1000.0}[found[2]] if found else float("nan")


# Servers


@contextmanager
def gbvkg(releases: Path, **environ: str) -> Iterator[str]:
    port = free_port()
    told = {"GBVKG_ACCESS_LOG": "0", "GBVKG_BUDGET_SECONDS": "1000000"} | environ
    command = [sys.executable, "-m", "gbvkg", "serve", "--port", str(port), "--out", str(releases)]
    with running(command, f"http://127.0.0.1:{port}/health/ready", told, seconds=300):
        yield f"http://127.0.0.1:{port}"


@contextmanager
def oxigraph(release: Path, folder: Path) -> Iterator[Peer]:
    store = folder / "oxigraph"
    beside = Path(sys.executable).with_name("oxigraph")
    command = str(beside) if beside.exists() else "oxigraph"
    subprocess.run(
        [command, "load", "--location", str(store), "--file", str(release / "dataset.nq")],
        check=True,
        capture_output=True,
    )
    subprocess.run([command, "optimize", "--location", str(store)], check=True, capture_output=True)
    port = free_port()
    served = [command, "serve-read-only", "--location", str(store), "--bind", f"127.0.0.1:{port}"]
    with running(served, f"http://127.0.0.1:{port}/", seconds=300):
        yield Peer("oxigraph serve-read-only", f"http://127.0.0.1:{port}/query?union-default-graph&query=")


@contextmanager
def rdflib_endpoint(release: Path) -> Iterator[Peer]:
    port = free_port()
    beside = Path(sys.executable).with_name("rdflib-endpoint")
    command = [str(beside) if beside.exists() else "rdflib-endpoint", "serve", str(release / "dataset.ttl")]
    with running([*command, "--port", str(port)], f"http://127.0.0.1:{port}/", seconds=300):
        yield Peer("rdflib-endpoint", f"http://127.0.0.1:{port}/?query=")


# Measuring


class Board:
    """Prints what was measured, and remembers which bars were missed."""

    def __init__(self) -> None:
        self.missed: list[str] = []

    def row(self, what: str, connections: int, rate: Rate) -> None:
        failed = f"  {rate.failed} FAILED" if rate.failed else ""
        print(
            f"{what:<44} c={connections:<3} {rate.per_second:>9.0f}/s   p50 {rate.p50:>8.2f} ms   "
            f"p99 {rate.p99:>8.2f} ms{failed}",
            flush=True,
        )

    def bar(self, what: str, found: float, wanted: float, *, at_least: bool = True) -> None:
        fine = found >= wanted if at_least else found <= wanted
        sign = ">=" if at_least else "<="
        print(f"{'ok    ' if fine else 'MISSED'} {what}: {found:.2f} (bar {sign} {wanted:g})", flush=True)
        if not fine:
            self.missed.append(what)


def measure(release: Path, releases: Path, folder: Path, seconds: int, board: Board) -> None:
    """All but the bombs, beside oxigraph."""
    action, queries = an_action(release), asked(release)
    point = quote(queries["point"])
    peers: dict[tuple[str, str, int], float] = {}
    with ExitStack() as stack:
        peer = stack.enter_context(oxigraph(release, folder))
        url = stack.enter_context(gbvkg(releases))
        ours = Peer("gbvkg", f"{url}/sparql?query=")
        for name, query in queries.items():
            for connections in CONNECTIONS:
                for server in (peer, ours):
                    rate = load(server.endpoint + quote(query), connections, seconds, unique=True)
                    peers[server.name, name, connections] = rate.per_second
                    board.row(f"{server.name}, {name} query, uncached", connections, rate)
        kept = {}
        for connections in CONNECTIONS:
            kept[connections] = load(ours.endpoint + point, connections, seconds, unique=False)
            board.row("gbvkg, point query, kept", connections, kept[connections])
        path = "/doc/" + action.partition("/id/")[2]
        for connections in CONNECTIONS:
            rate = load(f"{url}/query/{NAMED}?format=json", connections, seconds, unique=False)
            board.row("gbvkg, named query, kept", connections, rate)
        page = load(f"{url}{path}?n=", 1, seconds, unique=True, header="Accept: text/html")
        board.row("gbvkg, page of an action, not kept", 1, page)
        tag = httpx.get(f"{url}{path}", headers={"Accept": "text/turtle"}).headers["etag"].strip('"')
        fresh = load(f"{url}{path}.ttl", 1, seconds, unique=False, header=f'If-None-Match: \\"{tag}\\"')
        board.row("gbvkg, 304", 1, fresh)
    theirs = peer.name
    most = CONNECTIONS[-1]
    board.bar("kept answers beside oxigraph, c=64", kept[most].per_second / peers[theirs, "point", most], 2)
    for name, wanted in (("point", 1 / 3), ("facets", LEVEL)):
        ratio = peers["gbvkg", name, most] / peers[theirs, name, most]
        board.bar(f"uncached {name} query beside oxigraph, c={most}", ratio, wanted)
    board.bar("page of an action, p50 in ms", page.p50, 5, at_least=False)
    board.bar("304, p50 in ms", fresh.p50, 1, at_least=False)


def slowly(release: Path, seconds: int, board: Board) -> None:
    """The same of rdflib-endpoint: last, because it goes on with what nobody waits for any more."""
    with rdflib_endpoint(release) as peer:
        for name, query in asked(release).items():
            for connections in CONNECTIONS:
                rate = load(peer.endpoint + quote(query), connections, seconds, unique=True)
                board.row(f"{peer.name}, {name} query, uncached", connections, rate)


def bombs(release: Path, releases: Path, seconds: float, board: Board) -> None:
    """A second client's p95, undisturbed and while the first one asks for bombs."""
    told = {"GBVKG_TRUSTED_PROXIES": "127.0.0.0/8", "GBVKG_QUERY_SECONDS": "3"}
    query = POINT % an_action(release)
    with gbvkg(releases, **told) as url:
        calm = _p95(url, query, seconds)
        stop = threading.Event()
        bomber = threading.Thread(target=_throw, args=(url, stop))
        bomber.start()
        time.sleep(0.5)
        shaken = _p95(url, query, seconds)
        stop.set()
        bomber.join()
    print(f"second client's p95: {calm:.2f} ms undisturbed, {shaken:.2f} ms during a bomb", flush=True)
    board.bar("p95 during a bomb beside undisturbed", shaken / calm, 2, at_least=False)


def _p95(url: str, query: str, seconds: float) -> float:
    took = []
    with httpx.Client(base_url=url, headers={"X-Forwarded-For": "198.51.100.2"}, timeout=30) as client:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            start = time.perf_counter()
            found = client.get("/sparql", params={"query": f"{query}#{start}"})
            took.append((time.perf_counter() - start) * 1000)
            assert found.status_code == 200, found.text
            time.sleep(0.005)
    return statistics.quantiles(took, n=20)[-1]


def _throw(url: str, stop: threading.Event) -> None:
    with httpx.Client(base_url=url, headers={"X-Forwarded-For": "198.51.100.1"}, timeout=60) as client:
        while not stop.is_set():
            found = client.get("/sparql", params={"query": f"{BOMB}#{time.monotonic()}"})
            assert found.status_code == 503, found.status_code


def an_action(release: Path) -> str:
    """The IRI of an action of the release."""
    store = Store.read_only(str(release / "store"))
    found = store.query(
        "SELECT ?a WHERE { ?a a <https://w3id.org/gbvkg/ns#Action> } ORDER BY ?a LIMIT 1",
        use_default_graph_as_union=True,
    )
    return next(iter(found))[0].value  # type: ignore[union-attr,index]


def asked(release: Path) -> dict[str, str]:
    """What all are asked, by what it is called."""
    return {"point": POINT % an_action(release), "named": named(release), "facets": FACETS}


def named(release: Path) -> str:
    """The text of the query ``NAMED`` of the release, without its header."""
    (found,) = (release / "inputs").rglob(f"{NAMED}.rq")
    lines = found.read_text("utf-8").splitlines()
    return "\n".join(line for line in lines if not line.startswith("#"))


def published(actions: int, folder: Path) -> Path:
    """A releases folder with a generated plan."""
    plan, out = folder / "plan", folder / "releases"
    generate = ["benchmarks/generate.py", "--actions", str(actions), "--seed", "7", "--out", str(plan)]
    subprocess.run([sys.executable, *generate], cwd=ROOT, check=True, capture_output=True)
    publish = ["-m", "gbvkg", "--project", str(plan), "publish", "--out", str(out)]
    subprocess.run([sys.executable, *publish], cwd=ROOT, check=True, capture_output=True)
    return out


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and answer 1 when a bar was missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.serving", description=__doc__)
    parser.add_argument("--actions", type=int, default=1150)
    parser.add_argument("--release", type=Path)
    parser.add_argument("--seconds", type=int, default=3, help="per measurement")
    given = parser.parse_args(arguments)
    if shutil.which("wrk") is None:
        print("wrk is missing: install the Debian package wrk", file=sys.stderr)
        return 2
    board = Board()
    with tempfile.TemporaryDirectory(prefix="gbvkg-bench-") as name:
        folder = Path(name)
        releases = (given.release or published(given.actions, folder)).resolve()
        release = (releases / "current").resolve()
        print(f"{len(Store.read_only(str(release / 'store'))):,} quads, {os.cpu_count()} processors")
        measure(release, releases, folder, given.seconds, board)
        bombs(release, releases, max(given.seconds, 5), board)
        slowly(release, given.seconds, board)
    return 1 if board.missed else 0


if __name__ == "__main__":
    sys.exit(main())
