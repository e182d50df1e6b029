/*
 * github.com/distribution/reference, regexp.go and normalize.go:
 *
 * reference := name [ ":" tag ] [ "@" digest ]
 * name      := [ domain "/" ] component { "/" component }
 * domain    := ( label { "." label } | "[" { hexdigit | ":" }+ "]" with a ":" ) [ ":" { digit }+ ]
 * label     := alnum [ { alnum | "-" } alnum ]                      either case
 * component := { a-z 0-9 }+ { separator { a-z 0-9 }+ }
 * separator := "." | "_" | "__" | { "-" }+
 * tag       := ( alnum | "_" ) { alnum | "_" | "." | "-" }          at most 128
 * digest    := ( "sha256" | "sha384" | "sha512" ) ":" { 0-9 a-f }+   64, 96, 128 of them
 *
 * What stands before the first slash is a domain only if it has "." or ":" or an upper-case letter, or is
 * "localhost"; without a slash there is none. A host with "_" is no domain of this grammar but a
 * component, and runtimes pull from it all the same: it counts as the domain here.
 */
#include "kube/image.h"

#include "base/ascii.h"
#include "kube/image_name.h"

#define TAG_BYTES_MAX 128
#define PATH_BYTES_MAX 255
#define IDENTIFIER_BYTES 64

#define DEFAULT_DOMAIN "docker.io"
#define DEFAULT_PORT "443"
#define LIBRARY "library/"

static bool is_lower_or_digit(char c) { return ascii_is_lower(c) || ascii_is_digit(c); }
static bool is_lower_hex(char c) { return ascii_is_digit(c) || (c >= 'a' && c <= 'f'); }
static bool is_hex_or_colon(char c) {
    return is_lower_hex(c) || (c >= 'A' && c <= 'F') || c == ':';
}
static bool is_tag_char(char c) { return ascii_is_alnum(c) || c == '_' || c == '.' || c == '-'; }
static bool is_label_char(char c) { return ascii_is_alnum(c) || c == '-'; }

static bool all_are(struct str s, bool (*is)(char)) {
    for (size_t i = 0; i < s.len; i++) {
        if (!is(s.at[i])) return false;
    }
    return true;
}

static bool any_is(struct str s, bool (*is)(char)) {
    for (size_t i = 0; i < s.len; i++) {
        if (is(s.at[i])) return true;
    }
    return false;
}

/* What stands before the first `c`; *after is what stands behind it, and empty without one. */
static struct str cut(struct str s, char c, struct str *after) {
    size_t at = str_find_char(s, c);
    *after = at < s.len ? str_slice(s, at + 1, s.len) : STR("");
    return str_slice(s, 0, at);
}

/* --- the parts' grammar --- */

static bool is_label(struct str s) {
    return s.len > 0 && all_are(s, is_label_char) && s.at[0] != '-' && s.at[s.len - 1] != '-';
}

static bool is_host_name(struct str host) {
    for (;;) {
        struct str rest, label = cut(host, '.', &rest);
        if (!is_label(label)) return false;
        if (label.len == host.len) return true;
        host = rest;
    }
}

static bool is_port(struct str s) { return s.len > 0 && all_are(s, ascii_is_digit); }

static bool is_domain(struct str domain) {
    if (domain.len > 0 && domain.at[0] == '[') {
        struct str rest, address = cut(str_slice(domain, 1, domain.len), ']', &rest);
        bool is_closed = address.len + 2 <= domain.len;
        if (!is_closed || !all_are(address, is_hex_or_colon)) return false;
        if (str_find_char(address, ':') == address.len) return false;
        return rest.len == 0 || (rest.at[0] == ':' && is_port(str_slice(rest, 1, rest.len)));
    }
    struct str port, host = cut(domain, ':', &port);
    if (host.len < domain.len && !is_port(port)) return false;
    return is_host_name(host);
}

/* The length of the separator at the front of `s`, 0 when there is none. */
static size_t separator_length(struct str s) {
    size_t run = 0;
    while (run < s.len && s.at[run] == s.at[0])
        run++;
    switch (s.at[0]) {
    case '.': return run == 1 ? 1 : 0;
    case '_': return run <= 2 ? run : 0;
    case '-': return run;
    default: return 0;
    }
}

