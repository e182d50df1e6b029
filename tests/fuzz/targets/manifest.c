/*
 * What people have in their files is judged or complained of. Each format keeps its own syntax whatever is in there:
 * JSON is JSON, the others hold no control characters.
 */
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

/* Nothing of a file begins a command of its own. */
static void expect_commands(struct str text) {
    while (text.len > 0) {
        size_t end = str_find_char(text, '\n');
        struct str line = str_slice(text, 0, end);
        FUZZ_EXPECT(str_starts_with(line, STR("::")) || str_starts_with(line, STR("podgate: ")));
        text = str_slice(text, end + 1, text.len);
    }
}

#define OUTPUT_MAX 16

static void expect_format(struct fuzz *fuzz, const struct format *format, struct str text) {
    bool is_plain = format == &format_text || format == &format_github || format == &format_junit;
    if (is_plain)
        expect_printable(text);
    else
        expect_json(fuzz, text);
    if (format == &format_github) expect_commands(text);
}

void fuzz_manifest(struct fuzz *fuzz, struct str input) {
    char *texts[OUTPUT_MAX] = {NULL};
    size_t lengths[OUTPUT_MAX] = {0};
    FILE *streams[OUTPUT_MAX];
    struct format_sink outputs[OUTPUT_MAX];
    const struct desk_run run = {
        .version = STR("0"),
        .profile = snapshot_find_profile(fuzz->strict, STR("default")),
        .fail_on = ACTION_WARN,
    };
    char path[64];
    int file = memfd_create("manifest", MFD_CLOEXEC);
    FUZZ_EXPECT(file >= 0 && format_count <= OUTPUT_MAX);
    if (input.len > 0) FUZZ_EXPECT(write(file, input.at, input.len) == (ssize_t)input.len);
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    for (size_t i = 0; i < format_count; i++) {
        streams[i] = open_memstream(&texts[i], &lengths[i]);
        FUZZ_EXPECT(streams[i] != NULL);
        format_sink_init(&outputs[i], formats[i], &run, streams[i], false);
    }
    judge_file(fuzz, path, outputs, format_count);
    for (size_t i = 0; i < format_count; i++) {
        FUZZ_EXPECT(format_is_whole(&outputs[i]));
        format_sink_fini(&outputs[i]);
        fclose(streams[i]);
        expect_format(fuzz, formats[i], (struct str){texts[i], lengths[i]});
        free(texts[i]);
    }
    close(file);
}
