#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>
#include <stdlib.h>

#include "cli/option.h"

struct options {
    bool loud;
    struct str listen;
    struct str_list paths;
    int64_t threads, size, wait_ms;
    int mode;
};

static const char *const modes[] = {"audit", "warn", "enforce", NULL};
static const struct option_row rows[] = {
    {"loud", 'l', OPTION_FLAG, offsetof(struct options, loud), NULL, NULL, 0, 0, NULL, "says more"},
    {"listen", 0, OPTION_TEXT, offsetof(struct options, listen), "ADDR:PORT", ":8443", 0, 0, NULL,
     "where"},
    {"paths", 'p', OPTION_TEXTS, offsetof(struct options, paths), "PATH", NULL, 0, 0, NULL, "what"},
    {"threads", 'n', OPTION_NUMBER, offsetof(struct options, threads), "N", "2", 1, 64, NULL,
     "how many"},
    {"max-size", 0, OPTION_BYTES, offsetof(struct options, size), "SIZE", "8MiB", 0, 0, NULL,
     "how large"},
    {"wait", 0, OPTION_DURATION, offsetof(struct options, wait_ms), "TIME", "10s", 0, 60000, NULL,
     "how long"},
    {"mode", 0, OPTION_CHOICE, offsetof(struct options, mode), NULL, "enforce", 0, 0, modes,
     "how hard"},
};
static const struct verb verb = {.name = "try",
                                 .summary = "tries",
                                 .operands = "FILE...",
                                 .help = "exit status: 0.",
                                 .options = rows,
                                 .option_count = sizeof rows / sizeof *rows};
static const struct verb without_operands = {.name = "try",
                                             .operands = "",
                                             .options = rows,
                                             .option_count = 7};

static struct arena arena;
static struct options options;
static struct str_list operands;
static struct error err;
static bool wants_help;

static int set_up(void **state) {
    (void)state;
    arena_init(&arena, 4096, 0);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    arena_fini(&arena);
    return 0;
}

static bool read_with(const struct verb *which, const char *const *arguments) {
    char *argv[16];
    int argc = 0;
    for (; arguments[argc]; argc++)
        argv[argc] = (char *)(size_t)arguments[argc];
    options = (struct options){0};
    err = (struct error){.code = ERR_NONE};
    return option_read(which, &arena, argc, argv, &options, &operands, &wants_help, &err);
}

#define READ(...) read_with(&verb, (const char *const[]){__VA_ARGS__, NULL})

static void assert_text(struct str text, const char *expected) {
    if (!str_equals(text, str_from(expected))) fail_msg("%.*s is not %s", STR_ARGS(text), expected);
}

static void assert_refused(bool read, const char *says) {
    assert_false(read);
    assert_int_equal(err.code, ERR_USAGE);
    if (!strstr(err.text, says)) fail_msg("\"%s\" does not say \"%s\"", err.text, says);
}

static void defaults_hold(void **state) {
    (void)state;
    assert_true(read_with(&verb, (const char *const[]){NULL}));
    assert_false(options.loud);
    assert_text(options.listen, ":8443");
    assert_int_equal(options.paths.count, 0);
    assert_int_equal(options.threads, 2);
    assert_int_equal(options.size, 8 << 20);
    assert_int_equal(options.wait_ms, 10000);
    assert_int_equal(options.mode, 2);
    assert_int_equal(operands.count, 0);
    assert_false(wants_help);
}

static void every_form_is_read(void **state) {
    (void)state;
    assert_true(READ("--listen", "a:1", "--threads=7", "-n9", "--loud", "-p", "x", "--paths=y",
                     "-pz", "--max-size=2KiB", "--wait", "1m", "--mode=audit", "file", "-"));
    assert_text(options.listen, "a:1");
    assert_int_equal(options.threads, 9);
    assert_true(options.loud);
    assert_int_equal(options.paths.count, 3);
    assert_text(options.paths.items[0], "x");
    assert_text(options.paths.items[2], "z");
    assert_int_equal(options.size, 2048);
    assert_int_equal(options.wait_ms, 60000);
    assert_int_equal(options.mode, 0);
    assert_int_equal(operands.count, 2);
    assert_text(operands.items[1], "-");
    assert_true(READ("--loud=false", "-l", "--loud=false"));
    assert_false(options.loud);
    assert_true(READ("--", "--listen", "-x"));
    assert_int_equal(operands.count, 2);
    assert_true(READ("--listen=", "--paths", ""));
    assert_text(options.listen, "");
    assert_int_equal(options.paths.count, 1);
}

