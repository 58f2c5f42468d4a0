"""Check queries: ``queries/hygiene/<name>.rq`` finds one defect each, and every row is a finding.

A check is a named query without parameters whose header also has ``severity`` and ``message``. It must
project ``?focus``; ``?path`` and ``?value`` go into the finding, and ``{?name}`` in the message stands for
that column, as in SHACL (§5.3.2). The rule is ``gbvsh:Hygiene<Name>``. ``repeats`` in the header names the
rules (in ``gbvsh:``) that tell the same fault: where one of them did, the check adds nothing. This module
refuses to decide what a finding stops.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from pyoxigraph import NamedNode, Store

from gbvkg.errors import ProjectError
from gbvkg.findings import Finding, Severity, Stage, check_rule
from gbvkg.project import Project
from gbvkg.queries.catalogue import Query, read_query
from gbvkg.queries.header import read_header
from gbvkg.queries.result import Cell, lexical
from gbvkg.sources.statement import Place
from gbvkg.vocabulary import expand, shrink

PlaceOf = Callable[[NamedNode], Place | None]

_HOLE = re.compile(r"\{\?(\w+)\}")


@dataclass(frozen=True)
class Check:
    """One check query with the words and the weight of its findings."""

    query: Query
    severity: Severity
    message: dict[str, str]

    @property
    def rule(self) -> str:
        """Its IRI, after the file name: ``blank-node.rq`` is ``gbvsh:HygieneBlankNode``."""
        return check_rule(self.query.name)

    @property
    def repeats(self) -> tuple[str, ...]:
        """The IRIs of the rules that tell the same fault."""
        return tuple(expand(f"gbvsh:{name}") for name in self.query.repeats)

    def findings(self, store: Store, place_of: PlaceOf | None = None) -> list[Finding]:
        """One finding per row over the union of all graphs of ``store``, in the order of the query."""
        result = self.query.run(store)
        rows = (dict(zip(result.variables, row, strict=True)) for row in result.rows)
        return [self._finding(row, place_of) for row in rows]

    def _finding(self, row: dict[str, Cell], place_of: PlaceOf | None) -> Finding:
        focus, value = row["focus"], row.get("value")
        place = place_of(focus) if place_of and isinstance(focus, NamedNode) else None
        words = {
            lang: _HOLE.sub(lambda hole: _shown(row.get(hole[1])), text)
            for lang, text in self.message.items()
        }
        return Finding(
            self.severity, self.rule, Stage.PLAN, words, lexical(focus), lexical(row.get("path")),
            str(value) if value is not None else "", place,
        )  # fmt: skip


def _shown(cell: Cell) -> str:
    return shrink(cell.value).strip("<>") if isinstance(cell, NamedNode) else lexical(cell)


def read_checks(project: Project) -> list[Check]:
    """The checks of a project by name. Raises ProjectError for a file that is not a whole check."""
    paths = sorted((project.folder("queries") / "hygiene").glob("*.rq"))
    return [_check(read_query(path, project.base)) for path in paths]


def _check(query: Query) -> Check:
    holes = {hole for text in query.message.values() for hole in _HOLE.findall(text)}
    if not query.severity or not query.message or "focus" not in query.variables or query.parameters:
        nl = "een controle heeft severity, message en een kolom ?focus, en geen parameters"
        en = "a check has severity, message and a column ?focus, and no parameters"
        raise ProjectError(f"{query.path}:1: {nl}.", f"{query.path}:1: {en}.")
    for hole in sorted(holes - set(query.variables)):
        place = f"{query.path}:{read_header(query.path, query.text).line('message')}"
        raise ProjectError(f"{place}: geen kolom ?{hole}.", f"{place}: no column ?{hole}.")
    return Check(query, Severity[query.severity.upper()], query.message)


def hygiene(
    project: Project, store: Store, place_of: PlaceOf | None = None, checks: Iterable[Check] | None = None
) -> list[Finding]:
    """All findings of all ``checks`` (the project's own when None) on ``store``, sorted; ``place_of`` tells
    where a thing was written.

    Raises ProjectError for a check file that breaks the rules.
    """
    checks = read_checks(project) if checks is None else checks
    found = [finding for check in checks for finding in check.findings(store, place_of)]
    return sorted(found, key=Finding.sort_key)
