"""How to get an answer with curl, Python, R and Excel: code to copy.

An address comes percent-encoded and has no quote and no backslash, so it can stand in any of these languages
as it is; this module refuses (ValueError) one that has.
"""

from __future__ import annotations

from collections.abc import Callable


def of(form: str, at: Callable[[str], str]) -> list[tuple[str, str]]:
    """Tool and code for an answer; ``at`` gives its address in a format (csv, ttl, json).

    ``form`` is that of a query: a table, a graph, yes or no. What is told of a thing (DESCRIBE) is a graph
    that comes as a table too. Raises ValueError for an address that would not stay within its quotes.
    """
    if form == "ASK":
        return [_curl(at("json")), ("Python", _BOOLEAN.format(_checked(at("json"))))]
    if form in ("CONSTRUCT", "DESCRIBE"):
        graph = [_curl(at("ttl")), ("Python", _GRAPH.format(_checked(at("ttl"))))]
        return graph if form == "CONSTRUCT" else [*graph, *_table(at("csv"))]
    return [_curl(at("csv")), ("Python", _PANDAS.format(_checked(at("csv")))), *_table(at("csv"))]


def _curl(address: str) -> tuple[str, str]:
    return "curl", f"curl --fail --silent --show-error --location '{_checked(address)}'"


def _table(address: str) -> list[tuple[str, str]]:
    _checked(address)
    power_query = (
        f'let\n    Source = Csv.Document(Web.Contents("{address}"),'
        ' [Delimiter = ",", Encoding = 65001, QuoteStyle = QuoteStyle.Csv]),\n'
        "    Table = Table.PromoteHeaders(Source, [PromoteAllScalars = true])\nin\n    Table"
    )
    return [("R", f'table <- read.csv("{address}", encoding = "UTF-8")'), (_EXCEL, power_query)]


def _checked(address: str) -> str:
    if any(char in address for char in "\"'\\`$\n\r ") or not address.isascii():
        raise ValueError(f"not a percent-encoded address: {address!r}")
    return address


_EXCEL = "Excel (Power Query)"
_BOOLEAN = """import json
import urllib.request

with urllib.request.urlopen("{}") as answer:
    boolean = json.load(answer)["boolean"]
print(boolean)"""
_GRAPH = """import rdflib

graph = rdflib.Graph().parse("{}", format="turtle")
for subject, predicate, value in graph:
    print(subject, predicate, value)"""
_PANDAS = """import pandas

table = pandas.read_csv("{}")
print(table)"""
