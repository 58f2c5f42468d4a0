"""The release as an RDF dataset to query: in memory or from disk, and which graphs a question means.

When nobody names a dataset, the default graph is the union of all named graphs, in which a triple that two of
them hold is there once (RDF 1.1 Semantics §4.1). The engine's own union has it twice, so in memory the union
is a graph of its own. This module refuses to write to a release.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pyoxigraph import NamedNode, RdfFormat, Store

from gbvkg.store.question import Ask

_UNION = "INSERT { ?s ?p ?o } WHERE { GRAPH ?g { ?s ?p ?o } }"


@dataclass(frozen=True, slots=True)
class Dataset:
    """``has_union`` says that the store's own default graph is the union of its named graphs."""

    store: Store
    has_union: bool

    @classmethod
    def in_memory(cls, quads: Path | None = None) -> Dataset:
        """All of a file in N-Quads; nothing when there is none. Starts no thread."""
        store = Store()
        if quads is not None:
            store.bulk_load(path=str(quads), format=RdfFormat.N_QUADS)
        return cls.with_union(store)

    @classmethod
    def with_union(cls, store: Store) -> Dataset:
        """A store of named graphs in memory, to which the union is added."""
        store.update(_UNION)
        return cls(store, True)

    @classmethod
    def on_disk(cls, folder: Path) -> Dataset:
        """The embedded store of a release, read only. Starts threads. Raises OSError."""
        return cls(Store.read_only(str(folder)), False)

    def options(self, ask: Ask, named_in_query: bool) -> tuple[list[NamedNode] | None, dict[str, Any]]:
        """All graphs of the protocol's dataset, None when it names none, and what ``Store.query`` takes.

        Both lists must be given: the engine reads an absent one as "all". Raises ValueError for what is no
        IRI.
        """
        if ask.default_graphs is None and ask.named_graphs is None:
            return None, {} if named_in_query or self.has_union else {"use_default_graph_as_union": True}
        default = [NamedNode(iri) for iri in ask.default_graphs or ()]
        named = [NamedNode(iri) for iri in ask.named_graphs or ()]
        return [*default, *named], {"default_graph": default, "named_graphs": named}
