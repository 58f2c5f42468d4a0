"""Turtle → statements. The triples come from pyoxigraph, the lines and columns from a scan of the same text.

pyoxigraph emits one triple per object, in an order that the text determines, so the n-th triple stands where
the scan found the n-th object. Most runs never ask for a place in a Turtle file, so the scan is made on
demand. This module refuses deep nesting before the parser sees it, because the parser answers that by ending
the process, and triple terms of RDF 1.2.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable
from contextlib import suppress
from hashlib import sha256
from itertools import islice

from pyoxigraph import BlankNode, Literal, NamedNode, RdfFormat, parse

from gbvkg.findings import Finding
from gbvkg.sources.context import Context
from gbvkg.sources.files import Limits, too_many
from gbvkg.sources.lexical import expected, is_valid, repair
from gbvkg.sources.references import misspelled
from gbvkg.sources.rules import Enough, Faults, Refused, Rule, breach, did_you_mean, quoted
from gbvkg.sources.statement import Object, Place, Statement

_STRING = (
    r'"""(?:[^"\\]|\\.|"(?!""))*+"""|' r"'''(?:[^'\\]|\\.|'(?!''))*+'''|"
    r'"(?:[^"\\\r\n]|\\.)*+"|' r"'(?:[^'\\\r\n]|\\.)*+'"
)  # fmt: skip
_IRI = r'<(?!<)[^<>"{}|^`\x00-\x20]*+>'
_COMMENT = r"\#[^\r\n]*+"
_BRACKET = re.compile(
    rf"\\.|{_STRING}|{_IRI}|{_COMMENT}|(?P<open>[\[({{]|<<)|(?P<close>[\])}}]|>>)", re.DOTALL
)
_TOKEN = re.compile(
    rf"(?P<skip>\s++|{_COMMENT})|(?P<term>{_STRING}|{_IRI}|[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?(?<!\.))"
    r"|(?P<sign>[\[\]().;,])|(?P<suffix>\^\^|@[A-Za-z]+(?:-[A-Za-z\d]+)*(?:--[a-z]+)?)"
    r"""|(?P<word>(?:\\.|[^\s<>"'{}|^`\\()\[\];,.\#]|\.(?=\.*[^\s<>"'{}|^`()\[\];,.\#]))++)""",
    re.DOTALL,
)
_PREFIX = re.compile(
    rf"{_STRING}|{_COMMENT}|@?prefix\s+(?P<name>[^\s:<]*):\s*<(?P<space>[^>\s]*)>", re.DOTALL | re.I
)


def read_turtle(text: str, shown: str, base: str, graph: NamedNode, limits: Limits) -> list[Statement]:
    """The statements of ``text``, placed at line 0 of the file; see ``places`` for their lines.

    Raises Refused for a syntax error, deep nesting and triple terms. Relative IRIs resolve against ``base``.
    """
    check_depth(text, shown, limits.depth)
    try:
        quads = list(islice(parse(text, format=RdfFormat.TURTLE, base_iri=base), limits.statements + 1))
    except SyntaxError as error:
        raise _syntax(error, shown) from None
    except MemoryError as error:
        if "buffer" not in str(error):  # of the machine itself, which says nothing about the file
            raise
        raise _long_term(shown) from None
    place = Place(shown)
    if len(quads) > limits.statements:
        raise too_many(place, limits.statements)
    statements = []
    for quad in quads:
        if not isinstance(quad.object, NamedNode | Literal | BlankNode):
            raise _triple_term(shown)
        statements.append(Statement(quad.subject, quad.predicate, quad.object, graph, place))
    return statements


def check_depth(text: str, shown: str, depth: int) -> None:
    """Raises Refused when brackets outside strings, IRIs and comments nest deeper than ``depth``."""
    if sum(map(text.count, ("[", "(", "{", "<<"))) <= depth:
        return
    level = 0
    for match in _BRACKET.finditer(text):
        if match["open"]:
            level += 1
            if level > depth:
                raise Refused(
                    breach(
                        Rule.TOO_DEEP,
                        _Lines(text, shown).place(match.start()),
                        f"Haakjes dieper genest dan {depth} niveaus. Geef de geneste dingen een IRI.",
                        f"Brackets nested deeper than {depth} levels. Give the nested things an IRI.",
                    )
                )
        elif match["close"]:
            level -= 1


def places(text: str, shown: str) -> list[Place]:
    """The place of each triple's object, in the order in which ``read_turtle`` gives the statements."""
    lines = _Lines(text, shown)
    return [lines.place(offset) for offset in _Scan(text).offsets]


def lazy_places(text: str, shown: str) -> Callable[[int], Place]:
    """The place of the n-th statement; the text is scanned when the first is asked for."""
    found: list[Place] = []

    def place(n: int) -> Place:
        if not found:
            found.extend(places(text, shown))
        return found[n] if n < len(found) else Place(shown)

    return place


def check_turtle(text: str, shown: str, statements: list[Statement], context: Context) -> Faults:
    """Findings about literals outside their datatype and prefixes spelled otherwise than in the table."""
    faults = Faults()
    with suppress(Enough):
        for name, space, place in _declared(text, shown):
            finding = misspelled(name, space, place, context)
            if finding:
                faults.add(finding)
        wrong = [n for n, statement in enumerate(statements) if _is_wrong(statement.object)]
        place_of = lazy_places(text, shown)
        for n in wrong:
            faults.add(_wrong_literal(statements[n], place_of(n)))
    return faults


def _is_wrong(term: Object) -> bool:
    return isinstance(term, Literal) and not is_valid(term.value, term.datatype.value)


def _wrong_literal(statement: Statement, place: Place) -> Finding:
    literal = statement.object
    assert isinstance(literal, Literal)
    nl, en = expected(literal.datatype.value)
    ask_nl, ask_en = did_you_mean(repair(literal.value, literal.datatype.value))
    return breach(
        Rule.WRONG_TYPE,
        place,
        f"{quoted(literal.value)} moet {nl} zijn.{ask_nl}",
        f"{quoted(literal.value)} must be {en}.{ask_en}",
        focus=statement.subject.value,
        path=statement.predicate.value,
        value=str(literal),
    )


def _declared(text: str, shown: str) -> list[tuple[str, str, Place]]:
    lines = _Lines(text, shown)
    return [
        (match["name"], match["space"], lines.place(match.start()))
        for match in _PREFIX.finditer(text)
        if match["space"] is not None
    ]


def refuse_blank_nodes(text: str, shown: str, statements: list[Statement]) -> Finding | None:
    """A finding at the first blank node, or None when there is none."""
    for n, statement in enumerate(statements):
        if isinstance(statement.subject, BlankNode) or isinstance(statement.object, BlankNode):
            return breach(
                Rule.BLANK_NODE,
                lazy_places(text, shown)(n),
                "Een ding zonder IRI kan niet gepubliceerd worden. Geef het een IRI in plaats van [ ], ( ) "
                "of _:.",
                "A thing without an IRI cannot be published. Give it an IRI instead of [ ], ( ) or _:.",
            )
    return None


def skolemise(statements: list[Statement], base: str) -> list[Statement]:
    """The same statements with each blank node replaced by ``<base>id/genid/<digest of what is said about
    it>``.

    An IRI depends on nothing else in the file (RDF 1.1 Concepts §3.5): neither labels, order nor other
    statements change it, and two nodes of which exactly the same is said become one. Nodes in a cycle stay
    blank.
    """
    names = _digests(statements)
    if not names:
        return statements
    iris = {node: NamedNode(f"{base}id/genid/{digest}") for node, digest in names.items()}
    return [
        s._replace(subject=iris.get(s.subject, s.subject), object=iris.get(s.object, s.object))
        for s in statements
    ]


def _digests(statements: list[Statement]) -> dict[object, str]:
    """Blank node → digest of its description, inner nodes first (Kahn's order)."""
    described: dict[BlankNode, list[Statement]] = {}
    users: dict[BlankNode, list[BlankNode]] = {}
    waiting: dict[BlankNode, int] = {}
    for statement in statements:
        inner, outer = statement.object, statement.subject
        if isinstance(inner, BlankNode):
            waiting.setdefault(inner, 0)
        if isinstance(outer, BlankNode):
            described.setdefault(outer, []).append(statement)
            waiting[outer] = waiting.get(outer, 0) + isinstance(inner, BlankNode)
            if isinstance(inner, BlankNode):
                users.setdefault(inner, []).append(outer)
    names: dict[object, str] = {}
    ready = [node for node, count in waiting.items() if count == 0]
    while ready:
        node = ready.pop()
        lines = sorted(f"{s.predicate} {names.get(s.object, s.object)}" for s in described.get(node, ()))
        names[node] = sha256("\n".join(lines).encode()).hexdigest()[:24]
        for user in users.get(node, ()):
            waiting[user] -= 1
            if waiting[user] == 0:
                ready.append(user)
    return names


class _Lines:
    """Offsets in a text → line and column."""

    def __init__(self, text: str, shown: str) -> None:
        self.starts = [0, *(match.end() for match in re.finditer(r"\r\n|\r|\n", text))]
        self.shown = shown

    def place(self, offset: int) -> Place:
        line = bisect_right(self.starts, offset)
        return Place(self.shown, line, offset - self.starts[line - 1] + 1)


class _Frame:
    """An open bracket: what it expects (0 subject, 1 predicate, 2 object, 3 sign), and its items so far."""

    __slots__ = ("expects", "items", "kind", "offset")

    def __init__(self, kind: str, offset: int, expects: int) -> None:
        self.kind = kind
        self.offset = offset
        self.expects = expects
        self.items = 0


class _Scan:
    """The offset of each object of a Turtle text that pyoxigraph accepted, in the order of its triples.

    That order: a triple comes with the token that completes it (a string is complete at the token after it,
    because a language or a datatype may follow), and of the triples of one token the last comes first.
    """

    def __init__(self, text: str) -> None:
        self.offsets: list[int] = []
        self.step: list[int] = []  # of the token at hand
        self.stack = [_Frame("", 0, 0)]
        self.string: int | None = None  # offset of a string that may still get a suffix
        self.typed = False
        self.skip = 0
        for match in _TOKEN.finditer(text):
            if match.lastgroup != "skip":
                self._token(match[0], match.lastgroup or "", match.start())
                self.offsets += reversed(self.step)
                self.step.clear()

    def _token(self, token: str, kind: str, offset: int) -> None:
        frame = self.stack[-1]
        if self.string is not None and self._suffix(token, kind):
            return
        if self.skip:
            self.skip -= 1
        elif frame.expects == 0 and not frame.kind and token.lower() in _DIRECTIVES:
            self.skip = _DIRECTIVES[token.lower()]
        elif kind == "sign":
            self._sign(token, offset)
        else:
            self._begin(offset)
            if token[0] in "\"'":
                self.string = offset
            else:
                self._complete(offset)

    def _suffix(self, token: str, kind: str) -> bool:
        """Whether the token belongs to the string before it, which is complete unless a datatype follows."""
        if token == "^^":
            self.typed = True
            return True
        belongs = self.typed or kind == "suffix"
        self._complete(self.string or 0)
        self.string, self.typed = None, False
        return belongs

    def _sign(self, token: str, offset: int) -> None:
        frame = self.stack[-1]
        if token in "[(":
            self._begin(offset)
            self.stack.append(_Frame(token, offset, 1 if token == "[" else 2))
        elif token == ")" and frame.items:
            self.step.append(frame.offset)  # rdf:rest rdf:nil
            self.stack.pop()
        elif token in ")]":
            self.stack.pop()
            self._complete(frame.offset)
        else:
            frame.expects = {".": 0, ";": 1, ",": 2}[token]

    def _begin(self, offset: int) -> None:
        """A term begins: in a collection its cell is linked, to the list that it begins or to the cell
        before."""
        frame = self.stack[-1]
        if frame.kind != "(":
            return
        frame.items += 1
        if frame.items > 1:
            self.step.append(offset)
        else:
            self.stack.pop()
            self._complete(frame.offset)
            self.stack.append(frame)

    def _complete(self, offset: int) -> None:
        """The term that began at ``offset`` is complete."""
        frame = self.stack[-1]
        if frame.kind == "(" or frame.expects == 2:
            self.step.append(offset)
        if frame.kind != "(":
            frame.expects += 1


_DIRECTIVES = {"@prefix": 3, "prefix": 2, "@base": 2, "base": 1, "@version": 2, "version": 1}
"""Directive → how many tokens follow it (Turtle 1.2 §6.5)."""


def _syntax(error: SyntaxError, shown: str) -> Refused:
    problem = str(error.msg).partition(": ")[2] or str(error.msg)
    return Refused(
        breach(
            Rule.SYNTAX,
            Place(shown, error.lineno or 0, error.offset or 0),
            f"Dit is geen geldige Turtle ({problem}). Kijk naar punten, aanhalingstekens en voorvoegsels.",
            f"This is not valid Turtle ({problem}). Look at full stops, quotation marks and prefixes.",
        )
    )


def _long_term(shown: str) -> Refused:
    """The parser's own bound: no text or IRI of more than 16 MiB."""
    return Refused(
        breach(
            Rule.TOO_LARGE,
            Place(shown),
            "Een tekst of IRI is langer dan 16 MiB. Splits hem.",
            "A text or IRI is longer than 16 MiB. Split it.",
        )
    )


def _triple_term(shown: str) -> Refused:
    return Refused(
        breach(
            Rule.FORMAT_REFUSED,
            Place(shown),
            "Triple-termen van RDF 1.2 (<<( … )>>) worden niet gelezen. Beschrijf de uitspraak als een ding "
            "met IRI.",
            "Triple terms of RDF 1.2 (<<( … )>>) are not read. Describe the statement as a thing with an "
            "IRI.",
        )
    )
