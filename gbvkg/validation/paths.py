"""SHACL property paths (SHACL §2.3.1): read from a shapes graph, written as text, evaluated on tables,
turned round.

A path is a nested tuple: ("iri", NamedNode), ("inverse", p), ("sequence", p, …), ("alternative", p, …),
("star", p), ("plus", p), ("optional", p); EMPTY is the path of no steps. This module refuses ill-formed
paths (SHACL §2.3.1) with a ProjectError.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from pyoxigraph import NamedNode

from gbvkg.errors import ProjectError
from gbvkg.validation.tables import RDF, Tables, Term, Values

SH = "http://www.w3.org/ns/shacl#"
Path = tuple[Any, ...]
Step = Callable[[Term], Values]

EMPTY: Path = ("sequence",)
_REPEATS = {"zeroOrMorePath": "star", "oneOrMorePath": "plus", "zeroOrOnePath": "optional"}
_SIGNS = {"star": "*", "plus": "+", "optional": "?"}
_FIRST = NamedNode(RDF + "first")


def parse(shapes: Tables, node: Term, within: tuple[Term, ...] = ()) -> Path:
    """The path whose description starts at ``node`` of the shapes graph.

    Raises ProjectError for a literal, an empty or one-member list, a cycle, or a node with none or several
    path properties (SHACL §2.3.1.1 to §2.3.1.7).
    """
    if isinstance(node, NamedNode):
        return ("iri", node)
    if node in within:
        raise _bad_path("a path contains itself", "een pad bevat zichzelf")
    inside = (*within, node)
    if node in shapes.forward(_FIRST):
        return ("sequence", *_members(shapes, node, inside))
    found = [
        (name, next(iter(values)))
        for name in ("inversePath", "alternativePath", *_REPEATS)
        if (values := shapes.forward(NamedNode(SH + name)).get(node, ()))
    ]
    if len(found) != 1:
        raise _bad_path(f"node {node} describes no path", f"knoop {node} beschrijft geen pad")
    name, value = found[0]
    if name == "alternativePath":
        return ("alternative", *_members(shapes, value, inside))
    return (_REPEATS.get(name, "inverse"), parse(shapes, value, inside))


def _members(shapes: Tables, head: Term, within: tuple[Term, ...]) -> list[Path]:
    members = [parse(shapes, item, within) for item in shapes.list_items(head)]
    if len(members) < 2:
        raise _bad_path("a list of paths needs two members", "een lijst van paden heeft twee leden nodig")
    return members


def _bad_path(en: str, nl: str) -> ProjectError:
    return ProjectError(
        f"Een shape heeft een ongeldig sh:path: {nl}.", f"A shape has an ill-formed sh:path: {en}."
    )


def text(path: Path) -> str:
    """The path in SPARQL syntax (SPARQL 1.1 §9.1), every IRI written in full."""
    kind, *rest = path
    if kind == "iri":
        return str(rest[0])
    if kind == "inverse":
        return "^" + _operand(rest[0])
    if kind in _SIGNS:
        return _operand(rest[0]) + _SIGNS[kind]
    return ("/" if kind == "sequence" else "|").join(_operand(part) for part in rest)


def _operand(path: Path) -> str:
    return text(path) if path[0] == "iri" else f"({text(path)})"


def name(path: Path | None) -> str:
    """How a finding names the path: the bare IRI of a predicate, else the SPARQL text; "" for none."""
    if path is None:
        return ""
    return path[1].value if path[0] == "iri" else text(path)


def predicates(path: Path) -> Iterator[NamedNode]:
    """Every predicate that the path mentions."""
    kind, *rest = path
    if kind == "iri":
        yield rest[0]
    else:
        for part in rest:
            yield from predicates(part)


def invert(path: Path) -> Path:
    """The path that leads back: y is in path(x) exactly when x is in invert(path)(y)."""
    kind, *rest = path
    if kind == "iri":
        return ("inverse", path)
    if kind == "inverse":
        return rest[0]  # type: ignore[no-any-return]
    if kind == "sequence":
        return ("sequence", *(invert(part) for part in reversed(rest)))
    return (kind, *(invert(part) for part in rest))


def join(one: Path, other: Path) -> Path:
    """First ``one``, then ``other``."""
    head = one[1:] if one[0] == "sequence" else (one,)
    tail = other[1:] if other[0] == "sequence" else (other,)
    parts = (*head, *tail)
    return parts[0] if len(parts) == 1 else ("sequence", *parts)


class Edge(NamedTuple):
    """One place where evaluating a path may use a triple of ``predicate``: from the start, ``before`` leads
    to the triple's subject (to its object when ``backward``) and ``after`` leads on from its other end.
    """

    before: Path
    predicate: NamedNode
    backward: bool
    after: Path


def edges(path: Path) -> list[Edge]:
    """Every place where a triple can take part in the path."""
    kind, *rest = path
    if kind == "iri":
        return [Edge(EMPTY, rest[0], False, EMPTY)]
    if kind == "inverse":
        return [
            Edge(invert(edge.after), edge.predicate, not edge.backward, invert(edge.before))
            for edge in edges(rest[0])
        ]
    if kind == "alternative":
        return [edge for part in rest for edge in edges(part)]
    if kind == "sequence":
        return [
            edge._replace(
                before=join(("sequence", *rest[:i]), edge.before), after=join(edge.after, _tail(rest, i))
            )
            for i, part in enumerate(rest)
            for edge in edges(part)
        ]
    around = EMPTY if kind == "optional" else ("star", rest[0])
    return [
        edge._replace(before=join(around, edge.before), after=join(edge.after, around))
        for edge in edges(rest[0])
    ]


def _tail(parts: list[Path], index: int) -> Path:
    return ("sequence", *parts[index + 1 :])


def bind(path: Path, tables: Tables) -> Step:
    """A function from a node to its value nodes (each once) on ``tables``."""
    kind, *rest = path
    if kind == "iri":
        table = tables.forward(rest[0])
        return lambda node: table.get(node, ())
    if kind == "inverse" and rest[0][0] == "iri":
        back = tables.backward(rest[0][1])
        return lambda node: back.get(node, ())
    if kind == "inverse":
        return bind(invert(rest[0]), tables)
    steps = [bind(part, tables) for part in rest]
    if kind == "sequence":
        return lambda node: _follow(node, steps)
    if kind == "alternative":
        return lambda node: dict.fromkeys(value for step in steps for value in step(node))
    if kind == "optional":
        return lambda node: dict.fromkeys((node, *steps[0](node)))
    return lambda node: _closure(node, steps[0], kind == "star")


def _follow(node: Term, steps: list[Step]) -> Values:
    nodes: Values = (node,)
    for step in steps:
        nodes = dict.fromkeys(value for node in nodes for value in step(node))
    return nodes


def _closure(start: Term, step: Step, reflexive: bool) -> Values:
    found: dict[Term, None] = {start: None} if reflexive else {}
    todo = [start]
    while todo:
        for node in step(todo.pop()):
            if node not in found:
                found[node] = None
                todo.append(node)
    return found
