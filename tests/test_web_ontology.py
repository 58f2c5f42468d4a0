"""The documentation of the ontology: written once beside the event loop, and usable where room is short."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import serving

from gbvkg.config import ServeSettings
from gbvkg.vocabulary import LANGUAGES
from gbvkg.web.pages import frame, ontology
from gbvkg.web.site import Site

WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 320, "height": 800}


def test_it_is_written_once_for_a_language_and_never_on_the_event_loop(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """All terms together take long to write, so no request but the first one waits for that, and none that
    asks for something else.
    """
    writers: list[int] = []
    render = frame.render

    def counted(template: str, values: Mapping[str, Any]) -> str:
        writers.append(threading.get_ident())
        return render(template, values)

    async def asked() -> None:
        site = await Site.open(serving.released() / "current", ServeSettings(), workers=1)
        try:
            pages = [await site.pages.documentation.page(lang) for lang in (*LANGUAGES, *LANGUAGES)]
        finally:
            await site.pool.close()
        assert [id(page) for page in pages[:2]] == [id(page) for page in pages[2:]]

    monkeypatch.setattr(ontology, "render", counted)
    asyncio.run(asked())
    assert len(writers) == len(LANGUAGES)
    assert threading.get_ident() not in writers


@pytest.fixture
def page(chromium: Any) -> Iterator[Any]:
    """A page of a browser that runs no script."""
    context = chromium.new_context(viewport=NARROW, java_script_enabled=False, reduced_motion="reduce")
    yield context.new_page()
    context.close()


def test_terms_are_folded_where_room_is_short(page: Any, real: serving.Served) -> None:
    """On a narrow screen a term has its name and meaning, and the rest when asked for; on a wide one all."""
    page.goto(f"{real.url}/doc/ns?lang=nl")
    term = page.locator(".term").first
    rest = term.locator(".rest > .facts")
    assert term.locator("h3").is_visible()
    assert not rest.is_visible()
    term.locator(".rest > summary").click()
    assert rest.is_visible()
    page.set_viewport_size(WIDE)
    others = page.locator(".term .rest > .facts")
    assert all(other.is_visible() for other in others.all())
    assert not term.locator(".rest > summary").is_visible()


@pytest.mark.parametrize("size", [WIDE, NARROW])
def test_the_address_of_a_term_leads_to_all_of_it(
    page: Any, real: serving.Served, size: dict[str, int]
) -> None:
    """Without a script the term is at the top of the window, with what is folded elsewhere."""
    page.set_viewport_size(size)
    page.goto(f"{real.url}/doc/ns?lang=nl#Action")
    term = page.locator("#Action")
    assert -1 <= term.bounding_box()["y"] < 200
    assert term.locator(".rest > .facts").is_visible()
    assert not term.locator(".rest > summary").is_visible()


def test_all_of_it_is_printed(page: Any, real: serving.Served) -> None:
    """Paper has nothing to unfold."""
    page.goto(f"{real.url}/doc/ns?lang=nl")
    page.emulate_media(media="print")
    assert all(rest.is_visible() for rest in page.locator(".term .rest > .facts").all())
