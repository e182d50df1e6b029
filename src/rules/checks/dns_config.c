#include "rules/check.h"

#include "base/glob.h"

enum { CLUSTER_FIRST, WITH_HOST_NET, DEFAULT, NONE };

struct dns_config_params {
    unsigned policies;
    struct str_list nameservers;
    int64_t max_ndots;
};

static const char *const policy_names[] = {[CLUSTER_FIRST] = "ClusterFirst",
                                           [WITH_HOST_NET] = "ClusterFirstWithHostNet",
                                           [DEFAULT] = "Default",
                                           [NONE] = "None",
                                           NULL};

static const struct param params[] = {
    {"policies", PARAM_CHOICES, offsetof(struct dns_config_params, policies),
     .fallback = "[ClusterFirst, ClusterFirstWithHostNet, Default, None]", .choices = policy_names,
     .doc = "The dnsPolicy that a pod may have; unset is ClusterFirst."},
    {"nameservers", PARAM_GLOBS, offsetof(struct dns_config_params, nameservers), .fallback = "[]",
     .doc = "Patterns of addresses that dnsConfig.nameservers may hold."},
    {"maxNdots", PARAM_INT, offsetof(struct dns_config_params, max_ndots), .fallback = "15",
     .min = 0, .max = 15, .doc = "The most that the option ndots may be; unset it is 5."},
};

enum { POLICY, NAMESERVER, NDOTS };

static const struct problem problems[] = {
    [POLICY] = {.says = "has the DNS policy {detail}", .mend = "set it to {expected}"},
    [NAMESERVER] = {.says = "asks the nameserver {detail}", .mend = "remove it"},
    [NDOTS] = {.says = "has the DNS option ndots above {expected}",
               .mend = "set {name: ndots, value: \"{expected}\"}"},
};

#define NDOTS_UNSET 5

static void judge_policy(const struct check_ctx *ctx, struct findings *findings) {
    const struct dns_config_params *p = ctx->params;
    struct str written = ctx->pod->dns_policy;
    struct str policy = str_is_empty(written) ? str_from(policy_names[CLUSTER_FIRST]) : written;
    if (param_choices_have(policy_names, p->policies, policy)) return;
    finding_add(findings, (struct finding){.problem = &problems[POLICY],
                                           .field = STR("dnsPolicy"),
                                           .actual = written,
                                           .expected = param_choices_text(ctx->arena, policy_names,
                                                                          p->policies),
                                           .detail = policy});
}

static void judge_nameservers(const struct check_ctx *ctx, struct findings *findings) {
    const struct dns_config_params *p = ctx->params;
    const struct str_list *servers = &ctx->pod->dns.nameservers;
    for (size_t i = 0; i < servers->count; i++)
        if (!glob_match_any(&p->nameservers, servers->items[i]))
            finding_add(findings, (struct finding){.problem = &problems[NAMESERVER],
                                                   .list = STR("dnsConfig.nameservers"),
                                                   .index = i,
                                                   .key = servers->items[i],
                                                   .actual = servers->items[i],
                                                   .expected = STR("nameservers that are allowed"),
                                                   .detail = servers->items[i]});
}

static void judge_ndots(const struct check_ctx *ctx, struct findings *findings) {
    const struct dns_config_params *p = ctx->params;
    const struct dns_config *dns = &ctx->pod->dns;
    struct str written = STR_NONE;
    int64_t ndots = NDOTS_UNSET;
    for (size_t i = 0; i < dns->option_count; i++)
        if (str_equals(dns->options[i].name, STR("ndots"))) written = dns->options[i].value;
    /* What is no number resolvers read as none, and what is above 15 as 15. */
    if (!str_is_empty(written) && !str_to_int64(written, &ndots)) ndots = NDOTS_UNSET;
    if (ndots <= p->max_ndots || p->max_ndots == 15) return;
    finding_add(findings, (struct finding){.problem = &problems[NDOTS],
                                           .field = STR("dnsConfig.options"),
                                           .actual = written,
                                           .expected = str_format(ctx->arena, "%lld",
                                                                  (long long)p->max_ndots)});
}

static void evaluate(const struct check_ctx *ctx, struct findings *findings) {
    judge_policy(ctx, findings);
    judge_nameservers(ctx, findings);
    judge_ndots(ctx, findings);
}

static bool prepare(void *params_, struct arena *arena, struct error *err) {
    const struct dns_config_params *p = params_;
    (void)arena;
    if (p->policies) return true;
    error_set(err, ERR_SCHEMA, "policies is empty: every pod has one of them");
    return error_in(err, "policies");
}

const struct check check_dns_config = {
    .id = "dns-config",
    .title = "Pods resolve names as the policy says",
    .rationale =
        "Nameservers of its own take a Pod past the cluster's DNS, its logs and its policies. The "
        "option ndots, 5 unless it is set, makes every lookup of a name outside the cluster "
        "several lookups: 1 or 2 is enough where such names are written with a final dot or "
        "services with their namespace.",
    .references = "Kubernetes documentation: DNS for Services and Pods",
    .theme = THEME_NETWORK,
    .severity = SEVERITY_LOW,
    .scope = CHECK_POD,
    .problems = problems,
    .problem_count = sizeof problems / sizeof problems[0],
    .params = params,
    .param_count = sizeof params / sizeof params[0],
    .params_size = sizeof(struct dns_config_params),
    .example_denied = "apiVersion: v1\n"
                      "kind: Pod\n"
                      "metadata: {name: web}\n"
                      "spec:\n"
                      "  dnsPolicy: None\n"
                      "  dnsConfig: {nameservers: [203.0.113.53]}\n"
                      "  containers:\n"
                      "  - name: web\n"
                      "    image: registry.example.com/web:1.4.2\n",
    .example_allowed = "apiVersion: v1\n"
                       "kind: Pod\n"
                       "metadata: {name: web}\n"
                       "spec:\n"
                       "  dnsPolicy: ClusterFirst\n"
                       "  dnsConfig: {options: [{name: ndots, value: \"2\"}]}\n"
                       "  containers:\n"
                       "  - name: web\n"
                       "    image: registry.example.com/web:1.4.2\n",
    .prepare = prepare,
    .evaluate = evaluate,
};
