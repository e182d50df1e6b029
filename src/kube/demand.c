#include "kube/demand.h"

const char *const qos_class_names[] = {[QOS_BEST_EFFORT] = "BestEffort",
                                       [QOS_BURSTABLE] = "Burstable",
                                       [QOS_GUARANTEED] = "Guaranteed",
                                       NULL};

static bool read_amount(const struct resource_amount *line, struct quantity *out) {
    struct error err;
    *out = (struct quantity){0};
    if (!line) return false;
    if (quantity_parse(line->quantity, out, &err) && quantity_is_positive(out)) return true;
    *out = (struct quantity){0};
    return false;
}

bool demand_limit(const struct resources *resources, struct str resource, struct quantity *out) {
    return read_amount(resources_find_limit(resources, resource), out);
}

bool demand_request(const struct resources *resources, struct str resource, struct quantity *out) {
    const struct resource_amount *request = resources_find_request(resources, resource);
    return request ? read_amount(request, out) : demand_limit(resources, resource, out);
}

/* --- the whole pod --- */

/* Init containers run one after the other, each beside the sidecars that were started before it. */
static struct quantity demand_of_containers(const struct pod *pod, struct str resource) {
    struct quantity lasting = {0}, sidecars = {0}, most = {0};
    for (size_t i = 0; i < pod->container_count; i++) {
        const struct container *container = &pod->containers[i];
        struct quantity own, beside;
        if (container->type == CONTAINER_EPHEMERAL ||
            !demand_request(&container->resources, resource, &own))
            continue;
        beside = quantity_add(&sidecars, &own);
        if (container->type == CONTAINER_SIDECAR) sidecars = beside;
        if (container->type == CONTAINER_INIT && quantity_compare(&beside, &most) > 0)
            most = beside;
        if (container->type != CONTAINER_INIT) lasting = quantity_add(&lasting, &own);
    }
    return quantity_compare(&lasting, &most) > 0 ? lasting : most;
}

/* A pod-level request that is absent is what the containers request, else the pod-level limit. */
struct quantity demand_of_pod(const struct pod *pod, struct str resource) {
    struct quantity own, of_containers = demand_of_containers(pod, resource);
    demand_request(&pod->resources, resource, &own);
    bool is_own = resources_find_request(&pod->resources, resource) != NULL;
    return is_own || quantity_is_zero(&of_containers) ? own : of_containers;
}

/* --- quality of service --- */

static const struct str compute[] = {STR_INIT("cpu"), STR_INIT("memory")};

static bool asks_for(const struct pod *pod, struct str resource) {
    struct quantity limit, request = demand_of_pod(pod, resource);
    if (quantity_is_positive(&request) || demand_limit(&pod->resources, resource, &limit))
        return true;
    for (size_t i = 0; i < pod->container_count && !pod->resources.is_set; i++)
        if (demand_limit(&pod->containers[i].resources, resource, &limit)) return true;
    return false;
}

static bool has_equal_pod_level(const struct pod *pod, struct str resource) {
    struct quantity limit, request = demand_of_pod(pod, resource);
    return demand_limit(&pod->resources, resource, &limit) &&
           quantity_compare(&request, &limit) == 0;
}

/* Every container is limited, and the sums are equal. */
static bool has_equal_sums(const struct pod *pod, struct str resource) {
    struct quantity requests = {0}, limits = {0};
    for (size_t i = 0; i < pod->container_count; i++) {
        const struct container *container = &pod->containers[i];
        struct quantity request, limit;
        if (container->type == CONTAINER_EPHEMERAL) continue;
        if (!demand_limit(&container->resources, resource, &limit)) return false;
        demand_request(&container->resources, resource, &request);
        requests = quantity_add(&requests, &request);
        limits = quantity_add(&limits, &limit);
    }
    return quantity_compare(&requests, &limits) == 0;
}

enum qos_class demand_qos_class(const struct pod *pod) {
    bool is_asking = false, is_equal = true;
    for (size_t i = 0; i < sizeof compute / sizeof compute[0]; i++) {
        is_asking = is_asking || asks_for(pod, compute[i]);
        is_equal = is_equal && (pod->resources.is_set ? has_equal_pod_level(pod, compute[i])
                                                      : has_equal_sums(pod, compute[i]));
    }
    if (!is_asking) return QOS_BEST_EFFORT;
    return is_equal ? QOS_GUARANTEED : QOS_BURSTABLE;
}
