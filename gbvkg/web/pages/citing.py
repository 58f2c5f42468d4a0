"""How to cite a page, and how to take its data over: text, BibTeX, CSL-JSON, and ways of fetching.

A citation has the permanent link, which shows the thing as it is in this release. What comes from the data is
escaped in each of these languages. This module refuses to name an author that the release does not name.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

_BIBTEX = str.maketrans(
    {char: f"\\{char}" for char in "&%$#_{}"}
    | {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "\n": " "}
)


@dataclass(frozen=True)
class Citation:
    """What is cited: ``title`` of the thing, ``container`` the data set, ``issued`` yyyy-mm-dd."""

    title: str
    container: str
    version: str
    issued: str
    address: str
    language: str

    @property
    def text(self) -> str:
        """One sentence."""
        return f"“{self.title}”. {self.container}. {self.address}"

    @property
    def bibtex(self) -> str:
        """A ``@misc`` entry; its key is made of the address."""
        key = re.sub(r"[^A-Za-z0-9]+", "-", self.address.partition("/doc/")[2] or "gbvkg").strip("-")
        rows = {
            "title": f"{{{self.title.translate(_BIBTEX)}}}",
            "howpublished": f"{{{self.container.translate(_BIBTEX)}}}",
            "year": f"{{{self.issued[:4]}}}",
            "version": f"{{{self.version.translate(_BIBTEX)}}}",
            "url": "{" + self.address.translate({ord(char): None for char in "{}\\"}) + "}",
            "language": f"{{{self.language}}}",
        }
        lines = ",\n".join(f"  {name} = {value}" for name, value in rows.items())
        return f"@misc{{gbvkg-{key},\n{lines}\n}}\n"

    @property
    def csl(self) -> str:
        """CSL-JSON 1.0, a list of one item."""
        item = {
            "id": self.address,
            "type": "dataset",
            "title": self.title,
            "container-title": self.container,
            "version": self.version,
            "URL": self.address,
            "language": self.language,
            "issued": {"date-parts": [[int(part) for part in self.issued.split("-")]]},
        }
        return json.dumps([item], ensure_ascii=False, indent=1) + "\n"


KINDS = {
    "text": "text/plain",
    "bibtex": "application/x-bibtex",
    "csl": "application/vnd.citationstyles.csl+json",
}
"""``?cite=`` → media type."""


def snippets(document: str, iri: str, power_query: str) -> list[tuple[str, str]]:
    """Name and text of ways to fetch the data at ``document`` + extension.

    An IRI has no quote, space or backslash (RFC 3987 §2.2), but for the apostrophe: no text here stands
    between apostrophes unescaped.
    """
    shell = document.replace("'", "'\\''")
    quoted = document.replace("\\", "\\\\").replace('"', '\\"')
    doubled = document.replace('"', '""')
    thing = iri.replace("\\", "\\\\").replace('"', '\\"')
    return [
        ("curl", f"curl -L '{shell}.ttl'"),
        (
            "Python",
            f'from rdflib import Graph\n\ngraph = Graph().parse("{quoted}.ttl", format="turtle")\n'
            f"for subject, predicate, value in graph:\n    print(predicate, value)\n\n"
            f'# or, as a table:\n# import pandas; pandas.read_csv("{quoted}.csv")\n# IRI: {thing}',
        ),
        ("R", f'table <- read.csv("{quoted}.csv", encoding = "UTF-8")\nprint(table)'),
        (
            power_query,
            "let\n"
            f'    Source = Csv.Document(Web.Contents("{doubled}.csv"), [Delimiter=",", Encoding=65001]),\n'
            "    Table = Table.PromoteHeaders(Source)\nin\n    Table",
        ),
    ]
