"""Things and the documents about them: ``/id/…`` answers 303 with ``/doc/…``, which has every format.

An IRI of a thing is never the address of a file (Cool URIs for the Semantic Web §4.3): what is asked for is
the thing, what is got is a document about it, in the format that the client prefers or names by extension. A
thing that the data calls retired answers 410, one that was merged 301 with the thing that it became. This
module refuses to make up a document about what the release does not hold: 404, with what comes nearest.
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING
from urllib.parse import quote

from pyoxigraph import Literal, NamedNode
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gbvkg.formats import RDF, RESULTS, Format
from gbvkg.queries.prepared import fill
from gbvkg.store import Ask
from gbvkg.web.asgi import whole
from gbvkg.web.negotiation import HTML, choose
from gbvkg.web.problems import problem
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
        return self._see_other("ns")

    async def part(self, request: Request) -> Response:
        """``/ns/<part>``, a published file beside the ontology, and ``/ns/<version>``, a version of it."""
        part, site = request.path_params["part"], self.site
        for path in (f"inputs/ontology/{stem}-{part}.ttl" for stem in _stems(site)):
            if path in site.files:
                return redirect(f"{site.settings.prefix}/releases/{site.version}/{path}")
        used = site.manifest.used or {}
        if part == used.get("ontology", {}).get("version"):
            return self._see_other("ns")
        return await self._missing(request, f"ns/{part}")

    async def thing(self, request: Request) -> Response:
        """303 to the document; 301, 410 and 404 as the data says."""
        path = request.path_params["path"]
        found = await self._find(request, path)
        return found if isinstance(found, Response) else self._see_other(path)

    def _see_other(self, path: str) -> Response:
        """303; ``Vary`` because the document comes in formats, for caches that keep the two as one."""
        return redirect(self.site.path(f"/doc/{quote(path, safe='/:@!$&()*+,;=-._~')}"), vary=("Accept",))

    async def document(self, request: Request) -> Response:
        """The document in the format of its extension, else in the one that the client prefers."""
        path, format = _split(request.path_params["path"])
        found = await self._find(request, path)
        if isinstance(found, Response):
            return found
        chosen = format or choose(
            request.headers.get("accept"), DOCUMENTS, request.query_params.get("format")
        )
        return await self._write(request, path, found, chosen)

    async def _write(self, request: Request, path: str, iri: str, format: Format) -> Response:
        site = self.site
        headers = {"Content-Location": site.path(f"/doc/{quote(path)}.{format.extension}")}
        if format is HTML:
            from gbvkg.web.pages import page

            return await page(site, request, iri, self._links(path, iri, format))
        body = await self._body(iri, format)
        return reply(
            request,
            body,
            format.media_type,
            tag=site.etag("doc", iri, format.name),
            licence=site.licence,
            cache="immutable" if "release" in request.query_params else "revision",
            vary=("Accept", "Accept-Language"),
            links=self._links(path, iri, format),
            headers=headers,
        )

    async def _body(self, iri: str, format: Format) -> bytes:
        graph = _TERMS if iri in self.site.iris("ns") else "DESCRIBE $thing"
        text = _STATEMENTS if format is CSV else graph
        answer = await self.site.ask(Ask(fill(text, {"thing": NamedNode(iri)}), format.name))
        return whole(answer.body)

    def _links(self, path: str, iri: str, chosen: Format) -> list[str]:
        """The other formats, the thing, and the permanent link of this version (RFC 5829)."""
        site = self.site
        here = f"{site.settings.prefix}/doc/{quote(path)}"
        links = [
            link(f"{here}.{format.extension}", "alternate", type=format.media_type)
            for format in DOCUMENTS
            if format is not chosen
        ]
        canonical = f"{site.base}doc/{quote(path)}"
        permanent = f"{here}?release={site.version}"
        return [
            *links,
            link(iri, "describes"),
            link(canonical, "canonical"),
            link(permanent, "memento"),
            link(f"{site.settings.prefix}/doc/ns", "profile"),
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

    async def _find(self, request: Request, path: str) -> str | Response:
        """The IRI that a path stands for; the answer when there is no such thing any more, or never was."""
        states = await self._states(path)
        if not states:
            return await self._missing(request, path)
        iri, state = next(iter(states.items()))
        successor, deprecated = state.get("successor"), state.get("deprecated")
        if not isinstance(deprecated, Literal) or deprecated.value != "true":
            return iri
        if isinstance(successor, NamedNode) and (target := self.site.href(successor.value)):
            return redirect(target, 301)
        return problem(
            request,
            410,
            "Bestaat niet meer",
            "Gone",
            "Deze bron is ingetrokken. Oudere releases beschrijven ze nog.",
            "This resource was withdrawn. Older releases still describe it.",
            type="gone",
        )

    async def _missing(self, request: Request, path: str) -> Response:
        near = await self._near(path)
        hints = [target for iri in near if (target := self.site.href(iri))]
        nl = f" Bedoelde u {', '.join(hints)}?" if hints else ""
        en = f" Did you mean {', '.join(hints)}?" if hints else ""
        return problem(
            request,
            404,
            "Niet gevonden",
            "Not found",
            f"Release {self.site.version} beschrijft niets onder deze naam.{nl}",
            f"Release {self.site.version} describes nothing by this name.{en}",
            type="not-found",
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
