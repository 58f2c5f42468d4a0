"""pySHACL, the reference engine: the same results as the default engine, only slower.

It is the yardstick of the tests, the choice of ``--engine pyshacl``, and the judge of shapes that use a
feature outside the default engine's proven set. rdflib and pySHACL are imported when they are used, so that
the default path does not pay for them. This module refuses to pass over a failure of pySHACL: it becomes a
ProjectError.
"""

from __future__ import annotations

import logging
import re
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from pyoxigraph import BlankNode, Literal, NamedNode

from gbvkg.errors import ProjectError
from gbvkg.findings import Finding
from gbvkg.validation.constraints import Result
from gbvkg.validation.literals import XSD_STRING
from gbvkg.validation.paths import SH
from gbvkg.validation.shapes import SPARQL_COMPONENT, TARGETS, Constraint, Root, Shapes, sh
from gbvkg.validation.tables import RDF_TYPE, Tables, Term, Triple

_SHAPE_CLASSES = (sh("NodeShape"), sh("PropertyShape"))

if TYPE_CHECKING:
    import rdflib

    from gbvkg.graph import Dataset


def validate_with_pyshacl(dataset: Dataset, shapes: Shapes, reading: Iterable[Finding] = ()) -> list[Finding]:
    """The findings of ``dataset`` as pySHACL sees them, finished (severity, place, waivers, follow-on
    errors) like those of the default engine.

    Raises ProjectError when pySHACL refuses the shapes or fails.
    """
    from gbvkg.validation import conclude

    tables = Tables((s.subject, s.predicate, s.object) for s in dataset.statements)
    return conclude(run(shapes, tables), shapes, tables, dataset, reading).findings


def run(shapes: Shapes, tables: Tables, roots: Iterable[Root] | None = None) -> list[Result]:
    """pySHACL's results for all shapes, or for those of ``roots`` only, with SHACL-AF when one of them
    needs it.

    Raises ProjectError when pySHACL refuses the shapes or fails.
    """
    chosen = shapes.roots if roots is None else list(roots)
    others = {constraint.shape.node for constraint in shapes.constraints} - {
        root.shape.node for root in chosen
    }
    report = _report(
        _rdflib_graph(tables.triples()),
        _rdflib_graph(_without_targets(shapes.graph, others)),
        advanced=any(root.unproven for root in chosen),
    )
    return list(_results(report, shapes))


def _without_targets(graph: Tables, nodes: set[Term]) -> Iterator[Triple]:
    """The shapes graph in which ``nodes`` have no focus nodes of their own, but can still be referred to.

    (pySHACL's option ``use_shapes`` also forgets the shapes that the chosen ones refer to.)
    """
    for subject, predicate, value in graph.triples():
        is_target = predicate in TARGETS or (predicate == RDF_TYPE and value not in _SHAPE_CLASSES)
        if subject not in nodes or not is_target:
            yield subject, predicate, value


def _report(data: rdflib.Graph, shapes: rdflib.Graph, **options: Any) -> rdflib.Graph:
    import rdflib

    with _quiet():
        import pyshacl

        try:
            _, report, text = pyshacl.validate(data, shacl_graph=shapes, inference="none", **options)
        except Exception as error:  # rdflib raises bare Exception, for example for an unknown prefix
            raise _failure(error) from None
    if not isinstance(report, rdflib.Graph):
        raise _failure(text)
    return report


def _failure(what: object) -> ProjectError:
    return ProjectError(
        f"pySHACL kan deze shapes niet toepassen: {what}", f"pySHACL cannot apply these shapes: {what}"
    )


@contextmanager
def _quiet() -> Iterator[None]:
    """rdflib and pySHACL log and warn about ill-typed literals that the findings tell in their own words."""
    loggers = [logging.getLogger(name) for name in ("rdflib.term", "pyshacl-validate", "pyshacl.shape")]
    before = [logger.disabled for logger in loggers]
    for logger in loggers:
        logger.disabled = True
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, disabled in zip(loggers, before, strict=True):
            logger.disabled = disabled


