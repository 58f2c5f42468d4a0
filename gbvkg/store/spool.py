"""A big answer on its way: complete, in a temporary file, read back in blocks.

All spools of a pool together have a bound, so that many big answers at once cannot fill memory or disk.
This module refuses to be read twice at once: it has one place in one file.
"""

from __future__ import annotations

import tempfile
import weakref
from collections.abc import Iterator
from typing import IO

BLOCK = 1 << 16
"""Bytes in a chunk."""

IN_MEMORY = 1 << 20
"""Bytes. A bigger answer is a Spool, and of a Spool no more than this is kept in memory."""


class Allowance:
    """How many bytes all spools together may still take."""

    def __init__(self, size: int) -> None:
        self.left = size

    def take(self, size: int) -> bool:
        """Whether there were ``size`` left; then they are taken."""
        if size > self.left:
            return False
        self.left -= size
        return True

    def give(self, size: int) -> None:
        self.left += size


class Spool:
    """The bytes of one answer. Iterating gives chunks of at most ``BLOCK`` bytes from the start.

    ``close`` frees them; so does the garbage collector, later.
    """

    def __init__(self, allowance: Allowance, size: int) -> None:
        """``size`` bytes were taken of ``allowance``; closing gives them back."""
        self._file: IO[bytes] = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115
        self._size = size
        self._end = weakref.finalize(self, _finish, self._file, allowance, size)

    def write(self, data: bytes | memoryview) -> None:
        self._file.write(data)

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[bytes]:
        self._file.seek(0)
        while block := self._file.read(BLOCK):
            yield block

    def close(self) -> None:
        self._end()


def whole(body: bytes | Spool) -> bytes:
    """All of an answer that is known to be small enough to be in memory; closes a Spool."""
    if isinstance(body, bytes):
        return body
    try:
        return b"".join(body)
    finally:
        body.close()


def _finish(file: IO[bytes], allowance: Allowance, size: int) -> None:
    file.close()
    allowance.give(size)
