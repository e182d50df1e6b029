#!/bin/bash
# `make bench-peers`: podgate beside the stand-alone Pod Security webhook (k8s.io/pod-security-admission/cmd/webhook): the same rules, the same
# reviews, the same load, the same core, in interleaved rounds; and beside both podgate with its default policy too. The webhook reads namespaces from
# a real API server, so etcd and kube-apiserver run beside it, on the generator's core. All of it in namespaces of its own.
# Environment: QUICK=1, RESULTS (the file, build/bench/peers.tsv), WRITE_DOCS=1 (into docs/performance.md), PODGATE, BENCH.
set -u
export LC_ALL=C
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
PODGATE=${PODGATE:-$root/build/podgate} BENCH=${BENCH:-$root/build/bench}
RESULTS=${RESULTS:-$BENCH/peers.tsv}
# shellcheck source=tests/bench/servers.bash
. "$here/servers.bash"

if [ "${PEERS_INSIDE:-}" != yes ]; then
    need_h2load
    for needed in etcd:etcd-server openssl:openssl curl:curl; do
        command -v "${needed%%:*}" >/dev/null || fail "${needed%%:*} is missing (Debian, Ubuntu: apt-get install ${needed#*:})"
    done
    bin=$("$root/tests/tools/kubernetes/build.sh" kube-apiserver kubectl) || fail "kube-apiserver could not be built"
    "$root/tests/tools/build.sh" pod-security-webhook >/dev/null || fail "the Pod Security webhook could not be built"
    flags=(--net --pid --fork --kill-child --mount-proc)
    [ "$(id -u)" = 0 ] || flags+=(--user --map-root-user)
    export PEERS_INSIDE=yes PATH="$bin:$PATH"
    exec unshare "${flags[@]}" "$0"
fi

work=$(mktemp -d)
trap 'stop_servers; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
ip link set lo up || fail "no loopback in the namespace"
server_cores=0 client_cores=0
[ "$(nproc)" -lt 2 ] || client_cores=1
rounds=5 ms=300
[ -z "${QUICK:-}" ] || { rounds=3 ms=100; }
"$here/machine.sh" "$PODGATE" >"$work/machine"

# NAME COMMAND...: on the generator's core
start_beside() {
    local name=$1
    shift
    (on_cores "$client_cores" "$@") >"$work/$name.log" 2>&1 </dev/null &
    server_pid[$name]=$!
}
await() { # NAME COMMAND...
    local name=$1 turns=0
    shift
    until "$@" >/dev/null 2>&1; do
        turns=$((turns + 1))
        if [ $turns -gt 1200 ] || ! kill -0 "${server_pid[$name]}" 2>/dev/null; then
            tail -n 5 "$work/$name.log" >&2
            fail "$name does not start"
        fi
        sleep 0.1
    done
}

"$root/certs/make-dev-certs.sh" "$work/certs" >/dev/null || fail "no certificates"
openssl genrsa -out "$work/sa.key" 2048 2>/dev/null || fail "openssl made no key"
openssl rsa -in "$work/sa.key" -pubout -out "$work/sa.pub" 2>/dev/null || fail "openssl made no key"
echo 'peers,admin,admin,system:masters' >"$work/tokens"
cat >"$work/kubeconfig" <<'EOS'
apiVersion: v1
kind: Config
clusters:
- {name: peers, cluster: {server: "https://127.0.0.1:6443", insecure-skip-tls-verify: true}}
users:
- {name: admin, user: {token: peers}}
contexts:
- {name: peers, context: {cluster: peers, user: admin}}
current-context: peers
EOS
cat >"$work/webhook.yaml" <<'EOS'
apiVersion: pod-security.admission.config.k8s.io/v1
kind: PodSecurityConfiguration
defaults: {enforce: restricted, enforce-version: v1.37, audit: privileged, audit-version: latest, warn: privileged, warn-version: latest}
exemptions: {usernames: [], runtimeClasses: [], namespaces: []}
EOS
start_beside etcd etcd --data-dir "$work/etcd" --listen-client-urls http://127.0.0.1:2379 --advertise-client-urls http://127.0.0.1:2379 \
    --listen-peer-urls http://127.0.0.1:2380 --logger zap --log-level warn
