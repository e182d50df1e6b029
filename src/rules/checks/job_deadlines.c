#include "rules/check.h"

enum { TTL, ACTIVE, STARTING };
enum { ALLOW, FORBID, REPLACE };

struct job_deadlines_params {
    unsigned require, concurrency;
    int64_t max_ttl, max_active, max_history;
};

static const char *const deadline_names[] = {[TTL] = "ttlSecondsAfterFinished",
                                             [ACTIVE] = "activeDeadlineSeconds",
                                             [STARTING] = "startingDeadlineSeconds",
                                             NULL};
static const char *const policy_names[] = {
    [ALLOW] = "Allow", [FORBID] = "Forbid", [REPLACE] = "Replace", NULL};

static const struct param params[] = {
    {"require", PARAM_CHOICES, offsetof(struct job_deadlines_params, require),
     .fallback = "[ttlSecondsAfterFinished, activeDeadlineSeconds, startingDeadlineSeconds]",
     .choices = deadline_names,
     .doc = "What must be set: the first on Jobs, the second on Jobs and in CronJobs' templates, "
            "the third on CronJobs."},
    {"maxTtlSeconds", PARAM_INT, offsetof(struct job_deadlines_params, max_ttl), .fallback = "0",
     .min = 0, .max = INT32_MAX,
     .doc = "The most that ttlSecondsAfterFinished may be; 0: anything."},
    {"maxActiveSeconds", PARAM_INT, offsetof(struct job_deadlines_params, max_active),
     .fallback = "0", .min = 0, .max = INT32_MAX,
     .doc = "The most that activeDeadlineSeconds may be; 0: anything."},
    {"concurrency", PARAM_CHOICES, offsetof(struct job_deadlines_params, concurrency),
     .fallback = "[Allow, Forbid, Replace]", .choices = policy_names,
     .doc = "The concurrencyPolicy that a CronJob may have; unset is Allow."},
    {"maxHistory", PARAM_INT, offsetof(struct job_deadlines_params, max_history), .fallback = "10",
     .min = 0, .max = INT32_MAX,
     .doc = "The most finished Jobs of one sort that a CronJob may keep; unset it keeps 3 that "
            "succeeded and 1 that failed."},
};

enum { NO_TTL, NO_ACTIVE, NO_STARTING, SHORT_START, TOO_LONG, TOO_MANY, CONCURRENT };

static const struct problem problems[] = {
    [NO_TTL] = {.says = "is never removed once it has finished",
                .mend = "set it to the seconds that its logs are worth, such as 86400"},
    [NO_ACTIVE] = {.says = "has no deadline: what hangs runs for ever",
                   .mend = "set it to more seconds than it ever took"},
    [NO_STARTING] = {.says = "starts a run that was missed, however late it is",
                     .mend = "set it to the seconds by which a run may be late, such as 300"},
    [SHORT_START] = {.says = "may never start: its times are looked at every 10 seconds",
                     .mend = "set it to 10 or more"},
    [TOO_LONG] = {.says = "has {detail} above {expected}", .mend = "set it to {expected} or less"},
    [TOO_MANY] = {.says = "keeps more than {expected} finished Jobs",
                  .mend = "set it to {expected} or less"},
    [CONCURRENT] = {.says = "has the concurrencyPolicy {detail}", .mend = "set it to {expected}"},
};

#define START_SECONDS_MIN 10

/* One number of the object's spec. */
struct number {
    const struct optional_int *value;
    struct str path;
};

static void report(const struct check_ctx *ctx, struct findings *findings, int problem,
                   const struct number *number, int64_t limit) {
    const struct optional_int *value = number->value;
    size_t name = str_find_last_char(number->path, '.') + 1;
    finding_add(findings,
                (struct finding){.problem = &problems[problem],
                                 .root = FINDING_OBJECT,
                                 .field = number->path,
                                 .actual = value->is_set ? str_format(ctx->arena, "%lld",
                                                                      (long long)value->value)
                                                         : STR_NONE,
                                 .expected = limit > 0
                                                 ? str_format(ctx->arena, "%lld", (long long)limit)
                                                 : STR("a number of seconds"),
                                 .detail = str_slice(number->path, name, number->path.len)});
}

static void judge_active(const struct check_ctx *ctx, struct findings *findings, struct str path) {
    const struct job_deadlines_params *p = ctx->params;
    const struct number active = {&ctx->workload->spec.active_deadline, path};
    if (!active.value->is_set && p->require & 1U << ACTIVE)
        report(ctx, findings, NO_ACTIVE, &active, 0);
    if (p->max_active > 0 && active.value->is_set && active.value->value > p->max_active)
        report(ctx, findings, TOO_LONG, &active, p->max_active);
}

