/*
 * How good the rules for secrets are, as numbers: precision and recall over the labelled sets in
 * tests/secrets, for names, for values and for both together. `held` rows were written before the rules
 * were tuned. Run from the root of the project; SECRETS_SHOW=tune or held lists the misses of that part.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include "rules/secret.h"

#include <cmocka.h>

#define LINE_MAX_BYTES 4096
#define LEAST 0.97

struct row {
    char part[16], label[16], name[256], value[LINE_MAX_BYTES], reason[256];
};

struct score {
    unsigned found, missed, false_alarms, harmless;
};

enum { TUNE, HELD, PARTS };

typedef bool (*judge_fn)(const struct row *row);

/* --- the rows -------------------------------------------------------------------------------- */

static const char *alphabet_of(char letter) {
    switch (letter) {
    case 'a': return "abcdefghijklmnopqrstuvwxyz0123456789";
    case 'A': return "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    case 'U': return "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    case 'd': return "0123456789";
    case 'h': return "0123456789abcdef";
    case 'H': return "0123456789ABCDEF";
    case 'b': return "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    case 'u': return "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    default: return NULL;
    }
}

/* The length of {A36} or {} at `from`, and what it stands for; 0: it is no substitution. */
static size_t read_substitution(const char *from, const char **alphabet, unsigned long *count) {
    *count = 0;
    if (from[0] != '{') return 0;
    if (from[1] == '}') return 2;
    *alphabet = alphabet_of(from[1]);
    if (!*alphabet || from[2] < '0' || from[2] > '9') return 0;
    char *end;
    *count = strtoul(from + 2, &end, 10);
    return *end == '}' ? (size_t)(end - from) + 1 : 0;
}

/* The same characters for the same row in every run. The last one is always a letter or a digit, as in most makers' tokens. */
static void expand(const char *written, unsigned seed, char *out) {
    uint64_t state = UINT64_C(0x9e3779b97f4a7c15) * (seed + 1);
    while (*written) {
        const char *alphabet = NULL;
        unsigned long count;
        size_t length = read_substitution(written, &alphabet, &count);
        for (unsigned long i = 0; i < count; i++) {
            state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
            size_t letters = strlen(alphabet);
            if (letters == 64 && (i == 0 || i + 1 == count)) letters = 62;
            *out++ = alphabet[(state >> 33) % letters];
        }
        written += length;
        if (length > 0) continue;
        bool is_escape = written[0] == '\\' && (written[1] == 'n' || written[1] == '\\');
        *out++ = is_escape ? (written[1] == 'n' ? '\n' : '\\') : written[0];
        written += is_escape ? 2 : 1;
    }
    *out = '\0';
}

/* The columns between tabs; false for a comment. */
static bool split(char *line, char *columns[static 5], size_t wanted) {
    if (line[0] == '#') return false;
    line[strcspn(line, "\n")] = '\0';
    for (size_t i = 0; i < wanted; i++) {
        columns[i] = line;
        line = strchr(line, '\t');
        if (line) *line++ = '\0';
        if (!line && i + 1 < wanted) fail_msg("too few columns: %s", columns[0]);
    }
    return true;
}

static void copy(char *target, size_t size, const char *text) {
    assert_true(strlen(text) < size);
    strcpy(target, text);
}

/* --- scores ---------------------------------------------------------------------------------- */

static double precision(const struct score *s) {
    return (double)s->found / (double)(s->found + s->false_alarms);
}

static double recall(const struct score *s) {
    return (double)s->found / (double)(s->found + s->missed);
}

static void add(struct score *sum, const struct score *s) {
    sum->found += s->found;
    sum->missed += s->missed;
    sum->false_alarms += s->false_alarms;
    sum->harmless += s->harmless;
}

static void print(const char *what, const char *part, const struct score *s) {
    printf("%-7s %-5s %5u secrets %5u harmless   precision %.4f   recall %.4f\n", what, part,
           s->found + s->missed, s->harmless, precision(s), recall(s));
}

static void count(struct score *score, const struct row *row, bool told) {
    bool is_secret = strcmp(row->label, "secret") == 0;
    if (!is_secret && strcmp(row->label, "harmless") != 0) fail_msg("bad label %s", row->label);
    score->harmless += !is_secret;
    score->found += is_secret && told;
    score->missed += is_secret && !told;
    score->false_alarms += !is_secret && told;
    const char *shown = getenv("SECRETS_SHOW");
    if (told != is_secret && shown && strcmp(shown, row->part) == 0)
        printf("  %s: %s | %s | %s\n", told ? "false alarm" : "missed", row->name, row->value,
               row->reason);
}

/* --- the sets -------------------------------------------------------------------------------- */

static void read_set(const char *file, bool has_name, bool has_value, judge_fn judge,
                     struct score scores[static PARTS]) {
    static char line[LINE_MAX_BYTES];
    static struct row row;
    FILE *in = fopen(file, "r");
    if (!in) fail_msg("%s: cannot read it (run from the root of the project)", file);
    for (unsigned number = 1; fgets(line, sizeof line, in); number++) {
        char *columns[5];
        if (!split(line, columns, has_name && has_value ? 5 : 4)) continue;
        row = (struct row){.name = ""};
        copy(row.part, sizeof row.part, columns[0]);
        copy(row.label, sizeof row.label, columns[1]);
        if (has_name) copy(row.name, sizeof row.name, columns[2]);
        if (has_value) expand(columns[has_name ? 3 : 2], number, row.value);
        copy(row.reason, sizeof row.reason, columns[has_name && has_value ? 4 : 3]);
        count(&scores[strcmp(row.part, "held") == 0 ? HELD : TUNE], &row, judge(&row));
    }
    fclose(in);
}

