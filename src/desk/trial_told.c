/* What came out of tests: for a person, and as JUnit. */
#include "desk/format/escape.h"
#include "desk/format/junit_xml.h"
#include "desk/trial.h"

#define NAME_BYTES 200

void trial_write_text(struct strbuf *out, const struct trial_results *results) {
    for (const struct trial_result *each = results->first; each; each = each->next) {
        if (each->differences.len == 0) continue;
        strbuf_printf(out, "%.*s:%u:%u: failed: ", STR_ARGS(each->file), each->line, each->column);
        strbuf_add_escaped(out, each->name, NAME_BYTES);
        strbuf_add_char(out, '\n');
        strbuf_add(out, each->differences);
    }
    strbuf_printf(out, "%zu case%s in %zu test%s: %zu passed, %zu failed\n", results->cases,
                  str_plural(results->cases), results->tests, str_plural(results->tests),
                  results->cases - results->failed, results->failed);
}

static void add_case(struct strbuf *out, const struct trial_result *result) {
    struct str test = result->test.len ? result->test : result->file;
    junit_xml_open_case(out, test, result->name, result->file, result->line);
    if (result->differences.len == 0) {
        strbuf_add(out, STR("/>\n"));
        return;
    }
    struct strbuf text;
    strbuf_init(&text, out->arena, 0);
    escape_add_xml_text(&text, result->differences);
    strbuf_add(out, STR(">\n"));
    junit_xml_add_failure(out, STR("not as expected"), STR("podgate/test"), strbuf_str(&text));
    strbuf_add(out, STR("    </testcase>\n"));
}

static void add_error(struct strbuf *out, const struct diagnostic *error) {
    struct str message = error->hint.len
                             ? STR_CONCAT(out->arena, error->text, STR(" ("), error->hint, STR(")"))
                             : error->text;
    junit_xml_open_case(out, error->file, STR("podgate can run this"), error->file, error->line);
    junit_xml_close_with_error(out, message);
}

void trial_write_junit(struct strbuf *out, const struct trial_results *results,
                       const struct diagnostics *diagnostics) {
    size_t errors = 0;
    for (const struct diagnostic *each = diagnostics->first; each; each = each->next)
        errors++;
    junit_xml_begin(out, results->cases + errors, results->failed, errors);
    for (const struct trial_result *each = results->first; each; each = each->next)
        add_case(out, each);
    for (const struct diagnostic *each = diagnostics->first; each; each = each->next)
        add_error(out, each);
    junit_xml_end(out);
}
