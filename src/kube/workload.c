#include "kube/workload.h"

#include "base/ascii.h"
#include "kube/decode.h"

#include <stdio.h>

#define TEMPLATED(group_, kind_, resource_, template_)                                             \
    {                                                                                              \
        .group = STR_INIT(group_), .kind = STR_INIT(kind_), .resource = STR_INIT(resource_),       \
        .template_path = STR_INIT(template_), .spec_path = STR_INIT(template_ ".spec"),            \
        .metadata_path = STR_INIT(template_ ".metadata")                                           \
    }

const struct workload_kind workload_kinds[] = {
    {.group = STR_INIT(""),
     .kind = STR_INIT("Pod"),
     .resource = STR_INIT("pods"),
     .template_path = STR_INIT(""),
     .spec_path = STR_INIT("spec"),
     .metadata_path = STR_INIT("metadata"),
     .is_pod = true},
    TEMPLATED("apps", "Deployment", "deployments", "spec.template"),
    TEMPLATED("apps", "ReplicaSet", "replicasets", "spec.template"),
    TEMPLATED("apps", "StatefulSet", "statefulsets", "spec.template"),
    TEMPLATED("apps", "DaemonSet", "daemonsets", "spec.template"),
    TEMPLATED("batch", "Job", "jobs", "spec.template"),
    TEMPLATED("batch", "CronJob", "cronjobs", "spec.jobTemplate.spec.template"),
    TEMPLATED("", "ReplicationController", "replicationcontrollers", "spec.template"),
    TEMPLATED("", "PodTemplate", "podtemplates", "template"),
};
const size_t workload_kind_count = sizeof workload_kinds / sizeof *workload_kinds;

/* --- finding a kind --- */

const struct workload_kind *workload_find(struct str group, struct str kind) {
    for (size_t i = 0; i < workload_kind_count; i++) {
        if (str_equals(workload_kinds[i].kind, kind) && str_equals(workload_kinds[i].group, group))
            return &workload_kinds[i];
    }
    return NULL;
}

const struct workload_kind *workload_find_among(const struct declared_kinds *declared,
                                                struct str group, struct str kind) {
    const struct workload_kind *found = workload_find(group, kind);
    for (size_t i = 0; declared && !found && i < declared->count; i++) {
        const struct workload_kind *item = &declared->items[i];
        if (str_equals(item->kind, kind) && str_equals(item->group, group)) found = item;
    }
    return found;
}

/* A kind that one group only has: all nine are so. */
static const struct workload_kind *find_kind(struct str kind) {
    for (size_t i = 0; i < workload_kind_count; i++) {
        if (str_equals(workload_kinds[i].kind, kind)) return &workload_kinds[i];
    }
    return NULL;
}

const struct workload_kind *workload_find_manifest(struct str api_version, struct str kind) {
    return workload_find_manifest_among(NULL, api_version, kind);
}

const struct workload_kind *workload_find_manifest_among(const struct declared_kinds *declared,
                                                         struct str api_version, struct str kind) {
    size_t slash = str_find_char(api_version, '/');
    bool has_group = slash < api_version.len;
    struct str group = has_group ? str_slice(api_version, 0, slash) : STR("");
    struct str version =
        has_group ? str_slice(api_version, slash + 1, api_version.len) : api_version;
    if (str_is_empty(version) || str_find_char(version, '/') < version.len) return NULL;
    if (!str_equals(group, STR("extensions"))) return workload_find_among(declared, group, kind);
    /* What was in extensions once is in apps or batch today, never in core. */
    const struct workload_kind *found = find_kind(kind);
    return found && !str_is_empty(found->group) ? found : NULL;
}

const struct workload_kind *workload_find_name(struct str name) {
    size_t dot = str_find_char(name, '.');
    if (dot == name.len) return find_kind(name);
    return workload_find(str_slice(name, dot + 1, name.len), str_slice(name, 0, dot));
}

const struct workload_kind *workload_find_name_among(const struct declared_kinds *declared,
                                                     struct str name) {
    const struct workload_kind *found = workload_find_name(name);
    if (found || !declared) return found;
    size_t dot = str_find_char(name, '.');
    if (dot < name.len)
        return workload_find_among(declared, str_slice(name, dot + 1, name.len),
                                   str_slice(name, 0, dot));
    for (size_t i = 0; i < declared->count; i++) {
        if (!str_equals(declared->items[i].kind, name)) continue;
        if (found) return NULL;
        found = &declared->items[i];
    }
    return found;
}

/* --- taking an object apart --- */

