"""Releases: the gate, what is written, and the one step in which it becomes current.

``publish`` makes a release of a project; ``verify`` tells whether a release is whole; ``diff`` what changed
between two; ``list``, ``current`` and ``find`` which there are; ``open_store`` gives its store for reading.
This package refuses to change a release once it is there.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

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
    "list": "folder",
    "open_store": "publication",
    "publish": "publication",
    "read_manifest": "manifest",
    "verify": "manifest",
}
"""Name → its module, imported when asked for: who only wants the verdict does not wait for the writers."""


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(import_module(f"{__name__}.{_HOMES[name]}"), "versions" if name == "list" else name)
    globals()[name] = found
    return found


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
