/* The system calls that a serving podgate makes, and seccomp. Private to the sandbox room: the door to libseccomp. */
#ifndef PODGATE_EDGE_SANDBOX_CALLS_H
#define PODGATE_EDGE_SANDBOX_CALLS_H

#include "base/str.h"

/* Sanitizers look at all threads from a process of their own, in the end: their builds need more than podgate. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

/* All threads of the process may make only these calls from now on. How many there are, or 0 with errno set: nothing is refused.
 * `writes_files`: making and removing files are among them. */
unsigned calls_seal(bool writes_files);

#endif