static bool is_no_object(const struct cJSON *node, struct str path, struct error *err) {
    const struct decoder decoder = {.err = err};
    decode_wrong_type(&decoder, node, "an object");
    char where[64];
    snprintf(where, sizeof where, "%.*s", STR_ARGS(path));
    return decode_error_below(err, where);
}

/* Follows a path of plain keys; *found is NULL where something on the way is absent. */
static bool follow(const struct cJSON *object, struct str path, const struct cJSON **found,
                   struct error *err) {
    const struct cJSON *node = object;
    size_t done = 0;
    while (node && done < path.len) {
        if (!tree_is_object(node))
            return is_no_object(node, str_slice(path, 0, done ? done - 1 : 0), err);
        struct str rest = str_slice(path, done, path.len);
        struct str key = str_slice(rest, 0, str_find_char(rest, '.'));
        node = tree_find(node, key);
        done += key.len + 1;
    }
    *found = node;
    return true;
}

static bool decode_pod(struct arena *arena, const struct cJSON *object, struct workload *out,
                       struct error *err) {
    const struct workload_kind *kind = out->kind;
    const struct cJSON *metadata, *spec;
    if (!follow(object, kind->metadata_path, &metadata, err)) return false;
    if (!meta_decode(metadata, kind->metadata_path.at, &out->pod_meta, err)) return false;
    if (!follow(object, kind->spec_path, &spec, err)) return false;
    out->has_pod = true;
    if (pod_decode(arena, out->document, spec, &out->pod_meta, &out->pod, err)) return true;
    return decode_error_below(err, kind->spec_path.at);
}

static bool decode_int(const struct decoder *decoder, const struct cJSON *node,
                       const struct decode_row *row, void *target) {
    struct optional_int *field = decode_target(row, target);
    field->is_set = true;
    return decode_integer(decoder, node, &field->value);
}

static const struct decode_row job_rows[] = {
    DECODE_FIELD("activeDeadlineSeconds", struct workload_spec, active_deadline, decode_int),
    DECODE_FIELD("ttlSecondsAfterFinished", struct workload_spec, ttl_after_finished, decode_int),
};
static const struct decode_table job_table = DECODE_TABLE(struct workload_spec, job_rows);

static const struct decode_row job_template_rows[] = {
    DECODE_WITHIN("spec", decode_nested, &job_table, 0),
};
static const struct decode_table job_template_table =
    DECODE_TABLE(struct workload_spec, job_template_rows);

static const struct decode_row cron_job_rows[] = {
    DECODE_FIELD("startingDeadlineSeconds", struct workload_spec, starting_deadline, decode_int),
    DECODE_FIELD("concurrencyPolicy", struct workload_spec, concurrency_policy, decode_string),
    DECODE_WITHIN("jobTemplate", decode_nested, &job_template_table, 0),
    DECODE_FIELD("successfulJobsHistoryLimit", struct workload_spec, successful_history,
                 decode_int),
    DECODE_FIELD("failedJobsHistoryLimit", struct workload_spec, failed_history, decode_int),
};
static const struct decode_table cron_job_table = DECODE_TABLE(struct workload_spec, cron_job_rows);

static const struct decode_row scaled_rows[] = {
    DECODE_FIELD("replicas", struct workload_spec, replicas, decode_int),
};
static const struct decode_table scaled_table = DECODE_TABLE(struct workload_spec, scaled_rows);

static bool decode_spec(struct arena *arena, const struct cJSON *object, struct workload *out,
                        struct error *err) {
    const struct cJSON *spec = tree_find(object, STR("spec"));
    const struct decoder decoder = {.arena = arena, .document = out->document, .err = err};
    const struct decode_table *table = workload_is_cron_job(out) ? &cron_job_table
                                       : workload_is_job(out)    ? &job_table
                                                                 : &scaled_table;
    if (!spec || out->kind->is_pod) return true;
    if (out->kind->declared_as && !out->kind->is_scaled) return true;
    if (decode_object(&decoder, spec, table, &out->spec)) return true;
    return decode_error_below(err, "spec");
}

bool workload_decode(struct arena *arena, const struct workload_kind *kind,
                     const struct document *document, const struct cJSON *object,
                     struct workload *out, struct error *err) {
    *out = (struct workload){.kind = kind, .document = document, .node = object};
    if (!tree_is_object(object)) return is_no_object(object, STR(""), err);
    out->api_version = tree_string(tree_find(object, STR("apiVersion")));
    if (!meta_decode(tree_find(object, STR("metadata")), "metadata", &out->meta, err)) return false;
    const struct cJSON *template;
    if (!follow(object, kind->template_path, &template, err)) return false;
    if (!template) return true;
    return decode_spec(arena, object, out, err) && decode_pod(arena, object, out, err);
}

