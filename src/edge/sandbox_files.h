/* Landlock, apart from sandbox.c because it is a language of its own. Private to the sandbox room. */
#ifndef PODGATE_EDGE_SANDBOX_FILES_H
#define PODGATE_EDGE_SANDBOX_FILES_H

#include "base/str.h"

/*
 * From now on this thread, and those that it starts, may read below `folders` and touch no other file; nor bind or connect TCP
 * sockets, nor signal or call (abstract UNIX sockets) processes outside, where the kernel knows that. Returns Landlock's version, or 0 with
 * errno set: nothing is confined. Needs no_new_privs. A folder that is not there is left out.
 * In `writable` (NULL: none) files may be made, written and removed too.
 */
int files_confine(const char *const *folders, size_t count, const char *writable);

#endif
