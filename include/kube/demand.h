/*
 * demand: what a pod asks of its node as a whole: effective requests and the class of its quality of service.
 *
 * As k8s.io/component-helpers resource/helpers.go and k8s.io/kubernetes pkg/apis/core/v1/helper/qos compute them, after the
 * API server's defaults: an absent request is the limit. Amounts that cannot be read count as none. Nothing is allocated.
 */
#ifndef PODGATE_KUBE_DEMAND_H
#define PODGATE_KUBE_DEMAND_H

#include "kube/pod.h"
#include "kube/quantity.h"

/* False: neither a request nor a limit of this resource that says anything; *out is 0. Negative amounts say nothing. */
bool demand_request(const struct resources *resources, struct str resource, struct quantity *out);
bool demand_limit(const struct resources *resources, struct str resource, struct quantity *out);

/* What the scheduler counts: regular containers and sidecars together, or more when an init container asks for more;
 * a request of the pod itself instead, where there is one. */
struct quantity demand_of_pod(const struct pod *pod, struct str resource);

enum qos_class { QOS_BEST_EFFORT, QOS_BURSTABLE, QOS_GUARANTEED };
/* "BestEffort", "Burstable", "Guaranteed"; NULL-terminated. */
extern const char *const qos_class_names[];
enum qos_class demand_qos_class(const struct pod *pod);

#endif
