#include "edge/server_head.h"

#include <microhttpd.h>

/* A refused body up to so much is read, to keep the connection. */
#define DRAIN_BODY_BYTES ((size_t)64 * 1024)

static const struct {
    int status;
    bool at_once; /* where the body ends is in doubt, or it is too much to read */
    const char *message;
} refusals[] = {
    [REFUSED_PATH] = {404, false, "there is nothing at this path"},
    [REFUSED_METHOD] = {405, false, "this path does not take that method"},
    [REFUSED_TYPE] = {415, false, "the Content-Type must be application/json"},
    [REFUSED_ENCODING] =
        {411, true, "a Transfer-Encoding is not accepted: send the body with a Content-Length"},
    [REFUSED_BOTH_LENGTHS] =
        {400, true, "Transfer-Encoding and Content-Length together leave the body's end in doubt"},
    [REFUSED_NO_LENGTH] = {411, true, "a Content-Length is required"},
    [REFUSED_TWO_LENGTHS] = {400, true, "there is more than one Content-Length"},
    [REFUSED_BAD_LENGTH] = {400, true, "the Content-Length is not a number"},
    [REFUSED_TOO_LARGE] = {413, true, "the body is larger than podgate accepts"},
    [REFUSED_MEMORY] =
        {503, false, "podgate holds as many request bodies as it may (--memory-budget); try again"},
};

/* What the headers say about the body. */
struct framing {
    bool is_json, has_encoding;
    unsigned lengths;
    struct str length;
};

static bool is_json_type(struct str type) {
    return str_equals_ignore_case(str_trim(str_slice(type, 0, str_find_char(type, ';'))),
                                  STR("application/json"));
}

static enum MHD_Result on_header(void *cls, enum MHD_ValueKind kind, const char *key,
                                 size_t key_len, const char *value, size_t value_len) {
    struct framing *framing = cls;
    struct str name = {key, key_len}, text = {value, value_len};
    (void)kind;
    /* The lengths tell most headers apart before their letters are looked at. */
    if (key_len == 12 && str_equals_ignore_case(name, STR("Content-Type"))) {
        framing->is_json = is_json_type(text);
    } else if (key_len == 14 && str_equals_ignore_case(name, STR("Content-Length"))) {
        framing->lengths++;
        framing->length = text;
    } else if (key_len == 17 && str_equals_ignore_case(name, STR("Transfer-Encoding"))) {
        framing->has_encoding = true;
    }
    return MHD_YES;
}

static const struct http_route *find_route(const struct server_options *options, struct str path,
                                           struct str *rest) {
    for (size_t i = 0; i < options->route_count; i++) {
        const struct http_route *route = &options->routes[i];
        struct str own = str_from(route->path);
        *rest = STR_NONE;
        if (!str_starts_with(path, own)) continue;
        if (path.len == own.len) return route;
        *rest = str_slice(path, own.len + 1, path.len);
        if (route->has_rest && path.at[own.len] == '/' && rest->len > 0 &&
            str_find_char(*rest, '/') == rest->len)
            return route;
    }
    return NULL;
}

static enum refusal check_body(const struct server_options *options, const struct framing *framing,
                               struct head *head) {
    int64_t declared;
    if (!framing->is_json) return REFUSED_TYPE;
    if (framing->has_encoding) return framing->lengths ? REFUSED_BOTH_LENGTHS : REFUSED_ENCODING;
    if (framing->lengths == 0) return REFUSED_NO_LENGTH;
    if (framing->lengths > 1) return REFUSED_TWO_LENGTHS;
    if (!str_to_int64(framing->length, &declared) || declared < 0) return REFUSED_BAD_LENGTH;
    head->declared = (size_t)declared;
    return head->declared > options->max_body ? REFUSED_TOO_LARGE : REFUSED_NOT;
}

static enum refusal check(const struct server_options *options, const struct framing *framing,
                          const char *url, const char *method, struct head *head) {
    head->route = find_route(options, str_from(url), &head->rest);
    if (!head->route) return REFUSED_PATH;
    if (!str_equals(str_from(head->route->method), str_from(method))) return REFUSED_METHOD;
    return head->route->takes_json ? check_body(options, framing, head) : REFUSED_NOT;
}

/* Whether what follows a refused head can be read to its end at little cost. */
static bool can_drain(const struct framing *framing) {
    int64_t length = 0;
    if (framing->has_encoding || framing->lengths > 1) return false;
    return framing->lengths == 0 || (str_to_int64(framing->length, &length) && length >= 0 &&
                                     length <= (int64_t)DRAIN_BODY_BYTES);
}

void head_read(const struct server_options *options, struct MHD_Connection *connection,
               const char *url, const char *method, struct head *out) {
    struct framing framing = {0};
    MHD_get_connection_values_n(connection, MHD_HEADER_KIND, on_header, &framing);
    *out = (struct head){0};
    out->refusal = check(options, &framing, url, method, out);
    out->ends_connection =
        out->refusal != REFUSED_NOT && (refusals[out->refusal].at_once || !can_drain(&framing));
}

int head_refusal_status(enum refusal refusal) { return refusals[refusal].status; }

const char *head_refusal_text(enum refusal refusal) { return refusals[refusal].message; }

struct str head_refusal_message(struct arena *arena, const struct server_options *options,
                                const struct head *head) {
    const char *message = refusals[head->refusal].message;
    if (head->refusal == REFUSED_TOO_LARGE)
        return str_format(arena, "%s: it has %zu bytes, --max-body allows %zu", message,
                          head->declared, options->max_body);
    if (head->refusal == REFUSED_PATH) return str_format(arena, "%s: %s", message, options->paths);
    if (head->refusal == REFUSED_METHOD)
        return str_format(arena, "%s, only %s", message, head->route->method);
    return str_from(message);
}
