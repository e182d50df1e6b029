/* The flow and its failures. Whole answers are in tests/reviews/. */
#include "unit/policy/judged.h"

#include "policy/admission.h"
#include "text/json.h"

#define REVIEW(operation, kind, rest)                                                                    \
    "{\"apiVersion\":\"admission.k8s.io/v1\",\"kind\":\"AdmissionReview\",\"request\":{\"uid\":\"u-1\"," \
    "\"kind\":{\"group\":\"\",\"version\":\"v1\",\"kind\":\"" kind "\"},\"namespace\":\"team-a\","       \
    "\"name\":\"web\",\"operation\":\"" operation "\",\"userInfo\":{\"username\":\"alice\"}," rest       \
    "}}"
#define BAD                                                                                        \
    "{\"metadata\":{\"name\":\"web\"},\"spec\":{\"containers\":[{\"name\":\"a\",\"image\":\"x\"}]}}"
#define GOOD "{\"metadata\":{\"name\":\"web\"},\"spec\":{\"containers\":[]}}"
#define WORSE                                                                                      \
    "{\"metadata\":{\"name\":\"web\"},\"spec\":{\"containers\":["                                  \
    "{\"name\":\"a\",\"image\":\"x\"},{\"name\":\"b\",\"image\":\"y\"}]}}"
#define SCALED(replicas) "{\"spec\":{\"replicas\":" replicas ",\"template\":" WORSE "}}"
#define CREATE_BAD REVIEW("CREATE", "Pod", "\"object\":" BAD)
#define DENY POLICY("p", "  rules: [{check: image-tag}, {check: run-as-non-root}]\n")
#define EXCEPTION                                                                                  \
    "---\napiVersion: podgate.io/v1alpha1\nkind: Exception\nmetadata: {name: e}\n"                 \
    "spec: {rules: [p/image-tag], match: {containers: [b]}, owner: o, reason: r, "                 \
    "expires: 2027-01-20}\n"

static struct arena arena;
static struct admission_options options;
static struct admission_outcome outcome;

static int begin(void **state) {
    (void)state;
    arena_init(&arena, 65536, 0);
    options = (struct admission_options){.limits = scan_limits_default, .mode = MODE_ENFORCE};
    return 0;
}

static int end(void **state) {
    (void)state;
    arena_fini(&arena);
    return 0;
}

static void answer(const char *policy, const char *body) {
    struct snapshot *snapshot = judged_compile(&arena, policy);
    admission_answer(&arena, &options, snapshot, STR(""), str_from(body), 0, &outcome);
    snapshot_free(snapshot);
}

static void assert_skip(const char *body, enum admission_skip skip) {
    answer(DENY, body);
    assert_int_equal(outcome.http_status, 200);
    assert_int_equal(outcome.decision, DECISION_ALLOWED);
    assert_int_equal(outcome.skip, skip);
    assert_false(outcome.judged);
    assert_true(outcome.has_review);
}

static void what_needs_no_judging_is_allowed_and_says_why(void **state) {
    (void)state;
    assert_skip(REVIEW("DELETE", "Pod", "\"oldObject\":" BAD), SKIP_OPERATION);
    assert_skip(REVIEW("CREATE", "Pod", "\"subResource\":\"exec\",\"object\":" BAD),
                SKIP_SUBRESOURCE);
    assert_skip(REVIEW("CREATE", "Service", "\"object\":" BAD), SKIP_KIND);
    assert_skip(REVIEW("CREATE", "Pod", "\"object\":null"), SKIP_NO_OBJECT);
    assert_skip(REVIEW("CREATE", "ReplicationController",
                       "\"object\":{\"spec\":{\"template\":null}}"),
                SKIP_NO_OBJECT);
    assert_skip(REVIEW("UPDATE", "Pod",
                       "\"object\":{\"metadata\":{\"deletionTimestamp\":\"x\"},\"spec\":"
                       "{\"containers\":[{\"image\":\"x\"}]}},\"oldObject\":" BAD),
                SKIP_BEING_DELETED);
    assert_skip(REVIEW("UPDATE", "Pod", "\"object\":" BAD ",\"oldObject\":" BAD), SKIP_UNCHANGED);
    assert_skip(REVIEW("UPDATE", "PodTemplate",
                       "\"object\":{\"template\":" BAD "},\"oldObject\":{\"a\":1,\"template\":" BAD
                       "}"),
                SKIP_UNCHANGED);
}

