/*
 * recorder_files (private to the room recorder): the files of a folder, within a bound. One thread.
 */
#ifndef PODGATE_EDGE_RECORDER_FILES_H
#define PODGATE_EDGE_RECORDER_FILES_H

#include <dirent.h>
#include <limits.h>

#include "base/str.h"

struct record_files {
    DIR *folder; /* NULL: it was not there at the start */
    int fd;      /* of the file at hand, or -1 */
    int64_t most_bytes, file_bytes;
    int64_t written; /* to the file at hand */
    char name[NAME_MAX + 1], host[65];
};

/* False, with errno: the folder is not there, or may not be written; it is tried again all the same. */
MUST_CHECK bool files_open(struct record_files *files, const char *folder, int64_t most_bytes,
                           int64_t file_bytes);
void files_close(struct record_files *files);
/* Appends a line; begins a file where there is none, or the one at hand is full or was removed. *is_new tells that it did. False: an
 * errno in *why, and the next call begins another file. */
MUST_CHECK bool files_append(struct record_files *files, struct str line, int64_t unix_ms,
                             bool *is_new, int *why);

#endif
