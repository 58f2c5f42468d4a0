"""Hints for Oxigraph: inside EXISTS, start from the row at hand.

Oxigraph plans the pattern of an EXISTS as if nothing were bound, and so reads every matching triple again
for each row that EXISTS is asked about: measured, two triple patterns that share a variable take quadratic
time. Under LATERAL (SPARQL SEP-0006) every step looks up the triples of its row. The solutions stay the
same, because joining with one triple pattern, a left join with one basic graph pattern (whatever its FILTER
mentions), and a union of branches whose expressions use only their own variables do not depend on whether
they are evaluated per row or at once. This module refuses to touch anything else (BIND, sub-SELECTs, groups
inside groups): that is left as written, and only slower.
"""

from __future__ import annotations

from collections.abc import Iterator

from gbvkg.validation import paths
from gbvkg.validation.syntax import Block, Group, Pattern

Edit = tuple[int, int, str]
"""Start and end of a span of the query text, and what comes in its place."""


def hints(where: Group) -> tuple[list[Edit], list[Group]]:
    """The edits, and the groups that now start from a row (so that pre-bound variables are bound in them)."""
    edits: list[Edit] = []
    given: list[Group] = []
    for group in where.walk():
        if group.kind == "exists":
            edits += _chained(group, _bound_around(group))
            for groups in _rows(group):
                given += groups
                edits += [
                    (groups[0].opens, groups[0].opens, "LATERAL { "),
                    (groups[-1].end, groups[-1].end, " }"),
                ]
                for inner in groups:
                    edits += _chained(inner, _bound_around(inner))
    return edits, given


def _rows(group: Group) -> Iterator[list[Group]]:
    """The OPTIONALs and UNIONs directly in an EXISTS group that may start from the row at hand."""
    for child in group.children:
        if child.kind == "optional" and not (child.children or child.holds_select or child.binds):
            yield [child]
    for branches in group.unions:
        if all(not b.children and not b.holds_select and b.expressed <= b.matched for b in branches):
            yield branches


def _bound_around(group: Group) -> set[str]:
    """Variables that the rows at hand probably bind: a guess that only steers the order of the steps."""
    around, found = group.parent, set[str]()
    while around is not None:
        found |= around.matched
        around = around.parent
    return found | {"?this"}


def _chained(group: Group, bound: set[str]) -> Iterator[Edit]:
    """Every block of triples of the group as a chain of single steps."""
    for number, block in enumerate(group.blocks):
        steps = [step for pattern in block.patterns for step in _steps(pattern, f"?_{pattern.position}")]
        if "" not in {verb for _, verb, _ in steps}:
            (start, end), *rest = block.spans
            yield start, end, _chain(steps, bound, is_first=number == 0)
            yield from ((start, end, " ") for start, end in rest)
        bound = bound | _variables(block)


def _variables(block: Block) -> set[str]:
    return {end for pattern in block.patterns for end in (pattern.subject, pattern.object)}


Step = tuple[str, str, str]
"""Subject, verb and object in SPARQL text."""


def _steps(pattern: Pattern, fresh: str) -> list[Step]:
    """A sequence path as one step per member, with fresh variables between them."""
    if pattern.path is None:
        return [(pattern.subject, pattern.verb, pattern.object)]
    parts = pattern.path[1:] if pattern.path[0] == "sequence" else (pattern.path,)
    ends = [pattern.subject, *(f"{fresh}_{i}" for i in range(1, len(parts))), pattern.object]
    return [(ends[i], _verb(part), ends[i + 1]) for i, part in enumerate(parts)]


def _verb(path: paths.Path) -> str:
    return paths.text(path) if path[0] == "iri" else f"({paths.text(path)})"


def _chain(steps: list[Step], bound: set[str], is_first: bool) -> str:
    """The steps ordered so that each starts from what is bound when there is such an order."""
    known, todo, out = set(bound), list(steps), list[str]()
    while todo:
        step = min(todo, key=lambda step: (_unbound(step, known), not {step[0], step[2]} & known))
        todo.remove(step)
        known |= {step[0], step[2]}
        written = " ".join(step)
        out.append(f"{written} ." if is_first and not out else f"LATERAL {{ {written} }}")
    return " ".join(out) + " "


def _unbound(step: Step, known: set[str]) -> int:
    return sum(end.startswith("?") and end not in known for end in (step[0], step[2]))
