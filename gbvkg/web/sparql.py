"""The SPARQL endpoint: the query operation of the SPARQL 1.1 Protocol (§2.1), by GET and both kinds of POST.

An answer is whole or it is a problem: it is held back until the workers are done, so a 200 is never cut. The
endpoint evaluates nothing itself, and refuses updates in every form (Protocol §2.2). It is plain ASGI,
because it is asked most; only the page for people needs a framework.
"""

from __future__ import annotations

import re
from binascii import a2b_qp
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, NoReturn
from urllib.parse import unquote_to_bytes

from pyoxigraph import NamedNode
from starlette.types import ASGIApp, Receive, Scope, Send

from gbvkg.errors import GbvkgError, QueryError, QuerySyntax
from gbvkg.formats import HTML, RDF, RESULTS, Format
from gbvkg.queries.precheck import check
from gbvkg.store import Answer, Ask
from gbvkg.web.asgi import Reply, header, preflight
from gbvkg.web.cache import is_fresh
from gbvkg.web.description import ServiceDescription
from gbvkg.web.exchange import written_head
from gbvkg.web.negotiation import choose
from gbvkg.web.plain import ASKED, Asked, Plain
from gbvkg.web.problems import Problem, answer, described
from gbvkg.web.replies import CACHING, common_headers, media_type, secured

if TYPE_CHECKING:
    from gbvkg.web.site import Site

TABLES: tuple[Format, ...] = tuple(RESULTS[name] for name in ("json", "xml", "csv", "tsv"))
"""Formats of SELECT and ASK, the first for who has no preference."""

GRAPHS: tuple[Format, ...] = tuple(RDF[name] for name in ("ttl", "trig", "nt", "nq", "jsonld", "rdf"))
"""Formats of CONSTRUCT and DESCRIBE."""

METHODS = "GET, HEAD, POST, OPTIONS"
FORM = "application/x-www-form-urlencoded"
QUERY = "application/sparql-query"
UPDATE = "application/sparql-update"

