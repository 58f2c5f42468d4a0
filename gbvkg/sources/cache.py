"""What the files said the last time, so that a later run reads only the ones that changed.

One SQLite file of JSON rows, keyed by the SHA-256 of each file and of everything that decides how it is read
(term table, identifier table, the readers themselves). Losing or damaging it costs time, never correctness.
This module refuses formats that can run code, and refuses to judge by modification times.
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Any

from pyoxigraph import Literal, NamedNode

from gbvkg.findings import Finding, Severity, Stage
from gbvkg.sources.reading import Reading
from gbvkg.sources.statement import Object, Place, Statement
from gbvkg.sources.yaml_reader import Thing

NAME = "readings.sqlite"


class ReadingCache:
    """The readings of one project; ``digests`` are of the run that filled it, {} when it is of no use."""

    def __init__(self, folder: Path, key: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / NAME
        self.key = key
        self._iris: dict[str, NamedNode] = {}
        try:
            self._open()
        except sqlite3.DatabaseError:  # damaged, or no database at all
            with suppress(OSError):
                self.path.unlink()
            self._open()
        self.digests: dict[str, str] = dict(self._base.execute("SELECT file, digest FROM reading"))

    def _open(self) -> None:
        self._base = sqlite3.connect(self.path)
        self._base.execute("CREATE TABLE IF NOT EXISTS made_with (key TEXT PRIMARY KEY)")
        self._base.execute(
            "CREATE TABLE IF NOT EXISTS reading (file TEXT PRIMARY KEY, digest TEXT, said TEXT)"
        )
        if list(self._base.execute("SELECT key FROM made_with")) != [(self.key,)]:
            self._base.execute("DELETE FROM reading")
            self._base.execute("DELETE FROM made_with")
            self._base.execute("INSERT INTO made_with VALUES (?)", (self.key,))

    def get(self, shown: str) -> Reading | None:
        """What the file said when it was last read, or None when nothing usable is kept."""
        row = self._base.execute("SELECT said FROM reading WHERE file = ?", (shown,)).fetchone()
        try:
            return _decode(json.loads(row[0]), shown, self._iris) if row else None
        except (ValueError, TypeError, IndexError, KeyError):
            return None

    def put(self, shown: str, digest: str, reading: Reading) -> None:
        """Keeps what the file says in this run."""
        said = json.dumps(_encode(reading), ensure_ascii=False)
        self._base.execute("INSERT OR REPLACE INTO reading VALUES (?, ?, ?)", (shown, digest, said))

    def drop(self, shown: str) -> None:
        """Forgets a file that is no longer there."""
        self._base.execute("DELETE FROM reading WHERE file = ?", (shown,))

    def state(self, digests: dict[str, str]) -> str:
        """One digest for a whole set of sources; equal states mean equal readings."""
        lines = "\n".join(f"{digest} {shown}" for shown, digest in sorted(digests.items()))
        return sha256(f"{self.key}\n{lines}".encode()).hexdigest()

    def close(self) -> None:
        """Writes everything at once: a run that is killed before leaves the cache as it was."""
        self._base.commit()
        self._base.close()


def key_of(parts: list[bytes]) -> str:
    """The key of a cache: a digest of ``parts`` and of the code that reads."""
    digest = sha256()
    for code in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(code.read_bytes())
    for part in parts:
        digest.update(len(part).to_bytes(8, "big") + part)
    return digest.hexdigest()


def _encode(reading: Reading) -> dict[str, Any]:
    terms: dict[Object, int] = {}
    rows: list[int] = []
    for subject, predicate, value, _, place in reading.statements:
        for term in (subject, predicate, value):
            rows.append(terms.setdefault(term, len(terms)))
        rows += place[1:]
    return {
        "graph": reading.statements[0].graph.value if reading.statements else "",
        "terms": [_term(term) for term in terms],
        "rows": rows,
        "things": [
            [t.node.value if t.node else "", t.reference, list(t.classes), list(t.place)]
            for t in reading.things
        ],
        "findings": [
            [f.severity, f.rule, f.stage, f.message, f.focus, f.path, f.value, f.place and list(f.place)]
            for f in reading.findings
        ],
    }


def _term(term: Object) -> str | list[str]:
    if isinstance(term, Literal):
        return [term.value, term.language or "", "" if term.language else term.datatype.value]
    return term.value


def _decode(said: dict[str, Any], shown: str, iris: dict[str, NamedNode]) -> Reading:
    terms: list[Any] = [_decode_term(term, iris) for term in said["terms"]]
    graph = NamedNode(said["graph"]) if said["graph"] else None
    rows = iter(said["rows"])
    statements = [
        Statement(terms[s], terms[p], terms[o], graph, Place(shown, line, column))  # type: ignore[arg-type]
        for s, p, o, line, column in zip(rows, rows, rows, rows, rows, strict=True)
    ]
    findings = [
        Finding(
            Severity(s), rule, Stage(stage), message, focus, path, value, Place(*place) if place else None
        )
        for s, rule, stage, message, focus, path, value, place in said["findings"]
    ]
    things = [
        Thing(NamedNode(iri) if iri else None, reference, tuple(classes), Place(*place))
        for iri, reference, classes, place in said["things"]
    ]
    return Reading(statements, findings, things)


def _decode_term(term: str | list[str], iris: dict[str, NamedNode]) -> Object:
    if isinstance(term, str):
        if term not in iris:
            iris[term] = NamedNode(term)
        return iris[term]
    text, language, datatype = term
    return Literal(text, language=language) if language else Literal(text, datatype=NamedNode(datatype))
