"""``Site``: all that one release needs to be served. The service replaces it as a whole, so that no answer
mixes two releases.

Opening one verifies the release first. A site refuses to change anything in its release, and to evaluate a
query in this process.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from functools import cached_property, lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote, urlencode

from pyoxigraph import BlankNode, Literal, NamedNode

from gbvkg import vocabulary
from gbvkg.config import ServeSettings
from gbvkg.project import Project
from gbvkg.queries import Catalogue
from gbvkg.queries.parameters import fill
from gbvkg.store import Answer, Ask, Limits, Pool, Spool
from gbvkg.web.answers import solutions
from gbvkg.web.aside import aside
from gbvkg.web.cache import Cache
from gbvkg.web.charging import Asking, Charge, charged
from gbvkg.web.json_ld import context
from gbvkg.web.pages.credits import Credits, credits
from gbvkg.web.pages.frame import environment
from gbvkg.web.pages.pages import Pages
from gbvkg.web.pages.sparql import sparql
from gbvkg.web.replies import etag
from gbvkg.web.sparql import SparqlEndpoint

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from gbvkg.release.jsonld import Context

Term = NamedNode | Literal | BlankNode
Bindings = dict[str, Term]

OF_A_RELEASE = ("/doc/", "/about", "/list/", "/search", "/query/", "/sparql")
"""Paths that take ``?release=``: the same as they were in an older release."""

_SAFE = "/:@!&()*+,;=-._~%"
"""What a path of ours may hold as it is: an IRI of ours has its own percent signs, and nothing that ends a
string in a program."""


@lru_cache(maxsize=10_000)
def _quoted(path: str) -> str:
    """Kept, because pages name the same things over and over."""
    return quote(path, _SAFE)


class Site:
    """One release, open. ``app`` routes everything but ``/sparql``; ``cache`` keeps whole answers; ``root``
    is what addresses of the service begin with for others, without a slash at the end.
    """

    def __init__(self, pool: Pool, settings: ServeSettings) -> None:
        self.pool = pool
        self.release = release = pool.snapshot.path
        self.manifest = manifest = pool.snapshot.manifest
        self.version = manifest.version
        self.settings = settings
        self.base = manifest.dataset.partition("/id/")[0] + "/"
        self.root = quote(settings.address(self.base), _SAFE)
        self.catalogue = Catalogue(Project(release / "inputs", self.base, self.version))
        self.prefixes = vocabulary.prefixes()
        self.cache = Cache(settings.cache_bytes, release.parent)
        self.examples: dict[str, list[dict[str, str]]] = {}
        self.is_archived = False
        self.pages = Pages(self)
        self.licence = ""
        self.credits: Credits = {}
        self.files = {file.path: file for file in manifest.files}
        self.sparql = SparqlEndpoint(self, partial(sparql, self))
        self.app: ASGIApp
        self._own = Limits(settings.query_seconds, settings.query_memory * 1_000_000, _OWN_RESULT)
        self._users = 0
        self._idle = asyncio.Event()
        self._idle.set()

    @classmethod
    async def open(cls, release: Path, settings: ServeSettings, *, workers: int = 0) -> Site:
        """The site of a release, after its verification and with its workers started.

        Raises ReleaseCorrupt, ProjectError for queries that this version cannot read, BackEndUnavailable.
        """
        from gbvkg.web.routes import application

        limits = Limits(settings.query_seconds, settings.query_memory * 1_000_000, settings.result_bytes)
        pool = await Pool.open(
            release,
            workers=workers or settings.processes,
            limits=limits,
            queue=settings.queue,
            at_once=settings.at_once,
            slow=settings.slow_at_once,
        )
        try:
            site = cls(pool, settings)
            site.licence = await site._licence()
            site.credits = await credits(site)
            site.app = await asyncio.to_thread(application, site)
            await asyncio.to_thread(environment)
        except BaseException:
            await pool.close()
            raise
        return site

    @cached_property
    def json_ld_context(self) -> Context:
        """The context that documents in JSON-LD are compacted with, read when one is asked for."""
        return context(self.release)

    # Users: a site is closed when the last request on it is done

    def __enter__(self) -> Site:
        self._users += 1
        self._idle.clear()
        return self

    def __exit__(self, *_: object) -> None:
        self._users -= 1
        if not self._users:
            self._idle.set()

    async def close(self) -> None:
        """Stop the workers, once every request that uses this site is done, and let go of what was kept."""
        await self._idle.wait()
        await self.pool.close()
        del self.cache, self.pages, self.app, self.sparql

    # IRIs and paths

    def document(self, iri: str) -> tuple[str, str] | None:
        """The path of the document about ``iri``, and its fragment; None for an IRI that is not ours.

        Things of the base and the terms and lists that gbvkg brings along are ours.
        """
        for space in (self.base, vocabulary.BASE):
            if iri.startswith(space):
                path, _, fragment = iri[len(space) :].partition("#")
                kind, _, rest = path.partition("/")
                if kind == "id" and rest:
                    return f"/doc/{_quoted(rest)}", ""
                if kind == "ns":
                    return f"/doc/{_quoted(path)}", _quoted(fragment)
        return None

    def href(self, iri: str) -> str | None:
        """The address in this service of a page about ``iri``; None for an IRI that is not ours."""
        found = self.document(iri)
        return self.path(*found) if found else None

    def page(self, iri: str, extension: str = "", /, **parameters: str | None) -> str:
        """The address here of the document about any IRI, in the format of an extension of ``DOCUMENTS``."""
        if found := self.document(iri):
            return self.path(f"{found[0]}.{extension}" if extension else found[0], **parameters)
        form = {"format": extension} if extension else {}
        return self.path("/about", **{"iri": iri}, **form, **parameters)

    def path(self, path: str, fragment: str = "", /, **parameters: str | None) -> str:
        """The address here of ``path``, below the prefix; a parameter that is None is left out.

        In an older release, what is there in each release gets the version: who looks at it stays in it.
        """
        own = {"release": self.version} if self.is_archived and path.startswith(OF_A_RELEASE) else {}
        given = {name: value for name, value in (own | parameters).items() if value is not None}
        query = f"?{urlencode(given)}" if given else ""
        return f"{self.settings.prefix}{path}{query}{f'#{fragment}' if fragment else ''}"

    def public(self, address: str) -> str:
        """An address here as somebody elsewhere asks it."""
        return self.root + address.removeprefix(self.settings.prefix)

    def is_of_a_release(self, address: str) -> bool:
        """Whether what is at an address here takes ``?release=``."""
        return address.removeprefix(self.settings.prefix).startswith(OF_A_RELEASE)

    def permanent(self, address: str) -> str:
        """What is at an address here, by the name that stays: in the space of the base of the data."""
        return self.base.rstrip("/") + address.removeprefix(self.settings.prefix)

    def iris(self, path: str) -> list[str]:
        """The IRIs that a path below ``/id/`` or ``/doc/`` may be: of the base, then of gbvkg itself."""
        spaces = dict.fromkeys((self.base, vocabulary.BASE))
        if path.partition("/")[0] == "ns":
            return [f"{vocabulary.BASE}{path}"]
        return [f"{space}id/{form}" for space in spaces for form in dict.fromkeys((path, unquote(path)))]

    def etag(self, *parts: str) -> str:
        """A strong entity tag of a representation made of this release, by this version of gbvkg."""
        return etag(self.version, self.manifest.inputs, self.manifest.tool, *parts)

    # Asking

    async def ask(self, ask: Ask, limits: Limits | None = None) -> Answer:
        """The answer of the workers; raises as ``Pool.ask``. Its time is charged to the request at hand, also
        when there is no answer.
        """
        charge = charged.get() or Charge()
        asking = Asking(charge.turn)
        try:
            answer = await self.pool.ask(ask, limits, asking)
        except BaseException:
            charge.workers += asking.seconds
            raise
        charge.workers += answer.seconds
        return answer

    async def rows(
        self, text: str, values: Mapping[str, NamedNode | Literal] | None = None
    ) -> list[Bindings]:
        """The solutions of a SELECT of our own; ``values`` are bound as terms in place of ``$name``. Many are
        read beside the event loop.
        """
        body = await self.table(text, values)
        if isinstance(body, bytes) and len(body) < _LARGE:
            return solutions(body)
        return await aside(solutions, body)

    async def table(
        self, text: str, values: Mapping[str, NamedNode | Literal] | None = None
    ) -> bytes | Spool:
        """The same as the workers wrote it, in SPARQL TSV."""
        return (await self.ask(Ask(fill(text, values) if values else text, "tsv"), self._own)).body

    async def _licence(self) -> str:
        rows = await self.rows(_LICENCE, {"dataset": NamedNode(self.manifest.dataset)})
        return next((row["licence"].value for row in rows if isinstance(row["licence"], NamedNode)), "")


_OWN_RESULT = 256_000_000
"""Bytes of an answer to a question of our own, whatever the limit for others is: a list has every thing."""
_LARGE = 200_000
"""Bytes of an answer that takes a few milliseconds to be read."""

_LICENCE = "SELECT ?licence WHERE { $dataset <http://purl.org/dc/terms/license> ?licence } ORDER BY ?licence"
