#!/bin/sh
# set-up-node.sh FOLDER: node and npm there (from Debian when they may be installed), and in FOLDER exactly what its
# package-lock.json says, each package checked against its hash and none of their install scripts run.
set -eu
cd "$(dirname "$0")/../$1"
if ! command -v npm >/dev/null 2>&1 || ! command -v node >/dev/null 2>&1; then
    if [ "$(id -u)" = 0 ]; then as=""; else as="sudo -n"; fi
    if ! { $as apt-get update -qq && $as env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends nodejs npm >/dev/null; } 2>/dev/null; then
        echo "node en npm ontbreken: wie test of de editor bouwt, heeft ze nodig / node and npm are missing: who tests or builds the editor needs them (apt-get install nodejs npm)." >&2
        exit 3
    fi
fi
npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null
