#include "desk/report/page.h"

/* As in policy/builtin.c: the assembler knows how long a file is, and paths count from the
 * repository's root. */
#define FILE_TEXT(symbol, name)                                                                    \
    ".pushsection .rodata\n"                                                                       \
    "1: .incbin \"src/desk/report/" name "\"\n"                                                    \
    "2:\n"                                                                                         \
    ".popsection\n"                                                                                \
    ".globl " symbol "\n.hidden " symbol "\n" symbol ":\n.dc.a 1b, 2b - 1b\n"

_Static_assert(sizeof(struct str) == 2 * sizeof(void *) &&
                   offsetof(struct str, len) == sizeof(void *),
               "the rows below have this layout");

/* clang-format off */
__asm__(".pushsection .data.rel.ro, \"aw\"\n"
        ".balign 16\n"
        FILE_TEXT("page_html", "page.html")
        FILE_TEXT("page_css", "page.css")
        FILE_TEXT("page_js", "page.js")
        ".popsection\n");
/* clang-format on */

void page_add_text(struct strbuf *out, struct str text) {
    struct strbuf plain;
    struct arena arena;
    arena_init(&arena, 1024, 0);
    strbuf_init(&plain, &arena, text.len + 1);
    view_add_plain(&plain, text);
    for (size_t i = 0; i < plain.len; i++) {
        char c = plain.at[i];
        if (c == '&')
            strbuf_add(out, STR("&amp;"));
        else if (c == '<')
            strbuf_add(out, STR("&lt;"));
        else if (c == '>')
            strbuf_add(out, STR("&gt;"));
        else if (c == '"')
            strbuf_add(out, STR("&quot;"));
        else if (c == '\'')
            strbuf_add(out, STR("&#39;"));
        else
            strbuf_add_char(out, c);
    }
    /* Half a text would look whole. */
    if (arena_is_exhausted(&arena)) out->arena->exhausted = true;
    arena_fini(&arena);
}
