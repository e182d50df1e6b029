/*
 * tests/reviews/NAME/request.json through admission gives exactly NAME/response.json. An optional
 * file NAME/options has lines `mode=audit`, `profile=NAME`, `policies=FILE`, `now=DAY`. Bodies that are too
 * large to keep, or that are made of others, are made here. expected.tsv has the verdicts, and the
 * rules broken, that the built-in default policy must come to.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "golden/review_case.h"
#include "policy/admission.h"
#include "text/json.h"

#define LINE_MAX_BYTES 512

struct judged {
    struct arena arena;
    struct snapshot *snapshot;
    struct admission_outcome outcome;
};

static void judge(struct judged *judged, const struct review_setting *setting, const char *body,
                  size_t length) {
    struct admission_options options = {.limits = scan_limits_default, .mode = setting->mode};
    arena_init(&judged->arena, 65536, 64 << 20);
    judged->snapshot = review_setting_load(setting);
    assert_non_null(judged->snapshot);
    /* An exact copy on the heap: reading past the end is seen by the sanitizer. */
    char *copy = malloc(length ? length : 1);
    if (length) memcpy(copy, body, length);
    admission_answer(&judged->arena, &options, judged->snapshot, str_from(setting->profile),
                     (struct str){copy, length}, setting->now, &judged->outcome);
    assert_true(judged->outcome.body.len > 0);
    struct str answer = str_copy(&judged->arena, judged->outcome.body);
    judged->outcome.body = answer;
    free(copy);
}

static void end(struct judged *judged) {
    snapshot_free(judged->snapshot);
    arena_fini(&judged->arena);
}

/* --- the folders ------------------------------------------------------------------------------ */

/* Literal env values of the request: none may be in the answer. */
static void assert_no_secret(const char *request, struct str answer) {
    static const char *const secrets[] = {"not-a-real", "BEGIN RSA", "AKIA", "s3cr3t", "hunter2"};
    (void)request;
    for (size_t i = 0; i < sizeof secrets / sizeof *secrets; i++)
        assert_false(str_contains(answer, str_from(secrets[i])));
    for (const char *at = request; (at = strstr(at, "\"value\":\"")); at++) {
        const char *start = at + strlen("\"value\":\"");
        const char *stop = strchr(start, '"');
        struct str value = {start, stop ? (size_t)(stop - start) : 0};
        if (value.len >= 6) assert_false(str_contains(answer, value));
    }
}

static void review_is_answered_so(void **state) {
    const char *name = *state;
    struct review_setting setting;
    struct judged judged, again;
    size_t length;
    review_setting_read(name, &setting);
    char *path = fixture_format(REVIEW_FOLDER "/%s/request.json", name);
    char *request = fixture_read(path, &length);
    judge(&judged, &setting, request, length);
    judge(&again, &setting, request, length);
    struct str answer = judged.outcome.body;
    assert_true(str_equals(answer, again.outcome.body));
    assert_true(str_starts_with(answer, judged.outcome.http_status == 200
                                            ? STR("{\"apiVersion\":\"admission.k8s.io/v1")
                                            : STR("{\"kind\":\"Status\",\"apiVersion\":\"v1\"")));
    if (memchr(request, 0, length) == NULL) assert_no_secret(request, answer);
    char *expected = fixture_format(REVIEW_FOLDER "/%s/response.json", name);
    fixture_expect(expected, answer.at, answer.len);
    free(expected);
    free(request);
    free(path);
    end(&again);
    end(&judged);
}

/* A mode below enforce never denies what the envelope lets it read. */
static void no_mode_below_enforce_denies(void **state) {
    const char *name = *state;
    struct review_setting setting;
    review_setting_read(name, &setting);
    size_t length;
    char *path = fixture_format(REVIEW_FOLDER "/%s/request.json", name);
    char *request = fixture_read(path, &length);
    for (int mode = MODE_AUDIT; mode < MODE_ENFORCE; mode++) {
        struct judged judged;
        setting.mode = (enum mode)mode;
        judge(&judged, &setting, request, length);
        if (judged.outcome.has_review) {
            assert_int_equal(judged.outcome.http_status, 200);
            assert_true(str_contains(judged.outcome.body, STR("\"allowed\":true")));
            if (mode == MODE_AUDIT)
                assert_false(str_contains(judged.outcome.body, STR("\"warnings\"")));
        }
        end(&judged);
    }
    free(request);
    free(path);
}

/* --- the table -------------------------------------------------------------------------------- */

