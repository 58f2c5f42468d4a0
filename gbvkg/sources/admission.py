"""What a source may say, whatever its format: texts that can be written in every format of a release, IRIs
that mean the same to everybody who reads them, and subjects that are the source's to describe.

The three readers make statements; this module looks at the terms of those once more. It refuses to repair
one, and leaves the statements as they are.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import suppress

from pyoxigraph import Literal, NamedNode

from gbvkg.sources.lexical import is_language_tag
from gbvkg.sources.references import is_plain_iri
from gbvkg.sources.rules import Enough, Faults, Rule, breach, quoted
from gbvkg.sources.statement import Object, Place, Statement, Subject
from gbvkg.vocabulary import BASE

_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_DIRECTION = "http://www.w3.org/1999/02/22-rdf-syntax-ns#dirLangString"

Fault = tuple[Rule, str, str]
"""The rule that a term breaks, and a sentence about it in Dutch and in English."""


def check(statements: list[Statement], base: str, place: Callable[[int], Place], faults: Faults) -> None:
    """Adds a finding for each statement with a term that no source of the project at ``base`` may use.

    ``place`` gives where the n-th statement is written. Control characters: XML 1.0 §2.2; dot segments:
    RFC 3986 §6.2.2.3.
    """
    reserved = _reserved(base)
    subjects: dict[Subject, Fault | None] = {}
    others: dict[Object, Fault | None] = {}
    with suppress(Enough):
        for n, statement in enumerate(statements):
            for rule, nl, en in _faults(statement, subjects, others, reserved):
                focus, path = statement.subject.value, statement.predicate.value
                faults.add(breach(rule, place(n), nl, en, focus=focus, path=path))


def _faults(
    statement: Statement,
    subjects: dict[Subject, Fault | None],
    others: dict[Object, Fault | None],
    reserved: tuple[str, ...],
) -> Iterator[Fault]:
    """The faults of a statement: one about its subject is told once, at the first that has it."""
    if statement.subject not in subjects:
        subjects[statement.subject] = fault = _subject(statement.subject, reserved)
        if fault:
            yield fault
    for term in statement[1:3]:
        if term not in others:
            others[term] = _literal(term) if isinstance(term, Literal) else _iri(term)
        found = others[term]
        if found:
            yield found


def _reserved(base: str) -> tuple[str, ...]:
    """Where IRIs begin that the ontology, the shapes and the publication give out, not the data."""
    return tuple(f"{space}{name}" for space in sorted({BASE, base}) for name in ("ns#", "ns/", "id/graph/"))


def _subject(term: Subject, reserved: tuple[str, ...]) -> Fault | None:
    iri = term.value
    if not isinstance(term, NamedNode):
        return None  # a reader's own rule: blank nodes
    if iri.startswith(reserved) or f"{iri}#" in reserved:
        return (
            Rule.RESERVED_IDENTIFIER,
            f"{quoted(iri)} is van de ontologie, de regels of de publicatie; gegevens beschrijven het niet. "
            "Geef het ding een eigen adres: soort/referentie.",
            f"{quoted(iri)} belongs to the ontology, the rules or the publication; data do not describe it. "
            "Give the thing an address of its own: kind/reference.",
        )
    if not iri.startswith(("http://", "https://")):
        return (
            Rule.BAD_IRI,
            f"{quoted(iri)} is geen webadres. Wat beschreven wordt, heeft een adres met http of https.",
            f"{quoted(iri)} is no web address. What is described has an address with http or https.",
        )
    return _iri(term)


def _iri(term: Object) -> Fault | None:
    if not isinstance(term, NamedNode) or is_plain_iri(term.value):
        return None
    shown = quoted(ascii(term.value)[1:-1])
    return (
        Rule.BAD_IRI,
        f"{shown} is geen verwijzing die overal hetzelfde betekent. Schrijf een webadres met https:// "
        "zonder onzichtbare tekens en zonder . of .. als stap.",
        f"{shown} is not a reference that means the same everywhere. Write a web address with https:// "
        "without invisible characters and without . or .. as a step.",
    )


def _literal(term: Literal) -> Fault | None:
    found = _UNWRITABLE.search(term.value)
    if found:
        code = f"U+{ord(found[0]):04X}"
        return (
            Rule.NOT_TEXT,
            f"Een stuurteken ({code}) hoort niet in tekst. Verwijder het.",
            f"A control character ({code}) does not belong in text. Remove it.",
        )
    if term.datatype.value == _DIRECTION or (term.language and not is_language_tag(term.language)):
        tag = quoted(str(term).rpartition("@")[2])
        return (
            Rule.BAD_LANGUAGE,
            f"{tag} is geen taalcode, zoals nl, en of nl-BE.",
            f"{tag} is not a language tag, like nl, en or nl-BE.",
        )
    return None if term.language else _iri(term.datatype)
