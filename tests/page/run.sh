#!/bin/sh
# The report's page in a real browser: what it loads, how it looks, whether keys and readers of the screen find everything.
#   tests/page/run.sh [FOLDER]     FOLDER: screenshots and a PDF are left there, to be looked at
# Needs node 18 or later, and Chromium (CHROMIUM names it).
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
PODGATE=${PODGATE:-$root/build/podgate}
chromium=${CHROMIUM:-$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)}
if [ -z "$chromium" ] || ! command -v node >/dev/null; then
    echo "SKIP: the page needs node and Chromium (apt-get install nodejs chromium)"
    [ "${CI:-}" != true ]
    exit
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
[ $# -eq 0 ] || mkdir -p "$1"
awk -f "$root/tests/page/log.awk" </dev/null >"$work/log"
awk -v owners=20 -f "$root/tests/page/log.awk" </dev/null >"$work/earlier"
cat "$root"/tests/cli/report_hostile_names/stdin >>"$work/log"
"$PODGATE" report --now 2027-01-18 -o html="$work/earlier.html" "$work/earlier"
"$PODGATE" report --now 2027-01-19 --since-report "$work/earlier.html" --policies "$root/tests/cli/report_policies/policies.yaml" \
    -o html="$work/page.html" "$work/log"
node "$root/tests/page/page.mjs" "$chromium" "$work/page.html" "$@"
