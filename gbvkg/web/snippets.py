"""How to get an answer with curl, Python, R and Power Query: code to copy.

An address comes percent-encoded and has no quote and no backslash, so it can stand in any of these languages
as it is; this module refuses (ValueError) one that has.
"""

from __future__ import annotations


def of(form: str, address: str) -> list[tuple[str, str]]:
    """Tool and code, for the answer of a query of ``form`` at ``address``.

    Raises ValueError for an address that would not stay within its quotes.
    """
    if any(char in address for char in "\"'\\`$\n\r ") or not address.isascii():
        raise ValueError(f"not a percent-encoded address: {address!r}")

    def at(format: str) -> str:
        return f"{address}{'&' if '?' in address else '?'}format={format}"

    if form == "CONSTRUCT":
        return [
            ("curl", f"curl --fail --silent --show-error '{at('ttl')}'"),
            ("Python", f'import rdflib\n\ngraph = rdflib.Graph().parse("{at("ttl")}", format="turtle")'),
        ]
    if form == "ASK":
        return [
            ("curl", f"curl --fail --silent --show-error '{at('json')}'"),
            (
                "Python",
                "import json\nimport urllib.request\n\n"
                f'with urllib.request.urlopen("{at("json")}") as answer:\n'
                '    boolean = json.load(answer)["boolean"]',
            ),
        ]
    csv = at("csv")
    return [
        ("curl", f"curl --fail --silent --show-error '{csv}'"),
        ("Python", f'import pandas\n\ntable = pandas.read_csv("{csv}")'),
        ("R", f'table <- read.csv("{csv}", encoding = "UTF-8")'),
        (
            "Power Query",
            "let\n"
            f'    Source = Csv.Document(Web.Contents("{csv}"),'
            ' [Delimiter = ",", Encoding = 65001, QuoteStyle = QuoteStyle.Csv]),\n'
            "    Table = Table.PromoteHeaders(Source, [PromoteAllScalars = true])\n"
            "in\n    Table",
        ),
    ]
