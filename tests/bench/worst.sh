#!/bin/sh
# `make bench-worst`: the dearest reviews that podgate judges. First the time of each, at the size where it is just
# judged, created and updated, with the built-in policies default and pod-security-restricted; 25 ms is the bound
# (BENCH_WORST_MS). Then, counted in instructions and so on any machine alike, that twice the size costs at most 2.2
# times as much (needs valgrind).
set -u
export LC_ALL=C
BENCH=${BENCH:-build/bench}
bound_ms=${BENCH_WORST_MS:-25}
policies='--policies builtin:default --policies builtin:pod-security-restricted'
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

milliseconds() { # REVIEW
    # shellcheck disable=SC2086
    "$BENCH/admission_cost" --calls 5 --stage admission $policies "$1" | awk '/us$/ { printf "%.1f", $2 / 1000 }'
}
instructions() { # REVIEW CALLS
    # shellcheck disable=SC2086
    valgrind --tool=callgrind --callgrind-out-file=/dev/null "$BENCH/admission_cost" --calls "$2" --stage admission $policies "$1" 2>&1 |
        sed -n 's/.*Collected : //p'
}
one_call() { # REVIEW
    echo $((($(instructions "$1" 3) - $(instructions "$1" 1)) / 2))
}

echo "the dearest reviews: milliseconds of one core (bound: $bound_ms)"
while read -r name count; do
    for how in create update; do
        [ $how = create ] && update='' || update=update
        # shellcheck disable=SC2086
        "$BENCH/worst_review" "$name" "$count" $update >"$work/review.json" || exit 2
        ms=$(milliseconds "$work/review.json")
        printf '  %-12s %8d %-6s %9d bytes %8s ms\n' "$name" "$count" $how "$(wc -c <"$work/review.json")" "$ms"
        awk -v ms="$ms" -v bound="$bound_ms" 'BEGIN { exit ms > bound }' || failed=1
    done
done <<CASES
numbers 1500000
numbers 65000
containers 10000
findings 8000
environment 100000
environment 21000
names 21000
nested 30000
nested 1200
escapes 160000
keys 60000
volumes 16000
strings 65000
CASES
[ $failed = 0 ] || echo "bench-worst: above the bound (on a busy machine the times say little)" >&2

command -v valgrind >/dev/null || { echo "bench-worst: SKIP twice the size: valgrind is missing" >&2; exit $failed; }
echo "twice the size: instructions a call"
while read -r name count; do
    for how in create update; do
        [ $how = create ] && update='' || update=update
        # shellcheck disable=SC2086
        "$BENCH/worst_review" "$name" "$count" $update >"$work/one.json"
        # shellcheck disable=SC2086
        "$BENCH/worst_review" "$name" $((2 * count)) $update >"$work/two.json"
        one=$(one_call "$work/one.json") two=$(one_call "$work/two.json")
        awk -v name="$name" -v how=$how -v count="$count" -v one="$one" -v two="$two" 'BEGIN {
            printf "  %-12s %-6s %6d: %10d  %6d: %10d  %.2f times\n", name, how, count, one, 2 * count, two, two / one
            exit two > 2.2 * one }' || { failed=1; echo "bench-worst: $name ($how) is not linear" >&2; }
    done
done <<CASES
numbers 20000
containers 2000
findings 400
findings 2000
environment 2000
nested 300
escapes 20000
keys 4000
volumes 2000
strings 10000
CASES
exit $failed
