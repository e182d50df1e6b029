# shellcheck shell=bash
# What the tests that are scripts share: each test counts, those that fail are told with what they said, and the last line has the
# numbers that .ci/run adds up. Uses passed, failed and the folder $work.
ok() { # [TITLE]
    passed=$((passed + 1))
    [ $# -eq 0 ] || printf 'ok    %s\n' "$1"
}
bad() { # TITLE [FILE]: what went wrong is in FILE
    failed=$((failed + 1))
    printf 'FAIL  %s\n' "$1"
    if [ $# -gt 1 ]; then tail -n 40 "$2" | cut -c 1-400 | sed 's/^/        /'; fi
}
# TITLE COMMAND...: the test is the command's exit status.
check() {
    local title=$1
    shift
    if "$@" >"$work/checked" 2>&1; then ok "$title"; else bad "$title" "$work/checked"; fi
}
fails() {
    local title=$1
    shift
    if "$@" >"$work/checked" 2>&1; then bad "$title" "$work/checked"; else ok "$title"; fi
}
# TITLE WANTED FOUND
same() {
    printf 'wanted: %s\nfound:  %s\n' "$2" "$3" >"$work/checked"
    if [ "$2" = "$3" ]; then ok "$1"; else bad "$1" "$work/checked"; fi
}
finish() {
    printf '%d passed, %d failed\n' "$passed" "$failed"
    [ "$failed" -eq 0 ]
    exit
}
give_up() { bad "$@"; finish; }
