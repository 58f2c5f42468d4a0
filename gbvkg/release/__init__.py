"""Releases: the gate, what is written, and the one step in which it becomes current.

``publish`` makes a release of a project; ``verify`` tells whether a release is whole; ``diff`` what changed
between two; ``list``, ``current`` and ``find`` which there are; ``open_store`` gives its store for reading.
This package refuses to change a release once it is there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gbvkg.lazily import lazily

if TYPE_CHECKING:
    from gbvkg.release.difference import Diff, diff
    from gbvkg.release.folder import current, find
    from gbvkg.release.folder import versions as list
    from gbvkg.release.gate import judge
    from gbvkg.release.manifest import Manifest, read_manifest, verify
    from gbvkg.release.publication import open_store, publish

_HOMES = {
    "Diff": "difference",
    "Manifest": "manifest",
    "current": "folder",
    "diff": "difference",
    "find": "folder",
    "judge": "gate",
    "list": "folder.versions",
    "open_store": "publication",
    "publish": "publication",
    "read_manifest": "manifest",
    "verify": "manifest",
}
"""Name → its module, imported when asked for: who only wants the verdict does not wait for the writers."""


__getattr__ = lazily(__name__, _HOMES)

__all__ = [
    "Diff",
    "Manifest",
    "current",
    "diff",
    "find",
    "judge",
    "list",
    "open_store",
    "publish",
    "read_manifest",
    "verify",
]
