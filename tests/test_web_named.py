"""The named queries over HTTP: every format, refusal and page, the OpenAPI document, and what fuzzing finds.

All of it asks a running service: one over the real data, and one over a small project, under a path prefix,
with queries that the real data has no need of.
"""

from __future__ import annotations

import csv
import io
import os
import re
import socket
import subprocess
import sys
import time
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree

import pytest
from chromium import needs_axe, violations
from pyoxigraph import RdfFormat, parse

from gbvkg import release
from gbvkg.formats import XLSX
from gbvkg.project import Project
from gbvkg.queries import Catalogue, Query
from gbvkg.vocabulary import BASE, LANGUAGES, packaged_root
from gbvkg.web.choices import Choices
from gbvkg.web.query_api import offered
from gbvkg.web.site import Site
from gbvkg.web.sparql import GRAPHS, TABLES
from tests.serving import Served, serving
from tests.small_project import make

PLAN = "https://w3id.org/gbvkg/id/plan/vap-sg-2020"
ACTION = "action/vap-sg-2020/11"
TRIAL = {
    "many": """#+ summary: {nl: Heel veel rijen, en: Very many rows}
#+ description: {nl: "Meer dan <b>een</b> pagina.", en: More than one page.}
#+ columns: {a: {nl: a, en: a}, b: {nl: b, en: b}, c: {nl: c, en: c}}
#+ stability: stable
SELECT ?a ?b ?c
WHERE {
  { SELECT DISTINCT ?a WHERE { ?a ?p ?o . FILTER(ISIRI(?a)) } ORDER BY ?a LIMIT 18 }
  { SELECT DISTINCT ?b WHERE { ?b ?q ?r . FILTER(ISIRI(?b)) } ORDER BY ?b LIMIT 18 }
  { SELECT DISTINCT ?c WHERE { ?c ?s ?t . FILTER(ISIRI(?c)) } ORDER BY ?c LIMIT 18 }
}
ORDER BY ?a ?b ?c
""",
    "types": """#+ summary: {nl: Elk soort waarde, en: Every kind of value}
#+ columns: {name: {nl: naam, en: name}, value: {nl: waarde, en: value}}
#+ chart: {kind: bar, x: name, y: value}
#+ stability: experimental
PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>
SELECT ?name ?value
WHERE {
  VALUES (?name ?value) {
    ("a formula" "=1+1") ("b at" "@SUM(A1)") ("c link" <https://elsewhere.example/x>)
    ("d script" <javascript:alert(1)>) ("e date" "2026-03-01"^^xsd:date) ("f old" "1890-01-01"^^xsd:date)
    ("g whole" 12) ("h decimal" 12.5) ("i long" 12345678901234567890) ("j true" true)
    ("k tag" "<script>x</script>"@nl) ("l none" UNDEF) ("m digits" "0471")
    ("n address" "https://elsewhere.example/y") ("o no number" "many"^^xsd:integer)
  }
}
ORDER BY ?name
""",
    "endless": """#+ summary: {nl: Nooit klaar, en: Never done}
#+ columns: {n: {nl: aantal, en: number}}
#+ stability: experimental
SELECT (COUNT(*) AS ?n)
WHERE { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l . ?m ?o ?p . ?q ?r ?s }
ORDER BY ?n
""",
    "held": """#+ summary: {nl: Is er een actie?, en: Is there an action?}
#+ stability: stable
PREFIX gbv: <https://w3id.org/gbvkg/ns#>
ASK { ?action a gbv:Action }
""",
    "long": """#+ summary: {nl: Een lange tekst, en: A long text}
#+ columns: {text: {nl: tekst, en: text}}
#+ stability: stable
SELECT ?text
WHERE {
  BIND("0123456789012345678901234567890123456789012345678901234567890123" AS ?one)
  BIND(CONCAT(?one, ?one, ?one, ?one, ?one, ?one, ?one, ?one) AS ?two)
  BIND(CONCAT(?two, ?two, ?two, ?two, ?two, ?two, ?two, ?two) AS ?three)
  BIND(CONCAT(?three, ?three, ?three, ?three, ?three, ?three, ?three, ?three, ?one) AS ?text)
}
ORDER BY ?text
""",
}


