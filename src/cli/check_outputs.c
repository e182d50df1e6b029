#include "cli/check_outputs.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/console.h"

/* Also of a name that cannot be shown as it is. */
static bool cannot_write(struct str path, const char *why) {
    console_say("%.*s: cannot be written: %s", STR_ARGS(path), why);
    return false;
}

/* --- files ------------------------------------------------------------------------------------- */

/* Where a name leads, links followed, also when there is no file yet. NULL: errno. */
static const char *find_target(struct arena *arena, const char *path) {
    char found[PATH_MAX];
    if (realpath(path, found)) return str_copy(arena, str_from(found)).at;
    if (errno != ENOENT) return NULL;
    struct str name = str_from(path);
    size_t slash = str_find_last_char(name, '/');
    bool has_folder = slash < name.len;
    struct str folder = has_folder ? str_copy(arena, str_slice(name, 0, slash + 1)) : STR(".");
    if (!folder.at || !realpath(folder.at, found)) return NULL;
    struct str base = has_folder ? str_slice(name, slash + 1, name.len) : name;
    return str_format(arena, "%s/%.*s", found, STR_ARGS(base)).at;
}

static bool is_regular_or_new(const char *target, mode_t *mode) {
    struct stat status;
    if (stat(target, &status) == 0) {
        *mode = status.st_mode & 0777;
        return S_ISREG(status.st_mode);
    }
    mode_t mask = umask(0);
    umask(mask);
    *mode = 0666 & ~mask;
    return errno == ENOENT;
}

/* A new file beside the target, with the rights of what it will replace. */
static FILE *open_beside(struct arena *arena, struct check_output_file *file, mode_t mode) {
    char *name = NULL;
    struct str temporary = str_format(arena, "%s.XXXXXX", file->target);
    if (temporary.at) name = ARENA_NEW(arena, char, temporary.len + 1);
    if (!name) {
        errno = ENOMEM;
        return NULL;
    }
    memcpy(name, temporary.at, temporary.len);
    int fd = mkostemp(name, O_CLOEXEC);
    if (fd < 0) return NULL;
    file->temporary = name;
    if (fchmod(fd, mode) != 0) {
        close(fd);
        return NULL;
    }
    return fdopen(fd, "w");
}

static FILE *open_file(struct arena *arena, struct check_output_file *file) {
    mode_t mode;
    const char *path = str_copy(arena, file->path).at;
    const char *target = path ? find_target(arena, path) : NULL;
    if (!target) return NULL;
    if (!is_regular_or_new(target, &mode)) return fopen(target, "we");
    /* Renaming would replace what may not be written. */
    if (access(target, F_OK) == 0 && access(target, W_OK) != 0) return NULL;
    file->target = target;
    return open_beside(arena, file, mode);
}

static bool is_named_twice(const struct check_outputs *outputs,
                           const struct check_output_file *file) {
    for (size_t i = 0; i < outputs->count; i++)
        if (file->target && outputs->files[i].target &&
            strcmp(outputs->files[i].target, file->target) == 0)
            return true;
    return false;
}

/* --- opening ------------------------------------------------------------------------------------ */

static void add_output(struct check_outputs *outputs, const struct format *format,
                       const struct desk_run *run, FILE *stream,
                       const struct check_output_file *file, int colour) {
    bool is_colourful = !file && console_has_colour((enum console_colour)colour, stream);
    format_sink_init(&outputs->sinks[outputs->count], format, run, stream, is_colourful);
    if (file) outputs->files[outputs->count] = *file;
    outputs->count++;
}

static bool refuse_unknown(struct arena *arena, struct str name) {
    struct strbuf known;
    struct str *names = ARENA_NEW(arena, struct str, format_count);
    strbuf_init(&known, arena, 128);
    for (size_t i = 0; names && i < format_count; i++) {
        names[i] = str_from(formats[i]->name);
        strbuf_printf(&known, "%s%s",
                      i == 0                 ? ""
                      : i + 1 < format_count ? ", "
                                             : " or ",
                      formats[i]->name);
    }
    struct str near = names ? str_nearest(name, names, format_count) : STR_NONE;
    if (near.len)
        console_say("--output: there is no format \"%.*s\" (did you mean %.*s?)", STR_ARGS(name),
                    STR_ARGS(near));
    else
        console_say("--output: there is no format \"%.*s\": write %.*s", STR_ARGS(name),
                    STR_ARGS(strbuf_str(&known)));
    return false;
}

static bool take_stdout(struct check_outputs *outputs, const struct format *format) {
    if (outputs->stdout_is_taken) {
        console_say("--output: only one format can go to standard output (%s=FILE)", format->name);
        return false;
    }
    outputs->stdout_is_taken = true;
    outputs->tells_text = format == &format_text;
    return true;
}

static bool open_output(struct check_outputs *outputs, struct arena *arena, struct str wish,
                        const struct desk_run *run, int colour) {
    size_t equals = str_find_char(wish, '=');
    struct check_output_file file = {.path = str_slice(wish, equals + 1, wish.len)};
    const struct format *format = format_find(str_slice(wish, 0, equals));
    if (!format) return refuse_unknown(arena, str_slice(wish, 0, equals));
    if (outputs->count == CHECK_OUTPUT_MAX) {
        console_say("--output: more than %d outputs", CHECK_OUTPUT_MAX);
        return false;
    }
    if (str_is_empty(file.path) || str_equals(file.path, STR("-"))) {
        if (!take_stdout(outputs, format)) return false;
        add_output(outputs, format, run, stdout, NULL, colour);
        return true;
    }
    FILE *stream = open_file(arena, &file);
    if (!stream) {
        const char *why = strerror(errno);
        if (file.temporary) unlink(file.temporary);
        return cannot_write(file.path, why);
    }
    bool is_twice = is_named_twice(outputs, &file);
    add_output(outputs, format, run, stream, &file, colour);
    return !is_twice || cannot_write(file.path, "another --output has this file");
}

bool check_outputs_open(struct check_outputs *outputs, struct arena *arena,
                        const struct str_list *wishes, const struct desk_run *run, int colour) {
    for (size_t i = 0; i < wishes->count; i++)
        if (!open_output(outputs, arena, wishes->items[i], run, colour)) return false;
    /* What could not be judged is always seen. */
    if (!outputs->tells_text) add_output(outputs, &format_errors, run, stderr, NULL, colour);
    return true;
}

/* --- closing ------------------------------------------------------------------------------------ */

static bool close_output(struct format_sink *sink, const struct check_output_file *file,
                         bool done) {
    bool is_whole = format_is_whole(sink);
    FILE *stream = sink->stream;
    format_sink_fini(sink);
    if (str_is_empty(file->path)) return is_whole || !done;
    is_whole = fclose(stream) == 0 && is_whole;
    if (done && is_whole && file->temporary) is_whole = rename(file->temporary, file->target) == 0;
    if (file->temporary && !(done && is_whole)) unlink(file->temporary);
    if (!done || is_whole) return true;
    console_say("%.*s: could not be written whole", STR_ARGS(file->path));
    return false;
}

bool check_outputs_close(struct check_outputs *outputs, bool done) {
    bool fine = true;
    for (size_t i = 0; i < outputs->count; i++)
        fine = close_output(&outputs->sinks[i], &outputs->files[i], done) && fine;
    return fine;
}
