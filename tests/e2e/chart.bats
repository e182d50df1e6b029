# The life of a release in the cluster: podgate is asked through its Service and EndpointSlice, each Pod has a network of its own.
load helpers

setup_file() {
    . "$E2E_ROOT/tests/e2e/helpers.bash"
    . "$E2E_ROOT/tests/e2e/cluster/chart.bash"
    standin_start
    chart_namespace
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

@test "helm install with defaults: nothing is refused, and what would be is in the audit log" {
    plain_namespace chart-defaults
    local began
    began=$(date +%s%N)
    chart install
    noted() { kubectl create --dry-run=server -f bad-pod.yaml && audit_events | grep -q 'validate.podgate.io/violations'; }
    eventually noted
    echo "# helm install to the first verdict: $((($(date +%s%N) - began) / 1000000)) ms" >&3
    say 'kubectl apply -f bad-pod.yaml'
    same chart-defaults
}

# What differs at each run in what helm prints of a test.
helm_tidy='s/^(LAST DEPLOYED|Last Started|Last Completed): .*/\1: (time)/; s/^([A-Z ]+: +)[A-Z][a-z]{2} [A-Z][a-z]{2} .*/\1(time)/'

@test "helm test, while nothing is denied: a bad Pod's violations are noted" {
    plain_namespace chart-test
    say 'helm test podgate -n podgate --hide-notes'
    same chart-test "$helm_tidy"
}

@test "uninstall leaves nothing" {
    uninstalled
    nothing_left
}

@test "the release before this one, in mode enforce" {
    plain_namespace chart-enforce
    cp -R "$CHART" "$BATS_FILE_TMPDIR/before"
    cp "$E2E_ROOT/tests/chart/previous-values.yaml" "$BATS_FILE_TMPDIR/before/values.yaml"
    CHART=$BATS_FILE_TMPDIR/before chart install --set mode=enforce $patient --set profiles.restricted.mode=warn \
        --set tls.generated.validityDays=1000 --set tls.generated.renewBeforeDays=100 --set tls.generated.caValidityDays=1500
    eventually denied
    two_serve
    say 'kubectl apply -f bad-pod.yaml'
    say 'kubectl apply -f good-pod.yaml'
    same chart-enforce
}

@test "an upgrade with the values of the release before fails no request and changes no rule" {
    plain_namespace chart-upgrade
    rules() { kubectl get validatingwebhookconfiguration podgate -o json | jq -S '.webhooks'; }
    rules >"$BATS_TEST_TMPDIR/before"
    load_begin chart-upgrade
    chart upgrade --reuse-values --set image.tag=two
    EVENTUALLY=90 eventually two_pods
    load_end
    rules >"$BATS_TEST_TMPDIR/after"
    diff -u "$BATS_TEST_TMPDIR/before" "$BATS_TEST_TMPDIR/after"
}

@test "helm test, in mode enforce: a bad Pod is denied" {
    plain_namespace chart-test-enforce
    say 'helm test podgate -n podgate --hide-notes'
    same chart-test-enforce "$helm_tidy"
}

@test "podgate's own Pods pass podgate's restricted profile" {
    webhook_pods -o yaml >"$BATS_TEST_TMPDIR/pods.yaml"
    "$PODGATE" check --policies "$E2E_ROOT/policies/pod-security-restricted.yaml" "$BATS_TEST_TMPDIR/pods.yaml"
}

@test "a rolling update of two replicas under load fails no request" {
    plain_namespace chart-rolling
    load_begin chart-rolling
    kubectl -n podgate rollout restart deployment/podgate
    kubectl -n podgate rollout status deployment/podgate --timeout=120s
    # The last of the old ones drains.
    EVENTUALLY=90 eventually two_pods
    load_end
}

@test "a node with a podgate is drained under load and no request fails" {
    plain_namespace chart-drain
    node=$(webhook_pods -o jsonpath='{.items[0].spec.nodeName}')
    load_begin chart-drain
    kubectl drain "$node" --pod-selector=app.kubernetes.io/component=webhook --timeout=120s
    kubectl uncordon "$node"
    kubectl -n podgate rollout status deployment/podgate --timeout=120s
    load_end
}

@test "a policy reload under load fails no request" {
    plain_namespace chart-reload
    load_begin chart-reload
    for n in 1 2 3 4 5; do
        sed -e 's/^  name: workload-basics/  name: team-basics/' -e "s/^# podgate's built-in default.*/# change $n/" "$E2E_ROOT/policies/default.yaml" >"$BATS_TEST_TMPDIR/team.yaml"
        chart upgrade --reuse-values --set-file "policies.team\.yaml=$BATS_TEST_TMPDIR/team.yaml"
    done
    eventually prints '(team-basics)' kubectl create --dry-run=server -f bad-pod.yaml
    load_end
}

@test "certificates are renewed under load: the CA is joined, then signs, and no request fails" {
    plain_namespace chart-rotation
    certificate() { kubectl -n podgate get secret podgate-tls -o jsonpath='{.data.tls\.crt}' | base64 -d; }
    trusted() { kubectl get validatingwebhookconfiguration podgate -o jsonpath='{.webhooks[0].clientConfig.caBundle}' | base64 -d | grep -c BEGIN; }
    before=$(certificate)
    load_begin chart-rotation
    chart upgrade --reuse-values --set tls.generated.validityDays=2000 --set tls.generated.caValidityDays=3650
    [ "$(trusted)" = 2 ]
    sleep 3
    chart upgrade --reuse-values
    [ "$(certificate)" != "$before" ]
    served() { [ "$(served_certificate)" = "$(certificate | openssl x509)" ]; }
    eventually served
    sleep 3
    load_end
}

@test "a bad policy stops the upgrade, helm says where it is bad, and the old one stays in force" {
    plain_namespace chart-lint
    printf 'apiVersion: podgate.io/v1alpha1\nkind: Policy\nmetadata: {name: broken}\nspec:\n  rules:\n  - check: run-as-nonroot\n' >"$BATS_TEST_TMPDIR/broken.yaml"
    cp -R "$CHART" "$BATS_TEST_TMPDIR/podgate"
    (cd "$BATS_TEST_TMPDIR" && say 'helm upgrade podgate podgate -n podgate --reuse-values --set-file policies.broken=broken.yaml')
    same chart-lint 's/podgate-lint-[a-z0-9]{5}/podgate-lint-xxxxx/g'
    denied
    [ "$(webhook_pods -o json | jq '[.items[].status.containerStatuses[].restartCount] | add')" = 0 ]
    [ -z "$(kubectl -n podgate get jobs,configmaps -o name | grep lint)" ]
}

@test "rollback goes back to the policies before" {
    plain_namespace chart-rollback
    helm -n podgate rollback podgate 2 --wait --timeout 90s
    eventually prints '(workload-basics)' kubectl create --dry-run=server -f bad-pod.yaml
}

@test "all of the cluster goes down at once and comes back by itself, failurePolicy Fail" {
    plain_namespace chart-restart
    . "$E2E_ROOT/tests/e2e/cluster/cluster.bash"
    eventually denied
    standin_stop KILL
    for program in kwok scheduler controllers apiserver etcd; do cluster_end "$program" KILL; done
    cluster_etcd
    cluster_await 60 etcd curl -sf http://127.0.0.1:2379/health
    cluster_apiserver
    cluster_await 120 "the API server" kubectl get --raw /readyz
    cluster_controllers
    # No podgate yet: its own namespace and the system's are open, the others closed.
    eventually prints 'failed calling webhook' kubectl create --dry-run=server -f good-pod.yaml
    say 'kubectl create --dry-run=server -f good-pod.yaml'
    say 'kubectl -n kube-system create --dry-run=server -f good-pod.yaml'
    say 'kubectl -n podgate create --dry-run=server -f good-pod.yaml'
    cluster_nodes
    standin_start
    EVENTUALLY=90 eventually denied
    same chart-restart 's/Post "[^"]*": .*/Post (what the network says)/'
}

@test "all Pods of podgate are lost with failurePolicy Fail: new ones are made" {
    plain_namespace chart-lost
    webhook_pods -o name >"$BATS_TEST_TMPDIR/before"
    kubectl -n podgate delete pods -l app.kubernetes.io/component=webhook --force --grace-period=0
    EVENTUALLY=90 eventually two_serve
    eventually denied
    ! webhook_pods -o name | grep -F -f "$BATS_TEST_TMPDIR/before"
}

@test "uninstall in mode enforce, by Helm 3: how long requests fail" {
    plain_namespace chart-uninstall
    eventually prints created kubectl create --dry-run=server -f good-pod.yaml
    load_begin chart-uninstall
    sleep 1
    uninstalled
    sleep 1
    load_numbers
    removal_gap
}

@test "uninstall leaves nothing, a refused upgrade before it or not" {
    nothing_left
}
