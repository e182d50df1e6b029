/* Whatever a log holds: a report is written, and what it holds is text, JSON and a page, nothing more. */
#include <sys/mman.h>
#include <unistd.h>

#include "desk/report.h"
#include "fuzz/fuzz.h"
#include "text/json.h"

#define NOW 1800000000

static void read_bytes(struct report *report, struct arena *arena, struct str input) {
    struct error err = {.code = ERR_NONE};
    int fd = memfd_create("log", MFD_CLOEXEC);
    FUZZ_EXPECT(fd >= 0 && write(fd, input.at, input.len) == (ssize_t)input.len);
    FUZZ_EXPECT(lseek(fd, 0, SEEK_SET) == 0);
    struct str path = str_format(arena, "/proc/self/fd/%d", fd);
    FUZZ_EXPECT(report_read(report, path, &err));
    close(fd);
}

static size_t count(struct str text, struct str part) {
    size_t found = 0;
    for (size_t i = 0; i < text.len; i++)
        found += str_starts_with(str_slice(text, i, text.len), part);
    return found;
}

static void expect_inert(struct str text) {
    for (size_t i = 0; i < text.len; i++)
        FUZZ_EXPECT((unsigned char)text.at[i] >= ' ' || text.at[i] == '\n');
    FUZZ_EXPECT(text.len > 0 && !str_contains(text, STR("\x7f")));
}

static void write_all(struct arena *arena, const struct report *report) {
    struct strbuf text, page, json;
    struct document document;
    struct error err = {.code = ERR_NONE};
    struct scan_limits limits = scan_limits_default;
    strbuf_init(&text, arena, 4096);
    report_write_text(report, NOW, false, &text);
    expect_inert(strbuf_str(&text));
    strbuf_init(&page, arena, 65536);
    report_write_html(report, NOW, &page);
    expect_inert(strbuf_str(&page));
    FUZZ_EXPECT(count(strbuf_str(&page), STR("<script")) == 2);
    FUZZ_EXPECT(count(strbuf_str(&page), STR("</script")) == 2);
    FUZZ_EXPECT(str_ends_with(strbuf_str(&page), STR("</html>\n")));
    strbuf_init(&json, arena, 4096);
    report_write_json(report, NOW, &json);
    limits.nodes = 1 << 20;
    FUZZ_EXPECT(json_read(arena, strbuf_str(&json), &limits, &document, &err));
}

void fuzz_report(struct fuzz *fuzz, struct str input) {
    struct report report;
    report_init(&report);
    read_bytes(&report, &fuzz->arena, input);
    uint64_t reviews = report.reviews;
    write_all(&fuzz->arena, &report);
    /* The same lines again are no other reviews, but for those without a uid. */
    read_bytes(&report, &fuzz->arena, input);
    FUZZ_EXPECT(report.reviews >= reviews && report.reviews <= 2 * reviews);
    report_fini(&report);
}
