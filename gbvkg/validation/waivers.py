"""Waivers: known exceptions that are published, have an author and a reason, and end.

A waiver (``gbv:Waiver``) names rules and things; a finding of one of those rules about one of those things
is let through. This module refuses to waive what reading found (a file that cannot be read cannot be
waived), and to count a waiver whose last day is before the reference date, or cannot be compared with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from pyoxigraph import Literal, NamedNode

from gbvkg.findings import Finding, Severity, Stage
from gbvkg.sources.statement import Object, Place, Subject
from gbvkg.validation.literals import compare
from gbvkg.validation.tables import RDF_TYPE, Tables, Term
from gbvkg.vocabulary import expand

EXPIRED = expand("gbvsh:WaiverExpired")
UNUSED = expand("gbvsh:WaiverUnused")


class Places(Protocol):
    """Who knows where statements were written."""

    def place(
        self, subject: Subject, predicate: NamedNode | None = None, object: Object | None = None
    ) -> Place | None: ...


@dataclass(frozen=True, slots=True)
class Waiver:
    """``until`` is the last day on which it counts, None when it does not end. ``rules`` and ``things`` are
    IRIs.
    """

    iri: str
    rules: frozenset[str]
    things: frozenset[str]
    until: Literal | None
    is_expired: bool

    def covers(self, finding: Finding) -> bool:
        return (
            finding.stage in (Stage.RECORD, Stage.PLAN)
            and not self.is_expired
            and finding.rule in self.rules
            and finding.focus in self.things
        )


def reference_date(tables: Tables) -> Literal | None:
    """The data set's date (dct:issued of the dcat:Dataset): the only "today" of a verdict. The latest when
    several.
    """
    datasets = tables.backward(RDF_TYPE).get(NamedNode(expand("dcat:Dataset")), ())
    issued = tables.forward(NamedNode(expand("dct:issued")))
    dates = [date for node in datasets for date in issued.get(node, ()) if isinstance(date, Literal)]
    return max(dates, key=lambda date: date.value, default=None)


def read(tables: Tables) -> list[Waiver]:
    """The waivers of the data, sorted by IRI."""
    nodes = tables.backward(RDF_TYPE).get(NamedNode(expand("gbv:Waiver")), ())
    today = reference_date(tables)
    return [_waiver(tables, node, today) for node in sorted(nodes, key=str) if isinstance(node, NamedNode)]


def _waiver(tables: Tables, node: NamedNode, today: Literal | None) -> Waiver:
    dates = [date for date in _values(tables, node, "gbv:waivedUntil") if isinstance(date, Literal)]
    until = min(dates, key=lambda date: date.value, default=None)
    return Waiver(
        node.value,
        frozenset(
            rule.value for rule in _values(tables, node, "gbv:waivesRule") if isinstance(rule, NamedNode)
        ),
        frozenset(
            thing.value for thing in _values(tables, node, "gbv:waivesFor") if isinstance(thing, NamedNode)
        ),
        until,
        until is not None and compare(until, today) not in (0, 1),
    )


def _values(tables: Tables, node: NamedNode, curie: str) -> Iterable[Term]:
    return tables.forward(NamedNode(expand(curie))).get(node, ())


def apply(findings: Iterable[Finding], waivers: Sequence[Waiver]) -> list[Finding]:
    """The findings, each with the IRI of the first waiver that covers it."""
    return [_waived(finding, waivers) for finding in findings]


def _waived(finding: Finding, waivers: Sequence[Waiver]) -> Finding:
    covering = next((waiver for waiver in waivers if waiver.covers(finding)), None)
    return finding if covering is None else replace(finding, waiver=covering.iri)


def about(waivers: Sequence[Waiver], findings: Iterable[Finding], places: Places) -> list[Finding]:
    """A warning for every expired waiver and an info for every valid one that covers nothing."""
    used = {finding.waiver for finding in findings}
    return [
        _remark(waiver, EXPIRED if waiver.is_expired else UNUSED, places)
        for waiver in waivers
        if waiver.is_expired or waiver.iri not in used
    ]


def _remark(waiver: Waiver, rule: str, places: Places) -> Finding:
    until = NamedNode(expand("gbv:waivedUntil"))
    if rule == EXPIRED:
        day = waiver.until.value if waiver.until else ""
        message = {
            "nl": f"Deze ontheffing gold tot en met {day} en telt niet meer: verleng ze of los het op.",
            "en": f"This waiver was valid up to {day} and no longer counts: extend or resolve it.",
        }
        node = NamedNode(waiver.iri)
        place = places.place(node, until, waiver.until)
        return Finding(
            Severity.WARNING, rule, Stage.PLAN, message, waiver.iri, until.value, str(waiver.until), place
        )
    message = {
        "nl": "Deze ontheffing slaat op geen bevinding: verwijder ze of controleer regel en dingen.",
        "en": "This waiver covers no finding: remove it, or check its rule and its things.",
    }
    place = places.place(NamedNode(waiver.iri))
    return Finding(Severity.INFO, rule, Stage.PLAN, message, waiver.iri, place=place)
