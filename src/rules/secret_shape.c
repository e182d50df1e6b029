/*
 * Tokens that are told by their own shape: a maker's prefix, then so many characters of an alphabet. Prefixes and lengths are
 * those that the makers document or that scanners agree on; where a length has varied the row asks for a safe part of it.
 * The first row of a group that fits counts, so longer prefixes stand before their parts.
 */
#include "rules/secret_text.h"

enum alphabet {
    UPPER_DIGIT,
    HEX,
    HEX_DASH,
    ALNUM,
    BASE64,
    BASE64URL,
    BASE64URL_DOT,
    URL_PATH,
    URL_QUERY,
    CRYPT,
    ANY,
};

struct shape {
    const char *prefix;
    enum alphabet alphabet;
    size_t length; /* of what stands behind the prefix */
    enum { AT_LEAST, EXACT } bound;
    const char *what;
    /* Of what follows the prefix, to the end of the text; or NULL. */
    bool (*confirm)(struct str body, struct secret_ahead *ahead);
};

#define DIGITS SECRET_BITS('0', '9')
#define UPPERS SECRET_BITS('A', 'Z')
#define LOWERS SECRET_BITS('a', 'z')
#define ONE(c) SECRET_BITS((c), (c))
/* Their characters below 64, then those below 128. */
static const uint64_t letters_of_alphabet[][4] = {
    [UPPER_DIGIT] = {DIGITS, UPPERS},
    [HEX] = {DIGITS, SECRET_BITS('a', 'f') | SECRET_BITS('A', 'F')},
    [HEX_DASH] = {DIGITS | ONE('-'), SECRET_BITS('a', 'f') | SECRET_BITS('A', 'F')},
    [ALNUM] = {DIGITS, UPPERS | LOWERS},
    [BASE64] = {DIGITS | ONE('+') | ONE('/') | ONE('=') | ONE('-'), UPPERS | LOWERS | ONE('_')},
    [BASE64URL] = {DIGITS | ONE('-'), UPPERS | LOWERS | ONE('_')},
    [BASE64URL_DOT] = {DIGITS | ONE('-') | ONE('.'), UPPERS | LOWERS | ONE('_')},
    [URL_PATH] = {DIGITS | ONE('-') | ONE('/'), UPPERS | LOWERS | ONE('_') | ONE('@')},
    [URL_QUERY] = {DIGITS | ONE('-') | ONE('%') | ONE('+') | ONE('/') | ONE('='),
                   UPPERS | LOWERS | ONE('_')},
    [CRYPT] = {DIGITS | ONE('.') | ONE('/') | ONE('$') | ONE('=') | ONE(',') | ONE('+'),
               UPPERS | LOWERS},
    [ANY] = {UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX},
};

static bool is_of(enum alphabet alphabet, char c) {
    return letters_of_alphabet[alphabet][(unsigned char)c >> 6] >> (c & 63) & 1;
}

/* How many characters of the alphabet stand at the start; more than `enough` are not counted. */
static size_t count_of(enum alphabet alphabet, struct str text, size_t enough) {
    size_t count = 0;
    while (count < text.len && count < enough && is_of(alphabet, text.at[count]))
        count++;
    return count;
}

/* The same in a pass: of what was counted from an earlier place nothing is counted again. */
static size_t count_ahead(struct secret_ahead *ahead, enum alphabet alphabet, struct str text,
                          size_t enough) {
    _Static_assert(ANY < sizeof ahead->counted / sizeof ahead->counted[0], "one for each");
    struct secret_run *run = &ahead->counted[alphabet];
    size_t count = 0;
    if (run->from <= text.at && text.at < run->end) count = (size_t)(run->end - text.at);
    if (count >= enough) return enough;
    count += count_of(alphabet, str_slice(text, count, text.len), enough - count);
    *run = (struct secret_run){text.at, text.at + count};
    return count;
}

/* --- what a prefix cannot tell --------------------------------------------------------------- */

/* "RSA PRIVATE KEY-----" */
static bool is_pem_private_key(struct str body, struct secret_ahead *ahead) {
    (void)ahead;
    struct str kind = str_slice(body, 0, 40);
    return str_contains(str_slice(kind, 0, str_find_char(kind, '-')), STR("PRIVATE KEY"));
}

