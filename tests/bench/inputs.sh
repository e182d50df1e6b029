#!/bin/sh
# Makes what the benchmarks judge, on standard output: the same bytes every time.
#   inputs.sh review small|64k|3m      a Pod's creation that the default and the restricted policy allow: 2 KB, 64 KB, 3 MB
#   inputs.sh review groups            3 MiB of "0," in supplementalGroups   } the worst that
#   inputs.sh review containers        10,000 containers                     } fits into a review
#   inputs.sh review env               100,000 variables                     }
#   inputs.sh review names             1,000 variables, whose names are made of the words of secrets
#   inputs.sh policies N none|all      N rules, five a policy: none concerns the reviews, or all do and find nothing
#   inputs.sh policies N every|far     N audited rules, cycled through all checks: all concern the reviews, or none
#   inputs.sh policies N one           N rules in one policy, which concerns others
#   inputs.sh policies N each|names|accounts|users|robots|labels|images|excludes  N policies of one rule, which concern others: what
#                                      tells is namespaces, names, ... (robots: users that are service accounts)
#   inputs.sh documents N              N Deployments of 1.3 KB; one in ten breaks rules
set -eu
export LC_ALL=C

review() { # the pod's spec is on standard input; everything is one line, as the API server sends it
    printf '%s' '{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{"uid":"fcd2e8d8-6df3-4047-bf64-98d1888827cf",' \
        '"kind":{"group":"","version":"v1","kind":"Pod"},"resource":{"group":"","version":"v1","resource":"pods"},' \
        '"requestKind":{"group":"","version":"v1","kind":"Pod"},"requestResource":{"group":"","version":"v1","resource":"pods"},' \
        '"name":"web","namespace":"default","operation":"CREATE","userInfo":{"username":"admin","groups":["system:masters","system:authenticated"]},' \
        '"object":{"kind":"Pod","apiVersion":"v1","metadata":{"name":"web","namespace":"default",' \
        '"uid":"9219fb36-eb0e-4364-922d-cfb5cc708a45","creationTimestamp":"2026-11-22T09:30:00Z","labels":{"app":"web"}},"spec":{'
    tr -d '\n'
    printf '%s' '},"status":{"phase":"Pending"}},"oldObject":null,"dryRun":false,"options":{"kind":"CreateOptions","apiVersion":"meta.k8s.io/v1"}}}'
}

# COUNT SCRIPT_BYTES: containers that keep all rules; each one's argument is a script of so many bytes.
good_containers() {
    awk -v count="$1" -v bytes="$2" 'BEGIN {
        while (length(script) < bytes) script = script "echo \\\"the quick brown fox\\\" && "
        print "\"securityContext\":{\"runAsUser\":10001,\"runAsNonRoot\":true,\"seccompProfile\":{\"type\":\"RuntimeDefault\"}},"
        print "\"restartPolicy\":\"Always\",\"containers\":["
        for (i = 0; i < count; i++) {
            printf "%s{\"name\":\"c%d\",\"image\":\"registry.example.com:5000/shop/web:2.4.%d\",\"args\":[\"sh\",\"-c\",\"%s\"],", i ? "," : "", i, i, script
            print "\"ports\":[{\"containerPort\":8080,\"protocol\":\"TCP\"}],\"env\":[{\"name\":\"LOG_LEVEL\",\"value\":\"info\"},"
            print "{\"name\":\"DB_PASSWORD\",\"valueFrom\":{\"secretKeyRef\":{\"name\":\"db\",\"key\":\"password\"}}}],"
            print "\"resources\":{\"limits\":{\"cpu\":\"1\",\"memory\":\"256Mi\"},\"requests\":{\"cpu\":\"100m\",\"memory\":\"128Mi\"}},"
            print "\"readinessProbe\":{\"httpGet\":{\"path\":\"/readyz\",\"port\":8080,\"scheme\":\"HTTP\"},\"periodSeconds\":5},"
            print "\"terminationMessagePath\":\"/dev/termination-log\",\"imagePullPolicy\":\"IfNotPresent\",\"securityContext\":"
            print "{\"capabilities\":{\"drop\":[\"ALL\"]},\"readOnlyRootFilesystem\":true,\"allowPrivilegeEscalation\":false}}"
        }
        print "]"
    }'
}

every_check() {
    sed -n 's/^CHECK(\(.*\))$/\1/p' "$(dirname "$0")/../../src/rules/checks.def" | tr '_\n' '- '
}

policies() { # COUNT none|all|every|far
    awk -v count="$1" -v which="$2" -v every="$(every_check)" 'BEGIN {
        # What the good reviews keep. Every policy has a match of its own.
        checks = split("run-as-non-root drop-capabilities image-tag env-secrets resource-limits pod-security privilege-escalation privileged" \
            " read-only-root-filesystem host-namespaces host-path host-ports image-registry", check)
        is_every = which == "every" || which == "far"
        if (is_every) checks = split(every, check)
        for (i = 0; i < count; i++) {
            policy = int(i / 5)
            if (i % 5 == 0) {
                print "---\napiVersion: podgate.io/v1alpha1\nkind: Policy\nmetadata: {name: team-" policy "}\nspec:"
                print "  match: {namespaces: [\"team-" policy "-*\"" (which == "all" || which == "every" ? ", \"default\"" : "") "]}"
                if (is_every) print "  action: audit"
                print "  rules:"
            }
            id = check[i % checks + 1]
            print "  - name: rule-" i "\n    check: " id
            if (id == "image-registry") print "    params: {allow: [\"registry.example.com:5000/**\"]}"
            if (id == "field") print "    params: {path: spec.runtimeClassName, absent: true}"
            if (id == "pod-security") print "    params: {level: restricted, version: v1.37}"
        }
    }'
}

