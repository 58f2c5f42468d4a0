"""The project folder as one dataset: named graphs, order, places, references, and the cache of readings."""

from __future__ import annotations

import gc
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import rdflib
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyoxigraph import BlankNode, Literal, NamedNode

from gbvkg import graph
from gbvkg.project import Project
from gbvkg.sources import files
from gbvkg.sources.cache import NAME
from gbvkg.sources.statement import Place, Statement
from gbvkg.vocabulary import BASE

ROOT = Path(__file__).parent.parent
OWN = "https://example.org/zaken/id/"
LABEL = NamedNode("http://www.w3.org/2000/01/rdf-schema#label")
DATASET = f'type: Dataset\nid: dataset/zaken\nuriSpace: {OWN}\nversion: "2026.1"\nissued: 2026-11-22\n'
PLAN = "type: ActionPlan\nnotation: zaak\nlabel: {nl: Een plan, en: A plan}\n"
FICHE = "type: Action\nnumber: 7\nactionOf: plan/zaak\naddressesForm: [SG]\n"
TURTLE = """\
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
<concept/eigen/a> a skos:Concept ;
    skos:notation "a" .
"""


@pytest.fixture(scope="module")
def real() -> graph.Loaded:
    return graph.load(Project.open(ROOT))


@pytest.fixture
def project(tmp_path: Path) -> Project:
    root = tmp_path / "project"
    write(root, "data/dataset.yaml", DATASET)
    write(root, "data/plans/zaak/plan.yaml", PLAN)
    write(root, "data/plans/zaak/fiches/7.yaml", FICHE)
    write(root, "data/links/eigen.ttl", TURTLE)
    return Project.open(root)


def write(root: Path, name: str, text: str) -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")


def rules(loaded: graph.Loaded) -> list[str]:
    return [finding.rule.rpartition("#")[2] for finding in loaded.findings]


def own(loaded: graph.Loaded) -> list[Statement]:
    return [s for s in loaded.dataset.statements if s.place.file.startswith("data/")]


# --- the real project ---------------------------------------------------------------------------------------


def test_real_project_has_no_reading_fault(real: graph.Loaded) -> None:
    """Every file of the packaged project is read, and everything that it refers to exists."""
    assert [f"{f.place} {f.message['en']}" for f in real.findings] == []


def test_every_folder_has_its_named_graph(real: graph.Loaded) -> None:
    """One graph per plan, per code list, and per other folder (DESIGN §3)."""
    plans = {f"plan/{path.name}" for path in (ROOT / "data" / "plans").iterdir()}
    lists = {f"code-list/{path.stem}" for path in (ROOT / "ontology" / "code-lists").glob("*.ttl")}
    names = {node.value.removeprefix(f"{BASE}id/graph/") for node in real.dataset.graphs()}
    assert plans | lists | {"ontology", "alignments", "government", "sources", "dataset"} <= names


def test_no_blank_nodes(real: graph.Loaded) -> None:
    """Nothing in the dataset is without an IRI."""
    assert not [s for s in real.dataset.statements if any(isinstance(term, BlankNode) for term in s[:3])]


def test_every_statement_has_file_line_and_column(real: graph.Loaded) -> None:
    """From YAML, Turtle or a table: a statement knows where it was written."""
    for statement in real.dataset.statements:
        place = real.dataset.exact_place(statement)
        assert place.line, statement
        assert place.column, statement
        assert (ROOT / place.file).is_file()


def test_no_statement_is_said_twice(real: graph.Loaded) -> None:
    """A quad is in the dataset once, so that counts of statements are counts of quads."""
    quads = [statement[:4] for statement in real.dataset.statements]
    assert len(quads) == len(set(quads))


def test_store_and_rdflib_hold_the_same(real: graph.Loaded) -> None:
    """The store has every quad with its graph; rdflib the union, with lexical forms as written."""
    assert len(real.dataset.store()) == len(real.dataset.statements)
    assert real.dataset.store() is real.dataset.store()
    union = real.dataset.rdflib()
    assert len(union) == len({statement[:3] for statement in real.dataset.statements})
    for statement in real.dataset.statements:
        if isinstance(statement.object, Literal) and statement.object.datatype.value.endswith("#decimal"):
            literal = rdflib.Literal(statement.object.value, datatype=rdflib.XSD.decimal, normalize=False)
            assert (rdflib.URIRef(statement.subject.value), None, literal) in union


