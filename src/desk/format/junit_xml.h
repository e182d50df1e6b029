/*
 * junit_xml: the elements of JUnit's XML that podgate writes (private to the rooms format and trial).
 */
#ifndef PODGATE_DESK_FORMAT_JUNIT_XML_H
#define PODGATE_DESK_FORMAT_JUNIT_XML_H

#include "base/str.h"

/* All that stands before the cases; the counts are theirs. */
void junit_xml_begin(struct strbuf *buf, size_t cases, size_t failures, size_t errors);
void junit_xml_end(struct strbuf *buf);
/* <testcase ... without its ">". Line 0: unknown. */
void junit_xml_open_case(struct strbuf *buf, struct str class_name, struct str name,
                         struct str file, uint32_t line);
/* A failure within a case; `text` is escaped already. */
void junit_xml_add_failure(struct strbuf *buf, struct str message, struct str type,
                           struct str text);
/* Ends a case that was opened: what could not be judged. */
void junit_xml_close_with_error(struct strbuf *buf, struct str message);

#endif
