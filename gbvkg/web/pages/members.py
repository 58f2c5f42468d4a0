"""What points at a thing by one property, page by page: the page of the thing has the first of it only.

This module refuses to word a property by which nothing points: any IRI can be asked.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from pyoxigraph import NamedNode

from gbvkg.vocabulary import expand, shrink
from gbvkg.web.pages.citing import Subject, listed
from gbvkg.web.pages.describing import Describer
from gbvkg.web.pages.frame import texts

MEMBERS = 100
"""How many stand on one page."""


@dataclass(frozen=True)
class Members:
    """One page: what ``members.html`` needs, and what is cited of it."""

    values: dict[str, Any]
    subject: Subject


async def members(describer: Describer, property_: str, page: int) -> Members | None:
    """Page ``page``, from 1; None when nothing is on it. Asks one question, and for names."""
    site, lang, iri = describer.site, describer.lang, describer.iri
    found = await describer.members(property_, page, MEMBERS + 1)
    if not found:
        return None
    await describer.name([iri])
    links = [describer.show.link(member) for member in found[:MEMBERS]]
    label, label_lang = describer.show.label(iri)
    name, title, first = shrink(property_), describer.incoming_title(property_), (page - 1) * MEMBERS + 1

    def to(number: int, is_there: bool) -> str:
        return site.page(iri, **{"in": name, "page": str(number)}) if is_there else ""

    values = {
        "t": texts("thing", lang),
        "label": label,
        "label_lang": label_lang,
        "title": title,
        "back": site.page(iri),
        "values": links,
        "first": first,
        "before": to(page - 1, page > 1),
        "after": to(page + 1, len(found) > MEMBERS),
    }
    things = [(site.public(link.href) if link.href else "", link.text) for link in links]
    more = {"mainEntity": listed(things, len(things), first)}
    at = site.page(iri, **{"in": name})
    return Members(values, Subject(f"{label}: {title}", "CollectionPage", more, at=at))


def property_of(name: str) -> str:
    """The IRI of ``prefix:local`` or ``<IRI>``; "" for anything else."""
    if name.startswith("<") and name.endswith(">"):
        iri = name[1:-1]
    else:
        try:
            iri = expand(unquote(name))
        except KeyError:
            return ""
    try:
        return NamedNode(iri).value
    except ValueError:
        return ""
