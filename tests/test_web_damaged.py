"""An older release that is damaged: refused with what to do, and not verified at each request."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path
from typing import Any

import pytest
import serving

from gbvkg.config import ServeSettings
from gbvkg.errors import ReleaseCorrupt
from gbvkg.web import current
from gbvkg.web.current import AGAIN, Current
from gbvkg.web.site import Site

DAMAGED = "2026.1"


@pytest.fixture
def releases(small_releases: Path, tmp_path: Path) -> Path:
    """Two releases, of which the older one has a file that is not as its manifest says."""
    folder = tmp_path / "releases"
    shutil.copytree(small_releases, folder, symlinks=True)
    with (folder / DAMAGED / "dataset.nq").open("a") as file:
        file.write("# changed\n")
    return folder


@pytest.mark.parametrize(
    "path",
    [
        f"/doc/action/p/1?release={DAMAGED}",
        f"/releases/{DAMAGED}/dataset.ttl",
        f"/list/Action?release={DAMAGED}",
    ],
)
def test_it_is_refused_with_what_to_do(releases: Path, tmp_path: Path, path: str) -> None:
    """503, because its operator can restore it; the current one answers, and the log says what is wrong."""
    with serving.serving(releases, tmp_path / "log") as served:
        for _ in range(2):
            answer = served.get(path)
            assert answer.status_code == 503
            assert answer.headers["retry-after"] == "60"
            said = answer.json()
            assert said["type"].endswith("/release-corrupt")
            assert f"Release {DAMAGED} is op deze dienst beschadigd" in said["detail"]
            assert "tell the operator" in said["detail_en"]
            assert str(tmp_path) not in answer.text
        assert served.get(path.replace(DAMAGED, "2026.2")).status_code == 200
    log = (tmp_path / "log").read_text()
    assert log.count("older release refused") == 1
    assert "dataset.nq" in log


def test_it_is_verified_again_after_a_while(
    releases: Path, small_releases: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not at each request, for that reads all of it; and once it is restored it is there again."""
    now, counted = [0.0], []
    opened, verify = Site.open, current.verify

    async def open_site(*given: Any, **named: Any) -> Any:
        counted.append("site")
        return await opened(*given, **named)

    def check(*given: Any, **named: Any) -> Any:
        counted.append("files")
        return verify(*given, **named)

    async def scene() -> None:
        found = Current(releases, ServeSettings())
        await found.start()
        counted.clear()
        for ask in (found.of, found.files_of, found.of, found.files_of):
            with pytest.raises(ReleaseCorrupt):
                await ask(DAMAGED)
        assert counted == ["site", "files"]
        shutil.copyfile(small_releases / DAMAGED / "dataset.nq", releases / DAMAGED / "dataset.nq")
        now[0] += AGAIN + 1
        assert (await found.of(DAMAGED)).version == DAMAGED
        assert (await found.files_of(DAMAGED))[1].version == DAMAGED
        assert counted == ["site", "files", "site", "files"]
        await found.stop()

    monkeypatch.setattr(current, "monotonic", lambda: now[0])
    monkeypatch.setattr(Site, "open", open_site)
    monkeypatch.setattr(current, "verify", check)
    asyncio.run(scene())
