"""Publishing a small project: the gate, what a release holds, and that it only depends on its sources."""

from __future__ import annotations

import csv
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import small_project
import yaml
from pyld import jsonld
from pyoxigraph import NamedNode, Quad, RdfFormat, parse

from gbvkg import __version__, formats, graph, release
from gbvkg.errors import (
    AlreadyPublished,
    GateClosed,
    ProjectError,
    ReleaseBusy,
    ReleaseCorrupt,
    ReleaseError,
    VersionExists,
    VersionNotNewer,
)
from gbvkg.findings import Severity
from gbvkg.project import Project
from gbvkg.release import folder
from gbvkg.release.inputs import read_inputs
from gbvkg.release.publication import STAGES
from gbvkg.release.used import read_used
from gbvkg.release.writers import WRITERS
from gbvkg.validation import Report
from gbvkg.vocabulary import expand, packaged_root

SMALL = "https://small.example/id"


@pytest.fixture
def releases(small_releases: Path) -> Path:
    """Two releases: 2026.1, and 2026.2 with another title."""
    return small_releases


def quads(path: Path) -> set[Quad]:
    return set(parse(path=str(path / "dataset.nq"), format=RdfFormat.N_QUADS))


def test_a_release_holds_what_is_promised(releases: Path) -> None:
    """Every part, and nothing else; a first release has no difference."""
    expected = {
        *(f"dataset.{name}{end}" for name in WRITERS for end in ("", ".gz", ".zst")),
        "context.jsonld", "csv", "store", "store.json", "validation", "queries", "inputs", "manifest.json",
    }  # fmt: skip
    assert {path.name for path in (releases / "2026.1").iterdir()} == expected
    assert {path.name for path in (releases / "2026.2").iterdir()} == {*expected, "diff"}
    parts = {
        "csv": {
            "action-plans.csv", "actions.csv", "datasets.csv", "source-documents.csv", "waivers.csv",
            "metadata.json",
        },
        "validation": {"report.ttl", "findings.json", "findings.nl.html", "findings.en.html", "waivers.json"},
        "queries": {"index.json", "lineage.ttl", "titles.csv", "titles.json"},
        "diff": {"changes.nl.txt", "changes.en.txt", "changes.json", "changes.csv", "changes.ttl"},
        "inputs": {"index.json", "ontology", "shapes", "queries"},
    }  # fmt: skip
    for part, names in parts.items():
        assert {path.name for path in (releases / "2026.2" / part).iterdir()} == names


def test_the_manifest_tells_what_the_release_is(releases: Path) -> None:
    """Version and date from the data, counts per graph and severity, the release before it."""
    first, second = (release.verify(releases / version) for version in ("2026.1", "2026.2"))
    assert (second.version, second.issued, second.dataset) == (
        "2026.2",
        "2026-03-01",
        f"{SMALL}/dataset/small",
    )
    assert second.tool == f"gbvkg {__version__}"
    assert second.findings == {"violation": 0, "warning": 0, "info": 2, "waived": 1}
    assert sum(second.graphs.values()) == second.quads == len(quads(releases / "2026.2"))
    assert first.previous is None
    assert second.previous is not None
    assert second.previous["version"] == "2026.1"
    assert first.inputs != second.inputs


def test_the_named_graphs(releases: Path) -> None:
    """The sources' graphs and, made here: what rules infer, the provenance and the findings."""
    graphs = release.read_manifest(releases / "2026.1").graphs
    own = {graph.removeprefix(f"{SMALL}/graph/") for graph in graphs}
    assert own == {
        "dataset", "plan/p", "sources", "inferred", "provenance", "findings",
        "https://w3id.org/gbvkg/id/graph/ontology",
    }  # fmt: skip
    inferred = Quad(
        NamedNode(f"{SMALL}/action/p/1"),
        NamedNode(expand("dct:isReplacedBy")),
        NamedNode(f"{SMALL}/action/p/2"),
        NamedNode(f"{SMALL}/graph/inferred"),
    )
    assert inferred in quads(releases / "2026.1")


