"""The words in which people name a key: the labels of the ontology's properties, and ``ontology/words.yaml``
for properties of other vocabularies.

Only a wrong key asks for them, so a run without one reads neither file. This module refuses to stop a run: a
file that is absent or cannot be read gives no words, because reading the ontology itself reports that.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import yaml
from pyoxigraph import Literal, RdfFormat, parse

from gbvkg.sources.context import Context

FILES = ("gbv.ttl", "words.yaml")
"""In the ontology folder: everything that decides which words there are."""

_LABEL = "http://www.w3.org/2000/01/rdf-schema#label"


def words_of(folder: Path, context: Context) -> dict[str, str]:
    """Each word or label, in small letters, and the key that it stands for; the table goes before labels."""
    keys = {term.iri: term.name for term in context.properties.values() if not term.reverse}
    labels = {word: keys[iri] for word, iri in _labels(folder / FILES[0]) if iri in keys}
    table = {word: key for word, key in _table(folder / FILES[1]) if key in context.properties}
    return {**labels, **table}


@lru_cache(maxsize=8)
def _labels(path: Path) -> tuple[tuple[str, str], ...]:
    try:
        quads = list(parse(path.read_bytes(), format=RdfFormat.TURTLE))
    except (OSError, SyntaxError):
        return ()
    return tuple(
        (quad.object.value.casefold(), quad.subject.value)
        for quad in quads
        if quad.predicate.value == _LABEL and isinstance(quad.object, Literal)
    )


@lru_cache(maxsize=8)
def _table(path: Path) -> tuple[tuple[str, str], ...]:
    try:
        rows = yaml.safe_load(path.read_text("utf-8"))
    except (OSError, ValueError, yaml.YAMLError):
        return ()
    rows = rows if isinstance(rows, dict) else {}
    return tuple(
        (str(word).casefold(), str(key))
        for key, words in rows.items()
        for word in (words if isinstance(words, list) else [])
    )
