"""Search: forgiving about accents, forms and typing, exact about facets, bounded in what it reads."""

from __future__ import annotations

import asyncio
import csv
import io
import re
import threading
import time
import tracemalloc
from pathlib import Path

import pytest
import serving
from starlette.requests import Request

from gbvkg.config import ServeSettings
from gbvkg.errors import QueryTimeout
from gbvkg.vocabulary import LANGUAGES
from gbvkg.web import search
from gbvkg.web.current import Current
from gbvkg.web.pages.finding import SIZE, SNIPPET, questions, snippet
from gbvkg.web.pages.lists import Lists
from gbvkg.web.pages.views import views
from gbvkg.web.search import CLASS, UNKNOWN, Doc, Index, Text, fold, passage, words

BASE = "https://x.example/id/"
GBV = "https://w3id.org/gbvkg/ns#"


def doc(name: str, nl: str, text: str = "", **facets: str) -> Doc:
    made = Doc(BASE + name, {"nl": nl}, [Text(0, "nl", text)] if text else [], {f"{GBV}Action"})
    for facet, value in facets.items():
        made.facets[facet].add(value)
    return made


@pytest.fixture(scope="module")
def index() -> Index:
    return Index(
        [
            doc("a", "Coördinatie van de hulplijnen", "De hulplijn 1712 wordt versterkt.", plan="p"),
            doc(
                "b", "Seksueel geweld in veiligheidsplannen", "Lokale besturen worden aangemoedigd.", plan="p"
            ),
            doc("c", "Opleiding van leerkrachten", "Over seksueel grensoverschrijdend gedrag.", plan="q"),
            doc("d", "Eergerelateerd geweld"),
        ]
    )


def found(index: Index, question: str) -> list[str]:
    all_of_it = index.search(question)
    docs = index.page(all_of_it, all_of_it.things)
    assert len(docs) == all_of_it.things.bit_count()
    return [doc.iri.removeprefix(BASE) for doc in docs]


@pytest.mark.parametrize(
    ("question", "first"),
    [
        ("coordinatie", "a"),  # without the accent
        ("COÖRDINATIE", "a"),
        ("hulplijn", "a"),  # another form of the word
        ("leerkracht", "c"),
        ("veiligheidsplan", "b"),
        ("veilig", "b"),  # its beginning
        ("hulpljn", "a"),  # a letter forgotten
        ("seksueel gewelt", "b"),  # a letter wrong
        ("lokaal bestuur seksueel", "b"),
        ("1712", "a"),
    ],
)
def test_finds(index: Index, question: str, first: str) -> None:
    """Accents, capitals, forms of a word, beginnings and small typing errors do not matter."""
    assert found(index, question)[:1] == [first]


@pytest.mark.parametrize("question", ["", "   ", "zzzzzz", "<>\"'", "?s ?p ?o", "veiligheidsplannen zzzzzz"])
def test_finds_nothing(index: Index, question: str) -> None:
    """No word, or a word that nothing is like, finds nothing."""
    assert found(index, question) == []


def test_title_before_text(index: Index) -> None:
    """What has a word in its name comes before what has it in a text."""
    assert found(index, "seksueel") == ["b", "c"]


def test_says_what_it_took_instead(index: Index) -> None:
    """A word that nothing has is replaced by the nearest, and the page can say so."""
    assert index.search("hulpljn").instead == {"hulpljn": "hulplijn"}
    assert index.search("hulplijn").instead == {}


def test_passage_has_the_word(index: Index) -> None:
    """The text beside a result is one with the word, when there is one."""
    asked = index.search("aangemoedigd")
    told = passage(index.page(asked, asked.things)[0], asked.stems, "nl")
    assert told.text == "Lokale besturen worden aangemoedigd."


