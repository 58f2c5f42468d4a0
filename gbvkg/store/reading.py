"""What must be known of a query before it is evaluated: its form, whether it names a dataset, the order of
its columns, and for DESCRIBE what it describes.

Codepoint escapes need no undoing here: the engine takes them in IRIs and strings only. This module refuses to
judge: a text that is no query gets an answer too, and the engine says what is wrong with it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

_GAP = r"(?:\s|\#[^\r\n]*+)*+"

_START = re.compile(
    rf"""
    {_GAP}
    (?: (?: BASE {_GAP} <[^<>]*+>
          | PREFIX {_GAP} [^\s:\#]*+: {_GAP} <[^<>]*+>
          | VERSION {_GAP} (?: "[^"\r\n]*+" | '[^'\r\n]*+' )
        ) {_GAP}
    )*+
    (?P<form> SELECT | ASK | CONSTRUCT | DESCRIBE )
    """,
    re.VERBOSE | re.IGNORECASE,
)

_TOKEN = re.compile(
    r"""
      (?P<gap> (?: \s | \#[^\r\n]*+ )++ )
    | (?P<iri> <[^<>"{}|^`\x00-\x20]*+> )
    | (?P<string> \"{3}(?:\"{0,2}(?:[^"\\]|\\.))*+\"{3} | '{3}(?:'{0,2}(?:[^'\\]|\\.))*+'{3}
                | "(?:[^"\\\r\n]|\\.)*+" | '(?:[^'\\\r\n]|\\.)*+' )
    | (?P<variable> [?$][\w\u00B7\u0300-\u036F\u203F\u2040]++ )
    | (?P<name> (?: _ | [^\W\d_](?:[\w.-]*\w)? )? : (?: [\w:.-] | %[0-9A-Fa-f]{2} | \\. )*+ )
    | (?P<word> \w++ )
    | (?P<mark> . )
    """,
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Reading:
    """``form`` is "" when the text does not start as a query; ``end`` is where its keyword ends."""

    form: str
    end: int
    names_dataset: bool


@lru_cache(maxsize=256)
def read(text: str) -> Reading:
    """The form of a query, and whether it has a FROM clause."""
    found = _START.match(text)
    if found is None:
        return Reading("", 0, False)
    return Reading(found["form"].upper(), found.end(), _names_dataset(text, found.end()))


def _names_dataset(text: str, start: int) -> bool:
    """Nothing else in the grammar has these letters in a bare word (SPARQL 1.1 §19.8)."""
    if "from" not in text[start:].lower():
        return False
    return any(kind == "word" and "FROM" in token.upper() for kind, token, _ in _tokens(text, start))


def _tokens(text: str, start: int) -> Iterator[tuple[str, str, int]]:
    for match in _TOKEN.finditer(text, start):
        if match.lastgroup != "gap":
            yield match.lastgroup or "mark", match.group(), match.start()


def star(text: str, reading: Reading) -> int | None:
    """The place of the ``*`` that a SELECT asks for all its variables with; None when it names them."""
    if reading.form != "SELECT" or "*" not in text:
        return None
    for _, token, start in _tokens(text, reading.end):
        if token == "*":
            return start
        if token.upper() not in ("DISTINCT", "REDUCED"):
            break
    return None


def spelled_out(text: str, place: int, variables: Iterable[str]) -> str:
    """A query with its ``*`` at ``place`` replaced by ``variables`` (names without their mark), which must be
    those in scope there, in the order in which the text first has them. Of none, the text as it is.
    """
    unplaced = dict.fromkeys(variables)
    names = []
    for kind, token, _ in _tokens(text, place + 1):
        if not unplaced:
            break
        if kind == "variable" and token[1:] in unplaced:
            del unplaced[token[1:]]
            names.append(token[1:])
    columns = " ".join(f"?{name}" for name in (*names, *unplaced))
    return f"{text[:place]} {columns} {text[place + 1 :]}" if columns else text


_DECLARED = re.compile(rf"\bPREFIX{_GAP}([^\s:\#]*+:)", re.IGNORECASE)


def undeclared(text: str) -> tuple[str, int] | None:
    """The first prefix that is used and not declared, with its place in ``text``; None when there is none.

    For a text that the engine refused: it says where it stopped, which is not where the name is.
    """
    declared = set(_DECLARED.findall(text)) | {"_:"}
    before = ""
    for kind, token, start in _tokens(text, 0):
        if token in ('"', "'") or (kind == "name" and before == "<"):
            return None  # a string or an IRI without an end: what follows are no names
        before = token
        if kind == "name" and (prefix := token[: token.index(":") + 1]) not in declared:
            return prefix, start
    return None


@dataclass(frozen=True, slots=True)
class Described:
    """What a DESCRIBE query describes, as queries that find it.

    ``resources`` selects the IRIs that it names, None when it names none; ``solutions`` is the query with
    every character at its place that selects its variables, None when it has none; ``graphs`` selects the
    graphs of its FROM clauses, None when it has none.
    """

    resources: str | None
    solutions: str | None
    graphs: str | None


def described(text: str, reading: Reading) -> Described:
    """Take a query of the form DESCRIBE apart (SPARQL 1.1 §16.4)."""
    resources: list[str] = []
    graphs: list[str] = []
    blanked = list(text)
    variables = where = False
    clause_end = reading.end
    target = resources
    for kind, token, start in _tokens(text, reading.end):
        if kind in ("iri", "name"):
            target.append(token)
            if target is resources:
                blanked[start : start + len(token)] = " " * len(token)
        elif kind == "variable" or token == "*":
            variables = True
        elif kind == "word" and "FROM" in token.upper():
            target = graphs
        elif not (kind == "word" and token.upper() == "NAMED"):
            where = token == "{" or token.upper() == "WHERE"
            break
        clause_end = start + len(token)
    keyword = reading.end - len("DESCRIBE")
    blanked[keyword : reading.end] = "SELECT  "
    if not where:  # the grammar lets it be left out here, but not of a SELECT
        blanked.insert(clause_end, " {} ")
    prologue = text[:keyword]
    return Described(
        _selection(prologue, resources), "".join(blanked) if variables else None, _selection(prologue, graphs)
    )


def _selection(prologue: str, names: list[str]) -> str | None:
    columns = " ".join(f"({name} AS ?n{number})" for number, name in enumerate(names))
    return f"{prologue} SELECT {columns} {{}}" if names else None
