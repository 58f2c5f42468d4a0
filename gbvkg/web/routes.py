"""All routes of one release in one application, made once when the release is opened.

FastAPI describes the API (OpenAPI 3.1) and routes; what a path does is in the module named after it. This
module refuses to redirect for a slash too many: such a redirect would repeat whatever Host was sent.
"""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gbvkg.errors import GbvkgError
from gbvkg.web import discovery, downloads, linked_data, memento, named, pages
from gbvkg.web.aside import aside
from gbvkg.web.pages import sparql
from gbvkg.web.problems import fault, not_found, of_error, problem
from gbvkg.web.replies import is_held, reply

if TYPE_CHECKING:
    from gbvkg.web.site import Site


def application(site: Site) -> FastAPI:
    """The application for everything but ``/sparql`` of one release."""
    app = FastAPI(
        title="gbvkg",
        version=site.version,
        description=named.DESCRIPTION,
        openapi_url=None,  # FastAPI's own answer has no entity tag
        servers=[{"url": site.settings.prefix}] if site.settings.prefix else None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        default_response_class=Response,
        exception_handlers={GbvkgError: _refused, HTTPException: _http, Exception: _broken},
    )
    for module in (pages, linked_data, memento, downloads, discovery, sparql):
        app.router.routes.extend(module.routes(site))
    named.include(app, site)
    app.router.routes.append(Route("/openapi.json", partial(_openapi, site), methods=["GET"]))
    return app


async def _openapi(site: Site, request: Request) -> Response:
    """What the API is, for programs (OpenAPI 3.1)."""
    tag = site.etag("openapi", site.settings.prefix)
    body = "" if is_held(request, tag) else await aside(_described, request.app)
    return reply(request, body, "application/json", tag=tag, licence=site.licence, vary=())


def _described(app: FastAPI) -> str:
    """FastAPI makes the description once, which takes long."""
    return json.dumps(app.openapi(), ensure_ascii=False)


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, GbvkgError)
    return of_error(request, error)


async def _broken(request: Request, error: Exception) -> Response:
    """What the client gets; the error goes on to the Service, which writes it in the log."""
    return fault(request)


async def _http(request: Request, error: Exception) -> Response:
    """Starlette's own refusals, as problems (RFC 9457)."""
    assert isinstance(error, HTTPException)
    if error.status_code == 404:
        path = request.url.path
        return not_found(
            request, f"Er is hier niets onder {path}. Begin op de startpagina.",
            f"There is nothing at {path} here. Begin at the home page.",
        )  # fmt: skip
    headers = dict(error.headers or {})
    allowed = headers.get("Allow", "GET")
    return problem(
        request, error.status_code, "Methode niet toegestaan", "Method not allowed",
        f"Hier kan enkel: {allowed}.", f"Only this is possible here: {allowed}.",
        type="method-not-allowed", headers=headers,
    )  # fmt: skip
