"""What OpenAPI 3.1 says of the named queries, made from their headers and from the table of formats.

Every status, header and media type that is described here is what ``gbvkg.web.named`` answers, and a test
asks all of them. This module refuses to describe by hand what a header says.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from gbvkg.formats import HTML, XLSX, Format
from gbvkg.project import VERSION
from gbvkg.queries import Parameter, Query
from gbvkg.queries.parameters import LONGEST
from gbvkg.vocabulary import LANGUAGES
from gbvkg.web.sparql import GRAPHS, TABLES

if TYPE_CHECKING:
    from gbvkg.web.site import Site

JSON = Format("json", "json", "application/json")
LIST = (JSON, HTML)
"""What the list of queries comes in."""

DESCRIPTION = """\
**Nederlands.** De gedocumenteerde vragen aan de gegevens van deze release. Elke vraag is een adres,
`/query/<naam>`, met haar parameters in de querystring. Kies het formaat met de header `Accept` of met
`?format=`; zonder voorkeur komt JSON (tabel) of Turtle (graaf). Een IRI van deze gegevens mag kort:
`plan/vap-ggg-2025` staat voor de volledige IRI. Een onbekende of foute parameter geeft 400 en zegt wat
wel kan; een ding dat deze release niet kent geeft 404 en noemt wat erop lijkt. Een vraag met
`x-stability: stable` verandert nooit van betekenis of kolommen; `experimental` kan nog wijzigen.
Antwoorden horen bij een release: bewaar de `ETag` en vraag met `If-None-Match` of er iets nieuws is.
Fouten zijn problem details (RFC 9457) in het Nederlands en het Engels.

**English.** The documented questions to the data of this release. Each query is an address,
`/query/<name>`, with its parameters in the query string. Choose the format with the header `Accept` or
with `?format=`; without a preference it is JSON (table) or Turtle (graph). An IRI of these data may be
short: `plan/vap-ggg-2025` stands for the whole IRI. An unknown or wrong parameter gives 400 and says
what is right; a thing that this release does not know gives 404 and names what is like it. A query with
`x-stability: stable` never changes its meaning or columns; `experimental` may still change. Answers
belong to a release: keep the `ETag` and ask with `If-None-Match` whether there is news. Errors are
problem details (RFC 9457) in Dutch and English.
"""

_PROBLEM = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "title_en", "detail_en"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "title_en": {"type": "string"},
        "detail_en": {"type": "string"},
    },
}
PROBLEMS = {
    400: "Een parameter klopt niet / A parameter is wrong",
    404: "Niet gevonden / Not found",
    406: "Dit formaat is er niet / There is no such format",
    414: "Het adres is te lang / The address is too long",
    429: "Te veel gevraagd; zie Retry-After / Too much asked; see Retry-After",
    503: "Nu niet, of te veel voor één vraag; zie Retry-After"
    " / Not now, or too much for one query; see Retry-After",
}
_TERM = {
    "type": "object",
    "required": ["type", "value"],
    "properties": {
        "type": {"enum": ["uri", "literal", "bnode"]},
        "value": {"type": "string"},
        "xml:lang": {"type": "string"},
        "datatype": {"type": "string"},
    },
}
TEXT: dict[str, Any] = {"type": "string"}


def offered(query: Query) -> tuple[Format, ...]:
    """The formats of a query's answer; the first for who has no preference."""
    if query.form == "CONSTRUCT":
        return (*GRAPHS, HTML)
    return (*TABLES, *((XLSX,) if query.form == "SELECT" else ()), HTML)


def operation(query: Query) -> dict[str, Any]:
    """Arguments of ``APIRouter.add_api_route`` for one query."""
    formats = offered(query)
    extra: dict[str, Any] = {
        "parameters": [
            *(_parameter(query, parameter) for parameter in query.parameters.values()),
            *(one for one in (_format(formats), _LANG, RELEASE) if one["name"] not in query.parameters),
        ],
        "x-stability": query.stability,
        "x-title": query.summary,
        "externalDocs": {"url": f"{query.name}.rq", "description": "SPARQL"},
    }
    if query.answers:
        extra["x-answers"] = query.answers
    if query.columns:
        extra["x-columns"] = {name: query.columns[name].heading for name in query.variables}
    content = {format.media_type: _media(query, format) for format in formats}
    return {
        "operation_id": query.name,
        "tags": [query.topic],
        "summary": query.summary[LANGUAGES[0]],
        "description": _both(query),
        "responses": responses(content, (400, 404, 406, 414, 429, 503), page=True),
        "openapi_extra": extra,
    }


def list_operation() -> dict[str, Any]:
    """The same for the list of queries."""
    content = {
        JSON.media_type: {"schema": {"type": "object", "required": ["release", "queries"]}},
        HTML.media_type: {"schema": TEXT},
    }
    return {
        "operation_id": "queries",
        "tags": ["queries"],
        "summary": "De lijst van alle vragen",
        "description": "De lijst van alle vragen, met hun parameters en formaten.\n\n"
        "The list of all queries, with their parameters and formats.",
        "responses": responses(content, (400, 404, 406, 414, 429, 503)),
        "openapi_extra": {"parameters": [_format(LIST), _LANG, RELEASE]},
    }


