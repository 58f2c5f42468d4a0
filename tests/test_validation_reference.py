"""Equal findings: the default engine and pySHACL on generated shapes and graphs, and on plans with seeded
defects.

The shape cases of the domain are judged by both engines in ``test_shapes.py``, the features in
``test_validation_engine.py``.
"""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from validation_graphs import dataset, graph, keys, ours, shapes, theirs

from gbvkg.errors import ProjectError, UsageError
from gbvkg.findings import Finding
from gbvkg.graph import load
from gbvkg.project import Project
from gbvkg.validation import Report, reference, validate
from gbvkg.validation import shapes as shapes_graph
from gbvkg.validation.engine import Engine
from gbvkg.validation.tables import Tables

ROOT = Path(__file__).parent.parent

# Generated shapes over generated graphs

STEPS = ("ex:p", "ex:q", "[ sh:inversePath ex:p ]")
PATHS = st.one_of(
    st.sampled_from(STEPS),
    st.builds("( {} {} )".format, st.sampled_from(STEPS), st.sampled_from(STEPS)),
    st.builds("[ sh:alternativePath ( {} {} ) ]".format, st.sampled_from(STEPS), st.sampled_from(STEPS)),
    st.builds(
        "[ sh:{} {} ]".format,
        st.sampled_from(["zeroOrMorePath", "oneOrMorePath", "zeroOrOnePath"]),
        st.sampled_from(STEPS),
    ),
)
QUERIES = (
    "SELECT $this ?value { $this $PATH ?value . ?value ex:q ?x }",
    "SELECT $this { FILTER NOT EXISTS { $this $PATH ?x . ?x a ex:C } }",
    "SELECT $this ?value { $this ex:p ?value OPTIONAL { ?value ex:q ?x } FILTER (!BOUND(?x)) }",
    "SELECT $this (COUNT(?x) AS ?value) { $this ex:p ?x } GROUP BY $this HAVING (COUNT(?x) > 1)",
)
CONSTRAINTS = st.sampled_from(
    [
        "sh:class ex:C",
        "sh:class ex:D",
        "sh:datatype xsd:integer",
        "sh:datatype xsd:date",
        "sh:nodeKind sh:IRI",
        "sh:nodeKind sh:Literal",
        "sh:minCount 1",
        "sh:maxCount 1",
        "sh:minLength 24",
        "sh:maxLength 22",
        'sh:pattern "[12]$"',
        'sh:languageIn ( "nl" )',
        "sh:uniqueLang true",
        "sh:equals ex:q",
        "sh:disjoint ex:q",
        "sh:hasValue ex:n1",
        'sh:in ( ex:n0 ex:n1 1 "a"@nl )',
        "sh:not [ sh:class ex:C ]",
        "sh:node ex:Node",
        "sh:and ( ex:Node [ sh:nodeKind sh:IRI ] )",
        "sh:or ( ex:Node [ sh:nodeKind sh:Literal ] )",
        "sh:xone ( [ sh:class ex:C ] [ sh:class ex:D ] )",
        "sh:qualifiedValueShape [ sh:class ex:C ] ; sh:qualifiedMinCount 1",
        "sh:qualifiedValueShape [ sh:class ex:C ] ; sh:qualifiedMaxCount 0",
        "sh:property [ sh:path ex:q ; sh:minCount 1 ]",
        *(f'sh:sparql [ sh:prefixes ex: ; sh:select "{query}" ]' for query in QUERIES),
    ]
)
TARGETS = st.sampled_from(
    [
        "sh:targetClass ex:C",
        "sh:targetSubjectsOf ex:p",
        "sh:targetObjectsOf ex:p",
        "sh:targetNode ex:n0 , ex:n9",
    ]
)
SEVERITIES = st.sampled_from(["sh:Violation", "sh:Warning", "sh:Info"])
PROPERTY_SHAPES = st.builds(
    "sh:path {} ; {} ; sh:severity {} .".format,
    PATHS,
    st.lists(CONSTRAINTS, min_size=1, max_size=3, unique=True).map(" ; ".join),
    SEVERITIES,
).filter(
    lambda text: all(text.count(once) < 2 for once in ("qualifiedValueShape", "sh:datatype", "sh:nodeKind"))
)
NODES = st.sampled_from([f"ex:n{i}" for i in range(4)])
VALUES = st.one_of(
    NODES,
    st.sampled_from(
        [
            "1",
            "12",
            "1.0",
            '"a"',
            '"a"@nl',
            '"b"@nl',
            '"a"@en',
            '"2025-01-01"^^xsd:date',
            '"2025-13-01"^^xsd:date',
        ]
    ),
)
STATEMENTS = st.one_of(
    st.builds("{} {} {} .".format, NODES, st.sampled_from(["ex:p", "ex:q"]), VALUES),
    st.builds("{} a {} .".format, NODES, st.sampled_from(["ex:C", "ex:D", "ex:E"])),
)


