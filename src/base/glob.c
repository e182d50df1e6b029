/*
 * pattern = { "*" | "**" | "?" | set | "\" character | character }
 * set     = "[" [ "!" ] item { item } "]"
 * item    = one [ "-" one ]          one = "\" character | character but "]"
 *
 * Matching keeps the set of places in the pattern that the text read so far can have led to, as a
 * nondeterministic automaton does; so no pattern takes more than its length times the text's.
 */
#include "base/glob.h"

enum token_kind { TOKEN_LITERAL, TOKEN_ANY, TOKEN_SET, TOKEN_STAR, TOKEN_BROKEN };

struct token {
    enum token_kind kind;
    struct str body; /* a literal's character; a set's items */
    size_t len;      /* bytes of the pattern */
    bool negated;    /* a set's */
    bool crosses;    /* a star's: '/' too */
};

/* The first character of `s`; an ill-formed byte is one. */
static struct str first_character(struct str s) {
    size_t length = str_utf8_length(s);
    return str_slice(s, 0, length ? length : 1);
}

/* Takes one character, perhaps escaped, off the front of `s`; empty when none is left. */
static struct str take_one(struct str *s) {
    if (s->len > 0 && s->at[0] == '\\') *s = str_slice(*s, 1, s->len);
    struct str one = first_character(*s);
    *s = str_slice(*s, one.len, s->len);
    return one;
}

static struct token read_set(struct str pattern) {
    struct token token = {.kind = TOKEN_BROKEN, .len = pattern.len};
    token.negated = pattern.len > 1 && pattern.at[1] == '!';
    size_t start = token.negated ? 2 : 1;
    struct str rest = str_slice(pattern, start, pattern.len);
    while (rest.len > 0 && rest.at[0] != ']')
        if (take_one(&rest).len == 0) return token;
    if (rest.len == 0) return token;
    size_t end = pattern.len - rest.len;
    token.kind = TOKEN_SET;
    token.body = str_slice(pattern, start, end - start);
    token.len = end + 1;
    return token;
}

static struct token read_star(struct str pattern, bool in_path) {
    size_t stars = 1;
    while (stars < pattern.len && pattern.at[stars] == '*')
        stars++;
    return (struct token){.kind = TOKEN_STAR, .len = stars, .crosses = !in_path || stars > 1};
}

static struct token read_token(struct str pattern, bool in_path) {
    switch (pattern.at[0]) {
    case '*': return read_star(pattern, in_path);
    case '?': return (struct token){.kind = TOKEN_ANY, .len = 1};
    case '[': return read_set(pattern);
    default: break;
    }
    struct str rest = pattern;
    struct str one = take_one(&rest);
    enum token_kind kind = one.len > 0 ? TOKEN_LITERAL : TOKEN_BROKEN;
    return (struct token){.kind = kind, .body = one, .len = pattern.len - rest.len};
}

/* Takes the next item off a set's body. UTF-8 sorts by bytes as its code points do. */
static void take_item(struct str *items, struct str *first, struct str *last) {
    *first = *last = take_one(items);
    if (items->len < 2 || items->at[0] != '-') return;
    *items = str_slice(*items, 1, items->len);
    *last = take_one(items);
}

static bool set_has(const struct token *set, struct str character) {
    for (struct str items = set->body; items.len > 0;) {
        struct str first, last;
        take_item(&items, &first, &last);
        if (str_compare(first, character) <= 0 && str_compare(character, last) <= 0) return true;
    }
    return false;
}

static bool token_takes(const struct token *token, struct str character, bool in_path) {
    bool divides = in_path && character.at[0] == '/';
    switch (token->kind) {
    case TOKEN_LITERAL: return str_equals(token->body, character);
    case TOKEN_ANY: return !divides;
    case TOKEN_SET: return !divides && set_has(token, character) != token->negated;
    case TOKEN_STAR: return token->crosses || !divides;
    case TOKEN_BROKEN: break;
    }
    return false;
}

/* Every place behind a star that can be empty is reachable too. */
static bool ends_whole(struct str pattern, unsigned char *reached, bool in_path) {
    for (size_t i = 0; i < pattern.len; i++) {
        if (!reached[i]) continue;
        struct token token = read_token(str_slice(pattern, i, pattern.len), in_path);
        if (token.kind == TOKEN_STAR) reached[i + token.len] = 1;
    }
    return reached[pattern.len];
}

