#include "base/arena.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define ARENA_ALIGN 16

/* The head of what the system gave; the payload follows. */
struct arena_block {
    _Alignas(ARENA_ALIGN) struct arena_block *next;
    size_t bytes;   /* with this head */
    size_t charged; /* to the arena's budget */
};

_Static_assert(sizeof(struct arena_block) % ARENA_ALIGN == 0, "a payload starts aligned");

bool (*arena_refuse)(size_t bytes);

void arena_init(struct arena *arena, size_t block_bytes, size_t limit_bytes) {
    *arena = (struct arena){.block_bytes = block_bytes, .limit_bytes = limit_bytes};
}

bool arena_budget_charge(struct arena_budget *budget, size_t bytes) {
    int64_t added = (int64_t)bytes;
    if (atomic_fetch_add_explicit(&budget->held, added, memory_order_relaxed) + added <=
        budget->limit)
        return true;
    arena_budget_give_back(budget, bytes);
    return false;
}

void arena_budget_give_back(struct arena_budget *budget, size_t bytes) {
    atomic_fetch_sub_explicit(&budget->held, (int64_t)bytes, memory_order_relaxed);
}

bool arena_is_exhausted(const struct arena *arena) { return arena->exhausted; }

size_t arena_held_bytes(const struct arena *arena) { return arena->held_bytes; }

static void *give_up(struct arena *arena) {
    arena->exhausted = true;
    return NULL;
}

/* A block of `bytes` with its head, counted but not linked; NULL when refused. */
static struct arena_block *take_block(struct arena *arena, size_t bytes) {
    if (bytes < sizeof(struct arena_block)) return NULL; /* none is without its head */
    if (arena->limit_bytes != 0 &&
        (arena->held_bytes > arena->limit_bytes || bytes > arena->limit_bytes - arena->held_bytes))
        return NULL;
    size_t charged = arena->budget && arena->held_bytes + bytes > arena->own_bytes ? bytes : 0;
    if (charged > 0 && !arena_budget_charge(arena->budget, charged)) {
        arena->is_over_budget = true;
        return NULL;
    }
    struct arena_block *block = malloc(bytes);
    if (!block) {
        if (charged > 0) arena_budget_give_back(arena->budget, charged);
        return NULL;
    }
    block->bytes = bytes;
    block->charged = charged;
    arena->held_bytes += bytes;
    return block;
}

/* Takes the block that `link` points to out of its chain and frees it. */
static void return_block(struct arena *arena, struct arena_block **link) {
    struct arena_block *block = *link;
    *link = block->next;
    arena->held_bytes -= block->bytes;
    if (block->charged > 0) arena_budget_give_back(arena->budget, block->charged);
    free(block);
}

void arena_fini(struct arena *arena) {
    while (arena->first)
        return_block(arena, &arena->first);
    *arena = (struct arena){.block_bytes = arena->block_bytes,
                            .limit_bytes = arena->limit_bytes,
                            .budget = arena->budget,
                            .own_bytes = arena->own_bytes};
}

#if ARENA_EACH_ALLOCATION

void arena_reset(struct arena *arena, size_t keep_bytes) {
    (void)keep_bytes; /* nothing is kept: a pointer into the last lifetime must be seen */
    arena_fini(arena);
}

static void *allocate(struct arena *arena, size_t bytes, size_t align) {
    (void)align; /* malloc aligns to 16 */
    if (bytes > SIZE_MAX - sizeof(struct arena_block)) return give_up(arena);
    struct arena_block *block = take_block(arena, sizeof(struct arena_block) + bytes);
    if (!block) return give_up(arena);
    block->next = arena->first;
    arena->first = block;
    return block + 1;
}

#else

static char *payload(struct arena_block *block) { return (char *)(block + 1); }

static void use_block(struct arena *arena, struct arena_block *block) {
    arena->current = block;
    arena->next = block ? payload(block) : NULL;
    arena->end = block ? (char *)block + block->bytes : NULL;
}

void arena_reset(struct arena *arena, size_t keep_bytes) {
    struct arena_block **link = &arena->first;
    while (*link) {
        if ((*link)->bytes > keep_bytes) {
            return_block(arena, link);
            continue;
        }
        keep_bytes -= (*link)->bytes;
        link = &(*link)->next;
    }
    use_block(arena, arena->first);
    arena->exhausted = arena->is_over_budget = false;
}

/* A block that an earlier use left behind the current one, taken out of the chain; or a new one. */
static struct arena_block *find_block(struct arena *arena, struct arena_block **link,
                                      size_t needed) {
    while (*link && (*link)->bytes < needed)
        link = &(*link)->next;
    struct arena_block *block = *link;
    if (!block) return take_block(arena, needed > arena->block_bytes ? needed : arena->block_bytes);
    *link = block->next;
    return block;
}

__attribute__((noinline)) static void *allocate_in_next_block(struct arena *arena, size_t bytes) {
    if (bytes > SIZE_MAX - sizeof(struct arena_block)) return give_up(arena);
    struct arena_block **link = arena->current ? &arena->current->next : &arena->first;
    struct arena_block *block = find_block(arena, link, sizeof *block + bytes);
    if (!block) return give_up(arena);
    block->next = *link;
    *link = block;
    use_block(arena, block);
    char *start = arena->next; /* aligned for everything */
    arena->next += bytes;
    return start;
}

static inline void *allocate(struct arena *arena, size_t bytes, size_t align) {
    size_t padding = -(uintptr_t)arena->next & (align - 1);
    size_t free_bytes = (size_t)(arena->end - arena->next);
    if (!arena->current || padding > free_bytes || bytes > free_bytes - padding)
        return allocate_in_next_block(arena, bytes);
    char *start = arena->next + padding;
    arena->next = start + bytes;
    return start;
}

#endif

static bool is_refused(size_t bytes) {
    return __builtin_expect(arena_refuse != NULL, 0) && arena_refuse(bytes);
}

void *arena_allocate(struct arena *arena, size_t size, size_t count, size_t align) {
    size_t bytes;
    if (__builtin_mul_overflow(size, count, &bytes)) return give_up(arena);
    if (is_refused(bytes)) return give_up(arena);
    void *start = allocate(arena, bytes, align);
    return start ? memset(start, 0, bytes) : NULL;
}

char *arena_allocate_text(struct arena *arena, size_t count) {
    return is_refused(count) ? give_up(arena) : allocate(arena, count, 1);
}
