# What the report says is what was done: a hundred bad manifests in mode audit, counted by hand.
load helpers

setup_file() {
    . "$E2E_ROOT/tests/e2e/helpers.bash"
    podgate_start report --mode audit && register report && registered report
}
teardown_file() {
    . "$E2E_ROOT/tests/e2e/helpers.bash"
    kubectl delete validatingwebhookconfiguration podgate-report
    podgate_stop report
}

# COUNT NAME SED-SCRIPT: so many Pods, each the good one with that change.
pods_like() {
    local number
    for number in $(seq 1 "$1"); do
        sed -e "s/^  name: good$/  name: $2-$number/" -e "$3" good-pod.yaml
        echo ---
    done
}

# 30 Pods with a mutable tag, 25 that may run as root, 20 without a drop, 15 with both of the first, 10 Deployments
# without limits: the Deployments' ReplicaSets and Pods are judged too, and are no workloads of their own.
hundred_bad() {
    pods_like 30 tag 's/web:1.27.3/web:latest/'
    pods_like 25 root '/runAsNonRoot/d'
    pods_like 20 drop 's/drop: \[ALL\]/drop: [NET_RAW]/'
    pods_like 15 both 's/web:1.27.3/web:latest/; /runAsNonRoot/d'
    local number
    for number in $(seq 1 10); do
        sed "s/: web}/: limits-$number}/; s/^  name: web$/  name: limits-$number/" deployment-without-limits.yaml
        echo ---
    done
}

report() { "$PODGATE" report "$@" "$E2E_DIR/podgate-report.log"; }
rows() { report -o json | jq -r "$1"; }
pods_of_deployments() { [ "$(kubectl get pods -l app -o name | wc -l)" = 20 ]; }

@test "a hundred bad manifests pass in mode audit, and the report counts each rule and owner as by hand" {
    in_namespace report report
    hundred_bad >"$BATS_TEST_TMPDIR/hundred.yaml"
    kubectl apply -f "$BATS_TEST_TMPDIR/hundred.yaml" >"$BATS_TEST_TMPDIR/applied"
    [ "$(grep -c ' created$' "$BATS_TEST_TMPDIR/applied")" = 100 ]
    eventually pods_of_deployments
    all_owners() { [ "$(rows '[.owners[] | select(.namespace == "report")] | length')" = 100 ]; }
    eventually all_owners

    [ "$(rows '.decisions.deny')" = 0 ]
    rows '.rules[] | "\(.rule) \(.workloads)"' | sort >"$BATS_TEST_TMPDIR/rules"
    diff -u - "$BATS_TEST_TMPDIR/rules" <<'EOS'
workload-basics/drop-capabilities 20
workload-basics/image-tag 45
workload-basics/resource-limits 10
workload-basics/run-as-non-root 40
EOS
    # A Pod of nobody's is one review; each name is there once.
    rows '.owners[] | select(.kind == "Pod") | "\(.name) \(.reviews)"' | sort >"$BATS_TEST_TMPDIR/pods"
    for each in tag:30 root:25 drop:20 both:15; do
        for number in $(seq 1 "${each#*:}"); do echo "${each%:*}-$number 1"; done
    done | sort | diff -u - "$BATS_TEST_TMPDIR/pods"
    rows '.owners[] | select(.kind == "Deployment") | .name' | sort >"$BATS_TEST_TMPDIR/deployments"
    seq -f 'limits-%g' 1 10 | sort | diff -u - "$BATS_TEST_TMPDIR/deployments"
    rows '. as $r | .pairs[] | select($r.owners[.owner].kind == "Pod") | .reviews' | sort | uniq -c >"$BATS_TEST_TMPDIR/pairs"
    [ "$(tr -s ' ' <"$BATS_TEST_TMPDIR/pairs")" = " 105 1" ]
}

