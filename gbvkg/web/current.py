"""Which release is being served: the current one, replaced when another becomes current, and older ones on
demand.

The link ``current`` in the releases folder is looked at every so often. A release that does not verify is
refused and the old one stays. This module refuses to open anything that is not a release of that folder.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from time import monotonic
from typing import Any

from gbvkg.config import ServeSettings
from gbvkg.errors import GbvkgError, ProjectError, ReleaseCorrupt, ReleaseNotFound
from gbvkg.project import checked_version
from gbvkg.release.folder import CURRENT, find, versions
from gbvkg.release.manifest import Manifest, verify
from gbvkg.web.pages.history import chain
from gbvkg.web.site import Site

log = logging.getLogger("gbvkg.web")

AGAIN = 60.0
"""Seconds until an older release that did not verify is verified again, which reads all of it."""


class Current:
    """The sites of a releases folder. ``refused`` counts releases that were not taken."""

    def __init__(self, releases: Path, settings: ServeSettings) -> None:
        self.releases = releases
        self.settings = settings
        self.refused = 0
        self.swaps = 0
        self.settled: Callable[[], None] = lambda: None
        """Called when a release is open, and when the one before it is gone."""
        self._site: Site | None = None
        self._archive: OrderedDict[str, Site] = OrderedDict()
        self._manifests: dict[str, tuple[Path, Manifest]] = {}
        self._damaged: dict[tuple[str, str], float] = {}
        self._opening = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()
        self._turned_down: tuple[str, int] | None = None

    @property
    def site(self) -> Site:
        """The site of the current release. ``start`` first."""
        assert self._site is not None, "not started"
        return self._site

    @property
    def is_ready(self) -> bool:
        return self._site is not None and self._site.pool.alive > 0

    async def start(self) -> None:
        """Open the current release and keep watching. Raises ReleaseNotFound, ReleaseCorrupt."""
        release = await asyncio.to_thread(find, self.releases)
        self._site = await self._prepared(release)
        self.settled()
        self._keep(self._watch())

    async def stop(self) -> None:
        """Close every site, without waiting for requests that never end."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        sites = [*self._archive.values(), *([self._site] if self._site else [])]
        await asyncio.gather(*(site.pool.close() for site in sites))

    async def of(self, version: str) -> Site:
        """The site of a version. Raises BadVersion, ReleaseNotFound, ReleaseCorrupt."""
        if checked_version(version) == self.site.version:
            return self.site
        if version in self._archive:
            self._archive.move_to_end(version)
            return self._archive[version]
        async with self._opening:
            if version not in self._archive:
                with self._verified(version, "site"):
                    site = await self._open(await self._find(version), workers=1)
                site.is_archived = True
                self._archive[version] = site
                while len(self._archive) > self.settings.archived:
                    self._keep(self._archive.popitem(last=False)[1].close())
        return self._archive[version]

    async def files_of(self, version: str) -> tuple[Path, Manifest]:
        """The folder and manifest of a version, whose files can be handed out without opening it; verified
        the first time.

        Raises BadVersion, ReleaseNotFound, ReleaseCorrupt.
        """
        if version == self.site.version:
            return self.site.release, self.site.manifest
        if checked_version(version) not in self._manifests:
            async with self._opening:
                with self._verified(version, "files"):
                    release = await self._find(version)
                    manifest = await asyncio.to_thread(verify, release, contents=False)
                self._manifests[version] = release, manifest
        return self._manifests[version]

    @contextmanager
    def _verified(self, version: str, what: str) -> Iterator[None]:
        """Around the verification of an older release for ``what``; one that failed is not tried again for a
        while, so that nobody keeps the service at it by asking. Raises ReleaseCorrupt, in words for a client.
        """
        if monotonic() < self._damaged.get((version, what), 0.0):
            raise _damaged(version)
        try:
            yield
        except (ReleaseCorrupt, ProjectError) as error:
            self._damaged[version, what] = monotonic() + AGAIN
            log.error("older release refused", extra={"release": version, "reason": error.en})
            raise _damaged(version) from None

    async def _find(self, version: str) -> Path:
        """The folder of a version. Raises ReleaseNotFound, in words that tell nothing of this machine."""
        try:
            return await asyncio.to_thread(find, self.releases, version)
        except ReleaseNotFound:
            there = ", ".join(versions(self.releases))
            raise ReleaseNotFound(
                f"Er is geen release {version}. Er zijn: {there}.",
                f"There is no release {version}. There are: {there}.",
            ) from None

    async def _prepared(self, release: Path) -> Site:
        """The site of a release with its search and the histories that its pages tell, so that nobody waits
        for them to be made.
        """
        site = await self._open(release)
        try:
            await site.pages.lists.index()
            await chain(site)
        except GbvkgError as error:  # the rest is there; it is tried again when somebody searches
            log.error("no search yet", extra={"release": site.version, "reason": error.en})
        except BaseException:
            await site.pool.close()
            raise
        return site

    async def _open(self, release: Path, workers: int = 0) -> Site:
        return await Site.open(release, self.settings, workers=workers)

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(self.settings.poll_seconds)
            with suppress(OSError):  # the folder may be away for a moment
                await self._look()

    async def _look(self) -> None:
        link = self.releases / CURRENT
        found = (str(link.readlink()), link.lstat().st_mtime_ns)
        if found[0] == self.site.release.name or found == self._turned_down:
            return
        try:
            release = await asyncio.to_thread(find, self.releases)
            site = await self._prepared(release)
        except GbvkgError as error:
            self._turned_down = found
            self.refused += 1
            log.error("release refused", extra={"release": found[0], "reason": error.en})
            if not isinstance(error, ReleaseCorrupt):
                self._turned_down = None  # a busy machine, a back end that did not start: try again
            return
        except Exception:  # a fault of ours with this release is no reason to miss the next
            self._turned_down = found
            self.refused += 1
            log.exception("release refused", extra={"release": found[0]})
            return
        old, self._site = self.site, site
        self.swaps += 1
        log.info("release taken", extra={"release": site.version})
        self._keep(self._leave(old))

    async def _leave(self, old: Site) -> None:
        await old.close()
        del old
        self.settled()

    def _keep(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _damaged(version: str) -> ReleaseCorrupt:
    return ReleaseCorrupt(
        f"Release {version} is op deze dienst beschadigd of niet te lezen, en wordt daarom niet gegeven. De"
        " andere releases zijn er wel; een adres zonder release= geeft de huidige. Probeer het later opnieuw"
        " of meld het aan de beheerder: in het log staat wat er mis is.",
        f"Release {version} is damaged or cannot be read at this service, and therefore not given. The other"
        " releases are there; an address without release= gives the current one. Try again later or tell the"
        " operator: the log says what is wrong.",
    )
