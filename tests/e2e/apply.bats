# What a developer reads after kubectl apply, create, run and patch.
load helpers

@test "a good Pod is created and nothing more is said" {
    in_namespace good-pod enforce
    say 'kubectl apply -f good-pod.yaml'
    say 'kubectl apply -f good-pod.yaml'
    same good-pod
}

@test "a bad Pod is refused with each broken rule, where and what to write" {
    in_namespace bad-pod enforce
    say 'kubectl apply -f bad-pod.yaml'
    say 'kubectl create -f bad-pod.yaml'
    say 'kubectl get pods'
    same bad-pod
}

@test "each of the nine kinds that carry a pod spec is accepted when good" {
    in_namespace nine-good enforce
    say 'kubectl apply -f nine-good.yaml'
    same nine-good
}

@test "each of the nine kinds that carry a pod spec is refused when bad" {
    in_namespace nine-bad enforce
    say 'kubectl apply -f nine-bad.yaml'
    same nine-bad
}

@test "dry-run=server gives the same verdicts and stores nothing" {
    in_namespace dry-run enforce
    say 'kubectl apply --dry-run=server -f good-pod.yaml'
    say 'kubectl apply --dry-run=server -f bad-pod.yaml'
    say 'kubectl get pods'
    same dry-run
}

@test "server-side apply" {
    in_namespace server-side enforce
    say 'kubectl apply --server-side -f good-pod.yaml'
    say 'kubectl apply --server-side -f bad-pod.yaml'
    say 'kubectl diff --server-side -f bad-pod.yaml'
    same server-side
}

@test "a generated name is told without what differs at each try" {
    in_namespace generate-name enforce
    sed 's/name: bad/generateName: worker-/' bad-pod.yaml >"$BATS_TEST_TMPDIR/worker.yaml"
    cd "$BATS_TEST_TMPDIR"
    say 'kubectl create -f worker.yaml'
    same generate-name
}

@test "kubectl run and kubectl create" {
    in_namespace run enforce
    say 'kubectl run shell --image=busybox'
    say 'kubectl create deployment web --image=nginx'
    say 'kubectl create job once --image=busybox:1.36 -- true'
    same run
}

@test "a workload whose Pods a LimitRange may still complete is warned of, not refused" {
    in_namespace template-warns enforce
    say 'kubectl apply -f deployment-without-limits.yaml'
    say 'kubectl apply --warnings-as-errors -f deployment-without-limits.yaml'
    same template-warns
}

@test "a LimitRange completes the Pods of such a workload" {
    in_namespace limit-range enforce
    kubectl apply -f limit-range.yaml
    kubectl apply -f deployment-without-limits.yaml
    kubectl rollout status deployment/web --timeout=120s
}

@test "an update by apply, patch and set is refused with the same words" {
    in_namespace patched enforce
    say 'kubectl apply -f deployment.yaml'
    say 'kubectl set image deployment/web web=registry.example.com/team-a/web:latest'
    say "kubectl patch deployment web --type=json -p '[{\"op\": \"remove\", \"path\": \"/spec/template/spec/securityContext\"}]'"
    say "sed 's/web:1.27.3/web/' deployment.yaml | kubectl apply -f -"
    # kubectl prints the whole object before the reason.
    same patched 's/^\{"metadata":.*/{…}/; s/^(Resource: .*|Name: .*)$/\1/'
}

@test "a Pod that is refused for hundreds of reasons is still one readable answer" {
    in_namespace many enforce
    { sed -n '1,/containers:/p' bad-pod.yaml
      for n in $(seq 100); do printf '  - name: container-%d\n    image: nginx\n' "$n"; done; } >"$BATS_TEST_TMPDIR/many.yaml"
    cd "$BATS_TEST_TMPDIR"
    say 'kubectl apply -f many.yaml'
    same many
}

@test "every resource and subresource may be sent to podgate: it judges what has a pod spec" {
    podgate_start everything
    register everything everything=yes
    registered everything
    in_namespace everything everything
    say 'kubectl create configmap settings --from-literal=key=value'
    say 'kubectl apply -f good-pod.yaml'
    say 'kubectl apply -f bad-pod.yaml'
    say 'kubectl create service clusterip web --tcp=80:80'
    say 'kubectl expose pod good --port=80 --labels=app=good --selector=app=good'
    say 'kubectl create serviceaccount robot'
    say 'kubectl delete configmap settings'
    say 'kubectl delete pod good --wait=false'
    # A namespace goes away with all that is in it.
    say 'kubectl delete namespace everything --timeout=60s'
    case_namespace=
    podgate_stop everything
    kubectl delete validatingwebhookconfiguration podgate-everything
    same everything
}
