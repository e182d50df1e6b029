#include "cli/console.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/date.h"
#include "desk/source.h"
#include "edge/clock.h"

const char *const console_colour_names[] = {"auto", "always", "never", NULL};
const char *const console_mode_names[] = {"audit", "warn", "enforce", NULL};

bool console_read_options(const struct verb *verb, struct arena *arena, int argc, char **argv,
                          void *options, struct str_list *operands, int *status) {
    struct error err = {.code = ERR_NONE};
    bool wants_help = false;
    if (!option_read(verb, arena, argc, argv, options, operands, &wants_help, &err)) {
        console_error(&err);
        *status = STATUS_TROUBLE;
        return false;
    }
    if (!wants_help) return true;
    struct strbuf help;
    strbuf_init(&help, arena, 4096);
    option_print_help(verb, &help);
    console_print(&help);
    *status = console_finish(STATUS_FINE);
    return false;
}

void console_error(const struct error *err) {
    char text[1024];
    error_format(err, text, sizeof text);
    fprintf(stderr, "podgate: %s\n", text);
}

void console_say(const char *format, ...) {
    va_list args;
    va_start(args, format);
    fputs("podgate: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
}

void console_print_diagnostics(const struct diagnostics *diagnostics, struct arena *arena) {
    struct strbuf text;
    strbuf_init(&text, arena, 4096);
    for (const struct diagnostic *each = diagnostics->first; each; each = each->next) {
        diagnostic_format(each, &text);
        strbuf_add_char(&text, '\n');
    }
    if (text.len) fwrite(text.at, 1, text.len, stderr);
}

void console_print(const struct strbuf *text) {
    if (text->len) fwrite(text->at, 1, text->len, stdout);
}

int console_finish(int status) {
    if (fflush(stdout) == 0 && !ferror(stdout)) return status;
    if (errno != EPIPE) console_say("cannot write the output: %s", strerror(errno));
    return STATUS_TROUBLE;
}

bool console_has_colour(enum console_colour wish, FILE *stream) {
    if (wish != COLOUR_AUTO) return wish == COLOUR_ALWAYS;
    const char *no_colour = getenv("NO_COLOR"), *terminal = getenv("TERM");
    if (no_colour && no_colour[0]) return false;
    if (!terminal || strcmp(terminal, "dumb") == 0) return false;
    return isatty(fileno(stream)) == 1;
}

bool console_read_now(struct str value, int64_t *now) {
    struct error err = {.code = ERR_NONE};
    int64_t day = 0;
    if (!str_is_empty(value) && !date_parse(value, &day, &err)) {
        error_context(&err, "--now");
        console_error(&err);
        return false;
    }
    *now = str_is_empty(value) ? clock_unix_ms() / 1000 : date_to_unix(day);
    return true;
}

struct snapshot *console_load_policies(struct arena *arena, const struct str_list *paths) {
    struct policy_source *sources = NULL;
    size_t count = 0;
    struct error err = {.code = ERR_NONE};
    if (!source_read_policies(arena, paths, &sources, &count, &err)) {
        console_error(&err);
        return NULL;
    }
    struct diagnostics diagnostics;
    diagnostics_init(&diagnostics, arena);
    struct snapshot *snapshot = policy_compile(sources, count, &diagnostics);
    if (snapshot) return snapshot;
    console_print_diagnostics(&diagnostics, arena);
    if (diagnostics.errors == 0)
        console_say("out of memory while loading the policies");
    else
        console_say("%zu error%s in the policies: nothing was judged", diagnostics.errors,
                    str_plural(diagnostics.errors));
    return NULL;
}

const struct profile *console_find_profile(const struct snapshot *snapshot, struct str name) {
    const struct profile *profile = snapshot_find_profile(snapshot, name);
    if (profile) return profile;
    struct str near = STR_NONE;
    struct arena arena;
    arena_init(&arena, 4096, 0);
    struct str *names = ARENA_NEW(&arena, struct str, snapshot->profile_count);
    for (size_t i = 0; names && i < snapshot->profile_count; i++)
        names[i] = snapshot->profiles[i].name;
    if (names) near = str_nearest(name, names, snapshot->profile_count);
    struct strbuf shown;
    strbuf_init(&shown, &arena, 128);
    strbuf_add_quoted(&shown, name, 64);
    if (near.len)
        console_say("there is no profile %.*s (did you mean %.*s?)", STR_ARGS(strbuf_str(&shown)),
                    STR_ARGS(near));
    else
        console_say("there is no profile %.*s", STR_ARGS(strbuf_str(&shown)));
    arena_fini(&arena);
    return NULL;
}
