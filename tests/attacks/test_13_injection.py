"""Row 13: text of a stranger that becomes part of a query."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from bystander import unharmed
from serving import Served

TYPED = [
    'zzz")||true||CONTAINS(?v,"',
    'zzz" || true || "',
    "zzz') || true || ('",
    "} #",
    "zzz} UNION { ?s ?p ?o } #",
    "zzz\\u0022) || true || CONTAINS(?v, \\u0022",
    'zzz"\n) . ?s ?p ?o #',
    "zzz'''\"\"\"",
    "https://x.example/> ?p ?o } #",
    "zzz $plan ?plan",
    "zzz\\",
]
PACKAGE = Path(__file__).parents[2] / "gbvkg"
SPARQL = re.compile(r"\b(SELECT|ASK|CONSTRUCT|DESCRIBE)\b[^a-z]*[{?*$<]|\bWHERE\s*\{")


def _found(service: Served, path: str, **asked: str) -> set[str]:
    answer = service.client.get(path, params=asked, headers={"Accept": "text/html"})
    assert answer.status_code == 200
    main = answer.text.partition('<ul class="results">')[2].partition("</ul>")[0]
    return set(re.findall(r'href="(/doc/[^"?]*)', main))


@pytest.mark.parametrize("typed", TYPED)
def test_the_search_box(service: Served, typed: str) -> None:
    """Nothing more is found than the words in it would find."""
    words = " ".join(re.findall(r"\w+", typed))
    with unharmed(service):
        assert _found(service, "/search", q=typed) <= _found(service, "/search", q=words)
        assert not _found(service, "/search", q="zzzqqq " + typed) - _found(service, "/search", q=words)


@pytest.mark.parametrize("typed", TYPED)
@pytest.mark.parametrize(
    ("query", "name"),
    [("actions", "plan"), ("latest-status", "plan"), ("actions-of-minister-for-field", "minister")],
)
def test_a_parameter_of_a_query(service: Served, query: str, name: str, typed: str) -> None:
    """It is bound as a term: no row, or a refusal; never a row that it does not name."""
    with unharmed(service):
        answer = service.client.get(f"/query/{query}", params={name: typed, "format": "json"})
        assert answer.status_code in (200, 400)
        if answer.status_code == 200:
            assert answer.json()["results"]["bindings"] == []


@pytest.mark.parametrize("typed", TYPED)
def test_a_path(service: Served, typed: str) -> None:
    """A name that could end an IRI or a string names nothing."""
    with unharmed(service):
        for path in ("/doc/action/", "/id/action/vap-sg-2020/", "/list/", "/query/", "/releases/"):
            answer = service.client.get(path + "".join(f"%{byte:02x}" for byte in typed.encode()))
            assert answer.status_code in (400, 404), path


OURS = frozenset((
    "expand", "CHOICES", "NEAR", "limit", "skip",  # prefixes and numbers of ours
    "_path", "_values", "hidden", "named", "read", "facet", "of", "called", "_list", "patterns", "union",
    # what views.toml says
    "nodes", "iri",  # IRIs that the release has, written by the library
    "columns", "prologue",  # a query that was parsed, taken apart
))  # fmt: skip
"""What may be put into the text of a query, each looked at. Whatever a request says is bound as a term
(``gbvkg.queries.parameters.bind``): a new name here needs a reason.
"""


def test_no_query_is_built_of_strings() -> None:
    """Nowhere in the service is SPARQL a text with anything put into it but what is ``OURS``."""
    wrong = []
    for path in (*PACKAGE.glob("web/**/*.py"), *PACKAGE.glob("store/*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if strange := _put_in(node) - OURS:
                wrong.append(f"{path.relative_to(PACKAGE)}:{node.lineno} {strange}")  # type: ignore[attr-defined]
    assert wrong == []


def _put_in(node: ast.AST) -> set[str]:
    """Names of what an f-string, a sum or ``.format`` puts into a text that looks like a query."""
    if isinstance(node, ast.JoinedStr):
        parts: list[ast.AST] = [part.value for part in node.values if isinstance(part, ast.FormattedValue)]
    elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Mod):
        parts = [side for side in (node.left, node.right) if not isinstance(side, ast.Constant)]
    elif isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "format":
        parts = [*node.args, *(keyword.value for keyword in node.keywords)]
    else:
        return set()
    if not SPARQL.search(_constants(node)):
        return set()
    return {_root(part) for part in parts if not isinstance(part, ast.JoinedStr | ast.BinOp | ast.Constant)}


def _root(node: ast.AST) -> str:
    """The first name of an expression: ``a`` of ``a.b(c)`` and of ``a + 1``."""
    while not isinstance(node, ast.Name):
        node = next(ast.iter_child_nodes(node), ast.Name("?"))
    return node.id


def _constants(node: ast.AST) -> str:
    parts = [part.value for part in ast.walk(node) if isinstance(part, ast.Constant)]
    return "␣".join(part for part in parts if isinstance(part, str))


def test_the_lint_fires() -> None:
    """On what it is meant for, and not on a message that names a keyword."""
    built = ast.parse("x = f'SELECT * WHERE {{ ?s ?p \"{typed}\" }}'\ny = 'ASK { ?s ?p ' + typed.x")
    assert set().union(*map(_put_in, ast.walk(built))) == {"typed"}
    fine = ast.parse("x = f'Ask with SELECT, not with {word}.'\ny = 'SELECT * { ?s ?p ?o }'")
    assert not any(map(_put_in, ast.walk(fine)))
