"""What a release says of a thing and of what belongs to it, and what points at it: one question.

This module refuses to arrange or to word it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyoxigraph import NamedNode

from gbvkg.vocabulary import expand
from gbvkg.web.pages.asking import about_query

if TYPE_CHECKING:
    from gbvkg.web.site import Bindings, Site, Term

TYPE = expand("rdf:type")

Statements = dict[str, dict[str, list["Term"]]]
"""Thing → property → values."""


@dataclass(frozen=True)
class Said:
    """What the release says of a thing and of what belongs to it, and what points at it."""

    iri: str
    statements: Statements
    incoming: list[Bindings]

    @property
    def of_it(self) -> dict[str, list[Term]]:
        """What is said of the thing itself; nothing when the release does not describe it."""
        return self.statements.get(self.iri, {})


async def said_of(site: Site, iri: str) -> Said:
    """Asks one question; nothing is said of what the release does not describe. Raises as ``Site.rows``."""
    said = Said(iri, {}, [])
    for row in await site.rows(about_query(), {"thing": NamedNode(iri)}):
        if "by" in row:
            said.incoming.append(row)
            continue
        values = said.statements.setdefault(row["subject"].value, {}).setdefault(row["property"].value, [])
        if (value := row["value"]) not in values:
            values.append(value)
    return said
