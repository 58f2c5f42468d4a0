"""Releases: the gate, what is written, and the one step in which it becomes current.

``publish`` makes a release of a project; ``verify`` tells whether a release is whole; ``diff`` what changed
between two; ``list``, ``current`` and ``find`` which there are; ``open_store`` gives its store for reading.
This package refuses to change a release once it is there.
"""

from gbvkg.release.difference import Diff, diff
from gbvkg.release.folder import current, find
from gbvkg.release.folder import versions as list
from gbvkg.release.gate import judge
from gbvkg.release.manifest import Manifest, read_manifest, verify
from gbvkg.release.publication import open_store, publish

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
