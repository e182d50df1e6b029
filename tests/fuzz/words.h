/*
 * words: the dictionary of JSON that libFuzzer reads too (dictionaries/json.txt): values, members ("key": value) and keys
 * alone, with their colon. Read once, from the root of the project.
 */
#ifndef PODGATE_TESTS_FUZZ_WORDS_H
#define PODGATE_TESTS_FUZZ_WORDS_H

#include "base/str.h"

#define WORD_MAX 127

/* One of them, never empty; it stays. */
struct str words_pick(unsigned *seed);
bool words_is_member(struct str word);

#endif
