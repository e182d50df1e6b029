#include "rules/check.h"

#include "kube/capability.h"

struct drop_capabilities_params {
    struct str_list drop, allow_add;
    struct str allow_add_text; /* as a sentence shows it */
};

static const struct param params[] = {
    {"drop", PARAM_STRINGS, offsetof(struct drop_capabilities_params, drop), .fallback = "[ALL]",
     .doc = "What every container must drop. A container that drops ALL drops everything."},
    {"allowAdd", PARAM_STRINGS, offsetof(struct drop_capabilities_params, allow_add),
     .fallback = "[NET_BIND_SERVICE]",
     .doc = "What a container may add, compared without case and without a leading CAP_; "
            "ALL is anything."},
};

enum { DROPS_NOT_ALL, DROPS_NOT_ONE, ADDS };

static const struct problem problems[] = {
    [DROPS_NOT_ALL] = {.says = "{does|do} not drop all capabilities",
                       .mend = "set {it|each} to [ALL]"},
    [DROPS_NOT_ONE] = {.says = "{does|do} not drop the capability {detail}",
                       .mend = "add {detail} to the list, or set {it|each} to [ALL]"},
    [ADDS] = {.says = "{adds|add} the capability {key}",
              .mend = "remove {it|them}; {expected} may be added"},
};

static bool check_names(const struct str_list *names, const char *param, struct error *err) {
    size_t wrong = 0;
    return capability_check_names(names, &wrong, err) || param_error_in(err, param, wrong);
}

static bool prepare(void *params_, struct arena *arena, struct error *err) {
    struct drop_capabilities_params *p = params_;
    if (!check_names(&p->drop, "drop", err) || !check_names(&p->allow_add, "allowAdd", err))
        return false;
    struct str allowed = str_join(arena, &p->allow_add, STR(", "));
    p->allow_add_text =
        str_is_empty(allowed) ? STR("none") : str_format(arena, "only %.*s", STR_ARGS(allowed));
    return true;
}

static bool is_all(struct str name) { return capability_equals(name, STR("ALL")); }

/* In a pod ALL counts in exactly this spelling, as in the Pod Security Standards. */
static bool drops(const struct str_list *dropped, struct str wanted) {
    return str_list_contains(dropped, STR("ALL")) ||
           (!is_all(wanted) && capability_list_has(dropped, wanted));
}

static bool may_add(const struct drop_capabilities_params *p, struct str added) {
    return capability_list_has(&p->allow_add, STR("ALL")) ||
           capability_list_has(&p->allow_add, added);
}

static void judge_drop(const struct check_ctx *ctx, struct findings *findings) {
    const struct drop_capabilities_params *p = ctx->params;
    const struct str_list *dropped = &ctx->container->security.capabilities_drop;
    for (size_t i = 0; i < p->drop.count; i++) {
        struct str wanted = p->drop.items[i];
        if (drops(dropped, wanted)) continue;
        finding_add(findings,
                    (struct finding){.problem =
                                         &problems[is_all(wanted) ? DROPS_NOT_ALL : DROPS_NOT_ONE],
                                     .container = ctx->container,
                                     .field = STR("securityContext.capabilities.drop"),
                                     .actual = check_list_text(ctx->arena, dropped),
                                     .expected = is_all(wanted) ? STR("[ALL]") : wanted,
                                     .detail = wanted});
    }
}

static void judge_add(const struct check_ctx *ctx, struct findings *findings) {
    const struct drop_capabilities_params *p = ctx->params;
    const struct str_list *added = &ctx->container->security.capabilities_add;
    for (size_t i = 0; i < added->count; i++) {
        if (may_add(p, added->items[i])) continue;
        finding_add(findings, (struct finding){.problem = &problems[ADDS],
                                               .container = ctx->container,
                                               .list = STR("securityContext.capabilities.add"),
                                               .index = i,
                                               .key = added->items[i],
                                               .actual = added->items[i],
                                               .expected = p->allow_add_text});
    }
}

static void evaluate(const struct check_ctx *ctx, struct findings *findings) {
    /* Windows has no capabilities: the API server refuses the field there. */
    if (ctx->pod->is_windows) return;
    judge_drop(ctx, findings);
    judge_add(ctx, findings);
}

const struct check check_drop_capabilities = {
    .id = "drop-capabilities",
    .title = "Containers drop all capabilities",
    .rationale =
        "Container runtimes grant a set of Linux capabilities, parts of root's power, to every "
        "container; hardly any application needs one of them. Dropping ALL takes them away, from "
        "intruders too. A server that binds a port below 1024 may add NET_BIND_SERVICE again. "
        "Windows pods are exempt: they have no capabilities.",
    .references = "CIS Kubernetes Benchmark: Minimize the admission of containers with added "
                  "capabilities; with capabilities assigned\n"
                  "Pod Security Standards, restricted: Capabilities\n"
                  "Kubernetes documentation: Configure a Security Context for a Pod or Container",
    .theme = THEME_PRIVILEGES,
    .severity = SEVERITY_MEDIUM,
    .scope = CHECK_CONTAINER,
    .problems = problems,
    .problem_count = sizeof problems / sizeof problems[0],
    .params = params,
    .param_count = sizeof params / sizeof params[0],
    .params_size = sizeof(struct drop_capabilities_params),
    .example_denied = "apiVersion: v1\n"
                      "kind: Pod\n"
                      "metadata: {name: web}\n"
                      "spec:\n"
                      "  containers:\n"
                      "  - name: web\n"
                      "    image: registry.example.com/web:1.4.2\n"
                      "    securityContext:\n"
                      "      capabilities:\n"
                      "        drop: [NET_RAW]\n"
                      "        add: [SYS_PTRACE]\n",
    .example_allowed = "apiVersion: v1\n"
                       "kind: Pod\n"
                       "metadata: {name: web}\n"
                       "spec:\n"
                       "  containers:\n"
                       "  - name: web\n"
                       "    image: registry.example.com/web:1.4.2\n"
                       "    securityContext:\n"
                       "      capabilities:\n"
                       "        drop: [ALL]\n"
                       "        add: [NET_BIND_SERVICE]\n",
    .prepare = prepare,
    .evaluate = evaluate,
};
