/* What was recorded is one line, and is judged as the review was. */
#include "fuzz/fuzz.h"
#include "policy/recording.h"

static struct admission_outcome answer(struct fuzz *fuzz, struct str body) {
    struct admission_outcome outcome;
    struct admission_options options = {.limits = scan_limits_default, .mode = MODE_ENFORCE};
    admission_answer(&fuzz->arena, &options, fuzz->strict, STR_NONE, body, 1800000000, &outcome);
    return outcome;
}

void fuzz_recording(struct fuzz *fuzz, struct str input) {
    const struct recording_options options = {.limits = scan_limits_default, .keeps_users = true};
    struct admission_outcome was = answer(fuzz, input);
    struct strbuf out;
    if (!recording_is_worth(&was)) return;
    const struct recording_note note = {.profile = was.profile, .decision = was.decision};
    strbuf_init(&out, &fuzz->arena, 4096);
    if (!recording_write(&out, &options, &was.review, &note)) return;
    struct str line = strbuf_str(&out);
    FUZZ_EXPECT(str_find_char(line, '\n') == line.len - 1);
    struct admission_outcome is = answer(fuzz, line);
    FUZZ_EXPECT(is.http_status == 200);
    if (!str_ends_with(line, STR("\"inexact\":0,\"usersRedacted\":false}}\n"))) return;
    FUZZ_EXPECT(is.decision == was.decision);
    FUZZ_EXPECT(str_equals(is.body, was.body));
}
