#include "rules/check.h"

#include "base/glob.h"

struct host_aliases_params {
    struct str_list allow;
};

static const struct param params[] = {
    {"allow", PARAM_GLOBS, offsetof(struct host_aliases_params, allow), .fallback = "[]",
     .doc = "Host names that may be given an address: legacy.example.com, *.test."},
};

static const struct problem problems[] = {
    {.says = "gives {detail} the address {key}",
     .mend = "remove the entry, and let DNS or a Service name the host",
     .hides_state = true},
};

static bool is_allowed(const struct host_aliases_params *p, const struct host_alias *alias) {
    for (size_t i = 0; i < alias->hostnames.count; i++) {
        if (!glob_match_any(&p->allow, alias->hostnames.items[i])) return false;
    }
    return true;
}

static void evaluate(const struct check_ctx *ctx, struct findings *findings) {
    for (size_t i = 0; i < ctx->pod->host_alias_count; i++) {
        const struct host_alias *alias = &ctx->pod->host_aliases[i];
        if (is_allowed(ctx->params, alias)) continue;
        struct str names = str_join(ctx->arena, &alias->hostnames, STR(", "));
        finding_add(findings, (struct finding){.problem = &problems[0],
                                               .list = STR("hostAliases"),
                                               .index = i,
                                               .key = alias->ip,
                                               .actual = names,
                                               .expected = STR("no hostAliases"),
                                               .detail = names});
    }
}

const struct check check_host_aliases = {
    .id = "host-aliases",
    .title = "Pods do not overrule DNS",
    .rationale =
        "hostAliases write lines into the containers' /etc/hosts: a name then leads where the "
        "manifest says, past DNS and all that watches it, also for names whose owner knows "
        "nothing of it. Addresses grow stale there without a sign.",
    .references = "Kubernetes documentation: Adding entries to Pod /etc/hosts with "
                  "HostAliases\n"
                  "Trivy: KSV-0007",
    .theme = THEME_NETWORK,
    .severity = SEVERITY_LOW,
    .scope = CHECK_POD,
    .problems = problems,
    .problem_count = sizeof problems / sizeof problems[0],
    .params = params,
    .param_count = sizeof params / sizeof params[0],
    .params_size = sizeof(struct host_aliases_params),
    .example_denied = "apiVersion: v1\n"
                      "kind: Pod\n"
                      "metadata: {name: web}\n"
                      "spec:\n"
                      "  hostAliases:\n"
                      "  - ip: 10.1.2.3\n"
                      "    hostnames: [payments.example.com]\n"
                      "  containers:\n"
                      "  - name: web\n"
                      "    image: registry.example.com/web:1.4.2\n",
    .example_allowed = "apiVersion: v1\n"
                       "kind: Pod\n"
                       "metadata: {name: web}\n"
                       "spec:\n"
                       "  containers:\n"
                       "  - name: web\n"
                       "    image: registry.example.com/web:1.4.2\n",
    .evaluate = evaluate,
};
