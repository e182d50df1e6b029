#include "fuzz/http_text.h"

#define HEAD_MAX 2000 /* far below what libmicrohttpd takes */

/* Up to the first CR LF, which is taken too. */
static bool take_line(struct str *rest, struct str *line) {
    size_t end = str_find_char(*rest, '\r');
    if (end + 1 >= rest->len || rest->at[end + 1] != '\n') return false;
    *line = str_slice(*rest, 0, end);
    *rest = str_slice(*rest, end + 2, rest->len);
    return true;
}

static bool take_prefix(struct str *rest, struct str prefix) {
    if (!str_starts_with(*rest, prefix)) return false;
    *rest = str_slice(*rest, prefix.len, rest->len);
    return true;
}

static bool is_printable(struct str text) {
    for (size_t i = 0; i < text.len; i++)
        if (text.at[i] < ' ' || text.at[i] > '~') return false;
    return true;
}

/* "Name: value", with one blank and no others at the ends. */
static bool take_header(struct str line, struct str *name, struct str *value) {
    size_t colon = str_find_char(line, ':');
    if (colon == 0 || colon + 2 >= line.len || line.at[colon + 1] != ' ') return false;
    *name = str_slice(line, 0, colon);
    *value = str_slice(line, colon + 2, line.len);
    return str_find_char(*name, ' ') == name->len && str_trim(*value).len == value->len &&
           is_printable(line);
}

static bool read_number(struct str text, size_t *number) {
    int64_t value;
    if (text.len == 0 || text.len > 7 || (text.len > 1 && text.at[0] == '0')) return false;
    if (text.at[0] < '0' || text.at[0] > '9' || !str_to_int64(text, &value)) return false;
    *number = (size_t)value;
    return true;
}

/* "POST /validate[/profile] HTTP/1.1" */
static bool read_request_line(struct str line, struct str *profile) {
    if (!take_prefix(&line, STR("POST /validate")) || !str_ends_with(line, STR(" HTTP/1.1")))
        return false;
    line.len -= STR(" HTTP/1.1").len;
    *profile = STR_NONE;
    if (line.len == 0) return true;
    if (!take_prefix(&line, STR("/")) || line.len == 0) return false;
    *profile = line;
    for (size_t i = 0; i < line.len; i++)
        if (line.at[i] < 'a' || line.at[i] > 'z') return false;
    return true;
}

/* How often each stands in a head. */
struct seen {
    unsigned hosts, types, lengths;
    size_t length;
};

static bool note_header(struct seen *seen, struct str name, struct str value) {
    if (str_equals_ignore_case(name, STR("Host"))) return ++seen->hosts == 1;
    if (str_equals_ignore_case(name, STR("Content-Type")))
        return ++seen->types == 1 && str_equals(value, STR("application/json"));
    if (str_equals_ignore_case(name, STR("Content-Length")))
        return ++seen->lengths == 1 && read_number(value, &seen->length);
    return str_equals_ignore_case(name, STR("User-Agent")) ||
           str_equals_ignore_case(name, STR("Accept")) ||
           str_equals_ignore_case(name, STR("Accept-Encoding"));
}

bool http_take_question(struct str *rest, struct http_question *out) {
    struct seen seen = {0};
    struct str text = *rest, line, name, value;
    if (!take_line(&text, &line) || !read_request_line(line, &out->profile)) return false;
    for (;;) {
        if (!take_line(&text, &line)) return false;
        if (line.len == 0) break;
        if (!take_header(line, &name, &value) || !note_header(&seen, name, value)) return false;
    }
    if (seen.hosts != 1 || seen.types != 1 || seen.lengths != 1) return false;
    if (rest->len - text.len > HEAD_MAX || seen.length > text.len) return false;
    out->body = str_slice(text, 0, seen.length);
    *rest = str_slice(text, seen.length, text.len);
    return true;
}

/* "HTTP/1.1 200 OK" */
static bool read_status_line(struct str line, int *status) {
    size_t number;
    if (!take_prefix(&line, STR("HTTP/1.1 ")) && !take_prefix(&line, STR("HTTP/1.0 ")))
        return false;
    if (!read_number(str_slice(line, 0, 3), &number) || number < 100 || number > 599) return false;
    *status = (int)number;
    return line.len > 4 && line.at[3] == ' ' && is_printable(line);
}

bool http_take_answer(struct str *rest, bool has_body, struct http_answer *out) {
    size_t length = 0;
    unsigned lengths = 0;
    struct str text = *rest, line, name, value;
    *out = (struct http_answer){.status = 0};
    if (!take_line(&text, &line) || !read_status_line(line, &out->status)) return false;
    for (;;) {
        if (!take_line(&text, &line)) return false;
        if (line.len == 0) break;
        if (!take_header(line, &name, &value)) return false;
        if (str_equals_ignore_case(name, STR("Transfer-Encoding"))) return false;
        if (str_equals_ignore_case(name, STR("Content-Type"))) out->content_type = value;
        if (str_equals_ignore_case(name, STR("Connection")))
            out->ends = str_equals_ignore_case(value, STR("close"));
        if (str_equals_ignore_case(name, STR("Content-Length")) &&
            (++lengths != 1 || !read_number(value, &length)))
            return false;
    }
    if (out->status >= 200 && lengths != 1) return false;
    if (!has_body) length = 0;
    if (length > text.len) return false;
    out->body = str_slice(text, 0, length);
    *rest = str_slice(text, length, text.len);
    return true;
}

struct str http_find_head(struct str text) {
    for (size_t i = 0; i + 4 <= text.len; i++)
        if (memcmp(text.at + i, "\r\n\r\n", 4) == 0) return str_slice(text, 0, i + 4);
    return text;
}

struct str http_find_length(struct str head) {
    const struct str name = STR("Content-Length:");
    for (size_t i = 0; i + name.len <= head.len; i++) {
        if (!str_equals_ignore_case(str_slice(head, i, name.len), name)) continue;
        size_t start = i + name.len, end;
        while (start < head.len && head.at[start] == ' ')
            start++;
        for (end = start; end < head.len && head.at[end] >= '0' && head.at[end] <= '9';)
            end++;
        return str_slice(head, start, end - start);
    }
    return STR_NONE;
}
