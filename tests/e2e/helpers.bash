# For every case: `load helpers`. A case says commands as a person would type them; what they printed is compared with
# expect/NAME.txt, whole.

. "$E2E_ROOT/tests/e2e/cluster/podgate.bash"

bats_require_minimum_version 1.7.0

setup() {
    transcript=$BATS_TEST_TMPDIR/transcript
    : >"$transcript"
    case_began=$(date -u +%Y-%m-%dT%H:%M:%S)
    apiserver_log_lines=$(wc -l <"$E2E_DIR/apiserver.log")
    cp "$E2E_DIR/kubeconfig.cluster" "$KUBECONFIG"
    cd "$E2E_ROOT/tests/e2e/manifests" || return 1
}

# A failing case shows what matters.
teardown() { case_ends; }
case_ends() {
    if [ -z "${BATS_TEST_COMPLETED:-}" ] && [ -z "${BATS_TEST_SKIPPED:-}" ]; then
        echo "--- said so far:"
        cat "$transcript"
        echo "--- podgate's log since the case began:"
        cat "$E2E_DIR"/podgate-*.log "$E2E_DIR"/pods/*.log 2>/dev/null | awk -v began="$case_began" 'substr($0, 8, 19) >= began' |
            sort | cut -c 1-500 | tail -n 20
        echo "--- the API server's log since the case began:"
        tail -n "+$((apiserver_log_lines + 1))" "$E2E_DIR/apiserver.log" | grep -e 'failed calling webhook' -e '^E' | cut -c 1-400 | tail -n 10
    fi
    [ -z "${case_namespace:-}" ] || kubectl delete namespace "$case_namespace" --wait=false >/dev/null 2>&1
    return 0
}

# NAMESPACE WEBHOOK: a new namespace that the webhook judges; kubectl stands in it.
in_namespace() {
    case_namespace=$1
    kubectl create namespace "$1" >/dev/null
    kubectl label namespace "$1" "podgate=$2" >/dev/null
    eventually serviceaccount_there "$1"
    sed "s/namespace: default/namespace: $1/" "$E2E_DIR/kubeconfig.cluster" >"$KUBECONFIG"
}

# COMMAND as one text: runs it, notes it, what it printed and how it ended. Fails never: the transcript is compared.
say() {
    {
        printf '$ %s\n' "$1"
        local status=0
        bash -c "$1" 2>&1 </dev/null 3>&- || status=$?
        [ $status -eq 0 ] || printf '[exit %s]\n' $status
    } >>"$transcript"
}

# NAME [SED-SCRIPT]: the transcript is expect/NAME.txt, after the script has taken out what differs at each run.
same() {
    local expected=$E2E_ROOT/tests/e2e/expect/$1.txt
    [ $# -lt 2 ] || sed -E -i "$2" "$transcript"
    if [ -n "${UPDATE_EXPECT:-}" ]; then
        cp "$transcript" "$expected"
        return 0
    fi
    [ -f "$expected" ] || skip "expect/$1.txt is not written yet: UPDATE_EXPECT=1, and read it"
    diff -u --label "expect/$1.txt" --label "what was printed" "$expected" "$transcript"
}

# COMMAND...: until it succeeds, 60 s at most.
eventually() {
    local deadline=$((SECONDS + ${EVENTUALLY:-60})) last=$BATS_FILE_TMPDIR/eventually
    until "$@" >"$last" 2>&1; do
        if [ $SECONDS -ge $deadline ]; then
            echo "never came true: $*"
            cat "$last"
            return 1
        fi
        sleep 0.2
    done
}

# A text within what a command prints.
prints() { # TEXT COMMAND...
    local text=$1
    shift
    "$@" 2>&1 | tee /dev/stderr | grep -F -q -- "$text"
}

pods() { kubectl get pods -o name | wc -l; }

# yes|no: whether podgate judges the case's namespace from now on; so that a case can make what was there before podgate.
judged() {
    if [ "$1" = yes ]; then
        kubectl label namespace "$case_namespace" "podgate=${2:-enforce}" --overwrite >/dev/null
        eventually probe_arrives_here
    else
        kubectl label namespace "$case_namespace" podgate- >/dev/null
        eventually probe_stays_away
    fi
}
probe_arrives_here() {
    local before
    before=$(requests_total enforce)
    kubectl create --dry-run=server -f "$E2E_ROOT/tests/e2e/manifests/good-pod.yaml" >/dev/null 2>&1
    [ "$(requests_total enforce)" -gt "$before" ]
}
probe_stays_away() { ! probe_arrives_here; }

# The API server's audit events of the case's namespace, one JSON text a line.
audit_events() { jq -c --arg ns "$case_namespace" 'select(.objectRef.namespace == $ns)' "$E2E_DIR/audit.log"; }

# GROUP KIND PLURAL: a kind of somebody else's, with any content.
custom_kind() {
    kubectl apply -f - <<EOS
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: $3.$1
spec:
  group: $1
  scope: Namespaced
  names: {kind: $2, plural: $3, singular: ${2,,}}
  versions:
  - name: v1
    served: true
    storage: true
    schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
EOS
    kubectl wait --for=condition=Established "crd/$3.$1" --timeout=60s
}
