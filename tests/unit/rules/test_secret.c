#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include "rules/secret.h"

#include <cmocka.h>

/* Between the halves of a made token, so that no scanner takes this file for a leak. */
#define CUT ""
#define COUNT_OF(list) (sizeof(list) / sizeof(list)[0])

static void names_of_secrets_are_telling(void **state) {
    (void)state;
    static const char *const names[] = {
        "PASSWORD",
        "DB_PASSWORD",
        "POSTGRES_PASSWORD",
        "PGPASSWORD",
        "dbPassword",
        "password1",
        "REDIS_PASSWD",
        "HTPASSWD",
        "DB_PWD",
        "SMTP_PASS",
        "KEY_PASSPHRASE",
        "SECRET",
        "clientSecret",
        "CLIENTSECRET",
        "SECRET_KEY_BASE",
        "APP_SECRETS",
        "TOKEN",
        "GITHUB_TOKEN",
        "GITHUB_PAT",
        "accessToken",
        "ACCESSTOKEN",
        "API_KEY",
        "APIKEY",
        "apiKey",
        "api-key",
        "StripeAPIKey",
        "API_KEYS",
        "AWS_SECRET_ACCESS_KEY",
        "STORAGE_ACCESS_KEY",
        "PRIVATE_KEY",
        "SSH_PRIVATE_KEY",
        "ENCRYPTION_KEY",
        "JWT_SIGNING_KEY",
        "FERNET_KEY",
        "MASTER_KEY",
        "CREDENTIALS",
        "GCP_CREDS",
        "BASIC_AUTH",
        "AUTH_SALT",
        "my.client.secret",
        "PASSWORD_RESET_TOKEN",
        "TOKEN_URL_SECRET",
        "DB_PASSWORD_OLD",
        "PUBLIC_DB_PASSWORD",
        "VAULT_SECRET_ID",
        "RABBITMQ_ERLANG_COOKIE",
        "WIFI_PSK",
        "PASSWORD_HASH",
        "DATABASE__PASSWORD",
        "TOKEN_V2",
    };
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        if (!secret_name_is_telling(str_from(names[i]))) fail_msg("%s is a secret's", names[i]);
    }
}

static void names_about_secrets_and_others_are_not(void **state) {
    (void)state;
    static const char *const names[] = {
        "",
        "_",
        "PATH",
        "HOME",
        "PWD",
        "OLDPWD",
        "PASS",
        "BYPASS",
        "COMPASS_URL",
        "PASS_THROUGH",
        "PASSWORD_MIN_LENGTH",
        "PASSWORD_FILE",
        "PASSWORD_POLICY",
        "MIN_PASSWORD_LENGTH",
        "TOKEN_TTL",
        "TOKEN_TTL_SECONDS",
        "TOKEN_EXPIRY",
        "TOKEN_URL",
        "TOKEN_COUNT",
        "MAX_TOKENS",
        "MAX_TOKENS_PER_USER",
        "TOKENIZER",
        "TOKENIZERS_PARALLELISM",
        "SECRET_NAME",
        "SECRETS_PATH",
        "secretName",
        "SECRETARY",
        "KEY_PATH",
        "KEY",
        "KEYBOARD",
        "KEYCLOAK_URL",
        "PUBLIC_KEY",
        "JWT_PUBLIC_KEY",
        "NEXT_PUBLIC_API_KEY",
        "PUBLISHABLE_API_KEY",
        "AWS_ACCESS_KEY_ID",
        "API_KEY_HEADER",
        "API_KEY_ID",
        "CREDENTIALS_PROVIDER",
        "IMAGE_PULL_SECRET",
        "TLS_SECRET",
        "MYSQL_ALLOW_EMPTY_PASSWORD",
        "USE_TOKEN",
        "ENABLE_PASSWORD_LOGIN",
        "LICENSE",
        "AUTHOR",
        "PATTERN",
        "SALT",
        "CACHE_KEY",
        "PRIMARY_KEY",
        "ROUTING_KEY",
        "SECRET_ARN",
        "apiKeyName",
        "TOKEN_BUCKET_SIZE",
        "CREDENTIAL_HELPER",
        "DB_PASSWORD_LENGTH",
    };
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        if (secret_name_is_telling(str_from(names[i]))) fail_msg("\"%s\" is harmless", names[i]);
    }
}

