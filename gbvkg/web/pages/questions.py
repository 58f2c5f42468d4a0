"""Several questions of ``views.toml`` about one thing, asked as one: a page waits for one worker, not many.

This module refuses to know what is asked.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

from gbvkg.web.pages.views import variables

if TYPE_CHECKING:
    from pyoxigraph import Literal, NamedNode

    from gbvkg.web.site import Bindings, Site

WHICH = "which_question"
"""The variable that says which question a row answers; no question may have it."""


async def answers(
    site: Site, questions: Mapping[str, str], values: Mapping[str, NamedNode | Literal]
) -> dict[str, list[Bindings]]:
    """Name → the rows of its question, in its order; not to be changed, because a release says the same each
    time and they are kept. Raises as ``Site.rows``, for all when one fails.
    """
    if not questions:
        return {}
    text = together(tuple(questions.items()))
    kept, key = site.pages.answers, (text, *sorted((name, str(term)) for name, term in values.items()))
    if key in kept:
        kept.move_to_end(key)
        return kept[key]
    found: dict[str, list[Bindings]] = {name: [] for name in questions}
    for row in await site.rows(text, values):
        found[row.pop(WHICH).value].append(row)
    if sum(map(len, found.values())) <= MOST_ROWS:
        kept[key] = found
        if len(kept) > MOST:
            kept.popitem(last=False)
    return found


MOST, MOST_ROWS = 1000, 100
"""How many answers are kept for one release, and of how many rows at most: some 20 MB when all are long."""

Answers = dict[str, list["Bindings"]]


@lru_cache(maxsize=256)
def together(questions: tuple[tuple[str, str], ...]) -> str:
    """One SELECT that answers all of them, (name, text): a union of subqueries, which the engine answers one
    after the other, each in its order. Its columns are named: of a ``*`` a worker has to read the text twice.
    """
    heads: dict[str, None] = {}
    names = {f"?{WHICH}": None}
    parts = []
    for name, text in questions:
        lines = text.splitlines()
        heads |= dict.fromkeys(line for line in lines if line.startswith("PREFIX "))
        body = "\n".join(line for line in lines if not line.startswith("PREFIX "))
        parts.append(_SELECT.sub(rf'\g<0> ("{name}" AS ?{WHICH})', body, count=1))
        names |= dict.fromkeys(f"?{column}" for column in variables(text))
    columns, union = " ".join(names), "\n} UNION {\n".join(parts)
    return "\n".join([*heads, f"SELECT {columns} WHERE {{ {{\n{union}\n}} }}", ""])


_SELECT = re.compile(r"SELECT( DISTINCT)?")
