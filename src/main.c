#include <signal.h>
#include <stdio.h>

#include "cli/check.h"
#include "cli/console.h"
#include "cli/explain.h"
#include "cli/lint.h"
#include "cli/list.h"
#include "cli/probe.h"
#include "cli/replay.h"
#include "cli/report.h"
#include "cli/review.h"
#include "cli/schema.h"
#include "cli/serve.h"
#include "cli/test.h"
#include "cli/version.h"
#include "text/json.h"

static const struct verb *const verbs[] = {
    &verb_serve,  &verb_check, &verb_review,  &verb_replay, &verb_lint,  &verb_test,
    &verb_report, &verb_list,  &verb_explain, &verb_schema, &verb_probe, &verb_version,
};
#define VERB_COUNT (sizeof verbs / sizeof *verbs)

static void print_help(FILE *stream) {
    fputs("podgate: pod specs are admitted to a Kubernetes cluster by policy\n\n"
          "usage: podgate COMMAND [OPTIONS] ...\n\ncommands:\n",
          stream);
    for (size_t i = 0; i < VERB_COUNT; i++)
        fprintf(stream, "  %-9s %s\n", verbs[i]->name, verbs[i]->summary);
    fputs("\nexamples:\n"
          "  podgate check deploy/             judge the manifests of a folder\n"
          "  helm template chart | podgate check -\n"
          "  podgate explain run-as-non-root   what a check wants, and why\n"
          "  podgate COMMAND --help            a command's options\n",
          stream);
}

static const struct verb *find_verb(const char *name) {
    for (size_t i = 0; i < VERB_COUNT; i++)
        if (strcmp(name, verbs[i]->name) == 0) return verbs[i];
    return NULL;
}

static int refuse_unknown(const char *name) {
    struct str names[VERB_COUNT];
    for (size_t i = 0; i < VERB_COUNT; i++)
        names[i] = str_from(verbs[i]->name);
    struct arena arena;
    struct strbuf shown;
    arena_init(&arena, 1024, 0);
    strbuf_init(&shown, &arena, 128);
    strbuf_add_quoted(&shown, str_from(name), 64);
    struct str near = str_nearest(str_from(name), names, VERB_COUNT);
    if (near.len)
        console_say("unknown command %.*s (did you mean %.*s?)", STR_ARGS(strbuf_str(&shown)),
                    STR_ARGS(near));
    else
        console_say("unknown command %.*s (see podgate --help)", STR_ARGS(strbuf_str(&shown)));
    arena_fini(&arena);
    return STATUS_TROUBLE;
}

/* A reader that goes away is an error of writing, not a signal. */
static void ignore_broken_pipes(void) {
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    sigaction(SIGPIPE, &ignore, NULL);
}

static bool is_one_of(const char *word, const char *a, const char *b, const char *c) {
    return strcmp(word, a) == 0 || strcmp(word, b) == 0 || strcmp(word, c) == 0;
}

/* What lives as long as the process lives in one arena. */
static int run(const struct verb *verb, int argc, char **argv) {
    struct arena arena;
    arena_init(&arena, (size_t)64 << 10, 0);
    int status = verb->run(verb, &arena, argc, argv);
    arena_fini(&arena);
    return status;
}

int main(int argc, char **argv) {
    ignore_broken_pipes();
    if (argc < 2) {
        print_help(stderr);
        return STATUS_TROUBLE;
    }
    if (is_one_of(argv[1], "--help", "-h", "help")) {
        char help[] = "--help";
        char *arguments[] = {help, NULL};
        if (argc == 2) {
            print_help(stdout);
            return console_finish(STATUS_FINE);
        }
        const struct verb *verb = find_verb(argv[2]);
        return verb ? run(verb, 1, arguments) : refuse_unknown(argv[2]);
    }
    if (is_one_of(argv[1], "--version", "-V", "version"))
        return run(&verb_version, argc - 2, argv + 2);
    const struct verb *verb = find_verb(argv[1]);
    return verb ? run(verb, argc - 2, argv + 2) : refuse_unknown(argv[1]);
}
