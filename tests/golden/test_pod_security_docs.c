/*
 * docs/pod-security.md ends in tables made from the rows of the standard; what stands before them
 * is written by hand. UPDATE_EXPECT=1 writes the tables anew.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "golden/fixture.h"
#include "rules/standard.h"

#define PAGE "docs/pod-security.md"
#define MARK STR("test_pod_security_docs`. -->\n")

/* --- what happened to a control in which version --- */

static bool has_new_value(const struct control *control, unsigned version) {
    for (size_t i = 0; i < control->allowed_count; i++) {
        if (control->allowed[i].since == version) return true;
    }
    return false;
}

static bool has_changed(const struct control *control, unsigned version) {
    return control->since == version || control->until == version ||
           control->spares_windows_since == version ||
           control->spares_user_namespaces_since == version || has_new_value(control, version);
}

static bool has_anything_changed(unsigned version) {
    for (size_t i = 0; i < standard_control_count; i++) {
        if (has_changed(standard_controls[i], version)) return true;
    }
    return false;
}

static void add_values(struct strbuf *out, const struct control *control, unsigned first,
                       unsigned last) {
    const char *before = "";
    for (size_t i = 0; i < control->allowed_count; i++) {
        const struct control_value *value = &control->allowed[i];
        if (value->since < first || value->since > last) continue;
        strbuf_printf(out, "%s`%.*s`", before, STR_ARGS(value->text));
        before = ", ";
    }
}

/* --- controls by versions --- */

/* A control of two forms is one line: its change is a triangle. */
static bool is_later_form(size_t i) {
    return i > 0 &&
           str_equals(str_from(standard_controls[i]->id), str_from(standard_controls[i - 1]->id));
}

static const char *cell(size_t i, unsigned version) {
    const struct control *now = standard_find(str_from(standard_controls[i]->id), version);
    if (!now) return " ";
    return version > 0 && has_changed(now, version) ? "▲" : "●";
}

static void add_matrix(struct strbuf *out) {
    strbuf_add(
        out, STR("\n## Controls by versions\n\n"
                 "● judged, ▲ judged and new or changed in this version. Versions in which nothing "
                 "changed are left out.\n\n| control |"));
    for (unsigned version = 0; version <= STANDARD_NEWEST; version++) {
        if (has_anything_changed(version)) strbuf_printf(out, " 1.%u |", version);
    }
    strbuf_add(out, STR("\n|---|"));
    for (unsigned version = 0; version <= STANDARD_NEWEST; version++) {
        if (has_anything_changed(version)) strbuf_add(out, STR(":-:|"));
    }
    strbuf_add_char(out, '\n');
    for (size_t i = 0; i < standard_control_count; i++) {
        if (is_later_form(i)) continue;
        strbuf_printf(out, "| %s |", standard_controls[i]->id);
        for (unsigned version = 0; version <= STANDARD_NEWEST; version++) {
            if (has_anything_changed(version)) strbuf_printf(out, " %s |", cell(i, version));
        }
        strbuf_add_char(out, '\n');
    }
}

/* --- each control --- */

/* `demands` with the values of the last version in which this form holds. */
static void add_demands(struct strbuf *out, const struct control *control) {
    const struct str slot = STR("{allowed}");
    unsigned last = control->until ? control->until - 1 : STANDARD_NEWEST;
    struct str rest = str_from(control->demands);
    for (size_t at; (at = str_find_char(rest, '{')) < rest.len;) {
        strbuf_add(out, str_slice(rest, 0, at));
        rest = str_slice(rest, at, rest.len);
        assert_true(str_starts_with(rest, slot));
        add_values(out, control, 0, last);
        rest = str_slice(rest, slot.len, rest.len);
    }
    strbuf_add(out, rest);
}

static void add_history(struct strbuf *out, const struct control *control) {
    if (control->since) strbuf_printf(out, "Since v1.%u. ", control->since);
    if (control->until) strbuf_printf(out, "Until v1.%u. ", control->until - 1);
    for (unsigned version = control->since + 1; version <= STANDARD_NEWEST; version++) {
        if (control->spares_windows_since == version)
            strbuf_printf(out, "v1.%u spares Windows pods (`os.name: windows`). ", version);
        if (control->spares_user_namespaces_since == version)
            strbuf_printf(out, "v1.%u spares user namespaces (`hostUsers: false`). ", version);
        if (!has_new_value(control, version)) continue;
        strbuf_printf(out, "v1.%u allows ", version);
        add_values(out, control, version, version);
        strbuf_add(out, STR(". "));
    }
    strbuf_truncate(out, out->len - 1);
}

static void add_level(struct strbuf *out, enum control_level level) {
    strbuf_printf(out, "\n## %s\n\n| control | upstream says | what must hold | history |%s\n",
                  level == CONTROL_BASELINE ? "Baseline" : "Restricted",
                  level == CONTROL_BASELINE ? "" : " in place of |");
    strbuf_printf(out, "|---|---|---|---|%s\n", level == CONTROL_BASELINE ? "" : "---|");
    for (size_t i = 0; i < standard_control_count; i++) {
        const struct control *control = standard_controls[i];
        if (control->level != level) continue;
        strbuf_printf(out, "| `%s` | %s | ", control->id, control->reason);
        add_demands(out, control);
        strbuf_add(out, STR(" | "));
        add_history(out, control);
        strbuf_add(out, STR(" |"));
        if (level == CONTROL_RESTRICTED && control->replaces)
            strbuf_printf(out, " `%s` |", control->replaces);
        else if (level == CONTROL_RESTRICTED)
            strbuf_add(out, STR(" |"));
        strbuf_add_char(out, '\n');
    }
}

static void the_page_has_the_tables_of_the_rows(void **state) {
    (void)state;
    struct arena arena;
    arena_init(&arena, 65536, 0);
    size_t length;
    char *page = fixture_read(PAGE, &length);
    const char *mark = strstr(page, MARK.at);
    assert_non_null(mark);
    struct strbuf out;
    strbuf_init(&out, &arena, 16384);
    strbuf_add(&out, (struct str){page, (size_t)(mark - page) + MARK.len});
    add_matrix(&out);
    add_level(&out, CONTROL_BASELINE);
    add_level(&out, CONTROL_RESTRICTED);
    fixture_expect(PAGE, out.at, out.len);
    free(page);
    arena_fini(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_page_has_the_tables_of_the_rows)};
    return cmocka_run_group_tests_name("pod security docs", tests, NULL, NULL);
}
