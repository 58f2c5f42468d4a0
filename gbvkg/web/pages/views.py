"""``views.toml`` read: which properties and which questions a page of a class shows, in which order.

What no view names is shown all the same, under the label that the ontology gives it: a view arranges, it
never leaves out. This module refuses a name that is not ``prefix:local`` of the one prefix table.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache, cached_property, lru_cache
from pathlib import Path
from typing import Any

from pyoxigraph import NamedNode

from gbvkg.vocabulary import BASE, LANGUAGES, expand, prefixes

FILE = Path(__file__).parent.parent / "views.toml"

_CURIE = re.compile(r"(?<![\w<$?])([a-z][\w-]*):")


def query(text: str) -> str:
    """A query of the file, with a PREFIX for each prefix that it uses."""
    used = {name for name in _CURIE.findall(text) if name in prefixes()}
    heads = "".join(f"PREFIX {name}: <{prefixes()[name]}>\n" for name in sorted(used))
    return f"{heads}{text.strip()}\n"


@dataclass(frozen=True)
class Section:
    """A part of a page: some properties, or the answer to a question with ``$thing`` bound.

    ``kind`` is "facts", "table" (columns are the question's variables) or "tree" (``?node``, ``?parent``).
    ``empty`` is said when there is nothing; without it an empty section is left out. ``covers`` are the
    properties that its question shows, so that they are not shown again; of a thing without them neither it
    nor its notes are asked. ``notes`` stand above it. With a ``chart``, roles as in the header of a named
    query, the answer is drawn, from two rows on. A section that ``is_folded`` is opened by who wants it.
    """

    name: str
    title: dict[str, str]
    kind: str = "facts"
    properties: tuple[str, ...] = ()
    query: str = ""
    empty: dict[str, str] = field(default_factory=dict)
    intro: dict[str, str] = field(default_factory=dict)
    covers: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    chart: dict[str, str] = field(default_factory=dict)
    is_folded: bool = False


@dataclass(frozen=True)
class Sentence:
    """``text`` by language, with the variables of ``query`` between braces: said once for each row.

    In a list ``query`` has ``?thing``, its rows put the list in order (those that an earlier sentence is
    about first), and ``empty`` is said of the things that none has a row for. ``of`` is the variable that has
    the thing that a sentence is about, if it is about one: its name goes before, except beside that thing.
    ``group`` is a heading for the things that the rows are about, where a form offers them.
    """

    text: dict[str, str]
    query: str
    empty: dict[str, str] = field(default_factory=dict)
    of: str = ""
    group: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Facet:
    """``path`` is a SPARQL property path from a thing to the values that a list can be narrowed by."""

    name: str
    title: dict[str, str]
    path: str


@dataclass(frozen=True)
class ClassView:
    """What is special about the pages of one class.

    ``row`` are the columns when many are shown together, ``brief`` all that is shown of one inside another
    thing. Of a timed thing it is said whether it is in force. ``notes`` stand above a list of the class, and
    ``listed`` say something of each thing in it. A class with ``valued_by`` is no class of the ontology: of
    it is what is a value of one of these properties.
    """

    iri: str
    plural: dict[str, str] = field(default_factory=dict)
    about: dict[str, str] = field(default_factory=dict)
    sections: tuple[Section, ...] = ()
    row: tuple[str, ...] = ()
    brief: tuple[str, ...] = ()
    is_timed: bool = False
    schema: str = ""
    order: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    listed: tuple[Sentence, ...] = ()
    valued_by: tuple[str, ...] = ()


@dataclass(frozen=True)
class Views:
    """The whole file; every name in it is an IRI here."""

    labels: tuple[str, ...]
    named_by: tuple[str, str]
    unknown_property: str
    texts: tuple[str, ...]
    leads: tuple[str, ...]
    kickers: tuple[str, ...]
    sources: tuple[str, ...]
    owned: tuple[str, ...]
    owned_inverse: tuple[str, ...]
    hidden: frozenset[str]
    hidden_incoming: frozenset[str]
    unlisted: frozenset[str]
    minor: frozenset[str]
    quotes: frozenset[str]
    start: tuple[str, ...]
    end: tuple[str, ...]
    order: tuple[str, ...]
    last: tuple[str, ...]
    first_facet: str
    sort: tuple[str, ...]
    aside: tuple[str, ...]
    folded: tuple[str, ...]
    inherited: tuple[str, ...]
    unit_of: dict[str, str]
    beyond: dict[str, str]
    classes: dict[str, ClassView]
    incoming: dict[str, dict[str, str]]
    terms: dict[str, dict[str, str]]
    fact: dict[str, dict[str, str]]
    unknown: dict[str, dict[str, str]]
    columns: dict[str, dict[str, str]]
    facets: dict[str, Facet]
    notes: dict[str, Sentence]
    graphs: dict[str, dict[str, str]]
    graph_of: dict[str, str]
    home: dict[str, str]
    home_notes: tuple[str, ...]
    ways: tuple[dict[str, Any], ...]

    @cached_property
    def rank(self) -> dict[str, int]:
        """The place of each property that has one; the others stand between ``order`` and ``last``."""
        places = [*self.order, "", *self.last]
        return {iri: number for number, iri in enumerate(places)}

    def of(self, types: Iterable[str]) -> ClassView | None:
        """The view of the first class, in the order of the file, that is one of ``types``."""
        found = [iri for iri in types if iri in self.classes]
        return self.classes[min(found, key=self._place.__getitem__)] if found else None

    def pattern(self, iri: str) -> str:
        """The pattern of SPARQL that finds ``?thing`` of a class. Raises ValueError for what is no IRI."""
        view = self.classes.get(iri)
        paths = "|".join(f"<{name}>" for name in view.valued_by) if view else ""
        return f"?any {paths} ?thing ." if paths else f"?thing a {NamedNode(iri)} ."

    @cached_property
    def _place(self) -> dict[str, int]:
        return {iri: number for number, iri in enumerate(self.classes)}


@cache
def views() -> Views:
    """The views, read once. Raises KeyError for a prefix that the table has not."""
    read = tomllib.loads(FILE.read_text("utf-8"))
    general: dict[str, Any] = {
        name: _all(value) if isinstance(value, list) else value for name, value in read["general"].items()
    }
    general["unknown_property"] = expand(general["unknown_property"])
    return Views(
        **general | {name: frozenset(general[name]) for name in _SETS},
        classes={
            _named(name): _class(_named(name), table, _listed(read["class"], table))
            for name, table in read["class"].items()
        },
        incoming={expand(name): _both(table) for name, table in read["incoming"].items()},
        terms={_named(name): _both(table) for name, table in read["terms"].items()},
        unit_of={expand(name): expand(unit) for name, unit in read["unit_of"].items()},
        beyond={expand(name): expand(other) for name, other in read["beyond"].items()},
        fact={expand(name): _both(table) for name, table in read["fact"].items()},
        unknown={expand(name): _both(table) for name, table in read["unknown"].items()},
        columns={name: _both(table) for name, table in read["columns"].items()},
        facets={name: Facet(name, _both(table), table["path"]) for name, table in read["facet"].items()},
        notes={name: _sentence(table) for name, table in read["note"].items()},
        graphs={name: _both(table) for name, table in read["graph"].items()},
        graph_of=read["graph_of"],
        home={name: query(text) for name, text in read["home"].items() if name != "notes"},
        home_notes=tuple(read["home"]["notes"]),
        ways=tuple(read["way"]),
    )


@lru_cache(1024)
def sections_of(types: tuple[str, ...]) -> tuple[Section, ...]:
    """The sections of every class of a thing, in the order of the file."""
    return tuple(part for iri, view in views().classes.items() if iri in types for part in view.sections)


@lru_cache(1024)
def variables(text: str) -> tuple[str, ...]:
    """What a SELECT of ours selects, in its order."""
    head = text[text.index("SELECT") :].partition("WHERE")[0]
    return tuple(word[1:] for word in head.split() if word.startswith("?"))


@lru_cache(1024)
def limit(text: str) -> int:
    """How many rows a SELECT of ours has at most; 0 when it does not say."""
    found = re.search(r"\bLIMIT (\d+)\s*$", text)
    return int(found[1]) if found else 0


_SETS = ("hidden", "hidden_incoming", "unlisted", "minor", "quotes")


def _all(names: list[str]) -> Any:
    """IRIs; a name with ``^`` before it is the property as seen from its value."""
    return tuple("^" * name.startswith("^") + expand(name.removeprefix("^")) for name in names)


def _named(name: str) -> str:
    """The IRI of ``prefix:local``, or itself; a name without prefix is of a class that only a view knows."""
    if "://" in name:
        return name
    return expand(name) if ":" in name else f"{BASE}list/{name}"


def _both(table: dict[str, Any], suffix: str = "") -> dict[str, str]:
    return {lang: table[lang + suffix] for lang in LANGUAGES if lang + suffix in table}


def _class(iri: str, table: dict[str, Any], listed: list[dict[str, Any]]) -> ClassView:
    return ClassView(
        iri,
        plural=_both(table.get("plural", {})),
        about=_both(table.get("about", {})),
        sections=tuple(_section(part) for part in table.get("section", [])),
        row=_all(table.get("row", [])),
        brief=_all(table.get("brief", [])),
        is_timed=table.get("timed", False),
        schema=table.get("schema", ""),
        order=_all(table.get("order", [])),
        notes=tuple(table.get("notes", [])),
        listed=tuple(map(_sentence, listed)),
        valued_by=_all(table.get("valued_by", [])),
    )


def _listed(classes: dict[str, Any], table: dict[str, Any]) -> list[dict[str, Any]]:
    """What a list says of each thing: one table, several, or those of the class that is named."""
    found = table.get("listed", [])
    if isinstance(found, str):
        return _listed(classes, classes[found])
    return found if isinstance(found, list) else [found]


def _sentence(table: dict[str, Any]) -> Sentence:
    empty, group = (_both(table.get(name, {})) for name in ("empty", "group"))
    return Sentence(_both(table), query(table["query"]), empty, table.get("of", ""), group)


def _section(part: dict[str, Any]) -> Section:
    return Section(
        part["name"],
        _both(part),
        part.get("kind", "table" if "query" in part else "facts"),
        _all(part.get("properties", [])),
        query(part["query"]) if "query" in part else "",
        _both(part.get("empty", {})),
        _both(part.get("intro", {})),
        _all(part.get("covers", [])),
        tuple(part.get("notes", [])),
        part.get("chart", {}),
        part.get("folded", False),
    )
