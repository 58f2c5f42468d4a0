#!/bin/sh
# set-up-node.sh: node and npm there (from Debian when they may be installed), and in editor/ exactly what
# package-lock.json says, each package checked against its hash and none of their install scripts run.
set -eu
cd "$(dirname "$0")/../editor"
if ! command -v npm >/dev/null 2>&1 || ! command -v node >/dev/null 2>&1; then
    if [ "$(id -u)" = 0 ]; then as=""; else as="sudo -n"; fi
    if ! { $as apt-get update -qq && $as env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends nodejs npm >/dev/null; } 2>/dev/null; then
        echo "node en npm ontbreken: alleen wie de editor bouwt, heeft ze nodig / node and npm are missing: only who builds the editor needs them (apt-get install nodejs npm)." >&2
        exit 3
    fi
fi
npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null
