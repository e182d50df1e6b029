# The chart, and load while something happens to it.

CHART=$E2E_ROOT/charts/podgate
# For installs under load: what a machine without spare cores delays is not lost.
patient='--set webhook.timeoutSeconds=20'

# What the Dockerfile puts into the image, as a folder; the stand-in for a kubelet runs Pods from it.
image_folder() {
    local folder=$E2E_DIR/image
    [ ! -d "$folder" ] || return 0
    mkdir -p "$folder/usr/bin"
    cp "$PODGATE" "$folder/usr/bin/podgate"
    ldd "$PODGATE" | grep -o '/[^ ]*' | sort -u | xargs cp --parents -L -t "$folder"
}

standin_start() {
    image_folder
    mkdir -p "$E2E_DIR/pods"
    . "$E2E_ROOT/tests/e2e/cluster/cluster.bash"
    cluster_run standin standin -kubeconfig "$E2E_DIR/kubeconfig.cluster" -namespace podgate -dir "$E2E_DIR/pods" \
        -image "e2e/podgate:one=$E2E_DIR/image" -image "e2e/podgate:two=$E2E_DIR/image"
}
standin_stop() {
    . "$E2E_ROOT/tests/e2e/cluster/cluster.bash"
    cluster_end standin "${1:-TERM}"
    # A node that loses its power takes its Pods with it.
    local net
    for net in /run/netns/*; do
        [ -e "$net" ] || continue
        # shellcheck disable=SC2046
        kill -KILL $(ip netns pids "${net##*/}") 2>/dev/null || true
        ip netns del "${net##*/}"
    done
    return 0
}

# podgate's namespace, before the chart: what helm leaves must be no more than this.
chart_namespace() {
    kubectl create namespace podgate 2>/dev/null || true
    eventually serviceaccount_there podgate
    inventory >"$E2E_DIR/inventory.before"
}
nothing_left() {
    inventory >"$E2E_DIR/inventory.after"
    diff -u "$E2E_DIR/inventory.before" "$E2E_DIR/inventory.after"
}

