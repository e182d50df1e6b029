/* JSON Schema (draft 7) of policy files, made from the key tables and the checks' parameters. */
#include "policy/policy_loading.h"

#include <stdio.h>

#define DATE_PATTERN STR("^[0-9]{4}-[0-9]{2}-[0-9]{2}$")
#define GROUP_PATTERN STR("^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$")
#define KIND_PATTERN STR("^[A-Z][A-Za-z0-9]*$")
#define KIND_NAME_PATTERN STR("^[A-Z][A-Za-z0-9]*(\\.[a-z0-9]([a-z0-9.-]*[a-z0-9])?)?$")
#define PATH_PATTERN STR("^spec(\\.[A-Za-z0-9_-]+)*$")
#define LABEL_PATTERN STR("^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$")

static void write_type(struct json_out *out, const char *type) {
    json_out_string(out, "type", str_from(type));
}

static void write_reference(struct json_out *out, const char *definition) {
    char text[128];
    snprintf(text, sizeof text, "#/definitions/%s", definition);
    json_out_string(out, "$ref", str_from(text));
}

/* --- values ------------------------------------------------------------------------------------ */

static struct str operation_word(size_t i) { return operation_name((enum operation)i); }
static struct str action_word(size_t i) { return action_name((enum action)i); }
static struct str mode_word(size_t i) { return mode_name((enum mode)i); }
static struct str severity_word(size_t i) { return severity_name((enum severity)i); }
static struct str check_word(size_t i) { return str_from(check_registry[i]->id); }
static struct str container_word(size_t i) { return container_type_name((enum container_type)i); }
static struct str updates_word(size_t i) { return i ? STR("strict") : STR("ratchet"); }
/* Rows of one control follow each other. */
static struct str control_word(size_t i) {
    bool is_repeated = i > 0 && str_equals(str_from(standard_controls[i - 1]->id),
                                           str_from(standard_controls[i]->id));
    return is_repeated ? STR_NONE : str_from(standard_controls[i]->id);
}

static void write_words(struct json_out *out, struct str (*word)(size_t), size_t count) {
    json_out_begin_array(out, "enum");
    for (size_t i = 0; i < count; i++)
        if (word(i).len) json_out_string(out, NULL, word(i));
    json_out_end_array(out);
}

static void write_word_list(struct json_out *out, struct str (*word)(size_t), size_t count) {
    write_type(out, "array");
    json_out_int(out, "minItems", 1);
    json_out_begin_object(out, "items");
    write_words(out, word, count);
    json_out_end_object(out);
}

static void write_text_list(struct json_out *out) {
    write_type(out, "array");
    json_out_int(out, "minItems", 1);
    json_out_begin_object(out, "items");
    write_type(out, "string");
    json_out_int(out, "minLength", 1);
    json_out_end_object(out);
}

static void write_reference_list(struct json_out *out, const char *definition) {
    write_type(out, "array");
    json_out_int(out, "minItems", 1);
    json_out_begin_object(out, "items");
    write_reference(out, definition);
    json_out_end_object(out);
}

static void write_text_map(struct json_out *out) {
    write_type(out, "object");
    json_out_begin_object(out, "additionalProperties");
    write_type(out, "string");
    json_out_end_object(out);
}

static void write_text(struct json_out *out, struct str pattern) {
    write_type(out, "string");
    if (pattern.len)
        json_out_string(out, "pattern", pattern);
    else
        json_out_int(out, "minLength", 1);
}

/* "Deployment" or "Deployment.apps", or one that a WorkloadKind declares, which no schema can know. */
static void write_kinds(struct json_out *out) {
    write_type(out, "array");
    json_out_int(out, "minItems", 1);
    json_out_begin_object(out, "items");
    json_out_begin_array(out, "anyOf");
    json_out_begin_object(out, NULL);
    json_out_begin_array(out, "enum");
    for (size_t i = 0; i < workload_kind_count; i++)
        json_out_string(out, NULL, workload_kinds[i].kind);
    for (size_t i = 0; i < workload_kind_count; i++) {
        char text[128];
        snprintf(text, sizeof text, "%.*s.%.*s", STR_ARGS(workload_kinds[i].kind),
                 STR_ARGS(workload_kinds[i].group));
        json_out_string(out, NULL, str_from(text));
    }
    json_out_end_array(out);
    json_out_end_object(out);
    json_out_begin_object(out, NULL);
    write_text(out, KIND_NAME_PATTERN);
    json_out_end_object(out);
    json_out_end_array(out);
    json_out_end_object(out);
}

static void write_value(struct json_out *out, enum key_shape shape) {
    switch (shape) {
    case KEY_LABEL: write_text(out, LABEL_PATTERN); break;
    case KEY_LINE: write_text(out, STR_NONE); break;
    case KEY_DATE: write_text(out, DATE_PATTERN); break;
    case KEY_BOOL: write_type(out, "boolean"); break;
    case KEY_TEXTS: write_text_list(out); break;
    case KEY_TEXT_MAP: write_text_map(out); break;
    case KEY_ACTION: write_words(out, action_word, ACTION_DENY + 1); break;
    case KEY_MODE: write_words(out, mode_word, MODE_ENFORCE + 1); break;
    case KEY_SEVERITY: write_words(out, severity_word, SEVERITY_CRITICAL + 1); break;
    case KEY_UPDATES: write_words(out, updates_word, 2); break;
    case KEY_CHECK: write_words(out, check_word, check_registry_count); break;
    case KEY_KINDS: write_kinds(out); break;
    case KEY_OPERATIONS: write_word_list(out, operation_word, OPERATION_UPDATE + 1); break;
    case KEY_CONTAINER_TYPES: write_word_list(out, container_word, CONTAINER_EPHEMERAL + 1); break;
    case KEY_CONTROLS: write_word_list(out, control_word, standard_control_count); break;
    case KEY_MATCH: write_reference(out, "match"); break;
    case KEY_EXCEPTION_MATCH: write_reference(out, "exclude"); break;
    case KEY_EXCLUDES: write_reference_list(out, "exclude"); break;
    case KEY_RULES: write_reference_list(out, "rule"); break;
    case KEY_PARAMS: write_type(out, "object"); break;
    case KEY_GROUP: write_text(out, GROUP_PATTERN); break;
    case KEY_KIND: write_text(out, KIND_PATTERN); break;
    case KEY_PATH: write_text(out, PATH_PATTERN); break;
    }
}