def test_same_input_same_statements() -> None:
    """Neither the run nor the hash seed changes the order of a statement."""
    script = "from gbvkg import graph; from gbvkg.project import Project; import hashlib; " + (
        "print(hashlib.sha256(repr(graph.load(Project.open()).dataset.statements).encode()).hexdigest())"
    )
    digests = {
        subprocess.run(
            [sys.executable, "-c", script],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)},
        ).stdout
        for seed in ("1", "2")
    }
    assert len(digests) == 1


def test_start_is_cheap() -> None:
    """Importing and loading needs none of the heavy libraries."""
    script = (
        "import sys; from gbvkg import graph; from gbvkg.project import Project; graph.load(Project.open()); "
        + ("print(sorted({'rdflib', 'pyshacl', 'owlready2', 'fastapi', 'pyld'} & set(sys.modules)))")
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert done.stdout.strip() == "[]"


def test_collection_is_only_paused() -> None:
    """Loading leaves the garbage collector as it found it, also after an error."""
    assert gc.isenabled()
    with pytest.raises(ZeroDivisionError):
        graph.load(Project.open(ROOT), lambda done, total, name: divmod(done, 0) and None)
    assert gc.isenabled()


# --- a small project ----------------------------------------------------------------------------------------


def test_small_project_is_read_whole(project: Project) -> None:
    """The project's own files, over the packaged ontology and code lists."""
    loaded = graph.load(project)
    assert loaded.findings == []
    assert {s.graph.value.removeprefix(f"{OWN}graph/") for s in own(loaded)} == {
        "dataset",
        "plan/zaak",
        "links",
    }
    assert f"{BASE}id/graph/code-list/violence-form" in {node.value for node in loaded.dataset.graphs()}
    assert loaded.changed is None


def test_place_of_object_predicate_and_subject(project: Project) -> None:
    """The most precise place that there is; None for what nothing is said about."""
    dataset = graph.load(project).dataset
    plan = NamedNode(f"{OWN}plan/zaak")
    concept = NamedNode(f"{OWN}concept/eigen/a")
    notation = NamedNode("http://www.w3.org/2004/02/skos/core#notation")
    assert dataset.place(plan, LABEL, Literal("A plan", language="en")) == (
        "data/plans/zaak/plan.yaml",
        3,
        27,
    )
    assert dataset.place(plan, LABEL, Literal("?", language="en")) == ("data/plans/zaak/plan.yaml", 3, 13)
    assert dataset.place(plan, notation) == ("data/plans/zaak/plan.yaml", 2, 11)
    assert dataset.place(plan, NamedNode("urn:x:none")) == ("data/plans/zaak/plan.yaml", 1, 7)
    assert dataset.place(concept, notation) == ("data/links/eigen.ttl", 3, 19)
    assert dataset.place(NamedNode("urn:x:none")) is None


def test_with_statements_leaves_the_dataset_alone(project: Project) -> None:
    """A dataset with more is another dataset; places in Turtle still work in it."""
    dataset = graph.load(project).dataset
    size = len(dataset.statements)
    concept = NamedNode(f"{OWN}concept/eigen/a")
    extra = Statement(
        concept, LABEL, Literal("x"), NamedNode(f"{OWN}graph/inferred"), Place("data/links/eigen.ttl")
    )
    more = dataset.with_statements([extra])
    assert (len(dataset.statements), len(more.statements), len(more.store())) == (size, size + 1, size + 1)
    assert more.place(concept) == ("data/links/eigen.ttl", 2, 21)


def test_files_are_read_in_the_order_of_their_names(project: Project) -> None:
    """Folder by folder, whatever order the file system has."""
    write(project.root, "data/plans/zaak-2/plan.yaml", PLAN.replace("zaak", "zaak-2"))
    write(project.root, "data/plans/README.md", "Voor mensen.")
    write(project.root, "data/plans/.verborgen.yaml", "niets: niets")
    names = [file.shown for file in graph.data_files(project)]
    assert names == [
        "data/dataset.yaml",
        "data/links/eigen.ttl",
        "data/plans/zaak/fiches/7.yaml",
        "data/plans/zaak/plan.yaml",
        "data/plans/zaak-2/plan.yaml",
    ]


def test_what_is_read_is_what_a_release_accounts_for(project: Project) -> None:
    """One walk for both: every folder but the hidden ones, whatever its name; deep ones without a crash."""
    write(project.root, "data/__pycache__/a.yaml", PLAN)
    write(project.root, "data/.git/a.yaml", PLAN)
    deep = project.data
    for _ in range(400):
        deep = deep / "d"
        deep.mkdir()
    (deep / "LICENSE").touch()
    found = {path.relative_to(project.root).as_posix() for path in files.data_files(project.data)}
    assert {file.shown for file in graph.data_files(project)} <= found
    assert "data/__pycache__/a.yaml" in {file.shown for file in graph.data_files(project)}
    assert deep.relative_to(project.root).as_posix() + "/LICENSE" in found
    assert not any("/.git/" in name for name in found)


def test_progress_counts_every_file(project: Project) -> None:
    """Called once per file, the last time with all done."""
    calls: list[tuple[int, int, str]] = []
    graph.load(project, lambda done, total, name: calls.append((done, total, name)))
    assert [done for done, _, _ in calls] == list(range(1, len(calls) + 1))
    assert calls[-1][0] == calls[-1][1]


# --- references ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        (
            "data/plans/zaak/fiches/8.yaml",
            FICHE.replace("7", "8").replace("plan/zaak", "plan/zaag"),
            '"plan/zaak"',
        ),
        (
            "data/plans/zaak/fiches/8.yaml",
            FICHE.replace("7", "8").replace("SG", "SQ"),
            'u "SG" (seksueel geweld)?',
        ),
        ("data/links/b.ttl", f"<x/y> <{BASE}ns#adressesForm> <plan/zaak> .", "ns#addressesForm"),
        ("data/links/b.ttl", f"<x/y> a <{BASE}ns#Acton> .", "ns#Action"),
        (
            "data/links/b.ttl",
            f"<x/y> <{BASE}ns#waivesRule> <{BASE}ns/shapes#ReadingSintax> .",
            "ReadingSyntax",
        ),
    ],
)
def test_reference_to_nothing(project: Project, name: str, text: str, words: str) -> None:
    """A thing, a code, a term or a rule that no file describes is named, with the nearest that one does."""
    write(project.root, name, text)
    found = [f for f in graph.load(project).findings if f.rule.endswith("#ReadingUnknownReference")]
    assert len(found) == 1
    assert words in found[0].message["nl"]
    assert found[0].place is not None
    assert (found[0].place.file, bool(found[0].place.line)) == (name, True)


