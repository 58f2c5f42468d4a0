"""Whole answers of one release, kept by what was asked, so that most requests are answered before routing.

A release never changes, so an answer about it alone never grows stale: the cache goes with its release. Some
answers tell which older releases there are, so what is kept goes when that changes too. This module refuses
to decide what may be kept; an answer says so itself by having an ETag and being public.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from time import monotonic
from typing import NamedTuple

from gbvkg.web.exchange import Whole, written_head

Key = tuple[bytes, bytes, bytes, bytes]
"""Raw path, query string, Accept and Accept-Language: all that an answer may depend on."""

Headers = list[tuple[bytes, bytes]]

LARGEST = 1_000_000
"""How many bytes an answer may have to be kept."""

LATEST = 1.0
"""Seconds until a change of the folder of releases is seen: not at each request, because looking takes as
long as an answer that is kept.
"""

_KEY = 1000
"""What an entry costs at most apart from its head, body and key."""

_OF_A_BODY = re.compile(rb"^content-(?:length|type): [^\r]*\r\n", re.MULTILINE)


class Kept(NamedTuple):
    """One answer, written out. ``etag`` is b"" for one without (a redirect)."""

    status: int
    whole: Whole
    etag: bytes

    @classmethod
    def of(cls, status: int, headers: Headers, body: bytes, etag: bytes) -> Kept:
        """The answer with these headers; its length is added to them (RFC 9110 §8.6)."""
        said = [pair for pair in headers if pair[0] != b"content-length"]
        if status not in (204, 304):
            said.append((b"content-length", b"%d" % len(body)))
        return cls(status, Whole(written_head(status, said), body), etag)

    def without_body(self) -> Whole:
        """The answer to HEAD."""
        return Whole(self.whole.head, b"")

    def unchanged(self) -> Kept:
        """The 304 for who has this answer: without what tells of a body (RFC 9110 §15.4.5)."""
        said = self.whole.head.partition(b"\r\n")[2]
        head = _OF_A_BODY.sub(b"", said)
        return Kept(304, Whole(written_head(304, ()) + head, b""), self.etag)


class Cache:
    """Answers by key, the least recently used first to go; never more than ``most`` bytes. All go when
    something came into ``beside``, the folder of other releases that some answers tell of, or left it, which
    is seen within ``LATEST`` seconds.
    """

    def __init__(self, most: int, beside: Path | None = None, clock: Callable[[], float] = monotonic) -> None:
        self._most = most
        self._beside = beside
        self._clock = clock
        self._seen = 0
        self._seen = self._looked()
        self._look_at = clock() + LATEST
        self.epoch = 0
        """How often all went: what was begun in an earlier one is not put."""
        self._kept: OrderedDict[Key, tuple[Kept, int]] = OrderedDict()
        self.size = 0

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, key: Key) -> Kept | None:
        """What is kept for a request, which makes it the last that will go; None when nothing is."""
        if self._clock() > self._look_at:
            self._look()
        try:
            self._kept.move_to_end(key)
        except KeyError:
            return None
        return self._kept[key][0]

    def _look(self) -> None:
        self._look_at = self._clock() + LATEST
        if (seen := self._looked()) != self._seen:
            self._seen, self.size = seen, 0
            self.epoch += 1
            self._kept.clear()

    def _looked(self) -> int:
        """When something last came into the folder or left it; what was seen before while it is away."""
        try:
            return self._beside.stat().st_mtime_ns if self._beside is not None else 0
        except OSError:
            return self._seen

    def put(self, key: Key, kept: Kept) -> None:
        """Keep an answer; one of more than ``LARGEST`` bytes is not kept."""
        size = _size(key, kept)
        if len(kept.whole.body) > LARGEST or size > self._most:
            return
        if key in self._kept:
            self.size -= self._kept.pop(key)[1]
        self._kept[key] = (kept, size)
        self.size += size
        while self.size > self._most:
            self.size -= self._kept.popitem(last=False)[1][1]


def _size(key: Key, kept: Kept) -> int:
    return _KEY + sum(map(len, key)) + len(kept.whole.head) + len(kept.whole.body)


def is_fresh(etag: bytes, if_none_match: bytes) -> bool:
    """Whether the client has this representation already (RFC 9110 §13.1.2, weak comparison)."""
    if not etag or not if_none_match:
        return False
    held = (part.strip().removeprefix(b"W/") for part in if_none_match.split(b","))
    return if_none_match.strip() == b"*" or etag in held
