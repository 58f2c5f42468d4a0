"""Every page says how it is cited and what it is: permanent link, text, BibTeX, CSL-JSON and schema.org."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import serving

from gbvkg.vocabulary import LANGUAGES
from gbvkg.web.pages.citing import KINDS, LONGEST_KEY, Citation
from gbvkg.web.pages.frame import TEMPLATES

BASE = "https://w3id.org/gbvkg/"


class Page(NamedTuple):
    """A page that is made with a template: its path, the schema.org type of the page and of what is on it,
    and the address that it is cited by, with ``{}`` for the release.
    """

    path: str
    kind: str
    entity: str
    cited: str


RELEASE = "releases/{}/"
PAGES = {
    "home.html": Page("/", "Dataset", "", RELEASE),
    "kinds.html": Page("/list/", "CollectionPage", "ItemList", "list/?release={}"),
    "finding.html": Page(
        "/list/Action?form=unknown&x=y&page=1", "CollectionPage", "ItemList",
        "list/Action?form=unknown&release={}",
    ),
    "finding.html#search": Page(
        "/search?q=seksueel+geweld&class=Action", "SearchResultsPage", "ItemList",
        "search?q=seksueel+geweld&class=Action&release={}",
    ),
    "members.html": Page(
        "/doc/concept/wording/official-wording?in=gbv:wording", "CollectionPage", "ItemList",
        "doc/concept/wording/official-wording?in=gbv%3Awording&release={}",
    ),
    "ontology.html": Page("/doc/ns", "WebPage", "DefinedTermSet", "doc/ns?release={}"),
    "graph.html": Page(
        "/doc/graph/plan/vap-sg-2020", "WebPage", "", "doc/graph/plan/vap-sg-2020?release={}"
    ),
    "thing.html": Page(
        "/doc/action/vap-sg-2020/11", "WebPage", "", "doc/action/vap-sg-2020/11?release={}"
    ),
    "queries.html": Page("/query/", "CollectionPage", "ItemList", "query/?release={}"),
    "query.html": Page(
        "/query/mandates-on-date?date=2021-07-15&person=", "WebPage", "Dataset",
        "query/mandates-on-date?date=2021-07-15&release={}",
    ),
    "sparql.html": Page(
        "/sparql?query=ASK%7B%7D&x=y", "WebPage", "WebAPI", "sparql?query=ASK%7B%7D&release={}"
    ),
    "compare.html": Page("/compare?old={0}&new={0}", "WebPage", "", RELEASE),
    "releases.html": Page("/releases/", "CollectionPage", "DataCatalog", RELEASE),
    "release.html": Page("/releases/{}/", "WebPage", "Dataset", RELEASE),
    "api.html": Page("/docs", "APIReference", "", RELEASE),
}  # fmt: skip
REFUSALS = {"problem.html"}


@pytest.fixture(scope="module")
def version(real: serving.Served) -> str:
    return real.get("/health/ready").text.split()[1]


def opened(served: serving.Served, path: str, lang: str, **more: str) -> Any:
    given = "&".join(f"{name}={value}" for name, value in {"lang": lang, **more}.items())
    address = f"{served.url}{path}{'&' if '?' in path else '?'}{given}"
    return served.client.get(address, headers={"accept": "text/html"}, follow_redirects=True)


def schema(page: str) -> dict[str, Any]:
    """The one schema.org description of a page."""
    found = re.findall(r'<script type="application/ld\+json">(.*?)</script>', page, re.S)
    assert len(found) == 1
    told: dict[str, Any] = json.loads(found[0])
    return told


def test_every_template_is_here() -> None:
    """A template of a page is cited here, or is that of a refusal."""
    framed = {p.name for p in TEMPLATES.glob("*.html") if '{% extends "page.html" %}' in p.read_text("utf-8")}
    assert framed == {name.partition("#")[0] for name in PAGES} | REFUSALS


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("name", PAGES)
def test_page_says_how_it_is_cited_and_what_it_is(
    real: serving.Served, version: str, name: str, lang: str
) -> None:
    """The permanent link, which leads to the same page; three forms with it; and its type in schema.org."""
    asked = PAGES[name]
    path, permanent = asked.path.format(version), BASE + asked.cited.format(version)
    answer = opened(real, path, lang)
    assert answer.status_code == 200
    link = re.search(r'<a href="([^"]+)" rel="bookmark">([^<]+)</a>', answer.text)
    assert link
    assert unescape(link[2]) == permanent
    here = real.client.get(unescape(link[1]), headers={"accept": "text/html"})
    assert here.status_code == 200
    told = schema(answer.text)
    assert told["@context"] == "https://schema.org"
    assert told["@type"] == asked.kind
    assert told.get("mainEntity", {}).get("@type", "") == asked.entity
    assert told["name"]
    assert told["inLanguage"] == lang
    assert told["@id"].startswith(BASE)
    assert told.get("version", told.get("isPartOf", {}).get("version")) == version
    cited = {kind: opened(real, path, lang, cite=kind) for kind in KINDS}
    for kind, found in cited.items():
        assert found.headers["content-type"].partition(";")[0] == KINDS[kind]
        assert permanent in found.text
    item = cited["csl"].json()[0]
    assert (item["URL"], item["version"], item["language"]) == (permanent, version, lang)
    assert item["author"][0]["literal"]
    assert cited["bibtex"].text in unescape(answer.text)
    assert cited["text"].text.strip() in unescape(answer.text)


def test_keys_are_different(real: serving.Served, version: str) -> None:
    """The BibTeX keys of different pages are: a bibliography can have them all."""
    pages = [page for name, page in PAGES.items() if page.cited != RELEASE]
    said = [opened(real, page.path.format(version), "nl", cite="bibtex").text for page in pages]
    keys = [text.partition("{")[2].partition(",")[0] for text in said]
    assert len(set(keys)) == len(keys)
    assert all(re.fullmatch(r"gbvkg-[A-Za-z0-9-]+", key) for key in keys)


def test_long_addresses_have_short_keys() -> None:
    """Two long addresses that begin alike keep apart."""

    def key(address: str) -> str:
        cite = Citation("T", "C", "1", "2026-01-02", address, "nl", base="https://b.example/")
        return cite.bibtex.partition("{")[2].partition(",")[0]

    long = "https://b.example/sparql?query=" + "x" * 500
    assert key(long + "a") != key(long + "b")
    assert len(key(long)) < LONGEST_KEY + 20
    assert key("https://b.example/doc/a/b?release=1") == "gbvkg-a-b-release-1"


def test_a_refusal_is_not_cited(real: serving.Served) -> None:
    for path in ("/doc/action/vap-sg-2020/12", "/query/mandates-on-date?date=x"):
        page = opened(real, path, "nl")
        assert page.status_code in (400, 404)
        assert 'id="cite"' not in page.text
        assert "ld+json" not in page.text
    assert opened(real, "/list/Action", "nl", cite="nothing").headers["content-type"].startswith("text/html")


def test_lists_and_files_in_schema_org(real: serving.Served, version: str) -> None:
    """A list says how many it has and which are shown, a release its files, a query its columns and files."""
    entity = schema(opened(real, "/list/Mandataris?page=2", "nl").text)["mainEntity"]
    assert entity["numberOfItems"] > len(entity["itemListElement"]) == 25
    assert entity["itemListElement"][0]["position"] == 26
    files = schema(opened(real, f"/releases/{version}/", "nl").text)["mainEntity"]["distribution"]
    assert all(file["@type"] == "DataDownload" and len(file["sha256"]) == 64 for file in files)
    assert any(file["contentUrl"].endswith(f"/releases/{version}/dataset.nq") for file in files)
    answer = schema(opened(real, "/query/mandates-on-date?date=2021-07-15", "nl").text)["mainEntity"]
    assert "titel" in answer["variableMeasured"]
    address = next(d["contentUrl"] for d in answer["distribution"] if d["encodingFormat"] == "text/csv")
    assert "/query/mandates-on-date?date=2021-07-15&format=csv" in address
    terms = schema(opened(real, "/doc/ns", "en").text)["mainEntity"]["hasDefinedTerm"]
    assert {"gbv:Action", "gbv:leadResponsibility"} <= {term["termCode"] for term in terms}


@pytest.fixture(scope="module")
def small(small_releases: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[serving.Served]:
    with serving.serving(small_releases, tmp_path_factory.mktemp("small") / "log", prefix="/kg") as served:
        yield served


def test_an_older_release_is_cited_as_it_is(small: serving.Served) -> None:
    """A page of an older release is cited by that release, the page about one by its own version."""
    old = small.get("/list/Action?release=2026.1&cite=csl", accept="text/html").json()[0]
    assert old["version"] == "2026.1"
    assert old["URL"].endswith("/list/Action?release=2026.1")
    of_release = small.get("/releases/2026.1/?cite=csl", accept="text/html").json()[0]
    assert of_release["version"] == "2026.1"
    assert of_release["URL"].endswith("/releases/2026.1/")
    told = {
        path: re.findall(
            r"naar de gegevens zoals ze in release ([\d.]+) staan", opened(small, path, "nl").text
        )
        for path in ("/releases/2026.1/", "/releases/2026.2/", "/list/Action?release=2026.1", "/list/Action")
    }
    assert list(told.values()) == [["2026.1"], ["2026.2"], ["2026.1"], ["2026.2"]], told
    page = small.get("/list/Action?release=2026.1", accept="text/html").text
    assert 'href="/kg/list/Action?release=2026.1" rel="bookmark"' in page
