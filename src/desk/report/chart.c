/* Inline SVG. Whoever does not see it has its title, its description and the same numbers as a table. */
#include "desk/report/page.h"

#define WIDTH 960.0
#define HEIGHT 190.0
#define LEFT 48.0
#define TOP 8.0
#define BOTTOM 24.0
#define LABELS 6

static const char *const decision_words[REPORT_DECISIONS] = {"denied", "would be denied",
                                                             "warned", "noted (audit)",
                                                             "error",  "allowed"};

void page_add_bar(struct strbuf *out, uint64_t value, uint64_t most, const char *fill) {
    double percent = most == 0 ? 0 : (double)value / (double)most * 100;
    strbuf_printf(out,
                  "<svg aria-hidden=\"true\" viewBox=\"0 0 100 10\" preserveAspectRatio=\"none\">"
                  "<rect class=\"track\" width=\"100\" height=\"10\" rx=\"1\"/>"
                  "<rect class=\"f-%s\" width=\"%.2f\" height=\"10\" rx=\"1\"/></svg>",
                  fill, percent < 1 && value > 0 ? 1 : percent);
}

/* The next of 1, 2, 5, 10, 20 ... that four of reach the value. */
static uint64_t grid_step(uint64_t most) {
    static const uint64_t factors[] = {1, 2, 5};
    for (uint64_t tens = 1; tens < UINT64_MAX / 100; tens *= 10)
        for (size_t i = 0; i < 3; i++)
            if (factors[i] * tens >= (most + 3) / 4) return factors[i] * tens;
    return most;
}

static void add_grid(const struct view *view, struct strbuf *out, uint64_t step, uint64_t top) {
    for (uint64_t value = 0; value <= top; value += step) {
        double y = TOP + HEIGHT - (double)value / (double)top * HEIGHT;
        strbuf_printf(out,
                      "<line class=\"grid\" x1=\"%.0f\" x2=\"%.0f\" y1=\"%.1f\" y2=\"%.1f\"/>"
                      "<text x=\"%.0f\" y=\"%.1f\" text-anchor=\"end\">%.*s</text>",
                      LEFT, WIDTH, y, y, LEFT - 6, y + 4,
                      STR_ARGS(view_number(view->arena, value)));
    }
}

static void add_column(const struct view *view, struct strbuf *out, const struct view_bar *bar,
                       double x, double width, uint64_t top) {
    double y = TOP + HEIGHT;
    if (bar->total == 0) return;
    strbuf_add(out, STR("<g><title>"));
    strbuf_add(out, view_bar_name(view, bar));
    for (size_t d = 0; d < REPORT_DECISIONS; d++)
        if (bar->decisions[d] > 0)
            strbuf_printf(out, "%s%.*s %s", d ? ", " : ": ",
                          STR_ARGS(view_number(view->arena, bar->decisions[d])), decision_words[d]);
    strbuf_add(out, STR("</title>"));
    for (size_t d = 0; d < REPORT_DECISIONS; d++) {
        if (bar->decisions[d] == 0) continue;
        double height = (double)bar->decisions[d] / (double)top * HEIGHT;
        y -= height;
        strbuf_printf(out,
                      "<rect class=\"f-%s\" x=\"%.1f\" y=\"%.2f\" width=\"%.1f\" height=\"%.2f\"/>",
                      report_decision_names[d].at, x, y, width, height);
    }
    strbuf_add(out, STR("</g>"));
}

static void add_columns(const struct view *view, struct strbuf *out, uint64_t top) {
    double slot = (WIDTH - LEFT) / (double)view->bar_count;
    double width = slot > 60 ? 48 : slot * 0.8;
    size_t every = (view->bar_count + LABELS - 1) / LABELS;
    for (size_t i = 0; i < view->bar_count; i++) {
        double x = LEFT + slot * (double)i + (slot - width) / 2;
        add_column(view, out, &view->bars[i], x, width, top);
        if (i % every != 0) continue;
        struct str name = view_bar_name(view, &view->bars[i]);
        strbuf_printf(out, "<text x=\"%.1f\" y=\"%.1f\">%.*s</text>", x, TOP + HEIGHT + 17,
                      STR_ARGS(str_slice(name, 5, name.len)));
    }
}

static void add_key(const struct view *view, struct strbuf *out) {
    strbuf_add(out, STR("<ul class=\"key\">"));
    for (size_t d = 0; d < REPORT_DECISIONS; d++)
        if (view->report->decisions[d] > 0)
            strbuf_printf(
                out,
                "<li><svg aria-hidden=\"true\" viewBox=\"0 0 10 10\"><rect class=\"f-%s\" "
                "width=\"10\" height=\"10\" rx=\"2\"/></svg>%.*s %s</li>",
                report_decision_names[d].at,
                STR_ARGS(view_number(view->arena, view->report->decisions[d])), decision_words[d]);
    strbuf_add(out, STR("</ul>"));
}

static void add_table(const struct view *view, struct strbuf *out) {
    strbuf_add(
        out,
        STR("<details class=\"table-of\"><summary>The same as a table</summary><div "
            "class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Reviews over time\"><table>"
            "<thead><tr><th scope=\"col\">From (UTC)</th>"));
    for (size_t d = 0; d < REPORT_DECISIONS; d++)
        if (view->report->decisions[d] > 0)
            strbuf_printf(out, "<th scope=\"col\" class=\"number\">%s</th>", decision_words[d]);
    strbuf_add(out, STR("</tr></thead><tbody>\n"));
    for (size_t i = 0; i < view->bar_count; i++) {
        if (view->bars[i].total == 0) continue;
        STRBUF_ADD(out, STR("<tr><th scope=\"row\">"), view_bar_name(view, &view->bars[i]),
                   STR("</th>"));
        for (size_t d = 0; d < REPORT_DECISIONS; d++)
            if (view->report->decisions[d] > 0)
                strbuf_printf(out, "<td class=\"number\">%.*s</td>",
                              STR_ARGS(view_number(view->arena, view->bars[i].decisions[d])));
        strbuf_add(out, STR("</tr>\n"));
    }
    strbuf_add(out, STR("</tbody></table></div></details>"));
}

void page_add_time(const struct view *view, struct strbuf *out) {
    if (view->bar_count == 0 || view->most == 0) return;
    const char *unit = view->hours_per_bar == 1    ? "hour"
                       : view->hours_per_bar == 24 ? "day"
                                                   : "week";
    uint64_t step = grid_step(view->most), top = (view->most + step - 1) / step * step;
    strbuf_add(out, STR("<section aria-labelledby=\"time-title\">\n"));
    strbuf_printf(out, "<h2 id=\"time-title\">Reviews by %s (UTC)</h2>\n", unit);
    add_key(view, out);
    strbuf_printf(
        out,
        "<figure class=\"scroll\" tabindex=\"0\" aria-label=\"Chart\"><svg role=\"img\" aria-labelledby=\"chart-title chart-desc\" viewBox=\"0 0 "
        "%.0f %.0f\"><title id=\"chart-title\">Reviews by %s</title><desc "
        "id=\"chart-desc\">A stacked column for each of %zu %ss; the highest has %.*s "
        "reviews. The numbers are in the table below.</desc>",
        WIDTH, TOP + HEIGHT + BOTTOM, unit, view->bar_count, unit,
        STR_ARGS(view_number(view->arena, view->most)));
    add_grid(view, out, step, top);
    add_columns(view, out, top);
    strbuf_add(out, STR("</svg></figure>\n"));
    add_table(view, out);
    strbuf_add(out, STR("\n</section>"));
}
