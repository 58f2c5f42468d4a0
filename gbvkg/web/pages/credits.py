"""Who made and published the data, by name, and what the data say of themselves to who cites them: asked once
for each release.

This module refuses to say what the release does not say of itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pyoxigraph import Literal, NamedNode

from gbvkg.vocabulary import LANGUAGES, expand
from gbvkg.web.pages.values import Labels, best
from gbvkg.web.pages.views import views

if TYPE_CHECKING:
    from gbvkg.web.site import Site

_CREDITS = """SELECT ?credit ?who ?property ?label
WHERE {{
  VALUES ?credit {{ {credits} }}
  $dataset ?credit ?who FILTER(ISIRI(?who))
  OPTIONAL {{ ?who ?property ?label FILTER(?property IN ({labels})) }}
}}
ORDER BY ?credit ?who"""


class Credit(NamedTuple):
    """The names of the makers and of the publishers of the data, and a note, such as that their addresses do
    not answer yet; "" for what is not said.
    """

    makers: str = ""
    publishers: str = ""
    note: str = ""


Credits = dict[str, Credit]
"""Language → the credit in it."""

_NOTES = "SELECT ?note WHERE {{ $dataset <{note}> ?note FILTER(ISLITERAL(?note)) }} ORDER BY ?note"


async def credits(site: Site) -> Credits:
    """What the release says of itself, in each language. Raises as ``Site.rows``."""
    names = {name: expand(f"dct:{name}") for name in ("creator", "publisher")}
    text = _CREDITS.format(
        credits=" ".join(f"<{iri}>" for iri in names.values()),
        labels=", ".join(f"<{iri}>" for iri in views().labels),
    )
    labels = Labels(views().labels)
    found: dict[str, dict[str, None]] = {iri: {} for iri in names.values()}
    for row in await site.rows(text, {"dataset": NamedNode(site.manifest.dataset)}):
        found[row["credit"].value][row["who"].value] = None
        if "label" in row:
            labels.add(row["who"].value, row["property"].value, row["label"])

    def told(iri: str, lang: str) -> str:
        named = ((best(labels.of(who), lang), who) for who in found[iri])
        return ", ".join(label.value if label else who for label, who in named)

    rows = await site.rows(
        _NOTES.format(note=expand("skos:note")), {"dataset": NamedNode(site.manifest.dataset)}
    )
    noted = [note for row in rows if isinstance(note := row["note"], Literal)]
    return {
        lang: Credit(
            told(names["creator"], lang),
            told(names["publisher"], lang),
            " ".join(note.value for note in noted if note.language in (lang, None)),
        )
        for lang in LANGUAGES
    }
