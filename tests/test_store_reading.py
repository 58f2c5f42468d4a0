"""What is read of a query before it is evaluated, for any text whatever."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import QuerySolutions, Store

from gbvkg.store.reading import described, read, spelled_out, star, undeclared

PIECES = (
    "DESCRIBE", "describe", "SELECT", "ASK", "CONSTRUCT", "FROM", "FROM NAMED", "WHERE", "{", "}", "*", "?x",
    "$y", "<urn:a>", "a:b", ":c", "_:d", "PREFIX a: <urn:>", "BASE <urn:x>", 'VERSION "1.2"', "# FROM\n",
    '"FROM"', "'''", '"', "<", "\\u0046ROM", "VALUES ?x { <urn:v> }", "LIMIT 1", "\n", "\r\n", "é", "\ud800",
    "\U0001f600", ".",
)  # fmt: skip


@given(st.lists(st.sampled_from(PIECES)).map(" ".join) | st.text())
def test_no_text_is_too_odd(text: str) -> None:
    """A form, an end within the text, and for DESCRIBE queries that leave everything else in its place."""
    reading = read(text)
    assert reading.form in ("", "SELECT", "ASK", "CONSTRUCT", "DESCRIBE")
    assert text[: reading.end].upper().endswith(reading.form)
    found = undeclared(text)
    assert found is None or text.startswith(found[0], found[1])
    place = star(text, reading)
    if place is not None:
        assert reading.form == "SELECT"
        assert text[place] == "*"
        assert spelled_out(text, place, ()) == text
        assert spelled_out(text, place, ("new",)) == f"{text[:place]} ?new {text[place + 1 :]}"
    if reading.form == "DESCRIBE":
        plan = described(text, reading)
        if plan.solutions is not None:
            assert plan.solutions[: reading.end] == text[: reading.end - 8] + "SELECT  "
            assert len(plan.solutions.replace(" {} ", "", 1)) <= len(text)


@given(
    st.lists(st.sampled_from(["<urn:a>", "?x", "a:b", "# c\n", "FROM <urn:g>", "FROM NAMED a:g"]), min_size=1)
)
def test_a_description_taken_apart_is_still_sparql(names: list[str]) -> None:
    """Every part can be asked of the engine when the whole can."""
    names.sort(key=lambda name: name.startswith("FROM"))
    text = f"PREFIX a: <urn:> DESCRIBE {' '.join(names)} WHERE {{ ?x ?y ?z }}"
    store = Store()
    try:
        store.query(text)
    except SyntaxError:
        return
    plan = described(text, read(text))
    for part in (plan.resources, plan.solutions, plan.graphs):
        assert part is None or isinstance(store.query(part), QuerySolutions)
    assert (plan.resources is None) == (not {"<urn:a>", "a:b"} & set(names))
    assert (plan.solutions is None) == ("?x" not in names)
    assert (plan.graphs is None) == (not read(text).names_dataset)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SELECT * { ?s a:b ?o }", ("a:", 14)),
        ("PREFIX a: <urn:> SELECT * { ?s a:b ?o }", None),
        ("prefix\na:<urn:> SELECT * { ?s a:b/:c ?o }", (":", 34)),
        ('SELECT * { ?s ?p \'a:b\', """c:d""", <e:f>, _:g }', None),
        ("SELECT * { ?s ?p 'a:b }", None),
        ("SELECT * { ?s ?p <http://a b> }", None),
    ],
)
def test_an_undeclared_prefix_is_found(text: str, expected: tuple[str, int] | None) -> None:
    """Where it is used first; not in a string, an IRI, or after something that does not end."""
    assert undeclared(text) == expected


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("SELECT * {}", 7),
        ("select*{}", 6),
        ("SELECT # * no\n DISTINCT\t* {}", 24),
        ("PREFIX a: <urn:*> SELECT REDUCED * {}", 33),
        ("SELECT ?x { SELECT * {} }", None),
        ("SELECT (COUNT(*) AS ?n) {}", None),
        ("SELECT (2 * 3 AS ?n) {}", None),
        ("ASK { SELECT * {} }", None),
        ("CONSTRUCT { ?s ?p ?o } { SELECT * { ?s ?p ?o } }", None),
        ("DESCRIBE * { ?s ?p ?o }", None),
        ("SELECT", None),
        ("", None),
    ],
)
def test_the_star_of_a_select_is_found(text: str, place: int | None) -> None:
    """Of the outermost SELECT only, and no product or count."""
    assert star(text, read(text)) == place


def test_reading_takes_no_more_time_than_the_text_is_long() -> None:
    """Long runs of any kind of token, cut off or not, are read in time proportional to their length."""
    for piece in (
        "#",
        "# \n",
        " ",
        "<",
        "<a",
        "'",
        '"""',
        "?x",
        "a:",
        "\\",
        "PREFIX a: ",
        "PREFIX a: <x> ",
        "DESCRIBE ",
    ):
        text = f"DESCRIBE ?x {piece * (32_000 // len(piece))} from"
        for odd in (text, text[12:]):
            described(odd, read(odd))
            undeclared(odd)
            spelled_out(odd, 0, ("x", "y"))
