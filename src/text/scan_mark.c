/* Marks stand in pieces of one size, each of which ends with a mark that tells where the next is. */
#include "text/scan_mark.h"

#if ARENA_EACH_ALLOCATION
#define MARKS_AT_ONCE 2 /* so that every test comes by the end of a piece */
#else
#define MARKS_AT_ONCE 127
#endif

static struct scan_mark *take_piece(struct scan *scan) {
    struct scan_mark *piece = ARENA_NEW(scan->mark_arena, struct scan_mark, MARKS_AT_ONCE + 1);
    scan->mark = piece;
    scan->mark_end = piece ? piece + MARKS_AT_ONCE : NULL;
    return piece;
}

void scan_begin_marks(struct scan *scan, struct arena *arena) {
    ASSERT(scan->text.len <= UINT32_MAX);
    scan->mark_arena = arena;
    scan->marks = take_piece(scan);
}

void scan_make_room_for_marks(struct scan *scan) {
    struct scan_mark *last = scan->mark_end;
    /* No tree is made of what has a defect, so what the marks of a huge one take is bounded. */
    bool is_wanted = scan->marks && scan->defect.kind == SCAN_FINE;
    if (is_wanted && take_piece(scan)) {
        *last = (struct scan_mark){.more = scan->mark, .kind = SCAN_MARK_MORE};
        return;
    }
    scan->marks = NULL;
    scan->mark = last - MARKS_AT_ONCE;
    scan->mark_end = last;
}

const struct scan_mark *scan_end_marks(struct scan *scan) {
    const struct scan_mark *marks = scan->marks;
    scan->marks = scan->mark = scan->mark_end = NULL;
    return marks;
}
