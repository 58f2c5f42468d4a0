"""The dependency arrows of the design, and a few habits that a machine can check."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "gbvkg"

ALLOWED: dict[str, set[str]] = {
    "errors": set(),
    "lazily": set(),
    "config": {"errors", "lazily", "vocabulary"},
    "vocabulary": {"errors"},
    "project": {"errors", "vocabulary"},
    "findings": {"sources.statement", "vocabulary"},
    "formats": {"errors"},
    "sources": {"errors", "vocabulary", "formats", "project", "findings"},
    "graph": {"errors", "vocabulary", "project", "findings", "sources"},
    "reasoning": {
        "errors", "lazily", "vocabulary", "project", "findings", "sources", "graph", "queries.tokens",
    },
    "validation": {"errors", "vocabulary", "project", "findings", "sources", "graph", "reasoning"},
    "queries": {"errors", "formats", "vocabulary", "project", "findings", "sources"},
    "reports": {"errors", "formats", "vocabulary", "project", "findings", "sources", "validation", "queries"},
    "release": {
        "errors", "config", "formats", "lazily", "vocabulary", "project", "findings", "sources",
        "graph", "reasoning", "validation", "queries", "reports",
    },
    "store": {"errors", "config", "formats", "lazily", "vocabulary", "release.manifest", "release.folder"},
    "web": {
        "errors", "config", "formats", "vocabulary", "project", "queries", "store", "release.manifest",
        "release.folder", "release.jsonld", "release.order",
    },
}  # fmt: skip
"""Module → modules that it may import; ``cli`` may import all. A module without a row fails."""


def _modules() -> dict[str, list[Path]]:
    found: dict[str, list[Path]] = {}
    for path in PACKAGE.rglob("*.py"):
        top = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
        if top not in {"__init__", "__main__", "project" if (PACKAGE / "project").is_dir() else "-"}:
            found.setdefault(top, []).append(path)
    return found


def _imports(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "gbvkg":
            if node.module == "gbvkg":
                names |= {alias.name for alias in node.names}
            else:
                names.add(node.module.removeprefix("gbvkg."))
        elif isinstance(node, ast.Import):
            names |= {a.name.removeprefix("gbvkg.") for a in node.names if a.name.startswith("gbvkg.")}
    return names - {"__version__"}


def test_every_module_has_a_row() -> None:
    """A module that the design does not know cannot slip in."""
    assert set(_modules()) - {"cli"} == set(ALLOWED)


@pytest.mark.parametrize("module", sorted(ALLOWED))
def test_arrows(module: str) -> None:
    """A module imports only what the design lets it import."""
    for path in _modules()[module]:
        for name in _imports(path):
            top = name.split(".")[0]
            fine = top == module or top in ALLOWED[module] or name in ALLOWED[module]
            assert fine, f"{path.name} of {module} imports {name}"


def test_no_store_in_validation() -> None:
    """Validation never imports the serving store."""
    assert not any("store" in _imports(p) for p in _modules()["validation"])


MAKING = (
    "gbvkg.project", "gbvkg.findings", "gbvkg.sources", "gbvkg.graph", "gbvkg.reasoning", "gbvkg.validation",
    "gbvkg.reports", "gbvkg.queries", "gbvkg.release.publication", "rdflib", "pyshacl", "owlready2", "yaml",
)  # fmt: skip
"""What makes a release. Serving one needs none of it."""


@pytest.mark.parametrize("module", ["gbvkg.store.pool", "gbvkg.store.zygote", "gbvkg.release.manifest"])
def test_serving_does_not_load_the_make_half(module: str) -> None:
    """Neither the pool, nor its processes, nor what verifies a release imports it, by whatever way."""
    script = f"import sys, {module}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert module in loaded
    assert not loaded & set(MAKING)
    assert "asyncio" not in loaded or module == "gbvkg.store.pool"


def test_no_dumping_grounds() -> None:
    """No module is called after nothing in particular."""
    stems = {p.stem for p in PACKAGE.rglob("*.py")}
    assert not stems & {"utils", "helpers", "common", "manager", "core", "misc"}


def test_every_module_says_what_it_is() -> None:
    """Each module starts with a docstring."""
    for path in PACKAGE.rglob("*.py"):
        assert ast.get_docstring(ast.parse(path.read_text("utf-8"))), path


def test_domain_is_not_in_python() -> None:
    """No class or property of the domain is spelled in Python: those are data.

    Excepted are the terms of the machinery itself (waivers), which Python must know to do its work.
    """
    machinery = {"ReadingRule", "Waiver", "waivesRule", "waivesFor", "waivedUntil", "rationale", "decidedBy"}
    domain = (
        set(re.findall(r'"gbv:(\w+)"', (PACKAGE.parent / "ontology/context.jsonld").read_text("utf-8")))
        - machinery
    )
    for path in PACKAGE.rglob("*.py"):
        text = path.read_text("utf-8")
        used = {term for term in re.findall(r"gbv:(\w+)|ns#(\w+)", text) for term in term if term} & domain
        assert not used, f"{path.name} names {sorted(used)}"
