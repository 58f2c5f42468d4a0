"""The questions that a page about a thing asks, made from ``views.toml``.

What changes from thing to thing is filled in as a term (``parameters.fill``); what a user typed is never
part of one. This module refuses to ask them.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from pyoxigraph import NamedNode

from gbvkg.web.pages.views import Views, views

NEAR = 300
"""How many things that point at a thing are looked up at once; of more, a part is shown with the count."""

OWN, ROWS = 1500, 20_000
"""How many things that belong to a thing, and rows in all, one question asks for; of more, a page has a part
and says so.
"""

SHOWN = 10
"""How many of a group are shown before the rest is on pages of its own."""


def _path(view: Views) -> str:
    steps = [*(f"<{iri}>" for iri in view.owned), *(f"^<{iri}>" for iri in view.owned_inverse)]
    return f"({'|'.join(steps)})*"


def elsewhere_query(iris: Iterable[str]) -> str:
    """What mappings call the things of somebody else."""
    of, called = views().named_by
    nodes = " ".join(str(NamedNode(iri)) for iri in iris)
    return (
        f"SELECT ?thing (MIN(STR(?label)) AS ?text) WHERE {{ VALUES ?thing {{ {nodes} }} "
        f"?mapping <{of}> ?thing ; <{called}> ?label . }} GROUP BY ?thing"
    )


@cache
def about_query() -> str:
    """What is said of the thing and of what belongs to it; and what points at it ``by`` which property, as
    far as ``NEAR``, with its labels. One question, because each takes a worker's turn. One more than ``OWN``
    and than ``ROWS`` is asked, which tells that there is more; of what belongs to the thing and has nothing
    said of it there is a row without property.
    """
    hidden = _list(sorted(views().hidden_incoming))
    return f"""SELECT ?by ?subject ?property ?value WHERE {{
  {{
    {{ SELECT DISTINCT ?subject WHERE {{ $thing {_path(views())} ?subject }} LIMIT {OWN + 1} }}
    OPTIONAL {{ ?subject ?property ?value . }}
  }} UNION {{
    {{ SELECT DISTINCT ?by ?subject WHERE {{
      ?subject ?by $thing . FILTER(ISIRI(?subject) && ?by NOT IN ({hidden}))
    }} LIMIT {NEAR + 1} }}
    OPTIONAL {{ ?subject ?property ?value . FILTER(?property IN ({_list(views().labels)})) }}
  }}
}} LIMIT {ROWS + 1}
"""


COUNTS = """SELECT ?property (COUNT(DISTINCT ?from) AS ?number)
WHERE { ?from ?property $thing . FILTER(ISIRI(?from)) }
GROUP BY ?property
"""


def members_query(limit: int, skip: int) -> str:
    """Some of what points at the thing by one property."""
    return f"""SELECT DISTINCT ?from WHERE {{ ?from $property $thing . FILTER(ISIRI(?from)) }}
ORDER BY ?from LIMIT {limit} OFFSET {skip}
"""


def _list(iris: Iterable[str]) -> str:
    return ", ".join(f"<{iri}>" for iri in iris)


def labels_query(iris: Iterable[str]) -> str:
    """The labels of some things, for IRIs that an answer of ours named.

    A filter and not a second VALUES, which the engine joins twenty times slower (0.6 against 11 ms).
    """
    nodes = " ".join(str(NamedNode(iri)) for iri in iris)
    return (
        f"SELECT ?subject ?property ?value WHERE {{ VALUES ?subject {{ {nodes} }} "
        f"?subject ?property ?value . FILTER(?property IN ({_list(views().labels)})) }}"
    )
