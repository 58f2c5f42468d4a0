"""Named queries: the catalogue, their parameters, their results, and the check queries that make findings.

This package refuses any text as query: what runs is a file of the catalogue with RDF terms in its parameters'
places.
"""

from gbvkg.queries.absence import Absent
from gbvkg.queries.catalogue import Catalogue, Query, read_query
from gbvkg.queries.hygiene import Check, hygiene, read_checks
from gbvkg.queries.parameters import Parameter
from gbvkg.queries.result import Column, Result
from gbvkg.queries.stability import check_stable

__all__ = [
    "Absent",
    "Catalogue",
    "Check",
    "Column",
    "Parameter",
    "Query",
    "Result",
    "check_stable",
    "hygiene",
    "read_checks",
    "read_query",
]
