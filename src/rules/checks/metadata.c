#include "rules/check.h"

#include "base/glob.h"

enum { ON_OBJECT, ON_TEMPLATE };

struct metadata_params {
    struct glob_map labels, annotations;
    struct str_list deny_labels, deny_annotations;
    bool required;
    unsigned on;
};

static const char *const places[] = {[ON_OBJECT] = "object", [ON_TEMPLATE] = "template", NULL};

static const struct param params[] = {
    {"labels", PARAM_GLOB_MAP, offsetof(struct metadata_params, labels),
     .fallback = "{app.kubernetes.io/name: *}",
     .doc = "Labels that must be there, each with a pattern of its value or a list of them; "
            "\"?*\" is any value but the empty one. A number stands in quotes: team: \"3\"."},
    {"annotations", PARAM_GLOB_MAP, offsetof(struct metadata_params, annotations), .fallback = "{}",
     .doc = "Annotations that must be there, likewise."},
    {"required", PARAM_BOOL, offsetof(struct metadata_params, required), .fallback = "true",
     .doc = "false: those labels and annotations may be absent, and only their values are judged."},
    {"denyLabels", PARAM_GLOBS, offsetof(struct metadata_params, deny_labels), .fallback = "[]",
     .doc = "Patterns of labels that must not be there."},
    {"denyAnnotations", PARAM_GLOBS, offsetof(struct metadata_params, deny_annotations),
     .fallback = "[]", .doc = "Patterns of annotations that must not be there."},
    {"on", PARAM_CHOICES, offsetof(struct metadata_params, on), .fallback = "[object, template]",
     .choices = places,
     .doc = "Whose metadata is judged: the object's own, its pod template's. A Pod is both."},
};

enum { ABSENT, WRONG, DENIED };

static const struct problem problems[] = {
    [ABSENT] = {.says = "has no {detail} {key}", .mend = "set it to {expected}"},
    [WRONG] = {.says = "has the {detail} {key} with a value that is not allowed",
               .mend = "set it to {expected}"},
    [DENIED] = {.says = "has the {detail} {key}, which is not allowed", .mend = "remove it"},
};

/* One map of one metadata. */
struct judged_map {
    const struct cJSON *map; /* NULL: there is none */
    enum finding_root root;
    const char *path;  /* below that root: "labels", "metadata.labels" */
    struct str detail; /* "label" */
};

static void report(const struct check_ctx *ctx, struct findings *findings,
                   const struct judged_map *judged, int problem, struct finding finding) {
    finding.problem = &problems[problem];
    finding.root = judged->root;
    finding.field = str_format(ctx->arena, "%s['%.*s']", judged->path, STR_ARGS(finding.key));
    finding.detail = judged->detail;
    finding_add(findings, finding);
}

/* "any value", "prod or staging", "a value like team-*" */
static struct str describe(struct arena *arena, const struct str_list *globs) {
    bool has_wildcard = false;
    for (size_t i = 0; i < globs->count; i++)
        has_wildcard = has_wildcard || glob_has_wildcard(globs->items[i]);
    if (str_list_contains(globs, STR("*"))) return STR("any value");
    if (str_list_contains(globs, STR("?*"))) return STR("any value but the empty one");
    struct str list = param_strings_text(arena, globs);
    return has_wildcard ? str_format(arena, "a value like %.*s", STR_ARGS(list)) : list;
}

static void judge_wanted(const struct check_ctx *ctx, struct findings *findings,
                         const struct judged_map *judged, const struct glob_map *wanted) {
    const struct metadata_params *p = ctx->params;
    for (size_t i = 0; i < wanted->count; i++) {
        const struct named_globs *want = &wanted->items[i];
        const struct cJSON *node = tree_find(judged->map, want->name);
        if (node ? glob_match_any(&want->globs, tree_string(node)) : !p->required) continue;
        /* A value that is empty is not unset. */
        struct str actual = !node                             ? STR_NONE
                            : str_is_empty(tree_string(node)) ? STR("\"\"")
                                                              : tree_string(node);
        report(ctx, findings, judged, node ? WRONG : ABSENT,
               (struct finding){.key = want->name,
                                .actual = actual,
                                .expected = describe(ctx->arena, &want->globs)});
    }
}

