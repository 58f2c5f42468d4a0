"""What a release says of a thing and of what belongs to it, and what points at it: one question.

This module refuses to arrange or to word it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyoxigraph import NamedNode, QueryResultsFormat, QuerySolutions, parse_query_results

from gbvkg.store import Spool, whole
from gbvkg.vocabulary import expand
from gbvkg.web.pages import asking

if TYPE_CHECKING:
    from gbvkg.web.site import Site, Term

TYPE = expand("rdf:type")

Statements = dict[str, dict[str, list["Term"]]]
"""Thing → property → values."""

Incoming = tuple[str, str, str, "Term | None"]
"""By which property something points at the thing, what, and one of its labels if it has any: by which
property, and the label.
"""


@dataclass(frozen=True)
class Said:
    """What the release says of a thing and of what belongs to it, and what points at it; a part of that when
    it ``is_cut``.
    """

    iri: str
    statements: Statements
    incoming: list[Incoming]
    is_cut: bool = False

    @property
    def of_it(self) -> dict[str, list[Term]]:
        """What is said of the thing itself; nothing when the release does not describe it."""
        return self.statements.get(self.iri, {})


async def said_of(site: Site, iri: str) -> Said:
    """Asks one question; nothing is said of what the release does not describe. Raises as ``Site.rows``."""
    rows = _rows(await site.table(asking.about_query(), {"thing": NamedNode(iri)}))
    statements: Statements = {}
    incoming: list[Incoming] = []
    own: set[str] = set()
    terms = _terms(row[3] for row in rows if row[3])
    for by, subject, property_, value in dict.fromkeys(rows):
        if by:
            incoming.append((by[1:-1], subject[1:-1], property_[1:-1], terms.get(value)))
            continue
        own.add(subject)
        if property_:
            said = statements.setdefault(subject[1:-1], {})
            said.setdefault(property_[1:-1], []).append(terms[value])
    return Said(iri, statements, incoming, len(rows) > asking.ROWS or len(own) > asking.OWN)


def _rows(table: bytes | Spool) -> list[tuple[str, ...]]:
    """The cells as they are written: no tab and no line feed is in one (SPARQL 1.1 Query Results CSV and TSV
    Formats §4). Things and properties are IRIs, because a release has no blank node: only a value has to be
    read as a term.
    """
    return [tuple(line.split("\t")) for line in whole(table).decode().split("\n")[1:-1]]


def _terms(cells: Iterable[str]) -> dict[str, Term]:
    """Cell → term, each read once."""
    written = list(dict.fromkeys(cells))
    column = "\n".join(["?value", *written, ""])
    read = parse_query_results(column.encode(), format=QueryResultsFormat.TSV)
    assert isinstance(read, QuerySolutions)
    return {cell: row[0] for cell, row in zip(written, read, strict=True)}
