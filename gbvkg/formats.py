"""The one table of formats: RDF, query results, compression; and the media type of every published file.

Whoever reads or writes a format asks here for its name, media types, extension and parser, so that command
line, a release and its manifest (and any service over it) never disagree. This module refuses to serialise.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath

from pyoxigraph import QueryResultsFormat, RdfFormat

from gbvkg.errors import UsageError


@dataclass(frozen=True, slots=True)
class Format:
    """``name`` is what a user types; ``media_types`` has the registered one first; ``label`` is nl and en.

    ``named_graphs`` says whether the format can hold a dataset (RDF 1.1 §4) or one graph only. ``rdf`` and
    ``result`` are the identifiers of pyoxigraph's parser and serialiser, None where it has none.
    """

    name: str
    extension: str
    media_types: tuple[str, ...]
    label: dict[str, str]
    named_graphs: bool = False
    rdf: RdfFormat | None = None
    result: QueryResultsFormat | None = None

    @property
    def media_type(self) -> str:
        return self.media_types[0]


def _same(label: str) -> dict[str, str]:
    return {"nl": label, "en": label}


RDF: dict[str, Format] = {
    row.name: row
    for row in (
        Format("trig", "trig", ("application/trig",), _same("TriG"), True, RdfFormat.TRIG),
        Format("nq", "nq", ("application/n-quads",), _same("N-Quads"), True, RdfFormat.N_QUADS),
        Format("ttl", "ttl", ("text/turtle",), _same("Turtle"), False, RdfFormat.TURTLE),
        Format("nt", "nt", ("application/n-triples",), _same("N-Triples"), False, RdfFormat.N_TRIPLES),
        Format("jsonld", "jsonld", ("application/ld+json",), _same("JSON-LD"), True, RdfFormat.JSON_LD),
        Format("rdf", "rdf", ("application/rdf+xml",), _same("RDF/XML"), False, RdfFormat.RDF_XML),
    )
}
"""The RDF formats, the richest first."""

RESULTS: dict[str, Format] = {
    row.name: row
    for row in (
        Format("table", "txt", ("text/plain",), {"nl": "Tabel", "en": "Table"}),
        Format("csv", "csv", ("text/csv",), _same("CSV"), result=QueryResultsFormat.CSV),
        Format("tsv", "tsv", ("text/tab-separated-values",), _same("TSV"), result=QueryResultsFormat.TSV),
        Format(
            "json",
            "json",
            ("application/sparql-results+json", "application/json"),
            {"nl": "JSON (SPARQL-resultaten)", "en": "JSON (SPARQL results)"},
            result=QueryResultsFormat.JSON,
        ),
        Format(
            "xml",
            "srx",
            ("application/sparql-results+xml", "application/xml", "text/xml"),
            {"nl": "XML (SPARQL-resultaten)", "en": "XML (SPARQL results)"},
            result=QueryResultsFormat.XML,
        ),
    )
}
"""The formats of a query result (SELECT and ASK)."""

COMPRESSIONS: dict[str, Format] = {
    row.name: row
    for row in (
        Format("gz", "gz", ("application/gzip",), _same("gzip")),
        Format("zst", "zst", ("application/zstd",), _same("Zstandard")),
    )
}
"""What is put beside a large file as a smaller copy."""

_OTHER_FILES: dict[str, str] = {
    "html": "text/html",
    "json": "application/json",
    "md": "text/markdown",
    "rq": "application/sparql-query",
    "txt": "text/plain",
    "yaml": "application/yaml",
    "yml": "application/yaml",
}


def rdf(name: str) -> Format:
    """The RDF format called ``name``. Raises UsageError that lists the right ones."""
    return _lookup(RDF, name)


def result(name: str) -> Format:
    """The result format called ``name``. Raises UsageError that lists the right ones."""
    return _lookup(RESULTS, name)


def rdf_of_file(path: PurePath) -> Format:
    """The RDF format that a file name's extension says, compression left aside. Raises UsageError."""
    return _lookup(RDF, _plain_extension(path))


def media_type_of_file(path: PurePath) -> str:
    """The media type that a file name's extension says; ``application/octet-stream`` for an unknown one.

    A result in JSON is ``application/json`` here: in a release most ``.json`` files are not query results.
    """
    extension = path.suffix.removeprefix(".")
    if extension in _OTHER_FILES:
        return _OTHER_FILES[extension]
    rows = (*RDF.values(), *RESULTS.values(), *COMPRESSIONS.values())
    return next((row.media_type for row in rows if row.extension == extension), "application/octet-stream")


def _plain_extension(path: PurePath) -> str:
    suffixes = [suffix.removeprefix(".") for suffix in path.suffixes]
    return next((suffix for suffix in reversed(suffixes) if suffix not in COMPRESSIONS), "")


def _lookup(table: dict[str, Format], name: str) -> Format:
    if name in table:
        return table[name]
    known = ", ".join(table)
    raise UsageError(
        f'Onbekend formaat "{name}"; kies uit: {known}.', f'Unknown format "{name}"; choose from: {known}.'
    )
