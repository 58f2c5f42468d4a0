"""CSV results where the engine's are none: it leaves an IRI with a comma unquoted, which makes it two fields.

Its own writing is five times as fast and right for all else, so it is looked through and only done anew when
need be. This module refuses to write terms in any way but that of SPARQL 1.1 Query Results CSV and TSV §3.
"""

from __future__ import annotations

import csv
import io
import re
import sys
from collections.abc import Iterable
from typing import Any, Protocol

from pyoxigraph import Literal, NamedNode, QuerySolutions

_ROWS = 1000
"""Rows that are written at a time."""

_QUOTE = '"'
_SPECIAL = re.compile(r'[",\r\n]')


class Output(Protocol):
    def write(self, data: bytes) -> object: ...


def is_table(parts: Iterable[bytes], width: int) -> bool:
    """Whether each row of a CSV text in UTF-8 has ``width`` fields (RFC 4180 §2); an empty line is one field,
    or none when there is no column.
    """
    csv.field_size_limit(sys.maxsize)
    text = io.TextIOWrapper(io.BufferedReader(_Parts(parts)), "utf-8", newline="")
    return all(len(row) == width or (not row and width < 2) for row in csv.reader(text))


class _Parts(io.RawIOBase):
    """Parts as one file, read without a copy of the whole: an answer may be as large as memory allows."""

    def __init__(self, parts: Iterable[bytes]) -> None:
        self._parts = iter(parts)
        self._part = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._part:
            part = next(self._parts, None)
            if part is None:
                return 0
            self._part = memoryview(part)
        size = min(len(buffer), len(self._part))
        buffer[:size] = self._part[:size]
        self._part = self._part[size:]
        return size


def write(found: QuerySolutions, output: Output) -> None:
    """The solutions as CSV, with every field quoted that needs it. Raises what ``output.write`` raises."""
    lines = [",".join(variable.value for variable in found.variables)]
    for solution in found:
        lines.append(",".join(_field(term) for term in solution))
        if len(lines) == _ROWS:
            _flush(lines, output)
    _flush(lines, output)


def _field(term: object) -> str:
    if term is None:
        return ""
    text = term.value if isinstance(term, NamedNode | Literal) else str(term)
    return f'"{text.replace(_QUOTE, 2 * _QUOTE)}"' if _SPECIAL.search(text) else text


def _flush(lines: list[str], output: Output) -> None:
    output.write("".join(f"{line}\r\n" for line in lines).encode("utf-8"))
    lines.clear()
