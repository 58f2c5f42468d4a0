"""What a page tells of earlier releases: first described, changed in words, unchanged, withdrawn."""

from __future__ import annotations

import asyncio
import dataclasses
import hashlib
import json
import re
import shutil
import threading
import time
from collections import OrderedDict
from collections.abc import Collection, Iterator
from pathlib import Path

import pytest
import serving
import small_project

from gbvkg import release
from gbvkg.config import ServeSettings
from gbvkg.project import Project
from gbvkg.release import difference
from gbvkg.web.cache import LATEST
from gbvkg.web.pages import history
from gbvkg.web.pages import releases as pages_of_releases
from gbvkg.web.site import Site

BASE = "https://small.example/id/"


def _edit(root: Path, name: str, old: str, new: str) -> None:
    path = root / name
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


def three(root: Path) -> Path:
    """Three versions: in the second an action has another title and start and a statement of progress, and
    one is new; in the third an action is gone, and the rest is as it was.
    """
    out = root / "releases"
    release.publish(small_project.make(root), out)
    second = root / "data/plans/p/fiches/2.yaml"
    for version in ("2026.2", "2026.3"):
        small_project.make(root, version, "Nieuwe titel <b>")
        _edit(root, "data/plans/p/fiches/1.yaml", "2026-01-01", "2026-02-01")
        (root / "data/plans/p/fiches/3.yaml").write_text(
            second.read_text("utf-8").replace("Tweede", "Derde").replace("number: 2", "number: 3"), "utf-8"
        )
        (root / "data/plans/p/stand.yaml").write_text(
            "type: ProgressStatement\nid: progress/p/1/een\naboutAction: action/p/1\nsource: source/note\n"
            "label: {nl: Begonnen, en: Started}\n",
            "utf-8",
        )
        with (root / "ontology/gbv.ttl").open("a", encoding="utf-8") as ontology:
            ontology.write("gbv:ProgressStatement a owl:Class . gbv:aboutAction a owl:ObjectProperty .\n")
        if version == "2026.3":
            (root / "data/plans/p/fiches/10.yaml").unlink()
            (root / "data/waivers.yaml").unlink()
        release.publish(Project.open(root), out)
    return out


@pytest.fixture(scope="module")
def releases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return three(tmp_path_factory.mktemp("history"))


