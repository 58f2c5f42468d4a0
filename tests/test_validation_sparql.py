"""SPARQL-based constraints: what is refused, how they are evaluated, and what a finding says of a literal."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyoxigraph import Literal, NamedNode, Quad, Store
from validation_graphs import graph, keys, ours, shapes, short, theirs, turtle

from gbvkg.errors import ProjectError
from gbvkg.validation.engine import Engine
from gbvkg.validation.lateral import hints
from gbvkg.validation.sparql import Plan, plan
from gbvkg.validation.syntax import QueryReader
from gbvkg.validation.tables import Tables, Term

SHAPE = "ex:Shape sh:targetClass ex:C ; sh:sparql ex:Rule . ex:Rule sh:prefixes ex: ; sh:select "


def rule(select: str, more: str = "") -> str:
    return f'{SHAPE}"""{select}""" . {more}'


@pytest.mark.parametrize(
    ("select", "why"),
    [
        ("SELECT $this { $this ex:p ?x MINUS { $this ex:q ?x } }", "MINUS is not allowed"),
        ("SELECT $this { VALUES ?x { 1 } }", "VALUES is not allowed"),
        ("SELECT $this { $this ex:p ?x } VALUES ?x { 1 }", "VALUES is not allowed"),
        ("SELECT $this { SERVICE <http://127.0.0.1:1/> { $this ex:p ?x } }", "SERVICE is not allowed"),
        ("SELECT $this { SERVICESILENT<http://127.0.0.1:1/>{ $this ex:p ?x } }", "SERVICE is not allowed"),
        ("SELECT $this { $this ex:p trueSERVICE <http://127.0.0.1:1/> { } }", "SERVICE is not allowed"),
        ("SELECT $this { $this ex:p ex:.SERVICE <http://127.0.0.1:1/> { } }", "SERVICE is not allowed"),
        ("select $this { service silent <http://127.0.0.1:1/> { } }", "SERVICE is not allowed"),
        ("SELECT $this FROM <http://example.org/> { }", "FROM is not allowed"),
        ("SELECT $this { FILTER (NOW() > 1) }", "NOW is not allowed"),
        ("SELECT $this { FILTER (RAND() > 0.5) }", "RAND is not allowed"),
        ("SELECT $this { BIND (1 AS $this) }", "binds a pre-bound variable"),
        ("SELECT (ex:a AS ?this) { }", "binds a pre-bound variable"),
        ("SELECT $this { { SELECT ?x { $this ex:p ?x } } }", r"a sub-SELECT must return \?this"),
        ("SELECT $this { { SELECT * { $this ex:p ?x } } }", r"a sub-SELECT must return \?this"),
        ("SELECT ?x { $this ex:p ?x }", r"does not return \$this"),
        ("ASK { $this ex:p ?x }", "sh:select expects SELECT"),
        ("CONSTRUCT { $this ex:p ?x } WHERE { $this ex:p ?x }", "not a SELECT or ASK query"),
        ("DELETE WHERE { ?s ?p ?o }", "not a SELECT or ASK query"),
        ("SELECT $this { GRAPH ?g { $this ex:p ?x } }", r"GRAPH may only read \$shapesGraph"),
        ("SELECT $this { $this nope:p ?x }", "has no declared prefix"),
        ("SELECT $this { $this $PATH ?x }", r"uses \$PATH on a node shape"),
        ("SELECT $this { $this ex:p ", "ends too early"),
        ("SELECT $this { $this ex:p ?x FILTER (?x } }", "ends too early"),
        ("SELECT $this { $this ex:p ?x FILTER (?x ?x) }", "cannot be evaluated"),
        ("SELECT $this { $this ex:p ?x FILTER (ex:noSuchFunction(?x)) }", "cannot be evaluated"),
        ("SELECT $this ?failure { BIND (true AS ?failure) }", r"reports \?failure"),
    ],
)
def test_refused(select: str, why: str) -> None:
    """What SHACL forbids, what depends on the clock or on chance, and what cannot be evaluated never counts
    as satisfied.
    """
    with pytest.raises(ProjectError, match=why):
        ours(shapes(rule(select)), turtle("@prefix ex: <https://example.org/> . ex:a a ex:C ; ex:p 1 ."))


@pytest.mark.parametrize(
    "text",
    [
        "# MINUS VALUES SERVICE NOW()\nSELECT $this { $this ex:p ?x }",
        'SELECT $this { $this ex:p "MINUS { VALUES" }',
        "SELECT $this { $this <http://example.org/MINUS> ?minus ; ex:VALUES ?x }",
        "SELECT $this { $this ex:p '''} { # \" SERVICE''' }",
    ],
)
def test_words_in_strings_comments_and_names_are_innocent(text: str) -> None:
    """Only the keyword itself is forbidden."""
    assert ours(shapes(rule(text)), turtle("")) == []


def test_errors_name_the_rule_in_both_languages() -> None:
    """Whoever wrote the rule can find it."""
    with pytest.raises(ProjectError) as caught:
        Engine(shapes(rule("SELECT $this { } LIMIT MINUS { }")), turtle(""))
    assert "https://example.org/Rule" in caught.value.nl
    assert "https://example.org/Rule" in caught.value.en
    assert "mag niet" in caught.value.nl


@pytest.mark.parametrize(
    ("select", "per_focus"),
    [
        ("SELECT $this ?x { $this ex:p ?x }", False),
        ("SELECT $this (COUNT(?x) AS ?n) { $this ex:p ?x } GROUP BY $this", False),
        ("SELECT $this ?x { { SELECT $this (MAX(?y) AS ?x) { $this ex:p ?y } GROUP BY $this } }", False),
        ("SELECT $this ?x { $this ex:p ?x } LIMIT 1", True),
        ("SELECT $this ?x { $this ex:p ?x } ORDER BY ?x OFFSET 1", True),
        (
            "SELECT $this { FILTER EXISTS {SELECT $this {$this ex:p ?x} GROUP BY $this HAVING(COUNT(?x)>1)}}",
            True,
        ),
    ],
)
def test_one_query_for_all_unless_rows_of_focus_nodes_would_mix(select: str, per_focus: bool) -> None:
    """Slices and sub-SELECTs inside EXISTS run per focus node, the rest once."""
    (constraint,) = shapes(rule(select)).constraints
    assert plan(constraint).per_focus is per_focus


def test_a_rule_runs_once_for_all_focus_nodes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The cost of a rule is one query, however many focus nodes there are."""
    used = shapes(rule("SELECT $this ?value { $this ex:p ?value . FILTER (?value > 1) }"))
    data = graph("".join(f"ex:a{i} a ex:C ; ex:p {i % 3} . " for i in range(300)))
    engine, texts = Engine(used, data), list[str]()
    rows = engine.queries._rows

    def counted(each: Plan) -> Iterator[dict[str, Term]]:
        texts.append(each.text)
        return rows(each)

    monkeypatch.setattr(engine.queries, "_rows", counted)
    (constraint,) = engine.asked()
    assert len(engine.queries.run(constraint, engine.foci(constraint))) == 100
    assert len(texts) == 1


