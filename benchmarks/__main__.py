"""``make bench``: every benchmark, with its bars.

Validation of 115, 1,150 and 11,500 generated fiches beside plain pySHACL, which is stopped as soon as a bar
is proven: at 1,150 fiches that takes about ten minutes. Options go to ``benchmarks.validation``.
"""

from __future__ import annotations

import sys

from benchmarks import validation

SIZES = ["--actions", "115", "1150", "11500"]

if __name__ == "__main__":
    sys.exit(validation.main(sys.argv[1:] or SIZES))
