"""Work for a client that may hang up: it stops as soon as nobody waits for it any more.

What a cancelled task awaits is cancelled with it, which frees the worker that it asked. This module refuses
to read a body: it is for requests of which the body is in, or that have none.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress

from starlette.types import Receive

_AT_ONCE = 0.05
"""Seconds. Most answers are there by then, and nobody needs to watch for a client that hangs up."""


class ClientGone(Exception):
    """The client hung up; there is nobody to answer."""


class Attended:
    """A block that ends with ClientGone as soon as the client hangs up, and cancels what it awaits.

    As ``asyncio.timeout``: the task itself is cancelled. Most blocks are over before anybody needs to look.
    """

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._is_gone = False
        self._watch: asyncio.Task[None] | None = None

    async def __aenter__(self) -> None:
        loop = asyncio.get_running_loop()
        task = asyncio.current_task()
        assert task is not None
        self._task = task
        self._cancelling = task.cancelling()
        self._later = loop.call_later(_AT_ONCE, self._look)

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._later.cancel()
        if self._watch is not None:
            self._watch.cancel()
        if self._is_gone and self._task.uncancel() <= self._cancelling and kind is asyncio.CancelledError:
            raise ClientGone

    def _look(self) -> None:
        self._watch = asyncio.get_running_loop().create_task(self._until_gone())

    async def _until_gone(self) -> None:
        with suppress(OSError, RuntimeError):  # a server that cannot say has no client any more
            while (await self._receive())["type"] != "http.disconnect":
                pass
        self._is_gone = True
        self._task.cancel()
