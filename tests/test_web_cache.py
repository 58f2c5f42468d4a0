"""gbvkg.web.cache: whole answers, bounded."""

from __future__ import annotations

from pathlib import Path

import pytest

from gbvkg.web.cache import LARGEST, LATEST, Cache, Kept, is_fresh
from gbvkg.web.exchange import Whole


def _kept(body: bytes = b"body") -> Kept:
    return Kept.of(200, [(b"etag", b'"a"')], body, b'"a"')


def _key(name: str) -> tuple[bytes, bytes, bytes, bytes]:
    return (name.encode(), b"", b"text/html", b"nl")


def test_an_answer_is_kept_for_exactly_what_was_asked() -> None:
    """Path, query string, Accept and Accept-Language all count."""
    cache = Cache(10_000)
    cache.put((b"/a", b"x=1", b"text/html", b"nl"), _kept())
    assert cache.get((b"/a", b"x=1", b"text/html", b"nl")) == _kept()
    for other in (
        (b"/b", b"x=1", b"text/html", b"nl"),
        (b"/a", b"x=2", b"text/html", b"nl"),
        (b"/a", b"x=1", b"text/turtle", b"nl"),
        (b"/a", b"x=1", b"text/html", b"en"),
    ):
        assert cache.get(other) is None


def test_the_least_recently_used_goes_first() -> None:
    """The bound holds, and what was asked last stays."""
    cache = Cache(3 * 1700)
    for name in "abc":
        cache.put(_key(name), _kept(b"x" * 500))
    cache.get(_key("a"))
    cache.put(_key("d"), _kept(b"x" * 500))
    assert cache.get(_key("a"))
    assert cache.get(_key("b")) is None
    assert cache.size <= 3 * 3600


def test_the_size_is_right_when_an_answer_is_replaced() -> None:
    """Putting twice counts once."""
    cache = Cache(100_000)
    cache.put(_key("a"), _kept(b"x" * 100))
    size = cache.size
    cache.put(_key("a"), _kept(b"x" * 100))
    assert cache.size == size
    assert len(cache) == 1


def test_a_large_answer_is_not_kept() -> None:
    """One answer cannot push out all others."""
    cache = Cache(100_000_000)
    cache.put(_key("a"), _kept(b"x" * (LARGEST + 1)))
    assert len(cache) == 0


@pytest.mark.parametrize(
    ("held", "fresh"),
    [
        (b'"a"', True),
        (b'W/"a"', True),
        (b'"b", "a"', True),
        (b"*", True),
        (b'"b"', False),
        (b"", False),
    ],
)
def test_fresh(held: bytes, fresh: bool) -> None:
    """If-None-Match compares weakly, in a list, or with anything (RFC 9110 §13.1.2)."""
    assert is_fresh(b'"a"', held) is fresh


def test_an_answer_is_kept_as_it_is_sent() -> None:
    """With its length, once; who wants no body is told what it would be; a 304 says nothing of a body."""
    sent = [(b"content-length", b"4"), (b"etag", b'"a"'), (b"content-type", b"text/csv")]
    kept = Kept.of(200, sent, b"body", b'"a"')
    head = b'HTTP/1.1 200 OK\r\netag: "a"\r\ncontent-type: text/csv\r\ncontent-length: 4\r\n'
    assert kept.whole == (head, b"body")
    assert kept.without_body() == (head, b"")
    unchanged = b'HTTP/1.1 304 Not Modified\r\netag: "a"\r\n'
    assert kept.unchanged() == Kept(304, Whole(unchanged, b""), b'"a"')
    assert Kept.of(304, sent[1:2], b"", b'"a"').whole == (unchanged, b"")


def test_what_tells_of_other_releases_goes_with_them(tmp_path: Path) -> None:
    """Nothing is kept once a release came or went; while the folder is away, all is."""
    folder = tmp_path / "releases"
    (folder / "2026.1").mkdir(parents=True)
    now = 1000.0
    cache = Cache(10_000, folder, lambda: now)
    cache.put(_key("a"), _kept())
    assert cache.get(_key("a"))
    folder.rename(tmp_path / "away")
    now += LATEST + 0.1
    assert cache.get(_key("a"))
    (tmp_path / "away").rename(folder)
    now += LATEST + 0.1
    assert cache.get(_key("a"))
    (folder / "2026.1").rename(tmp_path / "2026.1")
    assert (bool(cache.get(_key("a"))), cache.epoch) == (True, 0)
    now += LATEST + 0.1
    assert (cache.get(_key("a")), cache.epoch) == (None, 1)
    assert cache.size == 0
