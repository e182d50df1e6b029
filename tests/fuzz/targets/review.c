/* Any bytes get an answer that the API server understands, the same each time; mode audit denies nothing. */
#include "fuzz/fuzz.h"
#include "policy/admission.h"

static const struct cJSON *expect_object(const struct cJSON *parent, const char *name) {
    const struct cJSON *found = tree_find(parent, str_from(name));
    FUZZ_EXPECT(tree_is_object(found));
    return found;
}

static void expect_annotations(const struct cJSON *response) {
    const struct cJSON *annotations = tree_find(response, STR("auditAnnotations"));
    if (!annotations) return;
    for (const struct cJSON *item = annotations->child; item; item = item->next) {
        FUZZ_EXPECT(tree_is_string(item));
        FUZZ_EXPECT(tree_key(item).len > 0 && tree_key(item).len <= 63);
    }
}

static void expect_warnings(const struct cJSON *response) {
    const struct cJSON *warnings = tree_find(response, STR("warnings"));
    if (!warnings) return;
    for (const struct cJSON *item = warnings->child; item; item = item->next)
        FUZZ_EXPECT(str_utf8_count(tree_string(item)) <= VERDICT_WARNING_MAX);
}

/* As the API server reads it. */
static void expect_verdict(const struct admission_outcome *outcome, const struct cJSON *body) {
    const struct cJSON *response = expect_object(body, "response");
    const struct cJSON *allowed = tree_find(response, STR("allowed"));
    FUZZ_EXPECT(str_equals(tree_string(tree_find(body, STR("kind"))), STR("AdmissionReview")));
    FUZZ_EXPECT(str_equals(tree_string(tree_find(response, STR("uid"))), outcome->review.uid));
    FUZZ_EXPECT(tree_is_bool(allowed));
    FUZZ_EXPECT(!tree_find(response, STR("patch")) && !tree_find(response, STR("patchType")));
    expect_annotations(response);
    expect_warnings(response);
    bool may_deny = outcome->decision == DECISION_DENIED || outcome->decision == DECISION_ERROR;
    FUZZ_EXPECT(tree_is_true(allowed) || may_deny);
    if (tree_is_true(allowed)) return;
    const struct cJSON *status = expect_object(response, "status");
    struct str message = tree_string(tree_find(status, STR("message")));
    FUZZ_EXPECT(message.len > 0 && message.len <= VERDICT_MESSAGE_MAX);
    FUZZ_EXPECT(!tree_find(response, STR("warnings")));
}

static void expect_answer(struct fuzz *fuzz, const struct admission_outcome *outcome) {
    struct document document;
    struct error err = {0};
    FUZZ_EXPECT(json_read(&fuzz->arena, outcome->body, &scan_limits_default, &document, &err));
    int code = outcome->http_status;
    FUZZ_EXPECT(code == 200 || code == 400 || code == 404);
    if (code == 200)
        expect_verdict(outcome, document.root);
    else
        FUZZ_EXPECT(str_equals(tree_string(tree_find(document.root, STR("kind"))), STR("Status")));
}

static void answer(struct fuzz *fuzz, enum mode mode, struct str input,
                   struct admission_outcome *outcome) {
    struct admission_options options = {.limits = scan_limits_default, .mode = mode};
    admission_answer(&fuzz->arena, &options, fuzz->strict, STR_NONE, input, 1800000000, outcome);
    expect_answer(fuzz, outcome);
}

void fuzz_review(struct fuzz *fuzz, struct str input) {
    struct admission_outcome enforced, again, audited;
    answer(fuzz, MODE_ENFORCE, input, &enforced);
    answer(fuzz, MODE_ENFORCE, input, &again);
    answer(fuzz, MODE_AUDIT, input, &audited);
    FUZZ_EXPECT(str_equals(enforced.body, again.body));
    FUZZ_EXPECT(audited.decision != DECISION_DENIED);
    FUZZ_EXPECT(audited.http_status == enforced.http_status);
    bool would_deny = audited.decision == DECISION_WOULD_DENY || audited.decision == DECISION_ERROR;
    FUZZ_EXPECT(enforced.decision != DECISION_DENIED || would_deny);
}