@pytest.fixture(scope="module")
def served(real: Served) -> Served:
    """The real data."""
    return real


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The small project with the queries of ``TRIAL``, under a prefix."""
    root = tmp_path_factory.mktemp("named-small")
    make(root)
    for name, text in TRIAL.items():
        path = root / "queries" / "own-topic" / f"{name}.rq"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, "utf-8")
    release.publish(Project.open(root), root / "releases")
    with serving(root / "releases", root / "log", prefix="/kg") as found:
        yield found


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return Catalogue(Project.open(packaged_root()))


@pytest.fixture(scope="module")
def openapi(served: Served) -> dict[str, Any]:
    found: dict[str, Any] = served.get("/openapi.json").json()
    return found


def _queries(catalogue: Catalogue) -> list[Query]:
    return [catalogue.get(name) for name in catalogue.names()]


def _least(query: Query) -> dict[str, str]:
    """The examples of what is required."""
    return {name: query.parameters[name].example for name in query.required}


def _page(served: Served, path: str, status: int = 200) -> str:
    answer = served.get(path, accept="text/html")
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    return answer.text


# Formats


def test_every_query_answers_in_every_format_that_is_described(
    served: Served, catalogue: Catalogue, openapi: dict[str, Any]
) -> None:
    """By Accept and by ?format=, and what comes is what the description says."""
    for query in _queries(catalogue):
        described = openapi["paths"][f"/query/{query.name}"]["get"]["responses"]["200"]["content"]
        assert list(described) == [format.media_type for format in offered(query)]
        for format in offered(query):
            path = f"/query/{query.name}"
            asked = served.client.get(path, params=_least(query) | {"format": format.name})
            preferred = served.client.get(path, params=_least(query), headers={"Accept": format.media_type})
            assert (asked.status_code, preferred.status_code) == (200, 200), (path, format.name, asked.text)
            for answer in (asked, preferred):
                assert answer.headers["content-type"].partition(";")[0] == format.media_type


def test_all_formats_say_the_same(served: Served) -> None:
    """CSV, JSON and the workbook have the same rows in the same order."""
    path = "/query/actions-taken-up"
    table = list(csv.reader(io.StringIO(served.get(f"{path}?format=csv").text)))
    found = served.get(path).json()
    assert table[0] == found["head"]["vars"]
    assert len(table) - 1 == len(found["results"]["bindings"])
    assert len(_cells(served.get(f"{path}?format=xlsx").content)) == len(table)


def test_a_graph_comes_as_rdf(served: Served) -> None:
    """CONSTRUCT: Turtle without a preference, N-Quads when asked, never CSV."""
    path = f"/query/action-dossier?action={ACTION}"
    assert served.get(path).headers["content-type"] == "text/turtle; charset=utf-8"
    quads = served.get(f"{path}&format=nq").content
    assert len(list(parse(quads, format=RdfFormat.N_QUADS))) > 10
    refused = served.get(f"{path}&format=csv")
    assert refused.status_code == 406
    assert {"format": "ttl", "media_type": "text/turtle"} in refused.json()["alternatives"]


def test_yes_or_no(small: Served) -> None:
    """ASK: JSON, text formats and a page; no workbook."""
    assert small.get("/query/held").json()["boolean"] is True
    assert "<strong>ja</strong>" in _page(small, "/query/held?lang=nl")
    assert small.get("/query/held?format=xlsx").status_code == 406


def test_tables_are_saved_under_a_name_with_the_version(served: Served) -> None:
    """Content-Disposition for csv, tsv and xlsx; JSON is shown."""
    for name in ("csv", "tsv", "xlsx"):
        said = served.get(f"/query/plan-overview?format={name}").headers["content-disposition"]
        assert re.fullmatch(rf'attachment; filename="plan-overview-[^"/]+\.{name}"', said)
    assert "content-disposition" not in served.get("/query/plan-overview").headers


# Caching


def test_an_answer_has_a_strong_tag_of_the_release_and_what_was_asked(served: Served) -> None:
    """304 for who has it; another value, format or query gives another tag, another spelling does not."""
    path = f"/query/actions?plan={PLAN}"
    answer = served.get(path)
    tag = answer.headers["etag"]
    assert re.fullmatch(r'"[0-9a-f]{32}"', tag)
    assert answer.headers["cache-control"] == "public, max-age=0, must-revalidate"
    assert answer.headers["vary"] == "Accept, Accept-Language"
    assert '</query/actions.rq>; rel="describedby"' in answer.headers["link"]
    again = served.get(path, if_none_match=tag)
    assert (again.status_code, again.content) == (304, b"")
    assert served.get("/query/actions?plan=plan/vap-sg-2020", if_none_match=tag).status_code == 304
    others = ("/query/actions", f"{path}&format=csv", "/query/plan-overview")
    assert len({tag, *(served.get(other).headers["etag"] for other in others)}) == 4
    page = served.get(path, accept="text/html").headers["etag"]
    assert served.get(path, accept="text/html", if_none_match=page).status_code == 304


def test_head_says_what_get_says(served: Served) -> None:
    """LibreOffice asks HEAD first."""
    for path in ("/query/", "/query/actions?format=csv", "/query/actions.rq"):
        head, got = served.client.head(path), served.get(path)
        assert (head.status_code, head.content) == (200, b"")
        for name in ("etag", "content-type"):
            assert head.headers[name] == got.headers[name]


def test_the_text_of_a_query_is_its_file(served: Served, catalogue: Catalogue) -> None:
    """Header and all, as application/sparql-query."""
    answer = served.get("/query/actions.rq")
    assert answer.headers["content-type"] == "application/sparql-query"
    assert answer.text == catalogue.get("actions").text


# Refusals


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("/query/actoins", 404, "/query/actions"),
        ("/query/actoins.rq", 404, "/query/actions"),
        ("/query/zzzzzzzz", 404, "/query/"),
        ("/query/actions?plann=x", 400, 'Did you mean "plan"?'),
        ("/query/actions?zzz=x", 400, "There are: "),
        ("/query/actions-of-minister?minister=x", 400, "here. There are: person, plan, format"),
        ("/query/actions-of-minister?citee=x", 400, "here. There are: person, plan, format"),
        ("/query/actions-of-minister?relaese=2026.1", 400, 'Did you mean "release"? There are: person'),
        ("/query/actions?plan=x", 400, "is not a complete IRI"),
        (f"/query/actions?plan={PLAN}&plan={PLAN}", 400, "more than once"),
        ("/query/actions?lang=fr", 400, "choose from nl, en"),
        ("/query/?lang=fr", 400, "choose from nl, en"),
        ("/query/progress-board?date=2021-02-30", 400, "is not an existing date"),
        ("/query/actions-without-recent-progress?months=six", 400, "is not an integer"),
        ("/query/action-dossier", 400, "is missing"),
        ("/query/actions?plan=", 400, "is not a complete IRI"),
        ("/query/actions?format=", 406, "csv (text/csv)"),
        ("/query/actions?format=pdf", 406, "csv (text/csv)"),
        ("/query/?format=csv", 406, "json (application/json)"),
    ],
)
def test_what_is_wrong_is_refused_with_what_is_right(
    served: Served, path: str, status: int, said: str
) -> None:
    """RFC 9457 problems in both languages."""
    answer = served.get(path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == status
    assert said in problem["detail_en"]
    assert problem["detail"] != problem["detail_en"]


LEAD = "/query/lead-of-action-on-date?action="


def test_what_the_release_does_not_know_is_named_with_what_is_near(served: Served) -> None:
    """In every format for machines as a problem, on the page above the answer; never an empty one."""
    for name in ("json", "csv", "xlsx"):
        answer = served.get(f"{LEAD}action/vap-sg-2020/99&format={name}", if_none_match="*")
        assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
        problem = answer.json()
        assert problem["type"].endswith("/unknown-thing")
        assert "action/vap-sg-2020/99 komt in deze release niet voor. Bedoelde u" in problem["detail"]
        assert "action/vap-sg-2020/99 is not in this release. Did you mean" in problem["detail_en"]
        assert problem["suggestions"]
        for near in problem["suggestions"]:
            assert near.startswith("/query/lead-of-action-on-date?action=action%2Fvap-sg-2020%2F")
            assert served.get(near).json()["results"]["bindings"]
    page = _page(served, f"{LEAD}action/vap-sg-2020/99&lang=nl")
    assert "action/vap-sg-2020/99 komt in deze release niet voor. Bedoelde u action/vap-sg-2020/" in page
    elsewhere = served.get(f"{LEAD}https://elsewhere.example/x")
    assert (elsewhere.status_code, elsewhere.json()["detail_en"]) == (
        404, 'Parameter "action": https://elsewhere.example/x is not in this release.',
    )  # fmt: skip


def test_what_a_list_shows_in_brackets_can_be_typed(served: Served) -> None:
    """The kind is that of the parameter; the answer is the same, and the page chooses the thing."""
    whole = served.get(f"{LEAD}{ACTION}")
    short = served.get(f"{LEAD}{ACTION.removeprefix('action/')}")
    assert (short.status_code, short.content) == (200, whole.content)
    assert short.headers["etag"] == whole.headers["etag"]
    plan = served.get(f"/query/actions?plan={PLAN}")
    assert served.get("/query/actions?plan=vap-sg-2020").content == plan.content
    page = _page(served, "/query/actions?plan=vap-sg-2020&lang=nl")
    assert '<option value="plan/vap-sg-2020" selected>' in page
    missing = served.get(f"{LEAD}vap-sg-2020/99")
    assert missing.status_code == 404
    assert "Bedoelde u action/vap-sg-2020/" in missing.json()["detail"]


def test_a_value_is_a_term_and_never_text(served: Served, catalogue: Catalogue) -> None:
    """Quotes, braces and escapes in a string end up in the string: nothing is called so."""
    parameters = catalogue.get("prevention-only-pairs").parameters.values()
    name = next(row.name for row in parameters if row.type == "string")
    plain = served.client.get("/query/prevention-only-pairs", params={name: "no such notation"})
    assert plain.status_code == 200
    for value in ('" } #', "\\u0022", "x'''\n", 'SD 1") UNION { ?s ?p ?o } #', "$plan"):
        answer = served.client.get("/query/prevention-only-pairs", params={name: value})
        assert (answer.status_code, answer.content) == (200, plain.content)


def test_only_get_and_head(served: Served) -> None:
    """405 with Allow for anything else."""
    answer = served.client.post("/query/actions", content=b"")
    assert answer.status_code == 405
    assert "GET" in answer.headers["allow"]


def test_a_missing_slash_is_no_other_address(small: Served) -> None:
    """Under the prefix, and without a host."""
    answer = small.get("/query")
    assert (answer.status_code, answer.headers["location"]) == (308, "/kg/query/")
    answer = small.get("/query?release=2026.1&lang=en&x=1")
    assert answer.headers["location"] == "/kg/query/?release=2026.1&lang=en"


def test_who_hangs_up_frees_the_worker(small: Served) -> None:
    """More slow questions than one client may have running, each left: the next one is answered at once."""
    at = urlsplit(small.url)
    for _ in range(2 * (os.cpu_count() or 1)):
        with socket.create_connection((at.hostname, at.port)) as line:
            line.sendall(b"GET /kg/query/endless HTTP/1.1\r\nHost: localhost\r\n\r\n")
            time.sleep(0.4)
    start = time.monotonic()
    assert small.get("/query/draft").status_code == 200
    assert time.monotonic() - start < 3


# Pages


def test_the_list_has_every_query(served: Served, catalogue: Catalogue) -> None:
    """For people with titles by topic, for programs with parameters and formats."""
    for lang in LANGUAGES:
        page = _page(served, f"/query/?lang={lang}")
        for query in _queries(catalogue):
            assert f'href="/query/{query.name}?lang={lang}"' in page
    rows = served.get("/query/").json()["queries"]
    assert [row["name"] for row in rows] == catalogue.names()
    assert next(row for row in rows if row["name"] == "actions")["parameters"][0]["kind"] == "plan"


def test_a_page_explains_asks_and_shows(served: Served, catalogue: Catalogue) -> None:
    """Title, explanation, stability, form with the things to choose from, headings, links with labels."""
    query = catalogue.get("progress-board")
    for lang, label in (("nl", "Vlaams"), ("en", "Flemish")):
        page = _page(served, f"/query/progress-board?lang={lang}&plan=plan/vap-sg-2020")
        assert f"<h1>{query.summary[lang]}</h1>" in page
        option = re.search(r'<option value="plan/vap-sg-2020" selected>([^<]*)</option>', page)
        assert option
        assert option[1].startswith(label)
        assert option[1].endswith("(vap-sg-2020)")
        assert '<option value="plan/vap-ggg-2025">' in page
        assert f'<input type="hidden" name="lang" value="{lang}">' in page
        heading = query.columns["actions"].heading[lang]
        assert f'<th scope="col" class="num">{heading[:1].upper()}{heading[1:]}</th>' in page
        link = re.search(r'<a href="/doc/plan/vap-sg-2020\?lang=\w+">([^<]*)</a>', page)
        assert link
        assert link[1].startswith(label)
        assert 'type="date"' in page
        for name in ("json", "csv", "xlsx"):
            assert f"plan=plan%2Fvap-sg-2020&amp;format={name}" in page
        assert "<style" not in page
        assert page.count("<script") == page.count('<script type="application/ld+json">') == 1


@pytest.mark.parametrize(
    ("lang", "headings"),
    [
        ("nl", ["Met een mandaat bij deze release", "Voorheen", "Stelde parlementaire vragen"]),
        ("en", ["With a mandate at this release", "Formerly", "Asked parliamentary questions"]),
    ],
)
def test_ministers_are_offered_by_name_those_of_today_first(
    served: Served, lang: str, headings: list[str]
) -> None:
    """Under headings, in the order of their names, without the numbers of their IRIs; all of them once."""
    page = _page(served, f"/query/actions-of-minister?lang={lang}&person=5fed907ee6670526694a0714")
    field = page.partition('name="person"')[2].partition("</select>")[0]
    groups = re.findall(r'<optgroup label="([^"]+)">(.*?)</optgroup>', field, re.S)
    assert [heading for heading, _ in groups] == headings
    offered_to = [re.findall(r"<option[^>]*>([^<]+)</option>", inside) for _, inside in groups]
    assert all(names == sorted(names) for names in offered_to)
    assert "Zuhal Demir" in offered_to[0]
    assert "Bart Somers" in offered_to[1]
    assert offered_to[2] == ["Maaike De Vreese"]
    assert sum(map(len, offered_to)) == 23 == field.count("<option ") - 1
    assert '<option value="person/5fed907ee6670526694a0714" selected>Zuhal Demir</option>' in field


def test_who_has_the_name_of_another_is_told_apart(catalogue: Catalogue) -> None:
    """By the reference, which is left out elsewhere when it is a number for machines."""
    person = catalogue.get("actions-of-minister").parameters["person"]
    refs = ["5fed907de6670526694a05b8", "5fed907ee6670526694a0697", "5fed907ee6670526694a071d"]
    iris = [f"{BASE}id/person/{ref}" for ref in refs]
    names = dict(zip(iris, ["Jan Jans", "An Ans", "Jan Jans"], strict=True))
    choices = Choices(cast(Site, SimpleNamespace(base=BASE)))
    found = choices._ordered(person, names, {})
    assert [choice.label for choice in found] == ["An Ans", f"Jan Jans ({refs[0]})", f"Jan Jans ({refs[2]})"]
    assert [choice.value for choice in found] == [f"person/{refs[number]}" for number in (1, 0, 2)]


def test_sparql_opens_with_the_values_filled_in(served: Served) -> None:
    """The link has the bound query, without its header."""
    page = _page(served, f"/query/actions?plan={PLAN}&lang=nl")
    address = re.search(r'href="(/sparql\?query=[^"]*)"', page)
    assert address
    text = parse_qs(urlsplit(address[1]).query)["query"][0]
    assert f"<{PLAN}>" in text
    assert "$plan" not in text
    assert not text.startswith("#+")


def test_code_to_copy_asks_this_service(served: Served) -> None:
    """curl, Python, R and Power Query for a table; no R for a graph."""
    page = _page(served, "/query/actions?plan=plan/vap-sg-2020&lang=nl")
    for tool in ("curl", "Python", "R", "Excel (Power Query)"):
        assert f"<summary>{tool}</summary>" in page
    assert f"{served.url}/query/actions?plan=plan%2Fvap-sg-2020&amp;format=csv" in page
    assert "<summary>R</summary>" not in _page(served, f"/query/action-dossier?action={ACTION}")


def test_an_unknown_thing_is_named(served: Served) -> None:
    """The answer is empty for a reason."""
    page = _page(served, "/query/progress-board?plan=plan/vap-sg-2021&lang=en")
    assert "plan/vap-sg-2021 is not in this release. Did you mean plan/vap-sg-2020" in page
    assert "is not in this release" not in _page(served, f"/query/progress-board?plan={PLAN}&lang=en")


def test_a_wrong_value_gives_the_form_back(served: Served) -> None:
    """400, with what is wrong said as an alert and what was typed still there."""
    page = _page(served, "/query/progress-board?date=2021-02-30&lang=en", 400)
    assert 'role="alert"' in page
    assert "is not an existing date" in page
    assert 'value="2021-02-30"' in page


def test_a_required_value_is_asked_for(served: Served) -> None:
    """A first visit is no mistake."""
    page = _page(served, "/query/action-dossier?lang=en")
    assert "Fill in what is required above" in page
    assert " required>" in page
    assert 'role="alert"' not in page


def test_empty_fields_leave_the_address(small: Served) -> None:
    """A form sends all its fields; the address that stays has only what was filled in."""
    answer = small.get("/query/titles?plan=plan/p&lang=", accept="text/html")
    assert (answer.status_code, answer.headers["location"]) == (303, "/kg/query/titles?plan=plan%2Fp")


def test_a_long_table_is_shown_in_part_and_says_so(small: Served) -> None:
    """1,000 of 5,832 rows, and where all of them are."""
    page = _page(small, "/query/many?lang=en")
    assert "These are the first 1,000 of 5,832 rows." in page
    assert page.count("<tr>") == 1001
    assert "/kg/query/many?format=csv" in page
    assert small.get("/query/many?format=csv").text.count("\r\n") == 5833


def test_a_large_answer_is_whole_and_says_how_long_it_is(small: Served) -> None:
    """More than a megabyte: from a file, with its length, and nothing for HEAD or 304."""
    answer = small.get("/query/many")
    assert len(answer.content) == int(answer.headers["content-length"]) > 1_100_000
    assert len(answer.json()["results"]["bindings"]) == 5832
    head = small.client.head("/query/many")
    assert (head.headers["content-length"], head.content) == (answer.headers["content-length"], b"")
    assert small.get("/query/many", if_none_match=answer.headers["etag"]).status_code == 304
    assert len(_cells(small.get("/query/many?format=xlsx").content)) == 5833


def test_nothing_of_the_data_acts_on_a_page(small: Served) -> None:
    """Text is escaped, only http(s) is a link, and an address in a string is text."""
    page = _page(small, "/query/types?lang=nl")
    assert page.count("<script") == page.count('<script type="application/ld+json">') == 1
    assert "&lt;script&gt;x" in page
    assert 'href="javascript:' not in page
    assert '<a href="https://elsewhere.example/x" rel="external noreferrer nofollow">' in page
    assert 'href="https://elsewhere.example/y"' not in page
    assert "Meer dan &lt;b&gt;een&lt;/b&gt; pagina." in _page(small, "/query/many?lang=nl")


def test_a_topic_without_a_title_is_listed_by_its_name(small: Served) -> None:
    """A new topic needs no text of ours."""
    assert '<h2 id="own-topic">own topic</h2>' in _page(small, "/query/?lang=nl")


def test_a_query_may_have_a_parameter_called_lang(small: Served) -> None:
    """Then it is the query's, and the page follows the headers."""
    rows = small.get("/query/titles?plan=plan/p&lang=en").json()["results"]["bindings"]
    assert [row["label"]["value"] for row in rows] == ["First action", "Second action"]


