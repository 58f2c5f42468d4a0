"""What is asked of a pool, within which limits, and what it answers.

This module refuses to know how: it is shared by the server's side and the worker's side.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from gbvkg.store.spool import Spool


@dataclass(frozen=True, slots=True)
class Limits:
    """``seconds`` from handing the query to a worker until its whole answer is here; ``memory`` in bytes
    above what the release takes; ``result`` in bytes of the answer as it is sent.

    ``memory`` holds the result too.
    """

    seconds: float = 10.0
    memory: int = 1_000_000_000
    result: int = 32_000_000


class Ask(NamedTuple):
    """A SPARQL 1.1 query; formats are names of ``gbvkg.formats``.

    ``format`` is for SELECT and ASK (json xml csv tsv), and also for CONSTRUCT and DESCRIBE (trig nq ttl nt
    jsonld rdf) unless ``graph_format`` is given: who negotiates does not know the form yet.

    ``default_graphs`` and ``named_graphs`` are the dataset of the protocol: when either is given, it replaces
    what the query names (SPARQL 1.1 Protocol §2.1.4), and a graph that is not there is an empty one. When
    neither protocol nor query names a dataset, the default graph is the union of all named graphs.
    """

    text: str
    format: str
    graph_format: str | None = None
    default_graphs: tuple[str, ...] | None = None
    named_graphs: tuple[str, ...] | None = None


class Answer(NamedTuple):
    """``form`` is SELECT, ASK, CONSTRUCT or DESCRIBE; ``body`` is whole; ``seconds`` is the worker's time.

    A ``Spool`` must be closed by whoever got it.
    """

    form: str
    body: bytes | Spool
    seconds: float