def test_reference_across_files_and_to_a_rule_exists(project: Project) -> None:
    """What another file or a shape file describes may be referred to."""
    write(project.root, "data/links/b.ttl", f"<x/y> <{BASE}ns#waivesRule> <{BASE}ns/shapes#ReadingSyntax> .")
    assert rules(graph.load(project)) == []


def test_same_number_in_two_files(project: Project) -> None:
    """The second names the place of the first."""
    write(project.root, "data/plans/zaak/fiches/extra/7.yaml", FICHE)
    found = [f for f in graph.load(project).findings if f.rule.endswith("DuplicateIdentifier")]
    assert [f.place for f in found] == [("data/plans/zaak/fiches/extra/7.yaml", 2, 9)]
    assert "data/plans/zaak/fiches/7.yaml:1:1" in found[0].message["nl"]


@pytest.mark.parametrize(
    ("name", "number", "free"),
    [("8", "7", "8"), ("extra/7", "7", "1"), ("9", "07", ""), ("copy", "7", "1")],
)
def test_a_number_that_is_taken_gets_a_free_one(project: Project, name: str, number: str, free: str) -> None:
    """That of the file when its name is one, else the lowest that no action and no file of the plan has."""
    write(project.root, f"data/plans/zaak/fiches/{name}.yaml", FICHE.replace("7", number))
    found = [f for f in graph.load(project).findings if f.rule.endswith("DuplicateIdentifier")]
    assert [f"zoals {free}." in f.message["nl"] for f in found] == ([True] if free else [])


