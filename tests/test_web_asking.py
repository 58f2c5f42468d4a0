"""What a page costs: how many questions it asks, what is kept of them, and that answers are read as they were
written."""

from __future__ import annotations

import asyncio
import dataclasses
import re
import threading
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
import serving
from pyoxigraph import BlankNode, Literal, NamedNode, Quad, QueryResultsFormat, QuerySolutions, Store
from starlette.requests import Request

from gbvkg.config import ServeSettings
from gbvkg.queries.parameters import fill
from gbvkg.store import Answer, Ask, Limits
from gbvkg.vocabulary import LANGUAGES, expand
from gbvkg.web.answers import solutions
from gbvkg.web.charging import Charge, charged
from gbvkg.web.pages import asking, names, sentences
from gbvkg.web.pages import questions as module_of_questions
from gbvkg.web.pages.frame import environment
from gbvkg.web.pages.once import Once
from gbvkg.web.pages.questions import answers
from gbvkg.web.pages.said import said_of
from gbvkg.web.pages.sentences import slots
from gbvkg.web.pages.values import Value
from gbvkg.web.pages.views import sections_of, views
from gbvkg.web.service import Service
from gbvkg.web.site import Site

ACTION = "/doc/action/vap-sg-2020/11"
ALONE = "/doc/action/vap-sg-2020/r01"

Get = Callable[[str], Awaitable[httpx.Response]]


def asked(
    monkeypatch: pytest.MonkeyPatch, visit: Callable[[Get, Site, list[str]], Awaitable[None]]
) -> list[str]:
    """The questions that a visit to a service of the real data asks its workers, from this process."""
    questions: list[str] = []
    ask = Site.ask

    async def counted(site: Site, question: Ask, limits: Limits | None = None) -> Answer:
        questions.append(question.text)
        return await ask(site, question, limits)

    async def run() -> None:
        settings = dataclasses.replace(ServeSettings(), access_log=False)
        service = Service(serving.released(), settings)
        await service.current.start()
        try:
            transport = httpx.ASGITransport(app=service)
            async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:

                async def get(path: str) -> httpx.Response:
                    found = await client.get(path, headers={"accept": "text/html"})
                    assert found.status_code == 200, found.text
                    return found

                await visit(get, service.current.site, questions)
        finally:
            await service.current.stop()

    monkeypatch.setattr(Site, "ask", counted)
    asyncio.run(run())
    return questions


def test_a_page_asks_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is said of an action takes one question, when its sections and notes and the names were asked for
    before; up to three more when not.
    """

    async def visit(get: Get, site: Site, questions: list[str]) -> None:
        await get(f"{ACTION}?lang=nl")
        questions.clear()
        first = await get(f"{ACTION}?lang=nl&again")
        assert "Bart Somers" in first.text
        assert len(questions) == 1
        await get(f"{ACTION}?lang=en")
        assert len(questions) <= 8  # who made the data, by its name in the other language

    asked(monkeypatch, visit)


def test_what_nothing_can_answer_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """A section about some properties, and its notes, are asked of a thing that has one of them only; and
    what is asked together names its columns.
    """

    async def visit(get: Get, site: Site, questions: list[str]) -> None:
        asked = {}
        for path in (ACTION, ALONE):
            questions.clear()
            page = (await get(f"{path}?lang=nl")).text
            asked[path] = [text for text in questions if module_of_questions.WHICH in text]
            assert asked[path]
            assert ("Verband met een ander plan" in page) is (path == ACTION)
            assert any("mappingPredicate" in text for text in asked[path]) is (path == ACTION)
        assert not any("SELECT *" in text for texts in asked.values() for text in texts)

    asked(monkeypatch, visit)


def test_sections_are_asked_while_it_is_asked_what_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first page of a thing waits once, for two workers, when search knows its classes; of what no
    release has nothing more is asked.
    """

    async def visit(get: Get, site: Site, questions: list[str]) -> None:
        begun: list[int] = []
        table = Site.table

        async def noted(*given: Any) -> Any:
            found = await table(*given)
            begun.append(len(questions))
            return found

        await site.pages.lists.index()
        monkeypatch.setattr(Site, "table", noted)
        questions.clear()
        await get(f"{ALONE}?lang=nl")
        assert "gbv:competence" in questions[1]
        assert begun[0] == 2
        questions.clear()
        request = Request({"type": "http", "headers": [], "query_string": b""})
        assert not (await site.pages.said(request, "urn:x:y")).of_it
        assert len(questions) == 1
        charged.set(charge := Charge())
        assert (await site.pages.said(request, f"{site.base}id/plan/vap-sg-2020")).of_it
        assert charge.loop > 0 < charge.workers

    asked(monkeypatch, visit)


