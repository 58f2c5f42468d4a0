"""``ServeSettings``: what the service may do, from the environment."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from gbvkg.errors import UsageError

Network = IPv4Network | IPv6Network

_ENOUGH = 12
"""Queries at once that keep the process that serves busy (measured with point queries)."""

_LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
_PUBLIC = re.compile(
    r"https?://(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?"
)


@dataclass(frozen=True, slots=True)
class ServeSettings:
    """What the service may do; each field is read from ``GBVKG_`` and its name in capitals.

    ``host``, ``port``        where it listens. ``prefix`` the path before every path of ours, "" or "/name".
    ``public``                scheme://host[:port] where others reach it, "" for what ``address`` makes of it.
    ``hosts``                 Host names that it answers to, without port, beside that of ``public``; "*" for
                              any (a proxy checks).
    ``trusted_proxies``       networks whose X-Forwarded-For is believed.
    ``workers``               queries that one client may have running, 0 for four per core (12 at most, or
                              one per core); the pool has one more per core.
    ``query_seconds``         how long one query may take; ``query_memory`` (MB) what it may use on top of the
                              release; ``result_bytes`` how large its answer may be.
    ``queue``                 how many requests of one client may wait for a worker.
    ``budget_seconds``        processing time that one client gets per ``budget_window`` seconds.
    ``body_bytes``, ``body_seconds``  how large a request body may be and how long it may take to arrive.
    ``send_seconds``          how long a client may leave a part of a large answer unread.
    ``cache_bytes``           how much the answers that are kept may take.
    ``poll_seconds``          how often the service looks for a new release.
    ``archived``              how many older releases may be open at a time.
    ``theme``                 a folder with theme.css and a logo, None for our own.
    ``access_log``            whether each request gets a line on standard error; with its query under
                              ``log_queries``.
    """

    host: str = "127.0.0.1"
    port: int = 8000
    prefix: str = ""
    public: str = ""
    hosts: tuple[str, ...] = _LOOPBACK
    trusted_proxies: tuple[Network, ...] = ()
    workers: int = 0
    query_seconds: float = 10.0
    query_memory: int = 600
    result_bytes: int = 32_000_000
    queue: int = 128
    budget_seconds: float = 60.0
    budget_window: float = 60.0
    body_bytes: int = 131_072
    body_seconds: float = 10.0
    send_seconds: float = 30.0
    cache_bytes: int = 64_000_000
    poll_seconds: float = 1.0
    archived: int = 2
    theme: Path | None = None
    access_log: bool = True
    log_queries: bool = False

    @property
    def at_once(self) -> int:
        """Queries that one client may have running: ``workers``. When that is 0 four per core, as a core has
        nothing to do while an answer is on its way and the next question comes, but with many cores one per
        core: then the process that serves is what others wait for.
        """
        return self.workers or max(_cores(), min(4 * _cores(), _ENOUGH))

    @property
    def slow_at_once(self) -> int:
        """How many of them while its queries are slow: one per core."""
        return min(self.at_once, _cores())

    @property
    def processes(self) -> int:
        """One per core more, for everybody else while one client has all that it may have."""
        return self.at_once + self.slow_at_once

    @property
    def names(self) -> tuple[str, ...]:
        """Host names that it answers to, in lower case, without port: ``hosts`` and that of ``public``."""
        name = re.sub(r":\d+$", "", self.public.partition("//")[2])
        return tuple(dict.fromkeys(host.lower() for host in (*self.hosts, name) if host))

    def address(self, base: str) -> str:
        """What every address begins with that the service gives to somebody who is to ask it, without a slash
        at the end: never made of what a client sends.

        It is ``public`` with ``prefix``. Without ``public``: http on the port that it listens on, when it
        answers to names of its own machine only and to no proxy; else ``base``, the base of the data.
        """
        if self.public:
            return self.public + self.prefix
        if self.port and not self.trusted_proxies and self.hosts and set(self.hosts) <= set(_LOOPBACK):
            host = self.host.strip("[]")
            own = f"[{host}]" if ":" in host else host
            return f"http://{own if own in self.hosts else self.hosts[0]}:{self.port}{self.prefix}"
        return base.rstrip("/")

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] | None = None, **given: object) -> ServeSettings:
        """The settings in ``environ`` (default: the process's); what is ``given`` and not None goes first.

        Raises UsageError that names the variable and what it may be.
        """
        env = os.environ if environ is None else environ
        read = {
            field.name: _READERS[str(field.type)](f"GBVKG_{field.name.upper()}", value)
            for field in fields(cls)
            if (value := env.get(f"GBVKG_{field.name.upper()}", ""))
        }
        chosen: dict[str, Any] = read | {name: value for name, value in given.items() if value is not None}
        settings = cls(**chosen)
        return settings._checked()

    def _checked(self) -> ServeSettings:
        if self.prefix and (not self.prefix.startswith("/") or self.prefix.endswith("/")):
            raise _impossible("GBVKG_PREFIX", self.prefix, "een pad zoals /gbvkg", "a path such as /gbvkg")
        if self.public and not (_PUBLIC.fullmatch(self.public) and _has_port(self.public)):
            raise _impossible(
                "GBVKG_PUBLIC", self.public,
                "een schema en een naam zonder pad, zoals https://data.example.org",
                "a scheme and a name without a path, such as https://data.example.org",
            )  # fmt: skip
        if not 0 <= self.port <= 65535:
            raise _impossible("GBVKG_PORT", str(self.port), "een poort, 0 tot 65535", "a port, 0 to 65535")
        for name in _ABOVE_NOTHING:
            value = getattr(self, name)
            if not (value > 0 and math.isfinite(value)):
                raise _impossible(
                    f"GBVKG_{name.upper()}", str(value), "een getal boven 0", "a number above 0"
                )
        return self


def _has_port(address: str) -> bool:
    """Whether the port of an address, if it has one, can be one."""
    try:
        return urlsplit(address).port != 0
    except ValueError:
        return False


def _impossible(name: str, value: str, nl: str, en: str) -> UsageError:
    return UsageError(f'{name} is "{value}"; het moet {nl} zijn.', f'{name} is "{value}"; it must be {en}.')


def _whole(name: str, value: str) -> int:
    if not value.isdecimal():
        raise _impossible(name, value, "een geheel getal", "a whole number")
    return int(value)


def _number(name: str, value: str) -> float:
    try:
        return float(value)
    except ValueError:
        raise _impossible(name, value, "een getal", "a number") from None


def _yes_or_no(name: str, value: str) -> bool:
    if value not in ("0", "1"):
        raise _impossible(name, value, "0 of 1", "0 or 1")
    return value == "1"


def _words(name: str, value: str) -> tuple[str, ...]:
    return tuple(value.replace(",", " ").split())


def _networks(name: str, value: str) -> tuple[Network, ...]:
    try:
        return tuple(ip_network(word, strict=False) for word in _words(name, value))
    except ValueError:
        raise _impossible(
            name, value, "een lijst van netwerken, zoals 10.0.0.0/8", "a list of networks, such as 10.0.0.0/8"
        ) from None


_ABOVE_NOTHING = (
    "query_seconds", "query_memory", "result_bytes", "queue", "budget_seconds", "budget_window", "body_bytes",
    "body_seconds", "send_seconds", "cache_bytes", "poll_seconds", "archived",
)  # fmt: skip
_READERS: dict[str, Any] = {
    "str": lambda name, value: value,
    "int": _whole,
    "float": _number,
    "bool": _yes_or_no,
    "tuple[str, ...]": _words,
    "tuple[Network, ...]": _networks,
    "Path | None": lambda name, value: Path(value),
}
"""Type of a field, as written → how its variable is read."""


def _cores() -> int:
    return max(1, len(os.sched_getaffinity(0)))
