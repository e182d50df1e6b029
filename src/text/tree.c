/*
 * path = [ first { "." key | "[" ( digits | quoted ) "]" } ]      first = key | "[" … "]"
 * key  = { character but "." and "[" }      quoted = "'" { character but "'" } "'"
 */
#include "text/tree.h"

#include "text/tree_decimal.h"

const char *tree_type_name(const struct cJSON *node) {
    if (tree_is_object(node)) return "an object";
    if (tree_is_array(node)) return "a list";
    if (tree_is_string(node)) return "a string";
    if (tree_is_number(node)) return "a number";
    return tree_is_bool(node) ? "true or false" : "null";
}

/* The member of this name, null or not, from `member` on. */
static const struct cJSON *find_from(const struct cJSON *member, struct str name) {
    for (; member; member = member->next) {
        if (name.len > 0 && member->string[0] != name.at[0]) continue;
        if (strncmp(member->string, name.at, name.len) == 0 && member->string[name.len] == '\0')
            return member;
    }
    return NULL;
}

const struct cJSON *tree_find(const struct cJSON *object, struct str name) {
    if (!tree_is_object(object) || !name.at) return NULL;
    const struct cJSON *member = find_from(object->child, name);
    return tree_is_null(member) ? NULL : member;
}

size_t tree_count(const struct cJSON *node) {
    size_t count = 0;
    if (!tree_is_object(node) && !tree_is_array(node)) return 0;
    for (const struct cJSON *child = node->child; child; child = child->next)
        count++;
    return count;
}

struct str tree_number_text(const struct document *document, const struct cJSON *node) {
    (void)document;
    return tree_is_number(node) ? str_from(node->valuestring) : STR_NONE;
}

bool tree_int64(const struct document *document, const struct cJSON *node, int64_t *value) {
    struct str text = tree_number_text(document, node);
    return text.at && str_to_int64(text, value);
}

struct comparison {
    size_t steps_left; /* of looking members up that are not where they are expected */
};

static bool equals(struct comparison *comparison, const struct cJSON *a, const struct cJSON *b);

static const struct cJSON *skip_nulls(const struct cJSON *member) {
    while (member && tree_is_null(member))
        member = member->next;
    return member;
}

static size_t count_from(const struct cJSON *member) {
    size_t count = 0;
    for (member = skip_nulls(member); member; member = skip_nulls(member->next))
        count++;
    return count;
}

/* The members from `a` on against those from `b` on, in any order; no key is twice in either. */
static bool equal_as_sets(struct comparison *comparison, const struct cJSON *a,
                          const struct cJSON *b) {
    size_t count = count_from(b);
    if (count_from(a) != count) return false;
    for (; a; a = skip_nulls(a->next)) {
        if (comparison->steps_left < count) return false;
        comparison->steps_left -= count;
        const struct cJSON *match = find_from(b, tree_key(a));
        if (!match || !equals(comparison, a, match)) return false;
    }
    return true;
}

static bool equal_objects(struct comparison *comparison, const struct cJSON *a,
                          const struct cJSON *b) {
    a = skip_nulls(a->child);
    b = skip_nulls(b->child);
    while (a && b && strcmp(a->string, b->string) == 0) {
        if (!equals(comparison, a, b)) return false;
        a = skip_nulls(a->next);
        b = skip_nulls(b->next);
    }
    if (!a || !b) return a == b;
    return equal_as_sets(comparison, a, b);
}

static bool equal_arrays(struct comparison *comparison, const struct cJSON *a,
                         const struct cJSON *b) {
    a = a->child;
    b = b->child;
    while (a && b) {
        if (!equals(comparison, a, b)) return false;
        a = a->next;
        b = b->next;
    }
    return a == b;
}

static bool equal_numbers(const struct cJSON *a, const struct cJSON *b) {
    if (str_equals(tree_number_text(NULL, a), tree_number_text(NULL, b))) return true;
    struct tree_decimal decimal_a, decimal_b;
    return tree_decimal_read(tree_number_text(NULL, a), &decimal_a) &&
           tree_decimal_read(tree_number_text(NULL, b), &decimal_b) &&
           tree_decimal_equal(&decimal_a, &decimal_b);
}

static bool equals(struct comparison *comparison, const struct cJSON *a, const struct cJSON *b) {
    if (tree_is_null(a) || tree_is_null(b)) return tree_is_null(a) && tree_is_null(b);
    if ((a->type & 0xFF) != (b->type & 0xFF)) return false;
    if (tree_is_object(a)) return equal_objects(comparison, a, b);
    if (tree_is_array(a)) return equal_arrays(comparison, a, b);
    if (tree_is_string(a)) return strcmp(a->valuestring, b->valuestring) == 0;
    return !tree_is_number(a) || equal_numbers(a, b);
}

bool tree_equals(const struct cJSON *a, const struct cJSON *b) {
    struct comparison comparison = {.steps_left = (size_t)1 << 20};
    return equals(&comparison, a, b);
}

/* "[12]": takes it off the path. */
static bool take_index(struct str *path, size_t *index) {
    size_t end = str_find_char(*path, ']');
    int64_t number;
    if (path->len == 0 || path->at[0] != '[' || end == path->len) return false;
    if (!str_to_int64(str_slice(*path, 1, end - 1), &number) || number < 0) return false;
    *index = (size_t)number;
    *path = str_slice(*path, end + 1, path->len);
    return true;
}

/* ".name", "name" or "['name']": takes it off the path. */
static bool take_key(struct str *path, struct str *key) {
    if (str_starts_with(*path, STR("['"))) {
        struct str quoted = str_slice(*path, 2, path->len);
        size_t end = str_find_char(quoted, '\'');
        *key = str_slice(quoted, 0, end);
        *path = str_slice(quoted, end + 1, quoted.len);
        if (!str_starts_with(*path, STR("]"))) return false;
        *path = str_slice(*path, 1, path->len);
        return true;
    }
    if (path->len > 0 && path->at[0] == '.') *path = str_slice(*path, 1, path->len);
    size_t end = 0;
    while (end < path->len && path->at[end] != '.' && path->at[end] != '[')
        end++;
    *key = str_slice(*path, 0, end);
    *path = str_slice(*path, end, path->len);
    return end > 0;
}

static const struct cJSON *take_step(const struct cJSON *node, struct str *path) {
    size_t index;
    struct str key;
    if (tree_is_array(node) && take_index(path, &index)) {
        const struct cJSON *item = node->child;
        while (item && index-- > 0)
            item = item->next;
        return item;
    }
    if (tree_is_object(node) && take_key(path, &key)) return find_from(node->child, key);
    return NULL;
}

const struct cJSON *tree_resolve(const struct cJSON *root, struct str path, bool *whole) {
    const struct cJSON *node = root;
    while (path.len > 0) {
        const struct cJSON *child = take_step(node, &path);
        *whole = false;
        if (!child) return node;
        node = child;
    }
    *whole = true;
    return node;
}

#define SPELL(number) #number
#define VERSION(major, minor, patch) SPELL(major) "." SPELL(minor) "." SPELL(patch)

const char *tree_library_version(void) {
    return VERSION(CJSON_VERSION_MAJOR, CJSON_VERSION_MINOR, CJSON_VERSION_PATCH);
}