def values(rows: set[Quad], subject: str, predicate: str) -> set[str]:
    node, wanted = NamedNode(f"{SMALL}/{subject}"), NamedNode(expand(predicate))
    return {str(row.object) for row in rows if row.subject == node and row.predicate == wanted}


def test_provenance_leads_from_the_release_to_every_source(releases: Path) -> None:
    """The activity used exactly the input files, with the checksums of the index; no time, no machine."""
    rows = quads(releases / "2026.2")
    index = json.loads((releases / "2026.2/inputs/index.json").read_text())
    names = {row["name"]: row["sha256"] for row in index["inputs"]}
    assert {
        "data/plans/p/fiches/1.yaml",
        "ontology/gbv.ttl",
        "shapes/small.ttl",
        "queries/rules/R1.rq",
    } < names.keys()
    used = values(rows, "publication/2026.2", "prov:used")
    parts = {f"<{SMALL}/release/2026.2/used/{part}>" for part in PARTS}
    assert used == {f"<{SMALL}/release/2026.2/inputs/{name}>" for name in names} | parts
    for name, sha256 in names.items():
        checksum = values(rows, f"release/2026.2/inputs/{name}", "spdx:checksum")
        assert checksum == {f"<{SMALL}/checksum/sha256-{sha256}>"}
    assert values(rows, "release/2026.2", "prov:wasGeneratedBy") == {f"<{SMALL}/publication/2026.2>"}
    assert values(rows, "release/2026.2", "prov:wasRevisionOf") == {f"<{SMALL}/release/2026.1>"}
    assert values(rows, "release/2026.2", "dct:issued") == {
        '"2026-03-01"^^<http://www.w3.org/2001/XMLSchema#date>'
    }


PARTS = ("ontology", "shapes", "context", "queries")


def test_a_release_tells_what_it_was_made_with(releases: Path, tmp_path: Path) -> None:
    """Version and hash of ontology, shapes, context and queries, in the manifest and in the provenance."""
    used = release.read_manifest(releases / "2026.2").used
    assert used is not None
    assert tuple(used) == PARTS
    context = json.loads((packaged_root() / "ontology/context.jsonld").read_text("utf-8"))
    assert {part: said["version"] for part, said in used.items()} == {
        "ontology": None, "shapes": None, "queries": None, "context": context["owl:versionInfo"],
    }  # fmt: skip
    assert used == release.read_manifest(releases / "2026.1").used  # only a title differs
    rows = quads(releases / "2026.2")
    index = json.loads((releases / "2026.2/inputs/index.json").read_text())
    members = set()
    for part, said in used.items():
        node = f"release/2026.2/used/{part}"
        assert values(rows, node, "spdx:checksum") == {f"<{SMALL}/checksum/sha256-{said['sha256']}>"}
        assert values(rows, node, "dcat:version") == ({f'"{said["version"]}"'} if said["version"] else set())
        assert len(values(rows, node, "rdfs:label")) == 2
        members |= values(rows, node, "prov:hadMember")
    copied = {row["name"] for row in index["inputs"] if not row["name"].startswith("data/")}
    assert members == {f"<{SMALL}/release/2026.2/inputs/{name}>" for name in copied}


CHANGES = {
    "ontology": ("ontology/gbv.ttl", '<https://w3id.org/gbvkg/ns> owl:versionInfo "7.1" .'),
    "shapes": (
        "shapes/small.ttl",
        '<https://w3id.org/gbvkg/ns/shapes> <http://www.w3.org/2002/07/owl#versionInfo> "7.1" .',
    ),
    "queries": ("queries/version.yaml", 'version: "7.1"'),
}


