"""The pages: complete without script, in both languages, from data, and inert whatever the data holds."""

from __future__ import annotations

import csv
import io
import json
import re
import tomllib
import zipfile
from collections.abc import Iterator
from functools import partial
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
import serving
import small_project
from pyoxigraph import Literal, NamedNode, RdfFormat, Store

from gbvkg import release
from gbvkg.config import ServeSettings
from gbvkg.errors import NotAcceptable
from gbvkg.project import Project
from gbvkg.release import gate
from gbvkg.vocabulary import LANGUAGES
from gbvkg.web import snippets, workbook
from gbvkg.web.pages import frame, tables, trees, values
from gbvkg.web.pages.citing import Citation
from gbvkg.web.pages.static import KINDS, static
from gbvkg.web.pages.terms import Terms, local_name
from gbvkg.web.pages.views import query, variables, views
from gbvkg.web.site import Bindings, Site, Term

TEXTS = frame.TEXTS
ACTION = "/doc/action/vap-sg-2020/11"
ATTACK = "</script><script>alert(1)</script><img src=x onerror=alert(2)>\"'{{7777*7777}}{%x%}"
EVALUATED = str(7777 * 7777)

HOSTILE = r"""
@prefix gbv: <https://w3id.org/gbvkg/ns#> .
@prefix dct: <http://purl.org/dc/terms/> .
@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
<https://small.example/id/action/p/evil> a gbv:Action ;
    gbv:actionOf <https://small.example/id/plan/p> ; gbv:number 66 ;
    dct:source <https://small.example/id/source/note> ;
    rdfs:label "ATTACK"@nl , "ATTACK"@en ;
    dct:description "ATTACK"@nl ;
    skos:note "ATTACK"@nl , "tekst"@nl-x-onload , "=cmd|' /C calc'!A1"@nl ;
    gbv:novelty "nieuwtje"@nl ;
    rdfs:comment "<b onclick='alert(3)'>vet</b>"^^rdf:HTML ;
    rdfs:seeAlso <javascript:alert(4)> , <data:text/html,%3Cscript%3Ealert(5)%3C/script%3E> , <vbscript:x> ,
        <https://elsewhere.example/'onmouseover=alert(6)> .
"""


