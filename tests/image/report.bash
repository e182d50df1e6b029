# shellcheck shell=bash
# One line a test. Uses passed, failed and the folder $work.
ok() { passed=$((passed + 1)); printf 'ok    %s\n' "$1"; }
bad() { # TITLE [FILE]: what went wrong is in FILE
    failed=$((failed + 1))
    printf 'FAIL  %s\n' "$1"
    if [ $# -gt 1 ]; then tail -n 40 "$2" | sed 's/^/        /'; fi
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
