"""Work of a request beside the event loop, in a thread, at the expense of who asked for it.

Threads of a process share one interpreter, so what one of them does is no more free than what a worker does.
This module refuses to make anything wait: a thread has no deadline, and is for work whose end is in sight.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from time import thread_time
from typing import Any, TypeVar

from gbvkg.web.charging import Charge, charged

T = TypeVar("T")


async def aside(work: Callable[..., T], *given: Any) -> T:
    """What ``work`` gives or raises; the processor time that it took is charged to the request at hand, as
    that of a worker, also when who asked is gone by then.
    """
    charge = charged.get() or Charge()

    def timed() -> T:
        began = thread_time()
        try:
            return work(*given)
        finally:
            charge.workers += thread_time() - began

    return await asyncio.to_thread(timed)
