"""Who made and published the data, by name: asked once for each release, for citations.

This module refuses to name anybody that the release does not name of itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyoxigraph import NamedNode

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

Credits = dict[str, tuple[str, str]]
"""Language → the names of the makers and of the publishers of the data."""


async def credits(site: Site) -> Credits:
    """Who the release says made and published it, in each language. Raises as ``Site.rows``."""
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

    return {lang: (told(names["creator"], lang), told(names["publisher"], lang)) for lang in LANGUAGES}
