"""Row 18: a cache that hands one representation to who asked for another."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest
from bystander import refused, within
from serving import Served

THING = "/doc/action/vap-sg-2020/11"
KINDS = {
    "text/html": "text/html; charset=utf-8",
    "text/turtle": "text/turtle; charset=utf-8",
    "application/ld+json": "application/ld+json",
    "application/n-triples": "application/n-triples",
    "application/rdf+xml": "application/rdf+xml",
    "text/csv": "text/csv; charset=utf-8",
}


class CachingProxy(ThreadingHTTPServer):
    """Keeps every 200, 301, 303 and 308 by address and by the request headers that its ``Vary`` names
    (RFC 9111 §4.1), for as long as it lives: a cache that trusts ``Vary`` and never asks again.
    """

    daemon_threads = True

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self.kept: dict[tuple[str, ...], tuple[int, list[tuple[str, str]], bytes]] = {}
        self.vary: dict[str, list[str]] = {}
        self.hits = 0
        super().__init__(("127.0.0.1", 0), _Relay)

    def key(self, path: str, headers: Any) -> tuple[str, ...]:
        return (path, *(", ".join(headers.get_all(name, [])) for name in self.vary.get(path, ())))


class _Relay(BaseHTTPRequestHandler):
    server: CachingProxy

    def do_GET(self) -> None:
        found = self.server.kept.get(self.server.key(self.path, self.headers))
        if found is None:
            found = self._fetch()
        else:
            self.server.hits += 1
        status, headers, body = found
        self.send_response_only(status)
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def _fetch(self) -> tuple[int, list[tuple[str, str]], bytes]:
        given = [(name, value) for name, value in self.headers.items() if name.lower() != "host"]
        answer = httpx.get(self.server.origin + self.path, headers=given, follow_redirects=False)
        headers = [pair for pair in answer.headers.multi_items() if pair[0] not in ("date", "server")]
        found = (answer.status_code, headers, answer.content)
        if answer.status_code in (200, 301, 303, 308) and "no-store" not in answer.headers["cache-control"]:
            self.server.vary[self.path] = [
                name.strip().lower() for name in answer.headers.get("vary", "").split(",") if name.strip()
            ]
            self.server.kept[self.server.key(self.path, self.headers)] = found
        return found

    def log_message(self, format: str, *args: object) -> None:
        """Nothing on standard error."""


@pytest.fixture
def proxy(service: Served) -> Iterator[CachingProxy]:
    with CachingProxy(service.url) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.mark.parametrize("path", [THING, "/doc/ns", "/id/action/vap-sg-2020/11"])
def test_each_gets_its_own_through_a_cache(proxy: CachingProxy, path: str) -> None:
    """Twice, in both orders: the second time from the cache, and each time the right type."""
    client = httpx.Client(base_url=f"http://127.0.0.1:{proxy.server_port}", follow_redirects=True)
    for order in (list(KINDS), list(KINDS)[::-1]):
        for accept in order:
            answer = client.get(path, headers={"Accept": accept})
            assert answer.headers["content-type"] == KINDS[accept]
    assert proxy.hits >= len(KINDS)


def test_each_language_gets_its_own_through_a_cache(proxy: CachingProxy) -> None:
    """A page is Dutch or English by Accept-Language, and the cache knows."""
    client = httpx.Client(base_url=f"http://127.0.0.1:{proxy.server_port}", headers={"Accept": "text/html"})
    for _ in range(2):
        for lang in ("nl", "en"):
            assert client.get(THING, headers={"Accept-Language": lang}).headers["content-language"] == lang


@pytest.mark.parametrize(("path", "accept", "status"), [
    (THING, "text/html", 200),
    (THING, "text/turtle", 200),
    (THING, "image/png", 406),
    ("/id/action/vap-sg-2020/11", "text/turtle", 303),
    ("/doc/action/nothing", "text/turtle", 404),
    ("/sparql", "text/turtle", 200),
    ("/sparql", "image/png", 406),
    ("/sparql?query=ASK%7B%7D", "text/csv", 200),
    ("/sparql?query=wrong", "text/csv", 400),
    ("/query/actions", "text/csv", 200),
    ("/.well-known/void", "application/ld+json", 200),
])  # fmt: skip
def test_vary_is_on_every_status(service: Served, path: str, accept: str, status: int) -> None:
    """And on the 304 of what is 200."""
    answer = service.get(path, accept=accept)
    assert answer.status_code == status
    assert "Accept" in [name.strip() for name in answer.headers["vary"].split(",")]
    if status == 200:
        again = service.get(path, accept=accept, if_none_match=answer.headers["etag"])
        assert again.status_code == 304
        assert again.headers["vary"] == answer.headers["vary"]


def test_each_format_has_its_own_tag(service: Served) -> None:
    """Strong tags, all different, of documents and of answers; one does not make another fresh."""
    tags = [service.get(THING, accept=accept).headers["etag"] for accept in KINDS]
    asked = "/sparql?query=SELECT%20%3Fs%20%7B%20%3Fs%20a%20%3Ft%20%7D%20LIMIT%203"
    tags += [service.get(f"{asked}&format={name}").headers["etag"] for name in ("json", "xml", "csv", "tsv")]
    assert len(set(tags)) == len(tags)
    assert not any(tag.startswith("W/") for tag in tags)
    assert service.get(THING, accept="text/turtle", if_none_match=tags[0]).status_code == 200


@pytest.mark.parametrize("name", ["Accept", "Accept-Language"])
def test_two_headers_of_one_name_poison_nothing(service: Served, name: str) -> None:
    """What was answered to two headers is not given to who sends only the second of them."""
    first, second = {"Accept": ("text/html", "text/turtle"), "Accept-Language": ("en;q=1", "nl;q=0.9")}[name]
    path = f"{THING}?poison={name}"
    other = [] if name == "Accept" else [("Accept", "text/html")]
    service.client.get(path, headers=[*other, (name, first), (name, second)])
    victim = service.client.get(path, headers=[*other, (name, second)])
    seen = victim.headers["content-type" if name == "Accept" else "content-language"]
    assert seen.partition(";")[0] == second.partition(";")[0]


@pytest.mark.parametrize("accept", [
    "a/b," * 2500, "text/turtle" + ";q=0.1" * 1600, "*/*;" + "a=b;" * 2500, '"' * 9000, "q=" * 5000,
    ";,=" * 3300, "text/html;q=" + "9" * 9000, "*" * 10_000,
], ids=range(8))  # fmt: skip
def test_a_long_accept_is_refused_fast(service: Served, accept: str) -> None:
    """10 kB of Accept: 400 or 406, at once."""
    for path in (THING, "/sparql?query=ASK%7B%7D"):
        with within(0.5):
            refused(service.get(path, accept=accept), 400, 406)


def test_many_keys_do_not_fill_memory(service: Served) -> None:
    """Addresses that differ in nothing but a parameter are kept up to a bound."""
    bound = 64_000_000
    for n in range(300):
        service.get(f"{THING}.nt?n={n}")
    lines = dict(line.split() for line in service.get("/metrics").text.splitlines() if line[0] != "#")
    assert 0 < float(lines["gbvkg_cache_bytes"]) <= bound
