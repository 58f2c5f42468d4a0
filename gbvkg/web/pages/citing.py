"""How to cite a page: text, BibTeX, CSL-JSON.

A citation has the permanent link, which shows the thing as it is in this release. What comes from the data is
escaped in each of these languages. This module refuses to name an author that the release does not name.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from urllib.parse import unquote

_BIBTEX = str.maketrans(
    {char: f"\\{char}" for char in "&%$#_{}"}
    | {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "\n": " "}
)


@dataclass(frozen=True)
class Citation:
    """What is cited: ``title`` of the thing, ``container`` the data set, ``issued`` yyyy-mm-dd.

    ``author`` and ``publisher`` are those that the release names of itself; "" when it names none.
    """

    title: str
    container: str
    version: str
    issued: str
    address: str
    language: str
    author: str = ""
    publisher: str = ""

    @property
    def text(self) -> str:
        """One sentence."""
        who = f"{self.author}. " if self.author else ""
        house = f"{self.publisher}. " if self.publisher else ""
        return f"{who}“{self.title}”. {self.container}. {house}{self.address}"

    @property
    def bibtex(self) -> str:
        """A ``@misc`` entry; its key is made of the address."""
        told_apart = unquote(re.split(r"/doc/|/about\?iri=", self.address, maxsplit=1)[-1])
        key = re.sub(r"[^A-Za-z0-9]+", "-", told_apart).strip("-")
        rows = {
            **({"author": f"{{{{{self.author.translate(_BIBTEX)}}}}}"} if self.author else {}),
            "title": f"{{{self.title.translate(_BIBTEX)}}}",
            "howpublished": f"{{{self.container.translate(_BIBTEX)}}}",
            **({"publisher": f"{{{self.publisher.translate(_BIBTEX)}}}"} if self.publisher else {}),
            "year": f"{{{self.issued[:4]}}}",
            "date": f"{{{self.issued}}}",
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
            **({"author": [{"literal": self.author}]} if self.author else {}),
            **({"publisher": self.publisher} if self.publisher else {}),
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
