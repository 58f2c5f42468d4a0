"""Which format an answer gets (RFC 9110 §12.5.1, and ``?format=``)."""

from __future__ import annotations

import contextlib
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gbvkg.errors import NotAcceptable
from gbvkg.formats import HTML, RDF, RESULTS, Format
from gbvkg.web.negotiation import choose

TABLES = [RESULTS[name] for name in ("json", "xml", "csv", "tsv")]
DOCUMENTS = [HTML, RDF["ttl"], RDF["jsonld"], RDF["nt"], RDF["rdf"], RESULTS["csv"]]

FIREFOX = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"


@pytest.mark.parametrize(
    ("accept", "offered", "name"),
    [
        (None, TABLES, "json"),
        ("", TABLES, "json"),
        ("*/*", TABLES, "json"),
        ("*", TABLES, "json"),
        ("text/csv", TABLES, "csv"),
        ("TEXT/CSV", TABLES, "csv"),
        ("text/*", TABLES, "csv"),
        ("text/*;q=0.5, application/*;q=0.4", TABLES, "csv"),
        ("text/csv;q=0.5, text/tab-separated-values", TABLES, "tsv"),
        ("text/csv;q=0.5,application/sparql-results+xml;q=0.6;x=y", TABLES, "xml"),
        ("text/csv;q=0, */*", [RESULTS["csv"], RESULTS["tsv"]], "tsv"),
        ("text/*;q=0, */*;q=0.1", [RESULTS["csv"], RESULTS["json"]], "json"),
        ("application/json", TABLES, "json"),
        ("text/javascript", TABLES, "json"),
        ("application/xml", TABLES, "xml"),
        ("application/sparql-results+json; charset=utf-8", TABLES, "json"),
        ("image/png, text/csv;q=0.1", TABLES, "csv"),
        ('text/csv;profile="a,b;q=0";q=0.9, application/json;q=0.8', TABLES, "csv"),
        ("text/csv;q=oops, application/json", TABLES, "json"),
        ("text/csv;q=2, application/json", TABLES, "json"),
        (FIREFOX, DOCUMENTS, "html"),
        ("*/*", DOCUMENTS, "html"),
        ("text/turtle, */*", DOCUMENTS, "ttl"),
        ("text/turtle, */*;q=0.1", DOCUMENTS, "ttl"),
        ("application/ld+json;q=0.5, application/json", DOCUMENTS, "jsonld"),
        ("application/x-turtle", DOCUMENTS, "ttl"),
        ("application/rdf+xml, text/turtle;q=0.9, */*;q=0.1", DOCUMENTS, "rdf"),
        ("text/plain", DOCUMENTS, "nt"),
    ],
)
def test_the_header_decides(accept: str | None, offered: list[Format], name: str) -> None:
    """Highest quality first, then the most precise range, then the order of the server."""
    assert choose(accept, offered).name == name


@pytest.mark.parametrize("accept", ["image/png", "text/csv;q=0", "*/*;q=0", "nonsense", "text/html;q=0.0"])
def test_what_is_not_there_is_not_sent(accept: str) -> None:
    """406 with everything that there is, and how to ask for it."""
    with pytest.raises(NotAcceptable, match="format=") as caught:
        choose(accept, TABLES)
    assert caught.value.status == 406
    assert caught.value.alternatives == tuple((row.name, row.media_type) for row in TABLES)
    assert "tsv (text/tab-separated-values)" in caught.value.nl


@pytest.mark.parametrize(
    ("asked", "offered", "name"),
    [
        ("csv", TABLES, "csv"),
        ("CSV", TABLES, "csv"),
        ("srx", TABLES, "xml"),
        ("json", TABLES, "json"),
        ("json", DOCUMENTS, "jsonld"),
        ("turtle", DOCUMENTS, "ttl"),
        ("text/turtle", DOCUMENTS, "ttl"),
        ("application/ld json", DOCUMENTS, "jsonld"),
        ("rdf+xml", DOCUMENTS, "rdf"),
        ("xml", DOCUMENTS, "rdf"),
        ("html", DOCUMENTS, "html"),
    ],
)
def test_the_parameter_goes_first(asked: str, offered: list[Format], name: str) -> None:
    """Name, extension or media type, whatever the header says."""
    assert choose("image/png", offered, asked).name == name


def test_an_unknown_parameter_is_told() -> None:
    """It is not overruled by the header, which would send something else than was asked."""
    with pytest.raises(NotAcceptable, match='"xlsx"'):
        choose("*/*", TABLES, "xlsx")


def test_the_default_is_for_who_has_no_preference() -> None:
    """It goes first among equals, and never against the header."""
    offered, default = list(RDF.values()), RDF["ttl"]
    assert choose(None, offered, None, default) is default
    assert choose("*/*", offered, None, default) is default
    assert choose("application/trig, */*;q=0.5", offered, None, default) is RDF["trig"]


@given(st.text(max_size=200), st.none() | st.text(max_size=20))
def test_any_header_gives_a_format_or_406(accept: str, asked: str | None) -> None:
    """No text of a stranger is a fault of ours."""
    with contextlib.suppress(NotAcceptable):
        assert choose(accept, DOCUMENTS, asked) in DOCUMENTS


@pytest.mark.parametrize("piece", ["text/csv,", "a", '"', ";q=0.1", "a/b;", ", ", "*/*;q=0.1,", 'a/b;c="'])
def test_a_long_header_takes_no_time(piece: str) -> None:
    """10 kB of anything is read in a moment: nothing is tried twice."""
    start = time.process_time()
    with contextlib.suppress(NotAcceptable):
        choose(piece * (10_000 // len(piece)), DOCUMENTS)
    assert time.process_time() - start < 0.2


@pytest.mark.parametrize("row", [*TABLES, *RDF.values(), HTML], ids=lambda row: row.media_type)
def test_a_media_type_asks_for_its_format(row: Format) -> None:
    """Each format can be asked for by its media type and by its name, among all of its kind."""
    offered = TABLES if row in TABLES else [HTML, *RDF.values()]
    assert choose(row.media_type, offered) is row
    assert choose(None, offered, row.name) is row
