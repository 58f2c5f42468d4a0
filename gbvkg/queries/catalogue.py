"""The catalogue of named queries: ``queries/<topic>/<name>.rq``, each a documented header and plain SPARQL.

The header is the leading ``#+`` lines, read as YAML. The file stem is the public name: URL, command,
operation and test case. The catalogue refuses a file whose header or body it does not wholly understand, and
whatever would reach outside the dataset (SERVICE, FROM) or differ between engines (``SELECT *``, DESCRIBE, an
unordered SELECT).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cache
from itertools import pairwise
from pathlib import Path

from pyoxigraph import Literal, QueryBoolean, QuerySolutions, QueryTriples, Store

from gbvkg.errors import ProjectError, UnknownQuery
from gbvkg.project import Project
from gbvkg.queries import absence as _absence
from gbvkg.queries import parameters as _parameters
from gbvkg.queries.absence import Absent
from gbvkg.queries.header import Header, read_columns, read_header
from gbvkg.queries.parameters import Parameter, Term
from gbvkg.queries.result import FORMATS, Column, Result, Row, check_format
from gbvkg.queries.tokens import Token, forbidden, meaningful
from gbvkg.vocabulary import BASE, prefixes

NOT_PUBLIC = ("rules", "hygiene")
"""Topics that have their own reader: derivations make the inferred graph, checks make findings."""

COLUMNS = "columns.yaml"
"""In the folder of the topics: the headings that queries share."""

_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


@dataclass(frozen=True)
class Query:
    """One named query: all that a command line, a page or an API description has to say about it.

    ``summary`` is its title and ``description`` its explanation, per language; ``description`` is empty when
    the title says it all. ``form`` is SELECT, ASK or CONSTRUCT, ``answers`` the competency question ("CQ11")
    or "". ``variables`` is the projection as written, ``columns`` their headings, ``text`` the whole file.
    ``severity``, ``message`` and ``repeats`` are a check's; other queries have none.
    """

    name: str
    topic: str
    path: Path
    text: str
    form: str
    variables: tuple[str, ...]
    summary: dict[str, str]
    description: dict[str, str] = field(default_factory=dict)
    answers: str = ""
    parameters: dict[str, Parameter] = field(default_factory=dict)
    columns: dict[str, Column] = field(default_factory=dict)
    stability: str = "experimental"
    chart: dict[str, str] = field(default_factory=dict)
    base: str = BASE
    severity: str = ""
    message: dict[str, str] = field(default_factory=dict)
    repeats: tuple[str, ...] = ()

    def bind(self, values: Mapping[str, str] | None = None) -> str:
        """The SPARQL text with every parameter that has a value in its place (see ``parameters.bind``).

        Raises BadParameter for an unknown, missing or malformed parameter.
        """
        return _parameters.bind(self.text, self.terms(values))

    def terms(self, values: Mapping[str, str] | None = None) -> dict[str, Term]:
        """The RDF term of every parameter that has a value: whole IRIs, whichever way they were given.

        Raises BadParameter as ``bind`` does.
        """
        return _parameters.terms(self.parameters, values or {}, self.base)

    def run(self, store: Store, values: Mapping[str, str] | None = None) -> Result:
        """The result over the union of all graphs of ``store``: rows in the query's own order, complete.

        Raises BadParameter as ``bind`` does.
        """
        answer = store.query(self.bind(values), use_default_graph_as_union=True)
        return Result(self.form, self.variables, tuple(_rows(answer)), self.columns, self.base)

    @property
    def required(self) -> list[str]:
        """Names of the parameters that a caller must give."""
        return [name for name, parameter in self.parameters.items() if parameter.required]

    @property
    def formats(self) -> tuple[str, ...]:
        """Names (of ``gbvkg.formats``) of the formats that the answer can be written in, the first for
        eyes.
        """
        return FORMATS[self.form]

    def check_format(self, name: str) -> None:
        """Raises UsageError, naming what is possible, for a format that the answer cannot have: no need to
        run the query first.
        """
        check_format(self.form, name)

    def absent(self, store: Store, values: Mapping[str, str] | None = None) -> list[Absent]:
        """The things that the parameters name and ``store`` does not know: why an answer may be empty.

        Raises BadParameter as ``bind`` does.
        """
        return _absence.absent(store, self.parameters, self.terms(values), self.base)


def _rows(answer: QuerySolutions | QueryBoolean | QueryTriples) -> list[Row]:
    if isinstance(answer, QueryBoolean):
        return [(Literal(bool(answer)),)]
    if isinstance(answer, QueryTriples):  # a graph has no order: ours is that of the N-Triples
        triples = sorted(set(answer), key=str)
        return [(triple.subject, triple.predicate, triple.object) for triple in triples]
    return [tuple(solution) for solution in answer]


class Catalogue:
    """The public named queries of a project.

    Raises ProjectError, on construction, for the first file that breaks a rule, naming file and line.
    """

    def __init__(self, project: Project) -> None:
        self._queries: dict[str, Query] = {}
        folder = project.folder("queries")
        for path in sorted(folder.glob("*/*.rq")):
            if path.parent.name not in NOT_PUBLIC:
                self._add(read_query(path, project.base))

    def _add(self, query: Query) -> None:
        if query.name in self._queries:
            other = self._queries[query.name].path
            raise _fault(
                query.path,
                1,
                f'de naam "{query.name}" heeft {other} al',
                f'{other} is called "{query.name}" too',
            )
        self._queries[query.name] = query

    def names(self) -> list[str]:
        """All names, sorted."""
        return sorted(self._queries)

    def get(self, name: str) -> Query:
        """The query of that name. Raises UnknownQuery that suggests the nearest name."""
        if name not in self._queries:
            raise _unknown(name, self.names())
        return self._queries[name]

    def run(self, query: Query | str, store: Store, values: Mapping[str, str] | None = None) -> Result:
        """``Query.run`` by name or by query. Raises UnknownQuery, BadParameter."""
        return (self.get(query) if isinstance(query, str) else query).run(store, values)


def _unknown(name: str, names: list[str]) -> UnknownQuery:
    near = get_close_matches(name, names, 1, 0.4)
    nl = f' Bedoelde u "{near[0]}"?' if near else " De lijst: gbvkg query --list."
    en = f' Did you mean "{near[0]}"?' if near else " The list: gbvkg query --list."
    shown = name[:80] if name.isprintable() else repr(name[:80])
    return UnknownQuery(f'Er is geen vraag "{shown}".{nl}', f'There is no query "{shown}".{en}')


def read_query(path: Path, base: str = BASE) -> Query:
    """The query in one file. Raises ProjectError naming file and line."""
    if not _NAME.fullmatch(path.stem):
        raise _fault(
            path,
            0,
            "de naam moet kebab-case zijn, zoals latest-status.rq",
            "the name must be kebab-case, like latest-status.rq",
        )
    text = path.read_text("utf-8")
    header = read_header(path, text, _shared_columns(path.parent.parent / COLUMNS))
    tokens = meaningful(text)
    form = _form(path, tokens)
    variables = _projection(path, tokens, form)
    _check_tokens(path, tokens, form)
    _check_parameters(path, tokens, header)
    _check_columns(path, header, variables if form == "SELECT" else ())
    _check_syntax(path, text, header)
    shown = {name: header.columns[name] for name in variables if name in header.columns}
    return Query(
        path.stem, path.parent.name, path, text, form, variables, header.summary, header.description,
        header.answers, header.parameters, shown, header.stability, header.chart, base,
        header.severity, header.message, header.repeats,
    )  # fmt: skip


@cache
def _shared_columns(path: Path) -> dict[str, Column]:
    return read_columns(path) if path.is_file() else {}


def _fault(path: Path, line: int, nl: str, en: str) -> ProjectError:
    place = f"{path}:{line}" if line else str(path)
    return ProjectError(f"{place}: {nl}.", f"{place}: {en}.")


def _form(path: Path, tokens: list[Token]) -> str:
    words = (token for token in tokens if token.kind == "word" and not token.is_word("PREFIX"))
    first = next(words, tokens[0] if tokens else Token("word", "", 1))
    if not first.is_word("SELECT", "CONSTRUCT", "ASK"):
        raise _fault(
            path, first.line, "dit is geen SELECT, CONSTRUCT of ASK", "this is no SELECT, CONSTRUCT or ASK"
        )
    return first.text.upper()


def _projection(path: Path, tokens: list[Token], form: str) -> tuple[str, ...]:
    if form == "CONSTRUCT":
        return ("subject", "predicate", "object")
    if form == "ASK":
        return ("answer",)
    start = next(i for i, token in enumerate(tokens) if token.is_word("SELECT"))
    names, depth = [], 0
    for before, token in zip(tokens[start:], tokens[start + 1 :], strict=False):
        depth += {"(": 1, ")": -1}.get(token.text, 0)
        if token.is_word("WHERE") or token.text == "{":
            break
        if token.kind == "variable" and (depth == 0 or (depth == 1 and before.is_word("AS"))):
            names.append(token.text[1:])
    if not names:
        raise _fault(
            path,
            tokens[start].line,
            "noem de kolommen: SELECT * heeft in elke engine een andere volgorde",
            "name the columns: SELECT * has another order in every engine",
        )
    return tuple(names)


def _check_tokens(path: Path, tokens: list[Token], form: str) -> None:
    if found := forbidden(tokens):
        token, nl, en = found
        raise _fault(path, token.line, nl, en)
    for before, token in pairwise(tokens):
        if before.kind == "prefixed" and token.kind == "iri":
            _check_prefix(path, before, token)
    if form == "SELECT" and not any(a.is_word("ORDER") and b.is_word("BY") for a, b in pairwise(tokens)):
        raise _fault(
            path,
            tokens[-1].line,
            "ORDER BY ontbreekt: rijen moeten een vaste volgorde hebben",
            "no ORDER BY: rows need a fixed order",
        )


def _check_prefix(path: Path, name: Token, namespace: Token) -> None:
    declared = prefixes().get(name.text.removesuffix(":"))
    if name.text.endswith(":") and f"<{declared}>" != namespace.text:
        ours = f"<{declared}>" if declared else "-"
        raise _fault(
            path, name.line,
            f"prefix {name.text} is hier {namespace.text}, in ontology/context.jsonld {ours}",
            f"prefix {name.text} is {namespace.text} here and {ours} in ontology/context.jsonld",
        )  # fmt: skip


def _check_parameters(path: Path, tokens: list[Token], header: Header) -> None:
    used = {t.text[1:]: t.line for t in tokens if t.text.startswith("$")}
    for name, line in used.items():
        if name not in header.parameters:
            raise _fault(
                path, line, f"${name} staat niet in de kop", f"${name} is not declared in the header"
            )
    for name in header.parameters:
        if name not in used:
            line = header.line("parameters", name)
            raise _fault(
                path, line, f'parameter "{name}" wordt niet gebruikt', f'parameter "{name}" is not used'
            )
        _check_namesake(path, tokens, name)


def _check_namesake(path: Path, tokens: list[Token], name: str) -> None:
    """For SPARQL ``?plan`` and ``$plan`` are one variable, but only ``$plan`` becomes a term.

    So beside a ``?plan`` the parameter may stand in ``?plan = $plan`` alone: a filter with a value, true
    without one.
    """
    if not any(token.text == f"?{name}" for token in tokens):
        return
    for first, second, token in zip(tokens, tokens[1:], tokens[2:], strict=False):
        if token.text == f"${name}" and (first.text, second.text) != (f"?{name}", "="):
            raise _fault(
                path,
                token.line,
                f"naast ?{name} mag ${name} alleen in ?{name} = ${name} staan",
                f"beside ?{name}, ${name} may stand in ?{name} = ${name} only",
            )


def _check_columns(path: Path, header: Header, variables: tuple[str, ...]) -> None:
    for name in header.own_columns:
        if name not in variables:
            line = header.line("columns", name)
            raise _fault(
                path, line, f'kolom "{name}" komt niet uit de SELECT', f'column "{name}" is not in the SELECT'
            )
    for name in variables:
        if name not in header.columns:
            line = header.line("columns")
            raise _fault(
                path, line, f'kolom "{name}" heeft geen opschrift', f'column "{name}" has no heading'
            )
    for role, name in header.chart.items():
        if role != "kind" and name not in variables:
            line = header.line("chart", role)
            raise _fault(path, line, f'grafiek: geen kolom "{name}"', f'chart: no column "{name}"')


def _check_syntax(path: Path, text: str, header: Header) -> None:
    examples = {name: p.read(p.example) for name, p in header.parameters.items()}
    least = {name: term for name, term in examples.items() if not header.parameters[name].optional}
    for bound in [examples] if least == examples else [examples, least]:
        _parse(path, text, bound)


def _parse(path: Path, text: str, bound: Mapping[str, Term]) -> None:
    try:
        Store().query(_parameters.bind(text, bound))
    except (SyntaxError, RuntimeError) as error:
        at = re.search(r"at (\d+):", str(error))
        detail = str(error).partition(": ")[2] or str(error)
        raise _fault(
            path, int(at[1]) if at else 0, f"geen geldige SPARQL: {detail}", f"not valid SPARQL: {detail}"
        ) from error
