#!/bin/sh
# `make demo`: starts podgate as a cluster would call it, over TLS, and posts recorded AdmissionReviews.
set -u
export LC_ALL=C
BUILD=${BUILD:-build}
PODGATE=${PODGATE:-$BUILD/podgate}
REVIEWS=${REVIEWS:-tests/reviews}
dir=$BUILD/demo
server=

bold='' dim='' red='' green='' plain=''
if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then
    escape=$(printf '\033')
    bold="${escape}[1m" dim="${escape}[2m" red="${escape}[1;31m" green="${escape}[1;32m" plain="${escape}[0m"
fi

fail() {
    printf '%s\n' "${red}demo: $1${plain}" >&2
    exit 1
}
# Draining takes its time in a cluster; a second SIGTERM cuts it short.
stop_server() {
    [ -n "$server" ] || return 0
    kill -TERM "$server" 2>/dev/null
    turns=0
    while kill -0 "$server" 2>/dev/null && [ $turns -lt 100 ]; do
        turns=$((turns + 1))
        [ $turns -ne 10 ] || kill -TERM "$server" 2>/dev/null
        [ $turns -ne 99 ] || kill -KILL "$server" 2>/dev/null
        sleep 0.05
    done
    wait "$server"
    stopped=$?
    server=
    return $stopped
}
trap stop_server EXIT
trap 'exit 130' INT TERM HUP

# An AdmissionReview's answer: first line allowed or denied, then the message, then the warnings.
read_answer() {
    awk '
        function text(   c, out, code) { # at points behind the opening quote
            out = ""
            while (at <= length(json) && (c = substr(json, at++, 1)) != "\"") {
                if (c != "\\") { out = out c; continue }
                c = substr(json, at++, 1)
                if (c == "n") out = out "\n"
                else if (c == "t") out = out "\t"
                else if (c == "u") {
                    code = 0
                    for (k = 0; k < 4; k++) code = code * 16 + index("0123456789abcdef", tolower(substr(json, at++, 1))) - 1
                    out = out (code > 31 && code < 127 ? sprintf("%c", code) : "?")
                } else out = out c
            }
            return out
        }
        { json = json $0 }
        END {
            at = 1; verdict = "no verdict"
            while (at <= length(json)) {
                c = substr(json, at++, 1)
                if (c == "{" || c == "[") { depth++; path[depth] = key; key = ""; inside[depth] = c }
                else if (c == "}" || c == "]") { depth--; key = "" }
                else if (c == ",") { if (inside[depth] == "{") key = "" }
                else if (c == "\"") {
                    value = text()
                    if (inside[depth] == "{" && key == "") { key = value; continue }
                    if (depth == 3 && path[2] == "response" && path[3] == "status" && key == "message") message = value
                    if (depth == 3 && path[3] == "warnings") warnings = warnings "warning: " value "\n"
                    if (inside[depth] == "{") key = ""
                } else if (depth == 2 && path[2] == "response" && key == "allowed") {
                    if (substr(json, at - 1, 4) == "true") { verdict = "allowed"; key = "" }
                    else if (substr(json, at - 1, 5) == "false") { verdict = "denied"; key = "" }
                }
            }
            print verdict
            if (message != "") print message
            printf "%s", warnings
        }' "$1"
}

# REVIEW EXPECTED SENTENCE
ask() {
    request=$REVIEWS/$1/request.json
    [ -f "$request" ] || request=$REVIEWS/$1.json
    [ -f "$request" ] || fail "$request is missing"
    code=$(curl -sS --noproxy '*' --max-time 10 --cacert "$dir/ca.crt" -H 'Content-Type: application/json' \
        --data-binary "@$request" -o "$dir/answer.json" -w '%{http_code} %{time_total}' \
        "https://127.0.0.1:$webhook/validate?timeout=10s") || fail "no answer to $1"
    [ "${code%% *}" = 200 ] || fail "$1: HTTP ${code%% *}: $(cut -c 1-300 "$dir/answer.json")"
    read_answer "$dir/answer.json" >"$dir/answer.txt"
    verdict=$(head -n 1 "$dir/answer.txt")
    printf '\n%s%s%s\n' "$bold" "$3" "$plain"
    case $verdict in
    allowed) printf '  %sALLOWED%s\n' "$green" "$plain" ;;
    denied) printf '  %sDENIED%s\n' "$red" "$plain" ;;
    *) fail "$1: the answer holds no verdict: $(cut -c 1-300 "$dir/answer.json")" ;;
    esac
    sed -e 1d "$dir/answer.txt" | sed 's/^/  /'
    if [ "$verdict" != "$2" ]; then
        fail "$1: expected $2, but it was $verdict"
    fi
    asked=$((asked + 1))
}

