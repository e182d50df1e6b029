#!/bin/sh
# `make bench`: podgate's cost beside a bare libmicrohttpd and TLS server that only reads the body, and `podgate check`
# on many documents, and what pod-security costs a container. Server and client have a core each; the client is the bottleneck, so the figure to
# read is the server's CPU time per request. Rounds are interleaved, medians are shown.
# Environment: BENCH_SECONDS (a run, 4), BENCH_ROUNDS (3), BENCH_CONNECTIONS (16), BENCH_DOCUMENTS (10000).
set -u
export LC_ALL=C
PODGATE=${PODGATE:-build/podgate}
BENCH=${BENCH:-build/bench}
REVIEWS=${REVIEWS:-tests/reviews}
seconds=${BENCH_SECONDS:-4} rounds=${BENCH_ROUNDS:-3} connections=${BENCH_CONNECTIONS:-16}
documents=${BENCH_DOCUMENTS:-10000}

work=$(mktemp -d)
pids=
stop_all() {
    for pid in $pids; do kill -TERM "$pid" 2>/dev/null; done
    for pid in $pids; do wait "$pid" 2>/dev/null; done
    pids=
}
trap 'stop_all; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
fail() {
    echo "bench: $1" >&2
    exit 1
}

command -v wrk >/dev/null || fail "wrk is missing (Debian, Ubuntu: apt-get install wrk; Fedora: dnf install wrk; Alpine: apk add wrk)"
for program in "$PODGATE" "$BENCH/bare_server" "$BENCH/usage" "$BENCH/pod_security_cost"; do [ -x "$program" ] || fail "$program is missing: run make bench"; done
certs/make-dev-certs.sh "$work/certs" >/dev/null || fail "no certificates"

on_core() { # CORE COMMAND...
    core=$1
    shift
    if [ "$(nproc)" -gt 1 ] && command -v taskset >/dev/null; then exec taskset -c "$core" "$@"; else exec "$@"; fi
}
port_of() { sed -n "s/^webhook //p" "$work/$1.ports"; }
start() { # NAME COMMAND...
    name=$1
    shift
    (on_core 0 "$@" >"$work/$name.log" 2>&1 </dev/null) &
    eval "pid_$name=$!"
    pids="$pids $!"
    turns=0
    until [ -n "$(port_of "$name" 2>/dev/null)" ]; do
        turns=$((turns + 1))
        [ $turns -lt 200 ] || { cat "$work/$name.log" >&2; fail "$name does not start"; }
        sleep 0.05
    done
}
start bare "$BENCH/bare_server" "$work/certs/tls.crt" "$work/certs/tls.key" "$work/bare.ports"
start podgate "$PODGATE" serve --listen 127.0.0.1:0 --health-listen 127.0.0.1:0 --metrics-listen off --drain-quiet 0s \
    --connection-age 0s --tls-cert "$work/certs/tls.crt" --tls-key "$work/certs/tls.key" --port-file "$work/podgate.ports" \
    ${BENCH_SERVE:-}

review_of() { if [ -f "$REVIEWS/$1/request.json" ]; then echo "$REVIEWS/$1/request.json"; else echo "$REVIEWS/$1.json"; fi; }
write_script() { # REVIEW
    cat >"$work/post.lua" <<LUA
local file = assert(io.open("$(review_of "$1")", "rb"))
wrk.method, wrk.body = "POST", file:read("*a")
wrk.headers["Content-Type"] = "application/json"
function done(summary)
    local e = summary.errors
    io.write(string.format("total %d %d %d\n", summary.requests, summary.duration,
        e.connect + e.read + e.write + e.status + e.timeout))
end
LUA
}
ticks=$(getconf CLK_TCK)
cpu_ms() { # PID: user and system time of all its threads; the name in brackets may hold blanks
    sed 's/.*) //' "/proc/$1/stat" | awk -v hz="$ticks" '{ print ($12 + $13) * 1000 / hz }'
}
# NAME RESULTS: one run, "requests a second, microseconds a request, errors"
load() {
    eval "pid=\$pid_$1"
    before=$(cpu_ms "$pid")
    # shellcheck disable=SC2046
    total=$(on_core 1 wrk -t 1 -c "$connections" -d "${seconds}s" -s "$work/post.lua" "https://127.0.0.1:$(port_of "$1")/validate?timeout=10s" | grep '^total ')
    after=$(cpu_ms "$pid")
    echo "$total" | awk -v ms="$(awk "BEGIN { print $after - $before }")" '
        { printf "%.0f %.2f %d\n", $2 * 1e6 / $3, ms * 1000 / $2, $4 }' >>"$2"
}
median() { sort -n | awk '{ v[NR] = $1 } END { print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'; }
column() { cut -d ' ' -f "$1" "$2"; }

compare() { # REVIEW LABEL
    write_script "$1"
    rm -f "$work"/*.result
    turn=0
    while [ $turn -lt "$rounds" ]; do
        load bare "$work/bare.result"
        load podgate "$work/podgate.result"
        turn=$((turn + 1))
    done
    errors=$(cat "$work"/*.result | awk '{ n += $3 } END { print n + 0 }')
    [ "$errors" = 0 ] || echo "bench: $errors errors during the load" >&2
    bare=$(column 2 "$work/bare.result" | median) ours=$(column 2 "$work/podgate.result" | median)
    awk -v label="$2" -v bare="$bare" -v ours="$ours" -v bare_rate="$(column 1 "$work/bare.result" | median)" \
        -v rate="$(column 1 "$work/podgate.result" | median)" -v bytes="$(wc -c <"$(review_of "$1")")" 'BEGIN {
        printf "%-6s %d bytes: podgate %6d requests/s %6.1f us CPU a request, bare server %6d requests/s %6.1f us: %.2f times\n",
            label, bytes, rate, ours, bare_rate, bare, ours / bare }'
}

resident() { awk '/^VmRSS/ { printf "%.1f MB", $2 / 1024 } ' "/proc/$1/status"; }
compare create-pod-web-good "allow"
# shellcheck disable=SC2154
echo "resident memory after the load from $connections connections: podgate $(resident "$pid_podgate"), bare server $(resident "$pid_bare")"
compare create-pod-bad-everything "deny"
# shellcheck disable=SC2154
echo "resident memory after the denials: podgate $(resident "$pid_podgate")"
stop_all

"$BENCH/pod_security_cost" || fail "pod_security_cost failed"

for file in examples/good-pod.yaml examples/bad-pod.yaml; do [ -f $file ] || fail "$file is missing"; done
awk -v n="$documents" 'FNR == 1 { files++ } { text[files] = text[files] $0 "\n" } END { for (i = 0; i < n; i++) printf "---\n%s", text[i % files + 1] }' \
    examples/good-pod.yaml examples/bad-pod.yaml >"$work/many.yaml"
"$BENCH/usage" "$PODGATE" check "$work/many.yaml" >"$work/check.out" 2>"$work/check.err"
tail -n 1 "$work/check.err" | awk -v n="$documents" -v bytes="$(wc -c <"$work/many.yaml")" '{
    if ($4 > 1) { print "bench: podgate check ended with status " $4 > "/dev/stderr"; exit 1 }
    printf "check  %d documents (%.1f MB of YAML, half of them denied): %.0f documents/s, %.1f s CPU, peak memory %.1f MB\n",
        n, bytes / 1e6, n * 1000 / ($1 ? $1 : 1), $2 / 1000, $3 / 1024 }'
