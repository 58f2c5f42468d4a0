"""Lexical forms: which text is a right value of an XSD datatype, and what a language tag looks like.

Follows XML Schema 1.1 part 2 and RFC 5646, with one restriction: a day, a month and a year have no time zone,
because with one they are no longer the day that everybody means (a day at +14:00 begins on the day before).
This module refuses to normalise: a value stays as it was written.
"""

from __future__ import annotations

import re
from calendar import monthrange

XSD = "http://www.w3.org/2001/XMLSchema#"

_ZONE = r"(?:Z|[+-](?:0\d|1[0-3]):[0-5]\d|[+-]14:00)?"
_YEAR = r"-?(?:[1-9]\d{3,}|0\d{3})"
_DAY = rf"({_YEAR})-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])"
_TIME = r"(?:(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?|24:00:00(?:\.0+)?)"
_CLOCK = r"(?:T(?=\d)(?:\d+H)?(?:\d+M)?(?:\d+(?:\.\d+)?S)?)?"
_FLOAT = r"(?:[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?|[+-]?INF|NaN)"

_FORMS: dict[str, tuple[re.Pattern[str], str, str]] = {
    XSD + name: (re.compile(f"(?:{pattern})\\Z", re.ASCII), nl, en)
    for name, pattern, nl, en in (
        ("boolean", "true|false|1|0", "true of false", "true or false"),
        ("integer", r"[+-]?\d+", "een geheel getal, zoals 115", "a whole number, like 115"),
        ("nonNegativeInteger", r"\+?\d+|-0+", "een geheel getal vanaf 0", "a whole number from 0"),
        ("positiveInteger", r"\+?0*[1-9]\d*", "een geheel getal vanaf 1", "a whole number from 1"),
        ("decimal", r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)", "een getal met een punt, zoals 27.7",
         "a number with a point, like 27.7"),
        ("double", _FLOAT, "een getal, zoals 2.5E0", "a number, like 2.5E0"),
        ("float", _FLOAT, "een getal, zoals 2.5E0", "a number, like 2.5E0"),
        ("date", _DAY, "een bestaande dag als jjjj-mm-dd zonder tijdzone, zoals 2025-11-21",
         "an existing day as yyyy-mm-dd without a time zone, like 2025-11-21"),
        ("dateTime", _DAY + "T" + _TIME + _ZONE, "een tijdstip, zoals 2025-11-21T10:00:00Z",
         "a moment, like 2025-11-21T10:00:00Z"),
        ("gYear", _YEAR, "een jaartal, zoals 2029", "a year, like 2029"),
        ("gYearMonth", rf"{_YEAR}-(?:0[1-9]|1[0-2])", "een maand als jjjj-mm, zoals 2027-06",
         "a month as yyyy-mm, like 2027-06"),
        ("time", _TIME + _ZONE, "een uur, zoals 10:00:00", "a time, like 10:00:00"),
        ("duration", r"-?P(?=\d|T\d)(?:\d+Y)?(?:\d+M)?(?:\d+D)?" + _CLOCK,
         "een duur, zoals P1Y6M", "a duration, like P1Y6M"),
        ("anyURI", r"\S*", "een webadres zonder spaties", "a web address without spaces"),
    )
}  # fmt: skip
_LANGUAGE = re.compile(
    r"(?:[a-z]{2,3}(?:-[a-z]{3}){0,3})(?:-[a-z]{4})?(?:-(?:[a-z]{2}|\d{3}))?(?:-(?:[a-z\d]{5,8}|\d[a-z\d]{3}))*"
    r"(?:-[a-wyz\d](?:-[a-z\d]{2,8})+)*(?:-x(?:-[a-z\d]{1,8})+)?\Z",
    re.IGNORECASE | re.ASCII,
)
_TRUE, _FALSE = {"ja", "yes", "waar", "on", "j", "y"}, {"nee", "neen", "no", "onwaar", "off", "n"}
WHOLE_NUMBERS = frozenset(XSD + name for name in ("integer", "nonNegativeInteger", "positiveInteger"))
_NO_FRACTION = re.compile(r"([+-]?\d+)[.,]0+\Z", re.ASCII)
_GROUPS = re.compile(r"[+-]?\d{1,3}(?:\.\d{3})+\Z", re.ASCII)
_DAY_FIRST = re.compile(r"(\d{1,2})[-/. ](\d{1,2})[-/. ](\d{4})\Z", re.ASCII)


def is_language_tag(tag: str) -> bool:
    """Whether ``tag`` is a langtag of RFC 5646 whose primary subtag is of ISO 639 (2 or 3 letters)."""
    return _LANGUAGE.match(tag) is not None


def is_valid(text: str, datatype: str) -> bool:
    """Whether ``text`` is in the lexical space of ``datatype``; any text is of an unknown one."""
    form = _FORMS.get(datatype)
    if form is None:
        return True
    match = form[0].match(text)
    if match is None:
        return False
    return not datatype.endswith(("#date", "#dateTime")) or _exists(*match.group(1, 2, 3))


def expected(datatype: str) -> tuple[str, str]:
    """What a right value looks like, in Dutch and in English; "" for a datatype that gbvkg does not know."""
    form = _FORMS.get(datatype)
    return (form[1], form[2]) if form else ("", "")


def repair(text: str, datatype: str) -> str:
    """The value that somebody who wrote ``text`` most likely meant, or ""."""
    for candidate in _candidates(text.strip(), datatype.removeprefix(XSD)):
        if candidate != text and is_valid(candidate, datatype):
            return candidate
    return ""


def _candidates(text: str, name: str) -> list[str]:
    if name == "boolean":
        word = text.casefold()
        return ["true" if word in _TRUE | {"true"} else "false" if word in _FALSE | {"false"} else ""]
    if name == "date":
        day_first = _DAY_FIRST.match(text)
        return (
            [f"{y}-{int(m):02}-{int(d):02}" for d, m, y in [day_first.groups()]] if day_first else [text[:10]]
        )
    if name == "gYear":
        return [text[:4]]
    dense = text.replace(" ", "")
    if XSD + name in WHOLE_NUMBERS:
        whole = _NO_FRACTION.match(dense)
        return [dense, dense.replace(".", "") if _GROUPS.match(dense) else "", whole[1] if whole else ""]
    return [dense, dense.replace(",", "."), dense.replace(".", "").replace(",", ".")]


def _exists(year: str, month: str, day: str) -> bool:
    cycle = int(year) % 400 + 2000  # the calendar repeats every 400 years
    return int(day) <= monthrange(cycle, int(month))[1]
