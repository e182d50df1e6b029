#include "rules/check.h"

#include "base/glob.h"

struct namespace_params {
    struct str_list allow, deny;
};

static const struct param params[] = {
    {"allow", PARAM_GLOBS, offsetof(struct namespace_params, allow), .fallback = "[\"*\"]",
     .doc = "Patterns of namespaces that workloads may be in."},
    {"deny", PARAM_GLOBS, offsetof(struct namespace_params, deny), .fallback = "[default]",
     .doc = "Patterns of namespaces that they may not be in, whatever allow says."},
};

enum { NOT_ALLOWED, UNNAMED };

static const struct problem problems[] = {
    [NOT_ALLOWED] = {.says = "is in the namespace \"{key}\"", .mend = "set it to {expected}"},
    [UNNAMED] = {.says = "names no namespace and would be in \"{key}\"",
                 .mend = "set it to {expected}, or name that with -n"},
};

/* "a namespace like team-*, but not team-legacy" */
static struct str describe(const struct check_ctx *ctx) {
    const struct namespace_params *p = ctx->params;
    struct strbuf text;
    strbuf_init(&text, ctx->arena, 64);
    strbuf_add(&text, STR("a namespace"));
    bool is_any = str_list_contains(&p->allow, STR("*"));
    for (size_t i = 0; !is_any && i < p->allow.count; i++)
        strbuf_printf(&text, "%s%.*s", i == 0 ? " like " : " or ", STR_ARGS(p->allow.items[i]));
    for (size_t i = 0; i < p->deny.count; i++)
        strbuf_printf(&text, "%s%.*s",
                      i > 0    ? ", "
                      : is_any ? " other than "
                               : ", but not ",
                      STR_ARGS(p->deny.items[i]));
    return strbuf_str(&text);
}

static void evaluate(const struct check_ctx *ctx, struct findings *findings) {
    const struct namespace_params *p = ctx->params;
    if (glob_match_any(&p->allow, ctx->name_space) && !glob_match_any(&p->deny, ctx->name_space))
        return;
    struct str own = ctx->workload->meta.name_space;
    finding_add(findings,
                (struct finding){.problem = &problems[str_is_empty(own) ? UNNAMED : NOT_ALLOWED],
                                 .root = FINDING_OBJECT,
                                 .key = ctx->name_space,
                                 .field = STR("metadata.namespace"),
                                 .actual = own,
                                 .expected = describe(ctx)});
}

const struct check check_namespace = {
    .id = "namespace",
    .title = "Workloads are in their own namespaces",
    .rationale =
        "What is in the namespace default, mostly by a forgotten -n, shares quotas, network "
        "policies and service accounts with everything else that was forgotten. The parameters say "
        "where workloads may be; where rules apply is a matter of match. In podgate check an object "
        "without a namespace is in the one that -n names, else in default.",
    .references = "CIS Kubernetes Benchmark: The default namespace should not be used\n"
                  "Kubernetes documentation: Namespaces",
    .theme = THEME_OBJECTS,
    .severity = SEVERITY_LOW,
    .scope = CHECK_POD,
    .judges_object = true,
    .problems = problems,
    .problem_count = sizeof problems / sizeof problems[0],
    .params = params,
    .param_count = sizeof params / sizeof params[0],
    .params_size = sizeof(struct namespace_params),
    .example_denied = "apiVersion: v1\n"
                      "kind: Pod\n"
                      "metadata: {name: web, namespace: default}\n"
                      "spec:\n"
                      "  containers:\n"
                      "  - name: web\n"
                      "    image: registry.example.com/web:1.4.2\n",
    .example_allowed = "apiVersion: v1\n"
                       "kind: Pod\n"
                       "metadata: {name: web, namespace: shop}\n"
                       "spec:\n"
                       "  containers:\n"
                       "  - name: web\n"
                       "    image: registry.example.com/web:1.4.2\n",
    .evaluate = evaluate,
};