static int compare_words(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* "env-secrets,resource-limits:warn": sorted, each once; "-" for none. */
static void rules_text(const struct judgement *judgement, char *text, size_t size) {
    char *words[64];
    size_t count = 0;
    for (const struct violation *v = judgement->first; v; v = v->next) {
        char *word = fixture_format("%.*s%s", STR_ARGS(v->rule->name),
                                    v->action == ACTION_WARN ? ":warn" : "");
        bool is_new = true;
        for (size_t i = 0; i < count; i++)
            is_new = is_new && strcmp(words[i], word) != 0;
        if (is_new && count < 64)
            words[count++] = word;
        else
            free(word);
    }
    qsort(words, count, sizeof *words, compare_words);
    snprintf(text, size, "%s", count ? "" : "-");
    for (size_t i = 0; i < count; i++) {
        size_t used = strlen(text);
        snprintf(text + used, size - used, "%s%s", i ? "," : "", words[i]);
        free(words[i]);
    }
}

static void assert_row(const char *name, const char *verdict, const char *rules) {
    struct review_setting setting = {.mode = MODE_ENFORCE};
    struct judged judged;
    size_t length;
    char *path = fixture_format(REVIEW_FOLDER "/%s/request.json", name), broken[LINE_MAX_BYTES];
    char *request = fixture_read(path, &length);
    judge(&judged, &setting, request, length);
    rules_text(&judged.outcome.judgement, broken, sizeof broken);
    const char *got = judged.outcome.decision == DECISION_DENIED ? "deny" : "allow";
    if (strcmp(got, verdict) != 0 || strcmp(broken, rules) != 0)
        fail_msg("%s: expected %s %s, got %s %s", name, verdict, rules, got, broken);
    free(request);
    free(path);
    end(&judged);
}

static void verdicts_are_those_of_the_table(void **state) {
    (void)state;
    char *table = fixture_read(REVIEW_FOLDER "/expected.tsv", NULL);
    size_t rows = 0;
    for (char *line = table, *next; *line; line = next) {
        next = line + strcspn(line, "\n");
        if (*next) *next++ = '\0';
        if (*line == '#') continue;
        char name[LINE_MAX_BYTES], verdict[16], rules[LINE_MAX_BYTES];
        assert_int_equal(sscanf(line, "%511s %15s %511s", name, verdict, rules), 3);
        assert_row(name, verdict, rules);
        rows++;
    }
    assert_true(rows >= 42);
    free(table);
}

/* --- bodies that are made here ---------------------------------------------------------------- */

#define BEFORE_OBJECT                                                                              \
    "{\"apiVersion\":\"admission.k8s.io/v1\",\"kind\":\"AdmissionReview\",\"request\":{"           \
    "\"uid\":\"u-1\",\"kind\":{\"group\":\"\",\"version\":\"v1\",\"kind\":\"Pod\"},"               \
    "\"resource\":{\"group\":\"\",\"version\":\"v1\",\"resource\":\"pods\"},"                      \
    "\"namespace\":\"default\",\"operation\":\"CREATE\",\"userInfo\":{},\"object\":"
#define AFTER_OBJECT "}}"

/* BEFORE + head + part repeated + middle + tail repeated + end + AFTER. */
static char *make(const char *head, const char *part, const char *middle, const char *tail,
                  const char *stop, size_t times, size_t *length) {
    struct arena arena;
    arena_init(&arena, 1 << 20, 0);
    struct strbuf body;
    strbuf_init(&body, &arena, 1 << 20);
    strbuf_add(&body, STR(BEFORE_OBJECT));
    strbuf_add(&body, str_from(head));
    for (size_t i = 0; i < times; i++)
        strbuf_add(&body, str_from(part));
    strbuf_add(&body, str_from(middle));
    for (size_t i = 0; i < times; i++)
        strbuf_add(&body, str_from(tail));
    strbuf_add(&body, str_from(stop));
    strbuf_add(&body, STR(AFTER_OBJECT));
    char *copy = malloc(body.len);
    memcpy(copy, body.at, body.len);
    *length = body.len;
    arena_fini(&arena);
    return copy;
}

/* Denied in these words when enforcing, allowed with an annotation when auditing. */
static void assert_unjudgeable(char *body, size_t length, const char *words) {
    struct review_setting setting = {.mode = MODE_ENFORCE};
    struct judged judged;
    judge(&judged, &setting, body, length);
    if (!str_contains(judged.outcome.body, str_from(words)))
        fail_msg("expected %s in %.*s", words, STR_ARGS(judged.outcome.body));
    assert_int_equal(judged.outcome.http_status, 200);
    assert_true(str_contains(judged.outcome.body, STR("\"allowed\":false")));
    assert_true(str_contains(judged.outcome.body, STR("podgate cannot judge this: ")));
    assert_string_equal(judged.outcome.error_reason, "unjudgeable");
    assert_true(judged.outcome.body.len < 2048);
    end(&judged);

    setting.mode = MODE_AUDIT;
    judge(&judged, &setting, body, length);
    assert_int_equal(judged.outcome.http_status, 200);
    assert_true(str_contains(judged.outcome.body, STR("\"allowed\":true")));
    assert_true(str_contains(judged.outcome.body, STR("\"error\":\"podgate cannot judge this: ")));
    assert_int_equal(judged.outcome.decision, DECISION_ERROR);
    end(&judged);
    free(body);
}

static void deep_nesting_is_unjudgeable(void **state) {
    (void)state;
    size_t length;
    char *body = make("{\"spec\":", "[", "", "]", "}", 10000, &length);
    assert_unjudgeable(body, length, "nested deeper than 64 levels");
}

static void many_values_are_unjudgeable(void **state) {
    (void)state;
    size_t length;
    char *body = make("{\"spec\":{\"securityContext\":{\"supplementalGroups\":[", "0,", "0", "",
                      "]}}}", 4 << 20, &length);
    assert_unjudgeable(body, length, "65536");
}

static void a_huge_string_is_unjudgeable(void **state) {
    (void)state;
    size_t length;
    char *body =
        make("{\"spec\":{\"hostname\":\"", "xxxxxxxxxxxxxxxx", "", "", "\"}}", 1 << 17, &length);
    assert_unjudgeable(body, length, "string");
}

/* The API server nests no deeper in what podgate does not read, but nobody may stop it there. */
static void depth_that_no_rule_reads_does_not_matter(void **state) {
    (void)state;
    struct review_setting setting = {.mode = MODE_ENFORCE};
    struct judged judged;
    size_t length;
    char *body =
        make("{\"metadata\":{\"managedFields\":", "[", "", "]", "},\"spec\":{}}", 200, &length);
    judge(&judged, &setting, body, length);
    assert_int_equal(judged.outcome.http_status, 200);
    assert_false(str_contains(judged.outcome.body, STR("cannot judge")));
    end(&judged);
    free(body);
}

/* Thousands of findings: bounded words, and still a denial. */
static void many_findings_make_a_bounded_denial(void **state) {
    (void)state;
    struct review_setting setting = {.mode = MODE_ENFORCE};
    struct judged judged;
    size_t length;
    char *body = make("{\"metadata\":{\"name\":\"many\"},\"spec\":{\"containers\":[",
                      "{\"name\":\"a\",\"image\":\"nginx\"},",
                      "{\"name\":\"b\",\"image\":\"nginx\"}", "", "]}}", 2000, &length);
    judge(&judged, &setting, body, length);
    assert_int_equal(judged.outcome.decision, DECISION_DENIED);
    assert_true(judged.outcome.judgement.omitted > 0);
    assert_true(judged.outcome.body.len < 32768);
    assert_true(str_contains(judged.outcome.body, STR(" more: run podgate check")));
    end(&judged);
    free(body);
}

/* Cut anywhere, a review is a 400 in words, never a verdict and never a crash. */
static void every_beginning_of_a_review_is_malformed(void **state) {
    (void)state;
    struct review_setting setting = {.mode = MODE_AUDIT};
    size_t length;
    char *request = fixture_read(REVIEW_FOLDER "/create-pod-bad-everything/request.json", &length);
    while (length > 0 && (request[length - 1] == '\n' || request[length - 1] == ' '))
        length--;
    for (size_t cut = 0; cut < length; cut += cut < 64 ? 1 : 13) {
        struct judged judged;
        judge(&judged, &setting, request, cut);
        assert_int_equal(judged.outcome.http_status, 400);
        assert_false(judged.outcome.has_review);
        end(&judged);
    }
    free(request);
}

/* --- run -------------------------------------------------------------------------------------- */

int main(void) {
    const struct CMUnitTest made[] = {
        cmocka_unit_test(verdicts_are_those_of_the_table),
        cmocka_unit_test(deep_nesting_is_unjudgeable),
        cmocka_unit_test(many_values_are_unjudgeable),
        cmocka_unit_test(a_huge_string_is_unjudgeable),
        cmocka_unit_test(depth_that_no_rule_reads_does_not_matter),
        cmocka_unit_test(many_findings_make_a_bounded_denial),
        cmocka_unit_test(every_beginning_of_a_review_is_malformed),
    };
    struct fixture_names folders = review_names();
    int failures = fixture_run("answers", folders, review_is_answered_so);
    failures += fixture_run("modes", folders, no_mode_below_enforce_denies);
    failures += cmocka_run_group_tests_name("made", made, NULL, NULL);
    failures += folders.count < 42; /* a folder that was not found is no success */
    fixture_names_free(&folders);
    return failures;
}
