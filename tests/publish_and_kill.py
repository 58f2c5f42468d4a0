"""Publish a small project over and over, each time killed at another point, and tell what was left.

Run as a program: ``publish_and_kill.py FOLDER SEED RANDOM``. Points: every stage that publish names, then
RANDOM random moments. Prints one JSON object per point. Publishers and readers are forked, so that Python
starts once; this process itself never opens a store, because a process with RocksDB's threads must not fork.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path

import small_project

from gbvkg import release
from gbvkg.project import Project
from gbvkg.release.publication import STAGES


def forked(work: Callable[[], object]) -> int:
    """A process that does ``work`` and ends with 0, or with 1 after saying why it failed."""
    pid = os.fork()
    if pid == 0:
        try:
            work()
            os._exit(0)
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(1)
    return pid


def publisher(project: Project, out: Path, stage: str = "") -> int:
    """A process that publishes, and kills itself when it comes to ``stage``."""

    def progress(done: int, total: int, name: str) -> None:
        if name == stage:
            os.kill(os.getpid(), signal.SIGKILL)

    return forked(lambda: release.publish(project, out, progress))


def outcome(pid: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def left_behind(out: Path) -> object:
    """What a reader finds now; None when the current release is not whole."""
    told = out.parent / "left-behind.json"
    ended = outcome(forked(lambda: told.write_text(json.dumps(found(out)))))
    return None if ended else json.loads(told.read_text())


def found(out: Path) -> dict[str, object]:
    current = release.find(out)
    release.verify(current)
    assert len(release.open_store(current)) > 0
    return {
        "current": current.name,
        "unfinished": len(
            [path for path in out.iterdir() if path.name.startswith((".building-", ".current-"))]
        ),
        "versions": release.list(out),
    }


def kill_at(root: Path, number: int, stage: str, delay: float | None) -> dict[str, object]:
    """Kill a publish of version ``number`` at ``stage`` or after ``delay`` seconds; then let one finish."""
    out = root / "releases"
    project = small_project.make(root, f"2026.{number}", f"Titel {number}")
    pid = publisher(project, out, stage)
    if delay is not None:
        time.sleep(delay)
        os.kill(pid, signal.SIGKILL)
    ended = outcome(pid)
    after = left_behind(out)
    retry = outcome(publisher(project, out))
    return {
        "version": project.version,
        "ended": ended,
        "after": after,
        "retry": retry,
        "then": left_behind(out),
    }


def main(root: Path, seed: int, random_points: int) -> None:
    started = time.monotonic()
    assert outcome(publisher(small_project.make(root), root / "releases")) == 0
    whole = time.monotonic() - started
    chance = random.Random(seed)
    points: list[tuple[str, float | None]] = [(stage, None) for stage in STAGES]
    points += [("", chance.uniform(0, whole)) for _ in range(random_points)]
    for number, (stage, delay) in enumerate(points, start=2):
        sys.stdout.write(json.dumps({"stage": stage, **kill_at(root, number, stage, delay)}) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
