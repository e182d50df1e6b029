/*
 * What stands where a value was taken out: it tells nothing of the value but how podgate judges it. Candidates are
 * written and looked at by the same functions that judge values; the first one that looks alike is taken.
 */
#include "rules/secret_text.h"

#define RANDOM_LENGTH 20 /* the defaults of the check high-entropy-values */
#define RANDOM_MILLIBITS 3800
#define RANDOM_MOST 64 /* characters of a stand-in for a random value */
#define FLAG_MOST 64
#define TRIES 8

/* All that decides what is said of a value. */
struct look {
    const char *what; /* its shape, or NULL */
    struct str name;  /* behind which that stands */
    bool is_empty, is_literal, is_random, is_flag, has_dash;
};

static struct look look_at(struct str text) {
    struct secret_hit hit = {.what = NULL};
    bool has_shape = secret_find(text, &hit);
    return (struct look){.what = has_shape ? hit.what : NULL,
                         .name = has_shape ? hit.name : STR_NONE,
                         .is_empty = str_is_empty(text),
                         .is_literal = secret_value_is_literal(text),
                         .is_random = secret_value_is_random(text, RANDOM_LENGTH, RANDOM_MILLIBITS),
                         .is_flag = secret_is_flag(text),
                         .has_dash = text.len > 0 && text.at[0] == '-'};
}

static bool has_same_shape(const struct look *a, const struct look *b) {
    if (!a->what || !b->what) return a->what == b->what;
    return strcmp(a->what, b->what) == 0 && str_equals(a->name, b->name);
}

static bool is_alike(const struct look *a, const struct look *b) {
    return has_same_shape(a, b) && a->is_empty == b->is_empty && a->is_literal == b->is_literal &&
           a->is_random == b->is_random && a->is_flag == b->is_flag && a->has_dash == b->has_dash;
}

/* --- candidates ------------------------------------------------------------------------------ */

struct search {
    struct arena *arena;
    struct look wanted;
    unsigned number;
    struct str best; /* the first candidate of the right shape */
    bool is_found;   /* `best` looks alike in everything */
};

static void consider(struct search *search, struct str text) {
    if (search->is_found || !text.at) return;
    struct look look = look_at(text);
    bool is_same = is_alike(&look, &search->wanted);
    if (is_same || (!search->best.at && has_same_shape(&look, &search->wanted)))
        search->best = text;
    search->is_found = is_same;
}

/* The same letters for the same seed in every run. */
static void add_letters(struct strbuf *out, unsigned seed, size_t count) {
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    uint64_t state = UINT64_C(0x9e3779b97f4a7c15) * (seed + 1);
    for (size_t i = 0; i < count; i++) {
        state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        strbuf_add_char(out, letters[(state >> 33) % (sizeof letters - 1)]);
    }
}

static void try_random(struct search *search, size_t length) {
    size_t count = length < RANDOM_MOST ? length : RANDOM_MOST;
    for (unsigned i = 0; i < TRIES && !search->is_found; i++) {
        struct strbuf text;
        strbuf_init(&text, search->arena, count + 1);
        add_letters(&text, search->number * TRIES + i, count);
        consider(search, strbuf_str(&text));
    }
}

static void try_plain(struct search *search, struct str value) {
    struct arena *arena = search->arena;
    unsigned n = search->number;
    const char *dash = search->wanted.has_dash ? "-" : "";
    if (search->wanted.is_random) try_random(search, value.len);
    if (search->wanted.is_flag) consider(search, str_format(arena, "--password-%u-password", n));
    consider(search,
             str_format(arena, search->wanted.is_literal ? "%sredacted-%u" : "%s<redacted-%u>",
                        dash, n));
}

