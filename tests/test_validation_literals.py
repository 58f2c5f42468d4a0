"""Literals: lexical spaces and the order of SPARQL's ``<``."""

from __future__ import annotations

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import Literal, NamedNode

from gbvkg.validation.literals import (
    _INTEGER_RANGES,
    _LEXICAL,
    XSD,
    compare,
    in_language_range,
    is_well_typed,
)

VALID = """
boolean true false 0 1
integer 0 -7 +12 007
decimal 1 1.5 -.5 +1.
double 1 1e3 -1.5E-2 INF -INF NaN .5
date 2025-01-31 2024-02-29 2025-01-31Z 2025-01-31+14:00 -0044-03-15 12025-01-01
dateTime 2025-01-31T00:00:00 2025-01-31T24:00:00 2025-01-31T12:30:01.5Z
time 23:59:59 24:00:00 12:00:00+02:00
gYear 2025 -0044 2025Z
gYearMonth 2025-12
gMonthDay --02-29
duration P1Y PT1S P1Y2M3DT4H5M6.7S -P3D
byte -128 127
unsignedByte 0 255
positiveInteger 1
hexBinary 0aFF
language nl-BE
"""
INVALID = """
boolean TRUE yes 2
integer 1.0 1e3 -
decimal 1e3 . 1,5
double one 1e
date 2025-13-01 2025-02-29 2025-04-31 31-01-2025 2025-1-1 025-01-01 2025-01-31+15:00
dateTime 2025-01-31 2025-01-31T24:00:01 2025-02-30T00:00:00
time 24:00:01 12:60:00
gYear 25
gYearMonth 2025-13
gMonthDay --13-01
duration P PT 1Y P1S
byte 128 -129 x
integer ١٢
date ٢٠٢٥-01-01
unsignedByte 256 -1
positiveInteger 0
hexBinary 0aF
language nl_BE
"""


def rows(table: str) -> list[tuple[str, str]]:
    return [
        (name, value)
        for line in table.split("\n")
        if line
        for name, *values in [line.split()]
        for value in values
    ]


def literal(value: str, datatype: str) -> Literal:
    return Literal(value, datatype=NamedNode(XSD + datatype))


@pytest.mark.parametrize(("datatype", "value"), rows(VALID))
def test_lexical_space_has(datatype: str, value: str) -> None:
    """What XSD 1.1 part 2 writes for the datatype is well-typed."""
    assert is_well_typed(value, XSD + datatype)


@pytest.mark.parametrize(("datatype", "value"), rows(INVALID))
def test_lexical_space_lacks(datatype: str, value: str) -> None:
    """What XSD 1.1 part 2 does not write for the datatype is ill-typed."""
    assert not is_well_typed(value, XSD + datatype)


def test_foreign_datatypes_have_no_lexical_space() -> None:
    """A datatype that nobody here knows cannot be broken."""
    assert is_well_typed("anything", "https://example.org/type")


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        (("9", "integer"), ("10", "integer"), -1),
        (("1.50", "decimal"), ("1.5", "decimal"), 0),
        (("2", "byte"), ("1.5e0", "double"), 1),
        (("b", "string"), ("a", "string"), 1),
        (("false", "boolean"), ("1", "boolean"), -1),
        (("2025-01-31", "date"), ("2025-02-01", "date"), -1),
        (("-0044-03-15", "date"), ("0044-03-15", "date"), -1),
        (("2025-01-31T12:00:00Z", "dateTime"), ("2025-01-31T13:00:00+01:00", "dateTime"), 0),
        (("2025-01-31T24:00:00", "dateTime"), ("2025-02-01T00:00:00", "dateTime"), 0),
        (("2025-01-31", "date"), ("2025-01-31Z", "date"), None),
        (("2025-01-31", "date"), ("2025-02-02Z", "date"), -1),
        (("2025-01-31", "date"), ("2025-01-31T00:00:00", "dateTime"), None),
        (("2025-13-01", "date"), ("2025-01-01", "date"), None),
        (("1", "integer"), ("1", "string"), None),
        (("NaN", "double"), ("1", "double"), None),
        (("NaN", "double"), ("1", "integer"), None),
        (("1.5", "decimal"), ("NaN", "float"), None),
        (("NaN", "double"), ("NaN", "double"), None),
        (("NaN", "float"), ("INF", "double"), None),
        (("INF", "double"), ("12345678901234567890", "integer"), 1),
        (("-INF", "float"), ("-1.5", "decimal"), -1),
        (("INF", "double"), ("INF", "float"), 0),
        (("2025-01-01Z", "date"), ("2025-01-01+14:00", "date"), 1),
        (("2025", "gYear"), ("2026", "gYear"), None),
    ],
)
def test_order(left: tuple[str, str], right: tuple[str, str], expected: int | None) -> None:
    """Numbers by value, dates by instant, strings by code point; what SPARQL cannot compare has no order."""
    assert compare(literal(*left), literal(*right)) == expected
    opposite = None if expected is None else -expected
    assert compare(literal(*right), literal(*left)) == opposite


