/* Each place of a path is where its text says that it is. */
#include "text/path.h"

#include "fuzz/fuzz.h"
#include "text/json.h"

struct visiting {
    struct fuzz *fuzz;
    const struct cJSON *root;
};

static void expect_place(void *context, const struct path_place *place) {
    struct visiting *v = context;
    bool is_whole;
    struct str text = path_place_text(&v->fuzz->arena, place, 0);
    (void)path_place_identity(&v->fuzz->arena, place);
    /* A key with a quote cannot be written, and a nameless one is no step. */
    if (!place->node || str_find_char(text, '\'') < text.len) return;
    FUZZ_EXPECT(tree_resolve(v->root, text, &is_whole) == place->node && is_whole);
}

/* The first line is the path, the rest a JSON document. */
void fuzz_path(struct fuzz *fuzz, struct str input) {
    size_t line = str_find_char(input, '\n');
    struct error err = {0};
    struct path path;
    struct document document;
    if (!path_parse(str_slice(input, 0, line), &path, &err)) {
        FUZZ_EXPECT(err.text[0] != '\0');
        return;
    }
    struct str json = str_slice(input, line + 1, input.len);
    if (!json_read(&fuzz->arena, json, &scan_limits_default, &document, &err)) return;
    struct visiting visiting = {fuzz, document.root};
    path_visit(&path, document.root, expect_place, &visiting);
}
