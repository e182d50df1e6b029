#include "desk/source_files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "desk/source.h"

#define FIRST_BYTES ((size_t)64 << 10)
#define BYTE_ORDER_MARK STR("\xEF\xBB\xBF")

static struct str record_suffixes[] = {STR_INIT(".json"), STR_INIT(".jsonl"), STR_INIT(".ndjson"),
                                       STR_INIT(".log")};
const struct str_list source_record_suffixes = {record_suffixes,
                                                sizeof record_suffixes / sizeof *record_suffixes};

struct folder {
    struct str path;
    struct folder *next;
};

struct listing {
    struct arena *arena;
    const struct str_list *suffixes;
    enum source_depth depth;
    struct folder *waiting;
    struct str_list found;
    size_t room;
};

static bool out_of_memory(struct error *err) { return error_set(err, ERR_MEMORY, "out of memory"); }

/* --- reading ---------------------------------------------------------------------------------- */

/* Reads to the end of `fd` into a buffer that starts with room for `expected` bytes. */
static bool read_all(struct arena *arena, int fd, size_t expected, size_t limit, struct str *text,
                     struct error *err) {
    size_t room = expected + 1, len = 0;
    char *bytes = ARENA_NEW(arena, char, room + 1);
    while (bytes) {
        ssize_t got = read(fd, bytes + len, room - len);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return error_set(err, ERR_IO, "cannot be read: %s", strerror(errno));
        if (got == 0) {
            *text = (struct str){bytes, len};
            return true;
        }
        len += (size_t)got;
        if (len > limit)
            return error_set(err, ERR_LIMIT, "larger than %zu MiB, the most that is read",
                             limit >> 20);
        if (len < room) continue;
        room *= 2;
        char *larger = ARENA_NEW(arena, char, room + 1);
        if (larger) memcpy(larger, bytes, len);
        bytes = larger;
    }
    return out_of_memory(err);
}

static bool read_open_file(struct arena *arena, int fd, size_t limit, struct str *text,
                           struct error *err) {
    struct stat status;
    size_t expected = FIRST_BYTES;
    if (fstat(fd, &status) != 0)
        return error_set(err, ERR_IO, "cannot be read: %s", strerror(errno));
    if (S_ISDIR(status.st_mode)) return error_set(err, ERR_IO, "a folder that cannot be listed");
    if (S_ISREG(status.st_mode) && status.st_size >= 0) {
        if ((uintmax_t)status.st_size > limit)
            return error_set(err, ERR_LIMIT, "larger than %zu MiB, the most that is read",
                             limit >> 20);
        expected = (size_t)status.st_size;
    }
    if (!read_all(arena, fd, expected, limit, text, err)) return false;
    if (str_starts_with(*text, BYTE_ORDER_MARK))
        *text = str_slice(*text, BYTE_ORDER_MARK.len, text->len);
    return true;
}

bool source_files_read(struct arena *arena, struct str path, size_t limit, struct str *text,
                       struct error *err) {
    if (str_equals(path, STR("-"))) return read_open_file(arena, STDIN_FILENO, limit, text, err);
    int fd = open(path.at, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0) return error_set(err, ERR_IO, "cannot be read: %s", strerror(errno));
    bool done = read_open_file(arena, fd, limit, text, err);
    close(fd);
    return done;
}

bool source_read_file(struct arena *arena, struct str path, size_t limit, struct str *text,
                      struct error *err) {
    struct str name = str_copy(arena, path);
    if (!name.at) return out_of_memory(err);
    if (source_files_read(arena, name, limit, text, err)) return true;
    return error_in(err, str_equals(name, STR("-")) ? "<stdin>" : name.at);
}

/* --- folders ---------------------------------------------------------------------------------- */

bool source_files_is_folder(struct str path) {
    struct stat status;
    return !str_equals(path, STR("-")) && stat(path.at, &status) == 0 && S_ISDIR(status.st_mode);
}