static bool name_tells(const struct row *row) {
    return secret_name_is_telling(str_from(row->name));
}

static bool value_tells(const struct row *row) {
    return secret_value_shape(str_from(row->value)) != NULL;
}

/* As the check env-secrets judges a variable. */
static bool variable_tells(const struct row *row) {
    return value_tells(row) || (name_tells(row) && secret_value_is_literal(str_from(row->value)));
}

static void require(const char *what, const char *file, bool has_name, bool has_value,
                    judge_fn judge) {
    struct score scores[PARTS] = {{0}}, all = {0};
    read_set(file, has_name, has_value, judge, scores);
    add(&all, &scores[TUNE]);
    add(&all, &scores[HELD]);
    print(what, "tune", &scores[TUNE]);
    print(what, "held", &scores[HELD]);
    print(what, "all", &all);
    if (precision(&all) < LEAST || recall(&all) < LEAST || precision(&scores[HELD]) < LEAST ||
        recall(&scores[HELD]) < LEAST)
        fail_msg("%s: precision and recall must be %.2f at least, see above", file, LEAST);
}

static void names_are_told_from_harmless_ones(void **state) {
    (void)state;
    require("names", "tests/secrets/names.tsv", true, false, name_tells);
}

static void values_are_told_from_harmless_ones(void **state) {
    (void)state;
    require("values", "tests/secrets/values.tsv", false, true, value_tells);
}

static void variables_are_told_from_harmless_ones(void **state) {
    (void)state;
    require("both", "tests/secrets/pairs.tsv", true, true, variable_tells);
}

/* --- randomness ------------------------------------------------------------------------------ */

static bool is_random(const struct row *row) {
    return secret_value_is_random(str_from(row->value), 20, 3800);
}

/* Random keys of common lengths, and how many of the harmless values look like them. */
static void random_keys_are_told_from_harmless_values(void **state) {
    (void)state;
    static const char *const written[] = {"{A20}", "{A24}", "{b32}", "{u40}", "{b64}"};
    struct score scores[PARTS] = {{0}}, all = {0};
    for (size_t i = 0; i < sizeof written / sizeof written[0]; i++) {
        char value[LINE_MAX_BYTES];
        unsigned found = 0;
        for (unsigned seed = 0; seed < 1000; seed++) {
            expand(written[i], seed, value);
            found += secret_value_is_random(str_from(value), 20, 3800);
        }
        printf("random  %-5s found of 1000: %u\n", written[i], found);
        if (i > 0 && found < 970) fail_msg("%s: only %u of 1000 are found", written[i], found);
    }
    read_set("tests/secrets/values.tsv", false, true, is_random, scores);
    add(&all, &scores[TUNE]);
    add(&all, &scores[HELD]);
    printf("random  harmless values found: %u of %u\n", all.false_alarms, all.harmless);
    assert_true(all.false_alarms * 10 <= all.harmless);
}

/* --- stand-ins ------------------------------------------------------------------------------- */

static unsigned inexact, looked_at;

/* Behind what its maker writes at the start of each, no eight bytes of the secret are left. */
static void assert_tells_nothing(struct str value, struct str stand_in) {
    struct secret_hit hit = {.secret = value};
    (void)secret_find(value, &hit);
    const struct str of_all = STR(
        " login redacted password -----BEGIN PRIVATE KEY-----LS0tLS1CRUdJTiBQUklWQVRFIEtFWS0tLS0t");
    size_t half = hit.secret.len / 2, start = half < 40 ? half : 40;
    for (size_t at = start; at + 8 <= hit.secret.len; at++)
        if (str_contains(stand_in, str_slice(hit.secret, at, 8)) &&
            !str_contains(of_all, str_slice(hit.secret, at, 8)))
            fail_msg("of %.*s this is left: %.*s", STR_ARGS(value), STR_ARGS(stand_in));
}

static bool stand_in_differs(const struct row *row) {
    struct arena arena;
    arena_init(&arena, 4096, 0);
    struct str value = str_from(row->value);
    bool is_exact;
    struct str stand_in = secret_stand_in(&arena, value, ++looked_at, &is_exact);
    struct secret_hit was = {.what = ""}, is = {.what = ""};
    if (secret_find(value, &was) != secret_find(stand_in, &is))
        fail_msg("%s is judged otherwise than %s", stand_in.at, row->value);
    if (!is_exact || strcmp(was.what, is.what) != 0) {
        printf("stand-in: %s is no %s: %s\n", stand_in.at, was.what, row->value);
        inexact++;
    }
    assert_true(str_equals(was.name, is.name));
    if (strcmp(row->label, "secret") == 0) assert_tells_nothing(value, stand_in);
    arena_fini(&arena);
    return false;
}

static void stand_ins_are_judged_alike_and_tell_nothing(void **state) {
    (void)state;
    struct score scores[PARTS] = {{0}};
    read_set("tests/secrets/values.tsv", false, true, stand_in_differs, scores);
    read_set("tests/secrets/pairs.tsv", true, true, stand_in_differs, scores);
    printf("stand-ins not judged alike in everything: %u of %u\n", inexact, looked_at);
    assert_true(looked_at > 600);
    assert_true(inexact * 100 <= looked_at);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_told_from_harmless_ones),
        cmocka_unit_test(values_are_told_from_harmless_ones),
        cmocka_unit_test(variables_are_told_from_harmless_ones),
        cmocka_unit_test(random_keys_are_told_from_harmless_values),
        cmocka_unit_test(stand_ins_are_judged_alike_and_tell_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
