/*
 * Secrets inside a text: an argument, a script, a URL, JSON, an annotation.
 *
 *   text   := anything, with these in it:
 *   token  := what secret_shape.c knows, at the start of a word
 *   url    := "://" user ":" password "@"            login := user ":" password "@tcp(" | "@unix("
 *   keyed  := name "=" value | name " = " value      where the name tells of a secret
 *           | quoted-name ":" value                  (JSON, also escaped inside a string)
 *           | name ": " value                        at the start of a line (YAML) or of a quoted text (a header)
 *           | "--" name " " value
 *
 * One pass from left to right. Whatever looks ahead ends at the next such mark or is bounded, so time is linear.
 */
#include "rules/secret_text.h"

#define SHORTEST 8 /* no secret that is told by its shape is shorter */
#define NAME_BYTES_MAX 96
#define VALUE_BYTES_MAX 512 /* looked at behind a name */
#define INDENT_MAX 64       /* blanks before a YAML key */

static bool is_blank(char c) { return c == ' ' || c == '\t'; }
static bool is_quote(char c) { return c == '"' || c == '\''; }
static bool is_name_part(char c) { return is_word_part(c) || c == '.'; }
static char char_before(struct str text, size_t at) { return at > 0 ? text.at[at - 1] : '\n'; }
static char char_at(struct str text, size_t at) { return at < text.len ? text.at[at] : '\n'; }

static size_t skip_blanks(struct str text, size_t at) {
    while (at < text.len && is_blank(text.at[at]))
        at++;
    return at;
}

static bool found(struct secret_hit *hit, const char *what, struct str secret) {
    *hit = (struct secret_hit){.what = what, .secret = secret};
    return true;
}

/* What is known of the text behind the place where the pass is: nothing is looked for twice. */
struct pass {
    struct str text;
    size_t word;               /* where the last one began that ends at a blank or quote */
    size_t none_before;        /* no = before has a secret behind it */
    size_t value_end;          /* of what the last = assigned, however long that is */
    size_t password;           /* where it begins in a user:password@tcp( from `word` on */
    size_t password_reference; /* the next one behind that */
    struct secret_ahead ahead;
};

/* --- logins ---------------------------------------------------------------------------------- */

/* `at` is the colon of "://". */
static bool find_in_url(struct str text, size_t at, struct secret_hit *hit) {
    struct str rest = str_slice(text, at + 3, text.len);
    size_t end = 0;
    while (end < rest.len && !strchr("/?#\"' \t\n\\", rest.at[end]))
        end++;
    struct str authority = str_slice(rest, 0, end);
    size_t sign = str_find_last_char(authority, '@');
    if (sign == authority.len) return false;
    struct str login = str_slice(authority, 0, sign);
    size_t colon = str_find_char(login, ':');
    struct str password = str_slice(login, colon + 1, login.len);
    return secret_is_password(password) && found(hit, "a password in a URL", password);
}

/* user:password@tcp(host:3306), as Go's MySQL driver has it; `at` is its @. */
static bool find_in_login(struct pass *pass, size_t at, struct secret_hit *hit) {
    struct str text = pass->text, rest = str_slice(text, at, text.len);
    if (!str_starts_with(rest, STR("@tcp(")) && !str_starts_with(rest, STR("@unix("))) return false;
    if (pass->password <= pass->word)
        pass->password = pass->word + str_find_char(str_slice(text, pass->word, text.len), ':') + 1;
    size_t start = pass->password;
    if (start > at) return false;
    struct str password = str_slice(text, start, at - start);
    if (!secret_may_be_password(password)) return false;
    if (pass->password_reference < start)
        pass->password_reference = start + secret_first_reference(str_slice(text, start, text.len));
    bool holds_reference = pass->password_reference + 1 < at;
    return !holds_reference && found(hit, "a password in a URL", password);
}

/* --- names and values ------------------------------------------------------------------------ */