/* Three parts, the first of which (with the prefix eyJ) begins an object: {"x */
static bool is_jwt(struct str body, struct secret_ahead *ahead) {
    (void)ahead;
    size_t header = count_of(BASE64URL, body, body.len);
    if (header < 8 || header == body.len || body.at[header] != '.') return false;
    struct str rest = str_slice(body, header + 1, body.len);
    size_t payload = count_of(BASE64URL, rest, rest.len);
    if (payload < 8 || payload == rest.len || rest.at[payload] != '.') return false;
    return count_of(BASE64URL, str_slice(rest, payload + 1, rest.len), 8) == 8;
}

static bool is_sendgrid(struct str body, struct secret_ahead *ahead) {
    (void)ahead;
    size_t id = count_of(BASE64URL, body, body.len);
    return id >= 16 && id < body.len && body.at[id] == '.' &&
           count_of(BASE64URL, str_slice(body, id + 1, body.len), 32) == 32;
}

/* "Bearer 3f9c…", but not "Bearer authentication-is-required". In a URL a % may stand before the first digit. */
static bool has_digit(struct str body, struct secret_ahead *ahead) {
    if (ahead->no_digit && body.at < ahead->no_digit) return false;
    size_t at = 0;
    for (; at < body.len && is_of(URL_QUERY, body.at[at]); at++) {
        if (ascii_is_digit(body.at[at])) return true;
    }
    ahead->no_digit = body.at + at;
    return false;
}

/* Letters of both cases and digits: no word, no number. */
static bool is_random(struct str body, struct secret_ahead *ahead) {
    (void)ahead;
    size_t uppers = 0, lowers = 0, digits = 0;
    for (size_t i = 0; i < body.len && ascii_is_alnum(body.at[i]); i++) {
        uppers += ascii_is_upper(body.at[i]);
        lowers += ascii_is_lower(body.at[i]);
        digits += ascii_is_digit(body.at[i]);
    }
    return uppers >= 2 && lowers >= 2 && digits >= 1;
}

static int base64_value(char c) {
    if (ascii_is_upper(c)) return c - 'A';
    if (ascii_is_lower(c)) return c - 'a' + 26;
    if (ascii_is_digit(c)) return c - '0' + 52;
    if (c == '+' || c == '-') return 62;
    return c == '/' || c == '_' ? 63 : -1;
}

/* The next byte of a base64 text, or -1 at its end. */
static int next_byte(struct str *rest, unsigned *bits, unsigned *held) {
    while (rest->len > 0) {
        int value = base64_value(rest->at[0]);
        if (value < 0) return -1;
        *rest = str_slice(*rest, 1, rest->len);
        *bits = (*bits << 6 | (unsigned)value) & 0xFFFF;
        *held += 6;
        if (*held < 8) continue;
        *held -= 8;
        return (int)(*bits >> *held & 0xFF);
    }
    return -1;
}

bool secret_is_login(struct str base64) {
    unsigned bits = 0, held = 0;
    bool has_colon = false, has_more = false;
    for (int byte; (byte = next_byte(&base64, &bits, &held)) >= 0;) {
        if (byte < 0x20 || byte == 0x7F) return false;
        has_more = has_colon;
        has_colon = has_colon || byte == ':';
    }
    return has_more;
}

bool secret_is_printable_base64(struct str base64) {
    unsigned bits = 0, held = 0;
    for (int byte; (byte = next_byte(&base64, &bits, &held)) >= 0;) {
        bool is_space = byte == '\n' || byte == '\r' || byte == '\t';
        if ((byte < 0x20 && !is_space) || byte >= 0x7F) return false;
    }
    return true;
}

static bool is_basic_auth(struct str body, struct secret_ahead *ahead) {
    (void)ahead;
    return secret_is_login(str_slice(body, 0, count_of(BASE64, body, body.len)));
}

