"""An answer with the headers that every answer of a release has: ETag, caching, CORS, licence.

A representation of a release is the same for ever, so its ETag is strong and made of the release and of what
distinguishes the representation: who tells of other releases as well names them among it (RFC 9110 §8.8.3).
What depends on more than can be named has an ETag of its body. This module refuses to look at what the body
says.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping

from starlette.requests import Request
from starlette.responses import Response

from gbvkg.web.cache import is_fresh

CACHING = {
    "revision": "public, max-age=0, must-revalidate",
    "immutable": "public, max-age=31536000, immutable",
    "checked": "no-cache",
    "none": "no-store",
}
"""``revision``: kept, and asked again whether it is still the release; ``immutable``: of one version only;
``checked``: of more than a release, so kept by clients only, which ask again; ``none``: kept by nobody.
"""

SECURITY = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"strict-origin-when-cross-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
)
"""On every answer, besides what ``secured`` adds. A page needs no more: what a Permissions-Policy would
forbid takes a script, and only ours runs.
"""

EXPOSED = "ETag, Link, Location, Retry-After, Content-Disposition, Memento-Datetime, Repr-Digest"


def policy(nonce: str = "") -> str:
    """The Content Security Policy (level 3) of a page; ``nonce`` lets its scripts make style rules."""
    styles = f"'self' 'nonce-{nonce}'" if nonce else "'self'"
    return (
        f"default-src 'none'; script-src 'self'; style-src {styles}; img-src 'self' data:; font-src 'self'; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )


_POLICY = policy().encode()


def secured(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """The headers of an answer with those that every answer has: a policy (CSP level 3) unless it has its
    own, public to any origin (Fetch §3.2), and ``SECURITY``.
    """
    said = list(headers)
    names = dict(said)
    if b"content-security-policy" not in names:
        said.append((b"content-security-policy", _POLICY))
    if b"access-control-allow-origin" not in names:
        said.append((b"access-control-allow-origin", b"*"))
    said += SECURITY
    return said


def etag(*parts: str) -> str:
    """A strong entity tag of the things that tell one representation from another."""
    told_apart = "\n".join(parts).encode()
    return f'"{hashlib.sha256(told_apart).hexdigest()[:32]}"'


def media_type(name: str) -> str:
    """The Content-Type of a media type: text says that it is UTF-8 (RFC 6657, RFC 7763)."""
    return f"{name}; charset=utf-8" if name.startswith("text/") else name


def common_headers(licence: str = "") -> dict[str, str]:
    """What every answer to anyone says: public data, no cookies, so any origin may read it (Fetch §3.2)."""
    headers = {"Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": EXPOSED}
    return headers | ({"Link": f'<{licence}>; rel="license"'} if licence else {})


def link(target: str, rel: str, **attributes: str) -> str:
    """One value of a Link header (RFC 8288 §3)."""
    return "; ".join(
        [f"<{target}>", f'rel="{rel}"', *(f'{name}="{value}"' for name, value in attributes.items())]
    )


def is_held(request: Request, tag: str) -> bool:
    """Whether the client has the representation with this tag, so that none has to be made."""
    return is_fresh(tag.encode(), request.headers.get("if-none-match", "").encode())


def reply(
    request: Request,
    body: bytes | str,
    kind: str,
    *,
    tag: str,
    licence: str = "",
    cache: str = "revision",
    vary: Iterable[str] = ("Accept",),
    links: Iterable[str] = (),
    headers: Mapping[str, str] | None = None,
    status: int = 200,
) -> Response:
    """The answer ``body`` of media type ``kind``, or 304 when the client has it. ``tag`` is from ``etag``."""
    said = common_headers(licence) | {"ETag": tag, "Cache-Control": CACHING[cache]} | dict(headers or {})
    if vary := ", ".join(vary):
        said["Vary"] = vary
    if every := ", ".join([*([said["Link"]] if "Link" in said else []), *links]):
        said["Link"] = every
    if is_held(request, tag):
        return Response(status_code=304, headers=said)
    return Response(body, status, said, media_type(kind))


def redirect(
    target: str,
    status: int = 303,
    *,
    vary: Iterable[str] = (),
    links: Iterable[str] = (),
    cache: str = "revision",
) -> Response:
    """A redirect to a path of this service, written without host so that it works under any."""
    is_clean = target.isascii() and target.isprintable() and "\\" not in target
    if not target.startswith("/") or target.startswith("//") or not is_clean:
        raise ValueError(f"not a path of this service: {target!r}")
    headers = common_headers() | {"Location": target, "Cache-Control": CACHING[cache]}
    if vary := ", ".join(vary):
        headers["Vary"] = vary
    if every := ", ".join(links):
        headers["Link"] = every
    return Response(status_code=status, headers=headers)
