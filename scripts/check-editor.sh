#!/bin/sh
# check-editor.sh: build the SPARQL editor anew from its lock file and compare with what is committed, byte for byte.
# Exit 0 the same, 1 different, 3 no node or npm. It changes nothing that is committed.
set -eu
cd "$(dirname "$0")/.."
sh scripts/set-up-node.sh editor
built=$(mktemp -d)
trap 'rm -rf "$built"' EXIT
node editor/build.mjs "$built"
for name in editor.js editor.css editor.LICENSES.txt; do
    expected=$(sha256sum <"$built/$name")
    found=$(sha256sum <"gbvkg/web/static/$name" 2>/dev/null || echo "-")
    if [ "$expected" != "$found" ]; then
        echo "gbvkg/web/static/$name is niet wat editor/ oplevert; voer uit / is not what editor/ gives; run: make editor" >&2
        exit 1
    fi
done
echo "De editor is wat zijn broncode oplevert / the editor is what its sources give."
