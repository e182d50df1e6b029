/*
 * arena: memory of one lifetime, given back at once.
 *
 * podgate has three lifetimes: process (options), snapshot (policies) and request (or document).
 * Each is an arena; a pointer may point into its own lifetime or a longer one. Memory is zeroed.
 * Running out (the system's memory or the arena's own limit) returns NULL and marks the arena for
 * good until the next reset; so a long computation may go on and ask once, at its end, with
 * `arena_is_exhausted`. That mark beats any verdict.
 *
 * An arena belongs to one thread at a time. With ARENA_EACH_ALLOCATION=1 (sanitizer builds) every
 * allocation is a malloc of its own behind this same header, so that overruns are seen.
 */
#ifndef PODGATE_BASE_ARENA_H
#define PODGATE_BASE_ARENA_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifndef ARENA_EACH_ALLOCATION
#define ARENA_EACH_ALLOCATION 0
#endif

struct arena_block;

/* Bytes that several arenas, and others, may hold together; its owner outlives them. Any thread may charge. */
struct arena_budget {
    _Atomic int64_t held;
    int64_t limit;
};
/* False, and nothing charged, when that would be over the limit. */
bool arena_budget_charge(struct arena_budget *budget, size_t bytes);
void arena_budget_give_back(struct arena_budget *budget, size_t bytes);

struct arena {
    struct arena_block *first, *current;
    char *next, *end;   /* free space of the current block */
    size_t block_bytes; /* size of an ordinary block */
    size_t limit_bytes; /* most bytes held from the system at once; 0: no limit */
    size_t held_bytes;  /* held from the system now */
    struct arena_budget *
        budget; /* what is held beyond `own_bytes` is charged; NULL: nothing. Set after arena_init */
    size_t own_bytes;
    bool exhausted;
    bool is_over_budget; /* exhausted because of what others hold: another time it may do */
};

/* Prepares an empty arena that takes nothing from the system yet. */
void arena_init(struct arena *arena, size_t block_bytes, size_t limit_bytes);
/* Gives everything back. The arena may be used again as after init. */
void arena_fini(struct arena *arena);
/* Forgets all allocations, keeps up to `keep_bytes` of blocks for the next use, clears the mark. */
void arena_reset(struct arena *arena, size_t keep_bytes);
bool arena_is_exhausted(const struct arena *arena);
/* Bytes held from the system now. */
size_t arena_held_bytes(const struct arena *arena);

/* Use ARENA_NEW. Zeroed memory for `count` things of `size` bytes, aligned to `align` (a power of
 * two, at most 16). NULL, and the arena marked, when out of memory or when size*count overflows.
 * A count of 0 gives a valid pointer to nothing. */
void *arena_allocate(struct arena *arena, size_t size, size_t count, size_t align);
/* A zeroed `type` array of `count` items in the arena, or NULL. */
#define ARENA_NEW(arena, type, count)                                                              \
    ((type *)arena_allocate((arena), sizeof(type), (count), _Alignof(type)))

/* `count` bytes that nobody has written: for text that is written before it is read. Else as above. */
char *arena_allocate_text(struct arena *arena, size_t count);

/* A seam for tests, NULL in production: asked before every allocation of `bytes`; when it answers
 * true the allocation fails as if memory had run out. Set it while no other thread allocates. */
extern bool (*arena_refuse)(size_t bytes);

#endif
