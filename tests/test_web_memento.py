"""A thing as it was at some moment: its TimeGate and its TimeMap (RFC 7089)."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
import serving
import small_project

from gbvkg import release
from gbvkg.project import Project

BASE = "https://small.example/"
THING = f"{BASE}id/action/p/1"
HERE = "/g/doc/action/p/1"
DAYS = {"2026.1": "2026-03-01", "2026.2": "2026-04-01", "2026.3": "2026-05-01"}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[serving.Served]:
    """A service of three releases, each a month after the one before."""
    root = tmp_path_factory.mktemp("memento")
    for version, day in DAYS.items():
        small_project.make(root, version, f"Titel {version}")
        dataset = root / "data" / "dataset.yaml"
        dataset.write_text(dataset.read_text("utf-8").replace("2026-03-01", day), "utf-8")
        release.publish(Project.open(root), root / "releases")
    with serving.serving(root / "releases", root / "log", prefix="/g", public="https://x.example") as found:
        yield found


@pytest.mark.parametrize(
    ("moment", "version"),
    [
        ("Wed, 15 Apr 2026 12:00:00 GMT", "2026.2"),
        ("Wed, 01 Apr 2026 00:00:00 GMT", "2026.2"),
        ("Tue, 31 Mar 2026 23:59:59 GMT", "2026.1"),
        ("Sat, 01 Jan 2000 00:00:00 GMT", "2026.1"),
        ("Fri, 01 Jan 2100 00:00:00 GMT", "2026.3"),
        (None, "2026.3"),
    ],
)
def test_the_gate_leads_to_the_release_of_that_moment(
    served: serving.Served, moment: str | None, version: str
) -> None:
    """The last one before it; the first for what was before all, the last without a moment. Twice, because an
    answer to one moment is none to another.
    """
    gate = re.search(r'<([^>]+)>; rel="timegate"', served.get("/doc/action/p/1.ttl").headers["link"])
    assert gate
    address = gate[1].removeprefix("/g")
    for _ in range(2):
        answer = served.get(address, **({"accept_datetime": moment} if moment else {}))
        assert answer.status_code == 302
        assert answer.headers["location"] == f"{HERE}?release={version}"
        assert answer.headers["vary"] == "Accept-Datetime"
        assert answer.headers["cache-control"] == "no-cache"
        assert f'<{HERE}>; rel="original"' in answer.headers["link"]
        assert "timemap" in answer.headers["link"]
        assert "memento-datetime" not in answer.headers
    there = served.get(answer.headers["location"].removeprefix("/g"), accept="text/turtle")
    assert f"Titel {version}" in there.text
    assert "memento-datetime" in there.headers
    assert "Memento-Datetime" in there.headers["access-control-expose-headers"]
    assert 'rel="original"' in there.headers["link"]


@pytest.mark.parametrize(
    "moment", ["yesterday", "2026-04-15", "Wed, 15 Apr 2026 12:00:00 CET", "", "1" * 5000]
)
def test_what_is_no_moment_is_told_how_one_is_written(served: serving.Served, moment: str) -> None:
    """400, and no guess (RFC 7089 §4.5.3)."""
    answer = served.get(f"/timegate?iri={THING}", accept_datetime=moment)
    assert answer.status_code == 400
    assert answer.json()["type"].endswith("/bad-datetime")
    assert "Sat, 31 Jan 2026 00:00:00 GMT" in answer.json()["detail"]


@pytest.mark.parametrize("path", ["/timegate", "/timemap"])
@pytest.mark.parametrize("iri", ["", f"{BASE}id/action/p/99", "no iri", "https://x.example/" + "x" * 3000])
def test_what_no_release_describes_has_neither(served: serving.Served, path: str, iri: str) -> None:
    """404, with an example that there is."""
    answer = served.client.get(path, params={"iri": iri})
    assert answer.status_code == 404
    example = answer.json()["detail"].rpartition(" ")[2]
    assert served.get(example.removeprefix("/g")).status_code == 302


def test_the_map_lists_each_release_with_its_day(served: serving.Served) -> None:
    """Original, gate and mementos, the oldest first, by the public address of the service."""
    answer = served.get(f"/timemap?iri={THING}")
    assert answer.headers["content-type"] == "application/link-format"
    home = "https://x.example/g"
    rows = answer.text.rstrip("\n").split(",\n")
    assert rows[0] == f'<{home}/doc/action/p/1>; rel="original"'
    assert 'rel="self"' in rows[1]
    assert 'rel="timegate"' in rows[2]
    assert rows[3:] == [
        f'<{home}/doc/action/p/1?release={version}>; rel="{rel}"; datetime="{day} 2026 00:00:00 GMT"'
        for version, rel, day in (
            ("2026.1", "first memento", "Sun, 01 Mar"),
            ("2026.2", "memento", "Wed, 01 Apr"),
            ("2026.3", "last memento", "Fri, 01 May"),
        )
    ]
    assert served.get(f"/timemap?iri={THING}", if_none_match=answer.headers["etag"]).status_code == 304
