"""Row 22: one client that wants everything for itself."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from bystander import SHORT, refused, unharmed, within
from serving import Served, released, serving

LONG = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
SECONDS, BUDGET, WINDOW = 1.0, 1.5, 4.0
GREEDY, OTHER = "198.51.100.7", "203.0.113.9"


@pytest.fixture(scope="module")
def proxied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A service behind a proxy on this machine, with a small budget for each client."""
    budget = {
        "query_seconds": str(SECONDS),
        "budget_seconds": str(BUDGET),
        "budget_window": str(WINDOW),
        "trusted_proxies": "127.0.0.0/8",
    }
    with serving(released(), tmp_path_factory.mktemp("budget") / "log", **SHORT | budget) as found:
        yield found


def _ask(served: Served, client: str, query: str = LONG) -> tuple[float, object]:
    start = time.perf_counter()
    answer = served.sparql(query, x_forwarded_for=client)
    return time.perf_counter() - start, answer


def test_long_queries_of_one_client_spend_its_budget(proxied: Served) -> None:
    """Of three at once, the one that waits its turn gets 429 with Retry-After; meanwhile and afterwards
    another client is answered within a second, and the greedy one is served again when it has waited.
    """
    with ThreadPoolExecutor(4) as threads:
        running = [threads.submit(_ask, proxied, GREEDY) for _ in range(3)]
        time.sleep(0.2)
        for _ in range(5):
            with within(1):
                assert proxied.sparql("ASK { ?s ?p 1 }", x_forwarded_for=OTHER).status_code == 200
        answers = [future.result()[1] for future in running]
    statuses = sorted(answer.status_code for answer in answers)  # type: ignore[attr-defined]
    assert statuses == [429, 503, 503]
    for answer in answers:
        refused(answer, 429, 503)  # type: ignore[arg-type]
    spent = refused(proxied.sparql("ASK {}", x_forwarded_for=GREEDY), 429)
    assert f"{BUDGET:g}" in spent["detail"]
    again = int(proxied.sparql("ASK {}", x_forwarded_for=GREEDY).headers["retry-after"])
    assert again <= WINDOW + 1
    with within(1):
        assert proxied.sparql("ASK {}", x_forwarded_for=OTHER).status_code == 200
    assert proxied.get("/health/ready").status_code == 200
    time.sleep(again)
    assert proxied.sparql("ASK {}", x_forwarded_for=GREEDY).status_code == 200


def test_a_client_cannot_pass_for_others(proxied: Served) -> None:
    """What a client adds in front of X-Forwarded-For counts for nothing: the last hop is the client."""
    with unharmed(proxied):
        for n in range(2):
            _ask(proxied, f"192.0.2.{n}, 198.51.100.8")
        answer = proxied.sparql(LONG, x_forwarded_for="192.0.2.77, 198.51.100.8")
        refused(answer, 429)


def test_one_network_is_one_client(proxied: Served) -> None:
    """Addresses of one IPv6 site share a budget: nobody has more by having many."""
    for n in range(2):
        _ask(proxied, f"2001:db8:1:1::{n + 1}")
    refused(proxied.sparql("ASK {}", x_forwarded_for="2001:db8:1:1::ffff"), 429)
    assert proxied.sparql("ASK {}", x_forwarded_for="2001:db8:1:2::1").status_code == 200


def test_who_is_not_a_proxy_is_not_believed(service: Served) -> None:
    """Without trusted proxies the header changes nothing: all of it is one client."""
    service.sparql("ASK {}")
    before = service.get("/metrics").text
    for n in range(20):
        service.sparql("ASK {}", x_forwarded_for=f"192.0.2.{n}")
    assert _clients(service.get("/metrics").text) == _clients(before) == 1


def _clients(metrics: str) -> int:
    return int(next(line for line in metrics.splitlines() if line.startswith("gbvkg_clients ")).split()[1])


def test_pages_do_not_wait_behind_queries_from_the_same_address(tmp_path: Path) -> None:
    """A ministry is one address: eight heavy queries there leave its pages alone, and each gets its answer
    within twice the time that one query may take.
    """
    limits = SHORT | {"query_seconds": "2", "budget_seconds": "100"}
    with serving(released(), tmp_path / "log", **limits) as crowded, ThreadPoolExecutor(8) as threads:
        running = [threads.submit(_ask, crowded, GREEDY, f"{LONG} # {n}") for n in range(8)]
        time.sleep(0.3)
        for number in range(3):
            with within(1):
                page = crowded.get(f"/doc/action/vap-sg-2020/r0{number + 1}", accept="text/html")
                assert page.status_code == 200
        for future in running:
            took, answer = future.result()
            assert answer.status_code in (429, 503)  # type: ignore[attr-defined]
            assert took < 5
