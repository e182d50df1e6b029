#!/bin/bash
# `make bench`: what a review costs podgate beside a bare TLS server that only receives it, and what `podgate check` costs beside
# libyaml alone. docs/performance.md says what the numbers mean. All is measured in interleaved rounds.
# Environment: QUICK=1 (about a minute, noisier), RESULTS (the file, build/bench/results.tsv), WRITE_DOCS=1 (the page into
# docs/performance.md), PODGATE, BENCH (where the programs are), BENCH_RATE (of the open loop, 8000 reviews a second).
set -u
export LC_ALL=C
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
PODGATE=${PODGATE:-$root/build/podgate} BENCH=${BENCH:-$root/build/bench}
RESULTS=${RESULTS:-$BENCH/results.tsv}
rate_wanted=${BENCH_RATE:-8000}
if [ -n "${QUICK:-}" ]; then
    rounds=3 turn=300 slow_rounds=3 newcomers=60 documents=4000 many_documents=20000 length="quick: 3 rounds of 0.3 s"
else
    rounds=5 turn=1000 slow_rounds=5 newcomers=400 documents=20000 many_documents=200000 length="whole: 5 rounds of 1 s"
fi

# shellcheck source=tests/bench/servers.bash
. "$here/servers.bash"
need_h2load
for program in "$PODGATE" "$BENCH"/{bare_server,bare_yaml,newcomer,usage}; do
    [ -x "$program" ] || fail "$program is missing: run make bench"
done
work=$(mktemp -d)
trap 'stop_servers; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
"$root/certs/make-dev-certs.sh" "$work/certs" >/dev/null || fail "no certificates"

"$here/machine.sh" "$PODGATE" >"$work/machine"

# Server and generator never share a core, where there are two.
cores=$(nproc)
case $cores in
1) server_cores=0 client_cores=0 pair_cores=0 pair_client=0 ;;
2 | 3) server_cores=0 client_cores=1 pair_cores=0,1 pair_client=0,1 ;;
*) server_cores=0 client_cores=1 pair_cores=0,1 pair_client=2,3 ;;
esac

# --- what is judged, and by whom ------------------------------------------------------------------
review() { echo "$work/$1.json"; }
for made in small 64k 3m groups containers env; do "$here/inputs.sh" review $made >"$(review $made)"; done
for kept in create-pod-web-good create-pod-bad-everything update-pod-web-good; do
    cp "$root/tests/reviews/$kept/request.json" "$(review $kept)" || exit 1
done
both=(--policies builtin:default --policies builtin:pod-security-restricted)
start_bare bare $server_cores 1
start_podgate both $server_cores --threads 1 "${both[@]}"
start_podgate default $server_cores --threads 1
start_podgate warn $server_cores --threads 1 "${both[@]}" --mode warn
start_podgate audit $server_cores --threads 1 "${both[@]}" --mode audit
for which in none all; do
    for count in 1 15 100 1000; do
        "$here/inputs.sh" policies $count $which >"$work/$which-$count.yaml"
        start_podgate $which-$count $server_cores --threads 1 --policies "$work/$which-$count.yaml"
    done
done

# --- results --------------------------------------------------------------------------------------
# One row for CASE, METRIC, UNIT and SUBJECT (podgate or bare), a value a round.
declare -A values
declare -a order
result() { # CASE METRIC UNIT SUBJECT VALUE
    local key="$1	$2	$3	$4"
    [ -n "${values[$key]:-}" ] || order+=("$key")
    values[$key]="${values[$key]:-}${values[$key]:+ }$5"
}
write_results() {
    local key
    mkdir -p "$(dirname "$RESULTS")"
    {
        cat "$work/machine"
        printf '# length\t%s\n# open loop\t%s reviews a second\n' "$length" "$rate_wanted"
        for key in "${order[@]}"; do printf '%s\t%s\n' "$key" "${values[$key]}"; done
    } >"$RESULTS"
}

