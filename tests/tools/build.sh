#!/bin/sh
# Builds programs that the tests drive from their Go modules into the user's cache folder, and prints that folder.
#   tests/tools/build.sh NAME...     NAME: a folder here, whose go.mod names one tool: helm, kustomize, ...
# A file `ldflags` there is given to the linker. What is built already is kept; a changed go.mod, go.sum or ldflags builds anew.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
bin=${XDG_CACHE_HOME:-$HOME/.cache}/podgate-e2e/bin
needed=1.26

say() { printf '%s: %s\n' "tests/tools/build.sh" "$*" >&2; }

# Also says no to "devel" versions: nobody knows what is in them.
go_is_new_enough() {
    command -v go >/dev/null 2>&1 || return 1
    GOTOOLCHAIN=local go env GOVERSION | sed -n 's/^go\([0-9]*\)\.\([0-9]*\).*/\1 \2/p' | {
        read -r major minor || exit 1
        [ "$major" -gt 1 ] || { [ "$major" -eq 1 ] && [ "$minor" -ge "${needed#*.}" ]; }
    }
}

is_built() { [ -x "$bin/$1" ] && [ "$(cat "$stamp" 2>/dev/null)" = "$sum" ]; }

build() { # NAME FOLDER PACKAGE
    stamp=$bin/.$1.stamp
    flags="-s -w $(cat "$2/ldflags" 2>/dev/null || true)"
    sum=$({ cat "$2/go.mod" "$2/go.sum" && echo "$flags"; } | cksum)
    if is_built "$1"; then return; fi
    # One at a time: two runs must not build the same. What is built already waits for nobody.
    if command -v flock >/dev/null 2>&1; then flock 9; fi
    if is_built "$1"; then return; fi
    if ! go_is_new_enough; then
        say "Go >= $needed is needed to build $1, and $(if command -v go >/dev/null 2>&1; then GOTOOLCHAIN=local go version; else echo "there is no go in PATH"; fi)"
        say "install it from https://go.dev/dl/ (Debian 12's own is too old)"
        exit 1
    fi
    say "building $1 (kept in $bin)"
    (cd "$2" && CGO_ENABLED=0 GOTOOLCHAIN=local GOFLAGS='' nice go build -mod=readonly -buildvcs=false -trimpath -ldflags "$flags" -o "$bin/.$1.$$" "$3")
    mv "$bin/.$1.$$" "$bin/$1"
    echo "$sum" >"$stamp"
}

if [ $# -eq 0 ]; then
    say "name what to build, for instance: helm kubectl"
    exit 2
fi
mkdir -p "$bin"
exec 9>"$bin/.lock"
for name; do
    package=$(sed -n 's/^tool \([^(]\)/\1/p' "$here/$name/go.mod" 2>/dev/null || true)
    if [ -z "$package" ]; then
        say "there is no tests/tools/$name/go.mod that names a tool"
        exit 2
    fi
    build "$name" "$here/$name" "$package"
done
echo "$bin"
