#!/bin/sh
# Plants one violation after the other in a small house and says which of them tests/house/run.sh misses.
set -u
here=$(pwd)/tests/house
CC=${CC:-cc}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOUSE_PLANTED=1 PODGATE=./program

build_house() {
    rm -rf "$work/house"
    mkdir -p "$work/house/tests" "$work/house/src/base" "$work/house/src/rules/checks" "$work/house/include/base" \
        "$work/house/include/kube" "$work/house/tests/checks/one"
    cd "$work/house" || exit 1
    cp -r "$here" tests/house
    printf '%s\n' 'base str glob' 'kube pod' 'rules checks' >tests/house/order.txt
    printf '%s\n' '#ifndef S' '#define S' 'int str_one(void);' '#endif' >include/base/str.h
    printf '%s\n' '#include "base/str.h"' '/* strcpy( */' 'int str_one(void) { return sizeof "free("; }' >src/base/str.c
    printf '%s\n' '#ifndef G' '#define G' '#include "base/str.h"' '#endif' >include/base/glob.h
    printf '%s\n' '#ifndef P' '#define P' '#include "base/glob.h"' '#endif' >include/kube/pod.h
    printf '%s\n' '#include "kube/pod.h"' >src/rules/checks/one.c
    printf '%s\n' 'CHECK(one)' >src/rules/checks.def
    echo >tests/checks/one/deny-it.yaml
    echo >tests/checks/one/allow-it.yaml
    cp "$work/program" program
}
# FRAGMENT OF THE FAILURE, then the command that plants it.
plant() {
    build_house
    eval "$2"
    if tests/house/run.sh >"$work/out" 2>&1; then
        echo "tests/house/run.sh:0: passes with: $2"
    elif ! grep -qF -- "$1" "$work/out"; then
        echo "tests/house/run.sh:0: does not say \"$1\" with: $2"
    fi
}

# A program that looks hardened: strcpy into an array is what the compiler guards.
printf '%s\n' '#include <string.h>' '#include <stdio.h>' \
    'int main(int c, char **v) { char b[64]; (void)c; strcpy(b, v[0]); return puts(b); }' >"$work/program.c"
hardened='-O2 -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 -fstack-protector-all -fPIE -pie -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack'
# shellcheck disable=SC2086
$CC $hardened -o "$work/program" "$work/program.c" || exit 1

build_house
tests/house/run.sh >"$work/out" 2>&1 || { echo "tests/house/run.sh:0: fails in a house without fault:"; grep -A 3 FAIL "$work/out"; }
plant 'glob.h, which comes after it' "echo '#include \"base/glob.h\"' >>src/base/str.c"
plant 'pod.h, which comes after it' "echo '#include \"kube/pod.h\"' >>src/base/str.c"
plant 'write the include from the root' "echo '#include \"str.h\"' >>src/base/str.c"
plant 'includes a .c file' "echo '#include \"base/str.c\"' >src/base/glob.c"
plant 'is not in tests/house/order.txt' 'echo >src/base/net.c'
plant 'a check includes another check' "echo '#include \"rules/checks/two.h\"' >>src/rules/checks/one.c"
plant 'cJSON.h is behind a door' "echo '#include <cjson/cJSON.h>' >>src/base/str.c"
plant 'gnutls/x509.h is behind a door' "echo '  #  include <gnutls/x509.h>' >>src/base/str.c"
plant 'malloc(): ' "echo 'void *s(void) { return malloc (1); }' >>src/base/str.c"
plant 'isdigit(): ' "echo 'int s(int c) { return isdigit(c); }' >>src/base/str.c"
plant 'exit(): ' "echo 'void s(void) { /* so */ exit(1); }' >>src/base/str.c"
plant 'rename "net_util"' 'echo >src/base/net_util.c'
plant 'does not compile alone' "echo 'size_t s(void);' >>include/base/str.h"
plant 'add CHECK(two)' 'echo >src/rules/checks/two.c'
plant 'CHECK(two) has no' 'echo "CHECK(two)" >>src/rules/checks.def'
plant 'add a case allow-*.yaml' 'rm tests/checks/one/allow-it.yaml'
plant 'there is no such check' 'mkdir tests/checks/ghost'
plant 'no position independent executable' "$CC $hardened -no-pie -o program ../program.c"
plant 'RELRO is partial' "$CC $hardened -Wl,-z,lazy -o program ../program.c"
plant 'executable stack' "$CC $hardened -Wl,-z,execstack -o program ../program.c"
plant 'no stack protector' "$CC $hardened -fno-stack-protector -o program ../program.c"
plant 'RPATH' "$CC $hardened -Wl,-rpath,/x -o program ../program.c"
plant 'a token that hosts refuse' "printf 'ghp_%036d' 7 >README.md"
plant 'names where it was written' "printf '/wor%s' k/main >README.md"
