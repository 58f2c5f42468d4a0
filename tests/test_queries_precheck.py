"""The check of a stranger's query: what is too large, what reaches outside, and what is fine."""

from __future__ import annotations

import re
import time
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyoxigraph import NamedNode, Quad, Store

from gbvkg.errors import QueryRefused, QuerySyntax
from gbvkg.queries.precheck import FORMS, LIMITS, UPDATES, _every_token, _glance, check
from gbvkg.vocabulary import packaged_root

FOREIGN = "http://127.0.0.1:1/"
CALLS = [
    "SELECT * { SERVICE <%s> { ?s ?p ?o } }",
    "SELECT * { service <%s> { ?s ?p ?o } }",
    "SELECT * { SeRvIcE <%s> { ?s ?p ?o } }",
    "SELECT * { SERVICE SILENT <%s> { ?s ?p ?o } }",
    "SELECT * { SERVICE#\n<%s> { ?s ?p ?o } }",
    "SELECT * { SERVICE # <http://here.example/>\n<%s> { ?s ?p ?o } }",
    "SELECT * { SERVICE\t\n<%s>{?s ?p ?o} }",
    "SELECT*{SERVICE<%s>{?s ?p ?o}}",
    "PREFIX ex: <%s> SELECT * { SERVICE ex:x { ?s ?p ?o } }",
    "PREFIX : <%s> SELECT * { SERVICE :x { ?s ?p ?o } }",
    "PREFIX : <%s> SELECT * { SERVICE:x { ?s ?p ?o } }",
    "BASE <%s> SELECT * { SERVICE <x> { ?s ?p ?o } }",
    "PREFIX : <%s> SELECT * { ?a ?b ?c SERVICESILENT:x { ?s ?p ?o } }",
    "SELECT * { ?a ?b ?c . FILTER EXISTS { SERVICE <%s> { ?s ?p ?o } } }",
    "ASK { SERVICE <%s> { ?s ?p ?o } }",
    "CONSTRUCT { ?s ?p ?o } WHERE { SERVICE <%s> { ?s ?p ?o } }",
    "DESCRIBE ?s { SERVICE <%s> { ?s ?p ?o } }",
    "SELECT * { { SELECT * { SERVICE <%s> { ?s ?p ?o } } } }",
    "SELECT * { ?a ?b ?c OPTIONAL { SERVICE <%s> { ?s ?p ?o } } }",
    "SELECT * { VALUES ?x { <%s> } SERVICE ?x { ?s ?p ?o } }",
    "SELECT * { BIND(true AS ?t) ?a ?b trueSERVICE <%s> { ?s ?p ?o } }",
    "SELECT * { ?a ?b 1SERVICE <%s> { ?s ?p ?o } }",
    'SELECT * { ?a ?b "x"@enSERVICE <%s> { ?s ?p ?o } }',
    "SELECT * { SERV\\u0049CE <%s> { ?s ?p ?o } }",
    "SELECT * { \\u0053\\U00000045RVICE <%s> { ?s ?p ?o } }",
]
TRICKS = [
    "SELECT * { ?a ?b ?c FILTER(?a<?b)SERVICE#>\n<%s> { ?s ?p ?o } }",
    "SELECT * { ?a ?b ?c FILTER(?a<'>' || EXISTS { SERVICE <%s> { ?s ?p ?o } } && ?b='x') }",
    "SELECT * { ?a ?b ?c FILTER(?a<#> '''\n?b || EXISTS { SERVICE <%s> { ?s ?p ?o } }) } #'''",
    "PREFIX : <%s> SELECT * { ?a ?b true.SERVICE:x { ?s ?p ?o } }",
    "PREFIX service: <http://here.example/> PREFIX : <%s> SELECT * { service:x { ?s ?p ?o } }",
    'SELECT * { VALUES ?x { """a" } SERVICE <%s> { ?s ?p ?o } } #\\z"""',
    'SELECT * { VALUES ?x { """a" } SERVICE <%s> { ?s ?p ?o } } #\\uD800"""',
]
HARMLESS = [
    'SELECT * { ?s ?p "SERVICE <http://x.example/> {}" }',
    "SELECT * { ?s ?p '''it's a\nSERVICE''' }",
    'SELECT * { ?s ?p """say "SERVICE" \\" """ }',
    "SELECT * { ?s <http://x.example/SERVICE#service> ?o }",
    "SELECT * { ?s <urn:service:x> <#service> }",
    "SELECT ?service { ?service ?p $SERVICE }",
    "PREFIX ex: <http://x.example/> SELECT * { ?s ex:service ex:SERVICE }",
    "PREFIX service: <http://x.example/> SELECT * { ?s service:x ?o }",
    "SELECT * { ?s ?p ?o } # SERVICE <http://x.example/>",
    "SELECT * { # SERVICE\n ?s ?p ?o }",
    "SELECT * { _:service ?p ?o }",
    "SELECT * { ?s ?p ?o FILTER(?o < 3 && ?o > 1 || ?o<?s) }",
    "SELECT * { ?s ?p ?o FILTER(?o IN (<urn:a>, <b#c>, 'INSERT')) }",
    "SELECT * { VALUES (?a ?b) { (<urn:a> <urn:b>) (UNDEF 'x'@nl-BE) } ?a ?p ?b }",
    "SELECT * { ?s (<http://x.example/p>/<http://x.example/q>)+ ?o }",
    "PREFIX ex: <http://x.example/> ASK { ex:a\\(b\\) ex:p%28 ex:c.d }",
    "ASK { ?s ?p 'caf\\u00e9', \"\\U0001F600\", <http://x.example/\\u00e9> }",
    "ASK {}",
    "# only a comment\nASK{}",
]


