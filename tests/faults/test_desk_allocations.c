/*
 * Memory runs out, at any allocation, of podgate report, of podgate replay, and while a review is recorded. Then it is said; or there
 * is what there would have been. Nothing is told by half.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "desk/replay.h"
#include "desk/report.h"
#include "faults/refusal.h"
#include "faults/rows.h"
#include "golden/fixture.h"
#include "policy/recording.h"

#define NOW 1800000000

static void tell(const char *what, const struct refusal_count *count) {
    char came[128];
    snprintf(came, sizeof came, "no result %zu times, the right one %zu times", count->no_verdict,
             count->same);
    fault_row("allocations", what, count->refused, "refusals", came, 0);
    assert_true(count->works > 0 && count->no_verdict > 0);
}

static struct refusal_result result_of(bool is_whole, struct str text) {
    char *copy = malloc(text.len + 1);
    assert_non_null(copy);
    if (text.len > 0) memcpy(copy, text.at, text.len);
    copy[text.len] = '\0';
    return (struct refusal_result){is_whole, copy};
}

/* --- report ----------------------------------------------------------------------------------- */

typedef void (*report_writer)(const struct report *report, int64_t now, struct strbuf *out);

static void write_text(const struct report *report, int64_t now, struct strbuf *out) {
    report_write_text(report, now, false, out);
}

struct report_work {
    const char *path;
    report_writer write;
};

static struct refusal_result make_report(void *context) {
    const struct report_work *work = context;
    struct report report;
    struct arena arena;
    struct strbuf text;
    struct error err = {.code = ERR_NONE};
    arena_init(&arena, 65536, 0);
    strbuf_init(&text, &arena, 4096);
    report_init(&report);
    bool is_read = report_read(&report, str_from(work->path), &err);
    if (!is_read) assert_int_equal(err.code, ERR_MEMORY);
    if (is_read) work->write(&report, NOW, &text);
    bool is_whole = is_read && !arena_is_exhausted(&arena);
    struct refusal_result result = result_of(is_whole, is_whole ? strbuf_str(&text) : STR(""));
    report_fini(&report);
    arena_fini(&arena);
    return result;
}

static void a_report_is_made_whole_or_not_at_all(void **state) {
    (void)state;
    static const report_writer writers[] = {write_text, report_write_json, report_write_html};
    static const char *const inputs[] = {"tests/cli/report_text/one.log",
                                         "tests/cli/report_clean/one.log",
                                         "tests/cli/report_check_output/stdin"};
    struct refusal_count count;
    refusal_begin(&count);
    for (size_t i = 0; i < sizeof inputs / sizeof inputs[0]; i++)
        for (size_t w = 0; w < sizeof writers / sizeof writers[0]; w++) {
            struct report_work work = {inputs[i], writers[w]};
            refusal_try(&count, inputs[i], make_report, &work);
        }
    tell("an allocation refused while a report is made, as text, JSON and page", &count);
}

/* --- replay ----------------------------------------------------------------------------------- */

struct replay_work {
    const struct snapshot *snapshot;
    const char *path;
    bool as_json;
};

static bool take_all(struct replay *replay, struct replay_reader *reader) {
    struct replay_record record;
    struct error err = {.code = ERR_NONE};
    enum replay_next next;
    while ((next = replay_reader_next(reader, &record, &err)) == REPLAY_RECORD)
        replay_take(replay, &record);
    if (next == REPLAY_ERROR) assert_int_equal(err.code, ERR_MEMORY);
    return next == REPLAY_END && replay->failures == 0;
}

static struct refusal_result make_replay(void *context) {
    const struct replay_work *work = context;
    struct str operand = str_from(work->path);
    const struct str_list operands = {&operand, 1};
    struct arena arena;
    struct strbuf text;
    struct replay replay = {.candidate = work->snapshot,
                            .now = NOW,
                            .admission = {.limits = scan_limits_default, .mode = MODE_ENFORCE}};
    arena_init(&arena, 65536, 0);
    strbuf_init(&text, &arena, 4096);
    struct replay_reader *reader = replay_reader_new(&arena, &operands, (size_t)1 << 20);
    bool is_whole = reader != NULL;
    if (reader) {
        replay_init(&replay);
        is_whole = take_all(&replay, reader);
        replay_sort(&replay);
        if (work->as_json)
            replay_write_json(&text, &replay);
        else
            replay_write_text(&text, &replay);
        is_whole = is_whole && replay.failures == 0 && !arena_is_exhausted(&arena);
        replay_fini(&replay);
        replay_reader_free(reader);
    }
    struct refusal_result result = result_of(is_whole, is_whole ? strbuf_str(&text) : STR(""));
    arena_fini(&arena);
    return result;
}

static void a_replay_is_told_whole_or_said_not_to_be(void **state) {
    (void)state;
    static const char *const inputs[] = {"tests/cli/replay_audit/audit.log",
                                         "tests/cli/replay_recorded/recorded.jsonl"};
    struct refusal_count count;
    struct snapshot *snapshot = policy_compile(NULL, 0, NULL);
    assert_non_null(snapshot);
    refusal_begin(&count);
    for (size_t i = 0; i < sizeof inputs / sizeof inputs[0]; i++)
        for (int as_json = 0; as_json < 2; as_json++) {
            struct replay_work work = {snapshot, inputs[i], as_json};
            refusal_try(&count, inputs[i], make_replay, &work);
        }
    snapshot_free(snapshot);
    tell("an allocation refused while an audit log, or recorded reviews, are replayed", &count);
}

/* --- recording -------------------------------------------------------------------------------- */

struct recording_work {
    struct str body;
};

static struct refusal_result record(void *context) {
    const struct recording_work *work = context;
    const struct recording_options options = {.limits = scan_limits_default};
    const struct recording_note note = {.profile = STR("default"), .allowed = true};
    struct arena arena;
    struct strbuf line;
    struct review review;
    struct error err = {.code = ERR_NONE};
    arena_init(&arena, 4096, 0);
    strbuf_init(&line, &arena, 64);
    bool is_whole = review_read(&arena, work->body, &options.limits, &review, &err) &&
                    recording_write(&line, &options, &review, &note);
    struct refusal_result result = result_of(is_whole, is_whole ? strbuf_str(&line) : STR(""));
    arena_fini(&arena);
    return result;
}

static void a_review_is_recorded_without_its_secrets_or_not_at_all(void **state) {
    (void)state;
    static const char *const names[] = {"create-pod-bad-everything", "ratchet-secret-changed",
                                        "secrets-of-all-shapes"};
    struct refusal_count count;
    refusal_begin(&count);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char *path = fixture_format("tests/reviews/%s/request.json", names[i]);
        struct recording_work work;
        char *text = fixture_read(path, &work.body.len);
        work.body.at = text;
        refusal_try(&count, names[i], record, &work);
        free(text);
        free(path);
    }
    tell("an allocation refused while a review is recorded", &count);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_report_is_made_whole_or_not_at_all),
        cmocka_unit_test(a_replay_is_told_whole_or_said_not_to_be),
        cmocka_unit_test(a_review_is_recorded_without_its_secrets_or_not_at_all),
    };
    return cmocka_run_group_tests_name("desk allocations", tests, NULL, NULL);
}
