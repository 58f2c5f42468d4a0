"""Answers of the workers read back, for pages and workbooks.

This module refuses to judge an answer: terms stay as the workers wrote them.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pyoxigraph import Literal, QueryBoolean, QueryResultsFormat, QuerySolutions, parse_query_results

from gbvkg.queries import Query, Result
from gbvkg.store import Spool, whole
from gbvkg.vocabulary import expand

NUMBERS = frozenset(
    expand(f"xsd:{name}")
    for name in (
        "integer", "decimal", "double", "float", "int", "long", "short", "byte", "nonNegativeInteger",
        "positiveInteger", "nonPositiveInteger", "negativeInteger", "unsignedInt", "unsignedLong",
        "unsignedShort", "unsignedByte",
    )
)  # fmt: skip
"""Datatypes of numbers (SPARQL 1.1 §17.1, XML Schema 1.1 Part 2 §3)."""


def is_number(term: object) -> bool:
    """Whether a term is a number by its datatype, whatever it says."""
    return isinstance(term, Literal) and term.datatype.value in NUMBERS


def are_numbers(terms: Iterable[object]) -> bool:
    """Whether there are terms, and only numbers; an unbound one (None) says nothing."""
    told = [term for term in terms if term is not None]
    return bool(told) and all(map(is_number, told))


def solutions(body: bytes | Spool) -> list[dict[str, Any]]:
    """The rows of a SELECT in SPARQL TSV, each variable that is bound with its term.

    Of the formats it is read fastest, and every term is what it was (SPARQL 1.1 Query Results CSV and TSV
    Formats §4).
    """
    found = parse_query_results(whole(body), format=QueryResultsFormat.TSV)
    assert isinstance(found, QuerySolutions), "the answer of a SELECT"
    names = [variable.value for variable in found.variables]
    rows = (zip(names, row, strict=True) for row in found)
    return [{name: term for name, term in row if term is not None} for row in rows]


def read(query: Query, body: bytes | Spool) -> Result:
    """The result that SPARQL JSON stands for; it takes as long as reading the JSON."""
    found = parse_query_results(whole(body), format=QueryResultsFormat.JSON)
    if isinstance(found, QueryBoolean):
        rows: tuple[tuple[Literal, ...], ...] = ((Literal(bool(found)),),)
        return Result(query.form, query.variables, rows, query.columns, query.base)
    assert isinstance(found, QuerySolutions)
    names = query.variables
    solutions = tuple(tuple(solution[name] for name in names) for solution in found)
    return Result(query.form, names, solutions, query.columns, query.base)
