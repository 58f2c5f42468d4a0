"""The command line: parse, call, print, exit code.

Exit codes: 0 fine, 1 findings or a refusal, 2 wrong usage, 3 a back end does not answer, 70 a fault of gbvkg
itself, 130 interrupted (Ctrl-C), 141 the reader of the output went away.

``main`` never lets an exception through: an error of ours is one clean line in the reader's language, a
fault is a short message that says where to report it, with the traceback under ``--debug``.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from gbvkg.cli.parser import asked_language, parse
from gbvkg.cli.streams import Streams, close_quietly, say_any_character
from gbvkg.config import Settings
from gbvkg.errors import GbvkgError

FAULT, INTERRUPTED, PIPE_CLOSED = 70, 130, 141
REPORT_AT = "https://w3id.org/gbvkg/"


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and answer with its exit code (see the module)."""
    words = list(sys.argv[1:] if argv is None else argv)
    say_any_character(sys.stdout, sys.stderr)
    streams = Streams(asked_language(words, "nl"))
    try:
        settings = Settings.from_environment()
        streams.lang = asked_language(words, settings.language)
        streams.colour = settings.colour
        return _run(words, settings, streams)
    except GbvkgError as error:
        streams.complain(f"gbvkg: {error.nl}", f"gbvkg: {error.en}")
        return error.exit_code
    except KeyboardInterrupt:
        streams.complain(
            "gbvkg: onderbroken; wat er was, is onveranderd.",
            "gbvkg: interrupted; what was there is unchanged.",
        )
        return INTERRUPTED
    except BrokenPipeError:
        close_quietly()
        return PIPE_CLOSED
    except Exception as error:
        return _fault(error, "--debug" in words, streams)


def _run(words: Sequence[str], settings: Settings, streams: Streams) -> int:
    try:
        asked = parse(words, streams.lang)
    except SystemExit as stop:  # argparse has said what there was to say
        return int(stop.code or 0)
    from gbvkg.cli.commands import COMMANDS, Run

    streams.quiet = asked.quiet
    code = COMMANDS[asked.command](Run(asked, settings, streams))
    streams.calm()
    return code


def _fault(error: Exception, debug: bool, streams: Streams) -> int:
    """A fault of ours: what, and where to report it; where it was only under ``--debug``."""
    what = f"{type(error).__name__}: {error}".splitlines()[0][:300]
    streams.complain(
        f"gbvkg: dit had niet mogen gebeuren ({what}). Meld het via {REPORT_AT}; --debug toont waar.",
        f"gbvkg: this should not have happened ({what}). Report it at {REPORT_AT}; --debug shows where.",
    )
    if debug and sys.stderr is not None:
        import traceback

        traceback.print_exception(error)
    return FAULT


__all__ = ["main"]
