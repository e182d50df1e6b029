/* A pattern matches just what the plainest matcher says it matches. */
#include "base/glob.h"

#include "fuzz/fuzz.h"

#define SHORT 24 /* the oracle's time grows quickly */

/* Patterns of letters, `*` and `?` only. */
static bool is_plain(struct str pattern) {
    for (size_t i = 0; i < pattern.len; i++) {
        unsigned char c = (unsigned char)pattern.at[i];
        if (c == '[' || c == '\\' || c >= 0x80) return false;
    }
    return true;
}

static bool oracle(struct str pattern, struct str text) {
    if (pattern.len == 0) return text.len == 0;
    struct str rest = str_slice(pattern, 1, pattern.len);
    if (pattern.at[0] == '*')
        return oracle(rest, text) ||
               (text.len > 0 && oracle(pattern, str_slice(text, 1, text.len)));
    if (text.len == 0) return false;
    return (pattern.at[0] == '?' || pattern.at[0] == text.at[0]) &&
           oracle(rest, str_slice(text, 1, text.len));
}

/* The first line is the pattern, the rest the text. */
void fuzz_glob(struct fuzz *fuzz, struct str input) {
    (void)fuzz;
    size_t line = str_find_char(input, '\n');
    struct str pattern = str_slice(input, 0, line);
    struct str text = str_slice(input, line + 1, input.len);
    struct error err = {0};
    bool is_fine = glob_check(pattern, &err);
    FUZZ_EXPECT(is_fine || err.text[0] != '\0');
    bool matches = glob_match(pattern, text);
    (void)glob_match_path(pattern, text);
    if (!is_fine || pattern.len > SHORT || text.len > SHORT) return;
    if (is_plain(pattern) && is_plain(text)) FUZZ_EXPECT(matches == oracle(pattern, text));
}