class Reader(HTMLParser):
    """What a browser would make of a page: elements, attributes, and text outside scripts."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.scripts: list[str] = []
        self.text = ""
        self._inside = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        self._inside = tag if tag in ("script", "style") else ""
        self.text += " "

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside == "script":
            self.scripts.append(data)
        else:
            self.text += data


def hostile_releases(root: Path) -> Path:
    """A releases folder with two versions of a small project, the last with attacks in it and a new term."""
    out = root / "releases"
    release.publish(small_project.make(root), out)
    project = small_project.make(root, "2026.2", "Nieuwe titel")
    written = ATTACK.replace("\\", "\\\\").replace('"', '\\"')
    (root / "data/plans/p/evil.ttl").write_text(HOSTILE.replace("ATTACK", written), "utf-8")
    with (root / "ontology/gbv.ttl").open("a", encoding="utf-8") as ontology:
        ontology.write('gbv:novelty a owl:DatatypeProperty ; rdfs:label "nieuwigheid"@nl , "novelty"@en .\n')
    with pytest.MonkeyPatch.context() as patch:  # our own gate would refuse the addresses: another's may not
        patch.setattr(gate, "pass_gate", lambda report: None)
        release.publish(Project.open(project.root), out)
    return out


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[serving.Served]:
    """The small project with attacks, served under a prefix."""
    root = tmp_path_factory.mktemp("hostile")
    theme = root / "theme"
    theme.mkdir()
    (theme / "theme.css").write_text(":root{--accent:#7a1f4e}")
    (theme / "logo.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"/>')
    (theme / "evil.html").write_text("<script>alert(1)</script>")
    out = hostile_releases(root)
    with serving.serving(out, root / "log", prefix="/kg", theme=str(theme)) as served:
        yield served


def html(served: serving.Served, path: str, **headers: str) -> str:
    answer = served.get(path, **{"accept": "text/html", **headers})
    assert answer.status_code == 200, answer.text[:2000]
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    return answer.text


# Texts and views


def keys(table: dict[str, Any], before: str = "") -> set[str]:
    """The names of a table, with those of the tables in it."""
    found = {before + name for name in table}
    for name, value in table.items():
        if isinstance(value, dict):
            found |= keys(value, f"{before}{name}.")
    return found


@pytest.mark.parametrize("path", sorted(TEXTS.glob("*.toml")), ids=lambda path: path.stem)
def test_texts_are_there_in_both_languages(path: Path) -> None:
    """Every text in Dutch is there in English and the other way round, with the same things to fill in."""
    read = tomllib.loads(path.read_text("utf-8"))
    assert set(read) == set(LANGUAGES)
    assert keys(read["nl"]) == keys(read["en"])

    def holes(table: dict[str, Any]) -> dict[str, Any]:
        return {
            name: holes(value) if isinstance(value, dict) else sorted(re.findall(r"{\w*}", value))
            for name, value in table.items()
            if isinstance(value, dict | str)
        }

    assert holes(read["nl"]) == holes(read["en"])


def test_no_empty_text() -> None:
    """A text that is there says something."""
    for path in TEXTS.glob("*.toml"):
        assert '= ""' not in path.read_text("utf-8"), path.name


def test_views_speak_both_languages() -> None:
    """Every heading of the views is there in Dutch and in English."""
    view = views()
    said = [
        *view.incoming.values(), *view.terms.values(), *view.columns.values(),
        *(facet.title for facet in view.facets.values()),
        *(found.plural for found in view.classes.values() if found.plural),
        *(part.title for found in view.classes.values() for part in found.sections),
        *(note.text for note in view.notes.values()),
        *(part.empty for found in view.classes.values() for part in found.sections if part.empty),
    ]  # fmt: skip
    assert all(set(words) == set(LANGUAGES) for words in said)
    assert all(set(LANGUAGES) <= set(way) for way in view.ways)
    assert all(view.notes[name].of for name in view.home_notes)  # which card it stands on


def test_columns_of_views_have_headings() -> None:
    """Every column of a table that a view asks has a heading."""
    asked = [part for found in views().classes.values() for part in found.sections if part.kind == "table"]
    assert asked
    for part in asked:
        assert set(variables(part.query)) <= set(views().columns), part.name
    listed = [sentence for found in views().classes.values() for sentence in found.listed]
    assert listed
    for sentence in listed:
        assert set(re.findall(r"{(\w+)}", "".join(sentence.text.values()))) <= set(variables(sentence.query))
        assert set(variables(sentence.query)) & set(views().columns)  # what stands in files


def test_prefixes_are_added() -> None:
    """A query of the views gets a PREFIX for what it uses, and for nothing else."""
    assert (
        query("ASK { ?s skos:note '?x:y' }").splitlines()[0]
        == "PREFIX skos: <http://www.w3.org/2004/02/skos/core#>"
    )
    assert "gbv" not in query("ASK { ?s skos:note ?o }")


# Language, dates and numbers


@pytest.mark.parametrize(
    ("header", "lang"),
    [("", "nl"), ("en", "en"), ("en-GB,en;q=0.9,nl;q=0.1", "en"), ("fr,nl;q=0.2,en;q=0.1", "nl"),
     ("fr", "nl"), ("en;q=0,nl", "nl"), ("*", "nl"), ("en;q=x", "nl")],
)  # fmt: skip
def test_language_of_a_page(header: str, lang: str) -> None:
    """The best of Accept-Language (RFC 9110 §12.5.4), and Dutch when it names none of ours."""
    assert frame._preferred(header) == lang


def test_dates_and_numbers() -> None:
    """As people in Flanders write them; what is none stays as it is."""
    assert frame.day("2021-06-30", "nl") == "30 juni 2021"
    assert frame.day("midden 2027", "nl") == "midden 2027"
    assert [frame.number("-1234.50", lang) for lang in LANGUAGES] == ["-1.234,50", "-1,234.50"]
    assert frame.number("1e6", "nl") == "1e6"


@pytest.mark.parametrize("text", ["²", "1²", "1.²", "-²", "①", "٣٤٥٦", "1" * 5000])
def test_a_number_in_other_characters_stays_as_it_is(text: str) -> None:
    """A footnote after a figure, or a figure without end, is no fault of the page."""
    assert [frame.number(text, lang) for lang in LANGUAGES] == [text, text]


def test_script_data_cannot_end_its_element() -> None:
    """JSON-LD in a page has no character that a parser of HTML acts on, and says the same."""
    text = frame.script_data({"name": f"{ATTACK}\u2028"})
    assert not set("<>&\u2028") & set(text)
    assert json.loads(text) == {"name": f"{ATTACK}\u2028"}


# Values


@pytest.mark.parametrize(
    ("iri", "may"),
    [("https://x.example/", True), ("http://x.example/a", True), ("javascript:alert(1)", False),
     ("JAVASCRIPT:alert(1)", False), ("data:text/html,x", False), ("vbscript:x", False), ("http:", False),
     ("https://[", False), ("urn:x:y", False)],
)  # fmt: skip
def test_what_may_be_followed(iri: str, may: bool) -> None:
    """http and https with a host, nothing else."""
    assert values.is_web(iri) is may


def test_language_tags_are_checked() -> None:
    """A tag that is not well formed is not put in an attribute."""
    assert values._other("en-GB", "nl") == "en-GB"
    assert values._other('x" onload="', "nl") == ""
    assert values._other("nl", "nl") == ""


def test_best_label() -> None:
    """The language of the page first, then another of ours; the earlier property before the later."""
    labels = values.Labels(["p:first", "p:second"])
    labels.add("x", "p:second", Literal("tweede", language="nl"))
    labels.add("x", "p:first", Literal("eerste", language="nl"))
    labels.add("x", "p:other", Literal("nooit", language="nl"))
    labels.add("x", "p:first", NamedNode("p:none"))
    labels.add("x", "p:first", Literal("first", language="en"))
    found = [values.best(labels.of("x"), lang) for lang in ("nl", "en", "fr")]
    assert [term.value if term else None for term in found] == ["eerste", "first", "eerste"]


def test_words_of_an_iri() -> None:
    """What nobody named is called by its local name."""
    assert local_name("https://x.example/ns#aboutAction") == "about action"
    assert local_name("https://x.example/some_thing/") == "some thing"


def test_numbers_in_texts_sort_as_numbers() -> None:
    """OD 9 comes before OD 10."""
    assert sorted(["OD 10", "OD 9", "od 1.4"], key=values.natural) == ["od 1.4", "OD 9", "OD 10"]


def test_a_tree_that_goes_round_ends() -> None:
    """Parents in a circle in the data do not make the page endless."""
    assert trees.leads_to({"a": "b", "b": "a"}, "a", "b")
    assert not trees.leads_to({"a": "b", "b": "a"}, "a", "c")


# Pages of the real data


@pytest.mark.parametrize("lang", LANGUAGES)
def test_home_counts(real: serving.Served, lang: str) -> None:
    """The home page says how many actions are declared and held, and how fresh the release is."""
    text = " ".join(Reader(html(real, f"/?lang={lang}")).text.split())
    assert {"nl": "acties aangekondigd 115", "en": "actions declared 115"}[lang] in text
    assert {"nl": "acties hier opgenomen 0", "en": "actions held here 0"}[lang] in text
    assert {"nl": "30 juni 2021", "en": "30 June 2021"}[lang] in text
    missing = {
        "nl": "De lijst van acties is niet volledig: 115 van de 115 aangekondigde acties zijn hier niet",
        "en": "The list of actions is not complete: 115 of the 115 declared actions are not held",
    }
    assert f" {missing[lang]}" in text  # the note of the lists, without the name of the plan above it


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_menu_is_data(real: serving.Served, lang: str) -> None:
    """The overview, and the ways in of ``views.toml`` that say so; no template or text knows a class."""
    menu = html(real, f"/releases/?lang={lang}").partition('<nav class="menu"')[2].partition("</nav>")[0]
    found = re.findall(r'<a href="([^"?]*)[^"]*">([^<]*)</a>', menu)
    ways = [(way["path"], way[lang]) for way in views().ways if way.get("menu")]
    assert len(ways) > 5
    assert found == [("/list/", frame.texts("frame", lang)["overview"]), *ways]
    assert "/list/Action" not in (frame.TEMPLATES / "page.html").read_text("utf-8")


def test_ways_in_lead_somewhere(real: serving.Served) -> None:
    """Every link of the home page within the service is answered, and so is every one of the menu."""
    hrefs = {attrs["href"] for tag, attrs in Reader(html(real, "/")).tags if tag == "a"}
    paths = sorted(href for href in hrefs if href.startswith("/"))
    assert len(paths) > 15
    for path in paths:
        assert real.get(path, accept="text/html").status_code in (200, 303), path


def test_action(real: serving.Served) -> None:
    """An action shows its text, who is involved, progress with its evidence, and what is not known."""
    text = Reader(html(real, f"{ACTION}?lang=nl")).text
    assert "Niet bekend: geen bron zegt welke minister deze actie trekt." in text
    assert "Deze actie uit het actieplan seksueel geweld werd nog niet aangevat." in text
    assert "Bart Somers" in text
    assert "voorbij bij deze release" in text
    assert "Parlementaire vragen over deze actie" in text


def test_languages_do_not_mix(real: serving.Served) -> None:
    """A page says which language it is in; a text in another language says so too."""
    page = html(real, f"{ACTION}?lang=en")
    assert '<html lang="en">' in page
    assert "Zoek in de gegevens" not in page
    assert "Local authorities are encouraged" in page
    assert html(real, ACTION, accept_language="en") == html(real, ACTION, accept_language="en")
    assert '<html lang="nl">' in html(real, ACTION)


def test_a_chosen_language_stays(real: serving.Served) -> None:
    """Who chooses a language keeps it on the way: links to pages and the search say it, files do not."""
    for path in ("/", ACTION, "/list/Action", "/doc/ns"):
        read = Reader(html(real, f"{path}?lang=en", accept_language="nl"))
        inside = [a["href"] for tag, a in read.tags if tag == "a" and a.get("href", "").startswith("/")]
        pages = [href for href in inside if not re.search(r"\.\w+(\?|$)|/static/", href)]
        assert pages
        assert all("lang=" in href for href in pages), path
        assert any(attrs.get("name") == "lang" and attrs["value"] == "en" for _, attrs in read.tags)
    plain = [attrs["href"] for tag, attrs in Reader(html(real, "/")).tags if tag == "a"]
    assert sum("lang=" in href for href in plain) == 1  # the link to the other language


def test_keeping_a_language_touches_nothing_else() -> None:
    """Text that looks like a link, addresses elsewhere, files and anchors of this page stay as they are."""
    kept = (
        '<p>href="/x"</p><a href="https://x.example/">x</a><a href="/doc/a.ttl">x</a><a href="#x">x</a>'
        '<a href="/releases/1/dataset.nq">x</a><a href="/a?lang=nl">x</a><link href="/static/1/style.css">'
    )
    assert frame.keep_language(kept, "en") == kept
    assert (
        frame.keep_language('<a class="x" href="/a?b=1#c">', "en")
        == '<a class="x" href="/a?b=1&amp;lang=en#c">'
    )
    assert frame.keep_language('<a href="/releases/1/">', "nl") == '<a href="/releases/1/?lang=nl">'


def test_question_and_person(real: serving.Served) -> None:
    """A question shows its parts and the answer; a person shows mandates, the latest first."""
    question = Reader(html(real, "/doc/question/354-2021?lang=nl")).text
    assert question.index("Deelvraag 1") < question.index("Deelvraag 3") < question.index("Antwoord op")
    person = Reader(html(real, "/doc/person/5fed907de6670526694a05b8?lang=nl")).text
    assert person.index("8 november 2023") < person.index("2 oktober 2019")


def test_plan_and_scheme_are_trees(real: serving.Served) -> None:
    """A plan has its objectives below each other; so has a code list its concepts."""
    plan = html(real, "/doc/plan/vap-ggg-2025?lang=nl")
    assert re.search(
        r'<span class="mark">SD 1</span>(?:(?!SD 2).)*<ul class="tree">\s*<li><span class="mark">OD 1\.1',
        plan,
        re.S,
    )
    scheme = html(real, "/doc/conceptscheme/area?lang=nl")
    assert scheme.count('<ul class="tree">') > 1


def test_ontology(real: serving.Served) -> None:
    """Every term is there under its local name, with meaning and rules, in one language."""
    page = html(real, "/doc/ns?lang=nl")
    read = Reader(page)
    ids = {attrs["id"] for _, attrs in read.tags if "id" in attrs}
    assert {"Action", "ActionPlan", "leadResponsibility", "number"} <= ids
    assert "Een concrete en evalueerbare beleidsmaatregel" in read.text
    assert "A concrete policy measure" not in read.text
    assert "Nummer van de actie" in read.text
    assert "A concrete policy measure" in Reader(html(real, "/doc/ns?lang=en")).text


def test_foreign_things_have_a_page(real: serving.Served) -> None:
    """A policy field has its IRI with Themis; what this release says of it has a page here."""
    page = html(real, "/list/Mandataris?lang=nl")
    assert "?field=http" in page.replace("&amp;", "&") or "field=http" in page
    iri = "http://themis.vlaanderen.be/id/beleidsveld/187f47a9-98a3-474c-86d4-1cb009d2fc5c"
    text = Reader(html(real, f"/about?iri={iri}&lang=nl")).text
    assert "Binnenlands bestuur" in text
    assert "Bart Somers" in text


@pytest.mark.parametrize(
    "iri", ["", "https://nowhere.example/x", "javascript:alert(1)", "x" * 3000, "http://x/<>"]
)
def test_about_nothing_is_404(real: serving.Served, iri: str) -> None:
    """What the release does not describe has no page."""
    assert real.client.get("/about", params={"iri": iri}).status_code == 404


def test_incoming_by_property(real: serving.Served) -> None:
    """What points at a thing can be read page by page; where nothing does there is no page, and nothing to
    cite.
    """
    concept = "/doc/concept/wording/official-wording"
    first = html(real, f"{concept}?in=gbv:wording&lang=nl")
    assert "Bewoording" in first or "bewoording" in first
    html(real, f"{concept}?in=%3Cx%3E&lang=nl")
    for asked in (
        "gbv:nothing",
        "%3Chttp://nowhere.example/x%3E",
        "gbv:nothing&page=2",
        "gbv:wording&page=99999",
    ):
        for more in ("", "&cite=text"):
            assert real.get(f"{concept}?in={asked}{more}", accept="text/html").status_code == 404, asked


def test_what_nobody_named_is_not_kept() -> None:
    """However many words somebody asks for, only those of terms that have a name are remembered."""
    terms = Terms({"x:named": {"nl": "genoemd"}}, [])
    for number in range(100):
        assert terms.label(f"http://x.example/some{number}", "nl") == f"some{number}"
        assert terms.label("x:named", "nl") == "genoemd"
    assert [iri for iri, *_ in terms._said] == ["x:named"]


def test_not_modified_without_work(real: serving.Served) -> None:
    """A browser that has the page gets 304; another language is another representation."""
    first = real.get(f"{ACTION}?lang=nl", accept="text/html")
    assert {"Accept", "Accept-Language"} <= set(first.headers["vary"].split(", "))
    again = real.get(f"{ACTION}?lang=nl", accept="text/html", if_none_match=first.headers["etag"])
    assert again.status_code == 304
    other = real.get(f"{ACTION}?lang=en", accept="text/html", if_none_match=first.headers["etag"])
    assert other.status_code == 200


@pytest.mark.parametrize(
    ("lang", "words"),
    [
        ("nl", "De doorverwijzing van https://w3id.org/gbvkg/ is nog niet geregistreerd"),
        ("en", "The redirect of https://w3id.org/gbvkg/ is not registered yet"),
    ],
)
def test_a_permanent_link_says_what_the_data_say_of_it(
    real: serving.Served, hostile: serving.Served, lang: str, words: str
) -> None:
    """That it does not answer yet, beside the link and the IRI of a thing; nothing where the data say
    nothing.
    """
    for path, count in (("/", 1), ("/list/Action", 1), (ACTION, 2), ("/query/actions", 1), ("/releases/", 1)):
        page = html(real, f"{path}?lang={lang}")
        assert page.count(f'<p class="note">{words}') == count, path
        assert words in page.partition('id="cite"')[2]
    cite = html(hostile, f"/list/Action?lang={lang}").partition('id="cite"')[2]
    assert cite
    assert 'class="note"' not in cite


def test_citation(real: serving.Served) -> None:
    """A page can be cited in three forms, each with the permanent link of this release."""
    permanent = f"https://w3id.org/gbvkg/doc/action/vap-sg-2020/11?release={real.get('/health/ready').text.split()[1]}"
    found = {
        kind: real.get(f"{ACTION}?cite={kind}&lang=nl", accept="text/html")
        for kind in ("text", "bibtex", "csl")
    }
    assert all(permanent in answer.text for answer in found.values())
    assert (
        found["csl"].json()[0]["title"]
        == "Opnemen van het thema seksueel geweld in lokale veiligheidsplannen"
    )
    assert found["csl"].json()[0]["author"][0]["literal"]
    assert "  author = {{" in found["bibtex"].text
    assert "  publisher = {" in found["bibtex"].text
    assert found["bibtex"].headers["content-type"] == "application/x-bibtex"
    assert permanent in html(real, f"{ACTION}?lang=nl")


def test_schema_org(real: serving.Served) -> None:
    """Pages carry schema.org JSON-LD: the home page the data set, a thing's page what it is about."""
    home = json.loads(Reader(html(real, "/")).scripts[0])
    assert home["@type"] == "Dataset"
    assert any(row["contentUrl"].endswith("dataset.ttl") for row in home["distribution"])
    about = json.loads(Reader(html(real, "/doc/person/5fed907de6670526694a05b8")).scripts[0])["about"]
    assert about["@type"] == "Person"
    assert about["name"] == "Bart Somers"


