"""Quads → JSON-LD 1.1, compacted through the project's own context: the terms are those of the YAML fiches.

The context is written into the file and not referred to: a release must be readable in twenty years and
without a network, processors differ in whether they fetch (rdflib does, pyoxigraph refuses), and a context
that changes on the web would change the meaning of a file that is never to change. ``context.jsonld`` is
shipped beside it all the same.

The document is flat: an array of named graphs, each an array of nodes, a node a line. This module refuses an
IRI that JSON-LD would read as a prefixed name, because JSON-LD has no way to say it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import BinaryIO

from pyoxigraph import DefaultGraph, Literal, NamedNode

from gbvkg.errors import ReleaseError
from gbvkg.release.order import RDF_TYPE, Row, by_graph, by_subject
from gbvkg.sources.context import Context as TermTable
from gbvkg.sources.context import Term
from gbvkg.vocabulary import context as packaged_context
from gbvkg.vocabulary import expand

Json = str | int | bool | dict[str, "Json"] | list["Json"]

_XSD = expand("xsd:")
_RELATIVE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*\Z")
_INTEGER = re.compile(r"(0|-?[1-9][0-9]{0,14})\Z")  # what every JSON reader keeps exactly, in canonical form


class Context:
    """A JSON-LD context made ready for compaction; it is understood as the readers of the sources do."""

    def __init__(self, definitions: Mapping[str, object]) -> None:
        self.definitions = dict(definitions)
        table = TermTable(self.definitions)
        self._by_length = sorted(table.prefixes.items(), key=lambda row: (-len(row[1]), row[0]))
        self.classes = {iri: name for name, iri in table.classes.items()}
        self.properties: dict[str, list[Term]] = {}
        for term in table.properties.values():
            if not term.reverse:
                self.properties.setdefault(term.iri, []).append(term)
        self.positions = {iri: place for place, iri in enumerate(self.properties)}
        aliases = {keyword: name for name, keyword in reversed(table.keywords.items())}
        self.id, self.type = aliases.get("@id", "@id"), aliases.get("@type", "@type")

    def name(self, iri: str) -> str:
        """``iri`` as a prefixed name when the table has its namespace, else itself."""
        for prefix, namespace in self._by_length:
            local = iri[len(namespace) :]
            if local and iri.startswith(namespace) and "/" not in local:
                return f"{prefix}:{local}"
        return self.iri(iri)

    def iri(self, iri: str) -> str:
        """``iri`` itself. Raises ReleaseError when a processor would take its scheme for a prefix of ours."""
        scheme, _, rest = iri.partition(":")
        if scheme in self.definitions and not rest.startswith("//"):
            raise ReleaseError(
                f"<{iri}> kan niet in JSON-LD staan: {scheme}: is een voorvoegsel van de context.",
                f"<{iri}> cannot be written in JSON-LD: {scheme}: is a prefix of the context.",
            )
        return iri

    def relative(self, iri: str, vocabulary: str) -> str:
        """``iri`` without ``vocabulary`` in front, unless the rest would be read as a term of the context."""
        local = iri.removeprefix(vocabulary) if vocabulary and iri.startswith(vocabulary) else ""
        usable = _RELATIVE.match(local) is not None and local not in self.definitions
        return local if usable else self.iri(iri)


def write(quads: Sequence[Row], out: BinaryIO, context: Context | None = None) -> None:
    """JSON-LD of ``quads`` in the order of ``order.ordered``; UTF-8, one node a line.

    Raises ReleaseError for an IRI that JSON-LD cannot say.
    """
    active = context or Context(packaged_context())
    out.write(b'{"@context":')
    out.write(_dump(active.definitions))
    out.write(b',\n"@graph":[')
    for index, (graph, members) in enumerate(by_graph(quads)):
        out.write(b",\n" if index else b"\n")
        if isinstance(graph, DefaultGraph):
            _write_nodes(members, out, active)
        else:
            out.write(b"{" + _dump(active.id) + b":" + _dump(active.iri(graph.value)) + b',"@graph":[\n')
            _write_nodes(members, out, active)
            out.write(b"\n]}")
    out.write(b"\n]}\n")


def _write_nodes(quads: Iterable[Row], out: BinaryIO, context: Context) -> None:
    for index, (subject, about) in enumerate(by_subject(quads)):
        out.write(b",\n" if index else b"")
        out.write(_dump(node(subject, about, context)))


def node(subject: NamedNode, about: Iterable[Row], context: Context) -> dict[str, Json]:
    node: dict[str, Json] = {context.id: context.iri(subject.value)}
    for _, predicate, value, _ in about:
        if predicate.value == RDF_TYPE and isinstance(value, NamedNode):
            _append(node, context.type, context.classes.get(value.value) or context.name(value.value))
        else:
            _add(node, predicate.value, value, context)
    return node


def _add(node: dict[str, Json], predicate: str, value: NamedNode | Literal, context: Context) -> None:
    for term in context.properties.get(predicate, ()):
        if term.language_map and isinstance(value, Literal) and (value.language or _is_string(value)):
            texts = node.setdefault(term.name, {})
            assert isinstance(texts, dict)
            return _append(texts, value.language or "@none", value.value)
        compact = None if term.language_map else _compact(value, term, context)
        if compact is not None:
            return _append(node, term.name, compact)
    return _append(node, context.name(predicate), _expanded(value, context))


def _compact(value: NamedNode | Literal, term: Term, context: Context) -> Json | None:
    """The short form of ``value`` under ``term``; None when the term's coercion would change it."""
    if isinstance(value, NamedNode):
        if term.coercion == "@vocab":
            return context.relative(value.value, term.vocab)
        return context.iri(value.value) if term.coercion == "@id" else None
    if value.language:
        return None
    if not term.coercion:
        return value.value if _is_string(value) else None
    return _native(value) if value.datatype.value == term.coercion else None


def _native(literal: Literal) -> Json:
    """A JSON number or boolean where that keeps the lexical form, else the lexical form as a string."""
    if literal.datatype.value == f"{_XSD}integer" and _INTEGER.match(literal.value):
        return int(literal.value)
    if literal.datatype.value == f"{_XSD}boolean" and literal.value in ("true", "false"):
        return literal.value == "true"
    return literal.value


def _expanded(value: NamedNode | Literal, context: Context) -> Json:
    if isinstance(value, NamedNode):
        return {context.id: context.iri(value.value)}
    if value.language:
        return {"@value": value.value, "@language": value.language}
    if _is_string(value):
        return {"@value": value.value}
    return {"@value": value.value, "@type": context.name(value.datatype.value)}


def _is_string(literal: Literal) -> bool:
    return not literal.language and literal.datatype.value == f"{_XSD}string"


def _append(node: dict[str, Json], key: str, value: Json) -> None:
    """One value alone, more values as an array (JSON-LD §1.7 allows both)."""
    present = node.get(key)
    if present is None:
        node[key] = value
    elif isinstance(present, list):
        present.append(value)
    else:
        node[key] = [present, value]


def _dump(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
