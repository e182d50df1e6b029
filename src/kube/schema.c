#include "kube/schema.h"

static const char *const pod_fields[] = {"activeDeadlineSeconds",
                                         "affinity",
                                         "automountServiceAccountToken",
                                         "containers",
                                         "dnsConfig",
                                         "dnsPolicy",
                                         "enableServiceLinks",
                                         "ephemeralContainers",
                                         "hostAliases",
                                         "hostIPC",
                                         "hostNetwork",
                                         "hostPID",
                                         "hostUsers",
                                         "hostname",
                                         "hostnameOverride",
                                         "imagePullSecrets",
                                         "initContainers",
                                         "nodeName",
                                         "nodeSelector",
                                         "os",
                                         "overhead",
                                         "preemptionPolicy",
                                         "priority",
                                         "priorityClassName",
                                         "readinessGates",
                                         "resourceClaims",
                                         "resources",
                                         "restartPolicy",
                                         "runtimeClassName",
                                         "schedulerName",
                                         "schedulingGates",
                                         "securityContext",
                                         "serviceAccount",
                                         "serviceAccountName",
                                         "setHostnameAsFQDN",
                                         "shareProcessNamespace",
                                         "subdomain",
                                         "terminationGracePeriodSeconds",
                                         "tolerations",
                                         "topologySpreadConstraints",
                                         "volumes",
                                         "workloadRef"};
static const char *const container_fields[] = {"args",
                                               "command",
                                               "env",
                                               "envFrom",
                                               "image",
                                               "imagePullPolicy",
                                               "lifecycle",
                                               "livenessProbe",
                                               "name",
                                               "ports",
                                               "readinessProbe",
                                               "resizePolicy",
                                               "resources",
                                               "restartPolicy",
                                               "restartPolicyRules",
                                               "securityContext",
                                               "startupProbe",
                                               "stdin",
                                               "stdinOnce",
                                               "targetContainerName",
                                               "terminationMessagePath",
                                               "terminationMessagePolicy",
                                               "tty",
                                               "volumeDevices",
                                               "volumeMounts",
                                               "workingDir"};
static const char *const metadata_fields[] = {"annotations",
                                              "creationTimestamp",
                                              "deletionGracePeriodSeconds",
                                              "deletionTimestamp",
                                              "finalizers",
                                              "generateName",
                                              "generation",
                                              "labels",
                                              "name",
                                              "namespace",
                                              "ownerReferences",
                                              "resourceVersion",
                                              "selfLink",
                                              "uid"};

static const struct {
    const char *const *fields;
    size_t count;
    const char *what;
} schemas[] = {
    [SCHEMA_POD_SPEC] = {pod_fields, sizeof pod_fields / sizeof *pod_fields, "a pod spec"},
    [SCHEMA_CONTAINER] = {container_fields, sizeof container_fields / sizeof *container_fields,
                          "a container"},
    [SCHEMA_METADATA] = {metadata_fields, sizeof metadata_fields / sizeof *metadata_fields,
                         "metadata"},
};

#define FIELDS_MAX 64

bool schema_check_field(enum schema schema, struct str field, struct error *err) {
    struct str names[FIELDS_MAX];
    size_t count = schemas[schema].count;
    ASSERT(count <= FIELDS_MAX);
    for (size_t i = 0; i < count; i++) {
        names[i] = str_from(schemas[schema].fields[i]);
        if (str_equals(field, names[i])) return true;
    }
    struct str nearest = str_nearest(field, names, count);
    if (str_is_empty(nearest)) return true;
    return error_set(err, ERR_SCHEMA, "names no field of %s: %s; did you mean \"%.*s\"?",
                     schemas[schema].what, str_quoted(field).text, STR_ARGS(nearest));
}
