# Profiles, exceptions and dates as the chart renders them: namespaces choose their profile by a label.
load helpers

setup_file() {
    . "$E2E_ROOT/tests/e2e/helpers.bash"
    . "$E2E_ROOT/tests/e2e/cluster/chart.bash"
    standin_start
    chart_namespace
    chart install --values "$E2E_ROOT/tests/e2e/manifests/profiles-values.yaml" --set server.drainQuiet=1s
    kubectl create namespace probe-profiles
    eventually serviceaccount_there probe-profiles
    eventually prints 'denied the request' kubectl -n probe-profiles create --dry-run=server -f "$E2E_ROOT/tests/e2e/manifests/bad-pod.yaml"
}
teardown_file() {
    . "$E2E_ROOT/tests/e2e/helpers.bash"
    . "$E2E_ROOT/tests/e2e/cluster/chart.bash"
    kubectl delete namespace probe-profiles --wait=false
    uninstalled
    standin_stop
}
. "$E2E_ROOT/tests/e2e/cluster/chart.bash"

@test "the chart: a namespace without a label is judged by the default profile" {
    plain_namespace profiles-none
    say 'kubectl apply -f bad-pod.yaml'
    same profiles-none
}

@test "the chart: a namespace with a mistyped label is judged by the default profile" {
    plain_namespace profiles-typo restrictd
    say 'kubectl apply -f bad-pod.yaml'
    same profiles-none
}

@test "the chart: namespaces labelled baseline and restricted are judged by these, each in its mode" {
    plain_namespace profiles-baseline baseline
    say 'kubectl apply -f host-network.yaml'
    say 'kubectl apply -f good-pod.yaml'
    kubectl label namespace profiles-baseline podgate.io/profile=restricted --overwrite
    eventually prints Warning: kubectl create --dry-run=server -f host-network.yaml
    say 'kubectl apply -f host-network.yaml'
    same profiles-built-in
}

@test "the chart: a profile of one's own has its own policies, mode and label" {
    plain_namespace profiles-payments pci
    say 'kubectl apply -f good-pod.yaml'
    say 'kubectl apply -f bad-pod.yaml'
    same profiles-payments
}

@test "the chart: an exception excuses one workload in one namespace" {
    plain_namespace profiles-exception
    say 'kubectl apply -f node-agent.yaml'
    say "sed 's/name: node-agent/name: other/' node-agent.yaml | kubectl apply -f -"
    same profiles-exception
}

@test "the chart: a rule with a date warns until that day" {
    plain_namespace profiles-date
    say 'kubectl apply -f good-pod.yaml'
    same profiles-date
}

@test "the chart: podgate's own namespace and the excluded ones are not judged" {
    for namespace in podgate kube-system left-alone; do
        kubectl create namespace "$namespace" 2>/dev/null || true
        eventually serviceaccount_there "$namespace"
        kubectl label namespace "$namespace" podgate.io/profile=baseline --overwrite
        say "kubectl -n $namespace create --dry-run=server -f bad-pod.yaml"
        kubectl label namespace "$namespace" podgate.io/profile-
    done
    kubectl delete namespace left-alone --wait=false
    same profiles-excluded
}
