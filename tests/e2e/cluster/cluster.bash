# A Kubernetes control plane in the namespaces that run.sh made: sourced by it.
# 10.77.0.1 on the bridge is this world's own address; podgate's Pods get addresses behind it.

# NAME COMMAND...: in the background, its output in NAME.log
cluster_run() {
    local name=$1
    shift
    "$@" >>"$E2E_DIR/$name.log" 2>&1 </dev/null 3>&- &
    echo $! >"$E2E_DIR/cluster-$name.pid"
    disown
}

# NAME [SIGNAL]: ends it and waits.
cluster_end() {
    local file=$E2E_DIR/cluster-$1.pid pid turns=0
    pid=$(cat "$file" 2>/dev/null) || return 0
    kill "-${2:-TERM}" "$pid" 2>/dev/null
    while cluster_lives "$pid"; do
        turns=$((turns + 1))
        [ $turns -ne 100 ] || kill -KILL "$pid" 2>/dev/null
        sleep 0.05
    done
    rm -f "$file"
}
# A program whose first thread is a zombie still holds its ports and locks while others of its threads end.
cluster_lives() {
    [ -n "$1" ] && [ -d "/proc/$1" ] || return 1
    ! grep -q '^State:[[:space:]]*Z' "/proc/$1/status" 2>/dev/null || [ "$(ls "/proc/$1/task" 2>/dev/null | wc -l)" -gt 1 ]
}

# SECONDS WHAT COMMAND...
cluster_await() {
    local deadline=$((SECONDS + $1)) what=$2 pid
    shift 2
    until "$@" >/dev/null 2>&1; do
        for pid in "$E2E_DIR"/cluster-*.pid; do
            cluster_lives "$(cat "$pid")" && continue
            echo "a program of the cluster ended: $pid" >&2
            cluster_logs
            return 1
        done
        if [ $SECONDS -ge $deadline ]; then
            echo "$what was not there in time" >&2
            cluster_logs
            return 1
        fi
        sleep 0.1
    done
}

cluster_etcd() {
    cluster_run etcd etcd --data-dir "$E2E_DIR/etcd" --listen-client-urls http://127.0.0.1:2379 \
        --advertise-client-urls http://127.0.0.1:2379 --listen-peer-urls http://127.0.0.1:2380 --logger zap --log-level warn
}

cluster_apiserver() {
    # Debian's etcd knows no watch progress: clients that are let stream their lists would fail, wait and try again.
    cluster_run apiserver kube-apiserver --etcd-servers=http://127.0.0.1:2379 --secure-port=6443 --bind-address=127.0.0.1 \
        --advertise-address=10.77.0.1 --endpoint-reconciler-type=none --cert-dir="$E2E_DIR/apiserver" \
        --service-account-key-file="$E2E_DIR/sa.pub" --service-account-signing-key-file="$E2E_DIR/sa.key" \
        --service-account-issuer=https://kubernetes.default.svc --service-cluster-ip-range=10.96.0.0/16 \
        --token-auth-file="$E2E_DIR/tokens" --authorization-mode=RBAC --allow-privileged=true \
        --enable-aggregator-routing=true --profiling=false --feature-gates=WatchList=false \
        --admission-control-config-file="$E2E_DIR/admission.yaml" \
        --audit-policy-file="$E2E_ROOT/tests/e2e/cluster/audit-policy.yaml" --audit-log-path="$E2E_DIR/audit.log"
}

# What makes Deployments' Pods, and gives them a node.
cluster_controllers() {
    cluster_run controllers kube-controller-manager --kubeconfig="$E2E_DIR/kubeconfig.cluster" --use-service-account-credentials=true \
        --service-account-private-key-file="$E2E_DIR/sa.key" --leader-elect=false --profiling=false \
        --cert-dir="$E2E_DIR/controllers"
    cluster_run scheduler kube-scheduler --kubeconfig="$E2E_DIR/kubeconfig.cluster" --leader-elect=false --profiling=false
}

