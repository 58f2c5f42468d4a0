"""Judging again only what a change can affect: the same findings as a full run, whatever the change."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_validation_reference import CONSTRAINTS, PATHS, TARGETS
from test_validation_sparql import EXISTS
from validation_graphs import CASES, graph, shapes, short, turtle

from gbvkg.graph import load
from gbvkg.project import Project
from gbvkg.validation import memory, validate
from gbvkg.validation.engine import Engine
from gbvkg.validation.impact import Change
from gbvkg.validation.memory import Memory, Outcome, judge_again, judge_all
from gbvkg.validation.shapes import Shapes, compile_graph
from gbvkg.validation.tables import Tables
from gbvkg.vocabulary import packaged_root

SELECTS = [
    *(f"SELECT $this ?outer {{ $this ex:q ?outer FILTER NOT EXISTS {{ {exists} }} }}" for exists in EXISTS),
    "SELECT $this ?value { $this ex:p ?value . ?other ex:p ?value . FILTER (?other != $this) }",
    "SELECT $this ?value { $this ex:p ?value OPTIONAL { ?value ex:q ?x } FILTER (!BOUND(?x)) }",
    "SELECT $this ?value { OPTIONAL { $this ex:p ?value . ?value ex:q ?x } ?x ex:p ?y }",
    "SELECT $this (COUNT(?x) AS ?value) { $this ex:p ?x } GROUP BY $this HAVING (COUNT(?x) > 1)",
    "SELECT $this ?value { { SELECT $this (MAX(?x) AS ?value) { $this ex:p/ex:q ?x } GROUP BY $this } }",
    "SELECT $this ?value { $this ex:p ?value . ?one ex:q ?today . FILTER (?value > ?today) }",
    "SELECT $this ?value { { $this ex:p ?value } UNION { ?value ex:q+ $this } }",
    "SELECT $this ?value { $this ex:p ?value } ORDER BY ?value LIMIT 1",
    "SELECT $this ?value { ?value ex:p* ?x . ?x ex:q $this }",
    "SELECT $this ?value { ?value ex:p* ?x . FILTER (?x = $this && ?value != ?x) }",
    "SELECT $this ?value { $this ?any ?value . ?value !ex:p ?x }",
    "SELECT $this { FILTER NOT EXISTS { ex:n1 ex:p ?x . ?x ex:q ?y } }",
    "SELECT $this { FILTER NOT EXISTS { ex:n1 ex:p $this } }",
]
NODES = st.sampled_from([f"ex:n{i}" for i in range(4)])
VALUES = st.one_of(NODES, st.sampled_from(["1", "01", "1.0", '"a"@nl', '"b"@nl']))
STATEMENTS = st.one_of(
    st.builds("{} {} {} .".format, NODES, st.sampled_from(["ex:p", "ex:q"]), VALUES),
    st.builds("{} a {} .".format, NODES, st.sampled_from(["ex:C", "ex:D"])),
    st.builds(
        "{} rdfs:subClassOf {} .".format, st.sampled_from(["ex:D", "ex:E"]), st.sampled_from(["ex:C", "ex:D"])
    ),
)
ASKING = """
ex:Component a sh:ConstraintComponent ; sh:parameter [ sh:path ex:ask ] ; sh:validator ex:V .
ex:V sh:prefixes ex: ; sh:ask '{}' . ex:Shape sh:property [ sh:path ex:p ; ex:ask 1 ] .
"""
ASKS = ["ASK { ?value ex:q ?x . FILTER (?x != $ask) }", "ASK { ?x ex:p ?value ; ex:q $this }"]


def same(one: Outcome, other: Outcome) -> bool:
    """Same results with the same bindings, however they were found."""
    return {repr(result) for result in one.results()} == {repr(result) for result in other.results()}


def check(used: Shapes, before: str, after: str) -> Outcome:
    """Judge ``before``, then ``after`` from what is known: it must be what judging ``after`` gives. The new
    outcome.
    """
    old, new = graph(before), graph(after)
    change = Change.between(old.triples(), new.triples())
    last = judge_all(Engine(used, old))
    again = judge_again(Engine(used, new), change, last)
    assert set(new.triples()) == set(graph(after).triples())
    assert same(again, judge_all(Engine(used, graph(after))))
    return again


@settings(max_examples=150, deadline=None)
@given(
    TARGETS,
    st.lists(st.tuples(PATHS, CONSTRAINTS), max_size=2),
    st.lists(st.sampled_from(SELECTS), max_size=2),
    st.sampled_from([None, *ASKS]),
    st.lists(STATEMENTS, min_size=2, max_size=12),
    st.data(),
)
def test_random_edits(
    target: str,
    core: list[tuple[str, str]],
    selects: list[str],
    ask: str | None,
    statements: list[str],
    data: st.DataObject,
) -> None:
    """Add and remove any statements, under any shapes and rules: the results are those of a full run."""
    parts = [f"ex:Shape {target} . ex:Node a sh:NodeShape ; sh:property [ sh:path ex:q ; sh:maxCount 1 ] ."]
    parts += [
        f"ex:Shape sh:property ex:P{i} . ex:P{i} sh:path {path} ; {what} ."
        for i, (path, what) in enumerate(core)
    ]
    parts += [
        f'ex:Shape sh:sparql ex:R{i} . ex:R{i} sh:prefixes ex: ; sh:select """{select}""" .'
        for i, select in enumerate(selects)
    ]
    if ask:
        parts.append(ASKING.format(ask))
    kept = data.draw(st.lists(st.sampled_from(statements), unique=True))
    added = data.draw(st.lists(STATEMENTS, max_size=3))
    check(shapes(" ".join(parts)), " ".join(statements), " ".join([*kept, *added]))


@pytest.mark.parametrize("file", sorted((CASES / "engine").glob("*.ttl")), ids=lambda file: file.stem)
def test_every_statement_of_every_case(file: Path) -> None:
    """Take any one statement out of a case of the engine, or put it back: the same as a full run."""
    whole = turtle(file.read_text("utf-8"))
    used, triples = compile_graph(whole), list(whole.triples())
    full = judge_all(Engine(used, Tables(triples)))
    for triple in triples:
        rest = [other for other in triples if other != triple]
        out = judge_again(Engine(used, Tables(rest)), Change(frozenset(), frozenset([triple])), full)
        assert same(out, judge_all(Engine(used, Tables(rest)))), triple
        back = judge_again(Engine(used, Tables(triples)), Change(frozenset([triple]), frozenset()), out)
        assert same(back, full), triple


# How little is judged

MANY = "".join(
    f"ex:a{i} a ex:C ; ex:of ex:plan ; ex:number {i} ; ex:lead ex:l{i} . ex:l{i} ex:from {i} . "
    for i in range(200)
)
FEW = """
ex:Shape sh:targetClass ex:C ; sh:property ex:P ; sh:sparql ex:Unique , ex:Lead , ex:Today .
ex:P sh:path ex:number ; sh:maxCount 1 ; sh:property ex:Inner .
ex:Inner sh:path ( [ sh:inversePath ex:number ] ex:lead ) ; sh:maxCount 1 .
ex:Unique sh:prefixes ex: ; sh:select '''
  SELECT $this {
    $this ex:number ?n ; ex:of ?plan . ?other ex:number ?n ; ex:of ?plan FILTER (?other != $this)
  }
''' .
ex:Lead sh:prefixes ex: ; sh:select '''
  SELECT $this { $this ex:lead ?lead . FILTER NOT EXISTS {
    ?lead ex:from ?from OPTIONAL { ?lead ex:until ?until } FILTER (?from >= 0)
  } }
''' .
ex:Today sh:prefixes ex: ; sh:select '''
  SELECT $this { $this ex:lead/ex:from ?from . ?any ex:today ?today FILTER (?from > ?today) }
''' .
"""


@pytest.mark.parametrize(
    ("change", "at_most"),
    [
        ("ex:a7 ex:number 8 .", 10),
        ("ex:a7 ex:number 007 .", 10),
        ("ex:l7 ex:from 1000 .", 6),
        ("ex:l7 ex:until 5 .", 2),
        ("ex:a7 ex:label 'nobody reads this' .", 0),
        ("ex:new a ex:C ; ex:of ex:plan ; ex:number 7 .", 10),
    ],
)
def test_a_small_change_costs_little(change: str, at_most: int) -> None:
    """Of 200 things only those that the changed triple leads to are judged again, also across things."""
    assert check(shapes(FEW), MANY, MANY + change).judged <= at_most


def test_what_only_a_filter_relates_is_judged_again() -> None:
    """A new reference date concerns every focus node of the rule that compares with it, and no other rule."""
    assert check(shapes(FEW), MANY, MANY + "ex:data ex:today 9 .").judged == 200


def test_no_change_costs_nothing() -> None:
    """Without a change the last outcome is the outcome."""
    assert check(shapes(FEW), MANY, MANY).judged == 0


# Across runs

FILES = {
    "data/dataset.yaml": "type: Dataset\nid: dataset/x\nuriSpace: https://example.org/id/\n"
    "version: '2026.1'\nissued: 2026-05-01\n",
    "data/a.ttl": "<https://example.org/id/a/1> a <https://example.org/C> ; <https://example.org/p> 3 .\n",
    "data/b.ttl": "<https://example.org/id/a/2> a <https://example.org/C> .\n",
    "shapes/s.ttl": "@prefix sh: <http://www.w3.org/ns/shacl#> . @prefix ex: <https://example.org/> .\n"
    "ex:S sh:targetClass ex:C ; sh:property ex:P ; sh:sparql ex:Q . ex:P sh:path ex:p ; sh:minCount 1 .\n"
    'ex:Q sh:select "SELECT $this ?value { $this <https://example.org/p> ?value FILTER (?value > 2) }" .\n',
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    (tmp_path / "ontology").mkdir()
    for name in ("context.jsonld", "identifiers.yaml"):
        shutil.copy(packaged_root() / "ontology" / name, tmp_path / "ontology")
    return tmp_path


def run(folder: Path) -> list[str]:
    """One run with memory; the rules and things that it told about."""
    project = Project.open(folder)
    loaded = load(project, cache=folder / ".gbvkg")
    report = validate(loaded.dataset, previous=Memory(folder / ".gbvkg", loaded))
    full = validate(load(project).dataset)
    assert report == full
    return sorted(f"{short(f.rule)} {f.focus[-1]}" for f in report.findings)


@pytest.fixture
def spy(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Which way each run with memory took."""
    ways: list[str] = []

    def watched(way: Callable[..., Outcome]) -> Callable[..., Outcome]:
        def judge(*given: Any) -> Outcome:
            ways.append(way.__name__)
            return way(*given)

        return judge

    for way in (judge_all, judge_again):
        monkeypatch.setattr(f"gbvkg.validation.{way.__name__}", watched(way))
    return ways


