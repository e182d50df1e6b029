/*
 * pattern := "**" | name [ ":" tag ] [ "@" digest ]      each part a glob (base/glob.h)
 *
 * A domain that is an IPv6 address, [2001:db8::1]:5000, is meant as it stands: no set.
 * The signs / : @ divide the parts only outside of sets ([...]) and unless a backslash stands before.
 */
#include "kube/image_name.h"

#include "base/glob.h"

/* Tags from here to 65535 that are a number read like a registry's port; years do not. */
#define PORT_MIN 5000
#define PORT_MAX 65535

/* The first `c` from `start` on that is no part of a set and not escaped, or text.len. */
static size_t find_divider(struct str text, size_t start, char c) {
    bool in_set = false;
    for (size_t i = start; i < text.len; i++) {
        char now = text.at[i];
        if (now == '\\')
            i++;
        else if (in_set)
            in_set = now != ']';
        else if (now == c)
            return i;
        else if (now == '[')
            in_set = true;
    }
    return text.len;
}

static size_t find_last_divider(struct str text, char c) {
    size_t last = text.len;
    for (size_t at = find_divider(text, 0, c); at < text.len; at = find_divider(text, at + 1, c))
        last = at;
    return last;
}

/* Takes what stands behind the divider at `at` off `text`, if there is one. */
static bool split_at(struct str *text, size_t at, struct str *behind) {
    *behind = STR("");
    if (at >= text->len) return false;
    *behind = str_slice(*text, at + 1, text->len);
    *text = str_slice(*text, 0, at);
    return true;
}

/* Without a slash, what was probably meant as a registry would silently be an image of Docker Hub. */
static bool check_one_part(struct str name, struct str tag, struct error *err) {
    if (str_equals(name, STR("**"))) return true;
    if (str_equals(name, STR("*")))
        return error_set(err, ERR_SYNTAX,
                         "reads as the official images of Docker Hub only: for every image write "
                         "** instead of *, for these docker.io/library/*");
    int64_t number = 0;
    bool is_number = str_to_int64(tag, &number);
    bool is_port = is_number && number >= PORT_MIN && number <= PORT_MAX;
    if (!image_is_domain_part(name) && !is_port) return true;
    struct str port = is_number ? tag : STR("");
    return error_set(err, ERR_SYNTAX,
                     "reads as an image name; for a whole registry write %.*s%s%.*s/**",
                     STR_ARGS(name), is_number ? ":" : "", STR_ARGS(port));
}

static bool check_path(struct str path, struct error *err) {
    for (struct str rest = path;;) {
        size_t slash = find_divider(rest, 0, '/');
        struct str segment = str_slice(rest, 0, slash);
        if (str_is_empty(segment))
            return error_set(err, ERR_SYNTAX,
                             "has an empty part in its path; for everything below write /**");
        for (size_t i = 0; i < segment.len; i++) {
            if (segment.at[i] >= 'A' && segment.at[i] <= 'Z')
                return error_set(err, ERR_SYNTAX,
                                 "has an upper-case letter in its path, which no image has");
        }
        if (slash == rest.len) return true;
        rest = str_slice(rest, slash + 1, rest.len);
    }
}

static struct str join_name(struct arena *arena, struct str domain, struct str folder,
                            struct str path) {
    struct strbuf name;
    strbuf_init(&name, arena, 0);
    strbuf_add(&name, domain);
    if (name.len > 0) strbuf_truncate(&name, image_unify_domain(name.at, name.len));
    STRBUF_ADD(&name, STR("/"), folder, path);
    return strbuf_str(&name);
}

