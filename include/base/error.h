/*
 * error: how a function says that it could not do its work.
 *
 * Three things are kept apart. An *error* (here): we could not do the work, because of bad input,
 * a missing file, or too little memory. A *finding* (rules/finding.h): the work was done and the
 * object breaks a rule. A *bug*: ASSERT, or ENSURE where input could reach it.
 *
 * A `struct error` lives on the caller's stack. A fallible function returns bool, is must-check and
 * takes `struct error *err` last; on false the error is filled. `error_set` returns false so that
 * setting and returning is one line. Callers add the place on the way up. Any thread may enter.
 */
#ifndef PODGATE_BASE_ERROR_H
#define PODGATE_BASE_ERROR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MUST_CHECK __attribute__((warn_unused_result))
#define PRINTF_LIKE(format_at, args_at) __attribute__((format(printf, format_at, args_at)))

enum error_code {
    ERR_NONE,
    ERR_SYNTAX, /* not JSON, not YAML, not a number ... */
    ERR_SCHEMA, /* well-formed, but not what is expected there */
    ERR_LIMIT,  /* larger, deeper or longer than allowed */
    ERR_IO,     /* a file, a socket, a system call */
    ERR_MEMORY, /* our own failure: never a verdict */
    ERR_USAGE,  /* the command line */
    ERR_TLS,    /* a certificate or a key */
    ERR_BUG,    /* an ENSURE that did not hold: our own failure */
};

struct error {
    enum error_code code;
    uint32_t line, column; /* 1-based; 0 when the place is not a line of a text */
    char where[256];       /* a file name or a field path, or "" */
    char text[512];        /* what is wrong and what to do, without place, without a final stop */
};

/* Fills `err` (which may not be NULL) and returns false. Long text is cut at a UTF-8 border. */
bool error_set(struct error *err, enum error_code code, const char *format, ...) PRINTF_LIKE(3, 4);
/* Adds the line and column unless a deeper caller already did; returns false. */
bool error_at(struct error *err, uint32_t line, uint32_t column);
/* Adds the file or field path unless a deeper caller already did; returns false. */
bool error_in(struct error *err, const char *where);
/* Puts "CONTEXT: " before the text; returns false. */
bool error_context(struct error *err, const char *format, ...) PRINTF_LIKE(2, 3);
/* Writes "where:line:column: text" (the parts that are known) to buffer, always terminated. */
void error_format(const struct error *err, char *buffer, size_t size);

/* Something that only suspect memory explains: stays on in release, aborts with the place. */
#define ASSERT(holds)                                                                              \
    do {                                                                                           \
        if (!(holds)) error_abort(#holds, __FILE__, __LINE__);                                     \
    } while (0)
_Noreturn void error_abort(const char *expression, const char *file, int line);

/* An invariant that input could reach: evaluates to whether it holds; if not, sets ERR_BUG. */
#define ENSURE(holds, err) ((holds) || error_bug((err), #holds, __FILE__, __LINE__))
bool error_bug(struct error *err, const char *expression, const char *file, int line);

#endif
