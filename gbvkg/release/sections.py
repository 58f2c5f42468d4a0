"""What is written, part by part: each function writes one part of a release into its folder.

The parts are independent, except that the difference is made from the dataset and the inputs. This module
refuses to decide whether anything may be written, and to write outside the folder it is given.
"""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path

from pyoxigraph import Quad, Store

from gbvkg import formats, queries, reports
from gbvkg.queries import Query
from gbvkg.release import difference, jsonld, manifest, tables
from gbvkg.release.content import Content
from gbvkg.release.inputs import copy_inputs
from gbvkg.release.order import by_subject
from gbvkg.release.writers import WRITERS, write_gzip, write_zstandard
from gbvkg.vocabulary import LANGUAGES

Section = Callable[[Content, Path], None]


def write_dataset(content: Content, path: Path) -> None:
    """``dataset.*`` in five formats, each with a .gz and a .zst beside it, and the context on its own."""
    for name, write in WRITERS.items():
        row = formats.RDF[name]
        file = path / f"dataset.{row.extension}"
        if name == "jsonld":
            write = partial(jsonld.write, context=content.context)
        with file.open("wb") as out:
            write(content.quads if row.named_graphs else content.triples, out)
        write_gzip(file)
        write_zstandard(file)
    shutil.copyfile(content.project.folder("ontology") / "context.jsonld", path / "context.jsonld")
    if (licence := content.project.data / "LICENSE.md").is_file():
        shutil.copyfile(licence, path / "LICENSE.md")


def write_tables(content: Content, path: Path) -> None:
    """``csv/``: a table per class, and ``metadata.json`` (CSVW)."""
    folder = path / "csv"
    folder.mkdir()
    group = tables.tables(content.triples, content.context, content.fields.order)
    for table in group:
        _write(folder / table.file, tables.write_table(table))
    _write(folder / "metadata.json", tables.write_metadata(group, content.labels))


def write_store(content: Content, path: Path) -> None:
    """``store/``: the embedded store, compacted; and ``store.json``.

    For the service that answers from it. Of the machine that made it, only its host name is left in it, which
    RocksDB writes into every table file.
    """
    store = Store(str(path / manifest.STORE))
    try:
        store.bulk_extend(Quad(*row) for row in content.quads)
        store.optimize()
        store.flush()
    finally:
        del store  # closes it: only then its files are what they stay, and a retry can make it anew
    (path / manifest.STORE / "LOG").unlink(missing_ok=True)  # RocksDB's diary: times, folders, the machine
    manifest.write_store_manifest(path)


def write_validation(content: Content, path: Path) -> None:
    """``validation/``: the SHACL report, the findings for machines and for people, and the waivers."""
    folder = path / "validation"
    folder.mkdir()
    render = partial(reports.render, content.report, project=content.project)
    _write(folder / "report.ttl", render("ttl", "en"))
    _write(folder / "findings.json", render("json", "en"))
    for lang in LANGUAGES:
        _write(folder / f"findings.{lang}.html", render("html", lang))
    _write_json(folder / "waivers.json", {"waivers": _waivers(content)})


def write_queries(content: Content, path: Path) -> None:
    """``queries/``: the answer to every stable named query, and ``index.json``.

    As CSV and JSON, a graph as Turtle. A parameter that must be given gets the example of its header; the
    index says which parameters had which value.
    """
    folder = path / "queries"
    folder.mkdir()
    store = Store()
    store.bulk_extend(Quad(*row) for row in content.quads)
    catalogue = queries.Catalogue(content.project)
    stable = (query for query in map(catalogue.get, catalogue.names()) if query.stability == "stable")
    _write_json(folder / "index.json", {"queries": [_answer(query, store, folder) for query in stable]})


def write_difference(content: Content, path: Path) -> None:
    """``diff/``: what changed since the previous release; nothing for a first one. Raises ReleaseCorrupt."""
    if content.previous is None:
        return
    folder = path / "diff"
    folder.mkdir()
    old, version = difference.sound_quads(content.previous)
    found = difference.compare(old, path / manifest.QUADS, version, content.project.version)
    for lang in LANGUAGES:
        _write(folder / f"changes.{lang}.txt", found.serialize("text", lang))
    for name in ("json", "csv", "ttl"):
        _write(folder / f"changes.{name}", found.serialize(name))


def write_inputs(content: Content, path: Path) -> None:
    """``inputs/``: what the release was made from."""
    copy_inputs(content.inputs, path)


SECTIONS: dict[str, Section] = {
    "dataset": write_dataset,
    "tables": write_tables,
    "store": write_store,
    "validation": write_validation,
    "queries": write_queries,
    "inputs": write_inputs,
    "difference": write_difference,
}
"""Name of the part → what writes it, in this order."""


def _waivers(content: Content) -> list[dict[str, jsonld.Json]]:
    """The waivers as JSON-LD nodes, with whether each still counts and how many findings it covers."""
    covers = Counter(finding.waiver for finding in content.report.findings)
    granted = {waiver.iri: waiver for waiver in content.report.waivers}
    return [
        {
            **jsonld.node(subject, about, content.context),
            "expired": granted[subject.value].is_expired,
            "covers": covers[subject.value],
        }
        for subject, about in by_subject(content.triples)
        if subject.value in granted
    ]


def _answer(query: Query, store: Store, folder: Path) -> dict[str, object]:
    examples = {name: query.parameters[name].example for name in query.required}
    result = query.run(store, examples)
    names = ("ttl",) if query.form == "CONSTRUCT" else ("csv", "json")
    for name in names:
        _write(folder / f"{query.name}.{name}", result.serialize(name))
    return {
        "name": query.name,
        "summary": query.summary,
        "parameters": {
            name: examples.get(name, parameter.default)
            for name, parameter in query.parameters.items()
            if name in examples or parameter.default is not None
        },
        "rows": len(result.rows),
        "files": [f"{query.name}.{name}" for name in names],
    }


def _write(path: Path, text: str) -> None:
    path.write_text(text, "utf-8", newline="")


def _write_json(path: Path, value: object) -> None:
    _write(path, json.dumps(value, ensure_ascii=False, indent=1) + "\n")
