#!/bin/bash
# `make bench-budget`: counts the instructions of each path in budgets.txt under callgrind and compares them with it.
#   budget.sh [PATH...]        only these paths
# Environment: UPDATE_BUDGET=1 (writes the counts into the file), BUDGETS (the file), BENCH (where path_cost is), CALLS (20).
set -u
export LC_ALL=C
here=$(cd "$(dirname "$0")" && pwd)
BUDGETS=${BUDGETS:-$here/budgets.txt} BENCH=${BENCH:-build/bench} calls=${CALLS:-20}
reviews=$here/../reviews
OBSERVED_SHARE=5 # per cent

fail() {
    echo "bench-budget: $1" >&2
    exit 2
}
command -v valgrind >/dev/null || fail "valgrind is missing (Debian, Ubuntu: apt-get install valgrind)"
[ -x "$BENCH/path_cost" ] || fail "$BENCH/path_cost is missing: run make bench-budget"
[ -r "$BUDGETS" ] || fail "$BUDGETS cannot be read"
if [ "$(uname -m)" != x86_64 ]; then
    echo "SKIP: the budgets are of x86_64, this is $(uname -m)"
    exit 0
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# @NAME: made once, by whoever needs it first; its path is printed.
made() {
    local file=$work/$1
    [ -e "$file" ] || case $1 in
    none-*) "$here/inputs.sh" policies "${1#none-}" none >"$file" ;;
    all-*) "$here/inputs.sh" policies "${1#all-}" all >"$file" ;;
    every-*) "$here/inputs.sh" policies "${1#every-}" every >"$file" ;;
    far-*) "$here/inputs.sh" policies "${1#far-}" far >"$file" ;;
    one-* | each-* | names-* | accounts-* | users-* | robots-* | labels-* | images-* | excludes-*) "$here/inputs.sh" policies "${1#*-}" "${1%%-*}" >"$file" ;;
    documents-*) name=${1#documents-} && "$here/inputs.sh" documents "${name%.yaml}" >"$file" ;;
    *.json) "$here/inputs.sh" review "${1%.json}" >"$file" ;;
    *) false ;;
    esac || fail "$1: inputs.sh does not make this"
    echo "$file"
}

# POLICIES INPUT [OPTION...] -> the array `arguments`
arguments_of() {
    local policy policies=$1 input=$2
    shift 2
    arguments=("$@")
    for policy in ${policies//,/ }; do
        case $policy in
        d) policy=builtin:default ;;
        r) policy=builtin:pod-security-restricted ;;
        @*) policy=$(made "${policy#@}") || exit 2 ;;
        esac
        arguments+=(--policies "$policy")
    done
    case $input in
    *.yaml) arguments+=(--documents "$(made "${input#@}")") ;;
    @small.json) arguments+=(--calls "$calls" "$(made small.json)") ;;
    # Huge reviews cost the same each time: two will do.
    @*) arguments+=(--calls 2 "$(made "${input#@}")") ;;
    *) arguments+=(--calls "$calls" "$reviews/$input/request.json") ;;
    esac
}

# NAME: "VERDICT INSTRUCTIONS" of one call, into NAME.count; the environment is part of what a process is, so it is empty.
count() {
    local name=$1 done_calls verdict total
    env -i PATH="$PATH" LC_ALL=C valgrind --tool=callgrind --callgrind-out-file=/dev/null --collect-atstart=no \
        '--toggle-collect=path_measured*' "$BENCH/path_cost" "${arguments[@]}" >"$work/$name.out" 2>"$work/$name.err" || return 1
    read -r done_calls verdict <"$work/$name.out" || return 1
    total=$(sed -n 's/^==[0-9]*== Collected : \([0-9]*\).*/\1/p' "$work/$name.err")
    [ "${total:-0}" -gt 0 ] && echo "$verdict $((total / done_calls))" >"$work/$name.count"
}

