"""Quads → bytes, one writer per RDF format; the same quads always give the same bytes.

Input is what ``order.ordered`` gives (for the graph formats: what ``order.union`` gives). N-Quads is
canonical (RDF Dataset Canonicalization §"canonical N-Quads": one spelling per term, lines in code point
order), so that two releases can be compared with ``diff`` and hashed. Literals keep their lexical form in
every format. This module refuses to look at the meaning of anything.
"""

from __future__ import annotations

import gzip
import re
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

import zstandard
from pyoxigraph import NamedNode, Quad, RdfFormat, Triple, serialize

from gbvkg.release import jsonld, rdfxml
from gbvkg.release.order import Row
from gbvkg.vocabulary import prefixes

Writer = Callable[[Sequence[Row], BinaryIO], None]

_ROWS = 10_000
_BYTES = 1 << 23
"""How much is written at a time, so that a large dataset is in memory as few times as can be."""

_END = re.compile(rb" \.\n(\}\n)?")


def write_nquads(rows: Sequence[Row], out: BinaryIO) -> None:
    """Canonical N-Quads."""
    lines: list[bytes] = []
    for part in _parts(rows):
        lines += _serialised(_quads(part), RdfFormat.N_QUADS).splitlines(keepends=True)
    lines.sort()
    out.writelines(lines)


def write_trig(rows: Sequence[Row], out: BinaryIO) -> None:
    """TriG (RDF 1.1) with the prefix table and an empty line after each subject."""
    _write_spaced(_serialised(_quads(rows), RdfFormat.TRIG), _used_prefixes(rows), out)


def write_turtle(rows: Sequence[Row], out: BinaryIO) -> None:
    """Turtle (RDF 1.1) with the prefix table and an empty line after each subject."""
    triples = (Triple(row.subject, row.predicate, row.object) for row in rows)
    _write_spaced(_serialised(triples, RdfFormat.TURTLE), _used_prefixes(rows), out)


WRITERS: dict[str, Writer] = {
    "trig": write_trig,
    "nq": write_nquads,
    "ttl": write_turtle,
    "jsonld": jsonld.write,
    "rdf": rdfxml.write,
}
"""The formats of a published dataset in ``formats.RDF`` → their writers.

N-Triples is not among them: it would say nothing that N-Quads does not.
"""


def write_gzip(path: Path) -> Path:
    """``path.gz`` beside ``path``, no name and no time inside: depends on the content only (RFC 1952)."""
    target = path.with_name(f"{path.name}.gz")
    with (
        path.open("rb") as source,
        target.open("wb") as out,
        gzip.GzipFile(filename="", fileobj=out, mode="wb", compresslevel=6, mtime=0) as packed,
    ):
        shutil.copyfileobj(source, packed, 1 << 20)
    return target


def write_zstandard(path: Path) -> Path:
    """``path.zst`` beside ``path``, with size and checksum inside (RFC 8878)."""
    target = path.with_name(f"{path.name}.zst")
    compressor = zstandard.ZstdCompressor(level=10, write_checksum=True)
    with path.open("rb") as source, target.open("wb") as out:
        compressor.copy_stream(source, out, size=path.stat().st_size)
    return target


def _parts(rows: Sequence[Row]) -> Iterator[Sequence[Row]]:
    return (rows[start : start + _ROWS] for start in range(0, len(rows), _ROWS))


def _quads(rows: Iterable[Row]) -> Iterator[Quad]:
    return (Quad(*row) for row in rows)


def _serialised(statements: Iterable[Quad] | Iterable[Triple], syntax: RdfFormat) -> bytes:
    return serialize(statements, format=syntax, prefixes=_short_prefixes()) or b""


def _short_prefixes() -> dict[str, str]:
    """The prefix table without the namespaces of things: Turtle would escape each slash in them."""
    return {prefix: ns for prefix, ns in prefixes().items() if not ns.endswith("/id/")}


def _used_prefixes(rows: Sequence[Row]) -> dict[str, str]:
    """The short prefixes that Turtle of ``rows`` has, found by writing each term once, in its own place."""
    anything = NamedNode("urn:x")
    nodes = {row.subject for row in rows} | {row.object for row in rows}
    graphs = {row.graph_name for row in rows if isinstance(row.graph_name, NamedNode)}
    triples = [Triple(anything, anything, term) for term in nodes | graphs]
    triples += [Triple(anything, predicate, anything) for predicate in {row.predicate for row in rows}]
    text = _serialised(triples, RdfFormat.TURTLE)
    body = text[text.index(b"<urn:x>") :] if triples else b""
    found = {name.decode() for name in re.findall(rb"(?:[ \t\n]|\^\^)([A-Za-z][\w-]*):", body)}
    return {prefix: ns for prefix, ns in _short_prefixes().items() if prefix in found}


def _write_spaced(text: bytes, prefixes: dict[str, str], out: BinaryIO) -> None:
    """``text`` with only these prefixes, by name, and an empty line after each subject.

    A line break inside a literal is always written as an escape, so " ." before a real one ends a statement.
    """
    start = 0
    while text.startswith(b"@prefix", start):
        start = text.index(b"\n", start) + 1
    for prefix, namespace in sorted(prefixes.items()):
        out.write(f"@prefix {prefix}: <{namespace}> .\n".encode())
    out.write(b"\n")
    while start < len(text):
        end = _end_of_statement(text, start + _BYTES)
        spaced = _END.sub(rb" .\n\1\n", text[start:end])
        out.write(spaced if end < len(text) else spaced.rstrip(b"\n"))
        start = end
    out.write(b"\n")


def _end_of_statement(text: bytes, start: int) -> int:
    """Where the first statement that ends after ``start`` ends, the brace of its graph included."""
    found = _END.search(text, start)
    return found.end() if found else len(text)
