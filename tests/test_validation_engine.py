"""The default engine: every feature of SHACL Core and SHACL-SPARQL by a case of its own, and equal to
pySHACL on it.
"""

from __future__ import annotations

import pytest
from validation_graphs import CASES, Key, keys, ours, shapes, short, theirs, turtle

from gbvkg.errors import ProjectError
from gbvkg.validation.constraints import _BINDERS
from gbvkg.validation.shapes import compile_graph

FEATURES = {
    *(name.removesuffix("ConstraintComponent") for name in _BINDERS),
    *("Closed", "Property", "sparql", "ConstraintComponent", "ASK", "SELECT"),
    *("targetNode", "targetClass", "targetSubjectsOf", "targetObjectsOf", "implicitClass"),
    *("sequence", "alternative", "inverse", "zeroOrMore", "oneOrMore", "zeroOrOne"),
    *("severity", "deactivated", "message", "ignoredProperties", "qualifiedValueShapesDisjoint"),
    *(
        "value",
        "path",
        "PATH",
        "property-focus",
        "NOT-EXISTS",
        "EXISTS-OPTIONAL",
        "EXISTS-UNION",
        "UNION",
        "OPTIONAL",
    ),
    *("FILTER-only", "BIND", "GROUP-BY", "sub-SELECT", "LIMIT", "joins-across-focus-nodes", "dates"),
    "nested-conformance",
}
FILES = sorted((CASES / "engine").glob("*.ttl"))
BEYOND_REFERENCE = {
    "component-ask": "pySHACL leaves sh:value out where SHACL §6.2.3 asks for the value node",
}


def told(text: str, word: str) -> list[str]:
    return [line.removeprefix(f"# {word}: ") for line in text.splitlines() if line.startswith(f"# {word}: ")]


def test_every_feature_has_a_case() -> None:
    """The cases cover every constraint component, target, path and SPARQL construct, and nothing else is
    claimed.
    """
    covered = {
        feature
        for file in FILES
        for line in told(file.read_text("utf-8"), "covers")
        for feature in line.split()
    }
    assert covered == FEATURES


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_case(file) -> None:  # type: ignore[no-untyped-def]
    """The case's focus nodes break exactly the rules that it expects."""
    text = file.read_text("utf-8")
    graph = turtle(text)
    found = {f"{short(r.focus)} {short(r.constraint.rule)}" for r in ours(compile_graph(graph), graph)}
    assert found == set(told(text, "expect"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_case_is_equal_to_pyshacl(file) -> None:  # type: ignore[no-untyped-def]
    """Both engines agree on focus node, path, value, rule and severity.

    Where pySHACL departs from the specification the case says how, in lines ``# pyshacl: focus rule``.
    """
    graph = turtle(file.read_text("utf-8"))
    used = compile_graph(graph)
    mine, reference = keys(ours(used, graph)), keys(theirs(used, graph))
    if differing := told(file.read_text("utf-8"), "pyshacl"):
        assert mine != reference
        assert {f"{short(focus)} {short(rule)}" for focus, _, _, rule, _ in reference} == set(differing)
        return
    if file.stem in BEYOND_REFERENCE:
        assert mine != reference
        mine, reference = without_values(mine), without_values(reference)
    assert mine == reference


def without_values(found: set[Key]) -> set[Key]:
    return {(focus, path, "", rule, severity) for focus, path, _, rule, severity in found}


def test_known_differences_have_a_case() -> None:
    """A difference from pySHACL that no longer has a case is removed from the list."""
    assert set(BEYOND_REFERENCE) <= {file.stem for file in FILES}


@pytest.mark.parametrize(
    ("described", "why"),
    [
        (
            "ex:S a sh:NodeShape ; sh:targetNode ex:a ; sh:node ex:T . ex:T a sh:NodeShape ; sh:not ex:S .",
            "recursive",
        ),
        ("ex:S sh:targetNode ex:a ; sh:property ex:P . ex:P sh:name 'no path' .", "does not name a shape"),
        ("ex:S sh:targetNode ex:a ; sh:property ex:P . ex:P sh:path ex:p , ex:q .", "more than once"),
        ("ex:S sh:targetNode ex:a ; sh:datatype xsd:date , xsd:integer .", "more than once"),
        (
            "ex:S sh:targetNode ex:a ; sh:property [ sh:path ex:p ; sh:minCount 'one' ] .",
            "not a valid parameter",
        ),
        (
            "ex:S sh:targetNode ex:a ; sh:property [ sh:path ex:p ; sh:pattern '(' ] .",
            "not a valid parameter",
        ),
        (
            "ex:S sh:targetNode ex:a ; sh:property [ sh:path ex:p ; sh:pattern 'a' ; sh:flags 'q' ] .",
            "not a valid",
        ),
        (
            "ex:S sh:targetNode ex:a ; sh:property [ sh:path ex:p ; sh:nodeKind ex:IRI ] .",
            "not a valid parameter",
        ),
        (
            "ex:S sh:targetNode ex:a ; sh:property [ sh:path ex:p ; sh:lessThan 'q' ] .",
            "not a valid parameter",
        ),
        ("ex:S sh:targetNode ex:a ; sh:sparql [ sh:message 'no query' ] .", "has no sh:select"),
        (
            "ex:S sh:targetNode ex:a ; sh:sparql [ sh:select 'SELECT $this {}' , 'SELECT $this { }' ] .",
            "more than once",
        ),
    ],
)
def test_ill_formed_shapes_are_refused(described: str, why: str) -> None:
    """A shapes graph that SHACL calls ill-formed or leaves undefined never judges anything."""
    with pytest.raises(ProjectError, match=why):
        ours(shapes(described), turtle(""))


def test_triples_of_several_graphs_count_once() -> None:
    """Named graphs are judged as one graph: a statement that two of them make is one value."""
    used = shapes("ex:S sh:targetNode ex:a ; sh:property [ sh:path ex:p ; sh:maxCount 1 ] .")
    data = turtle("<a> <p> 1 .")
    for triple in list(data.triples()):
        data.add(triple)
    assert not ours(used, data)


def test_values_are_told_apart_as_written() -> None:
    """ "1" and "01" are two values of a property: nothing is canonicalised before it is judged."""
    used = shapes("ex:S sh:targetNode ex:a ; sh:property [ sh:path ex:p ; sh:maxCount 1 ] .")
    data = turtle("@prefix xsd: <http://www.w3.org/2001/XMLSchema#> . <a> <p> 1 , '01'^^xsd:integer .")
    assert len(ours(used, data)) == 1
