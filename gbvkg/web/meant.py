"""What the values of a named query stand for in one release: things that it knows, or not.

A list to choose from shows a thing as its label and, in brackets, its reference without its kind; who types
that means the thing. This module refuses to guess where the release knows a thing by the name as it was sent.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from pyoxigraph import NamedNode

from gbvkg.errors import BadParameter
from gbvkg.queries import Parameter, Query
from gbvkg.vocabulary import BASE

if TYPE_CHECKING:
    from gbvkg.web.site import Site

_KNOWN = """SELECT DISTINCT ?thing
WHERE {
  VALUES ?thing { $nodes }
  FILTER(EXISTS { ?thing ?p ?o } || EXISTS { ?s ?q ?thing })
}
"""


async def known(site: Site, things: Iterable[NamedNode]) -> set[str]:
    """The IRIs of ``things`` of which the release says something. Raises what ``Site.rows`` does."""
    if not (nodes := " ".join(map(str, things))):
        return set()
    return {row["thing"].value for row in await site.rows(_KNOWN.replace("$nodes", nodes))}


async def with_kinds(site: Site, query: Query, values: Mapping[str, str]) -> dict[str, str]:
    """``values`` with its kind before each reference of which the release knows a thing of that kind only.

    Raises what ``Site.rows`` does; a value that is no value stays as it is, for its parameter to judge.
    """
    possible = {
        name: _readings(query.parameters[name], value, query.base)
        for name, value in values.items()
        if _may_lack_its_kind(query.parameters[name], value)
    }
    there = await known(site, [term for terms in possible.values() for term in terms])
    found = {
        name: next((term.value for term in terms if term.value in there), values[name])
        for name, terms in possible.items()
    }
    return {**values, **found}


def _may_lack_its_kind(parameter: Parameter, value: str) -> bool:
    return bool(parameter.kind) and "://" not in value and not value.startswith(f"{parameter.kind}/")


def _readings(parameter: Parameter, value: str, base: str) -> list[NamedNode]:
    """What a value may stand for: what it says, then a thing of the kind, of the project or of gbvkg."""
    of_kind = [(f"{parameter.kind}/{value}", space) for space in dict.fromkeys((base, BASE))]
    return [term for text, space in ((value, base), *of_kind) for term in _read(parameter, text, space)]


def _read(parameter: Parameter, value: str, base: str) -> list[NamedNode]:
    try:
        term = parameter.read(value, base)
    except BadParameter:
        return []
    return [term] if isinstance(term, NamedNode) else []
