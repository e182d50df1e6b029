# The chart in the cluster: podgate served through its Service and EndpointSlice, each Pod in a network of its own.
load helpers

setup_file() {
    . "$E2E_ROOT/tests/e2e/helpers.bash"
    . "$E2E_ROOT/tests/e2e/cluster/chart.bash"
    standin_start
}
teardown_file() {
    . "$E2E_ROOT/tests/e2e/helpers.bash"
    . "$E2E_ROOT/tests/e2e/cluster/chart.bash"
    uninstalled
    standin_stop
}
. "$E2E_ROOT/tests/e2e/cluster/chart.bash"

teardown() {
    load_stop KILL
    case_ends
}

plain_namespace() {
    case_namespace=$1
    kubectl create namespace "$1"
    eventually serviceaccount_there "$1"
    sed "s/namespace: default/namespace: $1/" "$E2E_DIR/kubeconfig.cluster" >"$KUBECONFIG"
}
serves_two() { [ "$(kubectl -n podgate get endpointslice -l kubernetes.io/service-name=podgate -o json | jq '[.items[].endpoints[]? | select(.conditions.ready)] | length')" = 2 ]; }
denied() { prints 'denied the request' kubectl create --dry-run=server -f bad-pod.yaml; }

@test "helm install with defaults: nothing is refused, and what would be is in the audit log" {
    plain_namespace chart-defaults
    kubectl create namespace podgate
    eventually serviceaccount_there podgate
    inventory >"$E2E_DIR/inventory.before"
    local began
    began=$(date +%s%N)
    chart install
    noted() { kubectl create --dry-run=server -f bad-pod.yaml && audit_events | grep -q 'validate.podgate.io/violations'; }
    eventually noted
    echo "# helm install to the first verdict: $((($(date +%s%N) - began) / 1000000)) ms" >&3
    say 'kubectl apply -f bad-pod.yaml'
    same chart-defaults
}

@test "uninstall leaves nothing" {
    uninstalled
    inventory >"$E2E_DIR/inventory.after"
    diff -u "$E2E_DIR/inventory.before" "$E2E_DIR/inventory.after"
}

@test "helm install in mode enforce" {
    plain_namespace chart-enforce
    chart install --set mode=enforce --set tls.generated.validityDays=1000 --set tls.generated.renewBeforeDays=100 --set tls.generated.caValidityDays=1500
    eventually denied
    serves_two
    say 'kubectl apply -f bad-pod.yaml'
    say 'kubectl apply -f good-pod.yaml'
    same chart-enforce
}

@test "podgate's own Pods pass podgate's restricted profile" {
    kubectl -n podgate get pods -o yaml >"$BATS_TEST_TMPDIR/pods.yaml"
    "$PODGATE" check --policies builtin:pod-security-restricted "$BATS_TEST_TMPDIR/pods.yaml" || "$PODGATE" check --policies "$E2E_ROOT/policies/pod-security-restricted.yaml" "$BATS_TEST_TMPDIR/pods.yaml"
}

@test "a rolling update of two replicas under load fails no request" {
    plain_namespace chart-rolling
    load_begin chart-rolling
    kubectl -n podgate rollout restart deployment/podgate
    kubectl -n podgate rollout status deployment/podgate --timeout=90s
    # The last of the old ones drains.
    two_pods() { [ "$(kubectl -n podgate get pods -l app.kubernetes.io/component=webhook -o name | wc -l)" = 2 ]; }
    EVENTUALLY=90 eventually two_pods
    load_end
}

@test "a policy reload under load fails no request" {
    plain_namespace chart-reload
    load_begin chart-reload
    for n in 1 2 3 4 5; do
        sed -e 's/^  name: workload-basics/  name: team-basics/' -e "s/^# podgate's built-in default.*/# change $n/" "$E2E_ROOT/policies/default.yaml" >"$BATS_TEST_TMPDIR/team.yaml"
        kubectl -n podgate get pods -o name >"$BATS_TEST_TMPDIR/pods"
        chart upgrade --reuse-values --set-file "policies.team\.yaml=$BATS_TEST_TMPDIR/team.yaml"
    done
    eventually prints '(team-basics)' kubectl create --dry-run=server -f bad-pod.yaml
    load_end
}

