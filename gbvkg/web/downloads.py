"""``/releases/``: every version, its files for ever at the same address, and their checksums.

What may be downloaded is what the manifest of a release lists: a path is compared with that list and never
with the file system. The embedded store is not offered; it is rebuilt from the files. This module refuses to
change a byte of what it hands out.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from gbvkg.errors import GbvkgError
from gbvkg.project import VERSION
from gbvkg.release.folder import versions as versions_in
from gbvkg.release.manifest import MANIFEST, File, sha256
from gbvkg.web.problems import problem
from gbvkg.web.replies import CACHING, common_headers, media_type, redirect, reply

if TYPE_CHECKING:
    from gbvkg.web.current import Current
    from gbvkg.web.site import Site

CHECKSUMS = "SHA256SUMS"


class Downloads:
    """The files of all releases, seen from the site of one."""

    def __init__(self, site: Site) -> None:
        self.site = site

    def routes(self) -> list[Route]:
        return [
            Route("/releases", self._slash, methods=["GET"]),
            Route("/releases/{version}", self._slash, methods=["GET"]),
            Route("/releases/{version}/{path:path}", self.file, methods=["GET"]),
        ]

    async def _slash(self, request: Request) -> Response:
        """The address with a slash, of what can be a version; what a client wrote is never repeated."""
        version = request.path_params.get("version")
        if version is None:
            return redirect(self.site.path("/releases/"), 308, cache="immutable")
        if not VERSION.fullmatch(version):
            return _missing(
                request, "Dit is geen versie van een release.", "This is no version of a release."
            )
        return redirect(self.site.path(f"/releases/{version}/"), 308, cache="immutable")

    async def file(self, request: Request) -> Response:
        """One file of a release, whole or a Range of it (RFC 9110 §14), with its SHA-256 (RFC 9530)."""
        version, path = request.path_params["version"], request.path_params["path"]
        if not VERSION.fullmatch(version):  # nor "current": what is immutable has a version
            return _nameless(request)
        try:
            site = await current(request).of(version)
        except GbvkgError as error:
            return _missing(request, error.nl, error.en)
        if path == CHECKSUMS:
            return self._checksums(request, site)
        file = site.files.get(path) or (_manifest(site) if path == MANIFEST else None)
        if file is None:
            return _missing(
                request,
                f"Release {site.version} heeft geen bestand met die naam; zie manifest.json.",
                f"Release {site.version} has no file of that name; see manifest.json.",
            )
        headers = common_headers(site.licence) | {
            "Cache-Control": CACHING["immutable"],
            "ETag": f'"{file.sha256}"',
            "Repr-Digest": f"sha-256=:{base64.b64encode(bytes.fromhex(file.sha256)).decode()}:",
        }
        if request.headers.get("if-none-match", "").strip() == headers["ETag"]:
            return Response(status_code=304, headers=headers)
        return FileResponse(site.release / file.path, headers=headers, media_type=media_type(file.media_type))

    def _checksums(self, request: Request, site: Site) -> Response:
        """What ``sha256sum -c`` reads."""
        lines = "".join(f"{file.sha256}  {file.path}\n" for file in site.manifest.files)
        return reply(
            request, lines, "text/plain", tag=site.etag(CHECKSUMS), licence=site.licence,
            cache="immutable", vary=(),
        )  # fmt: skip


def versions(request: Request) -> list[str]:
    """The versions that there are, oldest first."""
    return versions_in(current(request).releases)


def current(request: Request) -> Current:
    """The releases that the service of this request serves."""
    found: Current = request.scope["gbvkg.current"]
    return found


def _manifest(site: Site) -> File:
    path = site.release / MANIFEST
    return File(MANIFEST, path.stat().st_size, sha256(path), "application/json")


def _nameless(request: Request) -> Response:
    return _missing(request, "Zo heet geen enkele release.", "No release has such a name.")


def _missing(request: Request, nl: str, en: str) -> Response:
    return problem(request, 404, "Niet gevonden", "Not found", nl, en, type="not-found")


def routes(site: Site) -> list[Route]:
    """``/releases/<version>/<file>``; the pages that list them are among the pages."""
    return Downloads(site).routes()