def test_api_page(real: serving.Served) -> None:
    """The documentation of the API is a page of ours, with every named query in it."""
    text = html(real, "/docs")
    assert "/query/actions" in text
    assert "cdn" not in text


@pytest.mark.parametrize(("lang", "said", "unsaid"), [
    ("nl", ("De lijst van alle vragen", "Wie is op een datum minister", "Het antwoord", "alleen dit plan"),
     ("The list of all queries", "Who is minister on a date", "The answer", "this plan only")),
    ("en", ("The list of all queries", "Who is minister on a date", "The answer", "this plan only"),
     ("De lijst van alle vragen", "Wie is op een datum minister", "Het antwoord", "alleen dit plan")),
])  # fmt: skip
def test_api_page_is_in_one_language(
    real: serving.Served, lang: str, said: tuple[str, ...], unsaid: tuple[str, ...]
) -> None:
    """Of the description in two languages it shows one, without its marks of a markup."""
    text = Reader(html(real, f"/docs?lang={lang}")).text
    assert [words for words in said if words not in text] == []
    assert [words for words in unsaid if words in text] == []
    assert "**" not in text


# Releases


def test_releases(hostile: serving.Served) -> None:
    """Every release is listed; the page of one has its files with checksums, and what changed."""
    listed = html(hostile, "/releases/?lang=nl")
    assert all(f'/kg/releases/{version}/?lang=nl"' in listed for version in ("2026.1", "2026.2"))
    page = html(hostile, "/releases/2026.2/?lang=nl")
    assert "Wat veranderde sinds release 2026.1" in page
    assert "Nieuwe titel" in page
    hrefs = [
        attrs["href"] for tag, attrs in Reader(page).tags if tag == "a" and "/2026.2/dataset" in attrs["href"]
    ]
    assert hrefs
    assert hostile.client.get(f"{hostile.url.removesuffix('/kg')}{hrefs[0]}").status_code == 200
    assert "Wat veranderde" not in html(hostile, "/releases/2026.1/?lang=nl")
    assert hostile.get("/releases/9999.9/", accept="text/html").status_code == 404


