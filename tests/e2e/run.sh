#!/bin/bash
# podgate before a real Kubernetes API server: kubectl as a person types it, and what it prints.
#   tests/e2e/run.sh [CASE...]        CASE: a file of this folder without .bats; default: all
#   tests/e2e/run.sh --shell          the cluster with podgate in it, and a shell
# Environment: PODGATE (the program, default build/podgate), E2E_FILTER (a pattern of test names), E2E_KEEP=DIR (the
# logs), UPDATE_EXPECT=1 (writes expect/*), CI=true (a skipped test is a failure).
#
# Everything happens in network, mount and process namespaces of its own: no port is taken from anybody, no traffic
# leaves, and when this script ends, however it ends, nothing of it is left. That needs root, or a user who may make
# user namespaces.
set -u
export LC_ALL=C
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)

fail() {
    echo "e2e: $1" >&2
    exit 1
}

if [ "${E2E_INSIDE:-}" != yes ]; then
    podgate=${PODGATE:-$root/build/podgate}
    [ -x "$podgate" ] || fail "$podgate is missing: run make"
    packages=
    for needed in bats:bats etcd:etcd-server ip:iproute2 openssl:openssl jq:jq curl:curl; do
        PATH=$PATH:/usr/sbin:/sbin command -v "${needed%%:*}" >/dev/null || packages="$packages ${needed#*:}"
    done
    if [ -n "$packages" ]; then
        command -v apt-get >/dev/null || fail "these packages are missing:$packages"
        as_root=
        [ "$(id -u)" = 0 ] || as_root=sudo
        echo "installing$packages"
        # shellcheck disable=SC2086
        $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $packages </dev/null >/tmp/e2e-apt.$$ 2>&1 ||
            { $as_root apt-get update -q >/dev/null 2>&1; $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q \
                --no-install-recommends $packages </dev/null >/tmp/e2e-apt.$$ 2>&1; } ||
            { tail -n 20 /tmp/e2e-apt.$$ >&2; rm -f /tmp/e2e-apt.$$; fail "apt-get could not install:$packages"; }
        rm -f /tmp/e2e-apt.$$
        # Debian starts what it installs; this test starts its own.
        case $packages in *etcd-server*) [ ! -d /run/systemd/system ] || $as_root systemctl disable --now etcd >/dev/null 2>&1 ;; esac
    fi
    bin=$("$root/tests/tools/kubernetes/build.sh") || fail "the Kubernetes programs could not be built"
    "$root/tests/tools/build.sh" helm helm4 >/dev/null || fail "helm could not be built"

    flags=(--net --mount --pid --fork --kill-child --mount-proc)
    [ "$(id -u)" = 0 ] || flags+=(--user --map-root-user)
    unshare "${flags[@]}" true 2>/dev/null || fail "no namespaces here (unshare ${flags[*]}): run it as root"
    export E2E_INSIDE=yes PODGATE="$podgate" E2E_BIN="$bin"
    exec unshare "${flags[@]}" "$0" "$@"
fi

# --- inside: process 1 of its own world ----------------------------------------------------------
E2E_DIR=$(mktemp -d "${TMPDIR:-/tmp}/podgate-e2e.XXXXXX") || exit 1
export E2E_DIR E2E_ROOT="$root" HOME="$E2E_DIR/home" KUBECONFIG="$E2E_DIR/kubeconfig" PATH="$E2E_BIN:$PATH:/usr/sbin:/sbin"
unset XDG_CACHE_HOME http_proxy https_proxy HTTP_PROXY HTTPS_PROXY
# shellcheck source=tests/e2e/cluster/cluster.bash
. "$here/cluster/cluster.bash"

ended() {
    status=$?
    trap - EXIT INT TERM HUP
    cluster_down
    if [ -n "${E2E_KEEP:-}" ]; then
        mkdir -p "$E2E_KEEP"
        cp "$E2E_DIR"/*.log "$E2E_DIR"/pods/*.log "$E2E_KEEP"/ 2>/dev/null
    fi
    rm -rf "$E2E_DIR"
    exit $status
}
trap ended EXIT
trap 'exit 130' INT TERM HUP

began=$SECONDS
cluster_up || exit 1
echo "a cluster of Kubernetes $(kubectl version -o json 2>/dev/null | jq -r .serverVersion.gitVersion) after $((SECONDS - began)) s"

if [ "${1:-}" = --shell ]; then
    echo "kubectl works here; logs are in $E2E_DIR; exit ends everything"
    # shellcheck source=tests/e2e/cluster/podgate.bash
    . "$here/cluster/podgate.bash"
    podgate_start enforce && register enforce
    (cd "$here" && bash -i)
    exit 0
fi

files=()
[ $# -gt 0 ] || set -- $(cd "$here" && ls ./*.bats)
for case in "$@"; do
    case=$(basename "$case" .bats)
    [ -f "$here/$case.bats" ] || fail "there is no case $case: $(cd "$here" && ls ./*.bats | sed 's,^\./,,; s,\.bats$,,' | tr '\n' ' ')"
    files+=("$here/$case.bats")
done
filter=()
[ -z "${E2E_FILTER:-}" ] || filter=(--filter "$E2E_FILTER")

cd "$here" || exit 1
bats --formatter tap --timing "${filter[@]}" "${files[@]}" 2>&1 | tee "$E2E_DIR/results.log" | cluster_report
passed=$(grep -c '^ok ' "$E2E_DIR/results.log")
failed=$(grep -c '^not ok ' "$E2E_DIR/results.log")
skipped=$(grep -c '^ok .* # skip' "$E2E_DIR/results.log")
planned=$(sed -n 's/^1\.\.\([0-9]*\)$/\1/p' "$E2E_DIR/results.log")
# A file that ends early takes its tests with it: they are failures too.
missing=$((${planned:-1} - passed - failed))
[ "$missing" -le 0 ] || { echo "$missing tests did not run"; failed=$((failed + missing)); }
passed=$((passed - skipped))
if [ "$skipped" -gt 0 ]; then
    echo "$skipped skipped"
    [ "${CI:-}" != true ] || failed=$((failed + skipped))
fi
echo "$((SECONDS - began)) s"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
