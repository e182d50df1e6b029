#include "rules/check.h"

#include "base/glob.h"
#include "rules/secret.h"

struct env_secrets_params {
    bool names, values, allow_secret_key_ref;
    struct str_list extra_names, ignore_names, from_secret_key_ref;
};

static const struct param params[] = {
    {"names", PARAM_BOOL, offsetof(struct env_secrets_params, names), .fallback = "true",
     .doc = "Literal values of variables whose names tell of a secret: DB_PASSWORD, apiToken, "
            "but not TOKEN_TTL or PASSWORD_FILE."},
    {"values", PARAM_BOOL, offsetof(struct env_secrets_params, values), .fallback = "true",
     .doc = "Literal values that are secrets by their own shape: private keys, tokens of known "
            "makers, passwords in URLs."},
    {"extraNames", PARAM_GLOBS, offsetof(struct env_secrets_params, extra_names), .fallback = "[]",
     .doc = "Patterns of further names that tell of a secret, with their case."},
    {"ignoreNames", PARAM_GLOBS, offsetof(struct env_secrets_params, ignore_names),
     .fallback = "[]",
     .doc = "Patterns of names whose literal values are never reported, with their case."},
    {"fromSecretKeyRef", PARAM_GLOBS, offsetof(struct env_secrets_params, from_secret_key_ref),
     .fallback = "[]",
     .doc = "Patterns of names that must be taken from a secretKeyRef wherever they are set."},
    {"allowSecretKeyRef", PARAM_BOOL, offsetof(struct env_secrets_params, allow_secret_key_ref),
     .fallback = "true",
     .doc = "false: secrets are mounted as files only; secretKeyRef and envFrom.secretRef are "
            "findings too."},
};

enum { IN_CLEAR, NOT_FROM_SECRET, FROM_SECRET, ALL_FROM_SECRET };

static const struct problem problems[] = {
    [IN_CLEAR] = {.says = "{holds|hold} {detail} in clear in env {key}",
                  .mend = "replace value by valueFrom: {secretKeyRef: {name: <secret>, key: "
                          "<key>}}",
                  .hides_state = true},
    [NOT_FROM_SECRET] = {.says = "{does|do} not take env {key} from a Secret",
                         .mend = "write valueFrom: {secretKeyRef: {name: <secret>, key: <key>}}",
                         .hides_state = true},
    [FROM_SECRET] = {.says = "{takes|take} env {key} from a Secret",
                     .mend = "remove {it|them}, mount the Secret as a volume and read the file",
                     .hides_state = true},
    [ALL_FROM_SECRET] = {.says = "{takes|take} all keys of the Secret \"{key}\" as env",
                         .mend =
                             "remove {it|them}, mount the Secret as a volume and read its files",
                         .hides_state = true},
};

static bool prepare(void *params_, struct arena *arena, struct error *err) {
    const struct env_secrets_params *p = params_;
    (void)arena;
    if (p->allow_secret_key_ref || p->from_secret_key_ref.count == 0) return true;
    error_set(err, ERR_SCHEMA, "fromSecretKeyRef asks for what allowSecretKeyRef: false forbids");
    return error_in(err, "fromSecretKeyRef");
}

static bool is_named(const struct str_list *globs, struct str name) {
    for (size_t i = 0; i < globs->count; i++) {
        if (glob_match(globs->items[i], name)) return true;
    }
    return false;
}

/* What secret the literal value is, or NULL. */
static const char *find_secret(const struct env_secrets_params *p, const struct env *env) {
    if (str_is_empty(env->value) || is_named(&p->ignore_names, env->name)) return NULL;
    const char *shape = p->values ? secret_value_shape(env->value) : NULL;
    if (shape) return shape;
    bool is_telling =
        (p->names && secret_name_is_telling(env->name)) || is_named(&p->extra_names, env->name);
    return is_telling && secret_value_is_literal(env->value) ? "a secret" : NULL;
}

