/*
 * Shapes are rows: a prefix at the border of a word, then enough characters of one alphabet, then perhaps a test of
 * its own. Prefixes and lengths are those that the makers of the tokens document or that scanners agree on; where a
 * length has varied the row asks for a safe part of it.
 */
#include "rules/secret.h"

enum alphabet { UPPER_DIGIT, HEX, ALNUM, BASE64, BASE64URL, BASE64URL_DOT, ANY };

struct shape {
    const char *prefix;
    enum alphabet alphabet;
    size_t length; /* of what stands behind the prefix */
    enum { AT_LEAST, EXACT } bound;
    const char *what;
    bool (*confirm)(
        struct str body); /* what follows the prefix, to the end of the value; or NULL */
};

#define SHORTEST 12         /* no shape is shorter, prefix included */
#define PLACEHOLDER_MAX 512 /* bytes of a value made of references: it stands for a secret */

static bool is_pem_private_key(struct str body);
static bool is_jwt(struct str body);
static bool is_sendgrid(struct str body);
static bool has_digit(struct str body);

static const struct shape shapes[] = {
    {"-----BEGIN ", ANY, 0, AT_LEAST, "a private key", is_pem_private_key},
    {"LS0tLS1CRUdJTiBQUklWQVRFIEtFW", ANY, 0, AT_LEAST, "a private key", NULL},
    {"LS0tLS1CRUdJTiBSU0EgUFJJVkFURSBLRV", ANY, 0, AT_LEAST, "a private key", NULL},
    {"LS0tLS1CRUdJTiBFQyBQUklWQVRFIEtFW", ANY, 0, AT_LEAST, "a private key", NULL},
    {"LS0tLS1CRUdJTiBPUEVOU1NIIFBSSVZBVEUgS0VZ", ANY, 0, AT_LEAST, "a private key", NULL},
    {"LS0tLS1CRUdJTiBFTkNSWVBURUQgUFJJVkFURSBLRV", ANY, 0, AT_LEAST, "a private key", NULL},
    {"PuTTY-User-Key-File-", ANY, 1, AT_LEAST, "a private key", NULL},
    {"AGE-SECRET-KEY-1", UPPER_DIGIT, 50, AT_LEAST, "an age private key", NULL},
    {"AKIA", UPPER_DIGIT, 16, EXACT, "an AWS access key", NULL},
    {"ASIA", UPPER_DIGIT, 16, EXACT, "an AWS access key", NULL},
    {"ghp_", ALNUM, 30, AT_LEAST, "a GitHub token", NULL},
    {"gho_", ALNUM, 30, AT_LEAST, "a GitHub token", NULL},
    {"ghu_", ALNUM, 30, AT_LEAST, "a GitHub token", NULL},
    {"ghs_", ALNUM, 30, AT_LEAST, "a GitHub token", NULL},
    {"ghr_", ALNUM, 30, AT_LEAST, "a GitHub token", NULL},
    {"github_pat_", BASE64URL, 22, AT_LEAST, "a GitHub token", NULL},
    {"glpat-", BASE64URL, 20, AT_LEAST, "a GitLab token", NULL},
    {"gldt-", BASE64URL, 20, AT_LEAST, "a GitLab token", NULL},
    {"glrt-", BASE64URL, 20, AT_LEAST, "a GitLab token", NULL},
    {"glptt-", BASE64URL, 20, AT_LEAST, "a GitLab token", NULL},
    {"glcbt-", BASE64URL, 20, AT_LEAST, "a GitLab token", NULL},
    {"xoxa-", BASE64URL, 10, AT_LEAST, "a Slack token", NULL},
    {"xoxb-", BASE64URL, 10, AT_LEAST, "a Slack token", NULL},
    {"xoxe-", BASE64URL, 10, AT_LEAST, "a Slack token", NULL},
    {"xoxp-", BASE64URL, 10, AT_LEAST, "a Slack token", NULL},
    {"xoxr-", BASE64URL, 10, AT_LEAST, "a Slack token", NULL},
    {"xoxs-", BASE64URL, 10, AT_LEAST, "a Slack token", NULL},
    {"xapp-", BASE64URL, 20, AT_LEAST, "a Slack token", NULL},
    {"hooks.slack.com/services/T", ANY, 20, AT_LEAST, "a Slack webhook", NULL},
    {"discord.com/api/webhooks/", ANY, 40, AT_LEAST, "a Discord webhook", NULL},
    {"discordapp.com/api/webhooks/", ANY, 40, AT_LEAST, "a Discord webhook", NULL},
    {"sk_live_", ALNUM, 16, AT_LEAST, "a Stripe key", NULL},
    {"rk_live_", ALNUM, 16, AT_LEAST, "a Stripe key", NULL},
    {"whsec_", BASE64, 24, AT_LEAST, "a webhook secret", NULL},
    {"AIza", BASE64URL, 35, EXACT, "a Google API key", NULL},
    {"GOCSPX-", BASE64URL, 24, AT_LEAST, "a Google client secret", NULL},
    {"ya29.", BASE64URL, 20, AT_LEAST, "a Google access token", NULL},
    {"npm_", ALNUM, 36, AT_LEAST, "an npm token", NULL},
    {"pypi-AgEI", BASE64URL, 40, AT_LEAST, "a PyPI token", NULL},
    {"rubygems_", HEX, 48, EXACT, "a RubyGems key", NULL},
    {"dckr_pat_", BASE64URL, 20, AT_LEAST, "a Docker Hub token", NULL},
    {"SG.", BASE64URL_DOT, 60, AT_LEAST, "a SendGrid key", is_sendgrid},
    {"eyJ", BASE64URL_DOT, 20, AT_LEAST, "a JSON Web Token", is_jwt},
    {"hvs.", BASE64URL, 24, AT_LEAST, "a Vault token", NULL},
    {"hvb.", BASE64URL, 24, AT_LEAST, "a Vault token", NULL},
    {"sk-ant-", BASE64URL, 24, AT_LEAST, "an Anthropic key", NULL},
    {"sk-proj-", BASE64URL, 24, AT_LEAST, "an OpenAI key", NULL},
    {"sk-", ALNUM, 40, AT_LEAST, "an OpenAI key", NULL},
    {"hf_", ALNUM, 30, AT_LEAST, "a Hugging Face token", NULL},
    {"dop_v1_", HEX, 64, EXACT, "a DigitalOcean token", NULL},
    {"doo_v1_", HEX, 64, EXACT, "a DigitalOcean token", NULL},
    {"shpat_", HEX, 32, EXACT, "a Shopify token", NULL},
    {"shpss_", HEX, 32, EXACT, "a Shopify secret", NULL},
    {"glsa_", BASE64URL, 32, AT_LEAST, "a Grafana token", NULL},
    {"dapi", HEX, 32, AT_LEAST, "a Databricks token", NULL},
    {"NRAK-", UPPER_DIGIT, 27, EXACT, "a New Relic key", NULL},
    {"PMAK-", BASE64URL, 40, AT_LEAST, "a Postman key", NULL},
    {"ATATT3x", BASE64, 60, AT_LEAST, "an Atlassian token", NULL},
    {"Bearer ", BASE64URL_DOT, 20, AT_LEAST, "a bearer token", has_digit},
    {"lin_api_", ALNUM, 32, AT_LEAST, "a Linear key", NULL},
};

