"""Every named query and every check query against its cases: data in, expected rows out.

A case of a query is ``cases/queries/<name>/<case>/`` with ``data.ttl``, ``expected.csv`` and, if the query
gets parameters, ``params.json``. A line ``# distractor: <reference>`` in the data names a thing that must
not be in the answer. A case of a check is ``cases/hygiene/<name>/``: ``mutant.ttl``, whose first line names
what must be found, and ``clean.ttl``.
"""

from __future__ import annotations

import csv
import io
import json
import random
import re
from pathlib import Path

import pytest
import rdflib
from pyoxigraph import NamedNode, Quad, RdfFormat, Store, parse

from gbvkg.project import Project
from gbvkg.queries import Catalogue, read_checks
from gbvkg.vocabulary import BASE, prefixes

CASES = Path(__file__).parent / "cases"
FOLDERS = sorted(path.parent for path in (CASES / "queries").glob("*/*/data.ttl"))
PROJECT = Project.open()
CATALOGUE = Catalogue(PROJECT)
CHECKS = {check.query.name: check for check in read_checks(PROJECT)}
GRAPH = NamedNode(f"{BASE}id/graph/case")


def quads(path: Path) -> list[Quad]:
    triples = parse(path=str(path), format=RdfFormat.TURTLE, base_iri=None)
    return [Quad(t.subject, t.predicate, t.object, GRAPH) for t in triples]


def store(rows: list[Quad]) -> Store:
    made = Store()
    for row in rows:  # one by one: the order of insertion is what a test varies
        made.add(row)
    return made


def parameters(case: Path) -> dict[str, str]:
    path = case / "params.json"
    return json.loads(path.read_text("utf-8")) if path.exists() else {}


def expected(case: Path) -> list[list[str]]:
    return list(csv.reader(io.StringIO((case / "expected.csv").read_text("utf-8"), newline="")))


def name_of(case: Path) -> str:
    return f"{case.parent.name}/{case.name}"


def distractors(case: Path) -> list[str]:
    text = (case / "data.ttl").read_text("utf-8")
    return [f"{BASE}id/{reference}" for reference in re.findall(r"^# distractor: (\S+)", text, re.MULTILINE)]


def test_every_query_has_its_cases_and_every_case_its_query() -> None:
    """A query without a case, a case without a query, and a folder that holds no case all fail."""
    assert {case.parent.name for case in FOLDERS} == set(CATALOGUE.names())
    assert set(FOLDERS) == {path for path in (CASES / "queries").glob("*/*") if path.is_dir()}


def test_every_check_has_its_cases_and_every_case_its_check() -> None:
    """A check without a mutant has never been seen to fire."""
    found = {path.name for path in (CASES / "hygiene").iterdir()}
    assert found == set(CHECKS)
    for folder in (CASES / "hygiene").iterdir():
        assert {path.name for path in folder.iterdir()} == {"mutant.ttl", "clean.ttl"}


def test_all_thirty_competency_questions_are_answered() -> None:
    """CQ1 to CQ30 each have exactly one query, in the folder of that name."""
    numbers = [
        CATALOGUE.get(name).answers for name in CATALOGUE.names() if CATALOGUE.get(name).topic == "competency"
    ]
    assert sorted(numbers) == sorted(f"CQ{n}" for n in range(1, 31))


@pytest.mark.parametrize("case", FOLDERS, ids=name_of)
def test_a_query_gives_the_expected_rows_in_order(case: Path) -> None:
    """The answer is the expected CSV, row for row, whatever order the data came in."""
    rows = quads(case / "data.ttl")
    for seed in (None, 1, 2):
        if seed:
            random.Random(seed).shuffle(rows)
        result = CATALOGUE.run(case.parent.name, store(rows), parameters(case))
        assert list(csv.reader(io.StringIO(result.serialize("csv"), newline=""))) == expected(case)


@pytest.mark.parametrize("case", FOLDERS, ids=name_of)
def test_a_case_holds_something_that_must_not_appear(case: Path) -> None:
    """A query that returns all there is would fail: each case has a thing in the data that the answer
    leaves out.
    """
    assert len(expected(case)) > 1
    assert distractors(case)
    present = {getattr(term, "value", "") for quad in quads(case / "data.ttl") for term in quad}
    answered = {cell for row in expected(case) for cell in row}
    for iri in distractors(case):
        assert iri in present
        assert iri not in answered


@pytest.mark.parametrize("case", FOLDERS, ids=name_of)
def test_another_engine_gives_the_same_rows(case: Path) -> None:
    """The text that is bound is plain SPARQL 1.1: rdflib answers as pyoxigraph does, numbers compared as
    numbers.
    """
    query = CATALOGUE.get(case.parent.name)
    answer = rdflib.Graph().parse(case / "data.ttl").query(query.bind(parameters(case)))
    found = answer.graph if query.form == "CONSTRUCT" else answer
    rows = [["" if cell is None else str(cell) for cell in row] for row in found]  # type: ignore[union-attr]
    assert sorted(map(_numeric, rows)) == sorted(map(_numeric, expected(case)[1:]))


def _numeric(row: list[str]) -> list[str]:
    return [str(float(cell)) if re.fullmatch(r"-?\d+(\.\d+)?", cell) else cell for cell in row]


@pytest.mark.parametrize("name", sorted(CHECKS))
def test_a_check_finds_its_mutant_and_nothing_in_clean_data(name: str) -> None:
    """The mutant's first line names every thing that is found, and no other is; clean data gives no
    finding.
    """
    folder, check = CASES / "hygiene" / name, CHECKS[name]
    first = (folder / "mutant.ttl").read_text("utf-8").splitlines()[0]
    wanted = {
        ref if ref.startswith("http") else f"{BASE}id/{ref}"
        for ref in first.removeprefix("# fires: ").split()
    }
    findings = check.findings(store(quads(folder / "mutant.ttl")))
    assert {finding.focus for finding in findings} == wanted
    for finding in findings:
        assert "{?" not in finding.message["nl"] + finding.message["en"]
    assert check.findings(store(quads(folder / "clean.ttl"))) == []


def test_namespace_drift_knows_every_namespace_of_the_table() -> None:
    """A prefix added to the table is added, with the wrong scheme, to the check that guards it."""
    text = CHECKS["namespace-drift"].query.text
    known = set(re.findall(r'^    \("[^"]+" "([^"]+)"\)$', text, re.MULTILINE))
    flip = {"http": "https", "https": "http"}
    wrong = {re.sub(r"^https?", lambda scheme: flip[scheme[0]], ns) for ns in prefixes().values()}
    assert known == wrong
    first = re.search(r'REGEX\(STR\(\?value\), "\^\(([^"]+)\)/"\)', text)
    assert first
    assert set(first[1].split("|")) == {re.sub(r"^(https?://[^/]+)/.*", r"\1", ns) for ns in wrong}
