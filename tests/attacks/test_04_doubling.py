"""Row 4: a few bytes that become gigabytes: doubling strings, and joining all of them into one."""

from __future__ import annotations

import pytest
from bystander import SECONDS, refused, unharmed, within
from serving import Served

LARGE = {
    "doubled": "SELECT (STRLEN(?v36) AS ?n) { BIND('x' AS ?v0)"
    + "".join(f"BIND(CONCAT(?v{i}, ?v{i}) AS ?v{i + 1})" for i in range(36))
    + "}",
    "doubled and given": "SELECT ?v36 { BIND('xxxxxxxx' AS ?v0)"
    + "".join(f"BIND(CONCAT(?v{i}, ?v{i}) AS ?v{i + 1})" for i in range(36))
    + "}",
    "joined": "SELECT (GROUP_CONCAT(CONCAT(STR(?s), STR(?b))) AS ?all) { ?s ?p ?o . ?a ?b ?c }",
    "replaced": "SELECT ?v { BIND("
    + "REPLACE(" * 10
    + "'aaaaaaaaaaaaaaaaaaaa'"
    + ", 'a', 'aaaaaaaaaaaaaaaaaaaa')" * 10
    + " AS ?v) }",
    "encoded": "SELECT ?v { BIND(" + "ENCODE_FOR_URI(" * 90 + "'%%%%%%%%%%'" + ")" * 90 + " AS ?v) }",
}


@pytest.mark.parametrize("name", LARGE)
def test_it_is_refused(service: Served, name: str) -> None:
    """503 from the worker's limits; the parent never holds what a worker makes."""
    with unharmed(service), within(SECONDS + 1):
        answer = service.sparql(LARGE[name])
        if name == "encoded" and answer.status_code == 200:  # it grows by a constant: as long as it is whole
            assert len(answer.json()["results"]["bindings"]) == 1
        else:
            refused(answer, 503)
