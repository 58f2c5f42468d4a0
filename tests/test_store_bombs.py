"""Queries that would crash, freeze or fill the process that runs them: each ends as an error, in time.

Straight at the pool, without the check that comes before it in the service.
"""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest
from store_pool import ENDLESS, LIMITS, POINT, children, eventually, opened, resident, zygote_of

from gbvkg.errors import QueryError, QueryTimeout, QueryTooMuchMemory, ResultTooLarge, WorkerLost
from gbvkg.store import Answer, Ask, Limits, Pool


def product(size: int) -> str:
    return " . ".join(f"?s{i} ?p{i} ?o{i}" for i in range(size))


def doubled(times: int) -> str:
    return "".join(f"BIND(CONCAT(?v{i}, ?v{i}) AS ?v{i + 1})" for i in range(times))


CRASHES = {
    "braces": "SELECT * WHERE " + "{" * 100_000 + "?s ?p ?o" + "}" * 100_000,
    "exists": "SELECT * {" + "FILTER EXISTS {" * 20_000 + "?s ?p ?o" + "}" * 20_001,
    "parentheses": "SELECT (" + "(" * 200_000 + "1" + ")" * 200_000 + " AS ?x) {}",
    "not": "SELECT * { ?s ?p ?o FILTER(" + "!" * 200_000 + "?s) }",
}

SLOW_PLANS = {
    "patterns": "SELECT * {" + " . ".join(f"?s{i} ?p ?o" for i in range(200)) + "}",
    "optionals": "SELECT * { ?s ?p ?o " + "".join(f"OPTIONAL {{ ?s ?p{i} ?o{i} }}" for i in range(400)) + "}",
    "steps": "SELECT * { ?s " + "/".join(["<urn:p>"] * 1000) + " ?o }",
    "list": "SELECT * { ?s ?p " + "(" * 500 + "1" + ")" * 500 + "}",
    "brackets": "SELECT * { ?s ?p " + "[ ?p " * 600 + "1" + "]" * 600 + "}",
    "binds": "SELECT * {" + "".join(f"BIND(1 AS ?a{i})" for i in range(20_000)) + "}",
    "unions": "SELECT * {" + " UNION ".join(["{ ?s ?p ?o }"] * 20_000) + "}",
    "sum": "SELECT (1" + "+1" * 50_000 + " AS ?x) {}",
    "and": "SELECT * { ?s ?p ?o FILTER(" + "&&".join(["?s"] * 16_000) + ") }",
    "path of alternatives": "SELECT * { ?s " + "|".join(["<urn:p>"] * 16_000) + " ?o }",
}

SLOW = {
    "count": ENDLESS.text,
    "minus": "SELECT * {" + product(4) + " MINUS { ?s0 ?p0 ?o0 } }",
    "not exists": "SELECT * {" + product(5) + " FILTER NOT EXISTS { ?s0 ?p0 ?o0 . ?s3 ?p3 ?o3 } }",
    "values": "SELECT (COUNT(*) AS ?n) {"
    + "".join(f"VALUES ?v{i} {{ {' '.join(map(str, range(50)))} }}" for i in range(6))
    + "}",
    "closure": "SELECT (COUNT(*) AS ?n) {"
    + "".join(f"?a{i} (<urn:x>|!<urn:x>|^<urn:x>|!^<urn:x>)* ?b{i} ." for i in range(5))
    + "}",
    "describe": "DESCRIBE * {" + product(5) + "}",
    "construct": "CONSTRUCT { ?s0 <urn:p> <urn:o> } WHERE {" + product(6) + "}",
}

HUNGRY = {
    "order": "SELECT * {" + product(5) + "} ORDER BY ?o1 ?o2",
    "distinct": "SELECT DISTINCT * {" + product(5) + "} OFFSET 1000000000",
    "concat": f'SELECT (STRLEN(?v36) AS ?n) {{ BIND("xxxxxxxxxxxxxxxxxxxx" AS ?v0) {doubled(36)} }}',
    "group concat": "SELECT (GROUP_CONCAT(?o1) AS ?x) {" + product(6) + "}",
    "replace": "SELECT (STRLEN("
    + "REPLACE(" * 9
    + '"x"'
    + ', ".", "xxxxxxxxxxxxxxxxxxxx")' * 9
    + ") AS ?n) {}",
}

BIG = {
    "rows": "SELECT * {" + product(5) + "}",
    "triples": "CONSTRUCT { ?s0 ?p1 ?o2 . ?s1 ?p2 ?o3 } WHERE {" + product(4) + "}",
}

