"""Row 20: scripts of other origins: they may read everything, and never with somebody's credentials."""

from __future__ import annotations

import pytest
from serving import Served

ORIGIN = "https://other.example"
PATHS = (
    "/", "/sparql", "/sparql?query=ASK%7B%7D", "/sparql?query=wrong", "/doc/action/vap-sg-2020/11",
    "/doc/action/vap-sg-2020/11.ttl", "/id/action/vap-sg-2020/11", "/nothing", "/query/actions",
    "/query/nothing", "/releases/2026.1/manifest.json", "/list/Action.csv", "/search?q=x",
    "/.well-known/void",
    "/openapi.json",
)  # fmt: skip


@pytest.mark.parametrize("origin", [ORIGIN, "null", "https://localhost"])
@pytest.mark.parametrize("path", PATHS)
def test_any_origin_may_read(service: Served, path: str, origin: str) -> None:
    """``*``, the same for all, so that caches need not tell origins apart; problems and 304s too."""
    for accept in ("text/html", "*/*"):
        answer = service.get(path, origin=origin, accept=accept, cookie="session=1")
        assert answer.headers["access-control-allow-origin"] == "*"
        assert "access-control-allow-credentials" not in answer.headers
        assert "set-cookie" not in answer.headers
        assert "origin" not in answer.headers.get("vary", "").lower()


def test_by_post(service: Served) -> None:
    """A query sent by a script."""
    answer = service.sparql("ASK {}", origin=ORIGIN)
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (200, "*")


def test_a_preflight(service: Served) -> None:
    """application/sparql-query is not a simple type: a browser asks first (Fetch §4.8)."""
    answer = service.client.options(
        "/sparql",
        headers={
            "Origin": ORIGIN,
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "content-type",
        },
    )
    assert answer.status_code == 204
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "POST" in answer.headers["access-control-allow-methods"]
    assert "content-type" in answer.headers["access-control-allow-headers"].lower()
    assert "access-control-allow-credentials" not in answer.headers
    assert answer.content == b""