def test_history_and_archive(hostile: serving.Served) -> None:
    """A page says which older releases describe its thing; an older release says that it is one."""
    page = html(hostile, "/doc/action/p/1?lang=nl")
    assert "/kg/doc/action/p/1?release=2026.1" in page
    assert "/kg/doc/action/p/evil?release=2026.1" not in html(hostile, "/doc/action/p/evil")
    old = html(hostile, "/doc/action/p/1?release=2026.1&lang=nl")
    assert "U bekijkt release 2026.1" in old
    assert "Eerste actie" in old
    assert '/kg/doc/action/p/2?release=2026.1"' in old or "release=2026.1" in old
    snippet = "/doc/action/p/1.ttl?release=2026.1"
    assert snippet in old
    assert snippet not in page
    assert "/kg/sparql?release=2026.1&amp;query=" in old
    assert "/kg/list/Action?release=2026.1" in old


# A new property, and attacks


def test_a_new_property_shows_with_its_label(hostile: serving.Served) -> None:
    """A property that the ontology of the release adds stands on the page in both languages."""
    assert "nieuwigheid" in html(hostile, "/doc/action/p/evil?lang=nl")
    assert "novelty" in html(hostile, "/doc/action/p/evil?lang=en")
    assert "nieuwtje" in html(hostile, "/doc/action/p/evil?lang=nl")