/* machine HOST login USER password WORD */
static bool is_netrc(struct str body, struct secret_ahead *ahead) {
    if (ahead->no_netrc && body.at < ahead->no_netrc) return false;
    struct str line = str_slice(body, 0, str_find_char(body, '\n'));
    if (str_contains(line, STR(" login ")) && str_contains(line, STR(" password "))) return true;
    ahead->no_netrc = line.at + line.len;
    return false;
}

/* Where the next `c` stands, or the end of the text; `*known`: what that was from an earlier place. */
static size_t find_next(struct str rest, char c, const char **known) {
    if (!*known || *known < rest.at) *known = rest.at + str_find_char(rest, c);
    return (size_t)(*known - rest.at);
}

/* "shop/hunter2@//db", "shop/hunter2@db:1521:x", but not "@db:1521:x" or "/@db" */
static bool is_oracle_login(struct str body, struct secret_ahead *ahead) {
    size_t at = find_next(body, '@', &ahead->at_sign), slash = find_next(body, '/', &ahead->slash);
    if (at == body.len || slash == 0 || slash >= at) return false;
    struct str password = str_slice(body, slash + 1, at - slash - 1);
    if (!secret_may_be_password(password)) return false;
    if (ahead->last_reference && password.at <= ahead->last_reference) return false;
    size_t last = secret_last_reference(password);
    if (last == password.len) return true;
    ahead->last_reference = password.at + last;
    return false;
}

/* ID.TIME.SIGNATURE */
static bool is_discord(struct str body, struct secret_ahead *ahead) {
    (void)ahead;
    size_t id = count_of(BASE64URL, body, 40);
    if (id < 23 || id > 30 || id >= body.len || body.at[id] != '.') return false;
    struct str rest = str_slice(body, id + 1, body.len);
    size_t time = count_of(BASE64URL, rest, 8);
    if (time < 6 || time > 7 || time >= rest.len || rest.at[time] != '.') return false;
    return count_of(BASE64URL, str_slice(rest, time + 1, rest.len), 27) == 27;
}

/* --- the table, by the first byte of the prefix ---------------------------------------------- */

