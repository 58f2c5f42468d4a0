"""Hostile files: a clear error for each, no network, bounded memory and time, and no crash of the process."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from gbvkg import graph
from gbvkg.project import Project

MEMORY = 700_000_000
"""Address space of a process that reads a hostile project, in bytes; Python itself takes about 250 MB."""

SECONDS = 20

SCRIPT = """
    import json, resource, sys
    resource.setrlimit(resource.RLIMIT_AS, ({memory}, {memory}))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    forbidden = {{"socket.connect", "socket.getaddrinfo", "socket.sendto", "urllib.Request",
                 "subprocess.Popen", "os.system", "pickle.find_class"}}
    seen = []
    def hook(event, args):
        if event in forbidden:
            seen.append(event)
            raise PermissionError(event)
    from pathlib import Path
    from gbvkg import graph
    from gbvkg.project import Project
    project = Project.open(Path(sys.argv[1]))
    sys.addaudithook(hook)
    loaded = graph.load(project)
    print(json.dumps({{
        "rules": sorted({{f.rule.rpartition("#")[2] for f in loaded.findings}}),
        "statements": sum(s.place.file == "data/" + sys.argv[2] for s in loaded.dataset.statements),
        "longest": max([len(m) for f in loaded.findings for m in f.message.values()], default=0),
        "findings": len(loaded.findings), "seen": seen, "rdflib": "rdflib" in sys.modules,
    }}))
