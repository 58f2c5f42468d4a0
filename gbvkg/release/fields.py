"""What the shapes say about the fields of a class: what they are called and in which order they come.

The shapes are where forms and messages take the name of a field from (``sh:name``), and they name terms of
other people's vocabularies too, about which our ontology says nothing. So a table or a difference can call a
field as the form does. This module refuses to judge shapes, and to name a complex path: that is no field.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pyoxigraph import Literal, NamedNode, RdfFormat, parse

from gbvkg.vocabulary import expand

Key = tuple[str, str]
"""A class and a property; the class is "" for the property wherever it is."""
Texts = Mapping[str, str]
"""Language → text."""

_Facts = dict[str, list[NamedNode | Literal]]
_LAST = float("inf")


@dataclass(frozen=True)
class Fields:
    """``order`` is ``sh:order``. ``names`` are those of fields, ``classes`` those of classes."""

    order: Mapping[Key, float] = field(default_factory=dict)
    names: Mapping[Key, Texts] = field(default_factory=dict)
    classes: Mapping[str, Texts] = field(default_factory=dict)

    def called(self, iri: str, cls: str = "") -> Texts:
        """What the property ``iri`` is called with things of ``cls``, else anywhere; or the class ``iri``."""
        return self.names.get((cls, iri)) or self.names.get(("", iri)) or self.classes.get(iri, {})

    def or_else(self, other: Fields) -> Fields:
        """These, and those of ``other`` for what is not here."""
        return Fields(
            {**other.order, **self.order},
            {**other.names, **self.names},
            {**other.classes, **self.classes},
        )


def read_fields(folder: Path) -> Fields:
    """The fields of all shapes in ``folder``; none when it is not there.

    A field that several property shapes are about has the name of the shape that aims at the fewest classes,
    then of the first by ``sh:order``, then the shortest: a demand on a field is named after it. Outside any
    class a property has a name when it is the same everywhere. Raises SyntaxError for what is not Turtle.
    """
    about = _read(folder)
    order: dict[Key, float] = {}
    named: dict[Key, list[tuple[tuple[object, ...], Texts]]] = {}
    for targets, path, shape in _members(about):
        place, texts = _order(shape), _texts(shape, "sh:name")
        rank = (len(targets), place, len("".join(texts.values())), *sorted(texts.values()))
        for cls in targets:
            if place < _LAST:
                order[cls, path] = min(place, order.get((cls, path), _LAST))
            if texts:
                named.setdefault((cls, path), []).append((rank, texts))
    names = {key: min(found, key=lambda row: row[0])[1] for key, found in named.items()}
    return Fields(order, {**names, **_same_everywhere(names)}, _class_names(about))


def _same_everywhere(names: Mapping[Key, Texts]) -> dict[Key, Texts]:
    found: dict[str, list[Texts]] = {}
    for (_, path), texts in names.items():
        found.setdefault(path, []).append(texts)
    return {("", path): said[0] for path, said in found.items() if all(texts == said[0] for texts in said)}


def _members(about: Mapping[str, _Facts]) -> Iterator[tuple[list[str], str, _Facts]]:
    """The classes that a node shape aims at, the property of one of its property shapes, and that shape."""
    for shape in about.values():
        targets = sorted(cls.value for cls in shape.get(expand("sh:targetClass"), []))
        for member in shape.get(expand("sh:property"), []) if targets else []:
            facts = about.get(str(member), {})
            for path in facts.get(expand("sh:path"), [])[:1]:
                if isinstance(path, NamedNode):
                    yield targets, path.value, facts


def _class_names(about: Mapping[str, _Facts]) -> dict[str, Texts]:
    """A shape for one class alone is called after it; the one with most fields where there are more."""
    found: dict[str, Texts] = {}
    for _, shape in sorted(
        about.items(), key=lambda row: (-len(row[1].get(expand("sh:property"), [])), row[0])
    ):
        targets = shape.get(expand("sh:targetClass"), [])
        if len(targets) == 1 and (texts := _texts(shape, "rdfs:label")):
            found.setdefault(targets[0].value, texts)
    return found


def _order(shape: _Facts) -> float:
    return min((float(value.value) for value in shape.get(expand("sh:order"), [])), default=_LAST)


def _texts(shape: _Facts, term: str) -> dict[str, str]:
    found: Iterable[NamedNode | Literal] = shape.get(expand(term), [])
    return {text.language: text.value for text in found if isinstance(text, Literal) and text.language}


def _read(folder: Path) -> dict[str, _Facts]:
    about: dict[str, _Facts] = {}
    for path in sorted(folder.rglob("*.ttl")):
        for quad in parse(path=str(path), format=RdfFormat.TURTLE, rename_blank_nodes=True):
            about.setdefault(str(quad.subject), {}).setdefault(quad.predicate.value, []).append(quad.object)
    return about
