"""Search over the labels and texts of one release, and the things of a class with their facets.

A word of the question finds words of the texts by stem (Dutch and English Snowball), by beginning, and, when
nothing has it, by likeness (a letter wrong, an accent forgotten, a compound in two). What is typed is
compared with words and never becomes part of a query.

Things are numbered in the order in which equals are shown, and a set of things is an integer with a bit for
each: narrowing and counting are operations on whole integers, so that a search among a hundred thousand
things takes some milliseconds. This module refuses questions of more than ``LONGEST`` characters' worth: it
reads no further.
"""

from __future__ import annotations

import math
import re
import threading
import unicodedata
from array import array
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import compress
from typing import NamedTuple

from rapidfuzz import fuzz, process
from snowballstemmer import stemmer

from gbvkg.vocabulary import LANGUAGES

LONGEST = 200
"""Characters of a question that are read."""

WORDS = 12
"""Words of a question that are looked for."""

ALIKE = 78
"""Likeness, of 100, from which another word is taken for the one that was typed."""

STARTING = 200
"""Words that the beginning of one may stand for."""

TIERS = 32
"""Kinds of good and less good answers that are told apart; what is beyond them counts as the last."""

CLASS = "class"
"""The facet that every thing has: its classes."""

UNKNOWN = "unknown"
"""The value of a facet of things that have none, where other things of their class do."""

_WORD = re.compile(r"[^\W_]+")
_LABEL, _TEXT = 5.0, 1.0
_NAMED = 1000.0
_MINOR = 0.5
_EXACT, _STEM, _START, _LIKE = 1.0, 0.8, 0.6, 0.4
_SPARSE = 500
"""Things up to which those that have a word are kept as a list of numbers."""

Things = int
"""A set of things: bit n is set for thing number n."""


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
class Found:
    """What was found: all of it, and the same in disjoint ``tiers``, best first, each in order of numbers.

    ``instead`` are words that were taken for one that nothing has, ``stems`` those of the question.
    """

    things: Things = 0
    tiers: tuple[Things, ...] = ()
    instead: dict[str, str] = field(default_factory=dict)
    stems: frozenset[str] = frozenset()


def fold(text: str) -> str:
    """Without case and accents: ``Coördinatie`` is ``coordinatie``."""
    parts = unicodedata.normalize("NFKD", text.casefold())
    return "".join(char for char in parts if not unicodedata.combining(char))


