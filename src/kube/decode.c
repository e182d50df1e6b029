#include "kube/decode.h"

#include <stdio.h>

#define KEY_SHOWN_BYTES 80

static inline const struct decode_row *find_between(const struct decode_row *row,
                                                    const struct decode_row *end, const char *key) {
    for (; row < end; row++) {
        if (row->key[0] == key[0] && strcmp(row->key, key) == 0) return row;
    }
    return NULL;
}

/* API servers write members in the order of their Go structs, and so stand the rows: the search
 * goes on behind the row that was found last. */
static const struct decode_row *find_row(const struct decode_table *table, const char *key,
                                         const struct decode_row *next) {
    if (table->count == 0) return NULL;
    const struct decode_row *row = find_between(next, table->rows + table->count, key);
    return row ? row : find_between(table->rows, next, key);
}

bool decode_object(const struct decoder *decoder, const struct cJSON *node,
                   const struct decode_table *table, void *target) {
    if (!tree_is_object(node)) return decode_wrong_type(decoder, node, "an object");
    const struct decode_row *next = table->rows;
    for (const struct cJSON *member = node->child; member; member = member->next) {
        if (tree_is_null(member)) continue;
        const struct decode_row *row = find_row(table, member->string, next);
        if (!row) continue;
        next = row + 1;
        if (row->decode && !row->decode(decoder, member, row, target))
            return decode_error_below(decoder->err, row->key);
    }
    if (table->finish) table->finish(node, target);
    return true;
}

bool decode_bool(const struct decoder *decoder, const struct cJSON *node,
                 const struct decode_row *row, void *target) {
    if (!tree_is_bool(node)) return decode_wrong_type(decoder, node, "true or false");
    bool *field = decode_target(row, target);
    *field = tree_is_true(node);
    return true;
}

bool decode_string(const struct decoder *decoder, const struct cJSON *node,
                   const struct decode_row *row, void *target) {
    if (!tree_is_string(node)) return decode_wrong_type(decoder, node, "a string");
    struct str *field = decode_target(row, target);
    *field = tree_string(node);
    return true;
}

bool decode_strings(const struct decoder *decoder, const struct cJSON *node,
                    const struct decode_row *row, void *target) {
    if (!tree_is_array(node)) return decode_wrong_type(decoder, node, "a list of strings");
    struct str *items = decode_allocate(decoder, sizeof *items, tree_count(node));
    if (!items) return false;
    size_t count = 0;
    for (const struct cJSON *item = node->child; item; item = item->next) {
        if (!tree_is_string(item)) {
            decode_wrong_type(decoder, item, "a string");
            return decode_error_below_item(decoder->err, count);
        }
        items[count++] = tree_string(item);
    }
    struct str_list *field = decode_target(row, target);
    *field = (struct str_list){items, count};
    return true;
}

bool decode_nested(const struct decoder *decoder, const struct cJSON *node,
                   const struct decode_row *row, void *target) {
    return decode_object(decoder, node, row->table, decode_target(row, target));
}

bool decode_optional(const struct decoder *decoder, const struct cJSON *node,
                     const struct decode_row *row, void *target) {
    bool *is_set = decode_target(row, target);
    *is_set = true;
    return decode_nested(decoder, node, row, target);
}

bool decode_list(const struct decoder *decoder, const struct cJSON *node,
                 const struct decode_row *row, void *target) {
    if (!tree_is_array(node)) return decode_wrong_type(decoder, node, "a list");
    size_t size = row->table->size;
    void *items = decode_allocate(decoder, size, tree_count(node));
    if (!items) return false;
    size_t count = 0;
    for (const struct cJSON *item = node->child; item; item = item->next, count++) {
        if (!decode_object(decoder, item, row->table, (char *)items + count * size))
            return decode_error_below_item(decoder->err, count);
    }
    /* The field is a pointer to some struct: copied by bytes, as its type is not known here. */
    memcpy(decode_target(row, target), &items, sizeof items);
    memcpy((char *)target + row->count_offset, &count, sizeof count);
    return true;
}

bool decode_integer(const struct decoder *decoder, const struct cJSON *node, int64_t *value) {
    if (!tree_is_number(node)) return decode_wrong_type(decoder, node, "a whole number");
    if (tree_int64(decoder->document, node, value)) return true;
    return error_set(
        decoder->err, ERR_SCHEMA,
        "must be a whole number between -2^63 and 2^63-1, without fraction or exponent");
}

void *decode_allocate(const struct decoder *decoder, size_t size, size_t count) {
    void *memory = arena_allocate(decoder->arena, size, count, _Alignof(max_align_t));
    if (!memory) error_set(decoder->err, ERR_MEMORY, "too little memory for this object");
    return memory;
}

bool decode_wrong_type(const struct decoder *decoder, const struct cJSON *node,
                       const char *wanted) {
    return error_set(decoder->err, ERR_SCHEMA, "must be %s, it is %s", wanted,
                     tree_type_name(node));
}

/* What does not fit is the deepest part: the upper one finds the place. */
bool decode_error_below(struct error *err, const char *path) {
    const size_t size = sizeof err->where;
    size_t length = strnlen(path, size - 1);
    bool has_dot = length > 0 && err->where[0] != '\0' && err->where[0] != '[';
    size_t shift = length + (has_dot && length < size - 1 ? 1 : 0);
    memmove(err->where + shift, err->where, size - shift);
    memcpy(err->where, path, length);
    if (shift > length) err->where[length] = '.';
    err->where[size - 1] = '\0';
    return false;
}

bool decode_error_below_key(struct error *err, struct str key) {
    char shown[KEY_SHOWN_BYTES + sizeof "['']"];
    bool is_plain = key.len > 0 && key.len <= KEY_SHOWN_BYTES;
    size_t length = 0;
    for (size_t i = 0; i < key.len && i < KEY_SHOWN_BYTES; i++) {
        char c = key.at[i];
        if (c == '.' || c == '[' || c == ']') is_plain = false;
        shown[2 + length++] = c > ' ' && c < 0x7f ? c : '?';
    }
    if (is_plain) {
        shown[2 + length] = '\0';
        return decode_error_below(err, shown + 2);
    }
    memcpy(shown, "['", 2);
    memcpy(shown + 2 + length, "']", sizeof "']");
    return decode_error_below(err, shown);
}

bool decode_error_below_item(struct error *err, size_t index) {
    char item[32];
    snprintf(item, sizeof item, "[%zu]", index);
    return decode_error_below(err, item);
}
