"""What the files said the last time, so that a later run reads only the ones that changed.

One SQLite file of JSON rows, keyed by the SHA-256 of each file and of everything that decides how it is read
(term table, identifier table, the readers themselves). Losing or damaging it costs time, never correctness.
This module refuses formats that can run code, and refuses to judge by modification times.
"""

from __future__ import annotations

import fcntl
import json
import os
import sqlite3
import stat
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Any

from pyoxigraph import Literal, NamedNode

from gbvkg.findings import Finding, Severity, Stage
from gbvkg.project import safe_folder
from gbvkg.sources.reading import Reading
from gbvkg.sources.statement import Object, Place, Statement
from gbvkg.sources.yaml_reader import Thing

NAME = "readings.sqlite"
_SIDECARS = ("", "-journal", "-wal", "-shm")
_PATIENCE = 0.5
"""Seconds to wait for another process; a run without the cache costs little more."""
_BUSY = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
_LOCKED = (512, 0x40000000)
"""How many bytes SQLite locks, and from where (the lock-byte page of its file format)."""


class ReadingCache:
    """The readings of one project; ``digests`` are of the run that filled it, {} when it is of no use.

    Never raises for what is found in ``folder``: a cache that cannot be opened, because it is a link, a
    pipe, damaged or held by another process, remembers nothing and keeps nothing.
    """

    def __init__(self, folder: Path, key: str) -> None:
        self.path = folder / NAME
        self.key = key
        self.digests: dict[str, str] = {}
        self._iris: dict[str, NamedNode] = {}
        self._base: sqlite3.Connection | None = None
        if safe_folder(folder) and all(_absent_or_regular(folder / f"{NAME}{end}") for end in _SIDECARS):
            self._open(again=True)

    def _open(self, again: bool) -> None:
        base: sqlite3.Connection | None = None
        try:
            base = sqlite3.connect(self.path, timeout=_PATIENCE)
            self.digests = _prepare(base, self.key)
            self._base = base
        except sqlite3.Error as error:
            if base is not None:
                base.close()
            if again and error.sqlite_errorcode not in _BUSY and _remove(self.path):
                self._open(again=False)

    def get(self, shown: str) -> Reading | None:
        """What the file said when it was last read, or None when nothing usable is kept."""
        if self._base is None:
            return None
        try:
            query = "SELECT digest, said, seal FROM reading WHERE file = ?"
            digest, said, seal = self._base.execute(query, (shown,)).fetchone() or ("", "", "")
            if seal != _seal(shown, digest, said):
                return None
            return _decode(json.loads(said), shown, self._iris)
        except (sqlite3.Error, ValueError, TypeError, IndexError, KeyError, RecursionError):
            return None

    def put(self, shown: str, digest: str, reading: Reading) -> None:
        """Keeps what the file says in this run."""
        if self._base is not None:
            said = json.dumps(_encode(reading), ensure_ascii=False)
            self._change(
                "INSERT OR REPLACE INTO reading VALUES (?, ?, ?, ?)",
                (shown, digest, said, _seal(shown, digest, said)),
            )

    def drop(self, shown: str) -> None:
        """Forgets a file that is no longer there."""
        self._change("DELETE FROM reading WHERE file = ?", (shown,))

    def _change(self, command: str, values: tuple[str, ...]) -> None:
        """Changes the cache; when that fails, it stays what it was before this run."""
        if self._base is None:
            return
        try:
            self._base.execute(command, values)
        except (sqlite3.Error, UnicodeEncodeError):
            self._give_up()

    def _give_up(self) -> None:
        if self._base is not None:
            with suppress(sqlite3.Error):
                self._base.rollback()
            self._base.close()
            self._base = None

    def state(self, digests: dict[str, str]) -> str:
        """One digest for a whole set of sources; equal states mean equal readings."""
        lines = "\n".join(f"{digest} {shown}" for shown, digest in sorted(digests.items()))
        return sha256(f"{self.key}\n{lines}".encode(errors="surrogatepass")).hexdigest()

    def close(self) -> None:
        """Writes everything at once: a run that is killed before leaves the cache as it was."""
        if self._base is not None:
            with suppress(sqlite3.Error):
                self._base.commit()
            self._give_up()


def _absent_or_regular(path: Path) -> bool:
    try:
        return stat.S_ISREG(os.lstat(path).st_mode)
    except FileNotFoundError:
        return True
    except OSError:
        return False


def _prepare(base: sqlite3.Connection, key: str) -> dict[str, str]:
    """Empties a cache that was made otherwise. The digest of each file it knows; raises sqlite3.Error."""
    base.execute("CREATE TABLE IF NOT EXISTS made_with (key TEXT PRIMARY KEY)")
    base.execute(
        "CREATE TABLE IF NOT EXISTS reading (file TEXT PRIMARY KEY, digest TEXT, said TEXT, seal TEXT)"
    )
    if list(base.execute("SELECT key FROM made_with")) != [(key,)]:
        base.execute("DELETE FROM reading")
        base.execute("DELETE FROM made_with")
        base.execute("INSERT INTO made_with VALUES (?)", (key,))
    base.execute("SELECT seal FROM reading LIMIT 0")  # an older form of the table is an error
    return dict(base.execute("SELECT file, digest FROM reading WHERE typeof(file) = typeof(digest)"))


def _remove(path: Path) -> bool:
    """Removes a damaged cache, unless another process holds it. Whether it is gone."""
    try:
        with path.open("r+b") as stream:
            fcntl.lockf(stream, fcntl.LOCK_EX | fcntl.LOCK_NB, *_LOCKED)
            path.unlink()
    except OSError:
        return False
    return True


def _seal(shown: str, digest: str, said: str) -> str:
    """A digest over a whole row, so that one that was damaged or edited is not believed."""
    return sha256("\0".join((shown, digest, said)).encode(errors="surrogatepass")).hexdigest()


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
        "unread": reading.unread,
        "lost": reading.lost,
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
    return Reading(statements, findings, things, list(said["unread"]), list(said["lost"]))


def _decode_term(term: str | list[str], iris: dict[str, NamedNode]) -> Object:
    if isinstance(term, str):
        if term not in iris:
            iris[term] = NamedNode(term)
        return iris[term]
    text, language, datatype = term
    return Literal(text, language=language) if language else Literal(text, datatype=NamedNode(datatype))