"""


def _project(root: Path) -> Path:
    (root / "data").mkdir()
    (root / "data" / "dataset.yaml").write_text(
        'type: Dataset\nid: dataset/a\nuriSpace: https://example.org/id/\nversion: "2026.1"\n'
    )
    return root


def _load(root: Path, name: str) -> dict[str, object]:
    script = textwrap.dedent(SCRIPT).format(memory=MEMORY)
    done = subprocess.run(
        [sys.executable, "-c", script, str(root), name],
        capture_output=True,
        text=True,
        timeout=SECONDS * 6,
        check=False,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)},
    )
    assert done.returncode == 0, done.stderr[-2000:]
    answer: dict[str, object] = json.loads(done.stdout)
    return answer


def _write(text: str | bytes) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        path.write_bytes(text.encode() if isinstance(text, str) else text)

    return write


def _sparse(path: Path) -> None:
    with path.open("wb") as stream:
        stream.truncate(20_000_000_000)


PLAN = "type: ActionPlan\nnotation: zaak\n"
LAUGHS = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{b}: &{b} [{','.join([f'*{a}'] * 9)}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
)
BLOCKS = "".join(f"{' ' * n}a:\n" for n in range(2_000))
XML_LAUGHS = '<?xml version="1.0"?>\n<!DOCTYPE r [<!ENTITY l0 "lol">' + "".join(
    f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10)
) + ']>\n<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">&l9;</rdf:RDF>'  # fmt: skip

ATTACKS: dict[str, tuple[str, Callable[[Path], None], set[str]]] = {
    "billion laughs in YAML": ("zaak.yaml", _write(LAUGHS), {"ReadingAliasRefused"}),
    "merge keys": ("zaak.yaml", _write(PLAN + "<<: {type: Action}\n"), {"ReadingAliasRefused"}),
    "python object": ("zaak.yaml", _write("!!python/object/apply:os.system [id]\n"), {"ReadingTagRefused"}),
    "nested flow": ("zaak.yaml", _write("a: " + "[" * 2_000_000), {"ReadingTooDeep"}),
    "nested flow maps": ("zaak.yaml", _write("{a: " * 1_000_000), {"ReadingTooDeep"}),
    "nested blocks": ("zaak.yaml", _write(BLOCKS), {"ReadingTooDeep"}),
    "nested dashes": ("zaak.yaml", _write("- " * 2_000_000), {"ReadingTooDeep"}),
    "many values": ("zaak.yaml", _write(PLAN + "unknown: [" + "a," * 2_400_000 + "]\n"), {"ReadingTooLarge"}),
    "many keys": (
        "zaak.yaml",
        _write(PLAN + "".join(f"sleutel{n}: 1\n" for n in range(100_000))),
        {"ReadingTooManyFaults", "ReadingUnknownKey"},
    ),
    "long key": ("zaak.yaml", _write(PLAN + "? " + "x" * 4_000_000 + "\n: 1\n"), {"ReadingUnknownKey"}),
    "long value": ("zaak.yaml", _write(PLAN + "startDate: " + "1" * 4_000_000), {"ReadingWrongType"}),
    "long type": ("zaak.yaml", _write("id: plan/a\ntype: " + "x" * 4_000_000), {"ReadingUnknownType"}),
    "huge YAML": ("zaak.yaml", _sparse, {"ReadingTooLarge"}),
    "huge table": ("zaak.csv", _sparse, {"ReadingTooLarge"}),
    "huge Turtle": ("zaak.ttl", _sparse, {"ReadingTooLarge"}),
    "huge unknown file": ("zaak.bin", _sparse, {"ReadingTooLarge"}),
    "UTF-16": ("zaak.yaml", _write(PLAN.encode("utf-16")), {"ReadingNotText"}),
    "NUL": ("zaak.ttl", _write("<urn:a> <urn:b> 1 .\0"), {"ReadingNotText"}),
    "remote context": ("zaak.yaml", _write(PLAN + '"@context": "{canary}/c"\n'), {"ReadingRemoteContext"}),
    "remote context in a list": (
        "zaak.yaml",
        _write('- "@context": ["{canary}/c", {"@import": "{canary}/i"}]\n  id: plan/a\n  type: ActionPlan\n'),
        {"ReadingRemoteContext"},
    ),
    "JSON-LD": ("zaak.jsonld", _write('{"@context": "{canary}/c"}'), {"ReadingFormatRefused"}),
    "JSON": ("zaak.json", _write('{"@context": "file:///etc/hostname"}'), {"ReadingFormatRefused"}),
    "RDF/XML with an external entity": (
        "zaak.rdf",
        _write('<?xml version="1.0"?><!DOCTYPE r SYSTEM "{canary}/dtd"><r/>'),
        {"ReadingFormatRefused"},
    ),
    "RDF/XML with laughs": ("zaak.rdf", _write(XML_LAUGHS), {"ReadingFormatRefused"}),
    "TriX": ("zaak.trix", _write("<TriX/>"), {"ReadingFormatRefused"}),
    "Turtle nested": ("zaak.ttl", _write("<urn:s> <urn:p> " + "[ <urn:p> " * 200_000), {"ReadingTooDeep"}),
    "Turtle nested lists": ("zaak.ttl", _write("<urn:s> <urn:p> " + "(" * 200_000), {"ReadingTooDeep"}),
    "Turtle nested triples": ("zaak.ttl", _write("<urn:s> <urn:p> " + "<<( " * 200_000), {"ReadingTooDeep"}),
    "Turtle hidden nesting": (
        "zaak.ttl",
        _write("<urn:s> <urn:p#\\u0041> " + "[" * 200_000),
        {"ReadingTooDeep"},
    ),
    "Turtle long text": (
        "zaak.ttl",
        _write('<x/s> <urn:p> "' + "x" * (17 << 20) + '" .'),
        {"ReadingTooLarge"},
    ),
    "Turtle long IRI": (
        "zaak.ttl",
        _write("<x/s> <urn:p> <urn:" + "x" * (17 << 20) + "> ."),
        {"ReadingTooLarge"},
    ),
    "Turtle open string": (
        "zaak.ttl",
        _write('<urn:s> <urn:p> """' + '"' * 1_000_001 + "'" * 1_000_000),
        {"ReadingSyntax"},
    ),
    "Turtle many backslashes": (
        "zaak.ttl",
        _write('<urn:s> <urn:p> "' + "\\" * 2_000_001 + "((" * 20),
        {"ReadingSyntax"},
    ),
    "Turtle import": (
        "zaak.ttl",
        _write("<x/s> <http://www.w3.org/2002/07/owl#imports> <{canary}/ontology> ."),
        set(),
    ),
    "table open quote": ("zaak.csv", _write('key\n"' + "a\n" * 1_000_000), {"ReadingSyntax"}),
    "table long cell": ("zaak.csv", _write("key\n" + "a" * 4_000_000 + "\n"), {"ReadingSyntax"}),
    "table many cells": ("zaak.csv", _write("key\n" + "," * 4_000_000 + "\n"), {"ReadingSyntax"}),
    "table many rows": (
        "zaak.csv",
        _write("key\n" + "a,b\n" * 1_000_000),
        {"ReadingSyntax", "ReadingTooManyFaults"},
    ),
    "table wide header": (
        "zaak.csv",
        _write("k," * 1_000_000),
        {"ReadingTableHeader", "ReadingTooManyFaults"},
    ),
}  # fmt: skip