def test_a_free_number_is_not_that_of_a_fiche_that_cannot_be_read(project: Project) -> None:
    """Its file promises an action, whatever it says now."""
    write(project.root, "data/plans/zaak/fiches/1.yaml", "*")
    write(project.root, "data/plans/zaak/fiches/copy.yaml", FICHE)
    found = [f for f in graph.load(project).findings if f.rule.endswith("DuplicateIdentifier")]
    assert ["like 2." in f.message["en"] for f in found] == [True]


def test_a_wrong_source_that_parts_inherit_is_one_finding(project: Project) -> None:
    """The others wait, and still silence what follows from them."""
    lead = "lead:\n  - {type: LeadResponsibility, key: a}\n  - {type: LeadResponsibility, key: b}\n"
    write(project.root, "data/plans/zaak/fiches/7.yaml", FICHE + "source: source/zaag\n" + lead)
    loaded = graph.load(project)
    assert rules(loaded) == ["ReadingUnknownReference"]
    assert len({f.focus for f in loaded.deferred}) == 2


def test_the_text_of_a_source_that_cannot_be_read_is_no_stray_file(project: Project) -> None:
    """It is the text of a thing whose own file is refused; that is told."""
    write(project.root, "data/sources/nota.txt", "De tekst.")
    assert rules(graph.load(project)) == ["ReadingUnknownFile"]
    write(project.root, "data/sources/nota.yaml", "*")
    assert rules(graph.load(project)) == ["ReadingSyntax"]


def test_what_a_mapping_links_is_not_described_by_it(project: Project) -> None:
    """A mistyped subject is told at its cell, with the nearest right value."""
    text = (ROOT / "data/links/sdg.sssom.tsv").read_text("utf-8")
    row = next(line for line in text.splitlines() if "gbvkg:concept/violence-form/SG\t" in line)
    head = text[: text.index(row)].splitlines()
    kept = [line for line in head if line.startswith("#") or line.startswith("mapping_id")]
    wrong = row.replace("violence-form/SG\t", "violence-form/SGX\t")
    write(project.root, "data/links/sdg.sssom.tsv", "\n".join([*kept, wrong]) + "\n")
    found = [f for f in graph.load(project).findings if "SGX" in f.value]
    assert [f.rule.rpartition("#")[2] for f in found] == ["ReadingUnknownReference"]
    assert 'Did you mean "https://w3id.org/gbvkg/id/concept/violence-form/SG' in found[0].message["en"]


FICHE_8 = "data/plans/zaak/fiches/8.yaml"
SCHEME = "http://www.w3.org/2004/02/skos/core#Concept"


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("data/x.yaml", "id: action/zaak/99\nlabel: {nl: a}\n", ["ReadingMissingKey"]),
        ("data/x.yaml", "id: https://example.org/x\n", ["ReadingMissingKey"]),
        ("data/x.yaml", "id: plan/zaak\nseeAlso: https://example.org/\n", []),
        ("data/x.yaml", "id: concept/eigen/a\nseeAlso: https://example.org/\n", []),
        ("data/x.yaml", f"id: x/y\ntype: {SCHEME}\n", []),
        ("data/x.yaml", f"id: x/y\ntype: {BASE}ns#Objective\n", []),
        ("data/x.yaml", "id: x/y\ntype: [Concept, https://evil.example/Thing]\n", ["ReadingUnknownType"]),
        ("data/x.yaml", "id: x/y\ntype: https://evil.example/Thing\n", ["ReadingUnknownType"]),
        ("data/x.yaml", "id: x/y\ntype: owl:NamedIndividual\n", ["ReadingUnknownType"]),
        ("data/x.yaml", "id: x/y\ntype: https://example.org/Mine\n", ["ReadingUnknownType"]),
        ("data/x.yaml", "id: x/strange\nlabel: {nl: a}\n", ["ReadingMissingKey"]),
        ("data/x.yaml", "id: x/y\ntype: Concept\nseeAlso: {id: x/z, name: a}\n", ["ReadingMissingKey"]),
        ("data/x.yaml", "id: x/y\ntype: Concept\nseeAlso: {id: plan/zaak}\n", []),
        ("data/x.yaml", "id: plan/zaak/8\ntype: Action\n", ["ReadingBadIri"]),
        ("data/x.yaml", "id: action/zaak/8\ntype: Organization\n", ["ReadingBadIri"]),
        ("data/x.yaml", "id: action/zaak/8\ntype: Action\n", []),
        (FICHE_8, FICHE.replace("7", "8"), []),
        (FICHE_8, "id: action/zaak/8\ntype: Action\n", []),
        (FICHE_8, "id: action/zaak/9\ntype: Action\n", ["ReadingFileName"]),
        (FICHE_8, "id: x/y\ntype: Concept\n", ["ReadingFileName"]),
        (FICHE_8, "type: ActionPlan\nnotation: ander\n", ["ReadingFileName"]),
        (FICHE_8, "id: plan/zaak\nseeAlso: https://example.org/\n", ["ReadingFileName"]),
    ],
)  # fmt: skip
def test_no_thing_escapes_the_rules(project: Project, name: str, text: str, expected: list[str]) -> None:
    """A thing has a class of the ontology, an IRI of its kind, and the place that the path promises."""
    declared = "<https://example.org/Mine> a <http://www.w3.org/2002/07/owl#Class> .\n"
    write(project.root, "data/klassen.ttl", declared + "<x/strange> a <https://example.org/Mine> .")
    write(project.root, name, text)
    assert rules(graph.load(project)) == expected


