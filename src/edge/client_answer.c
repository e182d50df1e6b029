/*
 *   head   := status { field } CRLF               RFC 9112
 *   status := "HTTP/1.1 " 3digit " " text CRLF
 *   field  := token ":" text CRLF                 no folding, no blank before the colon
 *
 * The body has a Content-Length, given once; other framings are refused.
 */
#include "edge/client_answer.h"

#include "base/ascii.h"

#define CRLF STR("\r\n")

static bool bad(struct error *err, const char *what) {
    return error_set(err, ERR_SYNTAX, "that is no HTTP answer: %s", what);
}

static bool is_token(struct str name) {
    static const char others[] = "!#$%&'*+-.^_`|~";
    for (size_t i = 0; i < name.len; i++) {
        char c = name.at[i];
        bool fine = ascii_is_alnum(c) || memchr(others, c, sizeof others - 1);
        if (!fine) return false;
    }
    return name.len > 0;
}

static bool is_text(struct str value) {
    for (size_t i = 0; i < value.len; i++) {
        unsigned char c = (unsigned char)value.at[i];
        if ((c < 0x20 && c != '\t') || c == 0x7f) return false;
    }
    return true;
}

static bool read_status(struct str line, struct answer_head *out, struct error *err) {
    int64_t status;
    if (!str_starts_with(line, STR("HTTP/1.1 ")) || line.len < 13 || line.at[12] != ' ' ||
        !is_text(line) || !str_to_int64(str_slice(line, 9, 3), &status) || status < 100)
        return bad(err, "its first line is not like HTTP/1.1 200 OK");
    out->status = (int)status;
    return status >= 200 || bad(err, "it is a preliminary one that nobody asked for");
}

static bool read_length(struct str value, struct answer_head *out, struct error *err) {
    int64_t length;
    if (!str_to_int64(value, &length) || length < 0 || value.at[0] == '-')
        return bad(err, "its Content-Length is no number");
    if ((uint64_t)length > ANSWER_BODY_BYTES)
        return error_set(err, ERR_LIMIT, "the answer is larger than %zu MiB",
                         ANSWER_BODY_BYTES >> 20);
    out->body_bytes = (size_t)length;
    return true;
}

static bool read_field(struct str line, bool *has_length, struct answer_head *out,
                       struct error *err) {
    size_t colon = str_find_char(line, ':');
    struct str name = str_slice(line, 0, colon);
    struct str value = str_trim(str_slice(line, colon + 1, line.len));
    if (colon == line.len || !is_token(name) || !is_text(value))
        return bad(err, "a header is not like Name: value");
    if (str_equals_ignore_case(name, STR("Transfer-Encoding")))
        return bad(err, "its Transfer-Encoding is not understood, only a Content-Length is");
    if (str_equals_ignore_case(name, STR("Content-Type"))) out->content_type = value;
    if (!str_equals_ignore_case(name, STR("Content-Length"))) return true;
    if (*has_length) return bad(err, "it has more than one Content-Length");
    *has_length = true;
    return read_length(value, out, err);
}

static size_t find_line_end(struct str bytes) {
    for (size_t i = 0; i + 1 < bytes.len; i++)
        if (bytes.at[i] == '\r' && bytes.at[i + 1] == '\n') return i;
    return bytes.len;
}

enum answer_state answer_read_head(struct str bytes, struct answer_head *out, struct error *err) {
    struct str rest = bytes;
    bool has_length = false;
    *out = (struct answer_head){0};
    for (bool is_first = true;; is_first = false) {
        size_t end = find_line_end(rest);
        if (end == rest.len) break;
        struct str line = str_slice(rest, 0, end);
        rest = str_slice(rest, end + CRLF.len, rest.len);
        if (line.len == 0 && !is_first) {
            out->head_bytes = bytes.len - rest.len;
            if (has_length) return ANSWER_WHOLE;
            bad(err, "it has no Content-Length");
            return ANSWER_BAD;
        }
        if (is_first ? !read_status(line, out, err) : !read_field(line, &has_length, out, err))
            return ANSWER_BAD;
    }
    if (bytes.len <= ANSWER_HEAD_BYTES) return ANSWER_MORE;
    error_set(err, ERR_LIMIT, "the answer's head is larger than %zu KiB", ANSWER_HEAD_BYTES >> 10);
    return ANSWER_BAD;
}
