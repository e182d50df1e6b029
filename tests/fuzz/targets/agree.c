/*
 * `podgate check` finds in an object what the webhook finds when it is created: the same rules, at the same places, with the
 * same actions.
 */
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "desk/judge.h"
#include "fuzz/fuzz.h"
#include "policy/admission.h"

#define NOW 1800000000

/* What the webhook found, and how much of it the manifest's judge has found again. */
static const struct admission_outcome *expected;
static size_t found;

static bool is_same(const struct violation *a, const struct violation *b) {
    const struct finding *f = a->finding, *g = b->finding;
    return a->rule == b->rule && a->action == b->action && f->problem == g->problem &&
           f->index == g->index && !f->container == !g->container &&
           (!f->container || str_equals(f->container->name, g->container->name)) &&
           str_equals(f->field, g->field) && str_equals(f->key, g->key) &&
           str_equals(f->actual, g->actual);
}

static void take_result(struct format_sink *sink, const struct desk_result *result) {
    const struct violation *v = expected->judgement.first;
    (void)sink;
    while (v && !is_same(v, result->violation))
        v = v->next;
    FUZZ_EXPECT(v != NULL);
    found++;
}

static void take_nothing(struct format_sink *sink) { (void)sink; }
static void take_error(struct format_sink *sink, const struct desk_error *error) {
    (void)sink, (void)error;
}
static void take_end(struct format_sink *sink, const struct desk_summary *summary) {
    (void)sink, (void)summary;
}
/* What an annotation of the object suppresses counts: the webhook does not look at it. */
static const struct format counting = {.name = "counting",
                                       .begin = take_nothing,
                                       .result = take_result,
                                       .error = take_error,
                                       .end = take_end,
                                       .wants_suppressed = true};

static void judge_manifest(struct fuzz *fuzz, struct str text, struct judge *judge) {
    struct format_sink sink;
    struct desk_run run = {.profile = judge->profile};
    struct source source;
    int fd = memfd_create("fuzz", MFD_CLOEXEC);
    FUZZ_EXPECT(fd >= 0 && write(fd, text.at, text.len) == (ssize_t)text.len);
    struct str path = str_format(&fuzz->arena, "/proc/self/fd/%d", fd);
    const struct str_list operands = {&path, 1};
    format_sink_init(&sink, &counting, &run, stderr, false);
    judge->outputs = &sink;
    judge->output_count = 1;
    source_init(&source, &operands, (size_t)16 << 20);
    judge_init(judge);
    judge_source(judge, &source);
    judge_fini(judge);
    source_fini(&source);
    format_sink_fini(&sink);
    close(fd);
}

/* Whether it was sent as what it is now: a rule may look at what the API server has converted. */
static bool was_converted(const struct review *review) {
    const struct group_version_kind *sent = &review->request_kind, *kind = &review->kind;
    return sent->kind.len > 0 &&
           !(str_equals(sent->group, kind->group) && str_equals(sent->version, kind->version));
}

/* Whether the object says of itself what the request says of it; only then a manifest can be judged alike. */
static bool says_the_same(struct fuzz *fuzz, const struct review *review, struct str *text) {
    struct document document;
    struct error err;
    if (!json_read(&fuzz->arena, review->object.bytes, &scan_limits_default, &document, &err))
        return false;
    const struct cJSON *root = document.root, *metadata = tree_find(root, STR("metadata"));
    struct str group = review->kind.group,
               name_space = tree_string(tree_find(metadata, STR("namespace")));
    struct str api_version = str_format(&fuzz->arena, "%.*s%s%.*s", STR_ARGS(group),
                                        group.len > 0 ? "/" : "", STR_ARGS(review->kind.version));
    *text = review->object.bytes;
    return review->kind.version.len > 0 &&
           str_equals(tree_string(tree_find(root, STR("kind"))), review->kind.kind) &&
           str_equals(tree_string(tree_find(root, STR("apiVersion"))), api_version) &&
           (name_space.len == 0 || str_equals(name_space, review->name_space));
}

void fuzz_agree(struct fuzz *fuzz, struct str input) {
    struct admission_options options = {.limits = scan_limits_default, .mode = MODE_ENFORCE};
    struct admission_outcome outcome;
    struct str text;
    admission_answer(&fuzz->arena, &options, fuzz->strict, STR_NONE, input, NOW, &outcome);
    if (!outcome.judged || outcome.decision == DECISION_ERROR) return;
    if (outcome.review.operation != OPERATION_CREATE || outcome.review.sub_resource.len > 0 ||
        outcome.review.name_space.len == 0 || was_converted(&outcome.review))
        return;
    if (!says_the_same(fuzz, &outcome.review, &text)) return;
    struct judge judge = {.snapshot = fuzz->strict,
                          .profile = snapshot_find_profile(fuzz->strict, STR("default")),
                          .mode = MODE_ENFORCE,
                          .now = NOW,
                          .name_space = outcome.review.name_space};
    expected = &outcome;
    found = 0;
    judge_manifest(fuzz, text, &judge);
    /* What it complains of nobody takes for fine; an annotation that suppresses may be at fault too. */
    if (judge.summary.errors > 0) return;
    FUZZ_EXPECT(judge.summary.objects == 1);
    FUZZ_EXPECT(found == outcome.judgement.count);
    FUZZ_EXPECT(judge.summary.omitted == outcome.judgement.omitted);
}