static void judge_env(const struct check_ctx *ctx, struct findings *findings, size_t index) {
    const struct env_secrets_params *p = ctx->params;
    const struct env *env = &ctx->container->env[index];
    const char *secret = env->source == ENV_LITERAL ? find_secret(p, env) : NULL;
    struct finding finding = {.container = ctx->container,
                              .list = STR("env"),
                              .index = index,
                              .key = env->name,
                              .expected = STR("valueFrom.secretKeyRef")};
    if (secret) {
        finding.problem = &problems[IN_CLEAR];
        finding.compared = env->value;
        finding.detail = str_from(secret);
    } else if (env->source != ENV_SECRET && is_named(&p->from_secret_key_ref, env->name)) {
        finding.problem = &problems[NOT_FROM_SECRET];
        finding.compared = env->value;
    } else if (env->source == ENV_SECRET && !p->allow_secret_key_ref) {
        finding.problem = &problems[FROM_SECRET];
        finding.compared = str_format(ctx->arena, "%.*s/%.*s", STR_ARGS(env->source_name),
                                      STR_ARGS(env->source_key));
        finding.expected = STR("a mounted file");
    } else {
        return;
    }
    finding_add(findings, finding);
}

static void evaluate(const struct check_ctx *ctx, struct findings *findings) {
    const struct env_secrets_params *p = ctx->params;
    const struct container *container = ctx->container;
    for (size_t i = 0; i < container->env_count; i++)
        judge_env(ctx, findings, i);
    for (size_t i = 0; !p->allow_secret_key_ref && i < container->env_from_count; i++) {
        if (container->env_from[i].source != ENV_SECRET) continue;
        finding_add(findings, (struct finding){.problem = &problems[ALL_FROM_SECRET],
                                               .container = container,
                                               .list = STR("envFrom"),
                                               .index = i,
                                               .key = container->env_from[i].name,
                                               .expected = STR("a mounted file")});
    }
}

const struct check check_env_secrets = {
    .id = "env-secrets",
    .title = "No secrets in clear in environment variables",
    .rationale =
        "A literal value is readable by everyone who may read the pod, its Deployment or the "
        "repository it came from, and stays in their histories. A Secret has its own access "
        "rights, encryption at rest and rotation. Secrets are told by the variable's name or by "
        "the value's shape; an empty value, a reference such as $(OTHER), a path and a switch "
        "are none, a placeholder such as changeme is one. Values are never printed.",
    .references = "CIS Kubernetes Benchmark: Prefer using secrets as files over secrets as "
                  "environment variables\n"
                  "NSA/CISA Kubernetes Hardening Guide: Protecting secrets\n"
                  "Kubernetes documentation: Secrets; Good practices for Kubernetes Secrets",
    .severity = SEVERITY_HIGH,
    .scope = CHECK_CONTAINER,
    .problems = problems,
    .problem_count = sizeof problems / sizeof problems[0],
    .params = params,
    .param_count = sizeof params / sizeof params[0],
    .params_size = sizeof(struct env_secrets_params),
    .example_denied = "apiVersion: v1\n"
                      "kind: Pod\n"
                      "metadata: {name: web}\n"
                      "spec:\n"
                      "  containers:\n"
                      "  - name: web\n"
                      "    image: registry.example.com/web:1.4.2\n"
                      "    env:\n"
                      "    - name: DB_PASSWORD\n"
                      "      value: changeme\n",
    .example_allowed = "apiVersion: v1\n"
                       "kind: Pod\n"
                       "metadata: {name: web}\n"
                       "spec:\n"
                       "  containers:\n"
                       "  - name: web\n"
                       "    image: registry.example.com/web:1.4.2\n"
                       "    env:\n"
                       "    - name: DB_PASSWORD\n"
                       "      valueFrom: {secretKeyRef: {name: db, key: password}}\n",
    .prepare = prepare,
    .evaluate = evaluate,
};
