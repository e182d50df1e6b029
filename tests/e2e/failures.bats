# podgate not there, not trusted, not understood: what failurePolicy makes of it and what people read.
load helpers


# Text that the network's state or the moment decides.
tidy='s/localhost:[0-9]+/localhost:PORT/; s/127\.0\.0\.1:[0-9]+/127.0.0.1:PORT/g; s/\[::1\]:[0-9]+/127.0.0.1:PORT/; s/current time [0-9TZ:+-]+/current time NOW/'

fails_with() { # TEXT
    prints "$1" kubectl create --dry-run=server -f good-pod.yaml
}

@test "failurePolicy Fail, podgate stopped: refused, and the text says why" {
    podgate_start stopped
    register stopped
    registered stopped
    in_namespace fail-stopped stopped
    eventually fails_with 'created (server dry run)'
    podgate_stop stopped KILL
    say 'kubectl apply -f good-pod.yaml'
    say 'kubectl apply -f deployment.yaml'
    same fail-stopped "$tidy"
    # When podgate is back, so are they.
    podgate_start stopped
    kubectl apply -f deployment.yaml
    kubectl rollout status deployment/web --timeout=120s
    podgate_stop stopped
}

@test "failurePolicy Ignore, podgate stopped: admitted, noted in the API server's audit log" {
    podgate_start ignored
    register ignored failurePolicy=Ignore
    registered ignored
    in_namespace ignore-stopped ignored
    eventually prints 'denied the request' kubectl create --dry-run=server -f bad-pod.yaml
    podgate_stop ignored KILL
    say 'kubectl apply -f bad-pod.yaml'
    same ignore-stopped
    open_noted() { audit_events | grep '"name":"bad"' | grep -q 'failed-open.validating.webhook.admission.k8s.io/round_0_index_0":"validate.podgate.io"'; }
    eventually open_noted
}

@test "a certificate that the API server does not trust" {
    podgate_start untrusted
    register untrusted
    registered untrusted
    "$E2E_ROOT/certs/make-dev-certs.sh" "$BATS_TEST_TMPDIR/other" >/dev/null
    register untrusted ca="$BATS_TEST_TMPDIR/other/ca.crt"
    in_namespace wrong-ca untrusted
    eventually fails_with x509
    say 'kubectl apply -f good-pod.yaml'
    register untrusted ca="$BATS_TEST_TMPDIR/other/ca.crt" failurePolicy=Ignore
    eventually fails_with 'created (server dry run)'
    say 'kubectl apply -f bad-pod.yaml'
    same wrong-ca "$tidy"
    podgate_stop untrusted
}

@test "a certificate for another name" {
    podgate_start name
    register name
    registered name
    # 127.0.0.2 is podgate's address too when it listens on all of them; its certificate does not name it.
    sed -n 's/^webhook //p' "$E2E_DIR/podgate-name.ports"
    podgate_stop name
    port=$(podgate_port name webhook)
    "$PODGATE" serve --listen "127.0.0.2:$port" --health-listen 127.0.0.1:0 --metrics-listen 127.0.0.1:0 --drain-quiet 1s \
        --tls-cert "$E2E_DIR/certs/tls.crt" --tls-key "$E2E_DIR/certs/tls.key" >>"$E2E_DIR/podgate-name.log" 2>&1 </dev/null 3>&- &
    echo $! >"$E2E_DIR/podgate-name.pid"
    register name url="https://127.0.0.2:$port/validate"
    in_namespace wrong-name name
    eventually fails_with x509
    say 'kubectl apply -f good-pod.yaml'
    same wrong-name 's/127\.0\.0\.2:[0-9]+/127.0.0.2:PORT/'
    podgate_stop name
}

@test "a webhook path for which there is no Profile" {
    register no-profile instance=enforce path=/validate/resticted
    in_namespace no-profile no-profile
    eventually fails_with 'failed calling webhook'
    say 'kubectl apply -f good-pod.yaml'
    same no-profile "$tidy"
}

