# Servers under load, and what it cost them: sourced by run.sh and peers.sh, which set `work` (a folder), `server_cores` and
# `client_cores` (lists for taskset).
#
# h2load (nghttp2) is the generator: in every distribution, C, about as cheap as the bare server, so one core of it can load one core
# of that; kept-alive HTTP/1.1 over TLS; closed loop, and open loop with --rps, where it writes when each request was sent and
# how long it took. wrk only has a closed loop, hey's -q is one too (a slow answer delays the next request), vegeta's is
# truly open but costs five times the CPU, and wrk2 is in no distribution.

declare -A server_pid

fail() {
    echo "bench: $1" >&2
    exit 1
}
need_h2load() {
    command -v h2load >/dev/null || fail "h2load is missing (Debian, Ubuntu: apt-get install nghttp2-client; Fedora: dnf install nghttp2; Alpine: apk add nghttp2)"
}
on_cores() { # CORES COMMAND...
    local cores=$1
    shift
    if command -v taskset >/dev/null; then exec taskset -c "$cores" "$@"; else exec "$@"; fi
}

stop_server() { # NAME: ends it and waits
    kill -TERM "${server_pid[$1]}" 2>/dev/null
    wait "${server_pid[$1]}" 2>/dev/null
    unset "server_pid[$1]"
}
stop_servers() {
    local name
    for name in "${!server_pid[@]}"; do stop_server "$name"; done
}
port_of() { sed -n 's/^webhook //p' "$work/$1.ports" 2>/dev/null; }
# As in a pod the log goes into a pipe that somebody else reads: here on the generator's cores, and only its beginning is kept.
read_log() { on_cores "$client_cores" sh -c 'head -c 65536 >"$1"; exec cat >/dev/null' - "$1"; }

start_server() { # NAME CORES COMMAND...: the command writes its port into $work/NAME.ports
    local name=$1 cores=$2 turns=0
    shift 2
    rm -f "$work/$name.ports"
    (on_cores "$cores" "$@") > >(read_log "$work/$name.log") 2>&1 </dev/null &
    server_pid[$name]=$!
    until [ -n "$(port_of "$name")" ]; do
        turns=$((turns + 1))
        if [ $turns -gt 200 ] || ! kill -0 "${server_pid[$name]}" 2>/dev/null; then
            cat "$work/$name.log" >&2
            fail "$name does not start"
        fi
        sleep 0.05
    done
}
start_podgate() { # NAME CORES OPTION...
    local name=$1 cores=$2
    shift 2
    start_server "$name" "$cores" "$PODGATE" serve --listen 127.0.0.1:0 --health-listen 127.0.0.1:0 --metrics-listen off \
        --drain-quiet 0s --connection-age 0s --tls-cert "$work/certs/tls.crt" --tls-key "$work/certs/tls.key" --port-file "$work/$name.ports" "$@"
}
start_bare() { # NAME CORES THREADS
    start_server "$1" "$2" "$BENCH/bare_server" "$work/certs/tls.crt" "$work/certs/tls.key" "$work/$1.ports" "$3"
}

# Nanoseconds on a core that all threads of the server had so far.
cpu_ns() { cat "/proc/${server_pid[$1]}/task/"*/schedstat | awk '{ ns += $1 } END { printf "%.0f\n", ns }'; }
resident_mb() { awk '/^VmRSS/ { printf "%.2f\n", $2 / 1024 }' "/proc/${server_pid[$1]}/status"; }
most_resident_mb() { awk '/^VmHWM/ { printf "%.2f\n", $2 / 1024 }' "/proc/${server_pid[$1]}/status"; } # since its start

