"""Row 1: a query that nests so deeply that an engine's stack overflows, which no handler can catch."""

from __future__ import annotations

import pytest
from bystander import refused, unharmed, within
from serving import Served


def nested(opening: str, times: int, inner: str = "?s ?p ?o", closing: str = "}") -> str:
    return opening * times + inner + closing * times


DEEP = {
    "braces": "SELECT * WHERE " + nested("{", 5000),
    "exists": "SELECT * WHERE { ?s ?p ?o " + nested("FILTER EXISTS { ?s ?p ?o ", 1000) + "}",
    "sub-selects": "SELECT * WHERE {" + nested("{SELECT * {", 2000, closing="}}") + "}",
    "binds": "SELECT * WHERE {" + "".join(f"BIND({n} AS ?v{n})" for n in range(4000)) + "}",
    "unions": "SELECT * WHERE { {}" + "UNION{}" * 8000 + "}",
    "parentheses": "SELECT (" + nested("(", 8000, "1", ")") + " AS ?x) {}",
    "sum": "SELECT (1" + "+1" * 8000 + " AS ?x) {}",
    "not": "SELECT * { ?s ?p ?o FILTER(" + "!" * 16000 + "?s) }",
    "and": "SELECT * { ?s ?p ?o FILTER(?s" + "&&?s" * 7000 + ") }",
    "alternatives": "SELECT * { ?s <a:b>" + "|<a:b>" * 5000 + " ?o }",
    "lists": "SELECT * { ?s ?p " + nested("(", 8000, "1", ")") + " }",
    "blank nodes": "SELECT * { ?s ?p " + nested("[ ?p ", 4000, "1", "]") + " }",
    "triple terms": "SELECT * { ?s ?p " + nested("<<( ?s ?p ", 2000, "1", ")>>") + " }",
    "unclosed": "SELECT * WHERE " + "{" * 5000,
}


@pytest.mark.parametrize("query", DEEP.values(), ids=DEEP)
def test_it_is_refused_at_once(service: Served, query: str) -> None:
    """400 within a second, whatever nests."""
    with unharmed(service), within(1):
        refused(service.sparql(query), 400)


@pytest.mark.parametrize("opening", ["{", "(", "[", "{SELECT*{", "!"])
@pytest.mark.parametrize("times", [95, 101, 300])
def test_just_past_the_limit_too(service: Served, opening: str, times: int) -> None:
    """Near the limit of the check no process is lost either: an answer or a plain refusal."""
    closing = "".join({"{": "}", "(": ")", "[": "]"}.get(char, "") for char in reversed(opening))
    query = f"SELECT * {{ ?s ?p ?o FILTER({opening * times}{closing * times}) }}"
    with unharmed(service), within(1):
        refused(service.sparql(query), 400)


def test_by_get_and_as_a_form(service: Served) -> None:
    """Every way in has the same check."""
    deep = {"query": DEEP["braces"]}
    with unharmed(service), within(2):
        refused(service.client.get("/sparql", params=deep), 400)
        refused(service.client.post("/sparql", data=deep), 400)
        refused(service.client.post("/sparql", data=deep, headers={"Accept": "text/csv"}), 400)


def test_in_what_is_no_query(service: Served) -> None:
    """Nor does any other text that a stranger sends nest into anything."""
    with unharmed(service):
        for path in ("/search", "/list/Action", "/query/actions", "/doc/action/x"):
            for key in ("q", "lang", "plan", "format", "page", "release"):
                answer = service.client.get(path, params={key: "(" * 8000})
                assert answer.status_code < 500, (path, key, answer.text[:200])