static void the_environment_is_read_and_the_command_line_wins(void **state) {
    (void)state;
    setenv("PODGATE_MAX_SIZE", "1GiB", 1);
    setenv("PODGATE_PATHS", "a, b,,c", 1);
    setenv("PODGATE_THREADS", "", 1);
    setenv("PODGATE_LOUD", "true", 1);
    setenv("PODGATE_UNKNOWN", "x", 1);
    assert_true(READ("file"));
    assert_int_equal(options.size, INT64_C(1) << 30);
    assert_int_equal(options.paths.count, 3);
    assert_text(options.paths.items[1], "b");
    assert_int_equal(options.threads, 2);
    assert_true(options.loud);
    assert_true(READ("--paths", "d"));
    assert_int_equal(options.paths.count, 1);
    setenv("PODGATE_MAX_SIZE", "much", 1);
    assert_refused(READ("file"), "PODGATE_MAX_SIZE: \"much\" is no size");
    /* A broken variable that the command line overrides does no harm. */
    assert_true(READ("--max-size=1MiB"));
    unsetenv("PODGATE_MAX_SIZE");
    unsetenv("PODGATE_PATHS");
    unsetenv("PODGATE_THREADS");
    unsetenv("PODGATE_LOUD");
    unsetenv("PODGATE_UNKNOWN");
}

static void what_is_wrong_is_told(void **state) {
    (void)state;
    assert_refused(READ("--lisen=x"), "unknown option --lisen (did you mean --listen?)");
    assert_refused(READ("--zzzzzzzz"), "unknown option --zzzzzzzz (see podgate try --help)");
    assert_refused(READ("-x"), "unknown option -x");
    assert_refused(READ("-lx"), "unknown option -lx");
    assert_refused(READ("--listen"), "--listen needs a value: --listen ADDR:PORT");
    assert_refused(READ("--mode"), "--mode needs a value: --mode audit|warn|enforce");
    assert_refused(READ("--threads=0"), "--threads: \"0\" is not within 1..64");
    assert_refused(READ("--threads=two"), "is no whole number");
    assert_refused(READ("--threads=99999999999999999999"), "is no whole number");
    assert_refused(READ("--wait=61s"), "is not within 0..60000 milliseconds");
    assert_refused(READ("--wait=soon"), "write 250ms, 10s or 1m30s");
    assert_refused(READ("--max-size=9999999999GiB"), "is no size");
    assert_refused(READ("--mode=enforced"), "\"enforced\" is not audit, warn or enforce");
    assert_refused(READ("--loud=yes"), "is neither true nor false");
    assert_refused(READ("--mode=\x1b[31m"), "\\x1b");
    assert_refused(read_with(&without_operands, (const char *const[]){"file", NULL}),
                   "unexpected \"file\"");
}

static void help_is_asked_for_and_given(void **state) {
    (void)state;
    struct strbuf out;
    assert_true(READ("--listen=x", "--help", "--nonsense"));
    assert_true(wants_help);
    assert_true(READ("-h"));
    assert_true(wants_help);
    assert_true(READ("--", "-h"));
    assert_false(wants_help);
    strbuf_init(&out, &arena, 1024);
    option_print_help(&verb, &out);
    assert_non_null(strstr(out.at, "usage: podgate try [OPTIONS] FILE...\n"));
    assert_non_null(strstr(out.at, "  -l, --loud"));
    assert_non_null(strstr(out.at, "--listen ADDR:PORT"));
    assert_non_null(strstr(out.at, "where (default :8443)"));
    assert_non_null(strstr(out.at, "what (repeatable)"));
    assert_non_null(strstr(out.at, "--mode audit|warn|enforce"));
    assert_non_null(strstr(out.at, "exit status: 0."));
}

static bool refuse_all(size_t bytes) {
    (void)bytes;
    return true;
}

static void running_out_of_memory_is_an_error(void **state) {
    (void)state;
    arena_refuse = refuse_all;
    bool read = READ("file");
    arena_refuse = NULL;
    assert_false(read);
    assert_int_equal(err.code, ERR_MEMORY);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(defaults_hold, set_up, tear_down),
        cmocka_unit_test_setup_teardown(every_form_is_read, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_environment_is_read_and_the_command_line_wins, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(what_is_wrong_is_told, set_up, tear_down),
        cmocka_unit_test_setup_teardown(help_is_asked_for_and_given, set_up, tear_down),
        cmocka_unit_test_setup_teardown(running_out_of_memory_is_an_error, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