def test_many_unknown_references_stay_cheap(project: Project) -> None:
    """Each is found, and the search for the nearest does not grow with the square of their number."""
    lines = "".join(f"<x/{n:05}> <urn:x:p> <y/{n:05}> .\n<y/z{n:05}> <urn:x:p> 1 .\n" for n in range(2_000))
    write(project.root, "data/links/b.ttl", lines)
    assert rules(graph.load(project)) == ["ReadingUnknownReference"] * 2_000


# --- the cache ----------------------------------------------------------------------------------------------


def same(one: graph.Loaded, other: graph.Loaded) -> bool:
    return one.dataset.statements == other.dataset.statements and one.findings == other.findings


def test_cache_changes_nothing_but_the_time(project: Project, tmp_path: Path) -> None:
    """First and later runs with a cache give what a run without one gives, findings included."""
    write(project.root, "data/plans/zaak/fiches/8.yaml", FICHE.replace("7", "8") + "foutje: 1\n")
    plain = graph.load(project)
    first = graph.load(project, cache=tmp_path / "cache")
    second = graph.load(project, cache=tmp_path / "cache")
    assert same(plain, first)
    assert same(plain, second)
    assert (first.changed, first.previous_state) == (None, "")
    assert (second.changed, second.previous_state) == (frozenset(), first.state)
    assert first.state == second.state != ""


def test_cache_tells_what_changed(project: Project, tmp_path: Path) -> None:
    """Edited, new and removed files are named, with what the old ones said."""
    before = graph.load(project, cache=tmp_path / "cache")
    write(project.root, "data/plans/zaak/plan.yaml", PLAN + "startDate: 2026-01-01\n")
    write(project.root, "data/plans/zaak/fiches/8.yaml", FICHE.replace("7", "8"))
    (project.root / "data/links/eigen.ttl").unlink()
    after = graph.load(project, cache=tmp_path / "cache")
    assert after.changed == frozenset(
        {"data/plans/zaak/plan.yaml", "data/plans/zaak/fiches/8.yaml", "data/links/eigen.ttl"}
    )
    assert after.previous_state == before.state != after.state
    assert set(after.before) == {s for s in before.dataset.statements if s.place.file in after.changed}
    assert same(after, graph.load(project))


def test_cache_looks_at_the_description_of_a_table(project: Project, tmp_path: Path) -> None:
    """A table whose description changed says something else."""
    description = (
        '{"@context": "http://www.w3.org/ns/csvw", "url": "t.csv", "tableSchema": {"aboutUrl": "x/{k}", '
        + ('"columns": [{"name": "k", "propertyUrl": "dct:identifier"}]}}')
    )
    write(project.root, "data/links/t.csv", "k\na\n")
    write(project.root, "data/links/t.csv-metadata.json", description)
    graph.load(project, cache=tmp_path / "cache")
    write(project.root, "data/links/t.csv-metadata.json", description.replace("dct:identifier", "dct:title"))
    after = graph.load(project, cache=tmp_path / "cache")
    assert after.changed == frozenset({"data/links/t.csv"})
    assert same(after, graph.load(project))


