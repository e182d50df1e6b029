# Certificates that the chart does not make, and clients that must show one.
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
    kubectl -n podgate delete secret podgate-pair podgate-cert-manager --ignore-not-found
    kubectl -n podgate delete configmap apiserver-client-ca --ignore-not-found
    kubectl delete crd certificates.cert-manager.io issuers.cert-manager.io --ignore-not-found
}
. "$E2E_ROOT/tests/e2e/cluster/chart.bash"

# Certificates of another CA, for the same names.
new_pair() {
    "$E2E_ROOT/certs/make-dev-certs.sh" "$1" >/dev/null
}
pair_secret() { # NAME FOLDER
    kubectl -n podgate create secret tls "$1" --cert="$2/tls.crt" --key="$2/tls.key" --dry-run=client -o yaml | kubectl apply -f -
}

@test "a certificate that was brought along" {
    plain_namespace tls-existing
    pair_secret podgate-pair "$E2E_DIR/certs"
    chart install --set mode=enforce $patient --set server.drainQuiet=1s --set tls.mode=existing --set tls.existingSecret=podgate-pair \
        --set-file "tls.caBundle=$E2E_DIR/certs/ca.crt"
    eventually denied
    helm test podgate -n podgate
}

@test "a certificate that was brought along is replaced, CA and all, and no request fails" {
    plain_namespace tls-replaced
    new_pair "$BATS_TEST_TMPDIR/new"
    load_begin tls-replaced
    # First the new CA is trusted beside the old one, then it is used, then the old one goes.
    cat "$E2E_DIR/certs/ca.crt" "$BATS_TEST_TMPDIR/new/ca.crt" >"$BATS_TEST_TMPDIR/both.crt"
    chart upgrade --reuse-values --set-file "tls.caBundle=$BATS_TEST_TMPDIR/both.crt"
    sleep 3
    pair_secret podgate-pair "$BATS_TEST_TMPDIR/new"
    for address in $(webhook_pods -o jsonpath='{.items[*].status.podIP}'); do
        pod_address() { echo "$address"; }
        served() { [ "$(served_certificate)" = "$(openssl x509 <"$BATS_TEST_TMPDIR/new/tls.crt")" ]; }
        eventually served
    done
    chart upgrade --reuse-values --set-file "tls.caBundle=$BATS_TEST_TMPDIR/new/ca.crt"
    sleep 2
    load_end
}

# Only the API server is served: it shows the certificate that its admission configuration names.
@test "with clientAuth the API server is served, probes work, and other clients are refused" {
    plain_namespace tls-clients
    kubectl -n podgate create configmap apiserver-client-ca --from-file=ca.crt="$E2E_DIR/certs/client-ca.crt"
    chart upgrade --reuse-values --set tls.clientAuth.caConfigMap=apiserver-client-ca --set 'tls.clientAuth.names={kube-apiserver}'
    EVENTUALLY=60 eventually two_pods
    eventually denied
    prints created kubectl create --dry-run=server -f good-pod.yaml
    # Ready, so the kubelet's probes are answered without a certificate.
    two_serve
    helm test podgate -n podgate

    kubectl -n podgate get validatingwebhookconfigurations podgate -o jsonpath='{.webhooks[0].clientConfig.caBundle}' | base64 -d >"$BATS_TEST_TMPDIR/ca.crt"
    ask() { "$PODGATE" probe --ca-file "$BATS_TEST_TMPDIR/ca.crt" --server-name podgate.podgate.svc --sample bad "$@" "https://$(pod_address):8443/validate"; }
    ask --client-cert "$E2E_DIR/certs/client.crt" --client-key "$E2E_DIR/certs/client.key" --expect denied
    run ask
    [ "$status" -eq 1 ]
    new_pair "$BATS_TEST_TMPDIR/other"
    run ask --client-cert "$BATS_TEST_TMPDIR/other/client.crt" --client-key "$BATS_TEST_TMPDIR/other/client.key"
    [ "$status" -eq 1 ]
    eventually prints 'refused in the TLS handshake' sh -c "cat $E2E_DIR/pods/*.podgate.log"
}

@test "an API server without the right name is refused, and its text is in the runbook" {
    plain_namespace tls-names
    chart upgrade --reuse-values --set 'tls.clientAuth.names={somebody-else}'
    EVENTUALLY=60 eventually two_pods
    eventually prints 'failed calling webhook' kubectl create --dry-run=server -f good-pod.yaml
    say 'kubectl create --dry-run=server -f good-pod.yaml'
    same tls-names 's/Post "[^"]*": /Post (URL): /'
    uninstalled
}

# cert-manager itself needs a registry of images; what it would do is done by hand.
inject_ca() { # what cainjector does
    [ "$(kubectl get validatingwebhookconfiguration podgate -o jsonpath='{.metadata.annotations.cert-manager\.io/inject-ca-from}')" = podgate/podgate ] &&
        kubectl patch validatingwebhookconfiguration podgate --type=json \
            -p "[{\"op\": \"add\", \"path\": \"/webhooks/0/clientConfig/caBundle\", \"value\": \"$(base64 -w 0 <"$1")\"}]"
}
injected() { kubectl get validatingwebhookconfiguration podgate -o jsonpath='{.webhooks[0].clientConfig.caBundle}'; }

@test "cert-manager's certificate: Pods wait for it, the CA that it injects is kept by upgrades" {
    plain_namespace tls-cert-manager
    custom_kind cert-manager.io Certificate certificates
    custom_kind cert-manager.io Issuer issuers
    inventory >"$E2E_DIR/inventory.before"
    chart install --wait=false --set mode=enforce $patient --set server.drainQuiet=1s --set tls.mode=certManager
    [ -z "$(injected)" ]
    [ "$(kubectl -n podgate get certificates.cert-manager.io podgate -o jsonpath='{.spec.secretName} {.spec.dnsNames[0]}')" = 'podgate-cert-manager podgate.podgate.svc' ]
    # Until the certificate is there, nothing is served, and with failurePolicy Fail nothing else is admitted.
    eventually prints 'failed calling webhook' kubectl create --dry-run=server -f good-pod.yaml
    new_pair "$BATS_TEST_TMPDIR/cm"
    kubectl -n podgate create secret generic podgate-cert-manager --type=kubernetes.io/tls \
        --from-file=tls.crt="$BATS_TEST_TMPDIR/cm/tls.crt" --from-file=tls.key="$BATS_TEST_TMPDIR/cm/tls.key" --from-file=ca.crt="$BATS_TEST_TMPDIR/cm/ca.crt"
    inject_ca "$BATS_TEST_TMPDIR/cm/ca.crt"
    EVENTUALLY=60 eventually denied
    before=$(injected)
    chart upgrade --reuse-values --set webhook.timeoutSeconds=7
    [ -n "$before" ] && [ "$(injected)" = "$before" ]
    denied
    helm test podgate -n podgate
    uninstalled
    # cert-manager's Secret is cert-manager's: it stays, unless that was told to remove it with its Certificate.
    kubectl -n podgate delete secret podgate-cert-manager
    nothing_left
}
