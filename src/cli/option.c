/*
 *   argument := "--" name ["=" value] | "-" letter [value] | "--" | operand
 *
 * "--" ends the options; "-" alone is an operand (standard input). A flag takes a value only behind
 * "=": true or false. Of a scalar given twice the last counts.
 */
#include "cli/option.h"

#include <stdio.h>
#include <stdlib.h>

#include "edge/clock.h"

#define HELP_COLUMN 30
#define HELP_WIDTH 100

struct reader {
    const struct verb *verb;
    struct arena *arena;
    char *options;
    bool *given; /* by row: the command line or the environment said something */
    struct str_list *operands;
    struct error *err;
};

static void *field(const struct reader *reader, const struct option_row *row) {
    return reader->options + row->offset;
}

static bool list_add(struct arena *arena, struct str_list *list, struct str item) {
    /* Doubling at powers of two: an argument list is short, and what is left behind is small. */
    if ((list->count & (list->count - 1)) == 0) {
        struct str *larger = ARENA_NEW(arena, struct str, list->count ? 2 * list->count : 1);
        if (!larger) return false;
        if (list->count > 0) memcpy(larger, list->items, list->count * sizeof *larger);
        list->items = larger;
    }
    list->items[list->count++] = item;
    return true;
}

/* " ADDR:PORT", " audit|warn|enforce", or nothing. */
static void add_value_name(struct strbuf *out, const struct option_row *row) {
    if (row->value_name) {
        strbuf_printf(out, " %s", row->value_name);
    } else if (row->type == OPTION_CHOICE) {
        for (int i = 0; row->choices[i]; i++)
            strbuf_printf(out, "%c%s", i == 0 ? ' ' : '|', row->choices[i]);
    } else if (row->type != OPTION_FLAG) {
        strbuf_printf(out, " VALUE");
    }
}

/* "--listen" or "PODGATE_LISTEN": who said it, at the head of every message. */
static bool refuse(struct reader *reader, const char *who, struct str value, const char *format,
                   ...) PRINTF_LIKE(4, 5);
static bool refuse(struct reader *reader, const char *who, struct str value, const char *format,
                   ...) {
    struct strbuf text;
    strbuf_init(&text, reader->arena, 128);
    strbuf_printf(&text, "%s: ", who);
    strbuf_add_quoted(&text, value, 64);
    strbuf_add_char(&text, ' ');
    va_list args;
    va_start(args, format);
    strbuf_vprintf(&text, format, args);
    va_end(args);
    return error_set(reader->err, ERR_USAGE, "%.*s", STR_ARGS(strbuf_str(&text)));
}

static bool out_of_memory(struct reader *reader) {
    return error_set(reader->err, ERR_MEMORY, "out of memory while reading the options");
}

static bool read_choice(struct reader *reader, const struct option_row *row, const char *who,
                        struct str value) {
    struct strbuf all;
    size_t count = 0;
    for (; row->choices[count]; count++) {
        if (!str_equals(value, str_from(row->choices[count]))) continue;
        *(int *)field(reader, row) = (int)count;
        return true;
    }
    strbuf_init(&all, reader->arena, 64);
    for (size_t i = 0; i < count; i++)
        STRBUF_ADD(&all, str_or(i, count), str_from(row->choices[i]));
    return refuse(reader, who, value, "is not %.*s", STR_ARGS(strbuf_str(&all)));
}

static bool parse_bytes(struct str value, int64_t *bytes) {
    static const struct {
        struct str name;
        int64_t bytes;
    } units[] = {
        {{"KiB", 3}, INT64_C(1) << 10}, {{"MiB", 3}, INT64_C(1) << 20},
        {{"GiB", 3}, INT64_C(1) << 30}, {{"Ki", 2}, INT64_C(1) << 10},
        {{"Mi", 2}, INT64_C(1) << 20},  {{"Gi", 2}, INT64_C(1) << 30},
    };
    int64_t unit = 1, number;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (!str_ends_with(value, units[i].name)) continue;
        unit = units[i].bytes;
        value = str_slice(value, 0, value.len - units[i].name.len);
        break;
    }
    return str_to_int64(value, &number) && !__builtin_mul_overflow(number, unit, bytes);
}

