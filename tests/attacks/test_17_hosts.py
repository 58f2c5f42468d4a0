"""Row 17: names that a client makes up: in Host, in what a proxy would add, and in paths that look so."""

from __future__ import annotations

import pytest
from bystander import said, status
from serving import Served

EVIL = "evil.example"
THING = "/id/action/vap-sg-2020/11"
HOSTS = [
    EVIL, f"{EVIL}:80", f"localhost.{EVIL}", f"{EVIL}#localhost", f"localhost/{EVIL}",
    f"localhost:80@{EVIL}",
    f"{EVIL}:localhost", "", " ", "[::1", f"[{EVIL}]", "localhost, evil.example", "localhost%00", "*",
    "127.1",
]  # fmt: skip
PATHS = [
    f"//{EVIL}/x", f"///{EVIL}", f"/\\{EVIL}", f"/%5c{EVIL}", f"/%2f{EVIL}", f"/.//{EVIL}", f"/id//{EVIL}",
    f"/id/\\{EVIL}/x", f"/doc//{EVIL}", f"/releases//{EVIL}", f"/releases/\\{EVIL}", f"/releases/{EVIL}",
    f"/releases/%2f%2f{EVIL}", f"/ns//{EVIL}", f"/query//{EVIL}", f"/list//{EVIL}", f"/static//{EVIL}",
    "/releases/%e2%82%ac", "/id/%e2%82%ac", "/releases/%0d%0aX-Evil:1", "/id/a%0d%0aX-Evil:1", "/id/%zz",
    f"/doc/x?release=//{EVIL}", f"/about?iri=//{EVIL}", f"/about?iri=https://{EVIL}/", f"/search?q=//{EVIL}",
]  # fmt: skip


@pytest.mark.parametrize("host", HOSTS)
def test_a_host_that_is_not_ours_gets_nothing(service: Served, host: str) -> None:
    """No page, no thing, no address made of it."""
    for path in ("/", THING, "/releases", "/sparql?query=ASK%7B%7D"):
        reply = said(service, f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n")
        assert status(reply) in (0, 400, 421), reply[:200]
        assert EVIL.encode() not in reply


def test_two_hosts_or_none(service: Served) -> None:
    """Neither is a request (RFC 9112 §3.2)."""
    for hosts in ("", f"Host: localhost\r\nHost: {EVIL}\r\n", f"Host: {EVIL}\r\nHost: localhost\r\n"):
        reply = said(service, f"GET {THING} HTTP/1.1\r\n{hosts}Connection: close\r\n\r\n")
        assert EVIL.encode() not in reply
        if hosts:
            assert status(reply) in (303, 400, 421)
        else:
            assert status(reply) in (0, 400, 421)


def test_an_absolute_target(service: Served) -> None:
    """The host of a request in absolute form is not repeated either (RFC 9112 §3.2.2)."""
    reply = said(
        service, f"GET http://{EVIL}{THING} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    )
    assert EVIL.encode() not in reply


@pytest.mark.parametrize("path", PATHS)
def test_a_path_never_leads_elsewhere(service: Served, path: str) -> None:
    """A Location, if any, is a path of ours; no header is split; nothing fails."""
    for accept in ("text/html", "text/turtle"):
        reply = said(
            service,
            f"GET {path} HTTP/1.1\r\nHost: localhost\r\nAccept: {accept}\r\nConnection: close\r\n\r\n",
        )
        assert status(reply) in (200, 301, 303, 308, 400, 404, 406), reply[:300]
        head = reply.partition(b"\r\n\r\n")[0].decode("latin-1").lower()
        assert "\r\nx-evil" not in head
        for line in head.split("\r\n"):
            if line.startswith("location:"):
                place = line.partition(":")[2].strip()
                assert place.startswith("/"), line
                assert not place.startswith(("//", "/\\")), line


@pytest.mark.parametrize("name", [
    "X-Forwarded-Host", "X-Forwarded-Server", "X-Host", "Forwarded", "X-Original-URL", "X-Rewrite-URL",
    "X-Forwarded-Prefix", "X-Forwarded-Proto", "X-Http-Method-Override",
])  # fmt: skip
def test_what_a_proxy_might_say_changes_nothing(service: Served, name: str) -> None:
    """Only the path counts; headers that a client can send are not believed."""
    value = f"host={EVIL}" if name == "Forwarded" else EVIL
    for path in ("/", THING, "/releases", "/sitemap.xml", "/doc/action/vap-sg-2020/11.ttl", "/openapi.json"):
        plain = service.get(path)
        moved = service.client.get(path, headers={name: value})
        assert (moved.status_code, moved.content) == (plain.status_code, plain.content)
        assert moved.headers.get("location") == plain.headers.get("location")


@pytest.mark.parametrize("path", [
    "/doc/action/vap-sg-2020/11.ttl", "/doc/action/vap-sg-2020/11", "/doc/ns.nt", "/sitemap.xml",
    "/robots.txt", "/.well-known/void", "/openapi.json", "/list/Action.csv", "/sparql",
    "/query/actions?format=csv",
])  # fmt: skip
def test_data_never_depend_on_the_host(service: Served, path: str) -> None:
    """Byte for byte the same under each of our names; also the tag, so that caches agree."""
    one, other = (service.client.get(path, headers={"Host": host}) for host in ("localhost", "127.0.0.1:99"))
    assert one.content == other.content
    assert one.headers.get("etag") == other.headers.get("etag")
    assert b"localhost" not in one.content
