"""``Line``: the server's end of the socket to a worker, on which nothing ever waits.

Python lets go of its interpreter lock for each system call of its own sockets, and in a server with threads
getting it back takes longer than a call that does not wait: here the lock is kept, which gives a third more
small questions per second. This module refuses to know what goes over the line.
"""

from __future__ import annotations

import ctypes
import os
import socket

from gbvkg.store.spool import BLOCK

_LIBC = ctypes.PyDLL(None, use_errno=True)
"""Calls through ``PyDLL`` keep the interpreter lock."""

_SEND, _RECEIVE = _LIBC.send, _LIBC.recv
_SEND.argtypes = [ctypes.c_int, ctypes.c_char_p, ctypes.c_size_t, ctypes.c_int]
_RECEIVE.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
_SEND.restype = _RECEIVE.restype = ctypes.c_ssize_t

_NO_WAIT = socket.MSG_DONTWAIT
_QUIETLY = socket.MSG_DONTWAIT | socket.MSG_NOSIGNAL

_BUFFER = ctypes.create_string_buffer(BLOCK)
_VIEW = memoryview(_BUFFER)
"""One for all lines: what arrives is copied out of it before anything else is read."""


class Line:
    """A stream socket that is connected; closing it closes the socket."""

    __slots__ = ("_socket", "number")

    def __init__(self, stream: socket.socket) -> None:
        self._socket = stream
        self.number = stream.fileno()

    @property
    def is_open(self) -> bool:
        """Whether ``close`` was not called yet."""
        return self._socket.fileno() >= 0

    def send(self, data: bytes) -> int:
        """How many of the bytes went out, perhaps none. Raises OSError when nobody reads any more."""
        sent: int = _SEND(self.number, data, len(data), _QUIETLY)
        return sent if sent >= 0 else _none_yet()

    def receive(self) -> bytes | None:
        """What arrived, at most ``BLOCK`` bytes; b"" at the end, None when there is nothing yet. Raises
        OSError when the line broke.
        """
        got: int = _RECEIVE(self.number, _BUFFER, BLOCK, _NO_WAIT)
        if got < 0:
            _none_yet()
            return None
        return bytes(_VIEW[:got])

    def close(self) -> None:
        """Let go of the socket; its number may be another's from now on."""
        self._socket.close()


def _none_yet() -> int:
    """0 when the last call would only have had to wait. Raises OSError that says what else went wrong."""
    number = ctypes.get_errno()
    if isinstance(error := OSError(number, os.strerror(number)), (BlockingIOError, InterruptedError)):
        return 0
    raise error