def test_every_address_is_under_the_prefix(small: Served) -> None:
    """Pages, lists and redirects."""
    for path in ("/query/", "/query/types", "/query/titles?plan=plan/p"):
        for address in re.findall(r'(?:href|action|src)="(/[^"]*)"', _page(small, path)):
            assert address.startswith("/kg/"), address


# Workbooks


def _cells(workbook: bytes) -> list[list[tuple[str, str]]]:
    """Type and text of the cells of the first sheet."""
    space = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
    with zipfile.ZipFile(io.BytesIO(workbook)) as archive:
        strings = [
            "".join(part.text or "" for part in item.iter(f"{space}t"))
            for item in ElementTree.fromstring(archive.read("xl/sharedStrings.xml"))
        ]
        sheet = ElementTree.fromstring(archive.read("xl/worksheets/sheet1.xml"))
    return [
        [_cell(cell, space, strings) for cell in row.iter(f"{space}c")] for row in sheet.iter(f"{space}row")
    ]


def _cell(cell: ElementTree.Element, space: str, strings: list[str]) -> tuple[str, str]:
    kind, value = cell.get("t", "n"), cell.findtext(f"{space}v", "")
    return (kind, strings[int(value)] if kind == "s" else value)


def test_a_workbook_has_values_and_nothing_that_acts(small: Served) -> None:
    """No formula, no link; numbers, dates and truth values as such, and text where Excel would change it."""
    workbook = small.get("/query/types?format=xlsx").content
    cells = {row[0][1]: row[1] for row in _cells(workbook)[1:] if len(row) > 1}
    assert cells == {
        "a formula": ("s", "=1+1"),
        "b at": ("s", "@SUM(A1)"),
        "c link": ("s", "https://elsewhere.example/x"),
        "d script": ("s", "javascript:alert(1)"),
        "e date": ("n", "46082"),
        "f old": ("s", "1890-01-01"),
        "g whole": ("n", "12"),
        "h decimal": ("n", "12.5"),
        "i long": ("s", "12345678901234567890"),
        "j true": ("b", "1"),
        "k tag": ("s", "<script>x</script>"),
        "m digits": ("s", "0471"),
        "n address": ("s", "https://elsewhere.example/y"),
        "o no number": ("s", "many"),
    }
    with zipfile.ZipFile(io.BytesIO(workbook)) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml")
        assert not any("_rels/sheet" in name for name in archive.namelist())
    assert b"<f>" not in sheet
    assert b"hyperlink" not in sheet