def test_other_identifiers_empty_the_cache(project: Project, tmp_path: Path) -> None:
    """What decides how everything is read is part of the key."""
    shutil.copytree(ROOT / "ontology", project.root / "ontology")
    graph.load(project, cache=tmp_path / "cache")
    table = project.root / "ontology" / "identifiers.yaml"
    table.write_text(table.read_text("utf-8").replace("{kind: action,", "{kind: actie,"), "utf-8")
    after = graph.load(project, cache=tmp_path / "cache")
    assert (after.changed, after.before, after.previous_state) == (None, [], "")
    assert same(after, graph.load(project))


@pytest.mark.parametrize("damage", ["garbage", "empty", "row"])
def test_damaged_cache_costs_time_only(project: Project, tmp_path: Path, damage: str) -> None:
    """A cache that cannot be read is made anew; a row that cannot be read is read from its file."""
    folder = tmp_path / "cache"
    graph.load(project, cache=folder)
    if damage == "row":
        base = sqlite3.connect(folder / NAME)
        base.execute("UPDATE reading SET said = '{\"terms\": [1]}'")
        base.commit()
        base.close()
    else:
        (folder / NAME).write_bytes(b"geen databank" * 500 if damage == "garbage" else b"")
    mended = graph.load(project, cache=folder)
    assert same(mended, graph.load(project))
    assert mended.changed is None, "what the run before read is not known any more"
    assert graph.load(project, cache=folder).changed == frozenset()


@pytest.mark.parametrize("column", ["digest", "said", "seal"])
def test_an_edited_row_is_not_believed(project: Project, tmp_path: Path, column: str) -> None:
    """A row is sealed as a whole: what was changed in it counts as absent."""
    folder = tmp_path / "cache"
    graph.load(project, cache=folder)
    base = sqlite3.connect(folder / NAME)
    base.execute(f"UPDATE reading SET {column} = replace(replace({column}, 'A plan', 'A ruse'), 'a', 'b')")
    base.commit()
    base.close()
    assert same(graph.load(project, cache=folder), graph.load(project))


OBSTACLES: dict[str, tuple[str, Callable[[Path], object]]] = {
    "folder is a file": ("", Path.touch),
    "folder is a link": ("", lambda path: path.symlink_to("elsewhere")),
    "folder is a link to nothing": ("", lambda path: path.symlink_to("nowhere/at/all")),
    "folder is a pipe": ("", os.mkfifo),
    "cache is a folder": (NAME, Path.mkdir),
    "cache is a link": (NAME, lambda path: path.symlink_to("../elsewhere/file")),
    "cache is a link to nothing": (NAME, lambda path: path.symlink_to("../elsewhere/new")),
    "cache is a pipe": (NAME, os.mkfifo),
    "journal is a link": (f"{NAME}-journal", lambda path: path.symlink_to("../elsewhere/new")),
}


