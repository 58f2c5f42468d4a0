"""What a user is told when a query got no answer: which limit, and what to do about it.

Dutch and English, whole sentences. This module refuses to show what a worker said beyond a fixed length.
"""

from __future__ import annotations

import re
import signal
from typing import Any

from gbvkg.errors import (
    BackEndUnavailable,
    FormatMismatch,
    GbvkgError,
    PoolBusy,
    QueryError,
    QueryRefused,
    QuerySyntax,
    QueryTimeout,
    QueryTooMuchMemory,
    ResultTooLarge,
    WorkerLost,
)
from gbvkg.store.frames import Outcome, Reply
from gbvkg.store.question import Limits
from gbvkg.vocabulary import prefixes

_LONGEST = 300

_CLASSES = re.compile(r"\[(?:'(?:\\.|[^'\\])[^']*'|[^\]'])*\]")
_WANTED = re.compile(r'"[^"]+"')
"""What the engine could have gone on with; it also names classes of characters, and words that mislead."""

_FUNCTION = re.compile(r"custom (?:aggregate )?function (<[^<>]*>)")

_UNBOUND = "The SELECT contains a variable that is unbound"

_CAUSES = (
    (_UNBOUND, "SELECT noemt een variabele zonder waarde", "SELECT names a variable that has no value"),
    ("IRI parsing failed", "een IRI is ongeldig of relatief", "an IRI is invalid or relative"),
    ("lone surrogate", "een teken is geen geldige Unicode", "a character is no valid Unicode"),
)
"""What the engine says, and what it means."""


def error_of(reply: Reply, details: dict[str, Any], limits: Limits) -> GbvkgError:
    """The error that a reply of a worker stands for."""
    if reply.outcome is Outcome.SYNTAX:
        return _syntax(details)
    if reply.outcome is Outcome.REFUSED:
        return _outside() if details.get("outside") else _refused(_said(details))
    if reply.outcome is Outcome.FORMAT:
        return _mismatch(reply.form)
    if reply.outcome is Outcome.TOO_LARGE:
        return _too_large(limits)
    if reply.outcome is Outcome.MEMORY:
        return too_much_memory(limits)
    return lost()


def error_of_death(code: int, limits: Limits) -> GbvkgError:
    """Why a worker died over a query; ``code`` is minus the signal.

    The engine aborts when an allocation fails; the kernel kills when the machine is out of memory; a stack
    that is full is a segmentation fault.
    """
    if code in (-signal.SIGABRT, -signal.SIGKILL):
        return too_much_memory(limits)
    if code == -signal.SIGXCPU:
        return timeout(limits)
    return too_deep() if code == -signal.SIGSEGV else lost()


def timeout(limits: Limits) -> QueryTimeout:
    seconds = f"{limits.seconds:g}"
    return QueryTimeout(
        f"De vraag was na {seconds} seconden nog niet klaar en is gestopt. Maak ze eenvoudiger: minder"
        " patronen zonder gedeelde variabelen, een bepaald plan of een bepaalde actie, of een LIMIT.",
        f"The query was not done after {seconds} seconds and was stopped. Make it simpler: fewer patterns"
        " without shared variables, one plan or one action, or a LIMIT.",
    )


def too_much_memory(limits: Limits) -> QueryTooMuchMemory:
    megabytes = limits.memory // 1_000_000
    return QueryTooMuchMemory(
        f"De vraag had meer dan {megabytes} MB geheugen nodig en is gestopt. Sorteer of groepeer minder"
        " resultaten tegelijk, of verbind de patronen met gedeelde variabelen.",
        f"The query needed more than {megabytes} MB of memory and was stopped. Sort or group fewer results"
        " at once, or connect the patterns by shared variables.",
    )


def too_deep() -> WorkerLost:
    return WorkerLost(
        "De vraag deed het proces dat ze uitvoerde stoppen, wellicht door te diepe nesting. Er is geen"
        " antwoord; maak de vraag minder diep of korter.",
        "The query ended the process that evaluated it, probably by nesting too deeply. There is no answer;"
        " make the query less deep or shorter.",
    )


def lost() -> WorkerLost:
    return WorkerLost(
        "Het proces dat de vraag uitvoerde is onverwacht gestopt. Er is geen antwoord; probeer het opnieuw.",
        "The process that evaluated the query ended unexpectedly. There is no answer; try again.",
    )


