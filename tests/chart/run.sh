#!/bin/sh
# Tests charts/podgate with helm, helm-unittest and podgate itself; no cluster. Run from anywhere.
#   PODGATE=PATH          the binary whose options and opinions count (default build/podgate)
#   UPDATE_EXPECT=1       writes charts/podgate/README.md anew
set -u
export LC_ALL=C
cd "$(dirname "$0")/../.." || exit 1
here=tests/chart
chart=charts/podgate
podgate=${PODGATE:-build/podgate}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0 failed=0

# shellcheck source=tests/report.bash
. tests/report.bash

bin=$(tests/tools/build.sh helm helm-unittest) || give_up "helm and helm-unittest could not be built"
[ -x "$podgate" ] || give_up "there is no $podgate (make, or PODGATE=PATH)"
# Nobody's own helm settings, repositories or plugins.
export HELM_CONFIG_HOME="$work/helm" HELM_CACHE_HOME="$work/helm" HELM_DATA_HOME="$work/helm" HELM_NAMESPACE=guard
helm() { "$bin/helm" "$@"; }
render() { helm template podgate $chart "$@"; }

# --- the chart's own tests ------------------------------------------------------------------------
"$bin/helm-unittest" --strict --color=false -f "../../$here/unit/*_test.yaml" $chart >"$work/unit" 2>&1
# Tests:       1 failed, 2 errored, 93 passed, 96 total
counts=$(awk '/^Tests:/ {
    for (i = 2; i < NF; i++) { if ($(i + 1) ~ /^(failed|errored|skipped)/) bad += $i; if ($(i + 1) ~ /^passed/) good = $i }
    print good + 0, bad + 0
}' "$work/unit")
passed=$((passed + ${counts% *})) failed=$((failed + ${counts#* }))
[ "${counts% *}" -gt 0 ] || failed=$((failed + 1))
grep -q '^Test Suites: .*\(failed\|errored\)' "$work/unit" && cat "$work/unit"
printf 'helm-unittest: %d passed\n' "${counts% *}"

# --- every kind of values on every Kubernetes -------------------------------------------------------
: >"$work/default.yaml"
for values in "$work/default.yaml" "$here"/values/*.yaml; do
    name=$(basename "$values" .yaml)
    if helm lint --strict $chart -f "$values" >"$work/out" 2>&1; then ok; else bad "helm lint --strict, values $name" "$work/out"; fi
    for minor in 25 26 27 28 29 30 31 32 33 34 35 36 37; do
        if ! render -f "$values" --kube-version 1.$minor.0 >"$work/rendered" 2>"$work/out"; then
            bad "values $name on Kubernetes 1.$minor" "$work/out"
        elif grep -E '^kind: .*(Role|Binding)' "$work/rendered" >"$work/out"; then
            bad "values $name on Kubernetes 1.$minor: podgate needs no rights" "$work/out"
        else
            ok
        fi
    done
    # All Pods of the chart keep to what podgate itself asks of others.
    if "$podgate" check -n guard --policies builtin:default --policies policies/pod-security-restricted.yaml \
        --policies $here/strict-policy.yaml "$work/rendered" >"$work/out" 2>&1; then
        ok
    else
        bad "podgate's opinion of its own Pods, values $name" "$work/out"
    fi
    # podgate has the options that the chart gives it.
    for verb in serve lint probe; do
        template=$(printf 'serve deployment\nlint lint\nprobe tests/probe\n' | sed -n "s/^$verb //p")
        render -f "$values" -s templates/"$template".yaml 2>/dev/null |
            sed -n 's/^ *- "\{0,1\}\(--[a-z-]*\).*/\1/p' | sort -u >"$work/options"
        "$podgate" $verb --help >"$work/help" 2>&1
        missing=
        while read -r option; do
            grep -q -e "^ .*$option\( \|$\)" "$work/help" || missing="$missing $option"
        done <"$work/options"
        if [ -z "$missing" ]; then ok; else bad "podgate $verb has no$missing (values $name)"; fi
    done
    # What the lint Job would say of the files that the chart writes.
    render -f "$values" -s templates/configmap.yaml >"$work/configmap" 2>/dev/null
    rm -rf "$work/policies"
    mkdir "$work/policies"
    awk -v folder="$work/policies" '
        /^data:/ { data = 1; next } !data { next }
        /^  [^ ].*: \|/ { file = $1; sub(/:$/, "", file); next }
        file { sub(/^    /, ""); print >(folder "/" file) }' "$work/configmap"
    if [ -n "$(ls "$work/policies")" ]; then
        set -- "$work/policies"
        if grep -q builtin:default "$work/rendered"; then set -- builtin:default "$@"; fi
        if "$podgate" lint "$@" >"$work/out" 2>&1; then ok; else bad "podgate lint, values $name" "$work/out"; fi
    fi
done

# --- the values of the release before, as helm upgrade --reuse-values gives them to these templates ---------
cp -R $chart "$work/before"
cp $here/previous-values.yaml "$work/before/values.yaml"
for mode in audit enforce; do
    if helm template podgate "$work/before" --set mode=$mode >"$work/out" 2>&1; then ok; else bad "the values of the release before, mode $mode" "$work/out"; fi
done

# --- bad values ---------------------------------------------------------------------------------------
refused() { # TITLE ARGUMENTS EXPECTED-FILE
    # The arguments are words.
    # shellcheck disable=SC2086
    if render $2 >"$work/out" 2>&1; then
        bad "bad values: $1: they are accepted"
        return
    fi
    while IFS= read -r line; do
        if ! grep -q -F -e "$line" "$work/out"; then
            bad "bad values: $1: this is not said: $line" "$work/out"
            return
        fi
    done <"$3"
    ok
}
title='' arguments=''
: >"$work/expected"
{ cat $here/bad-values.txt && echo; } >"$work/bad-values"
while IFS= read -r line; do
    case $line in
    '#'*) ;;
    '> '*) printf '%s\n' "${line#> }" >>"$work/expected" ;;
    --*) arguments=$line ;;
    '')
        [ -z "$title" ] || refused "$title" "$arguments" "$work/expected"
        title='' arguments=''
        : >"$work/expected"
        ;;
    *) title=$line ;;
    esac
