# A week of podgate's log: `owners` workloads (default 60) of six namespaces that break up to four rules, always the same.
function violation(number) {
    return "{\"policy\":\"" policy[number] "\",\"rule\":\"" rule[number] "\",\"check\":\"" rule[number] "\",\"severity\":\"high\",\"action\":\"audit\",\"wanted\":\"" \
        wanted[number] "\",\"problems\":[{\"message\":\"" message[number] "\",\"fix\":\"" fix[number] "\"," (of[number] ? "\"containers\":[\"" of[number] "\"]," : "") "\"paths\":[\"" path[number] "\"]}]}"
}
function add(p, r, w, at, container, says, mend) {
    n++; policy[n] = p; rule[n] = r; wanted[n] = w; path[n] = at; of[n] = container; message[n] = says; fix[n] = mend
}
BEGIN {
    if (!owners) owners = 60
    add("workload-basics", "image-tag", "deny", "spec.template.spec.containers[0].image", "web", "uses the mutable tag \\\"latest\\\"", "pin nginx:<version>, better nginx@sha256:<digest>")
    add("workload-basics", "run-as-non-root", "deny", "spec.template.spec.securityContext.runAsNonRoot", "web", "may run as root", "set it to true")
    add("workload-basics", "resource-limits", "warn", "spec.template.spec.containers[0].resources.limits.memory", "web", "has no memory limit", "set it, for example to 256Mi")
    add("cluster", "host-path", "audit", "spec.template.spec.volumes[0].hostPath.path", "", "volume \\\"sock\\\" mounts /var/run/docker.sock", "remove it")
    split("Deployment StatefulSet DaemonSet CronJob", kind, " ")
    for (i = 0; i < 40 * owners; i++) {
        owner = (i * 7) % owners; count = owner % 4 + 1; rules = ""; violations = ""; decision = "audit"
        for (k = 0; k < count; k++) {
            number = (owner + k) % n + 1
            if (wanted[number] == "deny") decision = "would_deny"; else if (wanted[number] == "warn" && decision == "audit") decision = "warn"
            rules = rules (k ? "," : "") "\"" policy[number] "/" rule[number] "\""
            violations = violations (k ? "," : "") violation(number)
        }
        hours = int(i * 168 / (40 * owners))
        printf "{\"v\":1,\"ts\":\"2027-01-%02dT%02d:30:00.000Z\",\"level\":\"info\",\"msg\":\"admission\",\"uid\":\"u-%d-%d\",\"operation\":\"CREATE\",\"kind\":\"Pod\",\"namespace\":\"team-%s\",\"name\":\"w\",\"dry_run\":false,\"owner_kind\":\"%s\",\"owner\":\"web-%d\",\"decision\":\"%s\",\"profile\":\"default\",\"mode\":\"audit\",\"latency_us\":212,\"rules\":[%s],\"violations\":[%s]}\n", \
            11 + int(hours / 24), hours % 24, owners, i, substr("abcdef", owner % 6 + 1, 1), kind[owner % 4 + 1], owner, decision, rules, violations
    }
}