@test "certificates are renewed under load: the CA is joined, then signs, and no request fails" {
    plain_namespace chart-rotation
    certificate() { kubectl -n podgate get secret podgate-tls -o jsonpath='{.data.tls\.crt}'; }
    trusted() { kubectl get validatingwebhookconfiguration podgate -o jsonpath='{.webhooks[0].clientConfig.caBundle}' | base64 -d | grep -c BEGIN; }
    before=$(certificate)
    load_begin chart-rotation
    chart upgrade --reuse-values --set tls.generated.validityDays=2000 --set tls.generated.caValidityDays=3650
    [ "$(trusted)" = 2 ]
    sleep 3
    chart upgrade --reuse-values
    [ "$(certificate)" != "$before" ]
    # What is served is the new one.
    address=$(kubectl -n podgate get pods -l app.kubernetes.io/component=webhook -o jsonpath='{.items[0].status.podIP}')
    served() { openssl s_client -connect "$address:8443" -servername podgate.podgate.svc </dev/null 2>/dev/null | openssl x509 | cmp - <(certificate | base64 -d | openssl x509); }
    eventually served
    sleep 3
    load_end
}

@test "a bad policy stops the upgrade, and the old one stays in force" {
    plain_namespace chart-lint
    printf 'apiVersion: podgate.io/v1alpha1\nkind: Policy\nmetadata: {name: broken}\nspec:\n  rules:\n  - check: run-as-nonroot\n' >"$BATS_TEST_TMPDIR/broken.yaml"
    run chart upgrade --reuse-values --set-file "policies.broken\.yaml=$BATS_TEST_TMPDIR/broken.yaml"
    [ "$status" -ne 0 ]
    echo "$output"
    denied
    [ "$(kubectl -n podgate get pods -l app.kubernetes.io/component=webhook -o json | jq '[.items[].status.containerStatuses[].restartCount] | add')" = 0 ]
}

@test "rollback goes back to the policies before" {
    plain_namespace chart-rollback
    first=$(helm -n podgate history podgate -o json | jq '[.[] | select(.status == "superseded")][0].revision')
    helm -n podgate rollback podgate "$first" --wait --timeout 90s
    eventually prints '(workload-basics)' kubectl create --dry-run=server -f bad-pod.yaml
}

@test "all of the cluster goes down at once and comes back by itself, failurePolicy Fail" {
    plain_namespace chart-restart
    . "$E2E_ROOT/tests/e2e/cluster/cluster.bash"
    eventually denied
    standin_stop KILL
    for program in kwok scheduler controllers apiserver etcd; do cluster_end "$program" KILL; done
    cluster_etcd
    cluster_await 20 etcd curl -sf http://127.0.0.1:2379/health
    cluster_apiserver
    cluster_await 60 "the API server" kubectl get --raw /readyz
    cluster_controllers
    # No podgate yet: its own namespace and the system's are open, the others closed.
    eventually prints 'failed calling webhook' kubectl create --dry-run=server -f good-pod.yaml
    say 'kubectl create --dry-run=server -f good-pod.yaml'
    say 'kubectl -n kube-system create --dry-run=server -f good-pod.yaml'
    cluster_nodes
    standin_start
    EVENTUALLY=90 eventually denied
    same chart-restart 's/Post "[^"]*": .*/Post (what the network says)/'
}

@test "uninstall in mode enforce: how long requests fail" {
    plain_namespace chart-uninstall
    eventually prints created kubectl create --dry-run=server -f good-pod.yaml
    load_begin chart-uninstall
    sleep 1
    uninstalled
    sleep 1
    # Helm removes the webhook configuration after the Service: until then nobody may create a Pod. The number is shown.
    load_end || true
}

@test "uninstall leaves nothing, a refused upgrade before it or not" {
    inventory >"$E2E_DIR/inventory.after"
    diff -u "$E2E_DIR/inventory.before" "$E2E_DIR/inventory.after"
}
