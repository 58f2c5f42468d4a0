"""Quads → bytes, one writer per RDF format; the same quads always give the same bytes.

Input is what ``order.ordered`` gives (for the graph formats: what ``order.union`` gives). N-Quads and
N-Triples are canonical (RDF Dataset Canonicalization §"canonical N-Quads": one spelling per term, lines in
code point order), so that two releases can be compared with ``diff`` and hashed. Literals keep their lexical
form in every format. This module refuses to look at the meaning of anything.
"""

from __future__ import annotations

import gzip
import shutil
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import BinaryIO

import zstandard
from pyoxigraph import Quad, RdfFormat, Triple, serialize

from gbvkg.release import jsonld, rdfxml
from gbvkg.vocabulary import prefixes

Writer = Callable[[Sequence[Quad], BinaryIO], None]


def write_nquads(quads: Sequence[Quad], out: BinaryIO) -> None:
    """Canonical N-Quads."""
    _write_lines(_serialised(quads, RdfFormat.N_QUADS), out)


def write_ntriples(quads: Sequence[Quad], out: BinaryIO) -> None:
    """Canonical N-Triples of one graph."""
    _write_lines(_serialised(_triples(quads), RdfFormat.N_TRIPLES), out)


def write_trig(quads: Sequence[Quad], out: BinaryIO) -> None:
    """TriG (RDF 1.1) with the prefix table and an empty line after each subject."""
    _write_spaced(_serialised(quads, RdfFormat.TRIG), out)


def write_turtle(quads: Sequence[Quad], out: BinaryIO) -> None:
    """Turtle (RDF 1.1) with the prefix table and an empty line after each subject."""
    _write_spaced(_serialised(_triples(quads), RdfFormat.TURTLE), out)


WRITERS: dict[str, Writer] = {
    "trig": write_trig,
    "nq": write_nquads,
    "ttl": write_turtle,
    "nt": write_ntriples,
    "jsonld": jsonld.write,
    "rdf": rdfxml.write,
}
"""Name of the format in ``formats.RDF`` → its writer."""


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


def _triples(quads: Iterable[Quad]) -> Iterable[Triple]:
    return (quad.triple for quad in quads)


def _serialised(statements: Iterable[Quad] | Iterable[Triple], syntax: RdfFormat) -> bytes:
    return serialize(statements, format=syntax, prefixes=_short_prefixes()) or b""


def _short_prefixes() -> dict[str, str]:
    """The prefix table without the namespaces of things: Turtle would escape each slash in them."""
    return {prefix: ns for prefix, ns in prefixes().items() if not ns.endswith("/id/")}


def _write_lines(text: bytes, out: BinaryIO) -> None:
    out.writelines(sorted(text.splitlines(keepends=True)))


def _write_spaced(text: bytes, out: BinaryIO) -> None:
    """``text`` with only the prefixes that it uses, by name, and an empty line after each subject.

    A line break inside a literal is always written as an escape, so " ." before a real one ends a statement.
    """
    end = 0
    while text.startswith(b"@prefix", end):
        end = text.index(b"\n", end) + 1
    body = text[end:].replace(b" .\n", b" .\n\n").replace(b"\n\n}\n", b"\n}\n\n")
    for prefix, namespace in sorted(_short_prefixes().items()):
        if any(f"{before}{prefix}:".encode() in body for before in (" ", "\t", "\n", "^^")):
            out.write(f"@prefix {prefix}: <{namespace}> .\n".encode())
    out.write(b"\n" + body.rstrip(b"\n") + b"\n")
