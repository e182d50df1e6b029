#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Terminates a text that vsnprintf may have cut, so that no UTF-8 sequence is halved. */
static void end_at_character(char *text, size_t size, int wanted) {
    if (wanted >= 0 && (size_t)wanted < size) return;
    size_t end = strnlen(text, size - 1);
    size_t lead = end;
    while (lead > 0 && ((unsigned char)text[lead - 1] & 0xC0) == 0x80)
        lead--;
    if (lead == 0) return;
    unsigned char first = (unsigned char)text[lead - 1];
    size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : first >= 0xC0 ? 2 : 1;
    if (lead - 1 + length > end) text[lead - 1] = '\0';
}

bool error_set(struct error *err, enum error_code code, const char *format, ...) {
    *err = (struct error){.code = code};
    va_list args;
    va_start(args, format);
    int wanted = vsnprintf(err->text, sizeof err->text, format, args);
    va_end(args);
    end_at_character(err->text, sizeof err->text, wanted);
    return false;
}

bool error_at(struct error *err, uint32_t line, uint32_t column) {
    if (err->line != 0) return false;
    err->line = line;
    err->column = column;
    return false;
}

bool error_in(struct error *err, const char *where) {
    if (err->where[0] != '\0') return false;
    int wanted = snprintf(err->where, sizeof err->where, "%s", where);
    end_at_character(err->where, sizeof err->where, wanted);
    return false;
}

bool error_context(struct error *err, const char *format, ...) {
    char said[sizeof err->text];
    memcpy(said, err->text, sizeof said);
    va_list args;
    va_start(args, format);
    int context = vsnprintf(err->text, sizeof err->text, format, args);
    va_end(args);
    end_at_character(err->text, sizeof err->text, context);

    size_t used = strlen(err->text);
    int wanted = snprintf(err->text + used, sizeof err->text - used, ": %s", said);
    end_at_character(err->text + used, sizeof err->text - used, wanted);
    return false;
}

void error_format(const struct error *err, char *buffer, size_t size) {
    if (size == 0) return;
    char place[32] = "";
    if (err->line != 0 && err->column != 0)
        snprintf(place, sizeof place, "%u:%u", err->line, err->column);
    else if (err->line != 0)
        snprintf(place, sizeof place, "%u", err->line);
    int wanted =
        snprintf(buffer, size, "%s%s%s%s%s", err->where, err->where[0] && place[0] ? ":" : "",
                 place, err->where[0] || place[0] ? ": " : "", err->text);
    end_at_character(buffer, size, wanted);
}

void error_abort(const char *expression, const char *file, int line) {
    fprintf(stderr, "podgate: %s:%d: this must hold and does not: %s\n", file, line, expression);
    abort();
}

bool error_bug(struct error *err, const char *expression, const char *file, int line) {
    return error_set(err, ERR_BUG, "a bug in podgate, please report it: %s:%d: %s does not hold",
                     file, line, expression);
}
