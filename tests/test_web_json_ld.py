"""Documents in JSON-LD: compacted with the context of the release, which is in them, and nothing is lost."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import serving
from pyld import jsonld as pyld
from pyoxigraph import BaseDirection, BlankNode, Literal, NamedNode, RdfFormat, Triple, parse, serialize

from gbvkg import vocabulary
from gbvkg.release.jsonld import Context
from gbvkg.vocabulary import expand
from gbvkg.web import json_ld

THINGS = [
    "/doc/action/vap-sg-2020/11",
    "/doc/plan/vap-ggg-2025",
    "/doc/objective/vap-ggg-2025/SD-1",
    "/doc/person/5fed907de6670526694a05b8",
    "/doc/mandate/1e207740-3834-4e98-8431-5a2c08704516",
    "/doc/question/354-2021",
    "/doc/indicator/vap-ggg-2025/1712-calls-by-subject",
    "/doc/concept/violence-form/SG",
    "/doc/conceptscheme/violence-role",
    "/doc/source/vraag-354-2021",
    "/doc/dataset/gbvkg",
    "/doc/graph/sources",
    "/doc/graph/plan/vap-sg-2020",
    "/doc/ns",
    "/about?iri=https://data.vlaanderen.be/id/organisatie/OVO049152",
]
S, P, O = (NamedNode(f"https://x.example/{name}") for name in "spo")  # noqa: E741
LABEL, TITLE = NamedNode(expand("rdfs:label")), NamedNode(expand("dct:title"))


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """A document that refers to a context elsewhere cannot be read here."""

    def refuse(url: str, options: Any) -> Any:
        raise AssertionError(f"{url} was asked for")

    monkeypatch.setattr(pyld, "get_document_loader", lambda: refuse)


def read(document: Any) -> set[Triple]:
    return triples(pyld.to_rdf(document, {"format": "application/n-quads"}))


def triples(text: str) -> set[Triple]:
    return {quad.triple for quad in parse(text, format=RdfFormat.N_TRIPLES)}


def lines(rows: list[Triple]) -> bytes:
    found = serialize(rows, format=RdfFormat.N_TRIPLES)
    assert found is not None
    return found


def as_format(path: str, name: str) -> str:
    return f"{path}&format={name}" if "?" in path else f"{path}.{name}"


@pytest.mark.parametrize("path", THINGS)
def test_a_document_has_the_same_triples_as_in_any_format(real: serving.Served, path: str) -> None:
    """A processor of JSON-LD that fetches nothing reads what N-Triples says; the thing itself is first."""
    answer = real.get(as_format(path, "jsonld"))
    assert answer.headers["content-type"] == "application/ld+json"
    document = answer.json()
    told = real.get(as_format(path, "nt"))
    assert read(document) == triples(told.text)
    about = told.headers["link"].partition('>; rel="describes"')[0].rpartition("<")[2]
    assert document["@graph"][0]["id"] == about


def test_a_document_speaks_the_terms_of_the_fiches(real: serving.Served) -> None:
    """Keys are those of the published context, of which only what is used is in the document."""
    document = real.get("/doc/action/vap-sg-2020/11.jsonld").json()
    action = document["@graph"][0]
    assert (action["type"], action["number"], action["addressesForm"]) == ("Action", 11, "SG")
    assert set(action["label"]) == set(vocabulary.LANGUAGES)
    assert not [key for key in action if ":" in key]
    published = real.client.get("/ns/context", follow_redirects=True)
    assert published.headers["content-type"] == "application/ld+json"
    whole = published.json()["@context"]
    used = document["@context"]
    assert used.items() <= whole.items()
    assert "Action" in used
    assert "ActionPlan" not in used


def test_a_document_is_the_same_in_whatever_order_its_triples_come() -> None:
    """An entity tag names these bytes."""
    rows = [Triple(S, LABEL, Literal(text, language="nl")) for text in ("b", "a")]
    rows += [Triple(O, P, S), Triple(S, P, O), Triple(S, NamedNode(expand("rdf:type")), O)]
    known = Context(vocabulary.context())
    one = json_ld.compacted(lines(rows), S.value, known)
    assert one == json_ld.compacted(lines(rows[::-1]), S.value, known)
    assert one is not None
    found = json.loads(one)["@graph"]
    assert [node["id"] for node in found] == [S.value, O.value]
    assert list(found[0])[:2] == ["id", "type"]


@pytest.mark.parametrize(
    "value",
    [
        Literal("x"),
        Literal("x", language="nl"),
        Literal("x", language="nl-BE"),
        Literal("01", datatype=NamedNode(expand("xsd:integer"))),
        Literal("1", datatype=NamedNode(expand("xsd:boolean"))),
        Literal("x", datatype=NamedNode("urn:own:type")),
        Literal("x", datatype=NamedNode(expand("prov:odd"))),
        NamedNode("urn:a:b"),
    ],
    ids=str,
)
@pytest.mark.parametrize("property_", [TITLE, P, NamedNode(expand("gbv:number")), NamedNode("urn:own:p")])
def test_any_value_comes_back_as_it_is(property_: NamedNode, value: Any) -> None:
    """What a term of the context would change is written in full."""
    row = Triple(S, property_, value)
    body = json_ld.compacted(lines([row]), S.value, Context(vocabulary.context()))
    assert body is not None
    assert read(json.loads(body)) == {row}


@pytest.mark.parametrize(
    "row",
    [
        Triple(BlankNode("b"), P, O),
        Triple(S, P, BlankNode("b")),
        Triple(S, P, Triple(S, P, O)),
        Triple(S, P, Literal("x", language="ar", direction=BaseDirection.RTL)),
        Triple(S, P, NamedNode("dct:title")),
    ],
    ids=["subject", "object", "triple", "direction", "prefix"],
)
def test_what_it_cannot_say_it_does_not_say(row: Triple) -> None:
    """Then the document is written as the engine does, which can."""
    assert json_ld.compacted(lines([row]), S.value, Context(vocabulary.context())) is None


def test_what_is_very_large_is_written_as_the_engine_does(monkeypatch: pytest.MonkeyPatch) -> None:
    """Compacting takes the interpreter that all clients share: not for a document of megabytes."""
    row, known = lines([Triple(S, P, O)]), Context(vocabulary.context())
    monkeypatch.setattr(json_ld, "LARGEST", len(row))
    assert json_ld.compacted(row, S.value, known)
    assert json_ld.compacted(row * 2, S.value, known) is None


def test_a_release_without_a_context_is_read_with_that_of_gbvkg(tmp_path: Path) -> None:
    """An older one may have none; its own goes first."""
    assert json_ld.context(tmp_path).definitions == vocabulary.context()
    (tmp_path / json_ld.NAME).write_text('{"@context": {"dct": "http://purl.org/dc/terms/", "id": "@id"}}')
    assert set(json_ld.context(tmp_path).definitions) == {"dct", "id"}
