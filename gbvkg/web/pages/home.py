"""The home page: what is known, how much of it, since when, and where to begin.

Every number is counted in the release. This module refuses to say more than the release does.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from pyoxigraph import Literal, NamedNode

from gbvkg.web.pages.citing import Subject, download
from gbvkg.web.pages.describing import Describer
from gbvkg.web.pages.frame import texts
from gbvkg.web.pages.sentences import notes_by_thing
from gbvkg.web.pages.terms import Terms
from gbvkg.web.pages.views import views

if TYPE_CHECKING:
    from gbvkg.web.site import Bindings, Site


async def home(site: Site, terms: Terms, lang: str) -> dict[str, Any]:
    """What the template needs. Asks the questions and the notes of ``views.toml``, and one for labels."""
    values: dict[str, Literal | NamedNode] = {
        "lang": Literal(lang),
        "dataset": NamedNode(site.manifest.dataset),
    }
    asked = views().home
    plans, facts = await asyncio.gather(site.rows(asked["plans"], values), site.rows(asked["facts"], values))
    describer = Describer(site, terms, site.manifest.dataset, lang)
    told = await notes_by_thing(describer, views().home_notes)
    await describer.name([row["plan"].value for row in plans])
    fact = facts[0] if facts else {}
    return {
        "t": texts("home", lang),
        "plans": [_plan(row, describer, told) for row in plans],
        "description": fact["description"].value if "description" in fact else "",
        "statements": _count(fact, "statements"),
        "last": fact["last"].value if "last" in fact else "",
        "is_last_from": "precision" in fact and fact["precision"].value == "from",
        "ways": views().ways,
        "name": fact["label"].value if "label" in fact else site.manifest.dataset,
    }


def _plan(row: Bindings, describer: Describer, told: dict[str, list[str]]) -> dict[str, Any]:
    return {
        "link": describer.show.link(row["plan"].value),
        "declared": _count(row, "declared") if "declared" in row else None,
        "held": _count(row, "held"),
        "objectives": _count(row, "objectives"),
        "notes": told.get(row["plan"].value, []),
    }


def _count(row: Bindings, name: str) -> int:
    return int(row[name].value) if name in row else 0


def subject(site: Site, values: dict[str, Any]) -> Subject:
    """The page as the data set that it presents, for the search engines of data."""
    files = sorted(path for path in site.files if path.startswith("dataset."))
    return Subject(
        values["name"],
        "Dataset",
        {
            "@id": site.manifest.dataset,
            "isPartOf": None,
            **({"description": values["description"]} if values["description"] else {}),
            "version": site.version,
            "dateModified": site.manifest.issued,
            **({"license": site.licence} if site.licence else {}),
            "distribution": [download(site, site.version, site.files[path]) for path in files],
        },
    )