PLACES = (
    "/doc/action/p/evil", "/doc/action/p/evil?lang=en", "/doc/plan/p", "/list/Action", "/search?q=alert",
    "/search?q=%3Cscript%3Ealert(1)%3C%2Fscript%3E", "/releases/2026.2/", "/doc/source/note", "/",
    "/doc/plan/p?in=gbv:actionOf", '/doc/action/p/evil?in=%3Chttp://x/"onload=1%3E',
    '/list/Action?plan="><script>alert(1)</script>', "/doc/action/p/evil?x=%22%3E%3Cscript%3E",
)  # fmt: skip


@pytest.mark.parametrize("path", PLACES)
def test_attacks_are_text(hostile: serving.Served, path: str) -> None:
    """Whatever the data or the address says: no element, no attribute, no address and no script of theirs."""
    page = html(hostile, path)
    read = Reader(page)
    kinds = {tag for tag, _ in read.tags}
    assert not kinds & {"img", "iframe", "object", "embed", "b", "svg", "base"} - {"img"}
    assert all(attrs.get("src", "").startswith("/kg/static/") for tag, attrs in read.tags if tag == "img")
    assert all(attrs == {"type": "application/ld+json"} for tag, attrs in read.tags if tag == "script")
    for _, attrs in read.tags:
        assert not [name for name in attrs if name.startswith("on") or name == "style"]
        for name in ("href", "src", "action"):
            scheme = attrs.get(name, "").partition(":")[0].lower() if ":" in attrs.get(name, "") else ""
            assert scheme in ("", "http", "https") or attrs[name] == "data:,"
    for script in read.scripts:
        json.loads(script)
    assert EVALUATED not in page
    if path in ("/doc/action/p/evil", "/list/Action"):
        assert ATTACK in read.text


def test_attack_is_shown_as_it_is(hostile: serving.Served) -> None:
    """Escaped, not removed: the text is there to be read."""
    read = Reader(html(hostile, "/doc/action/p/evil?lang=nl"))
    assert ATTACK in read.text
    assert "<b onclick='alert(3)'>vet</b>" in read.text
    assert "javascript:alert(4)" in read.text
    langs = {attrs["lang"] for _, attrs in read.tags if "lang" in attrs}
    assert langs <= {"nl", "en", "nl-x-onload"}


@pytest.mark.parametrize("path", ["//evil.example/x", "/\\\\evil.example", "///evil.example/%2F%2Fx"])
def test_no_link_to_a_host_of_the_address(real: serving.Served, path: str) -> None:
    """An address that looks like that of a host does not become a link to it (open redirect)."""
    answer = real.client.get(f"{real.url}{path}", headers={"accept": "text/html"})
    assert not [
        attrs for _, attrs in Reader(answer.text).tags if attrs.get("href", "").startswith(("//", "/\\"))
    ]


