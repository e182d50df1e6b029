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
    };
    for (size_t i = 0; i < COUNT_OF(values); i++) {
        if (secret_value_is_literal(str_from(values[i]))) fail_msg("\"%s\" is none", values[i]);
    }
}

static void shapes_tell_what_a_value_is(void **state) {
    (void)state;
    static const char *const cases[][2] = {
        {"-----BEGIN PRIVATE KEY-----\nMIIE", "a private key"},
        {"-----BEGIN OPENSSH PRIVATE KEY-----", "a private key"},
        {"-----BEGIN ENCRYPTED PRIVATE KEY-----", "a private key"},
        {"-----BEGIN PGP PRIVATE KEY BLOCK-----", "a private key"},
        {"-----END CERTIFICATE-----\\n-----BEGIN RSA PRIVATE KEY-----", "a private key"},
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
        {"pypi-AgEIcHlwaS5vcmcCJDAwMDAwMDAwLTAwMDAtMDAwMC0wMDAw", "a PyPI token"},
        {"SG." CUT "0123456789abcdefghijkl.0123456789abcdefghijklmnopqrstuvwxyz0123456",
         "a SendGrid key"},
        {"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl", "a JSON Web Token"},
        {"Authorization: Bearer 3f9c2b1a0d8e7f6a5b4c", "a bearer token"},
        {"postgres://shop:hunter2@db/shop", "a password in a URL"},
        {"mongodb+srv://shop:p%40ss@a.example.com,b.example.com/shop", "a password in a URL"},
        {"redis://:hunter2@cache:6379", "a password in a URL"},
        {"jdbc:postgresql://db/shop?user=shop&password=hunter2", "a password"},
        {"Server=db;User Id=sa;Pwd=hunter2;", "a password"},
        {"DefaultEndpointsProtocol=https;AccountKey=abc==;", "a secret"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const char *shape = secret_value_shape(str_from(cases[i][0]));
        if (!shape || strcmp(shape, cases[i][1]) != 0)
            fail_msg("%s is %s, not %s", cases[i][0], cases[i][1], shape ? shape : "nothing");
    }
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

/* Values at the end of their memory: a sanitizer sees a read beyond it. */
static void no_byte_behind_a_value_is_read(void **state) {
    (void)state;
    static const char *const values[] = {
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl",
        "-----BEGIN RSA PRIVATE KEY-----",
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
        cmocka_unit_test(no_byte_behind_a_value_is_read),
        cmocka_unit_test(hostile_values_take_linear_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
