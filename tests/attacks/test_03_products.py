"""Row 3: products of everything with everything, counted and sorted: time and memory without end."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from bystander import MEMORY, SECONDS, family, refused, resident, unharmed, within
from serving import Served


def product(size: int) -> str:
    return " . ".join(f"?s{i} ?p{i} ?o{i}" for i in range(size))


ENDLESS = {
    "count": f"SELECT (COUNT(*) AS ?n) {{ {product(3)} }}",
    "sort": f"SELECT * {{ {product(2)} }} ORDER BY ?o0 ?o1 LIMIT 1",
    "distinct": f"SELECT DISTINCT ?s0 ?o1 {{ {product(2)} }}",
    "not exists": f"SELECT * {{ {product(4)} FILTER NOT EXISTS {{ ?s0 ?p0 ?o1 . ?s3 ?p3 ?o2 }} }}",
    "minus": f"SELECT * {{ {product(3)} MINUS {{ {product(2)} }} }}",
    "closure": "SELECT (COUNT(*) AS ?n) { ?a (<a:b>|!<a:b>)* ?b . ?c (<a:b>|!<a:b>)* ?d }",
    "values": "SELECT (COUNT(*) AS ?n) {"
    + "".join(f"VALUES ?v{i} {{ {' '.join(map(str, range(100)))} }}" for i in range(6))
    + "}",
    "construct": f"CONSTRUCT {{ ?s0 ?p1 ?o2 }} WHERE {{ {product(3)} }}",
    "describe": f"DESCRIBE * {{ {product(3)} }}",
}


@pytest.mark.parametrize("query", ENDLESS.values(), ids=ENDLESS)
def test_it_is_refused_by_deadline_or_memory(service: Served, query: str) -> None:
    """503 with Retry-After; the body names the limit that was reached."""
    with unharmed(service), within(SECONDS + 1):
        problem = refused(service.sparql(query), 503)
    slug = problem["type"].rpartition("/")[2]
    named = {"query-timeout": f"{SECONDS:g}", "query-too-much-memory": f"{MEMORY}", "result-too-large": "2"}
    assert named[slug] in problem["detail"]
    assert named[slug] in problem["detail_en"]


@contextmanager
def watched(served: Served) -> Iterator[list[int]]:
    """Memory of the largest child, looked at a hundred times a second."""
    peaks = [0]
    stop = threading.Event()

    def look() -> None:
        while not stop.wait(0.01):
            peaks[0] = max(peaks[0], *(resident(pid) for pid in family(served.process.pid)[1:]), 0)

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield peaks
    finally:
        stop.set()
        thread.join()


def test_a_worker_stays_within_its_memory(service: Served) -> None:
    """No child ever has more than what the release takes and the limit on top; the parent stays small."""
    service.sparql("ASK {}")
    release = max(resident(pid) for pid in family(service.process.pid)[1:])
    with unharmed(service), watched(service) as peaks:
        for name in ("sort", "distinct"):
            refused(service.sparql(ENDLESS[name]), 503)
    assert release < peaks[0] < release + MEMORY * 1_000_000 + 20_000_000


def test_others_are_served_meanwhile(service: Served) -> None:
    """Two bombs of one client run, and another path through the pool still answers."""
    bombs = [threading.Thread(target=service.sparql, args=(ENDLESS["count"],)) for _ in range(2)]
    with unharmed(service):
        for bomb in bombs:
            bomb.start()
        time.sleep(0.3)
        with within(1):
            assert service.get("/health/ready").status_code == 200
            assert service.get("/releases/2026.1/manifest.json").status_code == 200
        for bomb in bombs:
            bomb.join()
