/* page (private to the room report): the files of the page, compiled in, and the parts that are made. */
#ifndef PODGATE_DESK_REPORT_PAGE_H
#define PODGATE_DESK_REPORT_PAGE_H

#include "desk/report/view.h"

extern const struct str page_html, page_css, page_js;

/* Text and attributes alike: &, <, >, quotes; control characters and marks that hide or reorder become visible. */
void page_add_text(struct strbuf *out, struct str text);
/* chart.c: the reviews over time as inline SVG, with the same as a table. Nothing when no line told a time. */
void page_add_time(const struct view *view, struct strbuf *out);
/* A horizontal bar of `value` in `most`, whose number stands beside it. */
void page_add_bar(struct strbuf *out, uint64_t value, uint64_t most, const char *fill);

#endif
