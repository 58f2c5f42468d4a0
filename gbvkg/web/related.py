"""The named queries that can be asked about a thing: those with a parameter of its kind.

That is told by IRIs alone: what a parameter can be is built as its example is. This module refuses to ask
whether the release knows the thing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gbvkg.vocabulary import BASE

if TYPE_CHECKING:
    from gbvkg.queries import Parameter, Query
    from gbvkg.web.site import Site


def homes(parameter: Parameter, base: str) -> list[str]:
    """What the IRIs of a parameter's kind begin with: in the space of the data, in that of gbvkg, or where
    the things of somebody else are.
    """
    found = [f"{space}id/{parameter.kind}/" for space in dict.fromkeys((base, BASE))]
    is_ours = parameter.example.startswith(tuple(found))
    return found if is_ours else [parameter.example.rpartition("/")[0] + "/"]


def is_of_kind(parameter: Parameter, iri: str, base: str) -> bool:
    """Whether a thing is of a parameter's kind and no part of one, which has a longer IRI."""
    return (
        bool(parameter.kind)
        and iri.startswith(tuple(homes(parameter, base)))
        and iri.count("/") == parameter.example.count("/")
    )


def about(site: Site, iri: str) -> list[tuple[Query, Parameter]]:
    """The queries that can be asked about a thing, by name, each with the parameter that the thing is."""
    queries = map(site.catalogue.get, site.catalogue.names())
    found = ((query, parameter) for query in queries for parameter in query.parameters.values())
    return [(query, parameter) for query, parameter in found if is_of_kind(parameter, iri, site.base)]