@pytest.mark.parametrize(
    ("lang", "name", "heads", "words"),
    [
        ("nl", "omschrijving (Nederlands)", ("minister", "minister (IRI)", "rol", "rol (code)"), "betrokken"),
        ("en", "label (English)", ("minister", "minister (IRI)", "role", "role (code)"), "involved"),
    ],
)
def test_a_workbook_has_the_words_of_the_page_and_what_they_stand_for(
    served: Served, lang: str, name: str, heads: tuple[str, ...], words: str
) -> None:
    """Names of things with their IRI beside them, words with their code; no name a second time. What programs
    read has codes and IRIs as ever.
    """
    rows = _cells(served.get(f"/query/actions-of-minister?format=xlsx&lang={lang}").content)
    said = [text for _, text in rows[0]]
    page = _page(served, f"/query/actions-of-minister?lang={lang}")
    shown = [head.lower() for head in re.findall(r'<th scope="col"[^>]*>([^<]*)</th>', page)]
    words_only = [head.lower() for head in said if not head.endswith(("(IRI)", "(code)"))]
    assert set(words_only) == set(shown)
    heads_of_most = re.findall(r'<th scope="col"[^>]*>([^<]*)</th>', page.partition("</table>")[0])
    assert [head.capitalize() for head in words_only if head.capitalize() in heads_of_most] == heads_of_most
    assert set(heads) <= set(said)
    assert name not in said  # it is what the action is called
    first = dict(zip(said, (text for _, text in rows[1]), strict=False))
    assert first[heads[0]] == "Bart Somers"
    assert first[heads[1]] == "https://w3id.org/gbvkg/id/person/5fed907de6670526694a05b8"
    assert (first[heads[2]], first[heads[3]]) == (words, "involved")
    table = list(csv.DictReader(io.StringIO(served.get("/query/actions-of-minister?format=csv").text)))
    assert {"person", "personName", "labelNl", "labelEn"} <= set(table[0])
    assert table[0]["role"] == "involved"


