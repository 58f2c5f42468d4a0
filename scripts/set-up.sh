#!/bin/sh
# set-up.sh VENV WHAT [COMMAND…]: a virtual environment with WHAT installed, and these commands: "java" runs the reasoner,
# "chromium" is the browser in which pages are tested, "curl", "roqet" and "rapper" are clients that ask the service,
# "nginx" and "systemd-analyze" read what is in deploy/.
# Installs Debian packages only when they are missing and only when it may (root, or sudo without a password).
set -eu
venv=$1 what=$2
shift 2
python=${PYTHON:-python3}

say() { printf '%s\n' "$*" >&2; }

apt_install() {
    if ! command -v apt-get >/dev/null 2>&1; then return 1; fi
    if [ "$(id -u)" = 0 ]; then as=""; elif sudo -n true 2>/dev/null; then as="sudo"; else return 1; fi
    say "Debian-pakket nodig / installing Debian package: $*"
    $as apt-get update -qq && $as env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

if ! command -v "$python" >/dev/null 2>&1; then
    apt_install python3 || { say "Python 3.11 of later ontbreekt / Python 3.11 or later is missing."; exit 3; }
fi
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
    say "Python 3.11 of later is nodig; dit is / Python 3.11 or later is needed; this is: $("$python" --version)."
    exit 3
}
if ! "$venv/bin/python" -m pip --version >/dev/null 2>&1; then # none yet, or one that was cut off half-way
    rm -rf "$venv"
    "$python" -m venv "$venv" >/dev/null 2>&1 || {
        rm -rf "$venv"
        apt_install python3-venv || { say "Het pakket python3-venv ontbreekt / the package python3-venv is missing."; exit 3; }
        "$python" -m venv "$venv"
    }
fi
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --editable "$what"
for tool in "$@"; do
    if PATH=$PATH:/usr/sbin:/sbin command -v "$tool" >/dev/null 2>&1; then continue; fi
    case $tool in
    java) package=default-jre-headless ;;
    roqet) package=rasqal-utils ;;
    rapper) package=raptor2-utils ;;
    nginx) package=nginx-light ;;
    systemd-analyze) package=systemd ;;
    *) package=$tool ;;
    esac
    apt_install "$package" || {
        say "$tool ontbreekt: de tests hebben het nodig / $tool is missing: the tests need it ($package)."
        exit 3
    }
done
