"""Property paths: read, written, evaluated, turned round, and taken apart."""

from __future__ import annotations

import pyoxigraph
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import BlankNode, DefaultGraph, NamedNode, Quad, RdfFormat, Store

from gbvkg.errors import ProjectError
from gbvkg.validation import paths
from gbvkg.validation.paths import EMPTY, Path
from gbvkg.validation.tables import Tables, Term

PREFIXES = "@prefix sh: <http://www.w3.org/ns/shacl#> . @prefix ex: <https://example.org/> .\n"


def ex(name: str) -> NamedNode:
    return NamedNode(f"https://example.org/{name}")


def path_of(description: str) -> Path:
    """The path that a Turtle description of ``sh:path`` stands for."""
    graph = Tables(
        (q.subject, q.predicate, q.object)
        for q in pyoxigraph.parse(f"{PREFIXES}ex:s sh:path {description} .", format=RdfFormat.TURTLE)
    )
    (node,) = graph.forward(NamedNode(paths.SH + "path"))[ex("s")]
    return paths.parse(graph, node)


@pytest.mark.parametrize(
    ("description", "written"),
    [
        ("ex:p", "<https://example.org/p>"),
        ("[ sh:inversePath ex:p ]", "^<https://example.org/p>"),
        ("( ex:p ex:q )", "<https://example.org/p>/<https://example.org/q>"),
        ("[ sh:alternativePath ( ex:p ex:q ) ]", "<https://example.org/p>|<https://example.org/q>"),
        ("[ sh:zeroOrMorePath ex:p ]", "<https://example.org/p>*"),
        ("[ sh:oneOrMorePath ex:p ]", "<https://example.org/p>+"),
        ("[ sh:zeroOrOnePath ( ex:p ex:q ) ]", "(<https://example.org/p>/<https://example.org/q>)?"),
        ("( [ sh:inversePath ex:p ] ex:q )", "(^<https://example.org/p>)/<https://example.org/q>"),
    ],
)
def test_text(description: str, written: str) -> None:
    """Every kind of path is written in SPARQL syntax."""
    assert paths.text(path_of(description)) == written


@pytest.mark.parametrize(
    "description",
    [
        '"p"',
        "( ex:p )",
        "[ sh:alternativePath ( ex:p ) ]",
        "[ sh:name 1 ]",
        "[ sh:inversePath ex:p ; sh:zeroOrMorePath ex:q ]",
    ],
)
def test_ill_formed_paths_are_refused(description: str) -> None:
    """A literal, a list of one, a node without or with two path properties: SHACL calls them ill-formed."""
    with pytest.raises(ProjectError):
        path_of(description)


def test_circular_paths_are_refused() -> None:
    """A path that contains itself has no end."""
    node, inverse = BlankNode("b"), NamedNode(paths.SH + "inversePath")
    with pytest.raises(ProjectError, match="contains itself"):
        paths.parse(Tables([(node, inverse, node)]), node)


def test_name() -> None:
    """A finding names a predicate by its bare IRI and any other path by its text."""
    assert paths.name(("iri", ex("p"))) == "https://example.org/p"
    assert paths.name(("inverse", ("iri", ex("p")))) == "^<https://example.org/p>"
    assert paths.name(None) == ""


# Random graphs and paths

NODES = [ex(f"n{i}") for i in range(4)]
PREDICATES = [ex("p"), ex("q")]
triples = st.tuples(st.sampled_from(NODES), st.sampled_from(PREDICATES), st.sampled_from(NODES))
graphs = st.lists(triples, max_size=8)
leaves = st.sampled_from([("iri", p) for p in PREDICATES])
any_path = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.tuples(st.sampled_from(["inverse", "star", "plus", "optional"]), inner),
        st.tuples(st.sampled_from(["sequence", "alternative"]), inner, inner),
    ),
    max_leaves=4,
)


def reached(graph: Tables, path: Path, node: Term) -> set[Term]:
    return set(paths.bind(path, graph)(node))


@given(graphs, any_path)
def test_evaluates_as_sparql_does(graph: list[tuple[NamedNode, NamedNode, NamedNode]], path: Path) -> None:
    """From every node of the graph a path leads where a SPARQL engine says it leads."""
    store = Store()
    store.extend(Quad(*triple, DefaultGraph()) for triple in graph)
    for node in {end for s, _, o in graph for end in (s, o)}:
        rows = store.query(f"SELECT DISTINCT ?y WHERE {{ {node} {paths.text(path)} ?y }}")
        assert reached(Tables(graph), path, node) == {row["y"] for row in rows}  # type: ignore[union-attr]


@given(graphs, any_path)
def test_inverse_leads_back(graph: list[tuple[NamedNode, NamedNode, NamedNode]], path: Path) -> None:
    """y is reached from x by a path exactly when x is reached from y by its inverse."""
    tables = Tables(graph)
    back = paths.invert(path)
    for x in NODES:
        for y in NODES:
            assert (y in reached(tables, path, x)) == (x in reached(tables, back, y))


@given(graphs, triples, any_path)
def test_edges_find_every_effect(
    graph: list[tuple[NamedNode, NamedNode, NamedNode]],
    extra: tuple[NamedNode, NamedNode, NamedNode],
    path: Path,
) -> None:
    """When adding a triple changes what a path reaches from a node, an edge of the path leads back to that
    node.
    """
    before, after = Tables(graph), Tables([*graph, extra])
    subject, predicate, value = extra
    found: set[Term] = set()
    for edge in paths.edges(path):
        if edge.predicate == predicate:
            found |= reached(after, paths.invert(edge.before), value if edge.backward else subject)
    for node in NODES:
        if reached(before, path, node) != reached(after, path, node):
            assert node in found


def test_joining_with_no_steps() -> None:
    """EMPTY is neutral."""
    step = ("iri", ex("p"))
    assert paths.join(EMPTY, step) == paths.join(step, EMPTY) == step
    assert reached(Tables(), EMPTY, NODES[0]) == {NODES[0]}
