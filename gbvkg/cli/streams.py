"""Where words go: data on standard output or in a file, talk and progress on standard error.

An output file is there whole or not at all. A stream may be closed, or a full disk: data that cannot be
handed over is an error, talk that nobody can hear is not. This module refuses to print colours or a bar where
no person looks, and characters that steer a terminal in what it says.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread
from typing import TextIO

from gbvkg.errors import UsageError

PATIENCE = 0.7
"""Seconds of work after which a bar appears."""
PACE = 0.1
"""Seconds between two states of the bar."""
BEAT = 1.0
"""Seconds between two times that a ticking bar shows."""


@dataclass
class Streams:
    """Standard output and error of one run. ``colour`` is False when the environment wants none."""

    lang: str = "nl"
    quiet: bool = False
    colour: bool = True
    bars: list[Bar] = field(default_factory=list, init=False)

    def data(self, text: str, output: Path | None = None) -> None:
        """Write what was asked for: into ``output``, or to standard output.

        Raises UsageError when the file cannot be written (a file of that name is then unchanged) or standard
        output cannot, and BrokenPipeError when nobody reads it on.
        """
        self.calm()
        if output is not None:
            write_file(output, text)
        else:
            write_out(text)

    def say(self, nl: str, en: str) -> None:
        """A line of talk on standard error, unless asked to be quiet."""
        if not self.quiet:
            self.complain(nl, en)

    def complain(self, nl: str, en: str) -> None:
        """A line on standard error, also when asked to be quiet."""
        self.talk(shown(nl if self.lang == "nl" else en) + "\n")

    def talk(self, text: str) -> None:
        """Text of many lines on standard error, also when asked to be quiet."""
        with suppress(OSError):
            self.calm()
            if sys.stderr is not None:
                sys.stderr.write(text)
                sys.stderr.flush()

    def wants_colour(self, output: Path | None) -> bool:
        """Whether the data goes to a terminal that shows colours."""
        return self.colour and output is None and is_terminal(sys.stdout)

    def width(self, output: Path | None) -> int | None:
        """The width that a table has to fit in: that of the terminal, None for a file or a pipe."""
        from shutil import get_terminal_size

        return get_terminal_size().columns if output is None and is_terminal(sys.stdout) else None

    def progress(self, nl: str, en: str, steps: Mapping[str, str] | None = None) -> Bar:
        """A bar for one kind of long work; it shows itself on a terminal only. ``steps`` names its steps."""
        words = nl if self.lang == "nl" else en
        self.bars.append(Bar(words, sys.stderr, not self.quiet and is_terminal(sys.stderr), steps or {}))
        return self.bars[-1]

    def calm(self) -> None:
        """Wipe the bars away."""
        for bar in self.bars:
            bar.wipe()


@dataclass
class Bar:
    """Call it with steps done, steps in all, and the name of the step at hand."""

    stage: str
    stream: TextIO
    shown: bool
    steps: Mapping[str, str] = field(default_factory=dict)
    started: float = field(default_factory=time.monotonic)
    last: float = 0.0
    drawn: bool = False
    state: tuple[int, int, str] | None = None

    def __call__(self, done: int, total: int, step: str) -> None:
        now = time.monotonic()
        self.state = done, total, step
        if not self.shown or now - self.started < PATIENCE or now - self.last < PACE:
            return
        self.last = now
        self._draw(self.line(done, total, step))

    @contextmanager
    def ticking(self) -> Iterator[None]:
        """Meanwhile the bar shows every second how long the work has taken: for a step that says nothing for
        minutes.
        """
        if not self.shown:
            yield
            return
        over = Event()
        clock = Thread(target=self._tick, args=(over,), daemon=True)
        clock.start()
        try:
            yield
        finally:
            over.set()
            clock.join()
            self.wipe()

    def _tick(self, over: Event) -> None:
        with suppress(OSError, ValueError):  # a terminal that went away
            while not over.wait(BEAT):
                minutes, seconds = divmod(int(time.monotonic() - self.started), 60)
                if self.state:
                    self._draw(self.line(*self.state, since=f"{minutes}:{seconds:02} "))

    def _draw(self, line: str) -> None:
        self.drawn = True
        self.stream.write(f"\r\x1b[K{line}")
        self.stream.flush()

    def line(self, done: int, total: int, step: str, since: str = "") -> str:
        """Stage, bar, count, time and step in one line of the terminal."""
        from shutil import get_terminal_size

        filled = 20 * done // total if total else 0
        head = f"{self.stage} [{'#' * filled}{'.' * (20 - filled)}] {done}/{total} {since}"
        room = get_terminal_size().columns - len(head) - 1
        shown = "".join(c for c in self.steps.get(step, step) if c.isprintable())
        return head + (shown[-room:] if room > 0 else "")

    def wipe(self) -> None:
        if self.drawn:
            self.stream.write("\r\x1b[K")
            self.stream.flush()
            self.drawn = False


def shown(text: str) -> str:
    """``text``, which may echo anything, with what steers a terminal instead of showing as escapes."""
    if text.isascii() and text.replace("\n", "").isprintable():
        return text
    from gbvkg.reports.material import visible

    return visible(text)


def is_terminal(stream: TextIO | None) -> bool:
    """Whether a person looks; a stream that was closed before the start is None."""
    return stream is not None and stream.isatty()


def say_any_character(*streams: TextIO | None) -> None:
    """A terminal that cannot show a character gets an escape; a file or pipe always gets UTF-8 and plain
    newlines.
    """
    for stream in streams:
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure and is_terminal(stream):
            reconfigure(errors="backslashreplace")
        elif reconfigure:
            reconfigure(encoding="utf-8", errors="backslashreplace", newline="\n")


def write_out(text: str) -> None:
    """Write ``text`` to standard output.

    Raises UsageError when that is closed or full, BrokenPipeError when nobody reads it on.
    """
    if sys.stdout is None:
        raise UsageError("De standaarduitvoer is gesloten.", "Standard output is closed.")
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        close_quietly()
        raise UsageError(
            f"De standaarduitvoer kan niet geschreven worden: {error.strerror}.",
            f"Standard output cannot be written: {error.strerror}.",
        ) from error


def close_quietly() -> None:
    """Let the interpreter's own last flush go nowhere instead of complaining again."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def write_file(path: Path, text: str) -> None:
    """Write ``text`` as UTF-8 beside ``path`` and move it there in one step; a device or pipe is written to
    directly.

    Raises UsageError when that cannot be done.
    """
    content = text.encode("utf-8", "backslashreplace")
    target = path.resolve()
    try:
        if target.exists() and not target.is_file():
            target.write_bytes(content)
        else:
            _replace(target, content)
    except OSError as error:
        raise UsageError(
            f"{path} kan niet geschreven worden: {error.strerror}.",
            f"{path} cannot be written: {error.strerror}.",
        ) from error


def _replace(target: Path, content: bytes) -> None:
    import tempfile

    descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}-")
    beside = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        beside.chmod(target.stat().st_mode & 0o777 if target.exists() else 0o666 & ~_umask())
        beside.replace(target)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