static const struct shape of_dollar[] = {
    {"$apr1$", CRYPT, 30, AT_LEAST, "the hash of a password", NULL},
    {"$argon2", CRYPT, 40, AT_LEAST, "the hash of a password", NULL},
    {"$2a$", CRYPT, 56, AT_LEAST, "the hash of a password", NULL},
    {"$2b$", CRYPT, 56, AT_LEAST, "the hash of a password", NULL},
    {"$2y$", CRYPT, 56, AT_LEAST, "the hash of a password", NULL},
    {"$1$", CRYPT, 22, AT_LEAST, "the hash of a password", NULL},
    {"$5$", CRYPT, 43, AT_LEAST, "the hash of a password", NULL},
    {"$6$", CRYPT, 86, AT_LEAST, "the hash of a password", NULL},
};
static const struct shape of_dash[] = {
    {"-----BEGIN ", ANY, 0, AT_LEAST, "a private key", is_pem_private_key},
};
static const struct shape of_one[] = {
    {"1//0", BASE64URL, 40, AT_LEAST, "a Google refresh token", NULL},
};
static const struct shape of_upper_a[] = {
    {"AGE-SECRET-KEY-1", UPPER_DIGIT, 50, AT_LEAST, "an age private key", NULL},
    {"AKIA", UPPER_DIGIT, 16, EXACT, "an AWS access key", NULL},
    {"ASIA", UPPER_DIGIT, 16, EXACT, "an AWS access key", NULL},
    {"AIza", BASE64URL, 35, EXACT, "a Google API key", NULL},
    {"ATATT3x", BASE64, 60, AT_LEAST, "an Atlassian token", NULL},
    {"ATCTT3x", BASE64, 60, AT_LEAST, "an Atlassian token", NULL},
    {"ATBB", ALNUM, 32, EXACT, "a Bitbucket password", NULL},
};
static const struct shape of_upper_b[] = {
    {"Bearer ", BASE64, 20, AT_LEAST, "a bearer token", has_digit},
    {"Basic ", BASE64, 12, AT_LEAST, "a password", is_basic_auth},
};
static const struct shape of_upper_e[] = {
    {"EAACEdEose0cBA", ALNUM, 20, AT_LEAST, "a Facebook token", NULL},
    {"EAAA", BASE64URL, 60, EXACT, "a Square token", NULL},
};
static const struct shape of_upper_g[] = {
    {"GOCSPX-", BASE64URL, 24, AT_LEAST, "a Google client secret", NULL},
};
static const struct shape of_upper_h[] = {
    {"HRKU-", BASE64URL, 36, AT_LEAST, "a Heroku key", NULL},
};
static const struct shape of_upper_l[] = {
    {"LS0tLS1CRUdJTiBQUklWQVRFIEtFW", ANY, 0, AT_LEAST, "a private key", NULL},
    {"LS0tLS1CRUdJTiBSU0EgUFJJVkFURSBLRV", ANY, 0, AT_LEAST, "a private key", NULL},
    {"LS0tLS1CRUdJTiBFQyBQUklWQVRFIEtFW", ANY, 0, AT_LEAST, "a private key", NULL},
    {"LS0tLS1CRUdJTiBEU0EgUFJJVkFURSBLRV", ANY, 0, AT_LEAST, "a private key", NULL},
    {"LS0tLS1CRUdJTiBPUEVOU1NIIFBSSVZBVEUgS0VZ", ANY, 0, AT_LEAST, "a private key", NULL},
    {"LS0tLS1CRUdJTiBFTkNSWVBURUQgUFJJVkFURSBLRV", ANY, 0, AT_LEAST, "a private key", NULL},
};
static const struct shape of_upper_n[] = {
    {"NRAK-", UPPER_DIGIT, 27, EXACT, "a New Relic key", NULL},
    {"N", BASE64URL, 22, AT_LEAST, "a Discord token", is_discord},
};
static const struct shape of_upper_p[] = {
    {"PuTTY-User-Key-File-", ANY, 1, AT_LEAST, "a private key", NULL},
    {"PMAK-", BASE64URL, 40, AT_LEAST, "a Postman key", NULL},
};
static const struct shape of_upper_s[] = {
    {"SG.", BASE64URL_DOT, 60, AT_LEAST, "a SendGrid key", is_sendgrid},
    {"SK", HEX, 32, EXACT, "a Twilio key", NULL},
};
static const struct shape of_b[] = {
    {"bkua_", HEX, 40, EXACT, "a Buildkite token", NULL},
};
static const struct shape of_d[] = {
    {"discord.com/api/webhooks/", URL_PATH, 40, AT_LEAST, "a Discord webhook", NULL},
    {"discordapp.com/api/webhooks/", URL_PATH, 40, AT_LEAST, "a Discord webhook", NULL},
    {"dckr_pat_", BASE64URL, 20, AT_LEAST, "a Docker Hub token", NULL},
    {"dckr_oat_", BASE64URL, 20, AT_LEAST, "a Docker Hub token", NULL},
    {"dop_v1_", HEX, 64, EXACT, "a DigitalOcean token", NULL},
    {"doo_v1_", HEX, 64, EXACT, "a DigitalOcean token", NULL},
    {"dor_v1_", HEX, 64, EXACT, "a DigitalOcean token", NULL},
    {"dapi", HEX, 32, AT_LEAST, "a Databricks token", NULL},
    {"dp.pt.", ALNUM, 40, AT_LEAST, "a Doppler token", NULL},
    {"dp.st.", BASE64URL_DOT, 40, AT_LEAST, "a Doppler token", NULL},
    {"dp.ct.", ALNUM, 40, AT_LEAST, "a Doppler token", NULL},
};
static const struct shape of_e[] = {
    {"eyJ", BASE64URL_DOT, 20, AT_LEAST, "a JSON Web Token", is_jwt},
};
static const struct shape of_f[] = {
    {"fo1_", BASE64URL, 43, AT_LEAST, "a Fly token", NULL},
};
static const struct shape of_g[] = {
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
    {"glft-", BASE64URL, 20, AT_LEAST, "a GitLab token", NULL},
    {"glagent-", BASE64URL, 40, AT_LEAST, "a GitLab token", NULL},
    {"glsoat-", BASE64URL, 20, AT_LEAST, "a GitLab token", NULL},
    {"glimt-", BASE64URL, 20, AT_LEAST, "a GitLab token", NULL},
    {"gloas-", BASE64URL, 40, AT_LEAST, "a GitLab secret", NULL},
    {"gsk_", ALNUM, 40, AT_LEAST, "a Groq key", NULL},
    {"glsa_", BASE64URL, 32, AT_LEAST, "a Grafana token", NULL},
    {"glc_eyJ", BASE64, 40, AT_LEAST, "a Grafana Cloud token", NULL},
};
static const struct shape of_h[] = {
    {"hooks.slack.com/services/T", URL_PATH, 20, AT_LEAST, "a Slack webhook", NULL},
    {"hooks.slack.com/workflows/T", URL_PATH, 30, AT_LEAST, "a Slack webhook", NULL},
    {"hvs.", BASE64URL, 24, AT_LEAST, "a Vault token", NULL},
    {"hvb.", BASE64URL, 24, AT_LEAST, "a Vault token", NULL},
    {"hvr.", BASE64URL, 24, AT_LEAST, "a Vault token", NULL},
    {"hf_", ALNUM, 30, AT_LEAST, "a Hugging Face token", NULL},
};
static const struct shape of_i[] = {
    {"ico-", ALNUM, 32, EXACT, "an Infracost key", NULL},
};
static const struct shape of_k[] = {
    {"key-", HEX, 32, EXACT, "a Mailgun key", NULL},
};
static const struct shape of_l[] = {
    {"lin_api_", ALNUM, 32, AT_LEAST, "a Linear key", NULL},
};
static const struct shape of_m[] = {
    {"machine ", ANY, 20, AT_LEAST, "a password", is_netrc},
};
static const struct shape of_n[] = {
    {"npm_", ALNUM, 36, AT_LEAST, "an npm token", NULL},
    {"ntn_", ALNUM, 40, AT_LEAST, "a Notion token", NULL},
};
static const struct shape of_o[] = {
    {"oracle:thin:", ANY, 4, AT_LEAST, "a password in a URL", is_oracle_login},
};
static const struct shape of_p[] = {
    {"pypi-AgEI", BASE64URL, 40, AT_LEAST, "a PyPI token", NULL},
    {"pscale_pw_", BASE64URL, 32, AT_LEAST, "a PlanetScale password", NULL},
    {"pscale_tkn_", BASE64URL, 32, AT_LEAST, "a PlanetScale token", NULL},
    {"pul-", HEX, 40, EXACT, "a Pulumi token", NULL},
};
static const struct shape of_r[] = {
    {"rk_live_", ALNUM, 16, AT_LEAST, "a Stripe key", NULL},
    {"rk_test_", ALNUM, 16, AT_LEAST, "a Stripe key", NULL},
    {"rubygems_", HEX, 48, EXACT, "a RubyGems key", NULL},
    {"r8_", ALNUM, 37, EXACT, "a Replicate token", NULL},
};
static const struct shape of_s[] = {
    {"sk_live_", ALNUM, 16, AT_LEAST, "a Stripe key", NULL},
    {"sk_test_", ALNUM, 16, AT_LEAST, "a Stripe key", NULL},
    {"s.", ALNUM, 24, EXACT, "a Vault token", is_random},
    {"sk-ant-", BASE64URL, 24, AT_LEAST, "an Anthropic key", NULL},
    {"sk-proj-", BASE64URL, 24, AT_LEAST, "an OpenAI key", NULL},
    {"sk-svcacct-", BASE64URL, 24, AT_LEAST, "an OpenAI key", NULL},
    {"sk-admin-", BASE64URL, 24, AT_LEAST, "an OpenAI key", NULL},
    {"sk-or-v1-", HEX, 64, AT_LEAST, "an OpenRouter key", NULL},
    {"sk-", ALNUM, 40, AT_LEAST, "an OpenAI key", NULL},
    {"shpat_", HEX, 32, EXACT, "a Shopify token", NULL},
    {"shpca_", HEX, 32, EXACT, "a Shopify token", NULL},
    {"shppa_", HEX, 32, EXACT, "a Shopify token", NULL},
    {"shpss_", HEX, 32, EXACT, "a Shopify secret", NULL},
    {"sq0atp-", BASE64URL, 22, AT_LEAST, "a Square token", NULL},
    {"sq0csp-", BASE64URL, 43, AT_LEAST, "a Square secret", NULL},
    {"secret_", ALNUM, 43, EXACT, "a Notion token", NULL},
    {"sntrys_", BASE64URL, 60, AT_LEAST, "a Sentry token", NULL},
    {"sntryu_", HEX, 64, AT_LEAST, "a Sentry token", NULL},
    {"sbp_", HEX, 40, EXACT, "a Supabase key", NULL},
    {"squ_", HEX, 40, EXACT, "a SonarQube token", NULL},
    {"sqp_", HEX, 40, EXACT, "a SonarQube token", NULL},
    {"sqa_", HEX, 40, EXACT, "a SonarQube token", NULL},
    {"sig=", URL_QUERY, 43, AT_LEAST, "an Azure SAS signature", has_digit},
};
static const struct shape of_t[] = {
    {"tskey-", BASE64URL, 20, AT_LEAST, "a Tailscale key", has_digit},
};
static const struct shape of_v[] = {
    {"v1.0-", HEX_DASH, 140, AT_LEAST, "a Cloudflare key", NULL},
};
static const struct shape of_w[] = {
    {"webhook.office.com/webhookb2/", URL_PATH, 60, AT_LEAST, "a Teams webhook", NULL},
    {"whsec_", BASE64, 24, AT_LEAST, "a webhook secret", NULL},
};
static const struct shape of_x[] = {
    {"xoxa-", BASE64URL, 10, AT_LEAST, "a Slack token", NULL},
    {"xoxb-", BASE64URL, 10, AT_LEAST, "a Slack token", NULL},
    {"xoxe-", BASE64URL, 10, AT_LEAST, "a Slack token", NULL},
    {"xoxp-", BASE64URL, 10, AT_LEAST, "a Slack token", NULL},
    {"xoxr-", BASE64URL, 10, AT_LEAST, "a Slack token", NULL},
    {"xoxs-", BASE64URL, 10, AT_LEAST, "a Slack token", NULL},
    {"xapp-", BASE64URL, 20, AT_LEAST, "a Slack token", NULL},
    {"xai-", ALNUM, 60, AT_LEAST, "an xAI key", NULL},
};
static const struct shape of_y[] = {
    {"ya29.", BASE64URL, 20, AT_LEAST, "a Google access token", NULL},
};
static const struct shape of_brace[] = {
    {"{SHA}", BASE64, 27, AT_LEAST, "the hash of a password", NULL},
    {"{SSHA}", BASE64, 32, AT_LEAST, "the hash of a password", NULL},
};

