"""What became of a thing from release to release: which describe it, and what each changed in it.

Read once for each release, off the event loop, and kept as numbers, because a release never changes: a hash
for each thing that it describes, and where in ``diff/changes.json`` the changes of a thing stand, of which a
page reads only those. Of things that the comparison of releases leaves out (provenance, findings) it is known
that they are described and no more. This module refuses to open an older release for it, which would start
its workers.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
from array import array
from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gbvkg.errors import GbvkgError
from gbvkg.release.folder import versions
from gbvkg.release.manifest import read_manifest
from gbvkg.web.pages.views import views

if TYPE_CHECKING:
    from gbvkg.web.site import Site

MOST = 12
"""How many older releases are looked into, the newest of them."""

CHANGES = "diff/changes.json"

NOT_COMPARED = ("/graph/provenance", "/graph/findings")
"""Ends of the names of the graphs in which a difference of releases does not look."""

_ENDS = tuple(f"{name}> .\n".encode() for name in NOT_COMPARED)

Change = dict[str, Any]
"""One thing as ``changes.json`` has it: subject, kind, class, label, properties with what went and came."""

log = logging.getLogger("gbvkg.web")
_turn = asyncio.Lock()
_known: dict[Path, Past] = {}
"""Release → what is kept of it, of at most ``MOST`` and the current one, the first read the first to go."""


@dataclass(frozen=True)
class Step:
    """One release. ``kind`` is "start" (described, and there was none before), "added", "changed", "same",
    "removed", "here" (described, and not compared), or "away" for releases before that are not looked into.
    ``changes`` are those of the thing and of what belongs to it.
    """

    version: str
    issued: str
    kind: str
    changes: list[Change] = field(default_factory=list)

    @property
    def is_described(self) -> bool:
        return self.kind not in ("removed", "away")


@dataclass(frozen=True)
class Past:
    """What is kept of a release: sorted hashes of what it describes and of what is not compared, and the
    places of changes in their file.
    """

    release: Path
    version: str
    issued: str
    previous: str
    described: array[int]
    apart: array[int]
    places: tuple[array[int], array[int], array[int]] | None

    def describes(self, iri: str) -> bool:
        return _holds(self.described, iri)

    def compares(self, iri: str) -> bool:
        """Whether what changes of a thing is known."""
        return self.places is not None and not _holds(self.apart, iri)

    def changes(self, iris: Collection[str]) -> list[Change]:
        """Those of the things, and those that say that something about one of them went."""
        if self.places is None:
            return []
        hashes, starts, lengths = self.places
        found: dict[int, int] = {}
        for key in map(_key, iris):
            at = bisect_left(hashes, key)
            while at < len(hashes) and hashes[at] == key:
                found[starts[at]] = lengths[at]
                at += 1
        if not found:
            return []
        with (self.release / CHANGES).open("rb") as file:
            read = [_at(file, start, length) for start, length in sorted(found.items())]
        return [change for change in read if any(iri in iris for iri in _about(change))]


def _at(file: Any, start: int, length: int) -> Change:
    file.seek(start)
    change: Change = json.loads(file.read(length))
    return change


def _holds(hashes: array[int], iri: str) -> bool:
    key = _key(iri)
    at = bisect_left(hashes, key)
    return at < len(hashes) and hashes[at] == key


def _key(iri: str) -> int:
    return hash(iri.encode())


async def steps(site: Site, iri: str, parts: Iterable[str]) -> list[Step]:
    """What became of a thing, which the release at hand describes, and of its ``parts``, the newest first."""
    manifest = site.manifest
    if manifest.previous is None:
        return [Step(manifest.version, manifest.issued, "start")]
    iris = {iri, *parts}
    past, found = await _past(site.release), list[Step]()
    while past is not None and len(found) < MOST:
        before = await _past(past.release.parent / past.previous) if past.previous else None
        is_there = past.describes(iri)
        if not past.compares(iri):
            changes, kind = [], "here" if past.previous else "start"
        else:
            changes = past.changes(iris)
            own = next((change["kind"] for change in changes if change["subject"] == iri), "")
            kind = own if own in ("added", "removed") else "changed" if changes else "same"
        if is_there or kind == "removed":
            found.append(Step(past.version, past.issued, kind, changes if kind == "changed" else []))
        if is_there and kind != "added" and past.previous and (before is None or len(found) == MOST):
            found.append(Step("", "", "away"))
        past = before
    return found


async def older_with(releases: Path, version: str, iri: str) -> list[str]:
    """The versions before ``version`` in the folder that describe ``iri``, oldest first."""
    present = versions(releases)
    older = present[: present.index(version)] if version in present else []
    return [name for name in older[-MOST:] if await is_described(releases / name, iri)]


async def is_described(release: Path, iri: str) -> bool:
    """Whether a release that is there describes ``iri``."""
    past = await _past(release)
    return past is not None and past.describes(iri)


async def _past(release: Path) -> Past | None:
    """What is kept of a release; None of one that is not there, or cannot be read."""
    if not release.is_dir():
        return None
    if release not in _known:
        async with _turn:  # one reader at a time: the second finds the answer of the first
            if release not in _known:
                try:
                    found = await asyncio.to_thread(_read, release)
                except (OSError, ValueError, GbvkgError) as error:
                    said = {"release": release.name, "reason": str(error)}
                    log.warning("release cannot be read", extra=said)
                    return None
                while len(_known) > MOST:
                    del _known[next(iter(_known))]
                _known[release] = found
    return _known[release]


def _read(release: Path) -> Past:
    """Raises OSError, ReleaseCorrupt, and ValueError for changes that are not those of the manifest."""
    manifest = read_manifest(release)
    described, apart = set(), set()
    with (release / "dataset.nq").open("rb") as lines:
        for line in lines:  # N-Quads §2: a subject ends at the first space, a graph comes last
            key = hash(line[1 : line.index(b" ") - 1])
            described.add(key)
            if line.endswith(_ENDS):
                apart.add(key)
    digest = next((file.sha256 for file in manifest.files if file.path == CHANGES), "")
    return Past(
        release,
        manifest.version,
        manifest.issued,
        (manifest.previous or {}).get("version", ""),
        array("q", sorted(described)),
        array("q", sorted(apart)),
        _places((release / CHANGES).read_bytes(), digest) if digest else None,
    )


def _places(data: bytes, digest: str) -> tuple[array[int], array[int], array[int]]:
    """Hashes of things, in order, and where in ``data`` the change of each stands."""
    if hashlib.sha256(data).hexdigest() != digest:
        raise ValueError(f"{CHANGES} was changed")
    rows = sorted(
        (_key(iri), start, length) for change, start, length in _elements(data) for iri in _about(change)
    )
    hashes, starts, lengths = (array("q", column) for column in zip(*rows, strict=True)) if rows else _NONE
    return hashes, starts, lengths


_NONE = (array("q"), array("q"), array("q"))


def _elements(data: bytes) -> Iterator[tuple[Change, int, int]]:
    """The changes, with their places. Read as Latin-1, a character is a byte, and JSON has the same marks."""
    text, decoder = data.decode("latin-1"), json.JSONDecoder()
    at = text.index("[", text.index('"changes"')) + 1
    while (at := _skip(text, at)) < len(text) and text[at] == "{":
        _, end = decoder.raw_decode(text, at)
        yield json.loads(data[at:end]), at, end - at
        at = end


def _skip(text: str, at: int) -> int:
    while text[at] in " \n\r\t,":
        at += 1
    return at


def _about(change: Change) -> list[str]:
    """The things on whose page a change is told: its own, and of what went what it was about."""
    about = [change["subject"]]
    if change["kind"] == "removed":
        for each in change["properties"]:
            if each["property"] in views().owned_inverse:
                about += [value[1:-1] for value in each["removed"] if value.startswith("<")]
    return about
