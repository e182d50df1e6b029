/*
 * podgate-20270301T120000.123Z-HOST.jsonl: names in their order are files in the order of time, also when several
 * replicas share the folder. All of that form count for the bound, whoever wrote them.
 */
#include "edge/recorder_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/date.h"

#define PREFIX "podgate-"
#define SUFFIX ".jsonl"

bool files_open(struct record_files *files, const char *folder, int64_t most_bytes,
                int64_t file_bytes) {
    *files = (struct record_files){.fd = -1, .most_bytes = most_bytes, .file_bytes = file_bytes};
    if (gethostname(files->host, sizeof files->host - 1) != 0)
        snprintf(files->host, sizeof files->host, "podgate");
    files->folder = opendir(folder);
    return files->folder && access(folder, W_OK | X_OK) == 0;
}

static void end_file(struct record_files *files) {
    if (files->fd >= 0) close(files->fd);
    files->fd = -1;
}

void files_close(struct record_files *files) {
    end_file(files);
    if (files->folder) closedir(files->folder);
    files->folder = NULL;
}

static bool is_ours(const char *name) {
    struct str text = str_from(name);
    return str_starts_with(text, STR(PREFIX)) && str_ends_with(text, STR(SUFFIX));
}

/* The bytes of all files, and the name of the oldest ("" when there is none). */
static int64_t sum_up(struct record_files *files, char oldest[static NAME_MAX + 1]) {
    int64_t sum = 0;
    oldest[0] = '\0';
    rewinddir(files->folder);
    for (struct dirent *entry; (entry = readdir(files->folder));) {
        struct stat info;
        if (!is_ours(entry->d_name) ||
            fstatat(dirfd(files->folder), entry->d_name, &info, AT_SYMLINK_NOFOLLOW) != 0)
            continue;
        sum += info.st_size;
        if (oldest[0] == '\0' || strcmp(entry->d_name, oldest) < 0)
            snprintf(oldest, NAME_MAX + 1, "%s", entry->d_name);
    }
    return sum;
}

/* For one more file. Another replica may have removed the oldest at the same time. */
static bool make_room(struct record_files *files) {
    char oldest[NAME_MAX + 1];
    while (sum_up(files, oldest) > files->most_bytes - files->file_bytes)
        if (unlinkat(dirfd(files->folder), oldest, 0) != 0 && errno != ENOENT) return false;
    return true;
}

static void name_file(struct record_files *files, int64_t unix_ms) {
    char now[32], plain[32];
    size_t n = 0;
    date_format_instant(unix_ms, now);
    for (const char *c = now; *c; c++)
        if (*c != '-' && *c != ':') plain[n++] = *c;
    plain[n] = '\0';
    snprintf(files->name, sizeof files->name, PREFIX "%s-%s" SUFFIX, plain, files->host);
}

static bool begin_file(struct record_files *files, int64_t unix_ms) {
    if (!files->folder) {
        errno = ENOENT;
        return false;
    }
    if (!make_room(files)) return false;
    name_file(files, unix_ms);
    /* The group may read: a claim's fsGroup is how somebody else gets at the files. */
    files->fd = openat(dirfd(files->folder), files->name,
                       O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0640);
    files->written = 0;
    return files->fd >= 0;
}

/* By another replica for the bound's sake, or by a person. */
static bool was_removed(const struct record_files *files) {
    struct stat info;
    return fstat(files->fd, &info) != 0 || info.st_nlink == 0;
}

static bool write_all(int fd, struct str text) {
    while (text.len > 0) {
        ssize_t n = write(fd, text.at, text.len);
        if (n < 0 && errno != EINTR) return false;
        if (n > 0) text = str_slice(text, (size_t)n, text.len);
    }
    return true;
}

bool files_append(struct record_files *files, struct str line, int64_t unix_ms, bool *is_new,
                  int *why) {
    int64_t bytes = (int64_t)line.len;
    if (files->fd >= 0 && (files->written + bytes > files->file_bytes || was_removed(files)))
        end_file(files);
    *is_new = files->fd < 0;
    if (*is_new && !begin_file(files, unix_ms)) {
        *why = errno;
        return false;
    }
    if (write_all(files->fd, line)) {
        files->written += bytes;
        return true;
    }
    *why = errno;
    /* What a full disk left of the line ends the file; a file of nothing else is none. */
    end_file(files);
    if (files->written == 0) (void)unlinkat(dirfd(files->folder), files->name, 0);
    return false;
}
