/*
 *   name := word { separator word }     separator: any byte that is no ASCII letter or digit, or a
 *                                       camelCase border: apiKey, APIKey
 *   term := word { word }               of the table, plural allowed, digits behind a word ignored
 *
 * The last term of a name decides, unless a word behind it says that the variable is only about it.
 */
#include "rules/secret_text.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#define COUNT_OF(list) (sizeof(list) / sizeof(list)[0])
#define WORDS_MAX 8  /* of one name: the last ones, which decide */
#define SPACES_MAX 2 /* of a term */

struct words {
    struct str items[WORDS_MAX];
    size_t count;
    bool are_all; /* none stood before them */
};

enum {
    GLUED = 1,     /* other letters may stand before it in one word: PGPASSWORD */
    NOT_ALONE = 2, /* a word must stand before it: PWD is the working directory, DB_PWD is not */
    PUBLISHED = 4, /* takes it back when PUBLIC or PUBLISHABLE stands before it */
    INNOCENT = 8,  /* no secret: it only sounds like the rows below */
};

struct term {
    struct str text;
    unsigned flags;
};
#define NO_ROW(text, flags)
#define ROW(text, flags) {STR_INIT(text), (flags)},
#define FIRST(text, flags) (text)[0],
#define SECOND(text, flags) (text)[1],
#define LAST(text, flags) (text)[sizeof(text) - 2],
#define LAST_BUT_ONE(text, flags) (text)[sizeof(text) - 3],
#define NO_LETTER(text, flags) '\0',

#define KEY NO_ROW
#define TERM ROW
#define PHRASE ROW
static const struct term terms[] = {
#include "rules/secret_terms.def"
};
#undef TERM
#undef PHRASE

/* Two letters of each row, in the rows' order, turn down most words. A term of one word is found by its end alone. */
#define ROWS_MAX 64
#define TERM NO_LETTER
#define PHRASE FIRST
static const char firsts[ROWS_MAX] = {
#include "rules/secret_terms.def"
};
#undef PHRASE
#define PHRASE SECOND
static const char seconds[ROWS_MAX] = {
#include "rules/secret_terms.def"
};
#undef TERM
#undef PHRASE
#define TERM LAST_BUT_ONE
#define PHRASE LAST_BUT_ONE
static const char lasts_but_one[ROWS_MAX] = {
#include "rules/secret_terms.def"
};
#undef TERM
#undef PHRASE
#define TERM LAST
#define PHRASE LAST
static const char lasts[ROWS_MAX] = {
#include "rules/secret_terms.def"
};
#undef KEY
#undef TERM
#undef PHRASE

#define TERM NO_ROW
#define PHRASE NO_ROW
#define KEY ROW
static const struct term keys[] = {
#include "rules/secret_terms.def"
};
#undef KEY
#define KEY FIRST
static const char key_firsts[ROWS_MAX] = {
#include "rules/secret_terms.def"
};
#undef KEY
#define KEY SECOND
static const char key_seconds[ROWS_MAX] = {
#include "rules/secret_terms.def"
};
#undef KEY
#define KEY LAST_BUT_ONE
static const char key_lasts_but_one[ROWS_MAX] = {
#include "rules/secret_terms.def"
};
#undef KEY
#define KEY LAST
static const char key_lasts[ROWS_MAX] = {
#include "rules/secret_terms.def"
};
_Static_assert(COUNT_OF(terms) <= ROWS_MAX && COUNT_OF(keys) <= ROWS_MAX, "a bit for each row");

/* What stands around a term. */
#define NO_WORD(text)
#define WORD(text) text,
#define BEFORE NO_WORD
#define DOING NO_WORD
#define ABOUT WORD
static const char *const words_about[] = {
#include "rules/secret_words.def"
};
#undef ABOUT
#undef BEFORE
#define ABOUT NO_WORD
#define BEFORE WORD
static const char *const words_before[] = {
#include "rules/secret_words.def"
};
#undef BEFORE
#undef DOING
#define BEFORE NO_WORD
#define DOING WORD
static const char *const words_doing[] = {
#include "rules/secret_words.def"
};

/* Whether a word ends before name.at[at]. */
static bool is_border(struct str name, size_t at) {
    char before = name.at[at - 1], here = name.at[at];
    if (!ascii_is_alnum(here)) return true;
    if (!ascii_is_upper(here)) return false;
    if (!ascii_is_upper(before)) return true;
    return at + 1 < name.len && ascii_is_lower(name.at[at + 1]);
}

static bool begins_word(struct str name, size_t at) {
    return ascii_is_alnum(name.at[at]) &&
           (at == 0 || !ascii_is_alnum(name.at[at - 1]) || is_border(name, at));
}

