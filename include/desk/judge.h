/*
 * judge: the objects of manifests are judged as the webhook would judge them at their creation, and
 * each violation is told to every output, with its place in the file.
 *
 * The engine, the messages and the paths are the webhook's own. What a manifest cannot tell counts
 * as matching in `match` and not in `exclude`. Memory is one object's: its arena is reset before
 * the next. One thread.
 */
#ifndef PODGATE_DESK_JUDGE_H
#define PODGATE_DESK_JUDGE_H

#include "desk/format.h"
#include "desk/source.h"

/* What is told while it goes on: an object was judged, or something is about to be written. */
enum judge_event { JUDGE_OBJECT, JUDGE_OUTPUT };

struct judge {
    const struct snapshot *snapshot;
    const struct profile *profile;
    enum mode mode;        /* a ceiling on the profile's own */
    int64_t now;           /* Unix seconds */
    struct str name_space; /* of manifests that name none */
    struct format_sink *outputs;
    size_t output_count;
    void (*on_event)(void *context, enum judge_event event,
                     const struct judge *judge); /* or NULL */
    void *event_context;
    const struct source *source; /* the one at hand */
    struct arena arena;
    struct desk_summary summary;
};

/* `arena` and `summary` are set up, the rest is the caller's. */
void judge_init(struct judge *judge);
void judge_fini(struct judge *judge);
/* Judges everything the source gives, from the outputs' begin to their end. */
void judge_source(struct judge *judge, struct source *source);

#endif