def test_only_the_predicates_that_rules_read_are_loaded() -> None:
    """The store of the rules holds what they can see, unless one of them may see anything."""
    data = graph("ex:a a ex:C ; ex:p 1 ; ex:q 2 .")
    few = Engine(shapes(rule("SELECT $this { $this ex:p/ex:r* ?x }")), data).queries.store()
    assert {quad.predicate.value for quad in few} == {"https://example.org/p"}
    everything = Engine(shapes(rule("SELECT $this { $this ?any ?x }")), data).queries.store()
    assert len(everything) == len(list(data.triples()))


def test_values_are_reported_as_written() -> None:
    """A store shows 12345.00 as 12345; the finding shows what stands in the file."""
    used = shapes(rule("SELECT $this ?value { $this ex:p ?value . FILTER (?value > 1) }"))
    data = graph("ex:a a ex:C ; ex:p 12345.00 . ex:b a ex:C ; ex:p 12345.0 .")
    assert {(short(r.focus), r.value.value) for r in ours(used, data) if r.value} == {
        ("a", "12345.00"),
        ("b", "12345.0"),
    }
    assert keys(ours(used, data)) == keys(theirs(used, data))


def test_focus_nodes_that_are_literals() -> None:
    """A literal can be a focus node (SHACL §2.1.3.1), also one that a store writes otherwise."""
    used = shapes(
        'ex:Shape sh:targetNode "01"^^xsd:integer , "a" ; sh:sparql ex:Rule .'
        'ex:Rule sh:select "SELECT $this { FILTER (isLiteral($this)) }" .'
    )
    found = ours(used, turtle(""))
    assert {str(r.focus) for r in found} == {'"01"^^<http://www.w3.org/2001/XMLSchema#integer>', '"a"'}
    assert keys(found) == keys(theirs(used, turtle("")))


def test_the_shapes_graph_can_be_read() -> None:
    """$shapesGraph and $currentShape (SHACL §5.3.1, optional) are supported."""
    used = shapes(
        rule(
            "SELECT $this { GRAPH $shapesGraph { $currentShape ex:limit ?m } $this ex:p ?x FILTER(?x > ?m) }",
            "ex:Shape ex:limit 3 .",
        )
    )
    assert [short(r.focus) for r in ours(used, graph("ex:a a ex:C ; ex:p 3 . ex:b a ex:C ; ex:p 4 ."))] == [
        "b"
    ]


def test_prefixes_of_sparql_itself() -> None:
    """A query may declare its own prefixes."""
    used = shapes(rule("PREFIX my: <https://example.org/> SELECT $this { $this my:p ?x }"))
    assert len(ours(used, graph("ex:a a ex:C ; ex:p 1 ."))) == 1