/* The same pod spec in other bytes. */
static void an_update_is_compared_by_meaning(void **state) {
    (void)state;
    assert_skip(REVIEW("UPDATE", "Pod",
                       "\"object\":{\"spec\":{\"containers\":[{\"image\":\"x\",\"name\":"
                       "\"\\u0061\",\"tty\":null}]}},\"oldObject\":" BAD),
                SKIP_UNCHANGED);
    answer(DENY, REVIEW("UPDATE", "Pod", "\"object\":" BAD ",\"oldObject\":" GOOD));
    assert_int_equal(outcome.decision, DECISION_DENIED);
}

#define OBJECT_RULES                                                                               \
    POLICY("p", "  rules: [{check: metadata, params: {labels: {team: '*'}, on: "                   \
                "[object]}}, {check: image-tag}]\n")
#define LABELLED(labels)                                                                           \
    "{\"metadata\":{\"labels\":{" labels "}},\"spec\":{\"template\":{\"spec\":{\"containers\":"    \
    "[{\"name\":\"a\",\"image\":\"x\"}]}}}}"

/* Rules of the object ask for its labels; those of the pod stay out where only labels change. */
static void an_update_of_labels_is_judged_where_a_rule_reads_them(void **state) {
    (void)state;
    const char *removed =
        REVIEW("UPDATE", "ReplicationController",
               "\"object\":" LABELLED("") ",\"oldObject\":" LABELLED("\"team\":\"a\""));
    answer(DENY, removed);
    assert_int_equal(outcome.skip, SKIP_UNCHANGED);
    answer(OBJECT_RULES, removed);
    assert_int_equal(outcome.decision, DECISION_DENIED);
    assert_int_equal(outcome.judgement.count, 1);
    assert_int_equal(outcome.judgement.kept_count, 0);
    answer(OBJECT_RULES, REVIEW("UPDATE", "ReplicationController",
                                "\"object\":" LABELLED("") ",\"oldObject\":" LABELLED("")));
    assert_int_equal(outcome.skip, SKIP_UNCHANGED);
    answer(OBJECT_RULES,
           REVIEW("UPDATE", "ReplicationController",
                  "\"object\":" LABELLED("\"a\":\"b\"") ",\"oldObject\":" LABELLED("")));
    assert_int_equal(outcome.decision, DECISION_ALLOWED);
    assert_int_equal(outcome.judgement.kept_count, 1);
}

static void exempt_namespaces_are_exact_names(void **state) {
    (void)state;
    struct str names[] = {STR("kube-system"), STR("team-a")};
    options.exempt_namespaces = (struct str_list){names, 2};
    assert_skip(CREATE_BAD, SKIP_EXEMPT_NAMESPACE);
    names[1] = STR("team-*");
    answer(DENY, CREATE_BAD);
    assert_int_equal(outcome.decision, DECISION_DENIED);
    options.exempt_namespaces = (struct str_list){0};
}

/* Neither a tree nor a defect matters where no rule can be concerned. */
static void no_rule_no_tree(void **state) {
    (void)state;
    answer(POLICY("p", "  match: {namespaces: [other]}\n  rules: [{check: image-tag}]\n"),
           REVIEW("CREATE", "Pod", "\"object\":{\"spec\":{\"a\":\"\\u0000\"}}"));
    assert_int_equal(outcome.skip, SKIP_NO_RULE);
    assert_int_equal(outcome.decision, DECISION_ALLOWED);
}

