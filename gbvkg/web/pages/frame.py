"""What every HTML page has: its language, its texts, its frame, and how it is rendered and sent.

Templates escape everything (autoescape) and refuse a name that they were not given. Texts of the interface
are in ``texts/<group>.toml`` in Dutch and English. This module refuses to know what a page is about.
"""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, quote, urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from gbvkg.project import VERSION
from gbvkg.vocabulary import LANGUAGES
from gbvkg.web.pages.citing import KINDS, Subject, citation, fixed, schema
from gbvkg.web.pages.static import Static, static
from gbvkg.web.pages.views import views
from gbvkg.web.replies import etag, is_held, reply

if TYPE_CHECKING:
    from gbvkg.web.pages.model import Fact
    from gbvkg.web.pages.values import Value
    from gbvkg.web.site import Site

WEB = Path(__file__).parent.parent
TEMPLATES = WEB / "templates"
TEXTS = WEB / "texts"

VARY = ("Accept", "Accept-Language")

Texts = dict[str, Any]

Pairs = list[tuple[str, str]]
"""Names and values of parameters, in order."""


def language(request: Request) -> str:
    """``?lang=`` when it is one of ours, else the best of Accept-Language (RFC 9110 §12.5.4), else Dutch."""
    asked = request.query_params.get("lang", "")
    if asked in LANGUAGES:
        return asked
    return _preferred(request.headers.get("accept-language", ""))


def _preferred(header: str) -> str:
    best, found = 0.0, LANGUAGES[0]
    for part in header[:1000].split(","):
        tag, _, weight = part.partition(";")
        name = tag.strip().lower().partition("-")[0]
        value = _weight(weight)
        if name in LANGUAGES and value > best:
            best, found = value, name
    return found


def _weight(text: str) -> float:
    name, _, value = text.strip().partition("=")
    if not name:
        return 1.0
    try:
        return float(value) if name.strip() == "q" else 0.0
    except ValueError:
        return 0.0


@cache
def texts(group: str, lang: str) -> Texts:
    """The texts of a group of pages in one of LANGUAGES."""
    return _Texts(tomllib.loads((TEXTS / f"{group}.toml").read_text("utf-8"))[lang])


class _Texts(dict[str, Any]):
    """Each is an attribute too: templates look for that first, and a page has some sixty."""

    def __init__(self, table: Texts) -> None:
        super().__init__(table)
        self.__dict__ = self


@cache
def environment() -> Environment:
    """The templates, all made once: that takes long, so it is asked for before anybody waits for a page."""
    found = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    found.filters["day"] = day
    found.filters["number"] = number
    found.filters["script_data"] = script_data
    found.filters["capital"] = lambda text: text[:1].upper() + text[1:]
    found.filters |= _shower(found)
    for name in found.list_templates():
        found.get_template(name)
    return found


def _shower(templates: Environment) -> dict[str, Callable[..., Markup]]:
    """The filters ``shown``, values of one thing as HTML, and ``row``, a fact with its label: by the macros
    ``values`` and ``row`` of ``parts.html``.

    Pages name the same ministers, plans and concepts over and over, so what was made of short ones is kept.
    """

    @cache
    def macro(name: str) -> Callable[..., Markup]:
        found: Callable[..., Markup] = getattr(templates.get_template("parts.html").module, name)
        return found

    def written(name: str, *given: object) -> Markup:
        return macro(name)(*given)

    kept = lru_cache(_SHOWN)(written)

    def shown(values: Sequence[Value], quote: bool = False) -> Markup:
        return (kept if _is_short(values) else written)("values", tuple(values), quote)

    def row(fact: Fact) -> Markup:
        values = tuple(fact.values)
        return (kept if _is_short(values) else written)("row", fact.label, fact.href, values, fact.quote)

    return {"shown": shown, "row": row}


def _is_short(values: Sequence[Value]) -> bool:
    return len(values) == 1 and len(values[0].text) < _SHORT


_SHOWN, _SHORT = 4096, 200
"""How many values, and facts, are kept as HTML, and the characters that such a one has at most."""


@cache
def build() -> str:
    """A hash of all that pages are made with, so that another version of it gives other entity tags."""
    digest = hashlib.sha256()
    files = [*TEMPLATES.rglob("*.html"), *TEXTS.glob("*.toml"), *WEB.rglob("*.py"), *WEB.glob("*.toml")]
    for path in sorted(path for path in files if path.is_file()):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


# Words for dates and numbers

_MONTHS = {
    "nl": "januari februari maart april mei juni juli augustus september oktober november december",
    "en": "January February March April May June July August September October November December",
}