/* In free text these words alone name other things too: a Kubernetes Secret, a count. */
static bool is_vague(struct str name) {
    static const struct str words[] = {STR_INIT("secret"), STR_INIT("secrets"), STR_INIT("tokens"),
                                       STR_INIT("credentials"), STR_INIT("authorization")};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (str_equals_ignore_case(name, words[i])) return true;
    }
    return false;
}

static bool is_telling(struct str name, char before) {
    if (before == ';' && str_equals_ignore_case(name, STR("pwd"))) return true;
    return !is_vague(name) && secret_name_is_telling(name);
}

/* "Authorization: Bearer ..." is the token's matter, not the scheme's. */
static bool is_scheme(struct str value) {
    return str_equals_ignore_case(value, STR("bearer")) ||
           str_equals_ignore_case(value, STR("basic"));
}

static const char *kind_of(struct str name, struct str value) {
    size_t length;
    const char *shape = secret_shape_at(value, &length, &(struct secret_ahead){0});
    if (shape) return shape;
    struct str end = str_slice(name, name.len > 8 ? name.len - 8 : 0, 8);
    bool is_password =
        str_equals_ignore_case(name, STR("pwd")) || str_equals_ignore_case(end, STR("password"));
    return is_password ? "a password" : "a secret";
}

/* All that can be said of a value before its name, which is the dear question. */
static bool may_be_value(struct str value) {
    return secret_may_be_literal_password(value) && !is_scheme(value);
}

static bool found_value(struct secret_hit *hit, struct str name, struct str value) {
    *hit = (struct secret_hit){kind_of(name, value), value, name};
    return true;
}

/* `before` is the character before the name. */
static bool find_value(struct str name, char before, struct str value, struct secret_hit *hit) {
    return may_be_value(value) && is_telling(name, before) &&
           secret_last_stand_in(value) == value.len && found_value(hit, name, value);
}

/* From its opening quote, which may be escaped, to the closing one. */
static struct str quoted_value(struct str text, size_t at) {
    if (text.at[at] == '\\') at++;
    char quote = text.at[at++];
    size_t end = at;
    while (end < text.len && end - at < VALUE_BYTES_MAX && text.at[end] != quote &&
           text.at[end] != '\\')
        end++;
    return str_slice(text, at, end - at);
}

static bool begins_quoted(struct str text, size_t at) {
    return is_quote(char_at(text, at)) ||
           (char_at(text, at) == '\\' && is_quote(char_at(text, at + 1)));
}

/* Where a value without quotes ends. */
enum { ASSIGNED = 1, LINE = 2, FLAG = 4, ANY_VALUE = ASSIGNED | LINE | FLAG };
static const unsigned char ends_of[256] = {
    ['\0'] = ANY_VALUE,       ['\r'] = ANY_VALUE,      ['\n'] = ANY_VALUE,
    ['"'] = ANY_VALUE,        ['\''] = ANY_VALUE,      [' '] = ASSIGNED | FLAG,
    ['\t'] = ASSIGNED | FLAG, [';'] = ASSIGNED | FLAG, ['&'] = ASSIGNED | FLAG,
    ['|'] = ASSIGNED | FLAG,  ['`'] = ASSIGNED | FLAG, [','] = ASSIGNED | LINE,
    ['}'] = ASSIGNED | LINE,  [')'] = ASSIGNED,        ['<'] = ASSIGNED,
    ['>'] = ASSIGNED,
};

static struct str plain_value(struct str text, size_t at, unsigned kind) {
    size_t end = at;
    while (end < text.len && end - at < VALUE_BYTES_MAX &&
           !(ends_of[(unsigned char)text.at[end]] & kind))
        end++;
    return str_slice(text, at, end - at);
}

/* Whether only the indentation (and a dash) stands before it in its line, or a quote that begins a header. */
static bool begins_line(struct str text, size_t start) {
    if (is_quote(char_before(text, start))) return true;
    for (size_t back = 0; back < INDENT_MAX; back++) {
        char before = char_before(text, start - back);
        if (before == '\n') return true;
        if (!is_blank(before) && before != '-') return false;
    }
    return false;
}

struct key {
    struct str name;
    size_t start;
    bool is_quoted, has_blank; /* between it and the sign */
};