def test_only_literals_have_an_order() -> None:
    """An IRI is neither less nor more than anything, and a text in a language neither."""
    assert compare(NamedNode("https://example.org/a"), literal("1", "integer")) is None
    assert compare(Literal("a", language="nl"), Literal("b", language="nl")) is None
    assert compare(literal("1", "integer"), None) is None


LONG = "9" * 5000
"""More digits than Python's int() takes."""


def any_literal() -> st.SearchStrategy[Literal]:
    """A literal of any datatype that this module knows, of one that it does not know, or of a language."""
    edges = st.sampled_from(["NaN", "INF", "-INF", "", LONG, f"-{LONG}-01-01", f"{LONG}-01-01T00:00:00Z"])
    written = {datatype: st.from_regex(_LEXICAL[datatype], fullmatch=True) for datatype in _LEXICAL}
    whole = dict.fromkeys(_INTEGER_RANGES, st.integers().map(str))
    typed = [
        st.builds(Literal, st.one_of(space, edges, st.text()), datatype=st.just(NamedNode(datatype)))
        for datatype, space in {**written, **whole, XSD + "string": edges, XSD + "other": edges}.items()
    ]
    return st.one_of(*typed, st.builds(Literal, st.text(), language=st.just("nl")))


@given(any_literal(), any_literal())
def test_no_pair_of_literals_breaks_the_comparison(one: Literal, other: Literal) -> None:
    """Whatever is written, a comparison answers, and the other way round it answers the opposite."""
    found, back = compare(one, other), compare(other, one)
    assert found in (None, -1, 0, 1)
    assert back == (None if found is None else -found)


def test_numbers_too_long_for_an_int_are_compared() -> None:
    """A number or a year of 5000 digits is a number or a year."""
    assert compare(literal(LONG, "nonNegativeInteger"), literal("1", "integer")) == 1
    assert not is_well_typed(LONG, XSD + "byte")
    assert compare(literal(f"{LONG}-01-01", "date"), literal("2025-01-01", "date")) == 1


@given(st.dates(), st.dates())
def test_dates_order_as_the_calendar(one: datetime.date, other: datetime.date) -> None:
    """Two dates without a zone are ordered as Python's calendar orders them."""
    expected = (one > other) - (one < other)
    assert compare(literal(one.isoformat(), "date"), literal(other.isoformat(), "date")) == expected


@given(st.datetimes(timezones=st.just(datetime.UTC)), st.datetimes(timezones=st.just(datetime.UTC)))
def test_instants_order_as_the_clock(one: datetime.datetime, other: datetime.datetime) -> None:
    """Two instants are ordered as Python's clock orders them, to the microsecond."""
    expected = (one > other) - (one < other)
    assert compare(literal(one.isoformat(), "dateTime"), literal(other.isoformat(), "dateTime")) == expected


@pytest.mark.parametrize(
    ("tag", "wanted", "expected"),
    [
        ("nl", "nl", True),
        ("nl-BE", "nl", True),
        ("NL", "nl", True),
        ("nl", "nl-BE", False),
        ("nlx", "nl", False),
        ("en", "*", True),
        ("", "*", False),
    ],
)
def test_language_ranges(tag: str, wanted: str, expected: bool) -> None:
    """Basic filtering of RFC 4647."""
    assert in_language_range(tag, wanted) is expected
