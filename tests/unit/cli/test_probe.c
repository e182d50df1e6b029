/* Samples as the webhook reads them, and answers as the API server reads them. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include "cli/probe_sample.h"
#include "cli/probe_verdict.h"
#include "kube/review.h"
#include "policy/admission.h"

static struct arena arena;
static struct error err;

static int begin(void **state) {
    (void)state;
    arena_init(&arena, 65536, 0);
    err = (struct error){.code = ERR_NONE};
    return 0;
}

static int end(void **state) {
    (void)state;
    arena_fini(&arena);
    return 0;
}

/* --- samples ---------------------------------------------------------------------------------- */

static struct review read_sample(enum probe_sample sample, struct str *body) {
    struct review review;
    assert_true(probe_sample_review(&arena, sample, STR("team-a"), STR("u-1"), body));
    if (!review_read(&arena, *body, &scan_limits_default, &review, &err))
        fail_msg("%s: %s", err.where, err.text);
    return review;
}

static void a_sample_is_a_whole_review(void **state) {
    (void)state;
    for (enum probe_sample sample = SAMPLE_GOOD; sample <= SAMPLE_BAD; sample++) {
        struct str body;
        const struct workload_kind *kind;
        struct review review = read_sample(sample, &body);
        assert_true(str_equals(review.uid, STR("u-1")));
        assert_true(str_equals(review.name_space, STR("team-a")));
        assert_true(review.dry_run);
        assert_int_equal(review.operation, OPERATION_CREATE);
        assert_int_equal(review_scope(&review, NULL, &kind), REVIEW_JUDGE);
        assert_int_equal(review.object.defect.kind, SCAN_FINE);
    }
}

static enum decision judge(struct snapshot *snapshot, enum probe_sample sample,
                           struct str profile) {
    struct admission_options options = {.limits = scan_limits_default, .mode = MODE_ENFORCE};
    struct admission_outcome outcome;
    struct str body;
    read_sample(sample, &body);
    admission_answer(&arena, &options, snapshot, profile, body, 0, &outcome);
    return outcome.decision;
}

static void samples_are_good_and_bad_under_every_built_in_profile(void **state) {
    (void)state;
    static const char *const profiles[] = {"default", "baseline", "restricted"};
    struct snapshot *snapshot = policy_compile(NULL, 0, NULL);
    assert_non_null(snapshot);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(judge(snapshot, SAMPLE_GOOD, str_from(profiles[i])), DECISION_ALLOWED);
        assert_int_equal(judge(snapshot, SAMPLE_BAD, str_from(profiles[i])), DECISION_DENIED);
    }
    snapshot_free(snapshot);
}

static void the_good_sample_keeps_to_every_check(void **state) {
    (void)state;
    struct strbuf text;
    strbuf_init(&text, &arena, 4096);
    strbuf_add(&text, STR("apiVersion: podgate.io/v1alpha1\nkind: Policy\nmetadata: {name: all}\n"
                          "spec:\n  rules:\n"));
    for (size_t i = 0; i < check_registry_count; i++) {
        /* One has no default path, one no default list of registries, one no level, one asks for a class that a cluster must have first, and
         * the sample belongs to nothing. */
        if (str_equals(str_from(check_registry[i]->id), STR("field"))) continue;
        if (str_equals(str_from(check_registry[i]->id), STR("image-registry"))) continue;
        if (str_equals(str_from(check_registry[i]->id), STR("pod-security"))) continue;
        if (str_equals(str_from(check_registry[i]->id), STR("runtime-class"))) continue;
        if (str_equals(str_from(check_registry[i]->id), STR("bare-pods"))) continue;
        strbuf_printf(&text, "  - check: %s\n", check_registry[i]->id);
    }
    struct policy_source source = {STR("all.yaml"), strbuf_str(&text)};
    struct snapshot *snapshot = policy_compile(&source, 1, NULL);
    assert_non_null(snapshot);
    assert_int_equal(judge(snapshot, SAMPLE_GOOD, STR("default")), DECISION_ALLOWED);
    snapshot_free(snapshot);
}

/* --- answers ---------------------------------------------------------------------------------- */

#define ANSWER(response)                                                                           \
    "{\"apiVersion\":\"admission.k8s.io/v1\",\"kind\":\"AdmissionReview\",\"response\":" response  \
    "}"

static bool read_verdict(const char *body, struct probe_verdict *verdict) {
    return probe_verdict_read(&arena, str_from(body), STR("u-1"), false, verdict, &err);
}

