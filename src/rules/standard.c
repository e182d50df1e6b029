#include "rules/standard.h"

#include "base/ascii.h"
#include "rules/controls/rows.h"

#define CONTROL_ADDRESS(name) &control_##name,
const struct control *const standard_controls[] = {CONTROL_ROWS(CONTROL_ADDRESS)};
const size_t standard_control_count = sizeof standard_controls / sizeof *standard_controls;
_Static_assert(sizeof standard_controls / sizeof *standard_controls <= STANDARD_ACTIVE_MAX,
               "all controls may be active at once");

/* --- version := "latest" | "v1." minor ; minor := "0" | [1-9][0-9]* --- */

/* Enough for every version to come; more is a slip of the pen. */
#define MINOR_DIGITS_MAX 4

static size_t count_digits(struct str text) {
    size_t count = 0;
    while (count < text.len && ascii_is_digit(text.at[count]))
        count++;
    return count;
}

static bool parse_minor(struct str digits, unsigned *minor) {
    if (digits.len == 0 || digits.len > MINOR_DIGITS_MAX) return false;
    if (digits.len > 1 && digits.at[0] == '0') return false;
    unsigned value = 0;
    for (size_t i = 0; i < digits.len; i++)
        value = value * 10 + (unsigned)(digits.at[i] - '0');
    *minor = value;
    return true;
}

/* What "1.36", "V1.36" and "v1.36.2" were meant to be. */
static bool guess_minor(struct str text, unsigned *minor) {
    text = str_trim(text);
    if (str_starts_with(text, STR("v")) || str_starts_with(text, STR("V")))
        text = str_slice(text, 1, text.len);
    if (!str_starts_with(text, STR("1."))) return false;
    text = str_slice(text, STR("1.").len, text.len);
    return parse_minor(str_slice(text, 0, count_digits(text)), minor);
}

#define VERSION_MUST "parameter \"version\" of pod-security must be latest, or v1.0 to v1.%d"

static bool refuse_version(struct str text, struct error *err) {
    unsigned meant;
    if (!guess_minor(text, &meant))
        return error_set(err, ERR_SCHEMA, VERSION_MUST, STANDARD_NEWEST);
    return error_set(err, ERR_SCHEMA, VERSION_MUST "; did you mean \"v1.%u\"?", STANDARD_NEWEST,
                     meant);
}

bool standard_parse_version(struct str text, unsigned *version, struct error *err) {
    const struct str prefix = STR("v1.");
    if (str_equals(text, STR("latest"))) {
        *version = STANDARD_NEWEST;
        return true;
    }
    if (!str_starts_with(text, prefix)) return refuse_version(text, err);
    struct str minor = str_slice(text, prefix.len, text.len);
    if (count_digits(minor) != minor.len || !parse_minor(minor, version))
        return refuse_version(text, err);
    return true;
}

/* --- which controls are judged --- */

const struct control *standard_find(struct str id, unsigned version) {
    for (size_t i = 0; i < standard_control_count; i++) {
        const struct control *control = standard_controls[i];
        if (control_holds_at(control, version) && str_equals(str_from(control->id), id))
            return control;
    }
    return NULL;
}

static bool is_excepted(const struct standard *standard, const char *id) {
    return str_list_contains(&standard->except, str_from(id));
}

static bool is_wanted(const struct standard *standard, const struct control *control) {
    return (int)control->level <= standard->level && control_holds_at(control, standard->version) &&
           !is_excepted(standard, control->id);
}

/* Whether a control that is judged anyway contains this one. */
static bool is_replaced(const struct standard *standard, const struct control *control) {
    for (size_t i = 0; i < standard_control_count; i++) {
        const struct control *other = standard_controls[i];
        if (other->replaces && str_equals(str_from(other->replaces), str_from(control->id)) &&
            is_wanted(standard, other))
            return true;
    }
    return false;
}

static void select_active(struct standard *standard) {
    standard->active_count = 0;
    for (size_t i = 0; i < standard_control_count; i++) {
        const struct control *control = standard_controls[i];
        if (is_wanted(standard, control) && !is_replaced(standard, control))
            standard->active[standard->active_count++] = control;
    }
}

static bool check_known(struct str id, struct error *err) {
    struct str known[STANDARD_ACTIVE_MAX];
    for (size_t i = 0; i < standard_control_count; i++) {
        known[i] = str_from(standard_controls[i]->id);
        if (str_equals(known[i], id)) return true;
    }
    struct quoted shown = str_quoted(id);
    struct str nearest = str_nearest(id, known, standard_control_count);
    if (str_is_empty(nearest)) {
        return error_set(err, ERR_SCHEMA,
                         "parameter \"except\" of pod-security has %s, which is no control",
                         shown.text);
    }
    return error_set(err, ERR_SCHEMA,
                     "parameter \"except\" of pod-security has %s, which is no control; "
                     "did you mean \"%.*s\"?",
                     shown.text, STR_ARGS(nearest));
}

bool standard_prepare(void *params, struct arena *arena, struct error *err) {
    struct standard *standard = params;
    (void)arena;
    if (!standard_parse_version(standard->version_text, &standard->version, err))
        return error_in(err, "version");
    if (standard->version > STANDARD_NEWEST) {
        standard->version = STANDARD_NEWEST;
        standard->is_newer_than_known = true;
    }
    for (size_t i = 0; i < standard->except.count; i++) {
        if (!check_known(standard->except.items[i], err)) return param_error_in(err, "except", i);
    }
    select_active(standard);
    return true;
}

const struct control *standard_fallback(const struct standard *standard,
                                        const struct control *control) {
    if (!control->replaces || is_excepted(standard, control->replaces)) return NULL;
    return standard_find(str_from(control->replaces), standard->version);
}

void standard_judge(const struct standard *standard, const struct pod *pod,
                    const struct container *container, struct findings *findings) {
    for (size_t i = 0; i < standard->active_count; i++)
        control_judge(standard->active[i], standard->version, pod, container, findings);
}