static bool is_component(struct str s) {
    if (s.len == 0) return false;
    for (size_t i = 0; i < s.len;) {
        if (!is_lower_or_digit(s.at[i])) return false;
        while (i < s.len && is_lower_or_digit(s.at[i]))
            i++;
        if (i == s.len) return true;
        size_t separator = separator_length(str_slice(s, i, s.len));
        if (separator == 0) return false;
        i += separator;
    }
    return false; /* it ends with a separator */
}

static bool check_path(struct str path, struct error *err) {
    if (any_is(path, ascii_is_upper))
        return error_set(err, ERR_SYNTAX, "has an upper-case letter in its path");
    for (struct str rest = path;;) {
        struct str after, component = cut(rest, '/', &after);
        if (component.len == 0) return error_set(err, ERR_SYNTAX, "has an empty part in its path");
        if (!is_component(component))
            return error_set(err, ERR_SYNTAX,
                             "has a path that is not made of lower-case letters and digits, "
                             "divided by single . _ __ or - signs");
        if (component.len == rest.len) return true;
        rest = after;
    }
}

static bool check_tag(struct str tag, struct error *err) {
    if (tag.len == 0) return error_set(err, ERR_SYNTAX, "has an empty tag");
    if (tag.len > TAG_BYTES_MAX)
        return error_set(err, ERR_SYNTAX, "has a tag of more than %d characters", TAG_BYTES_MAX);
    if (all_are(tag, is_tag_char) && tag.at[0] != '.' && tag.at[0] != '-') return true;
    return error_set(
        err, ERR_SYNTAX,
        "has a tag that is not made of letters, digits, _ . and -, or begins with . or -");
}

static bool check_digest(struct str digest, struct error *err) {
    static const struct {
        struct str name;
        size_t digits;
    } algorithms[] = {{STR_INIT("sha256"), 64},
                      {STR_INIT("sha384"), 96},
                      {STR_INIT("sha512"), 128}};
    struct str digits, name = cut(digest, ':', &digits);
    for (size_t i = 0; i < sizeof algorithms / sizeof *algorithms; i++) {
        if (!str_equals(name, algorithms[i].name)) continue;
        if (digits.len == algorithms[i].digits && all_are(digits, is_lower_hex)) return true;
        return error_set(err, ERR_SYNTAX, "has a %s digest that is not %zu lower-case hex digits",
                         algorithms[i].name.at, algorithms[i].digits);
    }
    return error_set(err, ERR_SYNTAX, "has a digest that is none of sha256: sha384: sha512:");
}

/* --- normalising --- */

static bool is_domain_char(char c) { return c == '.' || c == ':' || ascii_is_upper(c); }

bool image_is_address(struct str domain) {
    return str_starts_with(domain, STR("[")) && is_domain(domain);
}

bool image_is_domain_part(struct str first) {
    return str_equals(first, STR("localhost")) || any_is(first, is_domain_char);
}

/* Names of Docker Hub. */
static const struct str hub_domains[] = {
    STR_INIT(""),
    STR_INIT(DEFAULT_DOMAIN),
    STR_INIT("index.docker.io"),
    STR_INIT("registry-1.docker.io"),
    STR_INIT("registry.hub.docker.com"),
};

/* Where the port's digits begin, or the domain's length: it has no port, or one with a glob. */
static size_t find_port(struct str domain) {
    size_t colon = str_find_last_char(domain, ':');
    bool is_in_address = colon > 0 && domain.at[0] == '[' && domain.at[colon - 1] != ']';
    if (colon == domain.len || is_in_address) return domain.len;
    return is_port(str_slice(domain, colon + 1, domain.len)) ? colon + 1 : domain.len;
}

/* Runtimes dial port 0443 as 443. */
static size_t count_zeros(struct str port) {
    size_t count = 0;
    while (count + 1 < port.len && port.at[count] == '0')
        count++;
    return count;
}

struct str image_normal_domain(struct str domain) {
    size_t port = find_port(domain);
    struct str digits = str_slice(domain, port, domain.len);
    if (str_equals(str_slice(digits, count_zeros(digits), digits.len), STR(DEFAULT_PORT)))
        domain = str_slice(domain, 0, port - 1);
    for (size_t i = 0; i < sizeof hub_domains / sizeof *hub_domains; i++) {
        if (str_equals_ignore_case(domain, hub_domains[i])) return STR(DEFAULT_DOMAIN);
    }
    return domain;
}