@pytest.mark.parametrize("part", CHANGES)
def test_a_part_that_changes_has_another_version_and_hash(releases: Path, tmp_path: Path, part: str) -> None:
    """And no other part has."""
    project = small_project.make(tmp_path)
    name, line = CHANGES[part]
    with (tmp_path / name).open("a") as file:
        file.write(f"{line}\n")
    made = release.read_manifest(release.publish(project, tmp_path / "releases")).used
    before = release.read_manifest(releases / "2026.1").used
    assert made is not None
    assert before is not None
    assert [each for each in PARTS if made[each] != before[each]] == [part]
    assert made[part]["version"] == "7.1"
    assert made[part]["sha256"] != before[part]["sha256"]


def test_the_real_parts_have_a_version() -> None:
    """What the packaged project publishes with says which version it is, as three numbers."""
    used = read_used(read_inputs(Project.open()))
    assert tuple(used) == PARTS
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", each.version or "") for each in used.values())


@pytest.mark.parametrize(
    ("text", "message"), [("version: 1.0", "is not a string"), ("version: [", "cannot be read")]
)
def test_a_version_that_is_no_text_is_refused(tmp_path: Path, text: str, message: str) -> None:
    """1.10 would become 1.1: quotes are asked for, and nothing is written."""
    project = small_project.make(tmp_path)
    (tmp_path / "queries/version.yaml").write_text(text)
    with pytest.raises(ProjectError, match=message):
        release.publish(project, tmp_path / "releases")
    assert release.list(tmp_path / "releases") == []


def test_findings_and_waivers_are_published(releases: Path) -> None:
    """A waived finding with its waiver, and how many findings each waiver covers."""
    rows = quads(releases / "2026.1")
    graph = {row for row in rows if row.graph_name == NamedNode(f"{SMALL}/graph/findings")}
    rules = {
        str(row.object).strip("<>") for row in graph if row.predicate == NamedNode(expand("sh:sourceShape"))
    }
    assert rules == {expand("gbvsh:SmallEnglish"), expand("gbvsh:HygieneNoNote")}
    waived = {
        str(row.object).strip("<>") for row in graph if row.predicate == NamedNode(expand("gbvsh:waiver"))
    }
    assert waived == {f"{SMALL}/waiver/ten"}
    waivers = json.loads((releases / "2026.1/validation/waivers.json").read_text())["waivers"]
    assert [(each["id"], each["covers"], each["expired"]) for each in waivers] == [
        (f"{SMALL}/waiver/ten", 1, False)
    ]
    findings = json.loads((releases / "2026.1/validation/findings.json").read_text())["findings"]
    assert len(findings) == 3


def test_stable_queries_are_answered(releases: Path) -> None:
    """With a default where there is one, else with the example; experimental ones are not."""
    index = json.loads((releases / "2026.1/queries/index.json").read_text())["queries"]
    assert [(each["name"], each["rows"]) for each in index] == [("lineage", 1), ("titles", 3)]
    assert index[1]["parameters"] == {"plan": f"{SMALL}/plan/p", "lang": "nl"}
    with (releases / "2026.1/queries/titles.csv").open(newline="") as file:
        assert [row["label"] for row in csv.DictReader(file)] == [
            "Eerste actie",
            "Tiende actie",
            "Tweede actie",
        ]


def test_the_store_answers_as_the_files_do(releases: Path) -> None:
    """Opened read-only, also twice; it cannot be written to."""
    store, again = release.open_store(releases / "2026.1"), release.open_store(releases / "2026.1")
    assert set(store) == set(again) == quads(releases / "2026.1")
    assert not (releases / "2026.1/store/LOG").exists()
    with pytest.raises((OSError, RuntimeError)):
        store.clear()
    with pytest.raises(ReleaseCorrupt, match="store does not open"):
        release.open_store(releases)


def test_the_difference_is_published(releases: Path) -> None:
    """In words, as data, and without the provenance."""
    folder_ = releases / "2026.2/diff"
    assert (folder_ / "changes.nl.txt").read_text().splitlines() == [
        "Van release 2026.1 naar 2026.2: 0 toegevoegd, 0 verwijderd, 2 gewijzigd.",
        "",
        'Actie p/1 (Nieuwe titel): titel (nl) gewijzigd van "Eerste actie" naar "Nieuwe titel"',
        'Dataset small (Klein): version gewijzigd van "2026.1" naar "2026.2"',
    ]
    assert release.diff(releases / "2026.1", releases / "2026.2").serialize("json") == (
        folder_ / "changes.json"
    ).read_text("utf-8")


