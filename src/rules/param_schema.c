/* What params_decode accepts, as far as a JSON Schema can say it. */
#include "rules/param.h"

#include <stdio.h>

static void write_type(struct json_out *out, const char *type) {
    json_out_string(out, "type", str_from(type));
}

static void write_types(struct json_out *out, const char *first, const char *second) {
    json_out_begin_array(out, "type");
    json_out_string(out, NULL, str_from(first));
    json_out_string(out, NULL, str_from(second));
    json_out_end_array(out);
}

static void write_choices(struct json_out *out, const char *const *choices) {
    json_out_begin_array(out, "enum");
    for (size_t i = 0; choices[i]; i++)
        json_out_string(out, NULL, str_from(choices[i]));
    json_out_end_array(out);
}

static void write_strings(struct json_out *out, const char *member) {
    json_out_begin_object(out, member);
    write_type(out, "string");
    json_out_end_object(out);
}

/* A string, a number, true or false. */
static void write_scalar(struct json_out *out) {
    json_out_begin_array(out, "type");
    json_out_string(out, NULL, STR("string"));
    json_out_string(out, NULL, STR("number"));
    json_out_string(out, NULL, STR("boolean"));
    json_out_end_array(out);
}

static void write_bounds(struct json_out *out, const struct param *row) {
    json_out_int(out, "minimum", row->min);
    json_out_int(out, "maximum", row->max);
}

static void write_list(struct json_out *out, const struct param *row) {
    write_type(out, "array");
    if (row->type != PARAM_CHOICES && row->type != PARAM_RANGES) {
        write_strings(out, "items");
        return;
    }
    json_out_begin_object(out, "items");
    if (row->type == PARAM_CHOICES) {
        write_choices(out, row->choices);
    } else {
        write_types(out, "integer", "string");
        write_bounds(out, row);
    }
    json_out_end_object(out);
}

static void write_globs_or_list(struct json_out *out) {
    write_type(out, "object");
    json_out_begin_object(out, "additionalProperties");
    write_types(out, "string", "array");
    write_strings(out, "items");
    json_out_end_object(out);
}

static void write_value(struct json_out *out, const struct param *row) {
    switch (row->type) {
    case PARAM_BOOL: write_type(out, "boolean"); break;
    case PARAM_INT:
        write_type(out, "integer");
        write_bounds(out, row);
        break;
    case PARAM_STRING:
    case PARAM_QUANTITY: write_types(out, "string", "number"); break;
    case PARAM_CHOICE: write_choices(out, row->choices); break;
    case PARAM_STRINGS:
    case PARAM_GLOBS:
    case PARAM_IMAGES:
    case PARAM_CHOICES:
    case PARAM_RANGES: write_list(out, row); break;
    case PARAM_QUANTITIES:
        write_type(out, "object");
        json_out_begin_object(out, "additionalProperties");
        write_types(out, "string", "number");
        json_out_end_object(out);
        break;
    case PARAM_GLOB_MAP: write_globs_or_list(out); break;
    case PARAM_VALUE: write_scalar(out); break;
    case PARAM_VALUES:
        write_type(out, "array");
        json_out_begin_object(out, "items");
        write_scalar(out);
        json_out_end_object(out);
        break;
    }
}

void params_write_schema(const struct param *rows, size_t count, struct json_out *out,
                         const char *name) {
    json_out_begin_object(out, name);
    write_type(out, "object");
    json_out_bool(out, "additionalProperties", false);
    json_out_begin_object(out, "properties");
    for (size_t i = 0; i < count; i++) {
        char text[1024];
        snprintf(text, sizeof text, "%s%s%s", rows[i].doc, rows[i].fallback ? " Default: " : "",
                 rows[i].fallback ? rows[i].fallback : "");
        json_out_begin_object(out, rows[i].name);
        json_out_string(out, "description", str_from(text));
        write_value(out, &rows[i]);
        json_out_end_object(out);
    }
    json_out_end_object(out);
    json_out_end_object(out);
}
