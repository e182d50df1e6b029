/*
 * placement: what a pod says about the nodes it runs on: tolerations, affinity, topology spread.
 *
 * Decoded as part of the pod (kube/pod), immutable afterwards. Names follow k8s.io/api core/v1.
 */
#ifndef PODGATE_KUBE_PLACEMENT_H
#define PODGATE_KUBE_PLACEMENT_H

#include "kube/selector.h"

struct toleration {
    struct str key, operator, value, effect; /* no operator is Equal */
};

/* A term of podAntiAffinity. */
struct anti_affinity {
    struct str topology_key;
    struct label_selector selector;
};

struct topology_spread {
    struct str topology_key, when_unsatisfiable; /* DoNotSchedule, ScheduleAnyway */
    struct label_selector selector;
};

struct placement {
    const struct toleration *tolerations;
    size_t toleration_count;
    const struct cJSON *node_selector; /* an object, or NULL */
    bool has_node_affinity;            /* required, with at least one term */
    const struct anti_affinity *required_anti_affinity, *preferred_anti_affinity;
    size_t required_anti_affinity_count, preferred_anti_affinity_count;
    const struct topology_spread *spreads;
    size_t spread_count;
};

extern const struct decode_table placement_affinity_table; /* struct placement */
extern const struct decode_table placement_toleration_table;
extern const struct decode_table placement_spread_table;
/* nodeSelector, into struct placement's node_selector. */
bool placement_decode_node_selector(const struct decoder *decoder, const struct cJSON *node,
                                    const struct decode_row *row, void *target);

#endif
