"""What takes long is done beside the event loop, by who asked for it, and once."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from typing import Any

import fastapi
import pytest
import serving
from endpoint import scope_of
from jinja2 import Environment

from gbvkg.config import ServeSettings
from gbvkg.web import answers, sparql_page
from gbvkg.web import site as site_module
from gbvkg.web.aside import aside
from gbvkg.web.charging import Charge, charged
from gbvkg.web.pages import frame
from gbvkg.web.site import Site


def test_who_asks_pays_for_the_thread() -> None:
    """The processor time of the thread, not that of waiting, is charged; also of work that fails."""

    def work(fails: bool) -> str:
        end = time.thread_time() + 0.03
        while time.thread_time() < end:
            pass
        time.sleep(0.2)
        if fails:
            raise KeyError
        return threading.current_thread().name

    async def scene() -> None:
        charge = Charge()
        charged.set(charge)
        assert await aside(work, False) != threading.current_thread().name
        assert 0.03 <= charge.workers < 0.15
        with pytest.raises(KeyError):
            await aside(work, True)
        assert 0.06 <= charge.workers < 0.3

    asyncio.run(scene())


def test_nothing_that_takes_long_is_made_on_the_event_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    """Templates, examples and the description of the API are made elsewhere; what the editor completes from
    is asked once.
    """
    made: dict[str, list[bool]] = {}

    def told(name: str, found: Callable[..., Any]) -> Callable[..., Any]:
        def asked(*given: Any, **named: Any) -> Any:
            made.setdefault(name, []).append(threading.current_thread() is threading.main_thread())
            return found(*given, **named)

        return asked

    async def get(site: Site, path: str) -> None:
        async def receive() -> dict[str, Any]:
            return {"type": "http.request"}

        async def send(message: Any) -> None:
            assert message.get("status", 200) == 200, path

        query = path.partition("?")[2]
        scope = scope_of("GET", query, path.partition("?")[0], accept="text/html") | {"root_path": ""}
        app = site.sparql if path.startswith("/sparql?") else site.app
        await app(scope, receive, send)

    async def scene() -> None:
        site = await Site.open(serving.released() / "current", ServeSettings(), workers=1)
        try:
            rows = site.rows

            async def counted(text: str, *given: Any) -> Any:
                if text is sparql_page.VOCABULARY:
                    made.setdefault("vocabulary", []).append(False)
                return await rows(text, *given)

            monkeypatch.setattr(site, "rows", counted)
            for path in ("/sparql?lang=nl", "/sparql?lang=nl", "/openapi.json", "/openapi.json", "/docs"):
                await get(site, path)
            for number in range(2):
                await get(site, f"/sparql/vocabulary.json?{number}")
        finally:
            await site.pool.close()

    frame.environment.cache_clear()
    monkeypatch.setattr(Environment, "compile", told("template", Environment.compile))
    monkeypatch.setattr(sparql_page, "example", told("example", sparql_page.example))
    monkeypatch.setattr(fastapi.FastAPI, "openapi", told("api", fastapi.FastAPI.openapi))
    asyncio.run(scene())
    assert set(made) == {"template", "example", "api", "vocabulary"}
    assert {name for name, places in made.items() if any(places)} == set()
    assert len(made["vocabulary"]) == 1


def test_many_rows_are_read_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """A few are read at once, which is quicker; they are the same."""
    threads: list[str] = []
    read = answers.solutions

    def counted(body: Any) -> Any:
        threads.append(threading.current_thread().name)
        return read(body)

    async def scene() -> None:
        site = await Site.open(serving.released() / "current", ServeSettings(), workers=1)
        try:
            threads.clear()
            text = "SELECT ?s ?p ?o { ?s ?p ?o } ORDER BY ?s ?p ?o LIMIT 9"
            few = await site.rows(text)
            monkeypatch.setattr(site_module, "_LARGE", 1)
            assert await site.rows(text) == few
            assert len(few) == 9
        finally:
            await site.pool.close()

    monkeypatch.setattr(site_module, "solutions", counted)
    asyncio.run(scene())
    assert threads[0] == threading.main_thread().name != threads[1]
