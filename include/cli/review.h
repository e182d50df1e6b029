/*
 * review: AdmissionReviews on standard input, their answers on standard output: the server without
 * a socket.
 */
#ifndef PODGATE_CLI_REVIEW_H
#define PODGATE_CLI_REVIEW_H

#include "cli/option.h"

extern const struct verb verb_review;

#endif
