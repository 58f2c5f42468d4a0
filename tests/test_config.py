"""Settings: the only reader of the environment."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from gbvkg.config import Settings
from gbvkg.errors import UsageError


@pytest.mark.parametrize(
    ("environ", "language"),
    [
        ({}, "nl"),
        ({"LANG": "en_US.UTF-8"}, "en"),
        ({"LANG": "nl_BE.UTF-8"}, "nl"),
        ({"LANG": "en_US.UTF-8", "LC_ALL": "nl_BE"}, "nl"),
        ({"LC_ALL": "", "LC_MESSAGES": "en_GB"}, "en"),
        ({"LANG": "C"}, "nl"),
        ({"GBVKG_LANG": "en", "LANG": "nl_BE"}, "en"),
    ],
)
def test_the_language(environ: dict[str, str], language: str) -> None:
    """GBVKG_LANG, then the locale in POSIX order, then Dutch."""
    assert Settings.from_environment(environ).language == language


def test_an_impossible_value_is_refused() -> None:
    """A wrong setting is an error and is not read as the default."""
    with pytest.raises(UsageError, match='must be "nl" or "en"'):
        Settings.from_environment({"GBVKG_LANG": "fr"})
    with pytest.raises(UsageError, match="null character"):
        Settings.from_environment({"GBVKG_PROJECT": "a\0b"})


def test_folders_and_colour() -> None:
    """Folders are None when not said; NO_COLOR with any value switches colour off."""
    settings = Settings.from_environment({"GBVKG_PROJECT": "/p", "GBVKG_RELEASES": "r", "NO_COLOR": "1"})
    assert (settings.project, settings.releases, settings.colour) == (Path("/p"), Path("r"), False)
    assert Settings.from_environment({}) == Settings()


def test_settings_are_frozen() -> None:
    """What was read at the start holds to the end."""
    with pytest.raises(dataclasses.FrozenInstanceError):
        Settings().language = "en"  # type: ignore[misc]
