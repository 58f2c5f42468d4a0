"""What search and lists are made of, read from a release: once, before it is served.

Rows come as CSV, which is read fastest, in the order in which the workers find them, and are put in order
here: the same release gives the same index. This module refuses to decide what is searched: that is data.
"""

from __future__ import annotations

import asyncio
import csv
import io
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gbvkg.store import Ask, Limits, whole
from gbvkg.web.answers import solutions
from gbvkg.web.aside import aside
from gbvkg.web.search import Doc, Index, Text, words

if TYPE_CHECKING:
    from gbvkg.store import Spool
    from gbvkg.web.site import Bindings, Site

SECONDS = 120.0
"""That one of the questions may take. Nobody waits for it but who starts the service."""

RESULT = 1_000_000_000
"""Bytes that its answer may have."""

Rows = list[list[str]]


@dataclass(frozen=True)
class Questions:
    """What the index is made from: SPARQL with ``?thing``, and ``?class``, ``?property ?text ?lang`` or
    ``?value``.

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


async def build(site: Site, questions: Questions) -> Index:
    """The index of a release. Raises QueryError as the workers do."""
    classes = await _asked(site, questions.classes)
    texts = await _asked(site, questions.texts)
    facets = {name: await _asked(site, text) for name, text in questions.facets.items()}
    return await asyncio.to_thread(_built, questions, classes, texts, facets)


async def every(site: Site, text: str) -> list[Bindings]:
    """All rows of a question about many things, read off the event loop. Raises QueryError."""
    answer = await site.ask(Ask(text, "tsv"), _limits(site, site.settings.query_seconds))
    return await aside(solutions, answer.body)


async def _asked(site: Site, text: str) -> bytes | Spool:
    return (await site.ask(Ask(text, "csv"), _limits(site, SECONDS))).body


def _limits(site: Site, seconds: float) -> Limits:
    return Limits(seconds, site.settings.query_memory * 1_000_000, RESULT)


def _rows(body: bytes | Spool) -> Rows:
    """The rows of an answer in CSV, in order."""
    csv.field_size_limit(sys.maxsize)  # else a text of 131,072 characters is an error
    rows = csv.reader(io.StringIO(whole(body).decode("utf-8"), newline=""))
    next(rows)
    return sorted(rows)


def _built(
    questions: Questions, classes: bytes | Spool, texts: bytes | Spool, facets: Mapping[str, bytes | Spool]
) -> Index:
    docs: dict[str, Doc] = {}
    for iri, class_ in _rows(classes):
        docs.setdefault(iri, Doc(iri)).classes.add(class_)
    docs = {iri: doc for iri, doc in docs.items() if doc.classes - questions.unlisted}
    ranks: dict[tuple[str, str], int] = {}
    for iri, property_, text, lang in _rows(texts):
        if (doc := docs.get(iri)) is not None:
            _read(doc, property_, text, lang, questions, ranks)
    for name, body in facets.items():
        for iri, value in _rows(body):
            if (doc := docs.get(iri)) is not None:
                doc.facets[name].add(value)
    for doc in docs.values():
        doc.texts.sort()
        doc.is_minor = bool(doc.classes & questions.minor)
        doc.order[:0] = sorted(doc.facets.get(questions.first, ()))
    return Index(docs.values(), questions.kinds, questions.unlisted)


def _read(
    doc: Doc, property_: str, text: str, lang: str, questions: Questions, ranks: dict[tuple[str, str], int]
) -> None:
    if property_ in questions.order:
        doc.order.append(text)
    if property_ in questions.marks:
        doc.marks.update(words(text))
    if property_ not in questions.labels:
        first = questions.texts_first
        place = first.index(property_) if property_ in first else len(first)
        doc.texts.append(Text(place, lang, text))
        return
    rank = questions.labels.index(property_)
    best = ranks.get((doc.iri, lang), len(questions.labels))
    if rank < best:
        if lang in doc.labels:
            doc.texts.append(Text(len(questions.texts_first), lang, doc.labels[lang]))
        doc.labels[lang] = text
        ranks[doc.iri, lang] = rank
    elif text != doc.labels[lang]:
        doc.texts.append(Text(len(questions.texts_first), lang, text))
