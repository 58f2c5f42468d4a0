"""The one table of formats: RDF, query results, and the media type of every published file.

Whoever reads or writes a format asks here for its name, media type, extension and parser, so that command
line, a release and its manifest (and any service over it) never disagree. This module refuses to serialise.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath

from pyoxigraph import QueryResultsFormat, RdfFormat

from gbvkg.errors import UsageError

_W3C = "http://www.w3.org/ns/formats/"
_MISPLACED = "https://www.w3.org/ns/formats/data/"
"""Where pyoxigraph 0.5 has JSON-LD; W3C lists it with the others."""


@dataclass(frozen=True, slots=True)
class Format:
    """``name`` is what a user types; ``media_type`` is the registered one.

    ``named_graphs`` says whether the format can hold a dataset (RDF 1.1 §4) or one graph only. ``rdf`` and
    ``result`` are the identifiers of pyoxigraph's parser and serialiser, None where it has none. ``names``
    and ``aliases`` are other names and media types that clients use for it: understood, never sent.
    """

    name: str
    extension: str
    media_type: str
    named_graphs: bool = False
    rdf: RdfFormat | None = None
    result: QueryResultsFormat | None = None
    names: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()

    @property
    def iri(self) -> str:
        """What W3C calls the format (https://www.w3.org/ns/formats/), "" for one that has no such name."""
        known = self.rdf or self.result
        return known.iri.replace(_MISPLACED, _W3C) if known else ""

    @property
    def called(self) -> tuple[str, ...]:
        """Everything that ``?format=`` may say for it, in lower case."""
        return (self.name, self.extension, *self.names, self.media_type, *self.aliases)


RDF: dict[str, Format] = {
    row.name: row
    for row in (
        Format("trig", "trig", "application/trig", True, RdfFormat.TRIG, aliases=("application/x-trig",)),
        Format(
            "nq",
            "nq",
            "application/n-quads",
            True,
            RdfFormat.N_QUADS,
            names=("nquads", "n-quads"),
            aliases=("text/x-nquads", "text/nquads"),
        ),
        Format(
            "ttl",
            "ttl",
            "text/turtle",
            False,
            RdfFormat.TURTLE,
            names=("turtle", "n3"),
            aliases=("application/turtle", "application/x-turtle", "text/n3"),
        ),
        Format(
            "nt",
            "nt",
            "application/n-triples",
            False,
            RdfFormat.N_TRIPLES,
            names=("ntriples", "n-triples"),
            aliases=("text/plain",),
        ),
        Format(
            "jsonld",
            "jsonld",
            "application/ld+json",
            True,
            RdfFormat.JSON_LD,
            names=("json-ld", "json"),
            aliases=("application/json", "application/x-json+ld"),
        ),
        Format(
            "rdf",
            "rdf",
            "application/rdf+xml",
            False,
            RdfFormat.RDF_XML,
            names=("rdfxml", "rdf+xml", "rdf-xml", "xml"),
            aliases=("application/xml", "text/xml"),
        ),
    )
}
"""The RDF formats, the richest first."""

RESULTS: dict[str, Format] = {
    row.name: row
    for row in (
        Format("table", "txt", "text/plain"),
        Format("csv", "csv", "text/csv", result=QueryResultsFormat.CSV, aliases=("application/csv",)),
        Format(
            "tsv", "tsv", "text/tab-separated-values", result=QueryResultsFormat.TSV, aliases=("text/tsv",)
        ),
        Format(
            "json",
            "json",
            "application/sparql-results+json",
            result=QueryResultsFormat.JSON,
            names=("srj",),
            aliases=("application/json", "text/json", "text/javascript", "application/javascript"),
        ),
        Format(
            "xml",
            "srx",
            "application/sparql-results+xml",
            result=QueryResultsFormat.XML,
            aliases=("application/xml", "text/xml"),
        ),
    )
}
"""The formats of a query result (SELECT and ASK)."""

HTML = Format("html", "html", "text/html", aliases=("application/xhtml+xml",))
"""A page for people."""

XLSX = Format("xlsx", "xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
"""A workbook, for who has a spreadsheet."""

_OTHER_FILES: dict[str, str] = {
    "gz": "application/gzip",
    "html": "text/html",
    "json": "application/json",
    "md": "text/markdown",
    "rq": "application/sparql-query",
    "txt": "text/plain",
    "yaml": "application/yaml",
    "yml": "application/yaml",
    "zst": "application/zstd",
}


def result(name: str) -> Format:
    """The result format called ``name``. Raises UsageError that lists the right ones."""
    if name in RESULTS:
        return RESULTS[name]
    known = ", ".join(RESULTS)
    raise UsageError(
        f'Onbekend formaat "{name}"; kies uit: {known}.', f'Unknown format "{name}"; choose from: {known}.'
    )


def media_type_of_file(path: PurePath) -> str:
    """The media type that a file name's extension says; ``application/octet-stream`` for an unknown one.

    A result in JSON is ``application/json`` here: in a release most ``.json`` files are not query results.
    """
    extension = path.suffix.removeprefix(".")
    if extension in _OTHER_FILES:
        return _OTHER_FILES[extension]
    rows = (*RDF.values(), *RESULTS.values())
    return next((row.media_type for row in rows if row.extension == extension), "application/octet-stream")
