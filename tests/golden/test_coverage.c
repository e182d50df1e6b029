/*
 * docs/coverage.md claims what podgate has, and names the case that proves each claim. A row of a table names at least
 * one file that exists, and none that does not, unless podgate has "none"; rows of the first table are numbered without a
 * gap and begin with a check that exists.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "golden/fixture.h"
#include "rules/registry.h"

#define PAGE "docs/coverage.md"
#define CHECK_CELL 2

/* Takes the text up to `end` off `rest`; the end itself goes too. */
static struct str take(struct str *rest, char end) {
    size_t length = str_find_char(*rest, end);
    struct str taken = str_slice(*rest, 0, length);
    *rest = str_slice(*rest, length + 1, rest->len);
    return taken;
}

/* The next text in backticks; false when there is none. */
static bool take_code(struct str *rest, struct str *code) {
    take(rest, '`');
    if (str_is_empty(*rest)) return false;
    *code = take(rest, '`');
    return true;
}

static struct str find_cell(struct str row, size_t index) {
    take(&row, '|');
    for (size_t i = 0; i < index; i++)
        take(&row, '|');
    return str_trim(take(&row, '|'));
}

static bool is_row(struct str line) {
    return str_starts_with(line, STR("| ")) && !str_starts_with(line, STR("| # |")) &&
           !str_starts_with(line, STR("| what "));
}

static size_t count_files(struct str row) {
    size_t count = 0;
    struct str rest = row, code;
    while (take_code(&rest, &code)) {
        if (!str_starts_with(code, STR("tests/"))) continue;
        char *path = fixture_format("%.*s", STR_ARGS(code));
        if (!fixture_exists(path)) fail_msg("%s: there is no %s", PAGE, path);
        free(path);
        count++;
    }
    return count;
}

static bool claims_nothing(struct str row) {
    return str_starts_with(find_cell(row, CHECK_CELL), STR("none"));
}

static void each_claim_names_the_case_that_proves_it(void **state) {
    (void)state;
    size_t length, rows = 0;
    char *page = fixture_read(PAGE, &length);
    for (struct str rest = {page, length}; rest.len > 0;) {
        struct str line = take(&rest, '\n');
        if (!is_row(line)) continue;
        rows++;
        if (count_files(line) == 0 && !claims_nothing(line))
            fail_msg("%s: no file proves: %.*s", PAGE, STR_ARGS(line));
    }
    assert_true(rows > 0);
    free(page);
}

static void require_check(struct str row) {
    struct str cell = find_cell(row, CHECK_CELL), id;
    if (!take_code(&cell, &id) || !check_find(id))
        fail_msg("%s: names no check that exists: %.*s", PAGE, STR_ARGS(row));
}

static void the_checks_are_numbered_and_exist(void **state) {
    (void)state;
    size_t length;
    char *page = fixture_read(PAGE, &length);
    struct str rest = {page, length};
    int64_t last = 0;
    while (rest.len > 0 && !str_equals(take(&rest, '\n'), STR("## Checks")))
        continue;
    while (rest.len > 0 && !str_starts_with(rest, STR("## "))) {
        struct str line = take(&rest, '\n');
        int64_t number;
        if (!is_row(line) || !str_to_int64(find_cell(line, 0), &number)) continue;
        if (number != last + 1) fail_msg("%s: row %d follows row %d", PAGE, (int)number, (int)last);
        last = number;
        if (!claims_nothing(line)) require_check(line);
    }
    assert_true(last > 0);
    free(page);
}

/* Whether the cell has the letter as a word of its own. */
static bool has_letter(struct str cell, char letter) {
    for (size_t i = 0; i < cell.len; i++) {
        bool begins = i == 0 || cell.at[i - 1] == ' ';
        bool ends = i + 1 == cell.len || strchr(" ;,", cell.at[i + 1]);
        if (cell.at[i] == letter && begins && ends) return true;
    }
    return false;
}

static void the_counts_at_the_head_are_those_of_the_table(void **state) {
    (void)state;
    static const char letters[] = "YGWTLOPS";
    size_t length, own = 0, counts[sizeof letters] = {0};
    char *page = fixture_read(PAGE, &length);
    struct str whole = {page, length}, rest = whole;
    while (rest.len > 0) {
        struct str line = take(&rest, '\n');
        if (str_starts_with(line, STR("What none of them has"))) break;
        if (!is_row(line)) continue;
        own += !claims_nothing(line);
        for (size_t i = 0; letters[i]; i++)
            counts[i] += has_letter(find_cell(line, CHECK_CELL + 1), letters[i]);
    }
    char *wanted =
        fixture_format("podgate %zu, Y %zu, G %zu, W %zu, T %zu, L %zu, O %zu, P %zu, S %zu.", own,
                       counts[0], counts[1], counts[2], counts[3], counts[4], counts[5], counts[6],
                       counts[7]);
    if (!str_contains(whole, str_from(wanted))) fail_msg("%s: it should say: %s", PAGE, wanted);
    free(wanted);
    free(page);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_claim_names_the_case_that_proves_it),
        cmocka_unit_test(the_checks_are_numbered_and_exist),
        cmocka_unit_test(the_counts_at_the_head_are_those_of_the_table),
    };
    return cmocka_run_group_tests_name("coverage", tests, NULL, NULL);
}
