/* Small parsers of words: dates, paths of hosts, names and values of secrets, capabilities, UTF-8. */
#include "base/date.h"
#include "fuzz/fuzz.h"
#include "kube/capability.h"
#include "kube/hostpath.h"
#include "rules/secret.h"

static void expect_date(struct str input) {
    int64_t days;
    struct error err = {0};
    char written[16];
    if (!date_parse(input, &days, &err)) return;
    date_format(days, written);
    FUZZ_EXPECT(str_equals(str_from(written), input));
}

static void expect_path(struct fuzz *fuzz, struct str input) {
    bool has_dotdot, again;
    struct str clean = hostpath_clean(&fuzz->arena, input, &has_dotdot);
    FUZZ_EXPECT(str_equals(hostpath_clean(&fuzz->arena, clean, &again), clean));
    FUZZ_EXPECT(hostpath_is_below(clean, clean));
    (void)hostpath_runtime_socket(clean);
}

/* What a person is shown is one line of well-formed text, whatever the bytes. */
static void expect_quoted(struct fuzz *fuzz, struct str input) {
    struct strbuf buf;
    strbuf_init(&buf, &fuzz->arena, 64);
    strbuf_add_quoted(&buf, input, 200);
    struct str shown = strbuf_str(&buf);
    while (shown.len > 0) {
        size_t length = str_utf8_length(shown);
        FUZZ_EXPECT(length > 0 && (unsigned char)shown.at[0] >= ' ');
        shown = str_slice(shown, length, shown.len);
    }
}

static void expect_secret(struct str input) {
    struct secret_hit hit;
    if (secret_find(input, &hit)) {
        FUZZ_EXPECT(hit.what && hit.secret.len > 0 && hit.secret.at >= input.at);
        FUZZ_EXPECT(hit.secret.at + hit.secret.len <= input.at + input.len);
    }
    (void)secret_is_flag(input);
    (void)secret_value_is_random(input, 12, 2000);
    FUZZ_EXPECT(secret_entropy(input) <= 8000);
}

void fuzz_words(struct fuzz *fuzz, struct str input) {
    int64_t number;
    expect_date(input);
    expect_path(fuzz, input);
    expect_quoted(fuzz, input);
    (void)secret_name_is_telling(input);
    (void)secret_value_is_literal(input);
    expect_secret(input);
    FUZZ_EXPECT(capability_equals(input, input));
    (void)capability_nearest(input);
    FUZZ_EXPECT(!str_to_int64(input, &number) || input.len > 0);
    FUZZ_EXPECT(str_utf8_cut(input, 10).len <= 10);
}
