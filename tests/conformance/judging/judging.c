#include "conformance/judging/judging.h"

#define FINDINGS_MAX 100000
#define ARENA_BYTES ((size_t)64 << 10)
#define KEPT_BYTES ((size_t)4 << 20)

void judging_init(struct judging *judging) {
    *judging = (struct judging){0};
    arena_init(&judging->arena, ARENA_BYTES, 0);
    arena_init(&judging->kept, ARENA_BYTES, 0);
}

void judging_fini(struct judging *judging) {
    for (struct judging_policy *policy = judging->policies; policy; policy = policy->next)
        snapshot_free(policy->snapshot);
    arena_fini(&judging->kept);
    arena_fini(&judging->arena);
}

/* --- a case ----------------------------------------------------------------------------------- */

/* The bytes of its members; what is not there is empty. */
struct parts {
    struct str params, pod, old_pod, new_pod, sub_resource;
};

static struct str *part_of(struct parts *parts, struct str key) {
    if (scan_key_is(key, STR("params"))) return &parts->params;
    if (scan_key_is(key, STR("pod"))) return &parts->pod;
    if (scan_key_is(key, STR("old"))) return &parts->old_pod;
    if (scan_key_is(key, STR("new"))) return &parts->new_pod;
    if (scan_key_is(key, STR("subresource"))) return &parts->sub_resource;
    return NULL;
}

static bool read_parts(struct str line, struct parts *parts, struct error *err) {
    struct scan scan;
    struct str key, value;
    scan_init(&scan, line, &scan_limits_default);
    if (!scan_begin_object(&scan)) return error_set(err, ERR_SYNTAX, "a case must be an object");
    while (scan_next_member(&scan, &key)) {
        struct str *part = part_of(parts, key);
        if (!scan_value(&scan, part ? part : &value)) return scan_error(&scan, err);
    }
    return (!scan.failure && scan_end(&scan)) || scan_error(&scan, err);
}

/* --- findings and violations ------------------------------------------------------------------- */

static void add_once(struct str_list *ids, const struct control *control) {
    struct str id = control_id(control);
    if (!str_list_contains(ids, id)) ids->items[ids->count++] = id;
}

static bool make_list(struct arena *arena, struct str_list *ids, struct error *err) {
    *ids = (struct str_list){ARENA_NEW(arena, struct str, standard_control_count), 0};
    return ids->items || error_set(err, ERR_MEMORY, "out of memory");
}

/* --- a pod ------------------------------------------------------------------------------------- */

/* As the engine does it: once for the pod itself, once for each container. */
static void judge_with(const struct check *check, struct check_ctx *ctx,
                       struct findings *findings) {
    check->evaluate(ctx, findings);
    for (size_t i = 0; i < ctx->pod->container_count; i++) {
        ctx->container = &ctx->pod->containers[i];
        check->evaluate(ctx, findings);
    }
}

static bool make_params(struct arena *arena, const struct check *check,
                        const struct document *document, void **params, struct error *err) {
    struct diagnostics diagnostics;
    diagnostics_init(&diagnostics, arena);
    *params = params_decode(arena, check->id, check->params, check->param_count, check->params_size,
                            document, tree_find(document->root, STR("params")), STR("case"),
                            &diagnostics);
    if (!*params)
        return error_set(err, ERR_SCHEMA, "params: %.*s",
                         STR_ARGS(diagnostics.first ? diagnostics.first->text : STR_NONE));
    return check->prepare(*params, arena, err);
}

static bool judge_pod(struct arena *arena, struct str line, struct str_list *violated,
                      struct error *err) {
    const struct check *check = check_find(STR("pod-security"));
    struct document document;
    struct workload workload;
    struct findings findings;
    void *params;
    findings_init(&findings, arena, FINDINGS_MAX);
    if (!json_read(arena, line, &scan_limits_default, &document, err) ||
        !make_params(arena, check, &document, &params, err) ||
        !workload_decode(arena, workload_find(STR(""), STR("Pod")), &document,
                         tree_find(document.root, STR("pod")), &workload, err))
        return false;
    struct check_ctx ctx = {.workload = &workload,
                            .pod = &workload.pod,
                            .params = params,
                            .arena = arena};
    judge_with(check, &ctx, &findings);
    for (const struct finding *f = findings.first; f; f = f->next)
        add_once(violated, f->control);
    return findings.omitted == 0 || error_set(err, ERR_LIMIT, "too many findings");
}