/* The last words of a name, as many as are looked at: from its end to its beginning. */
static void divide(struct str name, struct words *words) {
    size_t first = WORDS_MAX, end = name.len;
    words->are_all = true;
    for (size_t at = name.len; at-- > 0;) {
        if (!ascii_is_alnum(name.at[at])) {
            end = at;
        } else if (begins_word(name, at)) {
            words->are_all = first > 0;
            if (first == 0) break;
            words->items[--first] = (struct str){name.at + at, end - at};
            end = at;
        }
    }
    words->count = WORDS_MAX - first;
    memmove(words->items, words->items + first, words->count * sizeof *words->items);
}

static struct str without_digits(struct str word) {
    while (word.len > 1 && ascii_is_digit(word.at[word.len - 1]))
        word.len--;
    return word;
}

static struct str without_plural(struct str word) {
    bool is_plural = word.len > 1 && ascii_to_upper(word.at[word.len - 1]) == 'S';
    return is_plural ? str_slice(word, 0, word.len - 1) : word;
}

static bool is_word(struct str word, struct str wanted) {
    word = without_digits(word);
    return str_equals_ignore_case(word, wanted) ||
           str_equals_ignore_case(without_plural(word), wanted);
}

/* The list is in the order of the alphabet. */
static bool is_among(struct str word, const char *const *list, size_t count) {
    char first = ascii_to_upper(word.at[0]);
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (list[middle][0] < first)
            low = middle + 1;
        else
            high = middle;
    }
    char second = word.len > 1 ? ascii_to_upper(word.at[1]) : '\0';
    for (; low < count && list[low][0] == first; low++)
        if (list[low][1] == second && str_equals_ignore_case(word, str_from(list[low])))
            return true;
    return false;
}

/* "API KEY" in one word: APIKEY, or with GLUED also STRIPEAPIKEY. */
static bool is_glued_term(struct str word, const struct term *term) {
    struct str wanted = term->text;
    if (word.len + SPACES_MAX < wanted.len) return false;
    while (wanted.len > 0 && word.len > 0) {
        char letter = wanted.at[--wanted.len];
        if (letter == ' ') continue;
        if (ascii_to_upper(word.at[--word.len]) != letter) return false;
    }
    return wanted.len == 0 && (word.len == 0 || (term->flags & GLUED));
}

/* How many words from `at` are the term; 0: it is another. */
static size_t match_words(const struct words *words, size_t at, struct str term) {
    size_t matched = 0;
    for (struct str rest = term; rest.len > 0; matched++) {
        size_t space = str_find_char(rest, ' ');
        if (at + matched >= words->count) return 0;
        if (!is_word(words->items[at + matched], str_slice(rest, 0, space))) return 0;
        rest = str_slice(rest, space + 1, rest.len);
    }
    return matched;
}

/* A bit for each row that has these two letters. */
static uint64_t rows_with(const char *ones, char one, const char *others, char other) {
    uint64_t rows = 0;
    one = ascii_to_upper(one), other = ascii_to_upper(other);
#if defined(__SSE2__)
    for (size_t i = 0; i < ROWS_MAX; i += sizeof(__m128i)) {
        __m128i a = _mm_loadu_si128((const void *)(ones + i));
        __m128i b = _mm_loadu_si128((const void *)(others + i));
        __m128i both = _mm_and_si128(_mm_cmpeq_epi8(a, _mm_set1_epi8(one)),
                                     _mm_cmpeq_epi8(b, _mm_set1_epi8(other)));
        rows |= (uint64_t)_mm_movemask_epi8(both) << i;
    }
#else
    for (size_t i = 0; i < ROWS_MAX; i++)
        rows |= (uint64_t)(ones[i] == one && others[i] == other) << i;
#endif
    return rows;
}

/* Rows have two letters at least: a word of one is none of them. */
static uint64_t rows_beginning(struct str word, const char *first_of, const char *second_of) {
    return word.len > 1 ? rows_with(first_of, word.at[0], second_of, word.at[1]) : 0;
}

static uint64_t rows_ending(struct str word, const char *last_but_one_of, const char *last_of) {
    if (word.len < 2) return 0;
    return rows_with(last_but_one_of, word.at[word.len - 2], last_of, word.at[word.len - 1]);
}

static size_t next_row(uint64_t rows) { return (size_t)__builtin_ctzll(rows); }

static bool ends_with_key(struct str word) {
    return word.len >= 3 && ascii_to_upper(word.at[word.len - 1]) == 'Y' &&
           str_equals_ignore_case(str_slice(word, word.len - 3, 3), STR("KEY"));
}

static bool is_key(struct str word) {
    return ascii_to_upper(word.at[0]) == 'K' && is_word(word, STR("KEY"));
}

