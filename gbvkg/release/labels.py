"""What things are called, read from the published triples themselves: never from code.

A term of somebody else's vocabulary, about which nobody publishes a label here, is called as the shapes call
the field or the class.

This module refuses to invent a label: a thing without one is called by the end of its IRI.
"""

from __future__ import annotations

from collections.abc import Iterable

from pyoxigraph import Literal, Quad

from gbvkg.release.fields import Fields
from gbvkg.release.order import Row
from gbvkg.vocabulary import LANGUAGES, expand, shrink

LABEL_PROPERTIES = tuple(map(expand, ("skos:prefLabel", "rdfs:label", "dct:title", "foaf:name")))
"""Properties that name a thing, the first that is there wins."""


class Labels:
    """Labels per IRI and language, from the triples given, and from ``fields`` what these leave unnamed."""

    def __init__(self, quads: Iterable[Quad | Row], fields: Fields | None = None) -> None:
        self._fields = fields or Fields()
        self._texts: dict[str, dict[str, tuple[int, str]]] = {}
        for subject, predicate, value, _ in quads:
            if predicate.value in LABEL_PROPERTIES and isinstance(value, Literal):
                rank = (LABEL_PROPERTIES.index(predicate.value), value.value)
                languages = self._texts.setdefault(subject.value, {})
                languages[value.language or ""] = min(rank, languages.get(value.language or "", rank))

    def or_else(self, other: Labels) -> Labels:
        """These labels, and those of ``other`` for what has none here."""
        both = Labels((), self._fields.or_else(other._fields))
        both._texts = {**other._texts, **self._texts}
        return both

    def get(self, iri: str, lang: str, cls: str = "") -> str:
        """The label in ``lang``, or in another language, or "". Of a property: as it is with things of
        ``cls``.
        """
        texts = self._said(iri, cls)
        return next((texts[tag] for tag in (lang, "", *LANGUAGES) if tag in texts), "")

    def both(self, iri: str, cls: str = "") -> dict[str, str]:
        """Dutch and English, leaving out a language that has no text of its own."""
        texts = self._said(iri, cls)
        return {lang: texts[lang] for lang in LANGUAGES if lang in texts}

    def _said(self, iri: str, cls: str) -> dict[str, str]:
        said = {lang: text for lang, (_, text) in self._texts.get(iri, {}).items()}
        return said if "" in said else {**self._fields.called(iri, cls), **said}


def reference(iri: str) -> str:
    """The end of an IRI as one would say it: after ``id/<kind>/``, else the prefixed name, else the IRI."""
    _, found, rest = iri.partition("/id/")
    if found and "/" in rest:
        return rest.partition("/")[2]
    return shrink(iri).strip("<>")
