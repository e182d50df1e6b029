#!/bin/sh
# Puts what runs tried and lost into docs/reliability.md: each FOLDER/TABLE.tsv (fault, how often, lost, shown) goes between the marks of
# its table, with the day and what was run. The folder is removed.    write_tables.sh FOLDER PODGATE
set -eu
page=docs/reliability.md
of="podgate $("$2" version | sed -n '1s/^podgate //p')"
for rows in "$1"/*.tsv; do
    [ -f "$rows" ] || { echo "write_tables.sh: this run made no rows" >&2; exit 1; }
    table=$(basename "$rows" .tsv)
    if ! grep -q "^<!-- begin: $table -->" $page || ! grep -q "^<!-- end: $table -->" $page; then
        echo "write_tables.sh: $page has no place for the table $table" >&2
        exit 1
    fi
    awk -F '\t' -v table="$table" -v rows="$rows" -v caption="Run on $(date -u +%Y-%m-%d), $of." '
        index($0, "<!-- end: " table " -->") == 1 { inside = 0 }
        !inside { print }
        index($0, "<!-- begin: " table " -->") == 1 {
            inside = 1
            print caption "\n\n| fault | how often | lost | shown |\n|---|---|---|---|"
            while ((getline <rows) > 0) print "| " $1 " | " $2 " | " $3 " | " $4 " |"
        }' $page >"$1/page"
    cat "$1/page" >$page
    echo "$page: table $table"
done
rm -r "$1"
