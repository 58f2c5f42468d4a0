"""Something that takes time and is the same for a whole release: made once, for whoever asks first.

Who asks while it is being made waits for the same; when making it failed, the next one tries again. This
module refuses to let one who stops waiting end it for the others.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Once(Generic[T]):
    """What ``make`` gives."""

    def __init__(self, make: Callable[[], Awaitable[T]]) -> None:
        self._make = make
        self._task: asyncio.Future[T] | None = None

    async def get(self) -> T:
        """The one that there is, or a new one. Raises what making it raises."""
        if self._task is None or (self._task.done() and self.there is None):
            self._task = asyncio.ensure_future(self._make())
        return await asyncio.shield(self._task)

    @property
    def there(self) -> T | None:
        """The one that there is; None while it is being made, and when that failed."""
        task = self._task
        if task is None or not task.done() or task.cancelled() or task.exception() is not None:
            return None
        return task.result()
