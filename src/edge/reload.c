#include "edge/reload.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "desk/source.h"
#include "edge/clock.h"

#define WATCHES (IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM | IN_CLOSE_WRITE | IN_DELETE)
#define SETTLE_MS 100 /* files are often written in several steps */

struct reload {
    struct arena arena; /* owns this struct */
    struct reload_options options;
    int signals, wake, watches;
    uint64_t policies_hash; /* of the texts last read; 0: to be tried again */
    bool policies_fine, certificate_fine;
    struct metrics_shard *shard;
    int64_t next_poll_ns; /* no later than then */
    int64_t next_look_ns;
};

bool reload_block_signals(struct error *err) {
    sigset_t set;
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    sigemptyset(&set);
    sigaddset(&set, SIGHUP);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    if (pthread_sigmask(SIG_BLOCK, &set, NULL) == 0 && sigaction(SIGPIPE, &ignore, NULL) == 0)
        return true;
    return error_set(err, ERR_IO, "signals cannot be set up");
}

static int open_signals(void) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGHUP);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* The folder that holds `path`, or `path` itself when it is one. Failing is no error: there is the poll. */
static void watch_folder(struct reload *reload, struct str path) {
    struct stat info;
    if (path.len == 0 || str_starts_with(path, STR("builtin:"))) return;
    struct str copy = str_copy(&reload->arena, path);
    if (!copy.at || reload->watches < 0) return;
    if (stat(copy.at, &info) != 0 || !S_ISDIR(info.st_mode)) {
        size_t slash = str_find_last_char(path, '/');
        copy = slash == path.len
                   ? str_copy(&reload->arena, STR("."))
                   : str_copy(&reload->arena, str_slice(path, 0, slash > 0 ? slash : 1));
        if (!copy.at) return;
    }
    if (inotify_add_watch(reload->watches, copy.at, WATCHES) < 0)
        log_message(reload->options.log, LOG_LEVEL_WARN,
                    "%s cannot be watched (%s): changes are noticed every %lld ms", copy.at,
                    strerror(errno), (long long)reload->options.poll_ms);
}

static void look_again_in(struct reload *reload, int64_t ms) {
    reload->next_look_ns = clock_monotonic_ns() + ms * CLOCK_NS_PER_MS;
}

static void look_at_next_poll(struct reload *reload) {
    look_again_in(reload, reload->options.poll_ms);
    reload->next_poll_ns = reload->next_look_ns;
}

bool reload_new(const struct reload_options *options, struct reload **out, struct error *err) {
    struct arena arena;
    arena_init(&arena, 4096, 0);
    struct reload *reload = ARENA_NEW(&arena, struct reload, 1);
    if (!reload) {
        arena_fini(&arena);
        return error_set(err, ERR_MEMORY, "out of memory at the start");
    }
    reload->arena = arena;
    reload->options = *options;
    reload->shard = metrics_shard(options->metrics, 0);
    reload->signals = open_signals();
    reload->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    reload->watches = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    if (reload->signals < 0 || reload->wake < 0) {
        error_set(err, ERR_IO, "no descriptors for signals: %s", strerror(errno));
        reload_free(reload);
        return false;
    }
    if (reload->watches < 0)
        log_message(options->log, LOG_LEVEL_WARN,
                    "no folder can be watched: changes are noticed every %lld ms",
                    (long long)options->poll_ms);
    for (size_t i = 0; i < options->policies->count; i++)
        watch_folder(reload, options->policies->items[i]);
    watch_folder(reload, options->tls_files.certificate);
    watch_folder(reload, options->tls_files.key);
    watch_folder(reload, options->tls_files.client_ca);
    look_at_next_poll(reload);
    *out = reload;
    return true;
}

void reload_free(struct reload *reload) {
    if (!reload) return;
    if (reload->signals >= 0) close(reload->signals);
    if (reload->wake >= 0) close(reload->wake);
    if (reload->watches >= 0) close(reload->watches);
    struct arena arena = reload->arena;
    arena_fini(&arena);
}

void reload_wake(void *arg) {
    struct reload *reload = arg;
    if (reload) eventfd_write(reload->wake, 1);
}

