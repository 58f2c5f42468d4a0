"""Several questions of ``views.toml`` about one thing, asked as one: a page waits for one worker, not many.

This module refuses to know what is asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyoxigraph import Literal, NamedNode

    from gbvkg.web.site import Bindings, Site

WHICH = "which_question"
"""The variable that says which question a row answers; no question may have it."""


async def answers(
    site: Site, questions: Mapping[str, str], values: Mapping[str, NamedNode | Literal]
) -> dict[str, list[Bindings]]:
    """Name → the rows of its question, in its order. Raises as ``Site.rows``, for all when one fails."""
    found: dict[str, list[Bindings]] = {name: [] for name in questions}
    if not questions:
        return found
    for row in await site.rows(together(tuple(questions.items())), values):
        found[row.pop(WHICH).value].append(row)
    return found


@lru_cache(maxsize=256)
def together(questions: tuple[tuple[str, str], ...]) -> str:
    """One SELECT that answers all of them, (name, text): a union of subqueries, which the engine answers one
    after the other, each in its order.
    """
    heads: dict[str, None] = {}
    parts = []
    for name, text in questions:
        lines = text.splitlines()
        heads |= dict.fromkeys(line for line in lines if line.startswith("PREFIX "))
        body = "\n".join(line for line in lines if not line.startswith("PREFIX "))
        parts.append(f'{{ {{ {body}\n}} BIND("{name}" AS ?{WHICH}) }}')
    union = "\nUNION\n".join(parts)
    return "\n".join([*heads, f"SELECT * WHERE {{\n{union}\n}}", ""])
