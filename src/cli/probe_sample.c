#include "cli/probe_sample.h"

#include "base/json_out.h"

const char *const probe_sample_names[] = {"good", "bad", NULL};

/* Keeps to every built-in check and to Pod Security's restricted level. */
static const char good_spec[] =
    "{\"serviceAccountName\":\"podgate-probe\",\"automountServiceAccountToken\":false,\"hostUsers\":false,"
    "\"securityContext\":{\"runAsNonRoot\":true,\"runAsUser\":10001,\"runAsGroup\":10001,"
    "\"seccompProfile\":{\"type\":\"RuntimeDefault\"}},"
    "\"containers\":[{\"name\":\"app\","
    "\"image\":\"registry.k8s.io/podgate-probe:1.0.0@sha256:"
    "0000000000000000000000000000000000000000000000000000000000000000\","
    "\"ports\":[{\"containerPort\":8080,\"protocol\":\"TCP\"}],"
    "\"readinessProbe\":{\"httpGet\":{\"path\":\"/\",\"port\":8080,\"scheme\":\"HTTP\"}},"
    "\"livenessProbe\":{\"httpGet\":{\"path\":\"/\",\"port\":8080,\"scheme\":\"HTTP\"},"
    "\"failureThreshold\":6},"
    "\"resources\":{\"limits\":{\"cpu\":\"100m\",\"memory\":\"64Mi\"},"
    "\"requests\":{\"cpu\":\"100m\",\"memory\":\"64Mi\"}},"
    "\"securityContext\":{\"allowPrivilegeEscalation\":false,\"readOnlyRootFilesystem\":true,"
    "\"privileged\":false,\"capabilities\":{\"drop\":[\"ALL\"]}}}]}";

/* Breaks rules of the default policy and of both Pod Security levels. */
static const char bad_spec[] =
    "{\"hostNetwork\":true,"
    "\"containers\":[{\"name\":\"app\",\"image\":\"podgate-probe:latest\","
    "\"securityContext\":{\"privileged\":true,\"runAsUser\":0}}]}";

static void add_type(struct json_out *out, const char *name, const char *last, const char *value) {
    json_out_begin_object(out, name);
    json_out_string(out, "group", STR(""));
    json_out_string(out, "version", STR("v1"));
    json_out_string(out, last, str_from(value));
    json_out_end_object(out);
}

static void add_object(struct json_out *out, struct str name, struct str name_space,
                       const char *spec) {
    json_out_begin_object(out, "object");
    json_out_string(out, "kind", STR("Pod"));
    json_out_string(out, "apiVersion", STR("v1"));
    json_out_begin_object(out, "metadata");
    json_out_string(out, "name", name);
    json_out_string(out, "namespace", name_space);
    json_out_begin_object(out, "labels");
    json_out_string(out, "app.kubernetes.io/name", STR("podgate-probe"));
    json_out_end_object(out);
    json_out_end_object(out);
    json_out_raw(out, "spec", str_from(spec));
    json_out_end_object(out);
}

bool probe_sample_review(struct arena *arena, enum probe_sample sample, struct str name_space,
                         struct str uid, struct str *out) {
    struct strbuf text;
    struct json_out json;
    struct str name = str_format(arena, "podgate-probe-%s", probe_sample_names[sample]);
    strbuf_init(&text, arena, 2048);
    json_out_init(&json, &text);
    json_out_begin_object(&json, NULL);
    json_out_string(&json, "kind", STR("AdmissionReview"));
    json_out_string(&json, "apiVersion", STR("admission.k8s.io/v1"));
    json_out_begin_object(&json, "request");
    json_out_string(&json, "uid", uid);
    add_type(&json, "kind", "kind", "Pod");
    add_type(&json, "resource", "resource", "pods");
    add_type(&json, "requestKind", "kind", "Pod");
    add_type(&json, "requestResource", "resource", "pods");
    json_out_string(&json, "name", name);
    json_out_string(&json, "namespace", name_space);
    json_out_string(&json, "operation", STR("CREATE"));
    json_out_begin_object(&json, "userInfo");
    json_out_string(&json, "username", STR("podgate-probe"));
    json_out_end_object(&json);
    add_object(&json, name, name_space, sample == SAMPLE_GOOD ? good_spec : bad_spec);
    json_out_null(&json, "oldObject");
    json_out_bool(&json, "dryRun", true);
    json_out_null(&json, "options");
    json_out_end_object(&json);
    json_out_end_object(&json);
    *out = strbuf_str(&text);
    return !arena_is_exhausted(arena);
}
