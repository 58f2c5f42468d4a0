"""Sentences of ``views.toml`` filled in with what their question answers: notes, and the lines of a list.

A value stands in a sentence as it stands on a page, with its label. This module refuses to say a sentence of
which the question has no answer.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pyoxigraph import Literal, NamedNode

from gbvkg.queries.parameters import fill
from gbvkg.vocabulary import expand
from gbvkg.web.aside import aside
from gbvkg.web.indexing import every
from gbvkg.web.pages.questions import answers
from gbvkg.web.pages.views import variables, views

if TYPE_CHECKING:
    from gbvkg.web.pages.describing import Describer
    from gbvkg.web.pages.views import Sentence
    from gbvkg.web.site import Bindings, Site, Term


def slots(site: Site, lang: str) -> dict[str, NamedNode | Literal]:
    """What every question of ``views.toml`` may use: ``$today``, the day of the release, and ``$lang``."""
    today = Literal(site.manifest.issued, datatype=NamedNode(expand("xsd:date")))
    return {"today": today, "lang": Literal(lang)}


async def notes(describer: Describer, names: Iterable[str]) -> dict[str, list[str]]:
    """Name of a note → its sentences, one for each row that its question answers, each with the name of what
    it is about. Raises as ``Site.rows``.
    """
    return {
        name: worded(describer, sentence, rows) for name, sentence, rows in await _answered(describer, names)
    }


def worded(describer: Describer, sentence: Sentence, rows: Iterable[Bindings]) -> list[str]:
    """One sentence for each row; what they mention can be shown (``Describer.name``)."""
    return [_begun(sentence, row, describer) + _said(sentence, row, describer) for row in rows]


async def notes_by_thing(describer: Describer, names: Iterable[str]) -> dict[str, list[str]]:
    """Thing → the sentences of notes that are about it, without its name. Raises as ``Site.rows``."""
    said: dict[str, list[str]] = {}
    for _, sentence, rows in await _answered(describer, names):
        for row in rows:
            said.setdefault(row[sentence.of].value, []).append(_said(sentence, row, describer))
    return said


async def _answered(describer: Describer, names: Iterable[str]) -> list[tuple[str, Sentence, list[Bindings]]]:
    """Name, sentence and rows of each note; what the rows mention can be shown."""
    asked = {name: views().notes[name] for name in names}
    values = slots(describer.site, describer.lang) | {"thing": NamedNode(describer.iri)}
    questions = {name: sentence.query for name, sentence in asked.items()}
    found = await answers(describer.site, questions, values)
    await _name(describer, (row for rows in found.values() for row in rows))
    return [(name, sentence, found[name]) for name, sentence in asked.items()]


@dataclass(frozen=True)
class Lines:
    """What a list says of its things: thing → its lines, in the order of the list; and what they are made of
    to take away, column (a variable that has a heading) → thing → values.
    """

    said: dict[str, list[str]] = field(default_factory=dict)
    columns: dict[str, dict[str, list[Term]]] = field(default_factory=dict)


async def lines(describer: Describer, sentences: Iterable[Sentence]) -> Lines:
    """What a list says of each thing; the things are in the order of the rows, of one sentence after the
    other. Raises as ``Site.ask``.
    """
    found = Lines()
    for sentence in sentences:
        rows = await _rows(describer.site, sentence, describer.lang)
        await _name(describer, rows)
        for name in variables(sentence.query):
            if name in views().columns:
                found.columns.setdefault(name, {})
        await aside(_gather, found, sentence, rows, describer)
    return found


async def groups(site: Site, sentences: Iterable[Sentence], lang: str) -> dict[str, str]:
    """Thing → the heading that it is under: of the first sentence with one that is about it; the headings in
    the order of the sentences. Raises as ``Site.ask``.
    """
    found: dict[str, str] = {}
    for sentence in sentences:
        if sentence.group:
            for row in await _rows(site, sentence, lang):
                found.setdefault(row["thing"].value, sentence.group[lang])
    return found


async def _rows(site: Site, sentence: Sentence, lang: str) -> list[Bindings]:
    return await every(site, fill(sentence.query, slots(site, lang)))


def _gather(found: Lines, sentence: Sentence, rows: list[Bindings], describer: Describer) -> None:
    """Add what a sentence says: beside the event loop, because a list may have ten thousand things."""
    for row in rows:
        _add(found, _said(sentence, row, describer), row)


def _add(found: Lines, line: str, row: Bindings) -> None:
    said = found.said.setdefault(row["thing"].value, [])
    if line not in said:
        said.append(line)
        for name, values in found.columns.items():
            if name in row:
                values.setdefault(row["thing"].value, []).append(row[name])


async def _name(describer: Describer, rows: Iterable[Bindings]) -> None:
    await describer.name(term.value for row in rows for term in row.values() if isinstance(term, NamedNode))


def _begun(sentence: Sentence, row: Bindings, describer: Describer) -> str:
    return f"{describer.show.value(row[sentence.of]).text}: " if sentence.of else ""


def _said(sentence: Sentence, row: Bindings, describer: Describer) -> str:
    values: Mapping[str, str] = defaultdict(lambda: "…") | {
        name: describer.show.value(term).text for name, term in row.items() if name != "thing"
    }
    return sentence.text[describer.lang].format_map(values)
