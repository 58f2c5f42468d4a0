"""``python -m gbvkg`` is ``gbvkg``."""

import sys

from gbvkg.cli import main

if __name__ == "__main__":
    sys.exit(main())