def test_the_page_of_a_query_uses_the_names_that_other_pages_do(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is named in an answer or offered in a form is looked up once for all pages and both languages."""

    async def visit(get: Get, site: Site, questions: list[str]) -> None:
        named = "/query/actions-of-minister?plan=plan/vap-sg-2020"
        assert "Bart Somers" in (await get(f"{named}&lang=nl")).text
        known = set(site.pages.names._kept)
        assert known
        questions.clear()
        assert "Bart Somers" in (await get(f"{named}&lang=en")).text
        assert questions
        again = [text for text in questions if "VALUES ?subject" in text]
        named_again = " ".join(re.findall(r"VALUES \?subject \{([^}]*)\}", " ".join(again)))
        assert not known & set(re.findall(r"<([^<>]*)>", named_again))
        assert len(again) <= 1  # the offices that English says by their names, and Dutch by their titles

    asked(monkeypatch, visit)


def test_what_lists_say_is_asked_once_for_all_who_ask_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """In each language what stands above a list and in its lines is asked once, however many wait for it."""

    async def visit(get: Get, site: Site, questions: list[str]) -> None:
        lists = site.pages.lists
        told = [iri for iri, view in views().classes.items() if view.notes or view.listed]
        assert told
        for lang in LANGUAGES:
            for class_ in told:
                questions.clear()
                every = await asyncio.gather(*(lists.listed(class_, lang) for _ in range(8)))
                assert all(one is every[0] for one in every)
                assert questions
                assert len(set(questions)) == len(questions)
                questions.clear()
                assert await lists.listed(class_, lang) is every[0]
                assert not questions

    asked(monkeypatch, visit)


def test_names_that_are_kept_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many things are named, no more than so many are kept; what went is asked for again."""
    monkeypatch.setattr(names, "MOST", 5)

    async def visit(get: Get, site: Site, questions: list[str]) -> None:
        before = (await get("/doc/plan/vap-sg-2020?lang=nl")).text
        await get("/doc/mandate/fbf22dd9-751b-42ad-84bf-c764c1bd62eb?lang=nl")
        assert len(site.pages.names) == 5
        assert (await get("/doc/plan/vap-sg-2020?lang=nl&again")).text.count("<a ") == before.count("<a ")

    asked(monkeypatch, visit)


@pytest.mark.parametrize(("limit", "most"), [("OWN", 2), ("ROWS", 40)])
def test_a_page_that_is_cut_says_so(monkeypatch: pytest.MonkeyPatch, limit: str, most: int) -> None:
    """Of a thing with more than one question tells, a part is shown, in words: what points at it is counted
    by itself, and names that may be missing from the answer are not taken for all there are.
    """
    path = "/doc/plan/vap-sg-2020?lang=nl"

    def groups(text: str) -> list[str]:
        section = re.search(r'<section id="incoming">.*?</section>', text, re.DOTALL)
        return re.findall(r"<summary>(.*?)</summary>", section[0]) if section else []

    async def visit(get: Get, site: Site, questions: list[str]) -> None:
        learnt: list[object] = []
        monkeypatch.setattr(site.pages.names, "learn", learnt.append)
        whole = (await get(path)).text
        assert "past niet op één pagina" not in whole
        assert len(learnt) == 1
        monkeypatch.setattr(asking, limit, most)
        asking.about_query.cache_clear()
        try:
            part = (await get(f"{path}&again")).text
        finally:
            monkeypatch.undo()
            asking.about_query.cache_clear()
        assert "past niet op één pagina" in part
        assert len(learnt) == 1
        assert set(groups(whole)) <= set(groups(part))

    asked(monkeypatch, visit)


TERMS: list[Any] = [
    *map(Literal, ("", "a\tb", "a\nb\r", '"q\\', "é\u2028\x0b\x7f\x85", "1", "true", "'", "<x>", "a\\tb")),
    *(
        Literal(text, datatype=NamedNode(expand(f"xsd:{name}")))
        for text, name in (
            ("01", "integer"), ("+1", "integer"), ("-1", "integer"), ("abc", "integer"), ("1.50", "decimal"),
            (".5", "decimal"), ("1e0", "double"), ("INF", "double"), ("1", "boolean"), ("true", "boolean"),
            ("2026-02-30", "date"),
        )
    ),
    Literal("x", language="nl-BE"),
    NamedNode("http://e.example/é?a=b&c#d"),
    BlankNode("b1"),
]  # fmt: skip


@pytest.mark.parametrize("variables", ["?value ?none", "?none ?value", "?value"])
def test_terms_are_read_as_they_were(variables: str) -> None:
    """Every kind of term comes back as it was, and what is unbound is not there."""
    store = Store()
    store.extend(Quad(NamedNode("a:s"), NamedNode(f"a:{n}"), term) for n, term in enumerate(TERMS))
    text = f"SELECT {variables} WHERE {{ ?s ?p ?value }}"
    found = store.query(text)
    assert isinstance(found, QuerySolutions)
    read = solutions(found.serialize(format=QueryResultsFormat.TSV) or b"")
    again = store.query(text)
    assert isinstance(again, QuerySolutions)
    assert [row["value"] for row in read] == [row["value"] for row in again]
    assert {*map(len, read)} == {1}


def test_what_is_said_is_read_as_it_was() -> None:
    """Every kind of value of a thing, once; what points at it by which property, and its labels."""
    thing, other, by = (NamedNode(f"http://e.example/{name}") for name in ("thing", "other", "by"))
    title, label = (NamedNode(expand(name)) for name in ("dct:title", "rdfs:label"))
    nameless = NamedNode("http://e.example/nameless")
    store = Store()
    store.extend(Quad(thing, title, term) for term in TERMS)
    store.extend([Quad(other, by, thing), Quad(other, label, Literal("a\tb")), Quad(nameless, by, thing)])

    class Asked:
        async def table(self, text: str, values: dict[str, NamedNode]) -> bytes:
            found = store.query(fill(text, values))
            assert isinstance(found, QuerySolutions)
            return found.serialize(format=QueryResultsFormat.TSV) or b""

    said = asyncio.run(said_of(Asked(), thing.value))  # type: ignore[arg-type]
    assert list(said.statements) == [thing.value]
    assert list(said.of_it) == [title.value]
    values = said.of_it[title.value]
    held = [quad.object for quad in store.quads_for_pattern(thing, title, None)]
    assert (len(values), set(values)) == (len(held), set(held))
    assert sorted(said.incoming, key=str) == [
        (by.value, nameless.value, "", None),
        (by.value, other.value, label.value, Literal("a\tb")),
    ]


def test_what_is_kept_as_html_is_what_the_template_makes() -> None:
    """A value looks the same the first time, the second, and when it is too long to keep; all is escaped."""
    shown = environment().filters["shown"]
    for text in ("<b>&", "<b>&" * 100):
        value = Value(text, '/x"y')
        assert shown([value]) == shown([value]) == shown((value,))
        assert "<b>" not in shown([value])
        assert 'href="/x&#34;y"' in shown([value])
    assert str(shown([Value("a")])) != str(shown([Value("a")], True))
    assert str(shown([Value("1", lang="en")])) != str(shown([Value("1")]))


def test_what_is_made_once_is_made_again_when_it_failed() -> None:
    """Who asks while it is made waits for the same; who stops waiting ends it for nobody; a failure is not
    kept.
    """
    made: list[int] = []

    async def make() -> int:
        made.append(len(made))
        await asyncio.sleep(0.01)
        if len(made) == 1:
            raise OSError("not this time")
        return len(made)

    async def run() -> None:
        once = Once(make)
        assert once.there is None
        with pytest.raises(OSError, match="not this time"):
            await once.get()
        assert once.there is None
        hasty = asyncio.ensure_future(once.get())
        await asyncio.sleep(0)
        hasty.cancel()
        assert list(await asyncio.gather(once.get(), once.get())) == [2, 2]
        assert once.there == await once.get() == 2
        assert made == [0, 1]

    asyncio.run(run())


@pytest.mark.parametrize("thing", ["action/vap-sg-2020/11", "plan/vap-gg-2025", "plan/vap-sg-2020"])
def test_questions_asked_together_are_answered_as_one_by_one(thing: str) -> None:
    """Every note and every section of every view, each in its own order."""
    known = views()
    questions = {name: note.query for name, note in known.notes.items()}
    for class_ in known.classes:
        questions |= {f"{class_} {part.name}": part.query for part in sections_of((class_,)) if part.query}

    async def scene() -> None:
        site = await Site.open(serving.released() / "2026.1", ServeSettings(), workers=1)
        try:
            values = slots(site, "nl") | {"thing": NamedNode(f"{site.base}id/{thing}")}
            found = await answers(site, questions, values)
            assert sum(map(len, found.values())) > 3
            for name, text in questions.items():
                assert found[name] == await site.rows(text, values), name
        finally:
            await site.close()

    asyncio.run(scene())


def test_answers_are_kept_within_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the least recently used none, of long ones none, and of another language or thing not this one."""
    monkeypatch.setattr(module_of_questions, "MOST", 2)
    monkeypatch.setattr(module_of_questions, "MOST_ROWS", 5)
    question = {"a": "SELECT ?x WHERE { VALUES ?x { $thing $lang } } ORDER BY ?x"}
    long = {"a": f"SELECT ?x WHERE {{ VALUES ?x {{ {' '.join(map(str, range(6)))} }} }} ORDER BY ?x"}

    async def scene() -> None:
        site = await Site.open(serving.released() / "2026.1", ServeSettings(), workers=1)
        try:
            for thing in ("urn:a", "urn:b"):
                for lang in LANGUAGES:
                    values = {"thing": NamedNode(thing), "lang": Literal(lang)}
                    found = await answers(site, question, values)
                    assert {row["x"] for row in found["a"]} == set(values.values())
                    assert await answers(site, question, values) is found
            assert len(site.pages.answers) == 2
            values = {"thing": NamedNode("urn:b"), "lang": Literal("nl")}
            assert len((await answers(site, long, values))["a"]) == 6
            assert len(site.pages.answers) == 2
        finally:
            await site.close()

    asyncio.run(scene())


def test_lines_of_a_list_are_made_beside_the_event_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    """A list of ten thousand things keeps nobody else waiting."""
    made: list[bool] = []
    gather = sentences._gather

    def noted(*given: Any) -> None:
        made.append(threading.current_thread() is threading.main_thread())
        gather(*given)

    monkeypatch.setattr(sentences, "_gather", noted)

    async def visit(get: Get, site: Site, questions: list[str]) -> None:
        assert (await get("/list/Person?lang=nl")).status_code == 200

    asked(monkeypatch, visit)
    assert made
    assert not any(made)
