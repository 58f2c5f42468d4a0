"""The pages in a browser: WCAG 2.2 AA by axe, the keyboard, narrow and enlarged, nothing from elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import serving
import small_project
from chromium import needs_axe, violations

from gbvkg import release
from gbvkg.vocabulary import LANGUAGES
from gbvkg.web.pages.frame import TEMPLATES

PAGES = {
    "api.html": ["/docs"],
    "finding.html": ["/search?q=geweld", "/search", "/search?q=zzzzz", "/list/Action", "/list/Mandataris"],
    "home.html": ["/"],
    "kinds.html": ["/list/"],
    "members.html": ["/doc/concept/wording/official-wording?in=gbv:wording"],
    "graph.html": ["/doc/graph/plan/vap-sg-2020"],
    "ontology.html": ["/doc/ns"],
    "problem.html": ["/doc/action/vap-sg-2020/12", "/list/Action?format=exe"],
    "queries.html": ["/query/"],
    "query.html": [
        "/query/progress-board",
        "/query/context-figures",
        "/query/competence-shift",
        "/query/action-dossier",
        "/query/action-dossier?action=action/vap-sg-2020/11",
        "/query/mandates-on-date?person=person/nobody",
    ],
    "sparql.html": ["/sparql", "/sparql?query=SELECT+%2A+%7B+%3Fs+%3Fp+%3Fo+%7D"],
    "compare.html": ["/compare?old=current-version&new=current-version"],
    "releases.html": ["/releases/"],
    "release.html": ["/releases/current-version/"],
    "thing.html": [
        "/doc/action/vap-sg-2020/11",
        "/doc/plan/vap-ggg-2025",
        "/doc/plan/vap-sg-2020",
        "/doc/objective/vap-ggg-2025/SD-1",
        "/doc/person/5fed907de6670526694a05b8",
        "/doc/mandate/1e207740-3834-4e98-8431-5a2c08704516",
        "/doc/question/354-2021",
        "/doc/concept/violence-form/SG",
        "/doc/concept/target-group/children",
        "/doc/conceptscheme/violence-role",
        "/doc/indicator/vap-ggg-2025/1712-calls-by-subject",
        "/doc/source/vraag-354-2021",
        "/about?iri=https://data.vlaanderen.be/id/organisatie/OVO049152",
        "/about?iri=http://themis.vlaanderen.be/id/beleidsveld/187f47a9-98a3-474c-86d4-1cb009d2fc5c",
    ],
}
"""Template → pages that are made with it."""

EVERY = [path for paths in PAGES.values() for path in paths]


@pytest.fixture(scope="module")
def served(real: serving.Served) -> serving.Served:
    return real


class Tab:
    """A page of the browser that remembers what it asked for and what it complained about."""

    def __init__(self, browser: Any, served: serving.Served, **settings: Any) -> None:
        self.served = served
        self.context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}} | settings)
        self.page = self.context.new_page()
        self.asked: list[str] = []
        self.complaints: list[str] = []
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.on(
            "console", lambda said: self.complaints.append(said.text) if said.type == "error" else None
        )
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def open(self, path: str, lang: str = "nl") -> Any:
        version = self.served.get("/health/ready").text.split()[1]
        mark = "&" if "?" in path else "?"
        address = path.replace("current-version", version)
        return self.page.goto(f"{self.served.url}{address}{mark}lang={lang}")

    def overflow(self) -> int:
        """Pixels by which the page is wider than the window."""
        root = "document.documentElement"
        wider: int = self.page.evaluate(f"{root}.scrollWidth - {root}.clientWidth")
        return wider


@pytest.fixture
def tab(chromium: Any, served: serving.Served) -> Iterator[Tab]:
    found = Tab(chromium, served)
    yield found
    found.context.close()


def test_every_template_has_a_page() -> None:
    """A template that extends the frame is opened in a browser here."""
    framed = {p.name for p in TEMPLATES.glob("*.html") if '{% extends "page.html" %}' in p.read_text("utf-8")}
    assert framed == set(PAGES)


@needs_axe
@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("path", EVERY)
def test_page(tab: Tab, path: str, lang: str) -> None:
    """axe finds nothing, no complaint, nothing asked elsewhere, no scrolling aside at 320 px, at 200 %
    or at both (WCAG 1.4.4, 1.4.10), also with everything unfolded.
    """
    answer = tab.open(path, lang)
    assert answer.status == dict(zip(PAGES["problem.html"], (404, 406), strict=True)).get(path, 200)
    assert violations(tab.page) == []
    assert tab.overflow() <= 0
    tab.page.evaluate("document.querySelectorAll('details').forEach(found => found.open = true)")
    assert violations(tab.page) == []
    tab.page.set_viewport_size({"width": 320, "height": 800})
    assert tab.overflow() <= 0
    tab.page.evaluate("document.documentElement.style.fontSize = '200%'")
    assert tab.overflow() <= 0
    tab.page.set_viewport_size({"width": 1280, "height": 800})
    assert tab.overflow() <= 0
    assert all(url.startswith((tab.served.url, "data:")) for url in tab.asked)
    assert not [said for said in tab.complaints if "404" not in said and "406" not in said]


@needs_axe
def test_axe_finds_what_is_wrong(tab: Tab) -> None:
    """The check itself works: a picture without text and a pale text are found."""
    tab.open("/")
    tab.page.evaluate(
        "const p = document.createElement('p'); p.textContent = 'bleek'; p.style.color = '#ddd';"
        "const i = document.createElement('img'); i.src = 'data:,';"
        "document.querySelector('main').append(p, i)"
    )
    rules = {found.partition(":")[0] for found in violations(tab.page)}
    assert {"image-alt", "color-contrast"} <= rules


@pytest.mark.parametrize(
    "path",
    ["/", "/doc/action/vap-sg-2020/11", "/search?q=geweld", "/list/", "/query/progress-board", "/releases/"],
)
def test_keyboard(tab: Tab, path: str) -> None:
    """The first Tab leads to a link past the menu, every stop is visible, and nothing keeps the focus."""
    tab.open(path)
    tab.page.keyboard.press("Tab")
    assert tab.page.evaluate("document.activeElement.className") == "skip"
    assert tab.page.evaluate("document.activeElement.getBoundingClientRect().left") >= 0
    tab.page.keyboard.press("Enter")
    assert tab.page.evaluate("document.activeElement.id") == "main"
    stops = []
    for _ in range(25):
        tab.page.keyboard.press("Tab")
        look = "getComputedStyle(document.activeElement)"
        assert tab.page.evaluate(
            f"document.activeElement === document.body || {look}.outlineStyle !== 'none'"
        )
        stops.append(tab.page.evaluate("document.activeElement.outerHTML"))
    assert len(set(stops)) > 5


def test_without_javascript(chromium: Any, served: serving.Served) -> None:
    """Searching, narrowing and opening a result need no script."""
    tab = Tab(chromium, served, java_script_enabled=False)
    tab.open("/")
    tab.page.fill("#find-home", "veiligheidsplannen")
    tab.page.press("#find-home", "Enter")
    tab.page.click(".results a >> nth=0")
    assert tab.page.locator("h1").inner_text()
    tab.page.click("details.copy summary")
    assert tab.page.locator("details.copy pre").first.is_visible()
    assert not [url for url in tab.asked if url.endswith(".js")]
    tab.context.close()


def test_facets_fold_where_room_is_short(tab: Tab) -> None:
    """On a narrow screen before the results, folded until asked for or chosen; on a wide one open."""
    value = tab.page.locator(".facets li a").first
    tab.open("/list/Action")
    assert value.is_visible()
    assert not tab.page.locator(".facets > summary").is_visible()
    tab.page.set_viewport_size({"width": 320, "height": 800})
    assert not value.is_visible()
    facets, results = tab.page.locator(".facets"), tab.page.locator(".results")
    assert facets.bounding_box()["y"] < results.bounding_box()["y"]
    tab.page.click(".facets > summary")
    assert value.is_visible()
    value.click()
    assert tab.page.locator(".facets a[aria-current]").is_visible()


def test_language_can_be_changed(tab: Tab) -> None:
    """The other language is one click away and stays on the page."""
    tab.open("/doc/action/vap-sg-2020/11")
    tab.page.click("nav.languages a")
    assert tab.page.evaluate("document.documentElement.lang") == "en"
    assert "/doc/action/vap-sg-2020/11" in tab.page.url


@pytest.mark.parametrize(
    "path", ["/doc/action/vap-sg-2020/11", "/list/Action", "/query/context-figures", "/releases/", "/"]
)
def test_print(tab: Tab, path: str) -> None:
    """On paper the menu, the search and the facets are gone, what was folded is there, and how the page is
    cited with its permanent link.
    """
    tab.open(path)
    tab.page.emulate_media(media="print")
    for gone in ("nav.menu", ".find", ".facets"):
        assert not [one for one in tab.page.locator(gone).all() if one.is_visible()], gone
    assert tab.page.locator("h1").is_visible()
    assert tab.page.locator("[rel=bookmark]").is_visible()
    assert not tab.page.locator(".cite pre").is_visible()
    assert tab.overflow() <= 0


def test_attacks_do_not_run(chromium: Any, tmp_path: Path) -> None:
    """A release that is full of attacks runs nothing in a browser, even without the policy of the service."""
    out = tmp_path / "releases"
    release.publish(
        small_project.make(tmp_path, title="<img src=x onerror=alert(1)><script>alert(2)</script>"), out
    )
    with serving.serving(out, tmp_path / "log") as served:
        tab = Tab(chromium, served, bypass_csp=True)
        dialogs: list[str] = []

        def dismiss(dialog: Any) -> None:
            dialogs.append(dialog.message)
            dialog.dismiss()

        tab.page.on("dialog", dismiss)
        for path in (
            "/doc/action/p/1",
            "/doc/plan/p",
            "/list/Action",
            "/search?q=alert",
            "/releases/2026.1/",
        ):
            answer = tab.open(path)
            assert answer.status == 200
            assert re.search("&lt;img|alert|p", answer.text())
            tab.page.wait_for_timeout(50)
        assert dialogs == []
        tab.context.close()
