"""What machines look for at well-known places: the sitemap, the icon, the description of the API."""

from __future__ import annotations

import asyncio
import json
import re
import struct
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import httpx
import pytest

from gbvkg.config import ServeSettings
from gbvkg.web import discovery
from gbvkg.web.service import Service
from tests.serving import Served, released, serving

SPACE = "{http://www.sitemaps.org/schemas/sitemap/0.9}"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The real data."""
    with serving(released(), tmp_path_factory.mktemp("discovery") / "log") as found:
        yield found


def _asked(releases: Path, *paths: str) -> list[httpx.Response]:
    """The answers of a service in this process."""

    async def scene() -> list[httpx.Response]:
        service = Service(releases, ServeSettings(access_log=False))
        await service.current.start()
        transport = httpx.ASGITransport(service, raise_app_exceptions=True)
        try:
            async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
                return [await client.get(path) for path in paths]
        finally:
            await service.current.stop()

    return asyncio.run(scene())


def _places(answer: httpx.Response, kind: str) -> list[str]:
    """The addresses of a sitemap ("urlset") or of an index of them ("sitemapindex")."""
    root = ElementTree.fromstring(answer.content)  # what we wrote ourselves
    assert root.tag == f"{SPACE}{kind}"
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\d", found.text or "") for found in root.iter(f"{SPACE}lastmod"))
    return [found.text or "" for found in root.iter(f"{SPACE}loc")]


def test_what_the_sitemap_lists_is_there(served: Served) -> None:
    """Each once, at this service's own address, and each of a sample answers 200."""
    answer = served.get("/sitemap.xml")
    places = _places(answer, "urlset")
    assert answer.headers["content-type"] == "application/xml"
    assert len(set(places)) == len(places) > 800
    for place in places[:: len(places) // 40]:
        assert place.startswith(f"{served.url}/")
        assert served.get(place.removeprefix(served.url)).status_code == 200, place
    assert f"{served.url}/doc/action/vap-sg-2020/11" in places
    assert served.get("/sitemap.xml", if_none_match=answer.headers["etag"]).status_code == 304


def test_a_sitemap_of_too_many_is_an_index_of_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Together the parts have what one had, none has more than a sitemap may, and there are no others."""
    (whole,) = _asked(released(), "/sitemap.xml")
    every = _places(whole, "urlset")
    most = len(every) // 3 + 20
    monkeypatch.setattr(discovery, "_MOST_IN_SITEMAP", most)
    names = [f"/sitemap-{number}.xml" for number in (1, 2, 3)]
    index, *parts = _asked(released(), "/sitemap.xml", *names)
    assert _places(index, "sitemapindex") == [f"http://127.0.0.1:8000{name}" for name in names]
    found = [_places(part, "urlset") for part in parts]
    assert max(map(len, found)) <= most
    assert [place for part in found for place in part] == every
    for missing in _asked(
        released(), "/sitemap-0.xml", "/sitemap-4.xml", f"/sitemap-{10**12}.xml", f"/sitemap-{'9' * 5000}.xml"
    ):
        assert missing.status_code == 404


def test_there_is_an_icon(served: Served) -> None:
    """Pages name one of ours, and who asks for it unasked gets the same."""
    page = served.get("/", accept="text/html").text
    named = re.search(r'<link rel="icon" href="(/static/[^"]*favicon\.ico)">', page)
    assert named
    icon = served.get("/favicon.ico")
    assert icon.headers["content-type"] == "image/x-icon"
    assert icon.content == served.get(named[1]).content
    assert struct.unpack_from("<HHH", icon.content) == (0, 1, 2)
    assert len(icon.content) < 6_000
    assert served.get("/favicon.ico", if_none_match=icon.headers["etag"]).status_code == 304


def test_the_description_of_the_api_is_sent_once(served: Served) -> None:
    """With a tag of its own and 304, as all that comes of a release."""
    found = served.get("/openapi.json")
    assert found.headers["content-type"] == "application/json"
    assert json.loads(found.content)["openapi"].startswith("3.1")
    again = served.get("/openapi.json", if_none_match=found.headers["etag"])
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("path", ["/releases/", "/releases/2026.1/"])
def test_pages_of_releases_are_asked_again_and_not_sent_again(served: Served, path: str) -> None:
    """They depend on more than a release: a client may keep them, asks each time, and gets 304."""
    found = served.get(path, accept="text/html")
    assert found.headers["cache-control"] == "no-cache"
    again = served.get(path, accept="text/html", if_none_match=found.headers["etag"])
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("path", ["/", "/sparql", "/releases/", "/openapi.json", "/metrics", "/health/live"])
def test_what_nobody_may_keep_has_no_tag(served: Served, path: str) -> None:
    """``no-store`` and an entity tag contradict each other."""
    for accept in ("text/html", "text/turtle", "*/*"):
        found = served.get(path, accept=accept)
        assert "etag" not in found.headers or "no-store" not in found.headers["cache-control"]
