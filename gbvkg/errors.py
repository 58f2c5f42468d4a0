"""Every error that gbvkg raises on purpose, as one tree.

    GbvkgError                     exit 1
    ├── UsageError                 exit 2   the command or its arguments are wrong
    │   ├── UnknownQuery
    │   ├── BadParameter
    │   └── UnknownRule
    ├── ProjectError               exit 2   the project folder is not one, or a data file of ours is malformed
    ├── SourceError                exit 1   a file that is to be reasoned over cannot be read
    ├── ReleaseError               exit 1
    │   ├── GateClosed                      violations stop the release; carries the findings
    │   ├── VersionExists                   an existing version is never overwritten
    │   │   └── AlreadyPublished            it was made from the same sources: nothing is left to do
    │   ├── VersionNotNewer                 publishing it would make an older version the current one
    │   ├── BadVersion                      a version that cannot be the name of a release
    │   ├── ReleaseNotFound                 no release of that name, or none at all
    │   ├── ReleaseBusy                     another process is publishing in the same folder
    │   ├── ReleaseCorrupt                  a file is missing or its checksum differs
    │   └── ReleaseWriteFailed              disk full, no permission, killed half-way: nothing was switched
    └── BackEndUnavailable         exit 3   a store, a reasoner or an endpoint does not answer

Every message is given in Dutch and in English and says what is wrong, where, and what would be right.
"""

from __future__ import annotations

from typing import ClassVar


class GbvkgError(Exception):
    """Base of all errors. ``nl`` and ``en`` are whole sentences for a user; ``str()`` is the English one."""

    slug: ClassVar[str] = "error"
    exit_code: ClassVar[int] = 1

    def __init__(self, nl: str, en: str) -> None:
        super().__init__(en)
        self.nl = nl
        self.en = en

    def text(self, lang: str) -> str:
        """The message in ``lang``: Dutch for "nl", English for anything else."""
        return self.nl if lang == "nl" else self.en


class UsageError(GbvkgError):
    slug = "usage"
    exit_code = 2


class UnknownQuery(UsageError):
    slug = "unknown-query"


class BadParameter(UsageError):
    slug = "bad-parameter"


class UnknownRule(UsageError):
    slug = "unknown-rule"


class ProjectError(GbvkgError):
    slug = "project"
    exit_code = 2


class SourceError(GbvkgError):
    slug = "source"


class ReleaseError(GbvkgError):
    slug = "release"


class GateClosed(ReleaseError):
    """``report`` is what the validation handed over, for the caller to show."""

    slug = "gate-closed"

    def __init__(self, nl: str, en: str, report: object = None) -> None:
        super().__init__(nl, en)
        self.report = report


class VersionExists(ReleaseError):
    slug = "version-exists"


class AlreadyPublished(VersionExists):
    slug = "already-published"


class VersionNotNewer(ReleaseError):
    slug = "version-not-newer"


class BadVersion(ReleaseError):
    slug = "bad-version"


class ReleaseNotFound(ReleaseError):
    slug = "release-not-found"


class ReleaseBusy(ReleaseError):
    slug = "release-busy"


class ReleaseCorrupt(ReleaseError):
    slug = "release-corrupt"


class ReleaseWriteFailed(ReleaseError):
    slug = "release-write-failed"


class BackEndUnavailable(GbvkgError):
    slug = "back-end-unavailable"
    exit_code = 3
