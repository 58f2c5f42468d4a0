"""The service that most attacks are made on: the real data, with small limits so that attacks end soon."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from bystander import SHORT
from serving import Canary, Served, canary, released, serving


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One service for all attacks that leave nothing behind; every one checks that it is as it was."""
    with serving(released(), tmp_path_factory.mktemp("attacked") / "log", **SHORT) as found:
        yield found


@pytest.fixture
def bird() -> Iterator[Canary]:
    """What nothing of ours may ever reach."""
    with canary() as found:
        yield found
