/* What people have in their files is judged or complained of; json output is JSON, text output holds no control characters. */
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "desk/judge.h"
#include "fuzz/fuzz.h"

static void judge_file(struct fuzz *fuzz, const char *path, struct format_sink *outputs,
                       size_t output_count) {
    struct str operand = str_from(path);
    struct str_list operands = {&operand, 1};
    struct source source;
    struct judge judge = {.snapshot = fuzz->strict,
                          .profile = snapshot_find_profile(fuzz->strict, STR("default")),
                          .mode = MODE_ENFORCE,
                          .now = 1800000000,
                          .name_space = STR("default"),
                          .outputs = outputs,
                          .output_count = output_count};
    source_init(&source, &operands, (size_t)16 << 20);
    judge_init(&judge);
    judge_source(&judge, &source);
    FUZZ_EXPECT(judge.summary.denied + judge.summary.warned + judge.summary.audited +
                    judge.summary.excepted <=
                judge.summary.objects);
    judge_fini(&judge);
    source_fini(&source);
}

static void expect_printable(struct str text) {
    for (size_t i = 0; i < text.len; i++)
        FUZZ_EXPECT((unsigned char)text.at[i] >= ' ' || text.at[i] == '\n' || text.at[i] == '\t');
}

static void expect_json(struct fuzz *fuzz, struct str text) {
    struct scan_limits limits = {.depth = 64, .nodes = (size_t)1 << 24, .string_bytes = 1 << 24};
    struct document document;
    struct error err = {0};
    FUZZ_EXPECT(json_read(&fuzz->arena, text, &limits, &document, &err));
}

void fuzz_manifest(struct fuzz *fuzz, struct str input) {
    char *texts[2] = {NULL, NULL};
    size_t lengths[2] = {0, 0};
    FILE *streams[2];
    struct format_sink outputs[2];
    struct desk_run run = {.version = STR("0"),
                           .profile = snapshot_find_profile(fuzz->strict, STR("default")),
                           .fail_on = ACTION_DENY};
    char path[64];
    int file = memfd_create("manifest", MFD_CLOEXEC);
    FUZZ_EXPECT(file >= 0);
    if (input.len > 0) FUZZ_EXPECT(write(file, input.at, input.len) == (ssize_t)input.len);
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    for (int i = 0; i < 2; i++) {
        streams[i] = open_memstream(&texts[i], &lengths[i]);
        FUZZ_EXPECT(streams[i] != NULL);
        format_sink_init(&outputs[i], i == 0 ? &format_text : &format_json, &run, streams[i],
                         false);
    }
    judge_file(fuzz, path, outputs, 2);
    for (int i = 0; i < 2; i++) {
        format_sink_fini(&outputs[i]);
        fclose(streams[i]);
    }
    expect_printable((struct str){texts[0], lengths[0]});
    expect_json(fuzz, (struct str){texts[1], lengths[1]});
    free(texts[0]);
    free(texts[1]);
    close(file);
}