# Terms


def _rdflib_graph(triples: Iterable[Triple]) -> rdflib.Graph:
    """The triples as an rdflib graph; lexical forms and blank node identifiers stay as they are."""
    import rdflib

    with _quiet():
        graph = rdflib.Graph()
        known: dict[Term, Any] = {}
        for triple in triples:
            for term in triple:
                if term not in known:
                    known[term] = _to_rdflib(term, rdflib)
            subject, predicate, value = triple
            graph.add((known[subject], known[predicate], known[value]))
    return graph


def _to_rdflib(term: Term, rdflib: Any) -> Any:
    if isinstance(term, NamedNode):
        return rdflib.URIRef(term.value)
    if isinstance(term, BlankNode):
        return rdflib.BNode(term.value)
    if term.language:
        return rdflib.Literal(term.value, lang=term.language)
    datatype = None if term.datatype.value == XSD_STRING else rdflib.URIRef(term.datatype.value)
    return rdflib.Literal(term.value, datatype=datatype, normalize=False)


def _from_rdflib(term: Any) -> Term:
    import rdflib

    if isinstance(term, rdflib.Literal):
        if term.language:
            return Literal(str(term), language=term.language)
        return Literal(str(term), datatype=NamedNode(str(term.datatype or XSD_STRING)))
    return BlankNode(str(term)) if isinstance(term, rdflib.BNode) else NamedNode(str(term))


# Results


def _results(report: rdflib.Graph, shapes: Shapes) -> Iterator[Result]:
    import rdflib

    sh = rdflib.Namespace(SH)
    index = _by_source(shapes)
    for top in report.subjects(rdflib.RDF.type, sh.ValidationReport):
        for node in report.objects(top, sh.result):
            told = {p: o for p, o in report.predicate_objects(node) if p != sh.resultMessage}
            constraint = _constraint(told, sh, index)
            value, path = told.get(sh.value), told.get(sh.resultPath)
            messages = [str(text) for text in report.objects(node, sh.resultMessage)]
            yield Result(
                constraint,
                _from_rdflib(told[sh.focusNode]),
                None if value is None else _from_rdflib(value),
                NamedNode(str(path)) if isinstance(path, rdflib.URIRef) else None,
                tuple(sorted(_bindings(constraint, messages).items())),
            )


def _by_source(shapes: Shapes) -> dict[tuple[Term, str], Constraint]:
    """(source shape or SPARQL constraint, component) → constraint."""
    index: dict[tuple[Term, str], Constraint] = {}
    for constraint in reversed(shapes.constraints):
        is_sparql = constraint.component == SPARQL_COMPONENT
        index[(constraint.parameter if is_sparql else constraint.shape.node, constraint.component)] = (
            constraint
        )
    return index


def _constraint(told: dict[Any, Any], sh: Any, index: dict[tuple[Term, str], Constraint]) -> Constraint:
    component = str(told[sh.sourceConstraintComponent])
    source = told[sh.sourceConstraint] if component == SPARQL_COMPONENT else told[sh.sourceShape]
    found = index.get((_from_rdflib(source), component))
    if found is None:
        raise _failure(f"{component} at {source} is unknown")
    return found


def _bindings(constraint: Constraint, messages: list[str]) -> dict[str, Term]:
    """What the query bound, read back from the messages that pySHACL filled in."""
    if constraint.query is None:
        return {}
    bound: dict[str, Term] = {}
    for template in constraint.messages.values():
        names = re.findall(r"\{[?$](\w+)\}", template)
        parts = [re.escape(part) for part in re.split(r"\{[?$]\w+\}", template)]
        for message in messages:
            if match := re.fullmatch("(.*?)".join(parts), message, re.DOTALL):
                bound |= {name: _read_back(text) for name, text in zip(names, match.groups(), strict=True)}
    return bound


def _read_back(text: str) -> Term:
    try:
        return NamedNode(text)
    except ValueError:
        return Literal(text)
