"""The headless browser in which pages are tested, and axe, which judges them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

AXE = Path(__file__).parent.parent / "editor" / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
"""WCAG 2.2 AA and what it builds on, and what axe itself thinks good."""

CHROMIUM = shutil.which("chromium")

needs_axe = pytest.mark.skipif(
    not AXE.is_file(), reason="axe-core is not installed (sh scripts/set-up-node.sh editor)"
)


@contextmanager
def launched() -> Iterator[Any]:
    """Chromium. Skips the test, with the reason, where there is none."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if CHROMIUM is None:
        pytest.skip("chromium is not installed (apt-get install chromium)")
    with playwright.sync_playwright() as started:
        found = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield found
        found.close()


def violations(page: Any) -> list[str]:
    """What axe finds on a page of the browser, as rule and element."""
    if page.evaluate("typeof axe") == "undefined":
        page.evaluate(AXE.read_text("utf-8"))
    return list(
        page.evaluate(
            "rules => axe.run({runOnly: rules}).then(done => done.violations.flatMap("
            "v => v.nodes.map(n => v.id + ': ' + n.html.slice(0, 200))))",
            RULES,
        )
    )