static bool is_digit(char c) { return c >= '0' && c <= '9'; }
static bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
static bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
static bool is_alnum(char c) { return is_digit(c) || is_upper(c) || is_lower(c); }

static bool is_of(enum alphabet alphabet, char c) {
    switch (alphabet) {
    case UPPER_DIGIT: return is_upper(c) || is_digit(c);
    case HEX: return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    case ALNUM: return is_alnum(c);
    case BASE64: return is_alnum(c) || c == '+' || c == '/' || c == '=' || c == '-' || c == '_';
    case BASE64URL: return is_alnum(c) || c == '-' || c == '_';
    case BASE64URL_DOT: return is_alnum(c) || c == '-' || c == '_' || c == '.';
    case ANY: return true;
    }
    return false;
}

/* How many characters of the alphabet stand at the start; more than `enough` are not counted. */
static size_t count_of(enum alphabet alphabet, struct str text, size_t enough) {
    size_t count = 0;
    while (count < text.len && count < enough && is_of(alphabet, text.at[count]))
        count++;
    return count;
}

/* "xxxxxxxx", "********", "........": shown where a secret would stand. */
static bool is_mask(struct str text) {
    for (size_t i = 1; i < text.len; i++) {
        if (text.at[i] != text.at[0]) return false;
    }
    return text.len > 1 && strchr("*xX.-_#", text.at[0]);
}

