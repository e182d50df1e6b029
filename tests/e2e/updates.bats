# Objects that were bad before podgate came: nobody is trapped, and nothing new slips in.
load helpers

# FILE...: stored while podgate does not judge this namespace.
before_podgate() {
    judged no
    local file
    for file; do kubectl apply -f "$file"; done
    judged yes
}

@test "a bad Deployment can be restarted: a warning says that its new Pods will be refused, and they are" {
    in_namespace restart-bad enforce
    judged no
    kubectl apply -f bad-deployment.yaml
    kubectl rollout status deployment/web --timeout=120s
    judged yes
    say 'kubectl rollout restart deployment/web'
    eventually prints 'denied the request' kubectl get events --field-selector type=Warning -o jsonpath='{.items[*].message}'
    say 'kubectl get events --field-selector type=Warning -o custom-columns=REASON:.reason,OBJECT:.involvedObject.kind,MESSAGE:.message'
    say 'kubectl rollout status deployment/web --timeout=2s'
    # The old Pods go on.
    [ "$(kubectl get deployment web -o jsonpath='{.status.availableReplicas}')" = 2 ]
    same restart-bad 's/web-[0-9a-z]{8,10}"/web-HASH"/'
}

@test "a bad Deployment can be scaled, by the subresource and by an update" {
    in_namespace scale-bad enforce
    before_podgate bad-deployment.yaml
    say 'kubectl scale deployment/web --replicas=1'
    say "kubectl patch deployment web -p '{\"spec\": {\"replicas\": 0}}'"
    say "sed 's/replicas: 2/replicas: 3/' bad-deployment.yaml | kubectl apply -f -"
    same scale-bad
}

@test "labels, annotations and the strategy of a bad Deployment" {
    in_namespace label-bad enforce
    before_podgate bad-deployment.yaml
    say 'kubectl label deployment web team=a'
    say 'kubectl annotate deployment web note=kept'
    say "kubectl patch deployment web -p '{\"spec\": {\"minReadySeconds\": 5}}'"
    same label-bad
}

@test "a new image that keeps an old violation of a Deployment is admitted with a warning" {
    in_namespace image-keeps enforce
    before_podgate bad-deployment.yaml
    say 'kubectl set image deployment/web web=registry.example.com/team-a/web:1.28.0'
    same image-keeps
}

@test "a new violation beside an old one is refused, and only the new one is told" {
    in_namespace image-adds enforce
    before_podgate bad-deployment.yaml
    say 'kubectl set image deployment/web web=registry.example.com/team-a/web:latest'
    say 'kubectl set env deployment/web DB_PASSWORD=correct-horse-battery-staple'
    same image-adds
}

@test "a bad Deployment that becomes better is admitted, and when good it is silent" {
    in_namespace mended enforce
    judged no
    sed 's/web:1.27.3/web/' bad-deployment.yaml | kubectl apply -f -
    judged yes
    say 'kubectl set image deployment/web web=registry.example.com/team-a/web:1.27.3'
    say 'kubectl apply -f deployment.yaml'
    kubectl rollout status deployment/web --timeout=120s
    same mended
}

@test "a second bad container beside a bad one is new" {
    in_namespace second-container enforce
    before_podgate bad-deployment.yaml
    say "kubectl patch deployment web -p '{\"spec\": {\"template\": {\"spec\": {\"containers\": [{\"name\": \"side\", \"image\": \"nginx:latest\"}]}}}}'"
    same second-container
}

@test "a bad CronJob can be suspended, rescheduled and resumed" {
    in_namespace cronjob-bad enforce
    sed '/securityContext:/{N;/runAsNonRoot/d}' cronjob.yaml >"$BATS_TEST_TMPDIR/cronjob.yaml"
    before_podgate "$BATS_TEST_TMPDIR/cronjob.yaml"
    say "kubectl patch cronjob nightly -p '{\"spec\": {\"suspend\": true}}'"
    say "kubectl patch cronjob nightly -p '{\"spec\": {\"schedule\": \"0 3 1 1 *\"}}'"
    say "kubectl patch cronjob nightly -p '{\"spec\": {\"suspend\": false}}'"
    same cronjob-bad
}

@test "a Job of bad Pods that began before podgate came runs to its end, finalizers and all" {
    in_namespace job-bad enforce
    judged no
    # Pods that wait: the Job's controller must still be at work when podgate comes.
    kubectl cordon node-1 && kubectl cordon node-2
    kubectl apply -f bad-job.yaml
    pod_there() { [ "$(kubectl get pods -l job-name=once -o name | wc -l)" = 1 ]; }
    eventually pod_there
    judged yes
    kubectl uncordon node-1 && kubectl uncordon node-2
    kubectl wait --for=condition=Complete job/once --timeout=120s
    no_finalizers() { [ "$(kubectl get pods -l job-name=once -o jsonpath='{.items[*].metadata.finalizers}')" = '' ]; }
    eventually no_finalizers
    kubectl delete job once --timeout=90s
}

@test "the Jobs of a CronJob that was bad before podgate came are refused, and the CronJob says so" {
    in_namespace cronjob-runs enforce
    judged no
    sed '/securityContext:/{N;/runAsNonRoot/d}' cronjob.yaml >"$BATS_TEST_TMPDIR/cronjob.yaml"
    sed -i 's/schedule: .*/schedule: "* * * * *"/' "$BATS_TEST_TMPDIR/cronjob.yaml"
    kubectl apply -f "$BATS_TEST_TMPDIR/cronjob.yaml"
    judged yes
    # It has missed a run, so that nobody waits for the next minute.
    kubectl patch cronjob nightly --subresource=status --type=merge -p "{\"status\": {\"lastScheduleTime\": \"$(date -u -d '2 minutes ago' +%FT%TZ)\"}}"
    EVENTUALLY=75 eventually prints 'denied the request' kubectl get events --field-selector type=Warning -o jsonpath='{.items[*].message}'
    say 'kubectl get events --field-selector type=Warning -o custom-columns=REASON:.reason,OBJECT:.involvedObject.kind,MESSAGE:.message'
    same cronjob-runs
}

@test "a bad StatefulSet can be scaled down and deleted" {
    in_namespace statefulset-bad enforce
    judged no
    kubectl apply -f bad-statefulset.yaml
    kubectl rollout status statefulset/db --timeout=120s
    judged yes
    say 'kubectl scale statefulset/db --replicas=1'
    one_left() { [ "$(kubectl get pods -l app=db -o name | wc -l)" = 1 ]; }
    eventually one_left
    say 'kubectl delete statefulset db'
    none_left() { [ "$(kubectl get pods -l app=db -o name | wc -l)" = 0 ]; }
    eventually none_left
    same statefulset-bad
}

@test "a new image of a bad Pod: what is kept is not held against it" {
    in_namespace pod-image-bad enforce
    judged no
    kubectl apply -f bad-pod.yaml
    judged yes
    kubectl wait --for=condition=Ready pod/bad --timeout=120s
    say 'kubectl set image pod/bad web=nginx:1.27.3'
    say 'kubectl set image pod/bad side=registry.example.com:5000/side'
    same pod-image-bad
}

@test "a rolled back Deployment" {
    in_namespace undo enforce
    judged no
    kubectl apply -f bad-deployment.yaml
    kubectl rollout status deployment/web --timeout=120s
    judged yes
    kubectl apply -f deployment.yaml
    kubectl rollout status deployment/web --timeout=120s
    say 'kubectl rollout undo deployment/web'
    same undo
}
