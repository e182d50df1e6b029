/*
 * libyaml's complaints, and ours, in words that tell a person what to change. Private to yaml.
 */
#ifndef PODGATE_TEXT_YAML_PROBLEM_H
#define PODGATE_TEXT_YAML_PROBLEM_H

#include <yaml.h>

#include "text/yaml.h"

/* Why the parser stopped, with line and column in the file; returns false. `text` is what it was
 * given, whose first line is `first_line` of the file. */
bool yaml_problem_report(const yaml_parser_t *parser, struct str text, uint32_t first_line,
                         struct error *err);
/* Says so when what is wrong may be wrong because the text is a template. Returns false. */
bool yaml_problem_suspect_template(struct str text, uint32_t first_line, struct error *err);

#endif