done <"$work/bad-values"

# Of every documented value: what is of another type is refused, and the error names the value.
sed -n 's/^| `\([A-Za-z.]*\)` | \(.*\) | .*/\1 \2/p' $chart/README.md >"$work/documented"
while read -r value default; do
    case $default in
    '`"'*'"`' | '`'[0-9]*[A-Za-z]* | '`'[A-Za-z]*) wrong=true ;;
    '`'[0-9]*) wrong='"many"' ;;
    *) wrong='"text"' ;;
    esac
    case $default in '`true`' | '`false`') wrong='"perhaps"' ;; esac
    if render --set-json "$value=$wrong" >"$work/out" 2>&1; then
        bad "$value takes $wrong (default $default)"
    elif grep -q -F -e "at '/$(printf %s "$value" | tr . /)" "$work/out"; then
        ok
    else
        bad "$value=$wrong is refused without its name" "$work/out"
    fi
done <"$work/documented"

# --- the values that the documentation shows ------------------------------------------------------------
for page in install enforce tls gitops ha-and-sizing; do
    rm -f "$work"/block-*
    awk -v to="$work/block-" '/^```/ { if (in_block) { in_block = 0; close(file) } else if ($0 == "```yaml") { in_block = 1; file = to (++n) }; next }
        in_block { print >file }' docs/$page.md
    for block in "$work"/block-*; do
        if [ ! -e "$block" ] || grep -q '^apiVersion:' "$block"; then continue; fi
        if render -f "$block" >/dev/null 2>"$work/out"; then ok; else bad "docs/$page.md: values that the chart does not take: $(head -n 1 "$block") ..." "$work/out"; fi
    done
done

# --- alerts and dashboard -----------------------------------------------------------------------------
# As the chart renders them, with a webhook that fails closed and with one that fails open.
if command -v promtool >/dev/null; then
    for severity in critical warning; do
        mode=$(printf 'enforce critical\naudit warning\n' | sed -n "s/ $severity//p")
        render --set metrics.prometheusRule.enabled=true,mode=$mode -s templates/prometheusrule.yaml 2>"$work/out" |
            sed '1,/^spec:$/d' | sed 's/^  //' >"$work/rules.yaml"
        sed "s/@DOWN_SEVERITY@/$severity/" $here/alerts_test.yaml >"$work/alerts_test.yaml"
        if grep -q '@[A-Z_]*@' "$work/rules.yaml"; then bad "alerts, mode $mode: something is not filled in" "$work/rules.yaml"; else ok; fi
        if promtool check rules --lint=all --lint-fatal "$work/rules.yaml" >>"$work/out" 2>&1; then ok; else bad "promtool check rules, mode $mode" "$work/out"; fi
        if promtool test rules "$work/alerts_test.yaml" >>"$work/out" 2>&1; then ok; else bad "promtool test rules, mode $mode" "$work/out"; fi
    done
    # Each alert is in the tests and in docs/metrics.md.
    sed -n 's/^ *- alert: //p' "$work/rules.yaml" | while read -r alert; do
        grep -q "alertname=\"$alert\"" $here/alerts_test.yaml || echo "$alert has no test"
        grep -q "^| .*$alert" docs/metrics.md || echo "$alert is not in docs/metrics.md"
    done >"$work/out"
    if [ -s "$work/out" ]; then bad "alerts" "$work/out"; else ok; fi
