#include "kube/selector.h"

static bool decode_match_labels(const struct decoder *decoder, const struct cJSON *node,
                                const struct decode_row *row, void *target) {
    const struct cJSON **labels = decode_target(row, target);
    if (!tree_is_object(node)) return decode_wrong_type(decoder, node, "an object");
    *labels = node;
    return true;
}

static const struct decode_row requirement_rows[] = {
    DECODE_FIELD("key", struct label_requirement, key, decode_string),
    DECODE_FIELD("operator", struct label_requirement, operator, decode_string),
    DECODE_FIELD("values", struct label_requirement, values, decode_strings),
};
static const struct decode_table requirement_table =
    DECODE_TABLE(struct label_requirement, requirement_rows);

static const struct decode_row selector_rows[] = {
    DECODE_FIELD("matchLabels", struct label_selector, match_labels, decode_match_labels),
    DECODE_LIST("matchExpressions", struct label_selector, requirements, requirement_count,
                requirement_table),
};
static const struct decode_table selector_table =
    DECODE_TABLE(struct label_selector, selector_rows);

bool selector_decode(const struct decoder *decoder, const struct cJSON *node,
                     const struct decode_row *row, void *target) {
    struct label_selector *selector = decode_target(row, target);
    selector->is_set = true;
    return decode_object(decoder, node, &selector_table, selector);
}

size_t selector_size(const struct label_selector *selector) {
    size_t size = tree_count(selector->match_labels);
    for (size_t i = 0; i < selector->requirement_count; i++)
        size += 1 + selector->requirements[i].values.count;
    return size;
}

static bool is_met(const struct label_requirement *requirement, const struct cJSON *labels) {
    const struct cJSON *label = tree_find(labels, requirement->key);
    bool is_listed = label && str_list_contains(&requirement->values, tree_string(label));
    if (str_equals(requirement->operator, STR("In"))) return is_listed;
    if (str_equals(requirement->operator, STR("NotIn"))) return !is_listed;
    if (str_equals(requirement->operator, STR("Exists"))) return label != NULL;
    return str_equals(requirement->operator, STR("DoesNotExist")) && !label;
}

bool selector_selects(const struct label_selector *selector, const struct cJSON *labels) {
    if (!selector->is_set) return false;
    const struct cJSON *wanted = selector->match_labels ? selector->match_labels->child : NULL;
    for (; wanted; wanted = wanted->next) {
        const struct cJSON *label = tree_find(labels, tree_key(wanted));
        if (!label || !str_equals(tree_string(label), tree_string(wanted))) return false;
    }
    for (size_t i = 0; i < selector->requirement_count; i++)
        if (!is_met(&selector->requirements[i], labels)) return false;
    return true;
}
