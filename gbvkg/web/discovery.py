"""How machines find their way: VoID, robots.txt, the sitemap, health and metrics.

What is said of the data set is what the release says of itself; numbers are counted, not declared. This
module refuses to list anything that the service does not answer for.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from pyoxigraph import Literal, NamedNode
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gbvkg.formats import HTML, RDF
from gbvkg.queries.parameters import bind
from gbvkg.store import Ask, whole
from gbvkg.web.downloads import current
from gbvkg.web.negotiation import choose
from gbvkg.web.pages.static import KINDS, static
from gbvkg.web.problems import not_found
from gbvkg.web.replies import common_headers, is_held, redirect, reply

if TYPE_CHECKING:
    from gbvkg.web.site import Site

_PLACES = ("", "list/", "query/", "sparql", "releases/", "doc/ns", "docs")
"""The pages that lead to all others."""

_MOST_IN_SITEMAP = 50_000
"""How many addresses one sitemap may hold (sitemaps.org protocol)."""

_LONGEST_IN_SITEMAP = 800
"""Characters of an IRI that is listed, so that no sitemap has more than the 50 MB of the protocol."""

_VOID = """PREFIX dcat: <http://www.w3.org/ns/dcat#>
PREFIX dct: <http://purl.org/dc/terms/>
PREFIX foaf: <http://xmlns.com/foaf/0.1/>
PREFIX owl: <http://www.w3.org/2002/07/owl#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
PREFIX void: <http://rdfs.org/ns/void#>
PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>
CONSTRUCT {
  $dataset a void:Dataset ;
    ?property ?value ;
    void:sparqlEndpoint $endpoint ;
    void:dataDump $dump ;
    void:triples ?triples ;
    void:entities ?entities ;
    void:classes ?classes ;
    void:properties ?properties ;
    void:exampleResource ?example ;
    void:vocabulary ?vocabulary ;
    void:subset ?linkset , ?graph .
  ?graph a void:Dataset ;
    void:triples ?size ;
    dct:isPartOf $dataset .
  ?linkset a void:Linkset ;
    void:linkPredicate ?link ;
    void:subjectsTarget $dataset ;
    void:triples ?links .
  ?described a void:DatasetDescription ;
    foaf:primaryTopic $dataset .
}
WHERE {
  { $dataset ?property ?value . FILTER(ISIRI(?value) || ISLITERAL(?value)) }
  UNION
  { SELECT (COUNT(*) AS ?triples) WHERE { { SELECT DISTINCT ?s ?p ?o WHERE { ?s ?p ?o } } } }
  UNION
  { SELECT (COUNT(DISTINCT ?s) AS ?entities) WHERE { ?s a ?type } }
  UNION
  { SELECT (COUNT(DISTINCT ?type) AS ?classes) WHERE { ?s a ?type } }
  UNION
  { SELECT (COUNT(DISTINCT ?p) AS ?properties) WHERE { ?s ?p ?o } }
  UNION
  {
    SELECT (MIN(?thing) AS ?example)
    WHERE { ?thing a ?type . FILTER(STRSTARTS(STR(?thing), $space)) }
    GROUP BY ?type
  }
  UNION
  {
    SELECT DISTINCT ?vocabulary
    WHERE {
      { SELECT DISTINCT ?p WHERE { ?s ?p ?o } }
      BIND(IRI(REPLACE(STR(?p), "[^#/]*$", "")) AS ?vocabulary)
    }
  }
  UNION
  {
    SELECT
      ?link
      (COUNT(*) AS ?links)
      (IRI(CONCAT(STR($wellknown), "#", REPLACE(STR(?link), "^.*[#/]", ""))) AS ?linkset)
    WHERE {
      {
        SELECT DISTINCT ?from ?link ?to
        WHERE {
          VALUES ?link {
            owl:sameAs skos:exactMatch skos:closeMatch skos:broadMatch skos:narrowMatch skos:relatedMatch
          }
          ?from ?link ?to .
          FILTER(ISIRI(?to) && !STRSTARTS(STR(?to), $space))
        }
      }
    }
    GROUP BY ?link
  }
  UNION
  { SELECT ?graph (COUNT(*) AS ?size) WHERE { GRAPH ?graph { ?s ?p ?o } } GROUP BY ?graph }
  UNION
  { BIND($wellknown AS ?described) }
}
"""
_WITHDRAWN = """PREFIX owl: <http://www.w3.org/2002/07/owl#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
SELECT DISTINCT ?thing
WHERE { ?thing owl:deprecated true . FILTER NOT EXISTS { ?thing skos:inScheme ?scheme } }
"""
"""What was withdrawn or merged has no page of its own any more (``linked_data``)."""


_PART = re.compile(r"[0-9]{1,6}")
_NO_PART = ("Zo een deel heeft de sitemap niet.", "The sitemap has no such part.")

_COUNTING = 60.0
"""Seconds that counting all of a release may take, once for each format: 6 for a million statements."""


class Discovery:
    """What is at the well-known places of one release."""

    def __init__(self, site: Site) -> None:
        self.site = site

    def routes(self) -> list[Route]:
        return [
            Route("/.well-known/void", self.void, methods=["GET"]),
            Route("/robots.txt", self.robots, methods=["GET"]),
            Route("/sitemap.xml", self.sitemap, methods=["GET"]),
            Route("/sitemap-{number}.xml", self.sitemap, methods=["GET"]),
            Route("/favicon.ico", self.icon, methods=["GET"]),
            Route("/health/live", self.live, methods=["GET"]),
            Route("/health/ready", self.ready, methods=["GET"]),
            Route("/metrics", self.metrics, methods=["GET"]),
        ]

    async def void(self, request: Request) -> Response:
        """The VoID description (void §7.2: at /.well-known/void), in any RDF format; a browser is sent to the
        page of the data set.
        """
        site = self.site
        format = choose(
            request.headers.get("accept"),
            (*RDF.values(), HTML),
            request.query_params.get("format"),
            RDF["ttl"],
        )
        if format is HTML:
            return redirect(site.href(site.manifest.dataset) or site.path("/"), vary=("Accept",))
        tag = site.etag("void", format.name, site.root)
        if is_held(request, tag):
            return reply(request, "", format.media_type, tag=tag, licence=site.licence)
        text = bind(
            _VOID,
            {
                "dataset": NamedNode(site.manifest.dataset),
                "endpoint": NamedNode(site.public(site.path("/sparql"))),
                "dump": NamedNode(site.public(site.path(f"/releases/{site.version}/dataset.nq"))),
                "space": Literal(f"{site.base}id/"),
                "wellknown": NamedNode(f"{site.base}.well-known/void"),
            },
        )
        answer = await site.ask(Ask(text, format.name), replace(site.pool.limits, seconds=_COUNTING))
        body = whole(answer.body)
        return reply(request, body, format.media_type, tag=tag, licence=site.licence)

    async def robots(self, request: Request) -> Response:
        """Everything may be read; what costs a worker is better downloaded."""
        site = self.site
        costly = [f"Disallow: {site.path(path, release=None)}" for path in ("/sparql", "/search", "/compare")]
        sitemap = f"Sitemap: {site.public(site.path('/sitemap.xml'))}"
        body = "\n".join(["User-agent: *", *costly, sitemap, ""])
        return reply(request, body, "text/plain", tag=site.etag("robots", site.root), vary=())

    async def sitemap(self, request: Request) -> Response:
        """A page for every thing that search finds, at the address where robots ask this (sitemaps.org,
        location); of more than fit in one sitemap, the index of its parts, or with a number, a part.
        """
        site, asked = self.site, request.path_params.get("number", "")
        number = int(asked) if _PART.fullmatch(asked) else None
        if asked and number is None:
            return not_found(request, *_NO_PART)
        tag = site.etag("sitemap", str(number), site.root)
        if is_held(request, tag):
            return reply(request, "", "application/xml", tag=tag, vary=())
        index = await site.pages.lists.index()
        withdrawn = {row["thing"].value for row in await site.rows(_WITHDRAWN)}
        body = await asyncio.to_thread(self._sitemap, index.by_iri.keys() - withdrawn, number)
        if not body:
            return not_found(request, *_NO_PART)
        return reply(request, body, "application/xml", tag=tag, vary=())

    def _sitemap(self, things: Iterable[str], number: int | None) -> str:
        """The sitemap or its index (None), or a part from 1; "" for a part that there is not."""
        site, space = self.site, f"{self.site.base}id/"
        ours = sorted(iri for iri in things if iri.startswith(space) and len(iri) < _LONGEST_IN_SITEMAP)
        places = [site.path(f"/{path}", release=None) for path in _PLACES]
        every, size = [*places, *ours], _MOST_IN_SITEMAP
        parts = -(-len(every) // size)
        if number is None and parts > 1:
            index = [site.public(site.path(f"/sitemap-{part}.xml")) for part in range(1, parts + 1)]
            return _written("sitemapindex", "sitemap", index, site.manifest.issued)
        part = 1 if number is None else number
        shown = every[(part - 1) * size : part * size] if 0 < part <= parts else []
        pages = [site.public(site.page(one) if one.startswith(space) else one) for one in shown]
        return _written("urlset", "url", pages, site.manifest.issued) if pages else ""

    async def icon(self, request: Request) -> Response:
        """What browsers ask for at this very place, whatever a page says."""
        files = static(self.site.settings.theme)
        tag = self.site.etag("icon", files.version)
        return reply(request, files.files["favicon.ico"], KINDS[".ico"], tag=tag, vary=())

    async def live(self, request: Request) -> Response:
        """The process runs."""
        return _plain("live\n")

    async def ready(self, request: Request) -> Response:
        """A release is open and its workers answer; 503 otherwise, so that a balancer sends nobody here."""
        if not current(request).is_ready:
            return _plain("not ready\n", 503)
        return _plain(f"ready {current(request).site.version}\n")

    async def metrics(self, request: Request) -> Response:
        """Prometheus text format 0.0.4."""
        from gbvkg.web.metrics import exposition

        text = exposition(request.scope["gbvkg.service"])
        return Response(text, media_type="text/plain; version=0.0.4", headers=common_headers() | _NEVER_KEPT)


def _written(kind: str, entry: str, addresses: Iterable[str], day: str) -> str:
    """A sitemap or an index of them (sitemaps.org)."""
    lines = (
        f"<{entry}><loc>{escape(address)}</loc><lastmod>{day}</lastmod></{entry}>" for address in addresses
    )
    space = "http://www.sitemaps.org/schemas/sitemap/0.9"
    head = f'<?xml version="1.0" encoding="UTF-8"?>\n<{kind} xmlns="{space}">'
    return "\n".join([head, *lines, f"</{kind}>\n"])


_NEVER_KEPT = {"Cache-Control": "no-store"}


def _plain(text: str, status: int = 200) -> Response:
    return Response(text, status, common_headers() | _NEVER_KEPT, "text/plain; charset=utf-8")


def routes(site: Site) -> list[Route]:
    """The well-known places of one release."""
    return Discovery(site).routes()
