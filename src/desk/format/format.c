#include "desk/format.h"

#define BLOCK_BYTES ((size_t)16 << 10)

const struct format *const formats[] = {&format_text,        &format_json,   &format_sarif,
                                        &format_junit,       &format_github, &format_gitlab,
                                        &format_policyreport};
const size_t format_count = sizeof formats / sizeof *formats;

void format_sink_init(struct format_sink *sink, const struct format *format,
                      const struct desk_run *run, FILE *stream, bool colour) {
    *sink = (struct format_sink){.format = format, .run = run, .stream = stream, .colour = colour};
    arena_init(&sink->arena, BLOCK_BYTES, 0);
    arena_init(&sink->kept_arena, BLOCK_BYTES, 0);
    strbuf_init(&sink->buf, &sink->arena, 0);
    strbuf_init(&sink->kept_errors, &sink->kept_arena, 0);
}

void format_sink_fini(struct format_sink *sink) {
    arena_fini(&sink->arena);
    arena_fini(&sink->kept_arena);
}

void format_flush(struct format_sink *sink) {
    if (arena_is_exhausted(&sink->arena)) sink->failed = true;
    if (sink->buf.len > 0) fwrite(sink->buf.at, 1, sink->buf.len, sink->stream);
    arena_reset(&sink->arena, 4 * BLOCK_BYTES);
    strbuf_init(&sink->buf, &sink->arena, 0);
}

bool format_is_whole(const struct format_sink *sink) {
    return !sink->failed && !ferror(sink->stream) && !arena_is_exhausted(&sink->kept_arena);
}
