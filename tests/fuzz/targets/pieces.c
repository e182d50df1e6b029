/*
 * A text read in pieces gives the same objects at the same places as the text read whole, unless one of the two
 * finds a fault: anchors do not reach over the items of a List, and what is no List is known at its end.
 */
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "desk/source.h"
#include "desk/source_window.h"
#include "fuzz/fuzz.h"

/* A line an object; *has_fault when there was an error. */
static struct str read_all(struct fuzz *fuzz, const struct str_list *operands, size_t chunk,
                           bool *has_fault) {
    struct source source;
    struct source_object object;
    struct error err;
    enum source_next next;
    struct strbuf out;
    strbuf_init(&out, &fuzz->arena, 256);
    source_init(&source, operands, (size_t)1 << 20);
    if (chunk > 0) {
        source.whole_bytes = 0;
        source.window->chunk = chunk;
    }
    *has_fault = false;
    while ((next = source_next(&source, &object, &err)) != SOURCE_END) {
        struct place place = {.line = 0};
        if (next == SOURCE_ERROR) {
            FUZZ_EXPECT(err.text[0] != '\0');
            *has_fault = true;
            continue;
        }
        (void)!source_place(&source, object.node, &place);
        FUZZ_EXPECT(place.offset + place.length <= object.text.len);
        strbuf_printf(&out, "%.*s %.*s %u:%u\n", STR_ARGS(object.api_version),
                      STR_ARGS(object.kind), place.line, place.column);
    }
    source_fini(&source);
    return strbuf_str(&out);
}

void fuzz_pieces(struct fuzz *fuzz, struct str input) {
    char name[64];
    bool whole_has_fault, pieces_have_fault;
    int fd = memfd_create("fuzz", MFD_CLOEXEC);
    FUZZ_EXPECT(fd >= 0 && write(fd, input.at, input.len) == (ssize_t)input.len);
    snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
    struct str path = str_from(name);
    const struct str_list operands = {&path, 1};
    struct str whole = read_all(fuzz, &operands, 0, &whole_has_fault);
    struct str pieces = read_all(fuzz, &operands, 1 + input.len % 61, &pieces_have_fault);
    FUZZ_EXPECT(whole_has_fault || pieces_have_fault || str_equals(whole, pieces));
    close(fd);
}
