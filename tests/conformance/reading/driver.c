//go:build ignore
// (The go tool would take this file for its own.)

/*
 * Reads texts as podgate does, in bulk. In: "json LENGTH\n" or "yaml LENGTH\n", then the bytes. Out, for each text: a line
 * for each document, its JSON or "error: ..."; then an empty line.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/json_out.h"
#include "text/json.h"
#include "text/yaml.h"

static struct arena arena;
static struct strbuf out;

static void write_node(const struct cJSON *node) {
    if (tree_is_object(node) || tree_is_array(node)) {
        strbuf_add_char(&out, tree_is_object(node) ? '{' : '[');
        for (const struct cJSON *child = node->child; child; child = child->next) {
            if (child != node->child) strbuf_add_char(&out, ',');
            if (tree_is_object(node)) {
                json_out_escape(&out, tree_key(child));
                strbuf_add_char(&out, ':');
            }
            write_node(child);
        }
        strbuf_add_char(&out, tree_is_object(node) ? '}' : ']');
    } else if (tree_is_string(node)) {
        json_out_escape(&out, tree_string(node));
    } else if (tree_is_number(node)) {
        strbuf_add(&out, tree_number_text(NULL, node));
    } else {
        strbuf_add(&out, tree_is_true(node)    ? STR("true")
                         : tree_is_false(node) ? STR("false")
                                               : STR("null"));
    }
}

static void write_document(const struct document *document) {
    write_node(document->root);
    strbuf_add_char(&out, '\n');
}

static void write_error(const struct error *err) {
    strbuf_printf(&out, "error: %u:%u: ", err->line, err->column);
    strbuf_add_quoted(&out, str_from(err->text), 400);
    strbuf_add_char(&out, '\n');
}

static void read_yaml(struct str text) {
    struct yaml_reader reader;
    struct document document;
    struct error err;
    yaml_reader_init(&reader, text, YAML_MANIFEST, &yaml_limits_manifest);
    for (;;) {
        switch (yaml_read(&reader, &arena, &document, &err)) {
        case YAML_END: return;
        case YAML_DOCUMENT: write_document(&document); break;
        case YAML_ERROR: write_error(&err); break;
        }
    }
}

static void read_json(struct str text) {
    struct document document;
    struct error err;
    if (json_read(&arena, text, &scan_limits_default, &document, &err))
        write_document(&document);
    else
        write_error(&err);
}

/* A copy of exactly that size, so that a sanitizer sees a read behind its end. */
static bool answer(const char *kind, size_t len) {
    char *bytes = malloc(len + (len == 0));
    if (!bytes || fread(bytes, 1, len, stdin) != len) {
        free(bytes);
        return false;
    }
    strbuf_init(&out, &arena, 4096);
    if (kind[0] == 'j')
        read_json((struct str){bytes, len});
    else
        read_yaml((struct str){bytes, len});
    strbuf_add_char(&out, '\n');
    fwrite(out.at, 1, out.len, stdout);
    fflush(stdout); /* whoever asks may wait for it */
    free(bytes);
    arena_reset(&arena, (size_t)1 << 20);
    return true;
}

int main(void) {
    char kind[5];
    size_t len;
    arena_init(&arena, 65536, 0);
    while (scanf("%4s %zu", kind, &len) == 2 && getchar() == '\n')
        if (!answer(kind, len)) return EXIT_FAILURE;
    arena_fini(&arena);
    return fflush(stdout) == 0 && feof(stdin) ? EXIT_SUCCESS : EXIT_FAILURE;
}
