/*
 * selector: label selectors, and whether they select given labels (k8s.io/apimachinery meta/v1 LabelSelector).
 *
 * Decoded into the caller's arena and the tree. Any thread may enter.
 */
#ifndef PODGATE_KUBE_SELECTOR_H
#define PODGATE_KUBE_SELECTOR_H

#include "kube/decode.h"

struct label_requirement {
    struct str key, operator; /* In, NotIn, Exists, DoesNotExist */
    struct str_list values;
};

struct label_selector {
    bool is_set; /* an absent selector selects nothing, an empty one everything */
    const struct cJSON *match_labels;
    const struct label_requirement *requirements; /* matchExpressions */
    size_t requirement_count;
};

/* A row function for a struct label_selector. */
bool selector_decode(const struct decoder *decoder, const struct cJSON *node,
                     const struct decode_row *row, void *target);
/* How many comparisons with a label selector_selects may take, for each label there is. */
size_t selector_size(const struct label_selector *selector);
/* `labels` NULL: there are none. */
bool selector_selects(const struct label_selector *selector, const struct cJSON *labels);

#endif