static void verdicts_are_read(void **state) {
    (void)state;
    struct probe_verdict verdict;
    assert_true(read_verdict(ANSWER("{\"uid\":\"u-1\",\"allowed\":true,\"warnings\":[\"w\"],"
                                    "\"auditAnnotations\":{\"violations\":\"v\"}}"),
                             &verdict));
    assert_true(verdict.allowed);
    assert_true(str_equals(verdict.violations, STR("v")));
    assert_int_equal(tree_count(verdict.warnings), 1);
    assert_true(read_verdict(ANSWER("{\"uid\":\"u-1\",\"allowed\":false,"
                                    "\"status\":{\"message\":\"no\",\"code\":403}}"),
                             &verdict));
    assert_false(verdict.allowed);
    assert_true(str_equals(verdict.message, STR("no")));
    assert_true(verdict.warnings == NULL && verdict.violations.len == 0);
}

static void what_the_api_server_would_refuse_is_refused(void **state) {
    (void)state;
    static const struct {
        const char *body, *where;
    } rows[] = {
        {ANSWER("{\"uid\":\"u-2\",\"allowed\":true}"), "response.uid"},
        {ANSWER("{\"allowed\":true}"), "response.uid"},
        {ANSWER("{\"uid\":\"u-1\"}"), "response.allowed"},
        {ANSWER("{\"uid\":\"u-1\",\"allowed\":\"true\"}"), "response.allowed"},
        {ANSWER("{\"uid\":\"u-1\",\"Allowed\":true}"), "response.allowed"},
        {ANSWER("{\"uid\":\"u-1\",\"allowed\":true,\"warnings\":\"w\"}"), "response.warnings"},
        {ANSWER("{\"uid\":\"u-1\",\"allowed\":true,\"warnings\":[1]}"), "response.warnings"},
        {ANSWER("{\"uid\":\"u-1\",\"allowed\":true,\"auditAnnotations\":{\"a\":1}}"),
         "response.auditAnnotations"},
        {ANSWER("{\"uid\":\"u-1\",\"allowed\":true,\"patch\":\"W10=\"}"), "response.patch"},
        {ANSWER("{\"uid\":\"u-1\",\"allowed\":true,\"patchType\":\"JSONPatch\"}"),
         "response.patch"},
        {ANSWER("{\"uid\":\"u-1\",\"allowed\":false,\"status\":\"no\"}"), "response.status"},
        {ANSWER("null"), "response"},
        {"{\"kind\":\"AdmissionReview\",\"apiVersion\":\"admission.k8s.io/v1beta1\","
         "\"response\":{\"uid\":\"u-1\",\"allowed\":true}}",
         "apiVersion"},
        {"{\"kind\":\"Status\",\"apiVersion\":\"v1\"}", "kind"},
        {"[]", "kind"},
        {"{", ""},
        {"", ""},
        {ANSWER("{\"uid\":\"u-1\",\"allowed\":false,\"allowed\":true}"), ""},
        {ANSWER("{\"uid\":\"u-1\",\"allowed\":true}") "{}", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct probe_verdict verdict;
        err = (struct error){.code = ERR_NONE};
        if (read_verdict(rows[i].body, &verdict)) fail_msg("row %zu is read", i);
        assert_int_not_equal(err.code, ERR_NONE);
        if (rows[i].where[0]) assert_string_equal(err.where, rows[i].where);
    }
}

static void an_old_review_is_answered_by_an_old_one(void **state) {
    (void)state;
    struct probe_verdict verdict;
    assert_true(probe_verdict_read(
        &arena,
        STR("{\"kind\":\"AdmissionReview\",\"apiVersion\":\"admission.k8s.io/v1beta1\","
            "\"response\":{\"uid\":\"u-1\",\"allowed\":true}}"),
        STR("u-1"), true, &verdict, &err));
    assert_true(verdict.allowed);
}

static void a_status_tells_its_message(void **state) {
    (void)state;
    struct str status = STR("{\"kind\":\"Status\",\"message\":\"no such profile\"}");
    assert_true(str_equals(probe_status_message(&arena, status), STR("no such profile")));
    assert_int_equal(probe_status_message(&arena, STR("<html>")).len, 0);
    assert_int_equal(probe_status_message(&arena, STR("{\"message\":\"x\"}")).len, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_sample_is_a_whole_review, begin, end),
        cmocka_unit_test_setup_teardown(samples_are_good_and_bad_under_every_built_in_profile,
                                        begin, end),
        cmocka_unit_test_setup_teardown(the_good_sample_keeps_to_every_check, begin, end),
        cmocka_unit_test_setup_teardown(verdicts_are_read, begin, end),
        cmocka_unit_test_setup_teardown(what_the_api_server_would_refuse_is_refused, begin, end),
        cmocka_unit_test_setup_teardown(an_old_review_is_answered_by_an_old_one, begin, end),
        cmocka_unit_test_setup_teardown(a_status_tells_its_message, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
