#include "rules/check.h"

#include "base/glob.h"

struct service_account_params {
    struct str_list allow_token_of, allow_audiences, deny;
};

static const struct param params[] = {
    {"allowTokenOf", PARAM_GLOBS, offsetof(struct service_account_params, allow_token_of),
     .fallback = "[]",
     .doc = "Service accounts, by name, whose token pods may mount: operator, ci-*."},
    {"allowAudiences", PARAM_GLOBS, offsetof(struct service_account_params, allow_audiences),
     .fallback = "[\"*\"]",
     .doc = "Audiences of tokens that other pods may mount from projected volumes: vault, "
            "sts.amazonaws.com. A token without an audience is one for the Kubernetes API."},
    {"deny", PARAM_GLOBS, offsetof(struct service_account_params, deny), .fallback = "[default]",
     .doc = "Service accounts that pods may not run as. A pod that names none runs as default."},
};

enum { TOKEN, TOKEN_IN_VOLUME, AUDIENCE, DENIED };

static const struct problem problems[] = {
    [TOKEN] = {.says = "mounts a token for the Kubernetes API",
               .mend = "set {it|each} to false, unless the program calls the Kubernetes API"},
    [TOKEN_IN_VOLUME] = {.says = "mounts a token for the Kubernetes API in the volume \"{key}\"",
                         .mend = "remove {it|them}, or name the audience of another service",
                         .hides_state = true},
    [AUDIENCE] = {.says = "mounts a token for \"{detail}\" in the volume \"{key}\", which is not "
                          "allowed",
                  .mend = "remove {it|them}, or use the audience {expected}",
                  .hides_state = true},
    [DENIED] = {.says = "runs as the service account \"{detail}\", which is denied",
                .mend = "set {it|each} to a service account of its own"},
};

static void judge_volume(const struct check_ctx *ctx, struct findings *findings, size_t index) {
    const struct service_account_params *p = ctx->params;
    const struct volume *volume = &ctx->pod->volumes[index];
    for (struct volume_token token = {0}; volume_token_next(volume, &token);) {
        bool is_for_api = str_is_empty(token.audience);
        if (!is_for_api && glob_match_any(&p->allow_audiences, token.audience)) continue;
        finding_add(findings, (struct finding){
                                  .problem = &problems[is_for_api ? TOKEN_IN_VOLUME : AUDIENCE],
                                  .list = STR("volumes"),
                                  .index = index,
                                  .key = volume->name,
                                  .field = str_format(ctx->arena,
                                                      "projected.sources[%zu].serviceAccountToken",
                                                      token.source),
                                  .actual = token.audience,
                                  .expected = is_for_api ? STR("no token")
                                                         : param_strings_text(ctx->arena,
                                                                              &p->allow_audiences),
                                  .detail = token.audience,
                              });
    }
}

static void judge_token(const struct check_ctx *ctx, struct findings *findings, struct str name) {
    const struct service_account_params *p = ctx->params;
    enum flag flag = ctx->pod->automount_service_account_token;
    if (glob_match_any(&p->allow_token_of, name)) return;
    /* The token that is mounted by itself is such a volume too, and one finding is enough. */
    for (size_t i = 0; flag == FLAG_FALSE && i < ctx->pod->volume_count; i++)
        judge_volume(ctx, findings, i);
    if (flag == FLAG_FALSE) return;
    finding_add(findings, (struct finding){.problem = &problems[TOKEN],
                                           .field = STR("automountServiceAccountToken"),
                                           .actual = flag == FLAG_TRUE ? STR("true") : STR_NONE,
                                           .compared = name,
                                           .expected = STR("false")});
}

static void judge_name(const struct check_ctx *ctx, struct findings *findings, struct str name) {
    const struct service_account_params *p = ctx->params;
    if (!glob_match_any(&p->deny, name)) return;
    bool is_old = ctx->pod->has_old_service_account;
    finding_add(findings, (struct finding){
                              .problem = &problems[DENIED],
                              .field = is_old ? STR("serviceAccount") : STR("serviceAccountName"),
                              .actual = ctx->pod->service_account_name,
                              .expected = STR("a service account of its own"),
                              .detail = name,
                          });
}

static void evaluate(const struct check_ctx *ctx, struct findings *findings) {
    struct str name = ctx->pod->service_account_name;
    if (str_is_empty(name)) name = STR("default");
    judge_token(ctx, findings, name);
    judge_name(ctx, findings, name);
}

const struct check check_service_account = {
    .id = "service-account",
    .title = "Pods get an API token only where they need one",
    .rationale =
        "Unless a pod says automountServiceAccountToken: false, every container in it holds a "
        "token for the Kubernetes API, and whoever gets in may do what that service account "
        "may. Hardly any application calls the API. Pods that share the account default share "
        "whatever anybody ever grants to it. The pod's own field decides: podgate does not "
        "see the ServiceAccount object, where automounting can be off too. With the field false, "
        "tokens in projected volumes are judged.",
    .references = "CIS Kubernetes Benchmark: Ensure that Service Account Tokens are only "
                  "mounted where necessary; that default service accounts are not actively "
                  "used\n"
                  "NSA/CISA Kubernetes Hardening Guide: Protecting Pod service account tokens\n"
                  "Kubernetes documentation: Configure Service Accounts for Pods",
    .theme = THEME_SECRETS,
    .severity = SEVERITY_MEDIUM,
    .scope = CHECK_POD,
    .problems = problems,
    .problem_count = sizeof problems / sizeof problems[0],
    .params = params,
    .param_count = sizeof params / sizeof params[0],
    .params_size = sizeof(struct service_account_params),
    .example_denied = "apiVersion: v1\n"
                      "kind: Pod\n"
                      "metadata: {name: web}\n"
                      "spec:\n"
                      "  containers:\n"
                      "  - name: web\n"
                      "    image: registry.example.com/web:1.4.2\n",
    .example_allowed = "apiVersion: v1\n"
                       "kind: Pod\n"
                       "metadata: {name: web}\n"
                       "spec:\n"
                       "  serviceAccountName: web\n"
                       "  automountServiceAccountToken: false\n"
                       "  containers:\n"
                       "  - name: web\n"
                       "    image: registry.example.com/web:1.4.2\n",
    .evaluate = evaluate,
};
