"""Parameters of a named query: what a user types becomes one RDF term, and a term takes the place of a
``$variable``.

pyoxigraph's own substitution reaches only projected variables and no sub-SELECT, and a remote endpoint has
none, so a bound query is written out: each ``$name`` *token* gives way to one term in N-Triples form.
``bind`` then reads back what it wrote and refuses it unless every other token stands where it stood. This
module refuses relative IRIs (but for the short form ``kind/reference`` that tables print, which is minted and
then judged like any other IRI), schemes other than http(s), dates that no calendar has, and every text that
is not wholly of its type.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from functools import cache, lru_cache
from itertools import groupby

from pyoxigraph import Literal, NamedNode

from gbvkg.errors import BadParameter
from gbvkg.queries.tokens import meaningful, scan
from gbvkg.vocabulary import expand

Term = NamedNode | Literal

LONGEST = 2000
"""Characters that a value may have; an IRI of more is cut by many servers, a search text of more finds
nothing."""

# RFC 3987 §2.2 with an authority; ucschar without the private planes, which are for queries only.
_UCS = "\u00a0-\ud7ff\uf900-\ufdcf\ufdf0-\uffef\U00010000-\U000dfffd"
_PCHAR = rf"(?:[A-Za-z0-9\-._~!$&'()*+,;=:@{_UCS}]|%[0-9A-Fa-f]{{2}})"
_HOST = rf"(?:[A-Za-z0-9\-._~!$&'()*+,;={_UCS}]|%[0-9A-Fa-f]{{2}})+|\[[0-9A-Fa-f:.]+\]"
_SHORT_FORM = re.compile(r"[a-z][a-z0-9-]*(?:/(?!(?:\.|%2[eE]){1,2}(?:/|$))[^/?#]+)+")
"""``kind/reference``: no query, no fragment, no dot segment that a client takes away (RFC 3986 §5.2.4)."""
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_INTEGER = re.compile(r"0|-?[1-9][0-9]{0,17}")
# RFC 3987 §4.1 forbids these in an IRI; in a string they are written as escapes, so that a log shows them.
_BIDI = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_UNSAYABLE = re.compile("[\x00\ud800-\udfff]")
_ESCAPE = re.compile(
    r"(?P<u>(?<=\\)[uU])|(?P<short>[\\\"\n\r\t])|(?P<long>[\x01-\x1f\x7f-\x9f]|" + _BIDI.pattern + ")"
)
_SHORT = {"\\": r"\\", '"': r"\"", "\n": r"\n", "\r": r"\r", "\t": r"\t"}

TYPES = {
    "iri": ("een volledige IRI (http of https)", "a complete IRI (http or https)"),
    "string": (f"een tekst van hoogstens {LONGEST} tekens", f"a text of at most {LONGEST} characters"),
    "date": ("een bestaande datum als jjjj-mm-dd", "an existing date as yyyy-mm-dd"),
    "integer": ("een geheel getal zonder voorloopnullen", "an integer without leading zeros"),
}
"""Parameter type → how it is described to a user, in Dutch and in English."""

_OR_SHORT = (
    " of de korte vorm soort/kenmerk, zoals tabellen die tonen",
    " or the short form kind/reference of tables",
)


@cache
def _iri_pattern() -> re.Pattern[str]:
    """Compiled when the first IRI is read: that takes longer than many a command that reads none."""
    return re.compile(
        rf"https?://(?:{_HOST})(?::[0-9]{{1,5}})?(?:/{_PCHAR}*)*"
        rf"(?:\?(?:{_PCHAR}|[/?])*)?(?:\#(?:{_PCHAR}|[/?])*)?"
    )


@dataclass(frozen=True)
class Parameter:
    """One parameter as its header declares it.

    With a ``default`` it always has a value. With ``optional`` and no value its variable stays unbound: a
    wildcard in a pattern, an error for ``COALESCE`` to pass over. Otherwise a caller must give it.
    """

    name: str
    type: str
    summary: dict[str, str]
    example: str
    default: str | None = None
    optional: bool = False
    kind: str = ""

    @property
    def required(self) -> bool:
        """Whether a caller must give it."""
        return self.default is None and not self.optional

    def read(self, value: str, base: str = "") -> Term:
        """The term for what a user typed. Raises BadParameter that tells the type and an example.

        With ``base``, the base IRI of a project, ``kind/reference`` stands for ``<base>id/kind/reference``.
        """
        whole = f"{base}id/{value}" if base and self._is_short(value) else value
        term = _read(self.type, whole) if len(whole) <= LONGEST else None
        if term is None:
            raise self._refuse(value, base)
        return term

    def _is_short(self, value: str) -> bool:
        return self.type == "iri" and bool(_SHORT_FORM.fullmatch(value))

    def _refuse(self, value: str, base: str) -> BadParameter:
        nl, en = self.wanted(base)
        shown, kind, example = _shown(value), nl.removeprefix("een "), self.short_example(base)
        return BadParameter(
            f'Parameter "{self.name}": {shown} is geen {kind}. Bijvoorbeeld: {example}',
            f'Parameter "{self.name}": {shown} is not {en}. For example: {example}',
        )

    def wanted(self, base: str) -> tuple[str, str]:
        """What a value is, in Dutch and in English; ``base`` as in ``read``."""
        nl, en = TYPES[self.type]
        return (nl + _OR_SHORT[0], en + _OR_SHORT[1]) if base and self.type == "iri" else (nl, en)

    def short_example(self, base: str) -> str:
        """The example, as short as it may be typed; ``base`` as in ``read``."""
        return self.example.removeprefix(f"{base}id/") if base else self.example


def _shown(value: str) -> str:
    text = value if len(value) <= 80 else value[:80] + "…"
    return (
        '"' + "".join(c if c.isprintable() and not _BIDI.match(c) else f"\\u{ord(c):04x}" for c in text) + '"'
    )


def _read(type_: str, value: str) -> Term | None:
    if type_ == "iri":
        return _iri(value)
    if type_ == "date":
        return Literal(value, datatype=NamedNode(expand("xsd:date"))) if _is_date(value) else None
    if type_ == "integer":
        return (
            Literal(value, datatype=NamedNode(expand("xsd:integer"))) if _INTEGER.fullmatch(value) else None
        )
    return None if _UNSAYABLE.search(value) else Literal(value)


def _iri(value: str) -> NamedNode | None:
    if not _iri_pattern().fullmatch(value) or _BIDI.search(value):
        return None
    try:
        return NamedNode(value)
    except ValueError:  # an IP literal that is none
        return None


def _is_date(value: str) -> bool:
    try:
        return bool(_DATE.fullmatch(value) and date.fromisoformat(value))
    except ValueError:
        return False


def terms(parameters: Mapping[str, Parameter], values: Mapping[str, str], base: str = "") -> dict[str, Term]:
    """The terms for the given values and the defaults of the others; ``base`` as in ``Parameter.read``.

    Raises BadParameter for a name that no parameter has (with the nearest), a required one that is absent, a
    bad value.
    """
    for name in values:
        if name not in parameters:
            raise _unknown(name, list(parameters))
    read = {}
    for name, parameter in parameters.items():
        value = values.get(name, parameter.default)
        if value is not None:
            read[name] = parameter.read(value, base)
        elif not parameter.optional:
            raise _missing(parameter, base)
    return read


def _unknown(name: str, known: list[str]) -> BadParameter:
    near = get_close_matches(name, known, 1, 0.5)
    nl = f' Bedoelde u "{near[0]}"?' if near else f" Er zijn: {', '.join(known) or 'geen'}."
    en = f' Did you mean "{near[0]}"?' if near else f" There are: {', '.join(known) or 'none'}."
    shown = _shown(name)
    return BadParameter(
        f"Deze vraag heeft geen parameter {shown}.{nl}", f"This query has no parameter {shown}.{en}"
    )


def _missing(parameter: Parameter, base: str) -> BadParameter:
    nl, en = parameter.wanted(base)
    example = parameter.short_example(base)
    return BadParameter(
        f'Parameter "{parameter.name}" ontbreekt: geef {nl}. Bijvoorbeeld: {example}',
        f'Parameter "{parameter.name}" is missing: give {en}. For example: {example}',
    )


def bind(text: str, bound: Mapping[str, Term]) -> str:
    """As ``fill``, for a text of which no more is known than that it is a query.

    Raises BadParameter also if the result, read again, is not token for token the query with terms in those
    places.
    """
    result = fill(text, bound)
    written = {f"${name}": write(term) for name, term in bound.items()}
    expected = [piece for t in meaningful(text) for piece in _split(t.text, written)]
    if [t.text for t in meaningful(result)] != expected:
        raise _changed()
    return result


def fill(text: str, bound: Mapping[str, Term]) -> str:
    """``text`` with each ``$name`` token of ``bound`` replaced by its term; all else stays, byte for byte.

    A text is read once, however often it is filled: a page asks the same few each time. Raises BadParameter
    when a term, once written, is not one term of SPARQL.
    """
    written = {f"${name}": write(term) for name, term in bound.items()}
    if not all(map(is_one_term, written.values())):
        raise _changed()
    return "".join(written.get(piece, piece) if is_slot else piece for piece, is_slot in _pieces(text))


@lru_cache(maxsize=512)
def _pieces(text: str) -> tuple[tuple[str, bool], ...]:
    """Each slot, and what is between two of them as a whole; and whether it is one."""
    found: list[tuple[str, bool]] = []
    for is_slot, tokens in groupby(scan(text), lambda t: t.kind == "variable" and t.text[0] == "$"):
        texts = [token.text for token in tokens]
        found += [(slot, True) for slot in texts] if is_slot else [("".join(texts), False)]
    return tuple(found)


def _split(text: str, written: Mapping[str, str]) -> list[str]:
    return [t.text for t in meaningful(written[text])] if text in written else [text]


def _changed() -> BadParameter:
    return BadParameter(
        "Een waarde zou de vraag veranderen; de vraag is niet uitgevoerd.",
        "A value would change the query; the query was not run.",
    )


def is_one_term(written: str) -> bool:
    """Whether a text is an IRI or a literal and nothing else."""
    kinds = [token.kind for token in scan(written)]
    return kinds in (["iri"], ["string"], ["string", "datatype", "iri"])


def write(term: Term) -> str:
    """The term as SPARQL. Raises nothing: a term is made by ``Parameter.read``.

    A ``u`` after a backslash is written as an escape itself. Engines that undo codepoint escapes before they
    look for backslash pairs (rdflib does) would else turn the text ``\\u0022`` into a quote that ends the
    string.
    """
    if isinstance(term, NamedNode):
        return str(term)
    quoted = '"' + _ESCAPE.sub(_escape, term.value) + '"'
    plain = term.datatype.value == expand("xsd:string")
    return quoted if plain else f"{quoted}^^{term.datatype}"


def _escape(match: re.Match[str]) -> str:
    return _SHORT[match.group()] if match.lastgroup == "short" else f"\\U{ord(match.group()):08X}"
