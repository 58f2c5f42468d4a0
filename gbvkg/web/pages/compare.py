"""The page of what changed between any two releases, as ``gbvkg diff`` tells it.

This module refuses to compare what is not whole: which release is damaged is said.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response

from gbvkg.errors import BadParameter, GbvkgError, ReleaseCorrupt
from gbvkg.project import VERSION
from gbvkg.release.folder import versions
from gbvkg.web.comparison import LINES, NotCompared, compared
from gbvkg.web.downloads import current
from gbvkg.web.pages.citing import Subject
from gbvkg.web.pages.frame import language, respond, texts
from gbvkg.web.pages.releases import LISTED, choice
from gbvkg.web.problems import RETRY, of_error, problem

if TYPE_CHECKING:
    from gbvkg.web.site import Site

PARAMETERS = ("old", "new")


async def compare(site: Site, request: Request) -> Response:
    """The answer to ``/compare?old=…&new=…``."""
    old, new = (request.query_params.get(name, "") for name in PARAMETERS)
    if not (VERSION.fullmatch(old) and VERSION.fullmatch(new)):
        return of_error(request, _NO_VERSIONS)
    lang = language(request)
    try:
        folders = [(await current(request).files_of(version))[0] for version in (old, new)]
        found = await compared(folders[0], folders[1], lang)
    except NotCompared as error:
        return _too_much(request) if error.is_too_much else _damaged(request, old, new)
    except GbvkgError as error:
        return of_error(request, error)
    except OSError:
        return _damaged(request, old, new)
    t = texts("releases", lang)
    title = t["compare_title"].format(old=old, new=new)
    there = await asyncio.to_thread(versions, site.release.parent)
    values = {
        "t": t,
        "title": title,
        "found": found,
        "shown": LINES,
        "choice": choice(there[: -LISTED - 1 : -1], old, new),
    }
    subject = Subject(title, "WebPage", keeps=PARAMETERS)
    return respond(site, request, "compare.html", values, subject, kept=False)


_NO_VERSIONS = BadParameter(
    "Kies twee releases op /releases/, of noem hun versies in het adres: /compare?old=2026.1&new=2026.2.",
    "Choose two releases at /releases/, or name their versions in the address: "
    "/compare?old=2026.1&new=2026.2.",
)


def _too_much(request: Request) -> Response:
    return problem(
        request,
        503,
        "Te groot om hier te vergelijken",
        "Too large to compare here",
        "Deze releases vergelijken duurt te lang of vraagt te veel geheugen. Download ze en vergelijk ze "
        "met: gbvkg diff OLD NEW",
        "Comparing these releases takes too long or needs too much memory. Download them and compare them "
        "with: gbvkg diff OLD NEW",
        type="comparison-limit",
        headers={"Retry-After": str(RETRY)},
    )


def _damaged(request: Request, old: str, new: str) -> Response:
    return of_error(
        request,
        ReleaseCorrupt(
            f"Release {old} en release {new} zijn nu niet te vergelijken: een van de twee is niet wat haar "
            "manifest zegt.",
            f"Release {old} and release {new} cannot be compared now: one of them is not what its manifest "
            "says.",
        ),
    )
