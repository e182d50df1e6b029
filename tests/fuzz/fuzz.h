/*
 * fuzz: one function a parser, fed with bytes by libFuzzer (make fuzz) and with files by `make test`.
 *
 * A target is a file targets/<name>.c with `void fuzz_<name>(struct fuzz *fuzz, struct str input)` and a line in
 * targets.def. It must return for every input; what must hold is said by FUZZ_EXPECT.
 */
#ifndef PODGATE_TESTS_FUZZ_H
#define PODGATE_TESTS_FUZZ_H

#include "base/str.h"

struct snapshot;

/* What targets share; set up once a process. */
struct fuzz {
    struct arena arena;            /* empty before each input */
    const struct snapshot *strict; /* every check there is, nothing excused */
};

/* The policies of `strict` once more, the caller's own. Resets the arena. */
struct snapshot *fuzz_compile_strict(struct arena *arena);
void fuzz_init(struct fuzz *fuzz);
void fuzz_fini(struct fuzz *fuzz);

#define TARGET(name, ...) void fuzz_##name(struct fuzz *fuzz, struct str input);
#include "fuzz/targets.def"
#undef TARGET

typedef void (*fuzz_fn)(struct fuzz *fuzz, struct str input);
/* Changes an input that is `len` bytes long, to at most `room`, by something that its parser may well take. The new length; 0 when
 * there is nothing to change or no room. `seed` decides everything. */
typedef size_t (*fuzz_mutate_fn)(char *text, size_t len, size_t room, unsigned seed);
struct fuzz_target {
    const char *name;
    fuzz_fn run;
    const char
        *seeds; /* folders, beside corpus/<name> and regression/<name>; a blank between them */
    const char *suffix;    /* of the seeds */
    fuzz_mutate_fn mutate; /* NULL: only bytes are changed */
};
extern const struct fuzz_target fuzz_targets[];
extern const size_t fuzz_target_count;
/* NULL when there is none of that name. */
const struct fuzz_target *fuzz_target_find(const char *name);
/* Runs a target on a copy of exactly that size, so that a sanitizer sees a read behind its end. */
void fuzz_run(struct fuzz *fuzz, const struct fuzz_target *target, struct str input);

/* A JSON text: another value, another part of the text, values that change places, a member gone, doubled, added or of another name. */
size_t fuzz_mutate_json(char *text, size_t len, size_t room, unsigned seed);
/* What is sent over a connection: another review (its length is mended), a line of a head more, less or changed, chunks, a
 * request twice, a cut. */
size_t fuzz_mutate_http(char *text, size_t len, size_t room, unsigned seed);
/* Bytes of the target http that are not sent. */
#define HTTP_CUT '\x1e'  /* the server reads what stands before, then the rest is sent */
#define HTTP_GONE '\x1d' /* the client goes away */

/* Ends the program, which is how a fuzzer learns of a fault. */
_Noreturn void fuzz_failed(const char *file, int line, const char *what);
#define FUZZ_EXPECT(condition) ((condition) ? (void)0 : fuzz_failed(__FILE__, __LINE__, #condition))

#endif
