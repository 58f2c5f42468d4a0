"""What went wrong, as JSON and as a page (RFC 9457)."""

from __future__ import annotations

import asyncio
import json
from html import unescape
from html.parser import HTMLParser
from typing import Any

import pytest
import serving
from endpoint import scope_of
from starlette.requests import Request
from starlette.responses import Response

from gbvkg import errors
from gbvkg.errors import GbvkgError
from gbvkg.formats import RDF
from gbvkg.web import problems
from gbvkg.web.asgi import Reply, header
from gbvkg.web.negotiation import not_acceptable
from gbvkg.web.problems import Problem, described, of_error, problem

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


def made(accept: str = "", **scope: Any) -> Response:
    given = {"accept": accept} if accept else {}
    request = Request(scope_of("GET", **given) | scope)
    return problem(
        request, 404, "Niet <gevonden>", "Not <found>", "Er is niets.", "There is nothing.",
        type="not-found", headers={"X-More": "1"}, suggestions=["/doc/action/p/1", "//evil.example/", "<b>"],
    )  # fmt: skip


@pytest.mark.parametrize(
    "accept", ["", "*/*", "application/json", "text/csv", "image/png", "text/html;q=0, */*"]
)
def test_json_unless_html_is_preferred(accept: str) -> None:
    """A machine gets application/problem+json, also when it accepts neither: an error is never refused."""
    response = made(accept)
    assert response.headers["content-type"] == "application/problem+json"
    found = json.loads(bytes(response.body))
    assert found == {
        "type": "tag:w3id.org,2026:gbvkg/problem/not-found",
        "title": "Niet <gevonden>",
        "status": 404,
        "detail": "Er is niets.",
        "title_en": "Not <found>",
        "detail_en": "There is nothing.",
        "suggestions": ["/doc/action/p/1", "//evil.example/", "<b>"],
    }


def test_the_headers_of_a_problem() -> None:
    """It is not kept, says that it depends on Accept, is in both languages and may be read by any origin."""
    said = made().headers
    assert said["cache-control"] == "no-store"
    assert said["vary"] == "Accept"
    assert said["content-language"] == "nl, en"
    assert said["access-control-allow-origin"] == "*"
    assert said["x-more"] == "1"


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def test_the_page_of_a_problem() -> None:
    """Dutch first, then English, everything escaped; only our own paths are links; no style, no script."""
    response = made(BROWSER)
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert response.headers["vary"] == "Accept, Accept-Language"
    text = bytes(response.body).decode()
    assert text.index("Niet &lt;gevonden&gt;") < text.index("Not &lt;found&gt;")
    page = _Page()
    page.feed(text)
    assert ("html", {"lang": "nl"}) in page.tags
    assert ("section", {"lang": "en"}) in page.tags
    assert [attrs["href"] for tag, attrs in page.tags if tag == "a"] == ["/doc/action/p/1"]
    assert not {"style", "script", "link", "img", "b"} & {tag for tag, _ in page.tags}
    assert not any("style" in attrs for _, attrs in page.tags)


def test_the_service_can_give_the_page() -> None:
    """A function in the scope makes the whole page, in the style of the other pages."""

    def page(scope: Any, found: Problem) -> str:
        return f"<p>{found.status} {scope['path']}"

    assert bytes(made(BROWSER, **{problems.PAGE: page}).body) == b"<p>404 /sparql"


def _subclasses(cls: type[GbvkgError]) -> list[type[GbvkgError]]:
    return [cls, *(deeper for below in cls.__subclasses__() for deeper in _subclasses(below))]


def test_every_error_with_a_status_has_a_title() -> None:
    """None of those that a request can cause is called an error in the service."""
    for cls in _subclasses(GbvkgError):
        if hasattr(cls, "status") and cls.__module__.startswith("gbvkg"):
            assert cls.slug in problems.TITLES, cls


def test_an_error_keeps_its_words_and_its_place() -> None:
    """Status, sentences, line and column are those of the error."""
    response = of_error(Request(scope_of("GET")), errors.QuerySyntax("Fout.", "Wrong.", 3, 7))
    found = json.loads(bytes(response.body))
    assert response.status_code == found["status"] == 400
    assert (found["detail"], found["detail_en"], found["line"], found["column"]) == ("Fout.", "Wrong.", 3, 7)
    assert found["type"].endswith("/query-syntax")


def test_who_is_turned_away_is_told_when_to_come_back() -> None:
    """Every 429 and 503 has Retry-After; that of the error when it knows."""
    assert described(errors.PoolBusy("a", "b", 4)).headers == {"Retry-After": "4"}
    assert described(errors.BudgetSpent("a", "b", 5)).headers == {"Retry-After": "5"}
    assert described(errors.QueryTimeout("a", "b")).headers == {"Retry-After": str(problems.RETRY)}
    assert described(errors.QueryRefused("a", "b")).headers == {}


