# The chart, and load while something happens to it.

CHART=$E2E_ROOT/charts/podgate

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

# VERB OPTION...: install or upgrade, until it is there.
chart() {
    local verb=$1
    shift
    helm "$verb" podgate "$CHART" --namespace podgate --create-namespace --wait --timeout 90s \
        --set image.registry= --set image.repository=e2e/podgate --set image.tag=one "$@"
}
uninstalled() {
    helm uninstall podgate --namespace podgate --wait --timeout 90s --ignore-not-found
    # A controller-manager that has just begun takes its time to collect what belonged to a Deployment.
    EVENTUALLY=90 eventually no_pods_left
}
no_pods_left() { [ -z "$(kubectl -n podgate get pods -l app.kubernetes.io/component=webhook -o name)" ]; }

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

# load_begin NAMESPACE: 8 clients create good and bad Pods without end, as a dry run; load_end: none but 201 and 403.
load_begin() {
    local kind
    for kind in good bad; do
        kubectl create --dry-run=client -f "$E2E_ROOT/tests/e2e/manifests/$kind-pod.yaml" -o json >"$BATS_TEST_TMPDIR/$kind.json"
        hey -z 600s -c 4 -q "${LOAD_RATE:-25}" -m POST -T application/json -D "$BATS_TEST_TMPDIR/$kind.json" \
            -H 'Authorization: Bearer e2e-admin' "https://127.0.0.1:6443/api/v1/namespaces/$1/pods?dryRun=All" \
            >"$BATS_TEST_TMPDIR/load-$kind" 2>&1 </dev/null 3>&- &
        echo $! >"$BATS_TEST_TMPDIR/load-$kind.pid"
        disown
    done
}
load_stop() {
    local pid
    for pid in "$BATS_TEST_TMPDIR"/load-*.pid; do
        [ ! -f "$pid" ] || kill "-$1" "$(cat "$pid")" 2>/dev/null
        rm -f "$pid"
    done
}
load_end() {
    local kind
    load_stop INT
    for kind in good bad; do
        eventually grep -q 'Status code distribution' "$BATS_TEST_TMPDIR/load-$kind"
        sed -n '/Status code distribution/,$p; /Requests\/sec/p' "$BATS_TEST_TMPDIR/load-$kind"
    done
    local good bad
    good=$(statuses good) bad=$(statuses bad)
    echo "# under load: good Pods $good, bad Pods $bad" >&3
    [[ "$good" =~ ^201:[0-9]+$ ]] && [[ "$bad" =~ ^403:[0-9]+$ ]]
}
statuses() {
    sed -n '/Status code distribution/,$p' "$BATS_TEST_TMPDIR/load-$1" | sed -n 's/^ *\[\([0-9]*\)\][^0-9]*\([0-9]*\) .*/\1:\2/p' | paste -s -d ' '
    sed -n '/Error distribution/,$p' "$BATS_TEST_TMPDIR/load-$1" | sed 1d
}
