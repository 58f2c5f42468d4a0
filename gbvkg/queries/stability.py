"""What a stable query promises: under its name it asks the same, of the same parameters, for ever.

Its text is compared, token by token: whether two texts mean the same cannot be told in general. Who wants
something else gives it another name. Comments, explanations and headings may change, and a query may go; its
name stays taken as long as a release that has it is kept. This module refuses to judge an experimental query,
which may change in every release.
"""

from __future__ import annotations

from gbvkg.errors import QueryChanged
from gbvkg.queries.catalogue import Catalogue, Query
from gbvkg.queries.tokens import meaningful


def check_stable(before: Catalogue, now: Catalogue) -> None:
    """Nothing, when each query that was stable and is still there asks what it asked.

    Raises QueryChanged, which names all that do not.
    """
    known = set(now.names())
    stable = (query for query in map(before.get, before.names()) if query.stability == "stable")
    changed = [
        was.name for was in stable if was.name in known and _promise(was) != _promise(now.get(was.name))
    ]
    if changed:
        names = ", ".join(changed)
        raise QueryChanged(
            f"Stabiel in een eerdere release, en nu een andere vraag: {names}. Geef de nieuwe vraag een "
            "andere naam en zet de oude terug, of haal de oude weg.",
            f"Stable in an earlier release, and another question now: {names}. Give the new query another "
            "name and put the old one back, or take the old one away.",
        )


def _promise(query: Query) -> object:
    """All that a program which asks a query leans on."""
    parameters = sorted(
        (each.name, each.type, each.default, each.optional, each.kind) for each in query.parameters.values()
    )
    return query.stability, query.variables, parameters, [token.text for token in meaningful(query.text)]
