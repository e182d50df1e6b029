/* What a recorded review holds, and what it must not. That it is judged alike: tests/fuzz/targets/recording.c. */
#include "unit/policy/judged.h"

#include "policy/recording.h"

#define REVIEW(user, objects)                                                                            \
    "{\"apiVersion\":\"admission.k8s.io/v1\",\"kind\":\"AdmissionReview\",\"request\":{\"uid\":\"u-1\"," \
    "\"kind\":{\"group\":\"\",\"version\":\"v1\",\"kind\":\"Pod\"},\"namespace\":\"team-a\","            \
    "\"name\":\"web\",\"operation\":\"UPDATE\",\"userInfo\":" user "," objects "}}"
#define ALICE                                                                                      \
    "{\"username\":\"alice@example.com\",\"uid\":\"0815\",\"groups\":[\"staff-emea\","             \
    "\"system:authenticated\"],\"extra\":{\"scopes\":[\"s3\"]}}"

static struct arena arena;

static int begin(void **state) {
    (void)state;
    arena_init(&arena, 65536, 0);
    return 0;
}

static int end(void **state) {
    (void)state;
    arena_fini(&arena);
    return 0;
}

static bool record(const char *body, bool keeps_users, struct str *line) {
    const struct recording_options options = {.limits = scan_limits_default,
                                              .keeps_users = keeps_users};
    const struct recording_note note = {.unix_ms = 1700000000123,
                                        .profile = STR("team"),
                                        .mode = MODE_AUDIT,
                                        .decision = DECISION_WOULD_DENY,
                                        .allowed = true};
    struct review review;
    struct error err = {0};
    struct strbuf out;
    assert_true(review_read(&arena, str_from(body), &options.limits, &review, &err));
    strbuf_init(&out, &arena, 256);
    bool is_written = recording_write(&out, &options, &review, &note);
    *line = strbuf_str(&out);
    return is_written;
}

static void assert_lacks(struct str line, const char *secret) {
    if (str_contains(line, str_from(secret))) fail_msg("%s is in %s", secret, line.at);
}

static void assert_has(struct str line, const char *text) {
    if (!str_contains(line, str_from(text))) fail_msg("%s is not in %s", text, line.at);
}

static void every_place_of_a_secret_is_emptied(void **state) {
    (void)state;
    struct str line;
    assert_true(record(
        REVIEW(
            ALICE,
            "\"object\":{\"metadata\":{\"managedFields\":[{\"manager\":\"kubectl\"}],"
            "\"labels\":{\"app\":\"web\",\"token\":\"abc\"},\"annotations\":{"
            "\"kubectl.kubernetes.io/last-applied-configuration\":\"whole-object\","
            "\"db-password\":\"in-annotation\",\"note\":\"ghp_"
            "0123456789abcdefghij0123456789ABCD\","
            "\"container.apparmor.security.beta.kubernetes.io/auth-token\":\"runtime/default\"}},"
            "\"spec\":{\"nodeSelector\":{\"disk\":\"ssd\"},\"containers\":[{\"name\":\"web\","
            "\"image\":\"web:1\",\"command\":[\"run\",\"--password\",\"in-command\"],"
            "\"args\":[\"-pIn-argument\"],\"env\":[{\"name\":\"PLAIN\",\"value\":\"in-env\"},"
            "{\"name\":\"EMPTY\",\"value\":\"\"},{\"name\":\"DB\",\"valueFrom\":{\"secretKeyRef\":"
            "{\"name\":\"db\",\"key\":\"password\"}}}],\"livenessProbe\":{\"httpGet\":{"
            "\"httpHeaders\":[{\"name\":\"X-A\",\"value\":\"in-header\"}]}},"
            "\"lifecycle\":{\"preStop\":{\"exec\":{\"command\":[\"in-hook\"]}}}}],"
            "\"volumes\":[{\"name\":\"v\",\"flexVolume\":{\"options\":{\"password\":\"in-volume\"}}}]},"
            "\"status\":{\"message\":\"in-status\"}},\"oldObject\":{\"spec\":{\"containers\":["
            "{\"env\":[{\"name\":\"PLAIN\",\"value\":\"in-old-env\"}]}]}}"),
        false, &line));
    static const char *const secrets[] = {"alice",     "0815",         "staff-emea",
                                          "scopes",    "whole-object", "in-annotation",
                                          "ghp_0123",  "in-command",   "In-argument",
                                          "in-env",    "in-header",    "in-hook",
                                          "in-volume", "in-status",    "in-old-env",
                                          "manager",   "\n{"};
    for (size_t i = 0; i < sizeof secrets / sizeof secrets[0]; i++)
        assert_lacks(line, secrets[i]);
    static const char *const kept[] = {"system:authenticated",
                                       "\"labels\":{\"app\":\"web\",\"token\":\"abc\"}",
                                       "auth-token\":\"runtime/default\"",
                                       "\"--password\"",
                                       "\"EMPTY\",\"value\":\"\"",
                                       "\"secretKeyRef\":{\"name\":\"db\",\"key\":\"password\"}",
                                       "\"disk\":\"ssd\"",
                                       "\"allowed\":true",
                                       "\"time\":\"2023-11-14T22:13:20.123Z\"",
                                       "\"profile\":\"team\"",
                                       "\"decision\":\"would_deny\"",
                                       "\"usersRedacted\":true"};
    for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++)
        assert_has(line, kept[i]);
}

