#include "edge/sandbox.h"

#include <errno.h>
#include <limits.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "edge/sandbox_calls.h"
#include "edge/sandbox_files.h"

#define CAPABILITIES 64     /* the kernel's sets are 64 bits wide */
#define FOLDERS_OF_A_PATH 4 /* itself or where it is, where it leads, and above both */

void sandbox_init(struct sandbox *sandbox, enum sandbox_mode mode, struct log *log,
                  struct arena *arena) {
    *sandbox = (struct sandbox){.mode = mode, .log = log, .arena = arena};
    strbuf_init(&sandbox->in_force, arena, 256);
}

PRINTF_LIKE(2, 3)
static bool have(struct sandbox *sandbox, const char *format, ...) {
    va_list args;
    va_start(args, format);
    if (strbuf_str(&sandbox->in_force).len > 0) strbuf_add(&sandbox->in_force, STR(", "));
    strbuf_vprintf(&sandbox->in_force, format, args);
    va_end(args);
    return true;
}

/* `why` is an errno. */
static bool lack(struct sandbox *sandbox, const char *what, int why, struct error *err) {
    if (sandbox->mode == SANDBOX_REQUIRE)
        return error_set(err, ERR_IO,
                         "--sandbox=require: this kernel or container does not allow %s: %s", what,
                         strerror(why));
    log_message(sandbox->log, LOG_LEVEL_WARN, "the sandbox goes without %s: %s", what,
                strerror(why));
    return true;
}

/* --- memory, privileges ------------------------------------------------------------------------- */

/* A process that cannot be dumped cannot be traced either, but by root. */
static bool hide_memory(struct sandbox *sandbox, struct error *err) {
    struct rlimit none = {0, 0};
    if (setrlimit(RLIMIT_CORE, &none) != 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
        return lack(sandbox, "no core dumps", errno, err);
    return have(sandbox, "no core dumps");
}

/*
 * Root without a container keeps the right to read anybody's files: a reload must be able to read what the start could, and
 * Landlock says which files these are.
 */
static bool drop_capabilities(struct sandbox *sandbox, struct error *err) {
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct sets[2] = {{0}};
    const uint32_t reading = UINT32_C(1) << CAP_DAC_READ_SEARCH;
    if (syscall(SYS_capget, &header, sets) != 0)
        return lack(sandbox, "dropping capabilities", errno, err);
    uint32_t kept = sets[0].effective & reading;
    /* Refused without CAP_SETPCAP; then no_new_privs alone sees to it that they do not come back. */
    for (int c = 0; c < CAPABILITIES; c++)
        (void)prctl(PR_CAPBSET_DROP, c, 0, 0, 0);
    (void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    memset(sets, 0, sizeof sets);
    sets[0].effective = sets[0].permitted = kept;
    if (syscall(SYS_capset, &header, sets) != 0)
        return lack(sandbox, "dropping capabilities", errno, err);
    return have(sandbox, kept ? "no capability but DAC_READ_SEARCH" : "no capabilities");
}

static bool refuse_privileges(struct sandbox *sandbox, struct error *err) {
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return lack(sandbox, "no new privileges", errno, err);
    return have(sandbox, "no new privileges");
}

/* --- files -------------------------------------------------------------------------------------- */

static const char *folder_of(struct sandbox *sandbox, struct str path) {
    size_t slash = str_find_last_char(path, '/');
    if (slash == path.len) return ".";
    return str_copy(sandbox->arena, str_slice(path, 0, slash > 0 ? slash : 1)).at;
}

static bool is_folder(const char *path) {
    struct stat info;
    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

/* NULL stands for a folder that does not count. */
static const char *folder_above(struct sandbox *sandbox, const char *folder) {
    char real[PATH_MAX];
    if (!folder || !realpath(folder, real)) return NULL;
    const char *above = folder_of(sandbox, str_from(real));
    return above && strcmp(above, "/") != 0 ? above : NULL;
}

/* What a reload of `path` may read; see the head of the header. Returns how many folders. */
static size_t folders_of(struct sandbox *sandbox, struct str path, const char **folders) {
    char real[PATH_MAX];
    size_t n = 0;
    struct str copy = str_copy(sandbox->arena, path);
    if (!copy.at || path.len == 0 || str_starts_with(path, STR("builtin:"))) return 0;
    const char *here = is_folder(copy.at) ? copy.at : folder_of(sandbox, path);
    const char *there = NULL;
    if (realpath(copy.at, real))
        there = is_folder(real) ? str_copy(sandbox->arena, str_from(real)).at
                                : folder_of(sandbox, str_from(real));
    const char *const found[FOLDERS_OF_A_PATH] = {here, there, folder_above(sandbox, here),
                                                  folder_above(sandbox, there)};
    for (size_t i = 0; i < FOLDERS_OF_A_PATH; i++)
        if (found[i]) folders[n++] = found[i];
    return n;
}

static bool confine_files(struct sandbox *sandbox, const struct str *readable, size_t count,
                          struct str writable, struct error *err) {
    const char **folders = ARENA_NEW(sandbox->arena, const char *, count *FOLDERS_OF_A_PATH + 1);
    if (!folders) return error_set(err, ERR_MEMORY, "out of memory for the sandbox");
    size_t n = 0;
    for (size_t i = 0; i < count; i++)
        n += folders_of(sandbox, readable[i], folders + n);
    if (SANITIZED) folders[n++] = "/proc";
    sandbox->writes_files = !str_is_empty(writable);
    const char *recording = sandbox->writes_files ? str_copy(sandbox->arena, writable).at : NULL;
    int version = files_confine(folders, n, recording);
    if (version == 0) return lack(sandbox, "Landlock", errno, err);
    return have(sandbox, "Landlock %d (reads the folders of its files, writes %s%s)", version,
                sandbox->writes_files ? "where it records" : "nothing",
                version >= 4 ? ", no TCP but what comes in" : "");
}

/* --- the two steps ------------------------------------------------------------------------------ */

bool sandbox_confine(struct sandbox *sandbox, const struct str *readable, size_t count,
                     struct str writable, struct error *err) {
    if (sandbox->mode == SANDBOX_OFF) return true;
    return hide_memory(sandbox, err) && drop_capabilities(sandbox, err) &&
           refuse_privileges(sandbox, err) &&
           confine_files(sandbox, readable, count, writable, err);
}

bool sandbox_seal(struct sandbox *sandbox, struct error *err) {
    if (sandbox->mode == SANDBOX_OFF) {
        log_message(sandbox->log, LOG_LEVEL_WARN, "the sandbox is off");
        return true;
    }
    unsigned calls = calls_seal(sandbox->writes_files);
    bool fine = calls > 0 ? have(sandbox, "seccomp (%u system calls)", calls)
                          : lack(sandbox, "seccomp", errno, err);
    struct str in_force = strbuf_str(&sandbox->in_force);
    if (fine)
        log_message(sandbox->log, LOG_LEVEL_INFO, "sandbox: %.*s",
                    STR_ARGS(in_force.len > 0 ? in_force : STR("nothing")));
    return fine;
}