# --- the gate ---------------------------------------------------------------------------------------------


def test_a_violation_closes_the_gate_before_anything_is_written(tmp_path: Path) -> None:
    """The error carries the report; not even the releases folder was made."""
    project = small_project.make(tmp_path)
    fiche = tmp_path / "data/plans/p/fiches/2.yaml"
    fiche.write_text(fiche.read_text().replace("number: 2", "id: action/p/2"))
    before = sorted(path for path in tmp_path.rglob("*"))
    with pytest.raises(GateClosed, match="1 violation stops the release; nothing was written") as caught:
        release.publish(project, tmp_path / "releases")
    report = caught.value.report
    assert isinstance(report, Report)
    found = [each.rule for each in report.findings if each.severity is Severity.VIOLATION and not each.waiver]
    assert found == [expand("gbvsh:SmallNumber")]
    assert sorted(path for path in tmp_path.rglob("*")) == before


def test_an_unreadable_source_closes_the_gate(tmp_path: Path) -> None:
    """What reading finds counts as much as what the shapes find."""
    project = small_project.make(tmp_path)
    (tmp_path / "data/plans/p/fiches/3.yaml").write_text("type: Action\ntype: Action\n")
    with pytest.raises(GateClosed):
        release.publish(project, tmp_path / "releases")


def test_an_expired_waiver_closes_the_gate(tmp_path: Path) -> None:
    """Against the date of the data, whatever the clock says."""
    project = small_project.make(tmp_path)
    waiver = tmp_path / "data/waivers.yaml"
    waiver.write_text(waiver.read_text().replace("2026-12-31", "2026-02-28"))
    with pytest.raises(GateClosed):
        release.publish(project, tmp_path / "releases")


def test_a_check_query_closes_the_gate_and_can_be_waived(tmp_path: Path) -> None:
    """A violation found by a check query counts, and a waiver that covers only that is not called unused."""
    project = small_project.make(tmp_path)
    check = tmp_path / "queries/hygiene/no-note.rq"
    check.write_text(check.read_text().replace("severity: info", "severity: violation"))
    with pytest.raises(GateClosed, match="2 violations stop"):
        release.publish(project, tmp_path / "releases")
    waiver = (tmp_path / "data/waivers.yaml").read_text().replace("waiver/ten", "waiver/note")
    waiver = waiver.replace("gbvsh:SmallEnglish", "gbvsh:HygieneNoNote").replace(
        "action/p/10", "[action/p/2, action/p/10]"
    )
    both = [yaml.safe_load(text) for text in ((tmp_path / "data/waivers.yaml").read_text(), waiver)]
    (tmp_path / "data/waivers.yaml").write_text(yaml.safe_dump(both))
    judgement = release.judge(project)
    assert judgement.report.conforms
    assert {each.rule for each in judgement.report.findings if not each.waiver} == set()
    release.publish(project, tmp_path / "releases")


def test_judging_imports_no_writer() -> None:
    """Whoever only wants the verdict does not wait for what writes a release, nor for the other engines."""
    code = "import sys; from gbvkg.release import judge; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    heavy = {"zstandard", "rdflib", "pyshacl", "owlready2", "sqlite3", "gbvkg.release.publication"}
    assert not heavy & set(loaded.split())


# --- versions ---------------------------------------------------------------------------------------------