narrow_policies() { # COUNT one|each|names|...
    awk -v count="$1" -v which="$2" 'BEGIN {
        match_of["one"] = "{namespaces: [\"team-*\"]}"
        match_of["each"] = "{namespaces: [\"team-%d-*\"]}"
        match_of["names"] = "{names: [\"web-%d\"]}"
        match_of["accounts"] = "{serviceAccountNames: [\"builder-%d\"]}"
        match_of["users"] = "{users: [\"team-%d@example.com\"]}"
        match_of["robots"] = "{users: [\"system:serviceaccount:team-%d:builder\"]}"
        match_of["labels"] = "{labels: {team: \"team-%d\"}}"
        match_of["images"] = "{images: [\"registry.example.com:5000/team-%d/**\"]}"
        for (i = 0; i < count; i++) {
            if (i == 0 || which != "one") {
                print "---\napiVersion: podgate.io/v1alpha1\nkind: Policy\nmetadata: {name: policy-" i "}\nspec:"
                if (which == "excludes") print "  exclude: [{namespaces: [kube-system, default, \"team-" i "-*\"]}]"
                else printf "  match: " match_of[which] "\n", i
                print "  rules:"
            }
            print "  - {name: rule-" i ", check: privileged}"
        }
    }'
}

documents() { # COUNT
    awk -v count="$1" 'BEGIN {
        for (i = 0; i < count; i++) {
            bad = i % 10 == 9
            printf "---\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web-%d\n  namespace: team-%d\n", i, i % 50
            print  "  labels:\n    app.kubernetes.io/name: web\n    app.kubernetes.io/instance: web-" i "\n    app.kubernetes.io/part-of: shop"
            print  "spec:\n  replicas: 3\n  revisionHistoryLimit: 3\n  selector:\n    matchLabels:\n      app.kubernetes.io/instance: web-" i
            print  "  template:\n    metadata:\n      labels:\n        app.kubernetes.io/name: web\n        app.kubernetes.io/instance: web-" i
            print  "    spec:\n      serviceAccountName: web\n      securityContext:\n        runAsNonRoot: true\n        runAsUser: 10001"
            print  "        seccompProfile:\n          type: RuntimeDefault\n      containers:\n      - name: web"
            print  "        image: registry.example.com/shop/web:" (bad ? "latest" : "2.4." i)
            print  "        args: [\"--listen=:8080\", \"--log-format=json\"]\n        ports:\n        - name: http\n          containerPort: 8080"
            print  "        env:\n        - name: LOG_LEVEL\n          value: info\n        - name: DB_PASSWORD\n          valueFrom:"
            print  "            secretKeyRef:\n              name: db\n              key: password"
            print  "        readinessProbe:\n          httpGet:\n            path: /readyz\n            port: http"
            if (!bad) print "        resources:\n          requests:\n            cpu: 100m\n            memory: 128Mi\n          limits:\n            memory: 256Mi"
            print  "        securityContext:\n          allowPrivilegeEscalation: false\n          readOnlyRootFilesystem: true"
            print  "          capabilities:\n            drop: [ALL]"
        }
    }'
}

case "${1:-} ${2:-} ${3:-}" in
'review small '*) good_containers 1 400 | review ;;
'review 64k '*) good_containers 44 800 | review ;;
'review 3m '*) good_containers 1000 2450 | review ;;
'review groups '*) awk 'BEGIN { printf "\"securityContext\":{\"supplementalGroups\":["; for (i = 0; i < 1572000; i++) printf "0,"; printf "0]},\"containers\":[{\"name\":\"web\",\"image\":\"web:1\"}]" }' | review ;;
'review containers '*) awk 'BEGIN { printf "\"containers\":["; for (i = 0; i < 10000; i++) printf "%s{\"name\":\"c%d\",\"image\":\"web:1\"}", i ? "," : "", i; printf "]" }' | review ;;
'review env '*) awk 'BEGIN { printf "\"containers\":[{\"name\":\"web\",\"image\":\"web:1\",\"env\":["; for (i = 0; i < 100000; i++) printf "%s{\"name\":\"E%d\",\"value\":\"x\"}", i ? "," : "", i; printf "]}]" }' | review ;;
'review names '*) awk 'BEGIN { printf "\"containers\":[{\"name\":\"web\",\"image\":\"web:1\",\"env\":["; for (i = 0; i < 1000; i++) printf "%s{\"name\":\"KEY_PASS_KEY_PASS_KEY_PASS_KEY_PASS_KEY_PASS_KEY_PASS_%d\",\"value\":\"x\"}", i ? "," : "", i; printf "]}]" }' | review ;;
policies*' one' | policies*each | policies*names | policies*accounts | policies*users | policies*robots | policies*labels | policies*images | policies*excludes)
    narrow_policies "$2" "$3"
    ;;
policies*) policies "$2" "$3" ;;
documents*) documents "$2" ;;
*)
    sed -n '2,/^set/s/^# \{0,1\}//p' "$0" >&2
    exit 2
    ;;
esac
