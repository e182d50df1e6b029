/*
 *   name := word { separator word }     separator: any byte that is no ASCII letter or digit, or a
 *                                       camelCase border: apiKey, APIKey
 *   term := word { word }               of the table, plural allowed, digits behind a word ignored
 *
 * The last term of a name decides, unless a word behind it says that the variable is only about it.
 */
#include "rules/secret_text.h"

#define COUNT_OF(list) (sizeof(list) / sizeof(list)[0])
#define WORDS_MAX 24 /* of one name; nobody writes longer ones */

struct words {
    struct str items[WORDS_MAX];
    size_t count;
};

enum {
    GLUED = 1,     /* other letters may stand before it in one word: PGPASSWORD */
    NOT_ALONE = 2, /* a word must stand before it: PWD is the working directory, DB_PWD is not */
    PUBLISHED = 4, /* takes it back when PUBLIC or PUBLISHABLE stands before it */
    INNOCENT = 8,  /* no secret: it only sounds like the rows below */
};

#define TERM(text, flags)                                                                          \
    { {(text), sizeof(text) - 1}, (flags), (text)[0], (text)[sizeof(text) - 2] }

/* The first row that matches counts, so longer terms stand before their parts. */
static const struct term {
    struct str text;
    unsigned flags;
    char first, last; /* letters of the text */
} terms[] = {
    /* names of Kubernetes Secrets, cursors, keys that open nothing */
    TERM("PULL SECRET", INNOCENT),
    TERM("TLS SECRET", INNOCENT),
    TERM("SSL SECRET", INNOCENT),
    TERM("CA SECRET", INNOCENT),
    TERM("CERT SECRET", INNOCENT),
    TERM("CERTIFICATE SECRET", INNOCENT),
    TERM("EXISTING SECRET", INNOCENT),
    TERM("APPLICATION CREDENTIAL", INNOCENT), /* Google's: the path of a file */
    TERM("PUBLIC KEY", INNOCENT | GLUED),
    TERM("PAGE TOKEN", INNOCENT),
    TERM("NEXT TOKEN", INNOCENT),
    TERM("CONTINUATION TOKEN", INNOCENT),
    /* passwords */
    TERM("PASSWORD", GLUED),
    TERM("PASSWD", GLUED),
    TERM("PASSPHRASE", GLUED),
    TERM("PASS PHRASE", 0),
    TERM("PASSCODE", GLUED),
    TERM("PASSWRD", GLUED),
    TERM("PSWD", GLUED),
    TERM("PWD", NOT_ALONE),
    TERM("PW", 0),
    TERM("PASS", NOT_ALONE),
    TERM("DBPASS", 0),
    TERM("KEYPASS", 0),
    TERM("STOREPASS", 0),
    TERM("USERPASS", 0),
    TERM("BASIC AUTH", 0),
    TERM("PSK", 0),
    TERM("MNEMONIC", 0),
    TERM("SEED PHRASE", 0),
    /* secrets and tokens */
    TERM("VAULT SECRET ID", 0),
    TERM("APPROLE SECRET ID", 0),
    TERM("SECRET ACCESS KEY", GLUED),
    TERM("SECRET KEY", GLUED),
    TERM("SECRET", GLUED),
    TERM("TOKEN", GLUED | PUBLISHED),
    TERM("PAT", NOT_ALONE),
    TERM("BEARER", 0),
    TERM("AUTHORIZATION", 0),
    TERM("ERLANG COOKIE", 0),
    TERM("RELEASE COOKIE", 0),
    TERM("SALT", NOT_ALONE),
    TERM("PEPPER", NOT_ALONE),
    /* keys: the word alone says nothing */
    TERM("API KEY", GLUED | PUBLISHED),
    TERM("ACCESS KEY", GLUED | PUBLISHED),
    TERM("ACCOUNT KEY", GLUED | PUBLISHED),
    TERM("AES KEY", 0),
    TERM("APP KEY", PUBLISHED),
    TERM("APPLICATION KEY", PUBLISHED),
    TERM("AUTH KEY", GLUED | PUBLISHED),
    TERM("CIPHER KEY", 0),
    TERM("CLIENT KEY", PUBLISHED),
    TERM("COOKIE KEY", 0),
    TERM("CRYPTO KEY", 0),
    TERM("DECRYPTION KEY", GLUED),
    TERM("DEPLOY KEY", PUBLISHED),
    TERM("ENC KEY", PUBLISHED),
    TERM("ENCRYPTION KEY", GLUED | PUBLISHED),
    TERM("FERNET KEY", 0),
    TERM("GPG KEY", PUBLISHED),
    TERM("HMAC KEY", 0),
    TERM("INSTRUMENTATION KEY", 0),
    TERM("INTEGRATION KEY", 0),
    TERM("JWT KEY", PUBLISHED),
    TERM("LICENCE KEY", GLUED),
    TERM("LICENSE KEY", GLUED),
    TERM("MASTER KEY", GLUED),
    TERM("PRIVATE KEY", GLUED),
    TERM("RSA KEY", PUBLISHED),
    TERM("SA KEY", 0), /* of a service account */
    TERM("SAS KEY", 0),
    TERM("SERVER KEY", PUBLISHED),
    TERM("SERVICE KEY", PUBLISHED),
    TERM("SESSION KEY", 0),
    TERM("SHARED KEY", GLUED),
    TERM("SIGNING KEY", GLUED | PUBLISHED),
    TERM("SSH KEY", PUBLISHED),
    TERM("SSL KEY", PUBLISHED),
    TERM("STORAGE KEY", 0),
    TERM("TLS KEY", PUBLISHED),
    TERM("UNSEAL KEY", 0),
    TERM("WEBHOOK KEY", 0),
    /* makers whose keys go by their names */
    TERM("ANTHROPIC KEY", 0),
    TERM("DATADOG KEY", 0),
    TERM("MAILGUN KEY", 0),
    TERM("OPENAI KEY", 0),
    TERM("PAGERDUTY KEY", 0),
    TERM("SENDGRID KEY", 0),
    TERM("STRIPE KEY", PUBLISHED),
    TERM("TWILIO KEY", 0),
    /* both halves */
    TERM("CREDENTIAL", GLUED),
    TERM("CREDS", 0),
    TERM("CRED", NOT_ALONE),
    TERM("DOCKERCONFIGJSON", 0),
    TERM("DOCKER AUTH CONFIG", 0),
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

static char upper(char c) { return is_lower(c) ? (char)(c - 'a' + 'A') : c; }

/* Whether a word ends before name.at[at]. */
static bool is_border(struct str name, size_t at) {
    char before = name.at[at - 1], here = name.at[at];
    if (!is_alnum(here)) return true;
    if (!is_upper(here)) return false;
    if (!is_upper(before)) return true;
    return at + 1 < name.len && is_lower(name.at[at + 1]);
}

static void divide(struct str name, struct words *words) {
    words->count = 0;
    for (size_t at = 0; at < name.len && words->count < WORDS_MAX;) {
        size_t start = at;
        if (!is_alnum(name.at[at++])) continue;
        while (at < name.len && !is_border(name, at))
            at++;
        words->items[words->count++] = str_slice(name, start, at - start);
    }
}

static struct str without_digits(struct str word) {
    while (word.len > 1 && is_digit(word.at[word.len - 1]))
        word.len--;
    return word;
}

static struct str without_plural(struct str word) {
    bool is_plural = word.len > 1 && upper(word.at[word.len - 1]) == 'S';
    return is_plural ? str_slice(word, 0, word.len - 1) : word;
}

static bool is_word(struct str word, struct str wanted) {
    word = without_digits(word);
    return str_equals_ignore_case(word, wanted) ||
           str_equals_ignore_case(without_plural(word), wanted);
}

static bool is_among(struct str word, const char *const *list, size_t count) {
    char first = upper(word.at[0]);
    for (size_t i = 0; i < count; i++) {
        if (list[i][0] != first) continue;
        if (str_equals_ignore_case(word, str_from(list[i]))) return true;
    }
    return false;
}

/* "API KEY" in one word: APIKEY, or with GLUED also STRIPEAPIKEY. */
static bool is_glued_term(struct str word, const struct term *term) {
    struct str wanted = term->text;
    while (wanted.len > 0 && word.len > 0) {
        char letter = wanted.at[--wanted.len];
        if (letter == ' ') continue;
        if (upper(word.at[--word.len]) != letter) return false;
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

/* The term that starts with the word at `at`, and its number of words; NULL: none does. Most words are
 * turned down by their first and last letters. */
static const struct term *find_term(const struct words *words, size_t at, size_t *matched) {
    struct str word = without_digits(words->items[at]);
    struct str singular = without_plural(word);
    char first = upper(word.at[0]), last = upper(word.at[word.len - 1]);
    char last_of_singular = upper(singular.at[singular.len - 1]);
    for (size_t i = 0; i < COUNT_OF(terms); i++) {
        const struct term *term = &terms[i];
        bool may_end = last == term->last || last_of_singular == term->last;
        if (!may_end && first != term->first) continue;
        if ((term->flags & NOT_ALONE) && at == 0) continue;
        *matched = 1;
        if (last == term->last && is_glued_term(word, term)) return term;
        if (last_of_singular == term->last && is_glued_term(singular, term)) return term;
        if (first != term->first) continue;
        *matched = match_words(words, at, term->text);
        if (*matched > 0) return term;
    }
    return NULL;
}

/* Whether the words before `at` leave the term its meaning. */
static bool is_meant(const struct term *term, const struct words *words, size_t at) {
    if (term->flags & INNOCENT) return false;
    if (at == 1 && is_among(words->items[0], words_doing, COUNT_OF(words_doing))) return false;
    for (size_t i = 0; i < at; i++) {
        struct str word = words->items[i];
        bool is_public = str_equals_ignore_case(word, STR("PUBLIC")) ||
                         str_equals_ignore_case(word, STR("PUBLISHABLE"));
        if (is_public && (term->flags & PUBLISHED)) return false;
        if (is_among(word, words_before, COUNT_OF(words_before))) return false;
    }
    return true;
}

static bool begins(struct str text, struct str root) {
    return str_equals_ignore_case(str_slice(text, 0, root.len), root);
}

/* Most names hold no term at all: each term holds one of these, and looking for them costs little. */
static bool begins_root(struct str text) {
    switch (upper(text.at[0])) {
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
    if (!has_root(name)) return false;
    bool is_telling = false;
    size_t matched;
    divide(name, &words);
    for (size_t at = 0; at < words.count; at += matched) {
        const struct term *term = find_term(&words, at, &matched);
        if (!term) matched = 1;
        if (term)
            is_telling = is_meant(term, &words, at);
        else if (is_telling)
            is_telling = !is_among(words.items[at], words_about, COUNT_OF(words_about));
    }
    return is_telling;
}
