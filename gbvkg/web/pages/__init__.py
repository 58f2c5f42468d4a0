"""The pages for people: Dutch first, English second, rendered here and complete without JavaScript.

``routes(site)`` are the paths that are pages by themselves; ``site.pages.thing`` is the HTML document about a
thing, for who negotiates its format; ``problem_page`` is the page of an error. What pages show of the domain
is data (``views.toml``, texts, the release). This package refuses to evaluate a query, to build one from what
a user typed, and to put a value of the data in a page unescaped.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.routing import Route

from gbvkg.web.pages.problem import problem_page

if TYPE_CHECKING:
    from gbvkg.web.site import Site


def routes(site: Site) -> list[Route]:
    """Home, lists, search, releases, static files and the documentation of the API."""
    return site.pages.routes()


__all__ = ["problem_page", "routes"]
