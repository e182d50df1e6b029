# The podgate that most cases meet: the built-in default policy, enforced, failurePolicy Fail.
setup_suite() {
    # shellcheck source=tests/e2e/helpers.bash
    . "$E2E_ROOT/tests/e2e/cluster/podgate.bash"
    eventually() {
        local deadline=$((SECONDS + 60))
        until "$@" >/dev/null 2>&1; do
            [ $SECONDS -lt $deadline ] || { echo "never came true: $*" >&2; return 1; }
            sleep 0.2
        done
    }
    podgate_start enforce && register enforce && registered enforce
}
teardown_suite() {
    local pid
    for pid in "$E2E_DIR"/podgate-*.pid; do
        [ ! -f "$pid" ] || kill -KILL "$(cat "$pid")" 2>/dev/null
    done
    return 0
}
