"""Row 15: headers that stop a browser from doing what no page of ours asks: on every answer of every kind."""

from __future__ import annotations

import re

import httpx
import pytest
from serving import Served

PAGES = (
    "/", "/?lang=en", "/search?q=geweld", "/list/Action", "/query/", "/query/actions", "/sparql", "/doc/ns",
    "/sparql?query=ASK%20%7B%7D", "/doc/action/vap-sg-2020/11", "/doc/plan/vap-sg-2020", "/nothing",
    "/doc/action/nothing", "/releases/nothing", "/query/nothing", "/list/nothing", "/releases/", "/docs",
    "/query/actions?plan=x", "/releases/2026.1/",
)  # fmt: skip
OTHERS = (
    "/sparql", "/sparql?query=ASK%20%7B%7D", "/sparql?query=wrong", "/doc/action/vap-sg-2020/11.ttl", "/ns",
    "/id/action/vap-sg-2020/11", "/releases/2026.1/manifest.json", "/releases", "/openapi.json", "/metrics",
    "/robots.txt", "/sitemap.xml", "/.well-known/void", "/health/ready", "/list/Action.csv", "/nothing",
)  # fmt: skip


def has_all(answer: httpx.Response) -> None:
    """Fails unless every header of defence is there, once, and strict."""
    names = [name.lower() for name, _ in answer.headers.multi_items()]
    policy = answer.headers["content-security-policy"]
    found = dict(part.strip().partition(" ")[::2] for part in policy.split(";"))
    assert found["default-src"] == "'none'"
    assert found["script-src"] == "'self'"
    assert "unsafe" not in policy
    assert "http:" not in policy
    assert "https:" not in policy
    assert "*" not in policy
    assert found["frame-ancestors"] == found["base-uri"] == "'none'"
    assert found["form-action"] == found["connect-src"] == "'self'"
    assert re.fullmatch(r"'self'( 'nonce-[\w+/=-]{16,}')?", found["style-src"])
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] in (
        "strict-origin-when-cross-origin",
        "no-referrer",
        "same-origin",
    )
    assert answer.headers["cross-origin-opener-policy"] == "same-origin"
    assert "set-cookie" not in names
    for name in ("content-security-policy", "content-type", "etag", "vary", "access-control-allow-origin"):
        assert names.count(name) <= 1, name


@pytest.mark.parametrize("path", PAGES)
def test_a_page(service: Served, path: str) -> None:
    """Also when it is the page of a problem; twice, because the second may be a kept one."""
    for _ in range(2):
        answer = service.get(path, accept="text/html")
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        has_all(answer)


@pytest.mark.parametrize("path", OTHERS)
def test_what_is_no_page(service: Served, path: str) -> None:
    """A browser that is led to it does not make a page of it either, whatever the method."""
    for method in ("GET", "HEAD", "POST", "OPTIONS", "TRACE"):
        has_all(service.client.request(method, path))
    fresh = service.get(path)
    if "etag" in fresh.headers:
        again = service.get(path, if_none_match=fresh.headers["etag"])
        assert again.status_code == 304
        has_all(again)


@pytest.mark.parametrize("path", PAGES)
def test_no_page_has_script_or_style_of_its_own(service: Served, path: str) -> None:
    """What the policy forbids is not there: no inline script, style or handler, nothing from elsewhere."""
    text = service.get(path, accept="text/html").text
    for script in re.findall(r"<script\b[^>]*>", text):
        assert 'type="application/ld+json"' in script or re.search(r'\bsrc="/static/', script), script
    assert "<style" not in text
    assert not re.search(r"<[^>]+\s(on\w+|style)\s*=", text)
    loaded = re.findall(
        r'<(?:script|img|iframe|link|source|use|object|embed)\b[^>]*\s(?:src|href|data)="([^"]*)"', text
    )
    outside = {place for place in loaded if not place.startswith(("/", "data:"))}
    kinds = re.findall(
        r'<link\b[^>]*rel="(?:canonical|license|alternate|describedby|profile)"[^>]*href="([^"]*)"', text
    )
    assert outside <= set(kinds)


def test_an_editor_has_a_new_nonce_each_time(service: Served) -> None:
    """One that could be known would be none."""
    policies = {
        service.get("/sparql", accept="text/html").headers["content-security-policy"] for _ in range(3)
    }
    assert len(policies) == 3