def test_a_second_run_remembers(folder: Path, spy: list[str]) -> None:
    """The first run judges everything; the next ones what changed, added and removed files included."""
    assert run(folder) == ["P 2", "Q 1"]
    (folder / "data/b.ttl").write_text(
        "<https://example.org/id/a/2> a <https://example.org/C> ; <https://example.org/p> 4 .\n"
    )
    assert run(folder) == ["Q 1", "Q 2"]
    (folder / "data/a.ttl").unlink()
    assert run(folder) == ["Q 2"]
    (folder / "data/c.ttl").write_text("<https://example.org/id/a/3> a <https://example.org/C> .\n")
    assert run(folder) == ["P 3", "Q 2"]
    assert run(folder) == ["P 3", "Q 2"]
    with_memory = [way for i, way in enumerate(spy) if i % 2 == 0]
    assert with_memory == ["judge_all", "judge_again", "judge_again", "judge_again", "judge_again"]


def damage_text(path: Path) -> None:
    path.write_text(path.read_text("utf-8").replace("example", "elpmaxe", 1), "utf-8")


def damage_bytes(path: Path) -> None:
    path.write_bytes(b"\xff\x00")


def damage_cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-9])


def damage_type(path: Path) -> None:
    path.write_text(json.dumps(["not", "an", "object"]))


