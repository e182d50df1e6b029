/*
 * source_files: folders and whole files for the rooms source, replay and report. Paths and texts live in the
 * caller's arena.
 */
#ifndef PODGATE_DESK_SOURCE_FILES_H
#define PODGATE_DESK_SOURCE_FILES_H

#include "base/str.h"

enum source_depth { SOURCE_FLAT, SOURCE_RECURSIVE };

/* The whole text behind a terminated path, itself terminated; "-" is standard input. Without a
 * byte order mark. ERR_IO, ERR_LIMIT (more than `limit` bytes), ERR_MEMORY; the error names no
 * file. */
MUST_CHECK bool source_files_read(struct arena *arena, struct str path, size_t limit,
                                  struct str *text, struct error *err);
bool source_files_is_folder(struct str path);
/* .json, .jsonl, .ndjson, .log: what programs wrote, a record a line. */
extern const struct str_list source_record_suffixes;
/*
 * The files of a folder whose names end in one of `suffixes`, sorted by path. Entries that start
 * with a dot are skipped. Files may be symbolic links; linked folders below `folder` are not
 * entered. A subfolder that cannot be listed appears as a path of its own, so that reading it gives
 * the error.
 */
MUST_CHECK bool source_files_list(struct arena *arena, struct str folder, enum source_depth depth,
                                  const struct str_list *suffixes, struct str_list *out,
                                  struct error *err);

#endif