def test_theme(hostile: serving.Served) -> None:
    """A theme's style and logo are served under their hash, for ever; nothing else of its folder is."""
    page = html(hostile, "/")
    style = re.search(r'href="(/kg/static/[0-9a-f]+/theme\.css)"', page)
    assert style
    origin = hostile.url.removesuffix("/kg")
    answer = hostile.client.get(origin + style[1])
    assert answer.text == ":root{--accent:#7a1f4e}"
    assert "immutable" in answer.headers["cache-control"]
    assert "logo.svg" in page
    for name in ("evil.html", "..%2Flog", "nothing.css"):
        assert hostile.client.get(f"{origin}{style[1].rpartition('/')[0]}/{name}").status_code == 404
    old = hostile.get("/static/0000/style.css")
    assert old.status_code == 200
    assert "immutable" not in old.headers["cache-control"]


def test_style_is_small_and_calls_nobody() -> None:
    """Our style is at most 10 kB and loads nothing."""
    style = static(None).files["style.css"]
    assert len(style) <= 10_000
    assert b"url(" not in style
    assert b"@import" not in style
    assert all(Path(name).suffix in KINDS for name in static(None).files)


def test_problem_page(hostile: serving.Served) -> None:
    """A refusal is a page for who reads pages, with links to what was perhaps meant."""
    answer = hostile.get("/doc/action/p/evul", accept="text/html", accept_language="nl")
    assert answer.status_code == 404
    assert "/kg/doc/action/p/evil" in answer.text


def test_suggestions_have_names(real: serving.Served) -> None:
    """What was perhaps meant is called by its name, in the language of the page."""
    page = real.get("/doc/action/vap-sg-2020/1?lang=en", accept="text/html").text
    links = re.findall(r'<li><a href="(/doc/action/[^"]+)">([^<]+)</a> <small>', page)
    assert links
    assert not [label for _, label in links if label.startswith("/")]


# Lists to take away


def test_list_as_csv(hostile: serving.Served) -> None:
    """All things of the list, exactly, as an attachment."""
    answer = hostile.get("/list/Action.csv?lang=nl")
    assert answer.headers["content-disposition"] == 'attachment; filename="Action.csv"'
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert len(rows) == 4
    evil = next(row for row in rows if row["IRI"].endswith("/evil"))
    assert all("…" not in value for row in rows for value in row.values())
    assert ATTACK in evil.values()
    assert any(value.startswith("nieuwtje") for value in evil.values())


def test_list_as_workbook(hostile: serving.Served) -> None:
    """Every cell is a text: no formula, no link, whatever it begins with."""
    answer = hostile.get("/list/Action.xlsx?lang=nl")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as found:
        sheet = found.read("xl/worksheets/sheet1.xml").decode()
        assert "<f>" not in sheet
        assert "hyperlink" not in sheet
        assert set(re.findall(r'<c r="[A-Z]+\d+"(?: s="\d+")? t="(\w+)"', sheet)) == {"s"}
        assert "=cmd|" in found.read("xl/sharedStrings.xml").decode()


def test_workbook_refuses_what_does_not_fit() -> None:
    """A text that a cell cannot hold is an error that names the other formats, never cut."""
    with pytest.raises(NotAcceptable, match="csv"):
        tables.as_workbook([["IRI"], ["x" * (workbook.CHARACTERS + 1)]], "x")


def test_list_as_jsonld(hostile: serving.Served) -> None:
    """The statements of the things of the list, as JSON-LD."""
    answer = hostile.get("/list/Action.jsonld")
    assert answer.headers["content-type"] == "application/ld+json"
    found = answer.json()
    assert len(found) == 4


@pytest.mark.parametrize("path", ["/list/Nothing", "/list/Action.exe", "/list/Nothing.csv"])
def test_no_such_list(hostile: serving.Served, path: str) -> None:
    """A class that the release has not, or a format that lists have not: 404."""
    assert hostile.get(path, accept="text/html").status_code == 404


def test_facets_narrow(real: serving.Served) -> None:
    """A facet leaves the things that have its value, in pages and in files."""
    every = html(real, "/list/Action?lang=nl")
    narrowed = html(real, "/list/Action?group=concept/target-group/persons-with-disabilities&lang=nl")
    assert "20 van 20" in every
    assert "2 van 2" in narrowed
    rows = real.get("/list/Action.csv?group=concept/target-group/persons-with-disabilities").text.splitlines()
    assert len(list(csv.reader(rows))) == 3


# Citing


def test_citation_is_escaped() -> None:
    """What BibTeX acts on is escaped; the key has only letters, digits and hyphens."""
    address = "https://b.example/doc/a/b?release=1"
    cite = Citation("50 % \\ {x} & $y_z", "C", "1", "2026-01-02", address, "nl", base="https://b.example/")
    assert r"50 \% \textbackslash{} \{x\} \& \$y\_z" in cite.bibtex
    assert cite.bibtex.startswith("@misc{gbvkg-a-b-release-1,")
    assert json.loads(cite.csl)[0]["issued"] == {"date-parts": [[2026, 1, 2]]}


def test_code_to_copy_is_quoted() -> None:
    """An apostrophe or a dollar in an IRI, ours or not, ends no string of a shell or a program."""
    site = object.__new__(Site)
    site.base, site.is_archived, site.settings = "https://b.example/", False, ServeSettings()
    for iri, address in {
        "https://b.example/id/a'b$c": "https://b.example/doc/a%27b%24c.ttl",
        "https://x.example/a'b": "https://b.example/about?iri=https%3A%2F%2Fx.example%2Fa%27b&format=ttl",
    }.items():
        found = dict(snippets.of("DESCRIBE", partial(_permanent, site, iri)))
        assert found["curl"] == f"curl --fail --silent --show-error --location '{address}'"
        assert f'parse("{address}"' in found["Python"]


