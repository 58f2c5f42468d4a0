"""The running service: hosts, kept answers, limits of bodies, and the swap to another release."""

from __future__ import annotations

import asyncio
import gc
import json
import re
import shutil
import signal
import socket
import subprocess
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from rdflib import OWL, RDFS, Graph, URIRef
from starlette.types import Receive, Scope, Send

from gbvkg import release
from gbvkg.config import ServeSettings
from gbvkg.project import Project
from gbvkg.vocabulary import BASE
from gbvkg.web import downloads, server
from gbvkg.web.negotiation import DOCUMENTS
from gbvkg.web.pages.lists import Lists
from gbvkg.web.service import Service
from tests.serving import Served, released, serving
from tests.small_project import make

SPARQL = (
    f"/sparql?format=csv&query={quote('SELECT ?l { ?a <http://www.w3.org/2000/01/rdf-schema#label> ?l }')}"
)
RETIRED = """
- type: RetiredThing
  id: action/p/77
  deprecated: true
  source: source/note
  label: {nl: Ingetrokken (proef), en: Withdrawn (trial)}
  note: {nl: Het plan werd gewijzigd., en: The plan was changed.}
- type: RetiredThing
  id: action/p/78
  deprecated: true
  isReplacedBy: action/p/1
  source: source/note
  label: {nl: Samengevoegd (proef), en: Merged (trial)}
"""
ACTION = "/doc/action/vap-sg-2020/11"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The real data, with short deadlines for bodies."""
    log = tmp_path_factory.mktemp("service") / "log"
    with serving(released(), log, body_seconds="1", body_bytes="20000") as found:
        yield found


def test_a_thing_leads_to_its_document_and_the_document_to_its_formats(served: Served) -> None:
    """303 from /id to /doc (Flemish URI standard), and every format says where the others are."""
    answer = served.get("/id/action/vap-sg-2020/11")
    assert (answer.status_code, answer.headers["location"]) == (303, ACTION)
    for kind in ("text/html", "text/turtle", "application/ld+json", "application/rdf+xml", "text/csv"):
        found = served.get(ACTION, accept=kind)
        assert found.status_code == 200
        assert found.headers["content-type"].partition(";")[0] == kind
        assert "Accept" in found.headers["vary"]
        assert 'rel="alternate"' in found.headers["link"]
        assert 'rel="canonical"' in found.headers["link"]


def test_an_extension_names_the_format(served: Served) -> None:
    """/doc/x.ttl is Turtle whatever the client prefers."""
    found = served.get(f"{ACTION}.ttl", accept="text/html")
    assert found.headers["content-type"].startswith("text/turtle")
    assert "Opnemen van" in found.text


@pytest.mark.parametrize(
    ("asked", "kept"),
    [
        ("format=ttl", "?format=ttl"),
        ("format=Turtle", "?format=ttl"),
        ("format=jsonld&lang=en", "?lang=en&format=jsonld"),
        ("format=xlsx", "?format=xlsx"),
        ("format=%0d%0aX:y", ""),
        ("format=", ""),
    ],
)
def test_a_format_is_kept_on_the_way_to_the_document(served: Served, asked: str, kept: str) -> None:
    """A known one, by its name; the document refuses what it does not come in."""
    answer = served.get(f"/id/action/vap-sg-2020/11?{asked}")
    assert (answer.status_code, answer.headers["location"]) == (303, f"{ACTION}{kept}")
    assert served.get(f"/ns?{asked}").headers["location"] == f"/doc/ns{kept}"
    there = served.get(answer.headers["location"], accept="text/html")
    assert there.status_code == (406 if "xlsx" in kept else 200)
    if "ttl" in kept:
        assert there.headers["content-type"].startswith("text/turtle")
    about = served.get(f"/about?iri={quote(f'{BASE}id/action/vap-sg-2020/11')}&{asked}")
    assert about.headers["location"] == f"{ACTION}{kept}"


def test_a_thing_may_be_called_as_a_file(served: Served) -> None:
    """An input of the release ends in .ttl: its document is there in each format, as for any thing."""
    thing = "/release/2026.1/inputs/shapes/follow-up.ttl"
    answer = served.get(f"/id{thing}")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/doc{thing}")
    for path, accept, kind in (
        ("", "text/html", "text/html"),
        ("", "application/n-triples", "application/n-triples"),
        (".ttl", "text/html", "text/turtle"),
        (".html", "text/turtle", "text/html"),
    ):
        found = served.get(f"/doc{thing}{path}", accept=accept)
        assert (found.status_code, found.headers["content-type"].partition(";")[0]) == (200, kind)
        assert _links(found)["canonical"] == [f"{BASE}doc{thing}"]
    assert served.get("/doc/release/2026.1/inputs/shapes/nothing.ttl").status_code == 404


def test_what_is_not_offered_is_refused_with_what_is(served: Served) -> None:
    """406 lists the alternatives, and still varies by Accept."""
    found = served.get(ACTION, accept="image/png")
    assert found.status_code == 406
    assert found.headers["vary"] == "Accept"
    assert {row["format"] for row in found.json()["alternatives"]} >= {"ttl", "jsonld", "html"}


def test_a_representation_has_a_strong_tag_and_is_sent_once(served: Served) -> None:
    """304 for who has it, from the kept answer and from a fresh one; another format has another tag."""
    first = served.get(f"{ACTION}.ttl")
    tag = first.headers["etag"]
    assert not tag.startswith("W/")
    for _ in range(2):
        again = served.get(f"{ACTION}.ttl", if_none_match=tag)
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
        assert "vary" in again.headers
    assert served.get(f"{ACTION}.nt").headers["etag"] != tag


def _kept(served: Served) -> int:
    found = re.search(r"^gbvkg_kept_answers_total (\d+)$", served.get("/metrics").text, re.MULTILINE)
    assert found
    return int(found[1])


def test_that_nothing_changed_is_kept_too(served: Served) -> None:
    """Who only ever asks whether it changed costs no worker the second time; another tag gets the answer."""
    tag = served.get(ACTION, accept="application/rdf+xml").headers["etag"]
    path = f"{ACTION}?format=rdf"
    before = _kept(served)
    for _ in range(3):
        assert served.get(path, if_none_match=tag).status_code == 304
    assert _kept(served) == before + 2
    assert served.get(path, if_none_match='"other"').status_code == 200


def test_head_says_what_get_would(served: Served) -> None:
    """Same headers, no body: before and after the answer is kept."""
    for path in (f"{ACTION}.jsonld", "/sparql", "/releases/2026.1/manifest.json"):
        head = served.client.head(path)
        got = served.get(path)
        assert head.status_code == got.status_code == 200
        assert head.content == b""
        assert head.headers["etag"] == got.headers["etag"]
        assert served.client.head(path).content == b""


def test_what_is_not_there_is_404_with_what_is_near(served: Served) -> None:
    """A suggestion of the same kind, in HTML as a link."""
    found = served.get("/doc/action/vap-sg-2020/111", accept="application/json")
    assert found.status_code == 404
    assert ACTION in found.json()["suggestions"]
    page = served.get("/doc/action/vap-sg-2020/111", accept="text/html")
    assert f'href="{ACTION}"' in page.text


@pytest.mark.parametrize(
    ("path", "said", "suggested"),
    [
        ("/about", "Say with ?iri= which IRI you want to know about. For example: https://", ""),
        (
            "/about?iri=foo",
            "What follows ?iri= is not a complete IRI (http or https). For example: https://",
            "",
        ),
        ("/about?iri=https://e.example/<>", "What follows ?iri= is not a complete IRI", ""),
        ("/about?iri=https://e.example/x", "says nothing about this IRI of elsewhere.", ""),
        (f"{ACTION}.xml", "as xml, but as html, ttl, jsonld, nt, rdf, csv.", f"{ACTION}.ttl"),
        ("/doc/action/vap-sg-2020/nothing.xml", "describes nothing by this name.", ""),
        ("/list/Action.ttl", "as 'ttl', but as csv, xlsx, jsonld.", "/list/Action.csv"),
        ("/ns/Action", "Did you mean /ns#Action?", "/ns#Action"),
        ("/doc/ns/Action", "Did you mean /ns#Action?", "/ns#Action"),
    ],
)
def test_an_address_that_is_nearly_right_is_told_what_is(
    served: Served, path: str, said: str, suggested: str
) -> None:
    """Each mistake has its own sentence, and what is suggested is there."""
    answer = served.get(path, accept="application/json")
    assert answer.status_code == 404
    problem = answer.json()
    assert said in problem["detail_en"]
    assert problem["detail"] != problem["detail_en"]
    assert not suggested or suggested in problem["suggestions"]
    for near in problem.get("suggestions", []):
        assert served.get(near.partition("#")[0]).status_code in (200, 303)
    for example in re.findall("For example: (.*)", problem["detail_en"]):
        assert served.get(f"/about?iri={quote(example)}").status_code == 303


def test_a_thing_of_somebody_else_has_a_document_too(served: Served) -> None:
    """/about?iri= has formats, links, a tag and 304, HEAD, 406 and 404 with what is near, as /doc has."""
    area = "http://themis.vlaanderen.be/id/beleidsveld/0a86df18-bf47-403b-aa35-98c938679482"
    here = f"/about?iri={quote(area, safe='')}"
    tags = set()
    for format in DOCUMENTS:
        for found in (
            served.get(here, accept=format.media_type),
            served.get(f"{here}&format={format.extension}", accept="text/html"),
        ):
            assert found.status_code == 200
            assert found.headers["content-type"].partition(";")[0] == format.media_type
            assert "Accept" in found.headers["vary"]
            said = _links(found)
            assert len(said["alternate"]) == len(DOCUMENTS) - 1
            assert said["canonical"] == [f"{BASE}{here[1:]}"]
            assert said["describes"] == [area]
            tag = found.headers["etag"]
        again = served.get(f"{here}&format={format.extension}", accept="text/html", if_none_match=tag)
        assert again.status_code == 304
        head = served.client.head(here, headers={"Accept": format.media_type})
        assert (head.status_code, head.content) == (200, b"")
        tags.add(tag)
    assert len(tags) == len(DOCUMENTS)
    turtle = served.get(f"{here}&format=ttl")
    assert turtle.headers["content-location"] == f"{here}&format=ttl"
    assert served.get(f"{here}&format=ttl", if_none_match=turtle.headers["etag"]).status_code == 304
    assert (URIRef(area), None, None) in Graph().parse(data=turtle.text, format="turtle")
    old = served.get(f"{here}&release=2026.1&format=nt")
    assert "immutable" in old.headers["cache-control"]
    page = served.get(f"{here}&release=2026.1", accept="text/html")
    assert "must-revalidate" in page.headers["cache-control"]
    assert served.get(here, accept="image/png").status_code == 406
    assert served.get(f"{here}&release=1999.1").status_code == 404
    cited = served.get(f"{here}&cite=bibtex", accept="text/html").text
    assert cited.startswith("@misc{gbvkg-http-themis-vlaanderen-be-id-beleidsveld-0a86df18-")
    missing = served.get(f"{here}3", accept="application/json")
    assert missing.status_code == 404
    assert here in missing.json()["suggestions"]


@pytest.mark.parametrize(
    "iri",
    ["", "//evil.example/", "javascript:alert(1)", "http://[", "https://evil.example/", "https://e.example/<>",
     "https://e.example/%0d%0aX:", "https://e.example/\r\nX: 1", "x" * 5000, "https://" + "x" * 5000],
)  # fmt: skip
def test_nobody_is_sent_elsewhere_by_it(served: Served, iri: str) -> None:
    """What is not described is 404, whatever it is; one of our IRIs leads to its own document."""
    found = served.get(f"/about?iri={quote(iri, safe='')}")
    assert found.status_code == 404
    assert "location" not in found.headers
    for own, place in {
        f"{BASE}id/action/vap-sg-2020/11": ACTION,
        f"{BASE}ns#Action": "/doc/ns#Action",
    }.items():
        sent = served.get(f"/about?iri={quote(own, safe='')}&lang=en&other=1")
        path, _, fragment = place.partition("#")
        assert sent.headers["location"] == f"{path}?lang=en{'#' if fragment else ''}{fragment}"


def test_the_ontology_is_at_its_own_iri(served: Served) -> None:
    """/ns → /doc/ns, with every term in it."""
    answer = served.get("/ns")
    assert (answer.status_code, answer.headers["location"]) == (303, "/doc/ns")
    assert served.get("/doc/ns.ttl").status_code == 200


def test_what_the_ontology_says_is_beside_it_is_there(served: Served) -> None:
    """Its version, and every file that it refers to."""
    ontology = Graph().parse(data=served.get("/doc/ns.ttl").text, format="turtle")
    node = URIRef(f"{BASE}ns")
    beside = [*ontology.objects(node, RDFS.seeAlso), *ontology.objects(node, OWL.versionIRI)]
    assert len(beside) == 3
    for iri in beside:
        answer = served.get(f"/{str(iri).removeprefix(BASE)}")
        assert answer.status_code == 303
        assert served.get(answer.headers["location"], accept="text/turtle").status_code == 200
        asked = served.get(f"/{str(iri).removeprefix(BASE)}?release=2026.1")
        assert asked.headers["location"] == f"/doc/{str(iri).removeprefix(BASE)}?release=2026.1"
        assert served.get(asked.headers["location"]).status_code == 303
    assert served.get("/ns/nothing").status_code == 404
    assert served.get("/doc/ns/nothing").status_code == 404


def test_one_download_is_checked_as_its_page_says(served: Served, tmp_path: Path) -> None:
    """With the checksums of all files beside it; a changed byte is found."""
    page = served.get("/releases/2026.1/", accept="text/html").text
    said = re.search("<code>(sha256sum [^<]*)</code>", page)
    assert said
    for name in ("SHA256SUMS", "dataset.ttl"):
        (tmp_path / name).write_bytes(served.get(f"/releases/2026.1/{name}").content)
    checked = subprocess.run(said[1].split(), cwd=tmp_path, capture_output=True, text=True)
    assert (checked.returncode, checked.stdout) == (0, "dataset.ttl: OK\n"), checked.stderr
    with (tmp_path / "dataset.ttl").open("ab") as file:
        file.write(b"#")
    assert subprocess.run(said[1].split(), cwd=tmp_path, capture_output=True).returncode == 1


def test_a_download_is_immutable_and_can_be_resumed(served: Served) -> None:
    """Range, checksum and a cache that never asks again."""
    path = "/releases/2026.1/dataset.nq"
    found = served.get(path, range="bytes=0-99")
    assert (found.status_code, len(found.content)) == (206, 100)
    whole = served.get(path)
    assert "immutable" in whole.headers["cache-control"]
    assert whole.headers["repr-digest"].startswith("sha-256=:")
    assert served.get(path, if_none_match=whole.headers["etag"]).status_code == 304
    sums = served.get("/releases/2026.1/SHA256SUMS").text
    assert f"{whole.headers['etag'].strip(chr(34))}  dataset.nq" in sums


@pytest.mark.parametrize(
    "path",
    [
        "/releases/2026.1/..%2f..%2fcurrent",
        "/releases/2026.1/%2e%2e/%2e%2e/etc/passwd",
        "/releases/..%5c..%5cetc/manifest.json",
        "/releases/2026.1%00/manifest.json",
        "/releases/" + "9" * 300 + "/manifest.json",
        "/releases/%2fetc/passwd",
        "/releases/2026.1/store/CURRENT",
        "/releases/1999.1/manifest.json",
    ],
)
def test_only_files_of_a_manifest_are_handed_out(served: Served, path: str) -> None:
    """A path is compared with a list; nothing else is there."""
    with socket.create_connection(("127.0.0.1", served.client.base_url.port or 0)) as line:
        line.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
        head = line.recv(200).decode()
    assert head.split()[1] == "404", head


def test_another_host_name_gets_nothing(served: Served) -> None:
    """421 for a name that the operator did not set, and no address made of it."""
    found = served.client.get("/", headers={"Host": "evil.example"})
    assert found.status_code == 421
    assert "evil" not in found.text
    forwarded = served.client.get("/id/action/vap-sg-2020/11", headers={"X-Forwarded-Host": "evil.example"})
    assert forwarded.headers["location"] == ACTION


def test_a_body_too_large_or_too_slow_is_refused(served: Served) -> None:
    """413 and 408, without waiting for the rest."""
    large = served.client.post(
        "/sparql", content=b"x" * 30_000, headers={"Content-Type": "application/sparql-query"}
    )
    assert large.status_code == 413
    start = time.monotonic()
    with socket.create_connection(("127.0.0.1", served.client.base_url.port or 0)) as line:
        line.sendall(
            b"POST /sparql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/sparql-query\r\n"
            b"Content-Length: 100\r\n\r\nSELECT"
        )
        assert line.recv(100).split()[1] == b"408"
    assert time.monotonic() - start < 5


def test_the_log_says_what_happened_and_not_what_was_asked(served: Served) -> None:
    """One JSON object per request, without the query string."""
    served.get("/sparql?query=ASK%20%7B%22geheim%22%20a%20%3Fx%7D")
    served.get("/health/live")
    text = served.log.read_text()
    lines = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
    assert any(line.get("path") == "/sparql" for line in lines)
    assert "geheim" not in text


def test_health_and_metrics(served: Served) -> None:
    """Ready names the release; metrics count requests."""
    assert served.get("/health/live").status_code == 200
    assert served.get("/health/ready").text == "ready 2026.1\n"
    metrics = served.get("/metrics")
    assert metrics.headers["cache-control"] == "no-store"
    assert 'gbvkg_release{version="2026.1"} 1' in metrics.text
    assert 'gbvkg_requests_total{method="GET",status="200"}' in metrics.text


def test_everything_works_below_a_prefix(tmp_path: Path) -> None:
    """Behind a proxy that gives us a part of its paths."""
    with serving(released(), tmp_path / "log", prefix="/gbvkg") as below:
        answer = below.get("/id/action/vap-sg-2020/11")
        assert answer.headers["location"] == f"/gbvkg{ACTION}"
        page = below.get(ACTION, accept="text/html")
        assert page.status_code == 200
        assert 'href="/doc' not in page.text
        outside = httpx.get(f"http://127.0.0.1:{below.client.base_url.port}/sparql")
        assert outside.status_code == 404


def test_what_the_data_retired_is_gone_and_what_it_merged_has_moved(tmp_path: Path) -> None:
    """410 and 301 from data, at the thing and at its document; a replaced thing that is not retired stays."""
    project = tmp_path / "p"
    make(project)
    (project / "data" / "retired.yaml").write_text(RETIRED)
    with (project / "ontology" / "gbv.ttl").open("a") as ontology:
        ontology.write("gbv:RetiredThing a owl:Class .\n")
    out = tmp_path / "releases"
    release.publish(Project.open(project), out)
    with serving(out, tmp_path / "log", hosts="*") as small:
        for path in ("/id/action/p/77", "/doc/action/p/77", "/doc/action/p/77.ttl"):
            gone = small.get(path)
            assert gone.status_code == 410
            said = gone.json()
            assert said["detail"] == "“Ingetrokken (proef)” is ingetrokken. Het plan werd gewijzigd."
            assert said["detail_en"] == "“Withdrawn (trial)” was withdrawn. The plan was changed."
            assert said["older"] == []
        for path, place in {
            "/id/action/p/78": "/id/action/p/1",
            "/id/action/p/78?lang=en": "/id/action/p/1?lang=en",
            "/doc/action/p/78": "/doc/action/p/1",
            "/doc/action/p/78.ttl": "/doc/action/p/1.ttl",
            "/doc/action/p/78.ttl?lang=en&release=2026.1": "/doc/action/p/1.ttl?release=2026.1&lang=en",
            "/doc/action/p/78?lang=%0d%0aX&other=1": "/doc/action/p/1",
        }.items():
            moved = small.get(path)
            assert (moved.status_code, moved.headers["location"]) == (301, place)
        assert small.get("/doc/action/p/1").status_code == 200


def _links(answer: httpx.Response) -> dict[str, list[str]]:
    """Relation → targets of the Link header."""
    found: dict[str, list[str]] = {}
    for target, relation in re.findall(r'<([^>]*)>; rel="([^"]*)"', answer.headers["link"]):
        found.setdefault(relation, []).append(target)
    return found


def _day(release: Path) -> str:
    """The day of a release as HTTP writes it (RFC 9110 §5.6.7)."""
    issued = json.loads((release / "manifest.json").read_text())["issued"]
    return datetime.strptime(issued, "%Y-%m-%d").strftime("%a, %d %b %Y 00:00:00 GMT")


def test_a_document_of_an_older_release_leads_to_that_release(tmp_path: Path) -> None:
    """Its formats, its own address and what it moved to keep the release; the latest version has none. A
    release that was taken away is no predecessor any more, and its files are not there."""
    out, project = tmp_path / "releases", tmp_path / "p"
    retired = RETIRED.replace("action/p/77", "action/p/10").replace("action/p/78", "action/p/2")
    for version in ("2026.1", "2026.2", "2026.3"):
        shutil.rmtree(project, ignore_errors=True)
        make(project, version=version, title=f"Titel {version}")
        if version != "2026.1":
            (project / "data" / "retired.yaml").write_text(retired)
            for name in ("plans/p/fiches/2.yaml", "plans/p/fiches/10.yaml", "waivers.yaml"):
                (project / "data" / name).unlink()
            with (project / "ontology" / "gbv.ttl").open("a") as ontology:
                ontology.write("gbv:RetiredThing a owl:Class .\n")
        release.publish(Project.open(project), out)
    with serving(out, tmp_path / "log", hosts="*", prefix="/g") as small:
        here = "/g/doc/action/p/1"
        for path in ("/doc/action/p/1.ttl", "/doc/action/p/1"):
            new, old = (small.get(path + query, accept="text/turtle") for query in ("", "?release=2026.2"))
            assert new.headers["content-location"] == f"{here}.ttl"
            assert old.headers["content-location"] == f"{here}.ttl?release=2026.2"
            assert "Titel 2026.2" in old.text
            said = _links(new)
            assert said["alternate"] == [f"{here}.{kind}" for kind in ("html", "jsonld", "nt", "rdf", "csv")]
            assert said["memento"] == [f"{here}?release=2026.3"]
            assert said["predecessor-version"] == [f"{here}?release=2026.2"]
            day = _day(out / "2026.3")
            assert f'<{here}?release=2026.3>; rel="memento"; datetime="{day}"' in new.headers["link"]
            assert "memento-datetime" not in new.headers
            assert "original" not in said
            assert old.headers["memento-datetime"] == _day(out / "2026.2")
            assert old.headers["etag"] != new.headers["etag"]  # a tag for each release
            page = small.get(path + "?release=2026.2", accept="text/html")
            assert page.headers["memento-datetime"] == _day(out / "2026.2")
            assert _links(old)["original"] == [here]
            for links in (said, _links(old)):
                assert links["latest-version"] == [here]
                assert links["version-history"] == ["/g/releases/"]
                assert links["profile"] == ["https://w3id.org/gbvkg/ns"]
            said = _links(old)
            assert all(target.endswith("?release=2026.2") for target in said["alternate"])
            assert said["predecessor-version"] == [f"{here}?release=2026.1"]
        for target in [*said["alternate"], *said["predecessor-version"], *said["version-history"]]:
            assert small.get(target.removeprefix("/g")).status_code == 200, target
        assert "predecessor-version" not in _links(small.get("/doc/action/p/1.ttl?release=2026.1"))
        # each release answers by its own data, at the thing too
        for path, place in {
            "/id/action/p/2": "/g/id/action/p/1",
            "/id/action/p/2?release=2026.1": "/g/doc/action/p/2?release=2026.1",
            "/doc/action/p/2.nt?release=2026.2": "/g/doc/action/p/1.nt?release=2026.2",
        }.items():
            assert small.get(path).headers["location"] == place
        assert small.get("/doc/action/p/2?release=2026.1").status_code == 200
        gone = small.get("/doc/action/p/10").json()
        assert gone["older"] == [f"/g/doc/action/p/10?release={version}" for version in ("2026.1", "2026.2")]
        assert "Oudere releases" in gone["detail"]
        shown = small.get("/doc/action/p/10", accept="text/html").text
        assert 'href="/g/doc/action/p/10?release=2026.1"' in shown
        headings = ("nl", "In oudere releases", "Bedoelde u"), ("en", "In older releases", "Did you")
        for lang, heading, other in headings:
            shown = small.get(f"/doc/action/p/10?lang={lang}", accept="text/html").text
            assert f"<h2>{heading}</h2>" in shown
            assert other not in shown

        shutil.rmtree(out / "2026.2")
        assert "predecessor-version" not in _links(small.get("/doc/action/p/1.csv"))
        shutil.rmtree(out / "2026.1")
        assert "Oudere" not in small.get("/id/action/p/10").json()["detail"]
        shutil.rmtree(out / "2026.3")
        for name in ("manifest.json", "dataset.nq"):
            for version in ("2026.1", "2026.2", "2026.3"):
                assert small.get(f"/releases/{version}/{name}").status_code == 404
        assert small.get("/doc/action/p/1.nt").status_code == 200


def test_a_file_that_cannot_be_read_is_503(monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that fails is no fault of the client, and no bug: the problem says to try again."""

    async def scene() -> list[httpx.Response]:
        service = Service(released(), ServeSettings(access_log=False))
        await service.current.start()

        def fails(*_: Path) -> bool:
            raise OSError(5, "Input/output error")

        monkeypatch.setattr(downloads, "is_regular_inside", fails)
        monkeypatch.setattr(downloads, "sha256", fails)
        transport = httpx.ASGITransport(service, raise_app_exceptions=True)
        try:
            async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
                return [
                    await client.get(f"/releases/2026.1/{name}") for name in ("dataset.nq", "manifest.json")
                ]
        finally:
            await service.current.stop()

    for found in asyncio.run(scene()):
        assert found.status_code == 503
        assert found.headers["retry-after"]