@lru_cache(4096)
def day(value: str, lang: str) -> str:
    """A date as people write it; what is no calendar date stays as it is."""
    try:
        found = date.fromisoformat(value[:10])
    except ValueError:
        return value
    return f"{found.day} {_MONTHS[lang].split()[found.month - 1]} {found.year}"


_MOST_DIGITS = 1000
"""Python itself refuses to read a number of more than 4300."""


def number(value: object, lang: str) -> str:
    """A number with the separators of the language: 1.234,5 and 1,234.5; what is none, or is longer than a
    number that people read, stays as it is.
    """
    text = str(value)
    sign, digits = ("-", text[1:]) if text.startswith("-") else ("", text)
    whole, _, part = digits.partition(".")
    is_written = whole.isdecimal() and whole.isascii() and (not part or part.isdecimal())
    if not is_written or len(whole) > _MOST_DIGITS:
        return text
    english = f"{int(whole):,}" + (f".{part}" if part else "")
    return sign + (english if lang == "en" else english.translate(_DUTCH))


_DUTCH = str.maketrans(",.", ".,")


def script_data(value: object) -> Markup:
    """JSON for inside a ``<script type="application/ld+json">``: no character of it can end the element."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True)
    for char in "<>&\u2028\u2029":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return Markup(text)


# Pages

_LINK = re.compile(r'(<a [^>]*?href=")(/[^"?#]*)(\?[^"#]*)?((?:#[^"]*)?")')
_FILE = re.compile(r"/static/|/releases/.*[^/]$|\.\w{2,6}$")


def keep_language(html: str, lang: str) -> str:
    """The page with ``lang`` in every link to a page here that names none: the choice of a reader stays.

    There is no cookie to keep it in. Attributes have no bare ``"`` or ``>`` in them: templates escape.
    """

    def link(found: re.Match[str]) -> str:
        before, path, query, after = found.groups(default="")
        if _FILE.search(path) or "lang=" in query:
            return found[0]
        return f"{before}{path}{query + '&amp;' if query else '?'}lang={lang}{after}"

    return _LINK.sub(link, html)


def cited(request: Request, site: Site, subject: Subject, lang: str) -> dict[str, Any]:
    """How the page is cited, its permanent link, and what it says of itself in schema.org."""
    found = _placed(request, subject)
    shown = _shown_by(found.at)
    container = texts("frame", lang)["accessed"].format(
        version=found.version or site.version, date=day(found.issued or site.manifest.issued, lang)
    )
    return {
        "cite": citation(site, found, container, lang),
        "cite_note": site.credits[lang].note,
        "cite_links": {kind: here(request, shown, cite=kind) for kind in KINDS},
        "permanent_here": fixed(site, found),
        "schema": schema(site, found, lang),
    }


def citation_asked(request: Request, site: Site, frame: Mapping[str, Any]) -> Response | None:
    """The citation of a page when ``?cite=`` asks for that instead of the page."""
    kind = request.query_params.get("cite", "")
    if kind not in KINDS:
        return None
    text = frame["cite"].of(kind)
    return reply(request, text, KINDS[kind], tag=etag(text), licence=site.licence, vary=VARY)


def context(request: Request, site: Site | None, lang: str, subject: Subject | None = None) -> dict[str, Any]:
    """What ``page.html`` needs; without a site (a problem before one was chosen) a frame without release.

    Without a ``subject`` the page cannot be cited: it is a refusal.
    """
    prefix = site.settings.prefix if site else str(request.scope.get("root_path", ""))
    files: Static = static(site.settings.theme if site else None)
    shown = _shown_by(_placed(request, subject).at) if subject else _sent(request)
    return {
        "ui": texts("frame", lang),
        "lang": lang,
        "languages": [(other, here(request, shown, lang=other)) for other in LANGUAGES],
        "prefix": prefix,
        "style": files.path(prefix, "style.css"),
        "icon": files.path(prefix, "favicon.ico"),
        "theme": files.path(prefix, "theme.css") if "theme.css" in files.files else "",
        "logo": files.path(prefix, files.logo) if files.logo else "",
        "release": site.version if site else "",
        "issued": site.manifest.issued if site else "",
        "at": site.path if site else f"{prefix}{{}}".format,
        "is_archived": bool(site and site.is_archived),
        "licence": site.licence if site else "",
        "licence_name": views().terms.get(site.licence, {}).get(lang, "") if site else "",
        "menu": [(way["path"], way[lang]) for way in views().ways if way.get("menu")],
        "dataset_page": (site.href(site.manifest.dataset) or "") if site else "",
        "asked": "",
        **(cited(request, site, subject, lang) if site and subject else {"cite": None, "schema": None}),
        "chosen_lang": lang if request.query_params.get("lang") == lang else "",
        "current_page": here(request, shown, release=None),
    }


_EVERYWHERE = {
    "page": re.compile(r"\d{1,6}"),
    "format": re.compile(r"\w{1,10}"),
    "lang": re.compile("|".join(LANGUAGES)),
    "release": VERSION,
}
"""Parameters of every page, and what they can be."""

LONGEST_REPEATED = 4000
"""Characters of an address of which a refusal, which does not know what they mean, repeats the parameters."""


def here(request: Request, shown: Pairs, **changed: str | None) -> str:
    """The address of this page with some of its parameters changed, or without them (None).

    Only those that say what the page shows (``shown``) and those of every page are repeated: a page has tens
    of such addresses, and a stranger writes what he likes behind one.
    """
    asked, names = request.query_params, {name for name, _ in shown}
    general = [
        (name, asked[name])
        for name, form in _EVERYWHERE.items()
        if name in asked and name not in names and form.fullmatch(asked[name])
    ]
    kept = [(name, value) for name, value in (*shown, *general) if name not in changed]
    added = [(name, value) for name, value in changed.items() if value is not None]
    return _path(request) + _query([*kept, *added])


def _placed(request: Request, subject: Subject) -> Subject:
    """The subject with the address where it is."""
    given = [pair for pair in request.query_params.multi_items() if pair[0] in subject.keeps]
    return subject if subject.at else replace(subject, at=_path(request) + _query(given))


def _shown_by(address: str) -> Pairs:
    """The parameters of an address here."""
    return parse_qsl(address.partition("#")[0].partition("?")[2], keep_blank_values=True)


def _sent(request: Request) -> Pairs:
    """All that was sent, when it is not too long to repeat."""
    is_short = len(request.url.query) <= LONGEST_REPEATED
    return request.query_params.multi_items() if is_short else []


def _path(request: Request) -> str:
    path = "/" + request.scope["path"].lstrip("/\\")  # two of them would be the address of a host
    return quote(path, safe="/:@!$&'()*+,;=-._~%")


def _query(pairs: Pairs) -> str:
    return f"?{urlencode(pairs)}" if pairs else ""


def static_path(site: Site, name: str) -> str:
    """The address of a static file. Raises KeyError for one that is not there."""
    return static(site.settings.theme).path(site.settings.prefix, name)


def render(template: str, values: Mapping[str, Any]) -> str:
    """The HTML of a template. Raises jinja2.UndefinedError for a name that it was not given."""
    return environment().get_template(template).render(values)


def tag(site: Site, request: Request, format: str = "html", beside: str = "") -> str:
    """The entity tag of a page: of the release, the address, the language and what pages are made with;
    ``format`` tells it from a file at the same address, ``beside`` which other releases it tells of.
    """
    files = static(site.settings.theme).version
    asked = (request.url.path, request.url.query, language(request), format, beside)
    return site.etag("page", *asked, build(), files, site.root)


def unchanged(site: Site, request: Request, format: str = "html", beside: str = "") -> Response | None:
    """304 when the client has the page already; asked before anything is looked up."""
    found = tag(site, request, format, beside)
    if is_held(request, found):
        return reply(request, b"", "text/html", tag=found, licence=site.licence, vary=VARY)
    return None


def respond(
    site: Site,
    request: Request,
    template: str,
    values: Mapping[str, Any],
    subject: Subject,
    *,
    links: Iterable[str] = (),
    headers: Mapping[str, str] | None = None,
    kept: bool = True,
    beside: str = "",
) -> Response:
    """The page as an answer, in the language of the request; with ``?cite=`` how to cite it.

    One that is not ``kept`` depends on more than its release and ``beside``, which other releases it tells
    of: it is made anew each time.
    """
    lang = language(request)
    frame = context(request, site, lang, subject)
    if asked := citation_asked(request, site, frame):
        return asked
    body = render(template, {**frame, **values})
    if request.query_params.get("lang") == lang:
        body = keep_language(body, lang)
    return reply(
        request,
        body,
        "text/html",
        tag=tag(site, request, beside=beside) if kept else etag(body),
        licence=site.licence,
        cache="revision" if kept else "checked",
        vary=VARY,
        links=links,
        headers={"Content-Language": lang, **(headers or {})},
    )
