"""``python -m gbvkg.store``: the process that workers are forked from. Only ``Pool`` starts it."""

from __future__ import annotations

import sys

from gbvkg.store.zygote import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
