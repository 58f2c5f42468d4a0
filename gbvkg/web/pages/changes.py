"""The history of a thing in words: what was, what is, and since which release.

Values stand as they stand on the page, with the names of today. What is said in another language than that of
the page is left out when the page's own changed too. This module refuses to tell of properties that
``views.toml`` hides.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pyoxigraph import NamedNode, RdfFormat, parse

from gbvkg.web.pages.frame import day
from gbvkg.web.pages.values import Value
from gbvkg.web.pages.views import views

if TYPE_CHECKING:
    from gbvkg.web.pages.describing import Describer
    from gbvkg.web.pages.history import Change, Step
    from gbvkg.web.site import Term


@dataclass(frozen=True)
class Changed:
    """A property with what went and what came, ``of`` a thing that belongs to that of the page if not its
    own. ``lang`` is the language of the values where it is not that of the page.
    """

    label: str
    went: list[Value]
    came: list[Value]
    of: list[Value] = field(default_factory=list)
    lang: str = ""


@dataclass(frozen=True)
class Moment:
    """A release in the history of a thing; ``href`` is the page of the thing as it was, if it was."""

    version: str
    issued: str
    kind: str
    href: str
    changes: list[Changed]


async def told(describer: Describer, steps: list[Step], named: Callable[[str], Value]) -> list[Moment]:
    """The history as the page has it; ``named`` words what belongs to the thing. Asks for names of what is no
    longer said of it.
    """
    values = _terms(
        value
        for step in steps
        for change in step.changes
        for each in change["properties"]
        for value in (*each["removed"], *each["added"])
    )
    await describer.name(term.value for term in values.values() if isinstance(term, NamedNode))
    site = describer.site
    return [
        Moment(
            step.version,
            day(step.issued, describer.lang),
            step.kind,
            site.page(describer.iri, release=step.version) if step.is_described else "",
            [row for change in step.changes for row in _rows(describer, change, values, named)],
        )
        for step in steps
    ]


def _terms(written: Iterable[str]) -> dict[str, Term]:
    """Terms in N-Triples → what they are."""
    texts = list(dict.fromkeys(written))
    lines = "".join(f"<x:s> <x:p{number}> {text} .\n" for number, text in enumerate(texts))
    read = parse(lines.encode(), format=RdfFormat.N_TRIPLES)
    return {text: quad.object for text, quad in zip(texts, read, strict=True)}


def _rows(
    describer: Describer, change: Change, values: dict[str, Term], named: Callable[[str], Value]
) -> list[Changed]:
    is_own, lang = change["subject"] == describer.iri, describer.lang
    if not is_own and change["kind"] != "changed":
        return _part(describer, change, named)
    hidden = views().hidden - set(views().labels)
    told = [each for each in change["properties"] if each["property"] not in hidden]
    told.sort(key=lambda each: each["property"] not in views().labels)
    own = {each["property"] for each in told if each["language"] in ("", lang)}
    return [
        Changed(
            describer.terms.of_fact(each["property"], lang, (change["class"],)),
            [_plain(describer.show.value(values[text])) for text in each["removed"]],
            [describer.show.value(values[text]) for text in each["added"]],
            [] if is_own else [named(change["subject"])],
            "" if each["language"] in ("", lang) else each["language"],
        )
        for each in told
        if each["language"] in ("", lang) or each["property"] not in own
    ]


def _part(describer: Describer, change: Change, named: Callable[[str], Value]) -> list[Changed]:
    """That something is about the thing, or no more; what the thing says of its parts tells the rest."""
    about = f"<{describer.iri}>"
    rows = []
    for each in change["properties"]:
        if each["property"] in views().owned_inverse and about in (*each["removed"], *each["added"]):
            label = describer.incoming_title(each["property"])
            if change["kind"] == "added":
                rows.append(Changed(label, [], [named(change["subject"])]))
            else:
                rows.append(Changed(label, [_gone(describer, change)], []))
    return rows


def _gone(describer: Describer, change: Change) -> Value:
    said: dict[str, str] = change["label"]
    text = said.get(describer.lang) or next(iter(said.values()), "")
    return Value(text or describer.terms.label(change["class"], describer.lang))


def _plain(value: Value) -> Value:
    """Without link: what went has no page any more."""
    return Value(value.text, lang=value.lang, note=value.note)
