"""Linked data: every IRI of ours that the data name leads to a document, which is what it says."""

from __future__ import annotations

import asyncio
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from pyoxigraph import NamedNode, RdfFormat, Store, parse

from gbvkg.config import ServeSettings
from gbvkg.project import Project
from gbvkg.release import gate, publish
from gbvkg.vocabulary import BASE, expand
from gbvkg.web.negotiation import DOCUMENTS
from gbvkg.web.replies import redirect
from gbvkg.web.service import Service
from tests import small_project
from tests.serving import Served, released, serving
from tests.test_web_history import three

TYPE = NamedNode(expand("rdf:type"))
PAGES = ("text/html", "text/turtle")


@pytest.fixture(scope="module", params=["", "/kg"], ids=["root", "prefix"])
def served(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The real data, at the root of a host and below a prefix."""
    log = tmp_path_factory.mktemp("linked") / "log"
    with serving(released(), log, prefix=request.param) as found:
        yield found


@pytest.fixture(scope="module")
def held() -> Store:
    """The release itself."""
    store = Store()
    store.bulk_load(path=str(released() / "current" / "dataset.nq"), format=RdfFormat.N_QUADS)
    return store


def _followed(served: Served, iri: str, accept: str) -> httpx.Response:
    """What a client gets that follows an IRI of ours to this service."""
    path = f"{served.url}/{iri.removeprefix(BASE)}"
    return served.client.get(path, headers={"Accept": accept}, follow_redirects=True)


def test_every_iri_of_ours_in_the_data_leads_somewhere(served: Served, held: Store) -> None:
    """Subjects, predicates, objects and graphs, of each kind some: 200 as a page and as Turtle."""
    kinds: dict[str, set[str]] = defaultdict(set)
    for quad in held:
        for term in (quad.subject, quad.predicate, quad.object, quad.graph_name):
            if isinstance(term, NamedNode) and term.value.startswith(BASE):
                iri = term.value.partition("#")[0]
                kinds["/".join(iri.removeprefix(BASE).split("/")[:2])].add(iri)
    assert len(kinds) > 30
    for found in kinds.values():
        every = sorted(found)
        for iri in dict.fromkeys((every[0], every[len(every) // 2], every[-1])):
            for accept in PAGES:
                answer = _followed(served, iri, accept)
                assert answer.status_code == 200, (iri, accept, answer.text[:300])
                kind = answer.headers["content-type"].partition(";")[0]
                assert kind == accept or "/releases/" in str(answer.url), (iri, accept)


def test_every_code_list_is_at_its_iri_with_each_entry(served: Served, held: Store) -> None:
    """303, and a document that describes what was asked for."""
    scheme = NamedNode(expand("skos:ConceptScheme"))
    lists = [quad.subject for quad in held.quads_for_pattern(None, TYPE, scheme)]
    ours = [node for node in lists if isinstance(node, NamedNode) and node.value.startswith(BASE)]
    assert len(ours) > 15
    inside = NamedNode(expand("skos:inScheme"))
    for node in ours:
        entries = [quad.subject for quad in held.quads_for_pattern(None, inside, node)][:2]
        for thing in (node, *entries):
            if not (isinstance(thing, NamedNode) and thing.value.startswith(BASE)):
                continue
            answer = served.get(f"/{thing.value.removeprefix(BASE)}")
            assert answer.status_code == 303
            found = _followed(served, thing.value, "application/n-triples")
            assert f"<{thing.value}> <{TYPE.value}>" in found.text


def test_every_term_of_the_ontology_is_in_its_document(served: Served, held: Store) -> None:
    """A client drops the fragment of ``ns#Term``; what it gets has the term, in RDF and as an anchor."""
    terms = {
        quad.subject.value
        for quad in held.quads_for_pattern(
            None, NamedNode(expand("rdfs:isDefinedBy")), NamedNode(f"{BASE}ns")
        )
        if isinstance(quad.subject, NamedNode)
    }
    assert len(terms) > 50
    graph = set(parse(_followed(served, f"{BASE}ns", "text/turtle").text, format=RdfFormat.TURTLE))
    assert terms <= {triple.subject.value for triple in graph if isinstance(triple.subject, NamedNode)}
    anchors = set(re.findall(r'id="([^"]+)"', _followed(served, f"{BASE}ns", "text/html").text))
    kinds = {NamedNode(expand(f"owl:{kind}")) for kind in ("Class", "ObjectProperty", "DatatypeProperty")}
    shown = {t.subject.value for t in graph if t.predicate == TYPE and t.object in kinds} & terms
    assert {iri.partition("#")[2] for iri in shown} <= anchors


def test_every_rule_that_a_finding_names_is_at_its_iri(served: Served, held: Store) -> None:
    """The shapes as they were written, once each; a page for people."""
    source = NamedNode(expand("sh:sourceShape"))
    named = {quad.object.value for quad in held.quads_for_pattern(None, source, None)}
    ours = {iri for iri in named if iri.startswith(f"{BASE}ns/shapes#")}
    assert ours
    answer = _followed(served, f"{BASE}ns/shapes", "text/turtle")
    found = set(parse(answer.text, format=RdfFormat.TURTLE))
    assert ours <= {t.subject.value for t in found if isinstance(t.subject, NamedNode)}
    path = "/doc/ns/shapes"
    assert served.get(f"{path}.ttl").content == answer.content
    assert served.get(path, accept="text/turtle", if_none_match=answer.headers["etag"]).status_code == 304
    assert served.get(path, accept="text/html").headers["location"].endswith("/doc/ns")
    for refused in (served.get(path, accept="application/ld+json"), served.get(f"{path}.nt")):
        assert refused.status_code == 406
        assert [row["format"] for row in refused.json()["alternatives"]] == ["html", "ttl"]


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("text/turtle;q=0.5, application/ld+json;q=0.9, text/html;q=0.1", "application/ld+json"),
        ("text/turtle;q=0.9, */*;q=0.1", "text/turtle"),
        ("text/html;q=0, */*", "text/turtle"),
        ("application/rdf+xml, text/turtle", "text/turtle"),
        ("application/*", "application/ld+json"),
        ("text/*;q=0.3, application/n-triples;q=0.4", "application/n-triples"),
        ("image/png, */*;q=0.1", "text/html"),
        ("", "text/html"),
    ],
)
def test_the_format_is_the_one_that_a_client_prefers(served: Served, accept: str, kind: str) -> None:
    """Quality values and precedence (RFC 9110 §12.5.1), whatever the order they are in."""
    found = served.get("/doc/action/vap-sg-2020/11", accept=accept)
    assert found.headers["content-type"].partition(";")[0] == kind
    assert found.headers["vary"] == "Accept, Accept-Language"


