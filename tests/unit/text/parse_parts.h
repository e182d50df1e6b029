/* Parses a text of which some parts read as null, as kube/review does. */
#ifndef PODGATE_TEST_PARSE_PARTS_H
#define PODGATE_TEST_PARSE_PARTS_H

#include "text/json.h"

#define PARSE_PARTS_DEPTH 64

/* Whether the value that is next holds what begins at `part`. */
static inline bool is_in_next_value(const struct scan *scan, const char *part) {
    struct scan probe = *scan;
    struct str value;
    probe.mark = NULL;
    return scan_value(&probe, &value) && part > value.at && part < value.at + value.len;
}

/* One value: steps into what holds a part and passes over the rest. */
static inline bool scan_around_parts(struct scan *scan, const struct str *part,
                                     const struct str *parts_end) {
    bool is_object[PARSE_PARTS_DEPTH];
    size_t depth = 0;
    do {
        struct str bytes;
        enum scan_type type = scan_peek(scan);
        if (part < parts_end && part->at == scan->text.at + scan->at) {
            if (!scan_value_as_null(scan, &bytes) || bytes.len != part->len) return false;
            part++;
        } else if (part < parts_end && is_in_next_value(scan, part->at)) {
            if (depth == PARSE_PARTS_DEPTH) return false;
            is_object[depth++] = type == SCAN_OBJECT;
            if (type == SCAN_OBJECT ? !scan_begin_object(scan) : !scan_begin_array(scan))
                return false;
        } else if (!scan_value(scan, &bytes)) {
            return false;
        }
        while (depth > 0 &&
               !(is_object[depth - 1] ? scan_next_member(scan, &bytes) : scan_next_item(scan)))
            depth--;
    } while (depth > 0);
    return part == parts_end && scan_end(scan) && scan->defect.kind == SCAN_FINE;
}

/* `parts` are values of the text, none in another, in their order. */
MUST_CHECK static inline bool parse_with_parts(struct arena *arena, struct str text,
                                               const struct str *parts, size_t count,
                                               struct document *document, struct error *err) {
    struct scan scan;
    scan_init(&scan, text, &scan_limits_default);
    scan_begin_marks(&scan, arena);
    ASSERT(scan_around_parts(&scan, parts, count > 0 ? parts + count : parts));
    return json_parse(arena, text, scan_end_marks(&scan), parts, count, document, err);
}

#endif
