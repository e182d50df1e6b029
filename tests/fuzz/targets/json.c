/* What scan accepts is a tree, whose nodes are found again where they stand, and which is the same when read again. */
#include "fuzz/fuzz.h"
#include "text/json.h"

/* Each of the first members is where its place says. */
static void expect_places(struct fuzz *fuzz, const struct document *document) {
    int most = 64;
    for (const struct cJSON *node = document->root->child; node && most-- > 0; node = node->next) {
        struct place place;
        struct str string;
        FUZZ_EXPECT(tree_place(document, node, &place));
        FUZZ_EXPECT(place.offset + place.length <= document->text.len);
        struct str bytes = str_slice(document->text, place.offset, place.length);
        if (!tree_is_string(node)) continue;
        FUZZ_EXPECT(scan_string(&fuzz->arena, bytes, &string));
        FUZZ_EXPECT(str_equals(string, tree_string(node)));
    }
}

static void expect_paths(struct fuzz *fuzz, const struct document *document) {
    int most = 16;
    for (const struct cJSON *node = document->root->child; node && most-- > 0; node = node->next) {
        bool whole;
        struct str path = tree_path(&fuzz->arena, document->root, node);
        const struct cJSON *found = tree_resolve(document->root, path, &whole);
        FUZZ_EXPECT(found != NULL);
    }
}

void fuzz_json(struct fuzz *fuzz, struct str input) {
    struct document document, again;
    struct error err = {0}, err_again = {0};
    bool is_read = json_read(&fuzz->arena, input, &scan_limits_default, &document, &err);
    FUZZ_EXPECT(is_read ==
                json_read(&fuzz->arena, input, &scan_limits_default, &again, &err_again));
    if (!is_read) {
        FUZZ_EXPECT(err.text[0] != '\0' && err.code != ERR_BUG && err.code != ERR_MEMORY);
        FUZZ_EXPECT(err.line == err_again.line && err.column == err_again.column);
        return;
    }
    FUZZ_EXPECT(tree_equals(document.root, again.root));
    if (!document.root->child) return;
    expect_places(fuzz, &document);
    expect_paths(fuzz, &document);
}