def _permanent(site: Site, iri: str, extension: str) -> str:
    return site.permanent(site.page(iri, extension))


def test_sections_say_what_is_missing(real: serving.Served) -> None:
    for path in ("concept/violence-form/IFG", "concept/violence-form/SG", "concept/target-group/children"):
        page = html(real, f"/doc/{path}?lang=nl")
        assert "115 van de 115 aangekondigde acties zijn hier niet opgenomen." in page, path
        assert re.search(r"Van \d+ van de \d+ opgenomen acties is de (vorm van geweld|doelgroep) niet", page)
    assert "115 of the 115 declared actions are not held here." in html(real, "/list/Action?lang=en")


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        (
            "nl",
            {
                "Zuhal Demir": ["Vlaams minister van Onderwijs, Justitie en Werk, sinds 21 januari 2026"],
                "Gwendolyn Rutten": [
                    "Voorheen: Viceminister-president (Jambon), van 8 november 2023 tot 2 augustus 2024",
                    "Voorheen: Vlaams minister van Binnenlands Bestuur, Bestuurszaken, Inburgering en "
                    "Gelijke Kansen, van 8 november 2023 tot 2 augustus 2024",
                ],
                "Maaike De Vreese": ["Stelde parlementaire vragen: 1"],
            },
        ),
        (
            "en",
            {
                "Zuhal Demir": [
                    "Zuhal Demir, Flemish Minister for Education, Justice and Work (since 2026-01-21)"
                ],
                "Maaike De Vreese": ["Asked parliamentary questions: 1"],
            },
        ),
    ],
)
def test_the_list_of_persons_says_who_is_what(
    real: serving.Served, lang: str, said: dict[str, list[str]]
) -> None:
    """Ministers of today first, then who was one, with the last mandates, then who only asks; by name."""
    page = html(real, f"/list/Person?lang={lang}")
    rows = re.findall(r'<li>\s*<p class="kicker">.*?</li>', page, re.S)
    told = {re.findall(r">([^<]+)</a>", row)[0]: sorted(re.findall(r"<p>([^<]+)</p>", row)) for row in rows}
    assert len(told) == 23
    assert {name: told[name] for name in said} == said
    was = {"nl": "Voorheen: ", "en": "Formerly: "}[lang]
    groups = [
        [
            name
            for name, lines in told.items()
            if lines[0].startswith(was) is is_former and "Vreese" not in name
        ]
        for is_former in (False, True)
    ]
    assert list(told) == [*groups[0], *groups[1], "Maaike De Vreese"]
    assert all(group == sorted(group) and len(group) > 9 for group in groups)


def test_lists_say_more_of_their_things(real: serving.Served) -> None:
    actions = html(real, "/list/Action?lang=nl")
    assert "status niet bekend" in actions
    assert actions.index("/doc/action/vap-sg-2020/11?") < actions.index("/doc/action/vap-sg-2020/r01?")
    days = re.findall(r"Vanaf \d+ \w+ (\d{4});", html(real, "/list/Mandataris?lang=nl"))
    assert days == sorted(days, reverse=True)


def test_home_says_from_when_at_the_earliest(real: serving.Served) -> None:
    assert "is van op of na 30 juni 2021." in html(real, "/?lang=nl")


@pytest.mark.parametrize(
    ("asked", "path"),
    [("actie 11", "/doc/action/vap-sg-2020/11"), ("Action 11", "/doc/action/vap-sg-2020/11")],
)
def test_a_thing_is_found_by_its_class_and_number(real: serving.Served, asked: str, path: str) -> None:
    page = html(real, f"/search?q={asked.replace(' ', '+')}")
    first = page.partition('<ul class="results">')[2].partition("</li>")[0]
    assert f'href="{path}"' in first


def test_things_elsewhere_have_the_name_of_their_mapping(real: serving.Served) -> None:
    page = html(real, "/doc/concept/target-group/persons-with-disabilities?lang=nl")
    assert ">persoon met een beperking</a>" in page
    assert ">http://eurovoc.europa.eu/1231</a>" not in page


def test_what_is_unknown_is_said_in_plain_words(real: serving.Served) -> None:
    page = html(real, "/doc/action/vap-sg-2020/r01?lang=nl")
    assert ">wie trekt</a>" in page
    assert ">trekkersrol</a>" not in page.partition('id="facts"')[2]
    assert "bewoording van de titel" in page


def test_a_question_says_which_day_it_took(real: serving.Served) -> None:
    page = html(real, "/query/actions-of-minister-for-field?lang=nl")
    assert "De datum (anders die van de publicatie): gekozen is " in page
    given = html(real, "/query/actions-of-minister-for-field?date=2021-07-15&lang=nl")
    assert "gekozen is " not in given


def test_void_tells_what_it_links_to(real: serving.Served) -> None:
    """A program gets the description with examples, vocabularies and counted linksets; a browser a page."""
    got = Store()
    got.load(real.get("/.well-known/void", accept="application/n-triples").text, format=RdfFormat.N_TRIPLES)
    told = {quad.predicate.value.partition("void#")[2]: quad.object for quad in got}
    assert {"exampleResource", "vocabulary", "linkPredicate", "subset"} <= set(told)
    size = NamedNode("http://rdfs.org/ns/void#triples")
    linksets = got.quads_for_pattern(None, NamedNode("http://rdfs.org/ns/void#linkPredicate"), None)
    assert all(list(got.quads_for_pattern(quad.subject, size, None)) for quad in linksets)
    browser = real.client.get(
        f"{real.url}/.well-known/void", headers={"Accept": "text/html,*/*;q=0.8"}, follow_redirects=False
    )
    assert browser.status_code == 303
    assert browser.headers["location"].endswith("/doc/dataset/gbvkg")
    assert "/.well-known/void>" in real.get("/", accept="text/html").headers["link"]
    assert "/.well-known/void?format=ttl" in html(real, "/releases/")