/* Of a flag. */
static struct str without_dashes(struct str name) {
    while (name.len > 0 && name.at[0] == '-')
        name = str_slice(name, 1, name.len);
    return name;
}

/* The name that ends before the sign at `at`; an empty one when none does. */
static struct key key_before(struct str text, size_t at) {
    struct key key = {.start = at};
    size_t end = at;
    while (end > 0 && is_blank(text.at[end - 1]) && at - end < INDENT_MAX)
        end--;
    key.has_blank = end < at;
    key.is_quoted = end > 0 && is_quote(text.at[end - 1]);
    if (key.is_quoted) end--;
    if (key.is_quoted && end > 0 && text.at[end - 1] == '\\') end--;
    key.start = end;
    while (key.start > 0 && is_name_part(text.at[key.start - 1]) &&
           end - key.start < NAME_BYTES_MAX)
        key.start--;
    if (!key.is_quoted || is_quote(char_before(text, key.start)))
        key.name = without_dashes(str_slice(text, key.start, end - key.start));
    return key;
}

/* As plain_value, where values are in each other: A=A=A=x. */
static struct str assigned_value(struct pass *pass, size_t at) {
    if (pass->value_end < at) {
        pass->value_end = at;
        while (pass->value_end < pass->text.len &&
               !(ends_of[(unsigned char)pass->text.at[pass->value_end]] & ASSIGNED))
            pass->value_end++;
    }
    size_t length = pass->value_end - at;
    return str_slice(pass->text, at, length < VALUE_BYTES_MAX ? length : VALUE_BYTES_MAX);
}

/* PASSWORD=..., db.password = ... */
static bool find_behind_equals(struct pass *pass, size_t at, struct secret_hit *hit) {
    struct str text = pass->text;
    if (at < pass->none_before) return false;
    char behind = char_at(text, at + 1);
    if (behind == '=' || behind == '~' || secret_begins_stand_in(behind)) return false;
    struct key key = key_before(text, at);
    char before = char_before(text, key.start);
    if (str_is_empty(key.name) || before == '$' || before == '{') return false;
    if (key.has_blank != is_blank(behind) || !secret_name_has_root(key.name)) return false;
    size_t start = key.has_blank ? skip_blanks(text, at + 1) : at + 1;
    bool is_quoted = begins_quoted(text, start);
    struct str value = is_quoted ? quoted_value(text, start) : assigned_value(pass, start);
    if (is_quoted) return find_value(key.name, before, value, hit);
    if (!may_be_value(value) || !is_telling(key.name, before)) return false;
    size_t stand_in = secret_last_stand_in(value);
    if (stand_in == value.len) return found_value(hit, key.name, value);
    /* A=A=A=${B}: the values within this one hold its reference too. */
    pass->none_before = start + stand_in;
    return false;
}

/* "password": "...", and at the start of a line password: ... */
static bool find_behind_colon(struct str text, size_t at, struct secret_hit *hit) {
    struct key key = key_before(text, at);
    if (str_is_empty(key.name) ||
        (!key.is_quoted && (key.has_blank || !is_blank(char_at(text, at + 1)))))
        return false;
    size_t start = skip_blanks(text, at + 1);
    bool is_docker_auth = key.is_quoted && str_equals(key.name, STR("auth"));
    if (!is_docker_auth && !secret_name_has_root(key.name)) return false;
    if (!key.is_quoted && !begins_line(text, key.start)) return false;
    bool is_quoted = begins_quoted(text, start);
    struct str value =
        is_quoted ? quoted_value(text, start) : str_trim(plain_value(text, start, LINE));
    if (!is_quoted && str_find_char(value, ' ') < value.len) return false;
    if (is_docker_auth) return secret_is_login(value) && found(hit, "a password", value);
    return find_value(key.name, ' ', value, hit);
}

