/*
 * escape: texts of users' files inside XML, URIs and workflow commands (private to the room
 * format). JSON is base/json_out's.
 */
#ifndef PODGATE_DESK_FORMAT_ESCAPE_H
#define PODGATE_DESK_FORMAT_ESCAPE_H

#include "base/str.h"

/* As the content of an element, or of an attribute in double quotes. Characters that XML 1.0 cannot
 * hold, and ill-formed UTF-8, become U+FFFD; those that parsers normalize are written as
 * references. */
void escape_add_xml_text(struct strbuf *buf, struct str text);
void escape_add_xml_attribute(struct strbuf *buf, struct str text);
/* A path as a relative reference, or file:// when it is absolute (RFC 3986). A leading "./" is
 * dropped. */
void escape_add_uri(struct strbuf *buf, struct str path);
/* The data of a workflow command, or one of its properties (github.com/actions/toolkit). */
void escape_add_command_data(struct strbuf *buf, struct str text);
void escape_add_command_property(struct strbuf *buf, struct str text);
/* "./a//b" as tools compare paths with those of a repository: without leading "./". */
struct str escape_repository_path(struct str path);

#endif
