# The chart with Helm 4: server-side apply, another order of removal.
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
HELM=helm4

teardown() {
    load_stop KILL
    case_ends
}

@test "a release that Helm 3 made is upgraded by Helm 4 under load and no request fails" {
    plain_namespace helm4-upgrade
    HELM=helm chart install --set mode=enforce $patient
    eventually denied
    load_begin helm4-upgrade
    chart upgrade --reuse-values --set-file "policies.team=$E2E_ROOT/policies/default.yaml"
    chart upgrade --reuse-values --set log.level=debug
    EVENTUALLY=90 eventually two_pods
    load_end
}

@test "helm test by Helm 4" {
    helm4 test podgate -n podgate
}

@test "a bad policy stops an upgrade by Helm 4, and it says where it is bad" {
    plain_namespace helm4-lint
    printf 'apiVersion: podgate.io/v1alpha1\nkind: Policy\nmetadata: {name: broken}\nspec:\n  rules:\n  - check: run-as-nonroot\n' >"$BATS_TEST_TMPDIR/broken.yaml"
    run chart upgrade --reuse-values --set-file "policies.broken=$BATS_TEST_TMPDIR/broken.yaml"
    [ "$status" -ne 0 ]
    echo "$output"
    [[ "$output" == *'broken.yaml:6:12: error: unknown check'* ]]
    denied
}

@test "uninstall in mode enforce, by Helm 4: how long requests fail" {
    plain_namespace helm4-uninstall
    eventually prints created kubectl create --dry-run=server -f good-pod.yaml
    load_begin helm4-uninstall
    sleep 1
    uninstalled
    sleep 1
    load_numbers
    removal_gap
    nothing_left
}

@test "helm install by Helm 4, with other ports" {
    plain_namespace helm4-install
    chart install --set mode=enforce $patient --set server.drainQuiet=1s --set ports.webhook=10250 --set ports.health=9081 --set service.port=8443
    eventually denied
    uninstalled
    nothing_left
}
