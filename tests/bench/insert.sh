#!/bin/sh
# Puts a page of results between its two markers in a document.    insert.sh NAME PAGE DOCUMENT
set -eu
if ! grep -q "^<!-- results of $1: begin" "$3" || ! grep -q "^<!-- results of $1: end" "$3"; then
    echo "insert.sh: $3 has no place for the results of $1" >&2
    exit 1
fi
new=$(mktemp)
trap 'rm -f "$new"' EXIT
awk -v name="$1" -v page="$2" '
    index($0, "<!-- results of " name ": end") == 1 { inside = 0 }
    !inside { print }
    index($0, "<!-- results of " name ": begin") == 1 { inside = 1; while ((getline line <page) > 0) print line }' "$3" >"$new"
cat "$new" >"$3"
