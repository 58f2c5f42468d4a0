"""How one RDF term is shown: as text, as a link of ours, or as a link elsewhere.

What is linked to is http(s) only; anything else (``javascript:``, ``data:``) is text. A language tag that is
no well-formed BCP 47 tag is left out of the page. This module refuses to make HTML: templates escape.
"""

from __future__ import annotations

import re
from bisect import insort
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from pyoxigraph import Literal, NamedNode

from gbvkg.vocabulary import LANGUAGES, expand, shrink
from gbvkg.web.answers import NUMBERS
from gbvkg.web.pages.frame import day, number

if TYPE_CHECKING:
    from gbvkg.web.site import Site, Term

_DIGITS = re.compile(r"(\d+)")
_TAG = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")
_DATES = frozenset((expand("xsd:date"), expand("xsd:dateTime")))
_BOOLEAN = expand("xsd:boolean")
_PLAIN = frozenset((expand("xsd:string"), expand("xsd:gYear")))
_YES = {"nl": ("ja", "nee"), "en": ("yes", "no")}


class Labels:
    """Labels of things. Of two in one language, that by the earlier of ``properties`` goes first."""

    def __init__(self, properties: Sequence[str]) -> None:
        self._rank = {iri: number for number, iri in enumerate(properties)}
        self._found: dict[str, list[tuple[int, str, Literal]]] = {}

    def add(self, iri: str, property_: str, label: object) -> None:
        """Remember a label; what is no literal, or by another property, is none."""
        if isinstance(label, Literal) and property_ in self._rank:
            entry = (self._rank[property_], label.value, label)
            kept = self._found.setdefault(iri, [])
            if entry not in kept:
                insort(kept, entry, key=lambda row: row[:2])

    def of(self, iri: str) -> list[Literal]:
        """All labels of a thing, the best property first."""
        return [label for _, _, label in self._found.get(iri, ())]

    def __contains__(self, iri: object) -> bool:
        return iri in self._found

    def __iter__(self) -> Iterator[str]:
        return iter(self._found)


class Value(NamedTuple):
    """One value. ``href`` is a path of ours or an http(s) address; ``lang`` only where it differs. A tuple,
    because a page makes a hundred of them and looks each up.
    """

    text: str
    href: str = ""
    external: bool = False
    lang: str = ""
    note: str = ""
    key: str = ""


@dataclass(slots=True)
class Named:
    """What is known of a thing's name: its labels, else what it is called ``elsewhere``, and the links to it,
    by language, that were made already."""

    labels: list[Literal]
    elsewhere: str = ""
    links: dict[str, Value] = field(default_factory=dict)


class Shower:
    """Shows terms in one language, with the labels that were found for them."""

    def __init__(
        self, site: Site, lang: str, labels: Labels, term_label: Callable[[str], str | None]
    ) -> None:
        self.site = site
        self.lang = lang
        self.labels = labels
        self.named: dict[str, Named] = {}
        """Names that were looked up, beside ``labels``."""
        self._links: dict[str, dict[str, Value]] = {}
        self._term_label = term_label

    def value(self, term: Term) -> Value:
        """The term as a value."""
        if isinstance(term, Literal):
            return self._literal(term)
        if isinstance(term, NamedNode):
            return self.link(term.value)
        return Value("…", key=str(term))

    def label(self, iri: str) -> tuple[str, str]:
        """The best label of a thing and its language, when that is not the language of the page."""
        named = self.named.get(iri, _NAMELESS)
        found = best(self.labels.of(iri) or named.labels, self.lang)
        if found is not None:
            return found.value, _other(found.language, self.lang)
        own = iri.removeprefix(f"{self.site.base}id/")
        return self._term_label(iri) or named.elsewhere or (short(iri) if own == iri else own), ""

    def link(self, iri: str) -> Value:
        """A thing, with its label: to its page here when the release describes it, else to where it is."""
        named = self.named.get(iri)
        links = self._links.setdefault(iri, {}) if named is None else named.links
        if self.lang not in links:
            links[self.lang] = self._link(iri)
        return links[self.lang]

    def _link(self, iri: str) -> Value:
        text, lang = self.label(iri)
        if href := self.href(iri):
            return Value(text, href, lang=lang, key=iri)
        href = iri if is_web(iri) else ""
        return Value(text, href, external=bool(href), lang=lang, key=iri)

    def has_label(self, iri: str) -> bool:
        """Whether the release names it."""
        return iri in self.labels or bool(self.named.get(iri, _NAMELESS).labels)

    def href(self, iri: str) -> str:
        """The address of the page about an IRI here; "" when there is none."""
        if found := self.site.href(iri):
            return found
        return self.site.page(iri) if self.has_label(iri) and is_web(iri) else ""

    def _literal(self, term: Literal) -> Value:
        text, tag = term.value, term.language
        if tag:
            return Value(text, lang=_other(tag, self.lang), key=text)
        datatype = term.datatype.value
        if datatype in _DATES:
            return Value(day(text, self.lang), key=text)
        if datatype in NUMBERS:
            return Value(number(text, self.lang), key=text)
        if datatype == _BOOLEAN:
            return Value(_YES[self.lang][text not in ("true", "1")], key=text)
        return Value(text, note="" if datatype in _PLAIN else short(datatype), key=text)


_NAMELESS = Named([])


def best(texts: tuple[Literal, ...] | list[Literal], lang: str) -> Literal | None:
    """The text in ``lang``, else in another of our languages, else any."""
    order = [lang, *(other for other in LANGUAGES if other != lang), None]
    found = next((text for name in order for text in texts if text.language == name), None)
    return next(iter(texts), None) if found is None else found


def in_language(terms: list[Term], lang: str) -> list[Term]:
    """Without the texts in other languages, where there are some in the language of the page."""
    if len(terms) == 1 or not any(isinstance(term, Literal) and term.language == lang for term in terms):
        return terms
    return [t for t in terms if not (isinstance(t, Literal) and t.language and t.language != lang)]


def natural(text: str) -> list[object]:
    """A key that sorts texts with their numbers as numbers: OD 9 before OD 10."""
    key: list[object] = []
    for place, part in enumerate(_DIGITS.split(text.casefold())):
        key.append(int(part) if place % 2 else part)
    return key


def is_web(iri: str) -> bool:
    """Whether an IRI may be followed: http or https, with a host."""
    try:
        parts = urlsplit(iri)
    except ValueError:
        return False
    return parts.scheme.lower() in ("http", "https") and bool(parts.netloc)


@lru_cache(4096)
def short(iri: str) -> str:
    """``prefix:local`` where the table has the prefix, else the IRI."""
    found = shrink(iri)
    return iri if found.startswith("<") else found


def _other(tag: str | None, lang: str) -> str:
    return tag if tag and tag != lang and _TAG.fullmatch(tag) else ""
