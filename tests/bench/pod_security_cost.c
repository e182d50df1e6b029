/*
 * What the check pod-security costs at level restricted beyond parsing: microseconds of one thread for one container,
 * the least of ten rounds, and what it allocates: nothing for a pod that keeps all controls, else findings and
 * their texts.
 */
#include <stdio.h>
#include <time.h>

#include "rules/registry.h"
#include "rules/standard.h"
#include "text/json.h"

#define ROUNDS 10
#define PODS 20000 /* a round */
#define FINDINGS_MAX 1024

#define POD(pod_security, security)                                                                   \
    "{\"metadata\":{\"name\":\"web\",\"labels\":{\"app\":\"web\"}},\"spec\":{" pod_security           \
    "\"volumes\":[{\"name\":\"c\",\"configMap\":{\"name\":\"c\"}},{\"name\":\"t\",\"emptyDir\":{}}]," \
    "\"initContainers\":[" CONTAINER("init", security) "],"                                           \
                                                       "\"containers\":[" CONTAINER(                  \
                                                           "web",                                     \
                                                           security) "," CONTAINER("side",            \
                                                                                   security) "]}}"
#define CONTAINER(name, security)                                                                  \
    "{\"name\":\"" name                                                                            \
    "\",\"image\":\"registry.example.com/web:1.4\",\"ports\":[{\"containerPort\":80}],"            \
    "\"livenessProbe\":{\"httpGet\":{\"path\":\"/\",\"port\":80}}" security "}"

static const struct {
    const char *name, *pod;
} samples[] = {
    {"keeps all", POD("\"securityContext\":{\"runAsNonRoot\":true,\"seccompProfile\":{\"type\":"
                      "\"RuntimeDefault\"}},",
                      ",\"securityContext\":{\"allowPrivilegeEscalation\":false,"
                      "\"capabilities\":{\"drop\":[\"ALL\"]}}")},
    {"says nothing", POD("", "")},
    {"is privileged",
     POD("\"hostNetwork\":true,", ",\"securityContext\":{\"privileged\":true,\"runAsUser\":0,"
                                  "\"capabilities\":{\"add\":[\"SYS_ADMIN\"]}}")},
};

static size_t allocations;

static bool count_allocation(size_t bytes) {
    (void)bytes;
    allocations++;
    return false;
}

static double seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* As the engine does it: once for the pod, once for each container. */
static size_t judge(const struct standard *standard, const struct pod *pod, struct arena *arena) {
    const struct check *check = check_find(STR("pod-security"));
    struct check_ctx ctx = {.pod = pod, .params = standard, .arena = arena};
    struct findings findings;
    findings_init(&findings, arena, FINDINGS_MAX);
    check->evaluate(&ctx, &findings);
    for (size_t i = 0; i < pod->container_count; i++) {
        ctx.container = &pod->containers[i];
        check->evaluate(&ctx, &findings);
    }
    return findings.count;
}

static double measure(const struct standard *standard, const struct pod *pod, struct arena *arena) {
    double best = 1e9;
    for (int round = 0; round < ROUNDS; round++) {
        double began = seconds();
        for (int i = 0; i < PODS; i++) {
            judge(standard, pod, arena);
            arena_reset(arena, (size_t)256 << 10);
        }
        double took = (seconds() - began) / PODS;
        if (took < best) best = took;
    }
    return best * 1e6 / (double)pod->container_count;
}

static bool show(const struct standard *standard, const char *name, const char *text) {
    struct arena parsed, arena;
    struct document document;
    struct workload workload;
    struct error err = {0};
    arena_init(&parsed, (size_t)64 << 10, 0);
    arena_init(&arena, (size_t)64 << 10, 0);
    bool is_read = json_read(&parsed, str_from(text), &scan_limits_default, &document, &err) &&
                   workload_decode(&parsed, workload_find(STR(""), STR("Pod")), &document,
                                   document.root, &workload, &err);
    if (is_read) {
        double cost = measure(standard, &workload.pod, &arena);
        allocations = 0;
        arena_refuse = count_allocation;
        size_t count = judge(standard, &workload.pod, &arena);
        arena_refuse = NULL;
        printf("pod-security restricted, a pod of %zu containers that %-13s %6.3f us a container, "
               "%2zu findings, %2zu allocations\n",
               workload.pod.container_count, name, cost, count, allocations);
    } else {
        fprintf(stderr, "%s: %s\n", name, err.text);
    }
    arena_fini(&parsed);
    arena_fini(&arena);
    return is_read;
}

int main(void) {
    struct arena arena;
    struct error err = {0};
    struct standard standard = {.level = CONTROL_RESTRICTED, .version_text = STR("latest")};
    arena_init(&arena, (size_t)64 << 10, 0);
    bool is_fine = standard_prepare(&standard, &arena, &err);
    for (size_t i = 0; is_fine && i < sizeof samples / sizeof *samples; i++)
        is_fine = show(&standard, samples[i].name, samples[i].pod);
    arena_fini(&arena);
    return is_fine ? 0 : 1;
}