static void every_decision_has_its_name(void **state) {
    (void)state;
    static const struct {
        const char *policy;
        enum mode mode;
        enum decision decision;
        const char *name;
    } rows[] = {
        {DENY, MODE_ENFORCE, DECISION_DENIED, "deny"},
        {DENY, MODE_WARN, DECISION_WOULD_DENY, "would_deny"},
        {DENY, MODE_AUDIT, DECISION_WOULD_DENY, "would_deny"},
        {POLICY("p", "  action: warn\n  rules: [{check: image-tag}]\n"), MODE_ENFORCE,
         DECISION_WARNED, "warn"},
        {POLICY("p", "  action: warn\n  rules: [{check: image-tag}]\n"), MODE_AUDIT,
         DECISION_AUDITED, "audit"},
        {POLICY("p", "  action: audit\n  rules: [{check: image-tag}]\n"), MODE_ENFORCE,
         DECISION_AUDITED, "audit"},
        {POLICY("p", "  rules: [{check: privileged}]\n"), MODE_ENFORCE, DECISION_ALLOWED, "allow"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        options.mode = rows[i].mode;
        answer(rows[i].policy, CREATE_BAD);
        assert_int_equal(outcome.decision, rows[i].decision);
        assert_true(str_equals(decision_name(outcome.decision), str_from(rows[i].name)));
        assert_true(outcome.judged);
        assert_int_equal(outcome.http_status, 200);
        assert_int_equal(str_contains(outcome.body, STR("\"allowed\":false")),
                         rows[i].decision == DECISION_DENIED);
    }
    options.mode = MODE_ENFORCE;
    for (int skip = SKIP_NONE; skip <= SKIP_NO_RULE; skip++)
        assert_true(admission_skip_name((enum admission_skip)skip).len > 0);
}

static void without_policies_there_is_no_verdict(void **state) {
    (void)state;
    admission_answer(&arena, &options, NULL, STR(""), STR(CREATE_BAD), 0, &outcome);
    assert_int_equal(outcome.http_status, 503);
    assert_string_equal(outcome.error_reason, "no_policy");
    assert_int_equal(outcome.decision, DECISION_ERROR);
    assert_true(str_contains(outcome.body, STR("\"kind\":\"Status\"")));
}

static void the_outcome_names_what_was_wrong(void **state) {
    (void)state;
    answer(DENY, "{}");
    assert_int_equal(outcome.http_status, 400);
    assert_string_equal(outcome.error_reason, "malformed");
    assert_false(outcome.has_review);
    answer(DENY, REVIEW("CREATE", "Pod", "\"object\":{\"spec\":7}"));
    assert_string_equal(outcome.error_reason, "unjudgeable");
    assert_int_equal(outcome.decision, DECISION_DENIED);
    assert_true(str_contains(outcome.error_text, STR("spec: must be an object")));
}

/* --- memory ------------------------------------------------------------------------------------- */

static size_t until_refusal;

static bool refuse_later(size_t bytes) {
    (void)bytes;
    return until_refusal == 0 || --until_refusal == 0;
}

static bool refuse_once(size_t bytes) {
    (void)bytes;
    return until_refusal > 0 && --until_refusal == 0;
}

/* Answers with the n-th allocation (and perhaps all later ones) refused, until none is. */
static void refuse_each(const char *body, bool (*refuse)(size_t), void (*check)(void)) {
    struct arena keep;
    arena_init(&keep, 4096, 0);
    struct snapshot *snapshot = judged_compile(&keep, DENY EXCEPTION);
    for (size_t n = 1;; n++) {
        struct arena own;
        arena_init(&own, 4096, 0);
        until_refusal = n;
        arena_refuse = refuse;
        admission_answer(&own, &options, snapshot, STR(""), str_from(body),
                         judged_noon("2027-01-15"), &outcome);
        arena_refuse = NULL;
        bool is_over = !arena_is_exhausted(&own);
        if (!is_over) check();
        arena_fini(&own);
        if (is_over) break;
        assert_true(n < 100000);
    }
    snapshot_free(snapshot);
    arena_fini(&keep);
}

static void is_our_failure(void) {
    assert_int_equal(outcome.http_status, 500);
    assert_int_equal(outcome.decision, DECISION_ERROR);
    assert_string_equal(outcome.error_reason, "memory");
    assert_true(str_contains(outcome.body, STR("\"kind\":\"Status\"")));
    assert_false(outcome.judged);
}

static void running_out_of_memory_is_never_a_verdict(void **state) {
    (void)state;
    options.mode = MODE_ENFORCE;
    refuse_each(CREATE_BAD, refuse_later, is_our_failure);
    refuse_each(CREATE_BAD, refuse_once, is_our_failure);
    refuse_each(REVIEW("UPDATE", "Pod", "\"object\":" BAD ",\"oldObject\":" GOOD), refuse_once,
                is_our_failure);
    refuse_each(REVIEW("UPDATE", "Pod", "\"object\":" WORSE ",\"oldObject\":" BAD), refuse_once,
                is_our_failure);
    refuse_each(REVIEW("UPDATE", "ReplicationController",
                       "\"object\":" SCALED("2") ",\"oldObject\":" SCALED("1")),
                refuse_once, is_our_failure);
    refuse_each(REVIEW("CREATE", "Pod", "\"object\":{\"spec\":7}"), refuse_once, is_our_failure);
}

/* Both are allowed, and warn: of the Pods to come, and of an exception's end. */
static void what_is_allowed_with_a_warning_is_a_warning(void **state) {
    (void)state;
    struct snapshot *snapshot = judged_compile(&arena, DENY EXCEPTION);
    const char *body = REVIEW("UPDATE", "ReplicationController",
                              "\"object\":" SCALED("2") ",\"oldObject\":" SCALED("1"));
    admission_answer(&arena, &options, snapshot, STR(""), str_from(body), judged_noon("2027-01-15"),
                     &outcome);
    assert_int_equal(outcome.decision, DECISION_WARNED);
    assert_int_equal(outcome.judgement.kept_count, 3);
    assert_int_equal(outcome.judgement.excused_count, 1);
    assert_int_equal(outcome.judgement.count, 0);
    assert_true(str_contains(outcome.body, STR("its new Pods will be refused")));
    assert_true(str_contains(outcome.body, STR("ends on 2027-01-20")));
    options.mode = MODE_AUDIT;
    admission_answer(&arena, &options, snapshot, STR(""), str_from(body), judged_noon("2027-01-15"),
                     &outcome);
    assert_int_equal(outcome.decision, DECISION_ALLOWED);
    assert_false(str_contains(outcome.body, STR("warnings")));
    options.mode = MODE_ENFORCE;
    snapshot_free(snapshot);
}

/* What cannot be read cannot be echoed; everything else is allowed, and says that it was not judged. */
static void is_allowed_with_an_error(void) {
    assert_int_equal(outcome.decision, DECISION_ERROR);
    assert_string_equal(outcome.error_reason, "memory");
    if (outcome.http_status == 500) return;
    assert_int_equal(outcome.http_status, 200);
    assert_true(outcome.has_review);
    assert_true(str_starts_with(outcome.body, STR("{\"apiVersion\":\"admission.k8s.io/v1\"")));
    assert_true(str_contains(outcome.body, STR("\"uid\":\"u-1\"")));
    assert_true(str_contains(outcome.body, STR("\"allowed\":true")));
    assert_true(str_contains(outcome.body, STR("\"error\":\"podgate ran out of memory")));
}

static size_t allowed, failed;

static void count_allowed(void) {
    is_allowed_with_an_error();
    if (outcome.http_status == 200)
        allowed++;
    else
        failed++;
}

static void an_audit_survives_running_out_of_memory(void **state) {
    (void)state;
    options.mode = MODE_AUDIT;
    allowed = failed = 0;
    refuse_each(CREATE_BAD, refuse_later, count_allowed);
    refuse_each(CREATE_BAD, refuse_once, count_allowed);
    assert_true(allowed > 2 * failed);
    options.mode = MODE_ENFORCE;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_needs_no_judging_is_allowed_and_says_why),
        cmocka_unit_test(an_update_is_compared_by_meaning),
        cmocka_unit_test(an_update_of_labels_is_judged_where_a_rule_reads_them),
        cmocka_unit_test(exempt_namespaces_are_exact_names),
        cmocka_unit_test(no_rule_no_tree),
        cmocka_unit_test(every_decision_has_its_name),
        cmocka_unit_test(without_policies_there_is_no_verdict),
        cmocka_unit_test(the_outcome_names_what_was_wrong),
        cmocka_unit_test(what_is_allowed_with_a_warning_is_a_warning),
        cmocka_unit_test(running_out_of_memory_is_never_a_verdict),
        cmocka_unit_test(an_audit_survives_running_out_of_memory),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
