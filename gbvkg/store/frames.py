"""The frames between server and worker: one out, one back. Lengths first, so that nothing is parsed twice.

The server trusts nothing in a reply: it is numbers, one of a few outcomes, and bytes that it hands on. This
module refuses pickle and marshal.
"""

from __future__ import annotations

import json
from enum import IntEnum
from struct import Struct
from typing import Any, NamedTuple

from gbvkg.store.question import Ask, Limits

REQUEST = Struct("<IdQQ")
"""Bytes that follow, seconds, bytes of memory, bytes of result."""

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


class Reply(NamedTuple):
    """The head of a reply; ``last`` says that the worker ends after it."""

    outcome: Outcome
    form: str
    last: bool
    seconds: float
    length: int


def request(ask: Ask, limits: Limits) -> bytes:
    """The whole frame of a question."""
    content = (ask.text, ask.format, ask.graph_format, ask.default_graphs, ask.named_graphs)
    payload = json.dumps(content).encode("ascii")
    return REQUEST.pack(len(payload), limits.seconds, limits.memory, limits.result) + payload


def question(payload: bytes) -> Ask:
    """The question in a frame of ``request``, its head taken off."""
    text, form, graph_form, default, named = json.loads(payload)
    return Ask(text, form, graph_form, _graphs(default), _graphs(named))


def _graphs(names: list[str] | None) -> tuple[str, ...] | None:
    return None if names is None else tuple(names)


def reply_head(outcome: Outcome, form: str, last: bool, seconds: float, length: int) -> bytes:
    return REPLY.pack(outcome, FORMS.index(form), last, seconds, length)


def read_reply_head(data: bytes) -> Reply:
    """The head at the start of ``data``. Raises ValueError when no worker of ours can have written it."""
    outcome, form, last, seconds, length = REPLY.unpack_from(data)
    if form >= len(FORMS):
        raise ValueError(form)
    return Reply(Outcome(outcome), FORMS[form], bool(last), seconds, length)


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
