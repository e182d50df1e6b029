//go:build ignore
// (The go tool would take this file for its own.)

/*
 * Judges pods and updates of pods against the Pod Security Standards in bulk: one case a line in (judging/judging.h
 * has their forms), one line out: the ids of the violated controls, divided by commas, nothing when the pod or the
 * update is allowed, or "error: ..." when it cannot be judged.
 */
#include <stdio.h>
#include <stdlib.h>

#include "conformance/judging/judging.h"

static void print_answer(const struct str_list *violated) {
    for (size_t i = 0; i < violated->count; i++)
        printf("%s%.*s", i > 0 ? "," : "", STR_ARGS(violated->items[i]));
    putchar('\n');
}

int main(void) {
    setvbuf(stdout, NULL, _IOLBF, BUFSIZ); /* whoever asks may wait for each answer */
    struct judging judging;
    judging_init(&judging);
    char *line = NULL;
    size_t capacity = 0;
    ssize_t length;
    while ((length = getline(&line, &capacity, stdin)) > 0) {
        struct str_list violated;
        struct error err = {0};
        if (judging_judge(&judging, (struct str){line, (size_t)length}, &violated, &err))
            print_answer(&violated);
        else
            printf("error: %s: %s\n", err.where, err.text);
    }
    free(line);
    judging_fini(&judging);
    bool is_written = fflush(stdout) == 0;
    return is_written && !ferror(stdin) ? EXIT_SUCCESS : EXIT_FAILURE;
}
