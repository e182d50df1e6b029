/*
 * option: a verb's command line as rows: the only home of an option's name, type, default, range and help.
 * Every option also has an environment variable PODGATE_<OPTION> (dashes become underscores; repeatable ones are
 * divided by commas); the command line wins. Unknown and empty PODGATE_* variables are ignored. No option may be called port,
 * port-* or service-*: a Service named podgate puts such variables into pods.
 * Main thread only: it reads the environment.
 */
#ifndef PODGATE_CLI_OPTION_H
#define PODGATE_CLI_OPTION_H

#include "base/str.h"

enum option_type {
    OPTION_FLAG,     /* bool */
    OPTION_TEXT,     /* struct str */
    OPTION_TEXTS,    /* struct str_list, repeatable */
    OPTION_NUMBER,   /* int64_t, within min..max */
    OPTION_CHOICE,   /* int: index in `choices` */
    OPTION_BYTES,    /* int64_t: a number with optional KiB, MiB, GiB */
    OPTION_DURATION, /* int64_t milliseconds: 10s, 1m30s, 250ms */
};

struct option_row {
    const char *name; /* "listen" for --listen */
    char letter;      /* 'n' for -n, or 0 */
    enum option_type type;
    size_t offset;          /* in the verb's options struct */
    const char *value_name; /* "ADDR:PORT" in the help */
    const char *fallback;   /* as one would write it; NULL: empty, false, 0 */
    int64_t min, max;       /* of NUMBER, BYTES and DURATION (ms), inclusive; both 0: no bounds */
    const char *const *choices; /* of CHOICE, ended by NULL */
    const char *help;
};

/* One verb of the command line: `podgate VERB ...`. */
struct verb {
    const char *name, *summary; /* "serve", "the HTTPS webhook" */
    const char *operands;       /* "FILE|DIR|-..." or "" */
    const char *help;           /* paragraphs after the options: examples, exit status */
    const struct option_row *options;
    size_t option_count;
    /* Gets the arguments after the verb's name and the arena of the process; returns the exit status. */
    int (*run)(const struct verb *verb, struct arena *arena, int argc, char **argv);
};

/*
 * Fills `options` (a zeroed struct of the verb) from defaults, environment and arguments. Texts point into argv, the
 * environment or the arena. `--help` is handled by the caller: *wants_help. False: ERR_USAGE, with "did you mean".
 */
MUST_CHECK bool option_read(const struct verb *verb, struct arena *arena, int argc, char **argv,
                            void *options, struct str_list *operands, bool *wants_help,
                            struct error *err);
void option_print_help(const struct verb *verb, struct strbuf *out);

#endif