def test_a_release_that_is_closed_leaves_memory(tmp_path: Path) -> None:
    """Nothing of the process keeps a site, nor what it kept, once it is closed."""
    out = tmp_path / "releases"
    _publish(tmp_path / "p", "2026.1", "Eerste", out)
    _publish(tmp_path / "p", "2026.2", "Nieuwe", out)

    async def scene() -> list[weakref.ref[Any]]:
        service = Service(out, ServeSettings(access_log=False))
        await service.current.start()
        older = await service.current.of("2026.1")
        transport = httpx.ASGITransport(service, raise_app_exceptions=True)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            for query in ("", "release=2026.1"):
                for path in ("/doc/action/p/1", "/query/titles?plan=plan/p&format=csv", "/search?q=actie",
                             "/query/", "/openapi.json", "/sparql?query=ASK{}"):  # fmt: skip
                    asked = f"{path}{'&' if '?' in path else '?'}{query}" if query else path
                    assert (await client.get(asked)).status_code == 200, asked
        held = [weakref.ref(part) for site in (service.current.site, older)
                for part in (site, site.app, site.pages, site.cache)]  # fmt: skip
        await older.close()
        await service.current.site.close()
        for task in list(service.current._tasks):
            task.cancel()
        return held

    held = asyncio.run(scene())
    gc.collect()
    assert [part() for part in held] == [None] * 8


