#include "rules/check.h"

#include "base/glob.h"
#include "rules/secret.h"

enum { IN_ENV = 1, IN_COMMAND = 2, IN_PROBES = 4, IN_ANNOTATIONS = 8, IN_OBJECT_ANNOTATIONS = 16 };

static const char *const places[] = {"env",         "command",           "probes",
                                     "annotations", "objectAnnotations", NULL};

struct env_secrets_params {
    bool names, values, allow_secret_key_ref;
    unsigned places;
    struct str_list extra_names, ignore_names, from_secret_key_ref;
};

static const struct param params[] = {
    {"names", PARAM_BOOL, offsetof(struct env_secrets_params, names), .fallback = "true",
     .doc = "Literal values of variables whose names tell of a secret: DB_PASSWORD, apiToken, "
            "but not TOKEN_TTL or PASSWORD_FILE. docs/secrets.md has the list."},
    {"values", PARAM_BOOL, offsetof(struct env_secrets_params, values), .fallback = "true",
     .doc = "Texts that hold a secret whatever their name: private keys, tokens of known makers, "
            "passwords in URLs, connection strings, flags and JSON."},
    {"places", PARAM_CHOICES, offsetof(struct env_secrets_params, places), .choices = places,
     .fallback = "[env, command, probes, annotations]",
     .doc = "Where to look: env; command and args; the commands and headers of probes and "
            "lifecycle hooks; annotations of the pod or its template; objectAnnotations, those of "
            "a workload itself."},
    {"extraNames", PARAM_GLOBS, offsetof(struct env_secrets_params, extra_names), .fallback = "[]",
     .doc = "Patterns of further names that tell of a secret, with their case."},
    {"ignoreNames", PARAM_GLOBS, offsetof(struct env_secrets_params, ignore_names),
     .fallback = "[]",
     .doc = "Patterns of names (of variables, headers, annotations) whose values are never "
            "reported, with their case."},
    {"fromSecretKeyRef", PARAM_GLOBS, offsetof(struct env_secrets_params, from_secret_key_ref),
     .fallback = "[]",
     .doc = "Patterns of names that must be taken from a secretKeyRef wherever they are set."},
    {"allowSecretKeyRef", PARAM_BOOL, offsetof(struct env_secrets_params, allow_secret_key_ref),
     .fallback = "true",
     .doc = "false: secrets are mounted as files only; secretKeyRef and envFrom.secretRef are "
            "findings too."},
};

enum {
    IN_CLEAR,
    IN_ARGUMENT,
    IN_EXEC,
    IN_HEADER,
    IN_ANNOTATION,
    NOT_FROM_SECRET,
    FROM_SECRET,
    ALL_FROM_SECRET,
};

