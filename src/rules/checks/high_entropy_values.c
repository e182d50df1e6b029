#include "rules/check.h"

#include "base/glob.h"
#include "rules/secret.h"

struct high_entropy_values_params {
    int64_t length, millibits;
    struct str_list ignore_names;
};

static const struct param params[] = {
    {"length", PARAM_INT, offsetof(struct high_entropy_values_params, length), .fallback = "20",
     .min = 12, .max = 256, .doc = "The shortest value that is looked at, in characters."},
    {"millibits", PARAM_INT, offsetof(struct high_entropy_values_params, millibits),
     .fallback = "3800", .min = 2000, .max = 6000,
     .doc = "The least entropy that is found, by Shannon over the value's characters, in "
            "thousandths of a bit a character. English text has about 3500 to 4000, 40 random "
            "characters of base64 about 4700."},
    {"ignoreNames", PARAM_GLOBS, offsetof(struct high_entropy_values_params, ignore_names),
     .fallback = "[]",
     .doc = "Patterns of names whose values are never reported, with their case."},
};

static const struct problem problem = {
    .says = "{holds|hold} what looks like a random key in env {key}",
    .mend = "if it is a secret, replace value by valueFrom: {secretKeyRef: {name: <secret>, key: "
            "<key>}}",
    .hides_state = true};

static void evaluate(const struct check_ctx *ctx, struct findings *findings) {
    const struct high_entropy_values_params *p = ctx->params;
    const struct container *container = ctx->container;
    for (size_t i = 0; i < container->env_count; i++) {
        const struct env *env = &container->env[i];
        if (env->source != ENV_LITERAL || glob_match_any(&p->ignore_names, env->name)) continue;
        if (!secret_value_is_random(env->value, (size_t)p->length, (unsigned)p->millibits))
            continue;
        finding_add(findings, (struct finding){.problem = &problem,
                                               .container = container,
                                               .list = STR("env"),
                                               .index = i,
                                               .key = env->name,
                                               .compared = env->value,
                                               .expected = STR("valueFrom.secretKeyRef")});
    }
}

const struct check check_high_entropy_values = {
    .id = "high-entropy-values",
    .title = "No values that look like random keys",
    .rationale =
        "env-secrets knows names and shapes; a key of a maker that it does not know, under a name "
        "that tells nothing, is seen only by its randomness. So are identifiers and hashes, "
        "which are harmless: give this rule the action warn or audit. Hexadecimal values "
        "(commits, digests, UUIDs) and base64 of text are never found. Values are never printed.",
    .references = "CIS Kubernetes Benchmark: Prefer using secrets as files over secrets as "
                  "environment variables\n"
                  "NSA/CISA Kubernetes Hardening Guide: Protecting secrets",
    .theme = THEME_SECRETS,
    .severity = SEVERITY_LOW,
    .scope = CHECK_CONTAINER,
    .problems = &problem,
    .problem_count = 1,
    .params = params,
    .param_count = sizeof params / sizeof params[0],
    .params_size = sizeof(struct high_entropy_values_params),
    .example_denied = "apiVersion: v1\n"
                      "kind: Pod\n"
                      "metadata: {name: web}\n"
                      "spec:\n"
                      "  containers:\n"
                      "  - name: web\n"
                      "    image: registry.example.com/web:1.4.2\n"
                      "    env:\n"
                      "    - name: UPSTREAM\n"
                      "      value: hJ8s2KqLx0Vb5NtRzW3yPd7G\n",
    .example_allowed = "apiVersion: v1\n"
                       "kind: Pod\n"
                       "metadata: {name: web}\n"
                       "spec:\n"
                       "  containers:\n"
                       "  - name: web\n"
                       "    image: registry.example.com/web:1.4.2\n"
                       "    env:\n"
                       "    - name: GIT_COMMIT\n"
                       "      value: 4bcff63911fcb4448bd4fdacec207030997caf25\n",
    .evaluate = evaluate,
};
