#include "cli/review.h"

#include <errno.h>
#include <unistd.h>

#include "base/ascii.h"
#include "cli/console.h"
#include "policy/admission.h"

#define READ_BYTES ((size_t)64 << 10)
#define KEEP_BYTES ((size_t)4 << 20)

struct review_options {
    struct str_list policies, exempt_namespaces;
    struct str profile, now_text;
    int mode;
    int64_t body_bytes;
};

#define AT(member) offsetof(struct review_options, member)
static const struct option_row rows[] = {
    CONSOLE_POLICIES_ROW(AT(policies)),
    CONSOLE_PROFILE_ROW(AT(profile)),
    CONSOLE_MODE_ROW(AT(mode)),
    CONSOLE_NOW_ROW(AT(now_text)),
    CONSOLE_EXEMPT_ROW(AT(exempt_namespaces)),
    {.name = "max-body",
     .type = OPTION_BYTES,
     .offset = AT(body_bytes),
     .value_name = "SIZE",
     .fallback = "8MiB",
     .min = 1,
     .max = INT64_C(1) << 30,
     .help = "a larger review ends the work"},
};

static const char help[] =
    "Reads AdmissionReviews as JSON, one or many, behind one another or one a line, and writes\n"
    "an answer a line, in their order. A review that the server would refuse is answered by the\n"
    "Status it would send.\n"
    "\n"
    "example:\n"
    "  podgate review --policies policies/ < review.json\n"
    "\n"
    "exit status: 0 every review has a verdict; 2 one was answered by a Status, or nothing was\n"
    "read.";

/* --- the stream ------------------------------------------------------------------------------- */

/* Standard input, divided at the ends of its outermost values. What is no object or array is
 * divided at the ends of lines: admission says what is wrong with it. */
struct stream {
    struct arena *arena;
    char *bytes;
    size_t start, end, room; /* bytes[start..end) is not yet answered */
    size_t looked;           /* as far as the value at hand was looked at */
    size_t limit;
    unsigned depth;
    bool in_string, after_backslash, at_end;
};

static void skip_blanks(struct stream *stream) {
    while (stream->start < stream->end && ascii_is_json_space(stream->bytes[stream->start]))
        stream->start++;
    if (stream->looked < stream->start) stream->looked = stream->start;
}

/* Looks at one more byte; true when the value ends with it. */
static bool ends_value(struct stream *stream, char c) {
    if (stream->in_string) {
        bool is_escaped = stream->after_backslash;
        stream->after_backslash = c == '\\' && !is_escaped;
        if (c == '"' && !is_escaped) stream->in_string = false;
        return false;
    }
    if (c == '"') stream->in_string = stream->depth > 0;
    if (c == '{' || c == '[') stream->depth++;
    if ((c == '}' || c == ']') && stream->depth > 0) return --stream->depth == 0;
    return c == '\n' && stream->depth == 0;
}

/* Whether a whole value is there; the input's end completes any. */
static bool find_value(struct stream *stream, struct str *value) {
    skip_blanks(stream);
    bool is_whole = false;
    while (!is_whole && stream->looked < stream->end)
        is_whole = ends_value(stream, stream->bytes[stream->looked++]);
    if (!is_whole && !(stream->at_end && stream->start < stream->end)) return false;
    *value = str_trim((struct str){stream->bytes + stream->start, stream->looked - stream->start});
    stream->start = stream->looked;
    stream->depth = 0;
    stream->in_string = stream->after_backslash = false;
    return true;
}

/* Makes room behind what is not yet answered. */
static bool make_room(struct stream *stream) {
    size_t kept = stream->end - stream->start;
    char *bytes = stream->bytes;
    if (kept > stream->limit) {
        console_say("a review is larger than --max-body");
        return false;
    }
    if (kept + READ_BYTES > stream->room) {
        stream->room = 2 * (kept + READ_BYTES);
        bytes = ARENA_NEW(stream->arena, char, stream->room);
        if (!bytes) {
            console_say("out of memory");
            return false;
        }
    }
    if (kept > 0) memmove(bytes, stream->bytes + stream->start, kept);
    stream->looked -= stream->start;
    stream->bytes = bytes;
    stream->start = 0;
    stream->end = kept;
    return true;
}

static bool read_more(struct stream *stream) {
    if (!make_room(stream)) return false;
    /* Somebody may be waiting for the answers before asking on. */
    fflush(stdout);
    ssize_t got;
    do {
        got = read(STDIN_FILENO, stream->bytes + stream->end, READ_BYTES);
    } while (got < 0 && errno == EINTR);
    if (got < 0) {
        console_say("<stdin>: cannot be read: %s", strerror(errno));
        return false;
    }
    stream->at_end = got == 0;
    stream->end += (size_t)got;
    return true;
}

/* --- answers ---------------------------------------------------------------------------------- */

/* What every review of the stream is answered by. */
struct answering {
    struct admission_options admission;
    const struct snapshot *snapshot;
    struct str profile;
    int64_t now;
    struct arena arena; /* of one answer */
};

static bool answer(struct answering *by, struct str body) {
    struct admission_outcome outcome;
    arena_reset(&by->arena, KEEP_BYTES);
    admission_answer(&by->arena, &by->admission, by->snapshot, by->profile, body, by->now,
                     &outcome);
    fwrite(outcome.body.at, 1, outcome.body.len, stdout);
    fputc('\n', stdout);
    return outcome.http_status == 200;
}

static int answer_all(struct stream *stream, struct answering *by) {
    size_t count = 0;
    bool fine = true;
    for (;;) {
        struct str body;
        while (find_value(stream, &body)) {
            if (!answer(by, body)) fine = false;
            count++;
        }
        if (stream->at_end) break;
        if (!read_more(stream)) return STATUS_TROUBLE;
    }
    if (count > 0) return fine ? STATUS_FINE : STATUS_TROUBLE;
    console_say("no review on standard input");
    return STATUS_TROUBLE;
}

static int run(const struct verb *verb, struct arena *arena, int argc, char **argv) {
    struct review_options options = {.mode = MODE_ENFORCE};
    struct str_list operands;
    int status;
    int64_t now;
    if (!console_read_options(verb, arena, argc, argv, &options, &operands, &status)) return status;
    if (!console_read_now(options.now_text, &now)) return STATUS_TROUBLE;
    struct snapshot *snapshot = console_load_policies(arena, &options.policies);
    if (!snapshot) return STATUS_TROUBLE;
    status = STATUS_TROUBLE;
    if (console_find_profile(snapshot, options.profile)) {
        struct answering by = {.admission = {.limits = scan_limits_default,
                                             .mode = (enum mode)options.mode,
                                             .exempt_namespaces = options.exempt_namespaces},
                               .snapshot = snapshot,
                               .profile = options.profile,
                               .now = now};
        struct stream stream = {.arena = arena, .limit = (size_t)options.body_bytes};
        arena_init(&by.arena, (size_t)256 << 10, 0);
        status = answer_all(&stream, &by);
        arena_fini(&by.arena);
    }
    snapshot_free(snapshot);
    return console_finish(status);
}

const struct verb verb_review = {
    .name = "review",
    .summary = "answer AdmissionReviews on standard input, as the server would",
    .operands = "",
    .help = help,
    .options = rows,
    .option_count = sizeof rows / sizeof *rows,
    .run = run,
};