size_t image_unify_domain(char *domain, size_t length) {
    for (size_t i = 0; i < length; i++)
        domain[i] = ascii_to_lower(domain[i]);
    size_t port = find_port((struct str){domain, length});
    size_t zeros = count_zeros((struct str){domain + port, length - port});
    memmove(domain + port, domain + port + zeros, length - port - zeros);
    return length - zeros;
}

bool image_is_default_domain(struct str domain) { return str_equals(domain, STR(DEFAULT_DOMAIN)); }

/* Divides the name into its domain, as written, and its path. */
static bool split_domain(struct str name, struct str *domain, struct str *path, struct error *err) {
    *domain = STR("");
    *path = name;
    struct str rest, first = cut(name, '/', &rest);
    if (first.len == name.len || !image_is_domain_part(first)) return true;
    if (!is_domain(first) && !is_component(first))
        return error_set(err, ERR_SYNTAX, "has a registry that is no host name or address");
    if (first.len > IMAGE_DOMAIN_BYTES_MAX)
        return error_set(err, ERR_SYNTAX, "has a registry name of more than %d characters",
                         IMAGE_DOMAIN_BYTES_MAX);
    *domain = first;
    *path = rest;
    return true;
}

/* Docker Hub's own images: "nginx", "docker.io/nginx", "docker.io/library/nginx". */
static void find_library(struct image *image) {
    struct str library = STR(LIBRARY);
    if (!image_is_default_domain(image->domain)) return;
    struct str bare = image->path;
    if (str_starts_with(bare, library)) bare = str_slice(bare, library.len, bare.len);
    image->is_library = bare.len > 0 && str_find_char(bare, '/') == bare.len;
    if (image->is_library) image->path = bare;
}

bool image_parse(struct str text, struct image *out, struct error *err) {
    struct str written = str_trim(text);
    *out = (struct image){.written = written};
    if (str_is_empty(written)) return error_set(err, ERR_SYNTAX, "is empty");
    if (written.len == IDENTIFIER_BYTES && all_are(written, is_lower_hex))
        return error_set(err, ERR_SYNTAX,
                         "is 64 hex digits: that is the id of a local image, not a name");
    struct str before = cut(written, '@', &out->digest);
    if (before.len < written.len && !check_digest(out->digest, err)) return false;

    /* A colon before the last slash belongs to the registry's port. */
    size_t slash = str_find_last_char(before, '/');
    size_t base = slash < before.len ? slash + 1 : 0;
    struct str last = cut(str_slice(before, base, before.len), ':', &out->tag);
    out->name = str_slice(before, 0, base + last.len);
    if (out->name.len < before.len && !check_tag(out->tag, err)) return false;

    struct str domain;
    if (!split_domain(out->name, &domain, &out->path, err)) return false;
    if (!check_path(out->path, err)) return false;
    out->domain = image_normal_domain(domain);
    find_library(out);
    size_t length = out->path.len + (out->is_library ? STR(LIBRARY).len : 0);
    if (length > PATH_BYTES_MAX)
        return error_set(err, ERR_SYNTAX, "has a path of more than %d characters", PATH_BYTES_MAX);
    return true;
}

/* --- the full name --- */

size_t image_write_full_name(const struct image *image, char *buffer, size_t size) {
    struct str parts[] = {STR("/"), image->is_library ? STR(LIBRARY) : STR(""), image->path};
    if (image->domain.len > size) return 0;
    memcpy(buffer, image->domain.at, image->domain.len);
    size_t length = image_unify_domain(buffer, image->domain.len);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (parts[i].len == 0) continue;
        if (parts[i].len > size - length) return 0;
        memcpy(buffer + length, parts[i].at, parts[i].len);
        length += parts[i].len;
    }
    return length;
}

struct str image_full_name(struct arena *arena, const struct image *image) {
    char buffer[IMAGE_FULL_NAME_BYTES_MAX];
    size_t length = image_write_full_name(image, buffer, sizeof buffer);
    return str_copy(arena, (struct str){buffer, length});
}
