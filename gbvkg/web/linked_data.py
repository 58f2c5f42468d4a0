"""Things and the documents about them: ``/id/…`` answers 303 with ``/doc/…``, which has every format.

An IRI of a thing is never the address of a file (Cool URIs for the Semantic Web §4.3): what is asked for is
the thing, what is got is a document about it, in the format that the client prefers or names by extension. A
thing that the data calls retired answers 410, one that was merged 301 with the thing that it became. The
addresses in an answer of an older release are of that release, but for the latest version. This module
refuses to make up a document about what the release does not hold: 404, with what comes nearest.
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from pyoxigraph import Literal, NamedNode
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gbvkg import vocabulary
from gbvkg.formats import RDF, RESULTS, Format
from gbvkg.project import VERSION
from gbvkg.queries.prepared import fill
from gbvkg.store import Ask
from gbvkg.vocabulary import LANGUAGES
from gbvkg.web.asgi import whole
from gbvkg.web.downloads import current
from gbvkg.web.negotiation import HTML, choose
from gbvkg.web.pages.history import older_with
from gbvkg.web.problems import not_found, problem
from gbvkg.web.replies import link, redirect, reply

if TYPE_CHECKING:
    from gbvkg.web.site import Site

CSV = RESULTS["csv"]
DOCUMENTS: tuple[Format, ...] = (HTML, RDF["ttl"], RDF["jsonld"], RDF["nt"], RDF["rdf"], CSV)
"""What a document about a thing comes in, the first when a client has no preference."""

EXTENSIONS = {format.extension: format for format in DOCUMENTS}

_STATE = """PREFIX dct: <http://purl.org/dc/terms/>
PREFIX owl: <http://www.w3.org/2002/07/owl#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
SELECT ?thing (SAMPLE(?other) AS ?successor) (SAMPLE(?gone) AS ?deprecated)
WHERE {
  VALUES ?thing { $first $second $third $fourth }
  ?thing ?property ?value .
  OPTIONAL { ?thing dct:isReplacedBy ?other }
  # an entry of a code list that is no longer to be used is still described: older data use it
  OPTIONAL { ?thing owl:deprecated ?gone . FILTER NOT EXISTS { ?thing skos:inScheme ?scheme } }
}
GROUP BY ?thing
"""
_RETIRED = """PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
SELECT ?property ?value
WHERE {
  VALUES ?property { rdfs:label skos:prefLabel skos:note }
  $thing ?property ?value FILTER(ISLITERAL(?value))
}
ORDER BY ?property ?value
"""
_NAMES = frozenset(NamedNode(vocabulary.expand(name)) for name in ("rdfs:label", "skos:prefLabel"))
_NOTES = frozenset((NamedNode(vocabulary.expand("skos:note")),))
_SIBLINGS = """SELECT DISTINCT ?thing
WHERE { ?thing a ?type . FILTER(STRSTARTS(STR(?thing), $space)) }
ORDER BY ?thing
LIMIT 2000
"""
_STATEMENTS = """SELECT ?property ?value
WHERE { $thing ?property ?value }
ORDER BY ?property ?value
"""
_TERMS = """DESCRIBE ?term
WHERE {
  ?term ?property ?value
  FILTER(?term = $thing || STRSTARTS(STR(?term), CONCAT(STR($thing), "#")))
}
"""
"""An ontology with hash IRIs and all its terms: one document answers for each (Cool URIs §4.1)."""

_LONGEST = 500


class Documents:
    """The documents of one release."""

    def __init__(self, site: Site) -> None:
        self.site = site

    def routes(self) -> list[Route]:
        return [
            Route("/id/{path:path}", self.thing, methods=["GET"]),
            Route("/ns", self.ontology, methods=["GET"]),
            Route("/ns/{part}", self.part, methods=["GET"]),
            Route("/doc/{path:path}", self.document, methods=["GET"]),
        ]

    async def ontology(self, request: Request) -> Response:
        """``/ns``, and with it ``/ns#Term``: a client drops the fragment, so one document has all terms."""
        return self._see_other(request, "ns")

    async def part(self, request: Request) -> Response:
        """``/ns/<part>``, a published file beside the ontology, and ``/ns/<version>``, a version of it."""
        part, site = request.path_params["part"], self.site
        for path in (f"inputs/ontology/{stem}-{part}.ttl" for stem in _stems(site)):
            if path in site.files:
                return redirect(f"{site.settings.prefix}/releases/{site.version}/{path}")
        used = site.manifest.used or {}
        if part == used.get("ontology", {}).get("version"):
            return self._see_other(request, "ns")
        return await self._missing(request, f"ns/{part}")

    async def thing(self, request: Request) -> Response:
        """303 to the document; 301, 410 and 404 as the data says. Who names a release is answered by the
        document, from the data of that release."""
        path = request.path_params["path"]
        if "release" in _kept(request):
            return self._see_other(request, path)
        found = await self._find(request, path, "id")
        return found if isinstance(found, Response) else self._see_other(request, path)

    def _see_other(self, request: Request, path: str) -> Response:
        """303; ``Vary`` because the document comes in formats, for caches that keep the two as one."""
        return redirect(self._address(f"doc/{_quoted(path)}", _kept(request)), vary=("Accept",))

    def _address(self, path: str, kept: dict[str, str], fragment: str = "") -> str:
        """A path of this service with the part of the request's query string that goes along."""
        query = f"?{urlencode(kept)}" if kept else ""
        return f"{self.site.settings.prefix}/{path}{query}{f'#{fragment}' if fragment else ''}"

    async def document(self, request: Request) -> Response:
        """The document in the format of its extension, else in the one that the client prefers."""
        path, format = _split(request.path_params["path"])
        found = await self._find(request, path, "doc", f".{format.extension}" if format else "")
        if isinstance(found, Response):
            return found
        chosen = format or choose(
            request.headers.get("accept"), DOCUMENTS, request.query_params.get("format")
        )
        return await self._write(request, path, found, chosen)

    async def _write(self, request: Request, path: str, iri: str, format: Format) -> Response:
        site = self.site
        links = await self._links(request, path, iri, format)
        headers = {"Content-Location": self._document(request, path, format)}
        if format is HTML:
            from gbvkg.web.pages import page

            return await page(site, request, iri, links)
        body = await self._body(iri, format)
        return reply(
            request,
            body,
            format.media_type,
            tag=site.etag("doc", iri, format.name),
            licence=site.licence,
            cache="immutable" if "release" in request.query_params else "revision",
            vary=("Accept", "Accept-Language"),
            links=links,
            headers=headers,
        )

    async def _body(self, iri: str, format: Format) -> bytes:
        graph = _TERMS if iri in self.site.iris("ns") else "DESCRIBE $thing"
        text = _STATEMENTS if format is CSV else graph
        answer = await self.site.ask(Ask(fill(text, {"thing": NamedNode(iri)}), format.name))
        return whole(answer.body)

    def _document(self, request: Request, path: str, format: Format) -> str:
        """The address of one format, of the release that is asked for."""
        return self._address(f"doc/{_quoted(path)}.{format.extension}", _kept(request, "release"))

    async def _links(self, request: Request, path: str, iri: str, chosen: Format) -> list[str]:
        """The other formats, the thing, this version for ever (RFC 7089) and the other ones (RFC 5829)."""
        site = self.site
        here = f"doc/{_quoted(path)}"
        links = [
            link(self._document(request, path, format), "alternate", type=format.media_type)
            for format in DOCUMENTS
            if format is not chosen
        ]
        previous = (site.manifest.previous or {}).get("version", "")
        if previous and previous in await older_with(current(request).releases, site.version, iri):
            links.append(link(self._address(here, {"release": previous}), "predecessor-version"))
        return [
            *links,
            link(iri, "describes"),
            link(f"{site.base}{here}", "canonical"),
            link(self._address(here, {"release": site.version}), "memento"),
            link(self._address(here, {}), "latest-version"),
            link(self._address("releases/", {}), "version-history"),
            link(f"{vocabulary.BASE}ns", "profile"),
        ]

    # What the data says of a path

    async def _states(self, path: str) -> dict[str, dict[str, object]]:
        iris = [iri for iri in self.site.iris(path) if _is_iri(iri)]
        if not iris or len(path) > _LONGEST:
            return {}
        four = (iris + iris[:1] * 4)[:4]
        names = ("first", "second", "third", "fourth")
        rows = await self.site.rows(_STATE, dict(zip(names, map(NamedNode, four), strict=True)))
        found = {row["thing"].value: dict(row) for row in rows if isinstance(row.get("thing"), NamedNode)}
        return {iri: dict(found[iri]) for iri in iris if iri in found}

    async def _find(self, request: Request, path: str, kind: str, extension: str = "") -> str | Response:
        """The IRI that a path stands for; the answer when there is no such thing any more, or never was.

        What was merged moved to what is asked for, ``kind`` ("id" or "doc"), of the thing that it became.
        """
        states = await self._states(path)
        if not states:
            return await self._missing(request, path)
        iri, state = next(iter(states.items()))
        successor, deprecated = state.get("successor"), state.get("deprecated")
        if not isinstance(deprecated, Literal) or deprecated.value != "true":
            return iri
        if isinstance(successor, NamedNode) and (target := self.site.href(successor.value)):
            return self._moved(request, target, kind, extension)
        return await self._gone(request, path, iri)

    def _moved(self, request: Request, target: str, kind: str, extension: str) -> Response:
        """301 to the same of another thing, ``target`` the address of its document."""
        address, _, fragment = target.partition("#")
        name = address.partition("?")[0].removeprefix(f"{self.site.settings.prefix}/doc/")
        place = name if name == "ns" and kind == "id" else f"{kind}/{name}{extension}"
        return redirect(self._address(place, _kept(request), fragment), 301)

    async def _gone(self, request: Request, path: str, iri: str) -> Response:
        """410: what it was, why it is gone, and which older releases have something about it."""
        rows = await self.site.rows(_RETIRED, {"thing": NamedNode(iri)})
        names, notes = (
            [text for row in rows if row["property"] in of and isinstance(text := row["value"], Literal)]
            for of in (_NAMES, _NOTES)
        )
        older = await older_with(current(request).releases, self.site.version, iri)
        links = [self._address(f"doc/{_quoted(path)}", {"release": version}) for version in older]
        nl = [f"“{_in(names, 'nl') or iri}” is ingetrokken.", _in(notes, "nl")]
        en = [f"“{_in(names, 'en') or iri}” was withdrawn.", _in(notes, "en")]
        if links:
            nl.append(f"Oudere releases hebben er nog iets over: {', '.join(links)}")
            en.append(f"Older releases still have something about it: {', '.join(links)}")
        return problem(
            request,
            410,
            "Bestaat niet meer",
            "Gone",
            " ".join(filter(None, nl)),
            " ".join(filter(None, en)),
            type="gone",
            older=links,
        )

    async def _missing(self, request: Request, path: str) -> Response:
        near = await self._near(path)
        hints = [target for iri in near if (target := self.site.href(iri))]
        nl = f" Bedoelde u {', '.join(hints)}?" if hints else ""
        en = f" Did you mean {', '.join(hints)}?" if hints else ""
        return not_found(
            request,
            f"Release {self.site.version} beschrijft niets onder deze naam.{nl}",
            f"Release {self.site.version} describes nothing by this name.{en}",
            suggestions=hints,
        )

    async def _near(self, path: str) -> list[str]:
        kind, _, ref = path.partition("/")
        if len(path) > _LONGEST or not ref:
            return []
        space = f"{self.site.base}id/{kind}/"
        rows = await self.site.rows(_SIBLINGS, {"space": Literal(space)})
        names = [row["thing"].value for row in rows if isinstance(row["thing"], NamedNode)]
        return get_close_matches(space + ref, names, 3, 0.8)