/* --- policies --------------------------------------------------------------------------------- */

static uint64_t hash_sources(const struct policy_source *sources, size_t count) {
    uint64_t hash = UINT64_C(14695981039346656037); /* FNV-1a */
    for (size_t s = 0; s < count; s++) {
        const struct str texts[] = {sources[s].name, sources[s].text};
        for (size_t t = 0; t < 2; t++) {
            for (size_t i = 0; i < texts[t].len; i++)
                hash = (hash ^ (unsigned char)texts[t].at[i]) * UINT64_C(1099511628211);
            hash = (hash ^ 0x100) * UINT64_C(1099511628211);
        }
    }
    return hash;
}

static void put_in_force(struct reload *reload, struct snapshot *snapshot) {
    struct metrics *metrics = reload->options.metrics;
    log_message(reload->options.log, LOG_LEVEL_INFO,
                "policies are in force: %zu policies, %zu profiles, config_hash %016llx",
                snapshot->policy_count, snapshot->profile_count,
                (unsigned long long)snapshot->hash);
    metrics_set(metrics, METRIC_CONFIG_HASH, (int64_t)snapshot->hash);
    metrics_set(metrics, METRIC_RELOAD_OK, 1);
    metrics_set(metrics, METRIC_RELOAD_TIME, clock_unix_ms() / 1000);
    metrics_count(reload->shard, METRIC_RELOADS, RELOADED);
    metrics_announce(metrics, snapshot);
    reload->policies_fine = true;
    store_replace(reload->options.store, snapshot);
}

bool reload_policies(struct reload *reload, struct diagnostics *diagnostics, struct error *err) {
    struct arena arena;
    struct policy_source *sources = NULL;
    size_t count = 0;
    *err = (struct error){.code = ERR_NONE};
    arena_init(&arena, 65536, 0);
    bool fine = source_read_policies(&arena, reload->options.policies, &sources, &count, err);
    uint64_t hash = fine ? hash_sources(sources, count) : 0;
    if (fine && hash != reload->policies_hash) {
        struct snapshot *snapshot = policy_compile(sources, count, diagnostics);
        if (snapshot) put_in_force(reload, snapshot);
        /* Nothing is wrong with the files: the next look tries again. */
        if (diagnostics->out_of_memory) hash = 0;
        fine = snapshot != NULL;
    }
    reload->policies_hash = hash;
    arena_fini(&arena);
    return fine;
}

static void log_diagnostics(struct reload *reload, const struct diagnostics *diagnostics) {
    for (const struct diagnostic *d = diagnostics->first; d; d = d->next) {
        struct strbuf text;
        strbuf_init(&text, diagnostics->arena, 256);
        diagnostic_format(d, &text);
        log_message(reload->options.log,
                    d->level == DIAGNOSTIC_ERROR ? LOG_LEVEL_ERROR : LOG_LEVEL_WARN, "%.*s",
                    STR_ARGS(strbuf_str(&text)));
    }
}

static void refresh_policies(struct reload *reload) {
    struct arena arena;
    struct diagnostics diagnostics;
    struct error err;
    char text[1024];
    arena_init(&arena, 16384, 0);
    diagnostics_init(&diagnostics, &arena);
    bool were_fine = reload->policies_fine;
    if (!reload_policies(reload, &diagnostics, &err)) {
        reload->policies_fine = false;
        metrics_set(reload->options.metrics, METRIC_RELOAD_OK, 0);
        /* What cannot be read is tried again at every look, but told once. */
        if (were_fine || err.code == ERR_NONE) {
            metrics_count(reload->shard, METRIC_RELOADS, RELOAD_FAILED);
            log_message(reload->options.log, LOG_LEVEL_ERROR,
                        "the new policies have errors: the old ones stay in force");
        }
        if (err.code != ERR_NONE && were_fine) {
            error_format(&err, text, sizeof text);
            log_message(reload->options.log, LOG_LEVEL_ERROR, "%s", text);
        }
    }
    log_diagnostics(reload, &diagnostics);
    arena_fini(&arena);
}

/* --- certificate ------------------------------------------------------------------------------ */

