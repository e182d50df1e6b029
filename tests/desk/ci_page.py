"""Runs what docs/ci.md shows, as it stands there: ci_page.py HEADING, with podgate and what the snippets call in PATH.

In a repository with manifests, policies, a chart and an overlay; once with manifests that keep to the policies, once with
one that does not. There is no cluster here: kubectl is a script that answers `get` with the manifest and reads what `apply` names.
"""
import json, os, re, shutil, subprocess, sys, tempfile, yaml

ROOT = os.getcwd()
KUBECTL = """#!/usr/bin/env python3
import json, sys, yaml
if sys.argv[1] == "get":
    json.dump({"apiVersion": "v1", "kind": "List", "items": [yaml.safe_load(open("manifests/web.yaml"))]}, sys.stdout)
elif sys.argv[1] == "apply":
    reports = json.load(open(sys.argv[sys.argv.index("-f") + 1]))["items"]
    assert reports and {item["kind"] for item in reports} == {"PolicyReport"}
    print("applied", sum(len(item["results"]) for item in reports))
"""


def block(heading):
    """The first code block below the heading."""
    page = open(os.path.join(ROOT, "docs/ci.md"), encoding="utf-8").read()
    below = re.split(rf"^## {re.escape(heading)}$", page, flags=re.M)[1]
    return re.search(r"^```\w+\n(.*?)^```$", below, flags=re.M | re.S).group(1)


def write(path, text):
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def repository():
    for folder in ("manifests", "base", "charts/shop/templates"):
        os.makedirs(folder)
        shutil.copy(os.path.join(ROOT, "examples/good-deployment.yaml"), folder + "/web.yaml")
    write("charts/shop/Chart.yaml", "apiVersion: v2\nname: shop\nversion: 0.1.0\n")
    write("base/kustomization.yaml", "resources: [web.yaml]\n")
    write("overlays/prod/kustomization.yaml", "resources: [../../base]\nnamespace: prod\n")
    os.makedirs("policies")
    shutil.copy(os.path.join(ROOT, "policies/default.yaml"), "policies")
    write("policies/tests/web.yaml", """apiVersion: podgate.io/v1alpha1
kind: PolicyTest
metadata: {name: web}
spec:
  policies: [../default.yaml]
  cases: [{name: what we run is admitted, file: ../../base/web.yaml, expect: []}]
""")
    write("bin/kubectl", KUBECTL)
    os.chmod("bin/kubectl", 0o755)
    os.environ["PATH"] = os.getcwd() + "/bin:" + os.environ["PATH"]
    shell("git init -q . && git add -A")


def break_it():
    """The same Deployment with an image that nobody can name again."""
    for path in ("manifests/web.yaml", "base/web.yaml", "charts/shop/templates/web.yaml"):
        text = open(path, encoding="utf-8").read()
        broken = re.sub(r"image: \S+", "image: nginx:latest", text)
        assert broken != text
        write(path, broken)
    shell("git add -A")


def shell(script, status=0):
    """As CI systems run a step."""
    done = subprocess.run(["bash", "-e", "-o", "pipefail", "-c", script], capture_output=True, text=True)
    said = done.stdout + done.stderr
    assert done.returncode == status, f"{script}: exit status {done.returncode}, not {status}\n{said}"
    return said


def judged(said):
    return re.search(r"^[1-9]\d* objects? judged", said, flags=re.M)


def rendering(bad):
    for line in block("What is judged").splitlines():
        assert judged(shell(line, status=bad)), line


def github(bad):
    (job,) = yaml.safe_load(block("GitHub Actions"))["jobs"].values()
    (upload,) = [step for step in job["steps"] if "upload-sarif" in step.get("uses", "")]
    sarif = upload["with"]["sarif_file"]
    assert upload["if"] == f"always() && hashFiles('{sarif}') != ''"
    lint, check = [step["run"] for step in job["steps"] if "run" in step]
    # Its test says that what is run is admitted.
    shell(lint, status=bad)
    assert ("::error" in shell(check, status=bad)) == bad
    assert json.load(open(sarif))["version"] == "2.1.0"


def gitlab(bad):
    (job,) = yaml.safe_load(block("GitLab CI")).values()
    lint, test, check = job["script"]
    shell(lint)
    shell(test, status=bad)
    assert judged(shell(check, status=bad))
    reports = job["artifacts"]["reports"]
    assert len(json.load(open(reports["codequality"]))) == bad
    for path in reports["junit"]:
        assert ("<failure" in open(path).read()) == bad


def pre_commit(bad):
    write(".pre-commit-config.yaml", block("pre-commit"))
    shell("git add -A")
    assert ("mutable tag" in shell("pre-commit run --all-files", status=bad)) == bad


def make(bad):
    write("Makefile", block("make"))
    assert judged(shell("make podgate", status=2 if bad else 0))


def reports(bad):
    check, delete, apply = block("Reports in the cluster").splitlines()
    shell(check, status=bad)
    shell(delete)
    assert ("applied 1" in shell(apply)) == bad


RUNS = {"What is judged": rendering, "GitHub Actions": github, "GitLab CI": gitlab, "pre-commit": pre_commit,
        "make": make, "Reports in the cluster": reports}

with tempfile.TemporaryDirectory() as work:
    os.chdir(work)
    repository()
    RUNS[sys.argv[1]](0)
    break_it()
    RUNS[sys.argv[1]](1)
    os.chdir(ROOT)
