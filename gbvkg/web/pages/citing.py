"""What a page says of itself to who cites it (text, BibTeX, CSL-JSON) and to machines (schema.org).

A citation has the permanent link: the address with ``?release=``, which shows the page as it is in this
release, or that of the release. What comes from the data is escaped in each of these languages. This module
refuses to name an author that the release does not name.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlencode

if TYPE_CHECKING:
    from gbvkg.release.manifest import File
    from gbvkg.web.site import Site

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
    base: str = ""

    @property
    def text(self) -> str:
        """One sentence."""
        who = f"{self.author}. " if self.author else ""
        house = f"{self.publisher}. " if self.publisher else ""
        return f"{who}“{self.title}”. {self.container}. {house}{self.address}"

    @property
    def bibtex(self) -> str:
        """A ``@misc`` entry; its key is made of what its address has after ``base``."""
        path = unquote(self.address.removeprefix(self.base).removeprefix("doc/").removeprefix("about?iri="))
        key = re.sub(r"[^A-Za-z0-9]+", "-", path).strip("-")
        if len(key) > LONGEST_KEY:
            key = f"{key[:LONGEST_KEY]}-{sha256(path.encode()).hexdigest()[:8]}"
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

    def of(self, kind: str) -> str:
        """The citation as one of KINDS."""
        return {"text": f"{self.text}\n", "bibtex": self.bibtex, "csl": self.csl}[kind]

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

LONGEST_KEY = 80
"""Characters of the address that a BibTeX key has; the rest of a longer one counts by its hash."""


@dataclass(frozen=True)
class Subject:
    """What a page is about, for who cites it and for machines.

    ``kind`` is its schema.org type, ``more`` what else schema.org can say of it. The page is at ``at``, an
    address here; without one, where it was asked for, with those of its parameters that are in ``keeps``. It
    is of release ``version`` of day ``issued``; without these, of the release at hand.
    """

    title: str
    kind: str = "WebPage"
    more: Mapping[str, Any] = field(default_factory=dict)
    keeps: Iterable[str] = ()
    at: str = ""
    version: str = ""
    issued: str = ""


def citation(site: Site, subject: Subject, container: str, lang: str) -> Citation:
    """How to cite the page that is at ``subject.at``."""
    credit = site.credits[lang]
    return Citation(
        subject.title,
        container,
        subject.version or site.version,
        subject.issued or site.manifest.issued,
        site.permanent(fixed(site, subject)),
        lang,
        credit.makers,
        credit.publishers,
        site.permanent(site.path("/")),
    )


def fixed(site: Site, subject: Subject) -> str:
    """The address here that shows the page as it is in this release for ever; that of the release for a page
    that is there but once.
    """
    path, _, query = subject.at.partition("?")
    if not site.is_of_a_release(path):
        return site.path(f"/releases/{subject.version or site.version}/")
    kept = [pair for pair in parse_qsl(query, keep_blank_values=True) if pair[0] != "release"]
    return f"{path}?{urlencode([*kept, ('release', site.version)])}"


def schema(site: Site, subject: Subject, lang: str) -> dict[str, Any]:
    """The page in schema.org: what it is, in which language, and the data set that it is part of."""
    licence = {"license": site.licence} if site.licence else {}
    version = subject.version or site.version
    found = {
        "@context": "https://schema.org",
        "@type": subject.kind,
        "@id": site.permanent(subject.at),
        "url": site.public(subject.at),
        "name": subject.title,
        "inLanguage": lang,
        "isPartOf": {"@type": "Dataset", "@id": site.manifest.dataset, "version": version} | licence,
    }
    return {name: value for name, value in (found | dict(subject.more)).items() if value is not None}


def listed(things: Iterable[tuple[str, str]], count: int, first: int = 1) -> dict[str, Any]:
    """A list of ``count`` things in schema.org, of which some are shown: address or IRI, and name."""
    return {
        "@type": "ItemList",
        "numberOfItems": count,
        "itemListElement": [
            {"@type": "ListItem", "position": position, "url": address, "name": name}
            for position, (address, name) in enumerate(things, first)
        ],
    }


def download(site: Site, version: str, file: File) -> dict[str, Any]:
    """A file of a release in schema.org."""
    return {
        "@type": "DataDownload",
        "contentUrl": site.public(site.path(f"/releases/{version}/{file.path}")),
        "encodingFormat": file.media_type,
        "contentSize": f"{file.size} B",
        "sha256": file.sha256,
    }
