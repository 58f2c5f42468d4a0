"""The server's end of the process that forks workers: orders out, news back.

An order that has no room now is kept till it has. This module refuses to wait for that process, except to see
that it ended.
"""

from __future__ import annotations

import array
import asyncio
import os
import socket
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable

from gbvkg.store import zygote
from gbvkg.store.snapshot import Snapshot

_PASSED = ("LD_LIBRARY_PATH", "PATH", "PYTHONHOME", "TMPDIR", "VIRTUAL_ENV")
_AGAIN = 0.02


class Nursery:
    """``news`` is called with READY or DIED, a worker's number and a code; ``gone`` when it all ended.

    Raises OSError when the process cannot be started.
    """

    def __init__(
        self, snapshot: Snapshot, news: Callable[[bytes, int, int], None], gone: Callable[[int | None], None]
    ) -> None:
        self._news, self._gone = news, gone
        self._loop = asyncio.get_running_loop()
        self._line, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._line.setblocking(False)
        self._unsent: deque[bytes] = deque()
        with theirs:
            try:
                self._process = subprocess.Popen(
                    _command(snapshot, theirs.fileno()),
                    pass_fds=(theirs.fileno(),),
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    env=_environment(),
                    cwd="/",
                    start_new_session=True,  # Ctrl-C is for the server, which then ends this
                )
            except BaseException:
                self._line.close()
                raise
        self._loop.add_reader(self._line.fileno(), self._readable)

    @property
    def pid(self) -> int:
        return self._process.pid

    def fork(self, number: int) -> socket.socket:
        """Order a worker; the line to it. May be used at once.

        Raises OSError when the process is gone, its line has no room, or no file can be opened (EMFILE).
        """
        ours, theirs = socket.socketpair()
        with theirs:
            rights = (socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [theirs.fileno()]))
            try:
                self._line.sendmsg([zygote.ORDER.pack(zygote.FORK, number)], [rights])
            except OSError:
                ours.close()
                raise
        return ours

    def kill(self, number: int) -> None:
        """Have a worker killed with SIGKILL; one that died already stays as it is."""
        self._unsent.append(zygote.ORDER.pack(zygote.KILL, number))
        if len(self._unsent) == 1:
            self._send()
            if self._unsent:
                self._loop.add_writer(self._line.fileno(), self._writable)

    def _send(self) -> None:
        try:
            while self._unsent:
                self._line.send(self._unsent[0])
                self._unsent.popleft()
        except BlockingIOError:
            return
        except OSError:
            self._unsent.clear()  # with that process gone, the workers are too

    def _writable(self) -> None:
        self._send()
        if not self._unsent:
            self._loop.remove_writer(self._line.fileno())

    def close(self) -> None:
        """Let the process and its workers end; nothing is called any more."""
        if self._line.fileno() >= 0:
            self._loop.remove_reader(self._line.fileno())
            self._loop.remove_writer(self._line.fileno())
            self._unsent.clear()
            self._line.close()

    async def ended(self) -> None:
        """Return when the process was closed, has ended and is reaped."""
        while self._process.poll() is None:
            await asyncio.sleep(_AGAIN)

    def _readable(self) -> None:
        try:
            message = self._line.recv(zygote.NEWS.size)
        except BlockingIOError:
            return
        except OSError:
            message = b""
        if message:
            self._news(*zygote.NEWS.unpack(message))
            return
        self.close()
        self._process.kill()
        self._reap()

    def _reap(self) -> None:
        code = self._process.poll()
        if code is None:
            self._loop.call_later(_AGAIN, self._reap)
        else:
            self._gone(code)


def _command(snapshot: Snapshot, control: int) -> list[str]:
    lasting = threading.current_thread() is threading.main_thread()
    return [
        sys.executable, "-P", "-s", "-m", "gbvkg.store",
        str(snapshot.path), "memory" if snapshot.in_memory else "disk",
        str(control), str(os.getpid() if lasting else 0),
    ]  # fmt: skip


def _environment() -> dict[str, str]:
    """Only what Python needs to find the same modules: the server's environment may hold secrets."""
    passed = {name: os.environ[name] for name in _PASSED if name in os.environ}
    path = os.pathsep.join(os.path.abspath(entry) for entry in sys.path if entry)
    return {**passed, "PYTHONPATH": path, "RUST_BACKTRACE": "0"}