static const struct shape of_upper_m[] = {
    {"M", BASE64URL, 22, AT_LEAST, "a Discord token", is_discord},
};

static const struct shape of_upper_o[] = {
    {"O", BASE64URL, 22, AT_LEAST, "a Discord token", is_discord},
};

#define GROUP(of)                                                                                  \
    { (of), sizeof(of) / sizeof(of)[0] }
static const struct group {
    const struct shape *shapes;
    size_t count;
} groups[256] = {
    ['O'] = GROUP(of_upper_o), ['M'] = GROUP(of_upper_m), ['$'] = GROUP(of_dollar),
    ['-'] = GROUP(of_dash),    ['1'] = GROUP(of_one),     ['A'] = GROUP(of_upper_a),
    ['B'] = GROUP(of_upper_b), ['E'] = GROUP(of_upper_e), ['G'] = GROUP(of_upper_g),
    ['H'] = GROUP(of_upper_h), ['L'] = GROUP(of_upper_l), ['N'] = GROUP(of_upper_n),
    ['P'] = GROUP(of_upper_p), ['S'] = GROUP(of_upper_s), ['b'] = GROUP(of_b),
    ['d'] = GROUP(of_d),       ['e'] = GROUP(of_e),       ['f'] = GROUP(of_f),
    ['g'] = GROUP(of_g),       ['h'] = GROUP(of_h),       ['i'] = GROUP(of_i),
    ['k'] = GROUP(of_k),       ['l'] = GROUP(of_l),       ['m'] = GROUP(of_m),
    ['n'] = GROUP(of_n),       ['o'] = GROUP(of_o),       ['p'] = GROUP(of_p),
    ['r'] = GROUP(of_r),       ['s'] = GROUP(of_s),       ['t'] = GROUP(of_t),
    ['v'] = GROUP(of_v),       ['w'] = GROUP(of_w),       ['x'] = GROUP(of_x),
    ['y'] = GROUP(of_y),       ['{'] = GROUP(of_brace),
};

