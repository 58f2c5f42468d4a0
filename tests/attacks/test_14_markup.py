"""Row 14: data that a browser would run: markup in texts, schemes in IRIs, anything in languages, types."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any
from urllib.parse import quote

import planted
import pytest
from browsing import Tab
from bystander import SHORT
from serving import Served, serving

pytestmark = pytest.mark.xdist_group("browser")

ABOUT = [f"/about?iri={quote(iri, safe='')}" for iri in planted.IRIS]
TYPED = [f"/search?q={quote(text)}" for text in planted.TEXTS]
THINGS = [
    "/doc/action/p/1", "/doc/plan/p", "/doc/source/note",
    f"/doc/action/p/{quote(chr(39))};{planted.PWN};{quote(chr(39))}",
]  # fmt: skip
PLAIN = [
    "/", "/?lang=en", "/search?q=img", "/search?q=script", "/list/Action", "/list/ActionPlan", "/doc/ns",
    "/releases/", "/releases/2026.1/", "/query/", "/query/titles",
    f"/query/titles?plan={quote(planted.TEXTS[1])}&lang=x",
    f"/query/titles?plan={planted.BASE}plan/p&lang=x-onload", f"/query/titles?plan={planted.BASE}plan/p",
    "/docs", "/sparql",
    f"/sparql?query={quote(planted.TEXTS[1])}", f"/nothing/{quote(planted.TEXTS[0], safe='')}",
    f"/doc/{quote(planted.TEXTS[1], safe='')}", f"/list/{quote(planted.TEXTS[0], safe='')}",
    f"/doc/plan/p?lang={quote(planted.TEXTS[3])}", f"/doc/plan/p?in={quote(planted.IRIS[0])}",
    f"/query/{quote(planted.TEXTS[0], safe='')}", f"/releases/{quote(planted.TEXTS[0], safe='')}",
]  # fmt: skip
EVERY = [*THINGS, *PLAIN, *ABOUT, *TYPED]
ROWS = "SELECT * WHERE { ?s ?p ?o }"


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A service over the planted release."""
    root = tmp_path_factory.mktemp("planted")
    with serving(planted.make(root), root / "log", **SHORT) as found:
        yield found


@pytest.fixture(scope="module")
def tab(chromium: Any, hostile: Served) -> Iterator[Tab]:
    found = Tab(chromium, hostile)
    yield found
    found.context.close()


def leads_nowhere(targets: list[str]) -> None:
    """Fails for a link that would run or read something."""
    for target in targets:
        assert re.match(r"(https?:|#|/|$)", target), target


def test_the_data_are_there(hostile: Served) -> None:
    """Else nothing below would say anything: each text reaches the page, as text."""
    page = hostile.get("/doc/action/p/1", accept="text/html").text
    assert "&lt;img src=x onerror=" in page
    turtle = hostile.get("/doc/action/p/1.nt").text
    assert "<img src=x onerror=" in turtle
    assert f"<javascript:{planted.PWN}>" in turtle


@pytest.mark.parametrize("path", EVERY, ids=range(len(EVERY)))
def test_nothing_of_it_runs(tab: Tab, path: str) -> None:
    """In Chromium: no script ran, the policy had nothing to stop, no link runs anything."""
    tab.open(path)
    tab.is_clean()
    leads_nowhere(tab.targets())


class Markup(HTMLParser):
    """What a browser makes of a page before any policy: elements, handlers, links, JSON-LD."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.scripts: list[dict[str, str | None]] = []
        self.wrong: list[str] = []
        self.linked: list[str] = []
        self.data = ""
        self._is_data = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "script":
            self.scripts.append(given)
            self._is_data = given.get("type") == "application/ld+json"
        if tag in ("img", "iframe", "object", "embed", "base", "svg") and "chart" not in (
            given.get("class") or ""
        ):
            self.wrong.append(tag)
        self.wrong += [name for name in given if name.startswith("on") or name in ("style", "srcdoc")]
        self.linked += [
            value or "" for name, value in attrs if name in ("href", "src", "action", "formaction")
        ]

    def handle_endtag(self, tag: str) -> None:
        if tag == "script":
            self._is_data = False

    def handle_data(self, data: str) -> None:
        if self._is_data:
            self.data += data


@pytest.mark.parametrize("path", EVERY, ids=range(len(EVERY)))
def test_the_markup_is_ours(hostile: Served, path: str) -> None:
    """Without a browser and without a policy: no element, handler or link comes from the data."""
    answer = hostile.get(path, accept="text/html")
    if answer.status_code == 303:  # what is ours has a document, and nothing of the data leads elsewhere
        assert re.match(r"/doc/[^\\]", answer.headers["location"])
        answer = hostile.get(answer.headers["location"], accept="text/html")
    assert answer.status_code in (200, 400, 404), answer.text[:300]
    found = Markup(answer.text)
    assert not found.wrong, found.wrong
    for script in found.scripts:
        is_ours = (script.get("src") or "").startswith("/static/")
        assert is_ours or script.get("type") == "application/ld+json", script
    for target in found.linked:
        assert not re.match(r"\s*(javascript|vbscript|file):", target, re.IGNORECASE), target
        assert not re.match(r"\s*data:(?!,$|image/)", target, re.IGNORECASE), target
        assert not target.startswith(("//", "/\\")), target
    if found.data:
        json.loads(found.data)


@pytest.mark.parametrize("how", ["script", "form"])
def test_a_result_of_a_query_is_text(tab: Tab, hostile: Served, how: str) -> None:
    """All of it in the table of the query page, made by the script and made by the server."""
    if how == "form":
        answer = hostile.client.post("/sparql", data={"query": ROWS}, headers={"Accept": "text/html"})
        assert "&lt;img src=x" in answer.text
        tab.open("/sparql?lang=en")
        with tab.page.expect_navigation():  # as without the script: the form itself, not its submit event
            tab.page.evaluate(
                "query => { const form = document.querySelector('#sparql-form');"
                " form.elements.query.value = query; HTMLFormElement.prototype.submit.call(form); }",
                ROWS,
            )
        assert tab.page.locator("#sparql-results table tbody tr").count() > 10
    else:
        tab.open(f"/sparql?query={quote(ROWS)}")
        tab.page.locator("#sparql-run").click()
        tab.page.locator("#sparql-results table").wait_for()
    tab.is_clean()
    leads_nowhere(tab.targets())


@pytest.mark.parametrize("format", ["json", "xml", "csv", "tsv"])
def test_data_are_never_taken_for_a_page(hostile: Served, format: str) -> None:
    """Types of data, which no browser may guess otherwise."""
    answer = hostile.client.get("/sparql", params={"query": ROWS + " LIMIT 500", "format": format})
    assert answer.status_code == 200
    assert "html" not in answer.headers["content-type"]
    assert answer.headers["x-content-type-options"] == "nosniff"
