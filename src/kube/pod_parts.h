/*
 * What the files of the room pod share: the tables of a pod spec's parts and the decoders of their fields.
 */
#ifndef PODGATE_KUBE_POD_PARTS_H
#define PODGATE_KUBE_POD_PARTS_H

#include "kube/decode.h"
#include "kube/pod.h"

extern const struct decode_table pod_security_table;       /* struct security */
extern const struct decode_table container_security_table; /* struct security */
extern const struct decode_table container_table;          /* struct container */
extern const struct decode_table resources_table;          /* struct resources */

/* Gives each container the annotations that name it. False when out of memory. */
bool pod_find_annotations(struct arena *arena, const struct meta *meta,
                          struct container *containers, size_t count);

/* enum flag */
bool pod_decode_flag(const struct decoder *decoder, const struct cJSON *node,
                     const struct decode_row *row, void *target);
/* struct str: a quantity's text, also of a number. */
bool pod_decode_quantity(const struct decoder *decoder, const struct cJSON *node,
                         const struct decode_row *row, void *target);
/* struct optional_int */
bool pod_decode_int(const struct decoder *decoder, const struct cJSON *node,
                    const struct decode_row *row, void *target);

#endif
