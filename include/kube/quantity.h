/*
 * quantity: resource amounts ("100m", "1.5Gi", "1e3") in integers, never floats.
 *
 * Grammar and rounding of k8s.io/apimachinery pkg/api/resource: finer than 10^-9 rounds up (away from zero) to nano;
 * values beyond what we hold saturate. Any thread may enter.
 */
#ifndef PODGATE_KUBE_QUANTITY_H
#define PODGATE_KUBE_QUANTITY_H

#include "base/str.h"

/* whole units plus billionths: value = units + nanos/10^9, both of the same sign. */
struct quantity {
    int64_t units;
    int32_t nanos;
    bool saturated; /* the text meant more than int64 holds */
};

MUST_CHECK bool quantity_parse(struct str text, struct quantity *out, struct error *err);
/* <0, 0, >0 */
int quantity_compare(const struct quantity *a, const struct quantity *b);
/* A text that means the amount, with the largest binary suffix that leaves it whole:
 * "2Gi", "1500m". Not for negative ones. */
struct str quantity_format(struct arena *arena, const struct quantity *q);
/* a + b, saturated. */
struct quantity quantity_add(const struct quantity *a, const struct quantity *b);
/* <0, 0, >0: `a` beside `thousandths`/1000 times `b`, exactly. Neither may be negative, thousandths at most 10^6. */
int quantity_compare_times(const struct quantity *a, const struct quantity *b, int64_t thousandths);
static inline bool quantity_is_zero(const struct quantity *q) {
    return q->units == 0 && q->nanos == 0 && !q->saturated;
}
static inline bool quantity_is_positive(const struct quantity *q) {
    return q->units > 0 || (q->units == 0 && q->nanos > 0);
}

#endif