def test_question_is_bounded(index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    """However long the question: no more than ``LONGEST`` characters and ``WORDS`` words are looked at."""
    seen: list[str] = []
    near = index._near

    def watched(word: str) -> list[str]:
        seen.append(word)
        return near(word)

    monkeypatch.setattr(index, "_near", watched)
    index.search(" ".join(f"geweld{'x' * (number % 2)}{number % 10}" for number in range(10_000)))
    assert 1 < len(seen) <= search.WORDS
    index.search("é" * 1_000_000)
    assert len(seen[-1]) <= search.LONGEST


def test_a_word_that_nothing_has_ends_the_search(index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    """All words must be had: after one that is not, none is compared with the words of the release."""
    seen: list[str] = []
    near = index._near
    monkeypatch.setattr(index, "_near", lambda word: seen.append(word) or near(word))  # type: ignore[func-returns-value]
    assert not index.search("hulpljn qqzzqq xxyyxx wwqqww").things
    assert seen == ["hulpljn", "qqzzqq"]


def test_folding() -> None:
    """Case and accents go, letters stay; a sign is no word."""
    assert fold("Ëén Œuvre") == "een œuvre"
    assert words("OD 1.4: veilig-heid!") == ["od", "1", "4", "veilig", "heid"]


def test_facets_narrow_and_count(index: Index) -> None:
    """Values of one facet are alternatives, facets together narrow."""
    some = index.narrowed(index.every, {"plan": ["q", "p"]})
    assert sorted(doc.iri for doc in index.among(some)) == [BASE + name for name in "abc"]
    assert index.narrowed(index.every, {"plan": ["q"], "form": ["x"]}) == 0
    assert index.counts(some, "plan") == {"p": 2, "q": 1}


def test_what_has_no_value_is_unknown_where_others_of_its_class_have_one(index: Index) -> None:
    """It is counted, can be chosen, and is not said of a class that never has the facet."""
    assert index.counts(index.every, "plan") == {"p": 2, "q": 1, UNKNOWN: 1}
    unknown = index.narrowed(index.every, {"plan": [UNKNOWN]})
    assert [doc.iri for doc in index.among(unknown)] == [f"{BASE}d"]
    person = Doc(f"{BASE}e", {"nl": "Iemand"}, [], {f"{GBV}Person"})
    other = Index([doc("a", "Actie", plan="p"), doc("b", "Actie"), person], unlisted=frozenset({"x"}))
    assert other.counts(other.every, "plan") == {"p": 1, UNKNOWN: 1}
    assert UNKNOWN not in other.counts(other.every, CLASS)


def test_things_in_pages(index: Index) -> None:
    """However they are cut, pages have every thing that was found once, in the same order."""
    made = Index(doc(f"{n:03}", "geweld" if n % 3 else "geweldig beleid", "geweld") for n in range(100))
    asked = made.search("geweld")
    whole = [d.iri for d in made.page(asked, asked.things)]
    assert len(set(whole)) == 100
    for size in (1, 7, 25, 99, 1000):
        cut = [d.iri for start in range(0, 100, size) for d in made.page(asked, asked.things, start, size)]
        assert cut == whole
    some = made.narrowed(asked.things, {CLASS: [f"{GBV}Action"]})
    assert made.page(asked, some, 0, 3) == made.page(asked, asked.things, 0, 3)
    assert made.page(asked, asked.things, 200, 25) == []


def test_many_kinds_of_answers_lose_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is beyond the kinds that are told apart is still found, last."""
    made = Index([doc(f"{n}", f"geweld {'x' * n} veilig" if n % 2 else "veilig", "geweld") for n in range(9)])
    whole = found(made, "geweld veilig")
    monkeypatch.setattr(search, "TIERS", 1)
    assert sorted(found(made, "geweld veilig")) == sorted(whole)


def test_search_among_many_things_takes_milliseconds() -> None:
    """Among a hundred thousand things: some milliseconds of this process, whatever is asked."""
    kinds = ("geweld", "veilig", "opvang", "hulplijn", "actie", "preventie", "vorming")
    made = Index(
        doc(
            str(n),
            f"{kinds[n % 7]} {kinds[n % 5]} nummer {n}",
            f"{kinds[n % 3]} woord{n % 900}",
            form=str(n % 9),
        )
        for n in range(100_000)
    )
    for question in ("geweld", "geweldd", "geweld veilig opvang", "woord", "xqzzyq " * 12, "nummer"):
        made.search(question)
        start = time.thread_time()
        asked = made.search(question)
        docs = made.page(asked, asked.things, 0, SIZE)
        made.counts(asked.things, "form")
        assert time.thread_time() - start < 0.025, question
        assert question.startswith("xq") or len(docs) == SIZE


def test_the_index_takes_the_memory_that_is_told() -> None:
    """At most 4 kB for each thing: docs/serving.md tells what a machine must have."""
    tracemalloc.start()
    try:
        made = Index(
            doc(str(n), f"actie {n} nummer{n % 99}", " ".join(f"woord{n * k % 997}" for k in range(25)))
            for n in range(5000)
        )
        taken, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(made.docs) == 5000
    assert taken < 5000 * 4000


def test_lists_are_in_order() -> None:
    """By what the views say, numbers as numbers."""
    docs = [doc("x", "tien"), doc("y", "negen"), doc("z", "naamloos")]
    docs[0].order, docs[1].order = ["10"], ["9"]
    index = Index(docs)
    name, things = index.of_class("Action")
    assert name == f"{GBV}Action"
    assert things == index.every
    assert [d.labels["nl"] for d in index.in_order(name)] == ["naamloos", "negen", "tien"]
    assert index.of_class("Nothing") == ("", 0)


def test_label_falls_back() -> None:
    """The language of the page, then another of ours, then none, then the IRI."""
    assert Doc("x", {"en": "E", "": "N"}).label("nl") == ("E", "en")
    assert Doc("x", {"": "N"}).label("nl") == ("N", "")
    assert Doc("x").label("nl") == ("x", "")


def test_snippets_end_at_a_word() -> None:
    """A long text is cut between words and says so."""
    text = snippet("woord " * 200)
    assert text.endswith(" …")
    assert len(text) <= SNIPPET + 2
    assert snippet("kort") == "kort"


def test_questions_cover_the_views() -> None:
    """The index asks for every label, text and facet that the views name."""
    asked = questions({})
    assert set(asked.facets) == set(views().facets)
    assert all(iri in asked.texts for iri in (*views().labels, *views().texts))


# Over HTTP


@pytest.mark.parametrize("lang", LANGUAGES)
def test_search_page(real: serving.Served, lang: str) -> None:
    """The action of question 354 is found by its subject, with an accent too many and a letter too few."""
    page = real.get(f"/search?q=veilligheidsplanen&lang={lang}", accept="text/html")
    assert page.status_code == 200
    assert "/doc/action/vap-sg-2020/11" in page.text
    assert "/doc/action/vap-sg-2020/11" in real.get("/search?q=s%C3%A9ksueel+veiligheidsplannen").text


def test_search_narrows_by_class(real: serving.Served) -> None:
    """The kinds of things found are a facet, with counts, and narrow."""
    page = real.get("/search?q=geweld&lang=nl").text
    address = "/search?q=geweld&amp;lang=nl&amp;class="
    assert address in page
    narrowed = real.get("/search?q=geweld&class=ViolenceForm&lang=nl").text
    kickers = re.findall(r'<p class="kicker">(\w+)', narrowed)
    assert set(kickers) == {"geweldsvorm"}
    assert 0 < len(kickers) < page.count('<p class="kicker">')


def test_pages(real: serving.Served) -> None:
    """A long list goes on on a next page, the last has no next."""
    first = real.get("/list/Mandataris?lang=nl").text
    assert 'rel="next"' in first
    assert 'rel="prev"' not in first
    assert first.count('<p class="kicker">') == SIZE
    number = -(-_total(first) // SIZE)
    last = real.get(f"/list/Mandataris?page={number}&lang=nl").text
    assert 'rel="next"' not in last
    assert 'rel="prev"' in last
    assert real.get("/list/Mandataris?page=-1").status_code == 200


@pytest.mark.parametrize(
    ("path", "pages"),
    [("/list/Mandataris?lang=nl", 6), ("/list/Person?lang=nl", 1), ("/search?q=xqzwv&lang=nl", 1)],
)
@pytest.mark.parametrize("number", ["7", "99", "1234567", "9" * 5000])
def test_a_page_beyond_the_last_is_not_there(
    real: serving.Served, path: str, pages: int, number: str
) -> None:
    """404, for people and programs, with how many pages there are and the address of the last."""
    told = real.get(f"{path}&page={number}").json()
    assert (told["status"], told["pages"]) == (404, pages)
    assert str(pages) in told["detail"]
    assert str(pages) in told["detail_en"]
    (last,) = told["suggestions"]
    answer = real.get(last)
    assert answer.status_code == 200
    assert 'rel="next"' not in answer.text
    page = real.get(f"{path}&page={number}", accept="text/html")
    assert page.status_code == 404
    assert f'href="{last.replace("&", "&amp;")}"' in page.text


@pytest.mark.parametrize(
    "question", ["%00", "a" * 20_000, "%F0%9F%92%A9", "%ED%A0%80", "+".join(["q"] * 5000)]
)
def test_any_text_is_answered(real: serving.Served, question: str) -> None:
    """Whatever is typed gets a page."""
    assert real.get(f"/search?q={question}").status_code == 200


def test_class_and_number_come_first() -> None:
    """A word of the class with its number names a thing; a number alone does not, nor another class."""
    other, eleven = doc("a", "Vraag over actie 11"), doc("b", "Lokale veiligheidsplannen")
    eleven.marks = {"11"}
    index = Index([other, eleven], {f"{GBV}Action": ["actie", "action"]})
    assert found(index, "acties 11") == ["b", "a"]
    assert found(index, "11") == ["a"]
    assert found(index, "doelgroep 11") == []


@pytest.mark.parametrize("lang", LANGUAGES)
def test_what_was_found_as_a_file(real: serving.Served, lang: str) -> None:
    """All that was found, in order, as CSV, Excel and JSON-LD, narrowed as the page is."""
    page = real.get(f"/search?q=geweld&class=ViolenceForm&lang={lang}", accept="text/html").text
    addresses = dict(re.findall(r'href="(/search\.\w+\?[^"]*)" download>([\w-]+)<', page))
    assert list(addresses.values()) == ["CSV", "Excel", "JSON-LD"]
    csv_at, xlsx_at, jsonld_at = (address.replace("&amp;", "&") for address in addresses)
    rows = list(csv.DictReader(io.StringIO(real.get(csv_at).content.decode("utf-8-sig"))))
    assert rows
    assert all("/concept/violence-form/" in row["IRI"] for row in rows)
    assert real.get(xlsx_at).content.startswith(b"PK")
    told = real.get(jsonld_at)
    assert told.headers["content-type"] == "application/ld+json"
    assert {row["IRI"] for row in rows} == {node["@id"] for node in told.json()}
    assert real.get("/search?q=geweld", accept="text/csv").headers["content-type"].startswith("text/csv")
    everything = real.get("/search.csv?q=geweld").content.decode("utf-8-sig")
    assert len(list(csv.reader(io.StringIO(everything)))) == _total(real.get("/search?q=geweld").text) + 1
    assert real.get("/search.exe?q=geweld").status_code == 404


@pytest.mark.parametrize(
    "address",
    [
        "/search?q=geweld&x=" + "%C3%A9" * 10_000,
        "/search?q=" + "%C3%A9" * 10_000,
        "/search?q=geweld&class=Action&"
        + "&".join(
            f"{('form', 'group', 'status', 'field', 'phase')[n % 5]}={n}{'%C3%A9' * 100}" for n in range(90)
        ),
        "/search?q=geweld&class=" + "%C3%A9" * 10_000,
        "/list/Action?" + "&".join(f"form={n}{'%C3%A9' * 100}" for n in range(95)),
        "/?x=" + "%C3%A9" * 10_000,
        "/doc/nothing?x=" + "%C3%A9" * 10_000,
    ],
    ids=["search", "words", "facets", "class", "list", "home", "refusal"],
)
def test_what_a_page_does_not_know_is_not_repeated(real: serving.Served, address: str) -> None:
    """However long an address is, the page has the size of a page."""
    page = real.get(address, accept="text/html")
    assert len(page.content) < 300_000
    assert "%C3%A9" * 201 not in page.text


def test_what_a_page_knows_is_repeated(real: serving.Served) -> None:
    """Words, facets, language, release and page stay in links; what is strange does not."""
    release = real.get("/health/ready").text.split()[1]
    known = f"class=Action&form=unknown&release={release}"
    page = real.get(f"/search?q=geweld&lang=nl&x=1&lang=nl&form=unknown&{known}", accept="text/html").text
    links = [link.replace("&amp;", "&") for link in re.findall(r'href="(/search[^"]*)"', page)]
    assert not [link for link in links if "x=1" in link]
    english = next(link for link in links if "lang=en" in link)
    assert sorted(english.partition("?")[2].split("&")) == sorted(f"q=geweld&lang=en&{known}".split("&"))
    cited = next(link for link in links if "cite=bibtex" in link)
    assert real.get(cited).headers["content-type"].startswith("application/x-bibtex")
    second = real.get("/list/Mandataris?x=1&page=2&lang=nl", accept="text/html").text
    assert "/list/Mandataris?lang=nl&amp;page=3" in second
    assert "/list/Mandataris?page=2&amp;lang=en" in second
    about = "/about?iri=https://www.wikidata.org/wiki/Q31&x=1"
    assert "?iri=" in real.get(about, accept="text/html").text.partition('hreflang="')[2][:200]


def test_a_value_that_nothing_has_finds_nothing_and_stays(real: serving.Served) -> None:
    """It is no answer to another question, and goes when it is taken away."""
    for path in ("/list/Action?form=nothing", "/search?q=geweld&class=Nothing"):
        page = real.get(f"{path}&lang=nl", accept="text/html").text
        assert 'class="kicker"' not in page.partition('<ul class="results">')[2]
        assert f'href="{path.replace("&", "&amp;")}&amp;lang=en"' in page
        assert 'aria-current="true">✓' in page
    rows = real.get("/list/Action.csv?form=nothing").text.splitlines()
    assert len(rows) == 1
    some = real.get("/list/Action.csv?form=unknown&form=nothing").content
    assert some == real.get("/list/Action.csv?form=unknown").content


def _total(page: str) -> int:
    """How many things a page says that it has."""
    found = re.search(r'<p role="status">(?:[\d.,]+ \w+ [\d.,]+ \w+ )?([\d.,]+)', page)
    assert found, page[:2000]
    return int(re.sub(r"\D", "", found[1]))


def test_facets_together_leave_what_they_say(real: serving.Served) -> None:
    """Whatever is chosen already, also of search: a value leaves as many things as stand beside it."""
    for start in (
        "/search?q=geweld&lang=nl",
        "/search?q=seksueel&class=Action&lang=nl",
        "/list/Action?lang=nl",
    ):
        tried = 0
        page = real.get(start).text
        for address, said in re.findall(_VALUE, page)[:6]:
            narrowed = real.get(address.replace("&amp;", "&")).text
            assert _total(narrowed) == int(said), address
            more = [one for one in re.findall(_VALUE, narrowed) if one[0].count("=") > address.count("=")]
            for further, left in more[:4]:
                assert _total(real.get(further.replace("&amp;", "&")).text) == int(left), further
                tried += 1
        assert tried, start


_VALUE = r'<li><a href="([^"]+)"><span[^>]*>[^<]*</span></a> <span class="count">(\d+)</span>'


@pytest.mark.parametrize(
    ("name", "lang", "facets"),
    [
        ("Person", "nl", ["Beleidsveld", "Regering", "Rol in de gegevens"]),
        ("Person", "en", ["Policy field", "Government", "Role in the data"]),
        ("ContextIndicator", "nl", ["Eenheid"]),
        ("PolicyField", "nl", []),
        ("TargetGroup", "nl", []),
        ("Concept", "nl", ["Soort", "Codelijst"]),
    ],
)
def test_lists_can_be_narrowed_by_what_tells_their_things_apart(
    real: serving.Served, name: str, lang: str, facets: list[str]
) -> None:
    """And by nothing else: a value that all of them have is not offered, nor a facet without others."""
    page = real.get(f"/list/{name}?lang={lang}").text
    narrow = page.partition('<details class="facets"')[2].partition("</details>")[0]
    assert re.findall("<h2>([^<]+)</h2>", narrow) == facets
    counts = [int(count) for count in re.findall(r'class="count">(\d+)<', narrow)]
    assert all(count < _total(page) for count in counts)
    assert bool(counts) == bool(facets)
    if name == "Person":
        asks = re.search(r'href="([^"]+role=[^"]*ParliamentaryQuestion)"', narrow)
        assert asks
        assert "Maaike De Vreese" in real.get(asks[1].replace("&amp;", "&")).text


def test_what_is_not_known_can_be_chosen(real: serving.Served) -> None:
    """Things without a value for a facet are counted under words of their own, in files as well."""
    page = real.get("/list/Action?lang=nl").text
    assert re.search(r'form=unknown"><span>niet bekend</span></a> <span class="count">\d+<', page)
    count = _total(real.get("/list/Action?form=unknown&lang=nl").text)
    assert 0 < count < _total(page)
    rows = real.get("/list/Action.csv?form=unknown").content.decode("utf-8-sig")
    assert len(list(csv.reader(io.StringIO(rows)))) == count + 1
    assert "not known" in real.get("/list/Action?lang=en").text


@pytest.mark.parametrize("lang", LANGUAGES)
def test_overview_of_what_there_is(real: serving.Served, lang: str) -> None:
    """Every kind of thing has a link to its list with the number of things that are on it."""
    page = real.get(f"/list/?lang={lang}").text
    kinds = re.findall(r'<li><a href="(/list/(\w+)[^"]*)">([^<]+)</a> <span class="count">([\d.,]+)<', page)
    assert len(kinds) > 30
    assert {"Action", "ActionPlan", "Person", "ViolenceForm"} <= {name for _, name, _, _ in kinds}
    for address, _, _, count in kinds[::5]:
        assert _total(real.get(address.replace("&amp;", "&")).text) == int(re.sub(r"\D", "", count)), address
    for path in ("/list", "/doc", "/doc/"):
        moved = real.get(path)
        assert (moved.status_code, moved.headers["location"]) == (308, "/list/")
        moved = real.get(f"{path}?release=2026.1&lang={lang}&x=1")
        assert moved.headers["location"] == f"/list/?release=2026.1&lang={lang}"
    assert 'href="/list/' in real.get("/").text
    assert "/list/</loc>" in real.get("/sitemap.xml").text


def test_the_event_loop_goes_on_while_words_are_looked_for(
    small_releases: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Words are compared with all of a release in a thread of its own."""

    async def asked() -> None:
        current = Current(small_releases, ServeSettings(workers=1))
        try:
            await current.start()
            request = Request({
                "type": "http", "method": "GET", "path": "/search", "query_string": b"q=geweldd",
                "headers": [(b"accept", b"text/csv")], "path_params": {},
            })  # fmt: skip
            assert (await current.site.pages.lists.search(request)).status_code == 200
        finally:
            await current.stop()

    looked = Index.search
    threads = []

    def watched(index: Index, question: str) -> search.Found:
        threads.append(threading.current_thread())
        return looked(index, question)

    monkeypatch.setattr(Index, "search", watched)
    asyncio.run(asked())
    assert threads
    assert threading.main_thread() not in threads


def test_search_is_there_before_the_service_is(small_releases: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The index is made before a release is served; a release whose index fails is served all the same, and
    the index is made when somebody searches.
    """

    async def started() -> None:
        current = Current(small_releases, ServeSettings(workers=1))
        try:
            await current.start()
            assert (current.site.pages.lists._index.there is not None) == works
            monkeypatch.undo()
            assert (await current.site.pages.lists.index()).docs
        finally:
            await current.stop()

    async def fails(*_: object) -> Index:
        raise QueryTimeout("Te lang.", "Too long.")

    works = True
    asyncio.run(started())
    works = False
    monkeypatch.setattr(Lists, "index", fails)
    asyncio.run(started())
