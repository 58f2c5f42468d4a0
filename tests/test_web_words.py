"""What pages call classes and properties: words of the release or of ``views.toml``, in both languages."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import pytest
from pyoxigraph import Literal, NamedNode, QuerySolutions, RdfFormat, Store
from serving import Served, released

from gbvkg.vocabulary import expand
from gbvkg.web.pages import shapes
from gbvkg.web.pages.terms import _LABELS, Terms
from gbvkg.web.pages.views import views


@pytest.fixture(scope="module")
def held() -> Store:
    """The real release."""
    store = Store()
    store.bulk_load(path=str(released() / "current" / "dataset.nq"), format=RdfFormat.N_QUADS)
    return store


def asked(held: Store, query: str) -> QuerySolutions:
    found = held.query(query, use_default_graph_as_union=True)
    assert isinstance(found, QuerySolutions)
    return found


def terms(held: Store, release: Path) -> Terms:
    labels: dict[str, dict[str, str]] = defaultdict(dict)
    for row in asked(held, _LABELS):
        term, label = row["term"], row["label"]
        if isinstance(term, NamedNode) and isinstance(label, Literal) and label.language:
            labels[term.value].setdefault(label.language, label.value)
    return Terms(dict(labels), shapes.read(release / "inputs" / "shapes"))


def test_every_class_and_property_has_a_word(held: Store) -> None:
    """None of the real release is called by the last part of its IRI, which is English."""
    found = terms(held, released() / "current")
    used = {
        row["term"] for row in asked(held, "SELECT DISTINCT ?term { { ?s ?term ?o } UNION { ?s a ?term } }")
    }
    iris = {term.value for term in used if isinstance(term, NamedNode)}
    assert len(iris) > 150
    assert not {iri for iri in iris if not found.knows(iri)}


def test_files_that_a_release_was_made_with_are_no_way_in(real: Served) -> None:
    """The overview lists what the data are about, not what publishing leaves behind."""
    assert expand("prov:Collection") in views().unlisted
    page = real.get("/list/?lang=nl", accept="text/html").text
    assert "/list/Action?" in page
    assert "/list/Collection" not in page
    assert real.get("/list/Collection.csv").status_code == 404