def _one_quad() -> Store:
    store = Store()
    store.add(Quad(*[NamedNode("http://x.example/s")] * 3))
    return store


@pytest.mark.parametrize("query", CALLS)
def test_no_spelling_of_a_service_call_passes(query: str) -> None:
    """Each is refused before an engine sees it, with a message that says what is not allowed, and where."""
    with pytest.raises(QueryRefused, match=r"Line \d+, column \d+: SERVICE is not allowed") as caught:
        check(query % FOREIGN)
    assert re.match(r"Regel \d+, kolom \d+: SERVICE mag niet", caught.value.nl)


@pytest.mark.parametrize("query", TRICKS)
def test_no_trick_passes(query: str) -> None:
    """What an engine reads as a call when it goes back on its steps is refused too, for whatever reason."""
    with pytest.raises((QueryRefused, QuerySyntax)):
        check(query % FOREIGN)


def test_the_engine_would_have_called() -> None:
    """Why the check reads as the engine does: spellings that no tokeniser of SPARQL 1.1 sees are calls."""
    store = _one_quad()
    calls = 0
    for query in CALLS + TRICKS:
        try:
            list(store.query(query % FOREIGN))  # type: ignore[arg-type]
        except (OSError, RuntimeError):
            calls += 1
        except (SyntaxError, TypeError):
            pass
    assert calls >= 17


@pytest.mark.parametrize("query", HARMLESS)
def test_the_word_alone_is_fine(query: str) -> None:
    """In a string, an IRI, a variable, a name or a comment nothing is called; and the engine reads it too."""
    assert check(query) in ("SELECT", "ASK")
    Store().query(query, base_iri="http://x.example/")


@pytest.mark.parametrize("word", sorted(UPDATES))
def test_an_update_is_refused_by_name(word: str) -> None:
    """The message says that the service does not write, and how to ask."""
    with pytest.raises(QueryRefused, match=f"{word} changes data.*SELECT") as caught:
        check(f"PREFIX ex: <http://x.example/>\n{word.lower()} <file:///etc/passwd>")
    assert "wijzigt gegevens" in caught.value.nl
    assert "Regel 2, kolom 1" in caught.value.nl


@pytest.mark.parametrize("form", FORMS)
def test_the_form_is_told(form: str) -> None:
    """The first keyword after the prologue, without case; prologue keywords in other places do not count."""
    assert check(f"BASE <http://x.example/> PREFIX select: <#> # ASK\n{form.lower()}<x>{{}}") == form
    assert check("LIMIT 3") == ""
    assert check("") == ""


def _queries() -> list[str]:
    return [path.read_text("utf-8") for path in sorted((packaged_root() / "queries").rglob("*.rq"))]


def test_every_query_of_ours_passes() -> None:
    """The limits are above honest use: each query of the catalogue, rule and check query may be asked."""
    queries = _queries()
    assert len(queries) > 60
    assert {check(text) for text in queries} == {"SELECT", "CONSTRUCT"}


def test_thirty_patterns_are_fine() -> None:
    """A query of thirty triple patterns, written in each way, passes."""
    for separator in (" . ?s ", " ; ", " . ?t "):
        assert check("SELECT * { ?s " + separator.join(f"?p{i} ?o{i}" for i in range(30)) + " }") == "SELECT"
    assert check("SELECT * { ?s ?p " + ", ".join(f"?o{i}" for i in range(30)) + " }") == "SELECT"