say() { printf '%4d s  %s\n' $SECONDS "$1" >&2; }
declare -A bare_cpu bare_rate
# CASE SERVER REVIEW [CONNECTIONS]: one round; the bare server reads the same review once a round.
load() {
    local connections=${4:-16}
    if [ -z "${bare_cpu[$3]:-}" ]; then
        closed_loop bare "$(review "$3")" "$connections" $turn
        bare_cpu[$3]=$cpu_us bare_rate[$3]=$rate
    fi
    closed_loop "$2" "$(review "$3")" "$connections" $turn
    result "$1" cpu us podgate "$cpu_us"
    result "$1" cpu us bare "${bare_cpu[$3]}"
    result "$1" rate reviews/s podgate "$rate"
    result "$1" rate reviews/s bare "${bare_rate[$3]}"
}
loads() {
    bare_cpu=() bare_rate=()
    load allow-2k both small
    load allow-8k both create-pod-web-good
    load allow-64k both 64k
    load allow-3m both 3m 1
    load default-8k default create-pod-web-good
    load deny both create-pod-bad-everything
    load warn warn create-pod-bad-everything
    load audit audit create-pod-bad-everything
    load update-unchanged both update-pod-web-good
    for which in none all; do
        for count in 1 15 100 1000; do load rules-$which-$count $which-$count create-pod-web-good; done
    done
    # A bigger one would be refused beside another, so one connection sends them.
    for worst in groups containers env; do load worst-$worst both $worst 1; done
}