_UPDATE_PARAMETERS = frozenset(("update", "using-graph-uri", "using-named-graph-uri"))
_MOST_PARAMETERS = 500
_VOLATILE = re.compile(r"(?:NOW|RAND|UUID|BNODE)(?=[\s#(])")
_RELATIVE = re.compile(r"<(?![A-Za-z][A-Za-z0-9+.-]*:)[^<>\"{}|^`\\\x00-\x20]*>")
_CHARSET = re.compile(r';\s*charset\s*=\s*"?([^\s";]*)', re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Question:
    """What a request asks. ``text`` is None without a query; ``asked`` is ``?format=``.

    ``run`` is False when people would be shown the query, not its answer: a link must not run anything.
    """

    text: str | None
    default_graphs: tuple[str, ...] | None = None
    named_graphs: tuple[str, ...] | None = None
    asked: str | None = None
    run: bool = True


Page = Callable[[Scope, Question], Awaitable[ASGIApp]]
"""Makes the page for people of a question, with its answer when ``run``."""


class _Refused(Exception):
    def __init__(self, problem: Problem) -> None:
        self.problem = problem


class SparqlEndpoint:
    """``/sparql`` of one release. Without ``page``, HTML is not offered.

    ``receive`` must keep bodies within their limits: it raises a GbvkgError, which becomes a problem.
    """

    def __init__(self, site: Site, page: Page | None = None) -> None:
        self.site = site
        self.page = page
        self._heads: dict[str, bytes] = {}
        self.description = ServiceDescription(site, (*TABLES, *GRAPHS))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        reply = await self.answer(scope, receive)
        await reply(scope, receive, send)

    async def answer(self, scope: Scope, receive: Receive) -> ASGIApp:
        """The answer to one request, a ``Reply`` unless it is a page.

        Whatever is wrong with a request or a query is a problem, not an error.
        """
        try:
            return await self._answer(scope, receive)
        except _Refused as refused:
            return answer(scope, refused.problem)
        except GbvkgError as error:
            return answer(scope, described(error))

    async def _answer(self, scope: Scope, receive: Receive) -> ASGIApp:
        method = scope["method"]
        if method == "OPTIONS":
            return preflight(METHODS, **{"Accept-Post": f"{QUERY}, {FORM}"})
        if method not in ("GET", "HEAD", "POST"):
            _refuse(
                405, "method-not-allowed", "Methode niet toegestaan", "Method not allowed",
                f"Stel een vraag met GET of POST, niet met {method[:20]}.",
                f"Ask with GET or POST, not with {method[:20]}.", Allow=METHODS,
            )  # fmt: skip
        question = await _question(scope, receive)
        if question.text is None:
            return await self._nothing_asked(scope, question)
        try:
            form = check(question.text)
            format = self._choose(scope, question, _offered(form, self.page is not None))
        except QueryError:
            if self.page and self._choose(scope, question, _offered("", True)) is HTML:
                return await self.page(scope, question)  # which tells what is wrong in its own way
            raise
        if format is HTML and self.page:
            return await self.page(scope, question)
        return await self._run(scope, question, form, format)

    def plain(self, query: bytes, accept: str) -> Plain | None:
        """What a GET with this query string asks, if that is one query of which the answer may be kept, to be
        written as a table or a graph; None for everything else.
        """
        if not query.startswith(b"query=") or b"&" in query:
            return None
        try:
            text = _unquoted(query[6:].replace(b"+", b" ")).decode("utf-8")
            form = check(text)
            format = choose(accept, _offered(form, self.page is not None))
        except (GbvkgError, UnicodeDecodeError):
            return None
        if format is HTML or _RELATIVE.search(text) is not None:
            return None
        tag = self._etag(text, None, None, form, format)
        if not tag:
            return None
        head = self._heads.get(format.name)
        if head is None:
            said = self._headers(format) | {"Cache-Control": CACHING["revision"]}
            pairs = [(name.lower().encode(), value.encode("latin-1")) for name, value in said.items()]
            head = self._heads[format.name] = written_head(200, secured(pairs))
        ask = Ask(text, format.name, format.name)
        return Plain(ask, b"%betag: %b\r\n" % (head, tag.encode()), tag.encode())

    def _choose(self, scope: Scope, question: Question, offered: tuple[Format, ...]) -> Format:
        return choose(header(scope, b"accept"), offered, question.asked)

    # Without a query

    async def _nothing_asked(self, scope: Scope, question: Question) -> ASGIApp:
        """The service description (SPARQL 1.1 Service Description §2), or the page."""
        if scope["method"] == "POST":
            _refuse(
                400, "query-missing", "Geen vraag", "No query",
                'Er is geen parameter "query". Stuur precies één vraag.',
                'There is no parameter "query". Send exactly one query.',
            )  # fmt: skip
        format = self._choose(scope, question, _offered("CONSTRUCT", self.page is not None))
        if format is HTML and self.page:
            return await self.page(scope, question)
        tag = self.site.etag("service-description", format.name, self.site.root)
        headers = self._headers(format) | {"ETag": tag, "Cache-Control": CACHING["revision"]}
        if is_fresh(tag.encode(), header(scope, b"if-none-match").encode()):
            return Reply(304, headers)
        return Reply(200, headers, self.description.write(format))

    # With one

    async def _run(self, scope: Scope, question: Question, form: str, format: Format) -> Reply:
        headers = self._headers(format)
        graphs = (question.default_graphs, question.named_graphs)
        is_post = scope["method"] == "POST"
        tag = "" if is_post else self._etag(question.text or "", *graphs, form, format)
        held = header(scope, b"if-none-match") if tag else ""
        headers["Cache-Control"] = CACHING["revision" if tag else "none"]
        if tag:
            headers["ETag"] = tag
        if held and is_fresh(tag.encode(), held.encode()):
            if held.strip() == "*":  # holds for an answer only, not for a query that has none
                await self.ask(question, format)
            return Reply(304, headers)
        asked: Asked | None = scope.get(ASKED)
        found = await (asked.answer if asked else self.ask(question, format))
        return Reply(200, headers, found.body, found.seconds)

    async def ask(self, question: Question, format: Format) -> Answer:
        """The whole answer of the workers to a question with a text that passed ``check``.

        Raises the errors of ``Pool.ask``; cancelling frees the worker.
        """
        assert question.text is not None
        text = question.text
        based = _RELATIVE.search(text) is not None
        if based:  # SPARQL 1.1 §4.1.1.2: else they have no base (RFC 3986 §5.1)
            text = f"BASE <{self.site.base}>\n{text}"
        ask = Ask(text, format.name, format.name, question.default_graphs, question.named_graphs)
        try:
            return await self.site.ask(ask)
        except QuerySyntax as error:
            raise _one_line_up(error) if based else error from None

    def _etag(
        self,
        text: str,
        default: tuple[str, ...] | None,
        named: tuple[str, ...] | None,
        form: str,
        format: Format,
    ) -> str:
        """A strong entity tag; "" for an answer that may differ each time that it is asked."""
        if _is_volatile(text) or (form == "CONSTRUCT" and ("_:" in text or "[" in text)):
            return ""
        return self.site.etag("sparql", text, repr(default), repr(named), format.name)

    def _headers(self, format: Format) -> dict[str, str]:
        vary = "Accept, Accept-Language" if self.page else "Accept"
        said = {"Content-Type": media_type(format.media_type), "Vary": vary}
        if format.name in ("csv", "tsv"):
            name = f"sparql-{self.site.version}.{format.extension}"
            said["Content-Disposition"] = f'attachment; filename="{name}"'
        return common_headers(self.site.licence) | said


# A request


async def _question(scope: Scope, receive: Receive) -> Question:
    """What is asked, from the query string and the body. Raises _Refused for what is no query operation."""
    pairs = _pairs(scope["query_string"])
    texts = [value for name, value in pairs if name == "query"]
    if scope["method"] == "POST":
        kind = _kind(scope)
        body = await _body(receive)
        if kind == FORM:
            more = _pairs(body)
            pairs += more
            texts += [value for name, value in more if name == "query"]
        else:
            texts.append(_decoded(body))
    if not _UPDATE_PARAMETERS.isdisjoint(name for name, _ in pairs):
        _no_update()
    if len(texts) > 1:
        _refuse(
            400, "query-twice", "Meer dan één vraag", "More than one query",
            f"Er zijn {len(texts)} vragen; stuur er precies één.",
            f"There are {len(texts)} queries; send exactly one.",
        )  # fmt: skip
    asked = [value for name, value in pairs if name == "format" and value]
    return Question(
        texts[0] if texts else None,
        _graphs(pairs, "default-graph-uri"),
        _graphs(pairs, "named-graph-uri"),
        asked[0] if asked else None,
        run=scope["method"] == "POST",
    )


def _pairs(data: bytes) -> list[tuple[str, str]]:
    """The parameters, in UTF-8 (URL Standard §5.1), decoded once. Raises _Refused for another encoding."""
    parts = data.replace(b"+", b" ").split(b"&") if data else []
    if len(parts) > _MOST_PARAMETERS:
        _refuse(
            400, "too-many-parameters", "Te veel parameters", "Too many parameters",
            f"Een verzoek mag {_MOST_PARAMETERS} parameters hebben.",
            f"A request may have {_MOST_PARAMETERS} parameters.",
        )  # fmt: skip
    pairs = []
    for part in parts:
        name, _, value = part.partition(b"=")
        pairs.append((_decoded(unquote_to_bytes(name)), _decoded(unquote_to_bytes(value))))
    return pairs


def _unquoted(data: bytes) -> bytes:
    """What ``unquote_to_bytes`` gives, ten times as fast: quoted-printable (RFC 2045 §6.7) is the same but
    for its mark. Where a mark is followed by anything but two digits, the length tells.
    """
    if b"\n" in data or b"\r" in data:  # it would join lines
        return unquote_to_bytes(data)
    found = a2b_qp(data.replace(b"=", b"=3D").replace(b"%", b"="))
    return found if len(found) == len(data) - 2 * data.count(b"%") else unquote_to_bytes(data)


def _kind(scope: Scope) -> str:
    """The media type of a body. Raises _Refused unless it is a form or a query, in UTF-8 and not encoded."""
    said = header(scope, b"content-type")
    kind = said.partition(";")[0].strip().lower()
    if kind == UPDATE:
        _no_update()
    if kind not in (FORM, QUERY):
        shown = kind[:100] or "-"
        _refuse(
            415, "unsupported-media-type", "Verkeerd Content-Type", "Wrong Content-Type",
            f'Content-Type is "{shown}"; stuur een vraag als {QUERY} of als {FORM}.',
            f'Content-Type is "{shown}"; send a query as {QUERY} or as {FORM}.',
            **{"Accept-Post": f"{QUERY}, {FORM}"},
        )  # fmt: skip
    charset = _CHARSET.search(said)
    if charset and charset[1].lower() not in ("utf-8", "utf8", "us-ascii"):
        _not_utf8(415)
    if header(scope, b"content-encoding").strip().lower() not in ("", "identity"):
        _refuse(
            415, "unsupported-encoding", "Verkeerde Content-Encoding", "Wrong Content-Encoding",
            "Stuur de vraag ongecomprimeerd.", "Send the query uncompressed.",
            **{"Accept-Encoding": "identity"},
        )  # fmt: skip
    return kind


async def _body(receive: Receive) -> bytes:
    parts = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            _refuse(
                400, "body-cut", "Verzoek afgebroken", "Request broken off",
                "De inhoud van het verzoek kwam niet helemaal binnen.",
                "The content of the request did not come in whole.",
            )  # fmt: skip
        parts.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(parts)


def _decoded(body: bytes) -> str:
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        _not_utf8()


def _graphs(pairs: Sequence[tuple[str, str]], name: str) -> tuple[str, ...] | None:
    """The IRIs of a parameter, None when it is not there. Raises _Refused for what is no IRI."""
    found = tuple(dict.fromkeys(value for key, value in pairs if key == name))
    for iri in found:
        try:
            NamedNode(iri)
        except ValueError:
            shown = iri[:100]
            _refuse(
                400, "bad-graph", "Geen IRI", "No IRI",
                f'{name} is "{shown}"; het moet een absolute IRI zijn.',
                f'{name} is "{shown}"; it must be an absolute IRI.',
            )  # fmt: skip
    return found or None


def _is_volatile(text: str) -> bool:
    """Whether a query calls a function that may say something else each time (SPARQL 1.1 §17.4)."""
    letters = text.upper()
    named = "NOW" in letters or "RAND" in letters or "UUID" in letters or "BNODE" in letters
    return named and _VOLATILE.search(letters) is not None


@lru_cache
def _offered(form: str, has_page: bool) -> tuple[Format, ...]:
    """The formats of a form of query; "" is any."""
    page = (HTML,) if has_page else ()
    if form in ("SELECT", "ASK"):
        return (*TABLES, *page)
    return (*GRAPHS, *page) if form else (*TABLES, *GRAPHS, *page)


# Refusals


def _no_update() -> NoReturn:
    _refuse(
        403, "read-only", "Alleen lezen", "Read only",
        "Deze dienst wijzigt niets: SPARQL Update bestaat hier niet. Wat hier staat, komt uit een release.",
        "This service changes nothing: there is no SPARQL Update here. What is here comes from a release.",
    )  # fmt: skip


def _not_utf8(status: int = 400) -> NoReturn:
    _refuse(
        status, "not-utf-8", "Geen UTF-8", "Not UTF-8",
        "Stuur de vraag in UTF-8; een andere codering wordt niet gelezen.",
        "Send the query in UTF-8; no other encoding is read.",
    )  # fmt: skip


def _refuse(
    status: int, slug: str, title_nl: str, title_en: str, nl: str, en: str, **headers: str
) -> NoReturn:
    raise _Refused(Problem(status, slug, title_nl, title_en, nl, en, headers=headers))


def _one_line_up(error: QuerySyntax) -> QuerySyntax:
    """The error at its place in the text that the client sent, which has no BASE in front."""
    line = max(1, error.line - 1)
    nl, en = (
        text.replace(f"{word} {error.line}", f"{word} {line}", 1)
        for word, text in (("regel", error.nl), ("line", error.en))
    )
    return QuerySyntax(nl, en, line, error.column)
