/*
 * console: what the verbs share: how a command line begins and ends, where messages go, how
 * policies are loaded for the person at the terminal.
 *
 * Results go to standard output, trouble to standard error as "podgate: ...". Main thread only.
 */
#ifndef PODGATE_CLI_CONSOLE_H
#define PODGATE_CLI_CONSOLE_H

#include <stdio.h>

#include "cli/option.h"
#include "policy/policy.h"

/* Exit statuses: all well; the verb found what it looks for; it could not do its work. */
enum { STATUS_FINE, STATUS_FOUND, STATUS_TROUBLE };

/* False: the verb is over with *status, its help or the error is printed. */
MUST_CHECK bool console_read_options(const struct verb *verb, struct arena *arena, int argc,
                                     char **argv, void *options, struct str_list *operands,
                                     int *status);
/* "podgate: WHERE:LINE:COLUMN: TEXT" on standard error. */
void console_error(const struct error *err);
/* "podgate: ..." on standard error. */
void console_say(const char *format, ...) PRINTF_LIKE(1, 2);
/* One a line on standard error. */
void console_print_diagnostics(const struct diagnostics *diagnostics, struct arena *arena);
/* The text on standard output. */
void console_print(const struct strbuf *text);
/* The verb's status, or STATUS_TROUBLE (with a message, but for a reader that went away) when
 * standard output could not be written. */
int console_finish(int status);

/* --color: auto (a terminal, neither NO_COLOR nor TERM=dumb), always, never. */
enum console_colour { COLOUR_AUTO, COLOUR_ALWAYS, COLOUR_NEVER };
extern const char *const console_colour_names[];
bool console_has_colour(enum console_colour wish, FILE *stream);
/* audit, warn, enforce: in the order of enum mode. */
extern const char *const console_mode_names[];

/* Rows of the options that several verbs have. */
#define CONSOLE_POLICIES_ROW(offset_)                                                              \
    {                                                                                              \
        .name = "policies", .type = OPTION_TEXTS, .offset = (offset_), .value_name = "PATH",       \
        .help = "policy file, folder of them, or builtin:NAME; without it builtin:default"         \
    }
#define CONSOLE_PROFILE_ROW(offset_)                                                               \
    {                                                                                              \
        .name = "profile", .type = OPTION_TEXT, .offset = (offset_), .value_name = "NAME",         \
        .fallback = "default", .help = "judge as the webhook does at /validate/NAME"               \
    }
#define CONSOLE_MODE_ROW(offset_)                                                                  \
    {                                                                                              \
        .name = "mode", .type = OPTION_CHOICE, .offset = (offset_), .choices = console_mode_names, \
        .fallback = "enforce", .help = "a ceiling on every action, as the server's"                \
    }
#define CONSOLE_EXEMPT_ROW(offset_)                                                                \
    {                                                                                              \
        .name = "exempt-namespace", .type = OPTION_TEXTS, .offset = (offset_), .value_name = "NS", \
        .help = "everything in it is allowed"                                                      \
    }
#define CONSOLE_COLOUR_ROW(offset_)                                                                \
    {                                                                                              \
        .name = "color", .type = OPTION_CHOICE, .offset = (offset_),                               \
        .choices = console_colour_names, .fallback = "auto",                                       \
        .help = "auto: on a terminal, unless NO_COLOR is set"                                      \
    }
#define CONSOLE_ALLOW_EMPTY_ROW(offset_)                                                           \
    {                                                                                              \
        .name = "allow-empty", .type = OPTION_FLAG, .offset = (offset_),                           \
        .help = "exit 0 when there was nothing to read"                                            \
    }
#define CONSOLE_NOW_ROW(offset_)                                                                   \
    {                                                                                              \
        .name = "now", .type = OPTION_TEXT, .offset = (offset_), .value_name = "YYYY-MM-DD",       \
        .help = "judge as on that day (UTC): what exceptions end, what begins to deny"             \
    }
/* The Unix time of --now: the clock's when it is empty. False: the error is printed. */
MUST_CHECK bool console_read_now(struct str value, int64_t *now);

/* The policies that --policies names become a snapshot, for snapshot_free; NULL: the errors are
 * printed. */
struct snapshot *console_load_policies(struct arena *arena, const struct str_list *paths);
/* The profile, or NULL: the error is printed, with "did you mean". */
const struct profile *console_find_profile(const struct snapshot *snapshot, struct str name);

#endif
