"""What several test modules start from."""

from __future__ import annotations

from pathlib import Path

import pytest
import small_project

from gbvkg import release


@pytest.fixture(scope="session")
def small_releases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A releases folder with 2026.1 and, current, 2026.2 with another title. Not to be changed."""
    root = tmp_path_factory.mktemp("small-releases")
    release.publish(small_project.make(root), root / "releases")
    release.publish(small_project.make(root, "2026.2", "Nieuwe titel"), root / "releases")
    return root / "releases"