/* "RSA PRIVATE KEY-----" */
static bool is_pem_private_key(struct str body) {
    struct str kind = str_slice(body, 0, 40);
    return str_contains(str_slice(kind, 0, str_find_char(kind, '-')), STR("PRIVATE KEY"));
}

/* Three parts, the first of which (with the prefix eyJ) begins an object: {"x */
static bool is_jwt(struct str body) {
    size_t header = count_of(BASE64URL, body, body.len);
    if (header < 8 || header == body.len || body.at[header] != '.') return false;
    struct str rest = str_slice(body, header + 1, body.len);
    size_t payload = count_of(BASE64URL, rest, rest.len);
    if (payload < 8 || payload == rest.len || rest.at[payload] != '.') return false;
    return count_of(BASE64URL, str_slice(rest, payload + 1, rest.len), 8) == 8;
}

static bool is_sendgrid(struct str body) {
    size_t id = count_of(BASE64URL, body, body.len);
    return id >= 16 && id < body.len && body.at[id] == '.' &&
           count_of(BASE64URL, str_slice(body, id + 1, body.len), 32) == 32;
}

/* "Bearer 3f9c…", but not "Bearer authentication-is-required". */
static bool has_digit(struct str body) {
    for (size_t i = 0; i < body.len && is_of(BASE64URL_DOT, body.at[i]); i++) {
        if (is_digit(body.at[i])) return true;
    }
    return false;
}

static const char *find_shape(struct str rest) {
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        const struct shape *shape = &shapes[i];
        if (rest.at[0] != shape->prefix[0]) continue;
        struct str prefix = str_from(shape->prefix);
        if (!str_starts_with(rest, prefix)) continue;
        struct str body = str_slice(rest, prefix.len, rest.len);
        size_t count = count_of(shape->alphabet, body, shape->length + (shape->bound == EXACT));
        if (count != shape->length || is_mask(str_slice(body, 0, count))) continue;
        if (!shape->confirm || shape->confirm(body)) return shape->what;
    }
    return NULL;
}

/* --- references and placeholders ------------------------------------------------------------- */

/* The length of $(NAME), ${NAME}, {{ x }}, <x>, %NAME% or $NAME at the start of `text`; 0: none is there. */
static size_t reference_length(struct str text) {
    static const struct {
        const char *open, *close;
    } marks[] = {{"$(", ")"}, {"${", "}"}, {"{{", "}}"}, {"#{", "}"}, {"<", ">"}, {"%", "%"}};
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++) {
        struct str open = str_from(marks[i].open), close = str_from(marks[i].close);
        if (!str_starts_with(text, open)) continue;
        for (size_t at = open.len + 1; at + close.len <= text.len; at++) {
            if (str_starts_with(str_slice(text, at, text.len), close)) return at + close.len;
        }
    }
    size_t name = 1;
    while (name < text.len &&
           (is_upper(text.at[name]) || is_digit(text.at[name]) || text.at[name] == '_'))
        name++;
    return text.len > 1 && text.at[0] == '$' && is_upper(text.at[1]) ? name : 0;
}

/* Whether nothing but references, and the marks between them, makes the text. */
static bool is_reference(struct str text) {
    bool has_reference = false;
    if (text.len > PLACEHOLDER_MAX) return false;
    for (size_t at = 0; at < text.len;) {
        size_t length = reference_length(str_slice(text, at, text.len));
        if (length == 0 && is_alnum(text.at[at])) return false;
        has_reference = has_reference || length > 0;
        at += length > 0 ? length : 1;
    }
    return has_reference;
}

static bool is_one_of(struct str text, const char *const *words, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (str_equals_ignore_case(text, str_from(words[i]))) return true;
    }
    return false;
}

static bool starts_with_one_of(struct str text, const char *const *prefixes, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (str_starts_with(text, str_from(prefixes[i]))) return true;
    }
    return false;
}

