"""The page of a problem: what went wrong in both languages, and links to what was perhaps meant.

This module refuses to show more than the problem says of itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.types import Scope

from gbvkg.web.pages.frame import context, language, render, texts

if TYPE_CHECKING:
    from gbvkg.web.problems import Problem
    from gbvkg.web.site import Site

OLDER = "older"
"""The member of a problem with addresses of what older releases still have: no guess at what was meant."""


def problem_page(scope: Scope, found: Problem) -> str:
    """The whole page; put this function in ``scope[problems.PAGE]``."""
    request = Request(scope)
    current = scope.get("gbvkg.current")
    site: Site | None = current.site if current is not None else None
    lang = language(request)
    said = {
        "nl": (found.title_nl, found.detail_nl),
        "en": (found.title_en, found.detail_en),
    }
    other = next(name for name in said if name != lang)
    older = {name: value for name, value in found.members.items() if name == OLDER}
    rest = {name: value for name, value in found.members.items() if name != OLDER}
    values = {
        "t": texts("problem", lang),
        "status": found.status,
        "title": said[lang][0],
        "detail": _clean(said[lang][1]),
        "other": other,
        "other_title": said[other][0],
        "other_detail": _clean(said[other][1]),
        "older": [_link(site, item, lang) for item in _items(older) if _is_path(item)],
        "links": [_link(site, item, lang) for item in _items(rest) if _is_path(item)],
        "items": [item for item in _items(rest) if not _is_path(item)],
    }
    return render("problem.html", {**context(request, site, lang), **values})


def _link(site: Site | None, href: str, lang: str) -> dict[str, str]:
    """A path here with what its page is called, as far as that is known already."""
    names = site.pages.lists.names_at(href, lang) if site else ("", "")
    return {"href": href, "label": names[0], "lang": names[1] if names[1] != lang else ""}


def _items(members: Mapping[str, object]) -> Iterator[str]:
    for value in members.values():
        for item in value if isinstance(value, list | tuple) else ():
            yield _clean(", ".join(map(str, item.values())) if isinstance(item, Mapping) else str(item))


def _is_path(item: str) -> bool:
    return item.startswith("/") and not item.startswith(("//", "/\\"))


def _clean(text: str) -> str:
    """Text that can be sent as UTF-8 whatever it came from."""
    return text.encode("utf-8", "backslashreplace").decode()
