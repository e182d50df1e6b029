/*
 * sandbox: what podgate gives up before it answers anybody, so that whoever should take it over finds little to use.
 *
 * Two steps. `confine`, while there is one thread and the ports are bound: no core dump and no other process looks into
 * its memory (keys), no capabilities, no new privileges, and by Landlock no file but those that a reload reads, nothing
 * written or executed, no TCP connection made. `seal`, when all threads run: by seccomp, on all of them, no system call but those that serving
 * needs; no program, socket, thread or executable memory is made any more. What is refused fails with EPERM and does not kill: a
 * C library that tries something new must not take every replica down.
 * In one folder, where reviews are recorded, files may be made, written and removed; without one, nowhere.
 * What a reload may read: below the folders of its paths, below those that their links lead to, and below the folders above both
 * ("/" aside), because a folder may be replaced by another.
 *
 * There is no way back. The control thread's; this is the only door to libseccomp and Landlock.
 */
#ifndef PODGATE_EDGE_SANDBOX_H
#define PODGATE_EDGE_SANDBOX_H

#include "edge/log.h"

enum sandbox_mode {
    SANDBOX_AUTO,    /* what the kernel does not offer is logged and left out */
    SANDBOX_REQUIRE, /* is an error */
    SANDBOX_OFF      /* nothing is given up: for debuggers */
};

struct sandbox {
    enum sandbox_mode mode;
    struct log *log;
    struct arena *arena;    /* for paths and texts */
    struct strbuf in_force; /* what was given up, for people */
    bool writes_files;      /* in the folder that sandbox_confine was given */
};

void sandbox_init(struct sandbox *sandbox, enum sandbox_mode mode, struct log *log,
                  struct arena *arena);
/* `writable` may be empty. False: something is not offered here and the mode is `require`; then the process is half confined and should end. */
MUST_CHECK bool sandbox_confine(struct sandbox *sandbox, const struct str *readable, size_t count,
                                struct str writable, struct error *err);
/* Seals, and logs what is in force. False as above. */
MUST_CHECK bool sandbox_seal(struct sandbox *sandbox, struct error *err);

#endif
