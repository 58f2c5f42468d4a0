"""The header of a query file: leading ``#+`` lines that are YAML. A key that is not in the table below does
not exist.

Everything for a user's eyes is in Dutch and in English; a header that lacks one of the two is refused, and so
are unknown keys, doubled keys and parameters whose example is not of their type.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import yaml

from gbvkg.errors import BadParameter, ProjectError
from gbvkg.queries.parameters import TYPES, Parameter
from gbvkg.queries.result import Column
from gbvkg.vocabulary import LANGUAGES

KEYS = (
    "summary",
    "description",
    "answers",
    "parameters",
    "columns",
    "stability",
    "chart",
    "severity",
    "message",
    "repeats",
)
PARAMETER_KEYS = ("type", "summary", "example", "default", "optional", "kind")
STABILITIES = ("stable", "experimental")
SEVERITIES = ("violation", "warning", "info")
CHARTS = {
    "bar": (("x", "y"), ("facet",)),
    "heatmap": (("x", "y", "value"), ("state", "facet")),
    "timeline": (("x", "y"), ("series", "facet")),
}
"""Kind of chart → roles that columns must have in it, and roles that they may have.

A bar of length ``y`` for each ``x``; a cell for each ``x`` and ``y`` with ``value``, and with the word of
``state`` where that is zero; a point on day ``x`` for ``y``, a number or a text, in the line or with the
words of ``series``. Each ``facet`` gets a chart of its own.
"""

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""libyaml's safe loader where PyYAML has it: six times as fast, and every check reads all headers."""

Lines = dict[tuple[str, ...], int]


@dataclass(frozen=True)
class Header:
    """What a header says; ``lines`` tells where."""

    summary: dict[str, str]
    description: dict[str, str]
    answers: str
    parameters: dict[str, Parameter]
    columns: dict[str, Column]
    stability: str
    chart: dict[str, str]
    severity: str
    message: dict[str, str]
    repeats: tuple[str, ...] = ()
    own_columns: tuple[str, ...] = ()
    lines: Lines = field(default_factory=dict)

    def line(self, *keys: str) -> int:
        """The line of a key, or of the nearest key around it."""
        while keys and keys not in self.lines:
            keys = keys[:-1]
        return self.lines.get(keys, 1)


def read_header(path: Path, text: str, shared: Mapping[str, Column] | None = None) -> Header:
    """The header of a query file, with the ``shared`` columns beside its own.

    Raises ProjectError naming file and line.
    """
    lines = text.splitlines()
    count = next((i for i, line in enumerate(lines) if not line.startswith("#+")), len(lines))
    source = "\n".join(line[2:].removeprefix(" ") for line in lines[:count])
    return _Reader(path, source).header(shared or {})


def read_columns(path: Path) -> dict[str, Column]:
    """The columns of a file of headings: the same mapping as ``columns`` in a header.

    Raises ProjectError naming file and line.
    """
    return _Reader(path, path.read_text("utf-8")).columns_file()


COLUMN_KEYS = ("values", "unbound", "apart")
"""What a column may have beside its heading."""


