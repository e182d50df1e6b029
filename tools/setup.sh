#!/bin/sh
# Makes sure that podgate can be built, tested and shown here.
#   tools/setup.sh            look, and install what is missing (apt, as root or with sudo)
#   tools/setup.sh --check    look at what the build alone needs, install nothing
set -u

CC=${CC:-cc}
check_only=false
[ "${1:-}" = --check ] && check_only=true

has() { command -v "$1" >/dev/null 2>&1; }

scratch=
cleanup() { [ -z "$scratch" ] || rm -rf "$scratch"; }
trap cleanup EXIT
scratch=$(mktemp -d) || exit 1

# HEADERS LIBS: does a program that includes and links these build?
links() {
    { for header in $1; do echo "#include <$header>"; done; echo 'int main(void) { return 0; }'; } >"$scratch/probe.c"
    # shellcheck disable=SC2086
    $CC -o "$scratch/probe" "$scratch/probe.c" $2 >/dev/null 2>&1
}
CMOCKA_HEADERS='stdarg.h stddef.h setjmp.h stdint.h cmocka.h'
BUILD_HEADERS='microhttpd.h gnutls/gnutls.h cjson/cJSON.h yaml.h seccomp.h'
BUILD_LIBS='-lmicrohttpd -lgnutls -lcjson -lyaml -lseccomp'

find_missing() {
    apt='' dnf='' apk=''
    missing() { apt="$apt $1"; dnf="$dnf $2"; apk="$apk $3"; }
    if $check_only; then
        has "$CC" && links "$BUILD_HEADERS" "$BUILD_LIBS" && return
    else
        has curl || missing curl curl curl
        has openssl || has certtool || missing openssl openssl openssl
        has "$CC" && links "$CMOCKA_HEADERS $BUILD_HEADERS" "-lcmocka $BUILD_LIBS" && return
    fi
    # Something is missing: now ask one by one. Without a compiler nothing can be asked, so all is named.
    if ! has "$CC" || ! links stdio.h ''; then missing 'gcc libc6-dev' 'gcc glibc-devel' 'gcc musl-dev'; fi
    links microhttpd.h -lmicrohttpd || missing libmicrohttpd-dev libmicrohttpd-devel libmicrohttpd-dev
    links gnutls/gnutls.h -lgnutls || missing libgnutls28-dev gnutls-devel gnutls-dev
    links cjson/cJSON.h -lcjson || missing libcjson-dev cjson-devel cjson-dev
    links yaml.h -lyaml || missing libyaml-dev libyaml-devel yaml-dev
    links seccomp.h -lseccomp || missing libseccomp-dev libseccomp-devel libseccomp-dev
    $check_only || links "$CMOCKA_HEADERS" -lcmocka || missing libcmocka-dev libcmocka-devel cmocka-dev
}

print_packages() {
    echo "  Debian, Ubuntu:  apt-get install$apt"
    echo "  Fedora, RHEL:    dnf install$dnf"
    echo "  Alpine:          apk add$apk"
}

find_missing
[ -n "$apt" ] || exit 0

if $check_only; then
    {
        echo "podgate cannot be built yet: a compiler or libraries are missing. Run \`make install-deps\`, or:"
        print_packages
    } >&2
    exit 1
fi

as_root=
if [ "$(id -u)" != 0 ]; then
    if has sudo && { [ -t 0 ] || sudo -n true 2>/dev/null; }; then as_root=sudo; else as_root=none; fi
fi
if ! has apt-get || [ "$as_root" = none ]; then
    {
        if has apt-get; then
            echo "podgate needs packages, and installing them takes root (sudo is missing or wants a password):"
        else
            echo "podgate needs packages that this script can install only through apt-get:"
        fi
        print_packages
        echo "Install them, then run make again."
    } >&2
    exit 1
fi

install() {
    # shellcheck disable=SC2086
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $apt </dev/null >"$scratch/log" 2>&1
}
echo "installing$apt"
if ! install; then
    $as_root apt-get update -q >"$scratch/update" 2>&1 </dev/null || true
    if ! install; then
        tail -n 20 "$scratch/update" "$scratch/log" >&2
        echo "apt-get could not install:$apt" >&2
        exit 1
    fi
fi

find_missing
if [ -n "$apt" ]; then
    echo "still missing after the installation:$apt" >&2
    exit 1
fi
