/*
 * The least that reading manifests can cost: libyaml's events of a file, and nothing done with them. What
 * `podgate check` costs is measured beside it.
 *   bare_yaml FILE.yaml        prints how many documents it has
 */
#include <stdio.h>
#include <yaml.h>

int main(int argc, char **argv) {
    FILE *file = argc == 2 ? fopen(argv[1], "rb") : NULL;
    yaml_parser_t parser;
    if (!file || !yaml_parser_initialize(&parser)) return 2;
    yaml_parser_set_input_file(&parser, file);
    long documents = 0;
    for (int is_over = 0; !is_over;) {
        yaml_event_t event;
        if (!yaml_parser_parse(&parser, &event)) return 1;
        documents += event.type == YAML_DOCUMENT_START_EVENT;
        is_over = event.type == YAML_STREAM_END_EVENT;
        yaml_event_delete(&event);
    }
    printf("%ld\n", documents);
    yaml_parser_delete(&parser);
    fclose(file);
    return 0;
}