def text_operation(names: Sequence[str]) -> dict[str, Any]:
    """The same for the SPARQL text of a query."""
    return {
        "operation_id": "query-text",
        "tags": ["queries"],
        "summary": "De tekst van een vraag in SPARQL",
        "description": "De tekst van een vraag in SPARQL, met haar kop.\n\n"
        "The text of a query in SPARQL, with its header.",
        "responses": responses({"application/sparql-query": {"schema": TEXT}}, (404, 414, 429, 503)),
        "openapi_extra": {
            "parameters": [
                {
                    "name": "name",
                    "in": "path",
                    "required": True,
                    "description": "De naam van de vraag / The name of the query",
                    "schema": {"type": "string", "enum": list(names)},
                }
            ]
        },
    }


def listed(site: Site) -> dict[str, Any]:
    """The list of queries for programs."""
    queries = [site.catalogue.get(name) for name in site.catalogue.names()]
    return {
        "release": site.version,
        "openapi": site.path("/openapi.json"),
        "queries": [
            {
                "name": query.name,
                "href": site.path(f"/query/{query.name}"),
                "sparql": site.path(f"/query/{query.name}.rq"),
                "topic": query.topic,
                "title": query.summary,
                "description": query.description,
                "answers": query.answers,
                "stability": query.stability,
                "form": query.form,
                "formats": [format.name for format in offered(query)],
                "columns": {name: column.heading for name, column in query.columns.items()},
                "parameters": [
                    {
                        "name": parameter.name,
                        "type": parameter.type,
                        "title": parameter.summary,
                        "required": parameter.required,
                        "default": parameter.default,
                        "example": parameter.example,
                        "kind": parameter.kind,
                    }
                    for parameter in query.parameters.values()
                ],
            }
            for query in queries
        ],
    }


def _both(query: Query) -> str:
    told = []
    for lang in LANGUAGES:
        told.append(f"**{query.summary[lang]}**")
        if query.description:
            told.append(query.description[lang])
    return "\n\n".join(told)


def _parameter(query: Query, parameter: Parameter) -> dict[str, Any]:
    schema = _schema(parameter)
    if parameter.default is not None:
        schema["default"] = int(parameter.default) if parameter.type == "integer" else parameter.default
    described = {
        "name": parameter.name,
        "in": "query",
        "required": parameter.required,
        "description": " / ".join(parameter.summary[lang] for lang in LANGUAGES),
        "schema": schema,
        "examples": {"example": {"value": _value(parameter)}},
    }
    return described | ({"x-kind": parameter.kind} if parameter.kind else {})


def _value(parameter: Parameter) -> object:
    return int(parameter.example) if parameter.type == "integer" else parameter.example


def _schema(parameter: Parameter) -> dict[str, Any]:
    if parameter.type == "integer":
        return {"type": "integer", "minimum": -(10**18) + 1, "maximum": 10**18 - 1}
    if parameter.type == "date":
        return {"type": "string", "format": "date"}
    schema: dict[str, Any] = {"type": "string", "maxLength": LONGEST}
    if parameter.type == "iri":
        return schema | {"format": "iri-reference"}  # or the short form, which is one too
    return schema


def _format(formats: Sequence[Format]) -> dict[str, Any]:
    return {
        "name": "format",
        "in": "query",
        "required": False,
        "description": "Het formaat, in plaats van de header Accept"
        " / The format, instead of the header Accept",
        "schema": {"type": "string", "enum": [format.name for format in formats]},
        "examples": {"example": {"value": formats[0].name}},
    }


_LANG = {
    "name": "lang",
    "in": "query",
    "required": False,
    "description": "De taal van opschriften in pagina en Excel, in plaats van Accept-Language"
    " / The language of headings in page and Excel, instead of Accept-Language",
    "schema": {"type": "string", "enum": list(LANGUAGES)},
}


RELEASE = {
    "name": "release",
    "in": "query",
    "required": False,
    "description": "Een oudere release die antwoordt, in plaats van de huidige"
    " / An older release that answers, instead of the current one",
    "schema": {"type": "string", "pattern": f"^{VERSION.pattern}$"},
}


def _media(query: Query, format: Format) -> dict[str, Any]:
    if format.name == "json":
        return {"schema": _json(query)}
    return {"schema": {} if format is XLSX or format.name == "jsonld" else TEXT}


def _json(query: Query) -> dict[str, Any]:
    """A result in SPARQL 1.1 Query Results JSON."""
    if query.form == "ASK":
        return {
            "type": "object",
            "required": ["head", "boolean"],
            "properties": {"head": {"type": "object"}, "boolean": {"type": "boolean"}},
        }
    row = {
        "type": "object",
        "propertyNames": {"enum": list(query.variables)},
        "additionalProperties": _TERM,
    }
    return {
        "type": "object",
        "required": ["head", "results"],
        "properties": {
            "head": {"type": "object", "properties": {"vars": {"const": list(query.variables)}}},
            "results": {"type": "object", "properties": {"bindings": {"type": "array", "items": row}}},
        },
    }


def responses(
    content: dict[str, Any], problems: Sequence[int], page: bool = False
) -> dict[int | str, dict[str, Any]]:
    headers = {
        "ETag": {"schema": TEXT, "description": "Verandert met de release / Changes with the release"},
        "Link": {"schema": TEXT},
    }
    found: dict[int | str, dict[str, Any]] = {
        200: {"description": "Het antwoord / The answer", "content": content, "headers": headers},
        304: {"description": "U hebt dit antwoord al / You have this answer already"},
    }
    if page:
        found[303] = {
            "description": "Het adres zonder lege velden (enkel voor de pagina)"
            " / The address without empty fields (only for the page)"
        }
    for status in problems:
        found[status] = {
            "description": PROBLEMS[status],
            "content": {
                "application/problem+json": {"schema": _PROBLEM},
                HTML.media_type: {"schema": TEXT},
            },
        }
    return found