static bool add_path(struct listing *listing, struct str path) {
    if (listing->found.count == listing->room) {
        size_t room = listing->room ? 2 * listing->room : 64;
        struct str *larger = ARENA_NEW(listing->arena, struct str, room);
        if (!larger) return false;
        if (listing->room) memcpy(larger, listing->found.items, listing->room * sizeof *larger);
        listing->found.items = larger;
        listing->room = room;
    }
    listing->found.items[listing->found.count++] = path;
    return true;
}

static bool add_folder(struct listing *listing, struct str path) {
    struct folder *folder = ARENA_NEW(listing->arena, struct folder, 1);
    if (!folder) return false;
    *folder = (struct folder){.path = path, .next = listing->waiting};
    listing->waiting = folder;
    return true;
}

static bool has_suffix(const struct str_list *suffixes, struct str name) {
    for (size_t i = 0; i < suffixes->count; i++)
        if (str_ends_with(name, suffixes->items[i])) return true;
    return false;
}

static struct str join(struct arena *arena, struct str folder, const char *name) {
    if (str_equals(folder, STR("."))) return str_copy(arena, str_from(name));
    bool has_slash = str_ends_with(folder, STR("/"));
    return str_format(arena, "%.*s%s%s", STR_ARGS(folder), has_slash ? "" : "/", name);
}

/* False only when memory ran out. */
static bool add_entry(struct listing *listing, int folder_fd, struct str folder, const char *name) {
    struct stat status;
    if (name[0] == '.') return true;
    bool wanted = has_suffix(listing->suffixes, str_from(name));
    if (!wanted && listing->depth == SOURCE_FLAT) return true;
    /* What cannot be looked at, a dangling link too, is kept where its name is right: reading it tells. */
    if (fstatat(folder_fd, name, &status, AT_SYMLINK_NOFOLLOW) != 0) {
        if (errno == ENOENT) return true; /* gone since it was listed */
        status.st_mode = S_IFREG;
    }
    bool is_link = S_ISLNK(status.st_mode);
    if (is_link && fstatat(folder_fd, name, &status, 0) != 0) status.st_mode = S_IFREG;

    if (S_ISDIR(status.st_mode)) {
        if (is_link || listing->depth == SOURCE_FLAT) return true;
        struct str path = join(listing->arena, folder, name);
        return path.at && add_folder(listing, path);
    }
    if (!wanted || !S_ISREG(status.st_mode)) return true;
    struct str path = join(listing->arena, folder, name);
    return path.at && add_path(listing, path);
}

static bool list_folder(struct listing *listing, struct str folder, bool is_first,
                        struct error *err) {
    DIR *dir = opendir(folder.at);
    if (!dir) {
        if (is_first) return error_set(err, ERR_IO, "cannot be listed: %s", strerror(errno));
        return add_path(listing, folder) || out_of_memory(err);
    }
    bool fine = true;
    struct dirent *entry;
    while (errno = 0, fine && (entry = readdir(dir)) != NULL)
        fine = add_entry(listing, dirfd(dir), folder, entry->d_name);
    int why = fine ? errno : 0; /* half a listing is none */
    closedir(dir);
    if (why != 0) return error_set(err, ERR_IO, "cannot be listed: %s", strerror(why));
    return fine || out_of_memory(err);
}

static int compare_paths(const void *a, const void *b) {
    const struct str *left = a, *right = b;
    return str_compare(*left, *right);
}

bool source_files_list(struct arena *arena, struct str folder, enum source_depth depth,
                       const struct str_list *suffixes, struct str_list *out, struct error *err) {
    struct listing listing = {.arena = arena, .suffixes = suffixes, .depth = depth};
    if (!list_folder(&listing, folder, true, err)) return false;
    while (listing.waiting) {
        struct folder *next = listing.waiting;
        listing.waiting = next->next;
        if (!list_folder(&listing, next->path, false, err)) return false;
    }
    *out = listing.found;
    if (out->count > 1) qsort(out->items, out->count, sizeof *out->items, compare_paths);
    return true;
}
