"""The page of the SPARQL endpoint and its editor, in a headless Chromium against a small server of our own.

The server has the real endpoint and the real template, under the policy of the service, over a store of a few
triples in this process. Answers that no store of ours would give (a hostile one) are written out here.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote, urlsplit

import jinja2
import pytest
from chromium import needs_axe, violations
from pyoxigraph import QueryBoolean, QuerySolutions, RdfFormat, Store
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route

from benchmarks.servers import free_port
from gbvkg import formats
from gbvkg.errors import QuerySyntax
from gbvkg.project import Project
from gbvkg.queries import Catalogue
from gbvkg.store import Answer, Ask
from gbvkg.vocabulary import BASE, LANGUAGES, packaged_root, prefixes
from gbvkg.web import replies, sparql_page
from gbvkg.web.connection import Connection, Lines, Pace
from gbvkg.web.exchange import Whole, written_head
from gbvkg.web.pages import frame
from gbvkg.web.pages.credits import Credit
from gbvkg.web.pages.sparql import routes, sparql
from gbvkg.web.pages.static import serve
from gbvkg.web.pages.static import static as files
from gbvkg.web.replies import secured
from gbvkg.web.site import Site as RealSite
from gbvkg.web.sparql import Question, SparqlEndpoint

FITS = """(list => list && list.scrollHeight <= list.clientHeight)(
    document.querySelector(".cm-tooltip-autocomplete ul"))"""
ROOT = Path(__file__).parent.parent
STATIC = ROOT / "gbvkg" / "web" / "static"
TEMPLATES = ROOT / "gbvkg" / "web" / "templates"
BASE_PAGE = """<!doctype html><html lang="{{ lang }}"><head><meta charset="utf-8">
<title>{% block title %}{% endblock %}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="{{ style }}"></head>
<body><main>{% block main %}{% endblock %}</main>{% block scripts %}{% endblock %}</body></html>"""
BASE_STYLE = """:root { color-scheme: light dark; } body { background: light-dark(#fff, #161616); }
a { color: light-dark(#004a8f, #9ccbff); }"""
DATA = f"""
@prefix gbv: <https://w3id.org/gbvkg/ns#> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
gbv:Action a owl:Class ; rdfs:label "Actie"@nl, "Action"@en .
gbv:leadOffice a owl:ObjectProperty ; rdfs:label "trekkend mandaat"@nl, "lead mandate"@en .
<{BASE}id/action/p/1> a gbv:Action ; rdfs:label "Eerste & <b>actie</b>"@nl ;
  gbv:leadOffice <https://elsewhere.example/m> .
"""
HOSTILE = {
    "head": {"vars": ["x", "constructor", "__proto__", "<img src=x onerror=bad()>"]},
    "results": {
        "bindings": [
            {"x": {"type": "uri", "value": "javascript:document.title='bad'"}},
            {"x": {"type": "uri", "value": "data:text/html,<script>bad()</script>"}},
            {"x": {"type": "uri", "value": f"{BASE}/evil.example/id/x"}},
            {"x": {"type": "literal", "value": "<img src=x onerror=\"document.title='bad'\">"}},
            {"x": {"type": "literal", "value": "v", "xml:lang": "nl\" onmouseover=\"document.title='bad'"}},
            {"x": {"type": "literal", "value": "v", "datatype": "<script>document.title='bad'</script>"}},
            {"x": {"type": "bnode", "value": "<svg onload=document.title='bad'>"}},
            {"x": {"type": "literal", "value": "Bonjour", "xml:lang": "fr"}},
        ]
    },
}
MANY = {
    "head": {"vars": ["n"]},
    "results": {"bindings": [{"n": {"type": "literal", "value": f"rij {n}"}} for n in range(1, 5001)]},
}
HOSTILE_QUERY, MANY_QUERY, SLOW = ("SELECT * {} # hostile", "SELECT * {} # many", "ASK {} # slow")
CANNED = {HOSTILE_QUERY: HOSTILE, MANY_QUERY: MANY}


class Site:
    """What the page and the endpoint ask of a site, over a store in memory; ``asked`` are the queries run."""

    base = BASE
    root = "https://data.example.org/gbvkg"
    credits = dict.fromkeys(LANGUAGES, Credit())
    prefixes = prefixes()
    version = "1"
    licence = ""
    is_archived = False
    manifest = SimpleNamespace(issued="2026-03-01", dataset=f"{BASE}id/dataset/small")

    def __init__(self, theme: Path) -> None:
        self.settings = SimpleNamespace(prefix="/gbvkg", theme=theme)
        self.examples: dict[str, list[dict[str, str]]] = {}
        self.catalogue = Catalogue(Project(packaged_root(), BASE, "1"))
        self.store = Store()
        self.store.load(DATA.encode(), RdfFormat.TURTLE)
        self.asked: list[str] = []
        self.aborted = threading.Event()
        ours: Any = self
        self.sparql = SparqlEndpoint(ours, partial(sparql, ours))

    path: Any = RealSite.path
    public: Any = RealSite.public
    permanent: Any = RealSite.permanent
    is_of_a_release: Any = RealSite.is_of_a_release

    def etag(self, *parts: str) -> str:
        return replies.etag(*parts)

    def href(self, iri: str) -> str | None:
        found: str = self.path(f"/doc/{iri.removeprefix(BASE + 'id/')}")
        return found if iri.startswith(BASE + "id/") else None

    async def rows(self, text: str) -> list[dict[str, Any]]:
        solutions = self.store.query(text)
        assert isinstance(solutions, QuerySolutions)
        names = [variable.value for variable in solutions.variables]
        return [{n: row[n] for n in names if row[n] is not None} for row in solutions]

    async def ask(self, ask: Ask) -> Answer:
        self.asked.append(ask.text)
        if ask.text == SLOW:
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                self.aborted.set()
                raise
        if ask.text in CANNED:
            return Answer("SELECT", json.dumps(CANNED[ask.text]).encode(), 1.25)
        try:
            found = self.store.query(ask.text)
        except SyntaxError as error:
            place = re.match(r"error at (\d+):(\d+)", str(error))
            assert place
            raise QuerySyntax(
                f"<b>Fout</b> {place[0]}.", f"<b>Fault</b> {place[0]}.", int(place[1]), int(place[2])
            ) from None
        if isinstance(found, QueryBoolean):
            return Answer("ASK", json.dumps({"head": {}, "boolean": bool(found)}).encode(), 1.25)
        if isinstance(found, QuerySolutions):
            form, body = "SELECT", found.serialize(format=formats.RESULTS[ask.format].result)
        else:
            form, body = "CONSTRUCT", found.serialize(format=formats.RDF[ask.format].rdf)
        assert body is not None
        return Answer(form, body, 1.25)


def _app(site: Any) -> Starlette:
    """The routes that the page needs, each answer under the policy of the service."""

    async def static(request: Request) -> Response:
        return await serve(request, files(site.settings.theme))

    async def nothing(_: Request) -> Response:
        return Response(b"", 204)

    every = [
        Mount("/gbvkg", routes=[
            *routes(site),
            Route("/static/{version}/{name}", static),
            Route("/sparql", site.sparql),
        ]),
        Route("/favicon.ico", nothing),
    ]  # fmt: skip
    return Starlette(routes=every)


def _with_policy(app: Any) -> Any:
    async def service(scope: Any, receive: Any, send: Any) -> None:
        async def said(message: Any) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = secured((name.lower(), value) for name, value in message["headers"])
            await send(message)

        await app(scope, receive, said)

    return service


class _Front:
    """An application, and nothing in front of it."""

    def __init__(self, app: Any) -> None:
        self.app = app

    def at_hand(self, request: Any) -> None:
        return None

    def soon(self, request: Any, deliver: Any) -> None:
        return None

    def refusal(self, status: int) -> Whole:
        return Whole(written_head(status, [(b"content-length", b"0")]), b"")

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self.app(scope, receive, send)


def run(coroutine: Any) -> Any:
    """The result of a coroutine, in a thread of its own: asyncio.run cannot be used beside playwright."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, coroutine).result()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site whose pages have a frame of next to nothing."""
    theme = tmp_path_factory.mktemp("theme")
    (theme / "style.css").write_text(BASE_STYLE)
    environment = frame.environment()
    loader = jinja2.ChoiceLoader(
        [jinja2.DictLoader({"page.html": BASE_PAGE}), jinja2.FileSystemLoader(TEMPLATES)]
    )
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(frame, "environment", lambda: environment.overlay(loader=loader))
        yield Site(theme)


def page(site: Site, query: str) -> str:
    """The page without JavaScript, after the form was sent."""
    question = Question(query, run=True)
    scope = {"type": "http", "method": "POST", "path": "/sparql", "query_string": b"", "headers": []}
    ours: Any = site
    reply = run(sparql(ours, scope, question))
    return bytes(reply.body).decode()


@pytest.fixture(scope="module")
def server(site: Site) -> Iterator[tuple[Site, str]]:
    port, loop, stopped = free_port(), asyncio.new_event_loop(), asyncio.Event()
    lines = Lines(_Front(_with_policy(_app(site))), Pace(60, 60, 60), 100)

    async def serve() -> None:
        async with await loop.create_server(lambda: Connection(lines), "127.0.0.1", port):
            await stopped.wait()
            lines.abort()

    serving = threading.Thread(target=lambda: loop.run_until_complete(serve()))
    serving.start()
    yield site, f"http://127.0.0.1:{port}/gbvkg/sparql"
    loop.call_soon_threadsafe(stopped.set)
    serving.join()
    loop.close()


class Visit:
    """A page of a fresh browser profile, with all that went wrong in it."""

    def __init__(self, chromium: Any, server: Site, address: str, **settings: Any) -> None:
        server.asked.clear()
        self.server = server
        self.address = address
        self.context = chromium.new_context(**{"locale": "nl-BE"} | settings)
        self.page = self.context.new_page()
        self.page.set_default_timeout(15_000)
        self.wrong: list[str] = []
        self.requests: list[str] = []
        self.page.on(
            "console", lambda m: self.wrong.append(m.text) if m.type in ("error", "warning") else None
        )
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))
        self.page.on("request", lambda request: self.requests.append(request.url))

    def open(self, rest: str = "") -> Visit:
        self.page.goto(self.address + rest)
        self.page.wait_for_load_state("networkidle")
        return self

    def text(self) -> str:
        """What the editor holds: the form's field follows it."""
        return str(self.page.eval_on_selector("#sparql-query", "field => field.value"))

    def write(self, query: str) -> None:
        self.page.locator(".cm-content").click()
        self.page.keyboard.press("Control+a")
        self.page.keyboard.insert_text(query)

    def run(self, query: str) -> None:
        self.write(query)
        self.page.locator("#sparql-run").click()
        self.page.locator("#sparql-results > *").first.wait_for()

    def focused(self) -> str:
        return str(
            self.page.evaluate(
                "() => { const e = document.activeElement; return e.id || e.className || e.tagName; }"
            )
        )

    def status(self) -> str:
        return str(self.page.locator("#sparql-status").inner_text())


@pytest.fixture
def visit(chromium: Any, server: tuple[Site, str]) -> Iterator[Visit]:
    """A visit that must end without an error, a refused style or script, or a request to another origin."""
    found = Visit(chromium, *server)
    yield found
    origin = "{0.scheme}://{0.netloc}/".format(urlsplit(found.address))
    foreign = [url for url in found.requests if not url.startswith((origin, "data:"))]
    wrong = [text for text in found.wrong if "400 (Bad Request)" not in text]
    found.context.close()
    assert not foreign
    assert not wrong


in_browser = pytest.mark.xdist_group("browser")


# What is committed


def test_bundle_is_of_these_sources() -> None:
    """Who changes the editor's source must build it: the bundle tells the hash of what it was built of."""
    digest = hashlib.sha256()
    editor = ROOT / "editor"
    names = ["build.mjs", "package-lock.json", *(f"src/{p.name}" for p in sorted((editor / "src").iterdir()))]
    for name in names:
        digest.update(f"{name}\0".encode() + (editor / name).read_bytes() + b"\0")
    for bundle in ("editor.js", "editor.css"):
        assert f"sha256:{digest.hexdigest()} */" in (STATIC / bundle).read_text("utf-8")[:300], "make editor"


def test_versions_are_exact_and_locked() -> None:
    """A build next year takes the same packages: exact versions, each with its hash, from one registry."""
    package = json.loads((ROOT / "editor/package.json").read_text())
    wanted = package["dependencies"] | package["devDependencies"]
    assert wanted["codemirror"] == "6.0.2", "npm's newest codemirror 6 is code of CodeMirror 5"
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in wanted.values())
    locked = json.loads((ROOT / "editor/package-lock.json").read_text())["packages"]
    registry = "https://registry.npmjs.org/"
    for name, row in locked.items():
        if name:
            assert row["integrity"].startswith("sha512-"), name
            assert row.get("resolved", registry).startswith(registry), name


def test_licences_name_every_package() -> None:
    """The licence of each package in the bundle travels with it, and none asks for more than notice."""
    listed = re.findall(r"^(\S+) (\d\S+), (\S+)$", (STATIC / "editor.LICENSES.txt").read_text("utf-8"), re.M)
    locked = json.loads((ROOT / "editor/package-lock.json").read_text())["packages"]
    assert {name: version for name, version, _ in listed}.items() <= {
        name.removeprefix("node_modules/"): row.get("version") for name, row in locked.items()
    }.items()
    assert {"codemirror-lang-sparql", "@codemirror/view", "@lezer/lr"} <= {name for name, _, _ in listed}
    assert {licence for *_, licence in listed} == {"MIT"}


def test_bundle_knows_no_other_host() -> None:
    """No address of another host is in the bundle but names that identify (XML namespaces)."""
    text = (STATIC / "editor.js").read_text("utf-8")
    assert set(re.findall(r"https?://[\w.-]+", text)) <= {"http://www.w3.org"}


def test_texts_are_in_both_languages() -> None:
    """Each text of the page is there in Dutch and in English, and each offered format has a label."""

    def keys(lang: str) -> dict[str, set[str]]:
        words = frame.texts("sparql", lang)
        tables = {name: set(value) for name, value in words.items() if isinstance(value, dict)}
        return tables | {"": set(words)}

    assert keys("nl") == keys("en")
    for lang in LANGUAGES:
        names = {row["name"] for rows in sparql_page.offered(lang).values() for row in rows}
        assert names == set(frame.texts("sparql", lang)["formats"])
        assert set(formats.RDF) <= names


def test_every_text_is_used() -> None:
    """No text is left over from an older page."""
    sources = "".join(p.read_text("utf-8") for p in (ROOT / "editor/src").glob("*.js"))
    page = (TEMPLATES / "sparql.html").read_text("utf-8") + (ROOT / "gbvkg/web/sparql_page.py").read_text()
    for name in frame.texts("sparql", "nl")["script"]:
        assert re.search(rf"\btexts\.{name}\b", sources), name
    for name, value in frame.texts("sparql", "nl").items():
        assert isinstance(value, dict) or re.search(rf'texts\.{name}\b|words\["{name}"\]', page), name


# What the page is made of


def test_examples_run(site: Site) -> None:
    """Every named query is an example that can be run as it stands."""
    for name in site.catalogue.names():
        found = sparql_page.example(site.catalogue.get(name), "nl")
        assert found["query"].startswith("# ")
        assert "#+" not in found["query"]
        Store().query(found["query"])


def test_vocabulary(site: Site) -> None:
    """Classes and properties, declared or used, come once, with the labels that they have."""
    ours: Any = site
    found = json.loads(run(sparql_page.vocabulary(ours)))
    assert found["prefixes"]["gbv"] == f"{BASE}ns#"
    classes = {row["name"]: row["label"] for row in found["classes"]}
    assert classes["gbv:Action"] == {"nl": "Actie", "en": "Action"}
    properties = [row["name"] for row in found["properties"]]
    assert properties == ["gbv:leadOffice", "rdf:type", "rdfs:label"]


def test_server_page_shows_hostile_values_as_text(site: Site) -> None:
    """Without JavaScript too, nothing from a result is markup, an attribute or an address of a script."""
    shown = page(site, HOSTILE_QUERY)
    assert not re.search(r"<(img|svg)|<script(?! defer)|href=\"(?!/|https?://)", shown)
    assert 'lang="fr"' in shown
    assert not re.search(r"<[^>]*onmouseover=(?!&)[^>]*>", shown)


def test_server_page_shows_the_first_rows_and_says_so(site: Site) -> None:
    """A long answer is not a page of megabytes; what is left out is told, with the way to all of it."""
    shown = page(site, MANY_QUERY)
    assert shown.count("<tr>") == 1 + sparql_page.ROWS
    assert "de eerste 1.000 van 5.000 rijen" in shown
    assert "5.000 rijen in 1,25 seconden" in shown


@pytest.mark.parametrize(
    ("query", "part"),
    [
        ("ASK {}", "Ja"),
        ("CONSTRUCT WHERE { ?s a ?o }", "ns#Action"),
        ("SELECT ?x { VALUES ?x { 1 } }", "xsd:integer"),
        ("SELECT ?x { ?x", "Geen geldige SPARQL"),
        ("SELECT * { SERVICE <http://127.0.0.1:9/> {} }", "Vraag geweigerd"),
        ("ASK {}" + " " * 5000, '<button name="format" value="csv">'),
    ],
)
def test_server_page_has_every_answer(site: Site, query: str, part: str) -> None:
    """Each form of query, each refusal and a query too long for an address have their own way on the page."""
    assert part in page(site, query).partition('id="sparql-results"')[2]


# The page in a browser


@in_browser
def test_highlighting(visit: Visit) -> None:
    """Keywords, variables, names and texts have a colour of their own."""
    visit.open()
    visit.write('SELECT ?s WHERE { ?s rdfs:label "x"@nl } LIMIT 5 # end')
    colours = set()
    for kind in ("keyword", "variable", "string", "number", "comment", "name"):
        token = visit.page.locator(f".cm-content .tok-{kind}").first
        colours.add(token.evaluate("e => getComputedStyle(e).color"))
    assert len(colours) == 6


@in_browser
@pytest.mark.parametrize("mark", ["?", "#"])
def test_query_in_the_address_is_shown_and_not_run(visit: Visit, mark: str) -> None:
    """A link can show a query, it can neither run it nor send it to an endpoint of its choice."""
    query = "SELECT * { ?s ?p '</textarea><b>' }"
    hostile = "http://127.0.0.1:9/sparql"
    visit.open(f"{mark}query={quote(query)}&endpoint={quote(hostile)}")
    assert visit.text() == query
    assert "SELECT" in visit.page.locator(".cm-content").inner_text()
    time.sleep(0.5)
    assert visit.server.asked == []
    visit.page.locator("#sparql-run").click()
    visit.page.locator("#sparql-results h2").wait_for()
    assert [text.removeprefix(f"BASE <{BASE}>\n") for text in visit.server.asked] == [query]


@in_browser
def test_new_fragment_is_shown(visit: Visit) -> None:
    """An address pasted into the open page shows its query as well."""
    visit.open()
    visit.page.evaluate("location.hash = 'query=ASK%20%7B%7D'")
    visit.page.wait_for_function("document.getElementById('sparql-query').value === 'ASK {}'")
    assert visit.server.asked == []


@in_browser
def test_completion_by_dutch_label_declares_the_prefix(visit: Visit) -> None:
    """Who knows the Dutch word finds the property, and its prefix is declared."""
    visit.open()
    visit.write("SELECT * { ?s ")
    visit.page.keyboard.type("trekk", delay=20)
    option = visit.page.locator(".cm-tooltip-autocomplete li[aria-selected]")
    option.wait_for()
    assert option.inner_text().split("\n")[0].startswith("gbv:leadOffice")
    assert "trekkend mandaat (eigenschap)" in option.inner_text()
    time.sleep(0.1)  # CodeMirror refuses to accept a list that has only just come up
    visit.page.keyboard.press("Enter")
    visit.page.wait_for_function("document.getElementById('sparql-query').value.includes('PREFIX')")
    assert visit.text().startswith("PREFIX gbv: <https://w3id.org/gbvkg/ns#>\nSELECT * { ?s gbv:leadOffice")


@in_browser
def test_completion_knows_where_it_is(visit: Visit) -> None:
    """After "a" come classes, after PREFIX come namespaces, after "?" come the variables of the query."""
    visit.open()
    options = visit.page.locator(".cm-tooltip-autocomplete li .cm-completionLabel")
    for before, typed, expected in (
        ("SELECT * { ?s a ", "act", "gbv:Action"),
        ("", "PREFIX ow", "owl: <http://www.w3.org/2002/07/owl#>"),
        ("SELECT ?minister { ", "?m", "?minister"),
        ("SELECT ?x { ?x ?y ?z } LIM", "I", "LIMIT"),
    ):
        visit.write(before or " ")
        visit.page.keyboard.type(typed, delay=20)
        options.first.wait_for()
        assert options.all_inner_texts() == [expected]
        visit.page.keyboard.press("Escape")


@in_browser
def test_error_is_underlined_at_its_place(visit: Visit) -> None:
    """The problem's line and column become an underlined word, a message as text and a way to get there."""
    visit.open()
    visit.run("SELECT ?x {\n  ?x a ?y\n} LIMIT tien OFFSET 5")
    box = visit.page.locator(".sparql-problem")
    assert "<b>Fout</b> error at 3:9" in box.inner_text()
    assert visit.page.locator(".cm-line:nth-child(3) .cm-lintRange-error").inner_text() == "tien"
    assert visit.page.locator(".cm-content").get_attribute("aria-invalid") == "true"
    assert visit.status() == "De vraag heeft geen antwoord gekregen."
    visit.page.get_by_role("button", name="Ga naar regel 3, kolom 9").click()
    assert "cm-content" in visit.focused()
    assert visit.page.evaluate("getSelection().toString()") == "tien"


@in_browser
def test_error_counts_code_points(visit: Visit) -> None:
    """A column is that of the character, also after characters outside the first plane."""
    visit.open()
    visit.page.route(
        "**/sparql",
        lambda route: route.fulfill(
            status=400,
            content_type="application/problem+json",
            body=json.dumps({"title": "Fout", "detail": "hier", "line": 1, "column": 6}),
        ),
    )
    visit.run("'😀😀' fout hier")
    assert visit.page.locator(".cm-lintRange-error").inner_text() == "fout"


@in_browser
def test_error_in_english(visit: Visit) -> None:
    """An English page asks for, and shows, English messages."""
    visit.open("?lang=en")
    visit.run("SELECT ?x { ?x }")
    assert "Not valid SPARQL" in visit.page.locator(".sparql-problem").inner_text()
    assert visit.page.locator(".cm-content").get_attribute("aria-label") == "SPARQL query"


@in_browser
def test_table_links_and_languages(visit: Visit) -> None:
    """Our IRIs lead to our own pages and others where they say; language tags are shown; markup is text."""
    visit.open()
    visit.run(f"SELECT * {{ <{BASE}id/action/p/1> ?p ?o }} ORDER BY ?p")
    cells = visit.page.locator("#sparql-results tbody td")
    assert "Eerste & <b>actie</b> nl" in cells.all_inner_texts()
    links = visit.page.eval_on_selector_all(
        "#sparql-results tbody a", "all => all.map(a => a.getAttribute('href'))"
    )
    assert "/gbvkg/ns#Action" in links
    assert "https://elsewhere.example/m" in links
    assert re.fullmatch(r"3 rijen in \d+,\d\d seconden\.", visit.status())
    assert visit.page.locator("#sparql-results span[lang=nl]").count() == 1


@in_browser
def test_hostile_values_are_inert(visit: Visit) -> None:
    """Nothing of an answer becomes markup, an attribute or a link to anything but http(s)."""
    visit.open()
    title = visit.page.title()
    visit.run(HOSTILE_QUERY)
    results = visit.page.locator("#sparql-results")
    assert results.locator("tbody tr").count() == 8
    assert results.locator("img, svg, script, [onmouseover], [onerror]").count() == 0
    links = visit.page.eval_on_selector_all("#sparql-results tbody a", "all => all.map(a => a.href)")
    assert links == [f"{BASE}/evil.example/id/x"]
    assert visit.page.eval_on_selector_all("#sparql-results [lang]", "all => all.map(e => e.lang)") == ["fr"]
    assert 'nl" onmouseover' in results.inner_text()
    assert visit.page.title() == title
    assert "function" not in results.inner_text()


@in_browser
def test_thousands_of_rows_come_in_pages(visit: Visit) -> None:
    """Five thousand rows: a hundred in the page at a time, in order, with a way forth and back."""
    visit.open()
    visit.run(MANY_QUERY)
    rows = visit.page.locator("#sparql-results tbody tr")
    caption = visit.page.locator("#sparql-results caption")
    assert rows.count() == 100
    assert caption.inner_text() == "Rijen 1 tot 100 van 5.000"
    following = visit.page.get_by_role("button", name="Volgende rijen")
    for _ in range(60):
        following.dispatch_event("click")  # also when there is nothing to follow
    assert caption.inner_text() == "Rijen 4.901 tot 5.000 van 5.000"
    assert rows.last.inner_text() == "rij 5000"
    assert following.get_attribute("aria-disabled") == "true"
    visit.page.get_by_role("button", name="Vorige rijen").click()
    assert rows.first.inner_text() == "rij 4801"


@in_browser
def test_downloads_in_every_format(visit: Visit) -> None:
    """A table has the result formats, a graph the RDF formats; a long query is sent as a form."""
    visit.open()
    visit.run("ASK {}")
    assert visit.page.locator(".sparql-answer").inner_text() == "Ja"
    names = visit.page.eval_on_selector_all(
        ".sparql-downloads a", "all => all.map(a => new URL(a.href).searchParams.get('format'))"
    )
    assert set(names) == {"csv", "tsv", "json", "xml"}
    with visit.page.expect_download() as download:
        visit.page.get_by_role("link", name="CSV").click()
    assert download.value.url.endswith("/gbvkg/sparql?query=ASK+%7B%7D&format=csv")
    visit.run("CONSTRUCT WHERE { ?s a ?o }")
    assert "ns#Action" in visit.page.locator(".sparql-graph").inner_text()
    assert visit.page.locator(".sparql-downloads a").count() == len(formats.RDF)
    visit.run("ASK {}" + " " * 5000)
    assert visit.page.locator(".sparql-downloads form[method=post] button[name=format]").count() == 4
    link = visit.page.get_by_role("link", name="Link naar deze vraag").get_attribute("href")
    assert link is not None
    assert link.startswith("/gbvkg/sparql#query=ASK+%7B%7D")


@in_browser
def test_stop_breaks_the_connection(visit: Visit) -> None:
    """ "Stop" hangs up, which frees the worker, and says so."""
    visit.open()
    visit.write(SLOW)
    visit.page.locator("#sparql-run").click()
    stop = visit.page.locator("#sparql-stop")
    visit.page.wait_for_function("!document.getElementById('sparql-stop').disabled")
    assert visit.status() == "De vraag wordt uitgevoerd…"
    stop.click()
    assert visit.server.aborted.wait(10)
    visit.page.wait_for_function("document.getElementById('sparql-stop').disabled")
    assert visit.status() == "Gestopt: de vraag is afgebroken."
    assert "cm-content" in visit.focused(), "the focus stays somewhere"


@in_browser
def test_example_goes_into_the_editor(visit: Visit) -> None:
    """A documented query is put in the editor, with its explanation, and is not run."""
    visit.open()
    visit.page.locator("#sparql-example").select_option("progress-board")
    visit.page.get_by_role("button", name="Zet in de editor").click()
    assert visit.text() == next(
        row["query"] for row in [sparql_page.example(visit.server.catalogue.get("progress-board"), "nl")]
    )
    assert visit.status() == "Het voorbeeld staat in de editor."
    assert visit.server.asked == []


@in_browser
def test_keyboard(visit: Visit) -> None:
    """Tab goes through the page in its order and out of the editor; Ctrl+Enter runs from inside it."""
    visit.open()
    order = []
    visit.page.locator("#sparql-example").focus()
    for _ in range(4):
        order.append(visit.focused())
        visit.page.keyboard.press("Tab")
    assert order[0] == "sparql-example"
    assert "cm-content" in order[2]
    assert order[3] == "sparql-run"
    visit.page.keyboard.press("Shift+Tab")
    visit.page.keyboard.press("Shift+Tab")
    visit.write("ASK {}")
    visit.page.keyboard.press("Control+Enter")
    visit.page.locator(".sparql-answer").wait_for()
    assert visit.server.asked == ["ASK {}"]
    visit.page.locator("label[for=sparql-query]").click()
    assert "cm-content" in visit.focused()


@in_browser
def test_without_connection(visit: Visit) -> None:
    """A lost connection is told in words, and no error is left in the dark."""
    visit.open()
    visit.page.route("**/sparql", lambda route: route.abort())
    visit.run("ASK {}")
    assert "Geen verbinding met de dienst" in visit.page.locator(".sparql-problem").inner_text()
    visit.wrong[:] = [text for text in visit.wrong if "ERR_FAILED" not in text]


@in_browser
def test_typing_over_a_selection(visit: Visit) -> None:
    """Chromium would write a style of its own here, which the policy refuses; brackets still wrap."""
    visit.open()
    visit.write("SELECT")
    visit.page.keyboard.press("Control+a")
    visit.page.keyboard.type("ASK")
    visit.page.keyboard.press("Control+a")
    visit.page.keyboard.type("(")
    assert visit.text() == "(ASK)"
    visit.page.keyboard.press("Control+z")
    visit.page.keyboard.press("Control+z")
    assert visit.text() == "SELECT"


@in_browser
def test_narrow_screen(visit: Visit) -> None:
    """At 320 px nothing but the table itself scrolls sideways (WCAG 1.4.10)."""
    visit.page.set_viewport_size({"width": 320, "height": 640})
    visit.open()
    visit.run(f"SELECT * {{ <{BASE}id/action/p/1> ?p ?o }}")
    assert visit.page.evaluate("document.documentElement.scrollWidth") <= 320


@in_browser
def test_without_javascript(chromium: Any, server: tuple[Site, str]) -> None:
    """The form works by itself: an example, a query, an answer on a page of the server, a download."""
    visit = Visit(chromium, *server, java_script_enabled=False)
    visit.open()
    page = visit.page
    page.locator("#sparql-example").select_option("progress-board")
    page.get_by_role("button", name="Zet in de editor").click()
    assert "SELECT" in page.locator("textarea").input_value()
    page.locator("textarea").fill(f"SELECT ?o {{ <{BASE}id/action/p/1> a ?o }}")
    page.get_by_role("button", name="Voer uit").click()
    assert page.locator("#sparql-results tbody td").all_inner_texts() == ["gbv:Action"]
    assert page.locator("#sparql-status").inner_text() == "1 rij in 1,25 seconden."
    assert page.locator(".cm-editor").count() == 0
    assert not page.locator("#sparql-stop").is_visible()
    visit.context.close()


@in_browser
@needs_axe
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("lang", LANGUAGES)
def test_axe(chromium: Any, server: tuple[Site, str], lang: str, scheme: str) -> None:
    """No violation of WCAG 2.2 AA, nor of axe's best practices, in each state of the page."""
    visit = Visit(chromium, *server, color_scheme=scheme)
    visit.open(f"?lang={lang}")

    def check(state: str) -> None:
        assert violations(visit.page) == [], state

    visit.write(
        "PREFIX q: <https://x/> # c\nSELECT ?s (COUNT(*) AS ?n) WHERE { ?s a q:A ; q:b 'x'@nl, 5, true }"
    )
    check("highlighted")
    visit.page.keyboard.press("Control+Space")
    visit.page.keyboard.type(" ?s act", delay=20)
    visit.page.locator(".cm-tooltip-autocomplete").wait_for()
    visit.page.wait_for_function(FITS)  # what was typed has narrowed it down
    check("completing")
    visit.page.keyboard.press("Escape")
    for query in (MANY_QUERY, HOSTILE_QUERY, "ASK {}", "CONSTRUCT WHERE { ?s a ?o }", "SELECT ?x { ?x }"):
        visit.run(query)
        check(query)
    visit.context.close()
