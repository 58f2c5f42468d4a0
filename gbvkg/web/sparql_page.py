"""The page of the SPARQL endpoint: what its template is filled with, and what its editor completes from.

This module refuses to run anything: it shows what it is given. Values of a result become text, and an address
only when they are http(s) IRIs. Texts are in ``texts/sparql.toml``, examples are the public named queries.
"""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pyoxigraph import Literal, NamedNode

from gbvkg import formats
from gbvkg.queries import Query
from gbvkg.vocabulary import BASE, LANGUAGES, expand, shrink
from gbvkg.web.pages.frame import number, static_path, texts
from gbvkg.web.pages.values import short

if TYPE_CHECKING:
    from gbvkg.web.site import Site

TEXTS = "sparql"
"""The group of the texts of the page."""

ROWS = 1000
"""Rows that a page of the server shows; a browser lays out more of them only slowly. Downloads have all."""

GRAPH = 200_000
"""Characters of a graph that a page shows."""

LONGEST_ADDRESS = 4000
"""Characters of an address that every proxy lets through; a longer query is sent as a form."""

_LANGUAGE_TAG = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")

VOCABULARY = f"""
SELECT ?kind ?term ?label WHERE {{
  {{ SELECT DISTINCT ?kind ?term WHERE {{
    {{ ?term a ?type . BIND("classes" AS ?kind)
       VALUES ?type {{ <{expand("owl:")}Class> <{expand("rdfs:")}Class> }} }}
    UNION
    {{ [] a ?term . BIND("classes" AS ?kind) }}
    UNION
    {{ ?term a ?type . BIND("properties" AS ?kind)
       VALUES ?type {{ <{expand("owl:")}ObjectProperty> <{expand("owl:")}DatatypeProperty>
                       <{expand("owl:")}AnnotationProperty> <{expand("rdf:")}Property> }} }}
    UNION
    {{ SELECT DISTINCT ?term WHERE {{ [] ?term [] }} }}
  }} }}
  OPTIONAL {{ ?term <{expand("rdfs:")}label> ?label }}
  FILTER(isIRI(?term))
}} ORDER BY ?kind ?term ?label
"""
"""What the data declare or use as class or property, with its labels; a used predicate has no ``?kind``."""


def offered(lang: str) -> dict[str, list[dict[str, str]]]:
    """Formats of an answer, ``select`` (SELECT, ASK) and ``graph``: name and label, from the format table."""
    labels = texts(TEXTS, lang)["formats"]
    tables = [name for name, row in formats.RESULTS.items() if row.result is not None]
    return {
        "select": [{"name": name, "label": labels[name]} for name in tables],
        "graph": [{"name": name, "label": labels[name]} for name in formats.RDF],
    }


def example(query: Query, lang: str) -> dict[str, str]:
    """A named query as an example: name, title, and a text that runs, with explanation and without header.

    Required parameters have the value of their own example.
    """
    bound = query.bind({name: query.parameters[name].example for name in query.required})
    said = [query.summary[lang], query.description.get(lang, "")]
    lines = [line for text in said for line in textwrap.wrap(text, 100, break_long_words=False)]
    comment = "".join(f"# {line}\n" for line in lines)
    return {"name": query.name, "title": query.summary[lang], "query": f"{comment}{without_header(bound)}"}


def examples(site: Site, lang: str) -> list[dict[str, str]]:
    """Every named query as an example, by title; made once for a release and language."""
    if lang not in site.examples:
        made = (example(site.catalogue.get(name), lang) for name in site.catalogue.names())
        site.examples[lang] = sorted(made, key=lambda row: row["title"])
    return site.examples[lang]


def without_header(text: str) -> str:
    """The text of a query without the lines of its header."""
    return "\n".join(line for line in text.splitlines() if not line.startswith("#+")).strip() + "\n"


