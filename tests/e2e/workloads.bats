# Workloads and what their controllers make of them.
load helpers

failed_create() {
    kubectl get events --field-selector reason=FailedCreate -o json |
        jq -r '[.items[] | "\(.involvedObject.kind) \(.involvedObject.name): \(.message)"] | unique[]'
}

@test "a good Deployment rolls out, restarts, scales and changes its image" {
    in_namespace rollout enforce
    say 'kubectl apply -f deployment.yaml'
    kubectl rollout status deployment/web --timeout=120s
    say 'kubectl rollout restart deployment/web'
    kubectl rollout status deployment/web --timeout=120s
    say 'kubectl scale deployment/web --replicas=3'
    say 'kubectl set image deployment/web web=registry.example.com/team-a/web:1.28.0'
    kubectl rollout status deployment/web --timeout=120s
    say 'kubectl rollout undo deployment/web'
    kubectl rollout status deployment/web --timeout=120s
    say 'kubectl get deployment web -o jsonpath="{.status.readyReplicas} of {.spec.replicas} ready, {.spec.template.spec.containers[0].image}{\"\n\"}"'
    same rollout
}

@test "the event of a Deployment whose Pods are refused names podgate's reason" {
    in_namespace refused-pods enforce
    kubectl apply -f deployment-without-limits.yaml
    eventually prints 'denied the request' failed_create
    say 'kubectl get events --field-selector reason=FailedCreate -o custom-columns=OBJECT:.involvedObject.kind,MESSAGE:.message'
    eventually prints ReplicaFailure kubectl get deployment web -o jsonpath='{.status.conditions[*].type}'
    say 'kubectl get deployment web -o jsonpath="{.status.conditions[?(@.type==\"ReplicaFailure\")].message}{\"\n\"}"'
    say 'kubectl get pods'
    same refused-pods
}

@test "refused Pods are one event, however often the controller tries" {
    in_namespace folded enforce
    kubectl apply -f deployment-without-limits.yaml
    # The third try of three Pods comes within a second.
    more_than_three_tries() { [ "$(kubectl get events --field-selector reason=FailedCreate -o json | jq '[.items[].count // .items[].series.count] | add')" -gt 3 ]; }
    eventually more_than_three_tries
    [ "$(failed_create | wc -l)" -gt 0 ]
    [ "$(kubectl get events --field-selector reason=FailedCreate -o json | jq '[.items[].message] | unique | length')" = 1 ]
}

@test "the Pods of a Job, a StatefulSet and a DaemonSet that are refused" {
    in_namespace refused-others enforce
    kubectl apply -f others-without-limits.yaml
    eventually prints 'Job once' failed_create
    eventually prints 'StatefulSet db' failed_create
    eventually prints 'DaemonSet agent' failed_create
    failed_create >"$BATS_TEST_TMPDIR/events"
    say "cat $BATS_TEST_TMPDIR/events"
    same refused-others 's,^\$ cat .*,$ (events),'
}

@test "a Job of a CronJob, made by hand" {
    in_namespace from-cronjob enforce
    say 'kubectl apply -f cronjob.yaml'
    say 'kubectl create job --from=cronjob/nightly now'
    kubectl wait --for=condition=Complete job/now --timeout=120s
    same from-cronjob
}

@test "a Job runs to its end and loses its tracking finalizers" {
    in_namespace job-end enforce
    sed 's/      containers:/      securityContext: {runAsNonRoot: true}\n&/' bad-job.yaml | kubectl apply -f -
    kubectl wait --for=condition=Complete job/once --timeout=120s
    no_finalizers() { [ "$(kubectl get pods -l job-name=once -o jsonpath='{.items[*].metadata.finalizers}')" = '' ]; }
    eventually no_finalizers
}
