"""Things and the documents about them: ``/id/…`` answers 303 with ``/doc/…``, which has every format.

An IRI of a thing is never the address of a file (Cool URIs for the Semantic Web §4.3): what is asked for is
the thing, what is got is a document about it, in the format that the client prefers or names by extension. A
thing that the data calls retired answers 410, one that was merged 301 with the thing that it became. The
addresses in an answer of an older release are of that release, but for the latest version. This module
refuses to make up a document about what the release does not hold: 404, with what comes nearest.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING
from urllib.parse import quote

from pyoxigraph import Literal, NamedNode
from rapidfuzz import fuzz, process
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gbvkg import vocabulary
from gbvkg.errors import NotAcceptable
from gbvkg.formats import RDF, RESULTS, XLSX, Format
from gbvkg.queries.parameters import fill
from gbvkg.store import Ask, whole
from gbvkg.web import graphs, json_ld, memento
from gbvkg.web.aside import aside
from gbvkg.web.downloads import current
from gbvkg.web.graphs import graph, is_graph, written
from gbvkg.web.negotiation import DOCUMENTS, HTML, choose, release_and_language
from gbvkg.web.pages.frame import build, unchanged
from gbvkg.web.pages.history import chain, older_with, predecessor
from gbvkg.web.pages.values import is_web
from gbvkg.web.problems import not_found, problem
from gbvkg.web.replies import is_held, link, redirect, reply
from gbvkg.web.statements import table

if TYPE_CHECKING:
    from gbvkg.web.pages.said import Said
    from gbvkg.web.site import Site

CSV = RESULTS["csv"]
EXTENSIONS = {format.extension: format for format in DOCUMENTS}

_FORMATS = (*DOCUMENTS, *RDF.values(), *RESULTS.values(), XLSX)
"""What a client may name on its way to a document, which says so when it does not come in it."""

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

_SHAPES = "ns/shapes"
"""Where the shapes are, below the address of gbvkg itself."""

_DEPRECATED = vocabulary.expand("owl:deprecated")
_LONGEST, _LONGEST_GUESSED = 2000, 500
"""Characters of an IRI that is looked up, and of one for which something like it is looked for."""

_LONGEST_NAME = 80
"""Characters of the name of a file."""

_EXTENSION = re.compile("[a-z][a-z0-9]{0,7}")

_IN_AN_IRI = "/:@!$&'()*+,;=-._~%#?[]"
"""What a URI may hold (RFC 3986 §2): a header has it in ASCII."""


class Documents:
    """The documents of one release."""

    def __init__(self, site: Site) -> None:
        self.site = site

    def routes(self) -> list[Route]:
        return [
            Route("/id/{path:path}", self.thing, methods=["GET"]),
            Route("/ns", self.ontology, methods=["GET"]),
            Route("/ns/{part:path}", self.part, methods=["GET"]),
            Route("/doc/{path:path}", self.document, methods=["GET"]),
            Route("/about", self.about, methods=["GET"]),
        ]

    async def ontology(self, request: Request) -> Response:
        """``/ns``, and with it ``/ns#Term``: a client drops the fragment, so one document has all terms."""
        return self._see_other(request, "ns")

    async def part(self, request: Request) -> Response:
        """``/ns/<part>``: a file beside the ontology, a version of it, the shapes, or what the release
        describes by that name.
        """
        path = f"ns/{request.path_params['part']}"
        if "release" in release_and_language(request):  # answered from that release, as for any thing
            return self._see_other(request, path)
        if (beside := self._beside(request, path)) is not None:
            return beside
        if path == _SHAPES:
            return self._see_other(request, path)
        found = await self._find(request, *self._meant(path), "id")
        return found if isinstance(found, Response) else self._see_other(request, path)

    def _beside(self, request: Request, path: str) -> Response | None:
        """Where a published file beside the ontology is, and this version of it; None for anything else."""
        site, part = self.site, path.removeprefix("ns/")
        beside = [f"inputs/ontology/{stem}-{part}.ttl" for stem in _stems(site)]
        for name in [*beside, *([json_ld.NAME] if part == "context" else [])]:
            if name in site.files:
                return redirect(site.path(f"/releases/{site.version}/{name}"))
        used = site.manifest.used or {}
        return self._see_other(request, "ns") if part == used.get("ontology", {}).get("version") else None

    async def _shapes(self, request: Request, format: Format | None) -> Response:
        """The rules that the release was judged by, as they were written; people are shown them with the
        classes that they are about.
        """
        site = self.site
        asked = format.extension if format else request.query_params.get("format")
        if choose(request.headers.get("accept"), (HTML, RDF["ttl"]), asked) is HTML:
            return redirect(site.path("/doc/ns", **release_and_language(request)), vary=("Accept",))
        folder = "inputs/shapes/"
        names = sorted(name for name in site.files if name.startswith(folder) and name.endswith(".ttl"))
        parts = [await asyncio.to_thread((site.release / name).read_bytes) for name in names]
        links = [
            link(f"{vocabulary.BASE}{_SHAPES}", "describes"),
            link(site.permanent(site.path(f"/doc/{_SHAPES}", release=None)), "canonical"),
        ]
        return reply(
            request,
            b"\n".join(parts),
            RDF["ttl"].media_type,
            tag=site.etag("shapes"),
            licence=site.licence,
            cache="immutable" if "release" in release_and_language(request) else "revision",
            links=links,
        )

    async def thing(self, request: Request) -> Response:
        """303 to the document; 301, 410 and 404 as the data says. Who names a release is answered by the
        document, from the data of that release."""
        path = request.path_params["path"]
        if "release" in release_and_language(request):
            return self._see_other(request, path)
        found = await self._find(request, *self._meant(path), "id")
        return found if isinstance(found, Response) else self._see_other(request, path)

    def _see_other(self, request: Request, path: str) -> Response:
        """303; ``Vary`` because the document comes in formats, for caches that keep the two as one."""
        return redirect(self.site.path(f"/doc/{_quoted(path)}", **_asked(request)), vary=("Accept",))

    async def document(self, request: Request) -> Response:
        """The document in the format of its extension, else in the one that the client prefers."""
        named = request.path_params["path"]
        path, format = _split(named)
        if path == _SHAPES:
            return await self._shapes(request, format)
        if path.startswith("ns/") and (beside := self._beside(request, path)) is not None:
            return beside
        iri = self.site.iris(path)[0]
        if held := await self._held(request, iri, format):
            return held
        if (format or _preferred(request)) is HTML and (said := await self._said(request, iri)):
            return await self._write(request, said.iri, HTML, said)
        extension = format.extension if format else ""
        found = await self._find(request, *self._meant(path), "doc", extension)
        if format and isinstance(found, Response) and await self._states(self.site.iris(named)):
            format, found = None, await self._find(request, *self._meant(named), "doc")  # is called as a file
        if not format and isinstance(found, Response) and found.status_code == 404:
            found = await self._in_no_such_format(request, named) or found
        return found if isinstance(found, Response) else await self._write(request, found, format)

    async def about(self, request: Request) -> Response:
        """``/about?iri=``: the same of a thing whose IRI is somebody else's; one of ours is sent to its own
        document, and nobody to the IRI itself.
        """
        iri = request.query_params.get("iri", "")
        if place := self.site.document(iri):
            return redirect(self.site.path(*place, **_asked(request)), vary=("Accept",))
        if not iri or not is_web(iri) or not _is_iri(iri):
            return self._no_iri(request, iri)
        if held := await self._held(request, iri, None):
            return held
        if _preferred(request) is HTML and (said := await self._said(request, iri)):
            return await self._write(request, iri, HTML, said)
        asked = request.query_params.get("format", "")
        space = iri[: max(iri.rfind("/"), iri.rfind("#")) + 1]
        found = await self._find(request, [iri], space, iri, "doc", asked if asked in EXTENSIONS else "")
        return found if isinstance(found, Response) else await self._write(request, found, None)

    async def _said(self, request: Request, iri: str) -> Said | None:
        """What the page about a thing says, asked at once; None for what ``_find`` must judge: nothing is
        said of it, or perhaps that it is retired.
        """
        if len(iri) > _LONGEST or not _is_iri(iri):
            return None
        said = await self.site.pages.said(request, iri)
        return said if said.of_it and _DEPRECATED not in said.of_it else None

    async def _held(self, request: Request, iri: str, format: Format | None) -> Response | None:
        """304 for who has what the release tells of a thing, and of it in older ones; asks nothing, because
        there is no such tag of what is not there.
        """
        format = format or _preferred(request)
        if format is None or request.headers.get("if-none-match", "*").strip() == "*":
            return None
        if format is HTML:
            beside = await chain(self.site)
            return unchanged(self.site, request, beside=beside.tag) if beside.is_certain else None
        before = await predecessor(self.site, iri)
        is_known = is_held(request, self._tag(iri, format, before[0]))
        return self._reply(request, iri, format, b"", (), before) if is_known else None

    async def _write(
        self, request: Request, iri: str, format: Format | None, said: Said | None = None
    ) -> Response:
        site = self.site
        format = format or _chosen(request)
        before = await predecessor(site, iri)
        links = self._links(request, iri, format, before[0])
        if format is HTML and is_graph(site, iri):
            return await site.pages.graph(request, iri, links, self._dated(request))
        if format is HTML:
            return await site.pages.thing(request, iri, links, self._dated(request), said)
        return self._reply(request, iri, format, await self._body(iri, format), links, before)

    def _reply(
        self,
        request: Request,
        iri: str,
        format: Format,
        body: bytes,
        links: Iterable[str],
        before: tuple[str, bool],
    ) -> Response:
        """A document that is no page, or 304; ``before`` is the predecessor, and whether that is certain."""
        said = {"Content-Location": self._document(request, iri, format)}
        if format is CSV:  # exact, so what a spreadsheet takes for a formula is not opened unasked
            said["Content-Disposition"] = f'attachment; filename="{_file_name(iri)}.csv"'
        version, is_certain = before
        lasting = "immutable" if "release" in release_and_language(request) else "revision"
        return reply(
            request,
            body,
            format.media_type,
            tag=self._tag(iri, format, version),
            licence=self.site.licence,
            cache=lasting if is_certain else "checked",
            vary=("Accept", "Accept-Language"),
            links=links,
            headers=self._dated(request) | said,
        )

    def _tag(self, iri: str, format: Format, before: str) -> str:
        """Also of the code, which decides how the same statements are written."""
        site = self.site
        at = [site.root] if is_graph(site, iri) else []
        return site.etag("doc", iri, format.name, before, build(), *at)

    def _dated(self, request: Request) -> dict[str, str]:
        """Of which day a document of a release is (RFC 7089 §2.1.1)."""
        is_memento = "release" in release_and_language(request)
        return {"Memento-Datetime": memento.http_date(self.site.manifest.issued)} if is_memento else {}

    async def _body(self, iri: str, format: Format) -> bytes:
        thing = {"thing": NamedNode(iri)}
        if is_graph(self.site, iri):
            found = await graph(self.site, iri)
            of_it = graphs.statements(self.site, found)
            return await table(self.site, iri, of_it) if format is CSV else written(self.site, found, format)
        if format is CSV:
            rows = await self.site.rows(_STATEMENTS, thing)
            return await table(self.site, iri, [(row["property"].value, row["value"]) for row in rows])
        text = fill(_TERMS if iri in self.site.iris("ns") else "DESCRIBE $thing", thing)
        if format is RDF["jsonld"] and (body := await self._compacted(iri, text)):
            return body
        return whole((await self.site.ask(Ask(text, format.name))).body)

    async def _compacted(self, iri: str, text: str) -> bytes | None:
        """The document with the terms of the release's context; None when these cannot say it."""
        told = whole((await self.site.ask(Ask(text, RDF["nt"].name))).body)

        def written() -> bytes | None:
            return json_ld.compacted(told, iri, self.site.json_ld_context)

        return await aside(written)

    def _document(self, request: Request, iri: str, format: Format) -> str:
        """The address of one format, of the release that is asked for."""
        return self.site.page(iri, format.extension, **release_and_language(request, "release"))

    def _links(self, request: Request, iri: str, chosen: Format, before: str) -> list[str]:
        """The other formats, the thing, this version for ever (RFC 7089) and the other ones (RFC 5829), of
        which ``before`` comes before this one.
        """
        site = self.site
        links = [
            link(self._document(request, iri, format), "alternate", type=format.media_type)
            for format in DOCUMENTS
            if format is not chosen
        ]
        latest = site.page(iri, release=None)
        if "release" in release_and_language(request):
            links.append(link(latest, "original"))
        if before:
            links.append(link(site.page(iri, release=before), "predecessor-version"))
        made = memento.http_date(site.manifest.issued)
        return [
            *links,
            link(quote(iri, safe=_IN_AN_IRI), "describes"),
            link(site.permanent(latest), "canonical"),
            link(site.page(iri, release=site.version), "memento", datetime=made),
            link(latest, "latest-version"),
            link(site.path("/releases/"), "version-history"),
            *([] if is_graph(site, iri) else memento.links(site, iri)),
            link(f"{vocabulary.BASE}ns", "profile"),
        ]

    # What the data says of a path

    def _meant(self, path: str) -> tuple[list[str], str, str]:
        """The IRIs that a path may stand for, what those of its kind begin with, and the IRI it names."""
        kind, _, ref = path.partition("/")
        space = f"{self.site.base}id/{kind}/" if ref else ""
        return self.site.iris(path), space, space + ref

    async def _states(self, iris: list[str]) -> dict[str, dict[str, object]]:
        iris = [iri for iri in iris if len(iri) <= _LONGEST and _is_iri(iri)]
        if not iris:
            return {}
        four = (iris + iris[:1] * 4)[:4]
        names = ("first", "second", "third", "fourth")
        rows = await self.site.rows(_STATE, dict(zip(names, map(NamedNode, four), strict=True)))
        found = {row["thing"].value: dict(row) for row in rows if isinstance(row.get("thing"), NamedNode)}
        return {iri: dict(found[iri]) for iri in iris if iri in found}

    async def _find(
        self, request: Request, iris: list[str], space: str, named: str, kind: str, extension: str = ""
    ) -> str | Response:
        """Of ``iris`` the one that is described; the answer when there is none any more, or never was.

        What was merged moved to what is asked for, ``kind`` ("id" or "doc"), of the thing that it became.
        """
        if own := next((iri for iri in iris if is_graph(self.site, iri)), ""):
            return own
        states = await self._states(iris)
        if not states:
            return await self._missing(request, space, named)
        iri, state = next(iter(states.items()))
        successor, deprecated = state.get("successor"), state.get("deprecated")
        if not isinstance(deprecated, Literal) or deprecated.value != "true":
            return iri
        if isinstance(successor, NamedNode) and await self._states([successor.value]):
            return self._moved(request, successor.value, kind, extension)
        return await self._gone(request, iri)

    def _moved(self, request: Request, iri: str, kind: str, extension: str) -> Response:
        """301 to the same of another thing."""
        place, kept = self.site.document(iri), release_and_language(request) if extension else _asked(request)
        if place is None or kind == "doc":
            return redirect(self.site.page(iri, extension, **kept), 301)
        path, fragment = place
        name = path.removeprefix("/doc/")
        return redirect(self.site.path("/ns" if name == "ns" else f"/id/{name}", fragment, **kept), 301)

    async def _gone(self, request: Request, iri: str) -> Response:
        """410: what it was, why it is gone, and which older releases have something about it."""
        rows = await self.site.rows(_RETIRED, {"thing": NamedNode(iri)})
        names, notes = (
            [text for row in rows if row["property"] in of and isinstance(text := row["value"], Literal)]
            for of in (_NAMES, _NOTES)
        )
        older = await older_with(self.site, iri)
        links = [self.site.page(iri, release=past.version) for past in older]
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

    async def _missing(self, request: Request, space: str = "", named: str = "") -> Response:
        hints = await self._term(named) or await self._near(request, space, named)
        if named and self.site.document(named) is None:
            what = "zegt niets over deze IRI, die van elders is", "says nothing about this IRI of elsewhere"
        else:
            what = "beschrijft niets onder deze naam", "describes nothing by this name"
        nl = f" Bedoelde u {', '.join(hints)}?" if hints else ""
        en = f" Did you mean {', '.join(hints)}?" if hints else ""
        return not_found(
            request,
            f"Release {self.site.version} {what[0]}.{nl}",
            f"Release {self.site.version} {what[1]}.{en}",
            suggestions=hints,
        )

    def _no_iri(self, request: Request, iri: str) -> Response:
        """404 for ``/about`` without an IRI to look up, with one that there is."""
        example = self.site.manifest.dataset
        if iri:
            nl = "Wat na ?iri= staat, is geen volledige IRI (http of https)."
            en = "What follows ?iri= is not a complete IRI (http or https)."
        else:
            nl = "Zeg met ?iri= over welke IRI u iets wilt weten."
            en = "Say with ?iri= which IRI you want to know about."
        return not_found(request, f"{nl} Bijvoorbeeld: {example}", f"{en} For example: {example}")

    async def _in_no_such_format(self, request: Request, named: str) -> Response | None:
        """404 for a thing that is there by an extension that no format has, with those that there are."""
        stem, _, extension = named.rpartition(".")
        if not stem or not _EXTENSION.fullmatch(extension):
            return None
        there = await self._states(self.site.iris(stem))
        if not there:
            return None
        names = ", ".join(EXTENSIONS)
        return not_found(
            request,
            f"Dit document bestaat niet als {extension}; wel als {names}.",
            f"This document does not exist as {extension}, but as {names}.",
            suggestions=[self._document(request, next(iter(there)), format) for format in DOCUMENTS],
        )

    async def _term(self, named: str) -> list[str]:
        """Where the term of the ontology is that was asked for as a path below ``/ns/``, not a fragment."""
        home = f"{self.site.base}id/ns/"
        name = named.removeprefix(home) if named.startswith(home) else ""
        there = await self._states([f"{vocabulary.BASE}ns#{name}"]) if name else {}
        return [self.site.path("/ns", quote(name))] if there else []

    async def _near(self, request: Request, space: str, named: str) -> list[str]:
        """The pages of what is called nearly as what was asked for, of all that begins with ``space``.

        Names are compared with those of the current release, for which search is made already: an older one
        is not read for a mistake. What this release does not describe is left out.
        """
        if space.count("/") < 3 or len(named) > _LONGEST_GUESSED:  # a scheme alone is all there is
            return []
        latest, site = current(request).site, self.site
        index = await latest.pages.lists.index()

        def likely() -> list[str]:
            names = [iri for iri in (*index.by_iri, *site.manifest.graphs) if iri.startswith(space)]
            found = process.extract(named, names, scorer=fuzz.ratio, limit=3, score_cutoff=80)
            return [iri for iri, _, _ in found]

        hints = await aside(likely)
        here = hints if site is latest else await self._states(hints)
        return [site.page(iri) for iri in hints if iri in here or is_graph(site, iri)]