/* "API KEY" that starts with the word at `at`, be it one word (APIKEYS) or two. */
static const struct term *find_key(const struct words *words, size_t at, size_t *matched) {
    struct str word = without_digits(words->items[at]);
    if (!ends_with_key(word)) word = without_plural(word);
    if (ends_with_key(word) && word.len > 3) {
        struct str stem = str_slice(word, 0, word.len - 3);
        *matched = 1;
        for (uint64_t rows = rows_ending(stem, key_lasts_but_one, key_lasts); rows;
             rows &= rows - 1) {
            const struct term *key = &keys[next_row(rows)];
            if (is_glued_term(stem, key)) return key;
        }
    }
    if (at + 1 == words->count || !is_key(words->items[at + 1])) return NULL;
    *matched = 2;
    for (uint64_t rows = rows_beginning(words->items[at], key_firsts, key_seconds); rows;
         rows &= rows - 1) {
        const struct term *key = &keys[next_row(rows)];
        if (is_word(words->items[at], key->text)) return key;
    }
    return NULL;
}

/* The term that starts with the word at `at`, and its number of words; NULL: none does. */
static const struct term *find_term(const struct words *words, size_t at, size_t *matched) {
    struct str word = without_digits(words->items[at]);
    struct str singular = without_plural(word);
    uint64_t begin = rows_beginning(word, firsts, seconds);
    uint64_t end = rows_ending(word, lasts_but_one, lasts);
    uint64_t end_singular =
        singular.len < word.len ? rows_ending(singular, lasts_but_one, lasts) : 0;
    for (uint64_t rows = begin | end | end_singular; rows; rows &= rows - 1) {
        uint64_t row = rows & -rows;
        const struct term *term = &terms[next_row(row)];
        bool may_be = at > 0 || !(term->flags & NOT_ALONE);
        *matched = 1;
        if (may_be && end & row && is_glued_term(word, term)) return term;
        if (may_be && end_singular & row && is_glued_term(singular, term)) return term;
        if (begin & row && (*matched = match_words(words, at, term->text)) > 0) return term;
    }
    return find_key(words, at, matched);
}

static bool is_public(struct str word) {
    return str_equals_ignore_case(word, STR("PUBLIC")) ||
           str_equals_ignore_case(word, STR("PUBLISHABLE"));
}

/* Whether the words before `at` leave the term its meaning. */
static bool is_meant(const struct term *term, const struct words *words, size_t at) {
    if (term->flags & INNOCENT) return false;
    if (at == 1 && words->are_all && is_among(words->items[0], words_doing, COUNT_OF(words_doing)))
        return false;
    for (size_t i = 0; i < at; i++) {
        struct str word = words->items[i];
        if (is_among(word, words_before, COUNT_OF(words_before))) return false;
        if (term->flags & PUBLISHED && is_public(word)) return false;
    }
    return true;
}

static bool is_about(const struct words *words, size_t from) {
    for (size_t i = from; i < words->count; i++)
        if (is_among(words->items[i], words_about, COUNT_OF(words_about))) return true;
    return false;
}

static bool begins(struct str text, struct str root) {
    return text.len >= root.len && str_equals_ignore_case((struct str){text.at, root.len}, root);
}

/* After a P. */
static bool begins_root_of_p(struct str text) {
    switch (ascii_to_upper(text.at[1])) {
    case 'A': return begins(text, STR("PAS")) || begins(text, STR("PAT"));
    case 'E': return begins(text, STR("PEPPER"));
    case 'H': return begins(text, STR("PHRASE"));
    case 'S':
    case 'W': return true;
    default: return false;
    }
}

/* Most names hold no term at all: each term holds one of these, and looking for them costs little. */
static bool begins_root(struct str text) {
    switch (ascii_to_upper(text.at[0])) {
    case 'A': return begins(text, STR("AUTH"));
    case 'B': return begins(text, STR("BEARER"));
    case 'C': return begins(text, STR("COOKIE")) || begins(text, STR("CRED"));
    case 'D': return begins(text, STR("DOCKERC"));
    case 'K': return begins(text, STR("KEY"));
    case 'M': return begins(text, STR("MNEMONIC"));
    case 'P': return begins_root_of_p(text);
    case 'S': return begins(text, STR("SECRET")) || begins(text, STR("SALT"));
    case 'T': return begins(text, STR("TOKEN"));
    default: return false;
    }
}

bool secret_name_has_root(struct str name) {
    for (size_t at = 0; at + 1 < name.len; at++) {
        if (begins_root((struct str){name.at + at, name.len - at})) return true;
    }
    return false;
}

bool secret_name_is_telling(struct str name) {
    struct words words;
    const struct term *last = NULL;
    size_t start = 0, end = 0;
    if (!secret_name_has_root(name)) return false;
    divide(name, &words);
    for (size_t at = 0, matched; at < words.count; at += matched) {
        const struct term *term = find_term(&words, at, &matched);
        if (!term) {
            matched = 1;
            continue;
        }
        last = term;
        start = at, end = at + matched;
    }
    return last && !is_about(&words, end) && is_meant(last, &words, start);
}
