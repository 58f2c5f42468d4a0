"""THREAT_MODEL.md is true: its tests exist, no attack is left out, and its limits are those of the code."""

from __future__ import annotations

import re
from pathlib import Path

from gbvkg.config import ServeSettings

REPOSITORY = Path(__file__).parent.parent
TEXT = (REPOSITORY / "THREAT_MODEL.md").read_text("utf-8")
ROWS = {1, 2, 3, 4, 5, 6, 7, 8, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 26, 27}
"""Rows of the threat table that concern the service."""


def test_every_row_has_its_test() -> None:
    """One line and one file per row, under the same number."""
    found = re.findall(r"^\| (\d+) \|.*\| `(tests/attacks/test_(\d\d)_\w+\.py)` \|$", TEXT, re.MULTILINE)
    assert {int(row) for row, _, _ in found} == ROWS
    assert all(int(row) == int(number) for row, _, number in found)
    there = {
        path.relative_to(REPOSITORY).as_posix() for path in (REPOSITORY / "tests/attacks").glob("test_*.py")
    }
    assert {path for _, path, _ in found} == there


def test_every_file_that_is_named_exists() -> None:
    """Tests and modules alike."""
    named = set(re.findall(r"`((?:tests|gbvkg|deploy)/[\w/.]*)`", TEXT))
    assert len(named) > 20
    for path in named:
        assert (REPOSITORY / path).exists(), path


def test_limits_are_those_of_the_code() -> None:
    """Each setting exists and has this default."""
    rows = re.findall(r"^\|[^|]*\| ([\d.]+) \| `GBVKG_(\w+)` \|$", TEXT, re.MULTILINE)
    assert len(rows) >= 11
    for default, name in rows:
        assert getattr(ServeSettings(), name.lower()) == float(default), name


def test_settings_that_are_named_exist() -> None:
    """Also those in running text."""
    for name in re.findall(r"`GBVKG_(\w+)`", TEXT):
        assert hasattr(ServeSettings(), name.lower()), name
