#!/bin/bash
# `make bench-linear`: that a review of twice the size costs podgate about twice as much, whatever it is made of: the dearest
# reviews (worst_review.c), created and updated, counted in instructions and so on any machine alike.
#   linear.sh [CASE...]        only these
# Environment: BENCH (where the programs are), MOST (2.3 times).
set -u
export LC_ALL=C
BENCH=${BENCH:-build/bench} most=${MOST:-2.3}
command -v valgrind >/dev/null || { echo "bench-linear: valgrind is missing (Debian, Ubuntu: apt-get install valgrind)" >&2; exit 2; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Sizes below all limits, also twice as large, that find more than the 1,024 findings which podgate words: what it costs to put
# those into words is the same from there on.
cat >"$work/cases" <<'CASES'
numbers 8000
containers 400
ephemeral 1000
findings 400
environment 3000
reversed 2000
names 2000
roots 8000
assignments 4000
switches 4000
addresses 3000
references 4000
signatures 8000
logins 8000
machines 4000
oracles 3000
dots 8000
chains 160
flags 2000
nested 100
escapes 10000
keys 2000
volumes 2000
strings 4000
CASES
for wanted; do
    grep -q "^$wanted " "$work/cases" || { echo "bench-linear: there is no case $wanted" >&2; exit 2; }
done

count() { # CASE COUNT create|update: instructions into a file
    local how=$3 found file=$work/$1.$2.$3
    [ "$how" = update ] || how=
    # shellcheck disable=SC2086
    "$BENCH/worst_review" "$1" "$2" $how >"$file.json" || return
    found=$(env -i PATH="$PATH" valgrind --tool=callgrind --callgrind-out-file=/dev/null --collect-atstart=no '--toggle-collect=path_measured*' \
        "$BENCH/path_cost" --policies builtin:default --policies builtin:pod-security-restricted "$file.json" 2>&1 >"$file.verdict" |
        sed -n 's/^==[0-9]*== Collected : \([0-9]*\).*/\1/p')
    echo "${found:-0} $(cut -d' ' -f2 "$file.verdict")" >"$file"
}
running=0
while read -r name size; do
    case " $* " in '  ' | *" $name "*) ;; *) continue ;; esac
    for how in create update; do
        for n in "$size" $((2 * size)); do
            count "$name" "$n" $how &
            running=$((running + 1))
            [ $running -lt "$(nproc)" ] || { wait -n; running=$((running - 1)); }
        done
    done
done <"$work/cases"
wait

passed=0 failed=0
while read -r name size; do
    case " $* " in '  ' | *" $name "*) ;; *) continue ;; esac
    for how in create update; do
        read -r one verdict <"$work/$name.$size.$how"
        read -r two other <"$work/$name.$((2 * size)).$how"
        if awk -v name="$name" -v how=$how -v size="$size" -v one="$one" -v two="$two" -v verdict="$verdict" -v other="$other" -v most="$most" 'BEGIN {
            fits = one > 0 && verdict == other && two <= most * one
            printf "%s  %-12s %-6s %6d: %10d  %6d: %10d  %.2f times  %s\n", fits ? "ok  " : "FAIL", name, how, size, one, 2 * size, two, one ? two / one : 0, verdict
            exit !fits }'; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
    done
done <"$work/cases"
[ $failed -eq 0 ] || echo "Twice the size may cost at most $most times as much, with the same verdict."
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