def test_a_file_is_not_sent_again_to_who_has_it(served: Served) -> None:
    """Also when the tag comes in a list, or weak as from a proxy that compresses (RFC 9110 §13.1.2)."""
    path = "/releases/2026.1/manifest.json"
    tag = served.get(path).headers["etag"]
    for held in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        assert served.get(path, if_none_match=held).status_code == 304, held
    assert served.get(path, if_none_match='"other"').status_code == 200
    part = served.get(path, range="bytes=0-9", if_range=tag)
    assert (part.status_code, len(part.content)) == (206, 10)
    assert served.get(path, range="bytes=0-9", if_range='"other"').status_code == 200


def test_a_part_that_is_not_there_is_a_problem_and_no_range_is_the_whole(served: Served) -> None:
    """416 with the size as for any refusal (RFC 9110 §14.4, RFC 9457); what is no range is overlooked."""
    path = "/releases/2026.1/manifest.json"
    whole = served.get(path).content
    for asked in ("bytes=99999999-", f"bytes={len(whole)}-", "bytes=-0"):
        found = served.get(path, range=asked)
        assert (found.status_code, found.json()["status"]) == (416, 416)
        assert found.headers["content-range"] == f"bytes */{len(whole)}"
    for asked in (
        "bytes=-",
        "bytes=9-1",
        "pages=1-2",
        "bytes=x",
        f"bytes={'0-1,' * 40}0-1",
        "bytes=" + "9" * 99 + "-",
    ):
        found = served.get(path, range=asked)
        assert (found.status_code, found.content) == (200, whole)
    for asked, part in {"bytes=-5": whole[-5:], "bytes=3-": whole[3:], "bytes=0-99999999": whole}.items():
        found = served.get(path, range=asked)
        assert (found.status_code, found.content) == (206, part)
    assert served.get(path, range="bytes=99999999-", if_range='"other"').status_code == 200


ALWAYS = (
    "license", "describes", "canonical", "memento", "latest-version", "version-history", "profile",
    "timegate", "timemap",
)  # fmt: skip


def test_every_format_of_a_document_says_what_it_is_and_where_the_others_are(served: Served) -> None:
    """By extension and by Accept: media type, one tag each, relations, and HEAD as GET."""
    prefix = served.url.partition("//")[2].partition("/")[2]
    here = f"{'/' if prefix else ''}{prefix}/doc/action/vap-sg-2020/11"
    tags = set()
    for format in DOCUMENTS:
        found = served.get(f"/doc/action/vap-sg-2020/11.{format.extension}", accept="*/*")
        assert found.headers["content-type"].partition(";")[0] == format.media_type
        said = re.findall(r'<([^>]*)>; rel="([^"]*)"', found.headers["link"])
        assert {relation for _, relation in said} == {*ALWAYS, "alternate"}
        others = {f"{here}.{other.extension}" for other in DOCUMENTS if other is not format}
        assert {target for target, relation in said if relation == "alternate"} == others
        assert (f"{BASE}doc/action/vap-sg-2020/11", "canonical") in said
        head = served.client.head(f"/doc/action/vap-sg-2020/11.{format.extension}")
        changing = {"date", "server"}
        assert {n: v for n, v in head.headers.items() if n not in changing} == {
            name: value for name, value in found.headers.items() if name not in changing
        }
        assert head.content == b""
        tags.add(found.headers["etag"])
    assert len(tags) == len(DOCUMENTS)
    assert not any(tag.startswith("W/") for tag in tags)


