/* A reference that is accepted means the same when it is written out in full; what it is, it matches. */
#include "kube/image.h"

#include "fuzz/fuzz.h"
#include "kube/image_name.h"

static void expect_full_name(struct fuzz *fuzz, const struct image *image) {
    struct str full = image_full_name(&fuzz->arena, image);
    struct image again;
    struct image_pattern same;
    struct error err = {0};
    /* "A/b" is of the host a, which only an upper-case letter tells from a path of docker.io. */
    if (!image_is_domain_part(str_slice(full, 0, str_find_char(full, '/')))) return;
    FUZZ_EXPECT(image_parse(full, &again, &err));
    FUZZ_EXPECT(str_equals(image_full_name(&fuzz->arena, &again), full));
    FUZZ_EXPECT(str_equals(again.path, image->path));
    FUZZ_EXPECT(again.tag.len == 0 && again.digest.len == 0);
    FUZZ_EXPECT(image_pattern_parse(&fuzz->arena, full, &same, &err));
    FUZZ_EXPECT(image_pattern_match(&same, image));
}

/* The first line is an image, the rest a pattern. */
void fuzz_image(struct fuzz *fuzz, struct str input) {
    size_t line = str_find_char(input, '\n');
    struct image image;
    struct image_pattern pattern;
    struct error err = {0};
    bool is_image = image_parse(str_slice(input, 0, line), &image, &err);
    FUZZ_EXPECT(is_image || err.text[0] != '\0');
    if (is_image) expect_full_name(fuzz, &image);
    if (image_pattern_parse(&fuzz->arena, str_slice(input, line + 1, input.len), &pattern, &err) &&
        is_image)
        (void)image_pattern_match(&pattern, &image);
}