def test_a_version_is_never_overwritten(tmp_path: Path) -> None:
    """From the same sources: said so. From others: the version must be raised. Nothing changes."""
    out = tmp_path / "releases"
    release.publish(small_project.make(tmp_path), out)
    before = (out / "2026.1/manifest.json").read_bytes()
    with pytest.raises(AlreadyPublished, match="already published, from exactly these sources"):
        release.publish(small_project.make(tmp_path), out)
    with pytest.raises(VersionExists, match="from other sources; raise version in data") as caught:
        release.publish(small_project.make(tmp_path, title="Stiekem anders"), out)
    assert not isinstance(caught.value, AlreadyPublished)
    assert (out / "2026.1/manifest.json").read_bytes() == before
    release.publish(small_project.make(tmp_path, "2026.2", "Anders"), out)
    with pytest.raises(AlreadyPublished):
        release.publish(small_project.make(tmp_path), out)
    assert release.find(out).name == "2026.2"


def test_an_older_version_never_becomes_current(tmp_path: Path) -> None:
    """Versions count by their numbers; the refusal comes before any work and changes nothing."""
    out = tmp_path / "releases"
    release.publish(small_project.make(tmp_path, "2026.9"), out)
    release.publish(small_project.make(tmp_path, "2026.10"), out)
    for older in ("2026.8", "2026.9.9", "2026.10-draft"):
        with pytest.raises(VersionNotNewer, match=r"a version above 2026\.10") as caught:
            release.publish(small_project.make(tmp_path, older), out)
        assert "hogere version dan 2026.10" in caught.value.nl
    assert release.list(out) == ["2026.9", "2026.10"]
    assert release.find(out).name == "2026.10"


def test_a_link_that_leads_nowhere_is_repaired_by_the_next_publish(tmp_path: Path) -> None:
    """Of the same sources: only the link. Of newer ones: a release that follows the newest."""
    out = tmp_path / "releases"
    release.publish(small_project.make(tmp_path), out)
    for target in ("2026.0", "/etc"):
        (out / "current").unlink()
        (out / "current").symlink_to(target)
        before = (out / "2026.1/manifest.json").read_bytes()
        assert release.publish(small_project.make(tmp_path), out) == out / "2026.1"
        assert (out / "2026.1/manifest.json").read_bytes() == before
        assert os.readlink(out / "current") == "2026.1"
    (out / "current").unlink()
    (out / "current").symlink_to("gone")
    made = release.publish(small_project.make(tmp_path, "2026.2"), out)
    assert (release.read_manifest(made).previous or {})["version"] == "2026.1"
    assert release.find(out) == made


def test_something_else_called_current_is_left_alone(tmp_path: Path) -> None:
    """The advice works: renamed, the same publish succeeds."""
    out = tmp_path / "releases"
    (out / "current/mine").mkdir(parents=True)
    with pytest.raises(ReleaseCorrupt, match="Give it another name and publish again"):
        release.publish(small_project.make(tmp_path), out)
    assert release.list(out) == []
    (out / "current").rename(out / "mine")
    release.publish(small_project.make(tmp_path), out)
    assert release.find(out).name == "2026.1"


@pytest.mark.parametrize("version", ["../2026.1", "latest", "2026", "/tmp/2026.1"])
def test_a_version_that_could_be_a_path_is_refused(tmp_path: Path, version: str) -> None:
    """Nothing is written, inside or outside the releases folder."""
    with pytest.raises(ProjectError, match="is not the version of a release"):
        release.publish(small_project.make(tmp_path / "p", version), tmp_path / "out" / "releases")
    assert [path.name for path in tmp_path.iterdir()] == ["p"]


def test_a_dataset_without_a_date_cannot_be_published(tmp_path: Path) -> None:
    """There is no other today."""
    project = small_project.make(tmp_path)
    described = tmp_path / "data/dataset.yaml"
    described.write_text(described.read_text().replace("issued: 2026-03-01\n", ""))
    (tmp_path / "data/waivers.yaml").unlink()
    tenth = tmp_path / "data/plans/p/fiches/10.yaml"
    tenth.write_text(tenth.read_text().replace("nl: Tiende actie", "nl: Tiende actie, en: Tenth action"))
    with pytest.raises(ProjectError, match='"issued" is missing'):
        release.publish(project, tmp_path / "releases")
    assert release.list(tmp_path / "releases") == []


# --- reproducible -----------------------------------------------------------------------------------------

