/* mutate: what the mutators share. Everything is decided by `seed`. */
#ifndef PODGATE_TESTS_FUZZ_MUTATE_H
#define PODGATE_TESTS_FUZZ_MUTATE_H

#include "base/str.h"

/* A number below `below`; 0 when that is 0. */
size_t mutate_pick(unsigned *seed, size_t below);
/* Puts `by`, which is no part of the text, in the place of what stands from `start` to `end`. The new length; 0 without room. */
size_t mutate_replace(char *text, size_t len, size_t room, size_t start, size_t end, struct str by);

#endif
