#include "edge/recorder.h"

#include <errno.h>
#include <pthread.h>
#include <time.h>

#include "base/table.h"
#include "edge/clock.h"
#include "edge/queue.h"
#include "edge/recorder_files.h"
#include "edge/recorder_seen.h"

#define QUEUE_BYTES ((size_t)4 << 20)
#define GATHER_NS 20000000
#define STACK_BYTES (256 * 1024)
#define ARENA_KEPT ((size_t)1 << 20) /* between reviews */
#define RETRY_NS (10 * CLOCK_NS_PER_S)
#define STOP_S 1

/* What stands before a profile's name and a body in the queue. */
struct entry {
    size_t profile_bytes, body_bytes;
    int64_t unix_ms;
    enum mode mode;
    enum decision decision;
    bool allowed;
};

struct recorder {
    struct recorder_options options;
    struct arena arena; /* owns this struct, the queue and `seen` */
    struct queue queue;
    pthread_t thread;
    bool started;
    _Atomic int64_t give_up_ns; /* after this what is left is abandoned; 0: never */
    /* the thread's: */
    struct record_files files;
    struct arena of_review;
    struct seen *seen;
    int64_t retry_ns; /* until then nothing is tried */
    uint64_t lost;    /* since writing failed */
};

/* --- of one workload so many ------------------------------------------------------------------ */

/* Whose it is, for a person: a Deployment's Pods are one workload. */
static struct workload_name name_of(struct arena *arena, const struct scan_limits *limits,
                                    const struct review *review) {
    struct workload_name name = {.kind = review->kind.kind, .name = review->name};
    struct document document;
    struct workload workload = {.kind = workload_find(review->kind.group, review->kind.kind)};
    struct error ignored;
    if (!workload.kind ||
        !review_object_parse(arena, &review->object, limits, &document, &ignored) ||
        !meta_decode(tree_find(document.root, STR("metadata")), "metadata", &workload.meta,
                     &ignored))
        return name;
    name = workload_display_name(&workload);
    if (str_is_empty(name.name)) name.name = review->name;
    return name;
}

static uint64_t hash_of(struct recorder *recorder, const struct review *review,
                        struct str profile) {
    struct arena *arena = &recorder->of_review;
    struct workload_name name = name_of(arena, &recorder->options.recording.limits, review);
    const struct str line_end = STR("\n");
    struct str key =
        STR_CONCAT(arena, profile, line_end, review->name_space, line_end, name.kind, line_end,
                   name.name, line_end, review->kind.kind, line_end, review->operation_text);
    return table_hash(key);
}

/* --- one review ------------------------------------------------------------------------------- */

static void tell_failure(struct recorder *recorder, int why) {
    if (recorder->lost++ > 0) return;
    log_message(recorder->options.log, LOG_LEVEL_ERROR,
                "reviews cannot be recorded in %.*s: %s; that is tried again",
                STR_ARGS(recorder->options.folder), strerror(why));
}

static void tell_success(struct recorder *recorder) {
    if (recorder->lost == 0) return;
    log_message(recorder->options.log, LOG_LEVEL_INFO,
                "reviews are recorded again; %llu were not meanwhile",
                (unsigned long long)recorder->lost);
    recorder->lost = 0;
}

static enum record_result append(struct recorder *recorder, struct str line, int64_t unix_ms) {
    bool is_new;
    int why;
    int64_t now = clock_monotonic_ns();
    if ((int64_t)line.len > recorder->files.file_bytes) return RECORD_TOO_LARGE;
    bool is_due = recorder->lost == 0 || now >= recorder->retry_ns;
    if (is_due && files_append(&recorder->files, line, unix_ms, &is_new, &why)) {
        if (is_new) seen_forget_all(recorder->seen);
        tell_success(recorder);
        return RECORD_WRITTEN;
    }
    if (is_due) {
        recorder->retry_ns = now + RETRY_NS;
        tell_failure(recorder, why);
    } else {
        recorder->lost++;
    }
    return RECORD_NOT_WRITTEN;
}

static enum record_result take(struct recorder *recorder, const struct entry *entry,
                               struct str profile, struct str body) {
    const struct recorder_options *o = &recorder->options;
    const struct recording_note note = {.unix_ms = entry->unix_ms,
                                        .profile = profile,
                                        .mode = entry->mode,
                                        .decision = entry->decision,
                                        .allowed = entry->allowed};
    struct review review;
    struct strbuf line;
    struct error ignored;
    if (!review_read(&recorder->of_review, body, &o->recording.limits, &review, &ignored))
        return RECORD_UNJUDGEABLE;
    bool is_limited = o->per_workload > 0;
    uint64_t hash = is_limited ? hash_of(recorder, &review, profile) : 0;
    if (is_limited && *seen_count(recorder->seen, hash) >= o->per_workload) return RECORD_SURPLUS;
    strbuf_init(&line, &recorder->of_review, body.len + 1024);
    if (!recording_write(&line, &o->recording, &review, &note)) return RECORD_UNJUDGEABLE;
    enum record_result result = append(recorder, strbuf_str(&line), entry->unix_ms);
    /* A new file may have begun, and forgotten all. */
    if (result == RECORD_WRITTEN && is_limited) (*seen_count(recorder->seen, hash))++;
    return result;
}

