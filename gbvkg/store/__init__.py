"""Answering SPARQL over one release in worker processes that can be killed.

``Pool.open(release)`` starts them, ``pool.ask(Ask(text, format))`` answers or raises a ``QueryError``. The
calling process never evaluates a query, so no query can crash it, fill its memory or make it wait. This
package refuses to change a release, to reach the network, and to hand out an answer that was cut.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gbvkg.lazily import lazily

if TYPE_CHECKING:
    from gbvkg.store.pool import OURS, Pool
    from gbvkg.store.question import Answer, Ask, Limits
    from gbvkg.store.snapshot import Snapshot
    from gbvkg.store.spool import Spool, whole
    from gbvkg.store.waiting import Turn

_HOMES = {
    "OURS": "pool",
    "Answer": "question",
    "Ask": "question",
    "Limits": "question",
    "Pool": "pool",
    "Snapshot": "snapshot",
    "Spool": "spool",
    "Turn": "waiting",
    "whole": "spool",
}
"""Name → its module, imported when asked for: a worker process needs none of the server's side."""


__getattr__ = lazily(__name__, _HOMES)

__all__ = ["OURS", "Answer", "Ask", "Limits", "Pool", "Snapshot", "Spool", "Turn", "whole"]
