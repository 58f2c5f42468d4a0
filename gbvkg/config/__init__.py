"""``Settings`` and ``ServeSettings``: the only readers of the environment. Built once, frozen, passed in.

Nothing is read at import, so that two settings can live side by side in one process. This module refuses
to hold anything that changes what is published: the same project gives the same release everywhere.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from gbvkg.errors import UsageError
from gbvkg.lazily import lazily
from gbvkg.vocabulary import LANGUAGES

if TYPE_CHECKING:
    from gbvkg.config.service import Network, ServeSettings


@dataclass(frozen=True, slots=True)
class Settings:
    """What the environment says.

    ``language``  "nl" or "en": ``GBVKG_LANG``, else the locale (LC_ALL, LC_MESSAGES, LANG), else Dutch.
    ``project``   ``GBVKG_PROJECT``: the project folder, None for the packaged one.
    ``releases``  ``GBVKG_RELEASES``: where releases are, None for the project's own place.
    ``colour``    False when ``NO_COLOR`` is set (no-color.org) or ``TERM`` is "dumb".
    """

    language: str = "nl"
    project: Path | None = None
    releases: Path | None = None
    colour: bool = True

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] | None = None) -> Settings:
        """The settings in ``environ`` (default: the process's). Raises UsageError for an impossible value."""
        env = os.environ if environ is None else environ
        return cls(
            language=_language(env),
            project=_folder(env, "GBVKG_PROJECT"),
            releases=_folder(env, "GBVKG_RELEASES"),
            colour=not env.get("NO_COLOR") and env.get("TERM") != "dumb",
        )


def _language(env: Mapping[str, str]) -> str:
    chosen = env.get("GBVKG_LANG", "")
    if chosen and chosen not in LANGUAGES:
        raise UsageError(
            f'GBVKG_LANG is "{chosen}"; het moet "nl" of "en" zijn.',
            f'GBVKG_LANG is "{chosen}"; it must be "nl" or "en".',
        )
    names = ("LC_ALL", "LC_MESSAGES", "LANG")
    locale = next((env[name] for name in names if env.get(name)), "")
    return chosen or ("en" if locale.lower().startswith("en") else "nl")


def _folder(env: Mapping[str, str], name: str) -> Path | None:
    value = env.get(name, "")
    if "\0" in value:
        raise UsageError(f"{name} bevat een nulteken.", f"{name} contains a null character.")
    return Path(value) if value else None


_HOMES = {"Network": "service", "ServeSettings": "service"}
"""Name → its module, imported when asked for: checking fiches needs neither."""

__getattr__ = lazily(__name__, _HOMES)

__all__ = ["Network", "ServeSettings", "Settings"]
