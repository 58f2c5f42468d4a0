"""The pages of the named queries: the list, and a page per query with form, answer, chart and ways to use it.

All of it works without JavaScript: the form is a GET form, charts are drawn here. A page shows the first
rows of a long answer and says so; downloads have them all. This module refuses to guess: a wrong parameter
gives the form back with what is wrong beside the field, and a thing that the release does not know is named.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING, Any

from pyoxigraph import NamedNode
from starlette.requests import Request
from starlette.responses import Response

from gbvkg.errors import BadParameter
from gbvkg.formats import HTML
from gbvkg.queries import Absent, Parameter, Query, Result
from gbvkg.queries.absence import near
from gbvkg.queries.parameters import TYPES, Term, bind
from gbvkg.queries.result import Row, lexical
from gbvkg.store import Answer, Ask, whole
from gbvkg.web import snippets
from gbvkg.web.answers import are_numbers, read
from gbvkg.web.aside import aside
from gbvkg.web.charts import Chart, chart
from gbvkg.web.choices import Choice, Choices
from gbvkg.web.meant import known, with_kinds
from gbvkg.web.pages import frame
from gbvkg.web.pages.citing import Subject, listed
from gbvkg.web.pages.values import Value, natural
from gbvkg.web.query_api import offered
from gbvkg.web.query_table import Reading, reading
from gbvkg.web.replies import common_headers, link
from gbvkg.web.sparql_page import GRAPH, ROWS, without_header

if TYPE_CHECKING:
    from gbvkg.web.site import Site

IN_A_LIST = 60
"""Choices up to which a field is a list to pick from; above it, a field that completes what is typed."""

_OF_RELEASE = re.compile(r"COALESCE\(\s*\$(\w+)\s*,\s*\?released\s*\)")
"""How a query says that a parameter that is not given is the day of the release."""


@dataclass(frozen=True)
class Field:
    """One parameter in the form. ``kind`` is "select", "list", "text", "date" or "number"."""

    name: str
    label: str
    help: str
    kind: str
    value: str
    placeholder: str
    required: bool
    choices: tuple[Choice, ...] = ()
    problem: str = ""


@dataclass(frozen=True)
class Group:
    """Rows of an answer that are shown together; ``title`` is "" for most."""

    title: str
    heads: tuple[str, ...]
    numeric: tuple[bool, ...]
    rows: tuple[tuple[Value, ...], ...]


@dataclass(frozen=True)
class Shown:
    """An answer as a page shows it: a table, a graph as text, or yes or no."""

    count: int
    groups: tuple[Group, ...] = ()
    graph: str | None = None
    boolean: bool | None = None
    is_cut: bool = False
    chart: Chart | None = None


class QueryPages:
    """Pages of the named queries of one release; remembers the choices of its fields."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self._choices = Choices(site)

    # The list

    def overview(self, request: Request) -> Response:
        """All queries by topic."""
        lang = frame.language(request)
        words = frame.texts("queries", lang)
        every = [self.site.catalogue.get(name) for name in self.site.catalogue.names()]
        every.sort(key=lambda query: (query.topic, natural(query.answers or "~"), query.name))
        topics = [
            (words["topics"].get(topic, topic.replace("-", " ")), topic, list(queries))
            for topic, queries in groupby(every, key=lambda query: query.topic)
        ]
        values = {
            "texts": words,
            "topics": topics,
            "own_style": frame.static_path(self.site, "query.css"),
            "openapi": self.site.path("/openapi.json"),
            "as_json": self.site.path("/query/", format="json"),
        }
        things = [(self._public(query), query.summary[lang]) for query in every]
        more = {"mainEntity": listed(things, len(things))}
        subject = Subject(words["title"], "CollectionPage", more)
        return frame.respond(self.site, request, "queries.html", values, subject)

    # One query

    async def show(self, request: Request, query: Query, given: Callable[[], dict[str, str]]) -> Response:
        """The page of a query with the answer for what the client gave; 400 when that is wrong.

        Raises what ``Site.ask`` does.
        """
        lang = frame.language(request)
        problem = None
        values: dict[str, str] = {}
        try:
            values = await with_kinds(self.site, query, given())
            is_asked = bool(values) or not query.required
            terms = query.terms(values) if is_asked else {}
        except BadParameter as error:
            problem, is_asked, terms = error, False, {}
            values = {
                name: request.query_params[name] for name in query.parameters if name in request.query_params
            }
        shown = await self._answer(query, terms, lang) if is_asked else None
        absent = await self.absent(query, terms, lang) if is_asked else []
        fields = [
            await self._field(query, parameter, values, lang) for parameter in query.parameters.values()
        ]
        page = self._values(request, query, terms, lang)
        page |= {"fields": fields, "shown": shown, "absent": [getattr(one, lang) for one in absent]}
        page |= {"days": self._days(query, terms, lang)}
        page |= {"problem": getattr(problem, lang) if problem else ""}
        links = [
            link(self.site.path(f"/query/{query.name}.rq"), "describedby", type="application/sparql-query")
        ]
        if problem:
            body = frame.render("query.html", {**frame.context(request, self.site, lang), **page})
            headers = common_headers(self.site.licence) | {
                "Content-Language": lang, "Cache-Control": "no-store", "Vary": ", ".join(frame.VARY)
            }  # fmt: skip
            return Response(body, 400, headers, "text/html; charset=utf-8")
        # off the event loop: a thousand rows of a wide table take a tenth of a second
        subject = self._subject(query, terms, lang)
        return await aside(
            partial(frame.respond, self.site, request, "query.html", page, subject, links=links)
        )

    def path(self, query: Query, terms: Mapping[str, Term], others: Mapping[str, str]) -> str:
        """The address here of the answer for ``terms``, with other IRIs for some of them."""
        changed = {name: NamedNode(iri) for name, iri in others.items()}
        return self.site.path(f"/query/{query.name}", **self._sent(query, {**terms, **changed}))

    def _sent(self, query: Query, terms: Mapping[str, Term]) -> dict[str, str]:
        return {name: self._choices.short(query.parameters[name], term) for name, term in terms.items()}

    def _public(self, query: Query, **parameters: str) -> str:
        return self.site.public(self.site.path(f"/query/{query.name}", release=None, **parameters))

    def _subject(self, query: Query, terms: Mapping[str, Term], lang: str) -> Subject:
        """The answer as a data set that is made from the whole."""
        sent = self._sent(query, terms)
        columns = ((name, query.columns.get(name)) for name in query.variables)
        heads = [column.heading[lang] if column else name for name, column in columns]
        answer = {
            "@type": "Dataset",
            "name": query.summary[lang],
            **({"description": query.description[lang]} if query.description else {}),
            "isBasedOn": self.site.manifest.dataset,
            **({"variableMeasured": heads} if heads else {}),
            **({"license": self.site.licence} if self.site.licence else {}),
            "distribution": [
                {
                    "@type": "DataDownload",
                    "contentUrl": self._public(query, **sent, format=format.name),
                    "encodingFormat": format.media_type,
                }
                for format in offered(query)
                if format is not HTML
            ],
        }
        at = self.site.path(f"/query/{query.name}", **sent)
        return Subject(query.summary[lang], "WebPage", {"mainEntity": answer}, at=at)

    def _values(self, request: Request, query: Query, terms: Mapping[str, Term], lang: str) -> dict[str, Any]:
        path, at = f"/query/{query.name}", self.site.path
        sent = self._sent(query, terms)
        required = {name: query.parameters[name].example for name in query.required if name not in sent}
        formats = [format for format in offered(query) if format is not HTML]
        words = frame.texts("queries", lang)
        bound = bind(query.text, terms)
        return {
            "texts": words,
            "query": query,
            "topic": words["topics"].get(query.topic, query.topic.replace("-", " ")),
            "own_style": frame.static_path(self.site, "query.css"),
            "path": at(path, release=None),
            "sparql_text": at(f"{path}.rq"),
            "open_in_sparql": at("/sparql", query=without_header(bound)),
            "asked_lang": "" if "lang" in query.parameters else request.query_params.get("lang", ""),
            "downloads": [
                (words["formats"][format.name], at(path, **sent, format=format.name)) for format in formats
            ],
            "snippets": snippets.of(
                query.form, lambda format: self.site.public(at(path, **sent, **required, format=format))
            ),
            "shown_rows": ROWS,
        }

    def _days(self, query: Query, terms: Mapping[str, Term], lang: str) -> list[str]:
        """A sentence for each date that nobody gave and that is then the day of the release."""
        text = frame.texts("queries", lang)["release_day"].format(
            date=frame.day(self.site.manifest.issued, lang)
        )
        asked = {
            name: query.parameters[name]
            for name in _OF_RELEASE.findall(query.text)
            if name in query.parameters
        }
        return [f"{one.summary[lang]}: {text}" for name, one in asked.items() if name not in terms]

    # The answer

    async def _answer(self, query: Query, bound: Mapping[str, Term], lang: str) -> Shown:
        is_graph = query.form == "CONSTRUCT"
        answer = await self.site.ask(Ask(bind(query.text, bound), "ttl" if is_graph else "json"))
        if is_graph:
            text = await aside(_graph, answer)
            return Shown(0, graph=text[:GRAPH], is_cut=len(text) > GRAPH)
        full = await aside(read, query, answer.body)
        if query.form == "ASK":
            return Shown(0, boolean=lexical(full.rows[0][0]) == "true")
        read_by = await reading(self.site, query, full, lang, ROWS)
        return await aside(self._table, query, full, read_by)

    def _table(self, query: Query, full: Result, read_by: Reading) -> Shown:
        result, value = read_by.result, read_by.value
        drawn = (
            chart(full, query.chart, lambda cell, name: value(cell, name).text, read_by.lang)
            if query.chart
            else None
        )
        return Shown(len(result.rows), _groups(read_by), is_cut=len(result.rows) > ROWS, chart=drawn)

    # The form

    async def _field(self, query: Query, parameter: Parameter, values: Mapping[str, str], lang: str) -> Field:
        value = values.get(parameter.name, "")
        choices = await self._choices.of(parameter, lang) if parameter.type == "iri" else ()
        kind = {"date": "date", "integer": "number"}.get(parameter.type, "text")
        if choices:
            kind = "select" if len(choices) <= IN_A_LIST else "list"
            value = self._chosen(query, parameter, value)
            if kind == "select" and value and value not in (choice.value for choice in choices):
                choices = (Choice(value, value, value), *choices)
        words = frame.texts("queries", lang)
        type_ = TYPES[parameter.type][0 if lang == "nl" else 1]
        example = self._chosen(query, parameter, parameter.example)
        text = words["help"].format(type=type_, example=example)
        if parameter.default is not None:
            text += " " + words["help_default"].format(default=parameter.default)
        return Field(
            parameter.name,
            parameter.summary[lang],
            text if kind != "select" else "",
            kind,
            value,
            parameter.default or "",
            parameter.required,
            choices,
        )

    def _chosen(self, query: Query, parameter: Parameter, value: str) -> str:
        try:
            return self._choices.short(parameter, parameter.read(value, query.base)) if value else ""
        except BadParameter:
            return value

    # What is not in the release

    async def absent(self, query: Query, terms: Mapping[str, Term], lang: str) -> list[Absent]:
        """The things that ``terms`` name and the release does not know, with what is called nearly so."""
        named = {name: term for name, term in terms.items() if isinstance(term, NamedNode)}
        there = await known(self.site, named.values())
        return [
            Absent(name, term.value, await self._near(query, name, term.value, lang), f"{query.base}id/")
            for name, term in named.items()
            if term.value not in there
        ]

    async def _near(self, query: Query, name: str, iri: str, lang: str) -> tuple[str, ...]:
        parameter = query.parameters[name]
        iris = [choice.iri for choice in await self._choices.of(parameter, lang)]
        return await aside(near, iri, parameter.kind, query.base, iris)


def _groups(answer: Reading) -> tuple[Group, ...]:
    """The rows in groups: most without the columns that only another group fills, those apart without all
    that they do not fill.
    """
    parts = answer.groups(answer.result.rows[:ROWS])
    filled = [answer.filled(rows) for _, rows in parts]
    anywhere: set[int] = set().union(*filled)
    every = set(range(len(answer.result.variables)))
    return tuple(
        _group(answer, title, rows, (every if title else anywhere) - own)
        for (title, rows), own in zip(parts, filled, strict=True)
    )


def _group(answer: Reading, title: str, rows: list[Row], without: set[int]) -> Group:
    kept = [i for i in answer.telling(rows) if i not in without]
    return Group(
        title,
        tuple(answer.heading(answer.result.variables[i]) for i in kept),
        tuple(are_numbers(row[i] for row in rows) for i in kept),
        tuple(tuple(answer.shown(row, i) for i in kept) for row in rows),
    )


def _graph(answer: Answer) -> str:
    return whole(answer.body).decode("utf-8")
