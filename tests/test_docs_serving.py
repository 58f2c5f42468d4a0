"""docs/serving.md is true: settings, metrics, refusals and paths are those of the code."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

from gbvkg import errors
from gbvkg.cli import parser
from gbvkg.config import ServeSettings
from gbvkg.web import metrics, problems, service

PAGE = (Path(__file__).parent.parent / "docs" / "serving.md").read_text("utf-8")


def _rows(heading: str) -> list[list[str]]:
    """The cells of the table under a heading, without its first two lines."""
    section = PAGE.rpartition(f"### {heading}\n")[2].partition("\n### ")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def _shown(value: object) -> str:
    if isinstance(value, tuple):
        return " ".join(map(str, value)) or "(none)"
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, float):
        return f"{value:g}"
    return "(none)" if value in ("", None) else str(value)


def test_the_settings_are_those_of_the_code() -> None:
    """All of them, in order, with their variables and defaults."""
    expected = [
        (f"`GBVKG_{f.name.upper()}`", _shown(getattr(ServeSettings(), f.name))) for f in fields(ServeSettings)
    ]
    assert [(row[0], row[1]) for row in _rows("Settings")] == expected


def test_the_options_are_those_of_the_command() -> None:
    """The four settings that are options are read by the command."""
    asked = parser.parse(["serve", "--host", "::1", "--port", "9", "--prefix", "/x", "--hosts", "a"], "en")
    for name in re.findall(r"`--(\w+)`", PAGE.partition("### Settings\n")[2].partition("|")[0]):
        assert hasattr(asked, name), name


def test_variables_in_running_text_exist() -> None:
    """Also in the Dutch half."""
    names = {f"GBVKG_{field.name.upper()}" for field in fields(ServeSettings)} | {"GBVKG_RELEASES"}
    found = set(re.findall(r"GBVKG_[A-Z_]+", PAGE))
    assert found <= names


def test_the_metrics_are_those_of_the_code() -> None:
    """Every name that is exposed, with its kind, and no other."""
    source = Path(metrics.__file__).read_text("utf-8")
    kinds = dict(re.findall(r'\("(\w+)", "(counter|gauge)", "', source))
    kinds |= dict(re.findall(r'"# TYPE gbvkg_(\w+) (counter|gauge)"', source))
    assert {(row[0], row[1]) for row in _rows("Metrics")} == {
        (f"`gbvkg_{name}`", kind) for name, kind in kinds.items()
    }


def _every(error: type[errors.GbvkgError]) -> Iterator[type[errors.GbvkgError]]:
    for kind in error.__subclasses__():
        yield kind
        yield from _every(kind)


def test_refusals_have_these_slugs_and_statuses() -> None:
    """The table has every error with a status that a client can get from the endpoint, and its own status."""
    assert service.BodyTooLarge.slug in problems.TITLES
    kinds = {kind.slug: kind for kind in _every(errors.GbvkgError) if hasattr(kind, "status")}
    told = {row[0].strip("`"): int(row[1]) for row in _rows("Limits and what a client sees")}
    of_the_line = {found.slug: found.status for found in service.REFUSALS.values() if found.slug != "fault"}
    assert told == {slug: kind.status for slug, kind in kinds.items() if slug in told} | of_the_line
    assert set(kinds) - set(told) <= {"query"}, "which has no sentence of its own"


def test_both_halves_have_the_same_parts() -> None:
    """As many sections in Dutch as in English; only caching is for programmers."""
    dutch, english = PAGE.partition("\n## English")[::2]
    assert dutch.count("\n### ") + 1 == english.count("\n### ")