cluster_up() {
    mkdir -p "$HOME"
    ip link set lo up &&
        # An address of its own: otherwise a bridge takes one of its ports', and another when that port goes.
        ip link add e2e0 address 02:00:0a:4d:00:01 type bridge && ip addr add 10.77.0.1/16 dev e2e0 && ip link set e2e0 up || return 1
    mount -t tmpfs none /run && mkdir -p /run/netns || return 1

    openssl genrsa -out "$E2E_DIR/sa.key" 2048 2>/dev/null && openssl rsa -in "$E2E_DIR/sa.key" -pubout -out "$E2E_DIR/sa.pub" 2>/dev/null
    # A certificate to show to webhooks that ask for one.
    "$E2E_ROOT/certs/make-dev-certs.sh" "$E2E_DIR/certs" >/dev/null || return 1
    cat >"$E2E_DIR/admission.yaml" <<EOS
apiVersion: apiserver.config.k8s.io/v1
kind: AdmissionConfiguration
plugins:
- name: ValidatingAdmissionWebhook
  configuration:
    apiVersion: apiserver.config.k8s.io/v1
    kind: WebhookAdmissionConfiguration
    kubeConfigFile: $E2E_DIR/webhooks.kubeconfig
EOS
    cat >"$E2E_DIR/webhooks.kubeconfig" <<EOS
apiVersion: v1
kind: Config
users:
- name: podgate.podgate.svc
  user: {client-certificate: $E2E_DIR/certs/client.crt, client-key: $E2E_DIR/certs/client.key}
EOS
    printf '%s\n' 'e2e-admin,admin,admin,system:masters' 'e2e-developer,developer,developer,developers' >"$E2E_DIR/tokens"
    cat >"$KUBECONFIG" <<EOS
apiVersion: v1
kind: Config
clusters:
- {name: e2e, cluster: {server: "https://127.0.0.1:6443", insecure-skip-tls-verify: true}}
users:
- {name: admin, user: {token: e2e-admin}}
- {name: developer, user: {token: e2e-developer}}
contexts:
- {name: e2e, context: {cluster: e2e, user: admin, namespace: default}}
- {name: developer, context: {cluster: e2e, user: developer, namespace: default}}
current-context: e2e
EOS
    cp "$KUBECONFIG" "$E2E_DIR/kubeconfig.cluster"
    cluster_etcd
    cluster_await 60 etcd curl -sf http://127.0.0.1:2379/health || return 1
    cluster_apiserver
    cluster_await 120 "the API server" kubectl get --raw /readyz || return 1
    cluster_controllers

    kubectl apply -f "$E2E_ROOT/tests/e2e/cluster/node.yaml" >/dev/null || return 1
    cluster_nodes
    cluster_await 90 "a ready node" kubectl wait --for=condition=Ready node --all --timeout=1s || return 1
    cluster_await 90 "the default service account" kubectl get serviceaccount default || return 1
}

cluster_nodes() {
    # The stages leave podgate's own Pods to the stand-in for a kubelet, which really runs them and has their logs.
    local stages=() stage
    for stage in "${E2E_BIN%/bin}"/kwok/*.yaml; do
        if grep -q 'kind: Pod$' "$stage"; then
            sed "s/^    matchExpressions:/&\n    - {key: .metadata.namespace, operator: NotIn, values: [podgate]}/" "$stage" >"$E2E_DIR/${stage##*/}"
            stage=$E2E_DIR/${stage##*/}
        fi
        stages+=(-c "$stage")
    done
    cluster_run kwok kwok --kubeconfig="$E2E_DIR/kubeconfig.cluster" --manage-all-nodes=true --node-lease-duration-seconds=40 \
        --server-address=127.0.0.1:10247 --node-ip=10.77.0.1 --node-port=10250 "${stages[@]}"
}

cluster_logs() {
    local log
    for log in "$E2E_DIR"/*.log; do
        echo "--- ${log##*/}"
        tail -n 5 "$log" | cut -c 1-400
    done >&2
}

cluster_down() {
    local pid
    for pid in "$E2E_DIR"/cluster-*.pid; do
        pid=${pid##*/cluster-}
        cluster_end "${pid%.pid}"
    done
}

# TAP, a little easier on the eye.
cluster_report() {
    sed -u -e '/^1\.\./d' -e 's/^ok [0-9]* /ok    /' -e 's/^not ok [0-9]* /FAIL  /' -e 's/^# /        /'
}
