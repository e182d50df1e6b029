/*
 *   name := word { separator word }     separator: any byte that is no ASCII letter or digit, or a
 *                                       camelCase border: apiKey, APIKey
 *   term := word { word }               of the table, plural allowed, digits behind a word ignored
 *
 * The last term of a name decides, unless a word behind it says that the variable is only about it.
 */
#include "rules/secret_text.h"

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
#define LAST(text, flags) (text)[sizeof(text) - 2],
#define NO_LETTER(text, flags) '\0',

#define KEY NO_ROW
#define TERM ROW
#define PHRASE ROW
static const struct term terms[] = {
#include "rules/secret_terms.def"
};
#undef TERM
#undef PHRASE
/* Letters of the terms, in their order, turn down most words. A term of one word needs no first one. */
#define TERM NO_LETTER
#define PHRASE FIRST
static const char firsts[] = {
#include "rules/secret_terms.def"
};
#undef TERM
#undef PHRASE
#define TERM LAST
#define PHRASE LAST
static const char lasts[] = {
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
static const char key_firsts[] = {
#include "rules/secret_terms.def"
};
#undef KEY
#define KEY LAST
static const char key_lasts[] = {
#include "rules/secret_terms.def"
};

/* Behind a term: where it is, how long, how it works; not the thing itself. */
static const char *const words_about[] = {
    "ACTION",
    "ADDRESS",
    "AGE",
    "ALG",
    "ALGORITHM",
    "ALIAS",
    "ALLOWED",
    "ARN",
    "ATTEMPTS",
    "AUDIENCE",
    "AUTHENTICATION",
    "BACKEND",
    "BUCKET",
    "CACHE",
    "CHANGE",
    "CHARS",
    "CHARSET",
    "CHECK",
    "CLASS",
    "CMD",
    "COLUMN",
    "COMMAND",
    "COMPLEXITY",
    "CONTRACT",
    "COST",
    "COUNT",
    "DAYS",
    "DECIMALS",
    "DIGITS",
    "DIR",
    "DIRECTORY",
    "DISABLED",
    "DURATION",
    "EMAIL",
    "ENABLE",
    "ENABLED",
    "ENCODER",
    "ENCODING",
    "ENCRYPTION",
    "ENDPOINT",
    "ENGINE",
    "EXP",
    "EXPIRATION",
    "EXPIRE",
    "EXPIRED",
    "EXPIRES",
    "EXPIRY",
    "FIELD",
    "FILE",
    "FILENAME",
    "FILEPATH",
    "FILES",
    "FOLDER",
    "FORMAT",
    "GENERATOR",
    "GRANT",
    "HASHER",
    "HEADER",
    "HELPER",
    "HINT",
    "HISTORY",
    "HOST",
    "HOURS",
    "ID",
    "IDS",
    "IN",
    "INCLUDE",
    "INTERVAL",
    "ISSUER",
    "ITERATIONS",
    "KIND",
    "LABEL",
    "LEEWAY",
    "LEN",
    "LENGTH",
    "LIFESPAN",
    "LIFETIME",
    "LIMIT",
    "LOCATION",
    "LOGIN",
    "MANAGER",
    "MASKING",
    "MAX",
    "METHOD",
    "MIN",
    "MINUTES",
    "MODE",
    "MOUNT",
    "MS",
    "NAME",
    "NAMES",
    "NAMESPACE",
    "NUM",
    "NUMBER",
    "PARAM",
    "PARAMETER",
    "PATH",
    "PATHS",
    "PATTERN",
    "PER",
    "PERIOD",
    "POLICY",
    "PORT",
    "PREFIX",
    "PROGRAM",
    "PROMPT",
    "PROVIDER",
    "PUBLIC",
    "REF",
    "REFERENCE",
    "REGEX",
    "REGION",
    "REQUIRED",
    "REQUIREMENTS",
    "RESET",
    "RETENTION",
    "RETRIES",
    "REVOCATION",
    "ROLE",
    "ROTATION",
    "ROUNDS",
    "RULES",
    "SCHEME",
    "SCOPE",
    "SCOPES",
    "SCRIPT",
    "SECONDS",
    "SERVER",
    "SERVICE",
    "SIZE",
    "SOURCE",
    "STANDARD",
    "STDIN",
    "STORE",
    "STRATEGY",
    "STRENGTH",
    "SUFFIX",
    "SUPPLY",
    "SYMBOL",
    "TIMEOUT",
    "TTL",
    "TYPE",
    "URI",
    "URL",
    "URLS",
    "USER",
    "USERNAME",
    "VALID",
    "VALIDATION",
    "VALIDITY",
    "VERIFICATION",
    "VERSION",
    "VOLUME",
};

/* Somewhere before a term: it counts or switches. */
static const char *const words_before[] = {
    "ALLOW",  "COMPLETION", "CONTEXT", "COUNT",  "DISABLE", "ENABLE", "FORCE",   "HAS",
    "IGNORE", "INPUT",      "IS",      "MAX",    "MAXIMUM", "MIN",    "MINIMUM", "NUM",
    "NUMBER", "OUTPUT",     "PROMPT",  "RANDOM", "REQUIRE", "SKIP",   "TOTAL",   "USE",
};

/* Right before it, at the beginning: what is done with it. */
static const char *const words_doing[] = {
    "CREATE", "ENCRYPT", "GENERATE", "HIDE",  "LOG",  "MASK",
    "ROTATE", "SAVE",    "SHOW",     "STORE", "SYNC", "WATCH",
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

/* The part with the last words of a name, as many as are looked at. */
static struct str last_words(struct str name) {
    size_t words = 0, start = 0;
    if (name.len < 2 * WORDS_MAX) return name; /* a word has a letter and a border */
    for (size_t at = name.len; at-- > 0;) {
        if (!begins_word(name, at)) continue;
        if (++words > WORDS_MAX) return str_slice(name, start, name.len);
        start = at;
    }
    return name;
}

static void divide(struct str name, struct words *words) {
    words->count = 0;
    for (size_t at = 0; at < name.len && words->count < WORDS_MAX;) {
        size_t start = at;
        if (!ascii_is_alnum(name.at[at++])) continue;
        while (at < name.len && !is_border(name, at))
            at++;
        words->items[words->count++] = str_slice(name, start, at - start);
    }
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
    for (; low < count && list[low][0] == first; low++)
        if (str_equals_ignore_case(word, str_from(list[low]))) return true;
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

/* The first place from `from` on with this letter; `count` when there is none. */
static size_t next_place(const char *letters, size_t count, char letter, size_t from) {
    const char *found = memchr(letters + from, letter, count - from);
    return found ? (size_t)(found - letters) : count;
}
#define NEXT(letters, letter, from) next_place((letters), COUNT_OF(letters), (letter), (from))

static size_t least(size_t a, size_t b) { return a < b ? a : b; }

static bool ends_with_key(struct str word) {
    return word.len >= 3 && str_equals_ignore_case(str_slice(word, word.len - 3, 3), STR("KEY"));
}

/* "API KEY" that starts with the word at `at`, be it one word (APIKEYS) or two. */
static const struct term *find_key(const struct words *words, size_t at, size_t *matched) {
    struct str word = without_digits(words->items[at]);
    if (!ends_with_key(word)) word = without_plural(word);
    if (ends_with_key(word) && word.len > 3) {
        struct str stem = str_slice(word, 0, word.len - 3);
        char last = ascii_to_upper(stem.at[stem.len - 1]);
        *matched = 1;
        for (size_t i = NEXT(key_lasts, last, 0); i < COUNT_OF(keys);
             i = NEXT(key_lasts, last, i + 1))
            if (is_glued_term(stem, &keys[i])) return &keys[i];
    }
    if (at + 1 == words->count || !is_word(words->items[at + 1], STR("KEY"))) return NULL;
    char first = ascii_to_upper(words->items[at].at[0]);
    *matched = 2;
    for (size_t i = NEXT(key_firsts, first, 0); i < COUNT_OF(keys);
         i = NEXT(key_firsts, first, i + 1))
        if (is_word(words->items[at], keys[i].text)) return &keys[i];
    return NULL;
}

/* The term that starts with the word at `at`, and its number of words; NULL: none does. */
static const struct term *find_term(const struct words *words, size_t at, size_t *matched) {
    struct str word = without_digits(words->items[at]);
    struct str singular = without_plural(word);
    char first = ascii_to_upper(word.at[0]), last = ascii_to_upper(word.at[word.len - 1]);
    char last_of_singular = ascii_to_upper(singular.at[singular.len - 1]);
    char second = word.len > 1 ? ascii_to_upper(word.at[1]) : '\0';
    size_t by_first = NEXT(firsts, first, 0), by_last = NEXT(lasts, last, 0);
    size_t by_singular = NEXT(lasts, last_of_singular, 0);
    for (size_t i; (i = least(by_first, least(by_last, by_singular))) < COUNT_OF(terms);) {
        const struct term *term = &terms[i];
        bool may_be = at > 0 || !(term->flags & NOT_ALONE);
        *matched = 1;
        if (may_be && i == by_last && is_glued_term(word, term)) return term;
        if (may_be && i == by_singular && is_glued_term(singular, term)) return term;
        if (i == by_first && second == term->text.at[1] &&
            (*matched = match_words(words, at, term->text)) > 0)
            return term;
        if (i == by_first) by_first = NEXT(firsts, first, i + 1);
        if (i == by_last) by_last = NEXT(lasts, last, i + 1);
        if (i == by_singular) by_singular = NEXT(lasts, last_of_singular, i + 1);
    }
    return find_key(words, at, matched);
}

/* What the words before a term say; each is asked once. */
struct context {
    size_t words;
    bool counts, is_public;
};

static void read_up_to(struct context *context, const struct words *words, size_t at) {
    for (; context->words < at; context->words++) {
        struct str word = words->items[context->words];
        if (str_equals_ignore_case(word, STR("PUBLIC")) ||
            str_equals_ignore_case(word, STR("PUBLISHABLE")))
            context->is_public = true;
        if (is_among(word, words_before, COUNT_OF(words_before))) context->counts = true;
    }
}

/* Whether the words before `at` leave the term its meaning. */
static bool is_meant(const struct term *term, const struct words *words, size_t at,
                     struct context *context) {
    if (term->flags & INNOCENT) return false;
    if (at == 1 && words->are_all && is_among(words->items[0], words_doing, COUNT_OF(words_doing)))
        return false;
    read_up_to(context, words, at);
    return !context->counts && !(context->is_public && term->flags & PUBLISHED);
}

static bool begins(struct str text, struct str root) {
    return str_equals_ignore_case(str_slice(text, 0, root.len), root);
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
    case 'P':
        return begins(text, STR("PAS")) || begins(text, STR("PAT")) ||
               begins(text, STR("PEPPER")) || begins(text, STR("PHRASE")) ||
               begins(text, STR("PS")) || begins(text, STR("PW"));
    case 'S': return begins(text, STR("SECRET")) || begins(text, STR("SALT"));
    case 'T': return begins(text, STR("TOKEN"));
    default: return false;
    }
}

static bool has_root(struct str name) {
    for (size_t at = 0; at < name.len; at++) {
        if (begins_root(str_slice(name, at, name.len))) return true;
    }
    return false;
}

bool secret_name_is_telling(struct str name) {
    struct words words;
    struct context context = {0};
    if (!has_root(name)) return false;
    bool is_telling = false;
    size_t matched;
    struct str part = last_words(name);
    divide(part, &words);
    words.are_all = part.len == name.len;
    for (size_t at = 0; at < words.count; at += matched) {
        const struct term *term = find_term(&words, at, &matched);
        if (!term) matched = 1;
        if (term)
            is_telling = is_meant(term, &words, at, &context);
        else if (is_telling)
            is_telling = !is_among(words.items[at], words_about, COUNT_OF(words_about));
    }
    return is_telling;
}
