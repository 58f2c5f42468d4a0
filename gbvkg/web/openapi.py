"""The OpenAPI 3.1 document of a release: the named queries, as FastAPI describes them, and what else programs
ask: SPARQL, things and their documents, lists, search and downloads.

Formats and parameters come from the tables that the answers come from. This module refuses to describe pages
that only people read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from gbvkg.formats import HTML, Format
from gbvkg.project import VERSION
from gbvkg.web.negotiation import DOCUMENTS
from gbvkg.web.pages.citing import KINDS
from gbvkg.web.pages.tables import FILES
from gbvkg.web.pages.views import views
from gbvkg.web.query_api import PROBLEMS, RELEASE, TEXT, responses
from gbvkg.web.sparql import FORM, GRAPHS, QUERY, TABLES

if TYPE_CHECKING:
    from fastapi import FastAPI

    from gbvkg.web.site import Site

MORE_PROBLEMS = {
    403: "Enkel lezen: een update wordt geweigerd / Read only: an update is refused",
    408: "De vraag kwam te traag binnen / The query came in too slowly",
    410: "Ingetrokken; ook welke oudere releases het nog kennen"
    " / Withdrawn; also which older releases still know it",
    413: "De vraag is te lang / The query is too long",
    415: "Een ander Content-Type, of gecomprimeerd / Another Content-Type, or compressed",
    416: "Dat deel heeft het bestand niet / The file has no such part",
}
_REDIRECTS = {
    301: "Samengevoegd met een ander ding / Merged with another thing",
    303: "Het document over het ding / The document about the thing",
}
_LISTED = (HTML, *FILES.values())


def complete(app: FastAPI, site: Site) -> None:
    """Make the description of an application whole; it is made once, when it is first asked for."""
    app.openapi = partial(_complete, app.openapi, _Examples.of(site))  # type: ignore[method-assign]


@dataclass(frozen=True)
class _Examples:
    """What the release has, to try: a thing, its version, a class that a way in leads to, and its name."""

    thing: str
    version: str
    class_: str
    words: str

    @classmethod
    def of(cls, site: Site) -> _Examples:
        lists = [way for way in views().ways if way["path"].startswith("/list/")]
        name, words = (lists[0]["path"].removeprefix("/list/"), lists[0]["nl"]) if lists else ("Dataset", "")
        return cls(site.manifest.dataset.removeprefix(f"{site.base}id/"), site.version, name, words)


def _complete(own: Callable[[], dict[str, Any]], examples: _Examples) -> dict[str, Any]:
    found = own()  # FastAPI keeps it
    if "/sparql" not in found["paths"]:
        found["paths"] |= _paths(examples)
    return found


def _paths(examples: _Examples) -> dict[str, dict[str, Any]]:
    return {
        "/sparql": {"get": _sparql_get(), "post": _sparql_post()},
        "/id/{path}": {"get": _thing(examples)},
        "/doc/{path}": {"get": _document(examples)},
        "/list/{name}": {"get": _list(examples)},
        "/search": {"get": _search(examples)},
        "/releases/{version}/{path}": {"get": _download(examples)},
    }


def _operation(
    name: str, tag: str, nl: str, en: str, parameters: Sequence[Any], answers: dict[str, Any], **more: Any
) -> dict[str, Any]:
    """One operation; its description is a title and an explanation in Dutch, then both in English."""
    return {
        "operationId": name,
        "tags": [tag],
        "summary": nl.partition(". ")[0].rstrip("."),
        "description": "\n\n".join("**{}**\n\n{}".format(*text.split(". ", 1)) for text in (nl, en)),
        "parameters": list(parameters),
        "responses": answers,
        **more,
    }


def _answers(formats: Iterable[Format], problems: Sequence[int], *redirects: int) -> dict[str, Any]:
    content: dict[str, Any] = {format.media_type: {"schema": {}} for format in formats}
    known = [status for status in problems if status in PROBLEMS]
    found: dict[str, Any] = {str(status): said for status, said in responses(content, known).items()}
    if not content:
        del found["200"]
    example = found[str(known[0])]["content"]
    for status in problems:
        if status not in PROBLEMS:
            found[str(status)] = {"description": MORE_PROBLEMS[status], "content": example}
    for status in redirects:
        found[str(status)] = {"description": _REDIRECTS[status], "headers": {"Location": {"schema": TEXT}}}
    return found


def _parameter(name: str, nl: str, en: str, example: str = "", **schema: Any) -> dict[str, Any]:
    said = {
        "name": name,
        "in": "query",
        "required": False,
        "description": f"{nl} / {en}",
        "schema": {"type": "string", **schema},
    }
    return said | ({"examples": {"example": {"value": example}}} if example else {})


def _in_path(name: str, nl: str, en: str, example: str) -> dict[str, Any]:
    return _parameter(name, nl, en, example, minLength=1) | {"in": "path", "required": True}


def _formats(formats: Sequence[Format]) -> dict[str, Any]:
    names = ", ".join(format.name for format in formats)
    return _parameter(
        "format",
        f"Het formaat, in plaats van de header Accept: {names}",
        f"The format, instead of the header Accept: {names}",
        formats[0].name,
    )


_LANGUAGE = _parameter(
    "lang",
    "De taal, nl of en, in plaats van Accept-Language",
    "The language, nl or en, instead of Accept-Language",
    "nl",
)
_RELEASE = RELEASE | {"schema": {"type": "string", "pattern": f"^({VERSION.pattern})?$"}}
"""The parameter of what takes an empty one for none."""

_PAGE = _parameter("page", "Het nummer van de bladzijde, vanaf 1", "The number of the page, from 1", "1")
_CITE = _parameter(
    "cite",
    f"In plaats van de pagina hoe ze te citeren: {', '.join(KINDS)}",
    f"Instead of the page how to cite it: {', '.join(KINDS)}",
)


# SPARQL

_SPARQL_PROBLEMS = (400, 403, 404, 406, 408, 413, 414, 415, 429, 503)
_ASKED = dict.fromkeys((*TABLES, *GRAPHS, HTML))


def _sparql_parameters() -> list[dict[str, Any]]:
    several = {"schema": {"type": "array", "items": {"type": "string", "format": "iri"}}, "explode": True}
    graphs = [
        _parameter(
            "default-graph-uri",
            "De standaardgraaf waarover gevraagd wordt; mag er meer dan eens staan",
            "The default graph that is asked about; may be there more than once",
        ),
        _parameter(
            "named-graph-uri",
            "Een benoemde graaf waarover gevraagd wordt; mag er meer dan eens staan",
            "A named graph that is asked about; may be there more than once",
        ),
    ]
    return [*(graph | several for graph in graphs), _formats(tuple(_ASKED)), _RELEASE]


def _sparql_get() -> dict[str, Any]:
    query = _parameter(
        "query",
        "De vraag; zonder vraag komt de beschrijving van de dienst",
        "The query; without one it is the description of the service",
        "SELECT ?class (COUNT(*) AS ?things) WHERE { ?thing a ?class } GROUP BY ?class ORDER BY ?class",
    )
    return _operation(
        "sparql", "sparql",
        "Een vraag in SPARQL 1.1. SELECT en ASK geven een tabel, CONSTRUCT en DESCRIBE een graaf. Een "
        "antwoord is altijd heel; wat een grens overschrijdt, geeft een fout die de grens noemt. Een browser "
        "krijgt de pagina met de vraag: die voert niets vanzelf uit.",
        "A query in SPARQL 1.1. SELECT and ASK give a table, CONSTRUCT and DESCRIBE a graph. An answer is "
        "always whole; what exceeds a limit gives an error that names it. A browser gets the page with the "
        "query, which runs nothing by itself.",
        [query, *_sparql_parameters(), _LANGUAGE],
        _answers(_ASKED, _SPARQL_PROBLEMS),
    )  # fmt: skip


def _sparql_post() -> dict[str, Any]:
    fields = {
        "query": TEXT,
        "default-graph-uri": {"type": "array", "items": TEXT},
        "named-graph-uri": {"type": "array", "items": TEXT},
        "format": TEXT,
    }
    body = {
        "required": True,
        "content": {
            QUERY: {"schema": TEXT, "examples": {"ask": {"value": "ASK { ?s ?p ?o }"}}},
            FORM: {"schema": {"type": "object", "required": ["query"], "properties": fields}},
        },
    }
    return _operation(
        "sparql-post", "sparql",
        "Een vraag in SPARQL 1.1, als inhoud. De vraag zelf in UTF-8, of een formulier met het veld query.",
        "A query in SPARQL 1.1, as content. The query itself in UTF-8, or a form with the field query.",
        _sparql_parameters(),
        _answers(_ASKED, _SPARQL_PROBLEMS),
        requestBody=body,
    )  # fmt: skip


# Things, lists, downloads


def _named(examples: _Examples) -> dict[str, Any]:
    nl, en = "Soort en verwijzing van het ding", "Kind and reference of the thing"
    return _in_path("path", nl, en, examples.thing)


def _thing(examples: _Examples) -> dict[str, Any]:
    return _operation(
        "thing", "things",
        "Een ding. De naam van een ding leidt naar het document erover, in het formaat dat gevraagd wordt.",
        "A thing. The name of a thing leads to the document about it, in the format that is asked for.",
        [_named(examples), _formats(DOCUMENTS), _LANGUAGE, _RELEASE],
        _answers((), (400, 404, 406, 410, 414, 429, 503), 301, 303),
    )  # fmt: skip


def _document(examples: _Examples) -> dict[str, Any]:
    about = _parameter(
        "in",
        "In plaats van het document wat met deze eigenschap naar het ding verwijst, bladzijde per bladzijde",
        "Instead of the document what refers to the thing by this property, page by page",
    )
    kinds = [Format(kind, kind, KINDS[kind]) for kind in KINDS]
    return _operation(
        "document", "things",
        "Het document over een ding. Wat de release erover zegt; het formaat mag ook als extensie achter het "
        "adres.",
        "The document about a thing. What the release says of it; the format may be an extension of the "
        "address.",
        [_named(examples), _formats(DOCUMENTS), _LANGUAGE, _RELEASE, about, _PAGE, _CITE],
        _answers((*DOCUMENTS, *kinds), (400, 404, 406, 410, 414, 429, 503), 301, 303),
    )  # fmt: skip


def _narrowed() -> list[dict[str, Any]]:
    return [
        _parameter(
            name,
            f"Enkel met deze waarde van: {facet.title['nl']}",
            f"Only with this value of: {facet.title['en']}",
        )
        for name, facet in views().facets.items()
    ]


def _list(examples: _Examples) -> dict[str, Any]:
    name = _in_path(
        "name",
        "De naam van een klasse; met de extensie csv, xlsx of jsonld komt de hele lijst als bestand",
        "The name of a class; with the extension csv, xlsx or jsonld all of the list comes as a file",
        f"{examples.class_}.csv",
    )
    kinds = [Format(kind, kind, KINDS[kind]) for kind in KINDS]
    return _operation(
        "list", "lists",
        "De dingen van een soort. Een pagina per 25, of alle dingen als bestand.",
        "The things of a kind. A page of 25, or all things as a file.",
        [name, _formats(_LISTED), _LANGUAGE, _RELEASE, _PAGE, _CITE, *_narrowed()],
        _answers((*_LISTED, *kinds), (400, 404, 406, 414, 429, 503)),
    )  # fmt: skip


def _search(examples: _Examples) -> dict[str, Any]:
    words = _parameter("q", "De woorden die gezocht worden", "The words that are looked for", examples.words)
    kind = _parameter("class", "Enkel dingen van deze klasse", "Only things of this class", examples.class_)
    kinds = [Format(name, name, KINDS[name]) for name in KINDS]
    return _operation(
        "search", "lists",
        "Zoeken. In namen en teksten, ook bij tikfouten; een pagina per 25, of alles als bestand.",
        "Search. In names and texts, also with typing errors; a page of 25, or all as a file.",
        [words, kind, _formats(_LISTED), _LANGUAGE, _RELEASE, _PAGE, _CITE, *_narrowed()],
        _answers((*_LISTED, *kinds), (400, 404, 406, 414, 429, 503)),
    )  # fmt: skip


def _download(examples: _Examples) -> dict[str, Any]:
    version = _in_path("version", "De versie van een release", "The version of a release", examples.version)
    path = _in_path(
        "path",
        "Een bestand dat manifest.json noemt, of dat bestand zelf",
        "A file that manifest.json names, or that file itself",
        "manifest.json",
    )
    found = _answers((), (404, 414, 416, 429, 503))
    anything: dict[str, Any] = {"*/*": {"schema": {}}}
    found["200"] = {"description": "Het bestand / The file", "content": anything}
    found["206"] = {"description": "Een deel ervan / A part of it", "content": anything}
    return _operation(
        "download", "releases",
        "Een bestand van een release. Het verandert nooit; de ETag is de SHA-256, en Range geeft een deel.",
        "A file of a release. It never changes; the ETag is the SHA-256, and Range gives a part.",
        [version, path],
        found,
    )  # fmt: skip