class _Reader:
    def __init__(self, path: Path, source: str) -> None:
        self.path = path
        self.source = source
        self.lines: Lines = {}

    def fault(self, keys: tuple[str, ...], nl: str, en: str) -> ProjectError:
        while keys and keys not in self.lines:
            keys = keys[:-1]
        place = f"{self.path}:{self.lines.get(keys, 1)}"
        return ProjectError(f"{place}: {nl}.", f"{place}: {en}.")

    def header(self, shared: Mapping[str, Column]) -> Header:
        data = self.load()
        self.known((), data, KEYS)
        stability = self.choice(data, "stability", STABILITIES)
        severity = self.choice(data, "severity", SEVERITIES) if "severity" in data else ""
        parameters = self.table(("parameters",), data.get("parameters", {}))
        columns = self.columns(("columns",), data.get("columns", {}))
        return Header(
            self.texts(("summary",), data.get("summary")),
            self.texts(("description",), data["description"]) if "description" in data else {},
            str(data.get("answers", "")),
            {name: self.parameter(name, row) for name, row in parameters.items()},
            {**shared, **columns},
            stability,
            self.chart(data.get("chart")),
            severity,
            self.texts(("message",), data["message"]) if "message" in data else {},
            self.names("repeats", data.get("repeats", [])),
            tuple(columns),
            self.lines,
        )

    def load(self) -> dict[str, Any]:
        try:
            loader = LOADER(self.source)
            node = loader.get_single_node()
            if node is not None:
                self.note(node, ())
            data = None if node is None else loader.construct_document(node)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark
            place = f"{self.path}:{mark.line + 1 if mark else 1}"
            problem = error.problem or "YAML"
            raise ProjectError(
                f"{place}: de kop is geen YAML: {problem}.", f"{place}: the header is not YAML: {problem}."
            ) from error
        if not isinstance(data, dict):
            raise self.fault(
                (),
                'de kop ontbreekt: begin het bestand met "#+ summary:"',
                'there is no header: begin the file with "#+ summary:"',
            )
        return data

    def note(self, node: yaml.Node, keys: tuple[str, ...]) -> None:
        """Remember the line of every key; refuse a doubled one, of which YAML would keep the last."""
        if not isinstance(node, yaml.MappingNode):
            return
        for key, value in node.value:
            inner = (*keys, str(key.value))
            if inner in self.lines:
                self.lines[inner] = key.start_mark.line + 1
                raise self.fault(inner, f'"{key.value}" staat er twee keer', f'"{key.value}" is there twice')
            self.lines[inner] = key.start_mark.line + 1
            self.note(value, inner)

    def known(self, keys: tuple[str, ...], row: Mapping[str, Any], allowed: tuple[str, ...]) -> None:
        for key in row:
            if key not in allowed:
                near = get_close_matches(str(key), allowed, 1) or [", ".join(allowed)]
                raise self.fault(
                    (*keys, str(key)),
                    f'"{key}" bestaat niet; bedoeld: {near[0]}',
                    f'there is no "{key}"; meant: {near[0]}',
                )

    def texts(self, keys: tuple[str, ...], value: Any) -> dict[str, str]:
        row = value if isinstance(value, dict) else {}
        for lang in LANGUAGES:
            if not isinstance(row.get(lang), str) or not row[lang].strip():
                name = ".".join(keys)
                raise self.fault(
                    keys, f'"{name}" mist de tekst "{lang}"', f'"{name}" lacks the text "{lang}"'
                )
        self.known(keys, {k: v for k, v in row.items() if k not in COLUMN_KEYS}, LANGUAGES)
        return {lang: row[lang].strip() for lang in LANGUAGES}

    def names(self, key: str, value: Any) -> tuple[str, ...]:
        if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
            raise self.fault(
                (key,), f'"{key}" moet een lijst van namen zijn', f'"{key}" must be a list of names'
            )
        return tuple(value)

    def choice(self, data: Mapping[str, Any], key: str, allowed: tuple[str, ...]) -> str:
        if data.get(key) not in allowed:
            raise self.fault(
                (key,),
                f'"{key}" moet een zijn van: {", ".join(allowed)}',
                f'"{key}" must be one of: {", ".join(allowed)}',
            )
        return str(data[key])

    def table(self, keys: tuple[str, ...], value: Any) -> dict[str, dict[str, Any]]:
        rows: dict[str, Any] = value if isinstance(value, dict) else {"": None}
        for name, row in rows.items():
            if not isinstance(row, dict):
                raise self.fault(
                    (*keys, str(name)), "hier hoort een tabel van sleutels", "a mapping of keys belongs here"
                )
        return rows

    def parameter(self, name: str, row: dict[str, Any]) -> Parameter:
        keys = ("parameters", name)
        self.known(keys, row, PARAMETER_KEYS)
        if row.get("type") not in TYPES:
            raise self.fault(
                (*keys, "type"),
                f'"type" moet een zijn van: {", ".join(TYPES)}',
                f'"type" must be one of: {", ".join(TYPES)}',
            )
        if "example" not in row:
            raise self.fault(
                keys, f'parameter "{name}" mist een voorbeeld', f'parameter "{name}" lacks an example'
            )
        summary = self.texts((*keys, "summary"), row.get("summary"))
        default = str(row["default"]) if "default" in row else None
        parameter = Parameter(
            name,
            row["type"],
            summary,
            str(row["example"]),
            default,
            row.get("optional") is True,
            str(row.get("kind", "")),
        )
        self.try_out(keys, parameter)
        return parameter

    def try_out(self, keys: tuple[str, ...], parameter: Parameter) -> None:
        for value in filter(None, (parameter.example, parameter.default)):
            try:
                parameter.read(value)
            except BadParameter as error:
                raise self.fault(keys, error.nl.rstrip("."), error.en.rstrip(".")) from error

    def columns_file(self) -> dict[str, Column]:
        return self.columns((), self.load())

    def columns(self, keys: tuple[str, ...], value: Any) -> dict[str, Column]:
        rows = self.table(keys, value)
        return {str(name): self.column((*keys, str(name)), row) for name, row in rows.items()}

    def column(self, keys: tuple[str, ...], row: dict[str, Any]) -> Column:
        words, apart = (self.words(keys, key, row) for key in ("values", "apart"))
        self.known((*keys, "apart"), apart, tuple(words))
        unbound = self.texts((*keys, "unbound"), row["unbound"]) if "unbound" in row else {}
        return Column(self.texts(keys, row), words, unbound, apart)

    def words(self, keys: tuple[str, ...], key: str, row: dict[str, Any]) -> dict[str, dict[str, str]]:
        table = self.table((*keys, key), row.get(key, {}))
        return {str(code): self.texts((*keys, key, str(code)), texts) for code, texts in table.items()}

    def chart(self, value: Any) -> dict[str, str]:
        if value is None:
            return {}
        row = value if isinstance(value, dict) else {}
        if row.get("kind") not in CHARTS:
            raise self.fault(
                ("chart",),
                f'"chart.kind" moet een zijn van: {", ".join(CHARTS)}',
                f'"chart.kind" must be one of: {", ".join(CHARTS)}',
            )
        needed, possible = CHARTS[row["kind"]]
        self.known(("chart",), row, ("kind", *needed, *possible))
        for role in needed:
            if role not in row:
                raise self.fault(
                    ("chart",),
                    f'de grafiek mist een kolom voor "{role}"',
                    f'the chart lacks a column for "{role}"',
                )
        return {str(key): str(column) for key, column in row.items()}
