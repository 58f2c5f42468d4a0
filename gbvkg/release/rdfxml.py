"""Triples → RDF/XML (RDF 1.1 XML Syntax §2), for the tools that read nothing else.

Our own writer, because the library's leaves carriage returns and control characters bare: a reader would
change or refuse the text. This module refuses, instead of writing a file that cannot be read back, a
predicate that is no XML name and a text with a character that XML 1.0 does not have.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import BinaryIO
from xml.sax.saxutils import escape, quoteattr

from pyoxigraph import Literal, NamedNode

from gbvkg.errors import ReleaseError
from gbvkg.release.order import RDF_TYPE, Row, by_subject
from gbvkg.vocabulary import prefixes

_LOCAL = re.compile(r"[A-Za-z_][A-Za-z0-9._-]*\Z")
_SPLIT = re.compile(r"(.*[/#:])([A-Za-z_][A-Za-z0-9._-]*)\Z", re.DOTALL)
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_XSD_STRING = "http://www.w3.org/2001/XMLSchema#string"


def write(quads: Sequence[Row], out: BinaryIO) -> None:
    """The triples of ``quads`` (in the order of ``order.union``), one element per subject.

    Raises ReleaseError for what RDF/XML cannot say: see the module.
    """
    out.write(b'<?xml version="1.0" encoding="UTF-8"?>\n<rdf:RDF')
    for prefix, namespace in prefixes().items():
        out.write(f"\n    xmlns:{prefix}={quoteattr(namespace)}".encode())
    out.write(b">\n")
    for subject, about in by_subject(quads):
        out.writelines(line.encode() for line in _description(subject, list(about)))
    out.write(b"</rdf:RDF>\n")


def _description(subject: NamedNode, about: list[Row]) -> Iterator[str]:
    first, kind = about[0].predicate.value, about[0].object
    name, declaration = None, ""
    if first == RDF_TYPE and isinstance(kind, NamedNode):
        name, declaration = _element(kind.value)
    start = name or "rdf:Description"
    yield f"\n  <{start}{declaration} rdf:about={quoteattr(subject.value)}>\n"
    for quad in about[1:] if name else about:
        yield _property(quad)
    yield f"  </{start}>\n"


def _property(quad: Row) -> str:
    name, declaration = _element(quad.predicate.value)
    if name is None:
        raise _unwritable(quad)
    value = quad.object
    if isinstance(value, NamedNode):
        return f"    <{name}{declaration} rdf:resource={quoteattr(value.value)}/>\n"
    if _NOT_XML.search(value.value):
        raise _unwritable(quad)
    # A bare carriage return would be read back as a line feed (XML 1.0 §2.11).
    text = escape(value.value, {"\r": "&#13;"})
    return f"    <{name}{declaration}{_kind(value)}>{text}</{name}>\n"


def _kind(literal: Literal) -> str:
    if literal.language:
        return f' xml:lang="{literal.language}"'
    datatype = literal.datatype.value
    return "" if datatype == _XSD_STRING else f" rdf:datatype={quoteattr(datatype)}"


@cache
def _element(iri: str) -> tuple[str | None, str]:
    """The qualified name for ``iri`` and the declaration that it needs; (None, "") when XML has none."""
    for prefix, namespace in prefixes().items():
        if iri.startswith(namespace) and _LOCAL.match(iri, len(namespace)):
            return f"{prefix}:{iri[len(namespace) :]}", ""
    parts = _SPLIT.match(iri)
    return (f"ns:{parts[2]}", f" xmlns:ns={quoteattr(parts[1])}") if parts else (None, "")


def _unwritable(quad: Row) -> ReleaseError:
    return ReleaseError(
        f"{quad.subject} {quad.predicate}: dit kan niet als RDF/XML geschreven worden; het predicaat moet "
        "eindigen op een XML-naam en de tekst mag geen stuurtekens bevatten.",
        f"{quad.subject} {quad.predicate}: this cannot be written as RDF/XML; the predicate must end in an "
        "XML name and the text must not contain control characters.",
    )
