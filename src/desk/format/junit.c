/*
 *   <testsuites><testsuite name="podgate" tests=".." failures=".." errors=".." skipped="0">
 *     <testcase classname="FILE" name="Deployment shop/web" file="FILE" line="N">
 *       [<failure message="FIRST LINE" type="POLICY/RULE">WHAT IS WRONG</failure>]
 *       [<system-out>WHAT ONLY WARNS</system-out>]
 *
 * A case is an object; it fails when something in it is at least --fail-on. The counts stand before
 * the cases, so the cases wait in an unnamed file, or in memory where none can be had.
 */
#include "desk/format/escape.h"
#include "desk/format/junit_xml.h"
#include "desk/format/told.h"

struct junit {
    FILE *cases;            /* NULL: they are in the sink's kept_errors */
    struct arena arena;     /* of the object at hand */
    struct strbuf failures; /* its lines, escaped */
    struct strbuf warnings;
    struct str first_rule;
    size_t failed;
    size_t cases_in_all, failures_in_all, errors_in_all;
};

static void begin_object(struct junit *own) {
    arena_reset(&own->arena, (size_t)64 << 10);
    strbuf_init(&own->failures, &own->arena, 0);
    strbuf_init(&own->warnings, &own->arena, 0);
    own->failed = 0;
}

static void junit_begin(struct format_sink *sink) {
    struct junit *own = ARENA_NEW(&sink->kept_arena, struct junit, 1);
    sink->own = own;
    if (!own) return;
    own->cases = tmpfile();
    arena_init(&own->arena, (size_t)16 << 10, 0);
    begin_object(own);
}

static void keep(struct format_sink *sink) {
    FILE *cases = ((struct junit *)sink->own)->cases;
    if (cases && sink->buf.len > 0) fwrite(sink->buf.at, 1, sink->buf.len, cases);
    if (!cases) strbuf_add(&sink->kept_errors, strbuf_str(&sink->buf));
    sink->buf.len = 0;
    format_flush(sink);
}

static void junit_result(struct format_sink *sink, const struct desk_result *result) {
    struct junit *own = sink->own;
    if (!own) return;
    bool fails = result->violation->action >= sink->run->fail_on;
    struct strbuf line, *to = fails ? &own->failures : &own->warnings;
    struct str rule = told_rule(&own->arena, result->violation->rule);
    strbuf_init(&line, &own->arena, 256);
    strbuf_printf(&line, "%.*s", STR_ARGS(result->file));
    if (result->place.line)
        strbuf_printf(&line, ":%u:%u", result->place.line, result->place.column);
    strbuf_printf(&line, ": %.*s: ", STR_ARGS(action_name(result->violation->action)));
    strbuf_printf(&line, "%.*s [%.*s]\n  ", STR_ARGS(result->message), STR_ARGS(rule));
    told_add_mend(&line, result);
    strbuf_add_char(&line, '\n');
    escape_add_xml_text(to, strbuf_str(&line));
    if (fails && own->failed++ == 0) own->first_rule = rule;
}

static void junit_object(struct format_sink *sink, const struct desk_object *object) {
    struct junit *own = sink->own;
    struct strbuf *buf = &sink->buf;
    if (!own) return;
    struct str name = told_object(&sink->arena, object->workload, object->name_space);
    junit_xml_open_case(buf, object->file, name, object->file, object->line);
    own->cases_in_all++;
    if (!own->failed && !own->warnings.len) {
        strbuf_add(buf, STR("/>\n"));
    } else {
        strbuf_add(buf, STR(">\n"));
        if (own->failed) {
            struct str message =
                str_format(&own->arena, "%zu violation%s", own->failed, str_plural(own->failed));
            junit_xml_add_failure(buf, message, own->first_rule, strbuf_str(&own->failures));
            own->failures_in_all++;
        }
        if (own->warnings.len)
            strbuf_printf(buf, "      <system-out>\n%.*s</system-out>\n",
                          STR_ARGS(strbuf_str(&own->warnings)));
        strbuf_add(buf, STR("    </testcase>\n"));
    }
    keep(sink);
    begin_object(own);
}

static void junit_error(struct format_sink *sink, const struct desk_error *error) {
    struct junit *own = sink->own;
    if (!own) return;
    junit_xml_open_case(&sink->buf, error->file, STR("podgate can judge this"), error->file,
                        error->place.line);
    junit_xml_close_with_error(&sink->buf, error->message);
    own->cases_in_all++;
    own->errors_in_all++;
    keep(sink);
}

static void copy_cases(struct format_sink *sink, FILE *cases) {
    char bytes[8192];
    size_t got;
    if (ferror(cases)) sink->failed = true;
    rewind(cases);
    while ((got = fread(bytes, 1, sizeof bytes, cases)) > 0)
        fwrite(bytes, 1, got, sink->stream);
}

static void junit_end(struct format_sink *sink, const struct desk_summary *summary) {
    (void)summary;
    struct junit *own = sink->own;
    if (!own) return;
    junit_xml_begin(&sink->buf, own->cases_in_all, own->failures_in_all, own->errors_in_all);
    strbuf_add(&sink->buf, strbuf_str(&sink->kept_errors));
    format_flush(sink);
    if (own->cases) {
        copy_cases(sink, own->cases);
        fclose(own->cases);
    }
    junit_xml_end(&sink->buf);
    format_flush(sink);
    arena_fini(&own->arena);
    sink->own = NULL;
}

const struct format format_junit = {
    .name = "junit",
    .begin = junit_begin,
    .result = junit_result,
    .object = junit_object,
    .error = junit_error,
    .end = junit_end,
};
