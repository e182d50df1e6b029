# Modes audit and warn: nothing is refused.
load helpers

setup_file() {
    . "$E2E_ROOT/tests/e2e/helpers.bash"
    podgate_start audit --mode audit && register audit failurePolicy=Ignore && registered audit
    podgate_start warn --mode warn && register warn && registered warn
}
teardown_file() {
    . "$E2E_ROOT/tests/e2e/helpers.bash"
    kubectl delete validatingwebhookconfiguration podgate-audit podgate-warn
    podgate_stop audit
    podgate_stop warn
}

@test "mode audit admits everything and shows nothing" {
    in_namespace mode-audit audit
    say 'kubectl apply -f bad-pod.yaml'
    say 'kubectl apply -f nine-bad.yaml'
    say 'kubectl apply -f deployment-without-limits.yaml'
    kubectl rollout status deployment/web --timeout=120s
    same mode-audit
}

@test "mode audit writes what it found into the API server's audit log" {
    in_namespace mode-audit-log audit
    kubectl apply -f bad-pod.yaml
    kubectl apply -f good-pod.yaml
    note() {
        audit_events | jq -r 'select(.objectRef.resource == "pods" and .verb == "create" and .objectRef.name == "'"$1"'") |
            .annotations // {} | to_entries[] | select(.key | startswith("validate.podgate.io/")) | "\(.key)=\(.value)"'
    }
    eventually prints validate.podgate.io note bad
    note bad >"$BATS_TEST_TMPDIR/bad"
    note good >"$BATS_TEST_TMPDIR/good"
    say "cat $BATS_TEST_TMPDIR/bad"
    say "cat $BATS_TEST_TMPDIR/good"
    same mode-audit-log 's,^\$ cat .*/(.*),$ (annotations of the Pod \1),; s/=[0-9a-f]{8}-[0-9a-f-]+$/=(uid)/'
}

@test "the uid in the API server's audit event finds podgate's log line" {
    in_namespace mode-audit-uid audit
    kubectl apply -f bad-pod.yaml
    uid_noted() { audit_events | jq -r 'select(.objectRef.name == "bad") | .annotations["validate.podgate.io/uid"] // empty' | head -n 1 | grep .; }
    eventually uid_noted
    uid=$(uid_noted)
    eventually grep -q "$uid" "$E2E_DIR/podgate-audit.log"
    grep "$uid" "$E2E_DIR/podgate-audit.log" | jq -e '.name == "bad" and .namespace == "mode-audit-uid"'
}

@test "mode warn admits everything with one warning a rule" {
    in_namespace mode-warn warn
    say 'kubectl apply -f bad-pod.yaml'
    say 'kubectl apply -f bad-deployment.yaml'
    say 'kubectl apply -f good-pod.yaml'
    kubectl rollout status deployment/web --timeout=120s
    same mode-warn
}

@test "mode warn: nothing is hidden from who wants to stop at warnings" {
    in_namespace mode-warn-errors warn
    say 'kubectl apply --warnings-as-errors --dry-run=server -f bad-deployment.yaml'
    same mode-warn-errors
}
