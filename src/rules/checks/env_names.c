#include "rules/check.h"

#include "base/glob.h"

struct env_names_params {
    struct str_list allow, deny;
    bool unique, allow_env_from;
};

static const struct param params[] = {
    {"allow", PARAM_GLOBS, offsetof(struct env_names_params, allow), .fallback = "[\"*\"]",
     .doc = "Patterns of names that may be set."},
    {"deny", PARAM_GLOBS, offsetof(struct env_names_params, deny), .fallback = "[]",
     .doc = "Patterns of names that may not be set, whatever allow says."},
    {"unique", PARAM_BOOL, offsetof(struct env_names_params, unique), .fallback = "true",
     .doc = "A name may be set only once in a container."},
    {"allowEnvFrom", PARAM_BOOL, offsetof(struct env_names_params, allow_env_from),
     .fallback = "true", .doc = "false: no envFrom, which brings names that cannot be seen."},
};

enum { NOT_ALLOWED, TWICE, ENV_FROM_USED };

static const struct problem problems[] = {
    [NOT_ALLOWED] = {.says = "{sets|set} the variable {key}, which is not allowed",
                     .mend = "remove it",
                     .hides_state = true},
    [TWICE] = {.says = "{sets|set} the variable {key} more than once",
               .mend = "remove all but one: the last one counts",
               .hides_state = true},
    [ENV_FROM_USED] = {.says = "{takes|take} variables from all keys of \"{key}\"",
                       .mend = "name each in env, with valueFrom",
                       .hides_state = true},
};

static void report(const struct check_ctx *ctx, struct findings *findings, int problem,
                   struct str list, size_t index, struct str name) {
    finding_add(findings, (struct finding){.problem = &problems[problem],
                                           .container = ctx->container,
                                           .list = list,
                                           .index = index,
                                           .key = name,
                                           .actual = name,
                                           .expected = STR("names that are allowed, each once")});
}

/* Not further back: a list of thousands must not cost millions. */
#define LOOK_BACK 256

static bool is_set_before(const struct container *container, size_t index) {
    for (size_t i = index > LOOK_BACK ? index - LOOK_BACK : 0; i < index; i++)
        if (str_equals(container->env[i].name, container->env[index].name)) return true;
    return false;
}

static void evaluate(const struct check_ctx *ctx, struct findings *findings) {
    const struct env_names_params *p = ctx->params;
    const struct container *container = ctx->container;
    for (size_t i = 0; i < container->env_count; i++) {
        struct str name = container->env[i].name;
        if (!glob_match_any(&p->allow, name) || glob_match_any(&p->deny, name))
            report(ctx, findings, NOT_ALLOWED, STR("env"), i, name);
        else if (p->unique && is_set_before(container, i))
            report(ctx, findings, TWICE, STR("env"), i, name);
    }
    for (size_t i = 0; i < container->env_from_count && !p->allow_env_from; i++)
        report(ctx, findings, ENV_FROM_USED, STR("envFrom"), i, container->env_from[i].name);
}

const struct check check_env_names = {
    .id = "env-names",
    .title = "Environment variables have names that the policy allows",
    .rationale =
        "A name that is set twice has the value of the last, and server-side apply refuses the "
        "list or loses one of them. Some names change how every program runs (LD_PRELOAD, "
        "NODE_OPTIONS, http_proxy): deny those that you do not want set. What envFrom brings is "
        "not in the object, so where only certain names are allowed it is better forbidden.",
    .references = "Kubernetes documentation: Define Environment Variables for a Container",
    .theme = THEME_SECRETS,
    .severity = SEVERITY_LOW,
    .scope = CHECK_CONTAINER,
    .problems = problems,
    .problem_count = sizeof problems / sizeof problems[0],
    .params = params,
    .param_count = sizeof params / sizeof params[0],
    .params_size = sizeof(struct env_names_params),
    .example_denied = "apiVersion: v1\n"
                      "kind: Pod\n"
                      "metadata: {name: web}\n"
                      "spec:\n"
                      "  containers:\n"
                      "  - name: web\n"
                      "    image: registry.example.com/web:1.4.2\n"
                      "    env:\n"
                      "    - {name: LOG_LEVEL, value: info}\n"
                      "    - {name: LOG_LEVEL, value: debug}\n",
    .example_allowed = "apiVersion: v1\n"
                       "kind: Pod\n"
                       "metadata: {name: web}\n"
                       "spec:\n"
                       "  containers:\n"
                       "  - name: web\n"
                       "    image: registry.example.com/web:1.4.2\n"
                       "    env:\n"
                       "    - {name: LOG_LEVEL, value: info}\n",
    .evaluate = evaluate,
};