@pytest.fixture
def canary() -> socket.socket:
    """A listening socket on the loopback interface that must never see a visitor."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.setblocking(False)
    return listener


@pytest.mark.parametrize("attack", sorted(ATTACKS))
def test_hostile_file_ends_in_a_clear_error(attack: str, tmp_path: Path, canary: socket.socket) -> None:
    """One finding of the right rule, within the memory limit, without network, without a crash."""
    name, write, rules = ATTACKS[attack]
    root = _project(tmp_path)
    path = root / "data" / name
    write(path)
    if path.stat().st_size < 10_000:
        address = f"http://127.0.0.1:{canary.getsockname()[1]}"
        path.write_bytes(path.read_bytes().replace(b"{canary}", address.encode()))
    if name.endswith(".csv"):
        columns = [{"name": "key", "suppressOutput": True}]
        description = {
            "@context": "http://www.w3.org/ns/csvw",
            "url": name,
            "tableSchema": {"columns": columns},
        }
        (root / "data" / f"{name}-metadata.json").write_text(json.dumps(description))
    answer = _load(root, name)
    assert set(answer["rules"]) == rules  # type: ignore[call-overload]
    assert answer["seen"] == []
    assert answer["longest"] < 600  # type: ignore[operator]
    assert answer["findings"] <= 501  # type: ignore[operator]
    assert answer["statements"] == (0 if attack != "Turtle import" and rules & FILE else answer["statements"])
    assert answer["rdflib"] is False, "rdflib is slow to import, and no reader needs it"
    with canary, pytest.raises(BlockingIOError):
        canary.accept()


FILE = {
    "ReadingTooLarge",
    "ReadingTooDeep",
    "ReadingAliasRefused",
    "ReadingTagRefused",
    "ReadingSyntax",
    "ReadingNotText",
}
"""Rules after which nothing of the file is kept."""


def _rules(root: Path) -> list[tuple[str, str]]:
    found = graph.load(Project.open(root)).findings
    return [(f.rule.rpartition("#")[2], f.place.file) for f in found if f.place]


@pytest.mark.parametrize("target", ["/etc/hostname", "../../elders.yaml", "/dev/zero", "."])
def test_link_out_of_the_project_is_refused(tmp_path: Path, target: str) -> None:
    """A link to a file outside, to a device or to a folder is not followed."""
    (tmp_path / "elders.yaml").write_text("type: ActionPlan\nnotation: elders\n")
    root = tmp_path / "project"
    root.mkdir()
    _project(root)
    (root / "data" / "zaak.yaml").symlink_to(target)
    assert _rules(root) == [("ReadingOutsideProject", "data/zaak.yaml")]


def test_link_to_a_folder_outside_is_refused(tmp_path: Path) -> None:
    """A linked folder is not walked, and does not vanish in silence."""
    (tmp_path / "elders").mkdir()
    (tmp_path / "elders" / "a.yaml").write_text("type: ActionPlan\nnotation: elders\n")
    root = tmp_path / "project"
    root.mkdir()
    _project(root)
    (root / "data" / "plans").symlink_to(tmp_path / "elders")
    assert _rules(root) == [("ReadingOutsideProject", "data/plans")]


def test_links_in_a_circle(tmp_path: Path) -> None:
    """A link to itself cannot be opened."""
    root = _project(tmp_path)
    (root / "data" / "zaak.yaml").symlink_to("zaak.yaml")
    assert _rules(root) == [("ReadingUnreadable", "data/zaak.yaml")]


def test_pipe_is_not_opened(tmp_path: Path) -> None:
    """Opening a pipe would wait for ever."""
    root = _project(tmp_path)
    os.mkfifo(root / "data" / "zaak.yaml")
    assert _rules(root) == [("ReadingOutsideProject", "data/zaak.yaml")]


def test_description_outside_the_project_is_refused(tmp_path: Path) -> None:
    """The description of a table is a source too."""
    root = tmp_path / "project"
    root.mkdir()
    _project(root)
    (tmp_path / "elders.json").write_text("{}")
    (root / "data" / "zaak.csv").write_text("key\n")
    (root / "data" / "zaak.csv-metadata.json").symlink_to(tmp_path / "elders.json")
    assert _rules(root) == [("ReadingOutsideProject", "data/zaak.csv-metadata.json")]


def test_huge_description_outside_is_not_read_for_the_cache(tmp_path: Path) -> None:
    """Its digest is not taken either: a device without an end would fill the memory."""
    root = tmp_path / "project"
    root.mkdir()
    _project(root)
    (root / "data" / "zaak.csv").write_text("key\n")
    (root / "data" / "zaak.csv-metadata.json").symlink_to("/dev/zero")
    for _ in range(2):
        found = graph.load(Project.open(root), cache=tmp_path / "cache").findings
        assert [f.rule.rpartition("#")[2] for f in found] == ["ReadingOutsideProject"]


DESCRIPTION = """{"@context": "http://www.w3.org/ns/csvw", "url": "zaak.csv", "tableSchema": {"columns": [
    {"name": "key", "titles": "key", "suppressOutput": true, "null": "zz", "default": "a",
     "datatype": {"base": "decimal", "format": {"groupChar": ","}}}], "primaryKey": "key"}, "notes": 1}"""


@pytest.mark.parametrize(
    ("right", "wrong", "rule"),
    [
        ('"http://www.w3.org/ns/csvw"', "[]", "ReadingRemoteContext"),
        ('"primaryKey": "key"', '"primaryKey": [{"a": 1}]', "ReadingTableDescription"),
        ('"titles": "key"', '"titles": ' + '{"a": ' * 900 + '"key"' + "}" * 900, "ReadingTableDescription"),
        ('"titles": "key"', '"titles": []', "ReadingTableDescription"),
        ('"notes": 1', '"notes": ' + "9" * 5_000, "ReadingTableDescription"),
        ('"groupChar": ","', '"groupChar": 5', "ReadingTableDescription"),
        ('"groupChar": ","', '"decimalChar": ""', "ReadingTableDescription"),
        ('"default": "a"', '"default": "\\ud800"', "ReadingTableDescription"),
        ('"notes": 1', '"notes": ' + "[" * 100_000, "ReadingTableDescription"),
    ],
)
def test_hostile_description_of_a_table(tmp_path: Path, right: str, wrong: str, rule: str) -> None:
    """Whatever JSON it holds, the answer is one finding about the description."""
    root = _project(tmp_path)
    assert right in DESCRIPTION
    (root / "data" / "zaak.csv").write_text("key\n")
    (root / "data" / "zaak.csv-metadata.json").write_text(DESCRIPTION.replace(right, wrong))
    assert _rules(root) == [(rule, "data/zaak.csv-metadata.json")]


def test_strange_file_names(tmp_path: Path) -> None:
    """A space or an accent in a name is fine; a line end or bytes that are no UTF-8 are an error."""
    root = _project(tmp_path)
    (root / "data" / "a\nb.yaml").write_text("type: ActionPlan\nid: plan/a\nseeAlso: https://example.org/\n")
    (root / "data" / "é ü.yaml").write_text("type: ActionPlan\nid: plan/b\nseeAlso: https://example.org/\n")
    Path(os.fsdecode(os.fsencode(root / "data") + b"/\xff.yaml")).write_text(
        "type: ActionPlan\nid: plan/c\nseeAlso: https://example.org/\n"
    )
    loaded = graph.load(Project.open(root))
    assert {(s.place.file, s.graph.value[-6:]) for s in loaded.dataset.statements if "é" in s.place.file} == {
        ("data/é ü.yaml", "%C3%BC")
    }
    assert _rules(root) == [("ReadingFileName", "data/\\udcff.yaml"), ("ReadingFileName", "data/a\\nb.yaml")]
