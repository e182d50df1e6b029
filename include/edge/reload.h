/*
 * reload: what changes while podgate runs: signals, policy files, certificates.
 *
 * Policies are read and compiled whole and replace the snapshot in force only without an error; likewise the
 * certificate. Changes are noticed by inotify on the folders (a ConfigMap's `..data` link is swapped there), by
 * SIGHUP, and by looking every `poll_ms`, because a mount of a single file (subPath) and some file systems tell nobody. What
 * holds the same bytes as before is left alone. This is the only door to inotify and signals.
 * Everything belongs to the control thread, but reload_wake.
 */
#ifndef PODGATE_EDGE_RELOAD_H
#define PODGATE_EDGE_RELOAD_H

#include "base/diagnostic.h"
#include "edge/log.h"
#include "edge/metrics.h"
#include "edge/tls.h"
#include "policy/store.h"

struct reload_options {
    const struct str_list *policies; /* paths; none: the built-in default */
    struct tls_files tls_files;
    int64_t poll_ms;
    struct log *log;
    struct metrics *metrics;
    struct store *store;
    struct tls *tls;
};

struct reload;

/* Blocks SIGHUP, SIGINT and SIGTERM for this thread and all it will start, ignores SIGPIPE. Before any thread. */
MUST_CHECK bool reload_block_signals(struct error *err);

MUST_CHECK bool reload_new(const struct reload_options *options, struct reload **out,
                           struct error *err);
void reload_free(struct reload *reload);

/* Reads, and puts in force what is new. False: what was read is refused, and what was in force stays. Of the start
 * every error is the person's to see. */
MUST_CHECK bool reload_policies(struct reload *reload, struct diagnostics *diagnostics,
                                struct error *err);
MUST_CHECK bool reload_certificate(struct reload *reload, struct error *err);

/*
 * Waits for at most `timeout_ms` (-1: no limit) and does what comes up meanwhile: reloads, and the reclaiming of old snapshots.
 * True when SIGTERM or SIGINT came, then at once.
 */
bool reload_wait(struct reload *reload, int64_t timeout_ms);
/* For store_new: wakes reload_wait so that it reclaims. Any thread; `reload` is a struct reload, or NULL: nothing. */
void reload_wake(void *reload);

#endif
