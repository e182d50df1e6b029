#include "rules/confinement.h"

#include "base/glob.h"
#include "kube/profile.h"

enum { RUNTIME_DEFAULT, LOCALHOST, UNCONFINED, TYPES };

const char *const confinement_types[] = {
    [RUNTIME_DEFAULT] = "RuntimeDefault",
    [LOCALHOST] = "Localhost",
    [UNCONFINED] = "Unconfined",
    [TYPES] = NULL,
};

bool confinement_prepare(void *params, struct arena *arena, struct error *err) {
    struct confinement_params *p = params;
    if (p->allow == 0) {
        error_set(err, ERR_SCHEMA, "allow is empty: no profile could ever be used");
        return error_in(err, "allow");
    }
    struct str names[TYPES];
    struct str_list allowed = {names, 0};
    for (size_t i = 0; i < TYPES; i++) {
        if (p->allow & 1U << i) names[allowed.count++] = str_from(confinement_types[i]);
    }
    p->types_text = str_join(arena, &allowed, STR(" or "));
    p->localhost_text =
        p->localhost.count == 0 ? STR("none") : str_join(arena, &p->localhost, STR(", "));
    return true;
}

/* -1: nothing is wrong with it. */
static int find_problem(const struct confinement_params *p,
                        const struct security_profile *profile) {
    for (size_t i = 0; i < TYPES; i++) {
        if (!(p->allow & 1U << i) || !str_equals(profile->type, str_from(confinement_types[i])))
            continue;
        bool is_known = i != LOCALHOST || glob_match_any(&p->localhost, profile->localhost_profile);
        return is_known ? -1 : CONFINEMENT_LOCALHOST;
    }
    return CONFINEMENT_TYPE;
}

static void judge_field(const struct confinement *confinement, const struct check_ctx *ctx,
                        struct findings *findings, const struct security_profile *profile) {
    const struct confinement_params *p = ctx->params;
    int problem = find_problem(p, profile);
    if (problem < 0) return;
    bool is_type = problem == CONFINEMENT_TYPE;
    finding_add(findings,
                (struct finding){
                    .problem = &confinement->problems[problem],
                    .container = ctx->container,
                    .field = is_type ? confinement->type_field : confinement->localhost_field,
                    .actual = is_type ? profile->type : profile->localhost_profile,
                    .expected = is_type ? p->types_text : p->localhost_text,
                });
}

/* The one about what is judged: the pod, or the container. */
static const struct cJSON *find_annotation(const struct confinement *confinement,
                                           const struct check_ctx *ctx) {
    if (ctx->container) return confinement->annotation_of(&ctx->container->profiles);
    struct meta_annotation at = {0};
    while (!str_is_empty(confinement->pod_annotation) && meta_annotation_next(ctx->pod->meta, &at))
        if (str_equals(at.key, confinement->pod_annotation)) return at.node;
    return NULL;
}

/* On Pods the API server writes the pod's field into annotations: that one fault is told at the field. */
static bool repeats(const struct security_profile *annotation,
                    const struct security_profile *of_pod) {
    return of_pod->is_set && str_equals(annotation->type, of_pod->type) &&
           str_equals(annotation->localhost_profile, of_pod->localhost_profile);
}

static void report_annotation(const struct confinement *confinement, const struct check_ctx *ctx,
                              struct findings *findings, const struct cJSON *annotation) {
    const struct confinement_params *p = ctx->params;
    struct str key = tree_key(annotation);
    struct str field = str_format(ctx->arena, "annotations['%.*s']", STR_ARGS(key));
    finding_add(findings, (struct finding){
                              .problem = &confinement->problems[CONFINEMENT_ANNOTATION],
                              .container = ctx->container,
                              .root = FINDING_POD_METADATA,
                              .key = key,
                              .field = field,
                              .actual = tree_string(annotation),
                              .expected = p->types_text,
                          });
}

/* Whether the annotation settles what the container has; a wrong one is reported. */
static bool judge_annotation(const struct confinement *confinement, const struct check_ctx *ctx,
                             struct findings *findings, const struct security_profile *of_pod) {
    const struct cJSON *annotation = find_annotation(confinement, ctx);
    if (!annotation || str_is_empty(tree_string(annotation))) return false;
    struct security_profile profile = profile_from_annotation(tree_string(annotation));
    if (find_problem(ctx->params, &profile) < 0) return confinement->annotation_counts;
    if (!repeats(&profile, of_pod)) report_annotation(confinement, ctx, findings, annotation);
    return true;
}

static void report_missing(const struct confinement *confinement, const struct check_ctx *ctx,
                           struct findings *findings) {
    const struct confinement_params *p = ctx->params;
    bool is_debug = ctx->container->type == CONTAINER_EPHEMERAL;
    int problem = is_debug ? CONFINEMENT_MISSING_DEBUG : CONFINEMENT_MISSING;
    finding_add(findings, (struct finding){
                              .problem = &confinement->problems[problem],
                              .container = ctx->container,
                              .field = confinement->type_field,
                              .expected = p->types_text,
                          });
}

void confinement_judge(const struct confinement *confinement, const struct check_ctx *ctx,
                       struct findings *findings) {
    const struct confinement_params *p = ctx->params;
    const struct security_profile *of_pod = confinement->of(&ctx->pod->security);
    const struct container *container = ctx->container;
    const struct security_profile *own = container ? confinement->of(&container->security) : of_pod;
    /* The API server refuses both fields on Windows. */
    if (ctx->pod->is_windows) return;
    if (own->is_set) {
        judge_field(confinement, ctx, findings, own);
        return;
    }
    if (judge_annotation(confinement, ctx, findings, of_pod)) return;
    if (container && !of_pod->is_set && p->is_required) report_missing(confinement, ctx, findings);
}