static const struct problem problems[] = {
    [IN_CLEAR] = {.says = "{holds|hold} {detail} in clear in env {key}",
                  .mend = "replace value by valueFrom: {secretKeyRef: {name: <secret>, key: "
                          "<key>}}",
                  .hides_state = true},
    [IN_ARGUMENT] = {.says = "{holds|hold} {detail} in clear in {key}",
                     .mend = "write $(NAME) instead, and env NAME with valueFrom: {secretKeyRef: "
                             "{name: <secret>, key: <key>}}",
                     .hides_state = true,
                     .hides_line = true},
    [IN_EXEC] = {.says = "{holds|hold} {detail} in clear in {key}",
                 .mend = "let a shell read it, [sh, -c, '... \"$NAME\"'], from env NAME with "
                         "valueFrom: {secretKeyRef: {name: <secret>, key: <key>}}",
                 .hides_state = true,
                 .hides_line = true},
    [IN_HEADER] = {.says = "{holds|hold} {detail} in clear in {key}",
                   .mend = "remove it: probe a path that needs no login, or use exec with an env "
                           "from valueFrom: {secretKeyRef: {name: <secret>, key: <key>}}",
                   .hides_state = true,
                   .hides_line = true},
    [IN_ANNOTATION] = {.says = "{holds|hold} {detail} in clear in the annotation {key}",
                       .mend = "remove it, and keep it in a Secret",
                       .hides_state = true,
                       .hides_line = true},
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

static bool judges_object_with(const void *params_) {
    const struct env_secrets_params *p = params_;
    return p->places & IN_OBJECT_ANNOTATIONS;
}

/* --- what is a secret ------------------------------------------------------------------------ */

static bool is_telling(const struct env_secrets_params *p, struct str name) {
    return (p->names && secret_name_is_telling(name)) || glob_match_any(&p->extra_names, name);
}

/* What secret the value of something that has a name is, or NULL. */
static const char *find_named(const struct env_secrets_params *p, struct str name,
                              struct str value) {
    if (str_is_empty(value) || glob_match_any(&p->ignore_names, name)) return NULL;
    const char *shape = p->values ? secret_value_shape(value) : NULL;
    if (shape) return shape;
    return is_telling(p, name) && secret_value_is_literal(value) ? "a secret" : NULL;
}

/* --- env ------------------------------------------------------------------------------------- */

static void judge_env(const struct check_ctx *ctx, struct findings *findings, size_t index) {
    const struct env_secrets_params *p = ctx->params;
    const struct env *env = &ctx->container->env[index];
    bool is_judged = env->source == ENV_LITERAL && p->places & IN_ENV;
    const char *secret = is_judged ? find_named(p, env->name, env->value) : NULL;
    struct finding finding = {.container = ctx->container,
                              .list = STR("env"),
                              .index = index,
                              .key = env->name,
                              .expected = STR("valueFrom.secretKeyRef")};
    if (secret) {
        finding.problem = &problems[IN_CLEAR];
        finding.compared = env->value;
        finding.detail = str_from(secret);
    } else if (env->source != ENV_SECRET && glob_match_any(&p->from_secret_key_ref, env->name)) {
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

static void judge_env_from(const struct check_ctx *ctx, struct findings *findings) {
    const struct container *container = ctx->container;
    for (size_t i = 0; i < container->env_from_count; i++) {
        if (container->env_from[i].source != ENV_SECRET) continue;
        finding_add(findings, (struct finding){.problem = &problems[ALL_FROM_SECRET],
                                               .container = container,
                                               .list = STR("envFrom"),
                                               .index = i,
                                               .key = container->env_from[i].name,
                                               .expected = STR("a mounted file")});
    }
}

/* --- commands -------------------------------------------------------------------------------- */

/* "a secret (db-password)": the flag or the key behind which it stands. */
static struct str describe(struct arena *arena, const char *what, struct str name) {
    if (str_is_empty(name)) return str_from(what);
    return str_format(arena, "%s (%.*s)", what, STR_ARGS(name));
}

static struct str flag_name(struct str flag) {
    while (flag.len > 0 && flag.at[0] == '-')
        flag = str_slice(flag, 1, flag.len);
    return flag;
}

/* ["mysql", "--password", "hunter2"]: the secret is an argument of its own. */
static bool is_behind_flag(const struct str_list *words, size_t at) {
    return at > 0 && words->items[at].len > 0 && words->items[at].at[0] != '-' &&
           secret_is_flag(words->items[at - 1]) && secret_value_is_literal(words->items[at]);
}

static void judge_words(const struct check_ctx *ctx, struct findings *findings,
                        const struct str_list *words, int problem, struct str list,
                        struct str place) {
    const struct env_secrets_params *p = ctx->params;
    for (size_t i = 0; i < words->count; i++) {
        struct secret_hit hit;
        struct str detail, flag = i > 0 ? flag_name(words->items[i - 1]) : STR_NONE;
        if (p->values && secret_find(words->items[i], &hit)) {
            if (!str_is_empty(hit.name) && glob_match_any(&p->ignore_names, hit.name)) continue;
            detail = describe(ctx->arena, hit.what, hit.name);
        } else if (p->names && is_behind_flag(words, i) &&
                   !glob_match_any(&p->ignore_names, flag)) {
            detail = describe(ctx->arena, "a secret", flag);
        } else {
            continue;
        }
        finding_add(findings, (struct finding){.problem = &problems[problem],
                                               .container = ctx->container,
                                               .list = list,
                                               .index = i,
                                               .key = place,
                                               .compared = words->items[i],
                                               .detail = detail,
                                               .expected = STR("valueFrom.secretKeyRef")});
    }
}

static void judge_headers(const struct check_ctx *ctx, struct findings *findings,
                          const struct named_handler *named) {
    const struct handler *handler = named->handler;
    for (size_t i = 0; i < handler->header_count; i++) {
        const struct http_header *header = &handler->headers[i];
        const char *what = find_named(ctx->params, header->name, header->value);
        if (!what) continue;
        finding_add(findings, (struct finding){
                                  .problem = &problems[IN_HEADER],
                                  .container = ctx->container,
                                  .list = str_format(ctx->arena, "%.*s.httpGet.httpHeaders",
                                                     STR_ARGS(named->field)),
                                  .index = i,
                                  .key = str_format(ctx->arena, "the header %.*s of %.*s",
                                                    STR_ARGS(header->name), STR_ARGS(named->field)),
                                  .compared = header->value,
                                  .detail = str_from(what),
                                  .expected = STR("no secret"),
                              });
    }
}

static void judge_handlers(const struct check_ctx *ctx, struct findings *findings) {
    struct named_handler handlers[CONTAINER_HANDLERS];
    size_t count = container_handlers(ctx->container, handlers);
    for (size_t i = 0; i < count; i++) {
        const struct named_handler *named = &handlers[i];
        if (named->handler->command.count > 0)
            judge_words(ctx, findings, &named->handler->command, IN_EXEC,
                        str_format(ctx->arena, "%.*s.exec.command", STR_ARGS(named->field)),
                        named->field);
        judge_headers(ctx, findings, named);
    }
}

/* --- annotations ----------------------------------------------------------------------------- */

/* In annotations "secret" is the Kubernetes object, and some prefixes only tell where a secret is, or what it hashes to. */
static bool is_name_judged(struct str key) {
    static const struct str prefixes[] = {STR_INIT("checksum/"), STR_INIT("vault.hashicorp.com/"),
                                          STR_INIT("kubectl.kubernetes.io/"), STR_INIT("helm.sh/")};
    for (size_t i = 0; i < sizeof prefixes / sizeof prefixes[0]; i++) {
        if (str_starts_with(key, prefixes[i])) return false;
    }
    return !str_contains(key, STR("secret")) && !str_contains(key, STR("Secret"));
}

static const char *find_in_annotation(const struct env_secrets_params *p, struct str key,
                                      struct str value) {
    /* It repeats the whole object, whose own fields are judged. */
    if (str_equals(key, STR("kubectl.kubernetes.io/last-applied-configuration"))) return NULL;
    if (is_name_judged(key)) {
        size_t slash = str_find_char(key, '/');
        struct str name = slash < key.len ? str_slice(key, slash + 1, key.len) : key;
        bool is_template = str_contains(value, STR("{{"));
        if (!is_template && !glob_match_any(&p->ignore_names, key))
            return find_named(p, name, value);
    }
    return p->values && !glob_match_any(&p->ignore_names, key) ? secret_value_shape(value) : NULL;
}

static void judge_annotations(const struct check_ctx *ctx, struct findings *findings,
                              const struct meta *meta, enum finding_root root) {
    const char *map = root == FINDING_OBJECT ? "metadata.annotations" : "annotations";
    for (struct meta_annotation at = {0}; meta_annotation_next(meta, &at);) {
        const char *what = find_in_annotation(ctx->params, at.key, at.value);
        if (!what) continue;
        finding_add(findings,
                    (struct finding){
                        .problem = &problems[IN_ANNOTATION],
                        .root = root,
                        .field = str_format(ctx->arena, "%s['%.*s']", map, STR_ARGS(at.key)),
                        .key = at.key,
                        .compared = at.value,
                        .detail = str_from(what),
                        .expected = STR("no secret"),
                    });
    }
}

static void judge_metadata(const struct check_ctx *ctx, struct findings *findings) {
    const struct env_secrets_params *p = ctx->params;
    const struct workload *workload = ctx->workload;
    if (p->places & IN_ANNOTATIONS)
        judge_annotations(ctx, findings, &workload->pod_meta, FINDING_POD_METADATA);
    if (p->places & IN_OBJECT_ANNOTATIONS && !workload->kind->is_pod)
        judge_annotations(ctx, findings, &workload->meta, FINDING_OBJECT);
}

static void evaluate(const struct check_ctx *ctx, struct findings *findings) {
    const struct env_secrets_params *p = ctx->params;
    const struct container *container = ctx->container;
    if (!container) {
        judge_metadata(ctx, findings);
        return;
    }
    for (size_t i = 0; i < container->env_count; i++)
        judge_env(ctx, findings, i);
    if (!p->allow_secret_key_ref) judge_env_from(ctx, findings);
    if (p->places & IN_COMMAND) {
        judge_words(ctx, findings, &container->command, IN_ARGUMENT, STR("command"),
                    STR("command"));
        judge_words(ctx, findings, &container->args, IN_ARGUMENT, STR("args"), STR("args"));
    }
    if (p->places & IN_PROBES) judge_handlers(ctx, findings);
}

const struct check check_env_secrets = {
    .id = "env-secrets",
    .title = "No secrets in clear",
    .rationale =
        "A literal value is readable by everyone who may read the pod, its Deployment or the "
        "repository it came from, and stays in their histories; arguments are shown by ps too. A "
        "Secret has its own access rights, encryption at rest and rotation. Secrets are told by "
        "the name (of a variable, a flag, a header, an annotation) or by the value's shape; an "
        "empty value, a reference such as $(OTHER), a path and a switch are none, a placeholder "
        "such as changeme is one. Values are never printed.",
    .references = "CIS Kubernetes Benchmark: Prefer using secrets as files over secrets as "
                  "environment variables\n"
                  "NSA/CISA Kubernetes Hardening Guide: Protecting secrets\n"
                  "Kubernetes documentation: Secrets; Good practices for Kubernetes Secrets",
    .theme = THEME_SECRETS,
    .severity = SEVERITY_HIGH,
    .scope = CHECK_POD_AND_CONTAINER,
    .judges_object_with = judges_object_with,
    .judges_pod_too = true,
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