/* Where the value behind a flag that ends at `end` begins: after blanks, or as the next item of a JSON list; `end` when there is none. */
static size_t flag_value_start(struct str text, size_t end) {
    if (!is_quote(char_at(text, end))) return skip_blanks(text, end);
    size_t comma = skip_blanks(text, end + 1);
    if (char_at(text, comma) != ',') return end;
    size_t start = skip_blanks(text, comma + 1);
    return is_quote(char_at(text, start)) ? start : end;
}

/* --db-password hunter2; `at` is the first dash. */
static bool find_behind_flag(struct str text, size_t at, struct secret_hit *hit) {
    size_t end = at + 2;
    while (end < text.len && is_name_part(text.at[end]) && end - at < NAME_BYTES_MAX)
        end++;
    size_t start = flag_value_start(text, end);
    if (start == end || char_at(text, start) == '-') return false;
    if (secret_begins_stand_in(char_at(text, start))) return false;
    struct str name = str_slice(text, at + 2, end - at - 2);
    if (!secret_name_has_root(name)) return false;
    struct str value =
        begins_quoted(text, start) ? quoted_value(text, start) : plain_value(text, start, FLAG);
    return find_value(name, '-', value, hit);
}

bool secret_is_flag(struct str text) {
    return text.len > 1 && text.at[0] == '-' && str_find_char(text, '=') == text.len &&
           is_telling(without_dashes(text), '-');
}

/* --- tokens without a prefix ----------------------------------------------------------------- */

static size_t count_before(struct str text, size_t at, bool (*is_part)(char), size_t enough) {
    size_t count = 0;
    while (count < enough && count < at && is_part(text.at[at - 1 - count]))
        count++;
    return count;
}

static size_t count_behind(struct str text, size_t at, bool (*is_part)(char), size_t enough) {
    size_t count = 0;
    while (count < enough && at + count < text.len && is_part(text.at[at + count]))
        count++;
    return count;
}

static bool is_hex_part(char c) { return ascii_is_digit(c) || (c >= 'a' && c <= 'f'); }
static bool is_token_part(char c) { return is_word_part(c) || c == '~' || c == '.'; }
static bool is_plain_part(char c) { return is_word_part(c); }

/* 8 to 10 digits ":" 35 characters that begin with AA; `at` is the colon. */
static bool is_telegram(struct str text, size_t at) {
    size_t digits = count_before(text, at, ascii_is_digit, 11);
    return digits >= 8 && digits <= 10 && str_starts_with(str_slice(text, at + 1, 2), STR("AA")) &&
           count_behind(text, at + 1, is_plain_part, 36) == 35;
}

/* 14 characters ".atlasv1." 60 and more; `at` is the first point. */
static bool is_terraform(struct str text, size_t at) {
    return str_starts_with(str_slice(text, at, 9), STR(".atlasv1.")) &&
           count_before(text, at, is_plain_part, 15) == 14 &&
           count_behind(text, at + 9, is_plain_part, 60) == 60;
}

/* 32 hexadecimal digits "-us" number; `at` is the dash. */
static bool is_mailchimp(struct str text, size_t at) {
    return str_starts_with(str_slice(text, at, 3), STR("-us")) &&
           ascii_is_digit(char_at(text, at + 3)) && count_before(text, at, is_hex_part, 33) == 32;
}

/* Three characters, a digit, "Q~", 31 to 34 more: a client secret of Entra ID; `at` is the tilde. */
static bool is_entra(struct str text, size_t at) {
    return at >= 5 && text.at[at - 1] == 'Q' && ascii_is_digit(text.at[at - 2]) &&
           count_before(text, at - 2, is_token_part, 4) == 3 &&
           count_behind(text, at + 1, is_token_part, 31) == 31;
}

static bool find_without_prefix(struct str text, size_t at, struct secret_hit *hit) {
    const char *what = NULL;
    switch (text.at[at]) {
    case ':': what = is_telegram(text, at) ? "a Telegram token" : NULL; break;
    case '.': what = is_terraform(text, at) ? "a Terraform token" : NULL; break;
    case '-': what = is_mailchimp(text, at) ? "a Mailchimp key" : NULL; break;
    case '~': what = is_entra(text, at) ? "an Azure client secret" : NULL; break;
    }
    if (!what) return false;
    size_t before = count_before(text, at, is_token_part, 40);
    size_t behind = count_behind(text, at + 1, is_token_part, text.len);
    return found(hit, what, str_slice(text, at - before, before + 1 + behind));
}

