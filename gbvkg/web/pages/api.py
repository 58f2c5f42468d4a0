"""The documentation of the API, from the OpenAPI document that the service gives: no script, nothing from
elsewhere.

This module refuses to describe what the document does not.
"""

from __future__ import annotations

from typing import Any

from gbvkg.web.pages.frame import texts

_METHODS = ("get", "post", "head", "options")


def api(document: dict[str, Any], lang: str) -> dict[str, Any]:
    """What the template needs of an OpenAPI 3.1 document."""
    found = [
        _operation(path, method, item[method])
        for path, item in sorted(document.get("paths", {}).items())
        for method in _METHODS
        if method in item
    ]
    return {"t": texts("api", lang), "operations": found}


def _operation(path: str, method: str, said: dict[str, Any]) -> dict[str, Any]:
    return {
        "path": path,
        "method": method.upper(),
        "anchor": f"{method}{path}".replace("/", "-").strip("-{}").replace("{", "").replace("}", ""),
        "summary": said.get("summary", ""),
        "description": said.get("description", "").strip(),
        "parameters": [_parameter(row) for row in said.get("parameters", [])],
        "answers": [
            (code, row.get("description", ""), sorted(row.get("content", {})))
            for code, row in sorted(said.get("responses", {}).items())
        ],
    }


def _parameter(said: dict[str, Any]) -> dict[str, Any]:
    schema = said.get("schema", {})
    examples = [row.get("value") for row in said.get("examples", {}).values()]
    example = said.get("example", next(iter(examples), schema.get("example", "")))
    return {
        "name": said["name"],
        "required": bool(said.get("required")),
        "description": said.get("description", ""),
        "example": "" if example is None else str(example),
    }
