#!/usr/bin/env python3
"""Validates what podgate writes, and its users write, by JSON Schemas.

    validate.py policies SCHEMA         all shipped and good policy files pass, the bad ones below do not
    validate.py document SCHEMA FILE    the file passes

The last line counts: N passed, M failed.
"""
import glob
import json
import re
import sys

import jsonschema
import yaml

# Each is wrong in a way that an editor can see.
BAD = """
{apiVersion: podgate.io/v1, kind: Policy, metadata: {name: a}, spec: {rules: [{check: probes}]}}
{apiVersion: podgate.io/v1alpha1, kind: Polcy, metadata: {name: a}, spec: {rules: [{check: probes}]}}
{apiVersion: podgate.io/v1alpha1, kind: Policy, metadata: {name: A}, spec: {rules: [{check: probes}]}}
{apiVersion: podgate.io/v1alpha1, kind: Policy, metadata: {}, spec: {rules: [{check: probes}]}}
{apiVersion: podgate.io/v1alpha1, kind: Policy, metadata: {name: a}, spec: {}}
{apiVersion: podgate.io/v1alpha1, kind: Policy, metadata: {name: a}}
{apiVersion: podgate.io/v1alpha1, kind: Policy, metadata: {name: a}, spec: {rules: []}}
{apiVersion: podgate.io/v1alpha1, kind: Policy, metadata: {name: a}, spec: {rules: [{check: probe}]}}
{apiVersion: podgate.io/v1alpha1, kind: Policy, metadata: {name: a}, spec: {rules: [{name: x}]}}
{apiVersion: podgate.io/v1alpha1, kind: Policy, metadata: {name: a}, spec: {rules: [{check: probes, action: block}]}}
{apiVersion: podgate.io/v1alpha1, kind: Policy, metadata: {name: a}, spec: {rules: [{check: probes, denyFrom: tomorrow}]}}
{apiVersion: podgate.io/v1alpha1, kind: Policy, metadata: {name: a}, spec: {rules: [{check: image-tag, params: {mutabel: [x]}}]}}
{apiVersion: podgate.io/v1alpha1, kind: Policy, metadata: {name: a}, spec: {rules: [{check: drop-capabilities, params: {drop: ALL}}]}}
{apiVersion: podgate.io/v1alpha1, kind: Policy, metadata: {name: a}, spec: {rules: [{check: pod-security, params: {level: strict}}]}}
{apiVersion: podgate.io/v1alpha1, kind: Policy, metadata: {name: a}, spec: {match: {kinds: ["replica controller"]}, rules: [{check: probes}]}}
{apiVersion: podgate.io/v1alpha1, kind: Policy, metadata: {name: a}, spec: {match: {operations: [DELETE]}, rules: [{check: probes}]}}
{apiVersion: podgate.io/v1alpha1, kind: Policy, metadata: {name: a}, spec: {match: {acknowledgeBroadRequesters: true}, rules: [{check: probes}]}}
{apiVersion: podgate.io/v1alpha1, kind: Policy, metadata: {name: a}, spec: {exclude: {namespaces: [x]}, rules: [{check: probes}]}}
{apiVersion: podgate.io/v1alpha1, kind: Exception, metadata: {name: a}, spec: {rules: ["*"], owner: me}}
{apiVersion: podgate.io/v1alpha1, kind: Exception, metadata: {name: a}, spec: {rules: ["*"], owner: me, reason: r, controls: [privilged]}}
{apiVersion: podgate.io/v1alpha1, kind: Profile, metadata: {name: a}, spec: {policies: [x], mode: strict}}
{apiVersion: podgate.io/v1alpha1, kind: Profile, metadata: {name: a}, spec: {rules: [x]}}
{apiVersion: podgate.io/v1alpha1, kind: PolicyTest, metadata: {name: a}, spec: {cases: [{name: x}]}}
{apiVersion: podgate.io/v1alpha1, kind: PolicyTest, metadata: {name: a}, spec: {cases: [{name: x, expect: [{rule: y, action: of}]}]}}
""".strip().splitlines()


class Loader(yaml.CSafeLoader):
    """Policy files are read as YAML 1.2 reads words and dates: as text."""


Loader.yaml_implicit_resolvers = dict(Loader.yaml_implicit_resolvers)
for first, resolvers in list(Loader.yaml_implicit_resolvers.items()):
    Loader.yaml_implicit_resolvers[first] = [
        (tag, pattern) for tag, pattern in resolvers
        if tag not in ("tag:yaml.org,2002:timestamp", "tag:yaml.org,2002:bool")]
Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("^(true|false)$"), list("tf"))

passed = failed = 0


def count(fine, text):
    global passed, failed
    passed, failed = passed + fine, failed + (not fine)
    if not fine:
        print("FAIL ", text)


def errors_of(validator, document):
    return [f"{'/'.join(map(str, e.absolute_path))}: {e.message[:200]}" for e in validator.iter_errors(document)]


def main():
    with open(sys.argv[2], encoding="utf-8") as file:
        schema = json.load(file)
    kind = jsonschema.validators.validator_for(schema)
    kind.check_schema(schema)
    validator = kind(schema)
    if sys.argv[1] == "document":
        with open(sys.argv[3], encoding="utf-8") as file:
            found = errors_of(validator, json.load(file))
        count(not found, f"{sys.argv[3]}: {found}")
    else:
        files = sorted(sum((glob.glob(pattern) for pattern in
                            ("policies/*.yaml", "tests/policies/good/*.yaml", "tests/policy-tests/*.yaml")), []))
        for name in files:
            with open(name, encoding="utf-8") as file:
                for document in yaml.load_all(file, Loader):
                    found = [] if document is None else errors_of(validator, document)
                    count(not found, f"{name}: {found}")
        for text in BAD:
            count(bool(errors_of(validator, yaml.load(text, Loader))), f"not refused: {text}")
    print(f"{passed} passed, {failed} failed")
    return failed > 0


sys.exit(main())
