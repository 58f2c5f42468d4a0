"""Do all forms of a release's dataset say the same? The N-Quads are the measure.

A checksum tells that a file is as its manifest says, not that the manifest's author wrote the same thing in
every format. So each serialisation is read and its statements are compared with the N-Quads, the embedded
store too, and each compressed copy must unpack to the file beside it. Whoever made the release may be
hostile: this module refuses to unpack more bytes than the plain file has, and XML with a document type or
deep nesting.
"""

from __future__ import annotations

import gzip
import hashlib
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import BinaryIO
from xml.parsers import expat

import zstandard
from pyoxigraph import Quad, RdfFormat, Store, parse

from gbvkg.formats import RDF

Problem = tuple[str, str]
"""What is wrong with one file, in Dutch and in English."""

Digest = bytes

_STEM, _MEASURE, _STORE = "dataset", "dataset.nq", "store"
_BLOCK = 1 << 20
_DEPTH = 16
_WINDOW = 1 << 27
"""Bytes of memory that unpacking Zstandard may take: RFC 8878 §3.1.1.1.2 advises at least 8 MB."""


def disagreements(release: Path, checksums: Mapping[str, str], graphs: Mapping[str, int]) -> list[Problem]:
    """What does not agree with the N-Quads; ``checksums`` are the SHA-256 of the files, checked already, and
    ``graphs`` the number of quads that each graph should have.
    """
    try:
        quads = _quads(parse(path=str(release / _MEASURE), format=RdfFormat.N_QUADS))
    except (SyntaxError, ValueError, OSError):
        return [_unreadable(_MEASURE)]
    problems = [_differs(_MEASURE)] if _counts(release) != dict(graphs) else []
    triples: set[Digest] | None = None
    for row in RDF.values():
        name = f"{_STEM}.{row.extension}"
        if name not in checksums or name == _MEASURE:
            continue
        if not row.named_graphs and triples is None:
            triples = _triples(parse(path=str(release / _MEASURE), format=RdfFormat.N_QUADS))
        assert row.rdf is not None
        expected = quads if row.named_graphs else triples or set()
        problems += _compared(release / name, row.rdf, expected, row.named_graphs)
    return [*problems, *_packed(release, checksums), *_stored(release)]


def _counts(release: Path) -> dict[str, int]:
    rows = parse(path=str(release / _MEASURE), format=RdfFormat.N_QUADS)
    return dict(Counter(str(quad.graph_name).strip("<>") for quad in rows))


def _quads(rows: Iterable[Quad]) -> set[Digest]:
    return {_digest(str(quad)) for quad in rows}


def _triples(rows: Iterable[Quad]) -> set[Digest]:
    return {_digest(str(quad.triple)) for quad in rows}


def _digest(text: str) -> Digest:
    return hashlib.blake2b(text.encode(), digest_size=16).digest()


def _compared(path: Path, syntax: RdfFormat, expected: set[Digest], named: bool) -> list[Problem]:
    try:
        if syntax == RdfFormat.RDF_XML:
            _check_xml(path)
        rows = parse(path=str(path), format=syntax)
        found = _quads(rows) if named else _triples(rows)
    except (SyntaxError, ValueError, OSError, expat.ExpatError):
        return [_unreadable(path.name)]
    return [] if found == expected else [_differs(path.name)]


def _check_xml(path: Path) -> None:
    """Raises ValueError for XML that could take memory or time without end, ExpatError for no XML."""
    parser, depth = expat.ParserCreate(), 0

    def refuse(*_: object) -> None:
        raise ValueError("document type")

    def enter(*_: object) -> None:
        nonlocal depth
        depth += 1
        if depth > _DEPTH:
            raise ValueError("deep nesting")

    def leave(_: str) -> None:
        nonlocal depth
        depth -= 1

    parser.StartDoctypeDeclHandler, parser.StartElementHandler, parser.EndElementHandler = (
        refuse,
        enter,
        leave,
    )
    with path.open("rb") as file:
        parser.ParseFile(file)


# --- compressed copies --------------------------------------------------------------------------------------


def _gunzip(file: BinaryIO) -> BinaryIO:
    return gzip.GzipFile(fileobj=file)  # type: ignore[return-value]


def _unzstd(file: BinaryIO) -> BinaryIO:
    unpacker = zstandard.ZstdDecompressor(max_window_size=_WINDOW)
    return unpacker.stream_reader(file, read_across_frames=True)


_UNPACKERS: dict[str, Callable[[BinaryIO], BinaryIO]] = {".gz": _gunzip, ".zst": _unzstd}


def _packed(release: Path, checksums: Mapping[str, str]) -> list[Problem]:
    problems = []
    for name in checksums:
        path = release / name
        plain = name.removesuffix(path.suffix)
        if path.suffix in _UNPACKERS and plain in checksums:
            size = (release / plain).stat().st_size
            if _unpacked(path, size) != checksums[plain]:
                problems.append((f"{name} is niet {plain}", f"{name} is not {plain}"))
    return problems


def _unpacked(path: Path, size: int) -> str:
    """The SHA-256 of what is in ``path``; "" when it is damaged or more than ``size`` bytes."""
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file, _UNPACKERS[path.suffix](file) as content:
            while block := content.read(_BLOCK):
                size -= len(block)
                if size < 0:
                    return ""
                digest.update(block)
    except (OSError, EOFError, zlib.error, zstandard.ZstdError):
        return ""
    return digest.hexdigest()


# --- the store ----------------------------------------------------------------------------------------------


def _stored(release: Path) -> list[Problem]:
    """A store spells literals its own way, so it is compared with a store of the N-Quads."""
    expected = Store()
    expected.bulk_load(path=str(release / _MEASURE), format=RdfFormat.N_QUADS)
    try:
        found = _quads(Store.read_only(str(release / _STORE)))
    except (OSError, RuntimeError):
        return [_unreadable(_STORE)]
    return [] if found == _quads(expected) else [_differs(_STORE)]


def _unreadable(name: str) -> Problem:
    return f"{name} is niet leesbaar", f"{name} cannot be read"


def _differs(name: str) -> Problem:
    return f"{name} zegt iets anders dan het manifest of {_MEASURE}", (
        f"{name} says something else than the manifest or {_MEASURE}"
    )
