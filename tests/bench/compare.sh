#!/bin/sh
# `make bench-compare OLD=FILE [NEW=FILE]`: what changed between two results of `make bench` beyond their noise.
#   compare.sh OLD NEW        exit status: 0 nothing got worse, 1 something did, 2 a file is no result
#
# What the bare server did in the same rounds is divided out, so that a slower day is no regression. A change counts when the rounds of both
# runs do not overlap and the medians are apart by more than 3 % and more than half of both spreads together.
set -u
export LC_ALL=C
if [ $# -ne 2 ] || [ -z "$1" ]; then
    echo "usage: make bench-compare OLD=results.tsv [NEW=results.tsv]" >&2
    exit 2
fi
for file; do
    [ "$(head -n 1 "$file" 2>/dev/null)" = '# podgate bench 1' ] || {
        echo "bench-compare: $file is no result of make bench" >&2
        exit 2
    }
done
exec awk -F '\t' '
function median(v, n,    i, j, swap) {
    for (i = 2; i <= n; i++) for (j = i; j > 1 && v[j - 1] > v[j]; j--) { swap = v[j]; v[j] = v[j - 1]; v[j - 1] = swap }
    return n % 2 ? v[(n + 1) / 2] : (v[n / 2] + v[n / 2 + 1]) / 2
}
# What is compared of a run: podgate by the bare server, round by round, or podgate alone.
function summarise(run, key,    n, m, i, v, bare, ours) {
    n = split(values[run, key, "podgate"], ours, " ")
    m = split(values[run, key, "bare"], bare, " ")
    by_bare = m == n && (1, key, "bare") in values && (2, key, "bare") in values
    for (i = 1; i <= n; i++) {
        if (by_bare && bare[i] <= 0) by_bare = 0
        v[i] = ours[i] + 0
    }
    if (by_bare) for (i = 1; i <= n; i++) v[i] = ours[i] / bare[i]
    middle = median(v, n); low = v[1]; high = v[n]
}
FNR == 1 { run++ }
/^#/ { name = $1; sub(/^# */, "", name); about[run, name] = $2; next }
{
    key = $1 " " $2
    values[run, key, $4] = $5
    unit[key] = $3
    if ($4 == "podgate" && !((key) in seen)) { seen[key] = 1; keys[++count] = key }
}
END {
    if (about[1, "machine"] != about[2, "machine"]) print "note: the machines differ: " about[1, "machine"] " | " about[2, "machine"]
    if (about[1, "length"] != about[2, "length"]) print "note: one run is " about[1, "length"] ", the other " about[2, "length"]
    for (i = 1; i <= count; i++) {
        key = keys[i]
        if (!((1, key, "podgate") in values)) { only_new++; continue }
        if (!((2, key, "podgate") in values)) { print "gone    " key; gone++; continue }
        compared++
        summarise(1, key); a = middle; a_low = low; a_high = high
        summarise(2, key); b = middle
        if (a == b) continue
        noise = (a_high - a_low + high - low) / 2
        apart = b > a ? b - a : a - b
        if (!(low > a_high || high < a_low) || apart <= noise || apart <= 0.03 * a) continue
        is_worse = key ~ / rate$/ ? b < a : b > a
        if (is_worse) worse++; else better++
        printf "%-7s %-28s %.4g -> %.4g %s (%+.1f %%, noise %.1f %%)\n", is_worse ? "worse" : "better", key, a, b,
            by_bare ? "times the bare server" : unit[key], a ? 100 * (b - a) / a : 100, a ? 100 * noise / a : 0
    }
    printf "%d compared, %d worse, %d better", compared, worse, better
    if (gone) printf ", %d gone", gone
    if (only_new) printf ", %d new", only_new
    print ""
    exit worse > 0
}' "$1" "$2"
