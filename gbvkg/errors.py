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
    │   ├── QueryChanged                    a stable query asks something else than in an earlier release
    │   ├── BadVersion                      a version that cannot be the name of a release
    │   ├── ReleaseNotFound                 no release of that name, or none at all
    │   ├── ReleaseBusy                     another process is publishing in the same folder
    │   ├── ReleaseCorrupt                  a file is missing or its checksum differs
    │   └── ReleaseWriteFailed              disk full, no permission, killed half-way: nothing was switched
    ├── QueryError                          a query of a user that gets no answer; ``status`` is for HTTP
    │   ├── QuerySyntax                     it is no SPARQL query; carries the line and the column
    │   ├── QueryRefused                    the check before evaluation refuses it, and names the limit
    │   ├── FormatMismatch                  its form has no answer in the format asked; carries the form
    │   ├── QueryTimeout                    it takes longer than the deadline
    │   ├── QueryTooMuchMemory              it needs more memory than the limit
    │   ├── ResultTooLarge                  its answer is larger than the limit; a cut one is never given
    │   └── WorkerLost                      the process that evaluated it ended
    ├── NotAcceptable                       no format that is asked for is offered; carries those that are
    ├── BodyTooLarge                        the body of a request is larger than the limit
    ├── BodyTooSlow                         the body of a request did not arrive in time
    ├── TryLater                            nothing is wrong with what was asked; carries when to come back
    │   ├── PoolBusy                        too many queries are waiting
    │   └── BudgetSpent                     a client of the service asks too much
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


class QueryChanged(ReleaseError):
    slug = "query-changed"


class BadVersion(ReleaseError):
    slug = "bad-version"


class ReleaseNotFound(ReleaseError):
    """``asked`` is the version or "current", ``present`` the versions that there are, the oldest first.

    The sentences name the folder, for who runs a command; a service words its own from the two.
    """

    slug = "release-not-found"

    def __init__(self, nl: str, en: str, asked: str = "", present: tuple[str, ...] = ()) -> None:
        super().__init__(nl, en)
        self.asked = asked
        self.present = present


class ReleaseBusy(ReleaseError):
    slug = "release-busy"


class ReleaseCorrupt(ReleaseError):
    slug = "release-corrupt"


class ReleaseWriteFailed(ReleaseError):
    slug = "release-write-failed"


class QueryError(GbvkgError):
    """``status`` is what a service answers with (RFC 9110 §15)."""

    slug = "query"
    status: ClassVar[int] = 400


class QuerySyntax(QueryError):
    """``line`` and ``column`` count from 1, in characters."""

    slug = "query-syntax"

    def __init__(self, nl: str, en: str, line: int, column: int) -> None:
        super().__init__(nl, en)
        self.line = line
        self.column = column


class QueryRefused(QueryError):
    slug = "query-refused"


class FormatMismatch(QueryError):
    """``form`` is SELECT, ASK, CONSTRUCT or DESCRIBE."""

    slug = "format-mismatch"
    status = 406

    def __init__(self, nl: str, en: str, form: str) -> None:
        super().__init__(nl, en)
        self.form = form


class QueryTimeout(QueryError):
    slug = "query-timeout"
    status = 503


class QueryTooMuchMemory(QueryError):
    slug = "query-too-much-memory"
    status = 503


class ResultTooLarge(QueryError):
    slug = "result-too-large"
    status = 503


class WorkerLost(QueryError):
    slug = "worker-lost"
    status = 503


class TryLater(GbvkgError):
    """Nothing is wrong with what was asked; ``retry_after`` is in whole seconds."""

    slug = "try-later"

    def __init__(self, nl: str, en: str, retry_after: int) -> None:
        super().__init__(nl, en)
        self.retry_after = retry_after


class PoolBusy(TryLater):
    """All workers are at work, and enough questions wait already."""

    slug = "pool-busy"
    status: ClassVar[int] = 503


class NotAcceptable(GbvkgError):
    """``alternatives`` are (name, media type) of what is offered."""

    slug = "not-acceptable"
    status: ClassVar[int] = 406

    def __init__(self, nl: str, en: str, alternatives: tuple[tuple[str, str], ...]) -> None:
        super().__init__(nl, en)
        self.alternatives = alternatives


class BodyTooLarge(GbvkgError):
    slug = "body-too-large"
    status: ClassVar[int] = 413


class BodyTooSlow(GbvkgError):
    slug = "body-too-slow"
    status: ClassVar[int] = 408


class BudgetSpent(TryLater):
    """This client used its share."""

    slug = "budget-spent"
    status: ClassVar[int] = 429


class BackEndUnavailable(GbvkgError):
    slug = "back-end-unavailable"
    exit_code = 3
