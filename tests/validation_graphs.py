"""What the validation tests share: graphs from Turtle, verdicts of both engines, and the case files."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pyoxigraph
from pyoxigraph import NamedNode, RdfFormat

from gbvkg.graph import Dataset
from gbvkg.project import Project
from gbvkg.sources.statement import Place, Statement
from gbvkg.validation import path_name, reference
from gbvkg.validation.constraints import Result
from gbvkg.validation.engine import Engine
from gbvkg.validation.memory import judge_all
from gbvkg.validation.shapes import Shapes, compile_graph
from gbvkg.validation.tables import Tables, Term

CASES = Path(__file__).parent / "cases"
EX = "https://example.org/"
NAMESPACES = """
@prefix ex: <https://example.org/> . @prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> . @prefix gbv: <https://w3id.org/gbvkg/ns#> .
@prefix gbvsh: <https://w3id.org/gbvkg/ns/shapes#> . @prefix dcat: <http://www.w3.org/ns/dcat#> .
@prefix dct: <http://purl.org/dc/terms/> . @prefix void: <http://rdfs.org/ns/void#> .
"""
PREFIXES = f"""{NAMESPACES}
ex: sh:declare [ sh:prefix "ex" ; sh:namespace "https://example.org/"^^xsd:anyURI ] ,
    [ sh:prefix "xsd" ; sh:namespace "http://www.w3.org/2001/XMLSchema#"^^xsd:anyURI ] .
"""

Key = tuple[str, str, str, str, str]


def turtle(text: str) -> Tables:
    """The graph of Turtle text; every blank node keeps the label that the parser gives it."""
    quads = pyoxigraph.parse(text, format=RdfFormat.TURTLE, base_iri=EX)
    return Tables((q.subject, q.predicate, q.object) for q in quads)


def graph(text: str) -> Tables:
    """``turtle`` with the prefixes of the tests."""
    return turtle(NAMESPACES + text)


def shapes(text: str) -> Shapes:
    """The shapes of Turtle text, in which queries may say ``sh:prefixes ex:``."""
    return compile_graph(turtle(PREFIXES + text))


def ours(used: Shapes, data: Tables) -> list[Result]:
    return list(judge_all(Engine(used, data)).results())


def theirs(used: Shapes, data: Tables) -> list[Result]:
    return reference.run(used, data)


def keys(results: Iterable[Result]) -> set[Key]:
    """What two engines must agree on: focus node, path, value, rule and severity."""
    return {
        (
            str(r.focus),
            path_name(r),
            "" if r.value is None else str(r.value),
            r.constraint.rule,
            r.constraint.severity,
        )
        for r in results
    }


def short(term: Term | str) -> str:
    return str(term).removeprefix(f"<{EX}").removeprefix(EX).removesuffix(">")


def dataset(text: str, file: str = "data/case.ttl", graph: str = EX + "id/graph/findings") -> Dataset:
    """A dataset of the graph of waivers; each statement is on the line on which the text has it, when it has
    one a line.
    """
    statements = [
        Statement(*triple, NamedNode(graph), Place(file, number))
        for number, line in enumerate(text.splitlines() or [text], 1)
        for triple in turtle(f"{NAMESPACES}{line}").triples()
    ]
    return Dataset(Project(Path("/nowhere"), EX, "1"), statements)
