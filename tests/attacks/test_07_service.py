"""Row 7: a query that makes the server call another address."""

from __future__ import annotations

import socket
import time

import pytest
from bystander import refused, unharmed
from serving import Canary, Served
from test_queries_precheck import CALLS, FOREIGN, HARMLESS, TRICKS


def test_the_canary_counts(bird: Canary) -> None:
    """Else none of these tests would say anything."""
    socket.create_connection(("127.0.0.1", bird.port)).close()
    end = time.monotonic() + 5
    while not bird.hits and time.monotonic() < end:
        time.sleep(0.01)
    assert bird.hits == 1


def test_no_spelling_calls_anybody(service: Served, bird: Canary) -> None:
    """Every spelling that there is, by every way in: 400, and nobody is called."""
    assert len(CALLS + TRICKS) >= 17
    with unharmed(service):
        for call in CALLS + TRICKS:
            query = call % bird.url
            refused(service.sparql(query), 400)
            refused(service.client.get("/sparql", params={"query": query}), 400)
            refused(service.client.post("/sparql", data={"query": query}), 400)
            page = service.client.post("/sparql", data={"query": query}, headers={"Accept": "text/html"})
            assert page.status_code in (200, 400)
    time.sleep(0.2)
    assert bird.hits == 0


def test_no_parameter_calls_anybody(service: Served, bird: Canary) -> None:
    """Nor does an address anywhere else in a request."""
    with unharmed(service):
        for path in ("/sparql", "/search", "/query/actions", "/list/Action", "/doc/action/vap-sg-2020/11"):
            for key in ("endpoint", "url", "q", "plan", "release", "format", "query", "default-graph-uri"):
                assert service.client.get(path, params={key: bird.url}).status_code < 500
        for name in ("Referer", "Origin", "X-Forwarded-Host", "X-Original-URL", "Forwarded", "SOAPAction"):
            assert service.client.get("/", headers={name: bird.url}).status_code == 200
    time.sleep(0.2)
    assert bird.hits == 0


@pytest.mark.parametrize("query", HARMLESS)
def test_the_word_alone_is_answered(service: Served, query: str) -> None:
    """A query that only has the word in a string, a name or a comment is a query like any other: what asks
    for everything is too large here, but not refused for a word.
    """
    assert FOREIGN not in query
    answer = service.sparql(query)
    assert answer.status_code == 200 or refused(answer, 503)["type"].endswith("result-too-large")
