#!/bin/bash
# `make bench-test`: do the tools of the benchmarks say what they should? Without any load; results and budgets are made up.
set -u
export LC_ALL=C
here=$(cd "$(dirname "$0")" && pwd)
data=$here/selftest
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0 failed=0

# TITLE STATUS EXPECTED-FILE COMMAND...: what it prints (numbers of processes and times aside) and how it ends
case_is() {
    local title=$1 wanted=$2 expected=$3 status
    shift 3
    "$@" >"$work/out" 2>&1
    status=$?
    [ -z "${UPDATE_EXPECT:-}" ] || cp "$work/out" "$expected"
    if [ $status -eq "$wanted" ] && cmp -s "$expected" "$work/out"; then
        passed=$((passed + 1))
        echo "ok    $title"
    else
        failed=$((failed + 1))
        echo "FAIL  $title: status $status, wanted $wanted"
        diff "$expected" "$work/out" | sed 's/^/        /'
    fi
}
compare() { "$here/compare.sh" "$data/$1.tsv" "$data/$2.tsv"; }
case_is "a run is as fast as itself" 0 "$data/same.expect" compare old old
case_is "a slower day, the bare server's too, is no regression" 0 "$data/slower-day.expect" compare old slower-day
case_is "what got worse is named and fails; noise is not" 1 "$data/worse.expect" compare old worse
case_is "what got better does not fail" 0 "$data/better.expect" compare old better
case_is "other machines and lost cases are said" 0 "$data/other-machine.expect" compare old other-machine
cd "$data" || exit 1
case_is "what is no result is refused" 2 "$data/no-result.expect" "$here/compare.sh" old.tsv worse.expect
case_is "no file named: how to call it" 2 "$data/usage.expect" "$here/compare.sh" "" old.tsv
cd - >/dev/null || exit 1

case_is "the page of a result" 0 "$data/page.expect" awk -f "$here/page.awk" "$data/page.txt" "$data/old.tsv"
cp "$data/document.md" "$work/document.md"
case_is "the page goes between its markers" 0 "$data/document.expect" sh -c "'$here/insert.sh' bench '$data/same.expect' '$work/document.md' && cat '$work/document.md'"
without_markers() { # the file's place is taken off what it says
    (cd "$data" && "$here/insert.sh" bench same.expect old.tsv)
}
case_is "a document without the markers is left alone" 1 "$data/no-markers.expect" without_markers

# Budgets: a copy of two real rows, too low and right.
# shellcheck disable=SC2120
budget() { BUDGETS=$work/budgets.txt "$here/budget.sh" "$@" | sed -e 's/[+-][0-9.]* %/P %/' -e 's/[0-9]\{4,\}/N/g' -e 's/ *N/ N/g' -e "s|valgrind .*REVIEW|valgrind ... REVIEW|"; return "${PIPESTATUS[0]}"; }
rows() { grep -v '^update-unchanged\|^deny ' "$here/budgets.txt" | grep '^#' && grep '^update-unchanged\|^deny ' "$here/budgets.txt"; }
if command -v valgrind >/dev/null && [ "$(uname -m)" = x86_64 ]; then
    # What the code takes today, whatever the file says.
    rows >"$work/budgets.txt"
    # shellcheck disable=SC2119
    UPDATE_BUDGET=1 budget >/dev/null
    case_is "paths within their budgets" 0 "$data/budget-kept.expect" budget update-unchanged
    rows | sed '/^deny /s/ [0-9]\{4,\} / 1000 /' >"$work/budgets.txt"
    case_is "a path over its budget fails: its name, count and budget, and what to do" 1 "$data/budget-broken.expect" budget
    rows | sed '/^deny /s/ deny  / allow /' >"$work/budgets.txt"
    case_is "another verdict is another path" 1 "$data/budget-verdict.expect" budget deny
    rows | sed '/^deny /s/ [0-9]\{4,\} / 1000 /' >"$work/budgets.txt"
    # shellcheck disable=SC2119
    UPDATE_BUDGET=1 budget >/dev/null
    case_is "UPDATE_BUDGET=1 mends it" 0 "$data/budget-mended.expect" budget
else
    echo "SKIP  budgets: no valgrind, or not x86_64"
    [ "${CI:-}" != true ] || failed=$((failed + 1))
fi
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