/* Of kinds whose makers' prefixes are not enough: see secret_shape.c for what else they ask for. */
static const struct {
    const char *what, *format;
} samples[] = {
    {"a private key", "-----BEGIN PRIVATE KEY-----redacted=%u"}, /* = makes it no flag */
    {"a private key", "-----BEGIN PRIVATE KEY-----redacted-%u"},
    {"a private key", "redacted -----BEGIN PRIVATE KEY-----redacted-%u"},
    {"a password", "machine redacted login redacted password redacted-%u"},
    {"a password", "Basic cmVkYWN0ZWQ6cmVkYWN0ZWQt%04u"},
    {"a password in a URL", "redacted://redacted:redacted-%u@redacted"},
    {"a password in a URL", "redacted:redacted-%u@tcp(redacted)"},
    {"a bearer token", "Bearer redacted-by-podgate-%06u"},
    {"a JSON Web Token", "eyJyZWRhY3RlZCI6MX0.eyJyZWRhY3RlZCI6MX0.redacted-%06u"},
    {"a SendGrid key", "SG.redacted-by-podgate.redacted-by-podgate-redacted-by-podgate-%06u"},
    {"a Discord token", "MTAwMDAwMDAwMDAwMDAwMDAw.redact.redacted-by-podgate-redacted-%06u"},
    {"an Azure SAS signature", "sig=redacted-by-podgate-redacted-by-podgate-redacted-%06u"},
    {"a Tailscale key", "tskey-redacted-by-podgate-%06u"},
    {"a Telegram token", "100000000:AAredacted-by-podgate-redacted-%04u"},
    {"a Terraform token",
     "redactedredact.atlasv1.redacted-by-podgate-redacted-by-podgate-redacted-by-podgate-%06u"},
    {"a Mailchimp key", "%032u-us1"},
    {"an Azure client secret", "red8Q~redacted-by-podgate-redacted-%04u"},
};

static void try_samples(struct search *search, struct str before) {
    for (size_t i = 0; i < sizeof samples / sizeof samples[0] && !search->is_found; i++) {
        if (strcmp(samples[i].what, search->wanted.what) != 0) continue;
        struct strbuf text;
        strbuf_init(&text, search->arena, 128);
        strbuf_add(&text, before);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        strbuf_printf(&text, samples[i].format, search->number);
#pragma GCC diagnostic pop
        consider(search, strbuf_str(&text));
    }
    for (unsigned i = 0; i < TRIES && !search->is_found; i++) {
        struct strbuf text;
        strbuf_init(&text, search->arena, 128);
        strbuf_add(&text, before);
        if (!secret_shape_write(&text, search->wanted.what, search->number * TRIES + i)) return;
        consider(search, strbuf_str(&text));
    }
}

/* What has an address in it is no literal, what has a blank in it is not random. */
static void try_shaped(struct search *search) {
    struct arena *arena = search->arena;
    struct str name = search->wanted.name;
    struct str dashes = search->wanted.has_dash ? STR("--") : STR_NONE;
    struct str before = search->wanted.is_literal ? STR("redacted ") : STR("redacted:// ");
    if (str_is_empty(name)) {
        try_samples(search, STR_NONE);
        try_samples(search, dashes);
        try_samples(search, before);
        return;
    }
    struct str value = str_format(arena, "redacted-%u", search->number);
    consider(search, STR_CONCAT(arena, dashes, name, STR("="), value));
    consider(search, STR_CONCAT(arena, STR(";"), name, STR("="), value));
    consider(search, STR_CONCAT(arena, before, name, STR("="), value));
    try_samples(search, STR_CONCAT(arena, dashes, name, STR("=")));
    try_samples(search, STR_CONCAT(arena, before, name, STR("=")));
}

/* --db-password. Of -pSECRET, in a single dash, nobody knows where the name ends. */
static bool is_harmless_flag(struct str text) {
    bool is_name = text.len <= FLAG_MOST && str_starts_with(text, STR("--"));
    for (size_t i = 0; is_name && i < text.len; i++)
        is_name = is_word_part(text.at[i]) || text.at[i] == '.';
    return is_name && secret_is_flag(text) && !secret_value_shape(text);
}

struct str secret_stand_in(struct arena *arena, struct str value, unsigned number, bool *is_exact) {
    *is_exact = true;
    if (str_is_empty(value) || is_harmless_flag(value)) return value;
    struct search search = {.arena = arena, .wanted = look_at(value), .number = number};
    if (search.wanted.what)
        try_shaped(&search);
    else
        try_plain(&search, value);
    *is_exact = search.is_found;
    return search.best.at ? search.best : str_format(arena, "redacted-%u", number);
}