def words(text: str) -> list[str]:
    """The words of a text, folded."""
    return _WORD.findall(text.lower() if text.isascii() else fold(text))


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
    """The things of a release, findable.

    ``kinds`` are the names of each class: what is asked for by one of them and by a number or code of its own
    comes first. Of the ``unlisted`` classes there is no list, and they say nothing of what may be unknown.
    """

    def __init__(
        self,
        docs: Iterable[Doc],
        kinds: Mapping[str, Sequence[str]] | None = None,
        unlisted: frozenset[str] = frozenset(),
    ) -> None:
        self.docs = sorted(docs, key=_standing)
        self.by_iri = {doc.iri: doc for doc in self.docs}
        self.every: Things = (1 << len(self.docs)) - 1
        self._postings: dict[str, tuple[array[int], array[int]]] = {}
        marked: dict[str, list[int]] = defaultdict(list)
        values: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
        for number, doc in enumerate(self.docs):
            self._add(number, doc)
            for mark in doc.marks:
                marked[mark].append(number)
            for name, found in (*doc.facets.items(), (CLASS, doc.classes - unlisted)):
                for value in found:
                    values[name][value].append(number)
        self._marked = {mark: self._set(numbers) for mark, numbers in marked.items()}
        self._facets = {
            name: {value: self._set(numbers) for value, numbers in found.items()}
            for name, found in values.items()
        }
        self._tell_unknown()
        self._minor = self._set(number for number, doc in enumerate(self.docs) if doc.is_minor)
        self._dense = {
            word: tuple(self._set(numbers) if len(numbers) > _SPARSE else None for numbers in found)
            for word, found in self._postings.items()
            if any(len(numbers) > _SPARSE for numbers in found)
        }
        self._words = sorted(self._postings)
        self._stems: dict[str, list[str]] = defaultdict(list)
        for word in self._words:
            for name in {stem(word, lang) for lang in LANGUAGES}:
                self._stems[name].append(word)
        self._named = {
            class_: {stem(word, lang) for name in names for word in words(name) for lang in LANGUAGES}
            for class_, names in (kinds or {}).items()
        }
        self._lists = {class_: self._in_order(class_) for class_ in self._facets.get(CLASS, {})}
        self._near = lru_cache(maxsize=1000)(self._nearest)

    def _add(self, number: int, doc: Doc) -> None:
        labelled = {word for text in doc.labels.values() for word in words(text)}
        told = {word for entry in doc.texts for word in words(entry.text)} - labelled
        for place, found in enumerate((labelled, told)):
            for word in found:
                if word not in self._postings:
                    self._postings[word] = (array("I"), array("I"))
                self._postings[word][place].append(number)

    def _set(self, numbers: Iterable[int]) -> Things:
        bits = bytearray(len(self.docs) // 8 + 1)
        for number in numbers:
            bits[number >> 3] |= 1 << (number & 7)
        return int.from_bytes(bits, "little")

    def _tell_unknown(self) -> None:
        """What has no value of a facet, where something else of its class does, has the value UNKNOWN."""
        for name, values in self._facets.items():
            told = _either(values.values())
            classes = self._facets[CLASS].values()
            if name != CLASS and (left := _either(one for one in classes if one & told) & ~told):
                values[UNKNOWN] = left

    # Sets of things

    def among(self, things: Things, start: int = 0, count: int | None = None) -> Iterator[Doc]:
        """``count`` of the things from number ``start`` of them, in order."""
        return compress(self.docs, _selected(things, start, count))

    def narrowed(self, things: Things, chosen: Mapping[str, Sequence[str]]) -> Things:
        """The things that have, for each facet chosen, one of its chosen values."""
        for name, values in chosen.items():
            known = self._facets.get(name, {})
            things &= _either(known.get(value, 0) for value in values)
        return things

    def counts(self, things: Things, name: str) -> Counter[str]:
        """Value of a facet → how many of the things have it."""
        known = self._facets.get(name, {})
        return Counter({v: count for v, mask in known.items() if (count := (things & mask).bit_count())})

    def page(self, found: Found, things: Things, start: int = 0, count: int | None = None) -> list[Doc]:
        """``count`` of the things that were found, from number ``start`` of them, the best first."""
        shown: list[Doc] = []
        left = len(self.docs) if count is None else count
        for tier in found.tiers:
            those = tier & things
            size = those.bit_count()
            if start < size and left:
                some = list(self.among(those, start, left))
                shown += some
                left -= len(some)
            start = max(0, start - size)
        return shown

    # Search

    def search(self, question: str) -> Found:
        """The things that have all words, but for small ones. An empty question finds nothing."""
        asked = list(dict.fromkeys(words(question[:LONGEST])))[:WORDS]
        instead: dict[str, str] = {}
        named = self._called(asked)
        telling = []
        for word in asked:
            tiers = self._tiers(word, instead)
            if tiers or len(word) > 2:
                telling.append(tiers)
            if telling and not telling[-1] and not named:
                break  # looking for the other words takes milliseconds each and changes nothing
        if not named and (not telling or not telling[-1]):
            return Found(instead=instead)
        tiers = _combined(telling, self.every) if telling else {}
        tiers = {
            score * factor: those
            for score, things in tiers.items()
            for factor, some in ((1.0, ~self._minor), (_MINOR, self._minor))
            if (those := things & some)
        } | {_NAMED: named}
        stems = frozenset(stem(instead.get(word, word), lang) for word in asked for lang in LANGUAGES)
        ranked = _disjoint(tiers)
        return Found(_either(ranked.values()), tuple(ranked.values()), instead, stems)

    def _called(self, asked: Sequence[str]) -> Things:
        """The things whose number or code is asked for, after a word of their class: "actie 11"."""
        marks = [word for word in asked if word in self._marked and any(map(str.isdecimal, word))]
        if not marks or len(marks) == len(asked):
            return 0
        both = self.every
        for word in asked:
            both &= self._marked[word] if word in marks else self._of_kind(word)
        return both

    def _of_kind(self, word: str) -> Things:
        """The things of a class that has the word in its name."""
        stems = {stem(word, lang) for lang in LANGUAGES}
        classes = self._facets.get(CLASS, {})
        return _either(classes.get(class_, 0) for class_, named in self._named.items() if stems & named)

    def _tiers(self, word: str, instead: dict[str, str]) -> dict[float, Things]:
        """How well things have the word → those things, best first."""
        similar = self._similar(word)
        if word not in self._postings and (near := self._near(word)):
            if not similar:
                instead[word] = near[0]
            for name in (*near, *self._similar(near[0])):
                similar.setdefault(name, _LIKE)
        found = {
            weight * level: self._having([name for name in similar if similar[name] == level], place)
            for level in (_EXACT, _STEM, _START, _LIKE)
            for place, weight in enumerate((_LABEL, _TEXT))
        }
        tiers = _disjoint(found)
        count = sum(things.bit_count() for things in tiers.values())
        rarity = 1 + math.log(len(self.docs) / count) if count else 1.0
        return {score * rarity: things for score, things in tiers.items()}

    def _having(self, names: list[str], place: int) -> Things:
        """The things that have one of the words, in a label (``place`` 0) or in a text (1)."""
        dense = [self._dense[name][place] for name in names if name in self._dense]
        sparse = (self._postings[name][place] for name in names)
        some = [numbers for numbers in sparse if len(numbers) <= _SPARSE]
        few = self._set(number for numbers in some for number in numbers) if any(some) else 0
        return _either([few, *(things for things in dense if things is not None)])

    def _similar(self, word: str) -> dict[str, float]:
        found: dict[str, float] = {}
        if len(word) > 2:
            found |= dict.fromkeys(self._starting(word), _START)
        for lang in LANGUAGES:
            found |= dict.fromkeys(self._stems.get(stem(word, lang), ()), _STEM)
        if word in self._postings:
            found[word] = _EXACT
        return found

    def _starting(self, word: str) -> list[str]:
        start = bisect_left(self._words, word)
        return [name for name in self._words[start : start + STARTING] if name.startswith(word)]

    def _nearest(self, word: str) -> list[str]:
        if len(word) < 4:
            return []
        rows = process.extract(word, self._words, scorer=fuzz.ratio, score_cutoff=ALIKE, limit=3)
        return [name for name, _, _ in rows]

    # Lists

    def of_class(self, local_name: str) -> tuple[str, Things]:
        """The class with that local name, and its things; "" when the release has none."""
        iris = sorted(class_ for class_ in self._lists if local(class_) == local_name)
        known = self._facets.get(CLASS, {})
        return (iris[0] if iris else ""), _either(known[iri] for iri in iris)

    def in_order(self, class_: str) -> tuple[Doc, ...]:
        """The things of a class in the order of its list."""
        return self._lists.get(class_, ())

    def classes(self) -> dict[str, int]:
        """Class → how many things it has."""
        return {class_: things.bit_count() for class_, things in self._facets.get(CLASS, {}).items()}

    def _in_order(self, class_: str) -> tuple[Doc, ...]:
        return tuple(sorted(self.among(self._facets[CLASS][class_]), key=_place))


def passage(doc: Doc, stems: frozenset[str], preferred: str) -> Text:
    """The text of a thing that has one of the words; the most telling one when none has."""
    texts = sorted(doc.texts, key=lambda entry: (entry.lang != preferred, entry.rank))
    for entry in texts:
        if any(stem(word, name) in stems for word in words(entry.text) for name in LANGUAGES):
            return entry
    return texts[0] if texts else Text(0, "", "")


def local(iri: str) -> str:
    """What stands after the last ``/`` or ``#`` of an IRI."""
    return re.split(r"[#/]", iri)[-1]


def _either(sets: Iterable[Things]) -> Things:
    found = 0
    for things in sets:
        found |= things
    return found


_BITS = bytes.maketrans(b"01", b"\x00\x01")


def _selected(things: Things, start: int, count: int | None) -> bytes:
    """A byte for each thing: 1 for those that are selected."""
    bits = bin(things)[:1:-1].encode().translate(_BITS)
    if not start and count is None:
        return bits
    place = -1
    for _ in range(start):
        place = bits.find(1, place + 1)
    end = first = place + 1
    for _ in range(count if count is not None else len(bits)):
        found = bits.find(1, end)
        if found < 0:
            break
        end = found + 1
    return bytes(first) + bits[first:end]


def _disjoint(scored: Mapping[float, Things]) -> dict[float, Things]:
    """Each thing once, with its best score; best first."""
    seen = 0
    found = {}
    for score in sorted(scored, reverse=True):
        if those := scored[score] & ~seen:
            found[score] = those
            seen |= those
    return found


def _combined(every: Sequence[dict[float, Things]], things: Things) -> dict[float, Things]:
    """The things that are in a tier of each word; their score is the sum."""
    found = {0.0: things}
    for tiers in every:
        both: dict[float, Things] = {}
        for before, some in found.items():
            for score, those in tiers.items():
                if left := some & those:
                    both[before + score] = both.get(before + score, 0) | left
        best = sorted(both, reverse=True)
        found = {score: both[score] for score in best[:TIERS]}
        if last := best[TIERS:]:
            found[last[0]] = _either(both[score] for score in last)
    return found


def _standing(doc: Doc) -> tuple[int, str]:
    """A short label that has the words is more about them than a long one."""
    return min((len(words(text)) for text in doc.labels.values()), default=20), doc.iri


def _place(doc: Doc) -> tuple[object, ...]:
    return ([_numbers(text) for text in doc.order], _numbers(doc.label(LANGUAGES[0])[0]), doc.iri)


def _numbers(text: str) -> list[tuple[bool, int, str]]:
    """A key that sorts numbers inside texts as numbers."""
    parts = re.split(r"(\d+)", fold(text))
    return [(bool(n % 2), int(part) if n % 2 else 0, "" if n % 2 else part) for n, part in enumerate(parts)]
