"""The format table."""

from __future__ import annotations

from pathlib import PurePath

import pytest

from gbvkg import formats
from gbvkg.errors import UsageError


def test_the_table_has_the_promised_formats() -> None:
    """The names a user may type, and no others."""
    assert set(formats.RDF) == {"trig", "nq", "ttl", "nt", "jsonld", "rdf"}
    assert set(formats.RESULTS) == {"table", "csv", "tsv", "json", "xml"}


@pytest.mark.parametrize("row", formats.RDF.values(), ids=lambda row: row.name)
def test_an_rdf_row_agrees_with_the_library(row: formats.Format) -> None:
    """Extension, media type and named graphs say the same as pyoxigraph's own table: neither can drift."""
    assert row.rdf is not None
    assert row.rdf.media_type == row.media_type
    assert row.rdf.file_extension == row.extension
    assert row.rdf.supports_datasets == row.named_graphs


def test_the_result_rows_agree_with_the_library() -> None:
    """The registered media type is the library's; only the terminal table is our own."""
    rows = [(row, row.result) for row in formats.RESULTS.values() if row.result]
    assert [row.name for row, _ in rows] == [name for name in formats.RESULTS if name != "table"]
    assert all(library.media_type.split(";")[0] == row.media_type for row, library in rows)


def test_no_two_rdf_formats_share_an_extension_or_media_type() -> None:
    """A file name or an Accept header can only mean one format."""
    rows = list(formats.RDF.values())
    for values in ([row.extension for row in rows], [row.media_type for row in rows]):
        assert len(values) == len(set(values))


@pytest.mark.parametrize("table", [formats.RDF, formats.RESULTS], ids=["rdf", "results"])
def test_what_a_client_calls_a_format_means_one_format(table: dict[str, formats.Format]) -> None:
    """No name, extension, media type or alias is shared within a table; all are in lower case."""
    called = [name for row in table.values() for name in set(row.called)]
    assert len(called) == len(set(called))
    assert all(name == name.lower() for name in called)


def test_a_format_has_the_name_that_w3c_gave_it() -> None:
    """For descriptions of services; only what is not RDF and no query result has none."""
    assert formats.RDF["ttl"].iri == "http://www.w3.org/ns/formats/Turtle"
    assert formats.RDF["jsonld"].iri == "http://www.w3.org/ns/formats/JSON-LD"
    assert formats.RESULTS["json"].iri == "http://www.w3.org/ns/formats/SPARQL_Results_JSON"
    assert formats.RESULTS["table"].iri == formats.HTML.iri == ""


def test_an_unknown_name_lists_the_right_ones() -> None:
    """An error says what would be right, in both languages."""
    with pytest.raises(UsageError, match="choose from: table, csv, tsv, json, xml") as caught:
        formats.result("xlsx")
    assert 'Onbekend formaat "xlsx"' in caught.value.nl


@pytest.mark.parametrize(
    ("name", "media_type"),
    [
        ("dataset.trig", "application/trig"),
        ("dataset.rdf.gz", "application/gzip"),
        ("dataset.nq.zst", "application/zstd"),
        ("csv/actions.csv", "text/csv"),
        ("manifest.json", "application/json"),
        ("context.jsonld", "application/ld+json"),
        ("rule.rq", "application/sparql-query"),
        ("links.sssom.tsv", "text/tab-separated-values"),
        ("LOCK", "application/octet-stream"),
    ],
)
def test_the_media_type_of_a_file(name: str, media_type: str) -> None:
    """A manifest names the media type that a server must send."""
    assert formats.media_type_of_file(PurePath(name)) == media_type