# NAME REVIEW OPTION...: h2load's report is in $work/h2load.out. Always a number of requests, never -D: a connection that is not
# made when the time is over keeps h2load 1.52 waiting for ever.
h2load_to() {
    local name=$1 review=$2
    shift 2
    (on_cores "$client_cores" timeout 120 h2load --h1 -d "$review" -H 'content-type: application/json' "$@" \
        "https://127.0.0.1:$(port_of "$name")${path:-/validate?timeout=10s}") >"$work/h2load.out" 2>&1 ||
        fail "h2load failed, or took more than 120 s: $name, $review, $*: $(grep -v '^progress' "$work/h2load.out" | tail -n 3)"
    awk '/^requests:/ { done = $6; failed = $10 + $12 + $14 } /^status codes:/ { good = $3 }
        END { exit !(done > 0 && done == good && failed == 0) }' "$work/h2load.out" ||
        fail "not all answers were good: $name, $review: $(grep -E '^(requests|status codes):' "$work/h2load.out" | tr '\n' ' ')"
}

# NAME REVIEW CONNECTIONS MILLISECONDS: as many requests as an idle machine answers in about that time, one after the other on each
# connection. Sets cpu_us, of one request without its share of the connections' handshakes, and rate, requests a second.
closed_loop() {
    local name=$1 review=$2 connections=$3 ms=$4 requests before between after
    # 20,000 reviews a second of up to 8 KB, 160 MB a second of larger ones: the number never depends on how busy the machine is.
    requests=$(($(wc -c <"$review") / 8192))
    requests=$((ms * 20 / (requests > 0 ? requests : 1)))
    [ $requests -gt $((connections * 8)) ] || requests=$((connections * 8))
    before=$(cpu_ns "$name")
    h2load_to "$name" "$review" -c "$connections" -n "$connections"
    between=$(cpu_ns "$name")
    h2load_to "$name" "$review" -c "$connections" -n "$requests"
    after=$(cpu_ns "$name")
    read -r cpu_us rate < <(awk -v connecting=$((between - before)) -v all=$((after - between)) -v more=$((requests - connections)) '
        /^finished in/ { rate = $4 } END { printf "%.2f %.0f\n", (all - connecting) / more / 1000, rate }' "$work/h2load.out")
}

# NAME REVIEW RATE SECONDS: requests at a constant rate, whether answered or not, over 200 connections. Sets p50, p99 and p999 in
# microseconds, sent: how many per cent of the wanted requests were sent in the time, and cpu_us as closed_loop does.
#
# A connection sends its next request when it is due, every 200/RATE seconds, unless the answer before is later than that. What a
# late answer kept from being sent in time would have waited too, so it is counted with the rest of that wait (as
# HdrHistogram corrects for "coordinated omission"). The first half second, when connections are made, does not count. They are
# made one after the other over a whole period (-r): made at once, they would all ask at once from then on.
open_loop() {
    local name=$1 review=$2 wanted=$3 seconds=$4 connections=200 requests before between after
    requests=$((wanted * (2 * seconds + 1) / 2))
    rm -f "$work/times"
    before=$(cpu_ns "$name")
    h2load_to "$name" "$review" -c $connections -n $connections
    between=$(cpu_ns "$name")
    h2load_to "$name" "$review" -c $connections -r $((wanted < 1000 ? 1 : wanted / 1000)) --rate-period=1ms \
        --rps $((wanted / connections)) -n $requests --log-file="$work/times"
    after=$(cpu_ns "$name")
    cpu_us=$(awk -v connecting=$((between - before)) -v all=$((after - between)) -v more=$((requests - connections)) \
        'BEGIN { printf "%.2f\n", (all - connecting) / more / 1000 }')
    read -r p50 p99 p999 sent < <(awk -v period=$((connections * 1000000 / wanted)) -v wanted="$wanted" -v seconds="$seconds" '
        NR == FNR { if (!first || $1 < first) first = $1; next }
        $1 >= first + 500000 {
            n += $1 < first + 500000 + seconds * 1000000
            for (late = $3; late > 0; late -= period) print late | "sort -n"
        }
        END { close("sort -n"); printf "sent %.1f\n", 100 * n / (wanted * seconds) }' "$work/times" "$work/times" |
        awk '$1 == "sent" { sent = $2; next } { v[++n] = $1 } function at(share,    i) { i = int(n * share + 0.999999); return v[i < 1 ? 1 : i] }
            END { print at(0.5), at(0.99), at(0.999), sent }')
}
