#include "desk/format/escape.h"

#define REPLACEMENT STR("\xEF\xBF\xBD") /* U+FFFD */

/* --- XML --------------------------------------------------------------------------------------- */

/* Of one well-formed character: U+FFFE and U+FFFF are none of XML's. */
static bool is_of_xml(struct str character) {
    unsigned char c = (unsigned char)character.at[0];
    if (character.len == 1) return c >= 0x20 || c == '\t' || c == '\n' || c == '\r';
    return !str_equals(character, STR("\xEF\xBF\xBE")) &&
           !str_equals(character, STR("\xEF\xBF\xBF"));
}

static struct str xml_reference(char c, bool in_attribute) {
    switch (c) {
    case '&': return STR("&amp;");
    case '<': return STR("&lt;");
    case '>': return STR("&gt;");
    case '"': return in_attribute ? STR("&quot;") : STR_NONE;
    case '\t': return in_attribute ? STR("&#9;") : STR_NONE;
    case '\n': return in_attribute ? STR("&#10;") : STR_NONE;
    case '\r': return STR("&#13;");
    default: return STR_NONE;
    }
}

static void add_xml(struct strbuf *buf, struct str text, bool in_attribute) {
    for (size_t i = 0; i < text.len;) {
        size_t length = str_utf8_length(str_slice(text, i, text.len));
        struct str character = str_slice(text, i, length ? length : 1);
        struct str reference =
            length == 1 ? xml_reference(character.at[0], in_attribute) : STR_NONE;
        if (length == 0 || !is_of_xml(character))
            strbuf_add(buf, REPLACEMENT);
        else
            strbuf_add(buf, reference.len ? reference : character);
        i += character.len;
    }
}

void escape_add_xml_text(struct strbuf *buf, struct str text) { add_xml(buf, text, false); }

void escape_add_xml_attribute(struct strbuf *buf, struct str text) { add_xml(buf, text, true); }

/* --- URIs -------------------------------------------------------------------------------------- */

struct str escape_repository_path(struct str path) {
    while (str_starts_with(path, STR("./"))) {
        path = str_slice(path, 2, path.len);
        while (path.len > 0 && path.at[0] == '/')
            path = str_slice(path, 1, path.len);
    }
    return path;
}

static bool is_unreserved(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c != '\0' && strchr("-._~/", c));
}

void escape_add_uri(struct strbuf *buf, struct str path) {
    path = escape_repository_path(path);
    if (str_starts_with(path, STR("/"))) strbuf_add(buf, STR("file://"));
    for (size_t i = 0; i < path.len; i++) {
        if (is_unreserved(path.at[i]))
            strbuf_add_char(buf, path.at[i]);
        else
            strbuf_printf(buf, "%%%02X", (unsigned char)path.at[i]);
    }
}

/* --- workflow commands ------------------------------------------------------------------------- */

static void add_command(struct strbuf *buf, struct str text, const char *special) {
    for (size_t i = 0; i < text.len; i++) {
        char c = text.at[i];
        /* A runner's log is a terminal too: other control characters are shown, not sent. */
        if (c != '\0' && strchr(special, c))
            strbuf_printf(buf, "%%%02X", (unsigned char)c);
        else if ((unsigned char)c < ' ' || c == 0x7F)
            strbuf_printf(buf, "\\x%02x", (unsigned char)c);
        else
            strbuf_add_char(buf, c);
    }
}

void escape_add_command_data(struct strbuf *buf, struct str text) {
    add_command(buf, text, "%\r\n");
}

void escape_add_command_property(struct strbuf *buf, struct str text) {
    add_command(buf, text, "%\r\n:,");
}
