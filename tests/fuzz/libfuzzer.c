/*
 * libFuzzer's side: podgate-fuzz --target=NAME [libFuzzer's options] CORPUS...
 */
#include <stdio.h>
#include <stdlib.h>

#include "fuzz/fuzz.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t room, unsigned seed);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t room);

static struct fuzz fuzz;
static const struct fuzz_target *target;

int LLVMFuzzerInitialize(int *argc, char ***argv) {
    static const char option[] = "--target=";
    for (int i = 1; i < *argc; i++)
        if (strncmp((*argv)[i], option, sizeof option - 1) == 0)
            target = fuzz_target_find((*argv)[i] + sizeof option - 1);
    if (!target) {
        fprintf(stderr, "podgate-fuzz: --target= one of:");
        for (size_t i = 0; i < fuzz_target_count; i++)
            fprintf(stderr, " %s", fuzz_targets[i].name);
        fprintf(stderr, "\n");
        exit(2);
    }
    fuzz_init(&fuzz);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    fuzz_run(&fuzz, target, (struct str){(const char *)data, size});
    return 0;
}

/* Bytes now and then, so that what no parser takes gets its share too. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t room, unsigned seed) {
    size_t changed = 0;
    if (target->mutate && seed % 8 != 0) changed = target->mutate((char *)data, size, room, seed);
    return changed > 0 ? changed : LLVMFuzzerMutate(data, size, room);
}