static void judge_job(const struct check_ctx *ctx, struct findings *findings) {
    const struct job_deadlines_params *p = ctx->params;
    const struct number ttl = {&ctx->workload->spec.ttl_after_finished,
                               STR("spec.ttlSecondsAfterFinished")};
    if (!ttl.value->is_set && p->require & 1U << TTL) report(ctx, findings, NO_TTL, &ttl, 0);
    if (p->max_ttl > 0 && ttl.value->is_set && ttl.value->value > p->max_ttl)
        report(ctx, findings, TOO_LONG, &ttl, p->max_ttl);
    judge_active(ctx, findings, STR("spec.activeDeadlineSeconds"));
}

static void judge_concurrency(const struct check_ctx *ctx, struct findings *findings) {
    const struct job_deadlines_params *p = ctx->params;
    struct str written = ctx->workload->spec.concurrency_policy;
    struct str policy = str_is_empty(written) ? STR("Allow") : written;
    if (param_choices_have(policy_names, p->concurrency, policy)) return;
    finding_add(findings, (struct finding){.problem = &problems[CONCURRENT],
                                           .root = FINDING_OBJECT,
                                           .field = STR("spec.concurrencyPolicy"),
                                           .actual = written,
                                           .expected = param_choices_text(ctx->arena, policy_names,
                                                                          p->concurrency),
                                           .detail = policy});
}

static void judge_cron_job(const struct check_ctx *ctx, struct findings *findings) {
    const struct job_deadlines_params *p = ctx->params;
    const struct workload_spec *spec = &ctx->workload->spec;
    const struct number starting = {&spec->starting_deadline, STR("spec.startingDeadlineSeconds")};
    const struct number histories[] = {{&spec->successful_history,
                                        STR("spec.successfulJobsHistoryLimit")},
                                       {&spec->failed_history, STR("spec.failedJobsHistoryLimit")}};
    if (!starting.value->is_set && p->require & 1U << STARTING)
        report(ctx, findings, NO_STARTING, &starting, 0);
    if (starting.value->is_set && starting.value->value < START_SECONDS_MIN)
        report(ctx, findings, SHORT_START, &starting, START_SECONDS_MIN);
    for (size_t i = 0; i < sizeof histories / sizeof histories[0]; i++)
        if (histories[i].value->is_set && histories[i].value->value > p->max_history)
            report(ctx, findings, TOO_MANY, &histories[i], p->max_history);
    judge_concurrency(ctx, findings);
    judge_active(ctx, findings, STR("spec.jobTemplate.spec.activeDeadlineSeconds"));
}

static bool prepare(void *params_, struct arena *arena, struct error *err) {
    const struct job_deadlines_params *p = params_;
    (void)arena;
    if (p->concurrency) return true;
    error_set(err, ERR_SCHEMA, "concurrency is empty: no CronJob could ever be made");
    return error_in(err, "concurrency");
}

/* A Job with a controller has what its CronJob's template says, and is removed with that one's history. */
static void evaluate(const struct check_ctx *ctx, struct findings *findings) {
    const struct workload *workload = ctx->workload;
    if (workload_is_cron_job(workload)) judge_cron_job(ctx, findings);
    if (workload_is_job(workload) && str_is_empty(workload->meta.owner_kind))
        judge_job(ctx, findings);
}

const struct check check_job_deadlines = {
    .id = "job-deadlines",
    .title = "Jobs and CronJobs end, and are removed",
    .rationale =
        "A Job without activeDeadlineSeconds that hangs holds its resources for ever; without "
        "ttlSecondsAfterFinished it stays, with its Pods, until somebody deletes it. A CronJob "
        "without startingDeadlineSeconds starts what it missed however late it is. CronJobs remove their Jobs by their history limits, so no ttlSecondsAfterFinished "
        "is asked of them, and a Job that a CronJob or another controller made is not judged: what "
        "made it is.",
    .references = "Kubernetes documentation: Jobs; Automatic Cleanup for Finished Jobs; CronJob",
    .theme = THEME_AVAILABILITY,
    .severity = SEVERITY_LOW,
    .scope = CHECK_POD,
    .judges_object = true,
    .problems = problems,
    .problem_count = sizeof problems / sizeof problems[0],
    .params = params,
    .param_count = sizeof params / sizeof params[0],
    .params_size = sizeof(struct job_deadlines_params),
    .example_denied = "apiVersion: batch/v1\n"
                      "kind: Job\n"
                      "metadata: {name: import}\n"
                      "spec:\n"
                      "  template:\n"
                      "    spec:\n"
                      "      restartPolicy: Never\n"
                      "      containers:\n"
                      "      - name: import\n"
                      "        image: registry.example.com/import:1.4.2\n",
    .example_allowed = "apiVersion: batch/v1\n"
                       "kind: Job\n"
                       "metadata: {name: import}\n"
                       "spec:\n"
                       "  ttlSecondsAfterFinished: 86400\n"
                       "  activeDeadlineSeconds: 3600\n"
                       "  template:\n"
                       "    spec:\n"
                       "      restartPolicy: Never\n"
                       "      containers:\n"
                       "      - name: import\n"
                       "        image: registry.example.com/import:1.4.2\n",
    .prepare = prepare,
    .evaluate = evaluate,
};