#define ENV(a, b)                                                                                  \
    "{\"spec\":{\"containers\":[{\"env\":[{\"name\":\"A\",\"value\":\"" a                          \
    "\"},{\"name\":\"B\",\"value\":\"" b "\"}]}]}}"

static void equal_values_stay_equal_and_others_differ(void **state) {
    (void)state;
    struct str line;
    assert_true(
        record(REVIEW(ALICE,
                      "\"object\":" ENV("one", "two") ",\"oldObject\":" ENV("two", "o\\u006ee")),
               true, &line));
    assert_has(line, "\"object\":" ENV("redacted-1", "redacted-2"));
    assert_has(line, "\"oldObject\":" ENV("redacted-2", "redacted-1"));
    assert_has(line, "alice@example.com");
    assert_has(line, "\"redacted\":4,\"inexact\":0,\"usersRedacted\":false");
    assert_lacks(line, "scopes");
}

static void what_is_spread_over_lines_becomes_one(void **state) {
    (void)state;
    struct str line;
    assert_true(record(REVIEW("{}", "\"object\":{ \"spec\" :\n{ \"containers\" :\t[ ] } }\n"),
                       false, &line));
    assert_has(line, "\"object\":{\"spec\":{\"containers\":[]}},\"oldObject\":null");
    assert_int_equal(str_find_char(line, '\n'), line.len - 1);
}

static void what_cannot_be_judged_is_not_recorded(void **state) {
    (void)state;
    struct str line;
    assert_false(record(REVIEW("{}", "\"object\":{\"a\":\"\\u0000\"}"), false, &line));
    assert_false(record(REVIEW("{}", "\"object\":null"), false, &line));
    assert_true(
        record(REVIEW("{}", "\"object\":{},\"oldObject\":{\"a\":\"\\u0000\"}"), false, &line));
    assert_has(line, "\"oldObject\":null");
}

static bool is_worth(enum admission_skip skip, const char *reason, int status) {
    return recording_is_worth(&(struct admission_outcome){
        .http_status = status, .has_review = true, .skip = skip, .error_reason = reason});
}

static void what_no_policy_could_judge_is_not_worth_a_line(void **state) {
    (void)state;
    assert_true(is_worth(SKIP_NONE, NULL, 200));
    assert_true(is_worth(SKIP_NO_RULE, NULL, 200));
    assert_false(is_worth(SKIP_UNCHANGED, NULL, 200));
    assert_false(is_worth(SKIP_EXEMPT_NAMESPACE, NULL, 200));
    assert_false(is_worth(SKIP_NONE, "unjudgeable", 200));
    assert_false(is_worth(SKIP_NONE, NULL, 500));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_place_of_a_secret_is_emptied, begin, end),
        cmocka_unit_test_setup_teardown(equal_values_stay_equal_and_others_differ, begin, end),
        cmocka_unit_test_setup_teardown(what_is_spread_over_lines_becomes_one, begin, end),
        cmocka_unit_test_setup_teardown(what_cannot_be_judged_is_not_recorded, begin, end),
        cmocka_unit_test(what_no_policy_could_judge_is_not_worth_a_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