/* A number in the row's own unit; durations come in milliseconds. */
static bool parse_number(const struct option_row *row, struct str value, int64_t *number) {
    if (row->type == OPTION_BYTES) return parse_bytes(value, number);
    if (row->type == OPTION_NUMBER) return str_to_int64(value, number);
    int64_t ns;
    if (!clock_parse_duration(value, &ns)) return false;
    *number = ns / CLOCK_NS_PER_MS;
    return true;
}

static bool read_number(struct reader *reader, const struct option_row *row, const char *who,
                        struct str value) {
    int64_t number;
    if (!parse_number(row, value, &number))
        return refuse(reader, who, value, "is no %s",
                      row->type == OPTION_BYTES      ? "size: write 1048576, 512KiB, 8MiB or 1GiB"
                      : row->type == OPTION_DURATION ? "duration: write 250ms, 10s or 1m30s"
                                                     : "whole number");
    if ((row->min != 0 || row->max != 0) && (number < row->min || number > row->max))
        return refuse(reader, who, value, "is not within %lld..%lld%s", (long long)row->min,
                      (long long)row->max,
                      row->type == OPTION_BYTES      ? " bytes"
                      : row->type == OPTION_DURATION ? " milliseconds"
                                                     : "");
    *(int64_t *)field(reader, row) = number;
    return true;
}

static bool read_flag(struct reader *reader, const struct option_row *row, const char *who,
                      struct str value) {
    bool yes = str_equals(value, STR("true"));
    if (!yes && !str_equals(value, STR("false")))
        return refuse(reader, who, value, "is neither true nor false");
    *(bool *)field(reader, row) = yes;
    return true;
}

/* One value as somebody wrote it. */
static bool read_value(struct reader *reader, const struct option_row *row, const char *who,
                       struct str value) {
    switch (row->type) {
    case OPTION_FLAG: return read_flag(reader, row, who, value);
    case OPTION_TEXT: *(struct str *)field(reader, row) = value; return true;
    case OPTION_TEXTS:
        return list_add(reader->arena, field(reader, row), value) || out_of_memory(reader);
    case OPTION_CHOICE: return read_choice(reader, row, who, value);
    case OPTION_NUMBER:
    case OPTION_BYTES:
    case OPTION_DURATION: return read_number(reader, row, who, value);
    }
    return ENSURE(row->type <= OPTION_DURATION, reader->err);
}

/* A value from the environment or the defaults, where commas divide repeatable ones. */
static bool read_text(struct reader *reader, const struct option_row *row, const char *who,
                      struct str text) {
    if (row->type != OPTION_TEXTS) return read_value(reader, row, who, text);
    while (text.len > 0) {
        size_t comma = str_find_char(text, ',');
        struct str item = str_trim(str_slice(text, 0, comma));
        if (item.len > 0 && !read_value(reader, row, who, item)) return false;
        text = str_slice(text, comma + 1, text.len);
    }
    return true;
}

static const struct option_row *find_row(const struct verb *verb, struct str name) {
    for (size_t i = 0; i < verb->option_count; i++)
        if (str_equals(str_from(verb->options[i].name), name)) return &verb->options[i];
    return NULL;
}

static bool refuse_unknown(struct reader *reader, struct str argument, struct str name) {
    const struct verb *verb = reader->verb;
    struct str *names = ARENA_NEW(reader->arena, struct str, verb->option_count);
    if (!names) return out_of_memory(reader);
    for (size_t i = 0; i < verb->option_count; i++)
        names[i] = str_from(verb->options[i].name);
    struct str near = str_nearest(name, names, verb->option_count);
    struct strbuf shown;
    strbuf_init(&shown, reader->arena, 96);
    strbuf_add_escaped(&shown, argument, 64);
    if (near.len > 0)
        return error_set(reader->err, ERR_USAGE, "unknown option %.*s (did you mean --%.*s?)",
                         STR_ARGS(strbuf_str(&shown)), STR_ARGS(near));
    return error_set(reader->err, ERR_USAGE, "unknown option %.*s (see podgate %s --help)",
                     STR_ARGS(strbuf_str(&shown)), verb->name);
}

