"""The built wheel, installed where there is no clone, carries everything and works."""

from __future__ import annotations

import ast
import csv
import io
import os
import re
import subprocess
import sys
import venv
import zipfile
from collections.abc import Mapping
from email.parser import Parser
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from tests.serving import released, serving

REPOSITORY = Path(__file__).parent.parent
CARRIED = ("ontology", "shapes", "queries", "data", "tests/cases")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--outdir", str(out), str(REPOSITORY)],
        check=True,
        capture_output=True,
    )
    return next(out.glob("gbvkg-*.whl"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The ``gbvkg`` command of a fresh environment that sees this one's dependencies but not the clone."""
    home = tmp_path_factory.mktemp("environment")
    venv.create(home, with_pip=False)
    site = next(home.glob("lib/python*/site-packages"))
    subprocess.run(
        [
            sys.executable,
            "-m",
            "pip",
            "install",
            "--quiet",
            "--no-deps",
            "--no-index",
            "--target",
            str(site),
            str(wheel),
        ],
        check=True,
        capture_output=True,
    )
    ours = Path(next(p for p in sys.path if p.endswith("site-packages")))
    dependencies = home / "dependencies"
    dependencies.mkdir()
    for entry in ours.iterdir():
        if "gbvkg" not in entry.name.lower():
            (dependencies / entry.name).symlink_to(entry)
    (site / "dependencies.pth").write_text(f"{dependencies}\n")
    command = home / "bin" / "gbvkg"
    command.write_text(f"#!{home}/bin/python\nimport sys\nfrom gbvkg.__main__ import run\nsys.exit(run())\n")
    command.chmod(0o755)
    return command


def run(command: Path, *arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "GBVKG"))}
    return subprocess.run(
        [command, *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def test_wheel_carries_the_project(wheel: Path) -> None:
    """Every tracked file of the ontology, shapes, queries, data and cases is carried; no test code is."""
    names = set(zipfile.ZipFile(wheel).namelist())
    tracked = subprocess.run(
        ["git", "ls-files", *CARRIED], cwd=REPOSITORY, capture_output=True, text=True, check=True
    ).stdout.split("\n")
    expected = {f"gbvkg/project/{name}" for name in tracked if name}
    assert expected
    assert expected <= names
    assert not {
        name for name in names if name.startswith("gbvkg/project/") and name.endswith((".py", ".pyc"))
    }


def _imported(sources: Mapping[str, str]) -> dict[str, set[str]]:
    """Top-level package → the files that import it, of what is neither Python's own nor ours."""
    found: dict[str, set[str]] = {}
    for name, text in sources.items():
        for node in ast.walk(ast.parse(text)):
            modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.module and not node.level:
                modules = [node.module]
            for module in modules:
                found.setdefault(module.partition(".")[0], set()).add(name)
    ours = {*sys.stdlib_module_names, "gbvkg"}
    return {package: files for package, files in found.items() if package not in ours}


def _undeclared(imported: Mapping[str, set[str]], required: set[str]) -> dict[str, set[str]]:
    """What is imported of no distribution that is required by name: that another one needs it is luck."""
    owners = packages_distributions()
    return {
        package: files
        for package, files in imported.items()
        if not {_normal(owner) for owner in owners.get(package, [])} & required
    }


def _normal(distribution: str) -> str:
    """PEP 503."""
    return re.sub(r"[-_.]+", "-", distribution).lower()


def _required(wheel: Path) -> set[str]:
    """What a plain ``pip install`` of the wheel brings, as its metadata says; not what an extra adds."""
    with zipfile.ZipFile(wheel) as archive:
        name = next(name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        fields = Parser().parsestr(archive.read(name).decode())
    rows = [row for row in fields.get_all("Requires-Dist", []) if "extra ==" not in row]
    return {_normal(re.split(r"[^A-Za-z0-9._-]", row, maxsplit=1)[0]) for row in rows}


def test_every_package_that_is_imported_is_declared(wheel: Path) -> None:
    """The environment of the tests has everything, so only this notices a dependency that was forgotten."""
    with zipfile.ZipFile(wheel) as archive:
        code = {name: archive.read(name).decode() for name in archive.namelist() if name.endswith(".py")}
    imported = _imported(code)
    assert {"pyoxigraph", "yaml"} <= imported.keys()
    assert _undeclared(imported, _required(wheel)) == {}


def test_a_package_that_is_not_declared_is_noticed() -> None:
    """However it is imported; a package of another name than its distribution is known by both."""
    code = {
        "a.py": "import yaml.nodes\nimport os, pytest",
        "b.py": "def f():\n    from pyoxigraph import Store\n    from . import c",
    }
    imported = _imported(code)
    assert imported == {"yaml": {"a.py"}, "pytest": {"a.py"}, "pyoxigraph": {"b.py"}}
    assert _undeclared(imported, {"pyyaml", "pytest"}) == {"pyoxigraph": {"b.py"}}
    assert _undeclared(imported, {"pyyaml", "pytest", "pyoxigraph"}) == {}


def test_publish_and_query_outside_the_clone(installed: Path, tmp_path: Path) -> None:
    """Installed from the wheel, ``gbvkg`` publishes the real data and answers from it."""
    published = run(installed, "publish", folder=tmp_path)
    assert published.returncode == 0, published.stderr
    assert (tmp_path / "releases" / "current" / "manifest.json").is_file()
    listed = run(installed, "query", "--list", folder=tmp_path)
    assert listed.returncode == 0, listed.stderr
    assert "unanswered-question-parts" in listed.stdout
    answered = run(installed, "query", "unanswered-question-parts", "--format", "csv", folder=tmp_path)
    assert answered.returncode == 0, answered.stderr
    rows = list(csv.DictReader(io.StringIO(answered.stdout)))
    parts = {(row["identifier"], row["partNumber"]) for row in rows}
    assert parts == {("354", "2"), ("354", "3")}
    explained = run(installed, "explain", "ActionIndicator", folder=tmp_path)
    assert explained.returncode == 0, explained.stderr
    assert "ActionIndicator" in explained.stdout


def test_other_project_folder(installed: Path, tmp_path: Path) -> None:
    """The installed command works on a project folder that brings only its own data."""
    result = run(
        installed, "--project", str(REPOSITORY / "examples/fictional-plan"), "validate", folder=tmp_path
    )
    assert result.returncode == 0, result.stdout + result.stderr


def test_serve_outside_the_clone(installed: Path, tmp_path: Path) -> None:
    """The wheel carries what pages are made of: templates, texts, views, styles and the editor."""
    with serving(released(), tmp_path / "log", command=[str(installed)]) as served:
        home = served.get("/", accept="text/html")
        assert home.status_code == 200
        styles = re.findall(r'<link rel="stylesheet" href="([^"]+)"', home.text)
        assert styles
        editor = re.findall(r'<script defer src="([^"]+)"', served.get("/sparql", accept="text/html").text)
        assert editor
        for path in (
            "/doc/action/vap-sg-2020/11",
            "/doc/ns",
            "/query/",
            "/search?q=geweld",
            *styles,
            *editor,
        ):
            assert served.get(path, accept="text/html,*/*").status_code == 200, path
        asked = served.sparql("ASK { ?thing ?property ?value }", accept="application/sparql-results+json")
        assert asked.json()["boolean"] is True
