"""A tab of a headless Chromium that remembers what it asked for, refused and was tricked into."""

from __future__ import annotations

from typing import Any

from serving import Served


class Tab:
    """``asked`` are (method, address) of all requests, ``violations`` what the policy refused, ``dialogs``
    what a script put up.
    """

    def __init__(self, browser: Any, served: Served) -> None:
        self.served = served
        self.asked: list[tuple[str, str]] = []
        self.violations: list[str] = []
        self.errors: list[str] = []
        self.dialogs: list[str] = []
        self.context = browser.new_context(base_url=served.url)
        self.page = self.context.new_page()
        self.page.on("request", lambda request: self.asked.append((request.method, request.url)))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", self._heard)
        self.page.on("dialog", self._dialog)

    def _heard(self, message: Any) -> None:
        if "Content Security Policy" in message.text or "Refused to" in message.text:
            self.violations.append(message.text)

    def _dialog(self, dialog: Any) -> None:
        self.dialogs.append(dialog.message)
        dialog.dismiss()

    def open(self, path: str) -> None:
        """The page, when it has come to rest."""
        self.page.goto(path, wait_until="load")

    def is_clean(self) -> None:
        """Fails when a script of a stranger ran, the policy had to stop one, or a request left the origin."""
        assert self.page.evaluate("window.__pwn") is None
        assert not self.dialogs
        assert not self.violations, self.violations
        assert not self.errors, self.errors
        outside = [url for _, url in self.asked if not url.startswith((self.served.url, "data:", "blob:"))]
        assert not outside, outside

    def targets(self) -> list[str]:
        """Where the links and forms of the page lead, as the browser understands them."""
        return list(
            self.page.evaluate(
                "() => [...document.querySelectorAll('a[href], area[href], form[action], button[formaction],"
                " use, iframe, object')].map(e => (e.href && e.href.baseVal !== undefined ? e.href.baseVal :"
                " e.href || e.src || e.action || e.data || '') + '')"
            )
        )
