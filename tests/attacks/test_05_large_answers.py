"""Row 5: an answer that is too large: never a part of it as if it were all."""

from __future__ import annotations

import csv
import io
import json
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import urlopen
from xml.etree import ElementTree

import pytest
from bystander import RESULT, refused, unharmed
from pyoxigraph import RdfFormat, parse
from serving import Served
from SPARQLWrapper import JSON, SPARQLWrapper

MANY = "SELECT ?s ?o WHERE { ?s ?p ?x . ?y ?q ?o } LIMIT 200000"
TRIPLES = "CONSTRUCT { ?s ?q ?y } WHERE { ?y ?q ?o . ?s ?p ?x } LIMIT 200000"
TABLES, GRAPHS = ("json", "xml", "csv", "tsv"), ("ttl", "trig", "nt", "nq", "jsonld", "rdf")


@pytest.mark.parametrize("format", TABLES)
def test_too_many_rows_are_an_error(service: Served, format: str) -> None:
    """In every format; the message names the limit and says how to ask for less."""
    with unharmed(service):
        problem = refused(service.client.get("/sparql", params={"query": MANY, "format": format}), 503)
    assert problem["type"].endswith("result-too-large")
    assert f"{RESULT / 1_000_000:g} MB" in problem["detail"]
    assert "LIMIT" in problem["detail"]


@pytest.mark.parametrize("format", GRAPHS)
def test_too_many_triples_are_an_error(service: Served, format: str) -> None:
    """A graph has no last row that would tell: it is an error too."""
    with unharmed(service):
        refused(service.client.get("/sparql", params={"query": TRIPLES, "format": format}), 503)


@pytest.mark.parametrize("rows", [1, 999, 1000, 5000])
def test_what_fits_is_whole(service: Served, rows: int) -> None:
    """As many rows as asked for, in every format, and a length that was known before the first byte."""
    query = f"SELECT ?s ?p {{ ?s ?p ?o }} ORDER BY ?s ?p ?o LIMIT {rows}"
    for format in TABLES:
        answer = service.client.get("/sparql", params={"query": query, "format": format})
        assert answer.status_code == 200
        assert int(answer.headers["content-length"]) == len(answer.content)
        assert _rows(format, answer.text) == rows


def _rows(format: str, text: str) -> int:
    if format == "json":
        return len(json.loads(text)["results"]["bindings"])
    if format == "xml":
        return len(list(ElementTree.fromstring(text).iter("{http://www.w3.org/2005/sparql-results#}result")))
    delimiter = "," if format == "csv" else "\t"
    return len(list(csv.reader(io.StringIO(text), delimiter=delimiter))) - 1


@pytest.mark.parametrize("format", GRAPHS)
def test_a_graph_that_fits_is_whole(service: Served, format: str) -> None:
    """As many triples as a SELECT counts, in every format."""
    count = service.sparql("SELECT (COUNT(*) AS ?n) { SELECT DISTINCT ?s ?o { ?s a ?o } }").json()
    asked = {"query": "CONSTRUCT { ?s a ?o } WHERE { ?s a ?o }", "format": format}
    found = service.client.get("/sparql", params=asked)
    assert found.status_code == 200
    triples = {(q.subject, q.object) for q in parse(found.content, RdfFormat.from_extension(format))}
    assert len(triples) == int(count["results"]["bindings"][0]["n"]["value"])


def test_clients_see_it(service: Served) -> None:
    """SPARQLWrapper and whoever reads with urllib (pandas does) raise; neither gets a shorter table."""
    wrapper = SPARQLWrapper(f"{service.url}/sparql")
    wrapper.setQuery(MANY)
    wrapper.setReturnFormat(JSON)
    with pytest.raises(HTTPError) as caught:
        wrapper.query()
    assert caught.value.code == 503
    caught.value.close()
    with pytest.raises(HTTPError) as caught:
        urlopen(f"{service.url}/sparql?{urlencode({'query': MANY, 'format': 'csv'})}")
    assert caught.value.code == 503
    caught.value.close()


def test_pandas_sees_it(service: Served) -> None:
    """``read_csv`` of an address raises."""
    pandas = pytest.importorskip("pandas")
    with pytest.raises(HTTPError):
        pandas.read_csv(f"{service.url}/sparql?{urlencode({'query': MANY, 'format': 'csv'})}")
