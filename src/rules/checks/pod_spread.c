#include "rules/check.h"

#include "base/glob.h"

struct pod_spread_params {
    int64_t from_replicas;
    struct str_list topology_keys;
    bool hard;
};

static const struct param params[] = {
    {"fromReplicas", PARAM_INT, offsetof(struct pod_spread_params, from_replicas), .fallback = "2",
     .min = 2, .max = 100000, .doc = "The number of replicas from which a rule is asked for."},
    {"topologyKeys", PARAM_GLOBS, offsetof(struct pod_spread_params, topology_keys),
     .fallback = "[\"*\"]",
     .doc = "Patterns of topology keys of which one must be spread over, such as "
            "kubernetes.io/hostname or topology.kubernetes.io/zone."},
    {"hard", PARAM_BOOL, offsetof(struct pod_spread_params, hard), .fallback = "false",
     .doc = "true: only rules count that keep a Pod from being scheduled: DoNotSchedule, required "
            "anti-affinity."},
};

enum { NO_RULE, OTHER_PODS, OTHER_TOPOLOGY, SOFT };

static const struct problem problems[] = {
    [NO_RULE] = {.says = "does not spread its {detail} replicas over {expected}",
                 .mend = "add {topologyKey: kubernetes.io/hostname, maxSkew: 1, whenUnsatisfiable: "
                         "ScheduleAnyway, labelSelector: {matchLabels: <its own labels>}}"},
    [OTHER_PODS] = {.says = "spreads its {detail} replicas by labels that they do not have",
                    .mend = "let labelSelector select the labels of the pod template",
                    .hides_state = true},
    [OTHER_TOPOLOGY] = {.says = "does not spread its {detail} replicas over {expected}",
                        .mend = "add a rule for that topologyKey",
                        .hides_state = true},
    [SOFT] = {.says = "spreads its {detail} replicas only where that is convenient",
              .mend = "set whenUnsatisfiable to DoNotSchedule",
              .hides_state = true},
};

/* What the best of the rules lacks: nothing, or one of the problems. */
struct survey {
    const struct check_ctx *ctx;
    size_t label_count, work;
    bool has_any, selects_itself, has_topology, is_fine;
};

/* Comparisons of labels: rules behind so many do not count. */
#define WORK_MAX ((size_t)1 << 20)

static void add_rule(struct survey *survey, struct str topology_key,
                     const struct label_selector *selector, bool is_hard) {
    const struct pod_spread_params *p = survey->ctx->params;
    survey->has_any = true;
    survey->work += selector_size(selector) * survey->label_count;
    if (survey->work > WORK_MAX) return;
    if (!selector_selects(selector, survey->ctx->pod->meta->labels)) return;
    survey->selects_itself = true;
    if (!glob_match_any(&p->topology_keys, topology_key)) return;
    survey->has_topology = true;
    if (is_hard || !p->hard) survey->is_fine = true;
}

static void add_terms(struct survey *survey, const struct anti_affinity *terms, size_t count,
                      bool is_hard) {
    for (size_t i = 0; i < count; i++)
        add_rule(survey, terms[i].topology_key, &terms[i].selector, is_hard);
}

static struct survey survey_rules(const struct check_ctx *ctx) {
    const struct placement *placement = &ctx->pod->placement;
    struct survey survey = {.ctx = ctx, .label_count = tree_count(ctx->pod->meta->labels)};
    add_terms(&survey, placement->required_anti_affinity, placement->required_anti_affinity_count,
              true);
    add_terms(&survey, placement->preferred_anti_affinity, placement->preferred_anti_affinity_count,
              false);
    for (size_t i = 0; i < placement->spread_count; i++) {
        const struct topology_spread *spread = &placement->spreads[i];
        add_rule(&survey, spread->topology_key, &spread->selector,
                 str_equals(spread->when_unsatisfiable, STR("DoNotSchedule")));
    }
    return survey;
}

static struct str describe(const struct check_ctx *ctx) {
    const struct pod_spread_params *p = ctx->params;
    if (str_list_contains(&p->topology_keys, STR("*"))) return STR("nodes");
    return param_strings_text(ctx->arena, &p->topology_keys);
}

static void evaluate(const struct check_ctx *ctx, struct findings *findings) {
    const struct pod_spread_params *p = ctx->params;
    const struct optional_int *replicas = &ctx->workload->spec.replicas;
    if (!workload_is_scaled(ctx->workload) || replicas->value < p->from_replicas) return;
    struct survey survey = survey_rules(ctx);
    if (survey.is_fine) return;
    int problem = !survey.has_any          ? NO_RULE
                  : !survey.selects_itself ? OTHER_PODS
                  : !survey.has_topology   ? OTHER_TOPOLOGY
                                           : SOFT;
    finding_add(findings,
                (struct finding){.problem = &problems[problem],
                                 .root = FINDING_OBJECT,
                                 .field = str_format(ctx->arena, "%.*s.topologySpreadConstraints",
                                                     STR_ARGS(ctx->workload->kind->spec_path)),
                                 .expected = describe(ctx),
                                 .detail =
                                     str_format(ctx->arena, "%lld", (long long)replicas->value)});
}

const struct check check_pod_spread = {
    .id = "pod-spread",
    .title = "Replicas are spread over nodes",
    .rationale =
        "Replicas that all run on one node end with it. A pod template says where its Pods go by "
        "topologySpreadConstraints or podAntiAffinity, and such a rule helps only if its selector "
        "selects the Pods' own labels: one that was copied from another application spreads "
        "nothing. Deployments, StatefulSets, and ReplicaSets and ReplicationControllers that "
        "nothing controls are judged, from two replicas on. Without any rule the scheduler "
        "spreads a little by its own defaults.",
    .references =
        "Kubernetes documentation: Pod Topology Spread Constraints; Assigning Pods to Nodes",
    .theme = THEME_AVAILABILITY,
    .severity = SEVERITY_LOW,
    .scope = CHECK_POD,
    .problems = problems,
    .problem_count = sizeof problems / sizeof problems[0],
    .params = params,
    .param_count = sizeof params / sizeof params[0],
    .params_size = sizeof(struct pod_spread_params),
    .example_denied = "apiVersion: apps/v1\n"
                      "kind: Deployment\n"
                      "metadata: {name: web}\n"
                      "spec:\n"
                      "  replicas: 3\n"
                      "  selector: {matchLabels: {app: web}}\n"
                      "  template:\n"
                      "    metadata: {labels: {app: web}}\n"
                      "    spec:\n"
                      "      containers:\n"
                      "      - name: web\n"
                      "        image: registry.example.com/web:1.4.2\n",
    .example_allowed = "apiVersion: apps/v1\n"
                       "kind: Deployment\n"
                       "metadata: {name: web}\n"
                       "spec:\n"
                       "  replicas: 3\n"
                       "  selector: {matchLabels: {app: web}}\n"
                       "  template:\n"
                       "    metadata: {labels: {app: web}}\n"
                       "    spec:\n"
                       "      topologySpreadConstraints:\n"
                       "      - topologyKey: kubernetes.io/hostname\n"
                       "        maxSkew: 1\n"
                       "        whenUnsatisfiable: ScheduleAnyway\n"
                       "        labelSelector: {matchLabels: {app: web}}\n"
                       "      containers:\n"
                       "      - name: web\n"
                       "        image: registry.example.com/web:1.4.2\n",
    .evaluate = evaluate,
};
