"""What several test modules start from."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import small_project
from chromium import launched
from serving import Served, released, serving

from gbvkg import release


@pytest.fixture(scope="session")
def small_releases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A releases folder with 2026.1 and, current, 2026.2 with another title. Not to be changed."""
    root = tmp_path_factory.mktemp("small-releases")
    release.publish(small_project.make(root), root / "releases")
    release.publish(small_project.make(root, "2026.2", "Nieuwe titel"), root / "releases")
    return root / "releases"


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """A headless browser; skipped where there is none."""
    with launched() as found:
        yield found


@pytest.fixture(scope="session")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A service of the real data, with a budget that no test uses up. For tests that leave nothing behind."""
    log = tmp_path_factory.mktemp("real") / "log"
    with serving(released(), log, budget_seconds="100000") as found:
        yield found
