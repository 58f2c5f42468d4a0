"""What a release says of a thing and of what belongs to it, and what points at it: one question.

This module refuses to arrange or to word it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyoxigraph import NamedNode

from gbvkg.vocabulary import expand
from gbvkg.web.pages import asking

if TYPE_CHECKING:
    from gbvkg.web.site import Bindings, Site, Term

TYPE = expand("rdf:type")

Statements = dict[str, dict[str, list["Term"]]]
"""Thing → property → values."""


@dataclass(frozen=True)
class Said:
    """What the release says of a thing and of what belongs to it, and what points at it; a part of that when
    it ``is_cut``.
    """

    iri: str
    statements: Statements
    incoming: list[Bindings]
    is_cut: bool = False

    @property
    def of_it(self) -> dict[str, list[Term]]:
        """What is said of the thing itself; nothing when the release does not describe it."""
        return self.statements.get(self.iri, {})


async def said_of(site: Site, iri: str) -> Said:
    """Asks one question; nothing is said of what the release does not describe. Raises as ``Site.rows``."""
    rows = await site.rows(asking.about_query(), {"thing": NamedNode(iri)})
    statements: Statements = {}
    incoming: list[Bindings] = []
    own: set[Term] = set()
    for row in rows:
        if "by" in row:
            incoming.append(row)
            continue
        own.add(row["subject"])
        if "property" not in row:
            continue
        values = statements.setdefault(row["subject"].value, {}).setdefault(row["property"].value, [])
        if (value := row["value"]) not in values:
            values.append(value)
    return Said(iri, statements, incoming, len(rows) > asking.ROWS or len(own) > asking.OWN)