await etcd curl -sf http://127.0.0.1:2379/health
start_beside apiserver kube-apiserver --etcd-servers=http://127.0.0.1:2379 --secure-port=6443 --bind-address=127.0.0.1 --advertise-address=127.0.0.1 \
    --endpoint-reconciler-type=none --cert-dir="$work/apiserver" --service-account-key-file="$work/sa.pub" --service-account-signing-key-file="$work/sa.key" \
    --service-account-issuer=https://kubernetes.default.svc --service-cluster-ip-range=10.96.0.0/16 --token-auth-file="$work/tokens" \
    --authorization-mode=RBAC --profiling=false --feature-gates=WatchList=false
export HOME=$work KUBECONFIG=$work/kubeconfig
await apiserver kubectl get --raw /readyz
await apiserver kubectl get namespace default

(on_cores "$server_cores" pod-security-webhook --config "$work/webhook.yaml" --kubeconfig "$work/kubeconfig" --secure-port 9443 --bind-address 127.0.0.1 \
    --tls-cert-file "$work/certs/tls.crt" --tls-private-key-file "$work/certs/tls.key" --client-qps-limit 10000 --client-qps-burst 20000) \
    >"$work/webhook.log" 2>&1 </dev/null &
server_pid[webhook]=$!
await webhook curl -skf https://127.0.0.1:9443/readyz
echo "webhook 9443" >"$work/webhook.ports"
start_podgate restricted $server_cores --threads 1 --policies builtin:pod-security-restricted
start_podgate both $server_cores --threads 1 --policies builtin:pod-security-restricted --policies builtin:default

subjects=(webhook restricted both)
reviews=("allowed:create-pod-web-good:true" "denied:create-pod-bad-everything:false")
path_of() { if [ "$1" = webhook ]; then echo /; else echo '/validate?timeout=10s'; fi; }
# All give the verdict that is to be measured.
for review in "${reviews[@]}"; do
    IFS=: read -r _ file verdict <<<"$review"
    for subject in "${subjects[@]}"; do
        answer=$(curl -sk -H 'Content-Type: application/json' --data-binary "@$root/tests/reviews/$file/request.json" "https://127.0.0.1:$(port_of "$subject")$(path_of "$subject")")
        case $answer in
        *"\"allowed\":$verdict"*) ;;
        *) fail "$subject says of $file: ${answer:0:300}" ;;
        esac
    done
done

declare -A values
keep() { values[$1]="${values[$1]:-}${values[$1]:+ }$2"; }
for ((round = 1; round <= rounds; round++)); do
    printf '%4d s  round %d of %d\n' $SECONDS $round $rounds >&2
    for review in "${reviews[@]}"; do
        IFS=: read -r label file _ <<<"$review"
        for subject in "${subjects[@]}"; do
            path=$(path_of "$subject")
            closed_loop "$subject" "$root/tests/reviews/$file/request.json" 16 $ms
            keep "$label	cpu	us	$subject" "$cpu_us"
            keep "$label	rate	reviews/s	$subject" "$rate"
            keep "$label	resident	MB	$subject" "$(resident_mb "$subject")"
        done
    done
done

{
    cat "$work/machine"
    printf '# length\t%d rounds\n' $rounds
    for key in "${!values[@]}"; do printf '%s\t%s\n' "$key" "${values[$key]}"; done | sort
} >"$RESULTS"
awk -f "$here/peers.awk" "$RESULTS" >"$BENCH/peers.md"
met=$?
cat "$BENCH/peers.md"
[ -z "${WRITE_DOCS:-}" ] || "$here/insert.sh" bench-peers "$BENCH/peers.md" "$root/docs/performance.md"
exit $met
