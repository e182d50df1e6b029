#!/usr/bin/env bash
# What podgate tells about itself, read by those who will read it: promtool, a real Prometheus, a JSON Schema validator.
# `make observe-test`; needs prometheus, curl, jq, openssl or certtool, python3-jsonschema (Debian's names).
#   PODGATE=PATH     the binary (default build/podgate)
set -uo pipefail
export LC_ALL=C
cd "$(dirname "$0")/../.." || exit 1
here=tests/observe
podgate=${PODGATE:-build/podgate}
work=$(mktemp -d)
passed=0 failed=0
pids=()

end_all() {
    local pid
    for pid in "${pids[@]}"; do
        kill -TERM "$pid" 2>/dev/null && sleep 0.2
        kill -TERM "$pid" 2>/dev/null
        wait "$pid" 2>/dev/null
    done
    pids=()
}
trap 'end_all; rm -rf "$work"' EXIT

# shellcheck source=tests/report.bash
. tests/report.bash
# SECONDS COMMAND...: until it succeeds
await() {
    local end=$((SECONDS + $1))
    shift
    until "$@"; do
        [ $SECONDS -lt $end ] || return 1
        sleep 0.1
    done
}

for tool in promtool prometheus curl jq python3; do
    command -v $tool >/dev/null || give_up "$tool is missing"
done
python=/usr/bin/python3
$python -c 'import jsonschema' 2>/dev/null || give_up "python3-jsonschema is missing"
certs/make-dev-certs.sh "$work/certs" >/dev/null 2>&1 || give_up "no certificates"

# --- servers and clients --------------------------------------------------------------------------

# NAME OUTPUT ARGUMENTS...: starts podgate; its ports are in $work/NAME.ports
start_podgate() {
    local name=$1 output=$2
    shift 2
    "$podgate" serve --listen 127.0.0.1:0 --health-listen 127.0.0.1:0 --metrics-listen 127.0.0.1:0 --port-file "$work/$name.ports" \
        --tls-cert "$work/certs/tls.crt" --tls-key "$work/certs/tls.key" --policies $here/policies.yaml --threads 2 --drain-quiet 0s \
        "$@" >"$output" 2>"$work/$name.errors" &
    pids+=($!)
    await 20 test -s "$work/$name.ports" || { bad "podgate does not start" "$work/$name.errors"; return 1; }
}
port() { sed -n "s/^$2 //p" "$work/$1.ports"; }
scrape() { # NAME [ACCEPT]
    curl -s --max-time 10 -H "Accept: ${2:-text/plain}" "http://127.0.0.1:$(port "$1" metrics)/metrics"
}
# The sum of the samples whose line starts so.
metric() { scrape "$1" | awk -v start="$2" 'index($0, start) == 1 { sum += $NF } END { printf "%.0f\n", sum }'; }

