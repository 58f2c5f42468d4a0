"""A reference as somebody wrote it → the IRI that it means, or what is wrong with it.

One judgement for every kind of source. This module refuses blank nodes, unknown schemes and relative paths
that climb.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from pyoxigraph import NamedNode

from gbvkg.findings import Finding
from gbvkg.sources.context import Context, named_node
from gbvkg.sources.rules import Rule, breach, did_you_mean, nearest, quoted
from gbvkg.sources.statement import Place

_SCHEMES = {"http", "https", "urn", "mailto", "tel"}
_SEPARATOR = r"(?:/|\\|%2f|%5c)"
_CLIMBS = re.compile(rf"{_SEPARATOR}(?:\.|%2e){{1,2}}(?:{_SEPARATOR}|\Z)", re.IGNORECASE)
_HIDDEN = re.compile(r"%(?:[01][0-9a-f]|7f)", re.IGNORECASE)
_HOST = re.compile(r"https?://[^/?#]")


class Problem(NamedTuple):
    """Why a text is no reference, with a complete sentence in Dutch and in English."""

    rule: Rule
    nl: str
    en: str


def resolve(text: str, context: Context, base: str, vocab: str | None = None) -> NamedNode | Problem:
    """The IRI of ``text`` (``vocab`` as in ``Context.expand``), or the problem with it."""
    iri = context.expand(text, base, vocab)
    node = named_node(iri) if is_plain_iri(iri) else None
    return node or _problem(text, iri, context)


@lru_cache(maxsize=1 << 16)
def is_plain_iri(iri: str) -> bool:
    """Whether ``iri`` has a known scheme and hides nothing: no dot segment (also not percent-encoded), no
    control or bidirectional character, and a host when it is a web address (RFC 3987 §4.1, §8; RFC 3986
    §6.2.2.3)."""
    scheme, _, rest = iri.partition(":")
    if scheme not in _SCHEMES or not iri.isprintable() or " " in iri or _HIDDEN.search(iri):
        return False
    path = re.split("[?#]", rest, maxsplit=1)[0]
    return not _CLIMBS.search(path) and (not scheme.startswith("http") or bool(_HOST.match(iri)))


def _problem(text: str, iri: str, context: Context) -> Problem:
    prefix, colon, local = iri.partition(":")
    if text.startswith("_:"):
        return Problem(
            Rule.BLANK_NODE,
            f"{quoted(text)} heeft buiten dit bestand geen betekenis. Geef het ding een adres: "
            "soort/referentie.",
            f"{quoted(text)} means nothing outside this file. Give the thing an address: kind/reference.",
        )
    if colon and prefix.replace("-", "").isalnum() and prefix not in _SCHEMES:
        nl, en = did_you_mean(
            nearest(prefix, [*context.prefixes, *(_SCHEMES if local.startswith("//") else ())])
        )
        return Problem(
            Rule.UNKNOWN_PREFIX,
            f"Het voorvoegsel {quoted(prefix + ':')} staat niet in de tabel.{nl}",
            f"The prefix {quoted(prefix + ':')} is not in the table.{en}",
        )
    return Problem(
        Rule.BAD_IRI,
        f"{quoted(text)} is geen verwijzing. Schrijf soort/referentie, zoals plan/vap-ggg-2025, of een "
        "webadres "
        "met https://.",
        f"{quoted(text)} is not a reference. Write kind/reference, like plan/vap-ggg-2025, or a web address "
        "with "
        "https://.",
    )


def misspelled(name: str, space: str, place: Place, context: Context) -> Finding | None:
    """A finding when the one prefix table binds ``name`` otherwise, or spells this namespace otherwise."""
    right = context.prefixes.get(name) or context.spelling(space)
    if right == space:
        return None
    return breach(
        Rule.PREFIX_SPELLING,
        place,
        f'"{name}:" staat hier voor <{space}>; in de tabel is dat <{right}>. Neem dat over.',
        f'"{name}:" stands for <{space}> here; in the table that is <{right}>. Copy that.',
    )
