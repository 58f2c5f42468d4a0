"""What a literal means: lexical spaces of the XSD datatypes, and the order of SPARQL's ``<`` (SPARQL 1.1
§17.3).

Works on the lexical form and the datatype IRI as written, because a store canonicalises them. This module
refuses to repair a literal: what is not in the lexical space of its datatype is ill-typed (RDF 1.1 §3.3),
and what SPARQL cannot compare has no order.
"""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction
from functools import cache, lru_cache

from pyoxigraph import Literal

XSD = "http://www.w3.org/2001/XMLSchema#"
RDF_LANG_STRING = "http://www.w3.org/1999/02/22-rdf-syntax-ns#langString"
XSD_STRING = XSD + "string"

_ZONE = r"(?:Z|[+-](?:0\d|1[0-3]):[0-5]\d|[+-]14:00)?"
_YEAR = r"-?(?:[1-9]\d{3,}|0\d{3})"
_DATE = _YEAR + r"-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])"
_TIME = r"(?:(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?|24:00:00(?:\.0+)?)"
_INTEGER = r"[+-]?\d+"
_FLOAT = r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?|[+-]?INF|NaN"

_LEXICAL: dict[str, str] = {
    XSD + name: pattern
    for name, pattern in {
        "boolean": r"true|false|0|1",
        "decimal": r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)",
        "integer": _INTEGER,
        "float": _FLOAT,
        "double": _FLOAT,
        "date": _DATE + _ZONE,
        "dateTime": _DATE + "T" + _TIME + _ZONE,
        "dateTimeStamp": _DATE + "T" + _TIME + r"(?:Z|[+-]\d\d:\d\d)",
        "time": _TIME + _ZONE,
        "gYear": _YEAR + _ZONE,
        "gYearMonth": _YEAR + r"-(?:0[1-9]|1[0-2])" + _ZONE,
        "gMonth": r"--(?:0[1-9]|1[0-2])" + _ZONE,
        "gDay": r"---(?:0[1-9]|[12]\d|3[01])" + _ZONE,
        "gMonthDay": r"--(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])" + _ZONE,
        "duration": r"-?P(?=.)(?:\d+Y)?(?:\d+M)?(?:\d+D)?(?:T(?=.)(?:\d+H)?(?:\d+M)?(?:\d+(?:\.\d+)?S)?)?",
        "yearMonthDuration": r"-?P(?=.)(?:\d+Y)?(?:\d+M)?",
        "dayTimeDuration": r"-?P(?=.)(?:\d+D)?(?:T(?=.)(?:\d+H)?(?:\d+M)?(?:\d+(?:\.\d+)?S)?)?",
        "hexBinary": r"(?:[0-9A-Fa-f]{2})*",
        "language": r"[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*",
    }.items()
}

_INTEGER_RANGES: dict[str, tuple[int | None, int | None]] = {
    XSD + "nonNegativeInteger": (0, None),
    XSD + "positiveInteger": (1, None),
    XSD + "nonPositiveInteger": (None, 0),
    XSD + "negativeInteger": (None, -1),
    XSD + "long": (-(2**63), 2**63 - 1),
    XSD + "int": (-(2**31), 2**31 - 1),
    XSD + "short": (-(2**15), 2**15 - 1),
    XSD + "byte": (-128, 127),
    XSD + "unsignedLong": (0, 2**64 - 1),
    XSD + "unsignedInt": (0, 2**32 - 1),
    XSD + "unsignedShort": (0, 2**16 - 1),
    XSD + "unsignedByte": (0, 255),
}
_EXACT = {XSD + "integer", XSD + "decimal", *_INTEGER_RANGES}
_FLOATING = {XSD + "float", XSD + "double"}
_TIMED = {XSD + "date", XSD + "dateTime"}
_FOURTEEN_HOURS = 14 * 3600
_DAYS_IN_MONTH = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)

CANONICALISED = (
    _EXACT
    | _FLOATING
    | {XSD + name for name in ("boolean", "date", "dateTime", "time", "duration")}
    | {
        XSD + name
        for name in (
            "gYear",
            "gYearMonth",
            "gMonth",
            "gDay",
            "gMonthDay",
            "yearMonthDuration",
            "dayTimeDuration",
        )
    }
)
"""Datatypes whose lexical form a pyoxigraph store replaces by the canonical one."""


@cache
def _pattern(datatype: str) -> re.Pattern[str]:
    """Compiled when it is first needed: most runs need three."""
    return re.compile(_LEXICAL[datatype], re.ASCII)


@lru_cache(maxsize=1 << 16)
def is_well_typed(value: str, datatype: str) -> bool:
    """Whether ``value`` is in the lexical space of ``datatype``; True for a datatype that is not an XSD
    one.
    """
    if datatype in _INTEGER_RANGES:
        low, high = _INTEGER_RANGES[datatype]
        if not re.fullmatch(_INTEGER, value, re.ASCII):
            return False
        number = Decimal(value)
        return (low is None or number >= low) and (high is None or number <= high)
    if datatype not in _LEXICAL:
        return True
    if not _pattern(datatype).fullmatch(value):
        return False
    return _is_calendar_day(value) if datatype in _TIMED else True