BOMBS = {
    **{name: (text, {WorkerLost}) for name, text in CRASHES.items()},
    **{name: (text, {QueryTimeout}) for name, text in SLOW_PLANS.items()},
    **{name: (text, {QueryTimeout}) for name, text in SLOW.items()},
    **{name: (text, {QueryTooMuchMemory, QueryTimeout}) for name, text in HUNGRY.items()},
    **{name: (text, {ResultTooLarge, QueryTimeout}) for name, text in BIG.items()},
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_ends_in_its_error(small_releases: Path, name: str) -> None:
    """In its deadline and a second, without memory left behind, and the next question is answered at once."""
    text, expected = BOMBS[name]

    async def run() -> None:
        async with opened(small_releases / "2026.1") as pool:
            before = resident()
            began = time.monotonic()
            with pytest.raises(tuple(expected)) as caught:
                await pool.ask(Ask(text, "json", "nt"))
            assert time.monotonic() - began < LIMITS.seconds + 1
            assert resident() - before < 50_000_000
            began = time.monotonic()
            assert b"true" in (await pool.ask(POINT)).body  # type: ignore[operator]
            assert time.monotonic() - began < 1
            assert isinstance(caught.value, QueryError)
            assert caught.value.status == 503
            assert_one_worker(pool)

    asyncio.run(run())


def assert_one_worker(pool: Pool) -> None:
    """The dead are reaped, and there are not more than there should be."""
    assert eventually(lambda: len(children(zygote_of(pool))) == 1)
    assert "Z" not in children(zygote_of(pool)).values()


@pytest.mark.parametrize("name", ["order", "distinct", "concat", "replace"])
def test_a_hungry_query_names_its_limit(small_releases: Path, name: str) -> None:
    """With time enough it is memory that ends it; the message says how much, and that is all it had."""

    async def run() -> str:
        async with opened(small_releases / "2026.1") as pool:
            base = max(map(resident, children(zygote_of(pool))), default=0)
            task = asyncio.create_task(pool.ask(Ask(HUNGRY[name], "json"), Limits(20.0, 200_000_000)))
            most = 0
            while not task.done():
                await asyncio.sleep(0.005)
                most = max(most, *_sizes(pool), 0)
            assert most - base < 250_000_000
            with pytest.raises(QueryTooMuchMemory) as caught:
                await task
            return caught.value.nl

    assert "200 MB" in asyncio.run(run())


def _sizes(pool: Pool) -> list[int]:
    sizes = []
    for child in children(zygote_of(pool)):
        try:
            sizes.append(resident(child))
        except OSError:
            continue
    return sizes or [0]


@pytest.mark.parametrize(
    ("text", "deepest"),
    [
        ("SELECT * WHERE " + "{" * 15_000 + "}" * 15_000, 30_015),
        ("SELECT (" + "(" * 15_000 + "1" + ")" * 15_000 + " AS ?x) {}", 30_019),
        ("SELECT * {" + "FILTER EXISTS {" * 1_900 + "}" * 1_901, 30_411),
        ("SELECT * {" + "{ SELECT * " * 2_400 + "{ ?s ?p ?o }" + "}" * 2_401, 28_823),
        ("ASK {" + " UNION ".join(["{ ?s ?p ?o }"] * 1_400) + "}", 26_599),
    ],
)
def test_what_fits_in_32_kb_does_not_crash(small_releases: Path, text: str, deepest: int) -> None:
    """The stack is large enough for the deepest and longest query that a service lets through."""
    assert len(text) <= 32_000
    assert len(text) == deepest

    async def run() -> None:
        async with opened(small_releases / "2026.1", limits=Limits(4.0, 600_000_000)) as pool:
            before = set(children(zygote_of(pool)))
            await pool.ask(Ask(text, "csv"))
            assert set(children(zygote_of(pool))) == before

    asyncio.run(run())


def test_a_regular_expression_is_no_bomb(small_releases: Path) -> None:
    """The engine matches in linear time."""

    async def run() -> Answer:
        async with opened(small_releases / "2026.1") as pool:
            text = 'SELECT (REGEX("' + "a" * 60 + '!", "^(a+)+$") AS ?x) {}'
            return await pool.ask(Ask(text, "csv"))

    answer = asyncio.run(run())
    assert answer.body == b"x\r\nfalse\r\n"
    assert answer.seconds < 1


def test_bombs_from_many_at_once_leave_the_others_served(small_releases: Path) -> None:
    """With two workers and four bombs, all get their error and a question after them its answer."""

    async def run() -> None:
        async with opened(small_releases / "2026.1", workers=2) as pool:
            bombs = [pool.ask(ENDLESS, Limits(seconds)) for seconds in (0.3, 0.3, 0.5, 0.5)]
            question = pool.ask(POINT, Limits(5.0))
            *results, answer = await asyncio.gather(*bombs, question, return_exceptions=True)
            assert [type(result) for result in results] == [QueryTimeout] * 4
            assert isinstance(answer, Answer)
            assert eventually(lambda: len(children(zygote_of(pool))) == 2)

    asyncio.run(run())
