# What the chart renders from every kind of values, taken by the API server's own decoding and validation; nothing is stored.
load helpers

# Kinds that the chart may render and the cluster does not have.
setup_file() {
    . "$E2E_ROOT/tests/e2e/helpers.bash"
    custom_kind cert-manager.io Certificate certificates
    custom_kind cert-manager.io Issuer issuers
    custom_kind monitoring.coreos.com ServiceMonitor servicemonitors
    custom_kind monitoring.coreos.com PrometheusRule prometheusrules
    kubectl create namespace guard
    kubectl create namespace monitoring
    eventually serviceaccount_there guard
    # Pods are not even looked at without these.
    kubectl -n guard create serviceaccount podgate --save-config
    echo '{"apiVersion": "node.k8s.io/v1", "kind": "RuntimeClass", "metadata": {"name": "runc"}, "handler": "runc"}' | kubectl create -f -
}
teardown_file() {
    kubectl delete crd certificates.cert-manager.io issuers.cert-manager.io servicemonitors.monitoring.coreos.com \
        prometheusrules.monitoring.coreos.com
    kubectl delete runtimeclass runc
    kubectl delete namespace guard monitoring --timeout=60s
}

taken() { # HELM-OPTION...
    helm template podgate "$E2E_ROOT/charts/podgate" --namespace guard --kube-version "$(kubectl version -o json | jq -r .serverVersion.gitVersion)" "$@" \
        >"$BATS_TEST_TMPDIR/rendered.yaml"
    kubectl apply --dry-run=server --validate=strict -f "$BATS_TEST_TMPDIR/rendered.yaml"
}

@test "the API server takes what the chart renders by default" {
    taken
}

@test "the API server takes what the chart renders from every kind of values" {
    for values in "$E2E_ROOT"/tests/chart/values/*.yaml; do
        echo "--- $values"
        if grep -q 'caBundle: ' "$values"; then
            taken --values "$values" --set-file "tls.caBundle=$E2E_DIR/certs/ca.crt"
        else
            taken --values "$values"
        fi
    done
}
