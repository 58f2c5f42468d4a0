"""What things are called, read from the published triples themselves: never from code.

This module refuses to invent a label: a thing without one is called by the end of its IRI.
"""

from __future__ import annotations

from collections.abc import Iterable

from pyoxigraph import Literal, Quad

from gbvkg.release.order import Row
from gbvkg.vocabulary import LANGUAGES, expand, shrink

LABEL_PROPERTIES = tuple(map(expand, ("skos:prefLabel", "rdfs:label", "dct:title", "foaf:name")))
"""Properties that name a thing, the first that is there wins."""


class Labels:
    """Labels per IRI and language, from the triples given."""

    def __init__(self, quads: Iterable[Quad | Row]) -> None:
        self._texts: dict[str, dict[str, tuple[int, str]]] = {}
        for subject, predicate, value, _ in quads:
            if predicate.value in LABEL_PROPERTIES and isinstance(value, Literal):
                rank = (LABEL_PROPERTIES.index(predicate.value), value.value)
                languages = self._texts.setdefault(subject.value, {})
                languages[value.language or ""] = min(rank, languages.get(value.language or "", rank))

    def or_else(self, other: Labels) -> Labels:
        """These labels, and those of ``other`` for what has none here."""
        both = Labels(())
        both._texts = {**other._texts, **self._texts}
        return both

    def get(self, iri: str, lang: str) -> str:
        """The label in ``lang``, or in another language, or ""."""
        texts = self._texts.get(iri, {})
        return next((texts[tag][1] for tag in (lang, "", *LANGUAGES) if tag in texts), "")

    def both(self, iri: str) -> dict[str, str]:
        """Dutch and English, leaving out a language that has no text of its own."""
        texts = self._texts.get(iri, {})
        return {lang: texts[lang][1] for lang in LANGUAGES if lang in texts}


def reference(iri: str) -> str:
    """The end of an IRI as one would say it: after ``id/<kind>/``, else the prefixed name, else the IRI."""
    _, found, rest = iri.partition("/id/")
    if found and "/" in rest:
        return rest.partition("/")[2]
    return shrink(iri).strip("<>")