LARGE: dict[str, tuple[str, str, str]] = {
    "bytes": ("SELECT * { ?s ?p '", "é", "' }"),
    "nesting": ("SELECT * ", "{ ", ""),
    "group": ("SELECT * { ", "?s ?p ?o . ", "}"),
    "patterns": ("SELECT * { ", "{ ?a ?b ?c , ?d , ?e ; ?f ?g , ?h , ?i } UNION ", "{} }"),
    "operators": ("SELECT * { FILTER(1", "+1", ") }"),
    "OPTIONAL": ("SELECT * { ", "OPTIONAL { } ", "}"),
    "UNION": ("SELECT * { {} ", "UNION {} ", "}"),
    "MINUS": ("SELECT * { ", "MINUS {} ", "}"),
    "EXISTS": ("SELECT * { ", "FILTER NOT EXISTS {} ", "}"),
    "FILTER": ("SELECT * { ", "FILTER(true) ", "}"),
    "AS": ("SELECT * { ", "BIND(1 AS ?x) ", "}"),
    "SELECT": ("SELECT * { ", "{ SELECT * {} } UNION ", "{} }"),
    "VALUES": ("SELECT * { ", "VALUES ?x { 1 } ", "}"),
    "values": ("SELECT * { VALUES ?x { ", "1 ", "} }"),
}


def test_every_limit_has_a_case() -> None:
    """None is without a test that makes it fire."""
    assert set(LARGE) == set(LIMITS)


@pytest.mark.parametrize("name", LARGE)
def test_a_limit_is_named_when_passed(name: str) -> None:
    """The refusal says which limit, how much, and what to do, in both languages."""
    start, part, rest = LARGE[name]
    limit = LIMITS[name]
    with pytest.raises(QueryRefused) as caught:
        check(start + part * (limit.most + 1) + rest)
    assert f"{limit.most} {limit.nl}" in caught.value.nl
    assert f"{limit.most} {limit.en}" in caught.value.en
    assert "download" in caught.value.nl
    assert "Split" in caught.value.en


@pytest.mark.parametrize(
    "bomb",
    [
        "SELECT * WHERE " + "{" * 5000 + " ?s ?p ?o " + "}" * 5000,
        "SELECT * { " + "FILTER EXISTS { ?s ?p ?o " * 1000 + "}" * 1001,
        "SELECT * { " + "BIND(1 AS ?x) " * 2000 + "}",
        "SELECT * { {} " + "UNION {} " * 3000 + "}",
        "SELECT * { FILTER(" + "!" * 16000 + "true) }",
        "SELECT * { ?s ?p ?o FILTER(?s<" + "!" * 16000 + "?p>?o) }",
        "SELECT * { ?s ?p ?o FILTER(?s<" + "(" * 8000 + "?p" + ")" * 8000 + ">?o) }",
        "SELECT * { ?s " + "|".join(["<p>"] * 8000) + " ?o }",
        "SELECT * { ?s " + "/".join(["<p>"] * 500) + " ?o }",
        "SELECT * { " + " . ".join(f"?s{i} ?p ?o" for i in range(200)) + " }",
        "SELECT * { ?s ?p " + "(" * 128 + ")" * 128 + " }",
        "SELECT * { ?s ?p (" + " ".join(f"?x{i}" for i in range(200)) + ") }",
        "SELECT * { ?s ?p " + "[ ?p " * 500 + "]" * 500 + " }",
        "SELECT * " + "{ SELECT * " * 2048 + "{}" + "}" * 2048,
    ],
)
def test_what_crashes_or_stalls_an_engine_is_refused(bomb: str) -> None:
    """The bombs that were measured, each refused in far less than it would take to plan."""
    start = time.perf_counter()
    with pytest.raises(QueryRefused):
        check(bomb)
    assert time.perf_counter() - start < 0.5


def test_one_branch_of_a_union_is_not_joined_with_another() -> None:
    """A hundred branches of four patterns are no hundreds of patterns in one group."""
    branch = "{ ?s a ?c ; ?p ?o . ?o ?q ?r }"
    assert check("SELECT * { " + " UNION ".join([branch] * 99) + " }") == "SELECT"


@pytest.mark.parametrize(
    ("query", "line", "column"),
    [
        ("SELECT * {\n ?s ?p 'open }", 2, 8),
        ('ASK { ?s ?p """open\n }', 1, 13),
        ("ASK {\n\n  ) }", 3, 3),
        ("ASK { ( }", 1, 9),
        ("ASK {\n {", 2, 2),
    ],
)
def test_what_can_be_no_query_is_told_with_its_place(query: str, line: int, column: int) -> None:
    """Brackets that do not match, and strings without an end."""
    with pytest.raises(QuerySyntax) as caught:
        check(query)
    assert (caught.value.line, caught.value.column) == (line, column)
    assert f"regel {line}, kolom {column}" in caught.value.nl