percentiles() { # CASE SUBJECT
    [ "${sent%.*}" -ge 97 ] || say "note: $1, $2: only $sent % of the requests were sent in time: this machine is too slow or too busy for $rate_wanted a second"
    result "$1" p50 us "$2" "$p50"
    result "$1" p99 us "$2" "$p99"
    result "$1" p99.9 us "$2" "$p999"
    result "$1" cpu us "$2" "$cpu_us"
}
latencies() {
    local what
    for what in allow:create-pod-web-good deny:create-pod-bad-everything; do
        open_loop bare "$(review "${what#*:}")" "$rate_wanted" $((slow_rounds > 1 ? 2 : 1))
        percentiles "latency-${what%%:*}" bare
        open_loop both "$(review "${what#*:}")" "$rate_wanted" $((slow_rounds > 1 ? 2 : 1))
        percentiles "latency-${what%%:*}" podgate
    done
}
# A quarter of the rate, alone and beside ten of the worst reviews a second.
neighbours() {
    local generator subject server
    for subject in bare podgate; do
        server=${subject/podgate/both}
        open_loop "$server" "$(review create-pod-web-good)" $((rate_wanted / 4)) $((slow_rounds > 1 ? 2 : 1))
        percentiles latency-quarter $subject
        (on_cores "$client_cores" timeout 60 h2load --h1 -c 1 --rps 10 -n $((slow_rounds > 1 ? 25 : 15)) -d "$(review groups)" -H 'content-type: application/json' \
            "https://127.0.0.1:$(port_of "$server")/validate") >"$work/worst.out" 2>&1 &
        generator=$!
        open_loop "$server" "$(review create-pod-web-good)" $((rate_wanted / 4)) $((slow_rounds > 1 ? 2 : 1))
        wait $generator
        cpu_us=0 # the worst reviews' is in it
        percentiles latency-beside-worst $subject
    done
}
newcomers() {
    local subject server before after
    for subject in bare podgate; do
        server=${subject/podgate/both}
        before=$(cpu_ns "$server")
        on_client "$BENCH/newcomer" "$work/$server.ports" "$work/certs/ca.crt" "$(review create-pod-web-good)" 200 $newcomers | sort -n >"$work/times" ||
            fail "newcomer failed at $server"
        after=$(cpu_ns "$server")
        result new-connections cpu us $subject "$(awk -v ns=$((after - before)) -v n=$newcomers 'BEGIN { printf "%.1f", ns / n / 1000 }')"
        read -r p50 p99 < <(awk '{ v[NR] = $1 } END { print v[int(NR * 0.5 + 0.999999)], v[int(NR * 0.99 + 0.999999)] }' "$work/times")
        result new-connections p50 us $subject "$p50"
        result new-connections p99 us $subject "$p99"
    done
}
on_client() { (on_cores "$client_cores" "$@"); }

two_cores() {
    local subject keep=$client_cores
    start_bare pair-bare $pair_cores 2
    start_podgate pair-podgate $pair_cores --threads 2 "${both[@]}"
    client_cores=$pair_client
    for subject in bare podgate; do
        closed_loop pair-$subject "$(review create-pod-web-good)" 32 $turn
        result two-cores cpu us $subject "$cpu_us"
        result two-cores rate reviews/s $subject "$rate"
    done
    client_cores=$keep
    stop_server pair-bare
    stop_server pair-podgate
}

memory() {
    local subject server
    start_bare fresh-bare $server_cores 1
    start_podgate fresh-podgate $server_cores --threads 1 "${both[@]}"
    for subject in bare podgate; do
        server=fresh-$subject
        h2load_to $server "$(review create-pod-web-good)" -c 1 -n 1
        result memory idle MB $subject "$(resident_mb $server)"
        h2load_to $server "$(review create-pod-web-good)" -c 16 -n $((turn * 10))
        h2load_to $server "$(review create-pod-bad-everything)" -c 16 -n $((turn * 10))
        result memory after-16 MB $subject "$(resident_mb $server)"
        h2load_to $server "$(review create-pod-web-good)" -c 64 -n $((turn * 10))
        result memory after-64 MB $subject "$(resident_mb $server)"
        # Each asks once a second for four seconds; the most that was resident, for on a busy machine they are not made at once.
        h2load_to $server "$(review create-pod-web-good)" -c 1000 --rps 1 -n 4000
        result memory connections-1000 MB $subject "$(most_resident_mb $server)"
    done
    stop_server fresh-bare
    stop_server fresh-podgate
}

starts() {
    result start first-verdict ms bare "$(on_client "$BENCH/newcomer" "$work/start.ports" "$work/certs/ca.crt" "$(review create-pod-web-good)" -- \
        "$BENCH/bare_server" "$work/certs/tls.crt" "$work/certs/tls.key" "$work/start.ports" 1)"
    result start first-verdict ms podgate "$(on_client "$BENCH/newcomer" "$work/start.ports" "$work/certs/ca.crt" "$(review create-pod-web-good)" -- \
        "$PODGATE" serve --listen 127.0.0.1:0 --health-listen 127.0.0.1:0 --metrics-listen off --drain-quiet 0s --tls-cert "$work/certs/tls.crt" \
        --tls-key "$work/certs/tls.key" --port-file "$work/start.ports" "${both[@]}")"
}

binary_sizes() {
    if ! strip -o "$work/podgate" "$PODGATE" || ! strip -o "$work/bare" "$BENCH/bare_server"; then fail "strip failed"; fi
    result binary size KB podgate "$(($(wc -c <"$work/podgate") / 1024))"
    result binary size KB bare "$(($(wc -c <"$work/bare") / 1024))"
}

# CASE COUNT SUBJECT COMMAND...: documents for each second of CPU time, and the most memory at once
offline() {
    local case=$1 count=$2 subject=$3 cpu_ms peak_kib status
    shift 3
    on_client "$BENCH/usage" "$@" >/dev/null 2>"$work/usage"
    read -r _ cpu_ms peak_kib status < <(tail -n 1 "$work/usage")
    [ "$status" -le 1 ] || fail "$1 ended with status $status: $(head -n 3 "$work/usage")"
    result "$case" rate documents/s "$subject" $((count * 1000 / cpu_ms))
    result "$case" peak MB "$subject" "$(awk -v k="$peak_kib" 'BEGIN { printf "%.1f", k / 1024 }')"
}
checks() { # CASE FILE COUNT
    offline "$1" "$3" bare "$BENCH/bare_yaml" "$2"
    offline "$1" "$3" podgate "$PODGATE" check "${both[@]}" "$2"
}

# --- the run --------------------------------------------------------------------------------------
"$here/inputs.sh" documents $documents >"$work/documents.yaml"
"$here/inputs.sh" documents $many_documents >"$work/many.yaml"
for ((round = 1; round <= rounds; round++)); do
    say "round $round of $rounds"
    loads
    two_cores
    starts
    checks check "$work/documents.yaml" $documents
    [ $round -le $slow_rounds ] || continue
    latencies
    neighbours
    newcomers
    memory
done
checks check-ten-times "$work/many.yaml" $many_documents
binary_sizes
write_results
say "done; the results are in ${RESULTS#"$root"/}"
awk -f "$here/page.awk" "$here/page.txt" "$RESULTS" >"$BENCH/page.md" || fail "no page"
cat "$BENCH/page.md"
[ -z "${WRITE_DOCS:-}" ] || "$here/insert.sh" bench "$BENCH/page.md" "$root/docs/performance.md"