[ -x "$PODGATE" ] || fail "$PODGATE is missing: run make"
mkdir -p "$dir"
certs/make-dev-certs.sh "$dir" >/dev/null || fail "no certificates"

rm -f "$dir/ports"
"$PODGATE" serve --listen 127.0.0.1:0 --health-listen 127.0.0.1:0 --metrics-listen 127.0.0.1:0 \
    --tls-cert "$dir/tls.crt" --tls-key "$dir/tls.key" --port-file "$dir/ports" >"$dir/server.log" 2>&1 </dev/null &
server=$!
ended() { kill -0 "$server" 2>/dev/null || { server=''; cat "$dir/server.log" >&2; fail "the server ended while starting"; }; }
turns=0
until grep -q '^metrics ' "$dir/ports" 2>/dev/null; do
    ended
    turns=$((turns + 1))
    [ $turns -lt 200 ] || { cat "$dir/server.log" >&2; fail "the server was not there after 10 s"; }
    sleep 0.05
done
webhook=$(sed -n 's/^webhook //p' "$dir/ports")
health=$(sed -n 's/^health //p' "$dir/ports")
until curl -sf --noproxy '*' --max-time 2 -o "$dir/ready" "http://127.0.0.1:$health/readyz"; do
    ended
    turns=$((turns + 1))
    [ $turns -lt 200 ] || { cat "$dir/server.log" >&2; fail "the server was not ready after 10 s"; }
    sleep 0.05
done

printf '%spodgate answers at https://127.0.0.1:%s/validate%s with the built-in default policy.\n' "$bold" "$webhook" "$plain"
printf '%sThe requests are AdmissionReviews that a Kubernetes API server sent; each goes over TLS, as in a cluster.%s\n' "$dim" "$plain"

asked=0
ask create-pod-web-good allowed "A pod that was written with care: non-root, no capabilities, pinned images, secrets by reference."
ask create-pod-bad-everything denied "A pod as one finds them in tutorials."
ask create-deployment-web denied "A Deployment: refused where a person sees it, not later at its pods."
ask create-cronjob-nightly denied "A CronJob with a cloud key in clear: the key is named and its value never printed."
ask update-pod-ephemeralcontainers-bad-everything denied "kubectl debug: a root container into a running pod."
ask update-pod-web-good allowed "A new label on a running pod: nothing that is judged has changed."

printf '\n%sThe same before anything reaches a cluster: podgate check examples/bad-pod.yaml%s\n' "$bold" "$plain"
"$PODGATE" check examples/bad-pod.yaml >"$dir/check.txt" 2>&1
status=$?
sed 's/^/  /' "$dir/check.txt"
[ $status -eq 1 ] || fail "check examples/bad-pod.yaml: expected exit status 1, but it was $status"
"$PODGATE" check examples/good-pod.yaml >"$dir/check.txt" 2>&1
status=$?
if [ $status -ne 0 ]; then
    cat "$dir/check.txt" >&2
    fail "check examples/good-pod.yaml: expected exit status 0, but it was $status"
fi

stop_server || { cat "$dir/server.log" >&2; fail "the server did not end cleanly"; }
printf '\n%s%s requests, every answer as expected; the server has ended.%s\n' "$green" "$asked" "$plain"
cat <<EOS
Next:
  build/podgate list                          the checks
  build/podgate explain run-as-non-root       one of them, with examples
  build/podgate check DIR                     your own manifests
  build/podgate serve --help                  the webhook; charts/podgate puts it into a cluster
  make test                                   every test
EOS