static void literal_values_are_secrets(void **state) {
    (void)state;
    static const char *const values[] = {
        "changeme",
        "hunter2",
        "12345",
        "a",
        "password",
        "x",
        "/bPxRfiCYEXA3K1eQ9zZ0MdengbPxRfiCYEXA",
        "p@ss/w0rd",
        "abc$(DEF)",
        "50%",
        "<",
        "$$",
        "trueish",
        "my tls.key",
        "/a+b",
        "/a=b",
        "/a b",
        "[REDACTED",
        "/bPxRfiCYEXA.K1eQ9zZ0MdengbPx RfiCYEXA",
        "%DB_PASSWORD=hunter2%", /* no variable has such a name */
    };
    for (size_t i = 0; i < COUNT_OF(values); i++) {
        if (!secret_value_is_literal(str_from(values[i]))) fail_msg("%s is literal", values[i]);
    }
}

static void references_placeholders_and_switches_are_none(void **state) {
    (void)state;
    static const char *const values[] = {
        "",
        " ",
        "$(OTHER)",
        "${OTHER}",
        "$OTHER",
        "$(A):$(B)",
        "{{ .x }}",
        "<secret>",
        "%DB_PASSWORD%",
        "#{password}#",
        "****",
        "xxxxxxxx",
        "true",
        "False",
        "yes",
        "off",
        "0",
        "1",
        "none",
        "null",
        "/run/secrets/db",
        "./token",
        "~/.netrc",
        "REDACTED",
        "vault:secret/data/db#password",
        "op://vault/db/password",
        "arn:aws:secretsmanager:eu-west-1:123456789012:secret:db",
        "https://id.example.com/token",
        "file:///run/secrets/db",
        "tls.key",
        "[REDACTED]",
        "(none)",
        "[]",
        "/bPxRfiCYEXA3K1eQ9zZ0.MdengbPxRfiCYEXA",
        "/a-path-of-small-letters-and-1-digit",
        "/aPathOfLettersOfBothCasesButNoDigit",
    };
    for (size_t i = 0; i < COUNT_OF(values); i++) {
        if (secret_value_is_literal(str_from(values[i]))) fail_msg("\"%s\" is none", values[i]);
    }
}

static void expect_shape(const char *value, const char *expected) {
    const char *shape = secret_value_shape(str_from(value));
    if (!shape || strcmp(shape, expected) != 0)
        fail_msg("%s is %s, not %s", value, expected, shape ? shape : "nothing");
}

