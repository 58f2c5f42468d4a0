"""The child process of ``gbvkg.reasoning.hermit``: options in, answer out, both as JSON."""

from __future__ import annotations

import json
import sys

from gbvkg.reasoning.hermit import reason

if __name__ == "__main__":
    sys.stdout.write(json.dumps(reason(**json.loads(sys.argv[1]))))