def damage_gone(path: Path) -> None:
    path.unlink()


@pytest.mark.parametrize("damage", [damage_text, damage_bytes, damage_cut, damage_type, damage_gone])
def test_a_damaged_memory_means_a_full_run(folder: Path, spy: list[str], damage) -> None:  # type: ignore[no-untyped-def]
    """Whatever happens to the file, the findings are right and the next run has a good one again."""
    run(folder)
    damage(folder / ".gbvkg" / memory.NAME)
    assert run(folder) == ["P 2", "Q 1"]
    run(folder)
    assert spy[::2] == ["judge_all", "judge_all", "judge_again"]


def test_other_shapes_mean_a_full_run(folder: Path, spy: list[str]) -> None:
    """Results of other rules are of no use."""
    run(folder)
    path = folder / "shapes/s.ttl"
    path.write_text(path.read_text("utf-8").replace("> 2", "> 3"), "utf-8")
    assert run(folder) == ["P 2"]
    assert spy[::2] == ["judge_all", "judge_all"]


def test_a_memory_of_other_sources_is_not_used(folder: Path, spy: list[str]) -> None:
    """A memory that belongs to another reading than the cache speaks of proves nothing."""
    run(folder)
    kept = (folder / ".gbvkg" / memory.NAME).read_bytes()
    (folder / "data/b.ttl").unlink()
    run(folder)
    (folder / ".gbvkg" / memory.NAME).write_bytes(kept)
    (folder / "data/a.ttl").write_text("<https://example.org/id/a/1> a <https://example.org/C> .\n")
    assert run(folder) == ["P 1"]
    assert spy[::2] == ["judge_all", "judge_again", "judge_all"]


def test_a_folder_that_cannot_be_written_is_no_error(folder: Path) -> None:
    """Memory saves time; a run without it is as good."""
    project = Project.open(folder)
    loaded = load(project)
    (folder / "file").write_text("in the way")
    assert validate(loaded.dataset, previous=Memory(folder / "file", loaded)) == validate(loaded.dataset)


def test_memory_is_text(folder: Path) -> None:
    """What is kept is JSON: reading it runs no code, and a person can look at it."""
    run(folder)
    kept = json.loads((folder / ".gbvkg" / memory.NAME).read_text("utf-8"))
    assert set(json.loads(kept["said"])) == {"core", "queries", "terms"}
    shutil.rmtree(folder / ".gbvkg")
    assert run(folder) == ["P 2", "Q 1"]
