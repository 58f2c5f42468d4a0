"""SPARQL text as tokens (SPARQL 1.1 §19.8), so that nothing ever looks for a word inside a string, an IRI or
a comment.

This module refuses to parse: whether the tokens form a query is for the engine to say. It also refuses
codepoint escapes outside strings (§19.2): no query of ours needs ``SERV\\u0049CE``, and a reader should see
what runs.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

_TOKEN = re.compile(
    r"""
      (?P<space>\s+)
    | (?P<comment>\#[^\r\n]*)
    | (?P<iri><[^<>"{}|^`\\\x00-\x20]*>)
    | (?P<string>\"{3}(?:\"{0,2}(?:[^"\\]|\\.))*\"{3} | '{3}(?:'{0,2}(?:[^'\\]|\\.))*'{3}
               | "(?:[^"\\\r\n]|\\[^\r\n])*" | '(?:[^'\\\r\n]|\\[^\r\n])*')
    | (?P<variable>[?$]\w+)
    | (?P<prefixed>(?:[^\W\d_](?:[\w.-]*[\w-])?)?:
        (?:(?![.-])(?:[\w:-]|%[0-9A-Fa-f]{2}|\\[^\suU]|\.(?=[\w:%\\-]))+)?)
    | (?P<language>@[A-Za-z][A-Za-z0-9-]*)
    | (?P<word>\w+)
    | (?P<datatype>\^\^)
    | (?P<mark>.)
    """,
    re.VERBOSE | re.DOTALL,
)

FORBIDDEN = ("SERVICE", "FROM", "LOAD", "DESCRIBE", "REDUCED", "NOW", "RAND", "UUID", "STRUUID", "BNODE")
"""Keywords that reach outside the dataset, or make two runs over the same data differ."""
_FORBIDDEN = re.compile("|".join(FORBIDDEN), re.IGNORECASE)


class Token(NamedTuple):
    """``kind`` is a group name of the grammar above; ``line`` counts from 1."""

    kind: str
    text: str
    line: int

    def is_word(self, *words: str) -> bool:
        """Whether this is one of the keywords, which SPARQL compares without case."""
        return self.kind == "word" and self.text.upper() in words


def scan(text: str) -> Iterator[Token]:
    """Every token of ``text``, white space and comments included: joined, they are ``text`` again."""
    line = 1
    for match in _TOKEN.finditer(text):
        yield Token(match.lastgroup or "mark", match.group(), line)
        line += match.group().count("\n")


def meaningful(text: str) -> list[Token]:
    """The tokens that the grammar sees: no white space, no comments."""
    return [token for token in scan(text) if token.kind not in ("space", "comment")]


def forbidden(tokens: Iterable[Token]) -> tuple[Token, str, str] | None:
    """The first token that no query file may have, with why in Dutch and in English; None when all are fine.

    To be asked before an engine sees the text: some engines call a SERVICE while they still read. An engine
    also takes ``SERVICESILENT`` and ``1SERVICE`` as two tokens, so a keyword counts anywhere in a word.
    """
    for token in tokens:
        if token.kind == "word" and _FORBIDDEN.search(token.text):
            return token, f"{token.text} mag niet in een vraag", f"{token.text} is not allowed in a query"
        if token.text == "\\":
            return token, "een escape buiten een tekst", "an escape outside a string"
    return None
