"""What became of a thing from release to release: which describe it, and what each changed in it.

Read once for each release, off the event loop, and kept as numbers, because a release never changes: a hash
for each thing that it describes, and where in ``diff/changes.json`` the changes of a thing stand, of which a
page reads only those. That one could not be read is kept too, for a while. Of things that the comparison of
releases leaves out (provenance, findings) it is known that they are described and no more. What is told
depends on which older releases are there: who keeps it needs the ``tag`` of the chain. This module refuses to
open an older release for it, which would start its workers.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
from array import array
from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

from gbvkg.errors import GbvkgError
from gbvkg.release.folder import versions
from gbvkg.release.manifest import Manifest, read_manifest
from gbvkg.web.pages.views import views

if TYPE_CHECKING:
    from gbvkg.web.site import Site

MOST = 12
"""How many releases are looked into, the newest of them, that at hand among them."""

PATIENCE = 60.0
"""Seconds before a release that could not be read is tried again."""

CHANGES = "diff/changes.json"

NOT_COMPARED = ("/graph/provenance", "/graph/findings")
"""Ends of the names of the graphs in which a difference of releases does not look."""

_ENDS = tuple(f"{name}> .\n".encode() for name in NOT_COMPARED)

Change = dict[str, Any]
"""One thing as ``changes.json`` has it: subject, kind, class, label, properties with what went and came."""

log = logging.getLogger("gbvkg.web")
_turn = asyncio.Lock()
_known: OrderedDict[Path, Past] = OrderedDict()
"""Release → what is kept of it, the least recently used the first to go; room for the chain of each release
that may be open.
"""
_failed: dict[Path, tuple[float, str]] = {}
"""Release that could not be read → when, and why."""


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


@dataclass(frozen=True)
class Chain:
    """A release and those before it, the newest first, as far as they are there and can be read. It is not
    ``is_certain`` when it ends at one that is there and could not be read, which may pass.
    """

    releases: tuple[Past, ...]
    is_certain: bool = True

    @property
    def tag(self) -> str:
        """What tells a page with this history from one with another, for its entity tag."""
        return " ".join(past.version for past in self.releases)


async def chain(site: Site) -> Chain:
    """The releases that the history of a thing in the release at hand is told from; none for a first one."""
    found = list[Past]()
    release = site.release if site.manifest.previous else None
    while release is not None and len(found) < MOST:
        past = await _past(site, release)
        if past is None:
            return Chain(tuple(found), not release.is_dir())
        found.append(past)
        release = release.parent / past.previous if past.previous else None
    return Chain(tuple(found))


async def steps(site: Site, known: Chain, iri: str, parts: Iterable[str]) -> list[Step]:
    """What became of a thing, which the release at hand describes, and of its ``parts``, the newest first.
    Changes are read off the event loop.
    """
    manifest = site.manifest
    if manifest.previous is None:
        return [Step(manifest.version, manifest.issued, "start")]
    return await asyncio.to_thread(_steps, known.releases, iri, {iri, *parts})


def _steps(releases: tuple[Past, ...], iri: str, iris: Collection[str]) -> list[Step]:
    found = list[Step]()
    for past in releases:
        is_there = past.describes(iri)
        if not past.compares(iri):
            changes, kind = [], "here" if past.previous else "start"
        else:
            changes = past.changes(iris)
            own = next((change["kind"] for change in changes if change["subject"] == iri), "")
            kind = own if own in ("added", "removed") else "changed" if changes else "same"
        if is_there or kind == "removed":
            found.append(Step(past.version, past.issued, kind, changes if kind == "changed" else []))
        if is_there and kind != "added" and past.previous and past is releases[-1]:
            found.append(Step("", "", "away"))
    return found


async def older_with(site: Site, iri: str) -> list[Past]:
    """The releases before the one at hand in the folder that describe ``iri``, oldest first."""
    releases, version = site.release.parent, site.version
    present = versions(releases)
    older = present[: present.index(version)] if version in present else []
    found = [await _past(site, releases / name) for name in older[-MOST:]]
    return [past for past in found if past is not None and past.describes(iri)]


async def predecessor(site: Site, iri: str) -> tuple[str, bool]:
    """The version before the one at hand, "" when it is not there or does not describe ``iri``; and whether
    that is certain (see ``Chain``).
    """
    version = (site.manifest.previous or {}).get("version", "")
    if not version:
        return "", True
    release = site.release.parent / version
    past = await _past(site, release)
    if past is None:
        return "", not release.is_dir()
    return version if past.describes(iri) else "", True


async def _past(site: Site, release: Path) -> Past | None:
    """What is kept of a release; None of one that is not there, or cannot be read."""
    if not release.is_dir():
        return None
    if (found := _of(release)) is not None or _is_given_up(release):
        return found
    async with _turn:  # one reader at a time: the second finds the answer of the first
        if (found := _of(release)) is not None or _is_given_up(release):
            return found
        try:
            found = await asyncio.to_thread(_read, release)
        except (OSError, ValueError, GbvkgError) as error:
            _give_up(release, str(error))
            return None
        _failed.pop(release, None)
        _known[release] = found
        while len(_known) > (site.settings.archived + 1) * (MOST + 1):
            _known.popitem(last=False)
        return found


def _of(release: Path) -> Past | None:
    """What is kept of a release, which makes it the last that will go."""
    if release not in _known:
        return None
    _known.move_to_end(release)
    return _known[release]


def _is_given_up(release: Path) -> bool:
    return release in _failed and monotonic() - _failed[release][0] < PATIENCE


def _give_up(release: Path, reason: str) -> None:
    """Not to be read for a while; said in the log once for a reason."""
    if _failed.get(release, (0.0, ""))[1] != reason:
        log.warning("release cannot be read", extra={"release": release.name, "reason": reason})
    _failed[release] = monotonic(), reason


def _read(release: Path) -> Past:
    """Raises OSError, ReleaseCorrupt, and ValueError for changes that are not those of the manifest."""
    manifest = read_manifest(release)
    data = changes_file(release, manifest)
    places = None if data is None else _places(data)
    described, apart = set(), set()
    with (release / "dataset.nq").open("rb") as lines:
        for line in lines:  # N-Quads §2: a subject ends at the first space, a graph comes last
            key = hash(line[1 : line.index(b" ") - 1])
            described.add(key)
            if line.endswith(_ENDS):
                apart.add(key)
    return Past(
        release,
        manifest.version,
        manifest.issued,
        (manifest.previous or {}).get("version", ""),
        array("q", sorted(described)),
        array("q", sorted(apart)),
        places,
    )


def changes_file(release: Path, manifest: Manifest) -> bytes | None:
    """What a release changed, as its manifest has it; None of a first release. Raises OSError, and ValueError
    for a file that is not that of the manifest.
    """
    digest = next((file.sha256 for file in manifest.files if file.path == CHANGES), None)
    if digest is None:
        return None
    data = (release / CHANGES).read_bytes()
    if hashlib.sha256(data).hexdigest() != digest:
        raise ValueError(f"{CHANGES} was changed")
    return data


def _places(data: bytes) -> tuple[array[int], array[int], array[int]]:
    """Hashes of things, in order, and where in ``data`` the change of each stands."""
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
