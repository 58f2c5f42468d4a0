"""The documentation of the API, from the OpenAPI document that the service gives: no script, nothing from
elsewhere.

This module refuses to describe what the document does not.
"""

from __future__ import annotations

from typing import Any

from gbvkg.vocabulary import LANGUAGES
from gbvkg.web.pages.frame import texts

_METHODS = ("get", "post", "head", "options")


def api(document: dict[str, Any], lang: str) -> dict[str, Any]:
    """What the template needs of an OpenAPI 3.1 document."""
    found = [
        _operation(path, method, item[method], lang)
        for path, item in sorted(document.get("paths", {}).items())
        for method in _METHODS
        if method in item
    ]
    return {"t": texts("api", lang), "operations": found}


def _operation(path: str, method: str, said: dict[str, Any], lang: str) -> dict[str, Any]:
    title, *told = _in(said.get("description", "").strip().split("\n\n"), lang)
    return {
        "path": path,
        "method": method.upper(),
        "anchor": f"{method}{path}".replace("/", "-").strip("-{}").replace("{", "").replace("}", ""),
        "title": title.strip("*") or said.get("summary", ""),
        "told": told,
        "bodies": sorted(said.get("requestBody", {}).get("content", {})),
        "parameters": [_parameter(row, lang) for row in said.get("parameters", [])],
        "answers": [
            (code, _line(row, lang), sorted(row.get("content", {})))
            for code, row in sorted(said.get("responses", {}).items())
        ],
    }


def _in(parts: list[str], lang: str) -> list[str]:
    """Of what the document says in each language, one after the other, what it says in one of them."""
    each, left = divmod(len(parts), len(LANGUAGES))
    start = LANGUAGES.index(lang) * each
    return parts if left else parts[start : start + each]


def _line(said: dict[str, Any], lang: str) -> str:
    return " / ".join(_in(said.get("description", "").split(" / "), lang))


def _parameter(said: dict[str, Any], lang: str) -> dict[str, Any]:
    schema = said.get("schema", {})
    examples = [row.get("value") for row in said.get("examples", {}).values()]
    example = said.get("example", next(iter(examples), schema.get("example", "")))
    return {
        "name": said["name"],
        "required": bool(said.get("required")),
        "description": _line(said, lang),
        "example": "" if example is None else str(example),
    }
