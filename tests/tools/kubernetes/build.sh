#!/bin/sh
# Builds the Kubernetes programs that tests/e2e runs, from their Go modules, into the user's cache folder, and prints
# that folder. What is there already is kept; a changed go.mod builds anew. The first time takes about 8 minutes on
# 2 cores.   tests/tools/kubernetes/build.sh [PROGRAM...]
#   PROGRAM: kube-apiserver kubectl kube-controller-manager kube-scheduler kwok, standin and loadgen (see their folders); default: all
set -eu
export LC_ALL=C

here=$(cd "$(dirname "$0")" && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/podgate-e2e
bin=$cache/bin
mkdir -p "$bin"

fail() {
    echo "build.sh: $1" >&2
    exit 1
}

# Go's own switch to a newer toolchain would be a download that nobody asked for.
export GOTOOLCHAIN=local GOFLAGS=-mod=readonly
need_go() {
    command -v go >/dev/null 2>&1 || fail "Go is missing: the end-to-end tests need Go 1.26 or newer (https://go.dev/dl/; Debian's own is too old)"
    found=$(go env GOVERSION)
    major_minor=$(printf '%s' "$found" | sed -n 's/^go1\.\([0-9]*\).*/\1/p')
    [ "${major_minor:-0}" -ge 26 ] || fail "$found is too old: the end-to-end tests need Go 1.26 or newer (https://go.dev/dl/)"
}

version() { sed -n "s,^\(require\)*[[:space:]]*$2 \(v[^ ]*\).*,\2,p" "$1/go.mod" | head -n 1; }

is_built() { [ -x "$bin/$1" ] && [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ]; }

# PROGRAM FOLDER PACKAGE LDFLAGS
build() {
    stamp=$cache/$1.stamp
    wanted=$(cksum "$2/go.mod" "$2/go.sum" | cut -d ' ' -f 1,2 | tr '\n' ' ')$4
    if is_built "$1"; then return 0; fi
    # One build at a time: two would only take each other's cores. What is built already waits for nobody.
    flock 9
    if is_built "$1"; then return 0; fi
    need_go
    echo "building $1 (the first time takes minutes)" >&2
    rm -f "$stamp"
    # Written aside: a half-made program must never look like one.
    (cd "$2" && CGO_ENABLED=0 nice go build -trimpath -ldflags "-s -w $4" -o "$bin/.$1.new" "$3") >&2
    mv "$bin/.$1.new" "$bin/$1"
    printf '%s\n' "$wanted" >"$stamp"
}

# What kwok does to Nodes and Pods is data of its module.
stages() {
    [ -f "$cache/kwok/pod-ready.yaml" ] && [ "$cache/kwok/pod-ready.yaml" -nt "$bin/kwok" ] && return 0
    from=$(cd "$here/kwok" && go list -m -f '{{.Dir}}' sigs.k8s.io/kwok)/kustomize/stage
    mkdir -p "$cache/kwok"
    for stage in node/fast/node-initialize node/heartbeat-with-lease/node-heartbeat-with-lease pod/fast/pod-ready \
        pod/fast/pod-complete pod/fast/pod-delete; do
        rm -f "$cache/kwok/${stage##*/}.yaml"
        cat "$from/$stage.yaml" >"$cache/kwok/${stage##*/}.yaml"
    done
}

kubernetes=$(version "$here" k8s.io/kubernetes)
[ -n "$kubernetes" ] || fail "no k8s.io/kubernetes in $here/go.mod"
minor=${kubernetes#v1.}
in_component=k8s.io/component-base/version
flags="-X $in_component.gitVersion=$kubernetes -X $in_component.gitMajor=1 -X $in_component.gitMinor=${minor%%.*}"

[ $# -gt 0 ] || set -- kube-apiserver kubectl kube-controller-manager kube-scheduler kwok standin loadgen
exec 9>"$cache/lock"
for program; do
    case $program in
    kube-apiserver | kubectl | kube-controller-manager | kube-scheduler) build "$program" "$here" "k8s.io/kubernetes/cmd/$program" "$flags" ;;
    kwok)
        build kwok "$here/kwok" sigs.k8s.io/kwok/cmd/kwok "-X sigs.k8s.io/kwok/pkg/consts.Version=$(version "$here/kwok" sigs.k8s.io/kwok)"
        stages
        ;;
    standin | loadgen) build "$program" "$here" "./$program" "$(cat "$here/$program"/*.go | cksum | sed 's/\(.*\) .*/-X main.sources=\1/')" ;;
    *) fail "unknown program $program" ;;
    esac
done
echo "$bin"
