"""The releases folder: which releases there are, which is current, and how one comes to be there whole.

    releases/
      2026.1/  2026.2/        one immutable folder per version
      current -> 2026.2       a relative symbolic link, replaced in one step (rename(2) is atomic)
      .building-<version>-<pid>/   a release being written; no reader ever looks there
      .lock                   held (flock(2)) while publishing; the system lets go of it when the process dies

A reader that follows ``current`` always finds a whole release: the folder is written beside, synced to disk,
checked and renamed before the link moves. This module refuses a name that is not a version, so that no name
from outside can lead out of the folder, and refuses to change or remove a release.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gbvkg.errors import (
    ReleaseBusy,
    ReleaseCorrupt,
    ReleaseNotFound,
    UsageError,
    VersionExists,
    VersionNotNewer,
)
from gbvkg.project import VERSION as _VERSION
from gbvkg.project import checked_version as checked_version

CURRENT = "current"

_LOCKING = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
_BUILDING = ".building-"
_SWITCHING = ".current-"


def versions(out: Path) -> list[str]:
    """The versions in ``out``, oldest number first. A link or a file is not a release.

    Raises UsageError when ``out`` is there and is no folder that can be read.
    """
    try:
        with os.scandir(out) as entries:
            names = [entry.name for entry in entries if entry.is_dir(follow_symlinks=False)]
    except FileNotFoundError:
        return []
    except OSError as error:
        raise UsageError(
            f"{out} is geen map waar releases in kunnen staan: {error.strerror}.",
            f"{out} is no folder that can hold releases: {error.strerror}.",
        ) from error
    return sorted((name for name in names if _VERSION.fullmatch(name)), key=age)


def age(version: str) -> tuple[object, ...]:
    """What sorts versions: by their numbers, and a draft before the version that it is a draft of."""
    final, *words = re.split("-(?=[a-z])", version)
    word = "".join(words)
    return _numbers(final), not word, re.sub("[0-9]+", "0", word), _numbers(word), version


def _numbers(text: str) -> list[int]:
    return [int(number) for number in re.findall("[0-9]+", text)]


def current(out: Path) -> Path | None:
    """The folder of the current release, None when nothing was published yet.

    Raises ReleaseCorrupt when the link leads elsewhere than to a release beside it.
    """
    link = out / CURRENT
    if not os.path.lexists(link):
        return None
    shown = f"{out.resolve().name}/{CURRENT}"  # a service says this to its clients too
    if not link.is_symlink():
        raise ReleaseCorrupt(
            f"{shown} is geen link naar een release. Geef het een andere naam en publiceer opnieuw.",
            f"{shown} is no link to a release. Give it another name and publish again.",
        )
    target = os.readlink(link)
    if target not in versions(out):
        raise ReleaseCorrupt(
            f"{shown} wijst niet naar een release ernaast; publiceer opnieuw of herstel de link.",
            f"{shown} does not lead to a release beside it; publish again or restore the link.",
        )
    return out / target


def is_adrift(out: Path) -> bool:
    """Whether ``current`` is a link that leads elsewhere than to a release: a next publish replaces it."""
    link = out / CURRENT
    return link.is_symlink() and os.readlink(link) not in versions(out)


def latest(out: Path) -> Path | None:
    """The release that a new one follows: the current one, and while the link is adrift the newest one.

    Raises ReleaseCorrupt when something else than a link is called "current".
    """
    if not is_adrift(out):
        return current(out)
    present = versions(out)
    return out / present[-1] if present else None


def check_newer(out: Path, version: str) -> None:
    """Raises VersionNotNewer when ``version`` is older than the release that it would follow."""
    before = latest(out)
    if before and age(version) < age(before.name):
        raise VersionNotNewer(
            f"Versie {version} is ouder dan {before.name}, de huidige release; geef data/dataset.yaml een "
            f"hogere version dan {before.name}.",
            f"Version {version} is older than {before.name}, the current release; give data/dataset.yaml a "
            f"version above {before.name}.",
        )


def find(out: Path, name: str = CURRENT) -> Path:
    """The folder of release ``name``, a version or "current".

    Raises BadVersion, ReleaseNotFound (with the versions that there are) and ReleaseCorrupt.
    """
    if name == CURRENT:
        path = current(out)
        if path is None:
            raise ReleaseNotFound(
                f"Er is nog geen release in {out}; maak er een met: gbvkg publish.",
                f"There is no release in {out} yet; make one with: gbvkg publish.",
                name,
                tuple(versions(out)),
            )
        return path
    present = versions(out)
    if checked_version(name) in present:
        return out / name
    listed = ", ".join(present)
    raise ReleaseNotFound(
        f"Er is geen release {name} in {out}; wel: {listed or 'geen enkele'}.",
        f"There is no release {name} in {out}; there is: {listed or 'none'}.",
        name,
        tuple(present),
    )


@contextmanager
def publishing(out: Path) -> Iterator[None]:
    """Hold the lock of ``out`` (made if absent) and remove what publishers that died left behind.

    Raises ReleaseBusy at once when another process holds it.
    """
    out.mkdir(parents=True, exist_ok=True)
    handle = os.open(out / ".lock", _LOCKING, 0o644)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ReleaseBusy(
                f"Een ander proces publiceert nu in {out}; probeer het straks opnieuw.",
                f"Another process is publishing in {out}; try again in a moment.",
            ) from None
        _sweep(out)
        yield
    finally:
        os.close(handle)


@contextmanager
def building(out: Path, version: str) -> Iterator[Path]:
    """A new folder to write ``version`` in, removed afterwards unless ``install`` moved it.

    Only to be used while ``publishing``.
    """
    path = out / f"{_BUILDING}{checked_version(version)}-{os.getpid()}"
    path.mkdir()
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def install(built: Path, version: str) -> Path:
    """Move the folder ``built``, synced to disk, to its version beside it. Raises VersionExists.

    After a crash at any moment the version is there whole or not at all.
    """
    target = built.parent / checked_version(version)
    if os.path.lexists(target):
        raise VersionExists(f"Release {version} bestaat al.", f"Release {version} exists already.")
    _sync_tree(built)
    os.rename(built, target)
    _sync(built.parent)
    return target


def switch(release: Path) -> None:
    """Make ``release`` the current one. After a crash at any moment, the old or the new one is current."""
    out = release.parent
    link = out / f"{_SWITCHING}{os.getpid()}"
    os.symlink(checked_version(release.name), link)
    os.replace(link, out / CURRENT)
    _sync(out)


def _sweep(out: Path) -> None:
    """Who holds the lock knows that every unfinished folder belongs to a process that died."""
    for path in out.iterdir():
        if path.name.startswith(_SWITCHING) and path.is_symlink():
            path.unlink()
        elif path.name.startswith(_BUILDING) and not path.is_symlink():
            shutil.rmtree(path)


def _sync_tree(folder: Path) -> None:
    for parent, _, files in os.walk(folder, topdown=False):
        for name in files:
            _sync(Path(parent, name))
        _sync(Path(parent))


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