/* The option's value is `inlined` (behind "=" or the letter) or else the next argument. */
static bool read_option(struct reader *reader, const struct option_row *row,
                        const struct str *inlined, char **next, int *taken) {
    char who[64];
    snprintf(who, sizeof who, "--%s", row->name);
    reader->given[row - reader->verb->options] = true;
    if (inlined) return read_value(reader, row, who, *inlined);
    if (row->type == OPTION_FLAG) return read_value(reader, row, who, STR("true"));
    if (!*next) {
        struct strbuf shown;
        strbuf_init(&shown, reader->arena, 64);
        add_value_name(&shown, row);
        return error_set(reader->err, ERR_USAGE, "%s needs a value: %s%.*s", who, who,
                         STR_ARGS(strbuf_str(&shown)));
    }
    *taken += 1;
    return read_value(reader, row, who, str_from(*next));
}

static bool read_long(struct reader *reader, struct str argument, char **next, int *taken) {
    struct str name = str_slice(argument, 2, argument.len);
    size_t equals = str_find_char(name, '=');
    struct str inlined = str_slice(name, equals + 1, name.len);
    bool has_inlined = equals < name.len;
    name = str_slice(name, 0, equals);
    const struct option_row *row = find_row(reader->verb, name);
    if (!row) return refuse_unknown(reader, str_slice(argument, 0, equals + 2), name);
    return read_option(reader, row, has_inlined ? &inlined : NULL, next, taken);
}

static bool read_short(struct reader *reader, struct str argument, char **next, int *taken) {
    const struct verb *verb = reader->verb;
    for (size_t i = 0; i < verb->option_count; i++) {
        if (!verb->options[i].letter || verb->options[i].letter != argument.at[1]) continue;
        struct str inlined = str_slice(argument, 2, argument.len);
        if (inlined.len > 0 && verb->options[i].type == OPTION_FLAG) break;
        return read_option(reader, &verb->options[i], inlined.len > 0 ? &inlined : NULL, next,
                           taken);
    }
    return refuse_unknown(reader, argument, str_slice(argument, 1, argument.len));
}

static bool read_operand(struct reader *reader, struct str operand) {
    if (str_is_empty(str_from(reader->verb->operands))) {
        struct strbuf shown;
        strbuf_init(&shown, reader->arena, 96);
        strbuf_add_quoted(&shown, operand, 64);
        return error_set(reader->err, ERR_USAGE, "unexpected %.*s: podgate %s takes only options",
                         STR_ARGS(strbuf_str(&shown)), reader->verb->name);
    }
    return list_add(reader->arena, reader->operands, operand) || out_of_memory(reader);
}

static bool read_arguments(struct reader *reader, int argc, char **argv, bool *wants_help) {
    bool only_operands = false;
    char *nothing = NULL;
    for (int i = 0; i < argc; i++) {
        struct str argument = str_from(argv[i]);
        char **next = i + 1 < argc ? &argv[i + 1] : &nothing;
        bool fine = true;
        if (only_operands || argument.len < 2 || argument.at[0] != '-') {
            fine = read_operand(reader, argument);
        } else if (str_equals(argument, STR("--"))) {
            only_operands = true;
        } else if (str_equals(argument, STR("--help")) || str_equals(argument, STR("-h"))) {
            *wants_help = true;
            return true;
        } else if (argument.at[1] == '-') {
            fine = read_long(reader, argument, next, &i);
        } else {
            fine = read_short(reader, argument, next, &i);
        }
        if (!fine) return false;
    }
    return true;
}

