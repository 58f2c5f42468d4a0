"""Comparing any two releases in a browser: what ``gbvkg diff`` says, within bounds."""

from __future__ import annotations

import asyncio
import html
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from serving import Served, serving

from gbvkg.errors import PoolBusy
from gbvkg.web import comparison
from gbvkg.web.charging import Charge, charged
from gbvkg.web.comparison import Comparison, NotCompared, compared


@pytest.fixture(scope="module")
def served(small_releases: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The two small releases, and a copy of the second of which the statements were changed."""
    root = tmp_path_factory.mktemp("compare")
    releases = root / "releases"
    shutil.copytree(small_releases, releases, symlinks=True)
    shutil.copytree(releases / "2026.2", releases / "2026.3")
    manifest = releases / "2026.3/manifest.json"
    manifest.write_text(manifest.read_text("utf-8").replace('"version": "2026.2"', '"version": "2026.3"'))
    quads = releases / "2026.3/dataset.nq"
    text = quads.read_text("utf-8")
    quads.write_text(text[:-200].rpartition("\n")[0] + "\n" + " " * 20, "utf-8")
    with serving(releases, root / "log", prefix="/kg", budget_seconds="100000") as found:
        yield found


@pytest.fixture(autouse=True)
def _nothing_kept() -> Iterator[None]:
    comparison._kept.clear()
    yield
    assert not comparison._asked


@pytest.mark.parametrize("lang", ["nl", "en"])
@pytest.mark.parametrize(("old", "new"), [("2026.1", "2026.2"), ("2026.2", "2026.1"), ("2026.1", "2026.1")])
def test_the_page_says_what_the_command_says(
    served: Served, small_releases: Path, lang: str, old: str, new: str
) -> None:
    """Every line, also backwards, and that nothing changed."""
    command = [
        sys.executable,
        "-m",
        "gbvkg",
        "--lang",
        lang,
        "diff",
        *(str(small_releases / v) for v in (old, new)),
    ]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    head, *lines = [line for line in said.splitlines() if line]
    answer = served.get(f"/compare?old={old}&new={new}&lang={lang}", accept="text/html")
    assert answer.status_code == 200
    main = answer.text.partition("<main")[2].partition('class="compare"')[0]
    assert head in html.unescape(main)
    assert [html.unescape(line) for line in re.findall("<li>([^<]*)</li>", main)] == lines
    assert f"<option selected>{old}</option>" in answer.text


@pytest.mark.parametrize(
    ("lang", "words"), [("nl", "Vergelijk twee releases"), ("en", "Compare two releases")]
)
def test_the_list_of_releases_has_the_form(served: Served, lang: str, words: str) -> None:
    """A GET form without script: the last two are chosen, and the language stays."""
    page = served.get(f"/releases/?lang={lang}", accept="text/html").text
    form = page.partition(words)[2].partition("</form>")[0]
    assert '<form class="compare" method="get" action="/kg/compare">' in form
    assert f'name="lang" value="{lang}"' in form
    chosen = re.findall(r'name="(\w+)">.*?<option selected>([^<]+)<', form, re.S)
    assert chosen == [("old", "2026.2"), ("new", "2026.3")]
    assert "Disallow: /kg/compare" in served.get("/robots.txt").text


@pytest.mark.parametrize(
    ("asked", "status", "said"),
    [
        ("", 400, "Kies twee releases"),
        ("?old=2026.1", 400, "Kies twee releases"),
        ("?old=../../etc&new=2026.1", 400, "Kies twee releases"),
        ("?old=current&new=2026.1", 400, "Kies twee releases"),
        ("?old=2026.1&new=2031.9", 404, "Er is geen release 2031.9"),
        ("?old=2026.1&new=2026.3", 503, "2026.3"),
    ],
)
def test_what_cannot_be_compared_is_said(served: Served, asked: str, status: int, said: str) -> None:
    """Which releases there are, or which is damaged; nothing of this machine."""
    answer = served.get(f"/compare{asked}")
    assert answer.status_code == status
    assert said in answer.json()["detail"]
    assert "/tmp" not in answer.text


def _folders(small_releases: Path) -> tuple[Path, Path]:
    return small_releases / "2026.1", small_releases / "2026.2"


def test_who_asks_the_same_waits_for_the_same(small_releases: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One process for all, off the event loop; later askers need none; the time is charged."""
    begun: list[str] = []
    go = threading.Event()

    def run(old: Path, new: Path, lang: str) -> Comparison:
        begun.append(lang)
        assert go.wait(20)
        return Comparison("x", (), 0)

    monkeypatch.setattr(comparison, "_run", run)
    old, new = _folders(small_releases)

    async def asked() -> None:
        charge = Charge()
        token = charged.set(charge)
        same = [asyncio.ensure_future(compared(old, new, "nl")) for _ in range(3)]
        while not begun:
            await asyncio.sleep(0.01)  # the loop goes on
        go.set()
        found = await asyncio.gather(*same)
        assert found[0] is found[1] is found[2] is await compared(old, new, "nl")
        assert charge.workers > 0
        charged.reset(token)

    asyncio.run(asked())
    assert begun == ["nl"]


def test_no_more_wait_than_may(small_releases: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One comparison runs, some wait, and who comes then is told to come back."""
    go = threading.Event()
    monkeypatch.setattr(comparison, "_run", lambda *_: (go.wait(20), Comparison("x", (), 0))[1])
    old, new = _folders(small_releases)

    async def asked() -> None:
        waiting = [asyncio.ensure_future(compared(old, new, f"l{n}")) for n in range(comparison.WAITING)]
        while len(comparison._asked) < comparison.WAITING:
            await asyncio.sleep(0.01)
        with pytest.raises(PoolBusy):
            await compared(old, new, "one too many")
        go.set()
        await asyncio.gather(*waiting)

    asyncio.run(asked())


@pytest.mark.parametrize(("name", "value"), [("SECONDS", 0.01), ("MEMORY", 30_000_000)])
def test_what_takes_too_much_is_ended(
    small_releases: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: float
) -> None:
    """By a deadline and a limit of memory; and what failed is not kept."""
    old, new = _folders(small_releases)
    with monkeypatch.context() as patched:
        patched.setattr(comparison, name, value)
        with pytest.raises(NotCompared) as caught:
            asyncio.run(compared(old, new, "nl"))
    assert caught.value.is_too_much
    assert asyncio.run(compared(old, new, "nl")).head.startswith("Van release 2026.1")


def test_a_long_answer_is_kept_in_part_and_counted(
    small_releases: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(comparison, "LINES", 1)
    monkeypatch.setattr(comparison, "LONGEST", 10)
    found = asyncio.run(compared(*_folders(small_releases), "nl"))
    assert found.more > 0
    assert [len(line) for line in found.lines] == [12]