/* Reads one character: from the places in `now` to those in `next`; false when none is left. */
static bool step(struct str pattern, struct str character, bool in_path, unsigned char *now,
                 unsigned char *next) {
    bool any = false;
    memset(next, 0, pattern.len + 1);
    for (size_t i = 0; i < pattern.len; i++) {
        if (!now[i]) continue;
        struct token token = read_token(str_slice(pattern, i, pattern.len), in_path);
        bool star = token.kind == TOKEN_STAR;
        if (star) now[i + token.len] = 1;
        if (!token_takes(&token, character, in_path)) continue;
        next[star ? i : i + token.len] = 1;
        any = true;
    }
    return any;
}

static bool is_special(char c) {
    static const bool specials[256] = {['*'] = true, ['?'] = true, ['['] = true, ['\\'] = true};
    return specials[(unsigned char)c];
}

/* From the first special character on. Apart from `match`, because its memory is not for nothing. */
__attribute__((noinline)) static bool match_further(struct str pattern, struct str text,
                                                    bool in_path) {
    struct token token = read_token(pattern, in_path);
    if (token.len == pattern.len && token.kind == TOKEN_STAR && token.crosses) return true;

    unsigned char places[2][GLOB_MAX + 1];
    unsigned char *now = places[0], *next = places[1];
    memset(now, 0, pattern.len + 1);
    now[0] = 1;
    while (text.len > 0) {
        struct str character = first_character(text);
        if (!step(pattern, character, in_path, now, next)) return false;
        text = str_slice(text, character.len, text.len);
        unsigned char *free_places = now;
        now = next;
        next = free_places;
    }
    return ends_whole(pattern, now, in_path);
}

/* Most texts differ from most patterns in their first letters. */
static inline bool match(struct str pattern, struct str text, bool in_path) {
    if (pattern.len > GLOB_MAX) return false;
    size_t same = 0, most = pattern.len < text.len ? pattern.len : text.len;
    while (same < most && text.at[same] == pattern.at[same] && !is_special(pattern.at[same]))
        same++;
    if (same == pattern.len) return same == text.len;
    if (!is_special(pattern.at[same])) return false;
    return match_further(str_slice(pattern, same, pattern.len), str_slice(text, same, text.len),
                         in_path);
}

bool glob_match(struct str pattern, struct str text) { return match(pattern, text, false); }

bool glob_match_any(const struct str_list *patterns, struct str text) {
    for (size_t i = 0; i < patterns->count; i++)
        if (match(patterns->items[i], text, false)) return true;
    return false;
}

size_t glob_head_length(struct str pattern) {
    size_t length = 0;
    while (length < pattern.len && !is_special(pattern.at[length]))
        length++;
    return length;
}

bool glob_match_path(struct str pattern, struct str text) { return match(pattern, text, true); }

bool glob_has_wildcard(struct str pattern) {
    for (size_t i = 0; i < pattern.len; i++) {
        if (pattern.at[i] == '\\')
            i++;
        else if (is_special(pattern.at[i]))
            return true;
    }
    return false;
}

static bool check_set(const struct token *set, struct error *err) {
    if (set->body.len == 0)
        return error_set(err, ERR_SYNTAX, "the set [] has nothing in it; write \\[ for a bracket");
    for (struct str items = set->body; items.len > 0;) {
        struct str first, last;
        take_item(&items, &first, &last);
        if (str_compare(first, last) > 0)
            return error_set(err, ERR_SYNTAX, "a range in a set runs backwards");
    }
    return true;
}

bool glob_check(struct str pattern, struct error *err) {
    if (pattern.len > GLOB_MAX)
        return error_set(err, ERR_LIMIT, "the pattern is longer than %d bytes", GLOB_MAX);
    while (pattern.len > 0) {
        struct token token = read_token(pattern, false);
        if (token.kind == TOKEN_BROKEN && pattern.at[0] == '[')
            return error_set(err, ERR_SYNTAX,
                             "the set that [ begins has no ]; write \\[ for a bracket");
        if (token.kind == TOKEN_BROKEN)
            return error_set(err, ERR_SYNTAX,
                             "the pattern ends in a backslash; write \\\\ for a backslash");
        if (token.kind == TOKEN_SET && !check_set(&token, err)) return false;
        pattern = str_slice(pattern, token.len, pattern.len);
    }
    return true;
}