@pytest.mark.parametrize(
    ("lang", "words", "apart"),
    [
        ("nl", "hoeveel is niet bekend", "Wat niet bekend is"),
        ("en", "how many is not known", "What is not known"),
    ],
)
@pytest.mark.parametrize("asked", ["actions-of-minister?", "actions-of-minister-for-field?date=2021-07-15&"])
def test_no_row_says_nothing(served: Served, asked: str, lang: str, words: str, apart: str) -> None:
    """That of a plan which does not say how many actions it has: on the page, in a table of what is not
    known, and in the workbook.
    """
    page = _page(served, f"/query/{asked}lang={lang}")
    rows = re.findall(r"<tr>(.*?)</tr>", page, re.S)
    (row,) = (row for row in rows if words in row)
    assert "/doc/plan/vap-sg-2020" in row
    tables = re.findall(r"<h3>([^<]+)</h3>\s*<div[^>]*>\s*<table>(.*?)</table>", page, re.S)
    assert [title for title, _ in tables] == ["Tabel" if lang == "nl" else "Table", apart]
    assert row in tables[1][1]
    assert not [head for head in ("Vanaf", "From", "Nummer", "Number") if f">{head}</th>" in tables[1][1]]
    assert (
        tables[1][1].count("<th ") < tables[0][1].count("<th ") <= 9
    )  # what only the other fills is not there
    cells = _cells(served.get(f"/query/{asked}format=xlsx&lang={lang}").content)
    assert [text for row in cells for _, text in row].count(words) == 1
    assert words not in served.get(f"/query/{asked}format=csv").text


