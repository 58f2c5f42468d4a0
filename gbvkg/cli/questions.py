"""What ``gbvkg query`` reads and lists: parameters as typed, and the questions that can be asked.

This module refuses to judge a value: that is for the parameter of the query.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from gbvkg.errors import BadParameter

if TYPE_CHECKING:
    from gbvkg.queries import Catalogue, Parameter, Query

WORDS = {
    "nl": {
        "required": "verplicht",
        "default": "standaard {}",
        "formats": "Als --format kan: {}.",
        "cq": "competentievraag {}",
    },
    "en": {
        "required": "required",
        "default": "default {}",
        "formats": "As --format: {}.",
        "cq": "competency question {}",
    },
}


def parameters(given: Sequence[str]) -> dict[str, str]:
    """``name=value`` → mapping. Raises BadParameter for a word without "=" and for a name given twice."""
    values: dict[str, str] = {}
    for word in given:
        name, sign, value = word.partition("=")
        if not sign:
            raise BadParameter(f'"{word}" moet naam=waarde zijn.', f'"{word}" must be name=value.')
        if name in values:
            raise BadParameter(
                f'Parameter "{name}" staat er twee keer.', f'Parameter "{name}" is given twice.'
            )
        values[name] = value
    return values


def listing(catalogue: Catalogue, lang: str) -> str:
    """All questions in a line each: name, number of the competency question that it answers, title."""
    asked = [catalogue.get(name) for name in catalogue.names()]
    rows = [(query.name, query.answers, query.summary[lang]) for query in asked]
    widths = [max((len(row[i]) for row in rows), default=0) for i in (0, 1)]
    return "".join(f"{name:<{widths[0]}}  {number:<{widths[1]}}  {title}\n" for name, number, title in rows)


def description(query: Query, lang: str) -> str:
    """One question: its title, explanation, parameters, and the formats that its answer can have."""
    words = WORDS[lang]
    number = f" ({words['cq'].format(query.answers)})" if query.answers else ""
    lines = [f"{query.name}: {query.summary[lang]}{number}", query.description.get(lang, "")]
    lines += [_parameter(each, lang) for each in query.parameters.values()]
    lines.append(words["formats"].format(", ".join(query.formats)))
    return "".join(f"{line}\n" for line in lines if line)


def _parameter(parameter: Parameter, lang: str) -> str:
    words = WORDS[lang]
    need = words["required"] if parameter.required else ""
    default = words["default"].format(parameter.default) if parameter.default else ""
    facts = ", ".join(filter(None, [parameter.type, need, default]))
    return f"  --param {parameter.name}={parameter.example}  ({facts}) {parameter.summary[lang]}"