BUILD = """
import sys, pathlib
sys.path.insert(0, sys.argv[1])
import small_project
from gbvkg import release
root = pathlib.Path(sys.argv[2])
for version, title in (("2026.1", "Eerste"), ("2026.2", "Tweede é")):
    release.publish(small_project.make(root, version, title), root / "releases")
"""


def build(root: Path, **environ: str) -> dict[str, bytes]:
    command = [sys.executable, "-c", BUILD, str(Path(__file__).parent), str(root)]
    subprocess.run(command, check=True, env={"PATH": os.environ["PATH"], **environ}, cwd=root.parent)
    out = root / "releases"
    return {
        path.relative_to(out).as_posix(): path.read_bytes()
        for path in out.rglob("*")
        if path.is_file() and "store" not in path.relative_to(out).parts and path.name != "store.json"
    }


def test_two_builds_give_the_same_bytes(tmp_path: Path) -> None:
    """In another folder, hash seed, time zone, locale, user and home: every file but the store."""
    (tmp_path / "some where").mkdir()
    first = build(tmp_path / "a", PYTHONHASHSEED="1", TZ="UTC", LC_ALL="C", HOME="/nowhere")
    second = build(
        tmp_path / "some where/else",
        PYTHONHASHSEED="2", TZ="Pacific/Kiritimati", LC_ALL="C.UTF-8", LANG="nl_BE", USER="x", COLUMNS="20",
    )  # fmt: skip
    assert first.keys() == second.keys()
    assert [name for name in first if first[name] != second[name]] == []
    assert len(first) > 80
    assert not [name for name, content in first.items() if str(tmp_path).encode() in content]


# --- what is copied ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "where", ["queries/leak.rq", "ontology/code-lists/leak.ttl", "data/leak.yaml", "data/LICENSE.md"]
)
@pytest.mark.parametrize("kind", ["file", "folder", "pipe", "nothing"])
def test_nothing_from_outside_the_project_is_published(tmp_path: Path, where: str, kind: str) -> None:
    """A link that leaves the project is refused, by name, before anything is written."""
    project = small_project.make(tmp_path / "p")
    secret = tmp_path / "secret"
    if kind == "file":
        secret.write_text("SECRET")
    elif kind == "folder":
        secret.mkdir()
    elif kind == "pipe":
        os.mkfifo(secret)
    (tmp_path / "p" / where).parent.mkdir(exist_ok=True)
    (tmp_path / "p" / where).symlink_to(secret)
    with pytest.raises(ReleaseError, match=where.rpartition("/")[2]):
        release.publish(project, tmp_path / "releases")
    assert not (tmp_path / "releases").exists()


def test_a_folder_from_outside_is_not_published(tmp_path: Path) -> None:
    """Neither through a link in the place of a whole folder."""
    project = small_project.make(tmp_path / "p")
    (tmp_path / "p/queries").rename(tmp_path / "queries")
    (tmp_path / "p/queries").symlink_to(tmp_path / "queries")
    with pytest.raises(ReleaseError, match="is not a regular file inside the project folder"):
        release.publish(project, tmp_path / "releases")


def test_only_what_is_read_is_copied(tmp_path: Path) -> None:
    """Notes, editors' backups and hidden files stay at home; of the data every file that is read counts."""
    project = small_project.make(tmp_path)
    left = [
        "queries/leak.txt", "queries/small/titles.rq~", "queries/small/.titles.rq.swp",
        "shapes/small.ttl.bak", "shapes/notes.md", "ontology/#gbv.ttl#", "ontology/id_rsa",
        "queries/small/dump.ttl",
    ]  # fmt: skip
    for name in left:
        (tmp_path / name).write_text("SECRET")
    (tmp_path / "ontology/link.ttl").symlink_to("gbv.ttl")
    path = release.publish(project, tmp_path / "releases")
    copied = {file.relative_to(path / "inputs").as_posix() for file in (path / "inputs").rglob("*")}
    assert not set(left) & copied
    assert "ontology/link.ttl" in copied
    assert not [file for file in path.rglob("*") if file.is_file() and b"SECRET" in file.read_bytes()]
    index = json.loads((path / "inputs/index.json").read_text())
    data = {row["name"] for row in index["inputs"] if row["name"].startswith("data/")}
    assert data == {file.shown for file in graph.data_files(project)}