/* Domain and path of a name that is not ** alone. */
static bool normalise(struct arena *arena, struct str name, struct image_pattern *out,
                      struct error *err) {
    struct str domain = STR(""), path = name;
    size_t slash = find_divider(name, 0, '/');
    struct str first = str_slice(name, 0, slash);
    if (slash < name.len && image_is_address(first)) {
        path = str_slice(name, slash + 1, name.len);
        first = image_normal_domain(first);
        size_t close = str_find_char(first, ']');
        domain = str_format(arena, "\\[%.*s\\%.*s", STR_ARGS(str_slice(first, 1, close - 1)),
                            STR_ARGS(str_slice(first, close, first.len)));
        out->full_name = join_name(arena, domain, STR(""), path);
        return check_path(path, err);
    }
    if (slash < name.len && (glob_has_wildcard(first) || image_is_domain_part(first))) {
        domain = first;
        path = str_slice(name, slash + 1, name.len);
        out->wildcard_domain = glob_has_wildcard(first);
    }
    if (!check_path(path, err)) return false;
    domain = image_normal_domain(domain);
    bool is_library = image_is_default_domain(domain) && find_divider(path, 0, '/') == path.len &&
                      !str_contains(path, STR("**"));
    out->full_name = join_name(arena, domain, is_library ? STR("library/") : STR(""), path);
    return true;
}

static bool has_blank(struct str text) {
    for (size_t i = 0; i < text.len; i++) {
        if ((unsigned char)text.at[i] <= ' ') return true;
    }
    return false;
}

/* A pattern without any glob is an image, and must be one. */
static bool check_literal(struct str text, struct error *err) {
    struct image ignored;
    return glob_has_wildcard(text) || str_find_char(text, '\\') < text.len ||
           image_parse(text, &ignored, err);
}

static bool parse_parts(struct arena *arena, struct image_pattern *out, struct error *err) {
    struct str name = out->written;
    if (split_at(&name, find_divider(name, 0, '@'), &out->digest) && str_is_empty(out->digest))
        return error_set(err, ERR_SYNTAX, "has an empty digest");
    size_t slash = find_last_divider(name, '/');
    bool has_slash = slash < name.len;
    size_t colon = find_divider(name, has_slash ? slash + 1 : 0, ':');
    if (split_at(&name, colon, &out->tag) && str_is_empty(out->tag))
        return error_set(err, ERR_SYNTAX, "has an empty tag");
    if (str_is_empty(name))
        return error_set(err, ERR_SYNTAX, "has no name; for every name write **");
    if (!has_slash && !check_one_part(name, out->tag, err)) return false;
    if (str_equals(name, STR("**"))) {
        out->full_name = name;
        return true;
    }
    return normalise(arena, name, out, err) && check_literal(out->written, err);
}

bool image_pattern_parse(struct arena *arena, struct str text, struct image_pattern *out,
                         struct error *err) {
    *out = (struct image_pattern){0};
    if (str_is_empty(text)) return error_set(err, ERR_SYNTAX, "is empty");
    if (has_blank(text)) return error_set(err, ERR_SYNTAX, "has a blank in it");
    if (!glob_check(text, err)) return false;
    out->written = str_copy(arena, text);
    out->everything = str_equals(text, STR("**"));
    if (!out->everything && !parse_parts(arena, out, err)) return false;
    if (arena_is_exhausted(arena))
        return error_set(err, ERR_MEMORY, "too little memory for this pattern");
    return true;
}

bool image_pattern_match(const struct image_pattern *pattern, const struct image *image) {
    if (pattern->everything) return true;
    char buffer[IMAGE_FULL_NAME_BYTES_MAX];
    size_t length = image_write_full_name(image, buffer, sizeof buffer);
    return image_pattern_match_named(pattern, image, (struct str){buffer, length});
}

bool image_pattern_match_named(const struct image_pattern *pattern, const struct image *image,
                               struct str full_name) {
    if (pattern->everything) return true;
    if (full_name.len == 0 || !glob_match_path(pattern->full_name, full_name)) return false;
    if (!str_is_empty(pattern->digest) && !glob_match(pattern->digest, image->digest)) return false;
    if (str_is_empty(pattern->tag)) return true;
    /* What has neither tag nor digest is pulled as latest. */
    bool is_latest = str_is_empty(image->tag) && str_is_empty(image->digest);
    return glob_match(pattern->tag, is_latest ? STR("latest") : image->tag);
}
