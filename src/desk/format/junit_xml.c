#include "desk/format/junit_xml.h"

#include "desk/format/escape.h"

void junit_xml_begin(struct strbuf *buf, size_t cases, size_t failures, size_t errors) {
    strbuf_printf(buf,
                  "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n"
                  "  <testsuite name=\"podgate\" tests=\"%zu\" failures=\"%zu\" errors=\"%zu\""
                  " skipped=\"0\">\n",
                  cases, failures, errors);
}

void junit_xml_end(struct strbuf *buf) { strbuf_add(buf, STR("  </testsuite>\n</testsuites>\n")); }

static void add_attribute(struct strbuf *buf, const char *name, struct str value) {
    strbuf_printf(buf, " %s=\"", name);
    escape_add_xml_attribute(buf, value);
    strbuf_add_char(buf, '"');
}

void junit_xml_open_case(struct strbuf *buf, struct str class_name, struct str name,
                         struct str file, uint32_t line) {
    strbuf_add(buf, STR("    <testcase"));
    add_attribute(buf, "classname", class_name);
    add_attribute(buf, "name", name);
    add_attribute(buf, "file", escape_repository_path(file));
    if (line) strbuf_printf(buf, " line=\"%u\"", line);
}

void junit_xml_add_failure(struct strbuf *buf, struct str message, struct str type,
                           struct str text) {
    strbuf_add(buf, STR("      <failure"));
    add_attribute(buf, "message", message);
    add_attribute(buf, "type", type);
    STRBUF_ADD(buf, STR(">\n"), text, STR("</failure>\n"));
}

void junit_xml_close_with_error(struct strbuf *buf, struct str message) {
    strbuf_add(buf, STR(">\n      <error type=\"podgate/error\""));
    add_attribute(buf, "message", message);
    strbuf_add(buf, STR("/>\n    </testcase>\n"));
}
