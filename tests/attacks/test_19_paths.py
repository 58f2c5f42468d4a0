"""Row 19: names of releases and files that lead out of the folder of releases."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest
from bystander import SHORT, said, status
from serving import Served, released, serving

SECRET = b"this is not part of any release"
DAMAGED = "2025.1"
"""A release of which one file is a link to the secret."""


@pytest.fixture(scope="module")
def beside_secrets(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A service whose releases folder has links to what is outside, and a secret next to it."""
    root = tmp_path_factory.mktemp("traversal")
    (root / "secret").mkdir()
    (root / "secret" / "manifest.json").write_bytes(SECRET)
    releases = root / "releases"
    shutil.copytree(released(), releases, symlinks=True)
    (releases / "2026.8").symlink_to(root / "secret")
    (releases / "2026.9").symlink_to("/etc")
    (releases / "secret.txt").write_bytes(SECRET)
    version = (releases / "current").readlink().name
    shutil.copytree(releases / version, releases / DAMAGED)
    victim = releases / DAMAGED / "void.ttl"
    victim = victim if victim.exists() else next(path for path in (releases / DAMAGED).glob("*.ttl"))
    victim.unlink()
    victim.symlink_to(root / "secret" / "manifest.json")
    with serving(releases, root / "log", **SHORT) as found:
        yield found


PATHS = [
    "..%2f..%2fsecret.txt", "..%2fsecret.txt", "../secret.txt", "%2e%2e/secret.txt", "..%5c..%5csecret.txt",
    "..\\secret.txt", "..%252fsecret.txt", "%c0%ae%c0%ae/secret.txt", "%2fetc/passwd", "%2f%2fetc%2fpasswd",
    "/etc/passwd", "etc/passwd%00", "2026.1%00/manifest.json", "2026.1/manifest.json%00",
    "current/manifest.json", "current", ".lock", "secret.txt", "2026.1/../secret.txt",
    "2026.1/..%2fsecret.txt", "2026.1//etc/passwd",
    "2026.1/%2fetc%2fpasswd", "2026.1/store/CURRENT", "2026.1/store.json", "2026.1/.",
    "2026.1/./manifest.json",
    "2026.8/manifest.json", "2026.9/passwd", "2026.9/hostname", "2025.1/manifest.json", "2025.1/dataset.nq",
    "9" * 300 + "/manifest.json", "2026.1/" + "a" * 300, "2026.1/" + "a/" * 3000, "~root", "file:///etc/passwd",
    "2026.1;/manifest.json", "2026.1%20/manifest.json", "%F0%9F%92%A9/manifest.json", "CON/manifest.json",
]  # fmt: skip


@pytest.mark.parametrize("path", PATHS, ids=range(len(PATHS)))
def test_nothing_outside_is_handed_out(beside_secrets: Served, path: str) -> None:
    """404 or a redirect to the same with a slash, 503 of a release that is damaged; never a byte of what the
    manifest does not list.
    """
    refused = (400, 404, 308, 503) if path.startswith(DAMAGED) else (400, 404, 308)
    for request in (f"/releases/{path}", f"/static/{path}", f"/static/x/{path}", f"/query/{path}"):
        reply = said(
            beside_secrets, f"GET {request} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        )
        assert status(reply) in refused, (request, reply[:200])
        assert SECRET not in reply
        assert b"root:" not in reply


@pytest.mark.parametrize(
    "version", ["..", "current", "2026.8", "2026.9", "2025.1", "/etc", "a" * 300, "\0", "€"]
)
def test_nor_by_a_parameter(beside_secrets: Served, version: str) -> None:
    """``?release=`` is a version or nothing, of pages as of data."""
    for path in ("/doc/action/vap-sg-2020/11", "/doc/action/vap-sg-2020/11.ttl", "/about"):
        answer = beside_secrets.client.get(path, params={"release": version, "iri": "file:///etc/passwd"})
        refused = (400, 404, 503) if version == DAMAGED else (400, 404)
        assert answer.status_code in refused, (path, answer.text[:200])
        assert answer.status_code != 503 or DAMAGED in answer.text  # which says that it is damaged
        assert b"root:" not in answer.content
        assert SECRET not in answer.content


def test_what_the_manifest_lists_is_there(beside_secrets: Served) -> None:
    """Else the rest would say nothing."""
    assert beside_secrets.get("/releases/2026.1/manifest.json").status_code == 200
