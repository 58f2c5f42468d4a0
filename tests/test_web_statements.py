"""The CSV of a thing: exact values, their language and datatype, and what all of it is called."""

from __future__ import annotations

import asyncio
import csv
import io
from pathlib import Path

import pytest
import serving
from endpoint import scope_of
from pyoxigraph import Literal, NamedNode, RdfFormat, parse
from starlette.requests import Request

from gbvkg.config import ServeSettings
from gbvkg.vocabulary import BASE, expand
from gbvkg.web import linked_data, statements
from gbvkg.web.linked_data import Documents
from gbvkg.web.site import Site
from gbvkg.web.statements import COLUMNS

ACTION = "/doc/action/vap-sg-2020/11"


def rows(served: serving.Served, path: str) -> list[dict[str, str]]:
    answer = served.get(path)
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    read = csv.DictReader(io.StringIO(answer.text, newline=""), strict=True)
    assert tuple(read.fieldnames or ()) == COLUMNS
    return list(read)


@pytest.mark.parametrize(
    "path", [ACTION, "/doc/plan/vap-ggg-2025", "/doc/concept/violence-form/SG", "/doc/graph/sources"]
)
def test_each_statement_is_a_row_with_its_value_as_it_is(real: serving.Served, path: str) -> None:
    """From the cells alone the term can be made again: an IRI has no datatype."""
    told = {
        (
            row["property"],
            (
                Literal(row["value"], language=row["language"])
                if row["language"]
                else Literal(row["value"], datatype=NamedNode(row["datatype"]))
            )
            if row["datatype"]
            else NamedNode(row["value"]),
        )
        for row in rows(real, f"{path}.csv")
    }
    about = NamedNode(f"{BASE}id{path.removeprefix('/doc')}")
    graph = parse(real.get(f"{path}.nt").text, format=RdfFormat.N_TRIPLES)
    assert told == {(quad.predicate.value, quad.object) for quad in graph if quad.subject == about}


def test_property_and_value_have_their_names_in_both_languages(real: serving.Served) -> None:
    """A civil servant reads the table without looking up an IRI; what has no name has an empty cell."""
    found = {row["property"]: row for row in rows(real, f"{ACTION}.csv")}
    form = found[expand("gbv:addressesForm")]
    assert form["property_en"].startswith("addresses form")
    assert form["property_nl"] not in ("", form["property_en"])
    assert (form["value_nl"], form["value_en"]) == ("seksueel geweld", "sexual violence")
    number = found[expand("gbv:number")]
    assert (number["value"], number["datatype"], number["language"]) == ("11", expand("xsd:integer"), "")
    assert (number["value_nl"], number["value_en"]) == ("", "")
    kind = found[expand("rdf:type")]
    assert (kind["value_nl"], kind["value_en"]) == ("actie", "action")


def test_another_version_of_gbvkg_gives_another_tag(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same statements are perhaps written otherwise: nobody keeps what the one before wrote."""

    async def tag() -> str:
        site = await Site.open(serving.released() / "current", ServeSettings(), workers=1)
        try:
            request = Request(scope_of("GET", path=ACTION) | {"path_params": {"path": f"{ACTION[5:]}.csv"}})
            return (await Documents(site).document(request)).headers["etag"]
        finally:
            await site.pool.close()

    first = asyncio.run(tag())
    assert asyncio.run(tag()) == first
    monkeypatch.setattr(linked_data, "build", lambda: "another")
    assert asyncio.run(tag()) != first


def test_of_very_many_values_none_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Their names would take longer than the statements; all of these are there."""

    async def written() -> list[str]:
        site = await Site.open(serving.released() / "current", ServeSettings(), workers=1)
        try:
            told = [(expand("dct:subject"), NamedNode(f"{BASE}id/concept/violence-form/SG"))]
            return (await statements.table(site, f"{BASE}id/x", told)).decode().splitlines()
        finally:
            await site.pool.close()

    assert "seksueel geweld" in asyncio.run(written())[1]
    monkeypatch.setattr(statements, "MOST_NAMED", 0)
    header, row = asyncio.run(written())
    assert tuple(header.split(",")) == COLUMNS
    assert row.startswith(f"{expand('dct:subject')},{BASE}id/concept/violence-form/SG,,,")
    assert row.endswith(",,")


@pytest.mark.parametrize(
    ("iri", "name"),
    [
        (f"{BASE}id/action/vap-sg-2020/11", "action-vap-sg-2020-11"),
        ("https://data.vlaanderen.be/id/organisatie/OVO049152", "organisatie-OVO049152"),
        ("https://x.example/a#b", "b"),
        ('https://x.example/"\r\n; x=', "x"),
        ("https://x.example/" + "y" * 500, "y" * 80),
        ("https://x.example/é", "gbvkg"),
    ],
)
def test_a_file_has_a_name_that_any_disk_takes(iri: str, name: str) -> None:
    """Whatever the IRI has in it, no header and no path is made of it."""
    assert linked_data._file_name(iri) == name


def test_columns_are_documented() -> None:
    """Each is told in the guide to the service, in both languages."""
    guide = (Path(__file__).parent.parent / "docs" / "serving.md").read_text("utf-8")
    for half in guide.split("\n## English\n"):
        assert [name for name in COLUMNS if f"`{name}`" not in half] == []