def test_a_workbook_says_where_it_comes_from(served: Served) -> None:
    """Question, values, release and licence, in the language asked for; the same bytes every time."""
    path = "/query/actions?plan=plan/vap-sg-2020&format=xlsx"
    english, dutch = (served.get(f"{path}&lang={lang}") for lang in ("en", "nl"))
    assert english.headers["content-type"] == XLSX.media_type
    assert english.headers["etag"] != dutch.headers["etag"]
    with zipfile.ZipFile(io.BytesIO(english.content)) as archive:
        said = archive.read("xl/sharedStrings.xml").decode()
        assert "About this answer" in archive.read("xl/workbook.xml").decode()
    for text in (PLAN, "creative-commons-zero", "Release", "Number of rows"):
        assert text in said
    again = served.get(path, accept_language="en")
    assert (again.content, again.headers["etag"]) == (english.content, english.headers["etag"])


def test_what_no_sheet_can_hold_is_refused(small: Served) -> None:
    """A text of 32,832 characters: not cut, but refused with the formats that can."""
    answer = small.get("/query/long?format=xlsx")
    assert answer.status_code == 406
    assert "32767" in answer.json()["detail"]
    assert len(small.get("/query/long?format=csv").text.splitlines()[1]) == 32_832


# OpenAPI


