"""The endpoint over a release of given quads, asked through ASGI in this process; its workers are real."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from pyoxigraph import RdfFormat, Store, parse

from gbvkg.config import ServeSettings
from gbvkg.release.manifest import QUADS, STORE, write_manifest, write_store_manifest
from gbvkg.store import Answer, Ask, Limits, Pool
from gbvkg.web.replies import etag
from gbvkg.web.sparql import Page, SparqlEndpoint

LIMITS = Limits(seconds=3.0, memory=300_000_000, result=4_000_000)


def release_of(folder: Path, quads: str) -> Path:
    """A release that holds just these N-Quads."""
    release = folder / "2026.1"
    release.mkdir()
    (release / QUADS).write_text(quads, "utf-8")
    store = Store(str(release / STORE))
    store.bulk_load(quads.encode(), format=RdfFormat.N_QUADS)
    store.flush()
    del store
    graphs = Counter(quad.graph_name.value for quad in parse(quads.encode(), format=RdfFormat.N_QUADS))
    write_manifest(
        release,
        dataset="https://small.example/id/dataset/small",
        version="2026.1",
        issued="2026-03-01",
        tool="gbvkg",
        inputs="0" * 64,
        quads=sum(graphs.values()),
        graphs=dict(graphs),
        findings={},
        previous=None,
    )
    write_store_manifest(release)
    return release


class SmallSite:
    """What the endpoint needs of a ``Site``, without pages and routes. ``asked`` is what went to the pool."""

    def __init__(self, pool: Pool) -> None:
        self.pool = pool
        self.manifest = pool.snapshot.manifest
        self.version = self.manifest.version
        self.base = "https://small.example/"
        self.root = "https://small.example"
        self.licence = "https://small.example/licence"
        self.settings = ServeSettings()
        self.asked: list[Ask] = []

    def path(self, path: str) -> str:
        return path

    def public(self, address: str) -> str:
        return self.root + address

    def etag(self, *parts: str) -> str:
        return etag(self.version, *parts)

    async def ask(self, ask: Ask) -> Answer:
        self.asked.append(ask)
        return await self.pool.ask(ask)


@dataclass(frozen=True)
class Got:
    """``headers`` by lower-case name."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()


class Client:
    """Requests to one endpoint; ``site`` may be looked at."""

    def __init__(self, runner: asyncio.Runner, site: SmallSite, page: Page | None) -> None:
        self.runner = runner
        self.site = site
        self.endpoint = SparqlEndpoint(site, page)  # type: ignore[arg-type]

    def __call__(
        self, method: str, query_string: str = "", body: bytes = b"", path: str = "/sparql", **headers: str
    ) -> Got:
        """The answer; header names have underscores for hyphens."""
        return self.runner.run(self.ask(method, query_string, body, path, **headers))

    def get(self, query: str, accept: str = "", *, format: str = "", **headers: str) -> Got:
        given = {"query": query} | ({"format": format} if format else {})
        return self("GET", urlencode(given), **headers, **({"accept": accept} if accept else {}))

    def post(self, query: str, accept: str = "") -> Got:
        kind = {"content_type": "application/sparql-query"}
        return self("POST", "", query.encode(), **kind, **({"accept": accept} if accept else {}))

    async def ask(self, method: str, query_string: str, body: bytes, path: str, **headers: str) -> Got:
        scope = scope_of(method, query_string, path, **headers)
        parts = [body[i : i + 1000] for i in range(0, len(body), 1000)] or [b""]
        messages: list[dict[str, Any]] = [
            {"type": "http.request", "body": part, "more_body": i + 1 < len(parts)}
            for i, part in enumerate(parts)
        ]
        sent: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            if messages:
                return messages.pop(0)
            return await asyncio.get_running_loop().create_future()  # type: ignore[no-any-return]

        async def send(message: Any) -> None:
            sent.append(message)

        await self.endpoint(scope, receive, send)
        start, *rest = sent
        said = [(name.decode(), value.decode("latin-1")) for name, value in start["headers"]]
        assert len(dict(said)) == len(said), "no header is sent twice"
        return Got(start["status"], dict(said), b"".join(part.get("body", b"") for part in rest))


def scope_of(method: str, query_string: str = "", path: str = "/sparql", **headers: str) -> dict[str, Any]:
    given = [(k.replace("_", "-").encode(), v.encode("latin-1")) for k, v in headers.items()]
    return {
        "type": "http",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": query_string.encode(),
        "headers": given,
    }


@contextmanager
def serving_quads(folder: Path, quads: str, page: Page | None = None) -> Iterator[Client]:
    """A client of an endpoint over these quads, with two workers."""
    release = release_of(folder, quads)
    with asyncio.Runner() as runner:
        pool = runner.run(Pool.open(release, workers=2, limits=LIMITS, queue=4))
        try:
            yield Client(runner, SmallSite(pool), page)
        finally:
            runner.run(pool.close())