ELSEWHERE = """
@prefix gbv: <https://w3id.org/gbvkg/ns#> .
@prefix dct: <http://purl.org/dc/terms/> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
<https://elsewhere.example/gone> a gbv:RetiredThing ; owl:deprecated true ; rdfs:label "Weg"@nl .
<https://elsewhere.example/old> owl:deprecated true ; dct:isReplacedBy <https://elsewhere.example/new> .
<https://elsewhere.example/mine> owl:deprecated true ;
    dct:isReplacedBy <https://small.example/id/action/p/1> .
<https://elsewhere.example/lost> owl:deprecated true ; dct:isReplacedBy <https://evil.example/> .
<https://elsewhere.example/new> rdfs:label "Nieuw"@nl .
"""


def test_what_is_retired_elsewhere_is_so_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """410 and 301 for things of others too; nobody is sent to an address outside, whatever the data say."""
    project = small_project.make(tmp_path)
    (tmp_path / "data/plans/p/elsewhere.ttl").write_text(ELSEWHERE, "utf-8")
    monkeypatch.setattr(gate, "pass_gate", lambda report: None)  # what a gate of others may let through
    publish(Project.open(project.root), tmp_path / "releases")
    with serving(tmp_path / "releases", tmp_path / "log") as small:
        about = "/about?iri=https%3A%2F%2Felsewhere.example%2F"
        gone = small.get(f"{about}gone")
        assert gone.status_code == 410
        assert "“Weg” is ingetrokken." in gone.json()["detail"]
        for query, place in {
            "old": f"{about}new",
            "old&format=ttl&lang=en": f"{about}new&format=ttl&lang=en",
            "mine&format=ttl": "/doc/action/p/1.ttl",
            "mine&format=ttl%0d%0aX:%201": "/doc/action/p/1",
            "old&format=png": f"{about}new",
        }.items():
            moved = small.get(about + query)
            assert (moved.status_code, moved.headers["location"]) == (301, place)
            assert small.get(place).status_code == 200
        lost = small.get(f"{about}lost")
        assert lost.status_code == 410
        assert "location" not in lost.headers


def test_what_is_near_in_an_older_release_is_in_that_release(tmp_path: Path) -> None:
    """What a later release describes is no help there; what is, is asked of the same release."""
    with serving(three(tmp_path), tmp_path / "log", prefix="/kg") as small:
        for release, there in (("", "123"), ("?release=2026.1", "12")):
            found = small.get(f"/doc/action/p/4{release}", accept="application/json")
            assert found.status_code == 404
            assert sorted(found.json()["suggestions"]) == [f"/kg/doc/action/p/{n}{release}" for n in there]


def test_who_has_a_document_costs_no_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    """A 304 is told by the tag alone, in every format, of things of ours, of others and of graphs; a tag for
    what is not there there is not, and * is asked in earnest.
    """

    async def scene() -> None:
        service = Service(released(), ServeSettings(access_log=False, cache_bytes=1))
        await service.current.start()
        transport = httpx.ASGITransport(service, raise_app_exceptions=True)
        places = ("/doc/action/vap-sg-2020/11", "/doc/graph/sources", "/doc/ns", f"/about?iri={AREA}")
        try:
            async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
                tags = {}
                for place in places:
                    for format in DOCUMENTS:
                        got = await client.get(place, headers={"Accept": format.media_type})
                        tags[place, format.media_type] = got.headers["etag"]
                for held in ("*", tags[places[0], "text/turtle"]):
                    missing = await client.get("/doc/action/nothing.ttl", headers={"If-None-Match": held})
                    assert missing.status_code == 404

                async def never(*_: object) -> None:
                    raise AssertionError("asked")

                monkeypatch.setattr(service.current.site.pool, "ask", never)
                for (place, accept), tag in tags.items():
                    headers = {"Accept": accept, "If-None-Match": tag}
                    again = await client.get(place, headers=headers)
                    assert (again.status_code, again.content) == (304, b""), (place, accept)
                    assert again.headers["etag"] == tag
                    assert again.headers["vary"] == "Accept, Accept-Language"
        finally:
            await service.current.stop()

    asyncio.run(scene())


AREA = "http%3A%2F%2Fthemis.vlaanderen.be%2Fid%2Fbeleidsveld%2F0a86df18-bf47-403b-aa35-98c938679482"


@pytest.mark.parametrize("target", ["//x", "/a\\b", "/a\r\nX: 1", "/é", "x", "/a\x7f"])
def test_a_redirect_is_a_clean_path(target: str) -> None:
    """Whatever a caller does wrong, no header is split and nobody is sent to a host."""
    with pytest.raises(ValueError, match="not a path"):
        redirect(target)