def test_a_name_that_nobody_can_read_is_no_input(tmp_path: Path) -> None:
    """Nor in a folder's name; the message shows it and does not obey it."""
    project = small_project.make(tmp_path)
    (tmp_path / "queries/a\x1b[2J").mkdir()
    (tmp_path / "queries/a\x1b[2J/b.rq").write_text("")
    with pytest.raises(ReleaseError, match="invisible or unreadable") as caught:
        release.publish(project, tmp_path / "releases")
    assert caught.value.en.isprintable()


# --- other ways to fail -----------------------------------------------------------------------------------


def test_sources_that_change_meanwhile_stop_the_release(tmp_path: Path) -> None:
    """What is published is what was judged."""
    project = small_project.make(tmp_path)

    def meddle(done: int, total: int, name: str) -> None:
        if name == "validation":
            (tmp_path / "data/plans/p/fiches/1.yaml").write_text("type: Action\n")

    with pytest.raises(ReleaseError, match=r"data/plans/p/fiches/1\.yaml was changed while"):
        release.publish(project, tmp_path / "releases", meddle)
    assert release.list(tmp_path / "releases") == []


def test_a_damaged_release_is_not_built_upon(tmp_path: Path) -> None:
    """A difference to a damaged release would be wrong: it is said, and nothing is published."""
    out = tmp_path / "releases"
    path = release.publish(small_project.make(tmp_path), out)
    (path / "dataset.nq").write_bytes(b"")
    with pytest.raises(ReleaseCorrupt, match=r"Release 2026\.1 is damaged: dataset\.nq was changed"):
        release.publish(small_project.make(tmp_path, "2026.2"), out)
    assert release.list(out) == ["2026.1"]


def test_a_second_publisher_waits_for_nobody(tmp_path: Path) -> None:
    """While somebody publishes, another publish says so and changes nothing."""
    out = tmp_path / "releases"
    with folder.publishing(out), pytest.raises(ReleaseBusy):
        release.publish(small_project.make(tmp_path), out)
    assert release.list(out) == []


def test_progress_names_every_stage_in_order(tmp_path: Path) -> None:
    """Whoever watches sees how far it is."""
    seen: list[tuple[int, int, str]] = []
    release.publish(small_project.make(tmp_path), tmp_path / "releases", lambda *step: seen.append(step))
    assert seen == [(number, len(STAGES), name) for number, name in enumerate(STAGES)]


def test_the_packaged_project_passes_the_gate(tmp_path: Path) -> None:
    """The real data can be published as it is, and what was published verifies."""
    path = release.publish(Project.open(), tmp_path)
    made = release.verify(path)
    assert made.findings["violation"] == 0
    assert made.quads > 10_000
    written = {
        name: set(parse(path=str(path / f"dataset.{name}"), format=formats.RDF[name].rdf)) for name in WRITERS
    }
    assert len(written["nq"]) == made.quads
    triples = {Quad(*quad.triple) for quad in written["nq"]}
    for name, found in written.items():
        assert found == (written["nq"] if formats.RDF[name].named_graphs else triples), name


def test_the_published_json_ld_needs_no_network(releases: Path) -> None:
    """The reference processor reads it back without a document loader."""

    def no_loader(url: str, options: object) -> None:
        raise AssertionError(url)

    document = json.loads((releases / "2026.2/dataset.jsonld").read_text("utf-8"))
    lines = jsonld.to_rdf(document, {"format": "application/n-quads", "documentLoader": no_loader})
    assert set(parse(lines, format=RdfFormat.N_QUADS)) == quads(releases / "2026.2")
    shipped = json.loads((releases / "2026.2/context.jsonld").read_text("utf-8"))
    assert document["@context"] == shipped["@context"]