def _stems(site: Site) -> list[str]:
    """Names of the ontology files of a release, without folder and extension."""
    folder = "inputs/ontology/"
    names = (path.removeprefix(folder) for path in site.files if path.startswith(folder))
    return [name.removesuffix(".ttl") for name in names if "/" not in name and name.endswith(".ttl")]


def _file_name(iri: str) -> str:
    """What a thing can be called on any disk."""
    name = iri.partition("/id/")[2] or re.split("[/#]", iri.rstrip("/#"))[-1]
    return re.sub(r"[^A-Za-z0-9_-]+", "-", name).strip("-")[:_LONGEST_NAME] or "gbvkg"


def _split(path: str) -> tuple[str, Format | None]:
    """A path without its extension, and the format of it; other dots belong to the name."""
    stem, dot, extension = path.rpartition(".")
    return (stem, EXTENSIONS[extension]) if dot and extension in EXTENSIONS else (path, None)


def _quoted(path: str) -> str:
    return quote(path, safe="/:@!$&()*+,;=-._~")


def _asked(request: Request) -> dict[str, str]:
    """That and the format, by its name, for where a client is sent on; an unknown one is not repeated."""
    asked = request.query_params.get("format", "").strip().lower().replace(" ", "+")
    named = next((format.name for format in _FORMATS if asked in format.called), "")
    return release_and_language(request) | ({"format": named} if named else {})


def _in(texts: list[Literal], lang: str) -> str:
    """The first text in a language, else in any; "" when there is none."""
    ranked = sorted(texts, key=lambda text: text.language != lang)
    return ranked[0].value if ranked else ""


def _chosen(request: Request) -> Format:
    """The format that a client prefers. Raises NotAcceptable."""
    return choose(request.headers.get("accept"), DOCUMENTS, request.query_params.get("format"))


def _preferred(request: Request) -> Format | None:
    """The same, or None: what is not there is 404 in any format."""
    try:
        return _chosen(request)
    except NotAcceptable:
        return None


def _is_iri(text: str) -> bool:
    try:
        NamedNode(text)
    except ValueError:
        return False
    return all(char.isprintable() for char in text)


def routes(site: Site) -> list[Route]:
    """``/id``, ``/doc`` and ``/ns`` of one release."""
    return Documents(site).routes()