def _publish(folder: Path, version: str, title: str, out: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    release.publish(make(folder, version=version, title=title), out)


def test_the_service_swaps_without_a_failed_or_mixed_request(tmp_path: Path) -> None:
    """Under load, every answer is wholly of one release, and after the swap of the new one."""
    out = tmp_path / "releases"
    _publish(tmp_path / "p", "2026.1", "Eerste", out)
    with serving(out, tmp_path / "log", poll_seconds="0.1", hosts="*", budget_seconds="1000") as small:
        wrong: list[str] = []
        seen: set[str] = set()
        stop = threading.Event()

        def ask() -> None:
            with httpx.Client(base_url=small.url, timeout=10) as client:
                while not stop.is_set():
                    found = client.get("/doc/action/p/1.ttl", params={"n": str(time.monotonic())})
                    if found.status_code != 200:
                        wrong.append(f"{found.status_code} {found.text[:200]}")
                        continue
                    title = "Eerste" if "Eerste" in found.text else "Nieuwe"
                    seen.add(title)
                    if title not in found.text:
                        wrong.append(found.text)

        threads = [threading.Thread(target=ask) for _ in range(4)]
        for thread in threads:
            thread.start()
        _publish(tmp_path / "p", "2026.2", "Nieuwe", out)
        deadline = time.monotonic() + 20
        while "Nieuwe" not in seen and time.monotonic() < deadline:
            time.sleep(0.05)
        time.sleep(0.5)
        stop.set()
        for thread in threads:
            thread.join()
        assert not wrong, wrong[:3]
        assert seen == {"Eerste", "Nieuwe"}
        assert small.get("/health/ready").text == "ready 2026.2\n"
        old = small.get("/doc/action/p/1.ttl?release=2026.1")
        assert "Eerste" in old.text
        assert "immutable" in old.headers["cache-control"]
        for path in (
            "/query/titles?plan=plan/p&format=csv",
            "/list/Action?format=csv",
            SPARQL,
            "/search?q=acti",
        ):
            assert "Nieuwe" in small.get(path).text
            before = small.get(f"{path}&release=2026.1")
            assert "Eerste" in before.text, path
            assert "Nieuwe" not in before.text, path
        missing = ("/doc/action/p/1?release=1999.1", "/releases/1999.1/", "/releases/1999.1/data.csv",
                   "/releases/1999.1/SHA256SUMS", "/query/titles?release=1999.1", "/search?release=1999.1",
                   "/sparql?query=ASK%7B%7D&release=1999.1")  # fmt: skip
        for path in missing:
            for accept in ("text/html", "application/json"):
                answer = small.get(path, accept=accept)
                assert answer.status_code == 404, path
                assert "2026.1, 2026.2" in answer.text
                assert str(tmp_path) not in answer.text, path


def test_a_release_that_does_not_verify_is_refused(tmp_path: Path) -> None:
    """The old one stays, and the operator can see it."""
    out = tmp_path / "releases"
    _publish(tmp_path / "p", "2026.1", "Eerste", out)
    with serving(out, tmp_path / "log", poll_seconds="0.1", hosts="*") as small:
        _publish(tmp_path / "p", "2026.2", "Nieuwe", tmp_path / "elsewhere")
        broken = tmp_path / "elsewhere" / "2026.2"
        with (broken / "dataset.nq").open("a") as file:
            file.write("#\n")
        shutil.copytree(broken, out / "2026.2")
        (out / "next").symlink_to("2026.2")
        (out / "next").replace(out / "current")
        deadline = time.monotonic() + 20
        while "gbvkg_release_refused_total 1" not in small.get("/metrics").text:
            assert time.monotonic() < deadline
            time.sleep(0.1)
        assert small.get("/health/ready").text == "ready 2026.1\n"
        assert "Eerste" in small.get("/doc/action/p/1.ttl").text
        assert "release refused" in small.log.read_text()


def test_a_fault_of_ours_is_a_problem_and_stands_in_the_log(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Nobody gets a traceback, and the operator gets a whole one; the service goes on."""

    async def scene() -> tuple[int, bytes]:
        service = Service(released(), ServeSettings(access_log=False))
        await service.current.start()

        async def broken(scope: Scope, receive: Receive, send: Send) -> None:
            raise ZeroDivisionError("planted")

        monkeypatch.setattr(service.current.site, "app", broken)
        transport = httpx.ASGITransport(service, raise_app_exceptions=True)
        try:
            async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
                found = await client.get("/doc/ns")
                return found.status_code, found.content
        finally:
            await service.current.stop()

    status, body = asyncio.run(scene())
    assert status == 500
    assert b"planted" not in body
    assert "planted" in caplog.text


def test_a_list_is_a_page_or_a_file_as_the_client_prefers(served: Served) -> None:
    """By ``?format=``, Accept or extension; each has a tag of its own, so that none is taken for another."""
    tags = set()
    for accept, kind in (("text/html", "text/html"), ("text/csv", "text/csv"), ("*/*", "text/html")):
        found = served.get("/list/Action", accept=accept)
        assert found.headers["content-type"].partition(";")[0] == kind
        tags.add(found.headers["etag"])
    assert len(tags) == 2
    assert served.get("/list/Action?format=csv").content == served.get("/list/Action.csv").content
    assert served.get("/list/Action?format=png").status_code == 406


@pytest.mark.parametrize("host", ["::1", "[::1]"])
def test_an_ipv6_address_is_shown_in_brackets(host: str) -> None:
    """So that it can be opened as it is printed."""
    assert server._place(ServeSettings(host=host, port=8001)) == "[::1]:8001"
    assert server._place(ServeSettings(host="127.0.0.1", port=8001)) == "127.0.0.1:8001"


def test_a_release_with_a_very_long_text_is_served(tmp_path: Path) -> None:
    """Longer than a field of CSV may be by default (131,072 characters)."""
    out = tmp_path / "releases"
    _publish(tmp_path / "p", "2026.1", "Eerste " + "woord " * 25_000, out)

    async def scene() -> int:
        service = Service(out, ServeSettings(access_log=False))
        await service.current.start()
        index = await service.current.site.pages.lists.index()
        await service.current.site.close()
        return len(index.by_iri)

    assert asyncio.run(scene()) > 3


def test_a_fault_with_one_release_does_not_end_the_watch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """It is told and counted, its processes end, the old release stays, and the next one is taken."""
    out = tmp_path / "releases"
    _publish(tmp_path / "p", "2026.1", "Eerste", out)
    opened: list[Any] = []

    async def scene() -> None:
        service = Service(out, ServeSettings(access_log=False, poll_seconds=0.05))
        await service.current.start()
        right = Lists.index

        async def wrong(self: Lists) -> Any:
            opened.append(self.site)
            raise ValueError("nobody thought of this")

        monkeypatch.setattr(Lists, "index", wrong)
        await asyncio.to_thread(_publish, tmp_path / "p", "2026.2", "Nieuwe", out)
        await _until(lambda: service.current.refused == 1)
        assert service.current.site.version == "2026.1"
        assert opened[0].pool.zygote is None
        monkeypatch.setattr(Lists, "index", right)
        await asyncio.to_thread(_publish, tmp_path / "p", "2026.3", "Nieuwste", out)
        await _until(lambda: service.current.site.version == "2026.3" and len(service.current._tasks) == 1)
        await service.current.stop()

    asyncio.run(scene())
    assert "nobody thought of this" in caplog.text
    assert len(opened) == 1


async def _until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not is_so():
            await asyncio.sleep(0.02)


def test_a_stop_answers_what_is_under_way_and_a_second_one_does_not_wait(tmp_path: Path) -> None:
    """Nobody new is let in; who asked is answered; said twice, it is meant."""
    endless = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
    with serving(released(), tmp_path / "log", query_seconds="4") as served, ThreadPoolExecutor(1) as threads:
        under_way = threads.submit(served.sparql, endless)
        time.sleep(0.5)
        served.process.send_signal(signal.SIGTERM)
        time.sleep(0.5)
        with pytest.raises(httpx.TransportError):
            httpx.get(f"{served.url}/health/live")
        assert under_way.result().status_code == 503
        assert served.process.wait(5) == 0
    with serving(released(), tmp_path / "log") as served, ThreadPoolExecutor(1) as threads:
        under_way = threads.submit(served.sparql, endless)
        time.sleep(0.5)
        for _ in range(2):
            assert served.process.poll() is None
            served.process.send_signal(signal.SIGINT)
            time.sleep(0.5)
        assert served.process.wait(5) == 0
        with pytest.raises(httpx.TransportError):
            under_way.result()
