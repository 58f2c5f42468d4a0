"""Row 27: a link to the query page that runs a stranger's query, or asks a stranger's endpoint."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from browsing import Tab
from serving import Canary, Served

pytestmark = pytest.mark.xdist_group("browser")

QUERY = "SELECT ?planted { ?planted ?p ?o } LIMIT 3"


@pytest.fixture
def tab(chromium: Any, service: Served) -> Iterator[Tab]:
    found = Tab(chromium, service)
    yield found
    found.context.close()


@pytest.mark.parametrize(
    "name", ["endpoint", "url", "server", "requestConfig", "service", "action", "data-endpoint"]
)
@pytest.mark.parametrize("mark", ["?", "#"])
def test_a_foreign_endpoint_is_ignored(tab: Tab, bird: Canary, mark: str, name: str) -> None:
    """Opened and run: every request goes to our own endpoint."""
    tab.open(f"/sparql{mark}{name}={quote(bird.url)}&query={quote(QUERY)}")
    tab.page.locator("#sparql-run").click()
    tab.page.locator("#sparql-results > *").first.wait_for()
    tab.is_clean()
    assert bird.hits == 0


@pytest.mark.parametrize("mark", ["?query=", "#query="])
def test_a_query_in_a_link_is_shown_and_not_run(tab: Tab, mark: str) -> None:
    """It is in the editor; nobody has asked it until the button is pressed."""
    tab.open(f"/sparql{mark}{quote(QUERY)}")
    tab.page.wait_for_load_state("networkidle")
    assert QUERY in tab.page.locator("#sparql-query").input_value()
    assert not _asked(tab)
    tab.page.locator("#sparql-run").click()
    tab.page.locator("#sparql-results table").wait_for()
    assert _asked(tab)
    tab.is_clean()


def _asked(tab: Tab) -> list[tuple[str, str]]:
    """Requests that have an answer made: all at the endpoint but for opening the page itself."""
    return [pair for pair in tab.asked[1:] if urlsplit(pair[1]).path == "/sparql"]


def test_a_link_costs_no_worker(service: Served) -> None:
    """Whoever opens it, with whatever in it, is shown a page that no worker had to make an answer for."""
    endless = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
    answer = service.client.get("/sparql", params={"query": endless}, headers={"Accept": "text/html"})
    assert answer.status_code == 200
    assert answer.elapsed.total_seconds() < 1
    assert "?g ?h ?i" in answer.text


def test_no_page_of_another_origin_may_frame_or_post_for_a_person(service: Served) -> None:
    """A form elsewhere that posts a query shows that query's answer, and can do no more: there is nothing of
    a person here, no cookie, and the page may not be framed.
    """
    answer = service.client.post(
        "/sparql", data={"query": QUERY}, headers={"Accept": "text/html", "Origin": "https://other.example"}
    )
    assert answer.status_code == 200
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert "set-cookie" not in answer.headers