def test_a_lone_surrogate_is_no_surprise() -> None:
    """Text that is no Unicode is counted, not choked on."""
    assert check("ASK {} # \ud800") == "ASK"


WORDS = ["SERVICE", "SELECT", "VALUES", "UNION", "true", "PREFIX", "\\u0053", "\\U0001F600", "'''", '"""']
PIECES = st.sampled_from([*"{}()[]<>.,;:?$!|&=+-*/^'\"\\#@_ \n%aé", *WORDS])


@given(st.one_of(st.text(), st.lists(PIECES).map("".join), st.binary().map(lambda b: b.decode("latin-1"))))
@settings(max_examples=400, deadline=None)
def test_any_text_gives_a_form_or_one_of_two_errors(text: str) -> None:
    """Nothing else is ever raised, so that no text of a stranger is a fault of ours."""
    with suppress(QueryRefused, QuerySyntax):
        assert check(text) in (*FORMS, "")


@given(st.lists(PIECES, min_size=1, max_size=4).map("".join))
@settings(max_examples=150, deadline=None)
def test_reading_takes_time_linear_in_the_text(piece: str) -> None:
    """The longest text that may be, of any piece repeated, is read in a moment: nothing is tried twice."""
    text = piece * (LIMITS["bytes"].most // len(piece.encode()))
    start = time.process_time()
    with suppress(QueryRefused, QuerySyntax):
        check(text)
    assert time.process_time() - start < 1.0


@given(st.lists(PIECES, max_size=12).map("".join))
@settings(max_examples=400, deadline=None)
def test_what_passes_calls_nothing(middle: str) -> None:
    """Whatever is written around a call, the engine never gets to it when the check lets the text through."""
    query = f"PREFIX : <{FOREIGN}> SELECT * {{ ?a ?b ?c {middle} SERVICE :x {{ ?s ?p ?o }} }}"
    try:
        check(query)
    except (QueryRefused, QuerySyntax):
        return
    store = _one_quad()
    with suppress(SyntaxError):
        list(store.query(query))  # type: ignore[arg-type]


PARTS = (
    "SELECT", "select *", "ASK", "CONSTRUCT", "DESCRIBE", "INSERT", "PREFIX ex: <http://x.example/>",
    "PREFIX : <x>", "BASE <http://x.example/>", "WHERE", "{", "}", "?a ?b ?c", ".", ";", ",", "/", "a.b.c",
    "<http://x.example/a#b>", "<", ">", "#", "\n", "ex:a", ":", "_:b", "1.5", "OPTIONAL", "UNION", "MINUS",
    "EXISTS", "FILTER", "AS", "VALUES", "service", "SERVI", "CE", "(", ")", "[", "'", '"', "\\",
    "\u017fervice", "MINUS " * 30, "." * 45, "|" * 100, "\u00a0",
)  # fmt: skip


@settings(max_examples=1500, deadline=None)
@given(st.lists(st.sampled_from(PARTS), max_size=14), st.sampled_from(("", " ")))
def test_a_glance_lets_nothing_pass_that_every_token_refuses(parts: list[str], between: str) -> None:
    """The quick path says the same form or nothing; a bracket in a comment is for the engine to find."""
    text = between.join(parts)
    if form := _glance(text):
        with suppress(QuerySyntax):
            assert _every_token(text) == form


@pytest.mark.parametrize(
    "keyword", ["OPTIONAL", "UNION", "MINUS", "EXISTS", "FILTER", "AS", "SELECT", "VALUES"]
)
def test_what_a_glance_takes_is_too_short_for_too_many(keyword: str) -> None:
    """As many of a keyword as fit still pass the long way."""
    text = "SELECT * {" + f"{keyword} " * 280
    text = f"{text[:279]}}}"
    assert _glance(text) == _every_token(text) == "SELECT"


@pytest.mark.parametrize("mark", [".", ";", ",", "/", "a.b "])
def test_what_a_glance_takes_has_too_few_patterns(mark: str) -> None:
    """One mark more is looked at token by token."""
    count = 90 // len(mark.strip("ab "))
    few = f"ASK {{{mark * count}}}"[:280]
    assert _glance(few if few.endswith("}") else f"{few[:279]}}}") == "ASK"
    assert _glance(f"ASK {{{'.' * 91}}}") == ""


def test_a_glance_is_enough_for_a_plain_question() -> None:
    """Else it is only in the way."""
    assert _glance("PREFIX ex: <http://x.example/> select ?a where { ?a ex:b ?c } # 12") == "SELECT"
