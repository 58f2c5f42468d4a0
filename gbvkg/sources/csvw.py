"""The description of a table: CSV on the Web metadata, read and checked.

Annotations (properties with a colon, ``notes``) are for people. A property that gbvkg does not follow is
refused, because ignoring it would change what the table says. Nothing is fetched: a remote ``tableSchema`` or
context is refused.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from urllib.parse import quote

from gbvkg.sources.lexical import XSD, is_language_tag
from gbvkg.sources.rules import Refused, Rule, breach, did_you_mean, nearest
from gbvkg.sources.statement import Place

_CONTEXT = "http://www.w3.org/ns/csvw"
_INHERITED = {
    "aboutUrl", "datatype", "default", "lang", "null", "propertyUrl", "required", "separator", "valueUrl",
}  # fmt: skip
_TABLE = {"@context", "@id", "@type", "url", "dialect", "tableSchema", "notes"} | _INHERITED
_SCHEMA = {"@id", "@type", "columns", "primaryKey", "rowTitles"} | _INHERITED
_COLUMN = {"@id", "@type", "name", "titles", "virtual", "suppressOutput"} | _INHERITED
_DIALECT = {
    "@id", "@type", "commentPrefix", "delimiter", "doubleQuote", "encoding", "header", "headerRowCount",
    "lineTerminators", "quoteChar", "skipBlankRows",
}  # fmt: skip
_DATATYPES = {
    "string": "string", "boolean": "boolean", "integer": "integer",
    "nonNegativeInteger": "nonNegativeInteger",
    "positiveInteger": "positiveInteger", "decimal": "decimal", "double": "double", "float": "float",
    "number": "double", "date": "date", "dateTime": "dateTime", "datetime": "dateTime", "time": "time",
    "gYear": "gYear", "gYearMonth": "gYearMonth", "duration": "duration", "anyURI": "anyURI",
}  # fmt: skip
_EXPRESSION = re.compile(r"\{([+#]?)([A-Za-z0-9_%.]+)\}")
_DATE_FIELDS = {
    "yyyy": r"(?P<y>\d{4})",
    "MM": r"(?P<m>\d{2})",
    "M": r"(?P<m>\d{1,2})",
    "dd": r"(?P<d>\d{2})",
    "d": r"(?P<d>\d{1,2})",
}


@dataclass(frozen=True)
class Template:
    """A URI template (RFC 6570) of simple, reserved and fragment expressions, one variable each."""

    text: str
    variables: tuple[str, ...]

    @classmethod
    def parse(cls, text: str) -> Template:
        """Raises ValueError for an expression that gbvkg does not follow."""
        rest = _EXPRESSION.sub("", text)
        if "{" in rest or "}" in rest:
            raise ValueError(text)
        return cls(text, tuple(match[2] for match in _EXPRESSION.finditer(text)))

    def expand(self, values: Mapping[str, str]) -> str:
        """The text with each variable replaced; KeyError when ``values`` lacks one."""
        return _EXPRESSION.sub(lambda match: _expression(match[1], values[match[2]]), self.text)


def _expression(operator: str, value: str) -> str:
    if not operator:
        return quote(value, safe="~")
    return ("#" if operator == "#" else "") + quote(value, safe=":/?#[]@!$&'()*+,;=%~")


@dataclass(frozen=True)
class Column:
    """One described column; ``normal`` makes the lexical form of a cell, "" when it does not fit."""

    name: str
    titles: tuple[str, ...]
    virtual: bool
    suppressed: bool
    required: bool
    about: Template | None
    property: Template | None
    value: Template | None
    datatype: str
    normal: Callable[[str], str]
    language: str
    separator: str
    nulls: tuple[str, ...]
    default: str


@dataclass(frozen=True)
class Dialect:
    """How the text is cut in cells (CSVW Tabular Data Model §9)."""

    delimiter: str = ","
    quote: str | None = '"'
    double_quote: bool = True
    comment: str = "#"


@dataclass(frozen=True)
class Description:
    """What a table says: its columns in order, the virtual ones last, its key and its dialect."""

    columns: tuple[Column, ...]
    primary_key: tuple[str, ...]
    dialect: Dialect = field(default_factory=Dialect)

    @property
    def real(self) -> tuple[Column, ...]:
        return tuple(column for column in self.columns if not column.virtual)


def parse_description(text: str, shown: str, table: str, delimiter: str) -> Description:
    """The description in ``text`` of the file called ``table``; ``delimiter`` unless its dialect gives one.

    Raises Refused at the first thing that is wrong or not followed.
    """
    try:
        content = json.loads(text, object_pairs_hook=partial(_unique, shown))
        json.dumps(content, ensure_ascii=False).encode()
    except json.JSONDecodeError as error:
        raise _refuse(
            shown, f"geen geldige JSON ({error.msg})", f"not valid JSON ({error.msg})", error
        ) from None
    except UnicodeEncodeError:  # half of a surrogate pair, as an escape: no text at all
        raise _refuse(
            shown, "een teken is maar half geschreven", "a character is only half written"
        ) from None
    except ValueError:  # Python reads no number of so many digits
        raise _refuse(shown, "een getal is te lang", "a number is too long") from None
    except RecursionError:
        raise _refuse(shown, "te diep genest", "nested too deep") from None
    return _Builder(shown, table, delimiter).description(content)


def _unique(shown: str, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    seen = dict(pairs)
    if len(seen) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise _refuse(shown, f'de sleutel "{twice}" staat er tweemaal', f'the key "{twice}" is given twice')
    return seen


class _Builder:
    def __init__(self, shown: str, table: str, delimiter: str) -> None:
        self.shown = shown
        self.table = table
        self.delimiter = delimiter

    def description(self, content: Any) -> Description:
        table = self._object(content, _TABLE, "de beschrijving", "the description")
        self._context(table.get("@context"))
        if self.table and table.get("url") != self.table:
            raise self._wrong(f'"url" moet "{self.table}" zijn', f'"url" must be "{self.table}"')
        schema = self._object(table.get("tableSchema"), _SCHEMA, '"tableSchema"', '"tableSchema"')
        inherited = {k: v for part in (table, schema) for k, v in part.items() if k in _INHERITED}
        listed = schema.get("columns")
        if not isinstance(listed, list) or not listed:
            raise self._wrong('"columns" moet een lijst zijn', '"columns" must be a list')
        columns = tuple(self._column(column, inherited) for column in listed)
        self._check(columns)
        key = schema.get("primaryKey", [])
        keys = tuple(key) if isinstance(key, list) else (key,)
        if not all(key in [column.name for column in columns] for key in keys):
            raise self._wrong(
                '"primaryKey" noemt een kolom die er niet is', '"primaryKey" names a column that is absent'
            )
        return Description(columns, keys, self._dialect(table.get("dialect", {})))

    def _object(self, value: Any, known: set[str], nl: str, en: str) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise self._wrong(f"{nl} moet een JSON-object zijn", f"{en} must be a JSON object")
        for name in value:
            if name not in known and ":" not in name:
                ask_nl, ask_en = did_you_mean(nearest(name, known))
                raise self._wrong(
                    f'{nl} heeft "{name}", wat gbvkg niet volgt.{ask_nl}',
                    f'{en} has "{name}", which gbvkg does not follow.{ask_en}',
                )
        return value

    def _context(self, value: Any) -> None:
        given = value if isinstance(value, list) and value else [value]
        local = given[1] if len(given) == 2 and isinstance(given[1], dict) else {}
        if given[0] != _CONTEXT or len(given) > 1 + bool(local) or not set(local) <= {"@language"}:
            raise Refused(
                breach(
                    Rule.REMOTE_CONTEXT,
                    Place(self.shown),
                    f'"@context" mag alleen "{_CONTEXT}" zijn; niets wordt van het net gehaald.',
                    f'"@context" may only be "{_CONTEXT}"; nothing is fetched.',
                )
            )

    def _column(self, value: Any, inherited: dict[str, Any]) -> Column:
        own = self._object(value, _COLUMN, "een kolom", "a column")
        merged = {**inherited, **own}
        name = own.get("name")
        if not isinstance(name, str) or not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.%]*", name):
            raise self._wrong('een kolom heeft geen "name"', 'a column has no "name"')
        language = str(merged.get("lang", "und"))
        if not is_language_tag(language):
            raise self._wrong(f'"{language}" is geen taalcode', f'"{language}" is not a language tag')
        datatype, normal = self._datatype(merged.get("datatype", "string"))
        nulls = merged.get("null", "")
        return Column(
            name,
            self._titles(own.get("titles", name)),
            own.get("virtual") is True,
            own.get("suppressOutput") is True,
            merged.get("required") is True,
            self._template(merged.get("aboutUrl")),
            self._template(merged.get("propertyUrl")),
            self._template(merged.get("valueUrl")),
            datatype,
            normal,
            "" if language == "und" else language,
            str(merged.get("separator") or ""),
            tuple(map(str, nulls)) if isinstance(nulls, list) else (str(nulls),),
            str(merged.get("default", "")),
        )

    def _titles(self, value: Any) -> tuple[str, ...]:
        """The titles in every language: natural language properties, CSVW Metadata Vocabulary §5.1.6."""
        groups = value.values() if isinstance(value, dict) else [value]
        titles = [title for group in groups for title in (group if isinstance(group, list) else [group])]
        if not titles or not all(isinstance(title, str) for title in titles):
            raise self._wrong('"titles" moet tekst zijn', '"titles" must be text')
        return tuple(titles)

    def _template(self, value: Any) -> Template | None:
        if value is None:
            return None
        try:
            return Template.parse(value)
        except (ValueError, TypeError):
            raise self._wrong(
                f"het sjabloon {json.dumps(value)} wordt niet gevolgd; gebruik {{naam}} of {{+naam}}",
                f"the template {json.dumps(value)} is not followed; use {{name}} or {{+name}}",
            ) from None

    def _datatype(self, value: Any) -> tuple[str, Callable[[str], str]]:
        base, pattern = value, None
        if isinstance(value, dict):
            known = self._object(value, {"@id", "@type", "base", "format"}, '"datatype"', '"datatype"')
            base, pattern = known.get("base", "string"), known.get("format")
        if not isinstance(base, str) or base not in _DATATYPES:
            nl, en = did_you_mean(nearest(str(base), _DATATYPES))
            raise self._wrong(
                f'het datatype "{base}" wordt niet gevolgd.{nl}', f'datatype "{base}" is not followed.{en}'
            )
        try:
            return XSD + _DATATYPES[base], _normaliser(_DATATYPES[base], pattern)
        except (ValueError, TypeError, re.error):
            shown = json.dumps(pattern)
            raise self._wrong(
                f"het formaat {shown} wordt niet gevolgd", f"format {shown} is not followed"
            ) from None

    def _check(self, columns: tuple[Column, ...]) -> None:
        names = [column.name for column in columns]
        known = {*names, "_row", "_sourceRow", "_column", "_sourceColumn", "_name"}
        for n, column in enumerate(columns):
            if column.name in names[:n]:
                raise self._wrong(
                    f'kolom "{column.name}" staat er tweemaal', f'column "{column.name}" is given twice'
                )
            if not column.suppressed and (column.property is None or column.about is None):
                raise self._wrong(
                    f'kolom "{column.name}" heeft geen propertyUrl of aboutUrl; zeg suppressOutput: true '
                    "als dat zo hoort",
                    f'column "{column.name}" has no propertyUrl or aboutUrl; say suppressOutput: true if '
                    "that is meant",
                )
            for template in (column.about, column.property, column.value):
                for name in template.variables if template else ():
                    if name not in known:
                        nl, en = did_you_mean(nearest(name, names))
                        raise self._wrong(
                            f'kolom "{name}" bestaat niet.{nl}', f'column "{name}" does not exist.{en}'
                        )

    def _dialect(self, value: Any) -> Dialect:
        own = self._object(value, _DIALECT, '"dialect"', '"dialect"')
        if str(own.get("encoding", "utf-8")).lower() not in ("utf-8", "utf8"):
            raise self._wrong('"encoding" moet utf-8 zijn', '"encoding" must be utf-8')
        if own.get("header", True) is not True or own.get("headerRowCount", 1) != 1:
            raise self._wrong("een tabel heeft één koprij", "a table has one header row")
        delimiter, mark = own.get("delimiter", self.delimiter), own.get("quoteChar", '"')
        if (
            not isinstance(delimiter, str)
            or len(delimiter) != 1
            or not (mark is None or (isinstance(mark, str) and len(mark) == 1))
        ):
            raise self._wrong(
                '"delimiter" en "quoteChar" zijn één teken', '"delimiter" and "quoteChar" are one character'
            )
        return Dialect(
            delimiter,
            mark,
            own.get("doubleQuote", True) is True,
            str(own.get("commentPrefix") or "") if "commentPrefix" in own else "#",
        )

    def _wrong(self, nl: str, en: str) -> Refused:
        return _refuse(self.shown, nl, en)


def _refuse(shown: str, nl: str, en: str, where: json.JSONDecodeError | None = None) -> Refused:
    place = Place(shown, where.lineno, where.colno) if where else Place(shown)
    end = "" if nl.endswith("?") else "."
    return Refused(
        breach(
            Rule.TABLE_DESCRIPTION,
            place,
            f"De tabelbeschrijving klopt niet: {nl}{end}",
            f"The table description is wrong: {en}{end}",
        )
    )


# --- formats of cells ---------------------------------------------------------------------------------------


def _normaliser(datatype: str, pattern: Any) -> Callable[[str], str]:
    """A function from the text of a cell to its lexical form (CSVW Tabular Data Model §6.4.2 to §6.4.5)."""
    if pattern is None:
        return str
    if datatype == "boolean":
        yes, no = str(pattern).split("|")
        return lambda text: {yes: "true", no: "false"}.get(text, "")
    if datatype == "date":
        return partial(_date, _date_pattern(str(pattern)))
    if datatype in ("integer", "decimal", "double", "float") and isinstance(pattern, dict):
        if not set(pattern) <= {"decimalChar", "groupChar"}:
            raise ValueError(pattern)
        group, point = pattern.get("groupChar", ""), pattern.get("decimalChar", ".")
        if not isinstance(group, str) or not isinstance(point, str) or not point:
            raise ValueError(pattern)
        return partial(_number, group, point)
    raise ValueError(pattern)  # among them regular expressions: a pattern is a rule, and rules are shapes


def _date_pattern(pattern: str) -> re.Pattern[str]:
    parts = re.split(r"(yyyy|MM?|dd?)", pattern)
    fields = {part[0] for part in parts[1::2]}
    if len(parts) != 7 or fields != {"y", "M", "d"} or not re.fullmatch(r"[-./ ]{0,2}", "".join(parts[::2])):
        raise ValueError(pattern)
    return re.compile("".join(_DATE_FIELDS.get(part, re.escape(part)) for part in parts))


def _date(pattern: re.Pattern[str], text: str) -> str:
    match = pattern.fullmatch(text)
    return f"{match['y']}-{int(match['m']):02}-{int(match['d']):02}" if match else ""


def _number(group: str, point: str, text: str) -> str:
    if point != "." and "." in text and group != ".":
        return ""
    return (text.replace(group, "") if group else text).replace(point, ".")