grep -v '^ *\(#\|$\)' "$BUDGETS" >"$work/rows"
for wanted; do
    grep -q "^$wanted " "$work/rows" || fail "$BUDGETS has no path $wanted"
done
running=0
while read -r name _ _ _ policies input options; do
    case " $* " in '  ' | *" $name "*) ;; *) continue ;; esac
    # shellcheck disable=SC2086
    arguments_of "$policies" "$input" $options
    count "$name" &
    running=$((running + 1))
    [ $running -lt "$(nproc)" ] || { wait -n; running=$((running - 1)); }
done <"$work/rows"
wait

passed=0 failed=0
while read -r name expected budget room policies input options; do
    case " $* " in '  ' | *" $name "*) ;; *) continue ;; esac
    if ! read -r verdict found 2>/dev/null <"$work/$name.count"; then
        echo "FAIL  $name: could not be counted: $(tail -n 1 "$work/$name.err" 2>/dev/null)"
        failed=$((failed + 1))
        continue
    fi
    per_cent=$(awk -v a="$found" -v b="$budget" 'BEGIN { printf b ? "%+.1f" : "new", b ? 100 * a / b - 100 : 0 }')
    if [ "$verdict" != "$expected" ]; then
        echo "FAIL  $name: the verdict is $verdict, not $expected: another path was counted"
        failed=$((failed + 1))
    elif [ -n "${UPDATE_BUDGET:-}" ]; then
        awk -v name="$name" -v row="$(printf '%-25s %-12s %12d %6d  %-10s %s' "$name" "$expected" "$found" "$room" "$policies" "$input${options:+ $options}")" \
            '$1 == name { print row; next } { print }' \
            "$BUDGETS" >"$work/new" && cat "$work/new" >"$BUDGETS"
        printf '%-25s %12d -> %12d  %s %%\n' "$name" "$budget" "$found" "$per_cent"
        passed=$((passed + 1))
    elif [ "$found" -gt $((budget + budget * room / 100)) ]; then
        echo "FAIL  $name: $found instructions, the budget is $budget and $room % ($per_cent %)"
        failed=$((failed + 1))
    else
        note=
        [ "$found" -ge $((budget - budget * room / 100)) ] || note="  (much less: lower the budget with UPDATE_BUDGET=1)"
        printf 'ok    %-25s %12d  %s %%%s\n' "$name" "$found" "$per_cent" "$note"
        passed=$((passed + 1))
    fi
done <"$work/rows"
if [ -n "${UPDATE_BUDGET:-}" ]; then
    made_with="$(${CC:-cc} --version | head -n 1), $(getconf GNU_LIBC_VERSION), $(uname -m)"
    sed "s|^# Counted with: .*|# Counted with: $made_with|" "$BUDGETS" >"$work/new" && cat "$work/new" >"$BUDGETS"
fi
# Metrics, log and annotations of a review that is allowed cost little beside it.
while read -r name expected _; do
    base=${name%-observed}
    if [ "$base" = "$name" ] || [ "$expected" != allow ] || [ ! -s "$work/$name.count" ] || [ ! -s "$work/$base.count" ]; then continue; fi
    read -r _ observed <"$work/$name.count"
    read -r _ alone <"$work/$base.count"
    share=$(awk -v a="$observed" -v b="$alone" 'BEGIN { printf "%.2f", 100 * a / b - 100 }')
    if [ $((observed * 100)) -gt $((alone * (100 + OBSERVED_SHARE))) ]; then
        echo "FAIL  $base: metrics and log add $share %, at most $OBSERVED_SHARE % are allowed"
        failed=$((failed + 1))
    else
        printf 'ok    %-25s metrics and log add %s %%\n' "$base" "$share"
        passed=$((passed + 1))
    fi
done <"$work/rows"
if [ $failed -gt 0 ]; then
    echo "Where the instructions go: valgrind --tool=callgrind $BENCH/path_cost REVIEW.json, then callgrind_annotate."
    echo "If the change is worth it: make bench-budget UPDATE_BUDGET=1, and say why in the commit."
fi
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
