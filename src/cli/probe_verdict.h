/*
 * probe_verdict: the webhook's answer, read as strictly as the API server reads it
 * (k8s.io/apiserver pkg/admission/plugin/webhook/request/admissionreview.go, VerifyAdmissionResponse). Private to the room probe.
 */
#ifndef PODGATE_CLI_PROBE_VERDICT_H
#define PODGATE_CLI_PROBE_VERDICT_H

#include "text/tree.h"

struct probe_verdict {
    bool allowed;
    struct str message;           /* of a denial */
    struct str violations;        /* the audit annotation of that name, or none */
    const struct cJSON *warnings; /* a list of strings, or NULL */
};

/* `uid` and the version are those that were asked with. False: ERR_SYNTAX, ERR_SCHEMA: the API server would see no verdict there. */
MUST_CHECK bool probe_verdict_read(struct arena *arena, struct str body, struct str uid,
                                   bool is_v1beta1, struct probe_verdict *out, struct error *err);
/* The message of a v1 Status, or none. */
struct str probe_status_message(struct arena *arena, struct str body);

#endif
