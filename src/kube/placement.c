#include "kube/placement.h"

static const struct decode_row toleration_rows[] = {
    DECODE_FIELD("key", struct toleration, key, decode_string),
    DECODE_FIELD("operator", struct toleration, operator, decode_string),
    DECODE_FIELD("value", struct toleration, value, decode_string),
    DECODE_FIELD("effect", struct toleration, effect, decode_string),
};
const struct decode_table placement_toleration_table =
    DECODE_TABLE(struct toleration, toleration_rows);

static const struct decode_row spread_rows[] = {
    DECODE_FIELD("topologyKey", struct topology_spread, topology_key, decode_string),
    DECODE_FIELD("whenUnsatisfiable", struct topology_spread, when_unsatisfiable, decode_string),
    DECODE_FIELD("labelSelector", struct topology_spread, selector, selector_decode),
};
const struct decode_table placement_spread_table =
    DECODE_TABLE(struct topology_spread, spread_rows);

bool placement_decode_node_selector(const struct decoder *decoder, const struct cJSON *node,
                                    const struct decode_row *row, void *target) {
    const struct cJSON **selector = decode_target(row, target);
    if (!tree_is_object(node)) return decode_wrong_type(decoder, node, "an object");
    *selector = node;
    return true;
}

/* --- affinity --- */

static const struct decode_row term_rows[] = {
    DECODE_FIELD("labelSelector", struct anti_affinity, selector, selector_decode),
    DECODE_FIELD("topologyKey", struct anti_affinity, topology_key, decode_string),
};
static const struct decode_table term_table = DECODE_TABLE(struct anti_affinity, term_rows);

static const struct decode_row weighted_rows[] = {
    DECODE_WITHIN("podAffinityTerm", decode_nested, &term_table, 0),
};
static const struct decode_table weighted_table = DECODE_TABLE(struct anti_affinity, weighted_rows);

static const struct decode_row anti_affinity_rows[] = {
    DECODE_LIST("requiredDuringSchedulingIgnoredDuringExecution", struct placement,
                required_anti_affinity, required_anti_affinity_count, term_table),
    DECODE_LIST("preferredDuringSchedulingIgnoredDuringExecution", struct placement,
                preferred_anti_affinity, preferred_anti_affinity_count, weighted_table),
};
static const struct decode_table anti_affinity_table =
    DECODE_TABLE(struct placement, anti_affinity_rows);

static bool decode_node_terms(const struct decoder *decoder, const struct cJSON *node,
                              const struct decode_row *row, void *target) {
    bool *has_terms = decode_target(row, target);
    if (!tree_is_array(node)) return decode_wrong_type(decoder, node, "a list");
    *has_terms = tree_count(node) > 0;
    return true;
}

static const struct decode_row node_selector_rows[] = {
    DECODE_FIELD("nodeSelectorTerms", struct placement, has_node_affinity, decode_node_terms),
};
static const struct decode_table node_selector_table =
    DECODE_TABLE(struct placement, node_selector_rows);

static const struct decode_row node_affinity_rows[] = {
    DECODE_WITHIN("requiredDuringSchedulingIgnoredDuringExecution", decode_nested,
                  &node_selector_table, 0),
};
static const struct decode_table node_affinity_table =
    DECODE_TABLE(struct placement, node_affinity_rows);

static const struct decode_row affinity_rows[] = {
    DECODE_WITHIN("nodeAffinity", decode_nested, &node_affinity_table, 0),
    DECODE_WITHIN("podAntiAffinity", decode_nested, &anti_affinity_table, 0),
};
const struct decode_table placement_affinity_table = DECODE_TABLE(struct placement, affinity_rows);
