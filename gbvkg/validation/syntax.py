"""The SPARQL text of a constraint, read far enough to know its groups, triple patterns and scopes.

SHACL §5.3.1 and appendix A ask for it: pre-bound variables reach into every group, and some constructs are
forbidden with them. This module refuses (ProjectError) what SHACL forbids and what would make a verdict
depend on the clock or on chance; it does not check the rest of the SPARQL grammar, because the engine does
when it runs the query.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from pyoxigraph import NamedNode

from gbvkg.errors import ProjectError
from gbvkg.validation.paths import EMPTY, Path, join
from gbvkg.validation.tables import RDF

_TOKEN = re.compile(
    r"""(?P<space>\s+|\#[^\n]*)
      |(?P<iri><[^<>"{}|^`\\\x00-\x20]*>)
      |(?P<string>\"{3}(?:[^"\\]|\\.|"(?!""))*\"{3}|'{3}(?:[^'\\]|\\.|'(?!''))*'{3}
                 |"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')
      |(?P<var>[?$]\w+)
      |(?P<name>_:[\w.-]*\w|[\w-]*(?:[\w.-]*[\w-])?:(?:(?:[\w:%-]|\\.)(?:[\w:.%-]|\\.)*(?<!\.))?)
      |(?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)
      |(?P<word>@?[A-Za-z][\w-]*)
      |(?P<sign>\^\^|&&|\|\||[<>!]=|.)""",
    re.VERBOSE | re.DOTALL,
)
_FORBIDDEN = {
    "MINUS": "SHACL appendix A",
    "VALUES": "SHACL appendix A",
    "SERVICE": "SHACL appendix A",
    "FROM": "the dataset is given",
    "NOW": "the reference date of the data set is the only today",
    "RAND": "a verdict may not depend on chance",
    "UUID": "a verdict may not depend on chance",
    "STRUUID": "a verdict may not depend on chance",
}
_FORBIDDEN_INSIDE = re.compile("|".join(_FORBIDDEN))
"""Anywhere in a word: engines take SERVICESILENT and trueSERVICE as two tokens."""
ANY = None
"""Predicate of a pattern that may match any triple."""


class Token(NamedTuple):
    """``word`` is a keyword in capitals, "" for what is none."""

    kind: str
    text: str
    start: int
    word: str = ""

    @property
    def end(self) -> int:
        return self.start + len(self.text)


class Pattern(NamedTuple):
    """A triple pattern: subject and object are token texts (variables as "?x"), path None for ANY
    predicate.
    """

    subject: str
    path: Path | None
    object: str
    position: int
    verb: str = ""


@dataclass(eq=False)
class Block:
    """Triple patterns with nothing but FILTERs between them, and the spans of text that they come from."""

    patterns: list[Pattern] = field(default_factory=list)
    spans: list[tuple[int, int]] = field(default_factory=list)
    is_open: bool = True


@dataclass(eq=False)
class Group:
    """A group graph pattern. ``kind``: where, select, group, union, optional, graph, exists.

    ``opens`` is where its keyword or brace starts, ``start`` is after its brace, ``end`` after the closing
    one. ``matched`` are the variables of its triple patterns, ``expressed`` those of its FILTERs and BINDs.
    ``unions`` are the chains of branches among its children. ``holds_select``: it is but a sub-SELECT.
    """

    kind: str
    start: int
    parent: Group | None
    opens: int = 0
    end: int = 0
    patterns: list[Pattern] = field(default_factory=list)
    children: list[Group] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)
    unions: list[list[Group]] = field(default_factory=list)
    matched: set[str] = field(default_factory=set)
    expressed: set[str] = field(default_factory=set)
    graph: str = ""
    holds_select: bool = False
    binds: bool = False

    @property
    def variables(self) -> set[str]:
        return self.matched | self.expressed

    def walk(self) -> Iterator[Group]:
        yield self
        for child in self.children:
            yield from child.walk()

    def mentions(self, variables: set[str]) -> bool:
        return any(not variables.isdisjoint(group.variables) for group in self.walk())

    def inside(self, kind: str) -> bool:
        """Whether a group around this one is of ``kind``."""
        return self.parent is not None and (self.parent.kind == kind or self.parent.inside(kind))


@dataclass(eq=False)
class Query:
    """A SELECT or ASK query: its text, form, projected variables ("*": all) and its groups."""

    text: str
    form: str
    head: Token
    projected: list[str]
    where: Group
    is_sliced: bool


def tokenize(text: str) -> Iterator[Token]:
    """The tokens of SPARQL text, without white space and comments."""
    for match in _TOKEN.finditer(text):
        kind, found = match.lastgroup or "", match[0]
        if kind != "space":
            yield Token(kind, found, match.start(), found.upper() if kind == "word" else "")


class QueryReader:
    """Reads one query. ``prebound`` are the names (without "?") that SHACL binds beforehand; ``about``
    names the constraint in errors.
    """

    def __init__(self, text: str, prebound: set[str], prefixes: dict[str, str], about: str) -> None:
        self.text = text
        self.prebound = {f"?{name}" for name in prebound}
        self.prefixes = dict(prefixes)
        self.about = about
        self.tokens = [*tokenize(text), Token("end", "", len(text))]
        self.at = 0
        self.fresh = 0
        self.depth = 0
        self.group: Group | None = None

    def read(self) -> Query:
        """The query's structure.

        Raises ProjectError when it is not one SELECT or ASK query, or uses what SHACL forbids.
        """
        self._refuse_forbidden()
        self._prologue()
        head = self._take()
        if head.word not in ("SELECT", "ASK"):
            raise self.refusal("geen SELECT- of ASK-query", "not a SELECT or ASK query")
        projected = self._projection() if head.word == "SELECT" else []
        self._skip_word("WHERE")
        where = self._group("where", None)
        is_sliced = any(token.word in ("LIMIT", "OFFSET") for token in self.tokens)
        return Query(self.text, head.word, head, projected, where, is_sliced)

    def refusal(self, nl: str, en: str) -> ProjectError:
        return ProjectError(
            f"De SPARQL-regel {self.about} wordt geweigerd: {nl}.",
            f"The SPARQL rule {self.about} is refused: {en}.",
        )

    def _refuse_forbidden(self) -> None:
        for token, after in zip(self.tokens, self.tokens[1:], strict=False):
            if not token.word:
                continue
            if found := _FORBIDDEN_INSIDE.search(token.word):
                word = found[0]
                why = _FORBIDDEN[word]
                raise self.refusal(f"{word} mag niet ({why})", f"{word} is not allowed ({why})")
            if token.word == "AS" and after.kind == "var" and "?" + after.text[1:] in self.prebound:
                raise self.refusal(
                    f"AS {after.text} bindt een vooraf gebonden variabele opnieuw (SHACL appendix A)",
                    f"AS {after.text} binds a pre-bound variable again (SHACL appendix A)",
                )

    # Tokens

    def _peek(self, ahead: int = 0) -> Token:
        return self.tokens[min(self.at + ahead, len(self.tokens) - 1)]

    def _take(self) -> Token:
        token = self._peek()
        self.at += 1
        if token.kind == "var" and self.group is not None:
            used = self.group.expressed if self.depth else self.group.matched
            used.add("?" + token.text[1:])
        if token.kind == "end":
            raise self.refusal("de query houdt te vroeg op", "the query ends too early")
        return token

    def _skip_word(self, word: str) -> bool:
        if self._peek().word != word:
            return False
        self.at += 1
        return True

    def _expect(self, sign: str) -> Token:
        token = self._take()
        if token.text != sign:
            raise self.refusal(
                f'"{token.text}" waar "{sign}" moest staan', f'"{token.text}" instead of "{sign}"'
            )
        return token

    # Query forms

    def _prologue(self) -> None:
        while self._peek().word in ("PREFIX", "BASE"):
            if self._take().word == "PREFIX":
                prefix = self._take().text
                self.prefixes[prefix[:-1]] = self._peek().text[1:-1]
            self._take()

    def _projection(self) -> list[str]:
        names: list[str] = []
        while self._peek().text != "{" and self._peek().word != "WHERE":
            token = self._take()
            if token.text == "(":
                names.append(self._expression())
            elif token.kind == "var":
                names.append("?" + token.text[1:])
            elif token.text == "*":
                names.append("*")
        return names

    def _expression(self) -> str:
        """Skip to the ")" that closes what was just opened; the variable after AS at this level, if any."""
        bound = ""
        while (token := self._take()).text != ")":
            if token.text == "(":
                self._expression()
            elif token.word == "EXISTS":
                self._group("exists", self.group)
            elif token.word == "AS":
                bound = "?" + self._peek().text[1:]
        return bound

    def _group(self, kind: str, parent: Group | None) -> Group:
        opens = self._peek().start
        group = Group(kind, self._expect("{").end, parent, opens)
        depth, self.depth = self.depth, 0
        if parent is not None:
            parent.children.append(group)
        outer, self.group = self.group, group
        if self._peek().word == "SELECT":
            self._subselect(group)
        else:
            while self._peek().text != "}":
                self._element(group)
        group.end = self._expect("}").end
        self.group, self.depth = outer, depth
        return group

    def _subselect(self, group: Group) -> None:
        group.holds_select = True
        self._take()
        projected = self._projection()
        missing = self.prebound - {"?shapesGraph", "?currentShape"} - set(projected)
        if missing:
            names = ", ".join(sorted(missing))
            raise self.refusal(
                f"een sub-SELECT moet {names} teruggeven (SHACL appendix A)",
                f"a sub-SELECT must return {names} (SHACL appendix A)",
            )
        self._skip_word("WHERE")
        self._group("select", group)
        depth = 0
        while depth or self._peek().text != "}":
            token = self._take()
            if token.word == "EXISTS":
                self._group("exists", group)
            depth += {"(": 1, "{": 1, ")": -1, "}": -1}.get(token.text, 0)

    def _element(self, group: Group) -> None:
        token = self._peek()
        if group.blocks and (token.text == "{" or token.word in ("OPTIONAL", "GRAPH", "BIND")):
            group.blocks[-1].is_open = False
        if token.text == "{":
            branches = [self._group("group", group)]
            while self._skip_word("UNION"):
                branches.append(self._group("union", group))
            if len(branches) > 1:
                branches[0].kind = "union"
                group.unions.append(branches)
        elif token.text in (".", ";"):
            self._take()
        elif token.word == "OPTIONAL":
            self._take()
            self._group("optional", group).opens = token.start
        elif token.word == "GRAPH":
            self._take()
            name = self._take().text
            self._group("graph", group).graph = name
        elif token.word in ("FILTER", "BIND"):
            group.binds |= self._take().word == "BIND"
            self._constraint()
        else:
            self._triples(group)

    def _constraint(self) -> None:
        """After FILTER or BIND: ``[NOT] EXISTS {…}``, a bracketed expression or a function call."""
        self._skip_word("NOT")
        if self._skip_word("EXISTS"):
            self._group("exists", self.group)
            return
        self.depth += 1
        while self._take().text != "(":
            pass
        self._expression()
        self.depth -= 1

    # Triples (SPARQL 1.1 §19.8, TriplesSameSubjectPath)

    def _triples(self, group: Group) -> None:
        start, known = self._peek().start, len(group.patterns)
        subject = self._node(group)
        if self._peek().text not in (".", "}"):
            self._predicate_objects(group, subject)
        if self._peek().text == ".":
            self._take()
        if not group.blocks or not group.blocks[-1].is_open:
            group.blocks.append(Block())
        group.blocks[-1].patterns += group.patterns[known:]
        group.blocks[-1].spans.append((start, self.tokens[self.at - 1].end))

    def _predicate_objects(self, group: Group, subject: str) -> None:
        while True:
            position = self._peek().start
            verb = "?" + self._peek().text[1:] if self._peek().kind == "var" else ""
            path = self._verb()
            while True:
                group.patterns.append(Pattern(subject, path, self._node(group), position, verb))
                if self._peek().text != ",":
                    break
                self._take()
            while self._peek().text == ";":
                self._take()
            if self._peek().text in (".", "}", "]") or self._starts_element():
                return

    def _starts_element(self) -> bool:
        return self._peek().text == "{" or self._peek().word in ("FILTER", "BIND", "OPTIONAL", "GRAPH")

    def _node(self, group: Group) -> str:
        token = self._take()
        if token.text == "[":
            name = self._fresh()
            if self._peek().text != "]":
                self._predicate_objects(group, name)
            self._expect("]")
            return name
        if token.text == "(":
            return self._collection(group)
        if token.kind == "var":
            return "?" + token.text[1:]
        if token.text.startswith("_:"):
            return "?_" + token.text[2:]
        return self._constant(token)

    def _constant(self, token: Token) -> str:
        if token.text in ("+", "-"):
            return token.text + self._take().text
        if token.kind == "string":
            if self._peek().text == "^^":
                self._take()
                return f"{token.text}^^<{self._iri(self._take())}>"
            return token.text + (self._take().text if self._peek().text.startswith("@") else self._language())
        return f"<{self._iri(token)}>" if token.kind in ("iri", "name") else token.text

    def _language(self) -> str:
        if self._peek().text != "@":
            return ""
        return self._take().text + self._take().text

    def _collection(self, group: Group) -> str:
        start = name = self._fresh()
        while self._peek().text != ")":
            item, following = self._node(group), self._fresh()
            position = self._peek().start
            group.patterns.append(Pattern(name, ("iri", NamedNode(RDF + "first")), item, position))
            group.patterns.append(Pattern(name, ("iri", NamedNode(RDF + "rest")), following, position))
            name = following
        self._expect(")")
        return start

    def _fresh(self) -> str:
        self.fresh += 1
        return f"?_{self.fresh}"

    def _verb(self) -> Path | None:
        if self._peek().kind == "var":
            self._take()
            return ANY
        return self._alternative()

    def _alternative(self) -> Path | None:
        parts = [self._sequence()]
        while self._peek().text == "|":
            self._take()
            parts.append(self._sequence())
        if None in parts:
            return ANY
        return parts[0] if len(parts) == 1 else ("alternative", *parts)

    def _sequence(self) -> Path | None:
        path = self._step()
        while self._peek().text == "/":
            self._take()
            following = self._step()
            path = None if path is None or following is None else join(path, following)
        return path

    def _step(self) -> Path | None:
        if self._peek().text == "^":
            self._take()
            inner = self._step()
            return None if inner is None else ("inverse", inner)
        path = self._primary()
        kind = {"*": "star", "+": "plus", "?": "optional"}.get(self._peek().text)
        if kind is None:
            return path
        self._take()
        return None if path is None else (kind, path)

    def _primary(self) -> Path | None:
        token = self._take()
        if token.text == "!":
            self._primary()
            return ANY
        if token.text == "(":
            path = self._alternative() if self._peek().text != ")" else EMPTY
            self._expect(")")
            return path
        return ("iri", NamedNode(RDF + "type" if token.text == "a" else self._iri(token)))

    def _iri(self, token: Token) -> str:
        if token.kind == "iri":
            return token.text[1:-1]
        prefix, colon, local = token.text.partition(":")
        if not colon or prefix not in self.prefixes:
            raise self.refusal(
                f'"{token.text}" heeft geen bekend voorvoegsel (sh:prefixes)',
                f'"{token.text}" has no declared prefix (sh:prefixes)',
            )
        return self.prefixes[prefix] + re.sub(r"\\(.)", r"\1", local)
