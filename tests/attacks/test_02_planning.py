"""Row 2: a small query over which an engine thinks for minutes before its first row."""

from __future__ import annotations

import time

import httpx
import pytest
from bystander import SECONDS, processor, refused, unharmed, within
from serving import Served

SLOW = {
    "patterns": "SELECT * {" + " . ".join(f"?s{i} ?p ?o{i}" for i in range(200)) + "}",
    "patterns within the limit": "SELECT * {" + " . ".join(f"?s{i} ?p{i} ?o{i}" for i in range(95)) + "}",
    "groups of patterns": "SELECT * {"
    + "".join("{" + " . ".join(f"?s{g}x{i} ?p ?o{g}x{i}" for i in range(90)) + "}" for g in range(4))
    + "}",
    "optionals": "SELECT * { ?s ?p ?o " + "".join(f"OPTIONAL {{ ?s ?p{i} ?o{i} }}" for i in range(300)) + "}",
    "steps": "SELECT * { ?s " + "/".join(["<a:b>"] * 500) + " ?o }",
    "deep list": "SELECT * { ?s ?p " + "(" * 500 + "1" + ")" * 500 + "}",
    "deep blank node": "SELECT * { ?s ?p " + "[ ?p " * 500 + "1" + "]" * 500 + "}",
}


@pytest.mark.parametrize("query", SLOW.values(), ids=SLOW)
def test_it_ends_by_the_deadline(service: Served, query: str) -> None:
    """400 or 503 at the latest a second after the deadline."""
    with unharmed(service), within(SECONDS + 1):
        refused(service.sparql(query), 400, 503)


def test_nothing_goes_on_after_it(service: Served) -> None:
    """The worker is gone: once a slow query is refused, no process of ours is at work."""
    with unharmed(service):
        refused(service.sparql(SLOW["patterns within the limit"]), 503)
    time.sleep(0.3)
    before = processor(service.process.pid)
    time.sleep(1)
    assert processor(service.process.pid) - before < 0.3


ENDLESS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"


def test_who_hangs_up_frees_the_worker(service: Served) -> None:
    """A client that goes away takes its query along, long before the deadline."""
    with unharmed(service):
        kind = {"Content-Type": "application/sparql-query"}
        for _ in range(4):
            with pytest.raises(httpx.ReadTimeout):
                service.client.post("/sparql", content=ENDLESS, headers=kind, timeout=0.3)
        with within(1):
            assert service.sparql("SELECT ?s { ?s ?p 1 } LIMIT 1").status_code == 200
