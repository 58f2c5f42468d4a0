"""``gbvkg`` and ``python -m gbvkg``: the program from its very first moment.

Everything is imported inside ``run``, so that Ctrl-C is one line also while modules are being loaded. This
module refuses to know any command.
"""

from __future__ import annotations

import gc
import os
import sys


def run() -> int:
    """Run the command line and answer with its exit code; 130 when interrupted."""
    _fill_standard_streams()
    gc.set_threshold(1_000_000, 50, 100)  # a short process: collecting as often as Python does costs a tenth
    try:
        from gbvkg.cli import main

        return main()
    except KeyboardInterrupt:  # before ``main`` could say it in the reader's language
        if sys.stderr is not None:
            sys.stderr.write("gbvkg: onderbroken / interrupted.\n")
        return 130


def _fill_standard_streams() -> None:
    """Open the null device in the place of a standard stream that the caller closed (``>&-``).

    Otherwise the first file that is opened, the store perhaps, would get its number, and whatever writes to
    standard output or error would write into that file.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)


if __name__ == "__main__":
    sys.exit(run())
