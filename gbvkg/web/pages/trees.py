"""Rows of a node and its parent as a tree.

This module refuses to go round for ever: data may.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from gbvkg.web.pages.model import Branch
from gbvkg.web.pages.values import Value

if TYPE_CHECKING:
    from gbvkg.web.site import Bindings

MANY, FEW = 60, 3
"""In a tree of more than so many branches, what has more than so few leaves is folded."""


def tree(rows: Iterable[Bindings], link: Callable[[str], Value]) -> list[Branch]:
    """The branches at the top. A long tree is folded where there are many leaves."""
    branches: dict[str, Branch] = {}
    parents: dict[str, str] = {}
    for row in rows:
        iri = row["node"].value
        if iri not in branches:
            mark = row["mark"].value if "mark" in row else ""
            text = row["definition"].value if "definition" in row else ""
            value = link(iri)
            branches[iri] = Branch("" if _is_same(mark, value.text) else mark, value, text)
        if "parent" in row and iri not in parents:
            parents[iri] = row["parent"].value
    roots = []
    for iri in branches:
        parent = parents.get(iri, "")
        if parent in branches and not leads_to(parents, parent, iri):
            branches[parent].children.append(branches[iri])
        else:
            roots.append(branches[iri])
    if len(branches) > MANY:
        for branch in branches.values():
            branch.is_folded = len(branch.children) > FEW and not any(b.children for b in branch.children)
    return roots


def _is_same(mark: str, label: str) -> bool:
    """Whether a notation says nothing that the label does not say."""
    return mark.replace("-", " ").casefold() == label.replace("-", " ").casefold()


def leads_to(parents: dict[str, str], start: str, goal: str) -> bool:
    """Whether going up from ``start`` ends at ``goal``: a tree in the data may go round."""
    seen = set()
    while start and start not in seen:
        if start == goal:
            return True
        seen.add(start)
        start = parents.get(start, "")
    return False