@test "a webhook path that podgate does not serve" {
    register no-path instance=enforce path=/mutate
    in_namespace no-path no-path
    eventually fails_with 'failed calling webhook'
    say 'kubectl apply -f good-pod.yaml'
    same no-path "$tidy"
}

@test "a review larger than podgate takes" {
    podgate_start small --max-body 16KiB
    register small
    registered small
    in_namespace too-large small
    { cat good-pod.yaml; printf '    command: ["%s"]\n' "$(head -c 20000 /dev/zero | tr '\0' x)"; } >"$BATS_TEST_TMPDIR/large.yaml"
    cd "$BATS_TEST_TMPDIR"
    say 'kubectl apply -f large.yaml'
    same too-large "$tidy; s/it has [0-9]+ bytes/it has N bytes/"
    podgate_stop small
}

@test "an answer that comes too late" {
    # A server that takes the connection and says nothing: what a hung or firewalled podgate looks like.
    mkfifo "$BATS_TEST_TMPDIR/silence"
    sleep 60 >"$BATS_TEST_TMPDIR/silence" 3>&- &
    holder=$!
    openssl s_server -quiet -accept 127.0.0.1:18443 -cert "$E2E_DIR/certs/tls.crt" -key "$E2E_DIR/certs/tls.key" \
        <"$BATS_TEST_TMPDIR/silence" >"$BATS_TEST_TMPDIR/s_server" 2>&1 3>&- &
    silent=$!
    register slow url=https://localhost:18443/validate timeoutSeconds=1
    in_namespace slow slow
    eventually fails_with 'failed calling webhook'
    say 'kubectl apply -f good-pod.yaml'
    register slow url=https://localhost:18443/validate timeoutSeconds=1 failurePolicy=Ignore
    eventually fails_with 'created (server dry run)'
    say 'kubectl apply -f bad-pod.yaml'
    kill $silent $holder
    same slow "$tidy"
}

@test "an overloaded podgate: 503 with Retry-After is tried again, then failurePolicy decides" {
    # Less memory than this review takes: it is shed, others are not.
    podgate_start full --memory-budget 64KiB
    register full timeoutSeconds=3
    registered full
    in_namespace overloaded full
    { cat bad-pod.yaml; printf '    command: ["%s"]\n' "$(head -c 90000 /dev/zero | tr '\0' x)"; } >"$BATS_TEST_TMPDIR/large.yaml"
    cd "$BATS_TEST_TMPDIR"
    shed() { curl -sf "http://127.0.0.1:$(podgate_port full metrics)/metrics" | sed -n 's/^podgate_http_requests_total{code="503"} //p'; }
    say 'kubectl create -f large.yaml'
    asked=$(shed)
    [ "${asked:-0}" -ge 2 ] || { echo "the API server asked $asked times"; return 1; }
    register full timeoutSeconds=3 failurePolicy=Ignore
    ignored() { kubectl get validatingwebhookconfiguration podgate-full -o jsonpath='{.webhooks[0].failurePolicy}' | grep -q Ignore && prints 'created (server dry run)' kubectl create --dry-run=server -f large.yaml; }
    eventually ignored
    say 'kubectl create -f large.yaml'
    same overloaded "$tidy"
    podgate_stop full
}

@test "a stopped podgate refuses no deletion, no status and no other kind" {
    podgate_start gone
    register gone
    registered gone
    in_namespace gone gone
    kubectl apply -f deployment.yaml
    kubectl rollout status deployment/web --timeout=120s
    podgate_stop gone KILL
    say 'kubectl create configmap settings --from-literal=key=value'
    say 'kubectl scale deployment web --replicas=1'
    say 'kubectl delete deployment web'
    say 'kubectl delete namespace gone --timeout=60s'
    case_namespace=
    same gone "$tidy"
}
