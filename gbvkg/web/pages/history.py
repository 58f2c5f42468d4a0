"""Which older releases describe a thing.

The subjects of a release are read once from its N-Quads, off the event loop, and kept as hashes: a release
never changes. This module refuses to open an older release for it, which would start its workers.
"""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.requests import Request

from gbvkg.release.folder import versions

if TYPE_CHECKING:
    from gbvkg.web.site import Site

MOST = 12
"""How many older releases are looked into, the newest of them."""

log = logging.getLogger("gbvkg.web")
_turn = asyncio.Lock()
_known: dict[Path, frozenset[bytes]] = {}
"""File → its subjects, of at most ``MOST`` files, the first read the first to go."""


async def versions_with(request: Request, site: Site, iri: str) -> list[str]:
    """The versions before the one at hand that describe ``iri``, oldest first; none seen from an old one."""
    if site.is_archived:
        return []
    return await older_with(site.release.parent, site.version, iri)


async def older_with(releases: Path, version: str, iri: str) -> list[str]:
    """The versions before ``version`` in the folder that describe ``iri``, oldest first."""
    present = versions(releases)
    older = present[: present.index(version)] if version in present else []
    return [name for name in older[-MOST:] if await is_described(releases / name, iri)]


async def is_described(release: Path, iri: str) -> bool:
    """Whether a release that is there describes ``iri``."""
    path = release / "dataset.nq"
    if path not in _known:
        async with _turn:  # one reader at a time: the second finds the answer of the first
            if path not in _known:
                found = await asyncio.to_thread(_read, path)
                while len(_known) >= MOST:
                    del _known[next(iter(_known))]
                _known[path] = found
    return f"<{iri}>".encode() in _known[path] and path.exists()


def _read(path: Path) -> frozenset[bytes]:
    """The subjects of an N-Quads file (N-Quads §2: a subject ends at the first space)."""
    try:
        with path.open("rb") as lines:
            return frozenset(line.partition(b" ")[0] for line in lines)
    except OSError as error:
        log.warning("release cannot be read", extra={"release": path.parent.name, "reason": str(error)})
        return frozenset()