static void shapes_tell_what_a_value_is(void **state) {
    (void)state;
    static const char *const cases[][2] = {
        {"-----BEGIN " CUT "PRIVATE KEY-----\nMIIE", "a private key"},
        {"-----BEGIN OPENSSH " CUT "PRIVATE KEY-----", "a private key"},
        {"-----BEGIN ENCRYPTED " CUT "PRIVATE KEY-----", "a private key"},
        {"-----BEGIN PGP " CUT "PRIVATE KEY BLOCK-----", "a private key"},
        {"-----END CERTIFICATE-----\\n-----BEGIN RSA " CUT "PRIVATE KEY-----", "a private key"},
        {"LS0tLS1CRUdJTiBFQyBQUklWQVRFIEtFWS0tLS0tCg==", "a private key"},
        {"AKIA" CUT "QWERTYUIOPASDFGH", "an AWS access key"},
        {"key=ASIA" CUT "QWERTYUIOPASDFGH;", "an AWS access key"},
        {"ghp_" CUT "0123456789abcdefghijklmnopqrstuvwxyz", "a GitHub token"},
        {"github_pat_11ABCDEFG0123456789_abcdefghijklmnop", "a GitHub token"},
        {"--token=glpat-" CUT "0123456789abcdefghij", "a GitLab token"},
        {"xoxb-" CUT "0123456789-0123456789-abcdef", "a Slack token"},
        {"https://hooks.slack." CUT "com/services/T00000000/B00000000/abcdefghijklmnop",
         "a Slack webhook"},
        {"sk_live_" CUT "0123456789abcdefghij", "a Stripe key"},
        {"AIza" CUT "0123456789abcdefghijklmnopqrstu-_wx", "a Google API key"},
        {"npm_" CUT "0123456789abcdefghijklmnopqrstuvwxyz", "an npm token"},
        {"pypi-AgEI" CUT "cHlwaS5vcmcCJDAwMDAwMDAwLTAwMDAtMDAwMC0wMDAw", "a PyPI token"},
        {"SG." CUT "0123456789abcdefghijkl.0123456789abcdefghijklmnopqrstuvwxyz0123456",
         "a SendGrid key"},
        {"eyJhbGciOiJIUzI1NiJ9." CUT "eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl", "a JSON Web Token"},
        {"Authorization: Bearer 3f9c2b1a0d8e7f6a5b4c", "a bearer token"},
        {"postgres://shop:hunter2@db/shop", "a password in a URL"},
        {"mongodb+srv://shop:p%40ss@a.example.com,b.example.com/shop", "a password in a URL"},
        {"redis://:hunter2@cache:6379", "a password in a URL"},
        {"jdbc:postgresql://db/shop?user=shop&password=hunter2", "a password"},
        {"Server=db;User Id=sa;Pwd=hunter2;", "a password"},
        {"DefaultEndpointsProtocol=https;AccountKey=abc==;", "a secret"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        expect_shape(cases[i][0], cases[i][1]);
}

static void harmless_values_have_no_shape(void **state) {
    (void)state;
    static const char *const values[] = {
        "",
        "info",
        "-----BEGIN CERTIFICATE-----\nMIIE",
        "-----BEGIN PUBLIC KEY-----\nMIIE",
        "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCg==",
        "AKIA" CUT "QWERTYUIOPASDFGHJ",
        "XAKIA" CUT "QWERTYUIOPASDFGH",
        "AKIA" CUT "XXXXXXXXXXXXXXXX",
        "ghp_" CUT "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
        "ghp_" CUT "short",
        "risk-assessment-of-the-whole-company-and-of-its-partners",
        "task-0123456789abcdefghij0123456789abcdefghij0123",
        "https://example.com:8443/a@b:c",
        "https://user@example.com/",
        "postgres://shop:$(DB_PASSWORD)@db/shop",
        "postgres://shop:${DB_PASSWORD}@db/shop",
        "postgres://shop:<password>@db/shop",
        "postgres://shop:****@db/shop",
        "Server=db;Password=$(DB_PASSWORD);",
        "password=",
        "Bearer authentication-is-required-here",
        "eyJhbGciOiJIUzI1NiJ9",
        "4bcff63911fcb4448bd4fdacec207030997caf25e9bea4045fa6c8c44de311d1",
        "registry.example.com/shop/web:2.4.1@sha256:4bcff63911fcb4448bd4fdacec207030997caf25e9be",
        "a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p",
    };
    for (size_t i = 0; i < COUNT_OF(values); i++) {
        const char *shape = secret_value_shape(str_from(values[i]));
        if (shape) fail_msg("\"%s\" is no %s", values[i], shape);
    }
}

static void every_character_of_a_token_counts(void **state) {
    (void)state;
    static const char *const cases[][2] = {
        {"SK" CUT "0123456789ABCDEFabcdef0123456789", "a Twilio key"},
        {"v1.0-" CUT
         "0123456789abcdef0123456789abcdef-0123456789abcdef0123456789abcdef-0123456789abc"
         "def0123456789abcdef-0123456789abcdef0123456789abcdef-0123456789abcdef",
         "a Cloudflare key"},
        {"whsec_" CUT "abc+def/ghi-jkl_mno0123456==", "a webhook secret"},
        {"https://discord." CUT "com/api/webhooks/012345678901234567/abc_def-ghi@jklmnopqrstuvwx",
         "a Discord webhook"},
        {"se=2027-01-01&sig=" CUT "abc%2Bdef%2Fghi+jkl/mno=0123456789abcdefghijklmnop",
         "an Azure SAS signature"},
        {"$argon2id$v=19$m=65536,t=3,p=4$c2FsdHNhbHQ$aGFzaGhhc2g+aGFzaC8u",
         "the hash of a password"},
        {"jdbc:oracle:thin:shop/hunter2@//db:1521/shop", "a password in a URL"},
        {"machine db.example.com login shop password hunter2", "a password"},
        {"s.Abcdefghijklmnop" CUT "QRSTUVW1", "a Vault token"},
        {"shop:hunter2@unix(/run/mysqld.sock)/shop", "a password in a URL"},
        {"args: [\"--db-password\", \"hunter22\"]", "a password"},
        {"{\\\"password\\\": \\\"hunter22\\\"}", "a password"},
        {"{\"auth\": \"c2hvcDpodW50ZXIy\"}", "a password"},
        {"  - password: hunter22", "a password"},
        {"password = hunter22", "a password"},
        {"password='hunter22", "a password"},
        {"\"password: hunter22\"", "a password"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        expect_shape(cases[i][0], cases[i][1]);
}

/* A token with one thing wrong: in its length, its alphabet, or what stands around it. */
static void what_is_nearly_a_token_is_none(void **state) {
    (void)state;
    static const char *const values[] = {
        "SK" CUT "0123456789ABCDEFabcdef012345678z",
        "SK" CUT "0123456789ABCDEFabcdef012345678Z",
        "SK" CUT "0123456789ABCDEFabcdef012345678-",
        "AKIA" CUT "QWERTYUIOPASDFG:",
        "whsec_" CUT "abcdefghijklmnopqrstuvw,xyz",
        "$argon2id is what the hash of a password begins with",
        "discord." CUT "com/api/webhooks/012345678901234567:abc_def-ghi-jklmnopqrstuvwx",
        "se=2027-01-01&sig=" CUT "abc%2Bdef%2Fghi+jkl/mno=0123456789:abcdefghijklmno",
        /* a JSON Web Token's payload: too short, the last part, followed by something else */
        "eyJhbGciOiJIUzI1NiJ9." CUT "eyJz.c2lnbmF0dXJl",
        "eyJhbGciOiJIUzI1NiJ9." CUT "eyJzdWIiOiIxMjM0In0",
        "eyJhbGciOiJIUzI1NiJ9." CUT "eyJzdWIiOiIxMjM0In0/c2lnbmF0dXJl",
        /* a SendGrid key's two parts */
        "SG." CUT "0123456789abcdefghijkl0123456789abcdefghijklmnopqrstuvwxyz0123456",
        "SG." CUT "0123456789.abcdefghijkl0123456789abcdefghijklmnopqrstuvwxyz0123456",
        "SG." CUT "0123456789abcdefghijkl.0123456789abcdef.ghijklmnopqrstuvwxyz01234567",
        "Bearer authentication-is-required-here, says the proxy",
        "Bearer authenticationIsRequiredHere",
        /* Vault's old tokens have letters of both cases and digits */
        "s." CUT "abcdefghijklmnopqrstuvw1",
        "s." CUT "ABCDEFGHIJKLMNOPQRSTUVW1",
        "s.ABCDEFGHIJKLabcdefghijkl of a word",
        "Basic AAECAwQFBgcICQoLDA0ODw==",
        "Basic YWRtaW46f3NlY3JldA==",
        "Basic YWRtaW5pc3RyYXRvcg==",
        "machine of the whole company is here",
        "machine db.example.com login shop of the company",
        "jdbc:oracle:thin:@db.example.com:1521:shop",
        "jdbc:oracle:thin:/@db.example.com:1521:shop",
        "jdbc:oracle:thin:shop/hunter2",
        "jdbc:oracle:thin:shop@db/hunter2",
        /* ID.TIME.SIGNATURE of a Discord bot */
        "M" CUT "TIzNDU2Nzg5MDEyMzQ1Njc4",
        "M" CUT "TIzNDU2Nzg5MDEyMzQ1Njc4/Gabcde.0123456789abcdefghijklmnopq",
        "M" CUT "TIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkw.Gabcde.0123456789abcdefghijklmnopq",
        "M" CUT "TIzNDU2Nzg5MDEyMzQ1Njc4.Gab.0123456789abcdefghijklmnopq",
        "M" CUT "TIzNDU2Nzg5MDEyMzQ1Njc4.Gabcdefgh.0123456789abcdefghijklmnopq",
        "M" CUT "TIzNDU2Nzg5MDEyMzQ1Njc4.Gabcde",
        "M" CUT "TIzNDU2Nzg5MDEyMzQ1Njc4.Gabcde/0123456789abcdefghijklmnopq",
        "M" CUT "TIzNDU2Nzg5MDEyMzQ1Njc4.Gabcde.0123456789",
        /* a Telegram bot's */
        "1234567:AA0123456789abcdefghijklmnopqrstuvw",
        "12345678901:AA0123456789abcdefghijklmnopqrstuvw",
        "123456789:BB0123456789abcdefghijklmnopqrstuvw",
        "123456789:AA0123456789abcdefghijklmnopqrstuvwx",
        "123456789:AA0123456789abcdefghijklmnop",
        /* Terraform's, Mailchimp's, Entra's */
        "abcdefghijklm.atlasv1.0123456789abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrstuvwx",
        "abcdefghijklmn.atlasv1.0123456789abcdef",
        "0123456789abcdef0123456789abcdef-eu1",
        "0123456789abcdef0123456789abcdef-usual",
        "0123456789ABCDEF0123456789ABCDEF-us12",
        "0123456789abcdef0123456789abcde-us12",
        "abc8P~0123456789abcdefghijklmnopqrstu",
        "abcdQ~0123456789abcdefghijklmnopqrstu",
        "~bc8Q~0123456789abcdefghij",
        "/c8Q~0123456789abcdefghijklmnopqrstu",
    };
    for (size_t i = 0; i < COUNT_OF(values); i++) {
        const char *shape = secret_value_shape(str_from(values[i]));
        if (shape) fail_msg("\"%s\" is no %s", values[i], shape);
    }
}

static void a_name_without_a_literal_value_is_no_secret(void **state) {
    (void)state;
    static const char *const values[] = {
        "postgres://shop:PASSWORD@db/shop",
        "postgres://shop:`pass show db`@db/shop",
        "postgres://shop:a$(DB_PASSWORD)@db/shop",
        "postgres://shop:a${DB_PASSWORD}@db/shop",
        "postgres://shop:a{{password}}@db/shop",
        "postgres://shop:a{{.password}}@db/shop",
        "shop:PASSWORD@tcp(db:3306)/shop",
        "shop:hunter2@host(db:3306)/shop",
        "auth_token=Bearer",
        "auth_token=basic; realm",
        "password == hunter22",
        "password =~ hunter22",
        "password =hunter22",
        "${password=hunter22}",
        "$password=hunter22",
        "the password: hunter22",
        "{\"password:hunter22\"}",
        "password : hunter22",
        "password:hunter22",
        "password: see the wiki of the team",
        "{\"auth\": \"c2hvcA==\"}",
        "args: [\"--db-password\"]",
        "args: [\"--db-password\" \"hunter22\"]",
        "args: [\"--db-password\", 22]",
        "--db-password --quiet",
        "a--password hunter22",
    };
    for (size_t i = 0; i < COUNT_OF(values); i++) {
        const char *shape = secret_value_shape(str_from(values[i]));
        if (shape) fail_msg("\"%s\" is no %s", values[i], shape);
    }
}

/* A name or an indentation that is longer than any is not looked for to its start. */
static void what_surrounds_a_sign_is_bounded(void **state) {
    (void)state;
    enum { LONG = 700 };
    char text[2 * LONG];
    memset(text, 'a', LONG);
    strcpy(text + LONG, "password=hunter22");
    expect_shape(text, "a password");
    memset(text, ' ', LONG);
    strcpy(text + LONG, "password: hunter22");
    assert_null(secret_value_shape(str_from(text)));
    strcpy(text, "password");
    memset(text + 8, ' ', LONG);
    strcpy(text + 8 + LONG, "= hunter22");
    assert_null(secret_value_shape(str_from(text)));
    struct secret_hit hit;
    strcpy(text, "password='");
    memset(text + 10, 'b', LONG);
    strcpy(text + 10 + LONG, "'");
    assert_true(secret_find(str_from(text), &hit));
    assert_int_equal(hit.secret.len, 512);
    strcpy(text, "password=");
    memset(text + 9, 'b', LONG);
    text[9 + LONG] = '\0';
    assert_true(secret_find(str_from(text), &hit));
    assert_int_equal(hit.secret.len, 512);
    strcpy(text, "--");
    memset(text + 2, 'a', LONG);
    strcpy(text + 2 + LONG, "password hunter22");
    assert_null(secret_value_shape(str_from(text)));
}

static void a_flag_announces_a_secret_as_the_next_word(void **state) {
    (void)state;
    assert_true(secret_is_flag(STR("--password")));
    assert_true(secret_is_flag(STR("-password")));
    assert_false(secret_is_flag(STR("password")));
    assert_false(secret_is_flag(STR("-")));
    assert_false(secret_is_flag(STR("")));
    assert_false(secret_is_flag(STR("--password=hunter2")));
    assert_false(secret_is_flag(STR("--port")));
}

static void only_text_of_a_key_s_length_has_entropy(void **state) {
    (void)state;
    enum { LONGEST = 4096 };
    char text[LONGEST + 1];
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = "aB3dE6gH9jK2mN5p"[i % 16];
    assert_int_equal(secret_entropy(STR("")), 0);
    assert_int_equal(secret_entropy(STR("aaaa")), 0);
    assert_int_equal(secret_entropy(STR("abab")), 1000);
    assert_int_equal(secret_entropy((struct str){text, LONGEST}), 4000);
    assert_int_equal(secret_entropy((struct str){text, LONGEST + 1}), 0);
    assert_true(secret_value_is_random((struct str){text, LONGEST}, 20, 3800));
    assert_false(secret_value_is_random((struct str){text, LONGEST + 1}, 20, 3800));
    assert_false(secret_value_is_random((struct str){text, 19}, 20, 3800));
}

/* A value that is refused for a reference in it is passed over, not what stands behind that reference. */
static void a_secret_behind_a_refused_value_is_found(void **state) {
    (void)state;
    static const char *const values[] = {
        "A_PW=B_PW=c${X} DB_PASSWORD=hunter22",
        "A_PW=B_PW=c${X},DB_PASSWORD=hunter22",
        "A_PW=a$(X) B_PW=b{{x}} DB_PASSWORD=hunter22",
        "URL=http://db/?a_pw=x${X}&db_password=hunter22",
    };
    for (size_t i = 0; i < COUNT_OF(values); i++)
        if (!secret_value_shape(str_from(values[i]))) fail_msg("\"%s\" is missed", values[i]);
    assert_null(secret_value_shape(STR("A_PW=B_PW=C_PW=c${X}")));
}

/* Values at the end of their memory: a sanitizer sees a read beyond it. */
static void no_byte_behind_a_value_is_read(void **state) {
    (void)state;
    static const char *const values[] = {
        "eyJhbGciOiJIUzI1NiJ9." CUT "eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl",
        "-----BEGIN RSA " CUT "PRIVATE KEY-----",
        "postgres://shop:hunter2@db",
        "SG." CUT "0123456789abcdefghijkl.0123456789abcdefghijklmnopqrstuvwxyz0123456",
        "$(REFERENCE)${REFERENCE}{{ reference }}",
        "Server=db;Password=$(DB);",
        "StripeAPIKeysOfDB_PASSWORD_HTTPServer2",
    };
    for (size_t i = 0; i < COUNT_OF(values); i++) {
        for (size_t length = 0; length <= strlen(values[i]); length++) {
            char *exact = malloc(length > 0 ? length : 1);
            assert_non_null(exact);
            memcpy(exact, values[i], length);
            struct str text = {exact, length};
            (void)secret_value_shape(text);
            (void)secret_value_is_literal(text);
            (void)secret_name_is_telling(text);
            free(exact);
        }
    }
}

/* Each pattern once made a naive scanner take time by the square of the length. */
static void hostile_values_take_linear_time(void **state) {
    (void)state;
    static const char *const patterns[] = {
        "$(",   "${",   "<",   "%",           "://", "password=$(", "password=",
        "eyJ-", "eyJ.", "sk-", "-----BEGIN ", "SG.", "AKIA",        "Bearer ",
    };
    enum { LENGTH = 1 << 20 };
    char *value = malloc(LENGTH);
    assert_non_null(value);
    for (size_t i = 0; i < COUNT_OF(patterns); i++) {
        size_t period = strlen(patterns[i]);
        for (size_t at = 0; at < LENGTH; at++)
            value[at] = patterns[i][at % period];
        (void)secret_value_shape((struct str){value, LENGTH});
        (void)secret_value_is_literal((struct str){value, LENGTH});
        (void)secret_name_is_telling((struct str){value, LENGTH});
    }
    free(value);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_of_secrets_are_telling),
        cmocka_unit_test(names_about_secrets_and_others_are_not),
        cmocka_unit_test(literal_values_are_secrets),
        cmocka_unit_test(references_placeholders_and_switches_are_none),
        cmocka_unit_test(shapes_tell_what_a_value_is),
        cmocka_unit_test(harmless_values_have_no_shape),
        cmocka_unit_test(every_character_of_a_token_counts),
        cmocka_unit_test(what_is_nearly_a_token_is_none),
        cmocka_unit_test(a_name_without_a_literal_value_is_no_secret),
        cmocka_unit_test(what_surrounds_a_sign_is_bounded),
        cmocka_unit_test(a_flag_announces_a_secret_as_the_next_word),
        cmocka_unit_test(only_text_of_a_key_s_length_has_entropy),
        cmocka_unit_test(a_secret_behind_a_refused_value_is_found),
        cmocka_unit_test(no_byte_behind_a_value_is_read),
        cmocka_unit_test(hostile_values_take_linear_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
