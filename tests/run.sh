#!/bin/sh
# Runs cmocka programs side by side and counts their tests.
#   tests/run.sh [--prefix TEXT] PROGRAM...      TEXT is taken off the programs' names in the report
# Environment: CI=true (a skipped test is a failure), TEST_TIMEOUT (seconds a program), TEST_JOBS, TEST_UNDER (a command
# that runs them, such as valgrind).
set -u

one() { # PROGRAM RESULTS NAME
    began=$(date +%s%N)
    # shellcheck disable=SC2086
    timeout "${TEST_TIMEOUT:-180}" ${TEST_UNDER:-} "$1" >"$2/output" 2>&1 </dev/null
    status=$?
    ended=$(date +%s%N)
    # A result is taken only for the test that runs: cmocka repeats failures in its summary.
    awk -v status="$status" -v ci="${CI:-}" -v limit="${TEST_TIMEOUT:-180}" '
        function name_after(mark,   rest) { rest = substr($0, index($0, mark) + length(mark)); sub(/^ +/, "", rest); return rest }
        index($0, "[ RUN      ]") { running = name_after("[ RUN      ]"); next }
        running != "" && index($0, "[       OK ]") { passed++; running = ""; next }
        running != "" && index($0, "[  SKIPPED ]") {
            skipped++; if (ci == "true") { failed++; print "skipped, which CI does not allow: " running > "/dev/stderr" }
            else print "SKIP " running > "/dev/stderr"
            running = ""; next
        }
        running != "" && (index($0, "[  FAILED  ]") || index($0, "[  ERROR   ]")) { failed++; broken[++n] = running; running = ""; next }
        END {
            for (i = 1; i <= n; i++) print "failed: " broken[i] > "/dev/stderr"
            if (status != 0 && (running != "" || failed == 0)) {
                failed++
                why = status == 124 ? "ran longer than " limit " s" : status > 128 ? "killed by signal " (status - 128) : "ended with status " status
                print why (running != "" ? " in " running : " outside a test (sanitizer, leak or group setup?)") > "/dev/stderr"
            } else if (status == 0 && running != "") { failed++; print "ended in the middle of " running > "/dev/stderr" }
            else if (passed + failed + skipped == 0) { failed++; print "has no tests" > "/dev/stderr" }
            print passed + 0, failed + 0, skipped + 0
        }' "$2/output" >"$2/counts" 2>"$2/notes"
    read -r passed failed skipped <"$2/counts"
    took=$(((ended - began) / 1000000))
    {
        if [ "$failed" -eq 0 ]; then
            printf 'ok    %-44s %4d tests %6d ms%s\n' "$3" "$passed" "$took" "$([ "$skipped" -gt 0 ] && echo "  ($skipped skipped)")"
            sed 's/^/        /' "$2/notes"
        else
            printf 'FAIL  %-44s %4d of %d tests failed\n' "$3" "$failed" "$((passed + failed))"
            sed 's/^/      > /' "$2/notes"
            grep -v -F -e '[ RUN      ]' -e '[       OK ]' -e '[==========]' "$2/output" | tail -n "${TEST_LINES:-200}" | sed 's/^/        /'
        fi
    } >"$2/report"
    cat "$2/report"
}

if [ "${1:-}" = --one ]; then
    prefix=$3 program=$4
    name=${program#"$prefix"}
    results=$2/$(printf '%s' "$name" | tr '/ ' '__')
    mkdir -p "$results"
    one "$program" "$results" "$name"
    exit 0
fi

prefix=
if [ "${1:-}" = --prefix ]; then prefix=$2; shift 2; fi
if [ $# -eq 0 ]; then
    echo "no test programs were found" >&2
    echo "0 passed, 1 failed"
    exit 1
fi

export CMOCKA_MESSAGE_OUTPUT=STDOUT
export ASAN_OPTIONS="${ASAN_OPTIONS:-abort_on_error=0:detect_leaks=1:strict_string_checks=1:detect_stack_use_after_return=1:check_initialization_order=1:allocator_may_return_null=1}"
export UBSAN_OPTIONS="${UBSAN_OPTIONS:-print_stacktrace=1:halt_on_error=1}"
export TSAN_OPTIONS="${TSAN_OPTIONS:-halt_on_error=0:exitcode=66$([ -f tests/tsan.supp ] && echo ":suppressions=$PWD/tests/tsan.supp")}"
if [ -f tests/lsan.supp ]; then export LSAN_OPTIONS="${LSAN_OPTIONS:-suppressions=$PWD/tests/lsan.supp:print_suppressions=0}"; fi
case ${CONFIG:-release} in release) ;; *) export TEST_TIMEOUT="${TEST_TIMEOUT:-600}" ;; esac

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
printf '%s\0' "$@" | xargs -0 -n 1 -P "${TEST_JOBS:-$(nproc 2>/dev/null || echo 2)}" "$0" --one "$work" "$prefix"

cat "$work"/*/counts 2>/dev/null | awk -v programs=$# -v config="${CONFIG:-release}" '
    { passed += $1; failed += $2; skipped += $3; seen++ }
    END {
        if (seen < programs) failed += programs - seen
        printf "%d programs, configuration %s%s\n", programs, config, skipped ? ", " skipped " skipped" : ""
        printf "%d passed, %d failed\n", passed, failed
        exit failed > 0
    }'
