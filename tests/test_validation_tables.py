"""Tables: a triple counts once, however often it is stated."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import NamedNode

from gbvkg.validation.tables import RDF_TYPE, SUBCLASS_OF, Tables

NODES = [NamedNode(f"https://example.org/n{i}") for i in range(12)]
triples = st.tuples(st.sampled_from(NODES), st.sampled_from(NODES[:2]), st.sampled_from(NODES))


@given(st.lists(triples, max_size=60), st.lists(triples, max_size=20))
def test_add_and_discard(stated: list, withdrawn: list) -> None:  # type: ignore[type-arg]
    """The tables hold the set of what was added and not discarded, both ways round."""
    tables = Tables(stated[:30])
    for predicate in NODES[:2]:
        tables.backward(predicate)
    for triple in stated[30:]:
        tables.add(triple)
    for triple in withdrawn:
        tables.discard(triple)
    expected = set(stated) - set(withdrawn)
    listed = list(tables.triples())
    assert len(listed) == len(expected)
    assert set(listed) == expected
    for predicate in NODES[:2]:
        turned = {(s, predicate, o) for o, subjects in tables.backward(predicate).items() for s in subjects}
        assert turned == {triple for triple in expected if triple[1] == predicate}


def test_add_says_whether_it_was_new() -> None:
    """Adding a triple again changes nothing and says so."""
    triple = (NODES[0], NODES[1], NODES[2])
    tables = Tables([triple])
    assert not tables.add(triple)
    assert tables.add((NODES[0], NODES[1], NODES[3]))


def test_instances_follow_subclasses() -> None:
    """A SHACL instance is typed with the class or with anything below it, also in a circle."""
    a, b, c, x, y = NODES[:5]
    tables = Tables(
        [(b, SUBCLASS_OF, a), (c, SUBCLASS_OF, b), (a, SUBCLASS_OF, c), (x, RDF_TYPE, c), (y, RDF_TYPE, x)]
    )
    assert tables.instances(a) == {x}
    tables.add((y, RDF_TYPE, b))
    assert tables.instances(a) == {x, y}


def test_lists_end() -> None:
    """A list without end or with a circle is read as far as it goes."""
    rdf = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
    first, rest = NamedNode(rdf + "first"), NamedNode(rdf + "rest")
    a, b, x, y = NODES[:4]
    assert Tables([(a, first, x), (a, rest, b), (b, first, y), (b, rest, a)]).list_items(a) == [x, y]
    assert Tables([(a, first, x)]).list_items(a) == [x]
