"""Which format an answer gets: what ``?format=`` asks for, else what the header ``Accept`` prefers.

Quality values and the precedence of ranges are those of RFC 9110 §12.5.1. This module refuses to send what a
client does not accept: who asks for what is not there gets a list of what is.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from starlette.requests import Request

from gbvkg.errors import NotAcceptable
from gbvkg.formats import HTML, RDF, RESULTS, Format
from gbvkg.project import VERSION
from gbvkg.vocabulary import LANGUAGES

DOWNLOADS: tuple[Format, ...] = (RDF["ttl"], RDF["jsonld"], RDF["nt"], RDF["rdf"], RESULTS["csv"])
"""What a document about a thing comes in beside a page."""

DOCUMENTS: tuple[Format, ...] = (HTML, *DOWNLOADS)
"""What it comes in, the first when a client has no preference."""

_RANGE = re.compile(r"""\s*+([^\s;,"]++)((?:[^,"]|"[^"]*+")*+)""")
_QUALITY = re.compile(r";\s*q\s*=\s*([^\s;]*)", re.IGNORECASE)
_QUOTED = re.compile(r'"[^"]*+"?')
_SHOWN = 100


def choose(
    accept: str | None, offered: Sequence[Format], asked: str | None = None, default: Format | None = None
) -> Format:
    """The format to send, one of ``offered``.

    ``asked`` (name, extension or media type) goes before ``accept``. A client without preference gets
    ``default``, or the first. Raises NotAcceptable with what is offered.
    """
    if asked:
        return _called(asked, tuple(offered))
    if accept is None or not accept.strip():
        return default or offered[0]
    ordered = (default, *(row for row in offered if row is not default)) if default else tuple(offered)
    best = _best(accept, ordered)
    if best is None:
        raise not_acceptable(offered, accept)
    return best


def release_and_language(request: Request, *names: str) -> dict[str, str]:
    """What a client asks of any document, release and language; nothing but what can be one is repeated."""
    asked = request.query_params
    found = {}
    if VERSION.fullmatch(asked.get("release", "")):
        found["release"] = asked["release"]
    if asked.get("lang") in LANGUAGES:
        found["lang"] = asked["lang"]
    return {name: value for name, value in found.items() if not names or name in names}


def not_acceptable(offered: Sequence[Format], wanted: str) -> NotAcceptable:
    """The error that says what there is instead."""
    names = ", ".join(f"{row.name} ({row.media_type})" for row in offered)
    shown = wanted if len(wanted) <= _SHOWN else f"{wanted[:_SHOWN]}…"
    return NotAcceptable(
        f'Dit antwoord bestaat niet als "{shown}". Vraag met ?format= of de header Accept om: {names}.',
        f'This answer does not exist as "{shown}". Ask with ?format= or the header Accept for: {names}.',
        tuple((row.name, row.media_type) for row in offered),
    )


def _called(asked: str, offered: tuple[Format, ...]) -> Format:
    wanted = asked.strip().lower().replace(" ", "+")  # "+" in a query string is a space
    for row in offered:
        if wanted in row.called:
            return row
    raise not_acceptable(offered, asked)


@lru_cache(maxsize=1024)
def _best(accept: str, offered: tuple[Format, ...]) -> Format | None:
    """Of the highest quality the one that is named most precisely; of those the first of ``offered``."""
    ranges = _ranges(accept)
    best, found = (0.0, 0), None
    for row in offered:
        rank = _rank(row, ranges)
        if rank[0] > 0 and rank > best:
            best, found = rank, row
    return found


def _rank(row: Format, ranges: dict[str, float]) -> tuple[float, int]:
    """Quality, and how precise the range is that gives it: 3 the media type, 2 an alias, 1 type, 0 any.

    The most precise range decides, also when it says no.
    """
    if row.media_type in ranges:
        return ranges[row.media_type], 3
    aliases = [ranges[alias] for alias in row.aliases if alias in ranges]
    if aliases:
        return max(aliases), 2
    kind = f"{row.media_type.partition('/')[0]}/*"
    if kind in ranges:
        return ranges[kind], 1
    return ranges.get("*/*", 0.0), 0


def _ranges(accept: str) -> dict[str, float]:
    """Media range → quality; ranges with a quality that is no number are left out."""
    found: dict[str, float] = {}
    for kind, parameters in _RANGE.findall(accept):
        quality = _QUALITY.search(_QUOTED.sub("", parameters))
        try:
            value = float(quality[1]) if quality else 1.0
        except ValueError:
            continue
        if 0.0 <= value <= 1.0:
            name = "*/*" if kind == "*" else kind.lower()
            found[name] = max(value, found.get(name, 0.0))
    return found


__all__ = ["DOCUMENTS", "DOWNLOADS", "HTML", "choose", "not_acceptable"]