@settings(max_examples=60, deadline=None)
@given(TARGETS, st.lists(PROPERTY_SHAPES, min_size=1, max_size=3), st.lists(STATEMENTS, max_size=14))
def test_generated_shapes_and_graphs(target: str, properties: list[str], statements: list[str]) -> None:
    """Whatever the shapes and the graph, the engines agree on focus node, path, value, rule and severity."""
    names = [f"ex:Property{i}" for i in range(len(properties))]
    used = shapes(
        f"ex:Shape a sh:NodeShape ; {target} ; sh:property {' , '.join(names)} ."
        "ex:Node a sh:NodeShape ; sh:property [ sh:path ex:q ; sh:maxCount 1 ] ."
        + "".join(f"{name} {text} " for name, text in zip(names, properties, strict=True))
    )
    data = graph("ex:D rdfs:subClassOf ex:C . " + " ".join(statements))
    assert keys(ours(used, data)) == keys(theirs(used, data))


# Order of literals: what SPARQL cannot compare fails in both

NUMBERS = st.sampled_from(["0", "1", "01", "1.0", "1.50", "1.5e0", "-2"])
DAYS = st.dates().map(lambda day: f'"{day.isoformat()}"^^xsd:date')


@settings(max_examples=40, deadline=None)
@given(st.sampled_from([NUMBERS, DAYS]).flatmap(lambda pool: st.tuples(pool, pool, pool)))
def test_comparisons(values: tuple[str, str, str]) -> None:
    """Ranges and pairs of comparable literals give the same findings."""
    one, other, bound = values
    bounds = ("minInclusive", "maxInclusive", "minExclusive", "maxExclusive")
    used = shapes(
        "ex:Shape sh:targetNode ex:a ; sh:property ex:Less , ex:NotMore , "
        + " , ".join(f"ex:{name}" for name in bounds)
        + ". ex:Less sh:path ex:p ; sh:lessThan ex:q . ex:NotMore sh:path ex:p ; sh:lessThanOrEquals ex:q ."
        + "".join(f"ex:{name} sh:path ex:p ; sh:{name} {bound} . " for name in bounds)
    )
    data = graph(f"ex:a ex:p {one} ; ex:q {other} .")
    assert keys(ours(used, data)) == keys(theirs(used, data))


# Whole plans


def told(findings: list[Finding]) -> set[tuple[object, ...]]:
    return {(f.focus, f.path, f.value, f.rule, f.severity, f.place) for f in findings}


@pytest.mark.slow
def test_a_plan_with_seeded_defects(tmp_path: Path) -> None:
    """On a generated plan in which everything has a defect, both engines find the same, in the same places.

    pySHACL parses a query again for every focus node, so the shapes about every thing or text are left to
    their cases.
    """
    command = [sys.executable, "benchmarks/generate.py", "--actions", "6", "--defects", "100", "--seed", "11"]
    subprocess.run([*command, "--out", str(tmp_path / "plan")], cwd=ROOT, check=True, capture_output=True)
    project = Project.open(tmp_path / "plan")
    loaded = load(project).dataset
    used = shapes_graph.load(project)
    core = Engine(used, Tables(s[:3] for s in loaded.statements)).core
    few = replace(used, roots=[root for root in used.roots if 0 < len(core.targets(root.targets)) < 30])
    mine = validate(loaded, shapes=few).findings
    assert len(few.roots) > 20
    assert len({finding.rule for finding in mine}) > 4
    assert told(mine) == told(reference.validate_with_pyshacl(loaded, few))


