"""Search over the labels and texts of one release, and the lists of things by class.

The index is built once per release, from answers of the workers, off the event loop. A word of the question
finds words of the texts by stem (Dutch and English Snowball), by beginning, and, when nothing has it, by
likeness (a letter wrong, an accent forgotten, a compound in two). What is typed is compared with words and
never becomes part of a query. This module refuses questions of more than ``LONGEST`` characters' worth: it
reads no further.
"""

from __future__ import annotations

import asyncio
import math
import re
import threading
import unicodedata
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from pyoxigraph import Literal, NamedNode
from rapidfuzz import fuzz, process
from snowballstemmer import stemmer

from gbvkg.store import Ask
from gbvkg.vocabulary import LANGUAGES
from gbvkg.web.answers import solutions

if TYPE_CHECKING:
    from gbvkg.web.site import Bindings, Site

LONGEST = 200
"""Characters of a question that are read."""

WORDS = 12
"""Words of a question that are looked for."""

ALIKE = 78
"""Likeness, of 100, from which another word is taken for the one that was typed."""

CHUNK = 50_000
"""Rows that one question for the index may answer."""

_WORD = re.compile(r"[^\W_]+")
_LABEL, _TEXT = 5.0, 1.0
_NAMED = 1000.0
_EXACT, _STEM, _START, _LIKE = 1.0, 0.8, 0.6, 0.4


class Text(NamedTuple):
    """``rank`` puts the most telling text of a thing first."""

    rank: int
    lang: str
    text: str


@dataclass
class Doc:
    """One thing: its labels and texts by language, its classes, and what facets say of it."""

    iri: str
    labels: dict[str, str] = field(default_factory=dict)
    texts: list[Text] = field(default_factory=list)
    classes: set[str] = field(default_factory=set)
    facets: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    order: list[str] = field(default_factory=list)
    marks: set[str] = field(default_factory=set)
    is_minor: bool = False

    def label(self, lang: str) -> tuple[str, str]:
        """The label in ``lang`` or the nearest to it, and its language; the IRI when there is none."""
        for name in (lang, *LANGUAGES, ""):
            if name in self.labels:
                return self.labels[name], name
        return self.iri, ""