def _is_calendar_day(value: str) -> bool:
    year, month, day = _split_date(value)
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return day <= (28 if month == 2 and not leap else _DAYS_IN_MONTH[month - 1])


def _split_date(value: str) -> tuple[int, int, int]:
    sign = -1 if value.startswith("-") else 1
    year, month, day = value.lstrip("-").split("T")[0].split("-")[:3]
    return sign * int(Decimal(year)), int(month), int(day[:2])


def _epoch_days(year: int, month: int, day: int) -> int:
    """Days since 1970-01-01 in the proleptic Gregorian calendar, for any year."""
    shifted = year - (month <= 2)
    era, year_of_era = divmod(shifted, 400)
    day_of_year = (153 * (month + (-3 if month > 2 else 9)) + 2) // 5 + day - 1
    return era * 146097 + year_of_era * 365 + year_of_era // 4 - year_of_era // 100 + day_of_year - 719468


def _instant(value: str) -> tuple[Fraction, bool]:
    """Seconds since the epoch and whether a time zone was given."""
    zone = re.search(r"(?:Z|[+-]\d\d:\d\d)$", value[7:])
    body = value[: -len(zone[0])] if zone else value
    seconds = Fraction(_epoch_days(*_split_date(body)) * 86400)
    if "T" in body:
        hour, minute, second = body.split("T")[1].split(":")
        seconds += int(hour) * 3600 + int(minute) * 60 + Fraction(second)
    if zone and zone[0] != "Z":
        offset = int(zone[0][1:3]) * 3600 + int(zone[0][4:]) * 60
        seconds -= offset if zone[0][0] == "+" else -offset
    return seconds, bool(zone)


Key = tuple[str, object]


@lru_cache(maxsize=1 << 16)
def _key(value: str, datatype: str) -> Key | None:
    """What SPARQL's ``<`` compares, tagged by what may be compared with what; None when it compares
    nothing.
    """
    if datatype == XSD_STRING:
        return "string", value
    if (datatype not in _LEXICAL and datatype not in _INTEGER_RANGES) or not is_well_typed(value, datatype):
        return None
    if datatype in _EXACT:
        return "number", Decimal(value)
    if datatype in _FLOATING:
        return "number", float(value.replace("INF", "inf"))
    if datatype == XSD + "boolean":
        return "boolean", value in ("true", "1")
    return (datatype, _instant(value)) if datatype in _TIMED else None


def compare(left: object, right: object) -> int | None:
    """-1, 0 or 1 as SPARQL's ``<``, ``=``, ``>``; None where they raise a type error, are indeterminate or
    are all false. Never raises.

    NaN has no order with any number, itself included (XPath functions §4.3), so a range constraint that
    compares with it is broken (SHACL §4.3: what cannot be compared is a result). Dates are compared as
    engines commonly extend SPARQL 1.1: by instant, and a date without a time zone has no order with one that
    has a zone unless they are more than 14 hours apart (XSD 1.1 part 2 §3.3.7); the store that runs the
    SPARQL-based constraints does the same. pySHACL differs on both: it holds that every number has at most
    NaN, and it forgets the zone of a date.
    """
    if type(left) is not Literal or type(right) is not Literal:
        return None
    one = _key(left.value, left.datatype.value)
    other = _key(right.value, right.datatype.value)
    if one is None or other is None or one[0] != other[0]:
        return None
    if one[0] in _TIMED:
        return _compare_instants(one[1], other[1])  # type: ignore[arg-type]
    return _sign(one[1], other[1])


def _compare_instants(one: tuple[Fraction, bool], other: tuple[Fraction, bool]) -> int | None:
    if one[1] != other[1] and abs(one[0] - other[0]) <= _FOURTEEN_HOURS:
        return None
    return _sign(one[0], other[0])


def _sign(one: object, other: object) -> int | None:
    if one != one or other != other:  # NaN, which Decimal refuses to compare with
        return None
    if one == other:
        return 0
    return -1 if one < other else 1  # type: ignore[operator]


def in_language_range(tag: str, wanted: str) -> bool:
    """SPARQL ``langMatches``: basic filtering of RFC 4647 §3.3.1."""
    if wanted == "*":
        return bool(tag)
    low, high = tag.lower(), wanted.lower()
    return low == high or low.startswith(high + "-")


def value_key(literal: Literal) -> tuple[str, object]:
    """Equal for literals that a canonicalising store may merge: same datatype and, where SPARQL orders the
    datatype, same value.
    """
    return literal.datatype.value, _key(literal.value, literal.datatype.value)