def test_what_is_not_acceptable_lists_what_is() -> None:
    """406 has the alternatives as data."""
    found = described(not_acceptable([RDF["ttl"]], "image/png"))
    assert found.status == 406
    assert found.members["alternatives"] == [{"format": "ttl", "media_type": "text/turtle"}]
    page = problems.answer(scope_of("GET", accept=BROWSER), found).body
    assert b"<li>ttl, text/turtle</li>" in bytes(page)  # type: ignore[arg-type]


def test_text_that_is_no_unicode_is_shown_anyhow() -> None:
    """A lone surrogate of a stranger's query breaks neither JSON nor page."""
    for accept in ("", BROWSER):
        found = Problem(400, "query", "\ud800", "a", "b", "c")
        body = problems.answer(scope_of("GET", **({"accept": accept} if accept else {})), found).body
        assert b"ud800" in bytes(body)  # type: ignore[arg-type]


def test_an_error_of_ours_that_no_request_can_cause_is_a_500() -> None:
    """It is called an error in the service."""
    found = described(errors.ReleaseWriteFailed("Vol.", "Full."))
    assert (found.status, found.title_en) == (500, "Error in the service")


@pytest.mark.parametrize(
    "error",
    [
        errors.ReleaseNotFound("Niets in /srv/x; wel: 2026.1.", "None in /srv/x.", "2025.1", ("2026.1",)),
        errors.ReleaseNotFound("Niets in /srv/x.", "None in /srv/x.", "2025.1"),
        errors.UsageError("/srv/x is geen map.", "/srv/x is no folder."),
        errors.ReleaseWriteFailed("/srv/x is vol.", "/srv/x is full."),
    ],
)
@pytest.mark.parametrize("accept", ["", BROWSER])
def test_no_error_names_a_path_of_the_machine(
    error: GbvkgError, accept: str, caplog: pytest.LogCaptureFixture
) -> None:
    """What a client cannot have caused is for the log; a release that is not there is named with those that
    are.
    """
    request = Request(scope_of("GET", **({"accept": accept} if accept else {})))
    response = of_error(request, error)
    text = bytes(response.body).decode()
    assert "/srv" not in text
    assert ("/srv" in str(caplog.records[0].__dict__)) if response.status_code == 500 else not caplog.records
    if isinstance(error, errors.ReleaseNotFound):
        assert "Er is geen release 2025.1." in text
        assert ("Er zijn: 2026.1." in text) is bool(error.present)


def test_a_reply_is_sent_whole_and_without_body_to_head() -> None:
    """Length and headers are those of GET; the body is left out."""
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    reply = Reply(200, {"Content-Type": "text/plain"}, b"abc")
    for method in ("GET", "HEAD"):
        asyncio.run(reply(scope_of(method), send, send))  # type: ignore[arg-type]
    get, body, head, empty = sent
    assert get == head
    assert (b"content-length", b"3") in get["headers"]
    assert (body["body"], empty["body"]) == (b"abc", b"")


def test_a_header_sent_twice_is_one_list() -> None:
    """RFC 9110 §5.2."""
    scope = scope_of("GET", accept="a/b")
    scope["headers"].append((b"accept", b"c/d"))
    assert header(scope, b"accept") == "a/b, c/d"
    assert header(scope, b"cookie") == ""


def test_what_is_not_there_is_one_kind_of_problem() -> None:
    """404 with a slug, both languages and what there is instead."""
    response = problems.not_found(Request(scope_of("GET")), "Er is niets.", "There is nothing.", near=["/a"])
    said = json.loads(bytes(response.body))
    assert (response.status_code, said["type"]) == (404, f"{problems.TYPE}not-found")
    assert (said["detail"], said["detail_en"], said["near"]) == ("Er is niets.", "There is nothing.", ["/a"])


@pytest.mark.parametrize(("lang", "said"), [("nl", "zet {} bovenaan"), ("en", "put {} at the top")])
def test_the_query_page_tells_the_line_of_a_prefix_that_is_missing(
    real: serving.Served, lang: str, said: str
) -> None:
    """Who forgets a prefix of the site can copy what to add from the page, without a script too."""
    query = {"query": "SELECT * { ?s dct:title ?o }"}
    answer = real.client.post(f"/sparql?lang={lang}", data=query, headers={"Accept": "text/html"})
    assert answer.status_code == 400
    assert said.format("PREFIX dct: <http://purl.org/dc/terms/>") in unescape(answer.text)