def test_every_operation_is_made_from_its_header(openapi: dict[str, Any], catalogue: Catalogue) -> None:
    """Name, topic, stability, parameters with type, example and default, in both languages."""
    assert openapi["openapi"].startswith("3.1")
    for query in _queries(catalogue):
        operation = openapi["paths"][f"/query/{query.name}"]["get"]
        assert operation["operationId"] == query.name
        assert operation["tags"] == [query.topic]
        assert operation["x-stability"] == query.stability
        for lang in LANGUAGES:
            assert query.summary[lang] in operation["description"]
        parameters = {row["name"]: row for row in operation["parameters"]}
        assert set(parameters) == {*query.parameters, "format", "lang", "release"}
        for name, parameter in query.parameters.items():
            row = parameters[name]
            assert row["required"] is parameter.required
            assert str(row["examples"]["example"]["value"]) == parameter.example
            assert ("default" in row["schema"]) == (parameter.default is not None)
            assert row["schema"]["type"] == ("integer" if parameter.type == "integer" else "string")
            assert all(parameter.summary[lang] in row["description"] for lang in LANGUAGES)
        assert set(operation["responses"]) == {"200", "303", "304", "400", "404", "406", "414", "429", "503"}


def test_the_description_has_the_prefix(small: Served) -> None:
    """A client that starts from the document finds the service."""
    assert small.get("/openapi.json").json()["servers"][0]["url"] == "/kg"