@pytest.fixture(scope="module")
def served(releases: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[serving.Served]:
    with serving.serving(releases, tmp_path_factory.mktemp("log") / "log", prefix="/kg") as served:
        yield served


def told(served: serving.Served, path: str) -> list[str]:
    """The steps of the history on a page, as text, the newest first."""
    found = served.get(path, accept="text/html")
    assert found.status_code == 200, found.text
    section = re.search(r'<section id="history">.*?</section>', found.text, re.DOTALL)
    assert section
    text = re.sub(r"\s+", " ", section[0])
    start = r"<li><a href=\"/kg/releases/"
    steps = re.findall(rf"{start}.*?(?={start}|</ul>\s*</section>)", text)
    return [" ".join(re.sub(r"<[^>]+>", " ", step).split()) for step in steps]


def test_changes_are_told_in_words(served: serving.Served) -> None:
    """Each release with its date: what was and what is, of the thing and of what is about it; and nothing."""
    third, second, first = told(served, "/doc/action/p/1?lang=nl")
    assert "Release 2026.3" in third
    assert "ongewijzigd." in third
    assert "Release 2026.2" in second
    assert "gewijzigd." in second
    assert "naam gewijzigd van Eerste actie naar Nieuwe titel &lt;b&gt;" in second
    assert "gewijzigd van 1 januari 2026 naar 1 februari 2026" in second
    assert "Uitspraken over voortgang toegevoegd: Begonnen" in second
    assert "Release 2026.1" in first
    assert "beschreven in de eerste release." in first
    assert "Zoals het toen was" in first
    assert re.search(r"Release 2026\.1 \(\d+ \w+ \d{4}\): beschreven", first)


def test_history_is_in_the_language_of_the_page(served: serving.Served) -> None:
    """English words on the English page; what is only said in Dutch is marked."""
    second = told(served, "/doc/action/p/1?lang=en")[1]
    assert ": changed." in second
    assert "changed from 1 January 2026 to 1 February 2026" in second
    assert "(nl) changed from Eerste actie to Nieuwe titel" in second
    assert "gewijzigd" not in second


def test_first_described_and_unchanged(served: serving.Served) -> None:
    """A new thing is said to be new; one that never changed is said to be unchanged in each release."""
    steps = told(served, "/doc/action/p/3?lang=nl")
    assert ["ongewijzigd." in steps[0], "voor het eerst beschreven." in steps[1], len(steps)] == [
        True,
        True,
        2,
    ]
    same = told(served, "/doc/action/p/2?lang=nl")
    assert ["ongewijzigd." in step for step in same] == [True, True, False]


def test_an_older_release_has_its_history_up_to_then(served: serving.Served) -> None:
    """The page of an older release ends there, and a thing that was withdrawn since has its page there."""
    assert len(told(served, "/doc/action/p/1?lang=nl&release=2026.2")) == 2
    assert "Nieuwe titel" in told(served, "/doc/action/p/1?lang=nl&release=2026.2")[0]
    assert len(told(served, "/doc/action/p/10?lang=nl&release=2026.2")) == 2
    assert served.get("/doc/action/p/10", accept="text/html").status_code == 404


def test_of_provenance_nothing_is_claimed(served: serving.Served) -> None:
    """Changes in the graphs that are not compared are not known, so nothing is said of them."""
    assert [
        "worden wijzigingen niet bijgehouden" in step for step in told(served, "/doc/report/2026.3?lang=nl")
    ] == [True]
    assert {f"/{end}" for end in ("graph/provenance", "graph/findings")} == set(history.NOT_COMPARED)
    assert [name.removeprefix("/id") for name in difference.ABOUT_THE_RELEASE] == list(history.NOT_COMPARED)


def forget(monkeypatch: pytest.MonkeyPatch) -> None:
    """As after a start of the service: nothing was read, nothing failed."""
    monkeypatch.setattr(history, "_known", OrderedDict())
    monkeypatch.setattr(history, "_failed", {})


def steps_of(releases: Path, iri: str, parts: tuple[str, ...] = ()) -> list[history.Step]:
    async def run() -> list[history.Step]:
        site = await Site.open(releases / "current", ServeSettings(), workers=1)
        try:
            return await history.steps(site, await history.chain(site), iri, parts)
        finally:
            await site.close()

    return asyncio.run(run())


def test_withdrawn_and_back(tmp_path: Path, releases: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What went and came back is said to have been withdrawn in between."""
    out = tmp_path / "releases"
    shutil.copytree(releases, out, symlinks=True)
    small_project.make(tmp_path, "2026.4")
    release.publish(Project.open(tmp_path), out)
    forget(monkeypatch)
    kinds = [(step.version, step.kind) for step in steps_of(out, f"{BASE}action/p/10")]
    assert kinds == [("2026.4", "added"), ("2026.3", "removed"), ("2026.2", "same"), ("2026.1", "start")]


def test_what_is_not_there_or_was_changed_is_not_told(
    tmp_path: Path, releases: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the older releases the history says that it ends; changes that are not those of the manifest
    are not read.
    """
    out = tmp_path / "releases"
    shutil.copytree(releases, out, symlinks=True)
    shutil.rmtree(out / "2026.1")
    forget(monkeypatch)
    assert [step.kind for step in steps_of(out, f"{BASE}action/p/1")] == ["same", "changed", "away"]
    path = out / "2026.2" / history.CHANGES
    path.chmod(0o644)
    path.write_text(path.read_text("utf-8").replace("Nieuwe titel", "Valse titel"), "utf-8")
    forget(monkeypatch)
    assert [step.kind for step in steps_of(out, f"{BASE}action/p/1")] == ["same", "away"]
    forget(monkeypatch)
    monkeypatch.setattr(history, "MOST", 1)
    assert [step.kind for step in steps_of(releases, f"{BASE}action/p/1")] == ["same", "away"]


def test_each_change_is_found_at_its_place(releases: Path) -> None:
    """Every change of the file is read back by its thing, whatever letters are in it."""
    path = releases / "2026.2"
    past = history._read(path)
    written = json.loads((path / history.CHANGES).read_text("utf-8"))["changes"]
    assert len(written) > 3
    for change in written:
        assert change in past.changes([change["subject"]])
    assert past.changes([f"{BASE}action/p/none"]) == []
    empty = history._places(b'{"old": "1", "changes": []}')
    assert [len(column) for column in empty] == [0, 0, 0]


def _spoiled(releases: Path, copy: Path, written: str, *, is_listed: bool) -> Path:
    """A copy in which the changes of 2026.2 are ``written``, known to the manifest or not."""
    shutil.copytree(releases, copy, symlinks=True)
    path, manifest = copy / "2026.2" / history.CHANGES, copy / "2026.2/manifest.json"
    before = hashlib.sha256(path.read_bytes()).hexdigest()
    path.chmod(0o644)
    path.write_text(written, "utf-8")
    if is_listed:
        manifest.chmod(0o644)
        text, after = manifest.read_text("utf-8"), hashlib.sha256(path.read_bytes()).hexdigest()
        assert before in text
        manifest.write_text(text.replace(before, after), "utf-8")
    return copy


@pytest.mark.parametrize("is_listed", [False, True])
@pytest.mark.parametrize(
    "written",
    ["{", "", "[]", "1", '{"changes": 1}', '{"changes": [{"words": {}}]}', "\ufeff{}", "[" * 100_000],
)
def test_changes_that_cannot_be_read_are_said_to_be_so(
    tmp_path: Path, releases: Path, written: str, is_listed: bool
) -> None:
    """Whatever the file says: the page of the release has the rest."""
    out = _spoiled(releases, tmp_path / "releases", written, is_listed=is_listed)
    found = pages_of_releases.release(out, "2026.2", "2026.3", "nl")
    assert found["changes"] == {"is_read": False}
    assert found["groups"]
    (out / "2026.2" / history.CHANGES).unlink()
    assert pages_of_releases.release(out, "2026.2", "2026.3", "nl")["changes"] == {"is_read": False}
    assert pages_of_releases.release(out, "2026.3", "2026.3", "nl")["changes"]["is_read"]
    assert pages_of_releases.release(out, "2026.1", "2026.3", "nl")["changes"] == {}


def test_the_page_of_a_release_with_other_changes_than_its_manifest_has(
    tmp_path: Path, releases: Path
) -> None:
    """It is there, in both languages, with its files and without what is not the release's."""
    text = (releases / "2026.2" / history.CHANGES).read_text("utf-8")
    out = _spoiled(releases, tmp_path / "releases", text.replace("Nieuwe", "Valse"), is_listed=False)
    with serving.serving(out, tmp_path / "log") as served:
        for lang, said in (("nl", "kunnen hier niet gelezen worden"), ("en", "cannot be read here")):
            page = served.get(f"/releases/2026.2/?lang={lang}", accept="text/html")
            assert page.status_code == 200
            assert said in page.text
            assert "Valse" not in page.text
            assert "/releases/2026.2/dataset.nq" in page.text
            assert said not in served.get(f"/releases/2026.3/?lang={lang}", accept="text/html").text


ACTION = "/doc/action/p/1?lang=nl"


def test_a_page_has_another_tag_when_it_tells_of_other_releases(tmp_path: Path, releases: Path) -> None:
    """With an older release away the page says so, under another tag, and so has the header of a document;
    back again, both are what they were. What the service keeps is no reason to say something else.
    """
    out, aside = tmp_path / "releases", tmp_path / "2026.2"
    shutil.copytree(releases, out, symlinks=True)
    with serving.serving(out, tmp_path / "log") as served:

        def seen() -> list[tuple[str, bool]]:
            page = served.get(ACTION, accept="text/html")
            turtle = served.get("/doc/action/p/1", accept="text/turtle")
            return [
                (page.headers["etag"], "Zoals het toen was" in page.text),
                (turtle.headers["etag"], "predecessor-version" in turtle.headers["link"]),
            ]

        whole = seen()
        assert seen() == whole
        assert [tells for _, tells in whole] == [True, True]
        (out / "2026.2").rename(aside)
        time.sleep(LATEST + 0.2)
        without = seen()
        assert [tells for _, tells in without] == [False, False]
        assert not {tag for tag, _ in whole} & {tag for tag, _ in without}
        held = {"if_none_match": whole[0][0]}
        assert served.get(ACTION, accept="text/html", **held).status_code == 200
        held = {"if_none_match": without[0][0]}
        assert served.get(ACTION, accept="text/html", **held).status_code == 304
        aside.rename(out / "2026.2")
        time.sleep(LATEST + 0.2)
        assert seen() == whole


def test_a_page_that_misses_a_release_which_cannot_be_read_is_not_kept(
    tmp_path: Path, releases: Path
) -> None:
    """What could not be read may be read later, so nobody keeps an answer without it; logged once."""
    out = tmp_path / "releases"
    shutil.copytree(releases, out, symlinks=True)
    path = out / "2026.2" / history.CHANGES
    path.chmod(0o644)
    path.write_bytes(b"{}")
    with serving.serving(out, tmp_path / "log") as served:
        for accept in ("text/html", "text/turtle"):
            for number in (1, 2, 1):
                found = served.get(f"/doc/action/p/{number}?lang=nl", accept=accept)
                assert found.headers["cache-control"] == "no-cache", accept
        assert "niet meer na te gaan" in served.get(ACTION, accept="text/html").text
    assert (tmp_path / "log").read_text("utf-8").count("release cannot be read") == 1


def test_a_release_that_cannot_be_read_is_left_alone_for_a_while(
    tmp_path: Path, releases: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """One try and one warning, however many ask; after that another try, and no second warning for the same
    reason. Its data are not read when its changes are wrong.
    """
    out = tmp_path / "releases"
    shutil.copytree(releases, out, symlinks=True)
    path = out / "2026.2" / history.CHANGES
    good = path.read_bytes()
    path.chmod(0o644)
    path.write_bytes(b"{}")
    tried: list[str] = []
    read = history._read

    def counted(release: Path) -> history.Past:
        tried.append(release.name)
        return read(release)

    monkeypatch.setattr(history, "_read", counted)
    forget(monkeypatch)

    async def run() -> list[list[str]]:
        site = await Site.open(out / "current", ServeSettings(), workers=1)
        found = []

        async def ask() -> None:
            known = await history.chain(site)
            found.append([*known.tag.split(), str(known.is_certain)])

        try:
            for _ in range(3):
                await ask()
            monkeypatch.setattr(history, "PATIENCE", 0.0)
            await ask()
            path.write_bytes(good)
            await ask()
        finally:
            await site.close()
        return found

    found = asyncio.run(run())
    assert found == [["2026.3", "False"]] * 4 + [["2026.3", "2026.2", "2026.1", "True"]]
    assert tried == ["2026.3", "2026.2", "2026.2", "2026.2", "2026.1"]
    assert [record.message for record in caplog.records].count("release cannot be read") == 1
    (out / "2026.3" / "dataset.nq").unlink()
    path = out / "2026.3" / history.CHANGES
    path.chmod(0o644)
    path.write_bytes(b"{}")
    with pytest.raises(ValueError, match="was changed"):
        read(out / "2026.3")


def test_what_is_used_stays_and_what_is_not_goes(
    tmp_path: Path, releases: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There is room for the history of each release that may be open; what was used last goes last."""
    forget(monkeypatch)
    monkeypatch.setattr(history, "MOST", 1)
    settings = dataclasses.replace(ServeSettings(), archived=0)

    async def run() -> None:
        site = await Site.open(releases / "current", settings, workers=1)
        try:
            for versions, kept in (
                (("2026.1", "2026.2"), ["2026.1", "2026.2"]),
                (("2026.1", "2026.3"), ["2026.1", "2026.3"]),
            ):
                for version in versions:
                    assert await history._past(site, releases / version)
                assert [path.name for path in history._known] == kept
        finally:
            await site.close()

    asyncio.run(run())


def test_changes_are_read_beside_the_loop(releases: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who waits for a disk keeps nobody else waiting."""
    threads: set[str] = set()
    changes = history.Past.changes

    def seen(past: history.Past, iris: Collection[str]) -> list[history.Change]:
        threads.add(threading.current_thread().name)
        return changes(past, iris)

    monkeypatch.setattr(history.Past, "changes", seen)
    assert steps_of(releases, f"{BASE}action/p/1")
    assert threads
    assert threading.current_thread().name not in threads