def context(
    site: Site,
    lang: str,
    *,
    nonce: str,
    query: str = "",
    chosen: str = "",
    answer: Answer | None = None,
    problem: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """What ``templates/sparql.html`` needs beside what ``page.html`` does.

    ``nonce`` is that of ``style-src`` in the policy of this answer. ``query`` is shown; without one the
    example named ``chosen`` is. ``answer`` is from ``answered``, ``problem`` has ``title`` and ``detail``.
    """
    words, shown = texts(TEXTS, lang), examples(site, lang)
    if not query:
        query = next((row["query"] for row in shown if row["name"] == chosen), "")
    return {
        "lang": lang,
        "texts": words,
        "script_texts": words["script"] | {"lang": lang, "example_shown": words["example_shown"]},
        "action": site.path("/sparql"),
        "vocabulary": site.path("/sparql/vocabulary.json"),
        "home": site.settings.prefix,
        "spaces": list(dict.fromkeys((site.base, BASE))),
        "formats": offered(lang),
        "longest_address": LONGEST_ADDRESS,
        "examples": shown,
        "chosen": chosen,
        "query": query,
        "answer": answer,
        "problem": problem,
        "editor_script": static_path(site, "editor.js"),
        "editor_style": static_path(site, "editor.css"),
        "nonce": nonce,
    }


# The answer of the server, for a reader without JavaScript


@dataclass(frozen=True)
class Cell:
    """One value: its text, an address for an http(s) IRI, its language, and its language tag or datatype."""

    text: str
    href: str = ""
    lang: str = ""
    note: str = ""


@dataclass(frozen=True)
class Answer:
    """An answer as the page shows it: a table, a boolean or the text of a graph.

    ``cut`` says so when the page shows only the first part.
    """

    summary: str
    cut: str = ""
    variables: tuple[str, ...] = ()
    rows: tuple[tuple[Cell, ...], ...] = ()
    boolean: bool | None = None
    graph: str | None = None


def answered(site: Site, lang: str, form: str, body: bytes, seconds: float) -> Answer:
    """The answer of the workers for the page; ``body`` is SPARQL JSON, or Turtle for CONSTRUCT and DESCRIBE.

    ``seconds`` is the worker's time. It takes as long as reading the JSON: a large one belongs in a thread.
    """
    words = texts(TEXTS, lang)
    time = number(f"{seconds:.2f}", lang)
    done = words["script"]["done"].format(seconds=time)
    if form in ("CONSTRUCT", "DESCRIBE"):
        text = body.decode("utf-8")
        cut = words["script"]["graph_cut"] if len(text) > GRAPH else ""
        return Answer(done, cut, graph=text[:GRAPH])
    found = json.loads(body)
    if "boolean" in found:
        return Answer(done, boolean=found["boolean"])
    every = found["results"]["bindings"]
    variables = tuple(found["head"]["vars"])
    total, most = number(len(every), lang), number(ROWS, lang)
    return Answer(
        words["script"]["done_row" if len(every) == 1 else "done_rows"].format(rows=total, seconds=time),
        words["first_rows"].format(shown=most, rows=total) if len(every) > ROWS else "",
        variables,
        tuple(tuple(_cell(site, row.get(name)) for name in variables) for row in every[:ROWS]),
    )


def _cell(site: Site, term: Mapping[str, Any] | None) -> Cell:
    """A term of the SPARQL 1.1 Query Results JSON Format (§3.2.2) or, in RDF 1.2, a triple term."""
    if term is None:
        return Cell("")
    value = term["value"]
    if term["type"] == "uri":
        href = (site.href(value) or value) if value.lower().startswith(("http://", "https://")) else ""
        return Cell(short(value), href)
    if term["type"] == "bnode":
        return Cell(f"_:{value}")
    if term["type"] == "triple":
        parts = (_cell(site, value[part]) for part in ("subject", "predicate", "object"))
        return Cell(f"<<( {' '.join(part.text for part in parts)} )>>")
    tag = term.get("xml:lang", "")
    datatype = term.get("datatype", expand("xsd:string"))
    note = "" if datatype == expand("xsd:string") else short(datatype)
    return Cell(value, lang=tag if _LANGUAGE_TAG.fullmatch(tag) else "", note=tag or note)


# What the editor completes from


async def vocabulary(site: Site) -> bytes:
    """JSON: ``prefixes``, and ``classes`` and ``properties`` as ``iri``, ``name`` and ``label`` per language.

    It depends on the release only, so it can be kept with the release's ETag.
    """
    return json.dumps(
        {"prefixes": site.prefixes, **terms(await site.rows(VOCABULARY))}, ensure_ascii=False
    ).encode()


def terms(rows: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """The solutions of ``VOCABULARY`` as classes and properties, each once, sorted by name."""
    found: dict[str, dict[str, dict[str, Any]]] = {"classes": {}, "properties": {}}
    for row in rows:
        kind = row["kind"].value if "kind" in row else "properties"
        term, label = row["term"], row.get("label")
        if not isinstance(term, NamedNode):
            continue
        entry = found[kind].setdefault(
            term.value, {"iri": term.value, "name": shrink(term.value), "label": {}}
        )
        if isinstance(label, Literal) and label.language in LANGUAGES:
            entry["label"].setdefault(label.language, label.value)
    return {kind: sorted(rows.values(), key=lambda row: str(row["name"])) for kind, rows in found.items()}