def test_what_else_programs_ask_is_described(served: Served, openapi: dict[str, Any]) -> None:
    """SPARQL, things, documents, lists, search and downloads: parameters, formats, problems, in both
    languages; and each example is answered.
    """
    paths = {path: item for path, item in openapi["paths"].items() if not path.startswith("/query/")}
    assert set(paths) == {
        "/sparql", "/id/{path}", "/doc/{path}", "/list/{name}", "/search", "/releases/{version}/{path}",
    }  # fmt: skip
    assert set(paths["/sparql"]) == {"get", "post"}
    assert set(paths["/sparql"]["post"]["requestBody"]["content"]) == {
        "application/sparql-query", "application/x-www-form-urlencoded",
    }  # fmt: skip
    for path, item in paths.items():
        for operation in item.values():
            problems = {code for code in operation["responses"] if code >= "400"}
            assert {"404", "429", "503"} <= problems, path
            for code in problems:
                assert "application/problem+json" in operation["responses"][code]["content"]
            titles = re.findall(r"\*\*(.+?)\*\*", operation["description"])
            assert len(set(titles)) == len(LANGUAGES)
            assert all(" / " in row["description"] for row in operation["parameters"])
    described = paths["/sparql"]["get"]["responses"]["200"]["content"]
    assert {row.media_type for row in (*TABLES, *GRAPHS)} <= set(described)
    for path, item in paths.items():
        asked, rest = path, {}
        for row in item["get"]["parameters"]:
            example = row.get("examples", {}).get("example", {}).get("value")
            if row["in"] == "path":
                asked = asked.replace(f"{{{row['name']}}}", example)
            elif example and row["name"] != "format":
                rest[row["name"]] = example
        answer = served.client.get(asked, params=rest)
        assert answer.status_code == (303 if path.startswith("/id/") else 200), (path, rest)


_SERIALIZER = """import schemathesis

@schemathesis.serializer("application/sparql-query")
def written(ctx, value):
    return str(value).encode("utf-8", "replace")
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("paths", "more"),
    [
        ("^/query/", ()),
        # any text may be asked as a query, and a release is looked for before a method is
        ("^/(?!query/)", ("--exclude-checks", "positive_data_acceptance,unsupported_method")),
    ],
    ids=["queries", "others"],
)
def test_fuzzing_finds_nothing_undescribed(
    served: Served, tmp_path: Path, paths: str, more: tuple[str, ...]
) -> None:
    """schemathesis: no 5xx, no status, type, header or body that the description does not have, and nothing
    wrong that is accepted.
    """
    tool = Path(sys.executable).with_name("schemathesis")
    if not tool.is_file():
        pytest.skip("schemathesis is not installed")
    (tmp_path / "serializer.py").write_text(_SERIALIZER, "utf-8")
    done = subprocess.run(
        [
            tool, "run", f"{served.url}/openapi.json", "--phases", "examples,coverage,fuzzing",
            "--max-examples", "15", "--continue-on-failure", "--suppress-health-check", "all",
            "--warnings", "off", "--seed", "354", "--include-path-regex", paths, *more,
        ],
        cwd=tmp_path, capture_output=True, text=True, timeout=120,
        env=os.environ | {"SCHEMATHESIS_HOOKS": "serializer", "PYTHONPATH": str(tmp_path)},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert "Selected: 0" not in done.stdout


# Texts and access


def test_the_texts_are_there_in_both_languages() -> None:
    """The same keys."""
    path = packaged_root() / "gbvkg" / "web" / "texts" / "queries.toml"
    texts = tomllib.loads(path.read_text("utf-8"))
    assert _keys(texts["nl"]) == _keys(texts["en"])


def _keys(table: dict[str, Any]) -> dict[str, Any]:
    return {key: _keys(value) if isinstance(value, dict) else "" for key, value in table.items()}


@pytest.mark.slow
@needs_axe
@pytest.mark.parametrize("lang", LANGUAGES)
def test_axe(chromium: Any, served: Served, lang: str) -> None:
    """No violation of WCAG 2.2 AA, nor of axe's best practices, and no scrolling sideways at 320 px: list,
    each kind of chart, graph, form with mistakes.
    """
    paths = (
        "?", "progress-board?", "coverage-by-group-and-form?", "context-figures?", "decisions-and-advices?",
        "action-dossier?", f"action-dossier?action={ACTION}&", "progress-board?date=x&",
        "actions?plan=plan/x&",
    )  # fmt: skip
    page = chromium.new_page(viewport={"width": 320, "height": 900})
    for path in paths:
        page.goto(f"{served.url}/query/{path}lang={lang}")
        assert violations(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth") == 320, path
    page.close()