# Hints: the same solutions, fewer readings

EXISTS = [
    "$this ex:p ?x . ?x ex:q ?y",
    "?x ex:q ?y . $this ex:p ?x . ?y ex:p $this",
    "$this ex:p/ex:q/ex:p ?x",
    "$this ex:p|ex:q ?x . ?x ^ex:p ?y",
    "$this ex:p* ?x . ?x ex:q ?x",
    "$this ex:p ?x OPTIONAL { ?x ex:q ?y } FILTER (!BOUND(?y) || ?y != $this)",
    "$this ex:p ?x OPTIONAL { ?x ex:q ?y . ?y ex:p ?z FILTER (?z != ?outer) } FILTER (!BOUND(?z))",
    "{ $this ex:p ?x . ?x ex:q ?y } UNION { ?z ex:q $this FILTER (?z != $this) }",
    "$this ex:p ?x . { ?x ex:q ?y } UNION { ?y ex:p ?x } ?y ex:q ?outer",
    "$this ?any ?x . ?x ?any ?y",
    "$this ex:p [ ex:q ?y ] FILTER (?y = ?outer)",
    "$this ex:p ?x . FILTER NOT EXISTS { ?x ex:q ?y . ?y ex:q ?x } ?x ex:p ?z",
    "$this !ex:p ?x . ?x ex:q ?y",
]
UNLIKE_RDFLIB = EXISTS[6]
"""rdflib does not see a variable from outside EXISTS in the FILTER of an OPTIONAL inside it (SPARQL 1.1
§18.6 does).
"""
NODES = [NamedNode(f"https://example.org/n{i}") for i in range(4)]
triples = st.tuples(
    st.sampled_from(NODES),
    st.sampled_from([NamedNode(f"https://example.org/{p}") for p in "pq"]),
    st.sampled_from(NODES),
)


@settings(max_examples=40)
@given(st.lists(triples, min_size=1, max_size=12), st.sampled_from(EXISTS), st.booleans())
def test_hints_keep_the_solutions(data: list, exists: str, negated: bool) -> None:  # type: ignore[type-arg]
    """A query with its EXISTS taken apart into steps has the solutions of the query as written."""
    written = (
        "SELECT DISTINCT ?this ?outer WHERE { ?this <https://example.org/q> ?outer "
        f"FILTER {'NOT ' if negated else ''}EXISTS {{ {exists} }} }}"
    ).replace("$this", "?this")
    prefixes = {"ex": "https://example.org/"}
    query = QueryReader(written, set(), prefixes, "test").read()
    hinted = written
    for start, end, new in sorted(hints(query.where)[0], reverse=True):
        hinted = hinted[:start] + new + hinted[end:]
    assert "LATERAL" in hinted or "!ex:p" in exists or exists.count(" ") == 2
    store = Store()
    store.extend(Quad(*triple) for triple in data)
    solutions = [
        sorted(tuple(map(str, row)) for row in store.query(text, prefixes=prefixes))  # type: ignore[union-attr]
        for text in (written, hinted)
    ]
    assert solutions[0] == solutions[1]


def test_the_same_rule_on_random_graphs_is_equal_to_pyshacl() -> None:
    """Every EXISTS above, as a rule, has pySHACL's findings on a graph in which each fires for some nodes
    only.
    """
    text = "".join(
        f"ex:Shape sh:sparql ex:Rule{i} . ex:Rule{i} sh:prefixes ex: ; sh:select "
        f'"""SELECT $this ?outer {{ $this ex:q ?outer FILTER NOT EXISTS {{ {exists} }} }}""" . '
        for i, exists in enumerate(EXISTS)
        if exists != UNLIKE_RDFLIB
    )
    used = shapes("ex:Shape sh:targetClass ex:C . " + text)
    edges = (
        "ex:n0 ex:p ex:n1 ; ex:q ex:n2 . ex:n1 ex:q ex:n3 , ex:n1 . "
        "ex:n2 ex:p ex:n0 ; ex:q ex:n0 . ex:n3 ex:p ex:n3 ."
    )
    data = graph(edges + "".join(f"ex:n{i} a ex:C . " for i in range(4)))
    mine = keys(ours(used, data))
    assert mine == keys(theirs(used, data))
    assert len({rule for _, _, _, rule, _ in mine}) > len(EXISTS) // 2


def test_store_terms_survive() -> None:
    """A literal of a datatype that no store knows comes back as it is."""
    used = shapes(rule("SELECT $this ?value { $this ex:p ?value }"))
    odd = Literal("x y", datatype=NamedNode("https://example.org/type"))
    data = Tables(
        [
            *graph("ex:a a ex:C .").triples(),
            (NamedNode("https://example.org/a"), NamedNode("https://example.org/p"), odd),
        ]
    )
    assert [r.value for r in ours(used, data)] == [odd]
