"""Rows of text laid out for eyes: a table, or where that would be too narrow to read, a block per row.

Without a width (a file, a pipe) a table is as wide as its content asks for, so that its text is the same
everywhere. With one, columns give way to each other until the table fits. This module refuses to cut: what
does not fit goes on in the next line.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

CELL_WIDTH = 48
"""Characters after which a cell of a table goes on in the next line, however wide the terminal."""

NARROWEST = 10
"""Characters that a column keeps when others need room; with less than that there is no table."""

GAP = "  "


def laid_out(heads: Sequence[str], rows: Sequence[Sequence[str]], width: int | None = None) -> str:
    """The rows under their ``heads``, in lines of at most ``width`` characters if that is given.

    (A block of a terminal narrower than a heading and a few words has longer lines.)
    """
    widths = _widths([heads, *rows], width)
    lines = _blocks(heads, rows, width or 0) if widths is None else _table(heads, rows, widths)
    return "".join(f"{line}\n" for line in lines)


def _widths(rows: Sequence[Sequence[str]], width: int | None) -> list[int] | None:
    """Of each column its width; None when they do not fit without one getting too narrow."""
    wanted = [
        max(len(line) for cell in column for line in _wrapped(cell, CELL_WIDTH))
        for column in zip(*rows, strict=True)
    ]
    if width is None:
        return wanted
    room = width - len(GAP) * (len(wanted) - 1)
    most = _share(wanted, room)
    return None if most < min(NARROWEST, max(wanted, default=0)) else [min(each, most) for each in wanted]


def _share(wanted: Sequence[int], room: int) -> int:
    """The width that the wide columns get when the narrow ones have what they want."""
    left = sorted(wanted)
    while left and left[0] * len(left) <= room:
        room -= left.pop(0)
    return max(room // len(left), 0) if left else max(wanted, default=0)


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]], widths: Sequence[int]) -> list[str]:
    rule = ["─" * width for width in widths]
    return [line for row in (heads, rule, *rows) for line in _lines(row, widths)]


def _lines(row: Sequence[str], widths: Sequence[int]) -> list[str]:
    cells = [_wrapped(cell, width) for cell, width in zip(row, widths, strict=True)]
    height = max(map(len, cells), default=0)
    padded = [[*cell, *[""] * (height - len(cell))] for cell in cells]
    return [
        GAP.join(cell[i].ljust(width) for cell, width in zip(padded, widths, strict=True)).rstrip()
        for i in range(height)
    ]


def _blocks(heads: Sequence[str], rows: Sequence[Sequence[str]], width: int) -> list[str]:
    """Each row as lines of heading and value, without the values that are not there."""
    left = min(max(map(len, heads)), width // 3)
    widths = [left, max(width - left - len(GAP), NARROWEST)]
    lines: list[str] = []
    for row in rows:
        told = [(head, cell) for head, cell in zip(heads, row, strict=True) if cell]
        lines += [line for pair in told for line in _lines(pair, widths)]
        lines.append("─" * width)
    return lines


def _wrapped(text: str, width: int) -> list[str]:
    return [line for part in text.split("\n") for line in textwrap.wrap(part, max(width, 1)) or [""]]
