"""What is said of one thing, as CSV (RFC 4180): a row for each statement, in the words of both languages.

Values are exact, as in an answer to a query; beside them stands what property and value are called. This
module refuses to name what the release does not: such a cell is empty.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from pyoxigraph import Literal, NamedNode

from gbvkg.vocabulary import LANGUAGES
from gbvkg.web.aside import aside
from gbvkg.web.pages.describing import Describer
from gbvkg.web.pages.said import TYPE

if TYPE_CHECKING:
    from gbvkg.web.site import Site, Term

COLUMNS = (
    "property",
    "value",
    "language",
    "datatype",
    *(f"property_{lang}" for lang in LANGUAGES),
    *(f"value_{lang}" for lang in LANGUAGES),
)
"""``property`` is an IRI; ``value`` an IRI or a text; ``language`` the tag of a text in one; ``datatype`` the
IRI of that of any literal, so that it is empty for an IRI; then what property and value are called.
"""


MOST_NAMED = 1000
"""Things that a table names; of a thing that says more than so many, values have no name."""


async def table(site: Site, iri: str, statements: Iterable[tuple[str, Term]]) -> bytes:
    """Properties and values of a thing with ``COLUMNS``, in the order given. Asks one question, for names;
    raises as ``Site.rows``.
    """
    told = list(statements)
    terms = await site.pages.terms()
    describers = [Describer(site, terms, iri, lang) for lang in LANGUAGES]
    things = {value.value: None for _, value in told if isinstance(value, NamedNode)}
    if len(things) <= MOST_NAMED:
        for describer in describers:
            await describer.name(things)
    return await aside(_written, describers, told)


def _written(describers: Sequence[Describer], told: Sequence[tuple[str, Term]]) -> bytes:
    classes = tuple(value.value for name, value in told if name == TYPE and isinstance(value, NamedNode))
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\r\n")
    rows.writerow(COLUMNS)
    for name, value in told:
        rows.writerow((name, *_value(value), *_called(describers, name, classes), *_names(describers, value)))
    return out.getvalue().encode("utf-8", "backslashreplace")


def _value(value: Term) -> tuple[str, str, str]:
    """Value, language and datatype."""
    if isinstance(value, Literal):
        return value.value, value.language or "", value.datatype.value
    return value.value if isinstance(value, NamedNode) else str(value), "", ""


def _called(describers: Iterable[Describer], name: str, classes: tuple[str, ...]) -> Iterator[str]:
    for describer in describers:
        yield describer.terms.label(name, describer.lang, classes) if describer.terms.knows(name) else ""


def _names(describers: Iterable[Describer], value: Term) -> Iterator[str]:
    for describer in describers:
        is_named = isinstance(value, NamedNode) and (
            describer.show.has_label(value.value) or describer.terms.knows(value.value)
        )
        yield describer.show.label(value.value)[0] if is_named else ""
