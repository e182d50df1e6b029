# Running Pods and what people do to them.
load helpers

running() { kubectl wait --for=condition=Ready "pod/$1" --timeout=120s; }

@test "a debug container is judged like any other" {
    in_namespace debug enforce
    kubectl apply -f good-pod.yaml
    running good
    say 'kubectl debug good --image=busybox -c shell -- sleep 1'
    say 'kubectl debug good --image=busybox:1.36 --profile=sysadmin -c shell -- sleep 1'
    say 'kubectl debug good --image=busybox:1.36 --profile=restricted -c shell -- sleep 1'
    say 'kubectl get pod good -o jsonpath="{.spec.ephemeralContainers[*].name}{\"\n\"}"'
    same debug
}

@test "a copy of a Pod to debug it is judged" {
    in_namespace debug-copy enforce
    kubectl apply -f good-pod.yaml
    running good
    say 'kubectl debug good --copy-to=copy --image=busybox -c shell -- sleep 1'
    say 'kubectl debug good --copy-to=copy --set-image=web=registry.example.com/team-a/web:1.28.0 --profile=restricted'
    same debug-copy
}

@test "a good debug container into a Pod that was bad before podgate came" {
    in_namespace debug-bad enforce
    judged no
    kubectl apply -f bad-pod.yaml
    judged yes
    running bad
    say 'kubectl debug bad --image=busybox:1.36 --profile=restricted -c shell -- sleep 1'
    say 'kubectl debug bad --image=busybox:latest --profile=restricted -c other -- sleep 1'
    same debug-bad
}

@test "labels, annotations and deletion of a Pod that was bad before podgate came" {
    in_namespace relabel enforce
    judged no
    kubectl apply -f bad-pod.yaml
    judged yes
    running bad
    say 'kubectl label pod bad tier=web'
    say 'kubectl annotate pod bad note=kept'
    say 'kubectl delete pod bad'
    same relabel
}

@test "a finalizer can be put on a bad Pod and be taken off while it is deleted" {
    in_namespace finalizer enforce
    judged no
    kubectl apply -f bad-pod.yaml
    judged yes
    running bad
    say "kubectl patch pod bad --type=merge -p '{\"metadata\": {\"finalizers\": [\"example.com/hold\"]}}'"
    say 'kubectl delete pod bad --wait=false'
    kubectl get pod bad -o jsonpath='{.metadata.deletionTimestamp}' | grep -q .
    say "kubectl patch pod bad --type=merge -p '{\"metadata\": {\"finalizers\": null}}'"
    say 'kubectl wait --for=delete pod/bad --timeout=30s'
    same finalizer
}

@test "a new image of a running Pod" {
    in_namespace pod-image enforce
    kubectl apply -f good-pod.yaml
    running good
    say 'kubectl set image pod/good web=registry.example.com/team-a/web:1.28.0'
    say 'kubectl set image pod/good web=registry.example.com/team-a/web'
    same pod-image
}

# A node that can resize says so in its Pods' status; kwok's does not.
resizable() {
    running "$1"
    kubectl patch pod "$1" --subresource=status -p '{"status": {"containerStatuses": [{"name": "web", "resources": {"requests": {"cpu": "100m"}}}]}}'
}

@test "resize in place" {
    in_namespace resize enforce
    kubectl apply -f good-pod.yaml
    resizable good
    say "kubectl patch pod good --subresource=resize -p '{\"spec\": {\"containers\": [{\"name\": \"web\", \"resources\": {\"requests\": {\"cpu\": \"200m\"}}}]}}'"
    same resize
}

@test "resize of a Pod that was bad before podgate came" {
    in_namespace resize-bad enforce
    judged no
    sed 's/name: good/name: bad/; s/runAsNonRoot: true/runAsNonRoot: false/' good-pod.yaml | kubectl apply -f -
    judged yes
    resizable bad
    say "kubectl patch pod bad --subresource=resize -p '{\"spec\": {\"containers\": [{\"name\": \"web\", \"resources\": {\"requests\": {\"cpu\": \"200m\"}}}]}}'"
    same resize-bad
}

@test "exec, logs and port-forward are none of podgate's business" {
    podgate_start connect
    register connect everything=yes
    registered connect
    in_namespace exec connect
    kubectl apply -f good-pod.yaml
    running good
    # There is no kubelet behind the node; what matters is who refuses.
    for command in 'exec good -- true' 'logs good' 'port-forward pod/good 18080:80'; do
        # shellcheck disable=SC2086
        run timeout 20 kubectl $command
        [ "$status" -ne 0 ]
        [[ "$output" != *webhook* ]]
    done
    podgate_stop connect
    kubectl delete validatingwebhookconfiguration podgate-connect
}

@test "eviction and drain of bad Pods" {
    in_namespace drain enforce
    judged no
    kubectl apply -f bad-pod.yaml
    kubectl apply -f deployment.yaml
    kubectl rollout status deployment/web --timeout=120s
    judged yes
    running bad
    say "echo '{\"apiVersion\": \"policy/v1\", \"kind\": \"Eviction\", \"metadata\": {\"name\": \"bad\", \"namespace\": \"drain\"}}' | kubectl create --raw /api/v1/namespaces/drain/pods/bad/eviction -f - | jq -r .status"
    eventually gone bad
    node=$(kubectl get pods -l app=web -o jsonpath='{.items[0].spec.nodeName}')
    kubectl drain "$node" --pod-selector=app=web --timeout=120s
    kubectl uncordon "$node"
    kubectl rollout status deployment/web --timeout=120s
    same drain
}
gone() { ! kubectl get pod "$1"; }
