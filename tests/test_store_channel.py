"""The server's end of a line: whatever a worker sends, the question ends, and nothing wrong is an answer."""

from __future__ import annotations

import asyncio
import json
import socket

import pytest

from gbvkg.errors import QueryError, WorkerLost
from gbvkg.store import OURS, Answer, Limits
from gbvkg.store.channel import Channel, Job
from gbvkg.store.frames import REPLY, Outcome, Reply
from gbvkg.store.spool import Allowance, Spool
from gbvkg.store.waiting import Waiting


def outcome(*pieces: bytes, limits: Limits | None = None) -> Answer:
    """What a question gets when these pieces arrive one after the other, and then the end."""

    async def run() -> Answer:
        ours, theirs = socket.socketpair()
        calls: list[str] = []

        def broken(channel: Channel) -> None:
            calls.append("broken")
            channel.close()

        def done(channel: Channel, reply: Reply) -> None:
            calls.append("done")

        channel = Channel(1, ours, Allowance(10_000_000), done=done, broken=broken, late=broken)
        answer = asyncio.get_running_loop().create_future()
        job = Job(b"question", limits or Limits(), answer, OURS, Waiting(1, 1, 1).asker(""))
        channel.run(job)
        for piece in pieces:
            await asyncio.get_running_loop().run_in_executor(None, theirs.sendall, piece)
            await asyncio.sleep(0.005)
        theirs.close()
        await asyncio.sleep(0.01)
        channel.close()
        assert len(calls) >= 1
        assert job.answer.done()
        return await job.answer

    return asyncio.run(run())


def head(kind: int, form: int, length: int) -> bytes:
    return REPLY.pack(kind, form, 0, 0.5, length)


@pytest.mark.parametrize(
    "pieces",
    [
        [b"\xff" * 40],
        [head(99, 1, 0)],
        [head(0, 9, 0)],
        [REPLY.pack(0, 1, False, float("nan"), 0)],
        [REPLY.pack(0, 1, False, float("inf"), 0)],
        [REPLY.pack(0, 1, False, -1.0, 0)],
        [head(0, 1, 1 << 60)],
        [head(0, 1, 33_000_000)],
        [head(Outcome.SYNTAX, 1, 1 << 25)],
        [head(Outcome.SYNTAX, 1, 4), b"nope"],
        [head(Outcome.SYNTAX, 1, 4) + b"nope"],
        [head(Outcome.SYNTAX, 1, 2) + b"[]"],
        [head(Outcome.REFUSED, 1, 60_000) + b"[" * 60_000],
        [head(0, 1, 4) + b"too long"],
        [head(0, 1, 4), b"ab", b"cde"],
    ],
    ids=lambda pieces: repr(b"".join(pieces)[:30]),
)
def test_nonsense_is_a_lost_worker(pieces: list[bytes]) -> None:
    """No frame of ours: the worker is given up, and so is the question."""
    with pytest.raises(WorkerLost):
        outcome(*pieces)


@pytest.mark.parametrize("cut", range(1, REPLY.size + 6))
def test_an_answer_may_come_in_pieces(cut: int) -> None:
    """Wherever it is cut on the way."""
    frame = head(0, 2, 6) + b"answer"
    answer = outcome(frame[:cut], frame[cut:])
    assert (answer.form, answer.body, answer.seconds) == ("ASK", b"answer", 0.5)


def test_an_empty_answer_is_one() -> None:
    """Such as N-Triples of nothing."""
    assert outcome(head(0, 3, 0)).body == b""


def test_a_long_answer_is_kept_whole() -> None:
    """In memory up to 1 MB, in a spool above."""
    for size, kind in ((1 << 20, bytes), ((1 << 20) + 1, Spool)):
        body = b"x" * size
        answer = outcome(head(0, 1, size), *(body[i : i + 100_000] for i in range(0, size, 100_000)))
        assert type(answer.body) is kind
        assert (answer.body if isinstance(answer.body, bytes) else b"".join(answer.body)) == body


def test_what_a_worker_says_is_not_shown_at_length() -> None:
    """A message has a bound and stays one line, whatever came over the line."""
    said = json.dumps({"message": "x\n" * 100_000}).encode()
    with pytest.raises(QueryError) as caught:
        outcome(head(Outcome.REFUSED, 1, len(said)), said)
    assert len(caught.value.nl) < 500
    assert "\n" not in caught.value.nl
