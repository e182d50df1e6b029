#!/usr/bin/env bash
# Tests podgate check with what stands around it: schemas and readers of its formats, files, pipes, terminals, big
# Lists, helm, and what docs/ci.md shows. Needs python3 with jsonschema and yaml, git and pre-commit; helm, kustomize and
# the SARIF schema come by Go.
# DUMP_MIB=1024 makes the Lists a gigabyte.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
PODGATE=${PODGATE:-$PWD/build/podgate}
DUMP_MIB=${DUMP_MIB:-100}
MEMORY_KIB=65536
here=tests/desk
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0 failed=0

# shellcheck source=tests/report.bash
. tests/report.bash
python3 -c 'import jsonschema, yaml' || give_up "python3-jsonschema and python3-yaml are missing"
command -v pre-commit >/dev/null || give_up "pre-commit is missing"

# --- schemas ------------------------------------------------------------------------------------------
check "policy files and their schema" python3 $here/validate.py policies docs/policy.schema.json
# The published schema is OASIS's; gosec carries it.
module=github.com/securego/gosec/v2@v2.30.0
if sarif=$(cd "$work" && go mod download -json $module | python3 -c 'import json, sys; print(json.load(sys.stdin)["Dir"])'); then
    for case in tests/cli/check_format_sarif*; do
        check "$case is SARIF" python3 $here/validate.py document "$sarif/report/sarif/testdata/sarif-schema-2.1.0.json" "$case/stdout.expect"
    done
else
    bad "the SARIF schema could not be fetched: go mod download $module"
fi

# --- other readers of the formats ----------------------------------------------------------------------
cat >"$work/read.py" <<'EOS'
import json, sys, xml.etree.ElementTree as tree
kind, path = sys.argv[1:]
if kind == "junit":
    suite = tree.parse(path).getroot().find("testsuite")
    cases = suite.findall("testcase")
    assert len(cases) == int(suite.get("tests"))
    assert sum(c.find("failure") is not None for c in cases) == int(suite.get("failures"))
    assert sum(c.find("error") is not None for c in cases) == int(suite.get("errors"))
    sys.exit()
document = json.load(open(path, encoding="utf-8"))
if kind == "gitlab":
    prints = [issue["fingerprint"] for issue in document]
    assert len(set(prints)) == len(prints)
    for issue in document:
        assert issue["severity"] in ("info", "minor", "major", "critical", "blocker")
        assert issue["description"] and issue["check_name"] and issue["location"]["lines"]["begin"] >= 1
        assert not issue["location"]["path"].startswith("./")
else:
    names = [(item["metadata"]["namespace"], item["metadata"]["name"]) for item in document["items"]]
    assert len(set(names)) == len(names)
    for item in document["items"]:
        # kubectl keeps the whole object in an annotation, and annotations have 256 KiB together.
        assert len(json.dumps(item, separators=(",", ":"), ensure_ascii=False).encode()) < 256 << 10
        counted = dict.fromkeys(("pass", "fail", "warn", "error", "skip"), 0)
        for result in item["results"]:
            counted[result["result"]] += 1
            assert result["severity"] in ("critical", "high", "medium", "low", "info")
            assert all(isinstance(value, str) for value in result["properties"].values())
            assert all(r["namespace"] == item["metadata"]["namespace"] for r in result["resources"])
        assert counted == item["summary"], counted
EOS
for kind in junit gitlab policyreport; do
    for case in tests/cli/{check_format,test}_$kind*; do
        [ -d "$case" ] || continue
        check "$case can be read" python3 "$work/read.py" $kind "$case/stdout.expect"
    done
done

# --- fingerprints -------------------------------------------------------------------------------------
prints() { (cd "$work" && "$PODGATE" check -o sarif=prints.sarif -o gitlab=prints.gitlab pod.yaml >"$work/out" 2>&1); grep -o '"podgate/v1":"[0-9a-f]*"\|"fingerprint":"[0-9a-f]*"' "$work/prints.sarif" "$work/prints.gitlab" | sort; }
cp examples/bad-pod.yaml "$work/pod.yaml" && prints >"$work/before"
[ -s "$work/before" ] || bad "there are no fingerprints"
{ printf '# moved\n\n\n'; sed 's/nginx:latest/other:latest/' examples/bad-pod.yaml; } >"$work/pod.yaml" && prints >"$work/after"
check "fingerprints are the same when lines move and values change" cmp "$work/before" "$work/after"

# --- files --------------------------------------------------------------------------------------------
out=$work/files && mkdir "$out"
echo old >"$out/report.json" && chmod 640 "$out/report.json" && ln -s report.json "$out/link.json"
"$PODGATE" check -o text -o json="$out/link.json" -o sarif="$out/new.sarif" examples/bad-pod.yaml >"$work/out" 2>&1
check "an output replaces a file through a link" python3 -m json.tool "$out/report.json"
check "the link stays one" test -L "$out/link.json"
check "and the file keeps its mode" test "$(stat -c %a "$out/report.json")" = 640
check "several outputs are written at once" python3 -m json.tool "$out/new.sarif"
echo old >"$out/kept.json"
"$PODGATE" check --policies nowhere.yaml -o json="$out/kept.json" examples/bad-pod.yaml >"$work/out" 2>&1
"$PODGATE" check -o json="$out/kept.json" -o sarif=/nowhere/x examples/bad-pod.yaml >"$work/out" 2>&1
check "a run that does not begin leaves the file" grep -qx old "$out/kept.json"
check "and nothing beside it" test "$(find "$out" -type f | wc -l)" = 3
"$PODGATE" check -o json=/dev/full examples/bad-pod.yaml >"$work/said" 2>&1
check "a full disk is told" test $? = 2
check "by its name" grep -q '/dev/full: could not be written whole' "$work/said"
mkfifo "$out/pipe" && (cat "$out/pipe" >"$work/piped" &) && "$PODGATE" check -o json="$out/pipe" examples/bad-pod.yaml >"$work/out" 2>&1
sleep 0.2
check "a named pipe is written to" python3 -m json.tool "$work/piped"