/* --- objects ----------------------------------------------------------------------------------- */

static void write_required(struct json_out *out, struct key_table table) {
    json_out_begin_array(out, "required");
    for (size_t i = 0; i < table.count; i++)
        if (table.rows[i].is_required) json_out_string(out, NULL, str_from(table.rows[i].name));
    json_out_end_array(out);
}

/* Opens an object of these keys and leaves it open. */
static void begin_keys(struct json_out *out, const char *name, struct key_table table) {
    json_out_begin_object(out, name);
    write_type(out, "object");
    json_out_bool(out, "additionalProperties", false);
    write_required(out, table);
    json_out_begin_object(out, "properties");
    for (size_t i = 0; i < table.count; i++) {
        json_out_begin_object(out, table.rows[i].name);
        /* Beside a reference draft 7 reads nothing. */
        bool is_reference =
            table.rows[i].shape == KEY_MATCH || table.rows[i].shape == KEY_EXCEPTION_MATCH;
        if (!is_reference) json_out_string(out, "description", str_from(table.rows[i].doc));
        write_value(out, table.rows[i].shape);
        json_out_end_object(out);
    }
    json_out_end_object(out);
}

static void write_keys(struct json_out *out, const char *name, struct key_table table) {
    begin_keys(out, name, table);
    json_out_end_object(out);
}

/* if the member is this, then ... (left open) */
static void begin_when(struct json_out *out, const char *member, struct str value) {
    json_out_begin_object(out, NULL);
    json_out_begin_object(out, "if");
    json_out_begin_object(out, "properties");
    json_out_begin_object(out, member);
    json_out_string(out, "const", value);
    json_out_end_object(out);
    json_out_end_object(out);
    json_out_end_object(out);
    json_out_begin_object(out, "then");
    json_out_begin_object(out, "properties");
}

static void end_when(struct json_out *out) {
    json_out_end_object(out);
    json_out_end_object(out);
    json_out_end_object(out);
}

static void write_rule(struct json_out *out) {
    begin_keys(out, "rule", loading_rule_keys());
    json_out_begin_array(out, "allOf");
    for (size_t i = 0; i < check_registry_count; i++) {
        const struct check *check = check_registry[i];
        begin_when(out, "check", str_from(check->id));
        json_out_begin_object(out, "check");
        json_out_string(out, "description", str_from(check->title));
        json_out_end_object(out);
        params_write_schema(check->params, check->param_count, out, "params");
        end_when(out);
    }
    json_out_end_array(out);
    json_out_end_object(out);
}

static void write_kind(struct json_out *out, const char *name) {
    begin_when(out, "kind", str_from(name));
    json_out_begin_object(out, "spec");
    write_reference(out, name);
    json_out_end_object(out);
    end_when(out);
}

static void write_definitions(struct json_out *out, const struct policy_schema_kind *more) {
    json_out_begin_object(out, "definitions");
    for (size_t i = 0; i < POLICY_KINDS; i++)
        write_keys(out, policy_kinds[i].name, policy_kinds[i].keys());
    if (more) more->write(out, more->name);
    write_keys(out, "match", loading_match_keys(false));
    write_keys(out, "exclude", loading_match_keys(true));
    write_keys(out, "metadata", loading_metadata_keys());
    write_rule(out);
    json_out_end_object(out);
}

void policy_write_schema(struct json_out *out, const struct policy_schema_kind *more) {
    json_out_begin_object(out, NULL);
    json_out_string(out, "$schema", STR("http://json-schema.org/draft-07/schema#"));
    json_out_string(out, "title", STR("podgate's policy files"));
    write_type(out, "object");
    json_out_bool(out, "additionalProperties", false);
    write_required(out, loading_document_keys());
    json_out_begin_object(out, "properties");
    json_out_begin_object(out, "apiVersion");
    json_out_string(out, "const", STR(POLICY_API_VERSION));
    json_out_end_object(out);
    json_out_begin_object(out, "kind");
    json_out_begin_array(out, "enum");
    for (size_t i = 0; i < POLICY_KINDS; i++)
        json_out_string(out, NULL, str_from(policy_kinds[i].name));
    if (more) json_out_string(out, NULL, str_from(more->name));
    json_out_end_array(out);
    json_out_end_object(out);
    json_out_begin_object(out, "metadata");
    write_reference(out, "metadata");
    json_out_end_object(out);
    json_out_begin_object(out, "spec");
    write_type(out, "object");
    json_out_end_object(out);
    json_out_end_object(out);
    json_out_begin_array(out, "allOf");
    for (size_t i = 0; i < POLICY_KINDS; i++)
        write_kind(out, policy_kinds[i].name);
    if (more) write_kind(out, more->name);
    json_out_end_array(out);
    write_definitions(out, more);
    json_out_end_object(out);
}