/* /run/secrets/token, ./token, C:\token; long mixtures of letters and digits are base64 that starts with a slash. */
static bool is_path(struct str text) {
    static const char *const starts[] = {"/", "./", "../", "~/", "C:\\"};
    if (!starts_with_one_of(text, starts, sizeof starts / sizeof starts[0])) return false;
    bool has_upper = false, has_digit = false, has_dot = false;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.at[i];
        if (c == '+' || c == '=' || c == ' ') return false;
        has_upper = has_upper || is_upper(c);
        has_digit = has_digit || is_digit(c);
        has_dot = has_dot || c == '.';
    }
    return text.len < 24 || has_dot || !has_upper || !has_digit;
}

/* Where something keeps the secret, in the notations of secret stores. */
static bool is_address(struct str text) {
    static const char *const prefixes[] = {
        "vault:",          "bao:",      "ref+", "op://",  "arn:aws",
        "awssm:",          "awsps:",    "ssm:", "file:",  "secret://",
        "secretsmanager:", "keyvault:", "akv:", "gcpsm:", "projects/",
        "sm://",           "ENC[",      "env:",
    };
    return starts_with_one_of(text, prefixes, sizeof prefixes / sizeof prefixes[0]) ||
           is_path(text) || str_contains(text, STR("://"));
}

bool secret_value_is_literal(struct str value) {
    static const char *const switches[] = {
        "true",    "false",  "yes",   "no",    "on",       "off",      "0",         "1",
        "none",    "null",   "nil",   "unset", "empty",    "enabled",  "disabled",  "enable",
        "disable", "always", "never", "auto",  "optional", "required", "undefined", "redacted",
    };
    struct str text = str_trim(value);
    if (str_is_empty(text)) return false;
    if (is_one_of(text, switches, sizeof switches / sizeof switches[0])) return false;
    return !is_mask(text) && !is_reference(text) && !is_address(text);
}

/* --- passwords inside longer values ---------------------------------------------------------- */

/* A password that is a secret where it stands: no reference, no placeholder. */
static bool is_password(struct str text) {
    return !str_is_empty(text) && !is_mask(text) && !is_reference(text) &&
           !str_contains(text, STR("$(")) && !str_contains(text, STR("${"));
}

/* scheme://user:password@host; `rest` stands behind "://". */
static bool has_user_and_password(struct str rest) {
    size_t end = 0;
    while (end < rest.len && !strchr("/?#\"' \t\n\\,", rest.at[end]))
        end++;
    struct str authority = str_slice(rest, 0, end);
    size_t at = str_find_last_char(authority, '@');
    if (at == authority.len) return false;
    struct str user_info = str_slice(authority, 0, at);
    size_t colon = str_find_char(user_info, ':');
    return is_password(str_slice(user_info, colon + 1, user_info.len));
}

/* Server=db;User=sa;Password=secret, AccountKey=...; `rest` stands at a word's start. *looked_at says how far it goes. */
static bool has_keyed_password(struct str rest, size_t *looked_at) {
    static const char *const keys[] = {"password=", "pwd=", "passwd=", "accountkey=",
                                       "sharedaccesskey="};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        if ((rest.at[0] | 0x20) != keys[i][0]) continue;
        struct str key = str_from(keys[i]);
        if (!str_equals_ignore_case(str_slice(rest, 0, key.len), key)) continue;
        size_t end = key.len;
        while (end < rest.len && !strchr(";& \t\n\"'", rest.at[end]))
            end++;
        *looked_at = end;
        return is_password(str_slice(rest, key.len, end - key.len));
    }
    return false;
}

/* One pass: what a shape looks at twice is bounded, so a value's length is all that counts. */
const char *secret_value_shape(struct str value) {
    if (value.len < SHORTEST) return NULL;
    size_t step;
    for (size_t at = 0; at < value.len; at += step) {
        struct str rest = str_slice(value, at, value.len);
        char before = at > 0 ? value.at[at - 1] : ' ';
        step = 1;
        if (rest.at[0] == ':' && str_starts_with(rest, STR("://")) &&
            has_user_and_password(str_slice(rest, 3, rest.len)))
            return "a password in a URL";
        /* "-----BEGIN" may follow a \n written as two characters. */
        bool is_dash = rest.at[0] == '-';
        if (is_alnum(before) && !is_dash) continue;
        if (has_keyed_password(rest, &step)) return "a password";
        const char *what = is_of(BASE64URL, before) && !is_dash ? NULL : find_shape(rest);
        if (what) return what;
    }
    return NULL;
}
