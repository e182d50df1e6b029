#include "base/diagnostic.h"

#define KEPT_OF_A_LEVEL 100

void diagnostics_init(struct diagnostics *list, struct arena *arena) {
    *list = (struct diagnostics){.arena = arena, .limit = KEPT_OF_A_LEVEL};
}

/* Counts one and, while there is room, links it; NULL when it is only counted. */
static struct diagnostic *append(struct diagnostics *list, enum diagnostic_level level) {
    size_t *count = level == DIAGNOSTIC_ERROR ? &list->errors : &list->advice;
    if ((*count)++ >= list->limit) return NULL;
    struct diagnostic *added = ARENA_NEW(list->arena, struct diagnostic, 1);
    if (!added) return NULL;
    added->level = level;
    if (list->last)
        list->last->next = added;
    else
        list->first = added;
    list->last = added;
    return added;
}

PRINTF_LIKE(2, 0)
static struct str format_text(struct arena *arena, const char *format, va_list args) {
    struct strbuf buf;
    strbuf_init(&buf, arena, 0);
    strbuf_vprintf(&buf, format, args);
    return strbuf_str(&buf);
}

void diagnostics_add(struct diagnostics *list, enum diagnostic_level level, struct str file,
                     uint32_t line, uint32_t column, const char *format, ...) {
    if (!list) return;
    struct diagnostic *added = list->newest = append(list, level);
    if (!added) return;
    added->file = str_copy(list->arena, file);
    added->line = line;
    added->column = column;
    va_list args;
    va_start(args, format);
    added->text = format_text(list->arena, format, args);
    va_end(args);
}

void diagnostics_hint(struct diagnostics *list, const char *format, ...) {
    if (!list || !list->newest) return;
    va_list args;
    va_start(args, format);
    list->newest->hint = format_text(list->arena, format, args);
    va_end(args);
}

void diagnostics_add_error(struct diagnostics *list, struct str file, const struct error *err) {
    if (list && err->code == ERR_MEMORY) list->out_of_memory = true;
    struct str where = err->where[0] != '\0' ? str_from(err->where) : file;
    diagnostics_add(list, DIAGNOSTIC_ERROR, where, err->line, err->column, "%s", err->text);
}

void diagnostic_format(const struct diagnostic *diagnostic, struct strbuf *out) {
    bool placed = !str_is_empty(diagnostic->file) || diagnostic->line != 0;
    strbuf_add(out, diagnostic->file);
    if (diagnostic->line != 0) {
        if (!str_is_empty(diagnostic->file)) strbuf_add_char(out, ':');
        strbuf_printf(out, "%u", diagnostic->line);
        if (diagnostic->column != 0) strbuf_printf(out, ":%u", diagnostic->column);
    }
    if (placed) strbuf_add(out, STR(": "));
    strbuf_add(out, diagnostic->level == DIAGNOSTIC_ERROR ? STR("error: ") : STR("advice: "));
    strbuf_add(out, diagnostic->text);
    if (str_is_empty(diagnostic->hint)) return;
    strbuf_add(out, STR(" ("));
    strbuf_add(out, diagnostic->hint);
    strbuf_add_char(out, ')');
}
