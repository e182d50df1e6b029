#include "rules/check.h"

enum { ON_DISK, IN_MEMORY };

struct empty_dir_size_params {
    unsigned media;
    struct quantity_map maximum;
};

static const char *const medium_names[] = {[ON_DISK] = "disk", [IN_MEMORY] = "memory", NULL};

static const struct param params[] = {
    {"media", PARAM_CHOICES, offsetof(struct empty_dir_size_params, media),
     .fallback = "[disk, memory]", .choices = medium_names,
     .doc = "Which are judged: those on the node's disk, those in memory or huge pages."},
    {"maximum", PARAM_QUANTITIES, offsetof(struct empty_dir_size_params, maximum), .fallback = "{}",
     .doc = "The most that sizeLimit may be, by medium: {disk: 5Gi, memory: 256Mi}."},
};

enum { UNLIMITED, TOO_LARGE, BAD };

static const struct problem problems[] = {
    [UNLIMITED] = {.says = "has the empty directory \"{key}\" {detail} without a size limit",
                   .mend = "set it to {expected}"},
    [TOO_LARGE] = {.says =
                       "has the empty directory \"{key}\" {detail} with a limit above {expected}",
                   .mend = "set it to {expected} or less"},
    [BAD] = {.says = "has the empty directory \"{key}\" with a limit that is no quantity",
             .mend = "set it to {expected}"},
};

static const struct named_quantity *find_maximum(const struct quantity_map *maximum,
                                                 struct str medium) {
    for (size_t i = 0; i < maximum->count; i++)
        if (str_equals(maximum->items[i].name, medium)) return &maximum->items[i];
    return NULL;
}

static bool prepare(void *params_, struct arena *arena, struct error *err) {
    const struct empty_dir_size_params *p = params_;
    (void)arena;
    for (size_t i = 0; i < p->maximum.count; i++) {
        struct str medium = p->maximum.items[i].name;
        if (str_equals(medium, STR("disk")) || str_equals(medium, STR("memory"))) continue;
        error_set(err, ERR_SCHEMA, "%s is no medium: write disk or memory",
                  str_quoted(medium).text);
        return error_in(err, "maximum");
    }
    return true;
}

static void judge(const struct check_ctx *ctx, struct findings *findings, size_t index) {
    const struct empty_dir_size_params *p = ctx->params;
    const struct volume *volume = &ctx->pod->volumes[index];
    struct quantity size = {0};
    struct error err;
    int medium = str_is_empty(volume->empty_dir_medium) ? ON_DISK : IN_MEMORY;
    if (!(p->media & 1U << medium)) return;
    const struct named_quantity *maximum =
        find_maximum(&p->maximum, str_from(medium_names[medium]));
    bool is_set = !str_is_empty(volume->empty_dir_size);
    bool is_bad = is_set && !quantity_parse(volume->empty_dir_size, &size, &err);
    bool is_unlimited = !is_bad && !quantity_is_positive(&size);
    bool is_large = maximum && quantity_compare(&size, &maximum->quantity) > 0;
    if (!is_bad && !is_unlimited && !is_large) return;
    finding_add(findings,
                (struct finding){.problem = &problems[is_bad         ? BAD
                                                      : is_unlimited ? UNLIMITED
                                                                     : TOO_LARGE],
                                 .list = STR("volumes"),
                                 .index = index,
                                 .key = volume->name,
                                 .field = STR("emptyDir.sizeLimit"),
                                 .actual = volume->empty_dir_size,
                                 .expected = maximum ? maximum->written : STR("a size such as 1Gi"),
                                 .detail = medium == ON_DISK ? STR("on disk") : STR("in memory")});
}

static void evaluate(const struct check_ctx *ctx, struct findings *findings) {
    for (size_t i = 0; i < ctx->pod->volume_count; i++)
        if (str_equals(ctx->pod->volumes[i].source, STR("emptyDir"))) judge(ctx, findings, i);
}

const struct check check_empty_dir_size = {
    .id = "empty-dir-size",
    .title = "Empty directories have a size limit",
    .rationale =
        "An emptyDir without sizeLimit fills the node's disk, and with medium Memory the node's "
        "memory, until pods that did nothing wrong are evicted. With a limit the kubelet evicts "
        "the pod that breaks it. A limit of 0 is none. What is in a memory-backed directory "
        "counts as the memory of the containers that wrote it.",
    .references = "Kubernetes documentation: Volumes, emptyDir; Local ephemeral storage",
    .theme = THEME_RESOURCES,
    .severity = SEVERITY_LOW,
    .scope = CHECK_POD,
    .problems = problems,
    .problem_count = sizeof problems / sizeof problems[0],
    .params = params,
    .param_count = sizeof params / sizeof params[0],
    .params_size = sizeof(struct empty_dir_size_params),
    .example_denied = "apiVersion: v1\n"
                      "kind: Pod\n"
                      "metadata: {name: web}\n"
                      "spec:\n"
                      "  containers:\n"
                      "  - name: web\n"
                      "    image: registry.example.com/web:1.4.2\n"
                      "    volumeMounts: [{name: cache, mountPath: /cache}]\n"
                      "  volumes:\n"
                      "  - name: cache\n"
                      "    emptyDir: {}\n",
    .example_allowed = "apiVersion: v1\n"
                       "kind: Pod\n"
                       "metadata: {name: web}\n"
                       "spec:\n"
                       "  containers:\n"
                       "  - name: web\n"
                       "    image: registry.example.com/web:1.4.2\n"
                       "    volumeMounts: [{name: cache, mountPath: /cache}]\n"
                       "  volumes:\n"
                       "  - name: cache\n"
                       "    emptyDir: {sizeLimit: 1Gi}\n",
    .prepare = prepare,
    .evaluate = evaluate,
};
