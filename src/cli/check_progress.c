#include "cli/check_progress.h"

#include <stdlib.h>
#include <unistd.h>

#include "edge/clock.h"

#define FIRST_MS 1000
#define EVERY_MS 200
#define OBJECTS_BETWEEN 16 /* looks at the clock */
#define NAME_BYTES 40

static int64_t now_ms(void) { return clock_monotonic_ns() / CLOCK_NS_PER_MS; }

void check_progress_init(struct check_progress *progress) {
    const char *terminal = getenv("TERM");
    *progress = (struct check_progress){.is_wanted = isatty(STDERR_FILENO) == 1 && terminal &&
                                                     strcmp(terminal, "dumb") != 0,
                                        .next_ms = now_ms() + FIRST_MS};
}

static void show(const struct judge *judge) {
    const struct desk_summary *summary = &judge->summary;
    struct str name = judge->source->name;
    struct strbuf shown;
    struct arena arena;
    arena_init(&arena, 1024, 0);
    strbuf_init(&shown, &arena, 256);
    strbuf_add_escaped(&shown, name, NAME_BYTES);
    fprintf(stderr, "\r%zu judged, %zu denied, %zu MiB read: %.*s\x1b[K",
            summary->objects + summary->skipped, summary->denied,
            source_bytes_read(judge->source) >> 20, STR_ARGS(strbuf_str(&shown)));
    fflush(stderr);
    arena_fini(&arena);
}

void check_progress_take(void *context, enum judge_event event, const struct judge *judge) {
    struct check_progress *progress = context;
    if (!progress->is_wanted) return;
    if (event == JUDGE_OUTPUT) {
        /* A result may go to the same terminal: it starts on a clean line. */
        if (progress->is_shown) fputs("\r\x1b[K", stderr);
        progress->is_shown = false;
        return;
    }
    if (++progress->objects % OBJECTS_BETWEEN != 0) return;
    int64_t now = now_ms();
    if (now < progress->next_ms) return;
    progress->next_ms = now + EVERY_MS;
    progress->is_shown = true;
    show(judge);
}