/* --- a pair of pods ---------------------------------------------------------------------------- */

/* JSON is YAML, so the parameters stand in the policy as the case writes them. */
static struct snapshot *compile(struct judging *judging, struct str params, struct error *err) {
    struct str text = str_format(&judging->arena,
                                 "apiVersion: podgate.io/v1alpha1\n"
                                 "kind: Policy\n"
                                 "metadata: {name: standards}\n"
                                 "spec: {rules: [{check: pod-security, params: %.*s}]}\n",
                                 STR_ARGS(params));
    struct policy_source source = {STR("case"), text};
    struct diagnostics diagnostics;
    diagnostics_init(&diagnostics, &judging->arena);
    struct snapshot *snapshot = policy_compile(&source, 1, &diagnostics);
    if (!snapshot)
        error_set(err, ERR_SCHEMA, "params: %.*s",
                  STR_ARGS(diagnostics.first ? diagnostics.first->text : STR_NONE));
    return snapshot;
}

static const struct snapshot *policy_of(struct judging *judging, struct str params,
                                        struct error *err) {
    for (struct judging_policy *policy = judging->policies; policy; policy = policy->next)
        if (str_equals(policy->params, params)) return policy->snapshot;
    struct judging_policy *policy = ARENA_NEW(&judging->kept, struct judging_policy, 1);
    struct snapshot *snapshot = policy ? compile(judging, params, err) : NULL;
    if (!snapshot) return NULL;
    *policy =
        (struct judging_policy){str_copy(&judging->kept, params), snapshot, judging->policies};
    judging->policies = policy;
    return snapshot;
}

static bool is_nothing(struct str value) {
    return str_is_empty(value) || str_equals(value, STR("null"));
}

static struct str make_review(struct arena *arena, const struct parts *parts) {
    bool is_update = !is_nothing(parts->old_pod);
    struct strbuf text;
    strbuf_init(&text, arena, parts->old_pod.len + parts->new_pod.len + 1024);
    strbuf_add(
        &text,
        STR("{\"apiVersion\":\"admission.k8s.io/v1\",\"kind\":\"AdmissionReview\",\"request\":{"
            "\"uid\":\"case\",\"kind\":{\"group\":\"\",\"version\":\"v1\",\"kind\":\"Pod\"},"
            "\"resource\":{\"group\":\"\",\"version\":\"v1\",\"resource\":\"pods\"},"
            "\"name\":\"p\",\"namespace\":\"n\",\"userInfo\":{\"username\":\"someone\"}"));
    strbuf_printf(&text, ",\"operation\":\"%s\"", is_update ? "UPDATE" : "CREATE");
    if (!str_is_empty(parts->sub_resource))
        strbuf_printf(&text, ",\"subResource\":%.*s", STR_ARGS(parts->sub_resource));
    strbuf_add(&text, STR(",\"object\":"));
    strbuf_add(&text, parts->new_pod);
    strbuf_add(&text, STR(",\"oldObject\":"));
    strbuf_add(&text, is_update ? parts->old_pod : STR("null"));
    strbuf_add(&text, STR("}}"));
    return strbuf_str(&text);
}

static bool judge_pair(struct judging *judging, const struct parts *parts,
                       struct str_list *violated, struct error *err) {
    const struct admission_options options = {.limits = scan_limits_default, .mode = MODE_ENFORCE};
    const struct snapshot *snapshot = policy_of(judging, parts->params, err);
    struct admission_outcome outcome;
    if (!snapshot) return false;
    admission_answer(&judging->arena, &options, snapshot, STR(""),
                     make_review(&judging->arena, parts), 0, &outcome);
    if (outcome.decision == DECISION_ALLOWED) return true;
    if (outcome.decision != DECISION_DENIED || !outcome.judged)
        return error_set(err, ERR_SCHEMA, "%.*s", STR_ARGS(outcome.error_text));
    for (const struct violation *v = outcome.judgement.first; v; v = v->next)
        add_once(violated, v->finding->control);
    return true;
}

bool judging_judge(struct judging *judging, struct str line, struct str_list *violated,
                   struct error *err) {
    struct parts parts = {0};
    arena_reset(&judging->arena, KEPT_BYTES);
    if (!make_list(&judging->arena, violated, err) || !read_parts(line, &parts, err)) return false;
    if (!str_is_empty(parts.pod)) return judge_pod(&judging->arena, line, violated, err);
    return judge_pair(judging, &parts, violated, err);
}
