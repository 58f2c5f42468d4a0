"""Static files: our own and those of a theme, read once and served under an address that has their hash.

An address with the hash of all files never changes its meaning, so a browser may keep it for ever. What can
be asked for is what was read, by name: no path of a request reaches the file system. This module refuses
files of a kind that it does not know, and folders.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

from gbvkg.web.replies import reply

FOLDER = Path(__file__).parent.parent / "static"

KINDS = {
    ".css": "text/css",
    ".js": "text/javascript",
    ".txt": "text/plain",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".webp": "image/webp",
    ".ico": "image/x-icon",
    ".woff2": "font/woff2",
}
"""Extension → media type of all that may be served."""

LOGOS = ("logo.svg", "logo.png", "logo.webp")
LARGEST = 2_000_000
"""Bytes that one file of a theme may have."""


@dataclass(frozen=True)
class Static:
    """``version`` is a hash of all files; ``files`` is name → content."""

    version: str
    files: dict[str, bytes]

    def path(self, prefix: str, name: str) -> str:
        """The address of a file under the prefix of the service. Raises KeyError when there is none."""
        self.files[name]
        return f"{prefix}/static/{self.version}/{name}"

    @property
    def logo(self) -> str:
        """The name of the theme's logo, "" without one."""
        return next((name for name in LOGOS if name in self.files), "")


@cache
def static(theme: Path | None) -> Static:
    """The files of gbvkg, and those of ``theme`` beside them; a theme's file of the same name goes first."""
    files = _read(FOLDER) | (_read(theme) if theme is not None else {})
    digest = hashlib.sha256()
    for name, content in sorted(files.items()):
        digest.update(f"{name} {len(content)}\n".encode() + content)
    return Static(digest.hexdigest()[:16], files)


def _read(folder: Path) -> dict[str, bytes]:
    found = (path for path in folder.iterdir() if path.suffix in KINDS and path.is_file())
    return {path.name: path.read_bytes() for path in found if path.stat().st_size <= LARGEST}


async def serve(request: Request, files: Static) -> Response:
    """One file, for ever under its hash; under another hash, a page of before an update, as it is now."""
    name = request.path_params["name"]
    content = files.files.get(name)
    if content is None:
        from gbvkg.web.problems import not_found

        return not_found(request, "Dit bestand is er niet.", "There is no such file.")
    kept = "immutable" if request.path_params["version"] == files.version else "revision"
    tag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    return reply(request, content, KINDS[Path(name).suffix], tag=tag, cache=kept, vary=())
