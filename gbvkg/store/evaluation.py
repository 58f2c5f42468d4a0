"""One query, evaluated and written out, in one call and one thread (a result may not change threads).

Results are counted while they are written and held back until they are whole. This module refuses to let an
exception of the engine out: each becomes an outcome that the server can tell a user.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import Any

from pyoxigraph import NamedNode, QuerySolutions, QueryTriples, RdfFormat, Store, Triple, serialize

from gbvkg.formats import RDF, RESULTS
from gbvkg.store import comma_separated
from gbvkg.store.dataset import Dataset
from gbvkg.store.description import describe
from gbvkg.store.frames import Outcome
from gbvkg.store.question import Ask
from gbvkg.store.reading import Reading, read, spelled_out, star, undeclared
from gbvkg.vocabulary import prefixes

_TIDY = 10_000
"""Triples. Up to here an answer is grouped by subject and has only the prefixes that it uses."""

_EMPTY = Store()
"""What is asked which variables a query has in scope: its text decides that, not the data."""

_TRIPLE_TERM = re.compile(r"<<|TRIPLE", re.IGNORECASE)
"""In each query that can make one (SPARQL 1.2 §17.4.6): the engine's CSV may break it over two rows."""

_PLACE = re.compile(r"error at (\d+):(\d+): ?(.*)", re.DOTALL)


class TooLarge(Exception):
    """The result has more bytes than allowed."""


class NotInThisFormat(Exception):
    """The format asked for cannot hold what this form of query gives."""


@dataclass(slots=True)
class Result:
    """``parts`` joined are the body; ``details`` say what went wrong when ``outcome`` is no answer."""

    outcome: Outcome
    form: str = ""
    parts: list[bytes] = field(default_factory=list)
    details: dict[str, Any] = field(default_factory=dict)


class _Held:
    """A file to write to that keeps what is written. ``write`` raises TooLarge, which ends the query."""

    __slots__ = ("left", "parts")

    def __init__(self, limit: int) -> None:
        self.parts: list[bytes] = []
        self.left = limit

    def write(self, data: bytes) -> int:
        self.left -= len(data)
        if self.left < 0:
            raise TooLarge
        self.parts.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing is on its way: all is held."""


def evaluate(dataset: Dataset, ask: Ask, limit: int) -> Result:
    """The answer of at most ``limit`` bytes, or why there is none."""
    reading = read(ask.text)
    held = _Held(limit)
    try:
        form = _answer(dataset, ask, reading, held)
    except SyntaxError as error:
        return Result(Outcome.SYNTAX, reading.form, details=_fault(str(error), ask.text))
    except UnicodeEncodeError as error:
        details = {**_place(ask.text, error.start), "message": "lone surrogate"}
        return Result(Outcome.SYNTAX, reading.form, details=details)
    except NotInThisFormat:
        return Result(Outcome.FORMAT, reading.form)
    except TooLarge:
        return Result(Outcome.TOO_LARGE, reading.form)
    except MemoryError:
        return Result(Outcome.MEMORY, reading.form)
    except (RuntimeError, ValueError, OSError) as error:
        outside = isinstance(error, OSError) and "service" in ask.text.lower()
        return Result(Outcome.REFUSED, reading.form, details={"message": str(error), "outside": outside})
    return Result(Outcome.ANSWER, form, held.parts)


def _answer(dataset: Dataset, ask: Ask, reading: Reading, held: _Held) -> str:
    """Write the answer into ``held``; the form of the query."""
    graphs, options = dataset.options(ask, reading.names_dataset)
    if reading.form == "DESCRIBE":
        written_as = _graph_format(ask)
        triples = describe(dataset.store, ask.text, reading, graphs, options)
        _write_triples(triples, written_as, held)
        return reading.form
    text = _with_columns(ask.text, reading, options)
    found = dataset.store.query(text, **options)
    if isinstance(found, QueryTriples):
        _write_triples(_once(found), _graph_format(ask), held)
        return "CONSTRUCT"
    row = RESULTS.get(ask.format)
    if row is None or row.result is None:
        raise NotInThisFormat
    if not isinstance(found, QuerySolutions):
        found.serialize(held, row.result)  # type: ignore[arg-type]
        return "ASK"
    if ask.format == "csv" and _TRIPLE_TERM.search(text):
        comma_separated.write(found, held)
        return "SELECT"
    limit, width = held.left, len(found.variables)
    found.serialize(held, row.result)  # type: ignore[arg-type]
    if ask.format == "csv" and not comma_separated.is_table(held.parts, width):
        held.parts, held.left = [], limit
        again = dataset.store.query(text, **options)
        assert isinstance(again, QuerySolutions)
        comma_separated.write(again, held)
    return "SELECT"


def _with_columns(text: str, reading: Reading, options: dict[str, Any]) -> str:
    """The query, with the columns of a ``SELECT *`` as its author would read them: the engine sorts them by
    name, and SPARQL 1.1 §16.1 leaves their order open. Raises what the engine does with ``text`` itself.
    """
    place = star(text, reading)
    if place is None:
        return text
    found = _EMPTY.query(text, **options)
    assert isinstance(found, QuerySolutions)
    return spelled_out(text, place, [variable.value for variable in found.variables])


def _graph_format(ask: Ask) -> RdfFormat:
    row = RDF.get(ask.graph_format or ask.format)
    if row is None or row.rdf is None:
        raise NotInThisFormat
    return row.rdf


def _once(triples: Iterable[Triple]) -> Iterator[Triple]:
    """Each triple once: several solutions may construct the same one."""
    seen = set()
    for triple in triples:
        if triple not in seen:
            seen.add(triple)
            yield triple


def _write_triples(triples: Iterable[Triple], written_as: RdfFormat, held: _Held) -> None:
    stream = iter(triples)
    first = list(islice(stream, _TIDY + 1))
    used = prefixes()
    if len(first) <= _TIDY:
        used = _used(first)
        first = _by_subject(first)
    serialize(chain(first, stream), held, format=written_as, prefixes=used)  # type: ignore[arg-type]


def _by_subject(triples: list[Triple]) -> list[Triple]:
    groups: dict[Any, list[Triple]] = {}
    for triple in triples:
        groups.setdefault(triple.subject, []).append(triple)
    return list(chain.from_iterable(groups.values()))


def _used(triples: Iterable[Triple]) -> dict[str, str]:
    names = "\n".join({iri for triple in triples for iri in _iris(triple)})
    return {prefix: namespace for prefix, namespace in prefixes().items() if namespace in names}


def _iris(triple: Triple) -> Iterator[str]:
    for term in triple:
        if isinstance(term, NamedNode):
            yield term.value
        elif isinstance(term, Triple):
            yield from _iris(term)
        else:
            datatype = getattr(term, "datatype", None)
            yield from () if datatype is None else (datatype.value,)


def _fault(message: str, text: str) -> dict[str, Any]:
    missing = undeclared(text)
    if missing is not None:
        return {**_place(text, missing[1]), "prefix": missing[0]}
    found = _PLACE.match(message)
    if found is None:
        return {"message": message}
    return {"line": int(found[1]), "column": int(found[2]), "message": found[3]}


def _place(text: str, offset: int) -> dict[str, int]:
    before = text[:offset]
    return {"line": before.count("\n") + 1, "column": offset - before.rfind("\n")}
