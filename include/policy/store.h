/*
 * store: the snapshot in force. One mutex guards the pointer and the counts. A reload swaps; readers keep what they
 * acquired; the last release of a replaced snapshot only queues it and calls the notifier, the control
 * thread frees it in store_reclaim.
 */
#ifndef PODGATE_POLICY_STORE_H
#define PODGATE_POLICY_STORE_H

#include "policy/policy.h"

struct store;

/* `notify` (may be NULL) is called, from any thread and without the lock, when something waits for store_reclaim. NULL when out of memory. */
struct store *store_new(void (*notify)(void *), void *notify_arg);
/* Frees the store and what it holds; nothing may be acquired any more. */
void store_free(struct store *store);
/* Takes ownership; the old one is given up. */
void store_replace(struct store *store, struct snapshot *snapshot);
/* One reference to the snapshot in force, or NULL while there is none. */
struct snapshot *store_acquire(struct store *store);
void store_release(struct store *store, struct snapshot *snapshot);
/* Frees what nobody holds any more. */
void store_reclaim(struct store *store);

#endif