def _stems(site: Site) -> list[str]:
    """Names of the ontology files of a release, without folder and extension."""
    folder = "inputs/ontology/"
    names = (path.removeprefix(folder) for path in site.files if path.startswith(folder))
    return [name.removesuffix(".ttl") for name in names if "/" not in name and name.endswith(".ttl")]


def _split(path: str) -> tuple[str, Format | None]:
    """A path without its extension, and the format of it; other dots belong to the name."""
    stem, dot, extension = path.rpartition(".")
    return (stem, EXTENSIONS[extension]) if dot and extension in EXTENSIONS else (path, None)


def _quoted(path: str) -> str:
    return quote(path, safe="/:@!$&()*+,;=-._~")


def _kept(request: Request, *names: str) -> dict[str, str]:
    """What a client asks of any document, release and language; nothing but what can be one is repeated."""
    asked = request.query_params
    kept = {}
    if VERSION.fullmatch(asked.get("release", "")):
        kept["release"] = asked["release"]
    if asked.get("lang") in LANGUAGES:
        kept["lang"] = asked["lang"]
    return {name: value for name, value in kept.items() if not names or name in names}


def _in(texts: list[Literal], lang: str) -> str:
    """The first text in a language, else in any; "" when there is none."""
    ranked = sorted(texts, key=lambda text: text.language != lang)
    return ranked[0].value if ranked else ""


def _is_iri(text: str) -> bool:
    try:
        NamedNode(text)
    except ValueError:
        return False
    return all(char.isprintable() for char in text)


def routes(site: Site) -> list[Route]:
    """``/id``, ``/doc`` and ``/ns`` of one release."""
    return Documents(site).routes()


__all__ = ["DOCUMENTS", "routes"]
