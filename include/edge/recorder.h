/*
 * recorder: reviews that were judged, kept in a folder for `podgate replay`.
 *
 * An event thread copies the review into a bounded queue and goes on; one thread takes the secrets out (policy/recording) and
 * writes a line a review into files podgate-TIME-HOST.jsonl. Nobody waits for it: what finds the queue full, the disk full or the
 * folder gone is not recorded, and counted. All files of this form in the folder together stay within a number of
 * bytes: the oldest goes before a new one begins. A file holds so many reviews of one workload and no more, so that a
 * thousand Pods of one Deployment do not fill it.
 *
 * Making, starting and stopping are the control thread's; recorder_offer is any event thread's. NULL records nothing.
 */
#ifndef PODGATE_EDGE_RECORDER_H
#define PODGATE_EDGE_RECORDER_H

#include "edge/log.h"
#include "edge/metrics.h"
#include "policy/recording.h"

#define RECORDER_PIECES 8 /* a file holds this part of the bound */

struct recorder_options {
    struct str folder;
    int64_t most_bytes;   /* of all files */
    int64_t per_workload; /* in a file: of the same workload, kind, operation and profile; 0: all */
    struct recording_options recording;
    struct log *log;
    struct metrics_shard *shard; /* where its thread counts */
};

struct recorder;

/* A folder that cannot be written is no error: that is logged, and nothing is recorded until it can be. Texts of the options live as
 * long. False: out of memory. */
MUST_CHECK bool recorder_new(const struct recorder_options *options, struct recorder **out,
                             struct error *err);
/* Starts the thread, once. */
MUST_CHECK bool recorder_start(struct recorder *recorder, struct error *err);
/* Writes what is queued, for at most a second, and ends the thread. */
void recorder_stop(struct recorder *recorder);
/* After the answer is made: `body` is what was judged. */
void recorder_offer(struct recorder *recorder, struct metrics_shard *shard,
                    const struct admission_outcome *outcome, struct str body);

#endif