# Falling back


ADVANCED = """
ex:Shape a sh:NodeShape ; sh:targetClass ex:C ; sh:property ex:Core .
ex:Core sh:path ex:p ; sh:minCount 1 .
ex:Beyond a sh:NodeShape ; sh:target ex:Target ;
  sh:property ex:Property .
ex:Property sh:path ex:p ; sh:minCount 2 .
ex:Target a sh:SPARQLTarget ; sh:prefixes ex: ; sh:select "SELECT ?this { ?this ex:q ?any }" .
"""


def test_shapes_beyond_the_proven_set_are_judged_by_pyshacl() -> None:
    """A shape with a SHACL-AF target is handed to pySHACL, the others are not; the report has both."""
    used = shapes(ADVANCED)
    assert {root.shape.rule: root.unproven for root in used.roots} == {
        "https://example.org/Shape": "",
        "https://example.org/Beyond": "http://www.w3.org/ns/shacl#target",
    }
    data = dataset("ex:a a ex:C . ex:b ex:q 1 ; ex:p 1 . ex:c ex:p 1 .")
    report = validate(data, shapes=used)
    assert {(f.focus[-1], f.rule) for f in report.findings} == {
        ("a", "https://example.org/Core"),
        ("b", "https://example.org/Property"),
    }


def test_a_failure_of_pyshacl_is_an_error() -> None:
    """What pySHACL cannot apply is never counted as conforming."""
    used = shapes(
        "ex:S sh:targetNode ex:a ; sh:sparql [ sh:select 'SELECT $this { MINUS { $this ?p ?o } }' ] ."
    )
    with pytest.raises(ProjectError, match="pySHACL cannot apply"):
        validate(dataset("ex:a ex:p 1 ."), shapes=used, engine="pyshacl")


def test_engine_is_a_choice_of_two() -> None:
    """``pyshacl`` judges by pySHACL alone and says the same in the same words; another name is refused."""
    used = shapes(
        "ex:S sh:targetClass ex:C ; sh:sparql ex:R ; sh:property ex:P . ex:P sh:path ex:p ; sh:minCount 1 ."
        'ex:R sh:prefixes ex: ; sh:message "{$this}: {?value} is {?n}"@en ;'
        'sh:message "{$this}: {?value} telt {?n}"@nl ;'
        'sh:select "SELECT $this ?value ?n { $this ex:q ?value . ?value ex:n ?n }" .'
    )
    data = dataset("ex:a a ex:C ; ex:q ex:b . ex:b ex:n 3 .")
    first, second = (validate(data, shapes=used, engine=engine).findings for engine in ("default", "pyshacl"))
    assert first == second
    assert [f.message for f in first] == [f.message for f in second]
    assert len(first) == 2
    with pytest.raises(UsageError, match="Unknown engine"):
        validate(data, shapes=used, engine="jena")


def test_pyshacl_is_not_imported_by_the_default_path() -> None:
    """The default path pays neither for rdflib nor for pySHACL."""
    code = "import sys, gbvkg.validation; print(sorted({'rdflib', 'pyshacl'} & set(sys.modules)))"
    assert (
        subprocess.run(
            [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
        ).stdout
        == "[]\n"
    )


def test_report_is_what_both_return() -> None:
    """``validate`` returns a Report whatever the engine."""
    used = shapes("ex:S sh:targetNode ex:a .")
    for engine in ("default", "pyshacl"):
        assert validate(dataset(""), shapes=used, engine=engine) == Report([])