@dataclass(frozen=True)
class Questions:
    """What the index is made from: SPARQL with ``?thing``, and ``?class``, ``?property ?text`` or ``?value``.

    ``labels`` are properties, the best first; ``order`` those that lists are in order of,
    after the values of the facet ``first``. Things of ``minor`` classes come after others that are found as
    well. What is asked for by a word of its class (``kinds``: class → names) and what it has by a property of
    ``marks``, a number or code, comes first.
    """

    classes: str
    texts: str
    facets: Mapping[str, str]
    labels: Sequence[str]
    order: Sequence[str]
    first: str
    unlisted: frozenset[str]
    texts_first: Sequence[str] = ()
    minor: frozenset[str] = frozenset()
    marks: Sequence[str] = ()
    kinds: Mapping[str, Sequence[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Hit:
    """A thing that was found, with a passage that has one of the words; the label itself needs none."""

    doc: Doc
    score: float
    passage: Text


@dataclass(frozen=True)
class Found:
    """All that was found, best first. ``instead`` are words that were taken for one that nothing has."""

    hits: list[Hit]
    instead: dict[str, str] = field(default_factory=dict)


def fold(text: str) -> str:
    """Without case and accents: ``Coördinatie`` is ``coordinatie``."""
    parts = unicodedata.normalize("NFKD", text.casefold())
    return "".join(char for char in parts if not unicodedata.combining(char))


def words(text: str) -> list[str]:
    """The words of a text, folded."""
    return _WORD.findall(fold(text))


_NAMES = {"nl": "dutch", "en": "english"}
_OWN = threading.local()
"""The stemmers of each thread: one remembers the word that it is at."""


@lru_cache(maxsize=100_000)
def stem(word: str, lang: str) -> str:
    """The stem of a folded word; a short word is its own."""
    if len(word) <= 3:
        return word
    stemmers = vars(_OWN)
    if lang not in stemmers:
        stemmers[lang] = stemmer(_NAMES[lang])
    found: str = stemmers[lang].stemWord(word)
    return found


class Index:
    """The things of a release, findable."""

    def __init__(self, docs: Iterable[Doc], kinds: Mapping[str, Sequence[str]] | None = None) -> None:
        self._kinds = {
            class_: {stem(word, lang) for name in names for word in words(name) for lang in LANGUAGES}
            for class_, names in (kinds or {}).items()
        }
        self._marked: dict[str, set[int]] = defaultdict(set)
        self.docs = sorted(docs, key=lambda doc: doc.iri)
        self.by_iri = {doc.iri: doc for doc in self.docs}
        self._places: dict[str, dict[int, float]] = defaultdict(dict)
        for number, doc in enumerate(self.docs):
            self._add(number, doc)
        self._words = sorted(self._places)
        self._stems: dict[str, list[str]] = defaultdict(list)
        for word in self._words:
            for name in {stem(word, lang) for lang in LANGUAGES}:
                self._stems[name].append(word)

    def _add(self, number: int, doc: Doc) -> None:
        for mark in doc.marks:
            self._marked[mark].add(number)
        for text in doc.labels.values():
            self._weigh(number, text, _LABEL)
        for entry in doc.texts:
            self._weigh(number, entry.text, _TEXT)

    def _weigh(self, number: int, text: str, weight: float) -> None:
        for word in set(words(text)):
            places = self._places[word]
            places[number] = max(places.get(number, 0.0), weight)

    @classmethod
    async def build(cls, site: Site, questions: Questions) -> Index:
        """The index of a release. Raises QueryError as the workers do."""
        docs: dict[str, Doc] = {}
        async for row in every(site, questions.classes):
            iri, class_ = row["thing"].value, row["class"].value
            docs.setdefault(iri, Doc(iri)).classes.add(class_)
        docs = {iri: doc for iri, doc in docs.items() if doc.classes - questions.unlisted}
        ranks: dict[tuple[str, str], int] = {}
        async for row in every(site, questions.texts):
            if (doc := docs.get(row["thing"].value)) is not None:
                _read(doc, row, questions, ranks)
        for name, text in questions.facets.items():
            async for row in every(site, text):
                if (doc := docs.get(row["thing"].value)) is not None and isinstance(row["value"], NamedNode):
                    doc.facets[name].add(row["value"].value)
        for doc in docs.values():
            doc.texts.sort()
            doc.is_minor = bool(doc.classes & questions.minor)
            doc.order[:0] = sorted(doc.facets.get(questions.first, ()))
        return await asyncio.to_thread(cls, docs.values(), questions.kinds)

    # Search

    def search(self, question: str, lang: str) -> Found:
        """The things that have most of the words, best first. Every word must be found, but for small ones.

        An empty question finds nothing. ``lang`` is that of the passages, where there is a choice.
        """
        asked = list(dict.fromkeys(words(question[:LONGEST])))[:WORDS]
        instead: dict[str, str] = {}
        scores = [(word, self._scores(word, instead)) for word in asked]
        telling = [found for word, found in scores if found or len(word) > 2]
        named = self._called(asked)
        if not named and (not telling or not all(telling)):
            return Found([], instead)
        both = set(telling[0]).intersection(*telling[1:]) if telling else set()
        total = {n: sum(found[n] for found in telling) * self._standing(n) for n in both}
        total |= {n: _NAMED * self._standing(n) for n in named}
        ranked = sorted(total, key=lambda number: (-total[number], self.docs[number].iri))
        stems = [stem(instead.get(word, word), lang) for word in asked for lang in LANGUAGES]
        hits = [
            Hit(self.docs[number], total[number], self._passage(number, stems, lang)) for number in ranked
        ]
        return Found(hits, instead)

    def _called(self, asked: Sequence[str]) -> set[int]:
        """The things whose number or code is asked for, after a word of their class: "actie 11"."""
        marks = [word for word in asked if word in self._marked and any(map(str.isdecimal, word))]
        if not marks or len(marks) == len(asked):
            return set()
        kinds = [{stem(word, lang) for lang in LANGUAGES} for word in asked if word not in marks]
        both = set.intersection(*(self._marked[word] for word in marks))
        return {number for number in both if self._is_of(self.docs[number], kinds)}

    def _is_of(self, doc: Doc, kinds: list[set[str]]) -> bool:
        named = set().union(*(self._kinds.get(class_, set()) for class_ in doc.classes))
        return all(stems & named for stems in kinds)

    def _standing(self, number: int) -> float:
        """A short label that has the words is more about them than a long one."""
        doc = self.docs[number]
        length = min((len(words(text)) for text in doc.labels.values()), default=20)
        return (1 + 1 / (1 + length)) * (0.5 if doc.is_minor else 1.0)

    def _scores(self, word: str, instead: dict[str, str]) -> dict[int, float]:
        """Number of a thing → how well it has the word."""
        similar = self._similar(word)
        if word not in self._places and (near := self._near(word)):
            if not similar:
                instead[word] = near[0]
            for name in (*near, *self._similar(near[0])):
                similar.setdefault(name, _LIKE)
        found: dict[int, float] = {}
        for name, likeness in similar.items():
            places = self._places[name]
            rarity = 1 + math.log(len(self.docs) / len(places))
            for number, weight in places.items():
                found[number] = max(found.get(number, 0.0), weight * likeness * rarity)
        return found

    def _similar(self, word: str) -> dict[str, float]:
        found: dict[str, float] = {}
        if len(word) > 2:
            found |= dict.fromkeys(self._starting(word), _START)
        for lang in LANGUAGES:
            found |= dict.fromkeys(self._stems.get(stem(word, lang), ()), _STEM)
        if word in self._places:
            found[word] = _EXACT
        return found

    def _starting(self, word: str) -> list[str]:
        start = bisect_left(self._words, word)
        return [name for name in self._words[start : start + 200] if name.startswith(word)]

    def _near(self, word: str) -> list[str]:
        if len(word) < 4:
            return []
        rows = process.extract(word, self._words, scorer=fuzz.ratio, score_cutoff=ALIKE, limit=3)
        return [name for name, _, _ in rows]

    def _passage(self, number: int, stems: list[str], preferred: str) -> Text:
        texts = sorted(self.docs[number].texts, key=lambda entry: (entry.lang != preferred, entry.rank))
        for entry in texts:
            if any(stem(word, name) in stems for word in words(entry.text) for name in LANGUAGES):
                return entry
        return texts[0] if texts else Text(0, "", "")

    # Lists

    def of_class(self, local_name: str) -> tuple[str, list[Doc]]:
        """The class with that local name, and its things in order; "" when the release has none."""
        found = [doc for doc in self.docs if local_name in map(local, doc.classes)]
        iris = sorted({iri for doc in found for iri in doc.classes if local(iri) == local_name})
        return (iris[0] if iris else ""), sorted(found, key=_in_order)


def narrowed(docs: list[Doc], chosen: Mapping[str, Sequence[str]]) -> list[Doc]:
    """The things that have, for each facet chosen, one of its chosen values."""
    return [doc for doc in docs if all(doc.facets.get(name, set()) & set(v) for name, v in chosen.items())]


def counts(docs: Iterable[Doc], name: str) -> Counter[str]:
    """Value of a facet → how many of the things have it."""
    return Counter(value for doc in docs for value in doc.facets.get(name, ()))


def local(iri: str) -> str:
    """What stands after the last ``/`` or ``#`` of an IRI."""
    return re.split(r"[#/]", iri)[-1]


def _in_order(doc: Doc) -> tuple[object, ...]:
    return (
        [_numbers(text) for text in doc.order],
        _numbers(doc.label(LANGUAGES[0])[0]),
        doc.iri,
    )


def _numbers(text: str) -> list[tuple[bool, int, str]]:
    """A key that sorts numbers inside texts as numbers."""
    parts = re.split(r"(\d+)", fold(text))
    return [(bool(n % 2), int(part) if n % 2 else 0, "" if n % 2 else part) for n, part in enumerate(parts)]


def _read(doc: Doc, row: Bindings, questions: Questions, ranks: dict[tuple[str, str], int]) -> None:
    property_, text = row["property"].value, row["text"]
    if not isinstance(text, Literal):
        return
    lang = text.language or ""
    if property_ in questions.order:
        doc.order.append(text.value)
    if property_ in questions.marks:
        doc.marks.update(words(text.value))
    if property_ not in questions.labels:
        first = questions.texts_first
        place = first.index(property_) if property_ in first else len(first)
        doc.texts.append(Text(place, lang, text.value))
        return
    rank = questions.labels.index(property_)
    best = ranks.get((doc.iri, lang), len(questions.labels))
    if rank < best:
        if lang in doc.labels:
            doc.texts.append(Text(len(questions.texts_first), lang, doc.labels[lang]))
        doc.labels[lang] = text.value
        ranks[doc.iri, lang] = rank
    elif text.value != doc.labels[lang]:
        doc.texts.append(Text(len(questions.texts_first), lang, text.value))


async def every(site: Site, text: str) -> AsyncIterator[Bindings]:
    """All rows of an ordered question, in pieces that an answer has room for, read off the event loop."""
    skip = 0
    while True:
        answer = await site.ask(Ask(f"{text}\nLIMIT {CHUNK} OFFSET {skip}", "json"))
        rows = await asyncio.to_thread(solutions, answer.body)
        for row in rows:
            yield row
        if len(rows) < CHUNK:
            return
        skip += CHUNK