bool reload_certificate(struct reload *reload, struct error *err) {
    struct str advice;
    enum tls_load result = tls_load(reload->options.tls, &reload->options.tls_files,
                                    clock_unix_ms() / 1000, &advice, err);
    if (advice.len > 0) log_message(reload->options.log, LOG_LEVEL_WARN, "%.*s", STR_ARGS(advice));
    if (result == TLS_REFUSED) return false;
    bool was_fine = reload->certificate_fine;
    reload->certificate_fine = true;
    metrics_set(reload->options.metrics, METRIC_CERTIFICATE_OK, 1);
    if (result == TLS_UNCHANGED) {
        if (!was_fine)
            log_message(reload->options.log, LOG_LEVEL_INFO,
                        "the files hold again the certificate that is in force");
        return true;
    }
    int64_t not_after_s = tls_not_after(reload->options.tls);
    metrics_count(reload->shard, METRIC_CERTIFICATE_RELOADS, RELOADED);
    metrics_set(reload->options.metrics, METRIC_CERTIFICATE_END,
                tls_chain_not_after(reload->options.tls));
    log_message(reload->options.log, LOG_LEVEL_INFO,
                "the certificate is in force: it is valid for %lld more hours",
                (long long)(not_after_s - clock_unix_ms() / 1000) / 3600);
    return true;
}

static void refresh_certificate(struct reload *reload) {
    struct error err;
    char text[1024];
    bool was_fine = reload->certificate_fine;
    if (reload_certificate(reload, &err)) return;
    reload->certificate_fine = false;
    metrics_set(reload->options.metrics, METRIC_CERTIFICATE_OK, 0);
    if (!was_fine) return;
    metrics_count(reload->shard, METRIC_CERTIFICATE_RELOADS, RELOAD_FAILED);
    error_format(&err, text, sizeof text);
    log_message(reload->options.log, LOG_LEVEL_ERROR,
                "the new certificate is refused, the old one stays in force: %s", text);
}

/* --- waiting ---------------------------------------------------------------------------------- */

/* True for a signal that ends the process. */
static bool take_signals(struct reload *reload) {
    struct signalfd_siginfo info;
    bool ends = false;
    while (!ends && read(reload->signals, &info, sizeof info) == (ssize_t)sizeof info) {
        if (info.ssi_signo == SIGHUP)
            look_again_in(reload, 0);
        else
            ends = true;
    }
    return ends;
}

static void take_watches(struct reload *reload) {
    _Alignas(struct inotify_event) char events[4096];
    bool any = false;
    while (read(reload->watches, events, sizeof events) > 0)
        any = true;
    if (!any) return;
    look_again_in(reload, SETTLE_MS);
    /* A folder that is written without end is looked at all the same. */
    if (reload->next_look_ns > reload->next_poll_ns) reload->next_look_ns = reload->next_poll_ns;
}

static void look_if_due(struct reload *reload) {
    if (clock_monotonic_ns() < reload->next_look_ns) return;
    refresh_policies(reload);
    refresh_certificate(reload);
    look_at_next_poll(reload);
}

static int ms_until(int64_t ns) {
    int64_t left = ns - clock_monotonic_ns();
    return left <= 0 ? 0 : (int)(left / CLOCK_NS_PER_MS) + 1;
}

bool reload_wait(struct reload *reload, int64_t timeout_ms) {
    int64_t until =
        timeout_ms < 0 ? INT64_MAX : clock_monotonic_ns() + timeout_ms * CLOCK_NS_PER_MS;
    for (;;) {
        look_if_due(reload);
        store_reclaim(reload->options.store);
        if (clock_monotonic_ns() >= until) return false;
        struct pollfd fds[] = {{.fd = reload->signals, .events = POLLIN},
                               {.fd = reload->wake, .events = POLLIN},
                               {.fd = reload->watches, .events = POLLIN}};
        poll(fds, 3, ms_until(until < reload->next_look_ns ? until : reload->next_look_ns));
        eventfd_t count;
        if (fds[1].revents) eventfd_read(reload->wake, &count);
        if (fds[2].revents) take_watches(reload);
        if (fds[0].revents && take_signals(reload)) return true;
    }
}