reviews=(tests/reviews/*/request.json)
# NAME PATH FOLDER: posts all recorded reviews over one connection; FOLDER/CASE is the answer, its status in FOLDER/statuses
post_all() {
    local file case
    mkdir -p "$3"
    for file in "${reviews[@]}"; do
        case=$(basename "$(dirname "$file")")
        printf 'url = "https://localhost:%s%s"\nresolve = "localhost:%s:127.0.0.1"\ncacert = "%s"\nheader = "Content-Type: application/json"\n' \
            "$(port "$1" webhook)" "$2" "$(port "$1" webhook)" "$work/certs/ca.crt"
        printf 'data-binary = "@%s"\noutput = "%s/%s"\nwrite-out = "%s %%{http_code}\\n"\nnext\n' "$file" "$3" "$case" "$case"
    done | sed '$d' >"$work/curl"
    curl -s --max-time 120 -K "$work/curl" >"$3/statuses"
}
# How many of FOLDER's answers are verdicts for which jq says true.
verdicts() {
    awk '$2 == 200 { print $1 }' "$1/statuses" | while read -r case; do cat "$1/$case"; echo; done |
        jq -c "select(.kind == \"AdmissionReview\") | select($2)" | wc -l
}

# --- numbers, scraped and checked -----------------------------------------------------------------

start_podgate enforce "$work/enforce.log" --metrics-namespaces 1 || exit 1
start_podgate audit "$work/audit.log" --audit-only || exit 1

# PORT-FILE-NAME...: a Prometheus that scrapes them each second, as Pods of a cluster
start_prometheus() {
    {
        printf 'global: {scrape_interval: 1s, scrape_timeout: 1s}\nscrape_configs:\n- job_name: podgate-metrics\n  static_configs:\n'
        for name in "$@"; do
            printf -- '  - {targets: ["127.0.0.1:%s"], labels: {namespace: podgate, pod: podgate-%s}}\n' "$(port "$name" metrics)" "$name"
        done
    } >"$work/prometheus.yml"
    prometheus --config.file="$work/prometheus.yml" --storage.tsdb.path="$work/tsdb" --web.listen-address=127.0.0.1:0 \
        >"$work/prometheus.log" 2>&1 &
    pids+=($!)
    await 30 grep -q 'msg="Listening on"' "$work/prometheus.log" || { bad "Prometheus does not start" "$work/prometheus.log"; return 1; }
    api=http://$(sed -n 's/.*msg="Listening on" address=\(.*\)/\1/p' "$work/prometheus.log" | head -n 1)/api/v1
}
query() { curl -s --max-time 10 --data-urlencode "query=$1" "$api/query"; }
value() { query "$1" | jq -r '.data.result[0].value[1] // "none"'; }
is_value() { [ "$(value "$1")" = "$2" ]; }

start_prometheus enforce audit || exit 1
await 30 is_value 'count(count_over_time(up[1m]) > 1)' 2 || bad "Prometheus scrapes both podgates" "$work/prometheus.log"

post_all enforce /validate "$work/enforce"
post_all enforce /validate/soft "$work/soft"
post_all audit /validate "$work/audit"
sent=${#reviews[@]}
same "every review is answered" "$sent" "$(wc -l <"$work/enforce/statuses")"

# In audit-only no well-formed review is denied, by whichever way audit-only came.
for name in soft audit; do
    same "$name: denials" 0 "$(verdicts "$work/$name" '.response.allowed | not')"
    same "$name: what is not 200 is malformed" "$(grep -c '^malformed-' "$work/$name/statuses")" "$(grep -vc ' 200$' "$work/$name/statuses")"
done

denied=$(verdicts "$work/enforce" '.response.allowed | not')
[ "$denied" -gt 20 ] || bad "only $denied denials in all recorded reviews"
unjudgeable=$(verdicts "$work/enforce" '(.response.status.message // "") | startswith("podgate cannot judge")')
same "denials that are counted" "$denied" "$(scrape enforce | awk '/^podgate_admission_requests_total{profile="default".*decision="deny"/ { n += $NF } END { print n + 0 }')"
same "reviews that are counted" $((2 * sent)) "$(metric enforce podgate_admission_requests_total)"
same "durations that are counted" $((2 * sent)) "$(metric enforce podgate_admission_request_duration_seconds_count)"
same "namespaces with series of their own, and the others" 2 "$(scrape enforce | sed -n 's/^podgate_namespace_requests_total{object_namespace="\([^"]*\)".*/\1/p' | sort -u | wc -l)"

for accept in text/plain 'application/openmetrics-text; version=1.0.0'; do
    scrape enforce "$accept" >"$work/scraped"
    # It reads the older format, so of the newer one what both have in common.
    if [ "$accept" = text/plain ]; then
        if promtool check metrics <"$work/scraped" >"$work/out" 2>&1 && [ ! -s "$work/out" ]; then ok; else bad "promtool check metrics" "$work/out"; fi
    else
        same "OpenMetrics ends with its end" '# EOF' "$(tail -n 1 "$work/scraped")"
    fi
    if cut -d ' ' -f 1 <"$work/scraped" | grep -v '^#' | sort | uniq -d | grep . >"$work/out"; then bad "samples that are there twice" "$work/out"; else ok; fi
done
# docs/metrics.md names all families, and no other.
sed -n 's/^# TYPE \([^ ]*\) .*/\1/p' <(scrape enforce) | sort >"$work/families"
sed -n 's/^| `\([a-z_]*\)[`{].*/\1/p' docs/metrics.md | sort >"$work/documented"
if diff "$work/families" "$work/documented" >"$work/out"; then ok; else bad "docs/metrics.md: families that are not there (>) or not documented (<)" "$work/out"; fi

# --- in Prometheus --------------------------------------------------------------------------------

await 20 is_value 'sum(podgate_admission_requests_total{pod="podgate-enforce"})' $((2 * sent)) ||
    bad "Prometheus has as many reviews as were sent: $(value 'sum(podgate_admission_requests_total{pod="podgate-enforce"})')"
same "denials in Prometheus" "$denied" "$(value 'sum(podgate_admission_requests_total{pod="podgate-enforce",decision="deny"})')"
same "targets that Prometheus reads as OpenMetrics or text without error" 2 "$(value 'count(up == 1)')"
same "the certificate's end is after now" 1 "$(value 'min(podgate_certificate_not_after_timestamp_seconds > bool time())')"
# What came before Prometheus knew a series is no increase of it.
post_all enforce /validate "$work/again"
await 20 is_value 'sum(podgate_admission_requests_total{pod="podgate-enforce"})' $((3 * sent)) || bad "Prometheus sees what comes later"

# Every query of the dashboard is one, and finds something.
jq -r '[.panels[] | .title as $title | .targets[]? | [$title, .expr]] + [.annotations.list[] | ["annotation", .expr]] | .[] | @tsv' \
    charts/podgate/files/dashboard.json >"$work/queries"
[ "$(wc -l <"$work/queries")" -gt 30 ] || bad "only few queries in the dashboard"
while IFS=$'\t' read -r title expr; do
    expr=${expr//\\\"/\"}
    expr=${expr//\\\\/\\}
    expr=${expr//\$__rate_interval/1m}
    expr=${expr//\$__interval/1m}
    expr=${expr//\$__range/1h}
    expr=${expr//\$namespace/.*}
    expr=${expr//\$job/.*}
    query "$expr" >"$work/answer"
    count=$(jq -r 'if .status == "success" then .data.result | length else .error end' "$work/answer")
    case $count:$expr in
    0:*apiserver_* | 0:*shed* | 0:*connections_cut* | 0:changes*) ok ;; # nothing of that happened here
    0:*) bad "dashboard, $title: finds nothing: $expr" ;;
    [1-9]*:*) ok ;;
    *) bad "dashboard, $title: $count: $expr" ;;
    esac
done <"$work/queries"

# --- logs -----------------------------------------------------------------------------------------

same "denials in the log" $((2 * (denied - unjudgeable))) "$(grep -c '"decision":"deny","profile":"default".*"rules"' "$work/enforce.log")"
# Each answer with audit annotations, each denial and each error has one line, and nothing else has.
for name in enforce:default:2 soft:soft:1; do
    IFS=: read -r folder profile times <<<"$name"
    folder=$work/$folder
    wanted=$(verdicts "$folder" '(.response.allowed | not) or .response.auditAnnotations')
    wanted=$((wanted + $(grep -vc ' 200$' "$folder/statuses")))
    same "lines of profile $profile" $((times * wanted)) "$(grep -c "\"msg\":\"admission\".*\"profile\":\"$profile\"" "$work/enforce.log")"
done
"$podgate" review --policies $here/policies.yaml <tests/reviews/create-pod-bad-everything/request.json >/dev/null # still the same binary

start_podgate debug "$work/debug.log" --log-level debug && post_all debug /validate "$work/debug"
sleep 0.2
cat "$work"/{enforce,audit,debug}.log | grep . >"$work/lines"
jq -n '{"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "array", "minItems": 500, "items": $line[0]}' \
    --slurpfile line docs/logs.schema.json | jq '."$defs" = .items."$defs"' >"$work/lines.schema"
if jq -cs . "$work/lines" >"$work/lines.json" 2>"$work/out"; then ok; else bad "every line is JSON" "$work/out"; fi
if $python -W ignore -m jsonschema -i "$work/lines.json" "$work/lines.schema" >"$work/out" 2>&1; then ok; else bad "lines as docs/logs.schema.json says" "$work/out"; fi
# The schema means something: a line that is wrong is refused.
jq -c '.[0:600] | map(select(.violations)) | .[0].violations[0].action = "kill" | . + [range(500) | {v: 1, ts: "2027-01-01T00:00:00.000Z", level: "info", msg: "x"}]' "$work/lines.json" >"$work/wrong.json"
if $python -W ignore -m jsonschema -i "$work/wrong.json" "$work/lines.schema" >/dev/null 2>&1; then bad "the schema takes anything"; else ok; fi
# docs/logs.md names all fields of the schema.
jq -r '[.properties, ."$defs"[].properties] | map(keys) | add | unique[]' docs/logs.schema.json >"$work/fields"
grep '^| ' docs/logs.md | grep -o '`[a-z_]*`' | tr -d '`' | sort -u >"$work/documented"
if comm -23 "$work/fields" "$work/documented" | grep . >"$work/out"; then bad "fields without documentation in docs/logs.md" "$work/out"; else ok; fi
same "the longest line stays below what container runtimes cut" yes "$(awk 'length($0) > 16384 { print "no"; exit }' "$work/lines" | grep . || echo yes)"
# Whatever names the recorded reviews have: no control character, no direction mark, nothing that HTML knows.
if grep -nP '[\x00-\x08\x0b-\x1f\x7f<>&]|\xe2\x80[\x8b-\x8f\xa8-\xae]|\xe2\x81[\xa0-\xaf]|\xef\xbb\xbf|\xc2[\x80-\x9f]' "$work/lines" >"$work/out"; then
    bad "a name is not inert in the log" "$work/out"
else
    ok
fi
same "hostile names are in the log" yes "$(grep -q 'u001b' "$work/lines" && echo yes)"

# --- a reader that does not read ------------------------------------------------------------------

mkfifo "$work/stuck"
exec 7<>"$work/stuck"
start_podgate stuck "$work/stuck" && {
    turns=0
    while [ "$(metric stuck podgate_log_lines_dropped_total)" = 0 ] && [ $turns -lt 20 ]; do
        turns=$((turns + 1))
        post_all stuck /validate "$work/stuck-$turns"
    done
    same "answers while nobody reads the log" $((turns * sent)) "$(cat "$work"/stuck-*/statuses | grep -c ' [24]0[0-9]$')"
    [ "$(metric stuck podgate_log_lines_dropped_total)" -gt 0 ] && ok || bad "no line was lost while nobody read the log"
    cat <&7 >"$work/unstuck" &
    reader=$!
    post_all stuck /validate "$work/unstuck-1"
    await 10 grep -q 'log lines were dropped: the reader is too slow' "$work/unstuck" && ok || bad "how many lines were lost is not told" "$work/unstuck"
    kill $reader
}
end_all

finish
