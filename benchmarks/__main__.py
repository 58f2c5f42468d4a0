"""``make bench``: every benchmark, with its bars.

Validation of 115, 1,150 and 11,500 generated fiches beside plain pySHACL, which is stopped as soon as a bar
is proven: at 1,150 fiches that takes about ten minutes. Then the service beside oxigraph and rdflib-endpoint
on a release of 11,500 generated fiches. ``python -m benchmarks.validation`` and ``python -m
benchmarks.serving`` run one of the two, with options.
"""

from __future__ import annotations

import sys

from benchmarks import serving, validation

SIZES = ["--actions", "115", "1150", "11500"]

if __name__ == "__main__":
    sys.exit(max(validation.main(SIZES), serving.main(["--actions", "11500"])))
