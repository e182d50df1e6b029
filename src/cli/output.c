#include "cli/output.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

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
static FILE *open_beside(struct arena *arena, struct output *output, mode_t mode) {
    char *name = NULL;
    struct str temporary = str_format(arena, "%s.XXXXXX", output->target);
    if (temporary.at) name = ARENA_NEW(arena, char, temporary.len + 1);
    if (!name) {
        errno = ENOMEM;
        return NULL;
    }
    memcpy(name, temporary.at, temporary.len);
    int fd = mkostemp(name, O_CLOEXEC);
    if (fd < 0) return NULL;
    output->temporary = name;
    if (fchmod(fd, mode) != 0) {
        close(fd);
        return NULL;
    }
    return fdopen(fd, "w");
}

static FILE *open_file(struct arena *arena, struct output *output) {
    mode_t mode;
    const char *path = str_copy(arena, output->path).at;
    const char *target = path ? find_target(arena, path) : NULL;
    if (!target) return NULL;
    if (!is_regular_or_new(target, &mode)) return fopen(target, "we");
    /* Renaming would replace what may not be written. */
    if (access(target, F_OK) == 0 && access(target, W_OK) != 0) return NULL;
    output->target = target;
    return open_beside(arena, output, mode);
}

static bool is_named_twice(const struct outputs *outputs, const struct output *output) {
    for (size_t i = 0; i < outputs->count; i++)
        if (output->target && outputs->items[i].target &&
            strcmp(outputs->items[i].target, output->target) == 0)
            return true;
    return false;
}

/* --- opening ------------------------------------------------------------------------------------ */

static bool refuse_unknown(struct arena *arena, struct str name, const char *const *formats) {
    struct strbuf known;
    size_t count = 0;
    while (formats[count])
        count++;
    struct str *names = ARENA_NEW(arena, struct str, count);
    strbuf_init(&known, arena, 128);
    for (size_t i = 0; names && i < count; i++) {
        names[i] = str_from(formats[i]);
        STRBUF_ADD(&known, str_or(i, count), names[i]);
    }
    struct str near = names ? str_nearest(name, names, count) : STR_NONE;
    if (near.len)
        console_say("--output: there is no format \"%.*s\" (did you mean %.*s?)", STR_ARGS(name),
                    STR_ARGS(near));
    else
        console_say("--output: there is no format \"%.*s\": write %.*s", STR_ARGS(name),
                    STR_ARGS(strbuf_str(&known)));
    return false;
}

static bool find_format(struct arena *arena, struct str name, const char *const *formats,
                        size_t *found) {
    for (*found = 0; formats[*found]; ++*found)
        if (str_equals(name, str_from(formats[*found]))) return true;
    return refuse_unknown(arena, name, formats);
}

static bool is_stdout(const struct output *output) { return str_is_empty(output->path); }

static bool open_stdout(const struct outputs *outputs, struct output *output, const char *format,
                        enum console_colour colour) {
    for (size_t i = 0; i < outputs->count; i++) {
        if (!is_stdout(&outputs->items[i])) continue;
        console_say("--output: only one format can go to standard output (%s=FILE)", format);
        return false;
    }
    output->stream = stdout;
    output->has_colour = console_has_colour(colour, stdout);
    return true;
}

static bool open_output(struct outputs *outputs, struct arena *arena, struct str wish,
                        const char *const *formats, enum console_colour colour) {
    size_t equals = str_find_char(wish, '=');
    struct output output = {.path = str_slice(wish, equals + 1, wish.len)};
    if (!find_format(arena, str_slice(wish, 0, equals), formats, &output.format)) return false;
    if (outputs->count == OUTPUT_MAX) {
        console_say("--output: more than %d outputs", OUTPUT_MAX);
        return false;
    }
    if (str_equals(output.path, STR("-"))) output.path = STR_NONE;
    if (is_stdout(&output)) {
        if (!open_stdout(outputs, &output, formats[output.format], colour)) return false;
    } else if (!(output.stream = open_file(arena, &output))) {
        const char *why = strerror(errno);
        if (output.temporary) unlink(output.temporary);
        return cannot_write(output.path, why);
    }
    bool is_twice = is_named_twice(outputs, &output);
    outputs->items[outputs->count++] = output;
    return !is_twice || cannot_write(output.path, "another --output has this file");
}

bool outputs_open(struct outputs *outputs, struct arena *arena, const struct str_list *wishes,
                  const char *const *formats, enum console_colour colour) {
    *outputs = (struct outputs){.count = 0};
    for (size_t i = 0; i < wishes->count; i++)
        if (!open_output(outputs, arena, wishes->items[i], formats, colour)) return false;
    return true;
}

/* --- writing and closing ------------------------------------------------------------------------ */

void output_write(struct output *output, const struct strbuf *text) {
    bool has_memory = !arena_is_exhausted(text->arena);
    if (!has_memory) console_say("out of memory while writing the output");
    if (!has_memory || fwrite(text->at, 1, text->len, output->stream) != text->len)
        output->has_failed = true;
}

static bool close_output(const struct output *output, bool done) {
    bool is_whole = !output->has_failed;
    if (is_stdout(output)) return is_whole || !done;
    is_whole = fclose(output->stream) == 0 && is_whole;
    if (done && is_whole && output->temporary)
        is_whole = rename(output->temporary, output->target) == 0;
    if (output->temporary && !(done && is_whole)) unlink(output->temporary);
    if (!done || is_whole) return true;
    console_say("%.*s: could not be written whole", STR_ARGS(output->path));
    return false;
}

bool outputs_close(struct outputs *outputs, bool done) {
    bool fine = true;
    for (size_t i = 0; i < outputs->count; i++)
        fine = close_output(&outputs->items[i], done) && fine;
    return fine;
}
