"""An answer without a framework: status, headers and a whole body, sent as ASGI wants it.

For what is asked most, where building a framework's request and response would cost more than the answer.
This module refuses to know what an answer says.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from starlette.types import Receive, Scope, Send

from gbvkg.store import Spool
from gbvkg.web.replies import common_headers

ASKED = "Accept, Accept-Datetime, Accept-Language, Content-Type, If-None-Match, Range"
"""Headers of requests that make a difference here."""


def header(scope: Scope, name: bytes) -> str:
    """The value of a request header, several joined by a comma (RFC 9110 §5.2); "" when there is none."""
    values = [value.decode("latin-1") for key, value in scope["headers"] if key == name]
    return values[0] if len(values) == 1 else ", ".join(values)


@dataclass(slots=True)
class Reply:
    """``body`` is whole, so that its length is known and it is never cut; a Spool is closed when it is sent.

    ``seconds`` is the time that a worker spent on it. Sending one to a HEAD request sends no body.
    """

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | Spool = b""
    seconds: float = 0.0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = self.body
        headers = [_header(name, value) for name, value in self.headers.items()]
        if self.status not in (204, 304):
            headers.append((b"content-length", b"%d" % len(body)))
        try:
            await send({"type": "http.response.start", "status": self.status, "headers": headers})
            if not isinstance(body, bytes):
                if scope["method"] != "HEAD":
                    for chunk in body:
                        await send({"type": "http.response.body", "body": chunk, "more_body": True})
                await send({"type": "http.response.body", "body": b""})
            else:
                await send({"type": "http.response.body", "body": body if scope["method"] != "HEAD" else b""})
        finally:
            if not isinstance(body, bytes):
                body.close()


@lru_cache(maxsize=256)
def _header(name: str, value: str) -> tuple[bytes, bytes]:
    return name.lower().encode(), value.encode("latin-1")


def preflight(methods: str, **more: str) -> Reply:
    """The answer to OPTIONS: what may be asked, and what a script of any origin may send (Fetch §3.2)."""
    said = {
        "Allow": methods,
        "Access-Control-Allow-Methods": methods,
        "Access-Control-Allow-Headers": ASKED,
        "Access-Control-Max-Age": "86400",
        "Cache-Control": "public, max-age=86400",
    }
    return Reply(204, common_headers() | said | more)