def test_licence_and_manifest_are_linked(real: serving.Served) -> None:
    version = real.get("/health/ready").text.split()[1]
    page = html(real, f"/releases/{version}/?lang=nl")
    for name in ("manifest.json", "LICENSE.md"):
        assert f'/releases/{version}/{name}"' in page
        assert real.get(f"/releases/{version}/{name}").status_code == 200
    assert "CC0 1.0</a>" in page
    assert "/doc/dataset/gbvkg?lang=nl#data" in page
    assert re.search(r"\d+ overtredingen, [\d.]+ waarschuwingen, [\d.]+ mededelingen", page)


@pytest.mark.parametrize(
    ("lang", "heads"),
    [
        ("nl", ["nummer", "Titel van de actie", "IRI", "Plan", "Plan (IRI)", "Status", "officiële tekst"]),
        ("en", ["number", "Title of the action", "IRI", "Plan", "Plan (IRI)", "Status", "official text"]),
    ],
)
def test_a_list_as_a_file_has_the_columns_of_its_page_first(
    real: serving.Served, lang: str, heads: list[str]
) -> None:
    """Number, name, and what stands below it, also what no property says (the status, or that it is not
    known); then the rest.
    """
    text = real.get(f"/list/Action.csv?lang={lang}").content.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    said = list(rows[0])
    assert [head for head in said if head in heads] == heads == [h for h in said[:9] if h in heads]
    page = real.get(f"/list/Action?lang={lang}", accept="text/html").text
    for row in rows:
        assert f"<p>{row['Plan']} · {row['Status']}</p>" in page, row
    assert len(said) > 20


def test_values_that_lines_repeat_stand_once_in_a_file() -> None:
    """Two lines about a thing that say the same in a column; where they differ, both, as they pair."""
    thing = "https://b.example/id/a"
    told: dict[str, list[Term]] = {"plan": [Literal("p"), Literal("p")], "role": [Literal("x"), Literal("y")]}
    columns = tables.Columns(
        str.upper, then=("plan", "role"), told={name: {thing: found} for name, found in told.items()}
    )
    assert tables.table([], [thing], "nl", columns, str) == [["IRI", "PLAN", "ROLE"], [thing, "p", "x | y"]]


def test_columns_of_a_list_have_names_of_their_own() -> None:
    thing = NamedNode("https://b.example/id/a")
    rows: list[Bindings] = [
        {"thing": thing, "property": NamedNode(f"https://b.example/{name}"), "value": Literal(name)}
        for name in "pq"
    ]
    found = tables.table(rows, [thing.value], "nl", tables.Columns(lambda iri: "titel"), lambda iri: iri)
    assert len(set(found[0])) == len(found[0])


def test_the_public_address_is_named_where_others_ask_and_iris_stay(tmp_path: Path) -> None:
    """Code to copy, workbooks, VoID, the service description, sitemap, robots.txt and schema.org; whatever
    Host says. Canonical and permanent addresses are of the base, and so are the names of things.
    """
    public, base = "https://data.example.org:8443", "https://w3id.org/gbvkg"
    settings = {"public": public, "prefix": "/kg"}
    with serving.serving(serving.released(), tmp_path / "log", **settings) as served:
        root = f"{public}/kg"
        for host in ("data.example.org", "localhost"):
            page = html(served, ACTION, host=host)
            assert f"{root}{ACTION}.ttl" in page
            assert f"{base}{ACTION}?release=" in page
            assert json.loads(Reader(page).scripts[0])["@id"] == f"{base}{ACTION}"
        answer = served.get(ACTION, accept="application/n-triples")
        assert f'<{base}{ACTION}>; rel="canonical"' in answer.headers["link"]
        assert public not in answer.text
        assert f"<{base}/id/action/vap-sg-2020/11>" in answer.text
        query = "/query/actions?plan=plan/vap-sg-2020"
        assert f"{root}/query/actions?plan=plan%2Fvap-sg-2020&amp;format=csv" in html(served, query)
        with zipfile.ZipFile(io.BytesIO(served.get(f"{query}&format=xlsx").content)) as found:
            assert f"{root}/query/actions" in found.read("xl/sharedStrings.xml").decode()
        void = served.get("/.well-known/void", accept="application/n-triples").text
        assert f"<http://rdfs.org/ns/void#sparqlEndpoint> <{root}/sparql> ." in void
        assert f"<http://rdfs.org/ns/void#dataDump> <{root}/releases/2026.1/dataset.nq> ." in void
        described = served.get("/sparql", accept="application/n-triples").text
        assert f"<http://www.w3.org/ns/sparql-service-description#endpoint> <{root}/sparql> ." in described
        places = re.findall("<loc>(.*?)</loc>", served.get("/sitemap.xml").text)
        assert places[0] == f"{root}/"
        assert f"{root}{ACTION}" in places
        assert all(place.startswith(f"{root}/") for place in places)
        assert f"Sitemap: {root}/sitemap.xml\n" in served.get("/robots.txt").text
        data = json.loads(Reader(html(served, "/")).scripts[0])
        assert all(row["contentUrl"].startswith(f"{root}/releases/") for row in data["distribution"])
        assert data["@id"].startswith(base)