@test "the whole cluster judged by podgate check gives the same workloads, and names a namespace that is ready" {
    in_namespace report-dump report
    kubectl apply -f bad-pod.yaml -f deployment-without-limits.yaml
    kubectl rollout status deployment/web --timeout=120s
    kubectl create namespace report-ready
    kubectl -n report-ready apply -f good-pod.yaml
    kubectl get pods,deployments -n report-dump -o json >"$BATS_TEST_TMPDIR/dump.json"
    "$PODGATE" check -o json "$BATS_TEST_TMPDIR/dump.json" >"$BATS_TEST_TMPDIR/check.json" || [ $? = 1 ]
    kubectl get pods -n report-ready -o json | "$PODGATE" check -o json - >>"$BATS_TEST_TMPDIR/check.json"
    "$PODGATE" report -o json "$BATS_TEST_TMPDIR/check.json" >"$BATS_TEST_TMPDIR/report.json"
    jq -r '.owners[] | "\(.kind) \(.name)"' "$BATS_TEST_TMPDIR/report.json" | sort | diff -u - <(printf 'Deployment web\nPod bad\n') 
    jq -r '.namespaces[] | "\(.namespace) \(.standing)"' "$BATS_TEST_TMPDIR/report.json" | sort | diff -u - <(printf 'report-dump breaks\nreport-ready ready\n')
    kubectl delete namespace report-ready --wait=false
}

# Unknown fields, wrong types and choices that there are not are errors: kubectl asks the API server for strict validation.
@test "what podgate check writes as PolicyReports is taken by the API server, again and again, and read back whole" {
    kubectl apply -f policyreport-crd.yaml
    kubectl wait --for=condition=Established crd/policyreports.wgpolicyk8s.io --timeout=60s
    in_namespace policyreports report
    local written=$BATS_TEST_TMPDIR/reports.json
    cat >"$BATS_TEST_TMPDIR/p.yaml" <<'EOS'
apiVersion: podgate.io/v1alpha1
kind: Policy
metadata: {name: p}
spec:
  rules:
  - {check: image-tag, severity: critical}
  - {check: run-as-non-root, severity: low, action: warn}
  - {check: drop-capabilities, severity: high}
  - {check: resource-limits, severity: medium}
  - {check: env-secrets}
EOS
    {
        sed 's/^  name: bad$/&-alone/' bad-pod.yaml
        echo ---
        hundred_bad
        pods_like 900 many 's/web:1.27.3/web:latest/; /runAsNonRoot/d'
    } | "$PODGATE" check -n policyreports --policies "$BATS_TEST_TMPDIR/p.yaml" -o policyreport - >"$written" || [ $? = 1 ]
    [ "$(jq '.items | length' "$written")" -gt 2 ]
    kubectl apply -f "$written" >"$BATS_TEST_TMPDIR/applied"
    [ "$(grep -c ' created$' "$BATS_TEST_TMPDIR/applied")" = "$(jq '.items | length' "$written")" ]
    kubectl apply -f "$written" >"$BATS_TEST_TMPDIR/applied"
    ! grep -v ' unchanged$' "$BATS_TEST_TMPDIR/applied"
    content() { jq -S '[.items[] | {name: .metadata.name, summary, results}] | sort_by(.name)' "$1"; }
    kubectl get policyreports -n policyreports -o json >"$BATS_TEST_TMPDIR/read.json"
    diff -u <(content "$written") <(content "$BATS_TEST_TMPDIR/read.json") | head -n 20
    jq -r '.items[].results[].severity' "$written" | sort -u | diff -u - <(printf 'critical\nhigh\nlow\nmedium\n')
    # What kubectl shows adds up to what the reports hold.
    local shown
    shown=$(kubectl get polr -n policyreports --no-headers | awk '{ fail += $3 } END { print fail }')
    [ "$shown" = "$(jq '[.items[].results[] | select(.result == "fail")] | length' "$written")" ]
    kubectl delete crd policyreports.wgpolicyk8s.io --wait=false
}
