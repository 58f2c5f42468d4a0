"""Waivers: known exceptions that are published, have an author and a reason, and end.

A waiver (``gbv:Waiver``) names rules and things; a finding of one of those rules about one of those things
is let through. This module refuses to waive what reading found (a file that cannot be read cannot be
waived) and what the shapes graph marks with ``gbvsh:waivable false``: the rule so marked, and every finding
about a focus node of a shape so marked (a waiver cannot waive what is asked of waivers). It refuses to
count a waiver that is incomplete, breaks a rule itself or is stated outside ``FILE``, and one whose last
day is before the reference date or cannot be compared with it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Protocol

from pyoxigraph import Literal, NamedNode

from gbvkg.findings import Finding, Severity, Stage
from gbvkg.sources.statement import Object, Place, Subject
from gbvkg.validation.constraints import focus_nodes
from gbvkg.validation.literals import compare
from gbvkg.validation.shapes import SHAPES, Shapes
from gbvkg.validation.tables import RDF_TYPE, Tables, Term
from gbvkg.vocabulary import LANGUAGES, expand

FILE = "data/waivers.yaml"
"""The one source of waivers: a waiver that another file speaks of does not count."""

EXPIRED = expand("gbvsh:WaiverExpired")
UNUSED = expand("gbvsh:WaiverUnused")
VOID = expand("gbvsh:WaiverVoid")


class Void(Enum):
    """Why a waiver covers nothing."""

    INCOMPLETE = "incomplete"
    ELSEWHERE = "elsewhere"
    WRONG = "wrong"


class Places(Protocol):
    """Who knows where statements were written."""

    def place(
        self, subject: Subject, predicate: NamedNode | None = None, object: Object | None = None
    ) -> Place | None: ...


@dataclass(frozen=True, slots=True)
class Waiver:
    """``until`` is the last day on which it counts. ``rules`` and ``things`` are the IRIs that it names and
    that can be waived.
    """

    iri: str
    rules: frozenset[str]
    things: frozenset[str]
    until: Literal | None
    is_expired: bool
    void: Void | None = None

    def covers(self, finding: Finding) -> bool:
        return (
            finding.stage in (Stage.RECORD, Stage.PLAN)
            and self.void is None
            and not self.is_expired
            and finding.rule in self.rules
            and finding.focus in self.things
        )


def reference_date(tables: Tables, base: str) -> Literal | None:
    """The project's date (dct:issued of the dcat:Dataset whose void:uriSpace is that of ``base``): the only
    "today" of a verdict. The latest of several that can be compared; None when there is none.
    """
    datasets = tables.backward(RDF_TYPE).get(NamedNode(expand("dcat:Dataset")), ())
    spaces = tables.forward(NamedNode(expand("void:uriSpace")))
    issued = tables.forward(NamedNode(expand("dct:issued")))
    own = [node for node in datasets if any(_text(space) == f"{base}id/" for space in spaces.get(node, ()))]
    dates = [date for node in own for date in issued.get(node, ()) if compare(date, date) == 0]
    latest = (date for date in dates if all(compare(date, other) in (0, 1) for other in dates))
    return next((date for date in latest if isinstance(date, Literal)), None)


def _text(term: Term) -> str:
    return term.value if isinstance(term, (Literal, NamedNode)) else ""


def nodes(tables: Tables) -> list[NamedNode]:
    """The things that are a waiver, sorted by IRI."""
    found = tables.backward(RDF_TYPE).get(NamedNode(expand("gbv:Waiver")), ())
    return sorted((node for node in found if isinstance(node, NamedNode)), key=str)


def read(
    tables: Tables, shapes: Shapes, today: Literal | None, elsewhere: Collection[str] = ()
) -> list[Waiver]:
    """The waivers of the data, sorted by IRI. ``elsewhere`` are the IRIs of those stated outside ``FILE``."""
    marked = _marked(shapes)
    rules = {_text(node) for node in marked}
    roots = (root for root in shapes.roots if root.shape.node in marked)
    things = {_text(focus) for root in roots for focus in focus_nodes(root.targets, tables)}
    return [
        _without(_waiver(tables, node, today, node.value in elsewhere), rules, things)
        for node in nodes(tables)
    ]


def _marked(shapes: Shapes) -> set[Term]:
    """The shapes and rules that the shapes graph says cannot be waived."""
    said = shapes.graph.forward(NamedNode(SHAPES + "waivable"))
    return {node for node, values in said.items() if any(_text(value) == "false" for value in values)}


def _without(waiver: Waiver, rules: Collection[str], things: Collection[str]) -> Waiver:
    return replace(waiver, rules=waiver.rules.difference(rules), things=waiver.things.difference(things))


def _waiver(tables: Tables, node: NamedNode, today: Literal | None, is_elsewhere: bool) -> Waiver:
    dates = [date for date in _values(tables, node, "gbv:waivedUntil") if isinstance(date, Literal)]
    until = min(dates, key=lambda date: date.value, default=None)
    void = Void.ELSEWHERE if is_elsewhere else None if _is_complete(tables, node) else Void.INCOMPLETE
    return Waiver(
        node.value,
        _named(tables, node, "gbv:waivesRule"),
        _named(tables, node, "gbv:waivesFor"),
        until,
        until is not None and any(compare(date, today) not in (0, 1) for date in dates),
        void,
    )


def _is_complete(tables: Tables, node: NamedNode) -> bool:
    """Whether it names rule, thing and last day, and says why, in each language, and who decided."""
    reasons = [text for text in _values(tables, node, "gbv:rationale") if _text(text).strip()]
    spoken = {text.language for text in reasons if isinstance(text, Literal)}
    return (
        all(
            _values(tables, node, needed) for needed in ("gbv:waivesRule", "gbv:waivesFor", "gbv:waivedUntil")
        )
        and any(_text(who).strip() for who in _values(tables, node, "gbv:decidedBy"))
        and spoken.issuperset(LANGUAGES)
    )


def _named(tables: Tables, node: NamedNode, curie: str) -> frozenset[str]:
    return frozenset(term.value for term in _values(tables, node, curie) if isinstance(term, NamedNode))


def _values(tables: Tables, node: NamedNode, curie: str) -> Collection[Term]:
    return tables.forward(NamedNode(expand(curie))).get(node, ())


def without_wrong(waivers: Iterable[Waiver], findings: Iterable[Finding]) -> list[Waiver]:
    """The waivers, void those about which there is a violation: their own shape says what is wrong."""
    wrong = {finding.focus for finding in findings if finding.severity is Severity.VIOLATION}
    return [
        replace(waiver, void=Void.WRONG)
        if waiver.void is not Void.ELSEWHERE and waiver.iri in wrong
        else waiver
        for waiver in waivers
    ]


def apply(findings: Iterable[Finding], waivers: Sequence[Waiver]) -> list[Finding]:
    """The findings, each with the IRI of the first waiver that covers it."""
    return [_waived(finding, waivers) for finding in findings]


def _waived(finding: Finding, waivers: Sequence[Waiver]) -> Finding:
    covering = next((waiver for waiver in waivers if waiver.covers(finding)), None)
    return finding if covering is None else replace(finding, waiver=covering.iri)


def about(waivers: Sequence[Waiver], findings: Iterable[Finding], places: Places) -> list[Finding]:
    """What there is to say about waivers that do not count (a violation, unless a shape already said it;
    a warning for expired ones), and an info for those that cover nothing.
    """
    used = {finding.waiver for finding in findings}
    told = (_remark(waiver, waiver.iri in used, places) for waiver in waivers)
    return [finding for finding in told if finding is not None]


def _remark(waiver: Waiver, is_used: bool, places: Places) -> Finding | None:
    if waiver.void:
        return _voided(waiver, places)
    if waiver.is_expired:
        return _expired(waiver, places)
    return None if is_used else _unused(waiver, places)


_WHY = {
    Void.INCOMPLETE: {
        "nl": "Deze ontheffing telt niet: noem regel, dingen en laatste dag, zeg in het Nederlands en het "
        "Engels waarom, en wie ze toestond.",
        "en": "This waiver does not count: name rule, things and last day, say why in Dutch and English, and "
        "who granted it.",
    },
    Void.ELSEWHERE: {
        "nl": f"Deze ontheffing telt niet: alleen {FILE} mag iets over ontheffingen zeggen.",
        "en": f"This waiver does not count: only {FILE} may say anything about waivers.",
    },
}


def _voided(waiver: Waiver, places: Places) -> Finding | None:
    if waiver.void not in _WHY:
        return None
    place = places.place(NamedNode(waiver.iri))
    message = dict(_WHY[waiver.void])
    return Finding(Severity.VIOLATION, VOID, Stage.PLAN, message, waiver.iri, place=place)


def _expired(waiver: Waiver, places: Places) -> Finding:
    day = waiver.until.value if waiver.until else ""
    message = {
        "nl": f"Deze ontheffing gold tot en met {day} en telt niet meer: verleng ze of los het op.",
        "en": f"This waiver was valid up to {day} and no longer counts: extend or resolve it.",
    }
    path = NamedNode(expand("gbv:waivedUntil"))
    place = places.place(NamedNode(waiver.iri), path, waiver.until)
    value = str(waiver.until)
    return Finding(Severity.WARNING, EXPIRED, Stage.PLAN, message, waiver.iri, path.value, value, place)


def _unused(waiver: Waiver, places: Places) -> Finding:
    message = {
        "nl": "Deze ontheffing slaat op geen bevinding die ze mag doorlaten: verwijder ze of controleer "
        "regel en dingen.",
        "en": "This waiver covers no finding that it may let through: remove it, or check its rule and its "
        "things.",
    }
    return Finding(
        Severity.INFO, UNUSED, Stage.PLAN, message, waiver.iri, place=places.place(NamedNode(waiver.iri))
    )