bool workload_is_scaled(const struct workload *workload) {
    struct str kind = workload->kind->kind;
    if (workload->kind->declared_as) return workload->kind->is_scaled;
    if (str_equals(kind, STR("Deployment")) || str_equals(kind, STR("StatefulSet"))) return true;
    return str_is_empty(workload->meta.owner_kind) &&
           (str_equals(kind, STR("ReplicaSet")) || str_equals(kind, STR("ReplicationController")));
}

bool workload_is_mirror(const struct workload *workload) {
    return workload->kind->is_pod &&
           (str_equals(workload->meta.owner_kind, STR("Node")) ||
            tree_find(workload->meta.annotations, STR("kubernetes.io/config.mirror")));
}

bool workload_runs_to_its_end(const struct workload *workload) {
    return workload_is_job(workload) || workload_is_cron_job(workload) ||
           workload->kind->runs_to_completion || str_equals(workload->meta.owner_kind, STR("Job"));
}

const struct cJSON *workload_find_spec(const struct workload_kind *kind,
                                       const struct cJSON *object) {
    struct error ignored;
    const struct cJSON *spec = NULL;
    return follow(object, kind->spec_path, &spec, &ignored) ? spec : NULL;
}

/* --- names --- */

#define CRON_DIGITS_MIN 8

static struct str without_dash(struct str generate_name) {
    bool has_dash = str_ends_with(generate_name, STR("-"));
    return str_slice(generate_name, 0, generate_name.len - (has_dash ? 1 : 0));
}

/* "web-679878c644" to "web", when that is the very hash that the Pod carries as this label. */
static bool cut_template_hash(const struct workload *workload, struct str label, struct str *name) {
    struct str hash = tree_string(tree_find(workload->pod_meta.labels, label));
    if (str_is_empty(hash) || name->len < hash.len + 2 || !str_ends_with(*name, hash)) return false;
    size_t dash = name->len - hash.len - 1;
    if (name->at[dash] != '-') return false;
    *name = str_slice(*name, 0, dash);
    return true;
}

/* "nightly-29012345" to "nightly": the CronJob controller appends the minute it was due. */
static bool cut_schedule(struct str *name) {
    size_t dash = str_find_last_char(*name, '-');
    if (dash == 0 || dash == name->len) return false;
    for (size_t i = dash + 1; i < name->len; i++) {
        if (!ascii_is_digit(name->at[i])) return false;
    }
    if (name->len - dash - 1 < CRON_DIGITS_MIN) return false;
    *name = str_slice(*name, 0, dash);
    return true;
}

/* The workload above the owner, as far as the owner's name tells. */
static bool find_grand_owner(const struct workload *workload, struct str *kind, struct str *name) {
    if (!workload->kind->is_pod) return false;
    *name = workload->meta.owner_name;
    if (str_equals(workload->meta.owner_kind, STR("ReplicaSet"))) {
        *kind = STR("Deployment");
        if (cut_template_hash(workload, STR("pod-template-hash"), name)) return true;
        *kind = STR("Rollout");
        return cut_template_hash(workload, STR("rollouts-pod-template-hash"), name);
    }
    *kind = STR("CronJob");
    return str_equals(workload->meta.owner_kind, STR("Job")) && cut_schedule(name);
}

static bool is_generated(const struct meta *meta) {
    return !str_is_empty(meta->generate_name) &&
           (str_is_empty(meta->name) || str_starts_with(meta->name, meta->generate_name));
}

struct workload_name workload_display_name(const struct workload *workload) {
    const struct meta *meta = &workload->meta;
    struct workload_name shown = {.kind = workload->kind->kind, .name = meta->name};
    if (!str_is_empty(meta->owner_name)) {
        shown.is_owner = true;
        if (find_grand_owner(workload, &shown.kind, &shown.name)) return shown;
        shown.kind = meta->owner_kind;
        shown.name = meta->owner_name;
    } else if (is_generated(meta)) {
        shown.is_generated = true;
        shown.name = without_dash(meta->generate_name);
    }
    return shown;
}

static void add_name(struct str names[static 4], size_t *count, struct str name) {
    if (str_is_empty(name)) return;
    for (size_t i = 0; i < *count; i++) {
        if (str_equals(names[i], name)) return;
    }
    names[(*count)++] = name;
}

size_t workload_match_names(const struct workload *workload, struct str names[static 4]) {
    const struct meta *meta = &workload->meta;
    size_t count = 0;
    add_name(names, &count, meta->name);
    add_name(names, &count, without_dash(meta->generate_name));
    add_name(names, &count, meta->owner_name);
    struct str kind, name;
    if (find_grand_owner(workload, &kind, &name)) add_name(names, &count, name);
    return count;
}
