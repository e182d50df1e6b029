#!/bin/bash
# `make bench-worst`: the dearest reviews that podgate judges, with the built-in policies default and pod-security-restricted.
#   1. The CPU time of each at the size where it is just judged, created and updated: at most 25 ms (BENCH_WORST_MS).
#   2. What its neighbours wait for beside ten of them a second: p99 rises by no more than that.
#   3. The memory of a server with the chart's budget under a flood of them: below the chart's limit.
# The last two need h2load. That twice the size costs no more than twice as much is `make bench-linear`.
set -u
export LC_ALL=C
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
PODGATE=${PODGATE:-$root/build/podgate} BENCH=${BENCH:-$root/build/bench}
bound_ms=${BENCH_WORST_MS:-25}
both=(--policies builtin:default --policies builtin:pod-security-restricted)
# shellcheck source=tests/bench/servers.bash
. "$here/servers.bash"
work=$(mktemp -d)
trap 'stop_servers; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
failed=0

make_review() { # NAME COUNT create|update
    # shellcheck disable=SC2046
    "$BENCH/worst_review" "$1" "$2" $([ "$3" = create ] || echo update) >"$work/$1-$2-$3.json" || exit 2
    worst=$work/$1-$2-$3.json
}
milliseconds() { # REVIEW
    "$BENCH/admission_cost" --calls 5 --stage admission "${both[@]}" "$1" | awk '/us$/ { printf "%.1f", $2 / 1000 }'
}

echo "the dearest reviews: milliseconds of one core (bound: $bound_ms)"
while read -r name count; do
    for how in create update; do
        make_review "$name" "$count" $how
        ms=$(milliseconds "$worst")
        printf '  %-12s %8d %-6s %9d bytes %8s ms\n' "$name" "$count" $how "$(wc -c <"$worst")" "$ms"
        awk -v ms="$ms" -v bound="$bound_ms" 'BEGIN { exit ms > bound }' || failed=1
    done
done <<CASES
numbers 1500000
numbers 65000
containers 10000
ephemeral 10000
findings 8000
environment 100000
environment 21000
reversed 1000
names 21000
roots 3000000
assignments 400000
switches 400000
addresses 255000
references 400000
signatures 700000
logins 560000
machines 350000
oracles 233000
dots 930000
chains 5600
flags 150000
nested 30000
nested 1200
escapes 160000
keys 60000
volumes 16000
strings 65000
CASES
[ $failed = 0 ] || echo "bench-worst: above the bound (on a busy machine the times say little)" >&2

need_h2load
"$root/certs/make-dev-certs.sh" "$work/certs" >/dev/null || fail "no certificates"
server_cores=0 client_cores=1
[ "$(nproc)" -gt 1 ] || client_cores=0
good=$root/tests/reviews/create-pod-web-good/request.json
median() { sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
beside() { # REVIEW: ten of it a second, for as long as the open loop lasts
    (on_cores $client_cores timeout 60 h2load --h1 -c 1 --rps 10 -n 25 -d "$1" -H 'content-type: application/json' \
        "https://127.0.0.1:$(port_of one)/validate") >"$work/beside.out" 2>&1
}

echo "1,000 reviews a second on one core: p99 in milliseconds, alone and beside ten of the worst a second (medians of 5 rounds)"
start_podgate one $server_cores --threads 1 "${both[@]}"
for case in "containers 10000 update" "environment 21000 update" "keys 60000 update"; do
    # shellcheck disable=SC2086
    make_review $case
    for _ in 1 2 3 4 5; do
        open_loop one "$good" 1000 2
        echo "$p99" >>"$work/alone"
        beside "$worst" &
        generator=$!
        open_loop one "$good" 1000 2
        wait $generator
        echo "$p99" >>"$work/beside"
    done
    alone=$(median <"$work/alone") with=$(median <"$work/beside")
    rm "$work/alone" "$work/beside"
    awk -v name="$case" -v alone="$alone" -v with="$with" -v bound="$bound_ms" 'BEGIN {
        printf "  %-28s %6.1f -> %6.1f: %.1f more\n", name, alone / 1000, with / 1000, (with - alone) / 1000
        exit with - alone > bound * 1000 }' || { failed=1; echo "bench-worst: $case: its neighbours wait for more than $bound_ms ms longer" >&2; }
done
stop_server one

value() { sed -n "s/^ *$1: \([0-9]*\)Mi.*/\1/p" "$root/charts/podgate/values.yaml" | tail -n 1; }
budget=$(value memoryBudget) limit=$(value memory)
echo "a flood from 16 connections: most memory resident, in MB (budget ${budget} MiB, limit ${limit} MiB)"
for case in "numbers 1500000 update" "containers 10000 update" "environment 21000 update" "escapes 160000 update"; do
    # shellcheck disable=SC2086
    make_review $case
    start_podgate flood 0,$client_cores --threads 2 --memory-budget "${budget}MiB" "${both[@]}"
    (timeout 60 h2load --h1 -c 16 -n 320 -d "$worst" -H 'content-type: application/json' "https://127.0.0.1:$(port_of flood)/validate") >"$work/flood.out" 2>&1
    most=$(most_resident_mb flood)
    printf '  %-28s %6.1f; %s\n' "$case" "$most" "$(grep '^status codes' "$work/flood.out")"
    awk -v most="$most" -v limit="$limit" 'BEGIN { exit most > limit }' || { failed=1; echo "bench-worst: $case: more memory than the limit" >&2; }
    stop_server flood
done
exit $failed