/* Of one-letter prefixes the second letter is none. */
static inline bool has_second_letter(const struct shape *shape, char second) {
    return shape->prefix[1] == '\0' || shape->prefix[1] == second;
}

/* 0: the text does not begin with it. */
static size_t length_of_prefix(struct str text, const char *prefix) {
    size_t length = 0;
    for (; prefix[length] != '\0'; length++)
        if (length == text.len || text.at[length] != prefix[length]) return 0;
    return length;
}

__attribute__((noinline)) static const char *find_among(const struct shape *shape, size_t left,
                                                        struct str rest, size_t *length,
                                                        struct secret_ahead *ahead) {
    for (; left > 0; shape++, left--) {
        size_t prefix_length = length_of_prefix(rest, shape->prefix);
        if (prefix_length == 0) continue;
        struct str body = str_slice(rest, prefix_length, rest.len);
        size_t count =
            count_ahead(ahead, shape->alphabet, body, shape->length + (shape->bound == EXACT));
        if (count != shape->length || secret_is_mask(str_slice(body, 0, count))) continue;
        if (shape->confirm && !shape->confirm(body, ahead)) continue;
        *length = prefix_length + count_of(shape->alphabet, body, body.len);
        return shape->what;
    }
    return NULL;
}

const char *secret_shape_at(struct str rest, size_t *length, struct secret_ahead *ahead) {
    const struct group *group = &groups[(unsigned char)rest.at[0]];
    const struct shape *shape = group->shapes;
    size_t left = group->count;
    char second = '\0';
    if (rest.len > 1) second = rest.at[1];
    /* Asked for each word of every text: nearly all of them end here. */
    for (; left > 0; shape++, left--)
        if (has_second_letter(shape, second)) return find_among(shape, left, rest, length, ahead);
    return NULL;
}

