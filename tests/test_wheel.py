"""The built wheel, installed where there is no clone, carries everything and works."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

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


def test_publish_and_query_outside_the_clone(installed: Path, tmp_path: Path) -> None:
    """Installed from the wheel, ``gbvkg`` publishes the real data and answers from it."""
    published = run(installed, "publish", folder=tmp_path)
    assert published.returncode == 0, published.stderr
    assert (tmp_path / "releases" / "current" / "manifest.json").is_file()
    listed = run(installed, "query", "--list", folder=tmp_path)
    assert listed.returncode == 0, listed.stderr
    explained = run(installed, "explain", "ActionIndicator", folder=tmp_path)
    assert explained.returncode == 0, explained.stderr
    assert "ActionIndicator" in explained.stdout


def test_other_project_folder(installed: Path, tmp_path: Path) -> None:
    """The installed command works on a project folder that brings only its own data."""
    result = run(
        installed, "--project", str(REPOSITORY / "examples/fictional-plan"), "validate", folder=tmp_path
    )
    assert result.returncode == 0, result.stdout + result.stderr
