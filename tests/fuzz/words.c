#include "fuzz/words.h"

#include <stdio.h>

#include "fuzz/fuzz.h"
#include "fuzz/mutate.h"

#define WORDS "tests/fuzz/dictionaries/json.txt"
#define WORDS_MAX 512

static char words[WORDS_MAX][WORD_MAX + 1];
static size_t word_count;

/* A line is "word", with a backslash before a quote or another backslash; \xAB is a byte. */
static bool read_word(struct str line, char word[static WORD_MAX + 1]) {
    size_t len = 0;
    if (line.len < 3 || line.at[0] != '"' || line.at[line.len - 1] != '"') return false;
    for (size_t i = 1; i + 1 < line.len; i++) {
        unsigned byte;
        FUZZ_EXPECT(len < WORD_MAX);
        if (line.at[i] != '\\') {
            word[len++] = line.at[i];
        } else if (line.at[i + 1] == 'x' && sscanf(line.at + i + 2, "%2x", &byte) == 1) {
            word[len++] = (char)byte;
            i += 3;
        } else {
            word[len++] = line.at[++i];
        }
    }
    word[len] = '\0';
    return true;
}

static void read_words(void) {
    char line[4 * WORD_MAX];
    FILE *file = fopen(WORDS, "r");
    FUZZ_EXPECT(file != NULL);
    while (fgets(line, sizeof line, file)) {
        FUZZ_EXPECT(word_count < WORDS_MAX);
        if (read_word(str_trim(str_from(line)), words[word_count])) word_count++;
    }
    fclose(file);
    FUZZ_EXPECT(word_count > 0);
}

struct str words_pick(unsigned *seed) {
    if (word_count == 0) read_words();
    return str_from(words[mutate_pick(seed, word_count)]);
}

bool words_is_member(struct str word) {
    return word.at[0] == '"' && str_contains(word, STR("\":")) && word.at[word.len - 1] != ':';
}