/* --- made up --------------------------------------------------------------------------------- */

#define MADE_LENGTH 24 /* where the table asks for less */

static const char *letters_of(enum alphabet alphabet) {
    switch (alphabet) {
    case HEX:
    case HEX_DASH: return "0123456789abcdef";
    case UPPER_DIGIT: return "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    case ALNUM:
    case BASE64:
    case BASE64URL:
    case BASE64URL_DOT:
    case URL_PATH:
    case URL_QUERY:
    case CRYPT:
    case ANY: break;
    }
    return "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
}

static const struct shape *find_prefixed(const char *what) {
    for (size_t g = 0; g < sizeof groups / sizeof groups[0]; g++)
        for (size_t i = 0; i < groups[g].count; i++)
            if (!groups[g].shapes[i].confirm && strcmp(groups[g].shapes[i].what, what) == 0)
                return &groups[g].shapes[i];
    return NULL;
}

bool secret_shape_write(struct strbuf *out, const char *what, unsigned number) {
    const struct shape *shape = find_prefixed(what);
    if (!shape) return false;
    const char *letters = letters_of(shape->alphabet);
    size_t count = strlen(letters), length = shape->length;
    if (shape->bound == AT_LEAST && length < MADE_LENGTH) length = MADE_LENGTH;
    uint64_t state = UINT64_C(0x9e3779b97f4a7c15) * (number + 1);
    strbuf_add(out, str_from(shape->prefix));
    for (size_t i = 0; i < length; i++) {
        state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        strbuf_add_char(out, letters[(state >> 33) % count]);
    }
    return true;
}
