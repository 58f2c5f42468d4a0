"""A query of our own, read once, in which terms take the place of ``$name`` many times.

It writes what ``parameters.bind`` writes, without reading the whole text again each time: a page asks three
or four of these. This module refuses a term that would be more than one term in the text, and is not for
texts of users.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from gbvkg.errors import BadParameter
from gbvkg.queries.parameters import Term, is_one_term, write
from gbvkg.queries.tokens import scan


@lru_cache(maxsize=512)
def _pieces(text: str) -> tuple[tuple[str, bool], ...]:
    return tuple((token.text, token.kind == "variable" and token.text[0] == "$") for token in scan(text))


def fill(text: str, values: Mapping[str, Term]) -> str:
    """``text`` with each ``$name`` token of ``values`` replaced by its term.

    Raises BadParameter when a term, once written, is not one term of SPARQL.
    """
    written = {f"${name}": write(term) for name, term in values.items()}
    if not all(map(is_one_term, written.values())):
        raise BadParameter(
            "Een waarde zou de vraag veranderen; de vraag is niet uitgevoerd.",
            "A value would change the query; the query was not run.",
        )
    return "".join(written.get(piece, piece) if is_slot else piece for piece, is_slot in _pieces(text))