static void judge_denied(const struct check_ctx *ctx, struct findings *findings,
                         const struct judged_map *judged, const struct str_list *denied) {
    if (denied->count == 0 || !judged->map) return;
    for (const struct cJSON *node = judged->map->child; node; node = node->next) {
        if (!glob_match_any(denied, tree_key(node))) continue;
        report(ctx, findings, judged, DENIED,
               (struct finding){.key = tree_key(node),
                                .actual = tree_string(node),
                                .expected = STR("nothing")});
    }
}

static void judge_meta(const struct check_ctx *ctx, struct findings *findings,
                       const struct meta *meta, enum finding_root root) {
    const struct metadata_params *p = ctx->params;
    bool is_object = root == FINDING_OBJECT;
    const struct judged_map labels = {meta->labels, root, is_object ? "metadata.labels" : "labels",
                                      STR("label")};
    const struct judged_map annotations = {meta->annotations, root,
                                           is_object ? "metadata.annotations" : "annotations",
                                           STR("annotation")};
    judge_wanted(ctx, findings, &labels, &p->labels);
    judge_denied(ctx, findings, &labels, &p->deny_labels);
    judge_wanted(ctx, findings, &annotations, &p->annotations);
    judge_denied(ctx, findings, &annotations, &p->deny_annotations);
}

/* A Pod's metadata is found where its template has it: that is what a person edits. */
static void evaluate(const struct check_ctx *ctx, struct findings *findings) {
    const struct metadata_params *p = ctx->params;
    const struct workload *workload = ctx->workload;
    bool is_pod = workload->kind->is_pod;
    if (!is_pod && p->on & 1U << ON_OBJECT)
        judge_meta(ctx, findings, &workload->meta, FINDING_OBJECT);
    if (is_pod || p->on & 1U << ON_TEMPLATE)
        judge_meta(ctx, findings, &workload->pod_meta, FINDING_POD_METADATA);
}

const struct check check_metadata = {
    .id = "metadata",
    .title = "Objects have the labels and annotations that others rely on",
    .rationale =
        "Cost reports, alerts, network policies and the question whose Pod this is all read "
        "labels, and nobody adds them later. A workload's own metadata and that of its Pods are "
        "two things: both are judged by default. A ReplicaSet, a Job or a Pod has the template's "
        "labels from its controller. Values are compared with patterns, and with their case.",
    .references = "Kubernetes documentation: Recommended Labels",
    .theme = THEME_OBJECTS,
    .severity = SEVERITY_LOW,
    .scope = CHECK_POD,
    .judges_object = true,
    .problems = problems,
    .problem_count = sizeof problems / sizeof problems[0],
    .params = params,
    .param_count = sizeof params / sizeof params[0],
    .params_size = sizeof(struct metadata_params),
    .example_denied = "apiVersion: v1\n"
                      "kind: Pod\n"
                      "metadata:\n"
                      "  name: web\n"
                      "  labels: {team: shop, tier: gold}\n"
                      "spec:\n"
                      "  containers:\n"
                      "  - name: web\n"
                      "    image: registry.example.com/web:1.4.2\n",
    .example_allowed = "apiVersion: v1\n"
                       "kind: Pod\n"
                       "metadata:\n"
                       "  name: web\n"
                       "  labels: {team: team-shop, tier: backend}\n"
                       "spec:\n"
                       "  containers:\n"
                       "  - name: web\n"
                       "    image: registry.example.com/web:1.4.2\n",
    .example_params = "{labels: {team: \"team-*\", tier: [frontend, backend]}}",
    .evaluate = evaluate,
};
