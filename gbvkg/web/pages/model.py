"""What the template of a page about a thing gets: text and addresses, nothing that it must look up.

This module refuses to know where any of it comes from.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from gbvkg.web.charts import Chart
from gbvkg.web.pages.values import Value
from gbvkg.web.pages.views import ClassView

FEW = 2
"""How many parts that are over stand among those that are not."""


@dataclass
class Fact:
    """A property with its values; ``nodes`` are values that belong to the thing and are shown whole."""

    label: str
    href: str
    values: list[Value]
    quote: bool = False
    nodes: list[Node] = field(default_factory=list)
    table: Table | None = None
    is_folded: bool = False

    @property
    def says_itself(self) -> bool:
        """Whether its only part is called as the property is, so that one of the two is enough."""
        return len(self.nodes) == 1 and self.nodes[0].label.text.casefold() == self.label.casefold()

    @property
    def parts(self) -> list[tuple[bool, list[Node]]]:
        """The nodes, and whether they are folded away: what is over, when there is much of it."""
        over = [node for node in self.nodes if node.when == "past"]
        if len(over) <= FEW:
            return [(False, self.nodes)]
        return [(False, [node for node in self.nodes if node.when != "past"]), (True, over)]


class Facts:
    """Facts in two parts, as a page shows them: values in a list, then what is shown whole."""

    facts: list[Fact]

    @property
    def plain(self) -> list[Fact]:
        return [fact for fact in self.facts if fact.values]

    @property
    def nested(self) -> list[Fact]:
        return [fact for fact in self.facts if fact.nodes or fact.table]


@dataclass
class Node(Facts):
    """A thing that belongs to another, with what is said of it. ``when`` is "current", "past" or ""."""

    iri: str
    label: Value
    facts: list[Fact]
    when: str = ""


@dataclass
class Table:
    """``heads`` and rows of cells; a cell has any number of values. ``numeric`` columns line up right."""

    heads: list[str]
    rows: list[list[list[Value]]]
    numeric: list[bool]


@dataclass
class Branch:
    """A node of a tree with what is under it."""

    mark: str
    value: Value
    text: str = ""
    children: list[Branch] = field(default_factory=list)
    is_folded: bool = False


@dataclass
class Part(Facts):
    """A section of the page. ``cut`` is how many rows there are when there may be more."""

    name: str
    title: str
    empty: str = ""
    intro: str = ""
    notes: list[str] = field(default_factory=list)
    facts: list[Fact] = field(default_factory=list)
    table: Table | None = None
    tree: list[Branch] = field(default_factory=list)
    chart: Chart | None = None
    is_folded: bool = False
    cut: int = 0

    def __bool__(self) -> bool:
        return bool(self.facts or self.table or self.tree or self.chart or self.empty)


@dataclass
class Group:
    """What points at the thing by one property: how many, and the first of them."""

    name: str
    title: str
    count: int
    values: list[Value]


@dataclass
class Thing:
    """The whole page but its frame. ``lead`` is a text with its language; a page that ``is_cut`` has a part
    of what is said of the thing.
    """

    iri: str
    label: str
    label_lang: str
    kinds: list[Value]
    kicker: str
    lead: list[Value]
    parts: list[Part]
    sources: list[Value]
    incoming: list[Group]
    view: ClassView | None
    types: tuple[str, ...]
    is_cut: bool = False