@pytest.mark.parametrize("obstacle", sorted(OBSTACLES))
def test_a_cache_that_cannot_be_used_is_done_without(project: Project, tmp_path: Path, obstacle: str) -> None:
    """No crash, no waiting, and nothing is written where a link leads."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "file").write_bytes(b"keep")
    name, put = OBSTACLES[obstacle]
    if name:
        (tmp_path / "cache").mkdir()
    put(tmp_path / "cache" / name)
    for _ in range(2):
        loaded = graph.load(project, cache=tmp_path / "cache")
        assert same(loaded, graph.load(project))
        assert loaded.changed is None
    assert [(path.name, path.read_bytes()) for path in elsewhere.iterdir()] == [("file", b"keep")]


def test_damaged_pages_cost_time_only(project: Project, tmp_path: Path) -> None:
    """Wherever the file is damaged, what is read is right."""
    folder = tmp_path / "cache"
    graph.load(project, cache=folder)
    whole = (folder / NAME).read_bytes()
    plain = graph.load(project)
    for start in range(0, len(whole), max(len(whole) // 12, 1)):
        (folder / NAME).write_bytes(whole[:start] + b"\xa5" * 600 + whole[start + 600 :])
        assert same(graph.load(project, cache=folder), plain)
        (folder / NAME).write_bytes(whole[:start])
        assert same(graph.load(project, cache=folder), plain)


@pytest.mark.parametrize("damaged", [False, True])
def test_a_cache_that_another_process_holds_is_left_alone(
    project: Project, tmp_path: Path, damaged: bool
) -> None:
    """The run reads everything, and the other process keeps its file."""
    folder = tmp_path / "cache"
    graph.load(project, cache=folder)
    path = folder / NAME
    script = (
        "import sqlite3, sys; base = sqlite3.connect(sys.argv[1]); base.execute('BEGIN EXCLUSIVE'); "
        + "print('held', flush=True); sys.stdin.read()"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", script, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        if damaged:
            with path.open("r+b") as stream:
                stream.write(b"no database at all")
        inode = path.stat().st_ino
        assert same(graph.load(project, cache=folder), graph.load(project))
        assert path.stat().st_ino == inode
        assert holder.stdin is not None
        holder.stdin.close()
    assert same(graph.load(project, cache=folder), graph.load(project))


def test_blank_nodes_of_the_ontology(project: Project) -> None:
    """They get IRIs; in a circle nothing tells them apart, and they are refused."""
    shutil.copytree(ROOT / "ontology", project.root / "ontology")
    write(project.root, "ontology/alignments/z.ttl", "<urn:x:a> <urn:x:p> [ <urn:x:q> ( 1 2 ) ] .")
    loaded = graph.load(project)
    assert rules(loaded) == []
    assert not any(isinstance(term, BlankNode) for s in loaded.dataset.statements for term in s[:3])
    write(project.root, "ontology/alignments/z.ttl", "_:a <urn:x:p> _:b . _:b <urn:x:p> _:a .")
    assert rules(graph.load(project)) == ["ReadingBlankNode"]


def test_file_that_cannot_be_read_is_not_remembered_as_said(project: Project, tmp_path: Path) -> None:
    """An unreadable file gives its finding in every run."""
    (project.root / "data/weg.yaml").symlink_to("nergens.yaml")
    for _ in range(3):
        loaded = graph.load(project, cache=tmp_path / "cache")
        assert rules(loaded) == ["ReadingUnreadable"]


_NAMES = [
    "data/plans/zaak/plan.yaml",
    "data/plans/zaak/fiches/7.yaml",
    "data/plans/zaak/fiches/8.yaml",
    "data/links/eigen.ttl",
]
_TEXTS = [PLAN, FICHE, FICHE.replace("7", "8"), TURTLE, "fout: [", "", None]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.lists(st.tuples(st.sampled_from(_NAMES), st.sampled_from(_TEXTS)), max_size=3), max_size=4)
)
def test_any_sequence_of_edits(
    tmp_path_factory: pytest.TempPathFactory, edits: list[list[tuple[str, str | None]]]
) -> None:
    """After whatever edits, a cached run equals a plain one, and ``before`` turns the old dataset into the
    new one, unless one of both leaves out what repeats an IRI."""
    root = tmp_path_factory.mktemp("bewerkt")
    write(root, "data/dataset.yaml", DATASET)
    project = Project.open(root)
    previous = graph.load(project, cache=root / "cache")
    for step in edits:
        for name, text in step:
            (root / name).unlink(missing_ok=True)
            if text is not None:
                write(root, name, text)
        loaded = graph.load(project, cache=root / "cache")
        assert same(loaded, graph.load(project))
        assert (loaded.changed is not None) == loaded.whole
        if loaded.changed is None or not previous.whole:  # nothing that was kept about it is believed
            previous = loaded
            continue
        kept = [s for s in previous.dataset.statements if s.place.file not in loaded.changed]
        assert kept == [s for s in loaded.dataset.statements if s.place.file not in loaded.changed]
        assert len(kept) + len(loaded.before) == len(previous.dataset.statements)
        previous = loaded