/* --- the pass -------------------------------------------------------------------------------- */

/* What a byte may begin or end; all that is not in the table may begin something. */
enum { MARK, LETTER, DASH, GAP };
#define EIGHT_LETTERS(first)                                                                       \
    [(first)] = LETTER, [(first) + 1] = LETTER, [(first) + 2] = LETTER, [(first) + 3] = LETTER,    \
    [(first) + 4] = LETTER, [(first) + 5] = LETTER, [(first) + 6] = LETTER, [(first) + 7] = LETTER
static const unsigned char classes[256] = {
    EIGHT_LETTERS('a'), EIGHT_LETTERS('i'), EIGHT_LETTERS('q'), ['y'] = LETTER, ['z'] = LETTER,
    EIGHT_LETTERS('A'), EIGHT_LETTERS('I'), EIGHT_LETTERS('Q'), ['Y'] = LETTER, ['Z'] = LETTER,
    EIGHT_LETTERS('0'), ['8'] = LETTER,     ['9'] = LETTER,     ['_'] = LETTER, ['-'] = DASH,
    [' '] = GAP,        ['\n'] = GAP,       ['"'] = GAP,        ['\''] = GAP,
};
static unsigned class_at(struct str text, size_t at) { return classes[(unsigned char)text.at[at]]; }

/* Where the letters at `at` end. Within a word no token begins, but at a dash. */
static size_t behind_letters(struct str text, size_t at) {
    while (at < text.len && class_at(text, at) == LETTER)
        at++;
    return at;
}

static bool find_shape(struct pass *pass, size_t at, struct secret_hit *hit) {
    size_t length;
    struct str rest = str_slice(pass->text, at, pass->text.len);
    const char *what = secret_shape_at(rest, &length, &pass->ahead);
    return what && found(hit, what, str_slice(rest, 0, length));
}

/* At what is part of no word. */
static bool find_at_mark(struct pass *pass, size_t at, struct secret_hit *hit) {
    struct str text = pass->text;
    switch (text.at[at]) {
    case ':':
        if (str_starts_with(str_slice(text, at, 3), STR("://"))) return find_in_url(text, at, hit);
        return find_behind_colon(text, at, hit) || find_without_prefix(text, at, hit);
    case '=': return find_behind_equals(pass, at, hit);
    case '@': return find_in_login(pass, at, hit);
    case '.':
    case '~': return find_without_prefix(text, at, hit);
    default: return !is_word_part(char_before(text, at)) && find_shape(pass, at, hit);
    }
}

static bool find_at_dash(struct pass *pass, size_t at, struct secret_hit *hit) {
    struct str text = pass->text;
    char before = char_before(text, at);
    if (before == '-') return false;
    bool is_flag = char_at(text, at + 1) == '-' && !is_word_part(before);
    if (is_flag && find_behind_flag(text, at, hit)) return true;
    /* "-----BEGIN" may follow a \n that is written as two characters. */
    return find_shape(pass, at, hit) || find_without_prefix(text, at, hit);
}

bool secret_find(struct str text, struct secret_hit *hit) {
    if (text.len < SHORTEST) return false;
    struct pass pass = {.text = text};
    for (size_t at = 0; at < text.len;) {
        unsigned class = class_at(text, at);
        bool is_found = class == LETTER ? find_shape(&pass, at, hit)
                        : class == DASH ? find_at_dash(&pass, at, hit)
                                        : class == MARK && find_at_mark(&pass, at, hit);
        if (is_found) return true;
        at++;
        if (class == LETTER || class == DASH) at = behind_letters(text, at);
        if (class == GAP) pass.word = at;
    }
    return false;
}

const char *secret_value_shape(struct str value) {
    struct secret_hit hit;
    return secret_find(value, &hit) ? hit.what : NULL;
}
