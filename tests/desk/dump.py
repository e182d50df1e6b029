#!/usr/bin/env python3
"""Writes a List as big as a cluster's to standard output: dump.py pretty|minified|yaml MEBIBYTES.

As kubectl and the API server write them; one Pod in a hundred may run as root. The number of Pods
goes to standard error.
"""
import json
import sys


def pod(number):
    container = {
        "name": "c", "image": "registry.example/app:1.2.3", "command": ["sh", "-c", "echo \"]}\"\nexit 0\n"],
        "resources": {"limits": {"cpu": "1", "memory": "1Gi"}, "requests": {"cpu": "1", "memory": "1Gi"}},
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]},
                            "runAsNonRoot": number % 100 != 0}}
    field = {"apiVersion": "v1", "fieldsType": "FieldsV1", "manager": "kube-controller-manager",
             "fieldsV1": {"f:spec": {"f:containers": {"k:{\"name\":\"c\"}": {".": {}, "f:image": {}}}}}}
    return {
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": f"web-{number:08}", "namespace": f"ns-{number % 50}", "managedFields": [field] * 4,
                     "annotations": {"note": "ä" * 100}, "labels": {"app": "web"}},
        "spec": {"containers": [container]},
        "status": {"conditions": [{"type": "Ready", "status": "True", "message": "- no item: \"x\""}] * 4}}


def yaml_item(number):
    item = pod(number)
    # JSON is YAML but for its outer shape, which is what a reader of Lists looks at.
    lines = [f"  {key}: {json.dumps(value, ensure_ascii=False)}" for key, value in item.items()]
    lines[-2] = "  spec:\n    containers:\n    - " + "\n      ".join(
        f"{key}: {json.dumps(value)}" for key, value in item["spec"]["containers"][0].items())
    return "-" + "\n".join(lines)[1:] + "\n"


def main():
    form, left, number = sys.argv[1], int(sys.argv[2]) << 20, 0
    head, divider, tail, item = {
        "pretty": ('{\n    "apiVersion": "v1",\n    "items": [\n', ",\n", '\n    ],\n    "kind": "List",\n'
                   '    "metadata": {\n        "resourceVersion": ""\n    }\n}\n',
                   lambda n: "\n".join("        " + line for line in
                                       json.dumps(pod(n), indent=4, ensure_ascii=False).split("\n"))),
        "minified": ('{"kind":"PodList","apiVersion":"v1","metadata":{"resourceVersion":"1"},"items":[', ",", "]}\n",
                     lambda n: json.dumps(pod(n), separators=(",", ":"), ensure_ascii=False)),
        "yaml": ("apiVersion: v1\nitems:\n", "", "kind: List\nmetadata:\n  resourceVersion: \"\"\n", yaml_item),
    }[form]
    # Making texts is slow: those of a hundred Pods are used again under other names.
    texts = [item(n) for n in range(100)]
    out = sys.stdout
    out.write(head)
    while left > 0:
        text = texts[number % 100].replace(f"web-{number % 100:08}", f"web-{number:08}")
        out.write(divider + text if number else text)
        left -= len(text.encode())
        number += 1
    out.write(tail)
    print(number, file=sys.stderr)


main()