# --- Lists as big as a cluster's -----------------------------------------------------------------------
cat >"$work/peak.py" <<'EOS'
import json, resource, subprocess, sys
podgate, form, mib, limit, *options = sys.argv[1:]
dump = subprocess.Popen([sys.executable, "tests/desk/dump.py", form, mib], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
# Between two children the peak of the larger counts, and python is small.
check = subprocess.run([podgate, "check", *options, "-"], stdin=dump.stdout, capture_output=True, timeout=600)
pods = int(dump.stderr.read())
dump.wait()
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
print(f"{form} {' '.join(options)}: {pods} Pods, {mib} MiB, peak {peak} KiB")
assert check.returncode == 1, check.stderr[:500]
assert peak < int(limit), "too much memory"
document = json.loads(check.stdout)
if "json" in options:
    assert document["summary"]["objects"] == pods and document["summary"]["errors"] == 0, document["summary"]
    assert document["summary"]["denied"] == (pods + 99) // 100
    assert [int(r["name"][4:]) for r in document["results"]] == list(range(0, pods, 100))
    if form != "minified":
        lines = [r["line"] for r in document["results"]]
        assert len({b - a for a, b in zip(lines, lines[1:])}) == 1, "lines are not where they should be"
else:
    assert sum(len(item["results"]) for item in document["items"]) == (pods + 99) // 100
EOS
for form in pretty minified yaml; do
    check "a $form List of $DUMP_MIB MiB in $MEMORY_KIB KiB" python3 "$work/peak.py" "$PODGATE" $form "$DUMP_MIB" $MEMORY_KIB -o json
    cat "$work/checked"
done
check "as reports" python3 "$work/peak.py" "$PODGATE" minified "$DUMP_MIB" $MEMORY_KIB -o policyreport

# --- a terminal ---------------------------------------------------------------------------------------
cat >"$work/terminal.py" <<'EOS'
import os, pty, subprocess, sys, time
podgate = sys.argv[1]
main, other = pty.openpty()
env = dict(os.environ, TERM="xterm")
check = subprocess.Popen([podgate, "check", "-o", "json", "-"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=other, env=env)
os.close(other)
pod = b"---\napiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: c, image: x}]}\n"
for _ in range(30):
    check.stdin.write(b"# " + b"x" * 100000 + b"\n" + pod * 40)
    check.stdin.flush()
    time.sleep(0.06)
check.stdin.close()
told = b""
while True:
    try:
        read = os.read(main, 65536)
    except OSError:
        break
    if not read:
        break
    told += read
check.wait()
assert b" judged, " in told and b"<stdin>" in told, told[:200]
assert told.endswith(b"\r\x1b[K"), told[-200:]
EOS
check "a long run shows how far it is on a terminal" python3 "$work/terminal.py" "$PODGATE"
"$PODGATE" check -o json examples/good-pod.yaml >/dev/null 2>"$work/out"
check "and nowhere else" test ! -s "$work/out"

# --- README.md --------------------------------------------------------------------------------------------
cat >"$work/readme.py" <<'EOS'
import subprocess, sys
command = "$ podgate check examples/bad-pod.yaml\n"
shown = open("README.md", encoding="utf-8").read().split(command)[1].split("```")[0]
said = subprocess.run([sys.argv[1], "check", "examples/bad-pod.yaml"], capture_output=True, text=True).stdout
for part in shown.split("…\n"):
    at = said.find(part)
    assert at >= 0, f"not said, or not there:\n{part}"
    said = said[at + len(part):]
EOS
check "README.md shows what podgate check says" python3 "$work/readme.py" "$PODGATE"

# --- rendered by others -------------------------------------------------------------------------------
if bin=$(tests/tools/build.sh helm kustomize); then
    export HELM_CONFIG_HOME="$work/helm" HELM_CACHE_HOME="$work/helm" HELM_DATA_HOME="$work/helm"
    "$bin/helm" template podgate charts/podgate -n guard 2>"$work/err" | "$PODGATE" check -n guard - >"$work/said" 2>&1
    check "helm template | podgate check: the chart keeps to podgate's own default" test "${PIPESTATUS[*]}" = "0 0"
    check "and its workloads were judged" grep -Eq '^[1-9][0-9]* objects? judged' "$work/said"
    for heading in "What is judged" "GitHub Actions" "GitLab CI" pre-commit make "Reports in the cluster"; do
        check "docs/ci.md: $heading" env PATH="$(dirname "$PODGATE"):$bin:$PATH" python3 $here/ci_page.py "$heading"
    done
else
    bad "helm and kustomize could not be built"
fi

finish
