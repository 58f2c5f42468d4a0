"""``/releases/``: every version, its files for ever at the same address, and their checksums.

What may be downloaded is what the manifest of a release lists: a path is compared with that list and never
with the file system. The embedded store is not offered; it is rebuilt from the files. This module refuses to
change a byte of what it hands out.
"""

from __future__ import annotations

import base64
import os
import re
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from gbvkg.errors import GbvkgError, ReleaseCorrupt
from gbvkg.project import VERSION, is_regular_inside
from gbvkg.release.folder import versions as versions_in
from gbvkg.release.manifest import MANIFEST, File, Manifest, sha256
from gbvkg.web.problems import RETRY, not_found, of_error, problem, told
from gbvkg.web.replies import CACHING, common_headers, etag, is_held, media_type, redirect, reply

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
            return not_found(
                request, "Dit is geen versie van een release.", "This is no version of a release."
            )
        return redirect(self.site.path(f"/releases/{version}/"), 308, cache="immutable")

    async def file(self, request: Request) -> Response:
        """One file of a release, whole or a Range of it (RFC 9110 §14), with its SHA-256 (RFC 9530)."""
        version, path = request.path_params["version"], request.path_params["path"]
        if not VERSION.fullmatch(version):  # nor "current": what is immutable has a version
            return _nameless(request)
        try:
            release, manifest = await current(request).files_of(version)
        except ReleaseCorrupt as error:
            return of_error(request, error)
        except GbvkgError as error:
            return not_found(request, *told(error))
        except OSError:
            return _unreadable(request, version)
        if path == CHECKSUMS:
            return self._checksums(request, manifest)
        try:
            file = _listed(release, manifest, path)
        except OSError:
            return _unreadable(request, version)
        if file is None:
            return not_found(
                request,
                f"Release {version} heeft geen bestand met die naam; zie manifest.json.",
                f"Release {version} has no file of that name; see manifest.json.",
            )
        headers = common_headers(self.site.licence) | {
            "Cache-Control": CACHING["immutable"],
            "ETag": f'"{file.sha256}"',
            "Repr-Digest": f"sha-256=:{base64.b64encode(bytes.fromhex(file.sha256)).decode()}:",
        }
        if is_held(request, headers["ETag"]):
            return Response(status_code=304, headers=headers)
        asked = request.headers.get("range")
        if asked is not None and request.headers.get("if-range", headers["ETag"]) == headers["ETag"]:
            is_there = _is_there(asked, file.size)
            if is_there is None:
                request.scope["headers"] = [row for row in request.scope["headers"] if row[0] != b"range"]
            elif not is_there:
                return _outside(request, file)
        return FileResponse(release / file.path, headers=headers, media_type=media_type(file.media_type))

    def _checksums(self, request: Request, manifest: Manifest) -> Response:
        """What ``sha256sum --ignore-missing -c`` reads."""
        lines = "".join(f"{file.sha256}  {file.path}\n" for file in manifest.files)
        tag = etag(CHECKSUMS, manifest.version, manifest.inputs)
        return reply(
            request, lines, "text/plain", tag=tag, licence=self.site.licence,
            cache="immutable", vary=(),
        )  # fmt: skip


def versions(request: Request) -> list[str]:
    """The versions that there are, oldest first."""
    return versions_in(current(request).releases)


def current(request: Request) -> Current:
    """The releases that the service of this request serves."""
    found: Current = request.scope["gbvkg.current"]
    return found


def _listed(release: Path, manifest: Manifest, path: str) -> File | None:
    """The file that the manifest lists, or the manifest itself, if it is still there as it was listed.

    Raises OSError for one that is there and cannot be read.
    """
    with suppress(FileNotFoundError, NotADirectoryError):  # somebody removed the release since it was opened
        if path == MANIFEST:
            own = release / MANIFEST
            return File(MANIFEST, own.stat().st_size, sha256(own), "application/json")
        found = next((file for file in manifest.files if file.path == path), None)
        if found and is_regular_inside(release / path, release.resolve()):
            with (release / path).open("rb") as stream:  # before the answer begins with 200
                return found if os.fstat(stream.fileno()).st_size == found.size else None
    return None


_RANGE = re.compile(r"(\d{0,18})-(\d{0,18})")
_RANGES = re.compile(rf"bytes=\s*{_RANGE.pattern}(?:\s*,\s*{_RANGE.pattern}){{0,15}}\s*")


def _is_there(asked: str, size: int) -> bool | None:
    """Whether a file of ``size`` bytes has any of the ranges that are asked for (RFC 9110 §14.1.2); None for
    what is no list of ranges, or a long one, which may be overlooked (§14.2).
    """
    if not _RANGES.fullmatch(asked):
        return None
    ranges = _RANGE.findall(asked)
    if any((not first and not last) or (first and last and int(first) > int(last)) for first, last in ranges):
        return None
    return any(int(first) < size if first else int(last) > 0 for first, last in ranges)


def _outside(request: Request, file: File) -> Response:
    return problem(
        request,
        416,
        "Dat deel is er niet",
        "No such part",
        f"Het bestand heeft {file.size} bytes; vraag een deel daarvan.",
        f"The file has {file.size} bytes; ask for a part of them.",
        type="range-not-satisfiable",
        headers={"Content-Range": f"bytes */{file.size}"},
    )


def _nameless(request: Request) -> Response:
    return not_found(request, "Zo heet geen enkele release.", "No release has such a name.")


def _unreadable(request: Request, version: str) -> Response:
    return problem(
        request,
        503,
        "Nu niet te lezen",
        "Cannot be read now",
        f"De dienst kan de bestanden van release {version} nu niet lezen; probeer het later opnieuw.",
        f"The service cannot read the files of release {version} now; try again later.",
        type="release-unreadable",
        headers={"Retry-After": str(RETRY)},
    )


def routes(site: Site) -> list[Route]:
    """``/releases/<version>/<file>``; the pages that list them are among the pages."""
    return Downloads(site).routes()
