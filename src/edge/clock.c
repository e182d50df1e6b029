/*
 *   duration := ["+" | "-"] ("0" | part+);  part := (digits ["." [digits]] | "." digits) unit
 *   unit     := "ns" | "us" | "µs" | "μs" | "ms" | "s" | "m" | "h"
 */
#include "edge/clock.h"

#include <time.h>

int64_t clock_monotonic_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * CLOCK_NS_PER_S + now.tv_nsec;
}

int64_t clock_unix_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return now.tv_sec * INT64_C(1000) + now.tv_nsec / CLOCK_NS_PER_MS;
}

static const struct unit {
    struct str name;
    int64_t ns;
} units[] = {
    /* longer names before those that they start with */
    {{"ns", 2}, 1},
    {{"us", 2}, 1000},
    {{"\xc2\xb5s", 3}, 1000},
    {{"\xce\xbcs", 3}, 1000},
    {{"ms", 2}, CLOCK_NS_PER_MS},
    {{"s", 1}, CLOCK_NS_PER_S},
    {{"m", 1}, 60 * CLOCK_NS_PER_S},
    {{"h", 1}, 3600 * CLOCK_NS_PER_S},
};

static const struct unit *find_unit(struct str text) {
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (str_starts_with(text, units[i].name)) return &units[i];
    return NULL;
}

static bool is_digit(struct str text) {
    return text.len > 0 && text.at[0] >= '0' && text.at[0] <= '9';
}

/* One part's number and unit, taken off `text`, added to `total`. */
static bool take_part(struct str *text, int64_t *total) {
    int64_t whole = 0, fraction = 0, scale = 1, value;
    struct str rest = *text;
    size_t digits = 0;
    for (; is_digit(rest); rest = str_slice(rest, 1, rest.len), digits++)
        if (__builtin_mul_overflow(whole, 10, &whole) ||
            __builtin_add_overflow(whole, rest.at[0] - '0', &whole))
            return false;
    if (rest.len > 0 && rest.at[0] == '.') {
        rest = str_slice(rest, 1, rest.len);
        for (; is_digit(rest); rest = str_slice(rest, 1, rest.len), digits++) {
            if (scale == CLOCK_NS_PER_S) continue; /* finer than the unit can matter */
            fraction = fraction * 10 + (rest.at[0] - '0');
            scale *= 10;
        }
    }
    const struct unit *unit = digits > 0 ? find_unit(rest) : NULL;
    if (!unit || __builtin_mul_overflow(whole, unit->ns, &value)) return false;
    /* fraction * ns / scale, where the product could overflow: fraction < scale <= 10^9. */
    int64_t part = fraction * (unit->ns / scale) + fraction * (unit->ns % scale) / scale;
    if (__builtin_add_overflow(value, part, &value) || __builtin_add_overflow(*total, value, total))
        return false;
    *text = str_slice(rest, unit->name.len, rest.len);
    return true;
}

bool clock_parse_duration(struct str text, int64_t *ns) {
    bool negative = text.len > 0 && text.at[0] == '-';
    if (negative || (text.len > 0 && text.at[0] == '+')) text = str_slice(text, 1, text.len);
    int64_t total = 0;
    if (text.len == 0) return false;
    if (!str_equals(text, STR("0")))
        while (text.len > 0)
            if (!take_part(&text, &total)) return false;
    *ns = negative ? -total : total;
    return true;
}
