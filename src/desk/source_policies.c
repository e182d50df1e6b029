#include "desk/source.h"

#include "desk/source_files.h"
#include "policy/builtin.h"

static struct str suffix_items[] = {{".yaml", 5}, {".yml", 4}};
static const struct str_list suffixes = {suffix_items, sizeof suffix_items / sizeof *suffix_items};

struct policy_sources {
    struct arena *arena;
    struct policy_source *items;
    size_t count, room;
};

static bool add(struct policy_sources *sources, struct policy_source source, struct error *err) {
    if (sources->count == sources->room) {
        size_t room = sources->room ? 2 * sources->room : 16;
        struct policy_source *larger = ARENA_NEW(sources->arena, struct policy_source, room);
        if (!larger) return error_set(err, ERR_MEMORY, "out of memory");
        if (sources->room) memcpy(larger, sources->items, sources->room * sizeof *larger);
        sources->items = larger;
        sources->room = room;
    }
    sources->items[sources->count++] = source;
    return true;
}

static bool add_file(struct policy_sources *sources, struct str path, struct error *err) {
    struct policy_source source = {.name = path};
    if (str_equals(path, STR("-"))) source.name = STR("<stdin>");
    if (!source_files_read(sources->arena, path, SOURCE_POLICY_BYTES, &source.text, err))
        return error_in(err, source.name.at);
    return add(sources, source, err);
}

static bool add_folder(struct policy_sources *sources, struct str path, struct error *err) {
    struct str_list files;
    if (!source_files_list(sources->arena, path, SOURCE_FLAT, &suffixes, &files, err))
        return error_in(err, path.at);
    if (files.count == 0) {
        error_set(err, ERR_IO, "no *.yaml or *.yml file directly in this folder, so no policy");
        return error_in(err, path.at);
    }
    for (size_t i = 0; i < files.count; i++)
        if (!add_file(sources, files.items[i], err)) return false;
    return true;
}

static bool unknown_builtin(struct arena *arena, struct str path, struct str name,
                            struct error *err) {
    struct str *names = ARENA_NEW(arena, struct str, builtin_policy_count);
    if (!names) return error_set(err, ERR_MEMORY, "out of memory");
    for (size_t i = 0; i < builtin_policy_count; i++)
        names[i] = builtin_policies[i].name;
    struct str near = str_nearest(name, names, builtin_policy_count);
    if (near.len)
        error_set(err, ERR_USAGE, "there is no such built-in policy; did you mean builtin:%.*s?",
                  STR_ARGS(near));
    else
        error_set(err, ERR_USAGE, "there is no such built-in policy; builtin:default is one");
    return error_in(err, path.at);
}

static bool add_builtin(struct policy_sources *sources, struct str path, struct str name,
                        struct error *err) {
    const struct builtin_policy *builtin = builtin_policy_find(name);
    if (!builtin) return unknown_builtin(sources->arena, path, name, err);
    return add(sources, (struct policy_source){.name = path, .text = builtin->text}, err);
}

bool source_read_policies(struct arena *arena, const struct str_list *paths,
                          struct policy_source **out, size_t *count, struct error *err) {
    struct policy_sources sources = {.arena = arena};
    const struct str prefix = STR("builtin:");
    for (size_t i = 0; i < paths->count; i++) {
        /* Paths from PODGATE_POLICIES are divided by commas and so not terminated. */
        struct str path = str_copy(arena, paths->items[i]);
        if (!path.at) return error_set(err, ERR_MEMORY, "out of memory");
        bool done;
        if (str_starts_with(path, prefix))
            done = add_builtin(&sources, path, str_slice(path, prefix.len, path.len), err);
        else if (source_files_is_folder(path))
            done = add_folder(&sources, path, err);
        else
            done = add_file(&sources, path, err);
        if (!done) return false;
    }
    *out = sources.items;
    *count = sources.count;
    return true;
}

/* --- policy tests ------------------------------------------------------------------------------- */

static bool add_test_files(struct arena *arena, const struct str_list *paths, bool is_named,
                           struct source_test_file **files, size_t *count) {
    struct source_test_file *more =
        ARENA_NEW(arena, struct source_test_file, *count + paths->count);
    if (!more) return false;
    if (*count) memcpy(more, *files, *count * sizeof *more);
    for (size_t i = 0; i < paths->count; i++)
        more[(*count)++] = (struct source_test_file){paths->items[i], is_named};
    *files = more;
    return true;
}

bool source_list_test_files(struct arena *arena, const struct str_list *operands,
                            struct source_test_file **out, size_t *count, struct error *err) {
    *out = NULL;
    *count = 0;
    for (size_t i = 0; i < operands->count; i++) {
        struct str path = str_copy(arena, operands->items[i]);
        struct str_list files = {&path, 1};
        bool is_folder = path.at && source_files_is_folder(path);
        if (is_folder && !source_files_list(arena, path, SOURCE_RECURSIVE, &suffixes, &files, err))
            return error_in(err, path.at);
        if (!path.at || !add_test_files(arena, &files, !is_folder, out, count))
            return error_set(err, ERR_MEMORY, "out of memory");
    }
    return true;
}