static bool read_environment(struct reader *reader, const struct option_row *row, bool *given) {
    char name[64];
    snprintf(name, sizeof name, "PODGATE_%s", row->name);
    for (char *c = name; *c; c++)
        *c = *c == '-' ? '_' : *c >= 'a' && *c <= 'z' ? (char)(*c - 'a' + 'A') : *c;
    struct str value = str_from(getenv(name));
    if (value.len == 0) return true;
    *given = true;
    return read_text(reader, row, name, value);
}

/* The command line goes first, so that a broken variable that it overrides does no harm. */
bool option_read(const struct verb *verb, struct arena *arena, int argc, char **argv, void *options,
                 struct str_list *operands, bool *wants_help, struct error *err) {
    struct reader reader = {
        .verb = verb, .arena = arena, .options = options, .operands = operands, .err = err};
    *wants_help = false;
    *operands = (struct str_list){NULL, 0};
    reader.given = ARENA_NEW(arena, bool, verb->option_count);
    if (!reader.given) return out_of_memory(&reader);
    if (!read_arguments(&reader, argc, argv, wants_help)) return false;
    if (*wants_help) return true;
    for (size_t i = 0; i < verb->option_count; i++) {
        const struct option_row *row = &verb->options[i];
        if (!reader.given[i] && !read_environment(&reader, row, &reader.given[i])) return false;
        if (!reader.given[i] && row->fallback &&
            !read_text(&reader, row, row->name, str_from(row->fallback)))
            return false;
    }
    return true;
}

/* Adds `text` word by word from HELP_COLUMN on; the line stands at `column` already. */
static void add_wrapped(struct strbuf *out, struct str text, size_t column) {
    while (text.len > 0) {
        size_t space = str_find_char(text, ' ');
        struct str word = str_slice(text, 0, space);
        text = str_slice(text, space + 1, text.len);
        size_t width = str_utf8_count(word);
        if (column > HELP_COLUMN && column + 1 + width > HELP_WIDTH) {
            strbuf_add_char(out, '\n');
            column = 0;
        }
        if (column < HELP_COLUMN) {
            strbuf_printf(out, "%*s", (int)(HELP_COLUMN - column), "");
            column = HELP_COLUMN;
        } else if (column > HELP_COLUMN) {
            strbuf_add_char(out, ' ');
            column++;
        }
        strbuf_add(out, word);
        column += width;
    }
    strbuf_add_char(out, '\n');
}

static void add_row(struct strbuf *out, const struct option_row *row) {
    size_t start = out->len;
    if (row->letter)
        strbuf_printf(out, "  -%c, --%s", row->letter, row->name);
    else
        strbuf_printf(out, "      --%s", row->name);
    add_value_name(out, row);
    size_t column = out->len - start;
    if (column + 2 > HELP_COLUMN) {
        strbuf_add_char(out, '\n');
        column = 0;
    }
    struct strbuf help;
    strbuf_init(&help, out->arena, 256);
    strbuf_printf(&help, "%s", row->help);
    if (row->type == OPTION_TEXTS) strbuf_printf(&help, " (repeatable)");
    if (row->fallback && row->fallback[0]) strbuf_printf(&help, " (default %s)", row->fallback);
    add_wrapped(out, strbuf_str(&help), column);
}

void option_print_help(const struct verb *verb, struct strbuf *out) {
    strbuf_printf(out, "podgate %s: %s\n\nusage: podgate %s%s%s%s\n", verb->name, verb->summary,
                  verb->name, verb->option_count ? " [OPTIONS]" : "",
                  str_is_empty(str_from(verb->operands)) ? "" : " ",
                  verb->operands ? verb->operands : "");
    if (verb->option_count > 0) strbuf_printf(out, "\noptions:\n");
    for (size_t i = 0; i < verb->option_count; i++)
        add_row(out, &verb->options[i]);
    if (verb->option_count > 0)
        strbuf_printf(
            out,
            "\nEvery option is also an environment variable: PODGATE_ and its name, in capitals, with _ for -;"
            "\nrepeatable ones are divided by commas. The command line wins.\n");
    if (verb->help && verb->help[0]) strbuf_printf(out, "\n%s\n", verb->help);
}
