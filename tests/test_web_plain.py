"""gbvkg.web.plain beside the application: the same question, the same answer, byte for byte."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from serving import released

from gbvkg.config import ServeSettings
from gbvkg.web.cache import Cache
from gbvkg.web.connection import Connection, Lines, Pace
from gbvkg.web.exchange import Deliver, Request, Whole
from gbvkg.web.plain import CLIENT_GONE, Asked
from gbvkg.web.service import Service

PREFIXES = "PREFIX gbv: <https://w3id.org/gbvkg/ns#> PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#> "
ENDLESS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"

TEXTS = [
    "ASK {}",
    "SELECT * { ?s a ?type } ORDER BY ?s ?type LIMIT 5",
    PREFIXES + 'SELECT ?l { ?a a gbv:Action ; rdfs:label ?l FILTER(LANG(?l) = "nl") } ORDER BY ?l LIMIT 3',
    "SELECT ?x { VALUES ?x { 'a,b' \"é\" <http://x.example/,> } }",
    "SELECT ?x { VALUES ?x { <<( <http://x.example/a> <http://x.example/b> 1 )>> } }",
    "CONSTRUCT { ?s a ?type } WHERE { ?s a ?type } LIMIT 3",
    "CONSTRUCT { _:b a ?type } WHERE { ?s a ?type } LIMIT 3",
    "DESCRIBE <https://w3id.org/gbvkg/ns#Action>",
    "SELECT (NOW() AS ?now) {}",
    "SELECT (STRLEN(STR(RAND())) > 0 AS ?r) {}",
    "SELECT * { <relative> ?p ?o }",
    "BASE <http://x.example/> SELECT * { <relative> ?p ?o }",
    "SELECT * { ?s ?p ",
    "SELECT * { ?s nope:p ?o }",
    "SELECT * { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }",
    "SELECT * { ?s ?p ?o }" + " " * 40_000,
    "SELECT * FROM <https://nowhere.example/> { ?s ?p ?o }",
    "INSERT DATA { <http://x.example/a> <http://x.example/b> 1 }",
    "SELECT * { ?s ?p ?o . ?a ?b ?c } LIMIT 40000",
    "SELECT (REPEAT('x', 10) AS ?x) {}",
    "SELECT ?s ?s { ?s a ?o } LIMIT 1",
    ENDLESS,
    "",
    "\ud83d\ude00",
]

ACCEPTS = [
    "",
    "*/*",
    "application/sparql-results+json",
    "application/sparql-results+xml;q=0.9, text/csv;q=0.5",
    "text/csv",
    "text/tab-separated-values",
    "text/turtle",
    "application/ld+json, application/rdf+xml;q=0.5",
    "text/html",
    "text/html;q=0.1, application/json",
    "image/png",
]

OTHERS = [
    "query=ASK+%7B%7D",
    "query=ASK%20{}&format=csv",
    "query=ASK%20{}&default-graph-uri=http%3A%2F%2Fx.example%2F",
    "query=ASK%20{}&query=ASK%20{}",
    "query=%FF%FE",
    "query=%zz",
    "query",
    "",
    "Query=ASK%20{}",
    "query=ASK%20{}&",
    "query=ASK%20{}&release=2026.1",
    "query=ASK%20{}&update=x",
]


class Counted(Service):
    """How many questions were answered without the application."""

    plain = 0

    def soon(self, request: Request, deliver: Deliver) -> Asked | None:
        asked = super().soon(request, deliver)
        self.plain += asked is not None
        return asked


@asynccontextmanager
async def both(**settings: Any) -> AsyncIterator[tuple[httpx.AsyncClient, httpx.AsyncClient, Counted]]:
    """A client by way of a connection, one by way of the application alone, and the service of both."""
    service = Counted(released(), ServeSettings(access_log=False, cache_bytes=0, **settings))
    await service.current.start()
    lines = Lines(service, Pace(10, 10, 10), 100)
    server = await asyncio.get_running_loop().create_server(lambda: Connection(lines), "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    inside = httpx.ASGITransport(service, client=("127.0.0.1", 1))
    try:
        async with (
            httpx.AsyncClient(base_url=url, timeout=30) as wire,
            httpx.AsyncClient(base_url=url, timeout=30, transport=inside) as app,
        ):
            yield wire, app, service
    finally:
        server.close()
        lines.abort()
        await service.current.stop()


def _shown(answer: httpx.Response, *, is_new: bool) -> tuple[int, dict[str, str], bytes]:
    """All of an answer but its date; of one that is another each time, not the body."""
    left_out = {"date", "connection"} | ({"content-length"} if is_new else set())
    headers = {
        name: re.sub(r"nonce-[^']+", "", value)
        for name, value in answer.headers.items()
        if name not in left_out
    }
    return answer.status_code, headers, b"" if is_new else _NONCE.sub(b"", answer.content)


_NONCE = re.compile(rb'nonce="[^"]*"|content="[^"]{20,}"')


def test_a_plain_question_gets_what_the_application_says() -> None:
    """Status, headers and body, for questions that are plain, that look plain, and that go wrong."""

    async def scene() -> None:
        async with both(query_seconds=1.0, result_bytes=3_000_000) as (wire, app, service):
            texts = [urlencode({"query": text.encode("utf-8", "surrogatepass")}) for text in TEXTS]
            for given in (*texts, *OTHERS):
                for accept in ACCEPTS[:1] if urlencode({"query": ENDLESS}) == given else ACCEPTS:
                    sent = {"Accept": accept}
                    answers = [await client.get(f"/sparql?{given}", headers=sent) for client in (wire, app)]
                    is_new = any(word in given for word in ("NOW", "_%3Ab"))
                    ours, theirs = (_shown(answer, is_new=is_new) for answer in answers)
                    assert ours == theirs, (given[:200], accept)
            assert service.plain > 80
            assert service.budget.used("127.0.0.1") > 0

    asyncio.run(scene())


def test_a_plain_question_is_charged_counted_and_kept() -> None:
    """As any other: the next one with the same words is answered from what is kept."""

    async def scene() -> None:
        async with both() as (wire, _, service):
            site = service.current.site
            site.cache = Cache(1_000_000)
            for number in range(3):
                (await wire.get("/sparql?query=ASK%20{}")).raise_for_status()
                assert (service.plain, service.hits) == (1, number)
            assert service.counts["GET", 200] == 3
            assert 0 < service.budget.used("127.0.0.1") < 1
            assert len(site.cache) == 1

    asyncio.run(scene())


def test_who_hangs_up_on_a_plain_question_frees_the_worker() -> None:
    """At once; it is counted as gone, and charged for what it took."""

    async def scene() -> None:
        async with both() as (wire, _, service):
            pool = service.current.site.pool
            with pytest.raises(httpx.ReadTimeout):
                await wire.get("/sparql", params={"query": ENDLESS}, timeout=0.3)
            async with asyncio.timeout(2):
                while pool.busy:
                    await asyncio.sleep(0.01)
            assert service.plain == 1
            assert service.counts["GET", CLIENT_GONE] == 1
            assert 0.1 < service.budget.used("127.0.0.1") < 1
            assert service.budget.client("127.0.0.1").entered == 0

    asyncio.run(scene())


def test_a_plain_question_waits_and_is_refused_as_any_other() -> None:
    """More than may wait get 429 at once; those that wait get 429 when the budget is spent meanwhile."""

    async def scene() -> None:
        settings = {"workers": 1, "queue": 2, "query_seconds": 0.5, "budget_seconds": 0.4}
        async with both(**settings) as (wire, _, service):
            asked = [wire.get("/sparql", params={"query": f"{ENDLESS} #{n}"}) for n in range(6)]
            first = asyncio.create_task(asked[0])
            await asyncio.sleep(0.2)  # the others may still wait when its time is over
            answers = await asyncio.gather(first, *asked[1:])
            statuses = sorted(answer.status_code for answer in answers)
            assert statuses == [429] * 5 + [503]
            assert service.plain == 3
            assert (await wire.get("/sparql?query=ASK%20{}")).status_code == 429
            assert service.budget.client("127.0.0.1").entered == 0

    asyncio.run(scene())


def test_the_site_is_let_go_of_when_nobody_waits_for_what_went_wrong() -> None:
    """Also by who hangs up just when the application is to tell it, before it began."""

    async def scene() -> None:
        async with both(query_seconds=0.2) as (_, _, service):
            tasks: list[asyncio.Task[None]] = []
            unused: Any = None

            def deliver(whole: Whole | None, more: dict[str, Any]) -> None:
                assert whole is None
                tasks.append(asyncio.create_task(service({"type": "http", **more}, unused, unused)))
                tasks[-1].cancel()

            query = urlencode({"query": ENDLESS}).encode()
            asked = Request("GET", b"/sparql", query, {b"host": b"127.0.0.1"}, "127.0.0.1", True)
            assert service.at_hand(asked) is None
            assert service.soon(asked, deliver) is not None
            async with asyncio.timeout(2):
                while not (tasks and tasks[0].done()):
                    await asyncio.sleep(0.01)
            assert service.current.site._users == 0
            assert service.budget.client("127.0.0.1").entered == 0

    asyncio.run(scene())
