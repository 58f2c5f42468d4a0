"""What pages of things say and how: in words, without repeats, short enough to read on a telephone."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import cast
from urllib.parse import quote

import pytest
import serving
from pyoxigraph import Literal

from gbvkg.vocabulary import BASE, LANGUAGES, packaged_root
from gbvkg.web.pages import shapes
from gbvkg.web.pages.describing import Describer
from gbvkg.web.pages.said import Said
from gbvkg.web.pages.terms import Terms
from gbvkg.web.pages.thing import ThingPage
from gbvkg.web.pages.views import Section, views
from gbvkg.web.site import Bindings, Site

PLAN = "/doc/plan/vap-ggg-2025"
DEMIR = "5fed907ee6670526694a0714"
FIELD = "http://themis.vlaanderen.be/id/beleidsveld/76e7a84a-868a-4a7e-9cfc-7612219e6509"

MEASURED = """PREFIX gbv: <https://w3id.org/gbvkg/ns#>
SELECT ?action WHERE {
  ?action gbv:hasIndicator ?indicator ; gbv:primaryObjective ?main ; gbv:contributesTo ?main .
  ?indicator gbv:unit ?unit ; gbv:hasBaseline/gbv:value ?value .
} ORDER BY ?action LIMIT 1"""

COMPLETE = """PREFIX gbv: <https://w3id.org/gbvkg/ns#>
PREFIX dcat: <http://www.w3.org/ns/dcat#>
SELECT ?action WHERE {
  ?action gbv:leadResponsibility/dcat:endDate ?end ; gbv:hasIndicator/gbv:hasBaseline ?baseline .
  ?statement gbv:aboutAction ?action ; gbv:hasEvidence ?evidence .
} ORDER BY ?action LIMIT 1"""


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[serving.Served]:
    with serving.serving(serving.released(), tmp_path_factory.mktemp("content") / "log") as served:
        yield served


@pytest.fixture(scope="module")
def fictional(tmp_path_factory: pytest.TempPathFactory) -> Iterator[serving.Served]:
    """The fictional plan, which has 115 actions with leads, indicators and progress."""
    project = packaged_root() / "examples" / "fictional-plan"
    with serving.serving(serving.released(project), tmp_path_factory.mktemp("plan") / "log") as served:
        yield served


def html(served: serving.Served, path: str) -> str:
    answer = served.get(path, accept="text/html")
    assert answer.status_code == 200, answer.text
    return answer.text


def text_of(found: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", found).split())


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        ("nl", "Aangekondigde acties: 115. Hier opgenomen: 0."),
        ("en", "Declared actions: 115. Held here: 0."),
    ],
)
def test_a_plan_says_how_much_of_it_is_held(real: serving.Served, lang: str, said: str) -> None:
    """Declared 115, held so many; of a plan that declares no number, that it is not known."""
    assert said in text_of(html(real, f"{PLAN}?lang={lang}"))
    unknown = {"nl": "Aangekondigde acties: niet bekend", "en": "Declared actions: not known"}[lang]
    assert unknown in text_of(html(real, f"/doc/plan/vap-sg-2020?lang={lang}"))


def test_long_parts_are_folded(real: serving.Served) -> None:
    """A plan opens with what is asked most; the rest, evidence and what is over unfold, and are all there."""
    page = html(real, f"{PLAN}?lang=nl")
    for name in ("evaluation", "decision", "context"):
        section = re.search(rf'<section id="{name}">\s*<details class="part"><summary><h2>', page)
        assert section, name
    assert re.search(r'<section id="objectives">\s*<h2>', page)
    assert page.count('<details class="more"><summary>Bewijs ') > 5
    assert "In 2029 wordt een eindevaluatie met impactanalyse opgemaakt." in text_of(page)
    over = html(real, "/doc/plan/vap-sg-2020?lang=nl")
    assert re.search(r'<details class="more"><summary>Voorbij bij deze release <span class="count">\d', over)


def test_headings_are_words_not_properties(real: serving.Served) -> None:
    """No heading is the label of a property that begins with “heeft” or “has”."""
    for lang, verb in (("nl", "heeft "), ("en", "has ")):
        for path in (PLAN, "/doc/action/vap-sg-2020/11", "/doc/question/354-2021"):
            page = html(real, f"{path}?lang={lang}")
            heads = re.findall(r'<h2>(.*?)</h2>|<p class="nested">(.*?)</p>|<summary>(.*?)<', page)
            assert heads
            assert not [head for head in heads if "".join(head).lower().startswith(verb)], path


def test_a_policy_field_has_a_kind_a_list_and_its_ministers(real: serving.Served) -> None:
    """What mandates and responsibilities name as their field is called a policy field, has a list of its own
    that the home page leads to, and says who is and was competent.
    """
    page = text_of(html(real, f"/about?iri={quote(FIELD, safe='')}&lang=nl"))
    assert "beleidsveld Gelijke kansen" in page
    assert "Ministers die dit beleidsveld in hun portefeuille hebben of hadden" in page
    assert "Caroline Gennez" in page
    assert 'href="/list/PolicyField?lang=nl"' in html(real, "/?lang=nl")
    assert "Policy fields" in text_of(html(real, "/list/PolicyField?lang=en"))
    rows = real.get("/list/PolicyField.csv").content.decode("utf-8-sig").splitlines()
    assert rows[0].startswith("naam,IRI,")
    assert f"Gelijke kansen en integratie en inburgering,{FIELD}," in "".join(rows)
    scheme = text_of(html(real, "/doc/concept/violence-form/EGG?lang=nl"))
    assert "beleidsveld" not in scheme.lower()


@pytest.mark.parametrize(
    ("lang", "lines"),
    [
        (
            "nl",
            ("Recentst: 9.045 oproepen (totaal), 2022", "Recentst: 3 metingen, 2018",
             "Recentst: 131 registraties (per maand), 2017-10-25 \u2013 2022-12-31"),
        ),
        (
            "en",
            ("Latest: 9,045 calls (total), 2022", "Latest: 3 observations, 2018",
             "Latest: 131 registrations (per month), 2017-10-25 \u2013 2022-12-31"),
        ),
    ],
)  # fmt: skip
def test_a_list_of_figures_says_the_latest(
    real: serving.Served, fictional: serving.Served, lang: str, lines: tuple[str, ...]
) -> None:
    """The value with its unit, what it is of and its period; of several in that period how many; the same in
    columns of the file; and that none is known.
    """
    page = html(real, f"/list/ContextIndicator?lang={lang}")
    assert all(f"<p>{line}</p>" in page for line in lines)
    text = real.get(f"/list/ContextIndicator.csv?lang={lang}").content.decode("utf-8-sig")
    rows = {row["IRI"].rpartition("/")[2]: row for row in csv.DictReader(io.StringIO(text))}
    heads = ("Waarde", "Eenheid", "Periode") if lang == "nl" else ("Value", "Unit", "Period")
    assert [rows["1712-calls"][head] for head in heads] == ["9045", lines[0].split()[2], "2022"]
    assert [rows["police-physical-partner-violence"][head] for head in heads] == ["", "", "2018"]
    word = {"nl": "Recentst: ", "en": "Latest: "}[lang]
    none = {"nl": "Meting: niet bekend.", "en": "Observation: not known."}[lang]
    pages = fictional.get("/list/QuantitativeIndicator?page=999").json()["pages"]
    assert word in html(fictional, f"/list/QuantitativeIndicator?lang={lang}")
    assert none in html(fictional, f"/list/QuantitativeIndicator?page={pages}&lang={lang}")


def test_context_figures_are_drawn_and_say_their_unit_once(real: serving.Served) -> None:
    """An indicator with several observations has a chart; a unit that is that of the indicator is not said in
    every row; figures without a course are not drawn.
    """
    page = html(real, "/doc/indicator/vap-ggg-2025/1712-calls?lang=nl")
    course = re.search(r'<section id="course">.*?</section>', page, re.DOTALL)
    assert course
    assert "31 december 2022: 9.045" in text_of(course[0])
    assert "<polyline" in course[0]
    assert page.count(">oproepen</a>") == 1
    for name in ("1712-calls-by-minors", "zsg-victims-share"):  # one figure; many, all of one day
        assert 'id="course"' not in html(real, f"/doc/indicator/vap-ggg-2025/{name}?lang=nl")


def test_a_minister_has_mandates_and_what_she_is_responsible_for(real: serving.Served) -> None:
    """The page of a person lists her mandates with their dates, and plans and actions with her role."""
    page = text_of(html(real, "/doc/person/5fed907ee6670526694a0714?lang=nl"))
    assert "Zuhal Demir, Vlaams minister van Onderwijs, Justitie en Werk (sinds 2026-01-21)" in page
    assert "coördinerende minister" in page
    mandate = text_of(html(real, "/doc/mandate/a46880fa-1beb-4c69-9052-09d3bfeea5b8?lang=en"))
    assert "Responsible for" in mandate


@pytest.mark.parametrize(
    ("path", "count", "name", "parameter"),
    [
        (f"/doc/person/{DEMIR}", 2, "actions-of-minister", "person"),
        ("/doc/plan/vap-sg-2020", 20, "actions", "plan"),
        (f"/about?iri={quote(FIELD, safe='')}", 2, "actions-of-minister-for-field", "field"),
        ("/doc/concept/target-group/children", 1, "actions-for-target-group", "group"),
    ],
    ids=["minister", "plan", "field", "group"],
)
def test_a_thing_leads_to_the_questions_about_it(
    real: serving.Served, path: str, count: int, name: str, parameter: str
) -> None:
    """Each with the thing filled in, so that the link is the answer; what belongs to a thing has none."""
    page = html(real, f"{path}{'&' if '?' in path else '?'}lang=nl")
    links = re.findall(r'<li><a href="(/query/[^"]+)">([^<]+)</a>', page.partition('id="asked-about"')[2])
    assert len(links) >= count
    (address,) = [href for href, _ in links if re.match(rf"/query/{name}\?", href)]
    answer = html(real, address.replace("&amp;", "&"))
    assert f'name="{parameter}"' in answer
    assert " selected>" in answer or re.search(rf'name="{parameter}"[^>]* value="[^"]+"', answer)
    assert 'id="answer"' in answer
    assert 'id="asked-about"' not in html(real, "/doc/responsibility/vap-sg-2020/11/involved-1?lang=nl")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_ontology_is_found_by_an_index_and_says_its_header_once(real: serving.Served, lang: str) -> None:
    """At its top is an index of all terms; what the top says is not said again; every property has a name."""
    page = html(real, f"/doc/ns?lang={lang}")
    index = re.search(r'<nav class="contents".*?</nav>', page, re.DOTALL)
    assert index
    anchors = re.findall(r'href="#([^"]+)"', index[0])
    assert len(anchors) == len(set(anchors)) == len(re.findall(r'<div class="term" id="', page))
    assert "Preferred namespace" not in page
    assert "version iri" not in page.lower()
    lead = re.search(r'<p class="lead">(.*?)</p>', page)
    assert lead
    assert page.count(f">{lead[1]}<") == 1


def test_a_class_that_only_a_view_knows() -> None:
    """It has names, a pattern that finds its things, and no IRI among the terms of the ontology."""
    iri = f"{BASE}list/PolicyField"
    assert Terms({}, []).label(iri, "en") == "policy field"
    assert views().pattern(iri).startswith("?any <")
    assert views().pattern("https://x.example/a") == "?thing a <https://x.example/a> ."
    with pytest.raises(ValueError, match="IRI"):
        views().pattern("https://x.example/a> ?b ?c . <")


def test_many_actions_stay_readable(fictional: serving.Served) -> None:
    """Of a whole plan the actions of each objective unfold, and a long table too; all of them are there."""
    page = html(fictional, "/doc/plan/vap-fictief?lang=nl")
    assert page.count('<summary>Wat eronder valt <span class="count">') > 5
    tree = re.search(r'<section id="objectives">.*?</section>', page, re.DOTALL)
    assert tree
    assert len(set(re.findall(r'href="/doc/action/[^"]+', tree[0]))) == 115
    assert re.search(r'<section id="progress">\s*<details class="part"><summary><h2>', page)
    small = html(fictional, "/doc/objective/vap-fictief/OD-1.1?lang=nl")
    assert "Wat eronder valt" not in small
    assert re.search(r'<section id="actions">\s*<h2>', small)


def test_what_an_action_says_it_says_once(fictional: serving.Served) -> None:
    """The main objective is not said again among those it contributes to; a number has its unit beside it,
    and a part that is called as its heading has one of the two.
    """
    rows = fictional.sparql(MEASURED, accept="text/csv").text.split()
    page = html(fictional, f"/doc/{rows[1].partition('/id/')[2]}?lang=nl")
    place = re.search(r'<section id="place">.*?</section>', page, re.DOTALL)
    assert place
    targets = re.findall(r'<a href="(/doc/objective/[^"?]+)', place[0])
    assert targets
    assert len(targets) == len(set(targets))
    numbers = re.findall(r">waarde</a></dt><dd><span>[\d.,]+</span>( <small>[^<]+</small>)?", page)
    assert numbers
    assert all(numbers)
    assert '<p class="nested">nulmeting</p>' not in page


def test_a_table_that_is_cut_says_so() -> None:
    """As many rows as the question asks at most may be not all; fewer are all."""
    section = Section("x", {"nl": "X"}, "table", query="SELECT ?a WHERE { ?a ?b ?c } LIMIT 2\n")
    for count, cut in ((1, 0), (2, 2)):
        describer = Describer(cast(Site, SimpleNamespace(base="")), Terms({}, []), "x:a", "nl")
        shown = ThingPage(describer, Said("x:a", {}, []))
        rows: list[Bindings] = [{"a": Literal(str(number))} for number in range(count)]
        part = shown._part(section, [], {"x": rows})
        assert part.cut == cut
        assert not part.is_folded


PARTS = {
    "nl": (
        "Wie trekt", "voorbij bij deze release", "bij deze release van kracht", "Wie is betrokken",
        "Voortgang", "Bewijs", "Indicatoren", "nulmeting", "streefwaarde", "Fiche en plan van aanpak",
        "Geschiedenis", "Gegevens van deze pagina", "Open in SPARQL", "curl", "Python", "R", "Power Query",
        "Citeer deze pagina",
    ),
    "en": (
        "Who leads", "over at this release", "in force at this release", "Who is involved", "Progress",
        "Evidence", "Indicators", "baseline", "target", "Fiche and approach", "History", "Data of this page",
        "Open in SPARQL", "curl", "Python", "R", "Power Query", "Cite this page",
    ),
}  # fmt: skip


@pytest.mark.parametrize("lang", LANGUAGES)
def test_an_action_has_all_its_parts(fictional: serving.Served, lang: str) -> None:
    """Fiche, lead now and then, involved, indicators with values, progress with evidence, links, raw data,
    history, SPARQL and code to copy; the parts that it has stand in an index at the top.
    """
    rows = fictional.sparql(COMPLETE, accept="text/csv").text.split()
    path = f"/doc/{rows[1].partition('/id/')[2]}"
    page = html(fictional, f"{path}?lang={lang}")
    text = text_of(page)
    missing = [part for part in PARTS[lang] if part.lower() not in text.lower()]
    assert missing == []
    for extension in ("ttl", "jsonld", "nt", "rdf", "csv"):
        assert f'href="{path}.{extension}"' in page
    index = re.search(r'<nav class="contents".*?</nav>', page, re.DOTALL)
    assert index
    for anchor in re.findall(r'href="#([^"]+)"', index[0]):
        assert f'id="{anchor}"' in page


def test_from_plan_to_action(fictional: serving.Served) -> None:
    """A plan leads to its strategic objectives, these to operational ones, these to actions; and back."""
    steps = ["/doc/plan/vap-fictief", "/doc/objective/vap-fictief/SD-1", "/doc/objective/vap-fictief/OD-1.1"]
    for above, below in pairwise(steps):
        assert f'href="{below}?lang=nl"' in html(fictional, f"{above}?lang=nl")
        assert f'href="{above}?lang=nl"' in html(fictional, f"{below}?lang=nl")
    assert re.search(r'href="/doc/action/vap-fictief/\d+\?lang=nl"', html(fictional, f"{steps[2]}?lang=nl"))


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/doc/concept/violence-form/IFG", ("Acties die deze vorm aanpakken", "intrafamiliaal geweld")),
        ("/doc/concept/target-group/children", ("Acties voor deze doelgroep", "kinderen")),
        ("/doc/conceptscheme/violence-role", ("Begrippen", "slachtoffer")),
    ],
)
def test_forms_groups_and_lists(fictional: serving.Served, path: str, said: tuple[str, ...]) -> None:
    """A form and a group have the actions that are about them, a code list its concepts."""
    page = html(fictional, f"{path}?lang=nl")
    assert [part for part in said if part not in text_of(page)] == []
    if "violence-form" in path or "target-group" in path:
        assert re.search(r'href="/doc/action/vap-fictief/\d+\?lang=nl"', page)


def test_a_notation_that_is_the_label_is_said_once(real: serving.Served) -> None:
    """In a code list a notation stands before a label only where it says something else."""
    roles = html(real, "/doc/conceptscheme/violence-role?lang=en")
    assert '<span class="mark">bystander</span>' not in roles
    assert '<span class="mark">relative</span>' in roles
    assert '<span class="mark">EGG</span>' in html(real, "/doc/conceptscheme/violence-form?lang=nl")


def test_question_answer_and_organisation(real: serving.Served) -> None:
    """A question has its parts and answer, an answer what it answers, an organisation what points at it."""
    question = text_of(html(real, "/doc/question/354-2021?lang=nl"))
    assert "Wie vraagt wat aan wie" in question
    assert question.count("Deelvraag ") >= 3
    assert "Antwoord op schriftelijke vraag 354" in question
    answer = text_of(html(real, "/doc/answer/354-2021/answer?lang=en"))
    assert "Answer to" in answer
    organisation = quote("https://data.vlaanderen.be/id/organisatie/OVO049152", safe="")
    assert "Wat hiernaar verwijst" in text_of(html(real, f"/about?iri={organisation}&lang=nl"))


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        (
            "nl",
            (
                "Wie is nu bevoegd",
                "Bevoegd zijn voor een beleidsveld is niet hetzelfde als deze actie trekken",
                "Bij deze release bevoegd voor Binnenlands bestuur en stedenbeleid: Hilde Crevits",
                "het einde, 16 mei 2022, is dat van het mandaat",
            ),
        ),
        (
            "en",
            (
                "Who is competent now",
                "Being competent for a policy field is not the same as leading this action",
                ": Hilde Crevits, in a mandate that began on",
                "the end, 16 May 2022, is that of the mandate",
            ),
        ),
    ],
)
def test_an_action_says_who_is_competent_now(real: serving.Served, lang: str, said: tuple[str, ...]) -> None:
    """For each field of an involvement the ministers from then to now, and that this is not the lead; that an
    involvement ended with its mandate; where no source names a field, that it is not known.
    """
    page = html(real, f"/doc/action/vap-sg-2020/11?lang={lang}")
    assert [words for words in said if words not in text_of(page)] == []
    section = text_of(page[page.index('<section id="competent"') :].partition("</section>")[0])
    ministers = ("Bart Somers, ", "Gwendolyn Rutten, ", "Lydia Peeters, ", "Hilde Crevits, ")
    places = [section.rindex(name) for name in ministers]
    assert places == sorted(places)
    assert section.count("Bart Somers, ") == 3, "nothing of before the mandate of the involvement"
    unknown = {
        "nl": "Niet bekend: geen bron zegt voor welk beleidsveld",
        "en": "Not known: no source says for which",
    }
    assert unknown[lang] in text_of(html(real, f"/doc/action/vap-sg-2020/r01?lang={lang}"))


@pytest.mark.parametrize(
    ("lang", "of_action", "of_objective"),
    [
        (
            "nl",
            (
                "OD 1.4",
                "zekerheid 0,7 op",
                "afstemming van de redactie",
                "geen uitspraak van een van de plannen",
            ),
            ("Vlaams actieplan ter bestrijding van seksueel geweld 2020-2024", "afstemming van de redactie"),
        ),
        (
            "en",
            ("OD 1.4", "confidence 0.7 on", "alignment by the editors", "not a statement of either plan"),
            ("Flemish action plan to combat sexual violence", "alignment by the editors"),
        ),
    ],
)
def test_a_relation_to_another_plan_is_an_alignment_of_the_editors(
    real: serving.Served, lang: str, of_action: tuple[str, ...], of_objective: tuple[str, ...]
) -> None:
    """With code and plan of the objective, the confidence, and that no plan says it; the objective names the
    plan of an action of another one.
    """
    page = html(real, f"/doc/action/vap-sg-2020/11?lang={lang}")
    section = text_of(page[page.index('<section id="succession"') :].partition("</section>")[0])
    reasons = {"nl": "geen van beide bronnen vermeldt de andere", "en": "neither source mentions the other"}
    assert [words for words in (*of_action, reasons[lang]) if words not in section] == []
    assert [other for other, words in reasons.items() if words in section] == [lang]
    assert f'/doc/plan/vap-ggg-2025?lang={lang}"' in page
    page = html(real, f"/doc/objective/vap-ggg-2025/OD-1.4?lang={lang}")
    section = text_of(page[page.index('<section id="actions"') :].partition("</section>")[0])
    assert [words for words in of_objective if words not in section] == []


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        ("nl", "Hetzelfde verband tussen dezelfde dingen staat er één keer."),
        ("en", "The same relation between the same things is given once."),
    ],
)
def test_rules_are_told_as_demands(real: serving.Served, lang: str, said: str) -> None:
    """The documentation of the ontology says what a rule asks for, not what is said when data do not do so,
    and shows no variable of a message.
    """
    page = text_of(html(real, f"/doc/ns?lang={lang}"))
    assert said in page
    assert not re.findall(r"\{[?$]\w+\}", page)


def test_a_rule_without_description_has_its_message_without_variables(tmp_path: Path) -> None:
    """A shape of somebody else may only have a message."""
    (tmp_path / "own.ttl").write_text(
        """@prefix sh: <http://www.w3.org/ns/shacl#> . @prefix x: <http://x/> .
        x:s sh:targetClass x:C ; sh:sparql x:r .
        x:r sh:name "Regel"@nl ; sh:message "Hier staat {?value}, en {$this}."@nl .""",
        "utf-8",
    )
    assert [rule.demand for rule in shapes.read(tmp_path)] == [{"nl": "Hier staat …, en …."}]


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        ("nl", "het antwoord gaat over deze deelvraag maar beantwoordt ze niet"),
        ("en", "the answer is about this part but does not answer it"),
    ],
)
def test_a_question_says_what_remained_unanswered(real: serving.Served, lang: str, said: str) -> None:
    """Of question 354 parts 2 and 3, as the query of unanswered parts says; part 1 was answered."""
    page = html(real, f"/doc/question/354-2021?lang={lang}")
    section = text_of(page[page.index('<section id="unanswered"') :].partition("</section>")[0])
    assert section.count(said) == 2
    word = {"nl": "Deelvraag", "en": "Part"}[lang]
    assert f"{word} 1:" not in section
    assert f"{word} 2:" in section
    assert f"{word} 3:" in section
