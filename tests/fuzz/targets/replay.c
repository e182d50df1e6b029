/*
 * Whatever a log holds, each record of it is judged or counted, the same each time; what is written is one JSON document,
 * and text that moves no cursor.
 */
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "desk/replay.h"
#include "fuzz/fuzz.h"

static void expect_counts(const struct replay *replay, uint64_t records) {
    uint64_t sum = replay->failures;
    for (size_t i = 0; i < REPLAY_REASONS; i++)
        sum += replay->counts[i];
    FUZZ_EXPECT(replay->records == records && sum == records && replay->failures == 0);
    FUZZ_EXPECT(replay->newly_denied.reviews + replay->newly_allowed.reviews +
                    replay->still_denied <=
                replay->counts[REPLAY_JUDGED]);
    FUZZ_EXPECT(replay->newly_denied.count <= replay->newly_denied.reviews);
}

static void expect_text(struct fuzz *fuzz, const struct replay *replay) {
    struct strbuf text;
    strbuf_init(&text, &fuzz->arena, 256);
    replay_write_text(&text, replay);
    for (size_t i = 0; i < text.len; i++)
        FUZZ_EXPECT((unsigned char)text.at[i] >= ' ' || text.at[i] == '\n');
}

static struct str replay_all(struct fuzz *fuzz, const struct str_list *operands) {
    struct replay replay = {.candidate = fuzz->strict,
                            .now = 1800000000,
                            .admission = {.limits = scan_limits_default, .mode = MODE_ENFORCE}};
    struct replay_reader *reader = replay_reader_new(&fuzz->arena, operands, (size_t)1 << 16);
    struct replay_record record;
    struct error err;
    enum replay_next next;
    struct strbuf out;
    uint64_t records = 0;
    FUZZ_EXPECT(reader != NULL);
    replay_init(&replay);
    while ((next = replay_reader_next(reader, &record, &err)) != REPLAY_END) {
        FUZZ_EXPECT(next == REPLAY_RECORD);
        replay_take(&replay, &record);
        records++;
    }
    replay_sort(&replay);
    expect_counts(&replay, records);
    expect_text(fuzz, &replay);
    strbuf_init(&out, &fuzz->arena, 256);
    replay_write_json(&out, &replay);
    replay_fini(&replay);
    replay_reader_free(reader);
    return strbuf_str(&out);
}

void fuzz_replay(struct fuzz *fuzz, struct str input) {
    char name[64];
    struct document document;
    struct error err = {0};
    int fd = memfd_create("fuzz", MFD_CLOEXEC);
    FUZZ_EXPECT(fd >= 0 && write(fd, input.at, input.len) == (ssize_t)input.len);
    snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
    struct str path = str_from(name);
    const struct str_list operands = {&path, 1};
    struct str once = replay_all(fuzz, &operands), again = replay_all(fuzz, &operands);
    close(fd);
    FUZZ_EXPECT(str_equals(once, again));
    FUZZ_EXPECT(json_read(&fuzz->arena, once, &scan_limits_default, &document, &err));
}