def busy(seconds: int) -> PoolBusy:
    return PoolBusy(
        f"Er zijn nu te veel vragen tegelijk; probeer het over {seconds} s opnieuw.",
        f"There are too many queries at once; try again in {seconds} s.",
        seconds,
    )


def closed() -> BackEndUnavailable:
    return BackEndUnavailable("De dienst wordt gestopt.", "The service is being stopped.")


def not_started(code: int | None) -> BackEndUnavailable:
    return BackEndUnavailable(
        f"Het proces dat vragen uitvoert, start niet (status {code}); zie de foutuitvoer van de dienst.",
        f"The process that evaluates queries does not start (status {code}); see the service's error output.",
    )


def _syntax(details: dict[str, Any]) -> QuerySyntax:
    line, column = (_count(details.get(name)) for name in ("line", "column"))
    nl, en = _cause(details)
    return QuerySyntax(
        f"De vraag is geen geldige SPARQL: op regel {line}, teken {column}: {nl}.",
        f"The query is not valid SPARQL: at line {line}, character {column}: {en}.",
        line,
        column,
    )


def _cause(details: dict[str, Any]) -> tuple[str, str]:
    said = _said(details)
    if "prefix" in details:
        return _undeclared(str(details["prefix"]))
    for words, nl, en in _CAUSES:
        if words in said:
            return nl, en
    wanted = ", ".join(dict.fromkeys(_WANTED.findall(_CLASSES.sub("", said))))
    if not wanted:
        return "hier kan de vraag niet zo verdergaan", "the query cannot go on like this here"
    return f"hier kon staan: {wanted}", f"what could be here: {wanted}"


def _undeclared(prefix: str) -> tuple[str, str]:
    """The line to add, for a ``prefix`` (with its colon) of the one prefix table."""
    nl, en = (
        f"de prefix {_shown(prefix)} is niet gedeclareerd",
        f"the prefix {_shown(prefix)} is not declared",
    )
    if (namespace := prefixes().get(prefix.removesuffix(":"))) is None:
        return nl, en
    line = f"PREFIX {prefix} <{namespace}>"
    return f"{nl}; zet {line} bovenaan de vraag", f"{en}; put {line} at the top of the query"


def _count(value: object) -> int:
    return value if isinstance(value, int) and value > 0 else 1


def _outside() -> QueryRefused:
    return QueryRefused(
        "SERVICE kan hier niet: een vraag bereikt geen andere adressen. Vraag het daar, of haal een download"
        " van de release en verbind de gegevens bij u.",
        "SERVICE is not possible here: a query reaches no other address. Ask there, or get a download of the"
        " release and connect the data at your side.",
    )


def _refused(said: str) -> QueryError:
    function = _FUNCTION.search(said)
    if function:
        return QueryError(
            f"De functie {function[1]} bestaat hier niet; gebruik de functies van SPARQL 1.1.",
            f"There is no function {function[1]} here; use the functions of SPARQL 1.1.",
        )
    said = _shown(said)
    return QueryError(
        f"De vraag kan hier niet uitgevoerd worden: {said}.", f"The query cannot be evaluated here: {said}."
    )


def _mismatch(form: str) -> FormatMismatch:
    graph = form in ("CONSTRUCT", "DESCRIBE")
    fits = "trig, nq, ttl, nt, jsonld, rdf" if graph else "json, xml, csv, tsv"
    return FormatMismatch(
        f"Een antwoord op {form} bestaat niet in dit formaat; kies uit: {fits}.",
        f"An answer to {form} does not exist in this format; choose from: {fits}.",
        form,
    )


def _too_large(limits: Limits) -> ResultTooLarge:
    megabytes = f"{limits.result / 1_000_000:g}"
    return ResultTooLarge(
        f"Het antwoord is groter dan {megabytes} MB; een deel ervan wordt niet gegeven. Vraag het in stukken"
        " met ORDER BY, LIMIT en OFFSET, of haal een download van de release.",
        f"The answer is larger than {megabytes} MB; a part of it is not given. Ask for it in pieces with"
        " ORDER BY, LIMIT and OFFSET, or get a download of the release.",
    )


def _said(details: dict[str, Any]) -> str:
    return " ".join(str(details.get("message", "")).split())


def _shown(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