elif [ -n "${CI:-}" ]; then
    bad "promtool is missing (Debian: prometheus)"
else
    echo "SKIP  alerts: promtool is missing (Debian: prometheus)"
fi
render --set metrics.dashboard.enabled=true -s templates/dashboard.yaml 2>"$work/out" | sed '1,/^  podgate.json: |$/d' | sed 's/^    //' >"$work/dashboard.json"
# Panels have ids and places of their own within 24 columns, a title, a data source that can be chosen, and queries with letters of their own.
if jq -e '.uid == "podgate" and (.panels | length > 20) and ([.panels[].id] | length == (unique | length)) and
    ([.panels[].gridPos | [.x, .y]] | length == (unique | length)) and all(.panels[]; .gridPos.x + .gridPos.w <= 24 and (.title | length > 0)) and
    all(.panels[] | select(.type != "row"); .datasource.uid == "${datasource}" and ([.targets[].refId] | length > 0 and length == (unique | length)) and
        all(.targets[]; .expr | contains("$job") or contains("validate[.]podgate[.]io"))) and
    ([.templating.list[].name] == ["datasource", "namespace", "job"])' "$work/dashboard.json" >>"$work/out" 2>&1; then
    ok
else
    bad "the dashboard" "$work/out"
fi

# --- as a part of another chart -----------------------------------------------------------------------
mkdir -p "$work/parent/charts"
cp -R $chart "$work/parent/charts/podgate"
printf 'apiVersion: v2\nname: parent\nversion: 1.0.0\ndependencies:\n- name: podgate\n  version: "*"\n  condition: podgate.enabled\n' >"$work/parent/Chart.yaml"
printf 'global: {imageRegistry: registry.example.com, other: thing}\npodgate: {enabled: true, mode: enforce}\n' >"$work/parent/values.yaml"
if helm template site "$work/parent" >"$work/out" 2>&1 &&
    grep -q 'image: "registry.example.com/podgate/podgate:' "$work/out" && grep -q 'name: site-podgate$' "$work/out"; then
    ok
else
    bad "podgate as a subchart" "$work/out"
fi

# --- the generated certificate, as a client sees it ---------------------------------------------------
render -s templates/webhook.yaml >"$work/webhook" 2>&1
value_of() { sed -n "s/^ *$1: \([A-Za-z0-9+\/=]\{99,\}\)$/\1/p" "$work/webhook" | tail -n 1 | base64 -d; }
value_of tls.crt >"$work/tls.crt"
value_of caBundle >"$work/ca.crt"
for name in podgate.guard.svc podgate.guard.svc.cluster.local; do
    if openssl verify -x509_strict -purpose sslserver -verify_hostname $name -CAfile "$work/ca.crt" "$work/tls.crt" >"$work/out" 2>&1; then
        ok
    else
        bad "the generated certificate is not one for $name" "$work/out"
    fi
done

# --- README ---------------------------------------------------------------------------------------------
{
    sed '/^<!-- values -->$/q' $chart/README.md
    awk -f $here/readme.awk $chart/values.yaml
} >"$work/README.md"
if [ -n "${UPDATE_EXPECT:-}" ]; then cp "$work/README.md" $chart/README.md; fi
if diff -u $chart/README.md "$work/README.md" >"$work/out" 2>&1; then
    ok
else
    bad "charts/podgate/README.md is stale: UPDATE_EXPECT=1 tests/chart/run.sh" "$work/out"
fi
# Every value is documented: in values.yaml a key without a comment above it is a group of others.
awk '/^ *# -- / { doc = 1; next } /^ *#/ { next } /^ *$/ { doc = 0; next }
    { match($0, /^ */); if (skip != "" && (RLENGTH > skip || /^ *- /)) next; skip = "" }
    doc { skip = RLENGTH; doc = 0; next }
    /^ *[A-Za-z]+:$/ { next } { print FILENAME ":" FNR ": no comment \"# --\" above " $1 }' $chart/values.yaml >"$work/out"
if [ -s "$work/out" ]; then bad "values without documentation" "$work/out"; else ok; fi

rmdir "$here/unit/__snapshot__" 2>/dev/null # helm-unittest makes it, always
finish
