"""What a page tells of earlier releases: first described, changed in words, unchanged, withdrawn."""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import serving
import small_project

from gbvkg import release
from gbvkg.config import ServeSettings
from gbvkg.project import Project
from gbvkg.release import difference
from gbvkg.web.pages import history
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


def steps_of(releases: Path, iri: str, parts: tuple[str, ...] = ()) -> list[history.Step]:
    async def run() -> list[history.Step]:
        site = await Site.open(releases / "current", ServeSettings(), workers=1)
        try:
            return await history.steps(site, iri, parts)
        finally:
            await site.close()

    return asyncio.run(run())


def test_withdrawn_and_back(tmp_path: Path, releases: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What went and came back is said to have been withdrawn in between."""
    out = tmp_path / "releases"
    shutil.copytree(releases, out, symlinks=True)
    small_project.make(tmp_path, "2026.4")
    release.publish(Project.open(tmp_path), out)
    monkeypatch.setattr(history, "_known", {})
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
    monkeypatch.setattr(history, "_known", {})
    assert [step.kind for step in steps_of(out, f"{BASE}action/p/1")] == ["same", "changed", "away"]
    path = out / "2026.2" / history.CHANGES
    path.chmod(0o644)
    path.write_text(path.read_text("utf-8").replace("Nieuwe titel", "Valse titel"), "utf-8")
    monkeypatch.setattr(history, "_known", {})
    assert [step.kind for step in steps_of(out, f"{BASE}action/p/1")] == ["same", "away"]
    monkeypatch.setattr(history, "_known", {})
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
    empty = history._places(
        b'{"old": "1", "changes": []}', hashlib.sha256(b'{"old": "1", "changes": []}').hexdigest()
    )
    assert [len(column) for column in empty] == [0, 0, 0]
