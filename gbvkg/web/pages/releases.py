"""The releases as pages: which there are, the files of one with their checksums, and what changed.

Everything is read from the manifest and the ``diff`` folder of a release. Changes that cannot be read are no
reason to keep the rest back: the page says so. This module refuses to open a release for it: a manifest is
enough.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gbvkg.errors import ReleaseCorrupt
from gbvkg.release.folder import find, versions
from gbvkg.release.manifest import File, Manifest, read_manifest
from gbvkg.web.pages.citing import Subject, download
from gbvkg.web.pages.frame import number, texts
from gbvkg.web.pages.history import changes_file

if TYPE_CHECKING:
    from gbvkg.web.site import Site

SHOWN = 200
"""Changes that the page shows; the files have all of them."""

_WORST_FIRST = ("violation", "warning", "info", "waived")

LISTED = 100
"""Releases that the list shows, the newest first."""


def listed(releases: Path, current: str, lang: str) -> dict[str, Any]:
    """What the list of releases needs. One that cannot be read is left out."""
    names = versions(releases)
    rows = (_summary(releases / name, name == current) for name in reversed(names[-LISTED:]))
    found = [row for row in rows if row]
    there = [row["version"] for row in found]
    return {"t": texts("releases", lang), "found": found, "choice": choice(there, *there[1::-1])}


def choice(there: Sequence[str], old: str = "", new: str = "") -> dict[str, Any]:
    """What the form needs in which two of the releases are chosen to compare."""
    return {"there": there, "old": old, "new": new}


@lru_cache(maxsize=128)
def _manifest(release: Path) -> Manifest:
    return read_manifest(release)


def _summary(release: Path, is_current: bool) -> dict[str, Any]:
    try:
        manifest = _manifest(release)
    except ReleaseCorrupt:
        return {}
    return {
        "version": manifest.version,
        "issued": manifest.issued,
        "quads": manifest.quads,
        "is_current": is_current,
        "previous": (manifest.previous or {}).get("version", ""),
    }


def release(releases: Path, version: str, current: str, lang: str) -> dict[str, Any]:
    """What the page of one release needs. Raises BadVersion, ReleaseNotFound, ReleaseCorrupt."""
    path = find(releases, version)
    manifest = _manifest(path)
    return {
        "t": texts("releases", lang),
        "manifest": manifest,
        "is_current": version == current,
        "groups": _groups(manifest.files, lang),
        "findings": [(kind, manifest.findings[kind]) for kind in _WORST_FIRST if kind in manifest.findings],
        "has_licence": any(file.path == "LICENSE.md" for file in manifest.files),
        "changes": _changes(path, manifest, lang),
        "previous": (manifest.previous or {}).get("version", ""),
    }


def _groups(files: Iterable[File], lang: str) -> list[tuple[str, list[dict[str, str]]]]:
    """The files by folder, those at the top first."""
    found: dict[str, list[dict[str, str]]] = {"": []}
    for file in sorted(files, key=lambda file: file.path):
        folder = file.path.partition("/")[0] if "/" in file.path else ""
        row = {
            "path": file.path,
            "size": size(file.size, lang),
            "sha256": file.sha256,
            "media_type": file.media_type,
        }
        found.setdefault(folder, []).append(row)
    return list(found.items())


def size(count: int, lang: str) -> str:
    """Bytes as people read them: kB and MB of 1,000."""
    for unit, factor in (("MB", 1_000_000), ("kB", 1_000)):
        if count >= factor:
            return f"{number(f'{count / factor:.1f}', lang)} {unit}"
    return f"{count} B"


def _changes(path: Path, manifest: Manifest, lang: str) -> dict[str, Any]:
    """What changed since the release before, in words; {} for a first release. What is not ``is_read`` is not
    that of the manifest, or says something else than changes.
    """
    try:
        data = changes_file(path, manifest)
        return {} if data is None else {"is_read": True, **_told(json.loads(data), manifest, lang)}
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return {"is_read": False}


def _told(found: dict[str, Any], manifest: Manifest, lang: str) -> dict[str, Any]:
    words = [line for change in found["changes"] for line in change["words"][lang]]
    counts = {kind: int(found["counts"].get(kind, 0)) for kind in _KINDS}
    counts["changed"] -= counts["withdrawn"] + counts["merged"]
    return {
        "old": found["old"],
        "counts": counts,
        "told": counted(counts, lang),
        "words": words[:SHOWN],
        "more": len(words) - SHOWN,
        "files": [file.path for file in manifest.files if file.path.startswith("diff/")],
    }


_KINDS = ("added", "changed", "removed", "withdrawn", "merged")


def counted(counts: Mapping[str, int], lang: str) -> str:
    """How many things changed in which way, as a sentence; of the rare ways only those that there are."""
    t = texts("releases", lang)
    shown = [kind for kind in _KINDS if counts[kind] or kind in _KINDS[:3]]
    return ", ".join(f"{number(counts[kind], lang)} {t[kind]}" for kind in shown) + "."


def catalogue(site: Site, values: dict[str, Any]) -> Subject:
    """The list as a catalogue of data sets, one for each release."""
    title = values["t"]["title"]
    sets = [
        {
            "@type": "Dataset",
            "name": f"{values['t']['release']} {row['version']}",
            "version": row["version"],
            "datePublished": row["issued"],
            "url": site.public(site.path(f"/releases/{row['version']}/")),
        }
        for row in values["found"]
    ]
    entity = {"@type": "DataCatalog", "name": title, "dataset": sets}
    return Subject(title, "CollectionPage", {"mainEntity": entity})


def subject(site: Site, values: dict[str, Any]) -> Subject:
    """One release as a data set with its files."""
    manifest: Manifest = values["manifest"]
    title = f"{values['t']['release']} {manifest.version}"
    whole = [file for file in manifest.files if "/" not in file.path]
    entity = {
        "@type": "Dataset",
        "@id": manifest.dataset,
        "name": title,
        "version": manifest.version,
        "datePublished": manifest.issued,
        **({"license": site.licence} if site.licence else {}),
        "distribution": [download(site, manifest.version, file) for file in whole],
    }
    more = {"mainEntity": entity}
    return Subject(title, "WebPage", more, version=manifest.version, issued=manifest.issued)
