# Namespaces choose their profile by a label; podgate never reads a namespace.
load helpers

setup_file() {
    . "$E2E_ROOT/tests/e2e/helpers.bash"
    podgate_start routing
    kubectl apply -f "$(routing_configuration)"
    # Both webhooks answer before the first case.
    kubectl create namespace probe-routing
    eventually serviceaccount_there probe-routing
    eventually prints 'denied the request' kubectl -n probe-routing create --dry-run=server -f "$E2E_ROOT/tests/e2e/manifests/bad-pod.yaml"
}
teardown_file() {
    . "$E2E_ROOT/tests/e2e/helpers.bash"
    kubectl delete validatingwebhookconfiguration podgate-routing
    kubectl delete namespace probe-routing --wait=false
    podgate_stop routing
}

# One label key decides; what has none, or a value that no profile has, is judged by the default.
routing_configuration() {
    local url ca rules
    url=https://localhost:$(podgate_port routing webhook)
    ca=$(base64 -w 0 <"$E2E_DIR/certs/ca.crt")
    rules='rules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE, UPDATE], resources: [pods], scope: Namespaced}]'
    cat >"$E2E_DIR/routing.yaml" <<EOS
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata:
  name: podgate-routing
webhooks:
- name: validate.podgate.io
  admissionReviewVersions: [v1]
  sideEffects: None
  clientConfig: {url: "$url/validate", caBundle: $ca}
  namespaceSelector:
    matchExpressions:
    - {key: podgate, operator: DoesNotExist}
    - {key: podgate.io/profile, operator: NotIn, values: [baseline, restricted]}
    - {key: kubernetes.io/metadata.name, operator: NotIn, values: [kube-system, kube-public, kube-node-lease, default]}
  $rules
- name: baseline.validate.podgate.io
  admissionReviewVersions: [v1]
  sideEffects: None
  clientConfig: {url: "$url/validate/baseline", caBundle: $ca}
  namespaceSelector:
    matchExpressions:
    - {key: podgate, operator: DoesNotExist}
    - {key: podgate.io/profile, operator: In, values: [baseline]}
  $rules
- name: restricted.validate.podgate.io
  admissionReviewVersions: [v1]
  sideEffects: None
  clientConfig: {url: "$url/validate/restricted", caBundle: $ca}
  namespaceSelector:
    matchExpressions:
    - {key: podgate, operator: DoesNotExist}
    - {key: podgate.io/profile, operator: In, values: [restricted]}
  $rules
EOS
    echo "$E2E_DIR/routing.yaml"
}

# NAMESPACE [LABEL]
labelled() {
    case_namespace=$1
    kubectl create namespace "$1"
    [ $# -lt 2 ] || kubectl label namespace "$1" "podgate.io/profile=$2"
    eventually serviceaccount_there "$1"
    sed "s/namespace: default/namespace: $1/" "$E2E_DIR/kubeconfig.cluster" >"$KUBECONFIG"
}

@test "a namespace without a label is judged by the default profile" {
    labelled route-none
    say 'kubectl apply -f host-network.yaml'
    say 'kubectl apply -f bad-pod.yaml'
    same route-none
}

@test "a namespace labelled baseline is judged by baseline" {
    labelled route-baseline baseline
    say 'kubectl apply -f host-network.yaml'
    say 'kubectl apply -f good-pod.yaml'
    same route-baseline
}

@test "a namespace labelled restricted is judged by restricted" {
    labelled route-restricted restricted
    say 'kubectl apply -f good-pod.yaml'
    same route-restricted
}

@test "a namespace with a mistyped label is judged by the default profile" {
    labelled route-typo restrictd
    say 'kubectl apply -f bad-pod.yaml'
    same route-typo
}

@test "a namespace that changes its label changes its profile" {
    labelled route-change
    kubectl create --dry-run=server -f good-pod.yaml
    kubectl label namespace route-change podgate.io/profile=restricted
    eventually prints 'restricted.validate.podgate.io' kubectl create --dry-run=server -f good-pod.yaml
    kubectl label namespace route-change podgate.io/profile-
    eventually prints 'created (server dry run)' kubectl create --dry-run=server -f good-pod.yaml
}

@test "where the API server's own Pod Security admission is asked too, it answers first" {
    labelled route-both restricted
    kubectl label namespace route-both pod-security.kubernetes.io/enforce=restricted
    say 'kubectl apply -f good-pod.yaml'
    same route-both
}
