#!/bin/sh
# Fuzzes targets one after the other; make fuzz calls it.
#   tests/fuzz/run.sh [TARGET...]      default: all of targets.def
# Environment: FUZZER (the program), BUILD (inputs that reach new code are kept in $BUILD/fuzz/corpus), TIME (seconds a target),
# RUNS (that many executions from a fixed seed, if TIME allows), WRITE_DOCS (1: the results go into docs/reliability.md, with what
# of each target's own sources its inputs reach).
set -u
cd "$(dirname "$0")/../.." || exit 1
build=${BUILD:-build}
kept=$build/fuzz/corpus
results=$build/fuzz/results.txt
targets=${*:-$(sed -n 's/^TARGET(\([a-z_]*\),.*/\1/p' tests/fuzz/targets.def)}
export ASAN_OPTIONS="${ASAN_OPTIONS:-detect_leaks=1:allocator_may_return_null=1}"
passed=0 failed=0

column() { # TARGET N: the Nth text of its row in targets.def
    sed -n "s/^TARGET($1, //p" tests/fuzz/targets.def | cut -d '"' -f $((2 * $2))
}

seeds_of() { # TARGET FOLDER: copies of the seeds that targets.def names, in one folder
    suffix=$(column "$1" 2)
    for folder in $(column "$1" 1); do
        find "$folder" -type f -name "*$suffix" -size -64k
    done | while IFS= read -r file; do
        cp "$file" "$2/$(printf '%s' "$file" | tr / _)"
    done
}

# Of policies: YAML's, and every name in their schema.
dictionary_of() { # TARGET FILE
    name=$(column "$1" 3)
    case $name in
    '') ;;
    policy)
        cat tests/fuzz/dictionaries/yaml.txt
        grep -o '"[A-Za-z][A-Za-z0-9-]*"' docs/policy.schema.json | sort -u
        ;;
    *) cat "tests/fuzz/dictionaries/$name.txt" ;;
    esac >"$2"
}

# Functions reached of those that the target's own sources have: "81 83". (Of edges most are the sanitizers' checks.)
reach_of() { # TARGET FOLDER...
    of=$1
    shift
    "$FUZZER" --target="$of" -runs=0 -print_coverage=1 "$@" 2>&1 </dev/null | awk -v sources="$(column "$of" 4)" '
        BEGIN { count = split(sources, source, " ") }
        /COVERED_FUNC:/ {
            for (i = 1; i <= count; i++) if (index($7, source[i])) {
                reached += $1 == "COVERED_FUNC:"; all++; break
            }
        }
        END { print reached + 0, all + 0 }'
}

mkdir -p "$kept"
: >"$results"
for target in $targets; do
    work=$(mktemp -d)
    mkdir "$work/seeds"
    seeds_of "$target" "$work/seeds"
    dictionary_of "$target" "$work/dictionary"
    mkdir -p "$kept/$target" "tests/fuzz/corpus/$target" "tests/fuzz/regression/$target"
    dictionary=
    [ ! -s "$work/dictionary" ] || dictionary=-dict=$work/dictionary
    if [ -n "${RUNS:-}" ]; then bound="-runs=$RUNS -seed=1 -max_total_time=${TIME:-60}"; else bound=-max_total_time=${TIME:-60}; fi
    # shellcheck disable=SC2086
    "$FUZZER" --target="$target" $bound $dictionary -max_len=65536 -timeout=20 -rss_limit_mb=2048 -print_final_stats=1 \
        -artifact_prefix="$build/fuzz/fault-$target-" \
        "$kept/$target" "tests/fuzz/corpus/$target" "tests/fuzz/regression/$target" "$work/seeds" >"$work/log" 2>&1 </dev/null
    status=$?
    executions=$(sed -n 's/^stat::number_of_executed_units: *//p' "$work/log")
    edges=$(sed -n 's/.* cov: \([0-9]*\) .*/\1/p' "$work/log" | tail -n 1)
    features=$(sed -n 's/.* ft: \([0-9]*\) .*/\1/p' "$work/log" | tail -n 1)
    seeds=$(find "tests/fuzz/corpus/$target" "tests/fuzz/regression/$target" "$work/seeds" -type f | wc -l)
    if [ "$status" -eq 0 ]; then
        passed=$((passed + 1))
        printf 'ok    %-12s %10s executions, %6s edges, %7s features\n' "$target" "${executions:-?}" "${edges:-?}" "${features:-?}"
        reach='0 0'
        [ -z "${WRITE_DOCS:-}" ] || reach=$(reach_of "$target" "$kept/$target" "tests/fuzz/corpus/$target" "tests/fuzz/regression/$target" "$work/seeds")
        echo "$target ${TIME:-60} ${executions:-0} ${edges:-0} $seeds $reach" >>"$results"
    else
        failed=$((failed + 1))
        printf 'FAIL  %-12s the input is in %s\n' "$target" "$build/fuzz/fault-$target-*"
        tail -n 40 "$work/log" | sed 's/^/      /'
        find "$build/fuzz" -maxdepth 1 -name "fault-$target-*" -newer "$work/dictionary" -size -32k -exec sh -c 'echo "      base64 of $1:"; base64 "$1"' sh {} \;
    fi
    rm -rf "$work"
done
rmdir tests/fuzz/corpus/* tests/fuzz/regression/* 2>/dev/null
[ -z "${WRITE_DOCS:-}" ] || python3 tests/fuzz/write_docs.py "$results" || failed=$((failed + 1))
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