/* --- the thread ------------------------------------------------------------------------------- */

static bool is_over(struct recorder *recorder) {
    int64_t give_up_ns = atomic_load(&recorder->give_up_ns);
    return give_up_ns != 0 && clock_monotonic_ns() > give_up_ns;
}

static void take_all(struct recorder *recorder, struct str entries) {
    while (entries.len > 0) {
        struct entry entry;
        memcpy(&entry, entries.at, sizeof entry);
        entries = str_slice(entries, sizeof entry, entries.len);
        struct str profile = str_slice(entries, 0, entry.profile_bytes);
        struct str body = str_slice(entries, entry.profile_bytes, entry.body_bytes);
        entries = str_slice(entries, entry.profile_bytes + entry.body_bytes, entries.len);
        enum record_result result =
            is_over(recorder) ? RECORD_NOT_WRITTEN : take(recorder, &entry, profile, body);
        metrics_count(recorder->options.shard, METRIC_RECORDED, result);
        arena_reset(&recorder->of_review, ARENA_KEPT);
    }
}

static void *thread_main(void *arg) {
    struct recorder *recorder = arg;
    struct str entries;
    while (queue_take(&recorder->queue, GATHER_NS, &entries))
        take_all(recorder, entries);
    return NULL;
}

static struct recorder *make(const struct recorder_options *options) {
    struct arena arena;
    arena_init(&arena, 65536, 0);
    struct recorder *recorder = ARENA_NEW(&arena, struct recorder, 1);
    struct seen *seen = seen_new(&arena);
    struct str folder = str_copy(&arena, options->folder);
    if (!recorder || !seen || !folder.at || !queue_init(&recorder->queue, &arena, QUEUE_BYTES)) {
        arena_fini(&arena);
        return NULL;
    }
    recorder->options = *options;
    recorder->options.folder = folder;
    recorder->seen = seen;
    recorder->arena = arena;
    arena_init(&recorder->of_review, 65536, 0);
    return recorder;
}

bool recorder_new(const struct recorder_options *options, struct recorder **out,
                  struct error *err) {
    struct recorder *recorder = make(options);
    if (!recorder) return error_set(err, ERR_MEMORY, "out of memory for recording");
    struct str folder = recorder->options.folder;
    if (!files_open(&recorder->files, folder.at, options->most_bytes,
                    options->most_bytes / RECORDER_PIECES))
        tell_failure(recorder, errno);
    else
        log_message(options->log, LOG_LEVEL_INFO,
                    "reviews are recorded in %.*s, without their secrets, at most %lld bytes",
                    STR_ARGS(folder), (long long)options->most_bytes);
    *out = recorder;
    return true;
}

bool recorder_start(struct recorder *recorder, struct error *err) {
    pthread_attr_t attr;
    if (!recorder) return true;
    if (pthread_attr_init(&attr) == 0) {
        pthread_attr_setstacksize(&attr, STACK_BYTES);
        recorder->started = pthread_create(&recorder->thread, &attr, thread_main, recorder) == 0;
        pthread_attr_destroy(&attr);
    }
    return recorder->started || error_set(err, ERR_IO, "the thread that records does not start");
}

/* False: it hangs in a write, to a network's disk that is gone, and still has what it was given. */
static bool join(struct recorder *recorder) {
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 2 * STOP_S;
    return pthread_timedjoin_np(recorder->thread, NULL, &until) == 0;
}

void recorder_stop(struct recorder *recorder) {
    if (!recorder) return;
    atomic_store(&recorder->give_up_ns, clock_monotonic_ns() + STOP_S * CLOCK_NS_PER_S);
    queue_stop(&recorder->queue);
    if (recorder->started && !join(recorder)) {
        log_message(recorder->options.log, LOG_LEVEL_WARN,
                    "recording hangs in a write and is left behind");
        return;
    }
    files_close(&recorder->files);
    queue_fini(&recorder->queue);
    arena_fini(&recorder->of_review);
    /* The arena holds the struct that holds it. */
    struct arena arena = recorder->arena;
    arena_fini(&arena);
}

void recorder_offer(struct recorder *recorder, struct metrics_shard *shard,
                    const struct admission_outcome *outcome, struct str body) {
    if (!recorder || !recording_is_worth(outcome)) return;
    const struct entry entry = {.profile_bytes = outcome->profile.len,
                                .body_bytes = body.len,
                                .unix_ms = clock_unix_ms(),
                                .mode = outcome->mode,
                                .decision = outcome->decision,
                                .allowed = outcome->decision != DECISION_DENIED};
    const struct str parts[] = {{(const char *)&entry, sizeof entry}, outcome->profile, body};
    if (!queue_add(&recorder->queue, parts, sizeof parts / sizeof parts[0]))
        metrics_count(shard, METRIC_RECORDED, RECORD_QUEUE_FULL);
}