# For the cases: a namespace that the chart judges like any other [label of its profile], and kubectl stands in it.
plain_namespace() {
    case_namespace=$1
    kubectl create namespace "$1"
    [ $# -lt 2 ] || kubectl label namespace "$1" "podgate.io/profile=$2"
    eventually serviceaccount_there "$1"
    sed "s/namespace: default/namespace: $1/" "$E2E_DIR/kubeconfig.cluster" >"$KUBECONFIG"
}
denied() { prints 'denied the request' kubectl create --dry-run=server -f bad-pod.yaml; }
webhook_pods() { kubectl -n podgate get pods -l app.kubernetes.io/component=webhook "$@"; }
two_serve() { [ "$(kubectl -n podgate get endpointslice -l kubernetes.io/service-name=podgate -o json | jq '[.items[].endpoints[]? | select(.conditions.ready)] | length')" = 2 ]; }
two_pods() { [ "$(webhook_pods -o name | wc -l)" = 2 ]; }
pod_address() { webhook_pods -o jsonpath='{.items[0].status.podIP}'; }
served_certificate() { openssl s_client -connect "$(pod_address):8443" -servername podgate.podgate.svc </dev/null 2>/dev/null | openssl x509; }

# VERB OPTION...: install or upgrade, until it is there. HELM: helm (3) or helm4.
chart() {
    local verb=$1
    shift
    "${HELM:-helm}" "$verb" podgate "$CHART" --namespace podgate --create-namespace --wait --timeout 120s \
        --set image.registry= --set image.repository=e2e/podgate --set image.tag=one "$@"
}
uninstalled() {
    "${HELM:-helm}" uninstall podgate --namespace podgate --wait --timeout 120s --ignore-not-found
    # A controller-manager that has just begun takes its time to collect what belonged to a Deployment.
    EVENTUALLY=90 eventually no_pods_left
}
no_pods_left() { [ -z "$(kubectl -n podgate get pods -o name)" ]; }

# All that a chart could leave behind: what has no namespace, and what is in podgate's and in kube-system, but for what
# the cluster itself writes all the time.
inventory() {
    local kinds namespace
    kinds=$(kubectl api-resources --verbs=list --namespaced=false -o name | grep -v '^namespaces$' | sort | paste -s -d ,)
    kubectl get "$kinds" -o name --ignore-not-found 2>/dev/null | sort
    kinds=$(kubectl api-resources --verbs=list --namespaced=true -o name | grep -v -e '^events' -e '^leases' | sort | paste -s -d ,)
    for namespace in podgate kube-system; do
        kubectl -n "$namespace" get "$kinds" -o name --ignore-not-found 2>/dev/null | sort | sed "s/^/$namespace /"
    done
}

# load_begin NAMESPACE: 8 clients create good and bad Pods without end, as a dry run. load_end: the numbers; fails when a
# good Pod was not admitted, a bad one not denied, or a request failed.
load_begin() {
    local kind
    for kind in good bad; do
        kubectl create --dry-run=client -f "$E2E_ROOT/tests/e2e/manifests/$kind-pod.yaml" -o json >"$BATS_TEST_TMPDIR/$kind.json"
    done
    loadgen -token e2e-admin -namespace "$1" -good "$BATS_TEST_TMPDIR/good.json" -bad "$BATS_TEST_TMPDIR/bad.json" \
        -clients 4 -rate "${LOAD_RATE:-25}" >"$BATS_TEST_TMPDIR/load" 2>&1 </dev/null 3>&- &
    echo $! >"$BATS_TEST_TMPDIR/load.pid"
    disown
}
load_stop() {
    local pid=$BATS_TEST_TMPDIR/load.pid
    [ ! -f "$pid" ] || kill "-$1" "$(cat "$pid")" 2>/dev/null
    rm -f "$pid"
}
load_numbers() {
    load_stop INT
    eventually grep -q '^failed: ' "$BATS_TEST_TMPDIR/load"
    sed 's/^/# /' "$BATS_TEST_TMPDIR/load" >&3
}
load_end() {
    load_numbers
    grep -q '^good Pods: [1-9][0-9]* admitted, 0 denied$' "$BATS_TEST_TMPDIR/load"
    grep -q '^bad Pods: 0 admitted, [1-9][0-9]* denied$' "$BATS_TEST_TMPDIR/load"
    grep -q '^failed: 0$' "$BATS_TEST_TMPDIR/load"
}
# After an uninstall under load: the webhook configuration went so many ms after the Service (negative: before it). Between
# them the API server asks nobody; requests that failed did so there, and no later.
removal_gap() {
    both_noted() { [ "$(removals | wc -l)" = 2 ]; }
    removals() {
        jq -r --arg began "$case_began" 'select(.verb == "delete" and .objectRef.name == "podgate" and .requestReceivedTimestamp >= $began and
            (.objectRef.resource == "services" or .objectRef.resource == "validatingwebhookconfigurations")) |
            "\(.objectRef.resource) \(.stageTimestamp)"' "$E2E_DIR/audit.log" | sort
    }
    eventually both_noted
    local service configuration gap
    service=$(removals | sed -n 's/^services //p') configuration=$(removals | sed -n 's/^validatingwebhookconfigurations //p')
    gap=$((($(date -d "$configuration" +%s%N) - $(date -d "$service" +%s%N)) / 1000000))
    echo "# the webhook configuration was removed $gap ms after the Service" >&3
    [ "$gap" -lt 2000 ]
    if grep -q '^failed: 0$' "$BATS_TEST_TMPDIR/load"; then return 0; fi
    [ "$gap" -gt 0 ]
    [ "$(sed -n 's/^failed within: \([0-9]*\) ms$/\1/p' "$BATS_TEST_TMPDIR/load")" -lt 2000 ]
    [ -z "$(sed -n '/^  [0-9]* times, /p' "$BATS_TEST_TMPDIR/load" | grep -v -F 'failed calling webhook')" ]
}
