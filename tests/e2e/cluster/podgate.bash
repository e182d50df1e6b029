# podgate on loopback and its webhook configurations. Each webhook judges only namespaces labelled podgate=NAME, so that
# cases with other modes, policies and failures do not meet.

# NAME [SERVE-OPTION...]: started, ready; its pid, ports and log are $E2E_DIR/podgate-NAME.*
podgate_start() {
    local name=$1 at=$E2E_DIR/podgate-$1 turns=0
    shift
    local port=0
    # Started again, it has the port that is registered.
    [ ! -f "$at.ports" ] || port=$(podgate_port "$name" webhook)
    rm -f "$at.ports"
    "$PODGATE" serve --listen "127.0.0.1:$port" --health-listen 127.0.0.1:0 --metrics-listen 127.0.0.1:0 --drain-quiet 1s \
        --tls-cert "$E2E_DIR/certs/tls.crt" --tls-key "$E2E_DIR/certs/tls.key" --port-file "$at.ports" "$@" \
        >>"$at.log" 2>&1 </dev/null 3>&- &
    echo $! >"$at.pid"
    disown
    until grep -qs '^metrics ' "$at.ports" && curl -sf -o "$at.ready" "http://127.0.0.1:$(podgate_port "$name" health)/readyz"; do
        turns=$((turns + 1))
        if [ $turns -gt 200 ] || ! process_lives "$(cat "$at.pid")"; then
            echo "podgate $name did not start:" >&2
            tail -n 20 "$at.log" >&2
            return 1
        fi
        sleep 0.05
    done
}

podgate_port() { sed -n "s/^$2 //p" "$E2E_DIR/podgate-$1.ports"; }

process_lives() { [ -n "$1" ] && [ -d "/proc/$1" ] && ! grep -q '^State:[[:space:]]*Z' "/proc/$1/status" 2>/dev/null; }

# NAME [SIGNAL]
podgate_stop() {
    local at=$E2E_DIR/podgate-$1 pid turns=0
    pid=$(cat "$at.pid" 2>/dev/null) || return 0
    kill "-${2:-TERM}" "$pid" 2>/dev/null
    while process_lives "$pid"; do
        turns=$((turns + 1))
        [ $turns -lt 200 ] || kill -KILL "$pid" 2>/dev/null
        sleep 0.05
    done
    rm -f "$at.pid"
}

# NAME [KEY=VALUE...]: a webhook for namespaces labelled podgate=NAME.
#   instance=NAME of podgate_start, path=/validate, failurePolicy=Fail, timeoutSeconds=10, ca=FILE, url=URL,
#   operations=[CREATE, UPDATE], everything=yes (each resource and subresource, each operation)
register() {
    local name=$1 instance=$1 path=/validate failurePolicy=Fail timeoutSeconds=10 ca="$E2E_DIR/certs/ca.crt" url='' everything=''
    shift
    local setting
    for setting in "$@"; do local "$setting"; done
    [ -n "$url" ] || url=https://localhost:$(podgate_port "$instance" webhook)$path
    local rules
    if [ -n "$everything" ]; then
        rules='  - {apiGroups: ["*"], apiVersions: ["*"], operations: ["*"], resources: ["*/*"], scope: Namespaced}'
    else
        rules='  - {apiGroups: [""], apiVersions: [v1], operations: [CREATE, UPDATE], resources: [pods, podtemplates, replicationcontrollers], scope: Namespaced}
  - {apiGroups: [""], apiVersions: [v1], operations: [UPDATE], resources: [pods/ephemeralcontainers, pods/resize], scope: Namespaced}
  - {apiGroups: [apps], apiVersions: [v1], operations: [CREATE, UPDATE], resources: [deployments, daemonsets, statefulsets, replicasets], scope: Namespaced}
  - {apiGroups: [batch], apiVersions: [v1], operations: [CREATE, UPDATE], resources: [jobs, cronjobs], scope: Namespaced}'
    fi
    kubectl apply -f - >"$E2E_DIR/register.txt" 2>&1 <<EOS || { cat "$E2E_DIR/register.txt" >&2; return 1; }
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata:
  name: podgate-$name
webhooks:
- name: validate.podgate.io
  admissionReviewVersions: [v1]
  sideEffects: None
  matchPolicy: Equivalent
  failurePolicy: $failurePolicy
  timeoutSeconds: $timeoutSeconds
  clientConfig:
    url: $url
    caBundle: $(base64 -w 0 <"$ca")
  namespaceSelector:
    matchLabels: {podgate: $name}
  rules:
$rules
EOS
}

# NAME: until the API server has taken up the webhook: a Pod that every case's policy notices reaches podgate.
registered() {
    kubectl create namespace "probe-$1" >/dev/null 2>&1
    kubectl label namespace "probe-$1" "podgate=$1" --overwrite >/dev/null
    eventually serviceaccount_there "probe-$1"
    eventually probe_arrives "$1" "${2:-$1}"
}
requests_total() {
    curl -s "http://127.0.0.1:$(podgate_port "$1" metrics)/metrics" | awk '/^podgate_admission_requests_total/ { n += $2 } END { print n + 0 }'
}
probe_arrives() {
    local before
    before=$(requests_total "$2")
    kubectl -n "probe-$1" create --dry-run=server -f "$E2E_ROOT/tests/e2e/manifests/good-pod.yaml" >/dev/null 2>&1
    [ "$(requests_total "$2")" -gt "$before" ]
}
serviceaccount_there() { kubectl -n "$1" get serviceaccount default; }
