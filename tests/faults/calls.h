/*
 * calls: which calls of another process fail, one after another (see preload.h).
 *
 * First the calls of a kind are counted while some work succeeds; then the work is done once for each of them. By default that is one call for
 * each site (a call with its callers), with FAULTS=all every call. One thread; a misuse fails the running test.
 */
#ifndef PODGATE_TESTS_CALLS_H
#define PODGATE_TESTS_CALLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "faults/preload.h"

/* What is to fail: of each kind, by each of these threads. */
struct faults {
    enum fault_kind kind;
    enum fault_threads threads;
    size_t count;                /* of sites, or of calls */
    uint64_t sites[FAULT_SITES]; /* unused where every call is to fail */
    bool is_every_call;
};

const char *fault_kind_name(enum fault_kind kind);

/* A group's setup and teardown: processes started between them find the control. */
int calls_setup(void **state);
int calls_teardown(void **state);

void calls_count(struct faults *faults, enum fault_kind kind, enum fault_threads threads);
void calls_counted(struct faults *faults);

/* Fails the i-th of them from now on: alone, or with all of its kind that come after it. */
void calls_fail(const struct faults *faults, size_t i, bool goes_on);
bool calls_have_failed(void);
/* None fails any more. */
void calls_succeed(void);

/* Whose call failed last, and where the process that died met its end: "libgmp.so.10 < libgnutls.so.30 < ...", innermost first. */
const char *calls_failed_in(void);
const char *calls_died_in(void);

#endif
