"""The frames between server and worker: one out, one back. Lengths first, so that nothing is parsed twice.

The server trusts nothing in a reply: it is numbers, one of a few outcomes, and bytes that it hands on. This
module refuses pickle and marshal.
"""

from __future__ import annotations

import json
from enum import IntEnum
from functools import lru_cache
from math import inf
from struct import Struct
from typing import Any, NamedTuple

from gbvkg.store.question import Ask, Limits

REQUEST = Struct("<IIdQQ")
"""Bytes of options and of text that follow, seconds, bytes of memory, bytes of result."""

REPLY = Struct("<BBBdQ")
"""Outcome, form, whether the worker ends now, seconds that it took, bytes that follow."""

FORMS = ("", "SELECT", "ASK", "CONSTRUCT", "DESCRIBE")


class Outcome(IntEnum):
    """What became of a query. All but ANSWER are followed by a JSON object of ``details``."""

    ANSWER = 0
    SYNTAX = 1
    REFUSED = 2
    FORMAT = 3
    TOO_LARGE = 4
    MEMORY = 5
    BROKEN = 6


_OUTCOMES = dict(enumerate(Outcome))


class Reply(NamedTuple):
    """The head of a reply; ``last`` says that the worker ends after it."""

    outcome: Outcome
    form: str
    last: bool
    seconds: float
    length: int


class Request(NamedTuple):
    """The head of a request: how many bytes of options and of text follow, and the ``Limits``."""

    options: int
    text: int
    seconds: float
    memory: int
    result: int


def request(ask: Ask, limits: Limits) -> bytes:
    """The whole frame of a question. The text may be no Unicode (a lone surrogate): that is for who reads."""
    options = _options(ask.format, ask.graph_format, ask.default_graphs, ask.named_graphs)
    text = ask.text.encode("utf-8", "surrogatepass")
    head = REQUEST.pack(len(options), len(text), limits.seconds, limits.memory, limits.result)
    return b"".join((head, options, text))


def read_request_head(data: bytes) -> Request:
    """The head at the start of ``data``."""
    return Request._make(REQUEST.unpack_from(data))


def question(head: Request, data: bytes) -> Ask:
    """The question in ``data``, a whole frame of ``request`` of which ``head`` is the head."""
    text = REQUEST.size + head.options
    format, graph_format, default, named = _read_options(data[REQUEST.size : text])
    return Ask(data[text:].decode("utf-8", "surrogatepass"), format, graph_format, default, named)


_Options = tuple[str, str | None, tuple[str, ...] | None, tuple[str, ...] | None]


@lru_cache(maxsize=256)
def _options(*options: str | tuple[str, ...] | None) -> bytes:
    return json.dumps(options).encode("ascii")


@lru_cache(maxsize=256)
def _read_options(content: bytes) -> _Options:
    format, graph_format, default, named = json.loads(content)
    return format, graph_format, _graphs(default), _graphs(named)


def _graphs(names: list[str] | None) -> tuple[str, ...] | None:
    return None if names is None else tuple(names)


def reply_head(outcome: Outcome, form: str, last: bool, seconds: float, length: int) -> bytes:
    return REPLY.pack(outcome, FORMS.index(form), last, seconds, length)


def read_reply_head(data: bytes) -> Reply:
    """The head at the start of ``data``. Raises ValueError when no worker of ours can have written it."""
    outcome, form, last, seconds, length = REPLY.unpack_from(data)
    if outcome not in _OUTCOMES or form >= len(FORMS) or not 0 <= seconds < inf:
        raise ValueError((outcome, form, seconds))
    return Reply(_OUTCOMES[outcome], FORMS[form], bool(last), seconds, length)


def explained(content: dict[str, Any]) -> bytes:
    """What ``details`` reads."""
    return json.dumps(content).encode("ascii")


def details(body: bytes) -> dict[str, Any]:
    """What a reply that is no answer says. Raises ValueError when it is not an object in JSON."""
    try:
        content = json.loads(body)
    except RecursionError:
        content = None
    if not isinstance(content, dict):
        raise ValueError(body)
    return content
