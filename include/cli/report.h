/* The verb `podgate report`: what would break, from podgate's logs or from `podgate check -o json`, as text and as a page. */
#ifndef PODGATE_CLI_REPORT_H
#define PODGATE_CLI_REPORT_H

#include "cli/option.h"

extern const struct verb verb_report;

#endif
